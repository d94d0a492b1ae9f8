/*
 * sqlite_run: what a sync leaves behind beside the catalog: documents and runs.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

bool sqlite_save_document(struct store *base, int64_t provider_id, const struct store_document *d,
			  struct err *e)
{
	/* An upsert, not REPLACE: the row keeps its id. */
	static const char sql[] =
		"INSERT INTO documents (provider_id, list, url, encoding, body_bytes, body_hash,"
		" etag, last_modified, descriptor_hash, reader_version, fetched_at, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
		" ON CONFLICT (provider_id, list) DO UPDATE SET url = excluded.url,"
		" encoding = excluded.encoding, body_bytes = excluded.body_bytes,"
		" body_hash = excluded.body_hash, etag = excluded.etag,"
		" last_modified = excluded.last_modified,"
		" descriptor_hash = excluded.descriptor_hash,"
		" reader_version = excluded.reader_version, fetched_at = excluded.fetched_at,"
		" body = excluded.body";
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);
	char body[HASH_TEXT_MAX], descriptor[HASH_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_str(st, 2, d->list);
	bind_str(st, 3, d->url);
	bind_str(st, 4, d->encoding);
	bind_u64(st, 5, d->body_n);
	bind_hash(st, 6, &d->body_hash, body);
	bind_str(st, 7, d->etag);
	bind_str(st, 8, d->last_modified);
	bind_hash(st, 9, &d->descriptor_hash, descriptor);
	bind_i64(st, 10, d->reader_version);
	bind_i64(st, 11, d->fetched_at_ms);
	bind_blob(st, 12, d->body);
	return sqlite_run(s, st, e);
}

/* Columns that are numbers in the run, from ?6 on. */
static void bind_counts(sqlite3_stmt *st, const struct store_run *r)
{
	const uint64_t counts[] = { r->bytes,   r->attempts, r->fetched,        r->transformed,
				    r->skipped, r->written,  r->prices_written, r->added,
				    r->changed, r->missing,  r->returned };

	for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
		bind_u64(st, 6 + i, counts[i]);
}

bool sqlite_save_run(struct store *base, const struct store_run *r, struct err *e)
{
	static const char sql[] =
		"INSERT INTO sync_runs (provider_id, started_at, ended_at, completeness,"
		" http_status, bytes, attempts, fetched, transformed, skipped, written,"
		" prices_written, added, changed, missing, returned, unchanged, snapshot,"
		" error_kind, error, notes, suspect_missing, key_fingerprint, keep_days)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
		" ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
	struct sqlite_store *s = sqlite_of(base);
	BUF_AUTO(missing, SIZE_MAX / 2);
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);
	char hash[HASH_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, r->provider_id);
	bind_i64(st, 2, r->started_at_ms);
	bind_i64(st, 3, r->ended_at_ms);
	bind_text(st, 4, store_completeness_names[r->completeness]);
	bind_i64(st, 5, r->http_status);
	bind_counts(st, r);
	bind_i64(st, 17, r->unchanged);
	if (r->has_snapshot)
		bind_hash(st, 18, &r->snapshot, hash);
	bind_str(st, 19, r->error_kind);
	bind_str(st, 20, r->error);
	bind_str(st, 21, r->notes);
	if (r->completeness == FETCH_SUSPECT) {
		words_print_ids(&missing, r->suspect_missing, r->n_suspect_missing);
		bind_str(st, 22, buf_str(&missing));
		bind_str(st, 23, r->key);
	}
	if (r->keep != KEEP_FOR_GOOD)
		bind_i64(st, 24, r->keep);
	return sqlite_run(s, st, e);
}
