/*
 * postgres_csv: files of CSV, and the rows that wait for one.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/* ---- files ---- */

#define FILES_SQL                                                                            \
	"SELECT id, host, path, begun_at, bytes, row_count, first_cycle, last_cycle, batch," \
	" rotated_path, target, attempts, last_error, commit_url, done_at FROM csv_files"

static void read_file(const PGresult *r, int row, struct arena *a, struct store_csv_file *ret)
{
	*ret = (struct store_csv_file){
		.id = cell_i64(r, row, 0),
		.host = cell_copy(r, row, 1, a),
		.path = cell_copy(r, row, 2, a),
		.begun_at_ms = cell_ms(r, row, 3),
		.end = cell_u64(r, row, 4),
		.rows = cell_u64(r, row, 5),
		.first_cycle_ms = cell_ms(r, row, 6),
		.last_cycle_ms = cell_ms(r, row, 7),
		.batch = cell_copy(r, row, 8, a),
		.rotated_path = cell_copy(r, row, 9, a),
		.target = cell_copy(r, row, 10, a),
		.attempts = cell_u64(r, row, 11),
		.last_error = cell_copy(r, row, 12, a),
		.commit_url = cell_copy(r, row, 13, a),
		.done_at_ms = cell_ms(r, row, 14),
	};
}

static bool find_file(struct postgres_store *s, struct str host, struct str path, struct arena *a,
		      struct store_csv_file *ret, bool *ret_found, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, host);
	param_str(&p, path);
	{
		RESULT_AUTO(r) = postgres_query(s,
						FILES_SQL " WHERE host = $1 AND path = $2"
							  " AND batch IS NULL",
						&p, e);

		if (!r)
			return false;
		*ret_found = PQntuples(r) > 0;
		if (*ret_found)
			read_file(r, 0, a, ret);
	}
	return true;
}

static bool insert_file(struct postgres_store *s, struct str host, struct str path, int64_t now_ms,
			struct err *e)
{
	struct params p = { 0 };

	param_str(&p, host);
	param_str(&p, path);
	param_ms(&p, now_ms);
	return postgres_run(s,
			    "INSERT INTO csv_files (host, path, begun_at) VALUES ($1, $2, $3)"
			    " ON CONFLICT (host, path) WHERE batch IS NULL DO NOTHING",
			    &p, NULL, e);
}

bool postgres_open_csv_file(struct store *base, struct str host, struct str path, int64_t now_ms,
			    struct arena *a, struct store_csv_file *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool found;

	/* Looked for first: an insert that finds it there uses up an id. */
	if (!find_file(s, host, path, a, ret, &found, e))
		return false;
	if (found)
		return true;
	if (!insert_file(s, host, path, now_ms, e) || !find_file(s, host, path, a, ret, &found, e))
		return false;
	return found || err_set(e, ERR_DB, "%s: the row of a file of CSV is gone", s->name);
}

bool postgres_save_csv_file(struct store *base, const struct store_csv_file *f, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct params p = { 0 };
	uint64_t n;

	param_i64(&p, f->id);
	param_u64(&p, f->end);
	param_u64(&p, f->rows);
	param_ms(&p, f->first_cycle_ms);
	param_ms(&p, f->last_cycle_ms);
	param_str(&p, f->batch);
	param_str(&p, f->rotated_path);
	param_str(&p, f->target);
	param_u64(&p, f->attempts);
	param_str(&p, f->last_error);
	param_str(&p, f->commit_url);
	param_ms(&p, f->done_at_ms);
	if (!postgres_run(s,
			  "UPDATE csv_files SET bytes = $2, row_count = $3, first_cycle = $4,"
			  " last_cycle = $5, batch = $6, rotated_path = $7, target = $8,"
			  " attempts = $9, last_error = $10, commit_url = $11, done_at = $12"
			  " WHERE id = $1",
			  &p, &n, e))
		return false;
	return n == 1 ||
	       err_set(e, ERR_DB, "%s: there is no file of CSV %lld", s->name, (long long)f->id);
}

bool postgres_load_batches(struct store *base, struct str host, struct arena *a,
			   struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	struct store_csv_file *list;
	struct params p = { 0 };

	param_str(&p, host);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       FILES_SQL " WHERE ($1 IS NULL OR host = $1)"
							 " AND batch IS NOT NULL"
							 " AND done_at IS NULL ORDER BY id",
					       &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_csv_file);
		for (int i = 0; i < PQntuples(r); i++)
			read_file(r, i, a, &list[i]);
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}

bool postgres_load_strays(struct store *base, struct str host, struct str path, struct arena *a,
			  struct store_csv_stray **ret, size_t *ret_n, struct err *e)
{
	struct store_csv_stray *list;
	struct params p = { 0 };

	param_str(&p, host);
	param_str(&p, path);
	{
		RESULT_AUTO(r) = postgres_read(
			postgres_of(base),
			"SELECT path, held FROM (SELECT f.path, f.id, f.row_count +"
			" (SELECT count(*) FROM csv_spool w WHERE w.csv_file_id = f.id) AS held"
			" FROM csv_files f WHERE f.host = $1 AND f.path <> $2 AND f.batch IS NULL) x"
			" WHERE held > 0 ORDER BY id",
			&p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_csv_stray);
		for (int i = 0; i < PQntuples(r); i++)
			list[i] = (struct store_csv_stray){ cell_copy(r, i, 0, a),
							    cell_u64(r, i, 1) };
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}

/* ---- the spool ---- */

bool postgres_load_spool(struct store *base, struct str host, struct str path, uint64_t limit,
			 struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e)
{
	struct store_spooled *list;
	struct params p = { 0 };

	param_str(&p, host);
	param_str(&p, path);
	param_limit(&p, limit);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT w.sample_id, w.line, x.cycle_at"
					       " FROM csv_spool w"
					       " JOIN csv_files f ON f.id = w.csv_file_id"
					       " JOIN samples x ON x.id = w.sample_id"
					       " WHERE f.host = $1 AND f.path = $2"
					       " ORDER BY w.id LIMIT $3",
					       &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_spooled);
		for (int i = 0; i < PQntuples(r); i++)
			list[i] = (struct store_spooled){
				.sample_id = cell_i64(r, i, 0),
				.row = cell_copy(r, i, 1, a),
				.cycle_at_ms = cell_ms(r, i, 2),
			};
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}

static const char place_sql[] = "UPDATE samples x SET csv_file = $1::text, csv_end = u.file_end"
				" FROM unnest($2, $3) AS u (id, file_end) WHERE x.id = u.id";
static const char take_sql[] = "DELETE FROM csv_spool w USING unnest($2, $3) AS u (id, file_end)"
			       " WHERE w.sample_id = u.id";

static bool take_from_spool(struct postgres_store *s, const struct params *p, size_t n,
			    struct err *e)
{
	uint64_t taken;

	if (!postgres_run(s, place_sql, p, NULL, e) || !postgres_run(s, take_sql, p, &taken, e))
		return false;
	return taken == n || err_set(e, ERR_DB, "%s: of %zu rows %llu are in the spool", s->name, n,
				     (unsigned long long)taken);
}

bool postgres_unspool(struct store *base, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		      int64_t csv_file_id, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	if (n == 0)
		return true;
	columns_init(&c, "ii");
	for (size_t i = 0; i < n; i++) {
		array_i64(&c.at[0], sample_ids[i]);
		array_i64(&c.at[1], (int64_t)ends[i]);
	}
	param_i64(&p, csv_file_id);
	param_columns(&p, &c);
	ok = take_from_spool(postgres_of(base), &p, n, e);
	columns_release(&c);
	return ok;
}
