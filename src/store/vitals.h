/*
 * vitals: samples and what is known of health ▶ what has to be written.  Pure.
 *
 * The back ends read both and write the rows; who is judged by which samples, and what
 * counts as moved, is here (the verdicts: core/health.h).
 */
#pragma once
#include "base/arena.h"
#include "store/probe.h"

/* One sample that counts. */
struct vitals_sample {
	struct str provider;
	int64_t model_id; /* 0: no catalog lists it */
	struct health_point point;
};
/* As its row says it now.  A model that is not among these is unknown. */
struct vitals_row {
	int64_t provider_id, model_id; /* model_id 0: the provider itself */
	struct str provider;           /* its slug, of a provider alone */
	enum health status;
	bool has_rate, has_response; /* a provider has no rate */
	double success_rate, response_ms;
	int64_t checked_at_ms; /* CLOCK_NONE: never */
};
struct vitals_input {
	struct vitals_sample *samples; /* by provider, model_id, the newest first */
	size_t n_samples;
	struct vitals_row *providers; /* all, by slug */
	size_t n_providers;
	struct vitals_row *models; /* those that are not unknown, by model_id */
	size_t n_models;
};

struct vitals_write {
	int64_t provider_id, model_id; /* provider_id 0: whatever the model's row says */
	struct health_verdict verdict;
	int64_t checked_at_ms; /* CLOCK_NONE: as before */
	bool moved;            /* the status: a row of history */
};
void vitals_judge(const struct vitals_input *in, struct arena *a, struct vitals_write **ret,
		  size_t *ret_n);
