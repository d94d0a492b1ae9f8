/*
 * health: what samples say about an endpoint.  Pure.
 *
 * A sample says something when it counts (sample.counted) and either ended well (ok,
 * wrong_answer, refused: it is there and answers) or by *their* fault (core/outcome.h).
 * What is our fault or nobody's says nothing, neither good nor bad.  Where none says anything
 * health is unknown and rate and time are absent, never 0.
 *
 *	down      the newest 3 failed; or fewer than half of at least 4 ended well, unless the
 *	          newest 3 did
 *	degraded  fewer than 95 % ended well
 *	healthy   otherwise
 *
 * So one failure alone is degraded, two are, the third is down, and three good answers in a row
 * end an outage.  Whether an answer is right is not health: agreement tells of that.
 */
#pragma once
#include "core/outcome.h"

#include <stdint.h>

enum health { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_DOWN };
extern const char *const health_names[4];
bool health_parse(struct str name, enum health *ret);

struct health_conf {
	int64_t window_ms; /* how far back samples count */
};

struct health_point { /* of one sample, newest first */
	int64_t at_ms;
	enum outcome outcome;
	bool counted;
	int64_t duration_us;
};

/* What one sample says. */
enum health_saying { HEALTH_SAYS_NOTHING, HEALTH_SAYS_WELL, HEALTH_SAYS_BADLY };
enum health_saying health_says(const struct health_point *p);

struct health_verdict {
	enum health status;
	bool has_rate;
	double success_rate; /* 0..1, of those that count */
	bool has_response;
	double response_ms; /* mean of the ones that ended well */
	uint64_t counted;   /* how many said something */
	const char *reason; /* static words */
};
void health_of(const struct health_point *points, size_t n, struct health_verdict *ret);

/*
 * Of a provider: its models' points together, in any order, and how many of its models that are known of
 * are down.  Three failures in a row may be one model's, so here they say nothing:
 *
 *	down      all of its models are down; or fewer than half of at least 4 points ended well
 *	degraded  fewer than 95 % did, or 5 % of its models are down
 *	healthy   otherwise
 */
void health_of_provider(const struct health_point *points, size_t n, uint64_t models,
			uint64_t models_down, struct health_verdict *ret);
