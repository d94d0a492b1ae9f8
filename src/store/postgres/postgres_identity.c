/*
 * postgres_identity: canonical ids, what they are worked out from and what is
 * held against each other by them.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/* Rows of one UPDATE, and models of one SELECT. */
enum { CHUNK = 2000 };

/* ---- lists ---- */

static void read_state(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_identity_state *)item = (struct store_identity_state){
		.provider_id = cell_i64(r, row, 0),
		.provider = cell_copy(r, row, 1, a),
		.basis = cell_copy(r, row, 2, a),
		.has_new = cell_bool(r, row, 3),
	};
}

bool postgres_load_identity_states(struct store *base, struct arena *a,
				   struct store_identity_state **ret, size_t *ret_n, struct err *e)
{
	static const struct postgres_list states = {
		"SELECT p.id, p.slug, b.basis, EXISTS (SELECT 1 FROM models m"
		"  WHERE m.provider_id = p.id AND m.canonical_evidence IS NULL)"
		" FROM providers p LEFT JOIN identity_bases b ON b.provider_id = p.id"
		" ORDER BY p.slug",
		sizeof(**ret),
		read_state,
	};

	return postgres_read_list(base, &states, NULL, a, (void **)ret, ret_n, e);
}

static void read_identity(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_identity *)item = (struct store_identity){
		.model_id = cell_i64(r, row, 0),
		.provider_model_id = cell_copy(r, row, 1, a),
		.hugging_face_id = cell_copy(r, row, 2, a),
		.canonical_id = cell_copy(r, row, 3, a),
		.canonical_evidence = cell_copy(r, row, 4, a),
	};
}

bool postgres_load_identities(struct store *base, int64_t provider_id, struct arena *a,
			      struct store_identity **ret, size_t *ret_n, struct err *e)
{
	static const struct postgres_list identities = {
		"SELECT id, provider_model_id, metadata ->> '" MODEL_HUGGING_FACE_KEY "',"
		" canonical_id, canonical_evidence"
		" FROM models WHERE provider_id = $1 ORDER BY provider_model_id",
		sizeof(**ret),
		read_identity,
	};
	struct params p = { 0 };

	param_i64(&p, provider_id);
	return postgres_read_list(base, &identities, &p, a, (void **)ret, ret_n, e);
}

static void read_alias(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_alias *)item = (struct store_alias){
		.id = cell_i64(r, row, 0),
		.alias = cell_copy(r, row, 1, a),
		.provider = cell_copy(r, row, 2, a),
		.canonical_id = cell_copy(r, row, 3, a),
	};
}

bool postgres_load_aliases(struct store *base, struct arena *a, struct store_alias **ret,
			   size_t *ret_n, struct err *e)
{
	static const struct postgres_list aliases = {
		"SELECT l.id, l.alias, p.slug, l.canonical_id"
		" FROM aliases l LEFT JOIN providers p ON p.id = l.provider_id"
		" WHERE l.ended_at IS NULL ORDER BY l.id",
		sizeof(**ret),
		read_alias,
	};

	return postgres_read_list(base, &aliases, NULL, a, (void **)ret, ret_n, e);
}

static void read_name(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_name *)item = (struct store_name){
		.model_id = cell_i64(r, row, 0),
		.provider = cell_copy(r, row, 1, a),
		.provider_model_id = cell_copy(r, row, 2, a),
		.canonical_id = cell_copy(r, row, 3, a),
	};
}

bool postgres_load_names(struct store *base, struct arena *a, struct store_name **ret,
			 size_t *ret_n, struct err *e)
{
	static const struct postgres_list names = {
		"SELECT m.id, p.slug, m.provider_model_id, m.canonical_id"
		" FROM models m JOIN providers p ON p.id = m.provider_id"
		" ORDER BY p.slug, m.provider_model_id",
		sizeof(**ret),
		read_name,
	};

	return postgres_read_list(base, &names, NULL, a, (void **)ret, ret_n, e);
}

/* ---- writing ---- */

static const char save_sql[] =
	"UPDATE models m SET canonical_id = u.canonical, canonical_evidence = u.evidence,"
	" updated_at = $1"
	" FROM (SELECT unnest($3) AS id, unnest($4) AS canonical, unnest($5) AS evidence) u"
	" WHERE m.id = u.id AND m.provider_id = $2";

enum { C_ROW, C_CANONICAL, C_EVIDENCE, COLUMNS };

static bool save_chunk(struct postgres_store *s, int64_t provider_id, int64_t at_ms,
		       const struct store_identity *rows, size_t n, struct array columns[COLUMNS],
		       struct err *e)
{
	struct params p = { 0 };
	uint64_t hit;

	for (size_t i = 0; i < COLUMNS; i++)
		array_clear(&columns[i]);
	for (size_t i = 0; i < n; i++) {
		array_i64(&columns[C_ROW], rows[i].model_id);
		array_str(&columns[C_CANONICAL], rows[i].canonical_id);
		array_str(&columns[C_EVIDENCE], rows[i].canonical_evidence);
	}
	param_ms(&p, at_ms);
	param_i64(&p, provider_id);
	for (size_t i = 0; i < COLUMNS; i++)
		param_array(&p, &columns[i]);
	if (!postgres_run(s, save_sql, &p, &hit, e))
		return false;
	return hit == n || err_set(e, ERR_DB, "%s: %zu of %zu models to write have no row", s->name,
				   n - (size_t)hit, n);
}

static bool save_rows(struct postgres_store *s, int64_t provider_id, int64_t at_ms,
		      const struct store_identity *rows, size_t n, struct err *e)
{
	struct array columns[COLUMNS];
	bool ok = true;

	array_init(&columns[C_ROW], ARRAY_I64);
	array_init(&columns[C_CANONICAL], ARRAY_TEXT);
	array_init(&columns[C_EVIDENCE], ARRAY_TEXT);
	for (size_t at = 0; ok && at < n; at += CHUNK)
		ok = save_chunk(s, provider_id, at_ms, rows + at, n - at < CHUNK ? n - at : CHUNK,
				columns, e);
	for (size_t i = 0; i < COLUMNS; i++)
		array_release(&columns[i]);
	return ok;
}

static bool save_basis(struct postgres_store *s, int64_t provider_id, struct str basis,
		       struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_str(&p, basis);
	return postgres_run(s,
			    "INSERT INTO identity_bases (provider_id, basis) VALUES ($1, $2)"
			    " ON CONFLICT (provider_id) DO UPDATE SET basis = excluded.basis",
			    &p, NULL, e);
}

bool postgres_save_identities(struct store *base, int64_t provider_id, int64_t at_ms,
			      const struct store_identity *rows, size_t n, struct str basis,
			      struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return save_rows(s, provider_id, at_ms, rows, n, e) && save_basis(s, provider_id, basis, e);
}

/* ---- offers ---- */

static const char offers_sql[] =
	"SELECT p.slug, m.canonical_evidence, m.missing_since, m.is_active AND p.is_active,"
	" m.health_status, coalesce(round(m.success_rate * 1000000), -1)::bigint,"
	" coalesce(round(m.average_response_time_ms * 1000), -1)::bigint,"
	" m.last_health_check_at"
	" FROM unnest($1) WITH ORDINALITY AS u (id, at) JOIN models m ON m.id = u.id"
	" JOIN providers p ON p.id = m.provider_id ORDER BY u.at";

static bool read_offers(struct postgres_store *s, const struct params *p, size_t n, struct arena *a,
			struct store_offer *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(s, offers_sql, p, e);

	if (!r)
		return false;
	if ((size_t)PQntuples(r) != n)
		return err_set(e, ERR_DB, "%s: %zu models are not there", s->name,
			       n - (size_t)PQntuples(r));
	for (size_t i = 0; i < n; i++) {
		ret[i].provider = cell_copy(r, (int)i, 0, a);
		ret[i].canonical_evidence = cell_copy(r, (int)i, 1, a);
		ret[i].missing_since_ms = cell_ms(r, (int)i, 2);
		ret[i].is_active = cell_bool(r, (int)i, 3);
		ret[i].health = cell_copy(r, (int)i, 4, a);
		ret[i].success_ppm = cell_i64(r, (int)i, 5);
		ret[i].response_us = cell_i64(r, (int)i, 6);
		ret[i].checked_at_ms = cell_ms(r, (int)i, 7);
	}
	return true;
}

bool postgres_load_offers(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_offer *ret, struct err *e)
{
	struct store_observed *observed = arena_array(a, n, struct store_observed);
	struct params p = { 0 };
	struct array models;
	bool ok = true;

	if (!postgres_load_observed(base, model_ids, n, a, observed, e))
		return false;
	array_init(&models, ARRAY_I64);
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct store_offer){ .observed = observed[i] };
		array_i64(&models, observed[i].model_id);
	}
	if (models.n) {
		param_array(&p, &models);
		ok = read_offers(postgres_of(base), &p, n, a, ret, e);
	}
	array_release(&models);
	return ok;
}
