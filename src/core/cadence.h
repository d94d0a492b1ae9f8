/*
 * cadence: how often to ask somebody who changes now and then.  Pure.
 *
 * Changes of a catalog are taken for a Poisson process whose rate is estimated from visits
 * that only tell *whether* it changed since the last one (Cho & Garcia-Molina, "Estimating frequency of
 * change", ACM TOIT 3(3), 2003: the estimator -ln((n - X + 0.5) / (n + 0.5)) / I, which is hardly biased where
 * X / (n I), counting, is).  I is the mean time between visits.  The interval is the one in which a change
 * is to be expected with probability CADENCE_P.  An answer 304, or a body that is known by its hash,
 * costs both sides little: then CADENCE_P_CHEAP.  What the server says of caching (max-age) is a
 * lower bound.  A failure is tried again after min_ms, twice that, …, up to the usual interval (or an hour, if
 * that is shorter).  Who was visited too few times is asked every CADENCE_FIRST_MS.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

#define CADENCE_P       0.2
#define CADENCE_P_CHEAP 0.1
enum {
	CADENCE_VISITS = 6, /* fewer tell nothing */
	CADENCE_FIRST_MS = 60 * 60 * 1000,
	CADENCE_RETRY_MAX_MS = 60 * 60 * 1000,
	CADENCE_REASON_MAX = 160,
	CADENCE_SPAN_MAX = 32,
};

struct cadence_input {
	uint64_t visits,
		changed; /* complete fetches looked back on, and those that found something new */
	int64_t span_ms; /* from the first to the last of them */
	int64_t max_age_ms;     /* of Cache-Control; -1: not said */
	bool cheap;             /* it answers 304, or its whole body is compared by hash alone */
	uint64_t failures;      /* in a row, by now: backs off */
	int64_t min_ms, max_ms; /* settings */
};
struct cadence {
	int64_t interval_ms;
	double changes_per_day;          /* estimated; negative: not enough visits */
	char reason[CADENCE_REASON_MAX]; /* "2.1 changes a day (41 of 288 visits): every 2.5 h" */
};
void cadence_of(const struct cadence_input *in, struct cadence *ret);

/* Changes a day, estimated; negative: not enough visits. */
double cadence_rate(uint64_t visits, uint64_t changed, int64_t span_ms);
/* "WHY: every 6 h" */
void cadence_say(char reason[CADENCE_REASON_MAX], int64_t every_ms, const char *why);
