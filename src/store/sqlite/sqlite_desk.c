/*
 * sqlite_desk: reviews of held prices, overrides, the log of what operators did.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

/* ---- reviews ---- */

/*
 * A held price opens a state of its own, so the fetches since then are those of the
 * states since then, less those that the model was absent from.
 */
#define REVIEWS_SQL                                                                             \
	"SELECT count(*) OVER (), r.id, r.price_id, m.id, m.provider_id, p.slug,"               \
	" m.provider_model_id, m.canonical_id, c.meter, c.condition, c.state, c.amount,"        \
	" c.currency, r.accepted, r.reason, r.opened_at,"                                       \
	" CASE WHEN r.decision IS NOT NULL THEN r.sightings ELSE"                               \
	"  (SELECT ifnull(sum(n.syncs), 1) - 1 FROM snapshots n"                                \
	"   WHERE n.provider_id = m.provider_id AND n.first_at >= r.opened_at"                  \
	"   AND NOT EXISTS (SELECT 1 FROM absences b WHERE b.model_id = m.id"                   \
	"    AND b.gone_to IS NULL AND b.gone_from <= n.first_at)"                              \
	"   AND NOT EXISTS (SELECT 1 FROM absences b WHERE b.model_id = m.id"                   \
	"    AND b.gone_to > n.first_at AND b.gone_from <= n.first_at)) END,"                   \
	" r.decision, r.decided_at, r.decided_by, m.missing_since IS NOT NULL"                  \
	" FROM reviews r JOIN prices c ON c.id = r.price_id JOIN models m ON m.id = c.model_id" \
	" JOIN providers p ON p.id = m.provider_id"

static const char *const reviews_sql[] = {
	[REVIEWS_IN_FORCE] =
		REVIEWS_SQL " WHERE r.provider_id = ?1 AND (r.decision IS NULL OR"
			    " r.decision = 'refused') AND c.seen_to IS NULL ORDER BY r.price_id",
	[REVIEWS_WAITING] = REVIEWS_SQL " WHERE r.decision IS NULL ORDER BY r.opened_at, r.id",
	[REVIEWS_ALL] = REVIEWS_SQL " ORDER BY r.opened_at, r.id",
	[REVIEWS_ONE] = REVIEWS_SQL " WHERE r.id = ?1",
};

/* What it holds may be from a newer program. */
enum { METER_UNKNOWN = METER_COUNT };

static void read_review(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_review *r = item;

	*r = (struct store_review){
		.id = sqlite3_column_int64(st, 1),
		.price_id = sqlite3_column_int64(st, 2),
		.model_id = sqlite3_column_int64(st, 3),
		.provider_id = sqlite3_column_int64(st, 4),
		.provider = column_copy(st, 5, a),
		.provider_model_id = column_copy(st, 6, a),
		.canonical_id = column_copy(st, 7, a),
		.price = { .meter = (enum meter)METER_UNKNOWN,
			   .condition = column_copy(st, 9, a),
			   .amount = column_copy(st, 11, a),
			   .currency = column_copy(st, 12, a),
			   .valid_from_ms = CLOCK_NONE,
			   .valid_to_ms = CLOCK_NONE },
		.accepted = column_copy(st, 13, a),
		.reason = column_copy(st, 14, a),
		.opened_at_ms = sqlite3_column_int64(st, 15),
		.sightings = column_u64(st, 16),
		.decided_at_ms = column_ms(st, 18),
		.decided_by = column_copy(st, 19, a),
		.is_missing = sqlite3_column_int(st, 20) != 0,
	};
	(void)meter_parse(column_str(st, 8), &r->price.meter);
	(void)words_price_state(column_str(st, 10), &r->price.state);
	(void)words_decision(column_str(st, 17), &r->decision);
}

static bool read_reviews(struct sqlite_store *s, enum store_review_scope scope, int64_t id,
			 struct arena *a, struct store_review **ret, size_t *ret_n, struct err *e)
{
	const struct sqlite_list reviews = { reviews_sql[scope], sizeof(**ret), read_review };

	if (!sqlite_read_list(s, &reviews, id, a, (void **)ret, ret_n, e))
		return false;
	for (size_t i = 0; i < *ret_n; i++)
		if ((*ret)[i].price.meter >= METER_COUNT)
			return err_set(e, ERR_DB,
				       "sqlite:%s: meter of price %lld is none this program knows",
				       s->path, (long long)(*ret)[i].price_id);
	return true;
}

bool sqlite_load_reviews(struct store *base, enum store_review_scope scope, int64_t id,
			 struct arena *a, struct store_review **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_reviews(s, scope, id, a, ret, ret_n, e), e);
}

/* ---- elsewhere ---- */

static const char elsewhere_sql[] =
	"SELECT count(*) OVER (), m.canonical_id, m.provider_id, c.meter,"
	" ifnull(r.accepted, c.amount)"
	" FROM json_each(?1) j JOIN models m ON m.canonical_id = j.value"
	" JOIN prices c ON c.model_id = m.id LEFT JOIN reviews r ON r.price_id = c.id"
	"  AND (r.decision IS NULL OR r.decision = 'refused')"
	" WHERE m.missing_since IS NULL AND c.seen_to IS NULL AND c.condition = ''"
	" AND c.currency = 'USD' AND ifnull(r.accepted, c.amount) <> '0'"
	" ORDER BY m.canonical_id, m.provider_id";

static void read_elsewhere(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_elsewhere *w = item;

	*w = (struct store_elsewhere){
		.canonical_id = column_copy(st, 1, a),
		.provider_id = sqlite3_column_int64(st, 2),
		.meter = (enum meter)METER_UNKNOWN,
		.amount = column_copy(st, 4, a),
	};
	(void)meter_parse(column_str(st, 3), &w->meter);
}

static bool find_elsewhere(struct sqlite_store *s, struct str ids, struct arena *a,
			   struct store_elsewhere **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list elsewhere = { elsewhere_sql, sizeof(**ret),
						      read_elsewhere };
	STMT_AUTO(st) = sqlite_prepare(s, elsewhere_sql, e);

	if (!st)
		return false;
	bind_str(st, 1, ids);
	return sqlite_read_rows(s, st, &elsewhere, a, (void **)ret, ret_n, e);
}

bool sqlite_load_elsewhere(struct store *base, const struct str *canonical_ids, size_t n,
			   struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			   struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	BUF_AUTO(ids, SIZE_MAX);

	words_print_ids(&ids, canonical_ids, n);
	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, find_elsewhere(s, buf_str(&ids), a, ret, ret_n, e), e);
}

/* ---- what becomes of reviews ---- */

/* An id that hits no row is one that is not what the caller takes it for. */
static bool wrote_one(struct sqlite_store *s, const char *what, int64_t id, struct err *e)
{
	if (sqlite3_changes64(s->db) == 1)
		return true;
	return err_set(e, ERR_DB, "sqlite:%s: %s %lld is not there", s->path, what, (long long)id);
}

static bool move_reviews(struct sqlite_store *s, const struct store_review_batch *b, struct err *e)
{
	STMT_AUTO(st) =
		sqlite_prepare(s,
			       "UPDATE reviews SET price_id = (SELECT c.id FROM models m"
			       "  JOIN prices c ON c.model_id = m.id WHERE m.provider_id = ?2"
			       "  AND m.provider_model_id = ?3 AND c.meter = ?4"
			       "  AND c.condition = ?5 AND c.seen_to IS NULL) WHERE id = ?1",
			       e);

	if (!st)
		return false;
	for (size_t i = 0; i < b->n_moves; i++) {
		const struct store_review_move *m = &b->moves[i];

		bind_i64(st, 1, m->review_id);
		bind_i64(st, 2, b->provider_id);
		bind_str(st, 3, m->provider_model_id);
		bind_text(st, 4, meters[m->meter].name);
		bind_str(st, 5, m->condition);
		if (!sqlite_run(s, st, e) || !wrote_one(s, "review", m->review_id, e))
			return false;
	}
	return true;
}

/* Tags are words in quotes, and none of them holds a quote. */
static const char decide_change_sql[] =
	"UPDATE changes SET tags = replace(tags, '\"suspect\"', '\"' || ?2 || '\"')"
	" WHERE id = (SELECT change_id FROM reviews WHERE id = ?1)";
static const char accept_price_sql[] =
	"UPDATE prices SET suspect = NULL WHERE id = (SELECT price_id FROM reviews WHERE id = ?1)";

static bool follow_decision(struct sqlite_store *s, const struct store_review_decide *d,
			    struct err *e)
{
	bool accepts = d->decision == REVIEW_ACCEPTED || d->decision == REVIEW_AUTO;
	STMT_AUTO(change) = sqlite_prepare(s, decide_change_sql, e);
	STMT_AUTO(price) = change ? sqlite_prepare(s, accept_price_sql, e) : NULL;

	if (!price)
		return false;
	bind_i64(change, 1, d->review_id);
	bind_text(change, 2, review_decision_names[d->decision]);
	bind_i64(price, 1, d->review_id);
	return sqlite_run(s, change, e) && (!accepts || sqlite_run(s, price, e));
}

static bool decide_reviews(struct sqlite_store *s, const struct store_review_batch *b,
			   struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE reviews SET decision = ?2, sightings = ?3,"
				       " decided_at = ?4, decided_by = ?5"
				       " WHERE id = ?1 AND decision IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 4, b->at_ms);
	bind_str(st, 5, b->by);
	for (size_t i = 0; i < b->n_decides; i++) {
		const struct store_review_decide *d = &b->decides[i];

		bind_i64(st, 1, d->review_id);
		bind_text(st, 2, review_decision_names[d->decision]);
		bind_u64(st, 3, d->sightings);
		if (!sqlite_run(s, st, e) || !wrote_one(s, "open review", d->review_id, e) ||
		    !follow_decision(s, d, e))
			return false;
	}
	return true;
}

static const char open_review_sql[] =
	"INSERT INTO reviews (price_id, change_id, provider_id, accepted, reason, opened_at)"
	" SELECT c.id, (SELECT max(h.id) FROM changes h WHERE h.provider_id = ?1"
	"  AND h.model = ?3 AND h.kind = 'price' AND h.field = ?4 || ?5 AND h.at = ?2),"
	" ?1, ?6, ?7, ?2 FROM models m JOIN prices c ON c.model_id = m.id"
	" WHERE m.provider_id = ?1 AND m.provider_model_id = ?3 AND c.meter = ?4"
	" AND c.condition = ?5 AND c.seen_to IS NULL";

static bool open_reviews(struct sqlite_store *s, const struct store_review_batch *b, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, open_review_sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, b->provider_id);
	bind_i64(st, 2, b->at_ms);
	for (size_t i = 0; i < b->n_opens; i++) {
		const struct store_review_open *o = &b->opens[i];

		bind_str(st, 3, o->provider_model_id);
		bind_text(st, 4, meters[o->meter].name);
		bind_str(st, 5, o->condition);
		bind_str(st, 6, o->accepted);
		bind_str(st, 7, o->reason);
		if (!sqlite_run(s, st, e) || !wrote_one(s, "price to hold: number", (int64_t)i, e))
			return false;
	}
	return true;
}

bool sqlite_save_reviews(struct store *base, const struct store_review_batch *b, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return move_reviews(s, b, e) && decide_reviews(s, b, e) && open_reviews(s, b, e);
}

/* ---- overrides ---- */

static void read_override(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_override *)item = (struct store_override){
		.id = sqlite3_column_int64(st, 1),
		.model_id = sqlite3_column_int64(st, 2),
		.provider_id = sqlite3_column_int64(st, 3),
		.provider = column_copy(st, 4, a),
		.provider_model_id = column_copy(st, 5, a),
		.field = column_copy(st, 6, a),
		.value = column_copy(st, 7, a),
		.reason = column_copy(st, 8, a),
		.set_by = column_copy(st, 9, a),
		.set_at_ms = sqlite3_column_int64(st, 10),
	};
}

bool sqlite_load_overrides(struct store *base, int64_t provider_id, struct arena *a,
			   struct store_override **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list overrides = {
		"SELECT count(*) OVER (), o.id, m.id, o.provider_id, p.slug, o.provider_model_id,"
		" o.field, o.value, o.reason, o.set_by, o.set_at"
		" FROM overrides o JOIN providers p ON p.id = o.provider_id"
		" JOIN models m ON m.provider_id = o.provider_id"
		"  AND m.provider_model_id = o.provider_model_id"
		" WHERE o.unset_at IS NULL AND (?1 = 0 OR o.provider_id = ?1)"
		" ORDER BY p.slug, o.provider_model_id, o.field",
		sizeof(**ret),
		read_override,
	};
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(
		       s, sqlite_read_list(s, &overrides, provider_id, a, (void **)ret, ret_n, e),
		       e);
}

static bool end_override(struct sqlite_store *s, const struct store_override_write *w,
			 struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE overrides SET unset_at = ?4 WHERE provider_id = ?1"
				       " AND provider_model_id = ?2 AND field = ?3"
				       " AND unset_at IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, w->provider_id);
	bind_str(st, 2, w->provider_model_id);
	bind_str(st, 3, w->field);
	bind_i64(st, 4, w->at_ms);
	return sqlite_run(s, st, e);
}

static bool insert_override(struct sqlite_store *s, const struct store_override_write *w,
			    struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO overrides (provider_id, provider_model_id,"
				       " field, set_at, value, reason, set_by, said)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, w->provider_id);
	bind_str(st, 2, w->provider_model_id);
	bind_str(st, 3, w->field);
	bind_i64(st, 4, w->at_ms);
	bind_str(st, 5, w->value);
	bind_str(st, 6, w->reason);
	bind_str(st, 7, w->set_by);
	bind_str(st, 8, w->said);
	return sqlite_run(s, st, e);
}

bool sqlite_save_override(struct store *base, const struct store_override_write *w, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return end_override(s, w, e) && (str_is_none(w->value) || insert_override(s, w, e));
}

bool sqlite_save_said(struct store *base, int64_t provider_id, const struct store_said *rows,
		      size_t n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE overrides SET said = ?3 WHERE provider_id = ?1"
				       " AND provider_model_id = ?2 AND field = 'description'"
				       " AND unset_at IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	for (size_t i = 0; i < n; i++) {
		bind_str(st, 2, rows[i].provider_model_id);
		bind_str(st, 3, rows[i].description);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return true;
}

/* ---- operator's columns ---- */

static bool run_active(struct sqlite_store *s, const char *sql, int64_t id,
		       const struct store_active *w, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);
	char at[CLOCK_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, w->is_active);
	bind_time(st, 2, w->at_ms, at);
	bind_i64(st, 3, id);
	return sqlite_run(s, st, e);
}

static bool save_active_when_back(struct sqlite_store *s, const struct store_active *w,
				  struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE absences SET was_active = ?1 WHERE model_id = ?2"
				       " AND gone_to IS NULL AND removed_at IS NOT NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, w->is_active);
	bind_i64(st, 2, w->model_id);
	return sqlite_run(s, st, e);
}

bool sqlite_save_active(struct store *base, const struct store_active *w, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	if (w->model_id == 0)
		return run_active(s,
				  "UPDATE providers SET is_active = ?1, updated_at = ?2"
				  " WHERE id = ?3",
				  w->provider_id, w, e);
	return run_active(s, "UPDATE models SET is_active = ?1, updated_at = ?2 WHERE id = ?3",
			  w->model_id, w, e) &&
	       save_active_when_back(s, w, e);
}

/* ---- audit ---- */

bool sqlite_save_audit(struct store *base, const struct store_audit *row, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO audit_log (at, actor, action, object, detail)"
				       " VALUES (?1, ?2, ?3, ?4, ?5)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, row->at_ms);
	bind_str(st, 2, row->actor);
	bind_str(st, 3, row->action);
	bind_str(st, 4, row->object);
	bind_str(st, 5, row->detail);
	return sqlite_run(s, st, e);
}
