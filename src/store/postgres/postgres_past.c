/*
 * postgres_past: what was.
 */
#include "store/gather.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

#include <assert.h>

static bool bad_value(struct postgres_store *s, const char *column, int64_t id, struct str value,
		      struct err *e)
{
	return err_set(e, ERR_DB, "%s: %s %lld: %s is none this program knows", s->name, column,
		       (long long)id, err_quote(value.at, value.n));
}

/* ---- snapshots ---- */

#define SNAPSHOT_COLUMNS                                                                        \
	"SELECT s.id, s.provider_id, p.slug, s.hash, s.first_at, s.last_at, s.syncs, s.models," \
	" s.prices, (SELECT n.first_at FROM snapshots n WHERE n.provider_id = s.provider_id"    \
	"  AND n.id > s.id ORDER BY n.id LIMIT 1)"
/* 'g' comes after every hex digit. */
#define NAMED                                      \
	" WHERE ($1::text IS NULL OR p.slug = $1)" \
	" AND ($2::text IS NULL OR (s.hash >= $2 AND s.hash < $2 || 'g'))"

static const char snapshots_sql[] =
	SNAPSHOT_COLUMNS " FROM snapshots s JOIN providers p ON p.id = s.provider_id" NAMED
			 " ORDER BY s.id DESC LIMIT $3";

/* Instants of a provider ascend with its ids. */
static const char in_force_sql[] =
	SNAPSHOT_COLUMNS " FROM providers p JOIN LATERAL (SELECT * FROM snapshots f"
			 "  WHERE f.provider_id = p.id AND f.first_at <= $4"
			 "  ORDER BY f.first_at DESC, f.id DESC LIMIT 1) s ON TRUE" NAMED
			 " ORDER BY p.slug COLLATE \"C\" LIMIT $3";

static void read_snapshot(const PGresult *r, int row, struct arena *a, struct store_snapshot *ret)
{
	ret->id = cell_i64(r, row, 0);
	ret->provider_id = cell_i64(r, row, 1);
	ret->provider = cell_copy(r, row, 2, a);
	(void)cell_hash(r, row, 3, &ret->hash);
	ret->first_ms = cell_ms(r, row, 4);
	ret->last_ms = cell_ms(r, row, 5);
	ret->syncs = cell_u64(r, row, 6);
	ret->models = cell_u64(r, row, 7);
	ret->prices = cell_u64(r, row, 8);
	ret->until_ms = cell_ms(r, row, 9);
}

static bool read_snapshots(struct store *base, const struct store_snapshot_query *q,
			   struct arena *a, struct store_snapshot **ret, size_t *ret_n,
			   struct err *e)
{
	struct params p = { 0 };
	struct store_snapshot *list;

	param_str(&p, q->provider);
	param_str(&p, q->prefix);
	param_i64(&p, q->limit == 0 || q->limit > INT64_MAX ? INT64_MAX : (int64_t)q->limit);
	if (q->at_ms != CLOCK_NONE)
		param_ms(&p, q->at_ms);
	{
		RESULT_AUTO(r) =
			postgres_query(postgres_of(base),
				       q->at_ms != CLOCK_NONE ? in_force_sql : snapshots_sql, &p,
				       e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_snapshot);
		for (int i = 0; i < PQntuples(r); i++)
			read_snapshot(r, i, a, &list[i]);
		*ret = list;
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

bool postgres_list_snapshots(struct store *base, const struct store_snapshot_query *q,
			     struct arena *a, struct store_snapshot **ret, size_t *ret_n,
			     struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, read_snapshots(base, q, a, ret, ret_n, e), e);
}

/* ---- rows of versions and prices ---- */

#define VERSION_COLUMNS                                                                     \
	"SELECT r.model_id, r.seen_from, r.name, r.context_length, r.max_output_tokens,"    \
	" r.modality, r.capabilities, r.quantization, r.deprecated_at, r.replaced_by, r.id" \
	" FROM model_versions r"
#define PRICE_COLUMNS                                                                    \
	"SELECT r.model_id, r.seen_from, r.meter, r.condition, r.state, r.amount::text," \
	" r.currency, r.id FROM prices r"

/* In force at the instant; at one of both and not at the other. */
#define STATE " WHERE r.seen_from <= $1 AND (r.seen_to IS NULL OR r.seen_to > $1)"
#define MOVED                                                                \
	" WHERE r.seen_from <= $2 AND (r.seen_to IS NULL OR r.seen_to > $1)" \
	" AND (r.seen_from <= $1) <> (r.seen_to IS NULL OR r.seen_to > $2)"

enum scope { MARKET, PROVIDER, MODELS, SCOPES };

/* The last parameter, which a market has not. */
#define OF_PROVIDER(number) \
	" AND r.model_id IN (SELECT id FROM models WHERE provider_id = $" number ")"
#define OF_MODELS(number) " AND r.model_id = ANY($" number ")"
#define TABLE_ROWS(columns)                                                                      \
	{                                                                                        \
		{ columns STATE, columns STATE OF_PROVIDER("2"), columns STATE OF_MODELS("2") }, \
			{ columns MOVED, columns MOVED OF_PROVIDER("3"),                         \
			  columns MOVED OF_MODELS("3") },                                        \
	}

struct rows {
	const char *sql[2][SCOPES]; /* of a state, of moves */
	bool (*read)(struct postgres_store *s, const PGresult *r, int row, struct gather *g,
		     struct err *e);
};

/* Columns from name to replaced_by. */
static bool read_tracked(struct postgres_store *s, const PGresult *r, int row, int at, int64_t id,
			 struct arena *a, struct model *m, struct err *e)
{
	struct str capabilities = cell_str(r, row, at + 4);

	m->name = cell_copy(r, row, at, a);
	m->context_length = cell_count(r, row, at + 1);
	m->max_output_tokens = cell_count(r, row, at + 2);
	m->modality = cell_copy(r, row, at + 3, a);
	m->quantization = cell_copy(r, row, at + 5, a);
	m->deprecated_at_ms = cell_ms(r, row, at + 6);
	m->replaced_by = cell_copy(r, row, at + 7, a);
	if (str_is_none(capabilities) || capabilities_from_text(capabilities, &m->capabilities))
		return true;
	return bad_value(s, "capabilities of version", id, capabilities, e);
}

static bool read_version(struct postgres_store *s, const PGresult *r, int row, struct gather *g,
			 struct err *e)
{
	struct model *m = gather_version(g, cell_i64(r, row, 0), cell_ms(r, row, 1));

	return read_tracked(s, r, row, 2, cell_i64(r, row, 10), gather_arena(g), m, e);
}

/* Meter and, two columns on, state. */
static bool read_price_words(struct postgres_store *s, const PGresult *r, int row, int at,
			     int64_t id, enum meter *ret_meter, enum price_state *ret_state,
			     struct err *e)
{
	if (!meter_parse(cell_str(r, row, at), ret_meter))
		return bad_value(s, "meter of price", id, cell_str(r, row, at), e);
	if (!words_price_state(cell_str(r, row, at + 2), ret_state))
		return bad_value(s, "state of price", id, cell_str(r, row, at + 2), e);
	return true;
}

static bool read_price(struct postgres_store *s, const PGresult *r, int row, struct gather *g,
		       struct err *e)
{
	struct gather_price *p = gather_price(g, cell_i64(r, row, 0), cell_ms(r, row, 1));

	p->condition = gather_word(g, cell_str(r, row, 3));
	p->amount = cell_copy(r, row, 5, gather_arena(g));
	p->currency = gather_word(g, cell_str(r, row, 6));
	return read_price_words(s, r, row, 2, cell_i64(r, row, 7), &p->meter, &p->state, e);
}

static const struct rows tables[] = {
	{ TABLE_ROWS(VERSION_COLUMNS), read_version },
	{ TABLE_ROWS(PRICE_COLUMNS), read_price },
};

static bool read_table(struct postgres_store *s, const struct rows *t, enum scope which,
		       const struct params *p, struct gather *g, struct err *e)
{
	struct gather_instants at = gather_instants(g);
	RESULT_AUTO(r) = postgres_query(s, t->sql[at.from_ms != at.to_ms][which], p, e);

	if (!r)
		return false;
	for (int i = 0; i < PQntuples(r); i++)
		if (!t->read(s, r, i, g, e))
			return false;
	return true;
}

static bool read_tables(struct postgres_store *s, enum scope which, const struct params *p,
			struct gather *g, struct err *e)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!read_table(s, &tables[i], which, p, g, e))
			return false;
	return true;
}

static bool read_rows(struct store *base, const struct gather_scope *scope, struct gather *g,
		      struct err *e)
{
	struct gather_instants at = gather_instants(g);
	struct postgres_store *s = postgres_of(base);
	struct params p = { 0 };
	struct array ids;
	bool ok;

	param_ms(&p, at.from_ms);
	if (at.from_ms != at.to_ms)
		param_ms(&p, at.to_ms);
	if (!scope->ids) {
		if (scope->provider_id != 0)
			param_i64(&p, scope->provider_id);
		return read_tables(s, scope->provider_id ? PROVIDER : MARKET, &p, g, e);
	}
	array_init(&ids, ARRAY_I64);
	for (size_t i = 0; i < scope->n_ids; i++)
		array_i64(&ids, scope->ids[i]);
	param_array(&p, &ids);
	ok = read_tables(s, MODELS, &p, g, e);
	array_release(&ids);
	return ok;
}

/* ---- absences, names ---- */

static bool read_absences(struct store *base, struct gather *g, struct err *e)
{
	struct gather_instants at = gather_instants(g);
	struct params p = { 0 };

	param_ms(&p, at.from_ms);
	param_ms(&p, at.to_ms);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base),
						"SELECT model_id, gone_from, gone_to FROM absences"
						" WHERE gone_from <= $2"
						" AND (gone_to IS NULL OR gone_to > $1)",
						&p, e);

		if (!r)
			return false;
		for (int i = 0; i < PQntuples(r); i++)
			gather_absence(g, cell_i64(r, i, 0), cell_ms(r, i, 1), cell_ms(r, i, 2));
	}
	return true;
}

static bool read_names(struct store *base, const struct gather_scope *scope, struct gather *g,
		       struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, scope->provider_id);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base),
						"SELECT m.id, p.slug, m.provider_model_id"
						" FROM providers p"
						" JOIN models m ON m.provider_id = p.id"
						" WHERE $1::bigint = 0 OR p.id = $1"
						" ORDER BY p.slug COLLATE \"C\","
						" m.provider_model_id COLLATE \"C\"",
						&p, e);

		if (!r)
			return false;
		for (int i = 0; i < PQntuples(r); i++)
			gather_name(g, cell_i64(r, i, 0), cell_str(r, i, 1), cell_str(r, i, 2));
	}
	return true;
}

static bool read_provider(struct store *base, struct str slug, int64_t *ret, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, slug);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base),
						"SELECT id FROM providers WHERE slug = $1", &p, e);

		if (!r)
			return false;
		*ret = PQntuples(r) > 0 ? cell_i64(r, 0, 0) : 0;
	}
	return true;
}

/* ---- one model ---- */

static bool past_version(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			 void *item, struct err *e)
{
	struct store_past_version *v = item;

	v->id = cell_i64(r, row, 0);
	v->from_ms = cell_ms(r, row, 1);
	v->to_ms = cell_ms(r, row, 2);
	v->model.created_ms = CLOCK_NONE;
	return read_tracked(s, r, row, 3, v->id, a, &v->model, e);
}

static bool past_price(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
		       void *item, struct err *e)
{
	struct store_past_price *p = item;

	p->id = cell_i64(r, row, 0);
	p->from_ms = cell_ms(r, row, 1);
	p->to_ms = cell_ms(r, row, 2);
	p->price.condition = cell_copy(r, row, 4, a);
	p->price.amount = cell_copy(r, row, 6, a);
	p->price.currency = cell_copy(r, row, 7, a);
	p->price.raw = cell_copy(r, row, 8, a);
	p->price.unit = cell_copy(r, row, 9, a);
	p->price.source = cell_copy(r, row, 10, a);
	p->price.valid_from_ms = cell_ms(r, row, 11);
	p->price.valid_to_ms = cell_ms(r, row, 12);
	p->suspect = cell_copy(r, row, 13, a);
	return read_price_words(s, r, row, 3, p->id, &p->price.meter, &p->price.state, e);
}

static bool past_absence(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			 void *item, struct err *e)
{
	struct store_past_absence *absence = item;

	(void)s;
	(void)a;
	(void)e;
	absence->id = cell_i64(r, row, 0);
	absence->from_ms = cell_ms(r, row, 1);
	absence->to_ms = cell_ms(r, row, 2);
	absence->removed_ms = cell_ms(r, row, 3);
	return true;
}

/* A list of what was seen of a model. */
struct past_list {
	const char *sql;
	size_t size; /* of an item */
	bool (*read)(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
		     void *item, struct err *e);
};

static const struct past_list seen[GATHER_SEEN] = {
	[GATHER_VERSIONS] = {
		"SELECT id, seen_from, seen_to, name, context_length, max_output_tokens, modality,"
		" capabilities, quantization, deprecated_at, replaced_by FROM model_versions"
		" WHERE model_id = $1 ORDER BY seen_from, id",
		sizeof(struct store_past_version),
		past_version,
	},
	[GATHER_PRICES] = {
		"SELECT id, seen_from, seen_to, meter, condition, state, amount::text, currency, raw,"
		" unit, source, valid_from, valid_to, suspect FROM prices"
		" WHERE model_id = $1"
		" ORDER BY meter COLLATE \"C\", condition COLLATE \"C\", seen_from, id",
		sizeof(struct store_past_price),
		past_price,
	},
	[GATHER_ABSENCES] = {
		"SELECT id, gone_from, gone_to, removed_at FROM absences WHERE model_id = $1"
		" ORDER BY gone_from, id",
		sizeof(struct store_past_absence),
		past_absence,
	},
};

static bool read_seen(struct store *base, enum gather_seen what, int64_t model_id, struct arena *a,
		      void **ret, size_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	const struct past_list *list = &seen[what];
	struct params p = { 0 };
	char *items;

	param_i64(&p, model_id);
	{
		RESULT_AUTO(r) = postgres_query(s, list->sql, &p, e);

		if (!r)
			return false;
		items = arena_zalloc(a, (size_t)PQntuples(r), list->size);
		for (int i = 0; i < PQntuples(r); i++)
			if (!list->read(s, r, i, a, items + (size_t)i * list->size, e))
				return false;
		*ret = items;
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

static bool read_model(struct store *base, struct arena *a, struct store_past_model *m,
		       struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, m->model_id);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base),
						"SELECT p.slug, m.provider_model_id FROM models m"
						" JOIN providers p ON p.id = m.provider_id"
						" WHERE m.id = $1",
						&p, e);

		if (!r)
			return false;
		if (PQntuples(r) == 0)
			return err_set(e, ERR_DATA, "there is no model %lld",
				       (long long)m->model_id);
		m->provider = cell_copy(r, 0, 0, a);
		m->provider_model_id = cell_copy(r, 0, 1, a);
	}
	return true;
}

/* ---- the whole ---- */

static const struct gather_reader reader = {
	.provider = read_provider,
	.snapshots = read_snapshots,
	.rows = read_rows,
	.absences = read_absences,
	.names = read_names,
	.model = read_model,
	.seen = read_seen,
};

bool postgres_load_past(struct store *base, struct str provider, int64_t at_ms, struct arena *a,
			struct store_past **ret, size_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, gather_past(base, &reader, provider, at_ms, a, ret, ret_n, e),
				 e);
}

bool postgres_load_moves(struct store *base, struct str provider, int64_t from_ms, int64_t to_ms,
			 struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct gather_instants between = { from_ms, to_ms };

	return postgres_read_begin(s, e) &&
	       postgres_read_end(
		       s, gather_moves(base, &reader, provider, between, a, ret, ret_n, e), e);
}

bool postgres_load_past_model(struct store *base, int64_t model_id, struct arena *a,
			      struct store_past_model *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, gather_past_model(base, &reader, model_id, a, ret, e), e);
}
