/* SPDX-License-Identifier: MIT */
/*
 * probe: many probes by the program's own parts, for run.py to hold against the server's log.
 *
 *	bench_probe OPTIONS   (probe_plan.h)
 *
 * A line a probe goes to --out, in microseconds, -1 where there is none; all but the first two
 * numbers since the probe began:
 *
 *	NUMBER LATENESS FIRST_CONTENT END LAG SENDS OUTCOME
 */
#include "base/clock.h"
#include "probe_plan.h"
#include "probe_syncs.h"
#include "probe_whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	US_PER_S = 1000000,
	AHEAD_US = 100 * 1000, /* a prober is told so much before a probe is to begin */
	CONNECTIONS_MAX = 8192,
};

struct line {
	int64_t lateness_us, first_content_us, end_us, lag_us;
	uint64_t due_us;
	unsigned sends;
	const char *outcome;
};

static struct plan plan;
static struct loop *loop;
static struct asker *asker;
static struct store_thread *store;
static struct line *lines;
static uint64_t begun, ended, failed, begun_us, ended_us, cpu_us;
static int alarm_fd;
static uv_poll_t alarm_watch;
static char bearer[256];

static void on_ended(const struct line *l)
{
	failed += strcmp(l->outcome, "ok") != 0;
	if (++ended < plan.probes)
		return;
	ended_us = clock_mono_us();
	uv_close((uv_handle_t *)&alarm_watch, NULL);
	syncs_stop();
}

/* ---- the two ways ---- */

static void on_asked(void *arg, struct ask_answer *r)
{
	struct line *l = arg;

	l->lateness_us = (int64_t)(r->started_mono_us - l->due_us);
	l->first_content_us = STAMP_NONE; /* nobody looked into it */
	l->end_us = r->stamps.end_us;
	l->lag_us = r->lag_us;
	l->sends = r->sends;
	l->outcome = r->end == TRANSPORT_COMPLETE && r->status == 200 ? "ok" : "failed";
	if (r->end != TRANSPORT_COMPLETE)
		(void)fprintf(stderr, "bench_probe: %s\n", r->err.text);
	ask_answer_release(r);
	on_ended(l);
}

static void send_alone(struct line *l)
{
	const struct fetch_header headers[] = {
		{ STR("Authorization"), str_of(bearer), true },
		{ STR("Content-Type"), STR("application/json"), false },
	};
	char body[PLAN_BODY_MAX];
	int n = plan_body(&plan, begun, body);

	ask_start(asker,
		  &(struct ask_request){
			  .url = str_of(plan.url),
			  .headers = headers,
			  .n_headers = sizeof(headers) / sizeof(*headers),
			  .body = { body, (size_t)n },
			  .connect_timeout_ms = PLAN_TIMEOUT_MS,
			  .first_byte_timeout_ms = PLAN_TIMEOUT_MS,
			  .total_timeout_ms = PLAN_TIMEOUT_MS,
			  .keep_max = PLAN_KEEP_MAX,
			  .fresh = plan.fresh,
		  },
		  on_asked, l);
}

static void on_committed(void *arg, const struct sample *s, const struct err *e)
{
	struct line *l = arg;

	if (e)
		(void)fprintf(stderr, "bench_probe: %s\n", e->text);
	if (s) {
		l->lateness_us = s->lateness_us;
		l->first_content_us = s->stamps.first_content_us;
		l->end_us = s->stamps.end_us;
		l->lag_us = s->lag_us;
		l->sends = s->attempts;
	}
	l->outcome = s && !e ? outcomes[s->outcome].name : "not_kept";
	on_ended(l);
}

/* ---- the pace ---- */

static void begin(uint64_t due_us)
{
	struct line *l = &lines[begun];

	if (begun == plan.warm)
		cpu_us = plan_cpu_us();
	l->due_us = due_us;
	if (plan.whole)
		whole_send(&plan, begun, due_us, on_committed, l);
	else
		send_alone(l);
	begun++;
}

static void keep_pace(uv_poll_t *watch, int status, int events)
{
	const uint64_t ahead_us = plan.whole ? AHEAD_US : 0;
	struct itimerspec when = { 0 };
	uint64_t due_us = 0;
	uint64_t ticks;

	(void)watch, (void)status, (void)events;
	(void)!read(alarm_fd, &ticks, sizeof(ticks));
	while (begun < plan.probes &&
	       (due_us = plan_due_us(&plan, begun_us, begun)) <= clock_mono_us() + ahead_us)
		begin(due_us);
	if (begun == plan.probes)
		return;
	due_us -= ahead_us;
	when.it_value.tv_sec = (time_t)(due_us / US_PER_S);
	when.it_value.tv_nsec = (long)(due_us % US_PER_S * 1000);
	(void)timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- before and after ---- */

static void write_lines(void)
{
	FILE *f = plan.out ? fopen(plan.out, "we") : NULL;

	for (uint64_t i = plan.warm; f && i < plan.probes; i++) {
		const struct line *l = &lines[i];

		(void)fprintf(f, "%ju %jd %jd %jd %jd %u %s\n", (uintmax_t)i,
			      (intmax_t)l->lateness_us, (intmax_t)l->first_content_us,
			      (intmax_t)l->end_us, (intmax_t)l->lag_us, l->sends, l->outcome);
	}
	if (f && fclose(f) != 0)
		abort();
}

static void say(uint64_t rss_kib)
{
	(void)printf("{\"probes\":%ju,\"failed\":%ju,\"cpu_us\":%.1f,\"memory_kib\":%ju,"
		     "\"whole_us\":%ju,\"syncs\":%u}\n",
		     (uintmax_t)plan.probes, (uintmax_t)failed,
		     (double)(plan_cpu_us() - cpu_us) / (double)(plan.probes - plan.warm),
		     (uintmax_t)(plan_peak_kib() - rss_kib), (uintmax_t)(ended_us - begun_us),
		     syncs_done());
}

static void must(bool ok, const struct err *e)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_probe: %s\n", e->text);
	exit(EXIT_FAILURE);
}

static void open_store(void)
{
	ARENA_AUTO(a);
	struct store *s;
	struct err e;

	if (!plan.dir)
		return;
	must(store_open(&s, arena_printf(&a, "sqlite:%s/probe.db", plan.dir).at, STORE_WRITE, &e),
	     &e);
	store = store_thread_start(loop, s);
}

static void set_up(void)
{
	const struct asker_conf conf = {
		.upstream = str_of(plan.upstream),
		.ca_file = str_of(plan.ca_file),
		.connections_max = CONNECTIONS_MAX,
	};
	struct err e;

	lines = calloc(plan.probes, sizeof(*lines));
	if (!lines)
		abort();
	loop = loop_create();
	must(asker_create(&asker, loop, &conf, &e), &e);
	(void)snprintf(bearer, sizeof(bearer), "Bearer %s", plan.key);
	alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (uv_poll_init(loop_uv(loop), &alarm_watch, alarm_fd) != 0 ||
	    uv_poll_start(&alarm_watch, UV_READABLE, keep_pace) != 0)
		abort();
	open_store();
}

static void start(void *arg)
{
	(void)arg;
	/* A grid whose first probes are told as early as all others. */
	begun_us = clock_mono_us() + (plan.whole && plan.rate ? AHEAD_US : 0);
	keep_pace(NULL, 0, 0);
}

int main(int argc, char **argv)
{
	uint64_t rss_kib;

	plan_read(&plan, argc, argv);
	set_up();
	syncs_start(loop, store, &plan);
	rss_kib = plan_rss_kib();
	if (plan.whole)
		whole_open(&plan, loop, asker, store, start);
	else
		start(NULL);
	loop_run(loop);
	write_lines();
	say(rss_kib);
	if (plan.whole)
		whole_close();
	store_thread_stop(store);
	asker_destroy(asker);
	loop_run(loop);
	loop_destroy(loop);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
