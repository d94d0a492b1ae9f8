/*
 * zone: local time of a place, from the system's tzdata.
 *
 * Reads TZif files (RFC 8536) of /usr/share/zoneinfo; TZDIR names another folder.  setenv("TZ") and
 * localtime() are process-wide and no good in threads.  UTC needs no file.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

struct zone;

/* "Europe/Berlin"; ERR_CONFIG for a name that is none (also "../x"), ERR_IO names the file.  In the arena. */
bool zone_load(struct str name, struct arena *a, struct zone **ret, struct err *e);
/* Seconds east of UTC at that instant (ms). */
int zone_offset_s(const struct zone *z, int64_t at_ms);
/*
 * The first instant at or after `from_ms` at which clocks there show HH:MM.  A time that a change of
 * clocks skips: the instant of that change; one that it repeats: the first.
 */
int64_t zone_next(const struct zone *z, int64_t from_ms, int hour, int minute);
