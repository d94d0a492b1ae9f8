#include "core/cadence.h"

#include <inttypes.h>
#include <math.h>

enum {
	MS_PER_S = 1000,
	MS_PER_MIN = 60 * MS_PER_S,
	MS_PER_HOUR = 60 * MS_PER_MIN,
	MS_PER_DAY = 24 * MS_PER_HOUR,
	TWO_OF = 2, /* below two hours minutes are told, below two days hours */
};

double cadence_rate(uint64_t visits, uint64_t changed, int64_t span_ms)
{
	double n = (double)visits;
	double days = (double)span_ms / MS_PER_DAY;

	if (visits < CADENCE_VISITS || span_ms <= 0)
		return -1;
	return -log((n - (double)changed + 0.5) / (n + 0.5)) * n / days;
}

static int64_t clamp(double ms, const struct cadence_input *in)
{
	if (ms >= (double)in->max_ms)
		return in->max_ms;
	return ms <= (double)in->min_ms ? in->min_ms : (int64_t)ms;
}

/* ---- in words ---- */

static const char *span_text(int64_t ms, char out[CADENCE_SPAN_MAX])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { MS_PER_DAY, "days" }, { MS_PER_HOUR, "h" }, { MS_PER_MIN, "min" } };
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && ms < TWO_OF * units[i].ms)
		i++;
	if (ms < TWO_OF * MS_PER_MIN)
		(void)snprintf(out, CADENCE_SPAN_MAX, "%g s", (double)ms / MS_PER_S);
	else
		(void)snprintf(out, CADENCE_SPAN_MAX, "%.3g %s", (double)ms / (double)units[i].ms,
			       units[i].name);
	return out;
}

void cadence_say(char reason[CADENCE_REASON_MAX], int64_t every_ms, const char *why)
{
	char span[CADENCE_SPAN_MAX];

	(void)snprintf(reason, CADENCE_REASON_MAX, "%s: every %s", why, span_text(every_ms, span));
}

/* ---- how often ---- */

/* From what was seen of it alone. */
static int64_t by_rate(const struct cadence_input *in, double per_day)
{
	double p = in->cheap ? CADENCE_P_CHEAP : CADENCE_P;

	if (per_day < 0)
		return clamp((double)CADENCE_FIRST_MS, in);
	return per_day > 0 ? clamp(-log(1 - p) / per_day * MS_PER_DAY, in) : in->max_ms;
}

/* Sooner than usual at first, for what went wrong may be over; then ever later. */
static int64_t again_after(const struct cadence_input *in, int64_t usual_ms)
{
	int64_t most = usual_ms > CADENCE_RETRY_MAX_MS ? usual_ms : CADENCE_RETRY_MAX_MS;
	int64_t ms = in->min_ms;

	for (uint64_t i = 1; i < in->failures && ms < most; i++)
		ms *= 2;
	return clamp((double)(ms < most ? ms : most), in);
}

static void explain(const struct cadence_input *in, bool aged, struct cadence *ret)
{
	char why[CADENCE_REASON_MAX / 2];

	if (in->failures)
		(void)snprintf(why, sizeof(why), "%" PRIu64 " failure%s in a row", in->failures,
			       in->failures == 1 ? "" : "s");
	else if (ret->changes_per_day < 0)
		(void)snprintf(why, sizeof(why), "%" PRIu64 " of %d visits that tell something",
			       in->visits, CADENCE_VISITS);
	else
		(void)snprintf(why, sizeof(why),
			       "%.2g changes a day (%" PRIu64 " of %" PRIu64 " visits)%s",
			       ret->changes_per_day, in->changed, in->visits,
			       aged ? ", its max-age" : "");
	cadence_say(ret->reason, ret->interval_ms, why);
}

void cadence_of(const struct cadence_input *in, struct cadence *ret)
{
	double per_day = cadence_rate(in->visits, in->changed, in->span_ms);
	int64_t usual_ms = by_rate(in, per_day);
	bool aged = in->max_age_ms > usual_ms;

	if (aged)
		usual_ms = clamp((double)in->max_age_ms, in);
	ret->changes_per_day = per_day;
	ret->interval_ms = in->failures ? again_after(in, usual_ms) : usual_ms;
	explain(in, aged, ret);
}
