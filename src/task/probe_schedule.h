/*
 * probe_schedule: cycles on a grid of slots, and what goes with them: one prober per
 * place, the push every so many cycles, an orderly end.
 *
 * Slots are at start + k * interval on the monotonic clock, so nothing drifts.  A slot
 * whose time comes while a cycle is running is skipped: logged, and counted in the job "probe"
 * {"cycles","skipped","last","since_push"}.  Who slept through several (stopped, suspended)
 * begins one at once and goes on with the grid; the others were skipped.  A cycle without
 * a list changes nothing in the schedule.
 */
#pragma once
#include "task/probe_cycle.h"
#include "task/push.h"

struct schedule_end {
	bool ok;        /* every cycle was measured and kept */
	struct err err; /* else the first reason */
	bool kept;      /* every row is committed */
	bool no_place; /* it was not to be had or has been lost, `err` says to whom: perhaps later */
	uint64_t cycles, skipped;
};
typedef void schedule_end_fn(void *arg, const struct schedule_end *end);
typedef void schedule_push_fn(void *arg, const struct push_report *r, const struct err *e);
/* A cycle begins, `late_us` after its slot; or, `skipped`, so many slots pass without one. */
typedef void schedule_slot_fn(void *arg, uint64_t late_us, uint64_t skipped);

struct schedule_conf {
	struct cycle_conf cycle; /* its `done` is called for each; `told` may be NULL */
	struct recorder *rec;
	struct asker *asker;
	struct str place; /* absolute path of the CSV buffer */
	int64_t interval_ms;
	uint64_t cycles;  /* so many; 0: until schedule_stop() */
	int64_t grace_ms; /* for what runs, and again for the last push */
	bool push;        /* to be pushed at all */
	struct push_conf push_conf;
	struct fetcher *push_fetcher;
	uint64_t push_every;      /* cycles */
	schedule_slot_fn *slot;   /* may be NULL */
	schedule_push_fn *pushed; /* may be NULL */
	schedule_end_fn *ended;
	void *arg; /* of the last three */
};

struct schedule;

/*
 * Takes the place's lease first: ERR_BUSY in `ended` when somebody else has it.  It is made to last
 * with time and with each cycle; when somebody has taken it (we slept past its end), this ends
 * as by schedule_stop(), without a push.
 */
struct schedule *schedule_start(const struct schedule_conf *conf);
/* No new probes; what runs may end; rows are written, a last push is tried, then `ended`. */
void schedule_stop(struct schedule *s);
void schedule_destroy(struct schedule *s); /* after `ended`; NULL is fine */
