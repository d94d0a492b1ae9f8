/*
 * sqlite_sample: samples, and what each of them does to the spool and the ledger.
 */
#include "store/sample_fields.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

#include <pthread.h>

/* ---- statements made of the fields ---- */

enum { SQL_MAX = 8192 };

/* In both: the columns that are not the sample's alone come first, then the fields. */
enum { AT_MODEL = 1, AT_FILE, AT_END, AT_PROVIDER, AT_PROVIDER_MODEL, AT_FIELDS };

enum { NEWEST, OLDEST, ENDS };

static char insert_sql[SQL_MAX], list_sql[SAMPLE_WAYS][ENDS][SQL_MAX];

static void print_insert(struct buf *out)
{
	buf_printf(out, "INSERT INTO samples (model_id, csv_file, csv_end");
	sample_print_names(out, "");
	buf_printf(out, ") VALUES (ifnull(?1, (SELECT m.id FROM providers p JOIN models m"
			" ON m.provider_id = p.id WHERE p.slug = ?4 AND m.provider_model_id = ?5)),"
			" ?2, ?3");
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		buf_printf(out, ", ?%d", AT_FIELDS + i);
	buf_printf(out, ")");
}

/*
 * The newest come from the end of an index, so that however many there are, few are looked at.  Without a word SQLite
 * walks the table, for it comes in the order that is asked for.
 */
static const char *const ways[SAMPLE_WAYS] = {
	[SAMPLES_OF_ALL] = " FROM samples x INDEXED BY samples_in_time WHERE",
	[SAMPLES_OF_PROVIDER] = " FROM samples x INDEXED BY samples_of_provider WHERE"
				" x.provider = ?1 AND",
	[SAMPLES_OF_ENDPOINT] = " FROM samples x INDEXED BY samples_by_endpoint WHERE"
				" x.provider = ?1 AND x.provider_model_id = ?2 AND",
	/* At whichever provider: they are looked up one by one. */
	[SAMPLES_OF_MODEL] = " FROM p CROSS JOIN samples x INDEXED BY samples_by_endpoint"
			     " ON x.provider = p.provider AND x.provider_model_id = ?2 WHERE",
};

static void print_list(enum sample_way way, int end, struct buf *out)
{
	const char *order = end == OLDEST ? "" : " DESC";

	buf_printf(out, "%sSELECT * FROM (SELECT x.id, x.model_id",
		   way == SAMPLES_OF_MODEL ? SAMPLE_PROVIDERS_SQL : "");
	sample_print_names(out, "x.");
	buf_printf(out,
		   "%s x.started_at >= ?4 AND (x.started_at > ?4 OR x.id > ?6)"
		   " AND x.started_at <= ?7 AND (x.started_at < ?7 OR x.id < ?8)"
		   " AND (?3 IS NULL OR x.hf_model = ?3)"
		   " ORDER BY x.started_at%s, x.id%s LIMIT ?5) ORDER BY started_at, id",
		   ways[way], order, order);
}

static void keep(const struct buf *sql, char kept[SQL_MAX])
{
	(void)snprintf(kept, SQL_MAX, "%s", sql->at);
}

static void make_statements(void)
{
	BUF_AUTO(sql, SQL_MAX - 1);

	print_insert(&sql);
	keep(&sql, insert_sql);
	for (unsigned i = 0; i < SAMPLE_WAYS * ENDS; i++) {
		buf_clear(&sql);
		print_list(i / ENDS, i % ENDS, &sql);
		keep(&sql, list_sql[i / ENDS][i % ENDS]);
	}
}

/* Their addresses are what statements are found again by. */
static void have_statements(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_statements);
}

/* ---- saving ---- */

static void bind_field(sqlite3_stmt *st, int at, const struct sample_field *f,
		       const struct sample_value *v)
{
	if (f->type == SAMPLE_TEXT || f->type == SAMPLE_MONEY)
		bind_str(st, at, v->text);
	else if (v->is_null)
		bind_text(st, at, NULL);
	else
		bind_i64(st, at, v->number);
}

/* `file` keeps the id's text. */
static void bind_place(sqlite3_stmt *st, const struct store_sample *w, char file[CLOCK_TEXT_MAX])
{
	if (w->csv_file_id && w->csv_end) {
		(void)snprintf(file, CLOCK_TEXT_MAX, "%lld", (long long)w->csv_file_id);
		bind_text(st, AT_FILE, file);
		bind_u64(st, AT_END, w->csv_end);
	} else {
		bind_text(st, AT_FILE, NULL);
		bind_text(st, AT_END, NULL);
	}
}

static bool insert_sample(struct sqlite_store *s, sqlite3_stmt *st, const struct store_sample *w,
			  struct arena *a, struct err *e)
{
	const struct sample *x = w->sample;
	struct sample_scratch scratch;
	char file[CLOCK_TEXT_MAX];

	scratch.a = a;
	bind_place(st, w, file);
	if (x->model_id)
		bind_i64(st, AT_MODEL, x->model_id);
	else
		bind_text(st, AT_MODEL, NULL);
	bind_str(st, AT_PROVIDER, x->provider);
	bind_str(st, AT_PROVIDER_MODEL, x->provider_model_id);
	for (int i = 0; i < SAMPLE_FIELDS; i++) {
		struct sample_value v = sample_get(&sample_fields[i], x, &scratch);

		bind_field(st, AT_FIELDS + i, &sample_fields[i], &v);
	}
	return sqlite_run(s, st, e);
}

static bool spool(struct sqlite_store *s, const struct store_sample *w, int64_t sample_id,
		  struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO csv_spool (sample_id, csv_file_id, line)"
				       " VALUES (?1, ?2, ?3)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, sample_id);
	bind_i64(st, 2, w->csv_file_id);
	bind_str(st, 3, w->csv_row);
	return sqlite_run(s, st, e);
}

static bool save_one(struct sqlite_store *s, sqlite3_stmt *st, const struct store_sample *w,
		     struct purse *settled, struct err *e)
{
	int64_t id;

	if (!insert_sample(s, st, w, settled->a, e))
		return false;
	id = sqlite3_last_insert_rowid(s->db);
	if (w->csv_file_id && !w->csv_end && !spool(s, w, id, e))
		return false;
	return sqlite_settle(s, w, id, settled, e);
}

bool sqlite_save_samples(struct store *base, const struct store_sample *samples, size_t n,
			 struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	ARENA_AUTO(a);
	struct purse settled = { .a = &a };

	have_statements();
	{
		STMT_AUTO(st) = sqlite_prepare(s, insert_sql, e);

		if (!st)
			return false;
		for (size_t i = 0; i < n; i++)
			if (!save_one(s, st, &samples[i], &settled, e))
				return false;
	}
	return sqlite_add_to_days(s, &settled, e);
}

/* ---- listing ---- */

static bool read_field(sqlite3_stmt *st, int at, const struct sample_field *f, struct sample *ret,
		       struct err *e)
{
	struct sample_value v = { .is_null = sqlite3_column_type(st, at) == SQLITE_NULL };

	if (f->type == SAMPLE_TEXT || f->type == SAMPLE_MONEY)
		v.text = column_str(st, at);
	else if (!v.is_null)
		v.number = sqlite3_column_int64(st, at);
	return sample_set(f, &v, ret, e);
}

enum { COLUMN_ID, COLUMN_MODEL, COLUMN_FIELDS };

static bool read_sample(sqlite3_stmt *st, struct sample *ret, struct err *e)
{
	*ret = (struct sample){ .model_id = sqlite3_column_int64(st, COLUMN_MODEL) };
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		if (!read_field(st, COLUMN_FIELDS + i, &sample_fields[i], ret, e))
			return false;
	return true;
}

/* CLOCK_NONE: there is none (any more). */
static bool find_start(struct sqlite_store *s, int64_t id, int64_t *ret_ms, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "SELECT started_at FROM samples WHERE id = ?1", e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	*ret_ms = row ? sqlite3_column_int64(st, 0) : CLOCK_NONE;
	return true;
}

static bool find_bounds(struct sqlite_store *s, const struct store_sample_query *q,
			struct sample_bounds *ret, bool *ret_any, struct err *e)
{
	int64_t after_ms = CLOCK_NONE;
	int64_t before_ms = CLOCK_NONE;

	if ((q->after_id && !find_start(s, q->after_id, &after_ms, e)) ||
	    (q->before_id && !find_start(s, q->before_id, &before_ms, e)))
		return false;
	*ret_any = sample_bounds_of(q, after_ms, before_ms, ret);
	if (ret->to_ms == CLOCK_NONE)
		ret->to_ms = INT64_MAX;
	return true;
}

static bool list_samples(struct sqlite_store *s, const struct store_sample_query *q,
			 store_sample_fn *fn, void *arg, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, list_sql[sample_way_of(q)][q->oldest], e);
	struct sample_bounds bounds;
	struct sample sample;
	bool row = true;

	if (!st || !find_bounds(s, q, &bounds, &row, e))
		return false;
	if (!row)
		return true;
	bind_str(st, 1, q->provider);
	bind_str(st, 2, q->provider_model_id);
	bind_str(st, 3, q->hf_model);
	bind_i64(st, 4, bounds.from_ms);
	bind_limit(st, 5, q->limit);
	bind_i64(st, 6, bounds.from_id);
	bind_i64(st, 7, bounds.to_ms);
	bind_i64(st, 8, bounds.to_id);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		if (!read_sample(st, &sample, e) ||
		    !fn(arg, sqlite3_column_int64(st, COLUMN_ID), &sample, e))
			return false;
	}
}

bool sqlite_list_samples(struct store *base, const struct store_sample_query *q,
			 store_sample_fn *fn, void *arg, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	have_statements();
	return sqlite_read_begin(s, e) && sqlite_read_end(s, list_samples(s, q, fn, arg, e), e);
}
