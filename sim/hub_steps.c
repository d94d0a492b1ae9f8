/* SPDX-License-Identifier: MIT */
#include "hub_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

#define STORAGE "https://lfs-storage.huggingface.co"

enum { INLINE_MAX = 10 * 1024 * 1024, SAMPLE_MAX = 512, FILES_MAX = 1000 };

/* --- words --- */

void hub_refuse(struct hub_call *c, int status, const char *code, const char *message)
{
	struct buf json = { 0 };

	buf_str(&json, "{\"error\":");
	buf_json(&json, message, JSON_UTF8);
	buf_char(&json, '}');
	if (code)
		reply_header(c->rp, "X-Error-Code", code);
	reply_header(c->rp, "X-Error-Message", message);
	reply_json(c->rp, status, &json);
}

/* The client broke a rule. */
static bool complain(struct hub_call *c, const char *what)
{
	struct buf *out = &c->hub->complaints;

	if (out->len)
		buf_char(out, ',');
	buf_json(out, what, JSON_UTF8);
	hub_refuse(c, 400, NULL, what);
	return false;
}

static bool header_is(const struct hub_call *c, const char *name, const char *value)
{
	const char *said = http_header(c->rq, name);

	return said && !strncmp(said, value, strlen(value));
}

static bool wants_type(struct hub_call *c, const char *type)
{
	return header_is(c, "content-type", type) ||
	       complain(c, "another content type was expected");
}

/* --- who asks --- */

static bool admitted(struct hub_call *c, bool to_write)
{
	if (!http_header(c->rq, "authorization")) {
		reply_header(c->rp, "WWW-Authenticate",
			     "Bearer realm=\"Authentication required\", charset=\"UTF-8\"");
		hub_refuse(c, 401, NULL, "Invalid username or password.");
		return false;
	}
	if (!header_is(c, "authorization", "Bearer hf_")) {
		hub_refuse(c, 401, NULL, "Invalid credentials in Authorization header");
		return false;
	}
	if (to_write && header_is(c, "authorization", "Bearer hf_read")) {
		hub_refuse(
			c, 403, NULL,
			"You have read access but not the required permissions for this operation");
		return false;
	}
	return true;
}

static struct hub_repo *repo_of(struct hub_call *c, bool to_write)
{
	struct hub_repo *r = NULL;

	if (!admitted(c, to_write))
		return NULL;
	r = hub_repo(c->hub, c->repo);
	if (!r) {
		hub_refuse(c, 404, "RepoNotFound", "Repository not found");
		return NULL;
	}
	/* Read it may be by the name of its head, too; what was before is not kept here. */
	if (*c->revision && strcmp(c->revision, "main") != 0 &&
	    (to_write || strcmp(c->revision, r->head) != 0)) {
		hub_refuse(c, 404, "RevisionNotFound", "Invalid rev id");
		return NULL;
	}
	return r;
}

static yyjson_doc *body_of(struct hub_call *c)
{
	yyjson_doc *doc = yyjson_read(c->rq->body, c->rq->body_n, 0);

	if (!doc)
		complain(c, "the body is no JSON");
	return doc;
}

/* --- create --- */

void hub_create(struct hub_call *c)
{
	yyjson_doc *doc =
		admitted(c, true) && wants_type(c, "application/json") ? body_of(c) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *name = yyjson_get_str(yyjson_obj_get(root, "name"));
	const char *owner = yyjson_get_str(yyjson_obj_get(root, "organization"));
	struct buf json = { 0 };

	if (!doc)
		return;
	char *full = sim_format("%s/%s", owner ? owner : "", name ? name : "");
	if (!name || !owner || !yyjson_equals_str(yyjson_obj_get(root, "type"), "dataset")) {
		complain(c, "name, organization and type dataset were expected");
	} else if (!strcmp(owner, "other")) {
		hub_refuse(c, 403, NULL,
			   "You don't have the rights to create a dataset under the namespace "
			   "\"other\"");
	} else if (hub_repo(c->hub, full)) {
		buf_printf(&json,
			   "{\"error\":\"You already created this dataset repo\","
			   "\"url\":\"https://huggingface.co/datasets/%s\"}",
			   full);
		reply_json(c->rp, 409, &json);
	} else {
		struct hub_repo *r = hub_repo_create(c->hub, full);

		buf_printf(&json,
			   "{\"url\":\"https://huggingface.co/datasets/%s\",\"name\":\"%s\","
			   "\"id\":\"%.24s\"}",
			   full, full, r->head);
		reply_json(c->rp, 200, &json);
	}
	free(full);
	yyjson_doc_free(doc);
}

/* --- preupload --- */

static bool is_binary(const char *path)
{
	static const char *const endings[] = { ".parquet", ".gz", ".zip", ".zst", ".arrow" };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t m = strlen(endings[i]);

		if (n > m && !strcmp(path + n - m, endings[i]))
			return true;
	}
	return false;
}

static bool sample_is_of(yyjson_val *file, uint64_t size)
{
	yyjson_val *sample = yyjson_obj_get(file, "sample");
	struct buf bytes = { 0 };
	bool ok = yyjson_is_str(sample) &&
		  hub_base64(yyjson_get_str(sample), yyjson_get_len(sample), &bytes) &&
		  bytes.len == (size < SAMPLE_MAX ? size : SAMPLE_MAX);

	buf_release(&bytes);
	return ok;
}

static bool announce(struct hub_call *c, struct hub_repo *r, yyjson_val *file, struct buf *out)
{
	const char *path = yyjson_get_str(yyjson_obj_get(file, "path"));
	yyjson_val *size_said = yyjson_obj_get(file, "size");
	uint64_t size = yyjson_get_uint(size_said);

	if (!path || !*path || *path == '/' || strstr(path, "..") || !yyjson_is_uint(size_said))
		return complain(c, "each file has a path and a size");
	if (!sample_is_of(file, size))
		return complain(c, "the sample is not the first 512 bytes");
	bool lfs = is_binary(path) || size > c->hub->lfs_over;
	const struct hub_file *there = hub_file(r->files, path);
	hub_file_announce(r, path, size, lfs);
	buf_comma(out);
	buf_str(out, "{\"path\":");
	buf_json(out, path, JSON_UTF8);
	buf_printf(out, ",\"uploadMode\":\"%s\",\"shouldIgnore\":false", lfs ? "lfs" : "regular");
	if (there)
		buf_printf(out, ",\"oid\":\"%s\"", there->lfs ? there->sha256 : there->oid);
	buf_char(out, '}');
	return true;
}

void hub_preupload(struct hub_call *c)
{
	struct hub_repo *r = repo_of(c, true);
	yyjson_doc *doc = r && wants_type(c, "application/json") ? body_of(c) : NULL;
	yyjson_val *files = yyjson_obj_get(yyjson_doc_get_root(doc), "files");
	struct buf json = { 0 };
	size_t i, n;
	yyjson_val *file;
	bool ok = true;

	if (!doc)
		return;
	if (!yyjson_is_arr(files) || !yyjson_arr_size(files) || yyjson_arr_size(files) > FILES_MAX)
		ok = complain(c, "files: 1 to 1000 were expected");
	buf_str(&json, "{\"files\":[");
	yyjson_arr_foreach(files, i, n, file) ok = ok && announce(c, r, file, &json);
	buf_printf(&json, "],\"commitOid\":\"%s\"}", r->head);
	if (ok)
		reply_json(c->rp, 200, &json);
	else
		buf_release(&json);
	yyjson_doc_free(doc);
}

/* --- LFS --- */

static bool is_sha256(const char *text)
{
	return text && strlen(text) == HUB_SHA256 - 1 &&
	       strspn(text, "0123456789abcdef") == HUB_SHA256 - 1;
}

static void write_parts(const struct hub *h, const struct hub_object *o, struct buf *out)
{
	uint64_t parts = (o->size + h->part_size - 1) / h->part_size;

	buf_printf(out,
		   "\"upload\":{\"href\":\"" STORAGE
		   "/complete/%s?signature=simulated\",\"header\":{\"chunk_size\":\"%ju\"",
		   o->sha256, (uintmax_t)h->part_size);
	for (uint64_t i = 1; i <= parts; i++)
		buf_printf(out, ",\"%05ju\":\"" STORAGE "/put/%s/%ju?signature=simulated\"",
			   (uintmax_t)i, o->sha256, (uintmax_t)i);
	buf_str(out, "}}");
}

static void write_actions(const struct hub_call *c, const struct hub_object *o, bool multipart,
			  struct buf *out)
{
	buf_str(out, ",\"authenticated\":true,\"actions\":{");
	if (multipart)
		write_parts(c->hub, o, out);
	else
		buf_printf(out,
			   "\"upload\":{\"href\":\"" STORAGE "/put/%s?X-Amz-Signature=simulated\"},"
			   "\"verify\":{\"href\":\"https://huggingface.co/datasets/%s.git/info/lfs/"
			   "objects/verify\",\"header\":{\"Authorization\":\"Basic simulated\"}}",
			   o->sha256, c->repo);
	buf_char(out, '}');
}

static bool offers(yyjson_val *root, const char *transfer)
{
	yyjson_val *transfers = yyjson_obj_get(root, "transfers");
	yyjson_val *one;
	size_t i, n;

	yyjson_arr_foreach(transfers, i, n, one) if (yyjson_equals_str(one, transfer)) return true;
	return false;
}

static bool write_object(struct hub_call *c, yyjson_val *said, bool multipart, struct buf *out)
{
	const char *oid = yyjson_get_str(yyjson_obj_get(said, "oid"));
	yyjson_val *size = yyjson_obj_get(said, "size");

	if (!is_sha256(oid) || !yyjson_is_uint(size))
		return complain(c, "each object has an oid in lower-case hex and a size");
	struct hub_object *o = hub_object_expect(c->hub, oid, yyjson_get_uint(size));
	buf_comma(out);
	buf_printf(out, "{\"oid\":\"%s\",\"size\":%ju", o->sha256, (uintmax_t)o->size);
	if (!o->stored)
		write_actions(c, o, multipart, out);
	buf_char(out, '}');
	return true;
}

void hub_batch(struct hub_call *c)
{
	struct hub_repo *r = repo_of(c, true);
	yyjson_doc *doc = r && wants_type(c, "application/vnd.git-lfs+json") ? body_of(c) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_val *objects = yyjson_obj_get(root, "objects");
	struct buf json = { 0 };
	size_t i, n;
	yyjson_val *one;
	bool ok = true;

	if (!doc)
		return;
	if (!yyjson_equals_str(yyjson_obj_get(root, "operation"), "upload") ||
	    !offers(root, "basic") || !yyjson_arr_size(objects))
		ok = complain(c, "operation upload, transfer basic and objects were expected");
	bool multipart = false;
	yyjson_arr_foreach(objects, i, n, one) if (yyjson_get_uint(yyjson_obj_get(one, "size")) >
						   c->hub->part_size) multipart =
		offers(root, "multipart");
	buf_printf(&json, "{\"transfer\":\"%s\",\"objects\":[", multipart ? "multipart" : "basic");
	yyjson_arr_foreach(objects, i, n, one) ok = ok && write_object(c, one, multipart, &json);
	buf_str(&json, "]}");
	if (ok) {
		c->rp->body = blob_from(&json);
		reply_header(c->rp, "X-Request-Id", "Root=1-simulated;batch");
		reply_header(c->rp, "Content-Type", "application/vnd.git-lfs+json; charset=utf-8");
	} else {
		buf_release(&json);
	}
	yyjson_doc_free(doc);
}

static struct hub_object *object_of(struct hub_call *c, uint64_t *part)
{
	char *name = sim_format("%.*s", (int)strcspn(c->rest, "/"), c->rest);
	const char *slash = strchr(c->rest, '/');
	struct hub_object *o = hub_object(c->hub, name);

	*part = 0;
	free(name);
	if (http_header(c->rq, "authorization")) {
		complain(c, "a token came to the storage");
		return NULL;
	}
	if (!o ||
	    (slash && !number_parse(slash + 1, sizeof(o->parts) / sizeof(o->parts[0]), part))) {
		complain(c, "no such upload was agreed");
		return NULL;
	}
	return o;
}

enum { ETAG_SIZE = HUB_OID + 2 };

static void etag_of(const void *bytes, size_t n, char out[ETAG_SIZE])
{
	char oid[HUB_OID];

	hub_git_oid(bytes, n, oid);
	snprintf(out, ETAG_SIZE, "\"%s\"", oid);
}

static void stored(struct hub_call *c, const void *bytes, size_t n)
{
	char etag[ETAG_SIZE];

	etag_of(bytes, n, etag);
	reply_header(c->rp, "ETag", etag);
}

void hub_put(struct hub_call *c)
{
	uint64_t part;
	struct hub_object *o = object_of(c, &part);
	char sha256[HUB_SHA256];

	if (!o)
		return;
	if (part) {
		struct buf *to = &o->parts[part - 1];

		to->len = 0;
		buf_add(to, c->rq->body, c->rq->body_n);
		stored(c, c->rq->body, c->rq->body_n);
		return;
	}
	hub_sha256(c->rq->body, c->rq->body_n, sha256);
	if (c->rq->body_n != o->size || strcmp(sha256, o->sha256) != 0) {
		complain(c, "these are other bytes than were announced");
		return;
	}
	hub_object_store(o, c->rq->body, c->rq->body_n);
	stored(c, c->rq->body, c->rq->body_n);
}

/* The parts, in order, are the object. */
static bool assemble(const struct hub_call *c, struct hub_object *o, yyjson_val *said,
		     struct buf *whole)
{
	uint64_t parts = (o->size + c->hub->part_size - 1) / c->hub->part_size;
	char sha256[HUB_SHA256];

	if (yyjson_arr_size(said) != parts)
		return false;
	for (uint64_t i = 0; i < parts; i++) {
		yyjson_val *one = yyjson_arr_get(said, i);
		const struct buf *part = &o->parts[i];
		char etag[ETAG_SIZE];

		etag_of(part->data, part->len, etag);
		if (yyjson_get_uint(yyjson_obj_get(one, "partNumber")) != i + 1 ||
		    !yyjson_equals_str(yyjson_obj_get(one, "etag"), etag))
			return false;
		buf_add(whole, part->data, part->len);
	}
	hub_sha256(whole->data, whole->len, sha256);
	return !strcmp(sha256, o->sha256);
}

void hub_complete(struct hub_call *c)
{
	uint64_t part;
	struct hub_object *o = object_of(c, &part);
	yyjson_doc *doc = o && wants_type(c, "application/vnd.git-lfs+json") ? body_of(c) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	struct buf whole = { 0 }, json = { 0 };

	if (!doc)
		return;
	if (!yyjson_equals_str(yyjson_obj_get(root, "oid"), o->sha256) ||
	    !assemble(c, o, yyjson_obj_get(root, "parts"), &whole)) {
		complain(c, "the parts do not make the object");
	} else {
		hub_object_store(o, whole.data, whole.len);
		buf_str(&json, "{}");
		reply_json(c->rp, 200, &json);
	}
	buf_release(&whole);
	yyjson_doc_free(doc);
}

void hub_verify(struct hub_call *c)
{
	yyjson_doc *doc = body_of(c);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *oid = yyjson_get_str(yyjson_obj_get(root, "oid"));
	const struct hub_object *o = oid ? hub_object(c->hub, oid) : NULL;
	struct buf json = { 0 };

	if (doc && o && o->stored && o->size == yyjson_get_uint(yyjson_obj_get(root, "size"))) {
		buf_str(&json, "{}");
		reply_json(c->rp, 200, &json);
	} else if (doc) {
		hub_refuse(c, 404, NULL, "Object does not exist");
	}
	yyjson_doc_free(doc);
}

/* --- commit --- */

/* Everything is looked at before anything is done: a commit is whole. */
struct commit {
	struct hub_call *call;
	struct hub_repo *repo;
	struct buf paths; /* JSON */
	bool apply;
};

static bool commit_regular(struct commit *t, yyjson_val *value, const char *path)
{
	yyjson_val *content = yyjson_obj_get(value, "content");
	const struct hub_file *said = hub_file(t->repo->announced, path);
	struct buf bytes = { 0 };

	if (!yyjson_equals_str(yyjson_obj_get(value, "encoding"), "base64") ||
	    !yyjson_is_str(content) ||
	    !hub_base64(yyjson_get_str(content), yyjson_get_len(content), &bytes)) {
		buf_release(&bytes);
		return complain(t->call, "a file has content in base64");
	}
	if (!said || said->lfs || said->size != bytes.len) {
		buf_release(&bytes);
		return complain(t->call, "a file was not announced so");
	}
	if (bytes.len > INLINE_MAX) {
		buf_release(&bytes);
		hub_refuse(t->call, 400, NULL,
			   "Your push was rejected because it contains files larger than 10 MiB.");
		return false;
	}
	struct blob *blob = blob_from(&bytes);
	if (t->apply)
		hub_file_put(t->repo, path, blob, false);
	blob_unref(blob);
	return true;
}

static bool commit_lfs(struct commit *t, yyjson_val *value, const char *path)
{
	const char *oid = yyjson_get_str(yyjson_obj_get(value, "oid"));
	struct hub_object *o = oid ? hub_object(t->call->hub, oid) : NULL;
	const struct hub_file *said = hub_file(t->repo->announced, path);

	if (!o || !o->stored || !yyjson_equals_str(yyjson_obj_get(value, "algo"), "sha256") ||
	    yyjson_get_uint(yyjson_obj_get(value, "size")) != o->size)
		return complain(t->call, "an LFS file is not in the storage");
	if (!said || !said->lfs || said->size != o->size)
		return complain(t->call, "an LFS file was not announced so");
	if (t->apply)
		hub_file_put(t->repo, path, o->bytes, true);
	return true;
}

static bool commit_line(struct commit *t, yyjson_val *line)
{
	const char *key = yyjson_get_str(yyjson_obj_get(line, "key"));
	yyjson_val *value = yyjson_obj_get(line, "value");
	const char *path = yyjson_get_str(yyjson_obj_get(value, "path"));

	if (!key || !path)
		return complain(t->call, "a line of the commit has no key or no path");
	if (!t->apply) {
		if (t->paths.len)
			buf_char(&t->paths, ',');
		buf_json(&t->paths, path, JSON_UTF8);
	}
	if (!strcmp(key, "file"))
		return commit_regular(t, value, path);
	if (!strcmp(key, "lfsFile"))
		return commit_lfs(t, value, path);
	if (!strcmp(key, "deletedFile"))
		return !t->apply ? hub_file(t->repo->files, path) ||
					   complain(t->call, "a file to delete is not there")
				 : hub_file_delete(t->repo, path);
	return complain(t->call, "a line of the commit is of no known kind");
}

static bool take_header(struct commit *t, yyjson_val *line, yyjson_doc **keep, yyjson_doc *doc)
{
	yyjson_val *value = yyjson_obj_get(line, "value");
	const char *parent = yyjson_get_str(yyjson_obj_get(value, "parentCommit"));

	if (!yyjson_equals_str(yyjson_obj_get(line, "key"), "header") ||
	    !yyjson_is_str(yyjson_obj_get(value, "summary")))
		return complain(t->call, "the first line of a commit is its header");
	if (parent && strcmp(parent, t->repo->head) != 0) {
		hub_refuse(t->call, 412, NULL,
			   "A commit has happened since. Please refresh and try again.");
		return false;
	}
	*keep = doc;
	return true;
}

/* One pass over the lines; the header's document is kept for its words. */
static bool pass(struct commit *t, yyjson_doc **header)
{
	const char *at = t->call->rq->body, *end = at + t->call->rq->body_n;
	bool ok = at < end || complain(t->call, "an empty commit");
	bool first = true;

	while (ok && at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((eol ? eol : end) - at);
		yyjson_doc *doc = yyjson_read(at, n, 0);
		yyjson_val *line = yyjson_doc_get_root(doc);
		yyjson_doc *kept = NULL;

		if (!doc)
			ok = complain(t->call, "a line of the commit is no JSON");
		else if (!first)
			ok = commit_line(t, line);
		else if (!t->apply)
			ok = take_header(t, line, &kept, doc);
		if (kept)
			*header = kept;
		else
			yyjson_doc_free(doc);
		first = false;
		at += n + 1;
	}
	return ok;
}

void hub_commit(struct hub_call *c)
{
	struct commit t = { .call = c, .repo = repo_of(c, true) };
	yyjson_doc *header = NULL;
	struct buf json = { 0 };

	if (!t.repo || !wants_type(c, "application/x-ndjson"))
		return;
	if (pass(&t, &header)) {
		yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(header), "value");
		char *files = sim_format("[%s]", t.paths.len ? t.paths.data : "");

		t.apply = true;
		(void)pass(&t, &header);
		hub_repo_commit(c->hub, t.repo, yyjson_get_str(yyjson_obj_get(value, "summary")),
				yyjson_get_str(yyjson_obj_get(value, "description")), files);
		hub_announced_clear(t.repo);
		buf_printf(&json,
			   "{\"success\":true,\"commitOid\":\"%s\",\"commitUrl\":"
			   "\"https://huggingface.co/datasets/%s/commit/%s\",\"hookOutput\":\"\"}",
			   t.repo->head, c->repo, t.repo->head);
		reply_json(c->rp, 200, &json);
		free(files);
	}
	buf_release(&t.paths);
	yyjson_doc_free(header);
}

/* --- reading --- */

void hub_resolve(struct hub_call *c)
{
	struct hub_repo *r = repo_of(c, false);
	const struct hub_file *f = r ? hub_file(r->files, c->rest) : NULL;

	if (!r)
		return;
	reply_header(c->rp, "X-Repo-Commit", r->head);
	if (!f) {
		hub_refuse(c, 404, "EntryNotFound", "Entry not found");
		return;
	}
	char *etag = sim_format("\"%s\"", f->lfs ? f->sha256 : f->oid);
	reply_header(c->rp, "ETag", etag);
	free(etag);
	if (f->lfs) {
		char *to = sim_format(STORAGE "/get/%s?signature=simulated", f->sha256);

		reply_header(c->rp, "Location", to);
		free(to);
		c->rp->status = 302;
		return;
	}
	reply_header(c->rp, "Content-Type", "text/plain; charset=utf-8");
	c->rp->body = blob_ref(f->bytes);
}

void hub_fetch_object(struct hub_call *c)
{
	uint64_t part;
	struct hub_object *o = object_of(c, &part);

	if (o && o->stored) {
		reply_header(c->rp, "Content-Type", "application/octet-stream");
		c->rp->body = blob_ref(o->bytes);
	} else if (o) {
		hub_refuse(c, 404, NULL, "not stored");
	}
}
