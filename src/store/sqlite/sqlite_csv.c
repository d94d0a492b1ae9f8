/*
 * sqlite_csv: files of CSV, and the rows that wait for one.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* ---- files ---- */

#define FILE_COLUMNS                                                                   \
	" id, host, path, begun_at, bytes, row_count, first_cycle, last_cycle, batch," \
	" rotated_path, target, attempts, last_error, commit_url, done_at"

static void read_file(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_csv_file *)item = (struct store_csv_file){
		.id = sqlite3_column_int64(st, 1),
		.host = column_copy(st, 2, a),
		.path = column_copy(st, 3, a),
		.begun_at_ms = sqlite3_column_int64(st, 4),
		.end = column_u64(st, 5),
		.rows = column_u64(st, 6),
		.first_cycle_ms = column_ms(st, 7),
		.last_cycle_ms = column_ms(st, 8),
		.batch = column_copy(st, 9, a),
		.rotated_path = column_copy(st, 10, a),
		.target = column_copy(st, 11, a),
		.attempts = column_u64(st, 12),
		.last_error = column_copy(st, 13, a),
		.commit_url = column_copy(st, 14, a),
		.done_at_ms = column_ms(st, 15),
	};
}

static bool insert_file(struct sqlite_store *s, struct str host, struct str path, int64_t now_ms,
			struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO csv_files (host, path, begun_at)"
				       " VALUES (?1, ?2, ?3)"
				       " ON CONFLICT (host, path) WHERE batch IS NULL DO NOTHING",
				       e);

	if (!st)
		return false;
	bind_str(st, 1, host);
	bind_str(st, 2, path);
	bind_i64(st, 3, now_ms);
	return sqlite_run(s, st, e);
}

static bool find_file(struct sqlite_store *s, struct str host, struct str path, struct arena *a,
		      struct store_csv_file *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT NULL," FILE_COLUMNS " FROM csv_files"
				       " WHERE host = ?1 AND path = ?2 AND batch IS NULL",
				       e);
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, host);
	bind_str(st, 2, path);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_DB, "sqlite:%s: the row of a file of CSV is gone", s->path);
	read_file(st, a, ret);
	return true;
}

bool sqlite_open_csv_file(struct store *base, struct str host, struct str path, int64_t now_ms,
			  struct arena *a, struct store_csv_file *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return insert_file(s, host, path, now_ms, e) && find_file(s, host, path, a, ret, e);
}

bool sqlite_save_csv_file(struct store *base, const struct store_csv_file *f, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE csv_files SET bytes = ?2, row_count = ?3,"
				       " first_cycle = ?4, last_cycle = ?5, batch = ?6,"
				       " rotated_path = ?7, target = ?8, attempts = ?9,"
				       " last_error = ?10, commit_url = ?11, done_at = ?12"
				       " WHERE id = ?1",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, f->id);
	bind_u64(st, 2, f->end);
	bind_u64(st, 3, f->rows);
	bind_ms(st, 4, f->first_cycle_ms);
	bind_ms(st, 5, f->last_cycle_ms);
	bind_str(st, 6, f->batch);
	bind_str(st, 7, f->rotated_path);
	bind_str(st, 8, f->target);
	bind_u64(st, 9, f->attempts);
	bind_str(st, 10, f->last_error);
	bind_str(st, 11, f->commit_url);
	bind_ms(st, 12, f->done_at_ms);
	if (!sqlite_run(s, st, e))
		return false;
	return sqlite3_changes64(s->db) == 1 ||
	       err_set(e, ERR_DB, "sqlite:%s: there is no file of CSV %lld", s->path,
		       (long long)f->id);
}

static bool read_batches(struct sqlite_store *s, struct str host, struct arena *a,
			 struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list batches = {
		"SELECT count(*) OVER ()," FILE_COLUMNS " FROM csv_files"
		" INDEXED BY csv_files_waiting WHERE (?1 IS NULL OR host = ?1)"
		" AND batch IS NOT NULL AND done_at IS NULL ORDER BY id",
		sizeof(**ret),
		read_file,
	};
	STMT_AUTO(st) = sqlite_prepare(s, batches.sql, e);

	if (!st)
		return false;
	bind_str(st, 1, host);
	return sqlite_read_rows(s, st, &batches, a, (void **)ret, ret_n, e);
}

bool sqlite_load_batches(struct store *base, struct str host, struct arena *a,
			 struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_batches(s, host, a, ret, ret_n, e), e);
}

/* ---- rows under other paths ---- */

static void read_stray(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_csv_stray *)item =
		(struct store_csv_stray){ column_copy(st, 1, a), column_u64(st, 2) };
}

static bool read_strays(struct sqlite_store *s, struct str host, struct str path, struct arena *a,
			struct store_csv_stray **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list strays = {
		"SELECT count(*) OVER (), path, held FROM (SELECT f.path, f.id, f.row_count +"
		" (SELECT count(*) FROM csv_spool w WHERE w.csv_file_id = f.id) AS held"
		" FROM csv_files f WHERE f.host = ?1 AND f.path <> ?2 AND f.batch IS NULL)"
		" WHERE held > 0 ORDER BY id",
		sizeof(**ret),
		read_stray,
	};
	STMT_AUTO(st) = sqlite_prepare(s, strays.sql, e);

	if (!st)
		return false;
	bind_str(st, 1, host);
	bind_str(st, 2, path);
	return sqlite_read_rows(s, st, &strays, a, (void **)ret, ret_n, e);
}

bool sqlite_load_strays(struct store *base, struct str host, struct str path, struct arena *a,
			struct store_csv_stray **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_strays(s, host, path, a, ret, ret_n, e), e);
}

/* ---- the spool ---- */

static void read_spooled(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_spooled *)item = (struct store_spooled){
		.sample_id = sqlite3_column_int64(st, 1),
		.row = column_copy(st, 2, a),
		.cycle_at_ms = sqlite3_column_int64(st, 3),
	};
}

static bool read_spool(struct sqlite_store *s, struct str host, struct str path, uint64_t limit,
		       struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e)
{
	/* The limit stands inside: what is counted is what comes. */
	static const struct sqlite_list spooled = {
		"SELECT count(*) OVER (), sample_id, line, cycle_at FROM"
		" (SELECT w.sample_id, w.line, x.cycle_at FROM csv_spool w"
		"  CROSS JOIN csv_files f ON f.id = w.csv_file_id"
		"  CROSS JOIN samples x ON x.id = w.sample_id"
		"  WHERE f.host = ?1 AND f.path = ?2 ORDER BY w.id LIMIT ?3)",
		sizeof(**ret),
		read_spooled,
	};
	STMT_AUTO(st) = sqlite_prepare(s, spooled.sql, e);

	if (!st)
		return false;
	bind_str(st, 1, host);
	bind_str(st, 2, path);
	bind_limit(st, 3, limit);
	return sqlite_read_rows(s, st, &spooled, a, (void **)ret, ret_n, e);
}

bool sqlite_load_spool(struct store *base, struct str host, struct str path, uint64_t limit,
		       struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_spool(s, host, path, limit, a, ret, ret_n, e), e);
}

static bool take_from_spool(struct sqlite_store *s, int64_t sample_id, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "DELETE FROM csv_spool WHERE sample_id = ?1", e);

	if (!st)
		return false;
	bind_i64(st, 1, sample_id);
	if (!sqlite_run(s, st, e))
		return false;
	return sqlite3_changes64(s->db) == 1 ||
	       err_set(e, ERR_DB, "sqlite:%s: the row of sample %lld is not in the spool", s->path,
		       (long long)sample_id);
}

bool sqlite_unspool(struct store *base, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		    int64_t csv_file_id, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE samples SET csv_file = CAST(?2 AS TEXT),"
				       " csv_end = ?3 WHERE id = ?1",
				       e);

	if (!st)
		return false;
	bind_i64(st, 2, csv_file_id);
	for (size_t i = 0; i < n; i++) {
		bind_i64(st, 1, sample_ids[i]);
		bind_u64(st, 3, ends[i]);
		if (!sqlite_run(s, st, e) || !take_from_spool(s, sample_ids[i], e))
			return false;
	}
	return true;
}
