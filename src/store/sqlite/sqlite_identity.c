/*
 * sqlite_identity: canonical ids, what they are worked out from and what is held
 * against each other by them.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

static bool load_list(struct store *base, const struct sqlite_list *l, int64_t provider_id,
		      struct arena *a, void **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, sqlite_read_list(s, l, provider_id, a, ret, ret_n, e), e);
}

static void read_state(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_identity_state *)item = (struct store_identity_state){
		.provider_id = sqlite3_column_int64(st, 1),
		.provider = column_copy(st, 2, a),
		.basis = column_copy(st, 3, a),
		.has_new = sqlite3_column_int(st, 4) != 0,
	};
}

bool sqlite_load_identity_states(struct store *base, struct arena *a,
				 struct store_identity_state **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list states = {
		"SELECT (SELECT count(*) FROM providers), p.id, p.slug, b.basis,"
		" EXISTS (SELECT 1 FROM models m"
		"  WHERE m.provider_id = p.id AND m.canonical_evidence IS NULL)"
		" FROM providers p LEFT JOIN identity_bases b ON b.provider_id = p.id"
		" ORDER BY p.slug",
		sizeof(**ret),
		read_state,
	};

	return load_list(base, &states, 0, a, (void **)ret, ret_n, e);
}

static void read_identity(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_identity *)item = (struct store_identity){
		.model_id = sqlite3_column_int64(st, 1),
		.provider_model_id = column_copy(st, 2, a),
		.hugging_face_id = column_copy(st, 3, a),
		.canonical_id = column_copy(st, 4, a),
		.canonical_evidence = column_copy(st, 5, a),
	};
}

bool sqlite_load_identities(struct store *base, int64_t provider_id, struct arena *a,
			    struct store_identity **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list identities = {
		"SELECT (SELECT count(*) FROM models WHERE provider_id = ?1), id,"
		" provider_model_id, json_extract(metadata, '$." MODEL_HUGGING_FACE_KEY "'),"
		" canonical_id, canonical_evidence"
		" FROM models WHERE provider_id = ?1 ORDER BY provider_model_id",
		sizeof(**ret),
		read_identity,
	};

	return load_list(base, &identities, provider_id, a, (void **)ret, ret_n, e);
}

static void read_alias(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_alias *)item = (struct store_alias){
		.id = sqlite3_column_int64(st, 1),
		.alias = column_copy(st, 2, a),
		.provider = column_copy(st, 3, a),
		.canonical_id = column_copy(st, 4, a),
	};
}

bool sqlite_load_aliases(struct store *base, struct arena *a, struct store_alias **ret,
			 size_t *ret_n, struct err *e)
{
	static const struct sqlite_list aliases = {
		"SELECT (SELECT count(*) FROM aliases WHERE ended_at IS NULL), l.id, l.alias,"
		" p.slug, l.canonical_id"
		" FROM aliases l LEFT JOIN providers p ON p.id = l.provider_id"
		" WHERE l.ended_at IS NULL ORDER BY l.id",
		sizeof(**ret),
		read_alias,
	};

	return load_list(base, &aliases, 0, a, (void **)ret, ret_n, e);
}

static void read_name(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_name *)item = (struct store_name){
		.model_id = sqlite3_column_int64(st, 1),
		.provider = column_copy(st, 2, a),
		.provider_model_id = column_copy(st, 3, a),
		.canonical_id = column_copy(st, 4, a),
	};
}

bool sqlite_load_names(struct store *base, struct arena *a, struct store_name **ret, size_t *ret_n,
		       struct err *e)
{
	static const struct sqlite_list names = {
		"SELECT (SELECT count(*) FROM models), m.id, p.slug, m.provider_model_id,"
		" m.canonical_id FROM models m JOIN providers p ON p.id = m.provider_id"
		" ORDER BY p.slug, m.provider_model_id",
		sizeof(**ret),
		read_name,
	};

	return load_list(base, &names, 0, a, (void **)ret, ret_n, e);
}

/* ---- writing ---- */

static bool save_rows(struct sqlite_store *s, int64_t provider_id, const char *at,
		      const struct store_identity *rows, size_t n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE models SET canonical_id = ?3,"
				       " canonical_evidence = ?4, updated_at = ?5"
				       " WHERE id = ?1 AND provider_id = ?2",
				       e);

	if (!st)
		return false;
	for (size_t i = 0; i < n; i++) {
		bind_i64(st, 1, rows[i].model_id);
		bind_i64(st, 2, provider_id);
		bind_str(st, 3, rows[i].canonical_id);
		bind_str(st, 4, rows[i].canonical_evidence);
		bind_text(st, 5, at);
		if (!sqlite_run(s, st, e))
			return false;
		if (sqlite3_changes64(s->db) != 1)
			return err_set(e, ERR_DB, "sqlite:%s: no row of model %lld to write",
				       s->path, (long long)rows[i].model_id);
	}
	return true;
}

static bool save_basis(struct sqlite_store *s, int64_t provider_id, struct str basis, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO identity_bases (provider_id, basis)"
				       " VALUES (?1, ?2) ON CONFLICT (provider_id)"
				       " DO UPDATE SET basis = excluded.basis",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_str(st, 2, basis);
	return sqlite_run(s, st, e);
}

bool sqlite_save_identities(struct store *base, int64_t provider_id, int64_t at_ms,
			    const struct store_identity *rows, size_t n, struct str basis,
			    struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	char at[CLOCK_TEXT_MAX];

	return save_rows(s, provider_id, clock_text(at_ms, at), rows, n, e) &&
	       save_basis(s, provider_id, basis, e);
}

/* ---- offers ---- */

static const char offer_sql[] =
	"SELECT p.slug, m.canonical_evidence, m.missing_since, m.is_active AND p.is_active,"
	" m.health_status, ifnull(CAST(round(m.success_rate * 1000000) AS INTEGER), -1),"
	" ifnull(CAST(round(m.average_response_time_ms * 1000) AS INTEGER), -1),"
	" m.last_health_check_at"
	" FROM models m JOIN providers p ON p.id = m.provider_id WHERE m.id = ?1";

static bool read_offer(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a,
		       struct store_offer *ret, struct err *e)
{
	bool row;

	bind_i64(st, 1, ret->observed.model_id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_DB, "sqlite:%s: there is no model %lld", s->path,
			       (long long)ret->observed.model_id);
	ret->provider = column_copy(st, 0, a);
	ret->canonical_evidence = column_copy(st, 1, a);
	ret->missing_since_ms = column_time(st, 2);
	ret->is_active = sqlite3_column_int(st, 3) != 0;
	ret->health = column_copy(st, 4, a);
	ret->success_ppm = sqlite3_column_int64(st, 5);
	ret->response_us = sqlite3_column_int64(st, 6);
	ret->checked_at_ms = column_time(st, 7);
	(void)sqlite3_reset(st);
	return true;
}

static bool read_offers(struct sqlite_store *s, size_t n, struct arena *a, struct store_offer *ret,
			struct err *e)
{
	STMT_AUTO(offer) = sqlite_prepare(s, offer_sql, e);

	if (!offer)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_offer(s, offer, a, &ret[i], e))
			return false;
	return true;
}

bool sqlite_load_offers(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			struct store_offer *ret, struct err *e)
{
	struct store_observed *observed = arena_array(a, n, struct store_observed);
	struct sqlite_store *s = sqlite_of(base);

	if (!sqlite_load_observed(base, model_ids, n, a, observed, e))
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct store_offer){ .observed = observed[i] };
	return sqlite_read_begin(s, e) && sqlite_read_end(s, read_offers(s, n, a, ret, e), e);
}
