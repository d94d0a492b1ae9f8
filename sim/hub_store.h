/* SPDX-License-Identifier: MIT */
/*
 * hub_store: what the simulated Hub keeps: repositories with their files at head, and LFS objects.
 *
 * Everything is found by walking a list; there is little of it.
 */
#pragma once
#include <yyjson.h>

#include "hub.h"

enum { HUB_OID = 41, HUB_SHA256 = 65 }; /* hex and a NUL */

struct hub_file {
	struct hub_file *next;
	char *path;
	bool lfs;
	char oid[HUB_OID];       /* git's, of a regular file */
	char sha256[HUB_SHA256]; /* of the bytes */
	struct blob *bytes;
	/* announced by a preupload, not yet committed: path, lfs and size alone */
	bool announced;
	uint64_t size;
};

struct hub_repo {
	struct hub_repo *next;
	char *name; /* NS/NAME */
	char head[HUB_OID];
	struct hub_file *files, *announced;
	struct buf commits; /* JSON, comma separated */
};

struct hub_object {
	struct hub_object *next;
	char sha256[HUB_SHA256];
	uint64_t size;
	bool stored;
	struct blob *bytes;   /* once stored */
	struct buf parts[64]; /* of a multipart upload, by number - 1 */
};

struct hub_repo *hub_repo(const struct hub *h, const char *name); /* NULL: no such */
struct hub_repo *hub_repo_create(struct hub *h, const char *name);
struct hub_file *hub_file(struct hub_file *list, const char *path);
struct hub_object *hub_object(const struct hub *h, const char *sha256);
struct hub_object *hub_object_expect(struct hub *h, const char *sha256, uint64_t size);
void hub_object_store(struct hub_object *o, const void *bytes, size_t n);

/* Takes a reference of the bytes. */
void hub_file_put(struct hub_repo *r, const char *path, struct blob *bytes, bool lfs);
bool hub_file_delete(struct hub_repo *r, const char *path);
void hub_file_announce(struct hub_repo *r, const char *path, uint64_t size, bool lfs);
void hub_announced_clear(struct hub_repo *r);
/* A new head; `files`: JSON array of paths. */
void hub_repo_commit(struct hub *h, struct hub_repo *r, const char *title, const char *description,
		     const char *files);
void hub_store_release(struct hub *h);

void hub_sha256(const void *bytes, size_t n, char out[HUB_SHA256]);
void hub_git_oid(const void *bytes, size_t n, char out[HUB_OID]);
/* Standard base64, padded; false: it is none. */
bool hub_base64(const char *text, size_t n, struct buf *out);
