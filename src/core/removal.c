#include "core/removal.h"

enum { INCIDENT_ROWS = 5, INCIDENT_PERCENT = 3 };

enum removal removal_judge(const struct removal_rule *rule, const struct removal_case *c,
			   int64_t now_ms)
{
	int64_t hold_ms = c->in_incident ? rule->incident_hold_ms : rule->hold_ms;

	if (c->fetches < rule->fetches)
		return REMOVAL_PENDING;
	if (!c->in_incident && c->deprecated_at_ms != CLOCK_NONE && c->deprecated_at_ms <= now_ms)
		return REMOVAL_ANNOUNCED;
	return now_ms - c->gone_from_ms >= hold_ms ? REMOVAL_LASTED : REMOVAL_PENDING;
}

bool removal_is_incident(size_t gone, size_t present)
{
	return gone >= INCIDENT_ROWS && gone * 100 >= present * INCIDENT_PERCENT;
}
