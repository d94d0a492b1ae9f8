/*
 * sqlite_provider: row `providers`, which follows a descriptor without ever
 * overruling an operator.
 *
 * Three-way: a column is rewritten while it holds what a descriptor put there.
 * What that was stands in metadata.descriptor, an object by column name; a
 * column that an operator changed keeps its entry, so that putting the old
 * value back gives the column back to the descriptor.
 */
#include "base/json.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* Columns that follow, in the order of the statements below. */
static const struct column {
	const char *name;
	size_t at;
	bool is_flag; /* -1 0 1, else a struct str */
} columns[] = {
	{ "name", offsetof(struct store_provider, name), false },
	{ "description", offsetof(struct store_provider, description), false },
	{ "base_url", offsetof(struct store_provider, base_url), false },
	{ "api_key_env_var", offsetof(struct store_provider, api_key_env_var), false },
	{ "logo_url", offsetof(struct store_provider, logo_url), false },
	{ "site_url", offsetof(struct store_provider, site_url), false },
	{ "status_page_url", offsetof(struct store_provider, status_page_url), false },
	{ "supports_streaming", offsetof(struct store_provider, supports_streaming), true },
	{ "supports_function_calling", offsetof(struct store_provider, supports_function_calling),
	  true },
	{ "supports_vision", offsetof(struct store_provider, supports_vision), true },
	{ "supports_image_generation", offsetof(struct store_provider, supports_image_generation),
	  true },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

#define COLUMN_NAMES                                                                         \
	"name, description, base_url, api_key_env_var, logo_url, site_url, status_page_url," \
	" supports_streaming, supports_function_calling, supports_vision, supports_image_generation"

/* The values of all columns, as text; flags as "0" and "1". */
struct values {
	struct str v[COLUMNS];
};

struct row {
	int64_t id;
	bool is_active;
	struct values now;
	struct str metadata;
};

static const struct str flag_text[] = { { "0", 1 }, { "1", 1 } };

static struct str wanted_value(const struct store_provider *p, const struct column *c)
{
	const char *at = (const char *)p + c->at;
	int flag;

	if (!c->is_flag)
		return *(const struct str *)(const void *)at;
	flag = *(const int *)(const void *)at;
	return flag < 0 ? STR_NONE : flag_text[flag != 0];
}

static struct values wanted_values(const struct store_provider *p)
{
	struct values ret;

	for (size_t i = 0; i < COLUMNS; i++)
		ret.v[i] = wanted_value(p, &columns[i]);
	return ret;
}

static struct str remembered_value(yyjson_val *v, struct arena *a)
{
	if (yyjson_is_bool(v))
		return flag_text[yyjson_get_bool(v)];
	return json_str(v, a);
}

/* What the descriptor last put into each column; absent where nothing is known. */
static struct values remembered_values(yyjson_val *metadata, struct arena *a)
{
	yyjson_val *descriptor = metadata ? yyjson_obj_get(metadata, "descriptor") : NULL;
	struct values ret = { 0 };

	for (size_t i = 0; descriptor && i < COLUMNS; i++)
		ret.v[i] = remembered_value(yyjson_obj_get(descriptor, columns[i].name), a);
	return ret;
}

static void add_remembered(struct json_writer *w, const struct values *put)
{
	json_key(w, "descriptor");
	json_open(w, '{');
	for (size_t i = 0; i < COLUMNS; i++) {
		if (str_is_none(put->v[i]))
			continue;
		if (columns[i].is_flag)
			json_add_bool(w, columns[i].name, str_eq(put->v[i], flag_text[1]));
		else
			json_add_str(w, columns[i].name, put->v[i]);
	}
	json_close(w, '}');
}

/* The row's metadata with the descriptor's part replaced; what else is in it stays. */
static void print_metadata(struct buf *out, yyjson_val *old, const struct values *put)
{
	struct json_writer w = { .out = out };
	yyjson_obj_iter it = yyjson_obj_iter_with(old);
	yyjson_val *key;

	json_open(&w, '{');
	add_remembered(&w, put);
	while ((key = yyjson_obj_iter_next(&it))) {
		if (yyjson_equals_str(key, "descriptor"))
			continue;
		json_key(&w, yyjson_get_str(key));
		json_add_value(out, yyjson_obj_iter_get_val(key));
		w.comma = true;
	}
	json_close(&w, '}');
}

/* ---- statements ---- */

static void bind_values(sqlite3_stmt *st, const struct values *v)
{
	for (int i = 0; i < COLUMNS; i++)
		bind_str(st, i + 1, v->v[i]);
}

static bool insert_row(struct sqlite_store *s, struct str slug, const struct values *want,
		       const char *at, struct err *e)
{
	/* STRICT tables turn the text '1' into an integer where the column is one. */
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO providers (" COLUMN_NAMES ", slug, metadata,"
				       " created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
				       " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
				       e);
	BUF_AUTO(metadata, SIZE_MAX / 2);

	if (!st)
		return false;
	print_metadata(&metadata, NULL, want);
	bind_values(st, want);
	bind_str(st, COLUMNS + 1, slug);
	bind_str(st, COLUMNS + 2, buf_str(&metadata));
	bind_text(st, COLUMNS + 3, at);
	return sqlite_run(s, st, e);
}

static bool update_row(struct sqlite_store *s, int64_t id, const struct values *v,
		       struct str metadata, const char *at, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE providers SET (" COLUMN_NAMES ") = (?1, ?2, ?3, ?4,"
				       " ?5, ?6, ?7, ?8, ?9, ?10, ?11), metadata = ?12,"
				       " updated_at = ?13 WHERE id = ?14",
				       e);

	if (!st)
		return false;
	bind_values(st, v);
	bind_str(st, COLUMNS + 1, metadata);
	bind_text(st, COLUMNS + 2, at);
	bind_i64(st, COLUMNS + 3, id);
	return sqlite_run(s, st, e);
}

static bool find_row(struct sqlite_store *s, struct str slug, struct arena *a, struct row *ret,
		     bool *ret_found, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT " COLUMN_NAMES ", id, is_active, metadata"
				       " FROM providers WHERE slug = ?1",
				       e);

	if (!st)
		return false;
	bind_str(st, 1, slug);
	if (!sqlite_next(s, st, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	for (int i = 0; i < COLUMNS; i++)
		ret->now.v[i] = column_copy(st, i, a);
	ret->id = sqlite3_column_int64(st, COLUMNS);
	ret->is_active = sqlite3_column_int(st, COLUMNS + 1) != 0;
	ret->metadata = column_copy(st, COLUMNS + 2, a);
	return true;
}

/* ---- the three-way merge ---- */

/*
 * `now` and `put` (what a descriptor put there) become what shall stand; true
 * when that differs from what stands.
 */
static bool merge(struct values *now, struct values *put, const struct values *want)
{
	bool differs = false;

	for (size_t i = 0; i < COLUMNS; i++) {
		bool follows = str_same(now->v[i], put->v[i]);

		if (!follows && !str_same(now->v[i], want->v[i]))
			continue; /* the operator's */
		if (str_same(now->v[i], want->v[i]) && str_same(put->v[i], want->v[i]))
			continue;
		now->v[i] = put->v[i] = want->v[i];
		differs = true;
	}
	return differs;
}

static bool follow_row(struct sqlite_store *s, struct row *row, const struct values *want,
		       const char *at, struct arena *a, struct err *e)
{
	BUF_AUTO(text, SIZE_MAX / 2);
	JSON_DOC_AUTO(doc);
	yyjson_val *metadata = NULL;
	struct values put;

	if (!str_is_none(row->metadata)) {
		if (!json_read(row->metadata, &doc, e))
			return err_wrap(e, "providers.metadata");
		metadata = yyjson_doc_get_root(doc);
	}
	put = remembered_values(metadata, a);
	if (!merge(&row->now, &put, want))
		return true;
	print_metadata(&text, metadata, &put);
	return update_row(s, row->id, &row->now, buf_str(&text), at, e);
}

bool sqlite_provider_follow(struct store *base, const struct store_provider *p, int64_t now_ms,
			    int64_t *ret_id, bool *ret_is_active, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	const struct values want = wanted_values(p);
	char at[CLOCK_TEXT_MAX];
	struct row row;
	bool found;
	ARENA_AUTO(a);

	(void)clock_text(now_ms, at);
	if (!find_row(s, p->slug, &a, &row, &found, e))
		return false;
	if (!found) {
		if (!insert_row(s, p->slug, &want, at, e))
			return false;
		row.id = sqlite3_last_insert_rowid(s->db);
		row.is_active = true;
	} else if (!follow_row(s, &row, &want, at, &a, e)) {
		return false;
	}
	*ret_id = row.id;
	*ret_is_active = row.is_active;
	return true;
}

bool sqlite_provider_find(struct store *base, struct str slug, int64_t *ret_id, bool *ret_is_active,
			  struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct row row = { .id = 0, .is_active = true };
	bool found;
	ARENA_AUTO(a);

	if (!sqlite_read_begin(s, e) ||
	    !sqlite_read_end(s, find_row(s, slug, &a, &row, &found, e), e))
		return false;
	*ret_id = row.id;
	*ret_is_active = row.is_active;
	return true;
}
