/*
 * sqlite_provider: row `providers`, which follows its descriptor (store/follow.h).
 */
#include "store/follow.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

struct row {
	int64_t id;
	bool is_active;
	struct follow_values now;
	struct str metadata;
};

/* ---- statements ---- */

static void bind_values(sqlite3_stmt *st, const struct follow_values *v)
{
	for (int i = 0; i < FOLLOW_COLUMNS; i++)
		bind_str(st, i + 1, v->v[i]);
}

static bool insert_row(struct sqlite_store *s, struct str slug, const struct follow_values *want,
		       const char *at, struct err *e)
{
	/* STRICT tables turn the text '1' into an integer where the column is one. */
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO providers (" FOLLOW_NAMES ", slug, metadata,"
				       " created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
				       " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
				       e);
	BUF_AUTO(metadata, SIZE_MAX / 2);

	if (!st)
		return false;
	follow_first_metadata(want, &metadata);
	bind_values(st, want);
	bind_str(st, FOLLOW_COLUMNS + 1, slug);
	bind_str(st, FOLLOW_COLUMNS + 2, buf_str(&metadata));
	bind_text(st, FOLLOW_COLUMNS + 3, at);
	return sqlite_run(s, st, e);
}

static bool update_row(struct sqlite_store *s, int64_t id, const struct follow_values *v,
		       struct str metadata, const char *at, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE providers SET (" FOLLOW_NAMES ") = (?1, ?2, ?3, ?4,"
				       " ?5, ?6, ?7, ?8, ?9, ?10, ?11), metadata = ?12,"
				       " updated_at = ?13 WHERE id = ?14",
				       e);

	if (!st)
		return false;
	bind_values(st, v);
	bind_str(st, FOLLOW_COLUMNS + 1, metadata);
	bind_text(st, FOLLOW_COLUMNS + 2, at);
	bind_i64(st, FOLLOW_COLUMNS + 3, id);
	return sqlite_run(s, st, e);
}

static bool find_row(struct sqlite_store *s, struct str slug, struct arena *a, struct row *ret,
		     bool *ret_found, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT " FOLLOW_NAMES ", id, is_active, metadata"
				       " FROM providers WHERE slug = ?1",
				       e);

	if (!st)
		return false;
	bind_str(st, 1, slug);
	if (!sqlite_next(s, st, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	for (int i = 0; i < FOLLOW_COLUMNS; i++)
		ret->now.v[i] = column_copy(st, i, a);
	ret->id = sqlite3_column_int64(st, FOLLOW_COLUMNS);
	ret->is_active = sqlite3_column_int(st, FOLLOW_COLUMNS + 1) != 0;
	ret->metadata = column_copy(st, FOLLOW_COLUMNS + 2, a);
	return true;
}

static bool follow_row(struct sqlite_store *s, struct row *row, const struct follow_values *want,
		       const char *at, struct arena *a, struct err *e)
{
	BUF_AUTO(metadata, SIZE_MAX / 2);
	bool differs;

	if (!follow_merge(&row->now, row->metadata, want, a, &metadata, &differs, e))
		return false;
	return !differs || update_row(s, row->id, &row->now, buf_str(&metadata), at, e);
}

bool sqlite_provider_follow(struct store *base, const struct store_provider *p, int64_t now_ms,
			    int64_t *ret_id, bool *ret_is_active, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	const struct follow_values want = follow_wanted(p);
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

bool sqlite_edit_provider(struct store *base, const struct store_provider_edit *w, struct arena *a,
			  struct store_column *ret_before, bool *ret_found, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	char at[CLOCK_TEXT_MAX];
	struct row row;
	bool found;

	(void)clock_text(w->at_ms, at);
	if (!find_row(s, w->slug, a, &row, &found, e) ||
	    (found && (!follow_edit(&row.now, row.metadata, w, a, ret_before, e) ||
		       !update_row(s, row.id, &row.now, row.metadata, at, e))))
		return false;
	*ret_found = found;
	return true;
}
