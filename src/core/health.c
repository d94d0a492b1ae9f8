#include "core/health.h"

enum {
	IN_A_ROW = 3,      /* so many alike decide alone */
	ENOUGH = 4,        /* below that a rate is chance */
	HALF_PERCENT = 50, /* fewer: down */
	WELL_PERCENT = 95, /* fewer: degraded */
	US_PER_MS = 1000,
	PERCENT = 100,
};

const char *const health_names[4] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_DOWN] = "down",
};

bool health_parse(struct str name, enum health *ret)
{
	for (size_t i = 0; i < sizeof(health_names) / sizeof(health_names[0]); i++)
		if (str_eq(name, str_of(health_names[i]))) {
			*ret = (enum health)i;
			return true;
		}
	return false;
}

/* ---- what points say ---- */

enum health_saying health_says(const struct health_point *p)
{
	if (!p->counted)
		return HEALTH_SAYS_NOTHING;
	if (p->outcome == OUTCOME_OK || p->outcome == OUTCOME_WRONG_ANSWER ||
	    p->outcome == OUTCOME_REFUSED)
		return HEALTH_SAYS_WELL;
	return outcomes[p->outcome].fault == FAULT_THEIRS ? HEALTH_SAYS_BADLY : HEALTH_SAYS_NOTHING;
}

struct tally {
	uint64_t well, badly;
	uint64_t first_well, first_badly; /* of the newest IN_A_ROW */
	double well_us;
};

static struct tally tally_of(const struct health_point *points, size_t n)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < n; i++) {
		enum health_saying says = health_says(&points[i]);
		bool is_new = t.well + t.badly < IN_A_ROW;

		if (says == HEALTH_SAYS_WELL) {
			t.well++;
			t.first_well += is_new;
			t.well_us += (double)points[i].duration_us;
		} else if (says == HEALTH_SAYS_BADLY) {
			t.badly++;
			t.first_badly += is_new;
		}
	}
	return t;
}

/* Whole numbers: 19 of 20 are 95 %, whatever a double makes of it. */
static bool below(uint64_t part, uint64_t whole, uint64_t percent)
{
	return part * PERCENT < whole * percent;
}

static void fill(struct health_verdict *ret, const struct tally *t)
{
	*ret = (struct health_verdict){ .counted = t->well + t->badly };
	if (ret->counted) {
		ret->has_rate = true;
		ret->success_rate = (double)t->well / (double)ret->counted;
	}
	if (t->well) {
		ret->has_response = true;
		ret->response_ms = t->well_us / (double)t->well / US_PER_MS;
	}
}

static void judge(struct health_verdict *ret, enum health status, const char *reason)
{
	ret->status = status;
	ret->reason = reason;
}

/* ---- verdicts ---- */

void health_of(const struct health_point *points, size_t n, struct health_verdict *ret)
{
	struct tally t = tally_of(points, n);

	fill(ret, &t);
	if (ret->counted == 0)
		judge(ret, HEALTH_UNKNOWN, "no probe says anything");
	else if (t.first_badly == IN_A_ROW)
		judge(ret, HEALTH_DOWN, "the last three probes failed");
	else if (ret->counted >= ENOUGH && below(t.well, ret->counted, HALF_PERCENT) &&
		 t.first_well < IN_A_ROW)
		judge(ret, HEALTH_DOWN, "most probes failed");
	else if (below(t.well, ret->counted, WELL_PERCENT))
		judge(ret, HEALTH_DEGRADED, "some probes failed");
	else
		judge(ret, HEALTH_HEALTHY, "probes end well");
}

void health_of_provider(const struct health_point *points, size_t n, uint64_t models,
			uint64_t models_down, struct health_verdict *ret)
{
	struct tally t = tally_of(points, n);

	fill(ret, &t);
	if (ret->counted == 0)
		judge(ret, HEALTH_UNKNOWN, "no probe says anything");
	else if (models && models_down == models)
		judge(ret, HEALTH_DOWN, "all of its models are down");
	else if (ret->counted >= ENOUGH && below(t.well, ret->counted, HALF_PERCENT))
		judge(ret, HEALTH_DOWN, "most probes failed");
	else if (below(t.well, ret->counted, WELL_PERCENT))
		judge(ret, HEALTH_DEGRADED, "some probes failed");
	else if (models_down && !below(models_down, models, PERCENT - WELL_PERCENT))
		judge(ret, HEALTH_DEGRADED, "some of its models are down");
	else
		judge(ret, HEALTH_HEALTHY, "probes end well");
}
