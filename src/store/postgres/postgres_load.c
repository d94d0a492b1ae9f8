/*
 * postgres_load: what a sync starts from.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

/* Models asked for at a time: what a result of them takes is a few megabytes. */
enum { OBSERVED_CHUNK = 4096 };

/* ---- state of a provider ---- */

static bool load_snapshot(struct postgres_store *s, const struct params *p, struct arena *a,
			  struct store_state *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT hash, first_at, last_at, models, prices,"
					" key_fingerprint"
					" FROM snapshots WHERE provider_id = $1"
					" ORDER BY id DESC LIMIT 1",
					p, e);

	if (!r)
		return false;
	ret->has_snapshot = PQntuples(r) > 0;
	if (!ret->has_snapshot)
		return true;
	(void)cell_hash(r, 0, 0, &ret->snapshot);
	ret->snapshot_first_ms = cell_ms(r, 0, 1);
	ret->snapshot_last_ms = cell_ms(r, 0, 2);
	ret->snapshot_models = cell_u64(r, 0, 3);
	ret->snapshot_prices = cell_u64(r, 0, 4);
	ret->key = cell_copy(r, 0, 5, a);
	return true;
}

/* Columns of a document, its body last. */
#define DOCUMENT_COLUMNS                                                                    \
	"list, url, encoding, body_bytes, body_hash, etag, last_modified, descriptor_hash," \
	" reader_version, fetched_at"
enum { DOCUMENT_BODY = 10 };

static void read_document(const PGresult *r, int row, struct arena *a, struct store_document *ret)
{
	ret->list = cell_copy(r, row, 0, a);
	ret->url = cell_copy(r, row, 1, a);
	ret->encoding = cell_copy(r, row, 2, a);
	ret->body_n = cell_u64(r, row, 3);
	(void)cell_hash(r, row, 4, &ret->body_hash);
	ret->etag = cell_copy(r, row, 5, a);
	ret->last_modified = cell_copy(r, row, 6, a);
	(void)cell_hash(r, row, 7, &ret->descriptor_hash);
	ret->reader_version = (int)cell_i64(r, row, 8);
	ret->fetched_at_ms = cell_ms(r, row, 9);
}

static bool load_documents(struct postgres_store *s, const struct params *p, struct arena *a,
			   struct store_state *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT " DOCUMENT_COLUMNS " FROM documents"
					" WHERE provider_id = $1 ORDER BY list",
					p, e);

	if (!r)
		return false;
	ret->n_documents = (size_t)PQntuples(r);
	ret->documents = arena_array(a, ret->n_documents, struct store_document);
	for (int i = 0; i < PQntuples(r); i++)
		read_document(r, i, a, &ret->documents[i]);
	return true;
}

/*
 * Of the newest run that had the whole list: a complete one has settled what was
 * suspected before, a failed or partial one says nothing about it.
 */
static bool load_suspicion(struct postgres_store *s, const struct params *p, struct arena *a,
			   struct store_state *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT suspect_missing, key_fingerprint FROM sync_runs"
					" WHERE provider_id = $1"
					" AND completeness IN ('complete', 'suspect')"
					" ORDER BY id DESC LIMIT 1",
					p, e);

	if (!r)
		return false;
	if (PQntuples(r) == 0 || cell_is_null(r, 0, 0))
		return true;
	ret->suspect_key = cell_copy(r, 0, 1, a);
	return words_parse_ids(cell_str(r, 0, 0), a, &ret->suspect_missing, &ret->n_suspect_missing,
			       e) ||
	       err_wrap(e, "sync_runs.suspect_missing");
}

static bool load_counts(struct postgres_store *s, const struct params *p, struct store_state *ret,
			struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s,
					"SELECT fetched, transformed, skipped FROM sync_runs"
					" WHERE provider_id = $1 AND completeness = 'complete'"
					" ORDER BY id DESC LIMIT 1",
					p, e);

	if (!r)
		return false;
	if (PQntuples(r) > 0) {
		ret->fetched = cell_u64(r, 0, 0);
		ret->transformed = cell_u64(r, 0, 1);
		ret->skipped = cell_u64(r, 0, 2);
	}
	return true;
}

static bool load_basis(struct postgres_store *s, const struct params *p, struct arena *a,
		       struct store_state *ret, struct err *e)
{
	RESULT_AUTO(r) =
		postgres_query(s, "SELECT basis FROM identity_bases WHERE provider_id = $1", p, e);

	if (!r)
		return false;
	if (PQntuples(r) > 0)
		ret->identity_basis = cell_copy(r, 0, 0, a);
	return true;
}

bool postgres_load_state(struct store *base, int64_t provider_id, struct arena *a,
			 struct store_state *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct store_state state = { 0 };
	struct params p = { 0 };

	param_i64(&p, provider_id);
	if (!postgres_read_begin(s, e) ||
	    !postgres_read_end(
		    s,
		    load_snapshot(s, &p, a, &state, e) && load_documents(s, &p, a, &state, e) &&
			    load_suspicion(s, &p, a, &state, e) && load_counts(s, &p, &state, e) &&
			    load_basis(s, &p, a, &state, e),
		    e))
		return false;
	*ret = state;
	return true;
}

bool postgres_load_document(struct store *base, int64_t provider_id, struct str list,
			    struct arena *a, struct store_document *ret, bool *ret_found,
			    struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_str(&p, list);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT " DOCUMENT_COLUMNS ", body FROM documents"
					       " WHERE provider_id = $1 AND list = $2",
					       &p, e);

		if (!r)
			return false;
		*ret_found = PQntuples(r) > 0;
		if (!*ret_found)
			return true;
		*ret = (struct store_document){ 0 };
		read_document(r, 0, a, ret);
		ret->body = cell_copy(r, 0, DOCUMENT_BODY, a);
	}
	return true;
}

/* ---- the baseline ---- */

bool postgres_load_rows(struct store *base, int64_t provider_id, struct arena *a,
			struct store_row **ret, size_t *ret_n, struct err *e)
{
	struct params p = { 0 };
	struct store_row *rows;

	param_i64(&p, provider_id);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT id, provider_model_id, content_hash,"
					       " missing_since FROM models"
					       " WHERE provider_id = $1"
					       " ORDER BY provider_model_id",
					       &p, e);

		if (!r)
			return false;
		rows = arena_array(a, (size_t)PQntuples(r), struct store_row);
		for (int i = 0; i < PQntuples(r); i++) {
			rows[i].id = cell_i64(r, i, 0);
			rows[i].provider_model_id = cell_copy(r, i, 1, a);
			(void)cell_hash(r, i, 2, &rows[i].content);
			rows[i].missing_since_ms = cell_ms(r, i, 3);
		}
		*ret = rows;
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

/* ---- observed ---- */

/*
 * Both in the order of an index, which is then what the planner walks; a list of
 * ids joined as a table is hashed against all prices there are.
 */
static const char versions_sql[] =
	"SELECT m.provider_model_id, v.name, v.context_length, v.max_output_tokens, v.modality,"
	" v.capabilities, v.quantization, v.deprecated_at, v.replaced_by,"
	" CASE WHEN o.id IS NULL THEN m.description ELSE o.said END, m.architecture, m.metadata,"
	" m.id"
	" FROM models m LEFT JOIN model_versions v ON v.model_id = m.id AND v.seen_to IS NULL"
	" LEFT JOIN overrides o ON o.provider_id = m.provider_id"
	"  AND o.provider_model_id = m.provider_model_id AND o.field = 'description'"
	"  AND o.unset_at IS NULL"
	" WHERE m.id = ANY($1) ORDER BY m.id";

static const char prices_sql[] =
	"SELECT id, meter, state, condition, amount::text, currency, raw, unit, source,"
	" valid_from, valid_to, model_id, suspect"
	" FROM prices WHERE model_id = ANY($1) AND seen_to IS NULL"
	" ORDER BY model_id, meter, condition";

/* A model asked for, and where what is said of it goes. */
struct asked {
	int64_t id;
	struct store_observed *to;
};

static int asked_order(const void *a, const void *b)
{
	int64_t x = ((const struct asked *)a)->id, y = ((const struct asked *)b)->id;

	return (x > y) - (x < y);
}

static bool bad_value(struct postgres_store *s, const char *column, int64_t id, struct str value,
		      struct err *e)
{
	return err_set(e, ERR_DB, "%s: %s %lld: %s is none this program knows", s->name, column,
		       (long long)id, err_quote(value.at, value.n));
}

/* A row that an operator put into `models` has no version: nothing of it was ever observed. */
static bool read_version(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			 struct store_observed *ret, struct err *e)
{
	struct str capabilities = cell_str(r, row, 5);
	struct model *m = &ret->model;

	m->id = cell_copy(r, row, 0, a);
	m->name = cell_copy(r, row, 1, a);
	m->context_length = cell_count(r, row, 2);
	m->max_output_tokens = cell_count(r, row, 3);
	m->modality = cell_copy(r, row, 4, a);
	m->quantization = cell_copy(r, row, 6, a);
	m->deprecated_at_ms = cell_ms(r, row, 7);
	m->replaced_by = cell_copy(r, row, 8, a);
	m->description = cell_copy(r, row, 9, a);
	m->architecture = cell_copy(r, row, 10, a);
	m->metadata = cell_copy(r, row, 11, a);
	m->created_ms = CLOCK_NONE;
	if (str_is_none(capabilities) || capabilities_from_text(capabilities, &m->capabilities))
		return true;
	return bad_value(s, "capabilities of model", ret->model_id, capabilities, e);
}

static bool read_versions(struct postgres_store *s, const struct params *p,
			  const struct asked *asked, size_t n, struct arena *a, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, versions_sql, p, e);
	int row = 0;

	if (!r)
		return false;
	for (size_t i = 0; i < n; i++, row++) {
		if (row == PQntuples(r) || cell_i64(r, row, 12) != asked[i].id)
			return err_set(e, ERR_DB, "%s: there is no model %lld", s->name,
				       (long long)asked[i].id);
		if (!read_version(s, r, row, a, asked[i].to, e))
			return false;
	}
	return true;
}

static bool read_price(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
		       struct price *ret, struct err *e)
{
	int64_t id = cell_i64(r, row, 0);

	if (!meter_parse(cell_str(r, row, 1), &ret->meter))
		return bad_value(s, "meter of price", id, cell_str(r, row, 1), e);
	if (!words_price_state(cell_str(r, row, 2), &ret->state))
		return bad_value(s, "state of price", id, cell_str(r, row, 2), e);
	ret->condition = cell_copy(r, row, 3, a);
	ret->amount = cell_copy(r, row, 4, a);
	ret->currency = cell_copy(r, row, 5, a);
	ret->raw = cell_copy(r, row, 6, a);
	ret->unit = cell_copy(r, row, 7, a);
	ret->source = cell_copy(r, row, 8, a);
	ret->valid_from_ms = cell_ms(r, row, 9);
	ret->valid_to_ms = cell_ms(r, row, 10);
	return true;
}

/* All prices of a chunk lie in two arrays; each model has its stretch of them. */
static bool read_prices(struct postgres_store *s, const struct params *p, const struct asked *asked,
			struct arena *a, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, prices_sql, p, e);
	struct price *prices;
	struct str *suspect;
	int64_t *ids;

	if (!r)
		return false;
	suspect = arena_array(a, (size_t)PQntuples(r), struct str);
	prices = arena_array(a, (size_t)PQntuples(r), struct price);
	ids = arena_array(a, (size_t)PQntuples(r), int64_t);
	for (int i = 0; i < PQntuples(r); i++) {
		while (asked->id < cell_i64(r, i, 11))
			asked++;
		if (!read_price(s, r, i, a, &prices[i], e))
			return false;
		ids[i] = cell_i64(r, i, 0);
		suspect[i] = cell_copy(r, i, 12, a);
		if (asked->to->model.n_prices++ == 0) {
			asked->to->model.prices = &prices[i];
			asked->to->price_ids = &ids[i];
			asked->to->suspect = &suspect[i];
		}
	}
	return true;
}

/* Models in order of their ids, none twice. */
static bool read_observed(struct postgres_store *s, const struct asked *asked, size_t n,
			  struct arena *a, struct err *e)
{
	struct params p;
	struct array ids;
	bool ok = true;

	array_init(&ids, ARRAY_I64);
	for (size_t at = 0; ok && at < n; at += ids.n) {
		array_clear(&ids);
		for (size_t i = at; i < n && ids.n < OBSERVED_CHUNK; i++) {
			array_i64(&ids, asked[i].id);
			*asked[i].to = (struct store_observed){ .model_id = asked[i].id };
		}
		p = (struct params){ 0 };
		param_array(&p, &ids);
		ok = read_versions(s, &p, &asked[at], ids.n, a, e) &&
		     read_prices(s, &p, &asked[at], a, e);
	}
	array_release(&ids);
	return ok;
}

/* Each id once, in order; one that is asked for twice is answered twice. */
static bool ask(struct postgres_store *s, const int64_t *model_ids, size_t n, struct arena *a,
		struct store_observed *ret, struct err *e)
{
	ARENA_AUTO(scratch);
	struct asked *all = arena_array(&scratch, n, struct asked);
	struct asked *once = arena_array(&scratch, n, struct asked);
	size_t n_once = 0;

	for (size_t i = 0; i < n; i++)
		all[i] = (struct asked){ model_ids[i], &ret[i] };
	qsort(all, n, sizeof(*all), asked_order);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || all[i].id != all[i - 1].id)
			once[n_once++] = all[i];
	if (!read_observed(s, once, n_once, a, e))
		return false;
	for (size_t i = 1; i < n; i++)
		if (all[i].id == all[i - 1].id)
			*all[i].to = *all[i - 1].to;
	return true;
}

bool postgres_load_observed(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			    struct store_observed *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, ask(s, model_ids, n, a, ret, e), e);
}
