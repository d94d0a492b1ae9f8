/*
 * postgres_desk: reviews of held prices, overrides, the log of what operators did.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

#include <assert.h>

/* ---- reviews ---- */

/*
 * A held price opens a state of its own, so the fetches since then are those of the
 * states since then, less those that the model was absent from.
 */
#define REVIEWS_SQL                                                                             \
	"SELECT r.id, r.price_id, m.id, m.provider_id, p.slug, m.provider_model_id,"            \
	" m.canonical_id, c.meter, c.condition, c.state, c.amount::text, c.currency,"           \
	" r.accepted::text, r.reason, r.opened_at,"                                             \
	" CASE WHEN r.decision IS NOT NULL THEN r.sightings ELSE"                               \
	"  (SELECT COALESCE(sum(n.syncs), 1)::bigint - 1 FROM snapshots n"                      \
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
		REVIEWS_SQL " WHERE r.provider_id = $1 AND (r.decision IS NULL OR"
			    " r.decision = 'refused') AND c.seen_to IS NULL ORDER BY r.price_id",
	[REVIEWS_WAITING] = REVIEWS_SQL " WHERE r.decision IS NULL ORDER BY r.opened_at, r.id",
	[REVIEWS_ALL] = REVIEWS_SQL " ORDER BY r.opened_at, r.id",
	[REVIEWS_ONE] = REVIEWS_SQL " WHERE r.id = $1",
};

static bool read_review(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			struct store_review *ret, struct err *e)
{
	*ret = (struct store_review){
		.id = cell_i64(r, row, 0),
		.price_id = cell_i64(r, row, 1),
		.model_id = cell_i64(r, row, 2),
		.provider_id = cell_i64(r, row, 3),
		.provider = cell_copy(r, row, 4, a),
		.provider_model_id = cell_copy(r, row, 5, a),
		.canonical_id = cell_copy(r, row, 6, a),
		.price = { .condition = cell_copy(r, row, 8, a),
			   .amount = cell_copy(r, row, 10, a),
			   .currency = cell_copy(r, row, 11, a),
			   .valid_from_ms = CLOCK_NONE,
			   .valid_to_ms = CLOCK_NONE },
		.accepted = cell_copy(r, row, 12, a),
		.reason = cell_copy(r, row, 13, a),
		.opened_at_ms = cell_ms(r, row, 14),
		.sightings = cell_u64(r, row, 15),
		.decided_at_ms = cell_ms(r, row, 17),
		.decided_by = cell_copy(r, row, 18, a),
		.is_missing = cell_bool(r, row, 19),
	};
	(void)words_price_state(cell_str(r, row, 9), &ret->price.state);
	(void)words_decision(cell_str(r, row, 16), &ret->decision);
	return meter_parse(cell_str(r, row, 7), &ret->price.meter) ||
	       err_set(e, ERR_DB, "%s: meter of price %lld is none this program knows", s->name,
		       (long long)ret->price_id);
}

bool postgres_load_reviews(struct store *base, enum store_review_scope scope, int64_t id,
			   struct arena *a, struct store_review **ret, size_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool of_one = scope == REVIEWS_IN_FORCE || scope == REVIEWS_ONE;
	struct params p = { 0 };
	struct store_review *list;

	if (of_one)
		param_i64(&p, id);
	{
		RESULT_AUTO(r) = postgres_read(s, reviews_sql[scope], &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_review);
		for (int i = 0; i < PQntuples(r); i++)
			if (!read_review(s, r, i, a, &list[i], e))
				return false;
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}

/* ---- elsewhere ---- */

static const char elsewhere_sql[] =
	"SELECT m.canonical_id, m.provider_id, c.meter, COALESCE(r.accepted, c.amount)::text"
	" FROM models m JOIN prices c ON c.model_id = m.id LEFT JOIN reviews r"
	"  ON r.price_id = c.id AND (r.decision IS NULL OR r.decision = 'refused')"
	" WHERE m.canonical_id = ANY($1) AND m.missing_since IS NULL AND c.seen_to IS NULL"
	" AND c.condition = '' AND c.currency = 'USD' AND COALESCE(r.accepted, c.amount) > 0"
	" ORDER BY m.canonical_id, m.provider_id";

static bool read_elsewhere(struct postgres_store *s, const struct params *p, struct arena *a,
			   struct store_elsewhere **ret, size_t *ret_n, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(s, elsewhere_sql, p, e);
	struct store_elsewhere *list;
	size_t n = 0;

	if (!r)
		return false;
	list = arena_array(a, (size_t)PQntuples(r), struct store_elsewhere);
	for (int i = 0; i < PQntuples(r); i++) {
		/* A newer program's. */
		if (!meter_parse(cell_str(r, i, 2), &list[n].meter))
			continue;
		list[n].canonical_id = cell_copy(r, i, 0, a);
		list[n].provider_id = cell_i64(r, i, 1);
		list[n++].amount = cell_copy(r, i, 3, a);
	}
	*ret = list;
	*ret_n = n;
	return true;
}

bool postgres_load_elsewhere(struct store *base, const struct str *canonical_ids, size_t n,
			     struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			     struct err *e)
{
	struct params p = { 0 };
	struct array ids;
	bool ok;

	array_init(&ids, ARRAY_TEXT);
	for (size_t i = 0; i < n; i++)
		array_str(&ids, canonical_ids[i]);
	param_array(&p, &ids);
	ok = read_elsewhere(postgres_of(base), &p, a, ret, ret_n, e);
	array_release(&ids);
	return ok;
}

/* ---- what becomes of reviews ---- */

enum { COLUMNS = 5 };

struct rows {
	struct array columns[COLUMNS];
	size_t n_columns;
};

/* A letter a column: text or i64. */
static void rows_init(struct rows *r, const char *letters)
{
	r->n_columns = strlen(letters);
	assert(r->n_columns <= COLUMNS);
	for (size_t i = 0; i < r->n_columns; i++)
		array_init(&r->columns[i], letters[i] == 'i' ? ARRAY_I64 : ARRAY_TEXT);
}

static void rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->n_columns; i++)
		array_release(&r->columns[i]);
}

/*
 * $1: the instant, $2: the provider, $3: who, then the columns.  Each row hits one, said
 * with `what` when it does not (NULL: it may hit none).
 */
static bool rows_write(struct postgres_store *s, const char *sql,
		       const struct store_review_batch *b, struct rows *r, const char *what,
		       struct err *e)
{
	struct params p = { 0 };
	uint64_t n;

	if (r->columns[0].n == 0)
		return true;
	param_ms(&p, b->at_ms);
	param_i64(&p, b->provider_id);
	param_str(&p, b->by);
	for (size_t i = 0; i < r->n_columns; i++)
		param_array(&p, &r->columns[i]);
	if (!postgres_run(s, sql, &p, &n, e))
		return false;
	return !what || n == r->columns[0].n ||
	       err_set(e, ERR_DB, "%s: of %u %s %llu are there", s->name, r->columns[0].n, what,
		       (unsigned long long)n);
}

static const char move_sql[] =
	"UPDATE reviews r SET price_id = c.id"
	" FROM (SELECT unnest($4) AS id, unnest($5) AS model, unnest($6) AS meter,"
	"  unnest($7) AS condition) u"
	" JOIN models m ON m.provider_id = $2 AND m.provider_model_id = u.model"
	" JOIN prices c ON c.model_id = m.id AND c.meter = u.meter AND c.condition = u.condition"
	"  AND c.seen_to IS NULL WHERE r.id = u.id";

static bool move_reviews(struct postgres_store *s, const struct store_review_batch *b,
			 struct err *e)
{
	struct rows r;
	bool ok;

	rows_init(&r, "ittt");
	for (size_t i = 0; i < b->n_moves; i++) {
		array_i64(&r.columns[0], b->moves[i].review_id);
		array_str(&r.columns[1], b->moves[i].provider_model_id);
		array_str(&r.columns[2], str_of(meters[b->moves[i].meter].name));
		array_str(&r.columns[3], b->moves[i].condition);
	}
	ok = rows_write(s, move_sql, b, &r, "reviews", e);
	rows_release(&r);
	return ok;
}

static const char decide_sql[] =
	"UPDATE reviews r SET decision = u.decision, sightings = u.sightings, decided_at = $1,"
	" decided_by = $3"
	" FROM (SELECT unnest($4) AS id, unnest($5) AS sightings, unnest($6) AS decision) u"
	" WHERE r.id = u.id AND r.decision IS NULL";
/* Tags are words in quotes, and none of them holds a quote. */
static const char decide_changes_sql[] =
	"UPDATE changes h"
	" SET tags = replace(h.tags::text, '\"suspect\"', '\"' || u.decision || '\"')::json"
	" FROM (SELECT unnest($4) AS id, unnest($6) AS decision) u JOIN reviews r ON r.id = u.id"
	" WHERE h.id = r.change_id AND h.tags IS NOT NULL";
static const char accept_prices_sql[] =
	"UPDATE prices c SET suspect = NULL FROM reviews r"
	" WHERE r.id = ANY($4) AND r.decision IN ('accepted', 'auto') AND c.id = r.price_id";

static bool decide_reviews(struct postgres_store *s, const struct store_review_batch *b,
			   struct err *e)
{
	struct rows r;
	bool ok;

	rows_init(&r, "iit");
	for (size_t i = 0; i < b->n_decides; i++) {
		array_i64(&r.columns[0], b->decides[i].review_id);
		array_i64(&r.columns[1], (int64_t)b->decides[i].sightings);
		array_str(&r.columns[2], str_of(review_decision_names[b->decides[i].decision]));
	}
	ok = rows_write(s, decide_sql, b, &r, "open reviews", e) &&
	     rows_write(s, decide_changes_sql, b, &r, NULL, e) &&
	     rows_write(s, accept_prices_sql, b, &r, NULL, e);
	rows_release(&r);
	return ok;
}

static const char open_sql[] =
	"INSERT INTO reviews (price_id, change_id, provider_id, accepted, reason, opened_at)"
	" SELECT c.id, (SELECT max(h.id) FROM changes h WHERE h.provider_id = $2"
	"  AND h.model = u.model AND h.kind = 'price' AND h.field = u.meter || u.condition"
	"  AND h.at = $1), $2, u.accepted::numeric, u.reason, $1"
	" FROM (SELECT unnest($4) AS model, unnest($5) AS meter, unnest($6) AS condition,"
	"  unnest($7) AS accepted, unnest($8) AS reason) u"
	" JOIN models m ON m.provider_id = $2 AND m.provider_model_id = u.model"
	" JOIN prices c ON c.model_id = m.id AND c.meter = u.meter AND c.condition = u.condition"
	"  AND c.seen_to IS NULL";

static bool open_reviews(struct postgres_store *s, const struct store_review_batch *b,
			 struct err *e)
{
	struct rows r;
	bool ok;

	rows_init(&r, "ttttt");
	for (size_t i = 0; i < b->n_opens; i++) {
		array_str(&r.columns[0], b->opens[i].provider_model_id);
		array_str(&r.columns[1], str_of(meters[b->opens[i].meter].name));
		array_str(&r.columns[2], b->opens[i].condition);
		array_str(&r.columns[3], b->opens[i].accepted);
		array_str(&r.columns[4], b->opens[i].reason);
	}
	ok = rows_write(s, open_sql, b, &r, "prices to hold", e);
	rows_release(&r);
	return ok;
}

bool postgres_save_reviews(struct store *base, const struct store_review_batch *b, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return move_reviews(s, b, e) && decide_reviews(s, b, e) && open_reviews(s, b, e);
}

/* ---- overrides ---- */

bool postgres_load_overrides(struct store *base, int64_t provider_id, struct arena *a,
			     struct store_override **ret, size_t *ret_n, struct err *e)
{
	static const char sql[] =
		"SELECT o.id, m.id, o.provider_id, p.slug, o.provider_model_id, o.field, o.value,"
		" o.reason, o.set_by, o.set_at"
		" FROM overrides o JOIN providers p ON p.id = o.provider_id"
		" JOIN models m ON m.provider_id = o.provider_id"
		"  AND m.provider_model_id = o.provider_model_id"
		" WHERE o.unset_at IS NULL AND ($1 = 0 OR o.provider_id = $1)"
		" ORDER BY p.slug, o.provider_model_id, o.field";
	struct params p = { 0 };
	struct store_override *list;

	param_i64(&p, provider_id);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), sql, &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_override);
		for (int i = 0; i < PQntuples(r); i++)
			list[i] = (struct store_override){
				.id = cell_i64(r, i, 0),
				.model_id = cell_i64(r, i, 1),
				.provider_id = cell_i64(r, i, 2),
				.provider = cell_copy(r, i, 3, a),
				.provider_model_id = cell_copy(r, i, 4, a),
				.field = cell_copy(r, i, 5, a),
				.value = cell_copy(r, i, 6, a),
				.reason = cell_copy(r, i, 7, a),
				.set_by = cell_copy(r, i, 8, a),
				.set_at_ms = cell_ms(r, i, 9),
			};
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}

static void name_override(struct params *p, const struct store_override_write *w)
{
	param_i64(p, w->provider_id);
	param_str(p, w->provider_model_id);
	param_str(p, w->field);
	param_ms(p, w->at_ms);
}

static bool end_override(struct postgres_store *s, const struct store_override_write *w,
			 struct err *e)
{
	struct params p = { 0 };

	name_override(&p, w);
	return postgres_run(s,
			    "UPDATE overrides SET unset_at = $4 WHERE provider_id = $1"
			    " AND provider_model_id = $2 AND field = $3 AND unset_at IS NULL",
			    &p, NULL, e);
}

static bool insert_override(struct postgres_store *s, const struct store_override_write *w,
			    struct err *e)
{
	struct params p = { 0 };

	name_override(&p, w);
	param_str(&p, w->value);
	param_str(&p, w->reason);
	param_str(&p, w->set_by);
	param_str(&p, w->said);
	return postgres_run(s,
			    "INSERT INTO overrides (provider_id, provider_model_id, field, set_at,"
			    " value, reason, set_by, said) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			    &p, NULL, e);
}

bool postgres_save_override(struct store *base, const struct store_override_write *w, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return end_override(s, w, e) && (str_is_none(w->value) || insert_override(s, w, e));
}

bool postgres_save_said(struct store *base, int64_t provider_id, const struct store_said *rows,
			size_t n, struct err *e)
{
	struct params p = { 0 };
	struct array ids, texts;
	bool ok = true;

	array_init(&ids, ARRAY_TEXT);
	array_init(&texts, ARRAY_TEXT);
	for (size_t i = 0; i < n; i++) {
		array_str(&ids, rows[i].provider_model_id);
		array_str(&texts, rows[i].description);
	}
	param_i64(&p, provider_id);
	param_array(&p, &ids);
	param_array(&p, &texts);
	if (n)
		ok = postgres_run(postgres_of(base),
				  "UPDATE overrides o SET said = u.said"
				  " FROM (SELECT unnest($2) AS id, unnest($3) AS said) u"
				  " WHERE o.provider_id = $1 AND o.provider_model_id = u.id"
				  " AND o.field = 'description' AND o.unset_at IS NULL",
				  &p, NULL, e);
	array_release(&ids);
	array_release(&texts);
	return ok;
}

/* ---- operator's columns ---- */

static bool run_active(struct postgres_store *s, const char *sql, int64_t id,
		       const struct store_active *w, struct err *e)
{
	struct params p = { 0 };

	param_bool(&p, w->is_active);
	param_ms(&p, w->at_ms);
	param_i64(&p, id);
	return postgres_run(s, sql, &p, NULL, e);
}

static bool save_active_when_back(struct postgres_store *s, const struct store_active *w,
				  struct err *e)
{
	struct params p = { 0 };

	param_bool(&p, w->is_active);
	param_i64(&p, w->model_id);
	return postgres_run(s,
			    "UPDATE absences SET was_active = $1 WHERE model_id = $2"
			    " AND gone_to IS NULL AND removed_at IS NOT NULL",
			    &p, NULL, e);
}

bool postgres_save_active(struct store *base, const struct store_active *w, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	if (w->model_id == 0)
		return run_active(
			s, "UPDATE providers SET is_active = $1, updated_at = $2 WHERE id = $3",
			w->provider_id, w, e);
	return run_active(s, "UPDATE models SET is_active = $1, updated_at = $2 WHERE id = $3",
			  w->model_id, w, e) &&
	       save_active_when_back(s, w, e);
}

/* ---- audit ---- */

bool postgres_save_audit(struct store *base, const struct store_audit *row, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, row->at_ms);
	param_str(&p, row->actor);
	param_str(&p, row->action);
	param_str(&p, row->object);
	param_json(&p, row->detail);
	return postgres_run(postgres_of(base),
			    "INSERT INTO audit_log (at, actor, action, object, detail)"
			    " VALUES ($1, $2, $3, $4, $5)",
			    &p, NULL, e);
}
