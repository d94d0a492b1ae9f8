/*
 * postgres_sample: samples, and the rows that go to the spool with them.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/sample_fields.h"

#include <assert.h>
#include <stdlib.h>

/* Rows of one statement. */
enum { CHUNK = 1000 };

/* ---- statements made of the fields ---- */

/* Of each row: the columns that are not the sample's alone, then the fields. */
enum { C_MODEL, C_FILE, C_END, C_FIELDS, COLUMNS = C_FIELDS + SAMPLE_FIELDS };

static const char letters_of_types[] = {
	[SAMPLE_TEXT] = 't', [SAMPLE_NUMBER] = 'i', [SAMPLE_TIME] = 'm',
	[SAMPLE_FLAG] = 'b', [SAMPLE_MONEY] = 't',
};

static void print_letters(char out[COLUMNS + 1])
{
	memcpy(out, "iti", C_FIELDS);
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		out[C_FIELDS + i] = letters_of_types[sample_fields[i].type];
	out[COLUMNS] = '\0';
}

/* Ids are drawn in the order of the rows. */
static void print_insert(struct buf *out)
{
	buf_printf(out, "INSERT INTO samples (model_id, csv_file, csv_end");
	sample_print_names(out, "");
	buf_printf(out, ") SELECT COALESCE(u.own_model, m.id), u.file, u.file_end");
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		buf_printf(out, ", u.%s%s", sample_fields[i].name,
			   sample_fields[i].type == SAMPLE_MONEY ? "::numeric" : "");
	buf_printf(out, " FROM unnest($1");
	for (int i = 1; i < COLUMNS; i++)
		buf_printf(out, ", $%d", i + 1);
	buf_printf(out, ") WITH ORDINALITY AS u (own_model, file, file_end");
	sample_print_names(out, "");
	buf_printf(out, ", nth) LEFT JOIN providers p ON p.slug = u.provider"
			" LEFT JOIN models m ON m.provider_id = p.id"
			"  AND m.provider_model_id = u.provider_model_id"
			" ORDER BY u.nth RETURNING id");
}

/* The newest come from the end of an index, so that however many there are, few are looked at. */
static const char *const ways[SAMPLE_WAYS] = {
	[SAMPLES_OF_ALL] = " FROM samples x WHERE",
	[SAMPLES_OF_PROVIDER] = " FROM samples x WHERE x.provider = $1 AND",
	[SAMPLES_OF_ENDPOINT] = " FROM samples x WHERE x.provider = $1"
				" AND x.provider_model_id = $2 AND",
	/* At whichever provider: they are looked up one by one. */
	[SAMPLES_OF_MODEL] = " FROM p JOIN samples x ON x.provider = p.provider"
			     " AND x.provider_model_id = $2 WHERE",
};

static void print_list(enum sample_way way, bool oldest, struct buf *out)
{
	const char *order = oldest ? "" : " DESC";

	buf_printf(out, "%sSELECT * FROM (SELECT x.id, x.model_id",
		   way == SAMPLES_OF_MODEL ? SAMPLE_PROVIDERS_SQL : "");
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		buf_printf(out, ", x.%s%s", sample_fields[i].name,
			   sample_fields[i].type == SAMPLE_MONEY ? "::text" : "");
	buf_printf(out,
		   "%s ($4::timestamptz IS NULL"
		   "  OR (x.started_at >= $4 AND (x.started_at > $4 OR x.id > $6)))"
		   " AND ($7::timestamptz IS NULL"
		   "  OR (x.started_at <= $7 AND (x.started_at < $7 OR x.id < $8)))"
		   " AND ($3 IS NULL OR x.hf_model = $3)"
		   " ORDER BY x.started_at%s, x.id%s LIMIT $5) x ORDER BY started_at, id",
		   ways[way], order, order);
}

/* ---- saving ---- */

static void add_value(struct array *column, enum sample_type type, const struct sample_value *v)
{
	if (v->is_null)
		array_null(column);
	else if (type == SAMPLE_TEXT || type == SAMPLE_MONEY)
		array_str(column, v->text);
	else if (type == SAMPLE_TIME)
		array_ms(column, v->number);
	else if (type == SAMPLE_FLAG)
		array_flag(column, v->number != 0);
	else
		array_i64(column, v->number);
}

static void add_place(struct columns *c, const struct store_sample *w)
{
	char file[CLOCK_TEXT_MAX];

	if (w->csv_file_id && w->csv_end) {
		(void)snprintf(file, sizeof(file), "%lld", (long long)w->csv_file_id);
		array_str(&c->at[C_FILE], str_of(file));
		array_i64(&c->at[C_END], (int64_t)w->csv_end);
	} else {
		array_null(&c->at[C_FILE]);
		array_null(&c->at[C_END]);
	}
}

static void add_sample(struct columns *c, const struct store_sample *w, struct arena *a)
{
	struct sample_scratch scratch;

	scratch.a = a;
	if (w->sample->model_id)
		array_i64(&c->at[C_MODEL], w->sample->model_id);
	else
		array_null(&c->at[C_MODEL]);
	add_place(c, w);
	for (int i = 0; i < SAMPLE_FIELDS; i++) {
		struct sample_value v = sample_get(&sample_fields[i], w->sample, &scratch);

		add_value(&c->at[C_FIELDS + i], sample_fields[i].type, &v);
	}
}

static int id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool insert_chunk(struct postgres_store *s, const char *sql, struct columns *c, size_t n,
			 int64_t *ret_ids, struct err *e)
{
	struct params p = { 0 };

	param_columns(&p, c);
	{
		RESULT_AUTO(r) = postgres_query(s, sql, &p, e);

		if (!r)
			return false;
		assert((size_t)PQntuples(r) == n);
		for (size_t i = 0; i < n; i++)
			ret_ids[i] = cell_i64(r, (int)i, 0);
	}
	qsort(ret_ids, n, sizeof(*ret_ids), id_order);
	return true;
}

static bool insert_samples(struct postgres_store *s, const struct store_sample *samples, size_t n,
			   struct arena *a, int64_t *ret_ids, struct err *e)
{
	BUF_AUTO(sql, SIZE_MAX);
	char letters[COLUMNS + 1];
	struct columns c;
	bool ok = true;

	print_insert(&sql);
	print_letters(letters);
	columns_init(&c, letters);
	for (size_t at = 0; ok && at < n; at += CHUNK) {
		size_t some = n - at < CHUNK ? n - at : CHUNK;

		columns_clear(&c);
		for (size_t i = 0; i < some; i++)
			add_sample(&c, &samples[at + i], a);
		ok = insert_chunk(s, sql.at, &c, some, &ret_ids[at], e);
	}
	columns_release(&c);
	return ok;
}

static bool spool(struct postgres_store *s, const struct store_sample *samples,
		  const int64_t *sample_ids, size_t n, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok = true;

	columns_init(&c, "iit");
	for (size_t i = 0; i < n; i++) {
		if (!samples[i].csv_file_id || samples[i].csv_end)
			continue;
		array_i64(&c.at[0], sample_ids[i]);
		array_i64(&c.at[1], samples[i].csv_file_id);
		array_str(&c.at[2], samples[i].csv_row);
	}
	if (c.at[0].n) {
		param_columns(&p, &c);
		ok = postgres_run(s,
				  "INSERT INTO csv_spool (sample_id, csv_file_id, line)"
				  " SELECT u.sample, u.file, u.line FROM unnest($1, $2, $3)"
				  " AS u (sample, file, line) ORDER BY u.sample",
				  &p, NULL, e);
	}
	columns_release(&c);
	return ok;
}

bool postgres_save_samples(struct store *base, const struct store_sample *samples, size_t n,
			   struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	ARENA_AUTO(a);
	int64_t *ids = arena_array(&a, n, int64_t);

	return insert_samples(s, samples, n, &a, ids, e) && spool(s, samples, ids, n, e) &&
	       postgres_settle(s, samples, ids, n, e);
}

/* ---- listing ---- */

static bool read_field(const PGresult *r, int row, int at, const struct sample_field *f,
		       struct sample *ret, struct err *e)
{
	struct sample_value v = { .is_null = cell_is_null(r, row, at) };

	if (f->type == SAMPLE_TEXT || f->type == SAMPLE_MONEY)
		v.text = cell_str(r, row, at);
	else if (f->type == SAMPLE_TIME)
		v.number = cell_ms(r, row, at);
	else if (f->type == SAMPLE_FLAG)
		v.number = cell_bool(r, row, at);
	else
		v.number = cell_i64(r, row, at);
	return sample_set(f, &v, ret, e);
}

enum { COLUMN_ID, COLUMN_MODEL, COLUMN_FIELDS };

static bool read_sample(const PGresult *r, int row, struct sample *ret, struct err *e)
{
	*ret = (struct sample){ .model_id = cell_i64(r, row, COLUMN_MODEL) };
	for (int i = 0; i < SAMPLE_FIELDS; i++)
		if (!read_field(r, row, COLUMN_FIELDS + i, &sample_fields[i], ret, e))
			return false;
	return true;
}

/* CLOCK_NONE: there is none (any more). */
static bool find_start(struct postgres_store *s, int64_t id, int64_t *ret_ms, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, id);
	{
		RESULT_AUTO(r) =
			postgres_read(s, "SELECT started_at FROM samples WHERE id = $1", &p, e);

		if (!r)
			return false;
		*ret_ms = PQntuples(r) ? cell_ms(r, 0, 0) : CLOCK_NONE;
	}
	return true;
}

static bool find_bounds(struct postgres_store *s, const struct store_sample_query *q,
			struct sample_bounds *ret, bool *ret_any, struct err *e)
{
	int64_t after_ms = CLOCK_NONE;
	int64_t before_ms = CLOCK_NONE;

	if ((q->after_id && !find_start(s, q->after_id, &after_ms, e)) ||
	    (q->before_id && !find_start(s, q->before_id, &before_ms, e)))
		return false;
	*ret_any = sample_bounds_of(q, after_ms, before_ms, ret);
	return true;
}

bool postgres_list_samples(struct store *base, const struct store_sample_query *q,
			   store_sample_fn *fn, void *arg, struct err *e)
{
	struct params p = { 0 };
	BUF_AUTO(sql, SIZE_MAX);
	struct sample_bounds bounds;
	struct sample sample;
	bool any;

	if (!find_bounds(postgres_of(base), q, &bounds, &any, e))
		return false;
	if (!any)
		return true;
	print_list(sample_way_of(q), q->oldest, &sql);
	param_str(&p, q->provider);
	param_str(&p, q->provider_model_id);
	param_str(&p, q->hf_model);
	param_ms(&p, bounds.from_ms);
	param_limit(&p, q->limit);
	param_i64(&p, bounds.from_id);
	param_ms(&p, bounds.to_ms);
	param_i64(&p, bounds.to_id);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), sql.at, &p, e);

		if (!r)
			return false;
		for (int i = 0; i < PQntuples(r); i++)
			if (!read_sample(r, i, &sample, e) ||
			    !fn(arg, cell_i64(r, i, COLUMN_ID), &sample, e))
				return false;
	}
	return true;
}
