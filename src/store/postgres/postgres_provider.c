/*
 * postgres_provider: row `providers`, which follows its descriptor (store/follow.h).
 */
#include "store/follow.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

struct row {
	int64_t id;
	bool is_active;
	struct follow_values now;
	struct str metadata;
};

static void param_values(struct params *p, const struct follow_values *v)
{
	for (size_t i = 0; i < FOLLOW_COLUMNS; i++)
		param_str(p, v->v[i]);
}

#define VALUES "$1, $2, $3, $4, $5, $6, $7, $8::boolean, $9::boolean, $10::boolean, $11::boolean"

static bool insert_row(struct postgres_store *s, struct str slug, const struct follow_values *want,
		       int64_t at_ms, int64_t *ret_id, struct err *e)
{
	struct params p = { 0 };
	BUF_AUTO(metadata, SIZE_MAX / 2);

	follow_first_metadata(want, &metadata);
	param_values(&p, want);
	param_str(&p, slug);
	param_json(&p, buf_str(&metadata));
	param_ms(&p, at_ms);
	{
		RESULT_AUTO(r) = postgres_query(s,
						"INSERT INTO providers (" FOLLOW_NAMES ", slug,"
						" metadata, created_at, updated_at)"
						" VALUES (" VALUES ", $12, $13, $14, $14)"
						" RETURNING id",
						&p, e);

		if (r)
			*ret_id = cell_i64(r, 0, 0);
		return r != NULL;
	}
}

static bool update_row(struct postgres_store *s, int64_t id, const struct follow_values *v,
		       struct str metadata, int64_t at_ms, struct err *e)
{
	struct params p = { 0 };

	param_values(&p, v);
	param_json(&p, metadata);
	param_ms(&p, at_ms);
	param_i64(&p, id);
	return postgres_run(s,
			    "UPDATE providers SET (" FOLLOW_NAMES ") = (" VALUES "),"
			    " metadata = $12, updated_at = $13 WHERE id = $14",
			    &p, NULL, e);
}

/* Flags as text "0", "1", as they are compared. */
static const char find_sql[] = "SELECT " FOLLOW_TEXT_NAMES ", supports_streaming::int::text,"
			       " supports_function_calling::int::text, supports_vision::int::text,"
			       " supports_image_generation::int::text, id, is_active, metadata"
			       " FROM providers WHERE slug = $1";

static bool find_row(struct postgres_store *s, struct str slug, struct arena *a, struct row *ret,
		     bool *ret_found, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, slug);
	{
		RESULT_AUTO(r) = postgres_read(s, find_sql, &p, e);

		if (!r)
			return false;
		*ret_found = PQntuples(r) > 0;
		if (!*ret_found)
			return true;
		for (int i = 0; i < FOLLOW_COLUMNS; i++)
			ret->now.v[i] = cell_copy(r, 0, i, a);
		ret->id = cell_i64(r, 0, FOLLOW_COLUMNS);
		ret->is_active = cell_bool(r, 0, FOLLOW_COLUMNS + 1);
		ret->metadata = cell_copy(r, 0, FOLLOW_COLUMNS + 2, a);
	}
	return true;
}

static bool follow_row(struct postgres_store *s, struct row *row, const struct follow_values *want,
		       int64_t at_ms, struct arena *a, struct err *e)
{
	BUF_AUTO(metadata, SIZE_MAX / 2);
	bool differs;

	if (!follow_merge(&row->now, row->metadata, want, a, &metadata, &differs, e))
		return false;
	return !differs || update_row(s, row->id, &row->now, buf_str(&metadata), at_ms, e);
}

bool postgres_provider_follow(struct store *base, const struct store_provider *wanted,
			      int64_t now_ms, int64_t *ret_id, bool *ret_is_active, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	const struct follow_values want = follow_wanted(wanted);
	struct row row = { .is_active = true };
	bool found;
	ARENA_AUTO(a);

	if (!find_row(s, wanted->slug, &a, &row, &found, e))
		return false;
	if (!(found ? follow_row(s, &row, &want, now_ms, &a, e)
		    : insert_row(s, wanted->slug, &want, now_ms, &row.id, e)))
		return false;
	*ret_id = row.id;
	*ret_is_active = row.is_active;
	return true;
}

bool postgres_provider_find(struct store *base, struct str slug, int64_t *ret_id,
			    bool *ret_is_active, struct err *e)
{
	struct row row = { .id = 0, .is_active = true };
	bool found;
	ARENA_AUTO(a);

	if (!find_row(postgres_of(base), slug, &a, &row, &found, e))
		return false;
	*ret_id = row.id;
	*ret_is_active = row.is_active;
	return true;
}

bool postgres_edit_provider(struct store *base, const struct store_provider_edit *w,
			    struct arena *a, struct store_column *ret_before, bool *ret_found,
			    struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct row row;
	bool found;

	if (!find_row(s, w->slug, a, &row, &found, e) ||
	    (found && (!follow_edit(&row.now, row.metadata, w, a, ret_before, e) ||
		       !update_row(s, row.id, &row.now, row.metadata, w->at_ms, e))))
		return false;
	*ret_found = found;
	return true;
}
