/*
 * postgres_run: what a sync leaves behind beside the catalog: documents and runs.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

bool postgres_save_document(struct store *base, int64_t provider_id, const struct store_document *d,
			    struct err *e)
{
	/* The row keeps its id; the one that was drawn for nothing is gone. */
	static const char sql[] =
		"INSERT INTO documents (provider_id, list, url, encoding, body_bytes, body_hash,"
		" etag, last_modified, descriptor_hash, reader_version, fetched_at, body)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
		" ON CONFLICT (provider_id, list) DO UPDATE SET url = excluded.url,"
		" encoding = excluded.encoding, body_bytes = excluded.body_bytes,"
		" body_hash = excluded.body_hash, etag = excluded.etag,"
		" last_modified = excluded.last_modified,"
		" descriptor_hash = excluded.descriptor_hash,"
		" reader_version = excluded.reader_version, fetched_at = excluded.fetched_at,"
		" body = excluded.body";
	char body[HASH_TEXT_MAX], descriptor[HASH_TEXT_MAX];
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_str(&p, d->list);
	param_str(&p, d->url);
	param_str(&p, d->encoding);
	param_u64(&p, d->body_n);
	param_hash(&p, &d->body_hash, body);
	param_str(&p, d->etag);
	param_str(&p, d->last_modified);
	param_hash(&p, &d->descriptor_hash, descriptor);
	param_i64(&p, d->reader_version);
	param_ms(&p, d->fetched_at_ms);
	param_bytes(&p, d->body);
	return postgres_run(postgres_of(base), sql, &p, NULL, e);
}

static void param_counts(struct params *p, const struct store_run *r)
{
	const uint64_t counts[] = { r->bytes,   r->attempts, r->fetched,        r->transformed,
				    r->skipped, r->written,  r->prices_written, r->added,
				    r->changed, r->missing,  r->returned };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		param_u64(p, counts[i]);
}

static void param_missing(struct params *p, const struct store_run *r, struct buf *text)
{
	if (r->completeness != FETCH_SUSPECT) {
		param_json(p, STR_NONE);
		return;
	}
	words_print_ids(text, r->suspect_missing, r->n_suspect_missing);
	param_json(p, buf_str(text));
}

bool postgres_save_run(struct store *base, const struct store_run *r, struct err *e)
{
	static const char sql[] =
		"INSERT INTO sync_runs (provider_id, started_at, ended_at, completeness,"
		" http_status, bytes, attempts, fetched, transformed, skipped, written,"
		" prices_written, added, changed, missing, returned, unchanged, snapshot,"
		" error_kind, error, notes, suspect_missing, key_fingerprint, keep_days)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
		" $17, $18, $19, $20, $21, $22, $23, nullif($24, 0))";
	BUF_AUTO(missing, SIZE_MAX / 2);
	char hash[HASH_TEXT_MAX];
	struct params p = { 0 };

	param_i64(&p, r->provider_id);
	param_ms(&p, r->started_at_ms);
	param_ms(&p, r->ended_at_ms);
	param_text(&p, store_completeness_names[r->completeness]);
	param_i64(&p, r->http_status);
	param_counts(&p, r);
	param_bool(&p, r->unchanged);
	if (r->has_snapshot)
		param_hash(&p, &r->snapshot, hash);
	else
		param_str(&p, STR_NONE);
	param_str(&p, r->error_kind);
	param_str(&p, r->error);
	param_json(&p, r->notes);
	param_missing(&p, r, &missing);
	param_str(&p, r->completeness == FETCH_SUSPECT ? r->key : STR_NONE);
	param_i64(&p, r->keep);
	return postgres_run(postgres_of(base), sql, &p, NULL, e);
}
