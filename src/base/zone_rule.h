/*
 * zone_rule: when clocks are changed in years to come: POSIX' TZ strings as they stand at the end of
 * TZif files, "CET-1CEST,M3.5.0,M10.5.0/3".  A part of zone.h.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

enum zone_day {
	ZONE_DAY_JULIAN,  /* Jn: 1..365, 29 February is never counted */
	ZONE_DAY_OF_YEAR, /* n: 0..365, it is */
	ZONE_DAY_OF_WEEK, /* Mm.w.d: the w-th weekday d of month m, 5: the last */
};
struct zone_change {
	enum zone_day day;
	int month, week, n; /* n: day, or weekday (0: Sunday) */
	int32_t at_s;       /* of the local day, by the clock of before; may lie on another day */
};
struct zone_rule {
	int32_t standard, summer; /* seconds east */
	bool has_summer;
	struct zone_change begin, end; /* of summer */
};

bool zone_rule_parse(struct str text, struct zone_rule *ret);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at_s);
