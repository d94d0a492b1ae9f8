/*
 * removal: when a model that is not listed any more counts as removed, and when
 * many that go at once are one incident.  Pure rules over numbers that the task
 * with the history knows.
 *
 * One in six models that vanish from a real list comes back: an outage of half a
 * catalog, a list that was cut short.  So an absence is believed only after it was
 * found by several complete fetches and has lasted for some time, and longer when
 * many went together.  A day that the provider named for the end is proof enough, but not where
 * many went together: some lists keep rows for years after it, and an outage takes those, too.
 */
#pragma once
#include "base/clock.h"

#include <stddef.h>

struct removal_rule {
	uint64_t fetches;         /* complete ones without it, at least */
	int64_t hold_ms;          /* since the first of them */
	int64_t incident_hold_ms; /* the same for one that went with many others */
};

/* An absence as the fetch just made finds it, that one counted. */
struct removal_case {
	int64_t gone_from_ms; /* the first complete fetch without it */
	uint64_t fetches;     /* from that on */
	bool in_incident;
	int64_t deprecated_at_ms; /* the day the provider named for its end, or CLOCK_NONE */
};

enum removal {
	REMOVAL_PENDING,
	REMOVAL_LASTED,    /* confirmed by fetches and time */
	REMOVAL_ANNOUNCED, /* its day has come: no time need pass */
};
enum removal removal_judge(const struct removal_rule *rule, const struct removal_case *c,
			   int64_t now_ms);

/* Are `gone` of the `present` models at once an incident?  At least max(5, 3 %). */
bool removal_is_incident(size_t gone, size_t present);
