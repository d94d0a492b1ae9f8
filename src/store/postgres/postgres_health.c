/*
 * postgres_health: health out of samples, written where it moved.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/vitals.h"

/* ---- reading ---- */

struct reading {
	struct postgres_store *s;
	struct arena *a;
	struct vitals_input in;
};

/* The names repeat row by row. */
static struct str same_or_copy(struct str s, struct str last, struct arena *a)
{
	return !str_is_none(last) && str_eq(s, last) ? last : arena_str(a, s);
}

static bool read_sample(const PGresult *r, int row, struct str last, struct arena *a,
			struct vitals_sample *ret, struct err *e)
{
	struct str outcome = cell_str(r, row, 3);

	*ret = (struct vitals_sample){
		.provider = same_or_copy(cell_str(r, row, 0), last, a),
		.model_id = cell_i64(r, row, 1),
		.point = { .at_ms = cell_ms(r, row, 2),
			   .counted = true,
			   .duration_us = cell_i64(r, row, 4) },
	};
	return outcome_parse(outcome, &ret->point.outcome) ||
	       err_set(e, ERR_DB, "outcome %s of a sample is none this program knows",
		       err_quote(outcome.at, outcome.n));
}

static bool read_samples(struct reading *g, int64_t since_ms, struct err *e)
{
	struct vitals_sample *list;
	struct params p = { 0 };

	param_ms(&p, since_ms);
	{
		RESULT_AUTO(r) = postgres_query(g->s,
						"SELECT provider, model_id, started_at, outcome,"
						" duration_us FROM samples"
						" WHERE started_at >= $1 AND counted"
						" ORDER BY provider, model_id NULLS FIRST,"
						" started_at DESC, id DESC",
						&p, e);

		if (!r)
			return false;
		list = arena_array(g->a, (size_t)PQntuples(r), struct vitals_sample);
		for (int i = 0; i < PQntuples(r); i++)
			if (!read_sample(r, i, i ? list[i - 1].provider : STR_NONE, g->a, &list[i],
					 e))
				return false;
		g->in.n_samples = (size_t)PQntuples(r);
	}
	g->in.samples = list;
	return true;
}

static void read_row(const PGresult *r, int row, struct arena *a, struct vitals_row *ret)
{
	*ret = (struct vitals_row){
		.provider_id = cell_i64(r, row, 0),
		.model_id = cell_i64(r, row, 1),
		.provider = cell_copy(r, row, 2, a),
		.checked_at_ms = cell_ms(r, row, 6),
	};
	(void)health_parse(cell_str(r, row, 3), &ret->status);
	ret->has_rate = cell_f64(r, row, 4, &ret->success_rate);
	ret->has_response = cell_f64(r, row, 5, &ret->response_ms);
}

static bool read_rows(struct reading *g, const char *sql, struct vitals_row **ret, size_t *ret_n,
		      struct err *e)
{
	RESULT_AUTO(r) = postgres_query(g->s, sql, NULL, e);
	struct vitals_row *list;

	if (!r)
		return false;
	list = arena_array(g->a, (size_t)PQntuples(r), struct vitals_row);
	for (int i = 0; i < PQntuples(r); i++)
		read_row(r, i, g->a, &list[i]);
	*ret = list;
	*ret_n = (size_t)PQntuples(r);
	return true;
}

static const char providers_sql[] =
	"SELECT id, 0::bigint, slug, health_status, NULL::float8, average_response_time_ms,"
	" last_health_check_at FROM providers ORDER BY slug";
static const char models_sql[] =
	"SELECT provider_id, id, NULL, health_status, success_rate, average_response_time_ms,"
	" last_health_check_at FROM models WHERE health_status <> 'unknown' ORDER BY id";

/* ---- writing ---- */

/* $1: the instant, then the columns; a statement takes what it needs. */
static const char write_models_sql[] =
	"UPDATE models m SET health_status = u.status, success_rate = u.rate,"
	" average_response_time_ms = u.response,"
	" last_health_check_at = COALESCE(u.checked, m.last_health_check_at)"
	" FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)"
	"  AS u (provider, model, status, rate, response, reason, moved, checked)"
	" WHERE m.id = u.model";
static const char write_providers_sql[] =
	"UPDATE providers p SET health_status = u.status, average_response_time_ms = u.response,"
	" last_health_check_at = COALESCE(u.checked, p.last_health_check_at)"
	" FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)"
	"  AS u (provider, model, status, rate, response, reason, moved, checked)"
	" WHERE p.id = u.provider AND u.model IS NULL";
static const char write_history_sql[] =
	"INSERT INTO health_history (at, provider_id, model_id, status, success_rate, response_ms,"
	" reason)"
	" SELECT $1, COALESCE(u.provider, m.provider_id), u.model, u.status, u.rate, u.response,"
	" u.reason FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)"
	"  WITH ORDINALITY AS u (provider, model, status, rate, response, reason, moved, checked, nth)"
	" LEFT JOIN models m ON m.id = u.model WHERE u.moved ORDER BY u.nth";

static void array_id(struct array *c, int64_t id)
{
	if (id)
		array_i64(c, id);
	else
		array_null(c);
}

static void add_write(struct columns *c, const struct vitals_write *w)
{
	const struct health_verdict *v = &w->verdict;

	array_id(&c->at[0], w->provider_id);
	array_id(&c->at[1], w->model_id);
	array_str(&c->at[2], str_of(health_names[v->status]));
	array_f64(&c->at[3], v->has_rate, v->success_rate);
	array_f64(&c->at[4], v->has_response, v->response_ms);
	array_str(&c->at[5], str_of(v->reason));
	array_flag(&c->at[6], w->moved);
	array_ms(&c->at[7], w->checked_at_ms);
}

static bool write_rows(struct postgres_store *s, const struct vitals_write *writes, size_t n,
		       int64_t now_ms, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	if (n == 0)
		return true;
	columns_init(&c, "iitfftbm");
	for (size_t i = 0; i < n; i++)
		add_write(&c, &writes[i]);
	param_ms(&p, now_ms);
	param_columns(&p, &c);
	ok = postgres_run(s, write_models_sql, &p, NULL, e) &&
	     postgres_run(s, write_providers_sql, &p, NULL, e) &&
	     postgres_run(s, write_history_sql, &p, NULL, e);
	columns_release(&c);
	return ok;
}

static bool update(struct postgres_store *s, int64_t since_ms, int64_t now_ms, bool *ret_moved,
		   struct err *e)
{
	ARENA_AUTO(a);
	struct reading g = { .s = s, .a = &a };
	struct vitals_write *writes;
	size_t n;

	if (!read_samples(&g, since_ms, e) ||
	    !read_rows(&g, providers_sql, &g.in.providers, &g.in.n_providers, e) ||
	    !read_rows(&g, models_sql, &g.in.models, &g.in.n_models, e))
		return false;
	vitals_judge(&g.in, &a, &writes, &n);
	*ret_moved = n > 0;
	return write_rows(s, writes, n, now_ms, e);
}

bool postgres_update_health(struct store *base, const struct health_conf *conf, int64_t now_ms,
			    bool *ret_moved, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	/* Two at a time would both tell of one move. */
	return postgres_begin_with(s, "health", e) &&
	       postgres_write_end(s, true,
				  update(s, now_ms - conf->window_ms, now_ms, ret_moved, e), e);
}
