/*
 * counters: what the daemon counts and measures of itself, for /metrics.
 *
 * One set of families (web/exposition.h) behind one lock; the loop adds as things end, a handler copies what
 * it prints and formats the copy, so nobody waits for a text being made.
 * Counters begin at 0 with the process, as Prometheus expects; gauges of the database (owed notices, money
 * spent) are put in by a task every few seconds, so that asking for metrics never asks the database.
 * What is not known has no series, and never 0.
 * Bounded: a metric has at most `series_max` series, in the sense of Prometheus (a histogram's buckets are one each);
 * what would be more is added up under provider "other".
 */
#pragma once
#include "core/change.h"
#include "core/decimal.h"
#include "core/sample.h"
#include "task/syncer.h"

struct counters;

struct counters *counters_create(size_t series_max);
void counters_destroy(struct counters *c); /* NULL is fine */

/* From the loop. */
void counters_sync(struct counters *c, const struct sync_report *r);
void counters_sample(struct counters *c, const struct sample *s);
void counters_cycle(struct counters *c, bool skipped);
void counters_push(struct counters *c, bool ok, uint64_t rows);
void counters_notice(struct counters *c, bool hook, bool delivered);
void counters_late(struct counters *c, const char *task,
		   uint64_t late_us); /* "sync", "probe", "announce" … */
/*
 * A provider's sync is scheduled: every so long (0: not at all), and its last complete fetch, also of a process before
 * this one, was then (CLOCK_NONE: never).  What "stale" means for alerts; its run counters begin at 0.
 */
void counters_planned(struct counters *c, struct str provider, int64_t interval_ms,
		      int64_t last_success_ms);
/* The longest that the loop was away from its sockets (base/lag.h) since the last time it was told; each second or so. */
void counters_lag(struct counters *c, int64_t lag_us);

/* Of the database, as last looked. */
struct counters_owed {
	uint64_t outbox[2];             /* enum notice_kind */
	int64_t outbox_oldest_ms;       /* CLOCK_NONE: none */
	struct dec spent_today, budget; /* USD */
	bool has_budget;
	uint64_t store_queue; /* jobs that wait for the store thread */
	uint64_t csv_rows, batches;
	uint64_t reviews; /* moves of prices that are held and wait for a decision */
};
void counters_owed(struct counters *c, const struct counters_owed *o);

/*
 * From the pool's threads.  `pattern` is the route's, NULL where none was found; a method that is none of the
 * usual ones counts as "other".
 */
void counters_request(struct counters *c, const char *pattern, const char *method, int status,
		      uint64_t us, uint64_t bytes);
struct view;
/* Prometheus text 0.0.4, or OpenMetrics 1.0.  From any thread; `v` may be NULL: not loaded yet. */
void counters_print(struct counters *c, const struct view *v, bool openmetrics, struct buf *out);
