/* SPDX-License-Identifier: MIT */
#include "hub_store.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names of bytes --- */

static void digest(const EVP_MD *how, const struct buf *before, const void *bytes, size_t n,
		   char *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	EVP_DigestInit_ex(context, how, NULL);
	if (before->len)
		EVP_DigestUpdate(context, before->data, before->len);
	EVP_DigestUpdate(context, bytes, n);
	EVP_DigestFinal_ex(context, raw, &size);
	EVP_MD_CTX_free(context);
	for (unsigned i = 0; i < size; i++)
		sprintf(out + (size_t)2 * i, "%02x", raw[i]);
}

void hub_sha256(const void *bytes, size_t n, char out[HUB_SHA256])
{
	digest(EVP_sha256(), &(struct buf){ 0 }, bytes, n, out);
}

void hub_git_oid(const void *bytes, size_t n, char out[HUB_OID])
{
	struct buf head = { 0 };

	buf_printf(&head, "blob %zu", n);
	buf_char(&head, '\0');
	digest(EVP_sha1(), &head, bytes, n, out);
	buf_release(&head);
}

bool hub_base64(const char *text, size_t n, struct buf *out)
{
	size_t padding = 0;

	if (n % 4)
		return false;
	while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
		padding++;
	unsigned char *raw = sim_alloc(n / 4 * 3 + 1);
	int got = n ? EVP_DecodeBlock(raw, (const unsigned char *)text, (int)n) : 0;
	if (got >= 0)
		buf_add(out, raw, (size_t)got - padding);
	free(raw);
	return got >= 0;
}

/* --- files --- */

struct hub_file *hub_file(struct hub_file *list, const char *path)
{
	while (list && strcmp(list->path, path) != 0)
		list = list->next;
	return list;
}

static void free_file(struct hub_file *f)
{
	blob_unref(f->bytes);
	free(f->path);
	free(f);
}

static void free_files(struct hub_file *list)
{
	while (list) {
		struct hub_file *next = list->next;

		free_file(list);
		list = next;
	}
}

static struct hub_file *add_file(struct hub_file **list, const char *path)
{
	struct hub_file *f = hub_file(*list, path);

	if (f)
		return f;
	f = sim_alloc(sizeof(*f));
	f->path = sim_strdup(path);
	f->next = *list;
	*list = f;
	return f;
}

void hub_file_put(struct hub_repo *r, const char *path, struct blob *bytes, bool lfs)
{
	struct hub_file *f = add_file(&r->files, path);

	blob_unref(f->bytes);
	f->bytes = blob_ref(bytes);
	f->size = bytes->len;
	f->lfs = lfs;
	hub_sha256(bytes->data, bytes->len, f->sha256);
	hub_git_oid(bytes->data, bytes->len, f->oid);
}

bool hub_file_delete(struct hub_repo *r, const char *path)
{
	for (struct hub_file **at = &r->files; *at; at = &(*at)->next) {
		struct hub_file *f = *at;

		if (strcmp(f->path, path) != 0)
			continue;
		*at = f->next;
		free_file(f);
		return true;
	}
	return false;
}

void hub_file_announce(struct hub_repo *r, const char *path, uint64_t size, bool lfs)
{
	struct hub_file *f = add_file(&r->announced, path);

	f->announced = true;
	f->size = size;
	f->lfs = lfs;
}

void hub_announced_clear(struct hub_repo *r)
{
	free_files(r->announced);
	r->announced = NULL;
}

/* --- repositories --- */

struct hub_repo *hub_repo(const struct hub *h, const char *name)
{
	struct hub_repo *r = h->repos;

	while (r && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

static void new_head(struct hub *h, struct hub_repo *r)
{
	struct buf what = { 0 };

	buf_printf(&what, "%s %ju", r->name, (uintmax_t)++h->commits);
	hub_git_oid(what.data, what.len, r->head);
	buf_release(&what);
}

struct hub_repo *hub_repo_create(struct hub *h, const char *name)
{
	struct hub_repo *r = sim_alloc(sizeof(*r));

	r->name = sim_strdup(name);
	r->next = h->repos;
	h->repos = r;
	new_head(h, r);
	return r;
}

void hub_repo_commit(struct hub *h, struct hub_repo *r, const char *title, const char *description,
		     const char *files)
{
	struct buf *out = &r->commits;
	char parent[HUB_OID];

	memcpy(parent, r->head, HUB_OID);
	new_head(h, r);
	if (out->len)
		buf_char(out, ',');
	buf_printf(out, "{\"oid\":\"%s\",\"parent\":\"%s\",\"title\":", r->head, parent);
	buf_json(out, title, JSON_UTF8);
	buf_str(out, ",\"description\":");
	buf_json(out, description, JSON_UTF8);
	buf_printf(out, ",\"files\":%s}", files);
}

/* --- the storage --- */

struct hub_object *hub_object(const struct hub *h, const char *sha256)
{
	struct hub_object *o = h->objects;

	while (o && strcmp(o->sha256, sha256) != 0)
		o = o->next;
	return o;
}

struct hub_object *hub_object_expect(struct hub *h, const char *sha256, uint64_t size)
{
	struct hub_object *o = hub_object(h, sha256);

	if (!o) {
		o = sim_alloc(sizeof(*o));
		snprintf(o->sha256, sizeof(o->sha256), "%s", sha256);
		o->next = h->objects;
		h->objects = o;
	}
	if (!o->stored)
		o->size = size;
	return o;
}

void hub_object_store(struct hub_object *o, const void *bytes, size_t n)
{
	struct buf copy = { 0 };

	buf_add(&copy, bytes, n);
	blob_unref(o->bytes);
	o->bytes = blob_from(&copy);
	o->stored = true;
}

static void free_object(struct hub_object *o)
{
	blob_unref(o->bytes);
	for (size_t i = 0; i < sizeof(o->parts) / sizeof(o->parts[0]); i++)
		buf_release(&o->parts[i]);
	free(o);
}

void hub_store_release(struct hub *h)
{
	while (h->repos) {
		struct hub_repo *r = h->repos;

		h->repos = r->next;
		free_files(r->files);
		free_files(r->announced);
		buf_release(&r->commits);
		free(r->name);
		free(r);
	}
	while (h->objects) {
		struct hub_object *o = h->objects;

		h->objects = o->next;
		free_object(o);
	}
}
