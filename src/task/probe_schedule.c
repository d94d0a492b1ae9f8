#include "task/probe_schedule.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "task/lease.h"

#include <inttypes.h>

enum {
	US_PER_MS = 1000,
	LEASE_MS = 15 * 60 * 1000,
	RENEW_MS = 5 * 60 * 1000,
	CANCEL_AGAIN_MS = 200,
	PUSH_SPACING_MS = 60 * 1000, /* the Hub takes some 128 commits an hour */
	STATE_MAX = 4096,
};

#define JOB "probe"

struct schedule {
	struct schedule_conf conf;
	struct cycle_told *told;
	struct arena arena;
	struct str lease_name;
	struct store_lease lease, holder;
	bool has_lease;

	uv_timer_t slot, grace, renew;
	unsigned open_timers;
	int64_t begun_us; /* of the grid */
	int64_t next;     /* slot that the timer waits for */

	struct cycle *running;
	cycle_sample_fn *on_sample; /* of him who started us */
	cycle_fn *on_cycle;
	void *cycle_arg;
	bool pushing, push_due, stopping, last_push, push_given_up, ending;
	int64_t pushed_us; /* when the last push began; 0: none did */
	struct schedule_end end;

	/* the job's state */
	uint64_t cycles, skipped, since_push;
	int64_t last_ms;
	struct str found; /* on the store thread */
	struct err err;
	bool ok;
};

static void go_on(struct schedule *s);

/* ---- state ---- */

static uint64_t member(yyjson_val *object, const char *key)
{
	int64_t n;
	struct str raw = json_raw(yyjson_obj_get(object, key));

	return str_to_i64(raw, 0, INT64_MAX, &n) ? (uint64_t)n : 0;
}

/* A state that cannot be read is begun anew: nothing hangs on it but counts. */
static void parse_state(struct schedule *s)
{
	JSON_DOC_AUTO(doc);
	struct err e;

	if (str_is_none(s->found) || !json_read(s->found, &doc, &e))
		return;
	s->cycles = member(yyjson_doc_get_root(doc), "cycles");
	s->skipped = member(yyjson_doc_get_root(doc), "skipped");
	s->since_push = member(yyjson_doc_get_root(doc), "since_push");
}

struct saving {
	struct schedule *s;
	struct buf state;
	struct str error;
	struct arena arena;
	int64_t now_ms;
	bool ok;
	struct err err;
};

static void save(struct store *store, void *arg)
{
	struct saving *job = arg;

	job->ok = store_save_job(store, JOB, job->now_ms, buf_str(&job->state), job->error,
				 &job->err);
}

static void on_saved(void *arg)
{
	struct saving *job = arg;

	if (!job->ok)
		log_event(LOG_ERROR, "probe: the state of the schedule is not kept",
			  LOG_ERR(&job->err));
	buf_release(&job->state);
	arena_release(&job->arena);
	free(job);
}

static void save_state(struct schedule *s, const struct err *e)
{
	struct saving *job = calloc(1, sizeof(*job));
	struct json_writer w;
	char text[CLOCK_TEXT_MAX];

	if (!job)
		abort();
	job->s = s;
	job->state = BUF_INIT(STATE_MAX);
	job->now_ms = clock_now_ms();
	job->error = e ? arena_str(&job->arena, str_of(e->text)) : STR_NONE;
	w = (struct json_writer){ .out = &job->state };
	json_open(&w, '{');
	json_add_i64(&w, "cycles", (int64_t)s->cycles);
	json_add_i64(&w, "skipped", (int64_t)s->skipped);
	json_add_str(&w, "last",
		     s->last_ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(s->last_ms, text)));
	json_add_i64(&w, "since_push", (int64_t)s->since_push);
	json_close(&w, '}');
	store_thread_post(s->conf.cycle.store, save, on_saved, job);
}

/* ---- the end ---- */

static void note(struct schedule *s, const struct err *e)
{
	if (s->end.ok)
		s->end.err = *e;
	s->end.ok = false;
}

static void tell_end(void *arg)
{
	struct schedule *s = arg;

	s->conf.ended(s->conf.arg, &s->end);
}

static void on_closed(uv_handle_t *timer)
{
	struct schedule *s = timer->data;

	if (--s->open_timers == 0)
		tell_end(s);
}

static void close_timers(struct schedule *s)
{
	uv_close((uv_handle_t *)&s->slot, on_closed);
	uv_close((uv_handle_t *)&s->grace, on_closed);
	uv_close((uv_handle_t *)&s->renew, on_closed);
}

static void give_back(struct store *store, void *arg)
{
	struct schedule *s = arg;
	struct err e;

	if (s->has_lease)
		(void)store_lease_release(store, &s->lease, &e);
}

static void on_given_back(void *arg)
{
	close_timers(arg);
}

static void finish(struct schedule *s)
{
	store_thread_post(s->conf.cycle.store, give_back, on_given_back, s);
}

/* ---- pushing ---- */

static void on_pushed(void *arg, const struct push_report *r, const struct err *e)
{
	struct schedule *s = arg;

	s->pushing = false;
	if (!e)
		s->since_push = 0;
	save_state(s, e);
	if (s->conf.pushed)
		s->conf.pushed(s->conf.arg, r, e);
	go_on(s);
}

static void start_push(struct schedule *s)
{
	s->pushing = true;
	s->push_due = false;
	s->pushed_us = (int64_t)clock_mono_us();
	push_start(s->conf.cycle.loop, s->conf.cycle.store, s->conf.push_fetcher,
		   &s->conf.push_conf, on_pushed, s);
}

/* ---- what comes next, whenever something has ended ---- */

static void on_flushed(void *arg, const struct err *e)
{
	struct schedule *s = arg;

	if (e) {
		log_event(LOG_ERROR, "probe: rows are not kept", LOG_ERR(e));
		s->end.kept = false;
		note(s, e);
	}
	if (s->stopping && s->conf.push && !s->pushing && !s->end.no_place) {
		s->last_push = true;
		start_push(s);
		return;
	}
	finish(s);
}

static void on_push_too_long(uv_timer_t *timer)
{
	struct schedule *s = timer->data;

	if (!s->pushing)
		return;
	/* Nothing of it is lost, it comes first the next time.  Again, because it may wait to ask again. */
	if (!s->push_given_up)
		log_say(LOG_WARN, "probe: the last push takes too long: its rows are kept");
	s->push_given_up = true;
	fetcher_cancel(s->conf.push_fetcher);
	loop_timer_start(&s->grace, on_push_too_long, CANCEL_AGAIN_MS);
}

static bool all_done(const struct schedule *s)
{
	return s->stopping || (s->conf.cycles && s->end.cycles >= s->conf.cycles);
}

/* One that comes too soon waits for the end of a later cycle, whose rows it takes along. */
static bool is_push_due(const struct schedule *s)
{
	bool spaced = s->pushed_us == 0 || (int64_t)clock_mono_us() - s->pushed_us >=
						   (int64_t)PUSH_SPACING_MS * US_PER_MS;

	return s->conf.push && !s->pushing && s->push_due && (spaced || all_done(s));
}

static void go_on(struct schedule *s)
{
	if (s->running || s->ending) {
		if (s->last_push && !s->pushing) {
			s->last_push = false;
			finish(s);
		}
		return;
	}
	if (!s->stopping && is_push_due(s))
		start_push(s);
	if (!all_done(s) || s->pushing)
		return;
	s->ending = true;
	(void)uv_timer_stop(&s->slot);
	(void)uv_timer_stop(&s->renew);
	if (s->stopping)
		loop_timer_start(&s->grace, on_push_too_long, (uint64_t)s->conf.grace_ms);
	record_flush(s->conf.rec, on_flushed, s);
}

/* ---- cycles ---- */

static void on_cycle(void *arg, const struct cycle_report *r)
{
	struct schedule *s = arg;

	s->running = NULL;
	if (r->measured || !r->stopped) {
		s->cycles++;
		s->end.cycles++;
		s->since_push += r->measured;
		s->push_due =
			s->since_push >= s->conf.push_every; /* one that failed: the next time */
		s->last_ms = r->at_ms;
		save_state(s, r->measured ? NULL : &r->err);
		if (s->on_cycle)
			s->on_cycle(s->cycle_arg, r);
	}
	if (!r->measured && !r->stopped)
		note(s, &r->err);
	if (!r->measured && r->err.kind == ERR_USAGE)
		s->conf.cycles = s->end.cycles; /* it would be the same the next time */
	if (r->measured && !r->kept) {
		s->end.kept = false;
		note(s, &(struct err){ ERR_IO, "rows of a cycle are not kept" });
	}
	go_on(s);
}

static void on_sample(void *arg, const struct sample *sample)
{
	struct schedule *s = arg;

	if (s->on_sample)
		s->on_sample(s->cycle_arg, sample);
}

static int64_t slot_us(const struct schedule *s, int64_t k)
{
	return s->begun_us + k * s->conf.interval_ms * US_PER_MS;
}

static void skip(struct schedule *s, int64_t n, const char *why)
{
	s->skipped += (uint64_t)n;
	s->end.skipped += (uint64_t)n;
	log_event(LOG_WARN, "probe: slot skipped", LOG_INT("slots", n), LOG_TEXT("why", why));
	if (s->conf.slot)
		s->conf.slot(s->conf.arg, 0, (uint64_t)n);
	save_state(s, NULL);
}

static void on_slot(uv_timer_t *timer);

static void wait_for_slot(struct schedule *s)
{
	int64_t wait_us = slot_us(s, s->next) - (int64_t)clock_mono_us();

	loop_timer_start(&s->slot, on_slot, wait_us > 0 ? (uint64_t)(wait_us / US_PER_MS) : 0);
}

static bool has_begun_all(const struct schedule *s)
{
	return s->conf.cycles && s->end.cycles + (s->running != NULL) >= s->conf.cycles;
}

static void post_renewal(struct schedule *s);

static void begin_cycle(struct schedule *s, int64_t k, int64_t late_us)
{
	if (late_us > s->conf.interval_ms * US_PER_MS / 2)
		log_event(LOG_WARN, "probe: the cycle begins late",
			  LOG_INT("late_ms", late_us / US_PER_MS));
	if (s->conf.slot)
		s->conf.slot(s->conf.arg, (uint64_t)late_us, 0);
	/* Who slept may have lost it: this is answered before the cycle has anything of the database. */
	if (k > 0)
		post_renewal(s);
	s->running = cycle_start(&s->conf.cycle, late_us, slot_us(s, k + 1));
}

static void on_slot(uv_timer_t *timer)
{
	struct schedule *s = timer->data;
	int64_t now_us = (int64_t)clock_mono_us();
	int64_t k = (now_us - s->begun_us) / (s->conf.interval_ms * US_PER_MS);

	if (s->stopping || has_begun_all(s))
		return;
	if (k < s->next) { /* early, by less than the timer can tell */
		wait_for_slot(s);
		return;
	}
	if (k > s->next)
		skip(s, k - s->next, "nobody was awake");
	s->next = k + 1;
	if (s->running)
		skip(s, 1, "the cycle before is still running");
	else
		begin_cycle(s, k, now_us - slot_us(s, k));
	wait_for_slot(s);
}

/* ---- the begin ---- */

static bool is_taken(const struct schedule *s, const struct store_lease *holder, struct err *e)
{
	return err_set(e, ERR_BUSY, "another assay probe (pid %" PRId64 " on %s) fills \"%s\"",
		       holder->pid, err_quote(holder->host.at, holder->host.n),
		       err_quote(s->conf.place.at, s->conf.place.n));
}

static bool take_lease(struct store *store, struct schedule *s)
{
	bool taken;

	if (!lease_take(store, s->lease_name, LEASE_MS, &s->arena, &taken, &s->lease, &s->holder,
			&s->err))
		return false;
	s->has_lease = taken;
	return taken || is_taken(s, &s->holder, &s->err);
}

static void take_up(struct store *store, void *arg)
{
	struct schedule *s = arg;

	s->ok = take_lease(store, s) && store_load_job(store, JOB, &s->arena, &s->found, &s->err);
}

static void on_taken_up(void *arg)
{
	struct schedule *s = arg;

	if (!s->ok) {
		s->end.no_place = true;
		note(s, &s->err);
		finish(s);
		return;
	}
	parse_state(s);
	s->begun_us = (int64_t)clock_mono_us();
	if (s->stopping)
		go_on(s);
	else
		on_slot(&s->slot);
}

/* ---- the lease is made to last while we live ---- */

struct renewing {
	struct schedule *s;
	struct arena arena;
	struct err err;
	bool ok, taken;
	struct store_lease lease, holder;
};

static void renew(struct store *store, void *arg)
{
	struct renewing *r = arg;

	r->ok = lease_take(store, r->s->lease_name, LEASE_MS, &r->arena, &r->taken, &r->lease,
			   &r->holder, &r->err);
}

/* Two would ask, and pay, for the same: the other one goes on. */
static void lose(struct schedule *s, const struct store_lease *holder)
{
	if (s->stopping || s->ending)
		return;
	log_event(LOG_ERROR, "probe: another assay probe has taken this place",
		  LOG_STR("host", holder->host), LOG_INT("pid", holder->pid));
	s->end.ok = false;
	s->end.no_place = true;
	(void)is_taken(s, holder, &s->end.err);
	schedule_stop(s);
}

static void on_renewed(void *arg)
{
	struct renewing *r = arg;

	if (!r->ok)
		log_event(LOG_WARN, "probe: the lease is not renewed", LOG_ERR(&r->err));
	else if (!r->taken)
		lose(r->s, &r->holder);
	arena_release(&r->arena);
	free(r);
}

static void post_renewal(struct schedule *s)
{
	struct renewing *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->s = s;
	store_thread_post(s->conf.cycle.store, renew, on_renewed, r);
}

static void on_renew(uv_timer_t *timer)
{
	struct schedule *s = timer->data;

	post_renewal(s);
	loop_timer_start(&s->renew, on_renew, RENEW_MS);
}

static void open_timer(struct schedule *s, uv_timer_t *timer)
{
	if (uv_timer_init(loop_uv(s->conf.cycle.loop), timer) < 0)
		abort();
	timer->data = s;
	s->open_timers++;
}

struct schedule *schedule_start(const struct schedule_conf *conf)
{
	struct schedule *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->conf = *conf;
	s->told = cycle_told_create();
	s->on_sample = conf->cycle.sample;
	s->on_cycle = conf->cycle.done;
	s->cycle_arg = conf->cycle.arg;
	s->conf.cycle.sample = on_sample;
	s->conf.cycle.done = on_cycle;
	s->conf.cycle.arg = s;
	s->conf.cycle.told = s->told;
	s->last_ms = CLOCK_NONE;
	s->end.ok = s->end.kept = true;
	s->lease_name = arena_printf(&s->arena, "probe:%s:%.*s", process_self()->host,
				     STR_FMT(conf->place));
	open_timer(s, &s->slot);
	open_timer(s, &s->grace);
	open_timer(s, &s->renew);
	loop_timer_start(&s->renew, on_renew, RENEW_MS);
	store_thread_post(conf->cycle.store, take_up, on_taken_up, s);
	return s;
}

/* ---- stopping ---- */

static void on_grace_over(uv_timer_t *timer)
{
	struct schedule *s = timer->data;

	log_event(LOG_WARN, "probe: the grace time is over, what runs is given up",
		  LOG_UINT("running", prober_running(s->conf.cycle.prober)));
	prober_cancel(s->conf.cycle.prober);
	on_push_too_long(timer);
}

void schedule_stop(struct schedule *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	(void)uv_timer_stop(&s->slot);
	log_event(LOG_INFO, "probe: stopping",
		  LOG_UINT("running", prober_running(s->conf.cycle.prober)));
	prober_drain(s->conf.cycle.prober);
	loop_timer_start(&s->grace, on_grace_over, (uint64_t)s->conf.grace_ms);
	if (s->running) {
		cycle_stop(s->running);
		fetcher_cancel(s->conf.cycle.fetcher);
	} else if (s->ok) {
		go_on(s);
	}
}

void schedule_destroy(struct schedule *s)
{
	if (!s)
		return;
	cycle_told_destroy(s->told);
	arena_release(&s->arena);
	free(s);
}
