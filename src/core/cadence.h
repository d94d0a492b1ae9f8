/*
 * cadence: how often to ask somebody who changes now and then.  Pure.
 *
 * Changes of a catalog are taken for a Poisson process whose rate is estimated from visits
 * that only tell *whether* it changed since the last one (Cho & Garcia-Molina, "Estimating frequency of
 * change", ACM TOIT 3(3), 2003: the estimator -ln((n - X + 0.5) / (n + 0.5)) / I, which is hardly biased where counting
 * X / (n I) is).  The interval is the one in which a change is to be expected with probability CADENCE_P;
 * what the server says of caching (max-age) is its lower bound, an answer 304 costs little and allows a shorter one.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

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
	double changes_per_day; /* estimated; negative: not enough visits */
	char reason[160];       /* "2.1 changes a day (41 of 288 visits): every 14 min" */
};
void cadence_of(const struct cadence_input *in, struct cadence *ret);
