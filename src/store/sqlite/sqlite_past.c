/*
 * sqlite_past: what was.
 *
 * Of the whole market each table is walked once from end to end, which costs less than
 * looking up a hundred thousand rows; of one provider or model the indexes lead there.
 */
#include "store/gather.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

static bool bad_value(struct sqlite_store *s, const char *column, int64_t id, struct str value,
		      struct err *e)
{
	return err_set(e, ERR_DB, "sqlite:%s: %s %lld: %s is none this program knows", s->path,
		       column, (long long)id, err_quote(value.at, value.n));
}

/* ---- snapshots ---- */

#define SNAPSHOT_COLUMNS                                                           \
	"SELECT s.id, s.provider_id, p.slug, s.hash, s.first_at, s.last_at,"       \
	" s.syncs, s.models, s.prices,"                                            \
	" (SELECT n.first_at FROM snapshots n WHERE n.provider_id = s.provider_id" \
	"  AND n.id > s.id ORDER BY n.id LIMIT 1)"

static const char snapshots_sql[] = SNAPSHOT_COLUMNS
	" FROM snapshots s JOIN providers p ON p.id = s.provider_id"
	" WHERE (?1 IS NULL OR p.slug = ?1) AND (?2 IS NULL OR substr(s.hash, 1, length(?2)) = ?2)"
	" ORDER BY s.id DESC LIMIT ?4";

/* 'g' comes after every hex digit. */
static const char named_sql[] = SNAPSHOT_COLUMNS
	" FROM snapshots s INDEXED BY snapshots_by_name JOIN providers p ON p.id = s.provider_id"
	" WHERE (?1 IS NULL OR p.slug = ?1) AND substr(s.hash, 1, 8) >= substr(?2, 1, 8)"
	" AND substr(s.hash, 1, 8) < substr(?2, 1, 8) || 'g' AND substr(s.hash, 1, length(?2)) = ?2"
	" ORDER BY s.id DESC LIMIT ?4";

/* Instants of a provider ascend with its ids. */
static const char in_force_sql[] =
	SNAPSHOT_COLUMNS " FROM providers p JOIN snapshots s ON s.id = (SELECT f.id"
			 "  FROM snapshots f INDEXED BY snapshots_in_force"
			 "  WHERE f.provider_id = p.id AND f.first_at <= ?3"
			 "  ORDER BY f.first_at DESC, f.id DESC LIMIT 1)"
			 " WHERE (?1 IS NULL OR p.slug = ?1)"
			 " AND (?2 IS NULL OR substr(s.hash, 1, length(?2)) = ?2)"
			 " ORDER BY p.slug LIMIT ?4";

static void read_snapshot(sqlite3_stmt *st, struct arena *a, struct store_snapshot *ret)
{
	ret->id = sqlite3_column_int64(st, 0);
	ret->provider_id = sqlite3_column_int64(st, 1);
	ret->provider = column_copy(st, 2, a);
	(void)column_hash(st, 3, &ret->hash);
	ret->first_ms = sqlite3_column_int64(st, 4);
	ret->last_ms = sqlite3_column_int64(st, 5);
	ret->syncs = column_u64(st, 6);
	ret->models = column_u64(st, 7);
	ret->prices = column_u64(st, 8);
	ret->until_ms = column_ms(st, 9);
}

struct snapshot_list {
	struct store_snapshot *items;
	size_t n, room;
};

static struct store_snapshot *add_snapshot(struct snapshot_list *list, struct arena *a)
{
	if (list->n == list->room) {
		struct store_snapshot *items;

		list->room = list->room ? 2 * list->room : 64;
		items = arena_array(a, list->room, struct store_snapshot);
		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
	}
	return &list->items[list->n++];
}

static const char *snapshots_query(const struct store_snapshot_query *q)
{
	if (q->at_ms != CLOCK_NONE)
		return in_force_sql;
	return str_is_none(q->prefix) ? snapshots_sql : named_sql;
}

static bool read_snapshots(struct store *base, const struct store_snapshot_query *q,
			   struct arena *a, struct store_snapshot **ret, size_t *ret_n,
			   struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, snapshots_query(q), e);
	struct snapshot_list list = { 0 };
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, q->provider);
	bind_str(st, 2, q->prefix);
	if (q->at_ms != CLOCK_NONE)
		bind_i64(st, 3, q->at_ms);
	bind_i64(st, 4, q->limit == 0 || q->limit > INT64_MAX ? -1 : (int64_t)q->limit);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		read_snapshot(st, a, add_snapshot(&list, a));
	}
	*ret = list.items;
	*ret_n = list.n;
	return true;
}

bool sqlite_list_snapshots(struct store *base, const struct store_snapshot_query *q,
			   struct arena *a, struct store_snapshot **ret, size_t *ret_n,
			   struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_snapshots(base, q, a, ret, ret_n, e), e);
}

/* ---- rows of versions and prices ---- */

#define VERSION_COLUMNS                                                                  \
	"SELECT r.model_id, r.seen_from, r.name, r.context_length, r.max_output_tokens," \
	" r.modality, r.capabilities, r.quantization, r.deprecated_at, r.replaced_by, r.id"
#define PRICE_COLUMNS \
	"SELECT r.model_id, r.seen_from, r.meter, r.condition, r.state, r.amount, r.currency, r.id"

/* In force at the instant; at one of both and not at the other. */
#define STATE_OPEN   "r.seen_from <= ?2"
#define STATE_CLOSED "r.seen_from <= ?2 AND r.seen_to > ?2"
#define MOVED_OPEN   "r.seen_from > ?2 AND r.seen_from <= ?3"
#define MOVED_CLOSED \
	"r.seen_to > ?2 AND (r.seen_from <= ?2) <> (r.seen_to > ?3) AND r.seen_from <= ?3"

/* The same of open and closed rows alike; of all ways to say it the one that costs SQLite least. */
#define STATE "r.seen_from <= ?2 AND (r.seen_to IS NULL OR r.seen_to > ?2)"
#define MOVED                                                              \
	"r.seen_from <= ?3"                                                \
	" AND (r.seen_from > ?2 AND (r.seen_to IS NULL OR r.seen_to > ?3)" \
	"  OR r.seen_from <= ?2 AND r.seen_to > ?2 AND r.seen_to <= ?3)"

#define OF_MARKET(columns, table, which) columns " FROM " table " r WHERE " which
#define OF_PROVIDER(columns, table, open, closed)                                         \
	columns " FROM models m INDEXED BY models_baseline CROSS JOIN " table             \
		" r INDEXED BY " table "_open ON r.model_id = m.id AND r.seen_to IS NULL" \
		" WHERE m.provider_id = ?1 AND " open " UNION ALL " columns               \
		" FROM models m INDEXED BY models_baseline CROSS JOIN " table             \
		" r INDEXED BY " table "_closed ON r.model_id = m.id AND r.seen_to > ?2"  \
		" WHERE m.provider_id = ?1 AND " closed
#define OF_MODEL(columns, table)                                                              \
	columns " FROM " table " r INDEXED BY " table "_open WHERE r.model_id = ?1"           \
		" AND r.seen_to IS NULL AND " STATE_OPEN " UNION ALL " columns " FROM " table \
		" r INDEXED BY " table "_closed WHERE r.model_id = ?1"                        \
		" AND " STATE_CLOSED

enum scope { MARKET, PROVIDER, MODEL, SCOPES };

struct rows {
	const char *sql[2][SCOPES]; /* of a state, of moves */
	bool (*read)(struct sqlite_store *s, sqlite3_stmt *st, struct gather *g, struct err *e);
};

static bool read_tracked(struct sqlite_store *s, sqlite3_stmt *st, struct gather *g, struct err *e)
{
	struct model *m =
		gather_version(g, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1));
	struct str capabilities = column_str(st, 6);

	m->name = column_copy(st, 2, gather_arena(g));
	m->context_length = column_count(st, 3);
	m->max_output_tokens = column_count(st, 4);
	m->modality = gather_word(g, column_str(st, 5));
	m->quantization = gather_word(g, column_str(st, 7));
	m->deprecated_at_ms = column_ms(st, 8);
	m->replaced_by = column_copy(st, 9, gather_arena(g));
	if (str_is_none(capabilities) || capabilities_from_text(capabilities, &m->capabilities))
		return true;
	return bad_value(s, "capabilities of version", sqlite3_column_int64(st, 10), capabilities,
			 e);
}

/* Meter and, two columns on, state. */
static bool read_price_words(struct sqlite_store *s, sqlite3_stmt *st, int at, int64_t id,
			     enum meter *ret_meter, enum price_state *ret_state, struct err *e)
{
	if (!meter_parse(column_str(st, at), ret_meter))
		return bad_value(s, "meter of price", id, column_str(st, at), e);
	if (!words_price_state(column_str(st, at + 2), ret_state))
		return bad_value(s, "state of price", id, column_str(st, at + 2), e);
	return true;
}

static bool read_price(struct sqlite_store *s, sqlite3_stmt *st, struct gather *g, struct err *e)
{
	struct gather_price *p =
		gather_price(g, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1));

	p->condition = gather_word(g, column_str(st, 3));
	p->amount = column_copy(st, 5, gather_arena(g));
	p->currency = gather_word(g, column_str(st, 6));
	return read_price_words(s, st, 2, sqlite3_column_int64(st, 7), &p->meter, &p->state, e);
}

#define TABLE_ROWS(columns, table)                                                       \
	{                                                                                \
		{ OF_MARKET(columns, table, STATE),                                      \
		  OF_PROVIDER(columns, table, STATE_OPEN, STATE_CLOSED),                 \
		  OF_MODEL(columns, table) },                                            \
			{ OF_MARKET(columns, table, MOVED),                              \
			  OF_PROVIDER(columns, table, MOVED_OPEN, MOVED_CLOSED), NULL }, \
	}

static const struct rows tables[] = {
	{ TABLE_ROWS(VERSION_COLUMNS, "model_versions"), read_tracked },
	{ TABLE_ROWS(PRICE_COLUMNS, "prices"), read_price },
};

/* ?1: the provider or the model */
static bool step_rows(struct sqlite_store *s, const struct rows *t, sqlite3_stmt *st, int64_t of,
		      struct gather *g, struct err *e)
{
	struct gather_instants at = gather_instants(g);
	bool row;

	if (of != 0)
		bind_i64(st, 1, of);
	bind_i64(st, 2, at.from_ms);
	if (at.from_ms != at.to_ms)
		bind_i64(st, 3, at.to_ms);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		if (!t->read(s, st, g, e))
			return false;
	}
	(void)sqlite3_reset(st);
	return true;
}

static bool read_table(struct sqlite_store *s, const struct rows *t,
		       const struct gather_scope *scope, struct gather *g, struct err *e)
{
	struct gather_instants at = gather_instants(g);
	enum scope which = scope->ids ? MODEL : scope->provider_id ? PROVIDER : MARKET;
	STMT_AUTO(st) = sqlite_prepare(s, t->sql[at.from_ms != at.to_ms][which], e);
	bool ok = st != NULL;

	if (!scope->ids)
		return ok && step_rows(s, t, st, scope->provider_id, g, e);
	for (size_t i = 0; ok && i < scope->n_ids; i++)
		ok = step_rows(s, t, st, scope->ids[i], g, e);
	return ok;
}

static bool read_rows(struct store *base, const struct gather_scope *scope, struct gather *g,
		      struct err *e)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!read_table(sqlite_of(base), &tables[i], scope, g, e))
			return false;
	return true;
}

/* ---- absences, names ---- */

static bool read_absences(struct store *base, struct gather *g, struct err *e)
{
	struct gather_instants at = gather_instants(g);
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) =
		sqlite_prepare(s,
			       "SELECT model_id, gone_from, gone_to FROM absences"
			       " WHERE gone_from <= ?2 AND (gone_to IS NULL OR gone_to > ?1)",
			       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, at.from_ms);
	bind_i64(st, 2, at.to_ms);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		gather_absence(g, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			       column_ms(st, 2));
	}
}

static bool read_names(struct store *base, const struct gather_scope *scope, struct gather *g,
		       struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT m.id, p.slug, m.provider_model_id FROM providers p"
				       " CROSS JOIN models m INDEXED BY models_baseline"
				       " ON m.provider_id = p.id WHERE ?1 IS NULL OR p.id = ?1"
				       " ORDER BY p.slug, m.provider_model_id",
				       e);
	bool row;

	if (!st)
		return false;
	if (scope->provider_id != 0)
		bind_i64(st, 1, scope->provider_id);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		gather_name(g, sqlite3_column_int64(st, 0), column_str(st, 1), column_str(st, 2));
	}
}

static bool read_provider(struct store *base, struct str slug, int64_t *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, "SELECT id FROM providers WHERE slug = ?1", e);
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, slug);
	if (!sqlite_next(s, st, &row, e))
		return false;
	*ret = row ? sqlite3_column_int64(st, 0) : 0;
	return true;
}

/* ---- one model ---- */

static bool past_version(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
			 struct err *e)
{
	struct store_past_version *v = item;
	struct str capabilities = column_str(st, 8);

	v->id = sqlite3_column_int64(st, 1);
	v->from_ms = sqlite3_column_int64(st, 2);
	v->to_ms = column_ms(st, 3);
	v->model = (struct model){
		.name = column_copy(st, 4, a),
		.context_length = column_count(st, 5),
		.max_output_tokens = column_count(st, 6),
		.modality = column_copy(st, 7, a),
		.quantization = column_copy(st, 9, a),
		.deprecated_at_ms = column_ms(st, 10),
		.replaced_by = column_copy(st, 11, a),
		.created_ms = CLOCK_NONE,
	};
	if (str_is_none(capabilities) ||
	    capabilities_from_text(capabilities, &v->model.capabilities))
		return true;
	return bad_value(s, "capabilities of version", v->id, capabilities, e);
}

static bool past_price(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
		       struct err *e)
{
	struct store_past_price *p = item;

	p->id = sqlite3_column_int64(st, 1);
	p->from_ms = sqlite3_column_int64(st, 2);
	p->to_ms = column_ms(st, 3);
	p->price.condition = column_copy(st, 5, a);
	p->price.amount = column_copy(st, 7, a);
	p->price.currency = column_copy(st, 8, a);
	p->price.raw = column_copy(st, 9, a);
	p->price.unit = column_copy(st, 10, a);
	p->price.source = column_copy(st, 11, a);
	p->price.valid_from_ms = column_ms(st, 12);
	p->price.valid_to_ms = column_ms(st, 13);
	p->suspect = column_copy(st, 14, a);
	return read_price_words(s, st, 4, p->id, &p->price.meter, &p->price.state, e);
}

static bool past_absence(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
			 struct err *e)
{
	struct store_past_absence *absence = item;

	(void)s;
	(void)a;
	(void)e;
	absence->id = sqlite3_column_int64(st, 1);
	absence->from_ms = sqlite3_column_int64(st, 2);
	absence->to_ms = column_ms(st, 3);
	absence->removed_ms = column_ms(st, 4);
	return true;
}

/* Open rows and closed ones are in two indexes: each is asked for by itself. */
#define ALL_OF(columns, table, end, order)                                                       \
	"SELECT count(*) OVER (), * FROM (SELECT " columns " FROM " table " INDEXED BY " table   \
	"_open WHERE model_id = ?1 AND " end " IS NULL UNION ALL SELECT " columns " FROM " table \
	" INDEXED BY " table "_closed WHERE model_id = ?1 AND " end " IS NOT NULL)"              \
	" ORDER BY " order

static const struct sqlite_list seen[GATHER_SEEN] = {
	[GATHER_VERSIONS] = {
		ALL_OF("id, seen_from, seen_to, name, context_length, max_output_tokens, modality,"
		       " capabilities, quantization, deprecated_at, replaced_by",
		       "model_versions", "seen_to", "seen_from, id"),
		sizeof(struct store_past_version),
		.parse = past_version,
	},
	[GATHER_PRICES] = {
		ALL_OF("id, seen_from, seen_to, meter, condition, state, amount, currency, raw, unit,"
		       " source, valid_from, valid_to, suspect",
		       "prices", "seen_to", "meter, condition, seen_from, id"),
		sizeof(struct store_past_price),
		.parse = past_price,
	},
	[GATHER_ABSENCES] = {
		ALL_OF("id, gone_from, gone_to, removed_at", "absences", "gone_to", "gone_from, id"),
		sizeof(struct store_past_absence),
		.parse = past_absence,
	},
};

static bool read_seen(struct store *base, enum gather_seen what, int64_t model_id, struct arena *a,
		      void **ret, size_t *ret_n, struct err *e)
{
	return sqlite_read_list(sqlite_of(base), &seen[what], model_id, a, ret, ret_n, e);
}

static bool read_model(struct store *base, struct arena *a, struct store_past_model *m,
		       struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT p.slug, m.provider_model_id FROM models m"
				       " JOIN providers p ON p.id = m.provider_id WHERE m.id = ?1",
				       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, m->model_id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_DATA, "there is no model %lld", (long long)m->model_id);
	m->provider = column_copy(st, 0, a);
	m->provider_model_id = column_copy(st, 1, a);
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

bool sqlite_load_past(struct store *base, struct str provider, int64_t at_ms, struct arena *a,
		      struct store_past **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, gather_past(base, &reader, provider, at_ms, a, ret, ret_n, e), e);
}

bool sqlite_load_moves(struct store *base, struct str provider, int64_t from_ms, int64_t to_ms,
		       struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct gather_instants between = { from_ms, to_ms };

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, gather_moves(base, &reader, provider, between, a, ret, ret_n, e),
			       e);
}

bool sqlite_load_past_model(struct store *base, int64_t model_id, struct arena *a,
			    struct store_past_model *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, gather_past_model(base, &reader, model_id, a, ret, e), e);
}
