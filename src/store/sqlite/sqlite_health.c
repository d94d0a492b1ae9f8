/*
 * sqlite_health: health out of samples, written where it moved.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/vitals.h"

/* ---- reading ---- */

struct reading {
	struct sqlite_store *s;
	struct arena *a;
	struct vitals_input in;
};

/* The names repeat row by row. */
static struct str same_or_copy(struct str s, struct str last, struct arena *a)
{
	return !str_is_none(last) && str_eq(s, last) ? last : arena_str(a, s);
}

static bool read_sample(sqlite3_stmt *st, struct str last, struct arena *a,
			struct vitals_sample *ret, struct err *e)
{
	struct str outcome = column_str(st, 4);

	*ret = (struct vitals_sample){
		.provider = same_or_copy(column_str(st, 1), last, a),
		.model_id = sqlite3_column_int64(st, 2),
		.point = { .at_ms = sqlite3_column_int64(st, 3),
			   .counted = true,
			   .duration_us = sqlite3_column_int64(st, 5) },
	};
	return outcome_parse(outcome, &ret->point.outcome) ||
	       err_set(e, ERR_DB, "outcome %s of a sample is none this program knows",
		       err_quote(outcome.at, outcome.n));
}

static bool read_samples(struct reading *r, int64_t since_ms, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(r->s,
				       "SELECT count(*) OVER (), provider, model_id, started_at,"
				       " outcome, duration_us FROM samples INDEXED BY"
				       " samples_in_time WHERE started_at >= ?1 AND counted = 1"
				       " ORDER BY provider, model_id, started_at DESC, id DESC",
				       e);
	struct vitals_sample *list = NULL;
	size_t n = 0;
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, since_ms);
	for (;;) {
		if (!sqlite_next(r->s, st, &row, e))
			return false;
		if (!row)
			break;
		if (!list)
			list = arena_array(r->a, column_u64(st, 0), struct vitals_sample);
		if (!read_sample(st, n ? list[n - 1].provider : STR_NONE, r->a, &list[n], e))
			return false;
		n++;
	}
	r->in.samples = list;
	r->in.n_samples = n;
	return true;
}

static void read_row(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct vitals_row *row = item;

	*row = (struct vitals_row){
		.provider_id = sqlite3_column_int64(st, 1),
		.model_id = sqlite3_column_int64(st, 2),
		.provider = column_copy(st, 3, a),
		.checked_at_ms = column_time(st, 7),
	};
	(void)health_parse(column_str(st, 4), &row->status);
	row->has_rate = column_real(st, 5, &row->success_rate);
	row->has_response = column_real(st, 6, &row->response_ms);
}

static bool read_rows(struct reading *r, struct err *e)
{
	static const struct sqlite_list providers = {
		"SELECT (SELECT count(*) FROM providers), id, 0, slug, health_status, NULL,"
		" average_response_time_ms, last_health_check_at FROM providers ORDER BY slug",
		sizeof(struct vitals_row),
		read_row,
	};
	static const struct sqlite_list models = {
		"SELECT count(*) OVER (), provider_id, id, NULL, health_status, success_rate,"
		" average_response_time_ms, last_health_check_at"
		" FROM models INDEXED BY models_by_health WHERE health_status <> 'unknown'"
		" ORDER BY id",
		sizeof(struct vitals_row),
		read_row,
	};

	return sqlite_read_list(r->s, &providers, 0, r->a, (void **)&r->in.providers,
				&r->in.n_providers, e) &&
	       sqlite_read_list(r->s, &models, 0, r->a, (void **)&r->in.models, &r->in.n_models, e);
}

/* ---- writing ---- */

static const char write_model_sql[] =
	"UPDATE models SET health_status = ?2, average_response_time_ms = ?3,"
	" last_health_check_at = ifnull(?4, last_health_check_at), success_rate = ?5 WHERE id = ?1";
static const char write_provider_sql[] =
	"UPDATE providers SET health_status = ?2, average_response_time_ms = ?3,"
	" last_health_check_at = ifnull(?4, last_health_check_at) WHERE id = ?1";

static bool write_row(struct sqlite_store *s, const struct vitals_write *w, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, w->model_id ? write_model_sql : write_provider_sql, e);
	char at[CLOCK_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, w->model_id ? w->model_id : w->provider_id);
	bind_text(st, 2, health_names[w->verdict.status]);
	bind_real(st, 3, w->verdict.has_response, w->verdict.response_ms);
	bind_time(st, 4, w->checked_at_ms, at);
	if (w->model_id)
		bind_real(st, 5, w->verdict.has_rate, w->verdict.success_rate);
	return sqlite_run(s, st, e);
}

static bool write_history(struct sqlite_store *s, const struct vitals_write *w, int64_t now_ms,
			  struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(
		s,
		"INSERT INTO health_history (at, provider_id, model_id, status, success_rate,"
		" response_ms, reason)"
		" VALUES (?1, ifnull(?2, (SELECT provider_id FROM models WHERE id = ?3)), ?3, ?4,"
		" ?5, ?6, ?7)",
		e);

	if (!st)
		return false;
	bind_i64(st, 1, now_ms);
	if (w->provider_id)
		bind_i64(st, 2, w->provider_id);
	if (w->model_id)
		bind_i64(st, 3, w->model_id);
	bind_text(st, 4, health_names[w->verdict.status]);
	bind_real(st, 5, w->verdict.has_rate, w->verdict.success_rate);
	bind_real(st, 6, w->verdict.has_response, w->verdict.response_ms);
	bind_text(st, 7, w->verdict.reason);
	return sqlite_run(s, st, e);
}

static bool update(struct sqlite_store *s, int64_t since_ms, int64_t now_ms, bool *ret_moved,
		   struct err *e)
{
	ARENA_AUTO(a);
	struct reading r = { .s = s, .a = &a };
	struct vitals_write *writes;
	size_t n;

	if (!read_samples(&r, since_ms, e) || !read_rows(&r, e))
		return false;
	vitals_judge(&r.in, &a, &writes, &n);
	*ret_moved = n > 0;
	for (size_t i = 0; i < n; i++)
		if (!write_row(s, &writes[i], e) ||
		    (writes[i].moved && !write_history(s, &writes[i], now_ms, e)))
			return false;
	return true;
}

bool sqlite_update_health(struct store *base, const struct health_conf *conf, int64_t now_ms,
			  bool *ret_moved, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_exec(s, "BEGIN IMMEDIATE", e) &&
	       sqlite_write_end(s, true, update(s, now_ms - conf->window_ms, now_ms, ret_moved, e),
				e);
}
