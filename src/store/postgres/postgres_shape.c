/*
 * postgres_shape: what is remembered of the shape of a provider's documents.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/* ---- reading ---- */

static bool load_shapes(struct postgres_store *s, const struct params *p, struct arena *a,
			struct store_shapes *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT list, fingerprint, places FROM document_shapes"
					" WHERE provider_id = $1",
					p, e);

	if (!r)
		return false;
	ret->n_shapes = (size_t)PQntuples(r);
	ret->shapes = arena_array(a, ret->n_shapes, struct store_shape);
	for (int i = 0; i < PQntuples(r); i++) {
		ret->shapes[i].list = cell_copy(r, i, 0, a);
		(void)cell_hash(r, i, 1, &ret->shapes[i].fingerprint);
		ret->shapes[i].places = cell_u64(r, i, 2);
	}
	return true;
}

static bool load_places(struct postgres_store *s, const struct params *p, struct arena *a,
			struct store_shapes *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT list, path, types, usual, stood_in, of_rows,"
					" vanished_at FROM document_places WHERE provider_id = $1",
					p, e);

	if (!r)
		return false;
	ret->n_places = (size_t)PQntuples(r);
	ret->places = arena_array(a, ret->n_places, struct store_place);
	for (int i = 0; i < PQntuples(r); i++)
		ret->places[i] = (struct store_place){
			.list = cell_copy(r, i, 0, a),
			.path = cell_copy(r, i, 1, a),
			.types = cell_copy(r, i, 2, a),
			.usual = cell_copy(r, i, 3, a),
			.rows = cell_u64(r, i, 4),
			.of = cell_u64(r, i, 5),
			.vanished = !cell_is_null(r, i, 6),
		};
	return true;
}

static bool load_notes(struct postgres_store *s, const struct params *p, struct arena *a,
		       struct store_shapes *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT note FROM known_notes WHERE provider_id = $1"
					" ORDER BY note",
					p, e);

	if (!r)
		return false;
	ret->n_notes = (size_t)PQntuples(r);
	ret->notes = arena_array(a, ret->n_notes, struct str);
	for (int i = 0; i < PQntuples(r); i++)
		ret->notes[i] = cell_copy(r, i, 0, a);
	return true;
}

bool postgres_load_shapes(struct store *base, int64_t provider_id, struct arena *a,
			  struct store_shapes *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct store_shapes found = { 0 };
	struct params p = { 0 };

	param_i64(&p, provider_id);
	if (!postgres_read_begin(s, e) ||
	    !postgres_read_end(s,
			       load_shapes(s, &p, a, &found, e) &&
				       load_places(s, &p, a, &found, e) &&
				       load_notes(s, &p, a, &found, e),
			       e))
		return false;
	*ret = found;
	return true;
}

/* ---- writing ---- */

enum { COLUMNS = 9 };

/* Rows of one statement: an array a column.  $1: the provider, $2: the instant, $3 …: the columns. */
struct rows {
	struct array columns[COLUMNS];
	size_t n;
};

static void begin_rows(struct rows *r, const enum array_type *types, size_t n)
{
	*r = (struct rows){ .n = n };
	for (size_t i = 0; i < n; i++)
		array_init(&r->columns[i], types[i]);
}

/* Writes and releases them. */
static bool end_rows(struct rows *r, struct postgres_store *s, const struct store_shape_batch *b,
		     const char *sql, struct err *e)
{
	struct params p = { 0 };
	bool ok = true;

	if (r->columns[0].n) {
		param_i64(&p, b->provider_id);
		param_ms(&p, b->at_ms);
		for (size_t i = 0; i < r->n; i++)
			param_array(&p, &r->columns[i]);
		ok = postgres_run(s, sql, &p, NULL, e);
	}
	for (size_t i = 0; i < r->n; i++)
		array_release(&r->columns[i]);
	return ok;
}

static bool save_shapes(struct postgres_store *s, const struct store_shape_batch *b, struct err *e)
{
	static const enum array_type types[] = { ARRAY_TEXT, ARRAY_TEXT, ARRAY_I64 };
	struct rows r;
	char hash[HASH_TEXT_MAX];

	begin_rows(&r, types, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < b->n_shapes; i++) {
		array_str(&r.columns[0], b->shapes[i].list);
		array_str(&r.columns[1], str_of(hash_text(&b->shapes[i].fingerprint, hash)));
		array_i64(&r.columns[2], (int64_t)b->shapes[i].places);
	}
	return end_rows(&r, s, b,
			"INSERT INTO document_shapes (provider_id, first_at, changed_at, list,"
			" fingerprint, places)"
			" SELECT $1, $2, $2, unnest($3), unnest($4), unnest($5)"
			" ON CONFLICT (provider_id, list) DO UPDATE SET"
			" fingerprint = excluded.fingerprint, places = excluded.places,"
			" changed_at = excluded.changed_at",
			e);
}

static bool save_places(struct postgres_store *s, const struct store_shape_batch *b, struct err *e)
{
	static const enum array_type types[] = { ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT,
						 ARRAY_I64,  ARRAY_I64,  ARRAY_TIME };
	struct rows r;

	begin_rows(&r, types, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < b->n_places; i++) {
		const struct store_place *p = &b->places[i];

		array_str(&r.columns[0], p->list);
		array_str(&r.columns[1], p->path);
		array_str(&r.columns[2], p->types);
		array_str(&r.columns[3], p->usual);
		array_i64(&r.columns[4], (int64_t)p->rows);
		array_i64(&r.columns[5], (int64_t)p->of);
		array_ms(&r.columns[6], p->vanished ? b->at_ms : CLOCK_NONE);
	}
	return end_rows(&r, s, b,
			"INSERT INTO document_places (provider_id, first_at, changed_at, list,"
			" path, types, usual, stood_in, of_rows, vanished_at)"
			" SELECT $1, $2, $2, unnest($3), unnest($4), unnest($5), unnest($6),"
			" unnest($7), unnest($8), unnest($9)"
			" ON CONFLICT (provider_id, list, path) DO UPDATE SET"
			" types = excluded.types, usual = excluded.usual,"
			" stood_in = excluded.stood_in, of_rows = excluded.of_rows,"
			" changed_at = excluded.changed_at, vanished_at = excluded.vanished_at",
			e);
}

static bool save_drift(struct postgres_store *s, const struct store_shape_batch *b, struct err *e)
{
	static const enum array_type types[] = { ARRAY_TEXT, ARRAY_TEXT, ARRAY_TEXT,
						 ARRAY_BOOL, ARRAY_TEXT, ARRAY_TEXT,
						 ARRAY_I64,  ARRAY_I64,  ARRAY_TEXT };
	struct rows r;

	begin_rows(&r, types, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < b->n_drift; i++) {
		const struct store_drift *d = &b->drift[i];

		array_str(&r.columns[0], d->list);
		array_str(&r.columns[1], d->path);
		array_str(&r.columns[2], d->kind);
		array_flag(&r.columns[3], d->closed);
		array_str(&r.columns[4], d->before);
		array_str(&r.columns[5], d->after);
		array_i64(&r.columns[6], (int64_t)d->rows);
		array_i64(&r.columns[7], (int64_t)d->of);
		array_str(&r.columns[8], d->example);
	}
	return end_rows(&r, s, b,
			"INSERT INTO schema_drift (provider_id, at, list, path, kind, closed,"
			" old_types, new_types, stood_in, of_rows, example)"
			" SELECT $1, $2, unnest($3), unnest($4), unnest($5), unnest($6),"
			" unnest($7), unnest($8), unnest($9), unnest($10), unnest($11)",
			e);
}

static bool save_notes(struct postgres_store *s, const struct store_shape_batch *b, struct err *e)
{
	static const enum array_type types[] = { ARRAY_TEXT };
	struct rows r;

	begin_rows(&r, types, 1);
	for (size_t i = 0; i < b->n_notes; i++)
		array_str(&r.columns[0], b->notes[i]);
	return end_rows(&r, s, b,
			"INSERT INTO known_notes (provider_id, first_at, note)"
			" SELECT $1, $2, unnest($3)",
			e);
}

bool postgres_save_shapes(struct store *base, const struct store_shape_batch *b, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return save_shapes(s, b, e) && save_places(s, b, e) && save_drift(s, b, e) &&
	       save_notes(s, b, e);
}
