/*
 * Syncs on request, and what is known about syncs.
 *
 * The words of the answers to a sync are web/jobs.c's, for a job's result is the same.
 */
#include "base/json.h"
#include "task/edit.h"
#include "task/timetable.h"
#include "web/admin.h"
#include "web/handlers.h"
#include "web/jobs.h"
#include "web/reply.h"
#include "web/wish.h"

#include <inttypes.h>

enum { DETAIL_MAX = 1 << 20, PAGE_MAX = 1000, PAGE = 100 };

/* ---- GET /admin/model-sync/providers ---- */

void admin_sync_providers_get(struct http_request *q, struct http_reply *r)
{
	const struct registry *known = web_registry(q->web);
	struct json_writer w = { .out = reply_begin(q, r) };

	json_open(&w, '{');
	json_key(&w, "providers");
	json_open(&w, '[');
	for (size_t i = 0; i < known->n; i++)
		json_put_str(&w, known->items[i].slug);
	json_close(&w, ']');
	json_add_i64(&w, "count", (int64_t)known->n);
	json_close(&w, '}');
}

/* ---- a sync ---- */

struct wish_of_sync {
	struct job_wish job;
	bool is_async;
	struct str object; /* for the audit: the slug, or "all" */
	struct str action;
};

static struct str audit_detail(const struct admin_task *t)
{
	const struct wish_of_sync *wish = t->data;
	BUF_AUTO(detail, DETAIL_MAX);
	struct json_writer w = { .out = &detail };

	json_open(&w, '{');
	json_add_bool(&w, "dry_run", wish->job.dry_run);
	json_key(&w, "providers");
	json_open(&w, '[');
	for (size_t i = 0; i < wish->job.n; i++)
		json_put_str(&w, wish->job.providers[i]->slug);
	json_close(&w, ']');
	json_add_str(&w, "peer", t->q->peer);
	json_close(&w, '}');
	return arena_str(t->q->arena, buf_str(&detail));
}

static bool write_audit(struct store *s, struct admin_task *t, struct err *e)
{
	const struct wish_of_sync *wish = t->data;
	const struct desk_hand by = admin_hand(t->q);

	return edit_note(s, &by, wish->action, wish->object, audit_detail(t), e);
}

/* What is committed is to be seen by whoever asks next. */
static void on_job(void *arg, int status, struct str body)
{
	struct admin_task *t = arg;

	t->reply.status = status;
	t->reply.body = BUF_INIT(body.n);
	buf_add_str(&t->reply.body, body);
	admin_when_shown(t, admin_answer);
}

static void answer_accepted(struct admin_task *t, int64_t id)
{
	t->reply.status = HTTP_ACCEPTED;
	t->reply.body = BUF_INIT(DETAIL_MAX);
	(void)jobs_print(t->web->jobs, id, &t->reply.body);
	http_header(&t->reply, "Location", arena_printf(t->q->arena, "/admin/jobs/%" PRId64, id));
	admin_answer(t);
}

static void start_job(struct admin_task *t)
{
	struct wish_of_sync *wish = t->data;
	int64_t id;

	if (t->failed) {
		admin_refuse_err(t);
		return;
	}
	id = jobs_start(t->web->jobs, &wish->job, wish->is_async ? NULL : on_job, t);
	if (id == 0) {
		http_fail(&t->reply, HTTP_UNAVAILABLE, "%d jobs are running already",
			  JOBS_RUNNING_MAX);
		http_header(&t->reply, "Retry-After", STR("10"));
		admin_answer(t);
	} else if (wish->is_async) {
		answer_accepted(t, id);
	}
}

/* In the body, where nobody would read them: a dry run that was wished for there must not be a real one. */
static bool has_no_wishes(const struct http_request *q, struct http_reply *r)
{
	struct str body = str_is_none(q->body) ? STR("") : str_trim(q->body);
	bool braces = body.n >= 2 && body.at[0] == '{' && body.at[body.n - 1] == '}';

	if (!body.n || (braces && !str_trim((struct str){ body.at + 1, body.n - 2 }).n))
		return true;
	http_fail(r, HTTP_UNPROCESSABLE,
		  "a sync takes no body: dry_run, async and providers stand in the query");
	return false;
}

/* Rows of `providers` as far as they are shown. */
static const int64_t *known_ids(const struct admin_task *t, const struct job_wish *wish)
{
	const struct view *v = view_get(t->web->conf.views);
	int64_t *ids = arena_array(t->q->arena, wish->n, int64_t);

	for (size_t i = 0; v && i < wish->n; i++) {
		const struct view_segment *g = view_find_slug(v, wish->providers[i]->slug);

		ids[i] = g ? g->provider_id : 0;
	}
	if (v)
		view_put(v);
	return ids;
}

static void ask(struct admin_task *t, struct wish_of_sync *wish)
{
	wish->job.dry_run = http_param_bool(t->q, "dry_run");
	wish->job.ids = known_ids(t, &wish->job);
	wish->is_async = wish->job.joins = http_param_bool(t->q, "async");
	wish->action = STR("api.sync");
	t->data = wish;
	admin_on_store(t, write_audit, start_job);
}

/* ---- POST /admin/model-sync/provider/{slug} ---- */

const struct param admin_sync_params[] = {
	{ "dry_run", PARAM_BOOL, .default_int = 0 },
	{ "async", PARAM_BOOL, .default_int = 0 },
	{ 0 },
};

static void ask_one(struct admin_task *t)
{
	struct wish_of_sync *wish = arena_new(t->q->arena, struct wish_of_sync);
	const struct descriptor *d = admin_provider(t);

	if (!d)
		return;
	wish->job.providers = arena_array(t->q->arena, 1, const struct descriptor *);
	wish->job.providers[0] = d;
	wish->job.n = 1;
	wish->object = d->slug;
	ask(t, wish);
}

void admin_sync_one_post(struct http_request *q, struct http_reply *r)
{
	if (has_no_wishes(q, r))
		admin_begin(q, NULL, ask_one);
}

/* ---- POST /admin/model-sync/all ---- */

const struct param admin_sync_all_params[] = {
	{ "providers", PARAM_LIST, .max = WISH_LIST_MAX },
	{ "dry_run", PARAM_BOOL, .default_int = 0 },
	{ "async", PARAM_BOOL, .default_int = 0 },
	{ 0 },
};

static void add_once(struct job_wish *w, const struct descriptor *d)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->providers[i] == d)
			return;
	w->providers[w->n++] = d;
}

static bool choose_named(struct admin_task *t, struct job_wish *w, const struct str *slugs,
			 size_t n)
{
	w->providers = arena_array(t->q->arena, n, const struct descriptor *);
	for (size_t i = 0; i < n; i++) {
		const struct descriptor *d = admin_find_provider(t, slugs[i]);

		if (!d)
			return false;
		add_once(w, d);
	}
	return true;
}

static void choose_every(struct admin_task *t, struct job_wish *w)
{
	const struct registry *known = web_registry(t->web);

	w->providers = arena_array(t->q->arena, known->n, const struct descriptor *);
	for (size_t i = 0; i < known->n; i++)
		w->providers[w->n++] = &known->items[i];
}

static void ask_all(struct admin_task *t)
{
	struct wish_of_sync *wish = arena_new(t->q->arena, struct wish_of_sync);
	struct str *slugs;
	size_t n = http_params(t->q, "providers", &slugs);

	wish->job.all = true;
	wish->object = STR("all");
	if (n == 0 && !str_is_none(http_param(t->q, "providers"))) {
		admin_refuse(t, HTTP_UNPROCESSABLE,
			     "providers names nobody; all are asked without it");
		return;
	}
	if (n == 0)
		choose_every(t, &wish->job);
	else if (!choose_named(t, &wish->job, slugs, n))
		return;
	ask(t, wish);
}

void admin_sync_all_post(struct http_request *q, struct http_reply *r)
{
	if (has_no_wishes(q, r))
		admin_begin(q, NULL, ask_all);
}

/* ---- GET /admin/model-sync/status ---- */

static void add_time(struct json_writer *w, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	json_add_str(w, key, ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, text)));
}

static void add_schedule_row(struct json_writer *w, const struct timetable_row *row)
{
	json_open(w, '{');
	json_add_str(w, "task", row->name);
	add_time(w, "due_at", row->due_at_ms);
	add_time(w, "last_at", row->last_at_ms);
	json_add_str(w, "reason", row->reason);
	json_add_i64(w, "runs", (int64_t)row->runs);
	json_add_i64(w, "skipped", (int64_t)row->skipped);
	json_close(w, '}');
}

static void add_schedule(struct json_writer *w, const struct admin_task *t)
{
	const struct timetable *table = t->web->conf.timetable;
	size_t n = table ? timetable_list(table, NULL, 0) : 0;
	struct timetable_row *rows = arena_array(t->q->arena, n, struct timetable_row);

	json_key(w, "schedule");
	json_open(w, '[');
	if (n)
		(void)timetable_list(table, rows, n);
	for (size_t i = 0; i < n; i++)
		add_schedule_row(w, &rows[i]);
	json_close(w, ']');
}

static void add_providers(struct json_writer *w, const struct admin_task *t, const struct view *v)
{
	const struct registry *known = web_registry(t->web);
	int64_t stored = 0;

	for (size_t i = 0; i < known->n; i++)
		stored += view_find_slug(v, known->items[i].slug) != NULL;
	json_key(w, "providers");
	json_open(w, '{');
	json_add_i64(w, "in_database", (int64_t)v->n);
	json_add_i64(w, "with_fetch_functions", (int64_t)known->n);
	json_add_i64(w, "fetchable_in_db", stored);
	json_add_i64(w, "fetchable_not_in_db", (int64_t)known->n - stored);
	json_add_raw(w, "stats", v->providers_stats);
	json_close(w, '}');
}

static void put_status(struct admin_task *t, const struct view *v)
{
	struct json_writer w = { .out = reply_begin(t->q, &t->reply) };

	json_open(&w, '{');
	add_providers(&w, t, v);
	json_key(&w, "models");
	json_open(&w, '{');
	json_add_raw(&w, "stats", v->stats);
	json_close(&w, '}');
	add_schedule(&w, t);
	json_close(&w, '}');
}

/* The schedule is the loop's. */
static void tell_status(struct admin_task *t)
{
	const struct view *v = view_get(t->web->conf.views);

	if (!v) {
		admin_refuse(t, HTTP_UNAVAILABLE, "the models are being loaded");
		return;
	}
	put_status(t, v);
	view_put(v);
	admin_answer(t);
}

void admin_sync_status_get(struct http_request *q, struct http_reply *r)
{
	(void)r;
	admin_begin(q, NULL, tell_status);
}

/* ---- GET /admin/model-sync/history ---- */

const struct param admin_sync_history_params[] = {
	{ "provider", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "limit", PARAM_INT, .min = 1, .max = PAGE_MAX, .default_int = PAGE },
	{ "offset", PARAM_INT, .min = 0, .max = INT64_MAX, .default_int = 0 },
	{ 0 },
};

const struct param admin_audit_params[] = {
	{ "limit", PARAM_INT, .min = 1, .max = PAGE_MAX, .default_int = PAGE },
	{ "offset", PARAM_INT, .min = 0, .max = INT64_MAX, .default_int = 0 },
	{ 0 },
};

struct page {
	const struct http_request *q;
	struct http_reply *r;
	struct str provider;
	uint64_t limit, offset;
};

static struct page page_of(const struct http_request *q, struct http_reply *r)
{
	return (struct page){ .q = q,
			      .r = r,
			      .limit = (uint64_t)http_param_int(q, "limit"),
			      .offset = (uint64_t)http_param_int(q, "offset") };
}

static void add_count(struct json_writer *w, const char *key, uint64_t n)
{
	json_add_i64(w, key, (int64_t)n);
}

static void add_counts(struct json_writer *w, const struct store_run *run)
{
	add_count(w, "bytes", run->bytes);
	add_count(w, "attempts", run->attempts);
	add_count(w, "models_fetched", run->fetched);
	add_count(w, "models_transformed", run->transformed);
	add_count(w, "models_skipped", run->skipped);
	add_count(w, "models_written", run->written);
	add_count(w, "prices_written", run->prices_written);
	add_count(w, "added", run->added);
	add_count(w, "changed_models", run->changed);
	add_count(w, "missing", run->missing);
	add_count(w, "returned", run->returned);
}

static void add_http_status(struct json_writer *w, int status)
{
	json_key(w, "http_status");
	if (status < 0)
		json_put_raw(w, STR_NONE);
	else
		json_put_i64(w, status);
}

static void add_run(struct json_writer *w, const struct store_run_row *row)
{
	const struct store_run *run = &row->run;
	char hash[HASH_TEXT_MAX];

	json_open(w, '{');
	json_add_i64(w, "id", row->id);
	json_add_str(w, "provider", row->provider);
	json_add_i64(w, "provider_id", run->provider_id);
	add_time(w, "started_at", run->started_at_ms);
	add_time(w, "ended_at", run->ended_at_ms);
	json_add_bool(w, "success", run->completeness == FETCH_COMPLETE);
	json_add_str(w, "completeness", str_of(store_completeness_names[run->completeness]));
	add_http_status(w, run->http_status);
	add_counts(w, run);
	json_add_bool(w, "unchanged_body", run->unchanged);
	json_add_str(w, "hash",
		     run->has_snapshot ? str_of(hash_text(&run->snapshot, hash)) : STR_NONE);
	json_add_str(w, "error_kind", run->error_kind);
	json_add_str(w, "error", run->error);
	json_add_raw(w, "notes", run->notes);
	json_close(w, '}');
}

static bool read_runs(struct store *s, void *arg, struct err *e)
{
	struct page *p = arg;
	struct json_writer w = { .out = reply_begin(p->q, p->r) };
	struct store_run_row *rows;
	size_t n;

	if (!store_load_runs(s, p->provider, p->limit, p->offset, p->q->arena, &rows, &n, e))
		return false;
	json_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		add_run(&w, &rows[i]);
	json_close(&w, ']');
	return true;
}

static void answer_page(struct page *p, bool (*read)(struct store *s, void *arg, struct err *e))
{
	struct err e;

	if (!reads_run(p->q->web->reads, read, p, &e))
		http_fail_err(p->r, &e);
}

void admin_sync_history_get(struct http_request *q, struct http_reply *r)
{
	struct page p = page_of(q, r);

	if (wish_provider(q, r, "provider", &p.provider))
		answer_page(&p, read_runs);
}

/* ---- GET /admin/audit ---- */

static void add_audit(struct json_writer *w, const struct store_audit_row *row)
{
	json_open(w, '{');
	json_add_i64(w, "id", row->id);
	add_time(w, "at", row->at_ms);
	json_add_str(w, "actor", row->actor);
	json_add_str(w, "action", row->action);
	json_add_str(w, "object", row->object);
	json_add_raw(w, "detail", row->detail);
	json_close(w, '}');
}

static bool read_audit(struct store *s, void *arg, struct err *e)
{
	struct page *p = arg;
	struct json_writer w = { .out = reply_begin(p->q, p->r) };
	struct store_audit_row *rows;
	size_t n;

	if (!store_load_audit(s, p->limit, p->offset, p->q->arena, &rows, &n, e))
		return false;
	json_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		add_audit(&w, &rows[i]);
	json_close(&w, ']');
	return true;
}

void admin_audit_get(struct http_request *q, struct http_reply *r)
{
	struct page p = page_of(q, r);

	answer_page(&p, read_audit);
}
