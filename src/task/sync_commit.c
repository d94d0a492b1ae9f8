/*
 * The store thread's part of a sync: one transaction per provider.
 *
 * Inside it the open rows are read, compared with the new catalog and written;
 * nothing read outside is trusted inside (another process may have written in
 * between).  A run that failed is one row of sync_runs in a transaction of its
 * own.
 */
#include "base/keyprint.h"
#include "base/secret.h"
#include "store/expire.h"
#include "task/sync_hold.h"
#include "task/sync_job.h"
#include "task/sync_merge.h"
#include "task/sync_notice.h"
#include "task/sync_rules.h"

static struct store_provider provider_facts(const struct descriptor *d)
{
	return (struct store_provider){
		.slug = d->slug,
		.name = d->name,
		.description = d->description,
		.base_url = d->base_url,
		.api_key_env_var = str_of(d->env[0]),
		.logo_url = d->logo_url,
		.site_url = d->site_url,
		.status_page_url = d->status_page_url,
		.supports_streaming = capabilities_get(d->supports, CAP_STREAMING),
		.supports_function_calling = capabilities_get(d->supports, CAP_FUNCTION_CALLING),
		.supports_vision = capabilities_get(d->supports, CAP_VISION),
		.supports_image_generation = capabilities_get(d->supports, CAP_IMAGE_GENERATION),
	};
}

/* ---- the run's own row ---- */

/* Skips and notes as JSON, bounded: the log has them all. */
static struct str notes_json(struct sync_job *job)
{
	enum { NOTES_MAX = 100, NOTES_BYTES_MAX = 65536 };
	const struct sync_report *r = &job->report;
	BUF_AUTO(out, NOTES_BYTES_MAX * 2);
	struct json_writer w = { .out = &out };

	if (r->n_skips + r->n_notes == 0)
		return STR_NONE;
	json_open(&w, '[');
	for (size_t i = 0; i < r->n_notes && i < NOTES_MAX; i++) {
		json_open(&w, '{');
		json_add_str(&w, "note", r->notes[i]);
		json_close(&w, '}');
	}
	for (size_t i = 0; i < r->n_skips && i < NOTES_MAX && out.n < NOTES_BYTES_MAX; i++) {
		json_open(&w, '{');
		json_add_str(&w, "id", r->skips[i].id);
		json_add_str(&w, "reason", r->skips[i].reason);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	secret_mask(&out);
	return buf_overflowed(&out) ? STR_NONE : arena_str(&job->arena, buf_str(&out));
}

/* A provider may echo our key; a sentence may quote the provider. */
static struct str masked(struct str text, struct arena *a)
{
	char *out = arena_alloc(a, ERR_TEXT_MAX);
	bool cut;

	return (struct str){ out, secret_mask_into(text, out, ERR_TEXT_MAX, &cut) };
}

static bool has_news(const struct sync_report *r)
{
	for (size_t i = 0; i < r->n_notes; i++)
		if (!r->notes_known || !r->notes_known[i])
			return true;
	return r->n_drift > 0;
}

static bool moved(const struct sync_report *r)
{
	return !r->has_prev || !hash_eq(&r->hash, &r->prev);
}

/*
 * A fetch that was not accepted is evidence.  One that left the state as it was and told
 * nothing new is interesting only while it is fresh, whatever it wrote in columns that are
 * not tracked, and notes that were told before.
 */
static enum store_keep how_long(const struct sync_job *job)
{
	const struct sync_report *r = &job->report;

	if (r->outcome == SYNC_FAILED)
		return KEEP_FOR_GOOD;
	if (moved(r) || r->changes.n || job->corrections.n || has_news(r))
		return KEEP_A_MONTH;
	return KEEP_A_DAY;
}

static bool save_run(struct store *s, struct sync_job *job, struct err *e)
{
	const struct sync_report *r = &job->report;
	struct store_run run = {
		.provider_id = job->provider_id,
		.started_at_ms = job->started_at_ms,
		.ended_at_ms = clock_now_ms(),
		.completeness = r->completeness,
		.http_status = r->http_status,
		.bytes = r->bytes,
		.attempts = r->attempts,
		.fetched = r->fetched,
		.transformed = r->transformed,
		.skipped = r->skipped,
		.written = r->written,
		.prices_written = r->prices_written,
		.added = r->added,
		.changed = r->changed,
		.missing = r->missing,
		.returned = r->returned,
		.unchanged = r->unchanged_body,
		.has_snapshot = r->outcome != SYNC_FAILED && moved(r),
		.snapshot = r->hash,
		.keep = how_long(job),
		.notes = notes_json(job),
		.suspect_missing = job->suspect_missing,
		.n_suspect_missing = job->n_suspect_missing,
		.key = job->key_print,
	};

	if (r->outcome == SYNC_FAILED) {
		run.error_kind = str_of(err_kind_name(r->err.kind));
		run.error = masked(str_of(r->err.text), &job->arena);
	}
	return store_save_run(s, &run, e);
}

/* ---- our own corrections ---- */

bool sync_reread(struct store *s, struct sync_job *job, struct reading *ret, bool *ret_found,
		 struct err *e)
{
	struct reader_list *inputs;
	bool ok = true;

	*ret = job->reread;
	*ret_found = job->has_reread;
	if (job->kept)
		return true;
	inputs = arena_array(&job->arena, job->d->n_lists, struct reader_list);
	*ret_found = true;
	for (size_t i = 0; ok && *ret_found && i < job->d->n_lists; i++) {
		const struct list *l = &job->d->lists[i];

		ok = sync_reread_document(s, job, l, &inputs[i], ret_found, e);
		if (ok && !*ret_found && !l->required)
			*ret_found = true;
	}
	if (ok && *ret_found)
		ok = reader_read(job->d, inputs, &job->arena, ret, e);
	/* Strings of the reading point into the documents: they go with the job. */
	job->kept = inputs;
	job->n_kept = job->d->n_lists;
	job->has_reread = ok && *ret_found;
	if (job->has_reread)
		job->reread = *ret;
	return ok;
}

static bool was_read_otherwise(const struct sync_job *job)
{
	for (size_t i = 0; i < job->state.n_documents; i++) {
		const struct store_document *d = &job->state.documents[i];

		if (d->reader_version != READER_VERSION ||
		    !hash_eq(&d->descriptor_hash, &job->d->hash))
			return true;
	}
	return false;
}

/*
 * Descriptor or reader changed since the documents were accepted: read them
 * again first and write the difference as one `corrected` event, so that the
 * comparison that follows sees only what the provider moved.
 */
static bool correct(struct store *s, struct sync_job *job, struct err *e)
{
	struct reading old = { 0 };
	struct snapshot snapshot;
	struct sync_merge m;
	struct sync_hold hold;
	/*
	 * Dated at the last fetch, for so it was then, had we read it right; a moment after
	 * it, so that the state as it was read has its time, if only the instant of a fetch.
	 */
	int64_t at_ms = job->state.snapshot_last_ms + 1;
	bool found;

	if (!job->state.has_snapshot || !was_read_otherwise(job))
		return true;
	if (!sync_reread(s, job, &old, &found, e)) {
		/* A document that today's descriptor cannot read corrects nothing. */
		if (e->kind != ERR_DB && e->kind != ERR_BUSY)
			return true;
		return false;
	}
	if (!found || old.catalog.n == 0)
		return true;
	snapshot_take(&old.catalog, &job->arena, &snapshot);
	if (!sync_merge_load(s, job, &old, &snapshot, &m, e))
		return false;
	if (m.changes.n == 0 && m.n_writes == 0)
		return true;
	sync_merge_as_correction(&m, job);
	job->corrections = m.changes;
	job->moved_from = m.hash;
	return sync_hold_find(s, job, &m, false, &hold, e) &&
	       sync_merge_apply(s, job, &m, at_ms, job->state.key, e) &&
	       sync_hold_save(s, job, &hold, at_ms, e);
}

/* ---- the commit ---- */

/* Did another process commit a sync of this provider since ours began? */
static bool was_overtaken(const struct sync_job *job)
{
	return job->state.has_snapshot && job->state.snapshot_last_ms != job->known_last_ms;
}

static bool is_in_order(const struct sync_job *job)
{
	return !job->state.has_snapshot || job->started_at_ms > job->state.snapshot_last_ms;
}

/* An instant not after the last one known would turn history round. */
static bool check_order(const struct sync_job *job, struct err *e)
{
	char last[CLOCK_TEXT_MAX];
	char now[CLOCK_TEXT_MAX];

	if (is_in_order(job))
		return true;
	return err_set(e, ERR_USAGE, "it is %s here, not later than the last sync at %s",
		       clock_text(job->started_at_ms, now),
		       clock_text(job->state.snapshot_last_ms, last));
}

static const struct store_document *document_now(const struct sync_job *job, struct str list)
{
	for (size_t i = 0; i < job->state.n_documents; i++)
		if (str_eq(job->state.documents[i].list, list))
			return &job->state.documents[i];
	return NULL;
}

/* Is what made the body "the same" still what is stored? */
static bool still_same(const struct sync_job *job)
{
	for (size_t i = 0; i < job->d->n_lists; i++) {
		const struct sync_list *l = &job->lists[i];
		const struct store_document *now = document_now(job, l->list->name);

		if (!now || !l->last || !hash_eq(&now->body_hash, &l->last->body_hash) ||
		    !hash_eq(&now->descriptor_hash, &l->last->descriptor_hash) ||
		    now->reader_version != l->last->reader_version)
			return false;
	}
	return true;
}

/*
 * What the same body gave when it was read.  Why rows of it were left out is told each time, so it is read
 * again for that; an answer 304 has none, but the one kept is the same.
 */
static bool recall_reading(struct store *s, struct sync_job *job, struct err *e)
{
	struct sync_report *r = &job->report;
	struct reading again;
	bool found;

	r->fetched = job->state.fetched;
	r->transformed = r->synced = job->state.transformed;
	r->skipped = job->state.skipped;
	if (r->fetched == 0) /* whoever emptied sync_runs */
		r->fetched = r->transformed = r->synced = r->models;
	if (r->skipped == 0)
		return true;
	if (!sync_reread(s, job, &again, &found, e))
		return e->kind != ERR_DB && e->kind != ERR_BUSY;
	if (found && again.n_skips == r->skipped) {
		r->skips = again.skips;
		r->n_skips = again.n_skips;
	}
	return true;
}

/*
 * Nothing moved: the open snapshot was seen once more, and what was held with it; at most
 * an absence is old enough now.
 */
static bool commit_same(struct store *s, struct sync_job *job, struct err *e)
{
	struct store_batch b = {
		.provider_id = job->provider_id,
		.at_ms = job->started_at_ms,
		.snapshot = job->state.snapshot,
		.snapshot_models = job->state.snapshot_models,
		.snapshot_prices = job->state.snapshot_prices,
		.key = job->key_print,
	};
	struct sync_report *r = &job->report;
	struct sync_hold hold;

	r->hash = job->state.snapshot;
	r->models = job->state.snapshot_models;
	r->prices = job->state.snapshot_prices;
	if (!recall_reading(s, job, e) || !sync_hold_find(s, job, NULL, true, &hold, e) ||
	    !sync_rules_age(s, job, &b, e) || !store_apply(s, &b, e) ||
	    !sync_hold_save(s, job, &hold, b.at_ms, e))
		return false;
	r->written += hold.n_accepted;
	return true;
}

static bool lacks_a_list(const struct sync_job *job)
{
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (job->lists[i].failed)
			return true;
	return false;
}

/* The fingerprint of a body that was read without another list: no body has it by itself. */
static struct hash read_alone(const struct hash *body)
{
	struct hash h = *body;

	for (size_t i = 0; i < sizeof(h.bytes); i++)
		h.bytes[i] = (unsigned char)~h.bytes[i];
	return h;
}

static bool is_kept(const struct sync_job *job, const struct store_document *d)
{
	const struct store_document *now = document_now(job, d->list);

	return now && hash_eq(&now->body_hash, &d->body_hash) && str_eq(now->url, d->url) &&
	       hash_eq(&now->descriptor_hash, &d->descriptor_hash) &&
	       now->reader_version == d->reader_version;
}

/*
 * What was read without an optional list was never read together with that list's
 * last document: its body is kept under another fingerprint, so that it counts as
 * new until the lists are read together again, but is not written each time.
 */
static bool save_documents(struct store *s, struct sync_job *job, struct err *e)
{
	bool lacking = lacks_a_list(job);

	for (size_t i = 0; i < job->d->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		if (l->failed || l->same)
			continue;
		if (lacking)
			l->document.body_hash = read_alone(&l->document.body_hash);
		if (!is_kept(job, &l->document) &&
		    !store_save_document(s, job->provider_id, &l->document, e))
			return false;
	}
	return true;
}

/* Its models live in the job. */
static void keep_for_cache(struct sync_job *job, const struct catalog *c)
{
	struct catalog *kept = arena_new(&job->arena, struct catalog);

	*kept = *c;
	job->cached = kept;
}

static bool commit_catalog(struct store *s, struct sync_job *job, struct err *e)
{
	struct sync_merge m;
	struct sync_hold hold;

	if (!correct(s, job, e) || !sync_merge_load(s, job, &job->reading, &job->snapshot, &m, e) ||
	    !sync_drift_find(s, job, e) || !sync_merge_check_shrink(&m, job, e) ||
	    !sync_merge_check_key(&m, job, e) || !sync_hold_find(s, job, &m, true, &hold, e) ||
	    !sync_rules_apply(s, job, &m, e) ||
	    !sync_merge_apply(s, job, &m, job->started_at_ms, job->key_print, e) ||
	    !sync_hold_save(s, job, &hold, job->started_at_ms, e) || !sync_drift_save(s, job, e))
		return false;
	sync_merge_report(&m, job);
	keep_for_cache(job, &m.catalog);
	job->report.written += hold.n_accepted;
	return save_documents(s, job, e);
}

/* Rows that this sync did not write were found by other rules: then all of them are looked at. */
static bool follow_identity(struct store *s, struct sync_job *job, struct err *e)
{
	const struct identity_rules *rules = job->conf->identity;
	bool first = !job->state.has_snapshot && str_is_none(job->state.identity_basis);

	if (str_same(job->state.identity_basis, rules->basis))
		return true;
	if (first)
		return store_save_identities(s, job->provider_id, job->started_at_ms, NULL, 0,
					     rules->basis, e);
	return identity_follow(s, rules, job->provider_id, job->d->slug, job->started_at_ms, e);
}

/*
 * The print that is known already where it is one of this key, else a new one: equal
 * keys have equal prints as far as one provider goes.
 */
static struct str print_key(struct sync_job *job)
{
	if (!descriptor_key_matters(job->d))
		return STR_NONE;
	if (keyprint_matches(job->state.key, job->account))
		return job->state.key;
	if (keyprint_matches(job->state.suspect_key, job->account))
		return job->state.suspect_key;
	return keyprint_make(job->account, &job->arena);
}

static bool commit_in_transaction(struct store *s, struct sync_job *job, struct err *e)
{
	struct store_provider facts = provider_facts(job->d);
	bool active;

	if (!store_provider_follow(s, &facts, job->started_at_ms, &job->provider_id, &active, e) ||
	    !store_load_state(s, job->provider_id, &job->arena, &job->state, e))
		return false;
	/* Deactivated while we fetched: the operator's word stands. */
	if (!active) {
		job->report.outcome = SYNC_INACTIVE;
		return true;
	}
	job->key_print = print_key(job);
	job->report.has_prev = job->state.has_snapshot;
	job->report.prev = job->moved_from = job->state.snapshot;
	if (was_overtaken(job) && (!is_in_order(job) || (job->whole_same && !still_same(job)))) {
		sync_overtaken(job);
		return true;
	}
	if (!check_order(job, e))
		return false;
	return (job->whole_same ? commit_same(s, job, e) : commit_catalog(s, job, e)) &&
	       follow_identity(s, job, e) && sync_notice_save(s, job, e);
}

/* Its run, and the old ones that have had their time. */
static bool record(struct store *s, struct sync_job *job, struct err *e)
{
	return save_run(s, job, e) && store_expire_runs(s, job->provider_id, job->started_at_ms, e);
}

/* With what it was taken for, so that it costs no commit of its own. */
static bool release(struct store *s, const struct sync_job *job, struct err *e)
{
	return job->lease.name.n == 0 || store_lease_release(s, &job->lease, e);
}

/* What a fetch that is not kept leaves: its run, and the provider's row if it is new. */
static bool record_failure(struct store *s, struct sync_job *job, struct err *e)
{
	struct store_provider facts = provider_facts(job->d);
	bool active;

	return store_begin(s, job->d->slug.at, e) &&
	       store_provider_follow(s, &facts, job->started_at_ms, &job->provider_id, &active,
				     e) &&
	       sync_rules_suspect(s, job, e) && save_run(s, job, e) && release(s, job, e) &&
	       store_commit(s, e);
}

static void give_up(struct store *s, struct sync_job *job)
{
	struct sync_report *r = &job->report;
	struct err e;

	r->synced = r->written = r->prices_written = 0;
	r->added = r->changed = r->missing = r->returned = r->removed = 0;
	r->changes.n = r->n_drift = r->n_shapes = 0;
	if (!record_failure(s, job, &e)) {
		store_rollback(s);
		sync_give_back(s, job);
	}
	/* That the failure itself could not be written down adds nothing to the sentence: the
	 * usual reason is the failure that is being reported. */
}

void sync_commit(struct store *s, struct sync_job *job)
{
	struct err e;

	if (job->report.outcome == SYNC_DONE) {
		if (store_begin(s, job->d->slug.at, &e) && commit_in_transaction(s, job, &e) &&
		    (job->report.outcome == SYNC_INACTIVE || record(s, job, &e)) &&
		    release(s, job, &e) && store_commit(s, &e))
			return;
		store_rollback(s);
		sync_fail(job, e.kind == ERR_SUSPECT ? FETCH_SUSPECT : FETCH_FAILED, &e);
	}
	give_up(s, job);
}
