#include "task/record.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "task/record_file.h"

#include <assert.h>
#include <stdlib.h>

enum {
	MEMORY_MAX = 64 << 20,
	PACE_MS = 100,
	US_PER_MS = 1000,
	PAUSE_FIRST_MS = 1000, /* doubled up to ... */
	PAUSE_MAX_MS = 30000,
};

/* One sample on its way. */
struct job {
	struct job *next;
	struct recorder *recorder;
	struct arena keeps;  /* the sample */
	struct arena bodies; /* until the row is written out */
	struct sample sample;
	struct csv_row row;
	struct buf line;
	int64_t reservation_id;
	uint64_t bytes; /* that it holds */
	record_fn *done;
	void *arg;
};

struct jobs {
	struct job *first, **last;
	size_t n;
};

struct flush {
	struct flush *next;
	struct recorder *recorder;
	record_fn *done;
	void *arg;
};

struct recorder {
	struct loop *loop;
	struct store_thread *store;
	struct arena a;
	struct record_place place; /* the store thread's alone */
	record_fn *ready;
	void *ready_arg;

	uint64_t memory, memory_max;
	struct jobs given; /* to be written out, at their pace */
	uint32_t pace_ms;
	uint64_t paced_until_us; /* the latest lot was begun a pace before; 0: none was */
	uv_timer_t *pace;        /* for that; its memory goes when libuv has closed it */
	struct jobs formatting;  /* on the pool: its own while there are any */
	struct jobs waiting;     /* written out */
	struct flush *flushes;
	uv_timer_t *timer; /* of a pause; likewise */
	uint64_t pause_ms; /* the next one */
	bool pausing, failing;

	/* While busy the store thread's, else the loop's. */
	bool busy;
	struct jobs jobs; /* those of the group */
	struct arena group_arena;
	struct record_group group;
	bool ok;
	struct err err;
};

static void write_next(struct recorder *r);

static void *must_calloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* ---- jobs ---- */

static void jobs_init(struct jobs *j)
{
	*j = (struct jobs){ .last = &j->first };
}

static void jobs_push(struct jobs *j, struct job *job)
{
	job->next = NULL;
	*j->last = job;
	j->last = &job->next;
	j->n++;
}

static struct job *jobs_pop(struct jobs *j)
{
	struct job *job = j->first;

	j->first = job->next;
	if (!j->first)
		j->last = &j->first;
	j->n--;
	return job;
}

static void each_text(struct sample *s, struct arena *a,
		      struct str (*fn)(struct arena *a, struct str text))
{
	struct str *const texts[] = {
		&s->hf_model, &s->provider, &s->provider_name, &s->provider_model_id,
		&s->via,      &s->url,      &s->error,         &s->finish,
		&s->answer,   &s->expected, &s->group_key,     &s->price_source,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = fn(a, *texts[i]);
}

/* Providers quote the key that they do not like. */
static struct str masked(struct arena *a, struct str text)
{
	BUF_AUTO(out, SIZE_MAX / 2);

	if (text.n < SECRET_MIN)
		return text;
	buf_add_str(&out, text);
	secret_mask(&out);
	return arena_str(a, buf_str(&out));
}

static struct job *job_create(struct recorder *r, const struct record_item *item, bool with_row)
{
	struct job *job = must_calloc(sizeof(*job));
	struct arena *a = &job->bodies;

	job->recorder = r;
	job->line = BUF_INIT(SIZE_MAX / 2);
	job->sample = *item->sample;
	each_text(&job->sample, &job->keeps, arena_str);
	job->reservation_id = item->reservation_id;
	if (with_row)
		job->row = (struct csv_row){
			.sample = &job->sample,
			.request_body = arena_str(a, item->request_body),
			.request_headers = arena_str(a, item->request_headers),
			.response_body = arena_str(a, item->response_body),
			.response_cut = item->response_cut,
			.response_headers = arena_str(a, item->response_headers),
		};
	return job;
}

/* What it holds has changed. */
static void job_weigh(struct job *job)
{
	struct recorder *r = job->recorder;
	uint64_t bytes = sizeof(*job) + job->keeps.taken + job->bodies.taken + job->line.room;

	r->memory += bytes - job->bytes;
	job->bytes = bytes;
}

static void job_tell(struct job *job, const struct err *e)
{
	job->recorder->memory -= job->bytes;
	if (job->done)
		job->done(job->arg, e);
}

static void jobs_free(void *arg)
{
	struct job *job = arg;

	while (job) {
		struct job *next = job->next;

		arena_release(&job->keeps);
		arena_release(&job->bodies);
		buf_release(&job->line);
		free(job);
		job = next;
	}
}

/* The last of them may take the recorder away.  A group of a thousand is freed for milliseconds: elsewhere. */
static void jobs_end(struct loop *l, struct jobs ended, const struct err *e)
{
	for (struct job *job = ended.first; job; job = job->next)
		job_tell(job, e);
	if (ended.first)
		loop_work(l, jobs_free, NULL, ended.first);
}

/* ---- flushing ---- */

/* The last of them may take the recorder away: nothing of it is touched afterwards. */
static void end_flushes(struct recorder *r, const struct err *e)
{
	struct flush *f = r->flushes;
	struct err why;

	if (e)
		why = *e;

	r->flushes = NULL;
	while (f) {
		struct flush *next = f->next;

		f->done(f->arg, e ? &why : NULL);
		free(f);
		f = next;
	}
}

static bool is_idle(const struct recorder *r)
{
	return !r->busy && r->given.n == 0 && r->formatting.n == 0 && r->waiting.n == 0 &&
	       r->jobs.n == 0;
}

/* ---- writing ---- */

static void on_pause_over(uv_timer_t *timer)
{
	struct recorder *r = timer->data;

	r->pausing = false;
	write_next(r);
}

static void say_failed(struct recorder *r)
{
	if (!r->failing)
		log_event(LOG_FATAL, "Samples cannot be stored: they wait in memory until they can",
			  LOG_UINT("samples", r->jobs.n + r->waiting.n), LOG_ERR(&r->err));
	r->failing = true;
}

static void say_works(struct recorder *r)
{
	if (r->failing)
		log_event(LOG_INFO, "Samples are stored again", LOG_UINT("samples", r->jobs.n));
	r->failing = false;
}

/* Whoever waits for it need not: it is tried again without him. */
static void tell_waits(struct job *job, const struct err *why)
{
	record_fn *done = job->done;
	struct err e;

	job->done = NULL;
	if (!done)
		return;
	(void)err_set(&e, ERR_BUSY, "not stored yet, it waits in memory (%s)", why->text);
	done(job->arg, &e);
}

static void try_later(struct recorder *r)
{
	say_failed(r);
	for (struct job *job = r->jobs.first; job; job = job->next)
		tell_waits(job, &r->err);
	for (struct job *job = r->waiting.first; job; job = job->next)
		tell_waits(job, &r->err);
	r->pausing = true;
	loop_timer_start(r->timer, on_pause_over, r->pause_ms);
	r->pause_ms = r->pause_ms * 2 < PAUSE_MAX_MS ? r->pause_ms * 2 : PAUSE_MAX_MS;
	/* What is still being written out was given before, too: all_formatted() has it tried. */
	if (r->given.n == 0 && r->formatting.n == 0)
		end_flushes(r, &r->err);
}

static void end_pause(struct recorder *r)
{
	if (!r->pausing)
		return;
	r->pausing = false;
	(void)uv_timer_stop(r->timer);
}

static void end_group(struct recorder *r)
{
	struct jobs ended = r->jobs;

	say_works(r);
	r->pause_ms = PAUSE_FIRST_MS;
	jobs_init(&r->jobs);
	arena_release(&r->group_arena);
	jobs_end(r->loop, ended, NULL);
}

static void written(void *arg)
{
	struct recorder *r = arg;

	r->busy = false;
	if (!r->ok) {
		try_later(r);
		return;
	}
	end_group(r);
	write_next(r);
}

static void write_group(struct store *s, void *arg)
{
	struct recorder *r = arg;

	r->ok = record_commit(s, &r->place, &r->group, &r->err);
}

/* All that waits becomes a group. */
static void make_group(struct recorder *r)
{
	size_t n = 0;

	while (r->waiting.n)
		jobs_push(&r->jobs, jobs_pop(&r->waiting));
	r->group = (struct record_group){
		.samples = arena_array(&r->group_arena, r->jobs.n, struct store_sample),
		.n = r->jobs.n,
	};
	for (struct job *job = r->jobs.first; job; job = job->next)
		r->group.samples[n++] = (struct store_sample){
			.sample = &job->sample,
			.reservation_id = job->reservation_id,
			.csv_row = buf_str(&job->line),
		};
}

/* The group that failed before, else what waits. */
static void write_next(struct recorder *r)
{
	if (r->busy || r->pausing)
		return;
	if (r->jobs.n == 0 && r->waiting.n > 0)
		make_group(r);
	if (r->jobs.n > 0) {
		r->busy = true;
		store_thread_post(r->store, write_group, written, r);
	} else if (is_idle(r)) {
		end_flushes(r, NULL);
	}
}

/* ---- coming in ---- */

static void format(struct job *job)
{
	each_text(&job->sample, &job->keeps, masked);
	if (job->row.sample)
		csv_format(&job->row, &job->line);
	arena_release(&job->bodies);
}

static void format_all(void *arg)
{
	struct recorder *r = arg;

	for (struct job *job = r->formatting.first; job; job = job->next)
		format(job);
}

static void format_next(struct recorder *r);

static void all_formatted(void *arg)
{
	struct recorder *r = arg;

	while (r->formatting.n) {
		struct job *job = jobs_pop(&r->formatting);

		job_weigh(job);
		jobs_push(&r->waiting, job);
		if (r->failing)
			tell_waits(job, &r->err);
	}
	format_next(r);
	if (r->flushes)
		end_pause(r);
	write_next(r);
}

static void format_given(struct recorder *r)
{
	(void)uv_timer_stop(r->pace);
	r->paced_until_us = clock_mono_us() + (uint64_t)r->pace_ms * US_PER_MS;
	while (r->given.n)
		jobs_push(&r->formatting, jobs_pop(&r->given));
	loop_work(r->loop, format_all, all_formatted, r);
}

static void on_pace(uv_timer_t *timer)
{
	struct recorder *r = timer->data;

	r->paced_until_us = 0;
	format_next(r);
}

/* Lots that are written out at a pace make groups at that pace. */
static void format_next(struct recorder *r)
{
	uint64_t now_us = clock_mono_us();

	if (r->formatting.n || !r->given.n)
		return;
	if (r->flushes || r->paced_until_us <= now_us || r->memory >= r->memory_max / 2)
		format_given(r);
	else if (!uv_is_active((uv_handle_t *)r->pace))
		loop_timer_start(r->pace, on_pace, (r->paced_until_us - now_us) / US_PER_MS);
}

void record_sample(struct recorder *r, const struct record_item *item, record_fn *done, void *arg)
{
	struct job *job = job_create(r, item, !str_is_none(r->place.path));

	job->done = done;
	job->arg = arg;
	job_weigh(job);
	jobs_push(&r->given, job);
	format_next(r);
}

void record_hurry(struct recorder *r)
{
	r->paced_until_us = 0;
	format_next(r);
}

bool record_has_room(const struct recorder *r)
{
	return r->memory < r->memory_max;
}

static void flush_now(void *arg)
{
	struct flush *f = arg;
	struct recorder *r = f->recorder;

	loop_release(r->loop);
	f->next = r->flushes;
	r->flushes = f;
	end_pause(r);
	format_next(r);
	write_next(r);
}

void record_flush(struct recorder *r, record_fn *done, void *arg)
{
	struct flush *f = must_calloc(sizeof(*f));

	*f = (struct flush){ NULL, r, done, arg };
	/* Never from inside: `done` may take the recorder away. */
	loop_hold(r->loop);
	loop_post(r->loop, flush_now, f);
}

/* ---- life ---- */

static void recover(struct store *s, void *arg)
{
	struct recorder *r = arg;

	r->ok = record_recover(s, &r->place, &r->err);
}

static void recovered(void *arg)
{
	struct recorder *r = arg;

	r->busy = false;
	if (r->ready)
		r->ready(r->ready_arg, r->ok ? NULL : &r->err);
	write_next(r);
}

static uv_timer_t *new_timer(struct recorder *r)
{
	uv_timer_t *timer = must_calloc(sizeof(*timer));

	if (uv_timer_init(loop_uv(r->loop), timer) != 0)
		abort();
	timer->data = r;
	return timer;
}

struct recorder *recorder_create(struct loop *l, struct store_thread *store,
				 const struct record_conf *conf, record_fn *ready, void *arg)
{
	struct recorder *r = must_calloc(sizeof(*r));

	r->loop = l;
	r->store = store;
	r->ready = ready;
	r->ready_arg = arg;
	r->memory_max = conf->memory_max ? conf->memory_max : MEMORY_MAX;
	r->pause_ms = PAUSE_FIRST_MS;
	r->place = (struct record_place){ .host = arena_str(&r->a, conf->host),
					  .path = record_absolute(conf->csv_path, &r->a),
					  .may_spool = true };
	jobs_init(&r->given);
	jobs_init(&r->formatting);
	jobs_init(&r->waiting);
	jobs_init(&r->jobs);
	r->pace_ms = conf->pace_ms ? conf->pace_ms : PACE_MS;
	r->timer = new_timer(r);
	r->pace = new_timer(r);
	r->busy = true;
	store_thread_post(store, recover, recovered, r);
	return r;
}

static void free_timer(uv_handle_t *timer)
{
	free(timer);
}

void recorder_destroy(struct recorder *r)
{
	struct err why = { .kind = ERR_CANCELLED };

	if (!r)
		return;
	assert(!r->busy && r->given.n == 0 && r->formatting.n == 0 && !r->flushes);
	(void)err_set(&why, ERR_CANCELLED, "given up: it could not be stored (%s)",
		      r->failing ? r->err.text : "stopped");
	if (r->jobs.n + r->waiting.n > 0)
		log_event(LOG_FATAL, "Samples are lost: they could not be stored",
			  LOG_UINT("samples", r->jobs.n + r->waiting.n), LOG_ERR(&why));
	jobs_end(r->loop, r->jobs, &why);
	jobs_end(r->loop, r->waiting, &why);
	uv_close((uv_handle_t *)r->timer, free_timer);
	uv_close((uv_handle_t *)r->pace, free_timer);
	arena_release(&r->group_arena);
	arena_release(&r->a);
	free(r);
}
