/*
 * health: what samples say about an endpoint.  Pure.
 *
 * Only samples that count (sample.counted) and end well or by *their* fault
 * (core/outcome.h) say anything; where there is none in the window health is unknown and the
 * rate is absent, never 0.
 */
#pragma once
#include "core/outcome.h"

enum health { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_DOWN };
extern const char *const health_names[4];

struct health_conf {
	int64_t window_ms; /* how far back samples count */
};

struct health_point { /* of one sample, newest first */
	int64_t at_ms;
	enum outcome outcome;
	bool counted;
	int64_t duration_us;
};

struct health_verdict {
	enum health status;
	bool has_rate;
	double success_rate; /* 0..1, of those that count */
	bool has_response;
	double response_ms; /* mean of the ones that ended well */
	uint64_t counted;
	const char *reason; /* static words */
};
void health_of(const struct health_point *points, size_t n, struct health_verdict *ret);
/* Of a provider: its models' points together, and how many of its models are down. */
void health_of_provider(const struct health_point *points, size_t n, uint64_t models,
			uint64_t models_down, struct health_verdict *ret);
