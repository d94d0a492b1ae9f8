#include "web/jobs.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "web/http.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MS = 24 * 3600 * 1000, BODY_MAX = 1 << 20 };

enum part_state {
	PART_WAITING, /* or running: the syncer knows */
	PART_DONE,
	PART_FAILED,
	PART_CANCELLED,
	PART_SKIPPED, /* the provider is deactivated */
};
static const char *const part_names[] = { "waiting", "done", "failed", "cancelled", "skipped" };

/* What one provider's sync came to.  Jobs are kept by hundreds, each of dozens of these: texts are just so large. */
struct part {
	struct job *job;
	struct str slug;              /* malloc'd, as `words` */
	struct syncer_ticket *ticket; /* NULL: it has ended */
	enum part_state state;
	enum err_kind why;
	struct str words; /* of the error, masked: they are for whoever asks */
	bool no_key;
	int64_t provider_id; /* 0: not known */
	uint64_t fetched, transformed, skipped, synced, written;
};

struct job {
	struct jobs *of;
	struct job *older;
	int64_t id;
	bool all, dry_run, fresh, cancelled;
	size_t n, left;
	int64_t asked_at_ms, ended_at_ms; /* CLOCK_NONE: it runs */
	int status;
	struct buf answer;
	jobs_fn *done;
	void *arg;
	struct part parts[]; /* [n] */
};

struct jobs {
	struct syncer *syncer;
	struct job *newest;
	size_t running;
	int64_t last_id;
	bool unwanted; /* to be freed when the last one has ended */
};

/* ---- which there are ---- */

struct jobs *jobs_create(struct syncer *s)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	/* Milliseconds of its start: beyond whatever another daemon before it gave out. */
	*j = (struct jobs){ .syncer = s, .last_id = clock_real_ms() };
	return j;
}

static struct str copy_of(struct str s)
{
	char *copy = strndup(s.at, s.n);

	if (!copy)
		abort();
	return str_of(copy);
}

static void free_text(struct str s)
{
	free((void *)(uintptr_t)s.at);
}

static void free_job(struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		free_text(job->parts[i].slug);
		free_text(job->parts[i].words);
	}
	buf_release(&job->answer);
	free(job);
}

static void free_all(struct jobs *j)
{
	while (j->newest) {
		struct job *job = j->newest;

		j->newest = job->older;
		free_job(job);
	}
	free(j);
}

static bool has_ended(const struct job *job)
{
	return job->ended_at_ms != CLOCK_NONE;
}

/* Of those that ended: more than are kept, or older than they are kept. */
static void expire(struct jobs *j)
{
	int64_t oldest_ms = clock_now_ms() - KEPT_MS;
	size_t seen = 0;

	for (struct job **at = &j->newest; *at;) {
		struct job *job = *at;

		if (!has_ended(job) || (++seen <= JOBS_KEPT && job->ended_at_ms >= oldest_ms)) {
			at = &job->older;
			continue;
		}
		*at = job->older;
		free_job(job);
	}
}

static struct job *find(const struct jobs *j, int64_t id)
{
	struct job *job = j->newest;

	while (job && job->id != id)
		job = job->older;
	return job;
}

bool jobs_are_full(const struct jobs *j)
{
	return j->running >= JOBS_RUNNING_MAX;
}

enum jobs_found jobs_find(const struct jobs *j, int64_t id)
{
	const struct job *job = find(j, id);

	if (!job)
		return JOB_UNKNOWN;
	return has_ended(job) ? JOB_ENDED : JOB_RUNNING;
}

/* ---- the answer ---- */

/* For lists of errors users know these words alone. */
static struct str words_of(const struct part *p)
{
	return p->no_key ? STR("API key not configured") : p->words;
}

static void add_problem(struct json_writer *w, const struct part *p)
{
	json_open(w, '{');
	json_add_str(w, "provider", p->slug);
	json_add_str(w, "error", words_of(p));
	json_close(w, '}');
}

static bool is_error(const struct part *p)
{
	return p->state == PART_FAILED || p->state == PART_CANCELLED;
}

static void add_errors(struct json_writer *w, const struct job *job)
{
	json_key(w, "errors");
	json_open(w, '[');
	for (size_t i = 0; i < job->n; i++)
		if (is_error(&job->parts[i]))
			add_problem(w, &job->parts[i]);
	json_close(w, ']');
}

static void add_skipped(struct json_writer *w, const struct job *job)
{
	json_key(w, "skipped");
	json_open(w, '[');
	for (size_t i = 0; i < job->n; i++)
		if (job->parts[i].state == PART_SKIPPED)
			add_problem(w, &job->parts[i]);
	json_close(w, ']');
}

struct sums {
	uint64_t done, errors, fetched, transformed, skipped, synced;
};

static struct sums sum(const struct job *job)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < job->n; i++) {
		const struct part *p = &job->parts[i];

		s.done += p->state == PART_DONE;
		s.errors += is_error(p);
		s.fetched += p->fetched;
		s.transformed += p->transformed;
		s.skipped += p->skipped;
		s.synced += p->synced;
	}
	return s;
}

static void answer_all(struct job *job, struct json_writer *w)
{
	struct sums s = sum(job);
	BUF_AUTO(message, BODY_MAX);

	buf_printf(&message,
		   "Processed %" PRIu64 " providers. Success: %" PRIu64 ", Errors: %" PRIu64
		   ". Total synced: %" PRIu64 " models",
		   s.done + s.errors, s.done, s.errors, s.synced);
	json_open(w, '{');
	json_add_bool(w, "success", s.done > 0);
	json_add_str(w, "message", buf_str(&message));
	json_key(w, "details");
	json_open(w, '{');
	json_add_i64(w, "providers_processed", (int64_t)(s.done + s.errors));
	json_add_i64(w, "total_models_fetched", (int64_t)s.fetched);
	json_add_i64(w, "total_models_transformed", (int64_t)s.transformed);
	json_add_i64(w, "total_models_skipped", (int64_t)s.skipped);
	json_add_i64(w, "total_models_synced", (int64_t)s.synced);
	add_errors(w, job);
	add_skipped(w, job);
	json_close(w, '}');
	json_close(w, '}');
	job->status = HTTP_OK;
}

static void answer_done(struct job *job, struct json_writer *w)
{
	const struct part *p = job->parts;
	BUF_AUTO(message, BODY_MAX);

	buf_printf(&message,
		   "Synced %" PRIu64 " models from %.*s. Fetched: %" PRIu64
		   ", Transformed: %" PRIu64 ", Skipped: %" PRIu64,
		   p->synced, STR_FMT(p->slug), p->fetched, p->transformed, p->skipped);
	json_open(w, '{');
	json_add_bool(w, "success", true);
	json_add_str(w, "message", buf_str(&message));
	json_key(w, "details");
	json_open(w, '{');
	json_add_str(w, "provider", p->slug);
	json_key(w, "provider_id");
	if (p->provider_id)
		json_put_i64(w, p->provider_id);
	else
		json_put_raw(w, STR_NONE);
	json_add_i64(w, "models_fetched", (int64_t)p->fetched);
	json_add_i64(w, "models_transformed", (int64_t)p->transformed);
	json_add_i64(w, "models_skipped", (int64_t)p->skipped);
	json_add_i64(w, "models_synced", (int64_t)p->synced);
	json_add_i64(w, "models_written", (int64_t)p->written);
	add_errors(w, job);
	json_close(w, '}');
	json_close(w, '}');
	job->status = HTTP_OK;
}

/* Whose fault it was: the provider's, ours, or nobody's who could be asked. */
static int status_of(const struct job *job, const struct part *p)
{
	static const int statuses[] = {
		[ERR_USAGE] = HTTP_CONFLICT,      [ERR_CONFIG] = HTTP_SERVER_ERROR,
		[ERR_IO] = HTTP_SERVER_ERROR,     [ERR_NET] = HTTP_BAD_GATEWAY,
		[ERR_TIMEOUT] = HTTP_BAD_GATEWAY, [ERR_HTTP] = HTTP_BAD_GATEWAY,
		[ERR_LIMIT] = HTTP_BAD_GATEWAY,   [ERR_PARSE] = HTTP_BAD_GATEWAY,
		[ERR_DATA] = HTTP_BAD_GATEWAY,    [ERR_PARTIAL] = HTTP_BAD_GATEWAY,
		[ERR_SUSPECT] = HTTP_BAD_GATEWAY, [ERR_DB] = HTTP_SERVER_ERROR,
		[ERR_BUSY] = HTTP_UNAVAILABLE,    [ERR_CANCELLED] = HTTP_UNAVAILABLE,
	};

	if (p->state == PART_SKIPPED || (p->state == PART_CANCELLED && job->cancelled))
		return HTTP_CONFLICT;
	return statuses[p->why];
}

static void answer_failed(struct job *job, struct json_writer *w)
{
	const struct part *p = job->parts;
	BUF_AUTO(detail, BODY_MAX);

	buf_printf(&detail, "%.*s: %.*s", STR_FMT(p->slug), STR_FMT(p->words));
	json_open(w, '{');
	json_add_str(w, "detail", buf_str(&detail));
	json_close(w, '}');
	job->status = status_of(job, p);
}

static void end(struct job *job)
{
	struct jobs *j = job->of;

	struct json_writer w = { .out = &job->answer };

	job->ended_at_ms = clock_now_ms();
	j->running--;
	if (job->all)
		answer_all(job, &w);
	else if (job->parts->state == PART_DONE)
		answer_done(job, &w);
	else
		answer_failed(job, &w);
	if (job->done)
		job->done(job->arg, job->status, buf_str(&job->answer));
	if (j->unwanted && j->running == 0)
		free_all(j);
}

/* ---- one provider's part ---- */

static void take_counts(struct part *p, const struct sync_report *r)
{
	p->provider_id = r->provider_id ? r->provider_id : p->provider_id;
	p->fetched = r->fetched;
	p->transformed = r->transformed;
	p->skipped = r->skipped;
	p->synced = p->job->dry_run ? 0 : r->synced;
	p->written = r->written;
}

static void keep_error(struct part *p, enum err_kind why, struct str words)
{
	p->why = why;
	p->words = copy_of(words);
}

/* A provider's words are in it, and some quote the key that they were asked with. */
static void take_error(struct part *p, const struct err *e)
{
	char text[ERR_TEXT_MAX];
	bool cut;
	struct str masked = { text, secret_mask_into(str_of(e->text), text, sizeof(text), &cut) };

	keep_error(p, e->kind, utf8_whole(masked));
}

static void take_report(struct part *p, const struct sync_report *r)
{
	take_counts(p, r);
	p->state = PART_DONE;
	if (r->outcome == SYNC_FAILED) {
		p->state = PART_FAILED;
		take_error(p, &r->err);
	} else if (r->outcome == SYNC_INACTIVE) {
		p->state = PART_SKIPPED;
		keep_error(p, ERR_USAGE, STR("deactivated"));
	}
}

static void part_ended(void *arg, const struct sync_report *r, const struct err *e)
{
	struct part *p = arg;
	struct job *job = p->job;

	p->ticket = NULL;
	if (e) {
		p->state = e->kind == ERR_CANCELLED ? PART_CANCELLED : PART_FAILED;
		take_error(p, e);
	} else {
		take_report(p, r);
	}
	if (--job->left == 0)
		end(job);
}

static void begin_part(struct part *p, struct job *job, struct str slug, int64_t provider_id)
{
	struct syncer *s = job->of->syncer;
	const struct syncer_access *a = syncer_find(s, slug);
	const struct syncer_wish wish = { slug, job->dry_run, job->fresh };

	*p = (struct part){ .job = job,
			    .slug = copy_of(slug),
			    .no_key = a && a->missing_is_key && !str_is_none(a->missing),
			    .provider_id = provider_id };
	p->ticket = syncer_start(s, &wish, part_ended, p);
}

static bool is_for(const struct job *job, const struct job_wish *w)
{
	bool same = job->all == w->all && job->dry_run == w->dry_run && job->n == w->n;

	for (size_t i = 0; same && i < w->n; i++)
		same = str_eq(job->parts[i].slug, w->providers[i]->slug);
	return same;
}

/* Of one that has ended in part, that part would be older than the wish. */
static const struct job *to_join(const struct jobs *j, const struct job_wish *w)
{
	const struct job *job = w->joins && !w->fresh ? j->newest : NULL;

	while (job && (job->left < job->n || job->cancelled || !is_for(job, w)))
		job = job->older;
	return job;
}

int64_t jobs_start(struct jobs *j, const struct job_wish *w, jobs_fn *done, void *arg)
{
	const struct job *joined = to_join(j, w);
	struct job *job;

	assert(w->n > 0 && (w->all || w->n == 1) && !(w->joins && done));
	if (joined)
		return joined->id;
	expire(j);
	if (jobs_are_full(j))
		return 0;
	job = calloc(1, sizeof(*job) + w->n * sizeof(job->parts[0]));
	if (!job)
		abort();
	*job = (struct job){ .of = j,
			     .older = j->newest,
			     .id = ++j->last_id,
			     .all = w->all,
			     .dry_run = w->dry_run,
			     .fresh = w->fresh,
			     .n = w->n,
			     .left = w->n,
			     .asked_at_ms = clock_now_ms(),
			     .ended_at_ms = CLOCK_NONE,
			     .answer = BUF_INIT(BODY_MAX),
			     .done = done,
			     .arg = arg };
	j->newest = job;
	j->running++;
	for (size_t i = 0; i < w->n; i++)
		begin_part(&job->parts[i], job, w->providers[i]->slug, w->ids[i]);
	return job->id;
}

static void cancel(const struct jobs *j, const struct job *job)
{
	for (size_t i = 0; i < job->n; i++)
		if (job->parts[i].ticket)
			syncer_cancel(j->syncer, job->parts[i].ticket);
}

bool jobs_cancel(struct jobs *j, int64_t id)
{
	struct job *job = find(j, id);

	if (!job || has_ended(job))
		return false;
	job->cancelled = true;
	cancel(j, job);
	return true;
}

void jobs_destroy(struct jobs *j)
{
	if (!j)
		return;
	j->unwanted = true;
	for (struct job *job = j->newest; job; job = job->older)
		if (!has_ended(job))
			cancel(j, job);
	if (j->running == 0)
		free_all(j);
}

/* ---- how far they are ---- */

static const char *state_of(const struct job *job)
{
	if (has_ended(job))
		return job->cancelled ? "cancelled" : "done";
	return job->cancelled ? "cancelling" : "running";
}

static void add_time(struct json_writer *w, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	json_add_str(w, key, ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, text)));
}

static void add_progress(struct json_writer *w, const struct job *job)
{
	size_t begun = 0;

	for (size_t i = 0; i < job->n; i++)
		begun += job->parts[i].ticket && syncer_has_begun(job->parts[i].ticket);
	json_key(w, "progress");
	json_open(w, '{');
	json_add_i64(w, "total", (int64_t)job->n);
	json_add_i64(w, "ended", (int64_t)(job->n - job->left));
	json_add_i64(w, "running", (int64_t)begun);
	json_add_i64(w, "failed", (int64_t)sum(job).errors);
	json_close(w, '}');
}

static void add_part(struct json_writer *w, const struct part *p)
{
	bool runs = p->ticket && syncer_has_begun(p->ticket);

	json_open(w, '{');
	json_add_str(w, "provider", p->slug);
	json_add_str(w, "state", str_of(runs ? "running" : part_names[p->state]));
	json_add_i64(w, "models_synced", (int64_t)p->synced);
	json_add_str(w, "error", p->why == ERR_NONE ? STR_NONE : words_of(p));
	json_close(w, '}');
}

static void add_contents(struct json_writer *w, const struct job *job)
{
	json_key(w, "providers");
	json_open(w, '[');
	for (size_t i = 0; i < job->n; i++)
		add_part(w, &job->parts[i]);
	json_close(w, ']');
	json_key(w, "status");
	if (has_ended(job))
		json_put_i64(w, job->status);
	else
		json_put_raw(w, STR_NONE);
	json_add_raw(w, "result", has_ended(job) ? buf_str(&job->answer) : STR_NONE);
}

static void add_job(struct json_writer *w, const struct job *job, bool whole)
{
	json_open(w, '{');
	json_add_i64(w, "id", job->id);
	json_add_str(w, "kind", job->all ? STR("all") : STR("provider"));
	json_add_str(w, "state", str_of(state_of(job)));
	json_add_bool(w, "dry_run", job->dry_run);
	add_time(w, "asked_at", job->asked_at_ms);
	add_time(w, "ended_at", job->ended_at_ms);
	add_progress(w, job);
	if (whole)
		add_contents(w, job);
	json_close(w, '}');
}

static void print_all(const struct jobs *j, struct json_writer *w)
{
	int64_t n = 0;

	json_open(w, '{');
	json_key(w, "jobs");
	json_open(w, '[');
	for (const struct job *job = j->newest; job; job = job->older, n++)
		add_job(w, job, false);
	json_close(w, ']');
	json_add_i64(w, "count", n);
	json_close(w, '}');
}

bool jobs_print(struct jobs *j, int64_t id, struct buf *out)
{
	struct json_writer w = { .out = out };
	const struct job *job;

	expire(j);
	job = id ? find(j, id) : NULL;
	if (id && !job)
		return false;
	if (job)
		add_job(&w, job, true);
	else
		print_all(j, &w);
	return true;
}
