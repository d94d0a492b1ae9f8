#include "task/sync_job.h"
#include "task/sync_pages.h"

#include <stdlib.h>

enum { LEASE_POLL_MS = 100 };

/* On the pool: to give back the memory of a large list keeps a thread for tens of milliseconds. */
static void job_destroy(void *arg)
{
	struct sync_job *job = arg;

	for (size_t i = 0; i < job->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		sync_pages_free(l);
		yyjson_doc_free(l->doc);
		free(l->bytes);
		free(l->wire);
	}
	for (size_t i = 0; i < job->n_kept; i++)
		for (size_t k = 0; k < job->kept[i].n_pages; k++)
			yyjson_doc_free(job->kept[i].pages[k]);
	arena_release(&job->arena);
	free(job);
}

static void finish(void *arg)
{
	struct sync_job *job = arg;
	struct loop *loop = job->conf->loop;

	job->report.duration_us = clock_mono_us() - job->started_us;
	job->report.provider_id = job->provider_id;
	sync_ask_release(job);
	job->conf->report(job->conf->arg, &job->report);
	/* Whose it is may be gone when it is destroyed. */
	loop_work(loop, job_destroy, NULL, job);
}

/* ---- commit ---- */

static void commit_work(struct store *s, void *arg)
{
	sync_commit(s, arg);
	sync_cache_find(s, arg);
}

static void committed(void *arg)
{
	struct sync_job *job = arg;

	if (job->cached)
		loop_work(job->conf->loop, sync_cache_write, finish, job);
	else
		finish(job);
}

/* False: it has ended.  One that was given up ends here, wherever it was. */
static bool goes_on(struct sync_job *job)
{
	struct err e;

	if (job->cancelled && job->report.outcome == SYNC_DONE) {
		(void)err_set(&e, ERR_CANCELLED, "cancelled");
		sync_fail(job, FETCH_FAILED, &e);
	}
	return job->report.outcome == SYNC_DONE;
}

static void commit(struct sync_job *job)
{
	job->committing = true;
	if (job->conf->store)
		store_thread_post(job->conf->store, commit_work, committed, job);
	else
		finish(job);
}

/* ---- read ---- */

static void read_work(void *arg)
{
	(void)sync_read(arg);
}

static void read_done(void *arg)
{
	(void)goes_on(arg);
	commit(arg);
}

/* ---- fetch ---- */

/* What a status other than 200 and 304 means for the list. */
static bool check_status(const struct fetch_response *r, struct err *e)
{
	if (r->status == 200 || r->status == 304)
		return true;
	if (r->status == 401 || r->status == 403)
		return err_set(e, ERR_HTTP, "HTTP %ld: the key is missing or refused", r->status);
	return err_set(e, ERR_HTTP, "HTTP %ld", r->status);
}

static void count_response(struct sync_report *report, const struct fetch_response *r)
{
	report->attempts += r->attempts;
	report->bytes += r->wire_bytes;
	/* Several lists have one status to show: the first that is not a success. */
	if (report->http_status < 0 || report->http_status == 200 || report->http_status == 304)
		report->http_status = (int)r->status;
	if (r->max_age_s >= 0 && (report->max_age_s < 0 || r->max_age_s < report->max_age_s))
		report->max_age_s = r->max_age_s;
}

/* Lists that are joined are read together, so one 304 among several would be of no use. */
static bool is_conditional(const struct sync_list *l)
{
	return l->last && l->job->d->n_lists == 1 && !l->pages &&
	       (l->last->etag.n || l->last->last_modified.n);
}

static void take_response(struct sync_list *l, struct fetch_response *r)
{
	if (!check_status(r, &l->err) ||
	    (r->status == 304 && !is_conditional(l) &&
	     !err_set(&l->err, ERR_HTTP, "HTTP 304 to a request without a condition"))) {
		l->failed = true;
		return;
	}
	l->not_modified = r->status == 304;
	/* Those of one page say nothing of the others. */
	if (!l->pages) {
		l->etag = arena_str(&l->job->arena, r->etag);
		l->last_modified = arena_str(&l->job->arena, r->last_modified);
	}
	l->encoding = r->encoding;
	l->wire_n = r->body_n;
	l->wire_hash = r->wire_hash;
	l->wire = fetch_take_body(r);
}

/* A required list that did not come is the end. */
static bool have_required(struct sync_job *job)
{
	for (size_t i = 0; i < job->d->n_lists; i++) {
		struct sync_list *l = &job->lists[i];

		if (l->failed && l->list->required) {
			if (job->d->n_lists > 1)
				(void)err_wrap(&l->err, "list %.*s", STR_FMT(l->list->name));
			sync_fail(job, l->err.kind == ERR_PARTIAL ? FETCH_PARTIAL : FETCH_FAILED,
				  &l->err);
			return false;
		}
	}
	return true;
}

static bool asks_by_ids(const struct sync_list *l)
{
	return l->list->pages.form == PAGES_IDS && !l->failed;
}

static bool any_by_ids(const struct sync_job *job)
{
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (asks_by_ids(&job->lists[i]))
			return true;
	return false;
}

static void read_ids_work(void *arg)
{
	(void)sync_read_ids(arg);
}

static void fetch_by_ids(void *arg);

/* Lists that are asked by ids come last: the first one says which. */
static void all_fetched(struct sync_job *job)
{
	if (!goes_on(job) || !have_required(job))
		commit(job);
	else if (!job->by_ids && any_by_ids(job))
		loop_work(job->conf->loop, read_ids_work, fetch_by_ids, job);
	else
		loop_work(job->conf->loop, read_work, read_done, job);
}

void sync_take_answer(struct sync_list *l, struct fetch_response *r, const struct err *e)
{
	count_response(&l->job->report, r);
	if (e) {
		l->failed = true;
		l->err = *e;
	} else {
		take_response(l, r);
	}
}

void sync_list_fetched(struct sync_list *l)
{
	if (--l->job->waiting == 0)
		all_fetched(l->job);
}

static void fetch_list(struct sync_list *l);

static void document_fetched(void *arg, struct fetch_response *r, const struct err *e)
{
	struct sync_list *l = arg;

	l->fetch = NULL;
	if (!e && sync_ask_again(l, r, fetch_list))
		return;
	sync_take_answer(l, r, e);
	sync_list_fetched(l);
}

/* The last accepted document of a list, when it was read as we would read it today. */
static struct store_document *reliable_document(struct sync_job *job, const struct list *list)
{
	for (size_t i = 0; i < job->state.n_documents; i++) {
		struct store_document *d = &job->state.documents[i];

		if (str_eq(d->list, list->name) && str_eq(d->url, list->url) &&
		    d->reader_version == READER_VERSION &&
		    hash_eq(&d->descriptor_hash, &job->d->hash))
			return d;
	}
	return NULL;
}

static void fetch_list(struct sync_list *l)
{
	struct sync_job *job = l->job;
	struct fetch_request r;

	l->last = reliable_document(job, l->list);
	if (l->list->pages.form != PAGES_NONE) {
		sync_pages_start(l);
		return;
	}
	r = sync_request(l, l->list->url);
	if (is_conditional(l)) {
		r.if_none_match = l->last->etag;
		r.if_modified_since = l->last->last_modified;
	}
	l->fetch = fetch_start(job->conf->fetcher, &r, document_fetched, l);
}

/* Those that are asked by ids, or those that are not. */
static void fetch_some(struct sync_job *job, bool by_ids)
{
	job->by_ids = by_ids;
	for (size_t i = 0; i < job->d->n_lists; i++)
		job->waiting += !job->lists[i].failed &&
				(job->lists[i].list->pages.form == PAGES_IDS) == by_ids;
	if (job->waiting == 0) {
		all_fetched(job);
		return;
	}
	for (size_t i = 0; i < job->d->n_lists; i++)
		if (!job->lists[i].failed &&
		    (job->lists[i].list->pages.form == PAGES_IDS) == by_ids)
			fetch_list(&job->lists[i]);
}

static void fetch_by_ids(void *arg)
{
	struct sync_job *job = arg;

	if (goes_on(job))
		fetch_some(job, true);
	else
		commit(job);
}

static void ready_to_ask(void *arg)
{
	struct sync_job *job = arg;

	if (!goes_on(job)) {
		commit(job);
		return;
	}
	for (size_t i = 0; i < job->d->n_lists; i++)
		job->lists[i].failed = job->lists[i].not_asked =
			!sync_may_ask(&job->lists[i], &job->lists[i].err);
	fetch_some(job, false);
}

static void fetch_lists(void *arg)
{
	struct sync_job *job = arg;

	if (job->report.outcome != SYNC_DONE)
		finish(job);
	else if (!goes_on(job))
		commit(job);
	else
		sync_ask_ready(job, ready_to_ask);
}

/* ---- start ---- */

static void take_up_work(struct store *s, void *arg)
{
	struct sync_job *job = arg;

	job->taken_up = sync_take_up(s, job);
}

static void take_up(void *arg);

static void held_by_another(struct sync_job *job, struct err *e)
{
	char since[CLOCK_TEXT_MAX];

	(void)err_set(e, ERR_BUSY, "process %lld on %.*s has been syncing it since %s",
		      (long long)job->holder.pid, STR_FMT(job->holder.host),
		      clock_text(job->holder.taken_at_ms, since));
	sync_fail(job, FETCH_FAILED, e);
}

/* Taken up: fetch.  Somebody else has the lease: ask again, until the time to wait is over. */
static void taken_up(void *arg)
{
	struct sync_job *job = arg;
	struct err e;

	if (job->waiting_since_us == 0)
		job->waiting_since_us = clock_mono_us();
	if (job->taken_up) {
		job->started_at_ms = clock_now_ms();
		fetch_lists(job);
	} else if (!goes_on(job)) {
		commit(job);
	} else if (clock_mono_us() - job->waiting_since_us >= job->conf->lease_wait_ms * 1000) {
		held_by_another(job, &e);
		commit(job);
	} else {
		loop_after(job->conf->loop, LEASE_POLL_MS, take_up, job);
	}
}

static void take_up(void *arg)
{
	struct sync_job *job = arg;

	store_thread_post(job->conf->store, take_up_work, taken_up, job);
}

struct sync_job *sync_start(const struct sync_conf *conf, const struct descriptor *d,
			    const struct sync_access *access)
{
	struct sync_job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->conf = conf;
	job->d = descriptor_fill(d, access->variables, &job->arena);
	job->report = (struct sync_report){ .provider = d,
					    .outcome = SYNC_DONE,
					    .completeness = FETCH_COMPLETE,
					    .http_status = -1,
					    .max_age_s = -1 };
	job->started_at_ms = clock_now_ms();
	job->started_us = clock_mono_us();
	sync_ask_init(job, access);
	job->n_lists = d->n_lists;
	job->lists = arena_array(&job->arena, d->n_lists, struct sync_list);
	for (size_t i = 0; i < d->n_lists; i++) {
		job->lists[i].job = job;
		job->lists[i].list = &job->d->lists[i];
	}
	if (conf->store)
		take_up(job);
	else
		loop_after(conf->loop, 0, fetch_lists, job);
	return job;
}

void sync_cancel(struct sync_job *job)
{
	job->cancelled = !job->committing;
	for (size_t i = 0; job->cancelled && i < job->d->n_lists; i++)
		if (job->lists[i].fetch)
			fetch_cancel(job->lists[i].fetch);
}
