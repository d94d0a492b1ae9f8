/*
 * hub_wire: what the Hub is told and what it answers, as text.  Pure; on any thread.
 *
 * Members stand in the order in which the official client writes them.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum { HUB_SAMPLE_BYTES = 512, HUB_CHUNK = 100 };

/* One file of a commit. */
struct hub_entry {
	struct str path;
	uint64_t size;
	struct str sample; /* its first HUB_SAMPLE_BYTES in base64 */
	char sha256[HASH_TEXT_MAX];
	char git[HASH_TEXT_MAX]; /* git's name of these bytes, too */

	/* what preupload said */
	bool lfs;
	bool there; /* the dataset has a file of that path */
	bool same;  /* with these bytes */
};

/* Where the bytes of an entry are to be put. */
struct hub_upload {
	size_t entry;
	struct str href;    /* or, with parts, whom to tell that they are there */
	uint64_t part_size; /* 0: in one piece */
	struct str *parts;
	size_t n_parts;
};

/* `n` of at most HUB_CHUNK entries; git_attributes: the .gitattributes of the commit, or absent. */
void hub_write_preupload(const struct hub_entry *entries, size_t n, struct str git_attributes,
			 struct buf *out);
/* Says of each entry what became known; *ret_head absent when the answer has none. */
bool hub_read_preupload(struct str body, struct hub_entry *entries, size_t n, struct arena *a,
			struct str *ret_head, struct err *e);

void hub_write_create(struct str repo, struct buf *out);

/* Those that are lfs and not there.  `ref` absent: none is said. */
void hub_write_batch(const struct hub_entry *entries, size_t n, struct str ref, struct buf *out);
/* What is still to be uploaded, in the order of entries.  *ret_status: of an object that is refused. */
bool hub_read_batch(struct str body, const struct hub_entry *entries, size_t n, struct arena *a,
		    struct hub_upload **ret, size_t *ret_n, long *ret_status, struct err *e);
void hub_write_completion(const struct hub_entry *entry, const struct str *etags, size_t n,
			  struct buf *out);

/* The lines of a commit; no line end behind the last. */
void hub_write_header(struct str title, struct str description, struct str parent, struct buf *out);
void hub_write_file(const struct hub_entry *entry, struct str bytes, struct buf *out);
void hub_write_lfs_file(const struct hub_entry *entry, struct buf *out);
bool hub_read_commit(struct str body, struct arena *a, struct str *ret_oid, struct str *ret_url,
		     struct str *ret_pull_request, struct err *e);

/* What an error's body says, as far as it says something; else absent. */
struct str hub_read_error(struct str body, struct arena *a);
/* `"api";r=0;t=293`: seconds until requests are let in again; 0: not said. */
uint64_t hub_reset_s(struct str rate_limit);
