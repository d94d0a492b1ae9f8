/* SPDX-License-Identifier: MIT */
/*
 * probe: many probes by the program's own parts, for run.py to hold against the server's log.
 *
 *	bench_probe OPTIONS   (probe_plan.h)
 *
 * A line a probe goes to --out, microseconds on the monotonic clock, 0 where there is none:
 *
 *	NUMBER INTENDED STARTED SENT FIRST_BYTE FIRST_PIECE END LAG SENDS OUTCOME
 *
 * FIRST_PIECE is the first content of a stream, or the first of the body.
 */
#include "base/clock.h"
#include "base/loop.h"
#include "net/ask.h"
#include "probe_plan.h"
#include "probe_syncs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { US_PER_S = 1000000, TIMEOUT_MS = 120000 };

struct line {
	uint64_t intended_us, started_us;
	int64_t sent_us, first_byte_us, first_piece_us, end_us, lag_us;
	unsigned sends;
	int end;
};

static struct plan plan;
static struct loop *loop;
static struct asker *asker;
static struct line *lines;
static uint64_t begun, ended, failed, begun_us, cpu_us;
static int alarm_fd;
static uv_poll_t alarm_watch;
static char bearer[256];

static void on_all_ended(void)
{
	uv_close((uv_handle_t *)&alarm_watch, NULL);
	syncs_stop();
}

static void on_asked(void *arg, struct ask_answer *r)
{
	struct line *l = arg;

	l->started_us = r->started_mono_us;
	l->sent_us = r->stamps.sent_us;
	l->first_byte_us = r->stamps.first_byte_us;
	l->first_piece_us = r->n_arrivals ? r->arrivals[0].us : STAMP_NONE;
	l->end_us = r->stamps.end_us;
	l->lag_us = r->lag_us;
	l->sends = r->sends;
	l->end = (int)r->end;
	failed += r->end != TRANSPORT_COMPLETE || r->status != 200;
	if (r->end != TRANSPORT_COMPLETE)
		(void)fprintf(stderr, "bench_probe: %s\n", r->err.text);
	ask_answer_release(r);
	if (++ended == plan.probes)
		on_all_ended();
}

static void begin(uint64_t due_us)
{
	const struct fetch_header headers[] = {
		{ STR("Authorization"), str_of(bearer), true },
		{ STR("Content-Type"), STR("application/json"), false },
	};
	char body[PLAN_BODY_MAX];
	int n = plan_body(&plan, begun, body);

	if (begun == plan.warm)
		cpu_us = plan_cpu_us();
	lines[begun].intended_us = due_us;
	ask_start(asker,
		  &(struct ask_request){
			  .url = str_of(plan.url),
			  .headers = headers,
			  .n_headers = 2,
			  .body = { body, (size_t)n },
			  .connect_timeout_ms = TIMEOUT_MS,
			  .first_byte_timeout_ms = TIMEOUT_MS,
			  .total_timeout_ms = TIMEOUT_MS,
			  .keep_max = 64 << 10,
			  .fresh = plan.fresh,
		  },
		  on_asked, &lines[begun]);
	begun++;
}

static void keep_pace(uv_poll_t *watch, int status, int events)
{
	struct itimerspec when = { 0 };
	uint64_t due_us = 0;
	uint64_t ticks;

	(void)watch, (void)status, (void)events;
	(void)!read(alarm_fd, &ticks, sizeof(ticks));
	while (begun < plan.probes &&
	       (due_us = plan_due_us(&plan, begun_us, begun)) <= clock_mono_us())
		begin(due_us);
	if (begun == plan.probes)
		return;
	when.it_value.tv_sec = (time_t)(due_us / US_PER_S);
	when.it_value.tv_nsec = (long)(due_us % US_PER_S * 1000);
	(void)timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint64_t at(const struct line *l, int64_t us)
{
	return us == STAMP_NONE ? 0 : l->started_us + (uint64_t)us;
}

static void write_lines(void)
{
	FILE *f = plan.out ? fopen(plan.out, "we") : NULL;

	for (uint64_t i = plan.warm; f && i < plan.probes; i++) {
		const struct line *l = &lines[i];

		(void)fprintf(f, "%ju %ju %ju %ju %ju %ju %ju %jd %u %d\n", (uintmax_t)i,
			      (uintmax_t)l->intended_us, (uintmax_t)l->started_us,
			      (uintmax_t)at(l, l->sent_us), (uintmax_t)at(l, l->first_byte_us),
			      (uintmax_t)at(l, l->first_piece_us), (uintmax_t)at(l, l->end_us),
			      (intmax_t)l->lag_us, l->sends, l->end);
	}
	if (f && fclose(f) != 0)
		abort();
}

static void set_up(void)
{
	const struct asker_conf conf = {
		.upstream = str_of(plan.upstream),
		.ca_file = str_of(plan.ca_file),
		.connections_max = 8192,
	};
	struct err e;

	lines = calloc(plan.probes, sizeof(*lines));
	loop = loop_create();
	if (!lines || !asker_create(&asker, loop, &conf, &e)) {
		(void)fprintf(stderr, "bench_probe: %s\n", lines ? e.text : "out of memory");
		exit(EXIT_FAILURE);
	}
	(void)snprintf(bearer, sizeof(bearer), "Bearer %s", plan.key);
	alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (uv_poll_init(loop_uv(loop), &alarm_watch, alarm_fd) != 0 ||
	    uv_poll_start(&alarm_watch, UV_READABLE, keep_pace) != 0)
		abort();
}

int main(int argc, char **argv)
{
	uint64_t rss_kib;

	plan_read(&plan, argc, argv);
	set_up();
	syncs_start(loop, &plan);
	rss_kib = plan_rss_kib();
	begun_us = clock_mono_us();
	keep_pace(NULL, 0, 0);
	loop_run(loop);
	write_lines();
	(void)printf(
		"{\"probes\":%ju,\"failed\":%ju,\"cpu_us\":%.1f,\"memory_kib\":%ju,\"syncs\":%u}\n",
		(uintmax_t)plan.probes, (uintmax_t)failed,
		(double)(plan_cpu_us() - cpu_us) / (double)(plan.probes - plan.warm),
		(uintmax_t)(plan_peak_kib() - rss_kib), syncs_done());
	asker_destroy(asker);
	loop_run(loop);
	loop_destroy(loop);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
