#include "net/hub_wire.h"

#include "base/base64.h"
#include "base/json.h"

#include <stdlib.h>

/* ---- preupload ---- */

void hub_write_preupload(const struct hub_entry *entries, size_t n, struct str git_attributes,
			 struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	if (!str_is_none(git_attributes))
		json_add_str(&w, "gitAttributes", git_attributes);
	json_key(&w, "files");
	json_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&w, '{');
		json_add_str(&w, "path", entries[i].path);
		json_add_i64(&w, "size", (int64_t)entries[i].size);
		json_add_str(&w, "sample", entries[i].sample);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
}

static bool read_object(struct str body, yyjson_doc **ret, yyjson_val **ret_root, struct err *e)
{
	if (!json_read(body, ret, e))
		return false;
	*ret_root = yyjson_doc_get_root(*ret);
	return yyjson_is_obj(*ret_root) ||
	       err_set(e, ERR_DATA, "the answer is %s, not an object", json_type(*ret_root));
}

static yyjson_val *find_path(yyjson_val *files, struct str path)
{
	yyjson_arr_iter it;
	yyjson_val *file;

	if (!yyjson_arr_iter_init(files, &it))
		return NULL;
	while ((file = yyjson_arr_iter_next(&it)))
		if (str_eq(json_raw(yyjson_obj_get(file, "path")), path))
			return file;
	return NULL;
}

/* Nothing of S3 takes an empty object: that one always goes along with the commit. */
static bool take_mode(yyjson_val *file, struct hub_entry *entry, struct err *e)
{
	struct str mode = json_raw(yyjson_obj_get(file, "uploadMode"));
	struct str oid = json_raw(yyjson_obj_get(file, "oid"));

	if (!str_eq(mode, STR("lfs")) && !str_eq(mode, STR("regular")))
		return err_set(e, ERR_DATA, "it does not say how to upload \"%s\"",
			       err_quote(entry->path.at, entry->path.n));
	entry->lfs = str_eq(mode, STR("lfs")) && entry->size > 0;
	entry->there = oid.n > 0;
	entry->same = str_eq(oid, str_of(str_eq(mode, STR("lfs")) ? entry->sha256 : entry->git));
	return true;
}

bool hub_read_preupload(struct str body, struct hub_entry *entries, size_t n, struct arena *a,
			struct str *ret_head, struct err *e)
{
	JSON_DOC_AUTO(doc);
	yyjson_val *root;
	yyjson_val *files;

	if (!read_object(body, &doc, &root, e))
		return false;
	files = yyjson_obj_get(root, "files");
	for (size_t i = 0; i < n; i++)
		if (!take_mode(find_path(files, entries[i].path), &entries[i], e))
			return false;
	*ret_head = arena_str(a, json_raw(yyjson_obj_get(root, "commitOid")));
	return true;
}

/* ---- create ---- */

void hub_write_create(struct str repo, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct str name = repo;
	struct str owner;

	(void)str_cut(&name, '/', &owner);
	json_open(&w, '{');
	json_add_str(&w, "name", name);
	json_add_str(&w, "organization", owner);
	json_add_str(&w, "type", STR("dataset"));
	json_close(&w, '}');
}

/* ---- LFS ---- */

static bool is_wanted(const struct hub_entry *entry)
{
	return entry->lfs && !entry->same;
}

void hub_write_batch(const struct hub_entry *entries, size_t n, struct str ref, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "operation", STR("upload"));
	json_add_raw(&w, "transfers", STR("[\"basic\",\"multipart\"]"));
	json_add_str(&w, "hash_algo", STR("sha_256"));
	if (!str_is_none(ref)) {
		json_key(&w, "ref");
		json_open(&w, '{');
		json_add_str(&w, "name", ref);
		json_close(&w, '}');
	}
	json_key(&w, "objects");
	json_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(&entries[i]))
			continue;
		json_open(&w, '{');
		json_add_str(&w, "oid", str_of(entries[i].sha256));
		json_add_i64(&w, "size", (int64_t)entries[i].size);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
}

static yyjson_val *find_object(yyjson_val *objects, struct str oid)
{
	yyjson_arr_iter it;
	yyjson_val *object;

	if (!yyjson_arr_iter_init(objects, &it))
		return NULL;
	while ((object = yyjson_arr_iter_next(&it)))
		if (str_eq(json_raw(yyjson_obj_get(object, "oid")), oid))
			return object;
	return NULL;
}

static bool refused(yyjson_val *error, const struct hub_entry *entry, long *ret_status,
		    struct err *e)
{
	struct str message = json_raw(yyjson_obj_get(error, "message"));
	int64_t status = 0;

	(void)str_to_i64(json_raw(yyjson_obj_get(error, "code")), 0, INT32_MAX, &status);
	*ret_status = (long)status;
	return err_set(e, ERR_HTTP, "storage refuses \"%s\": %s",
		       err_quote(entry->path.at, entry->path.n), err_quote(message.at, message.n));
}

/* Parts are the members whose names are numbers, "00001" and on. */
static bool take_parts(yyjson_val *header, const struct hub_entry *entry, struct arena *a,
		       struct hub_upload *u, struct err *e)
{
	int64_t size = 0;

	if (!str_to_i64(json_raw(yyjson_obj_get(header, "chunk_size")), 1, INT64_MAX, &size))
		return err_set(e, ERR_DATA, "parts without a chunk_size");
	u->part_size = (uint64_t)size;
	u->n_parts = (size_t)((entry->size + u->part_size - 1) / u->part_size);
	if (u->n_parts + 1 != yyjson_obj_size(header))
		return err_set(e, ERR_DATA, "%zu parts of %llu bytes are not what %llu bytes need",
			       yyjson_obj_size(header) - 1, (unsigned long long)u->part_size,
			       (unsigned long long)entry->size);
	u->parts = arena_array(a, u->n_parts, struct str);
	for (size_t i = 0; i < u->n_parts; i++) {
		struct str key = arena_printf(a, "%05zu", i + 1);

		u->parts[i] = arena_str(a, json_raw(yyjson_obj_get(header, key.at)));
		if (str_is_none(u->parts[i]))
			return err_set(e, ERR_DATA, "part %s is missing", key.at);
	}
	return true;
}

/* One without actions is stored already. */
static bool take_object(yyjson_val *object, bool multipart, const struct hub_entry *entry,
			struct arena *a, struct hub_upload *u, struct err *e)
{
	yyjson_val *upload = yyjson_obj_get(yyjson_obj_get(object, "actions"), "upload");

	if (!object)
		return err_set(e, ERR_DATA, "storage does not speak of \"%s\"",
			       err_quote(entry->path.at, entry->path.n));
	u->href = arena_str(a, json_raw(yyjson_obj_get(upload, "href")));
	if (upload && str_is_none(u->href))
		return err_set(e, ERR_DATA, "an upload without a href");
	return !upload || !multipart ||
	       take_parts(yyjson_obj_get(upload, "header"), entry, a, u, e);
}

static bool read_transfer(yyjson_val *root, bool *ret_multipart, struct err *e)
{
	struct str transfer = json_raw(yyjson_obj_get(root, "transfer"));

	*ret_multipart = str_eq(transfer, STR("multipart"));
	return *ret_multipart || str_is_none(transfer) || str_eq(transfer, STR("basic")) ||
	       err_set(e, ERR_DATA, "storage wants transfer \"%s\", which was not offered",
		       err_quote(transfer.at, transfer.n));
}

bool hub_read_batch(struct str body, const struct hub_entry *entries, size_t n, struct arena *a,
		    struct hub_upload **ret, size_t *ret_n, long *ret_status, struct err *e)
{
	struct hub_upload *uploads = arena_array(a, n, struct hub_upload);
	JSON_DOC_AUTO(doc);
	yyjson_val *root;
	bool multipart;
	size_t n_uploads = 0;

	if (!read_object(body, &doc, &root, e) || !read_transfer(root, &multipart, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct hub_upload u = { .entry = i };
		yyjson_val *object;
		yyjson_val *error;

		if (!is_wanted(&entries[i]))
			continue;
		object = find_object(yyjson_obj_get(root, "objects"), str_of(entries[i].sha256));
		error = yyjson_obj_get(object, "error");
		if (error)
			return refused(error, &entries[i], ret_status, e);
		if (!take_object(object, multipart, &entries[i], a, &u, e))
			return false;
		if (!str_is_none(u.href))
			uploads[n_uploads++] = u;
	}
	*ret = uploads;
	*ret_n = n_uploads;
	return true;
}

void hub_write_completion(const struct hub_entry *entry, const struct str *etags, size_t n,
			  struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_str(&w, "oid", str_of(entry->sha256));
	json_key(&w, "parts");
	json_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&w, '{');
		json_add_i64(&w, "partNumber", (int64_t)i + 1);
		json_add_str(&w, "etag", etags[i]);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
}

/* ---- commit ---- */

static struct json_writer begin_line(struct buf *out, const char *key)
{
	struct json_writer w = { .out = out };

	if (out->n)
		buf_add_char(out, '\n');
	json_open(&w, '{');
	json_add_str(&w, "key", str_of(key));
	json_key(&w, "value");
	json_open(&w, '{');
	return w;
}

static void end_line(struct json_writer *w)
{
	json_close(w, '}');
	json_close(w, '}');
}

void hub_write_header(struct str title, struct str description, struct str parent, struct buf *out)
{
	struct json_writer w = begin_line(out, "header");

	json_add_str(&w, "summary", title);
	if (!str_is_none(description))
		json_add_str(&w, "description", description);
	if (!str_is_none(parent))
		json_add_str(&w, "parentCommit", parent);
	end_line(&w);
}

void hub_write_file(const struct hub_entry *entry, struct str bytes, struct buf *out)
{
	struct json_writer w = begin_line(out, "file");

	/* Base64 needs no escape. */
	json_key(&w, "content");
	buf_add_char(out, '"');
	base64_add(out, bytes.at, bytes.n);
	buf_add_char(out, '"');
	w.comma = true;
	json_add_str(&w, "path", entry->path);
	json_add_str(&w, "encoding", STR("base64"));
	end_line(&w);
}

void hub_write_lfs_file(const struct hub_entry *entry, struct buf *out)
{
	struct json_writer w = begin_line(out, "lfsFile");

	json_add_str(&w, "path", entry->path);
	json_add_str(&w, "algo", STR("sha256"));
	json_add_i64(&w, "size", (int64_t)entry->size);
	json_add_str(&w, "oid", str_of(entry->sha256));
	end_line(&w);
}

bool hub_read_commit(struct str body, struct arena *a, struct str *ret_oid, struct str *ret_url,
		     struct str *ret_pull_request, struct err *e)
{
	JSON_DOC_AUTO(doc);
	yyjson_val *root;

	if (!read_object(body, &doc, &root, e))
		return false;
	*ret_oid = json_str(yyjson_obj_get(root, "commitOid"), a);
	*ret_url = json_str(yyjson_obj_get(root, "commitUrl"), a);
	*ret_pull_request = json_str(yyjson_obj_get(root, "pullRequestUrl"), a);
	*ret_oid = arena_str(a, *ret_oid);
	*ret_url = arena_str(a, *ret_url);
	*ret_pull_request = arena_str(a, *ret_pull_request);
	return ret_oid->n > 0 || err_set(e, ERR_DATA, "the answer names no commit");
}

/* ---- errors ---- */

struct str hub_read_error(struct str body, struct arena *a)
{
	static const char *const names[] = { "error", "message", "error_description" };
	JSON_DOC_AUTO(doc);
	yyjson_val *root;
	struct err ignored;

	if (!read_object(body, &doc, &root, &ignored))
		return STR_NONE;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str text = json_raw(yyjson_obj_get(root, names[i]));
		struct str more = json_raw(yyjson_obj_get(root, "error_description"));

		if (text.n && more.n && i == 0)
			return arena_printf(a, "%.*s: %.*s", STR_FMT(text), STR_FMT(more));
		if (text.n)
			return arena_str(a, text);
	}
	return STR_NONE;
}

uint64_t hub_reset_s(struct str rate_limit)
{
	struct str rest = rate_limit;
	struct str item;
	int64_t seconds = 0;
	bool more;

	do {
		more = str_cut(&rest, ';', &item);
		item = str_trim(item);
		if (str_starts(item, STR("t=")))
			(void)str_to_i64((struct str){ item.at + 2, item.n - 2 }, 0, INT32_MAX,
					 &seconds);
	} while (more);
	return (uint64_t)seconds;
}
