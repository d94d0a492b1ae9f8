/*
 * clock: the one source of time.
 *
 * Wall time is milliseconds since 1970 in UTC and may be frozen for the whole
 * process, or set ahead (setting ASSAY_NOW): replays and tests turn it instead of waiting.
 * Monotonic time is never frozen; durations and time-outs use it.  Text is
 * RFC 3339, always UTC, milliseconds and 'Z' when we write it.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define CLOCK_TEXT_MAX 32
/* No instant: an absent date. */
#define CLOCK_NONE INT64_MIN
/* The last millisecond of the year 9999; an instant lies between 0 and this. */
#define CLOCK_LAST INT64_C(253402300799999)

int64_t clock_now_ms(void);        /* wall, possibly frozen or shifted */
int64_t clock_real_ms(void);       /* wall, never turned: what processes arrange among themselves */
uint64_t clock_mono_us(void);      /* monotonic, microseconds */
void clock_freeze(int64_t now_ms); /* CLOCK_NONE: let it run again */
void clock_shift(int64_t by_ms); /* it runs, that much ahead of the computer's; negative: behind */
bool clock_is_frozen(void);

/* "2026-08-22T14:03:00.000Z"; returns `out`.  What lies outside becomes the nearest end. */
const char *clock_text(int64_t ms, char out[CLOCK_TEXT_MAX]);
/*
 * RFC 3339 with any offset and any fraction (digits past the millisecond are
 * dropped), or a bare date "2026-12-31", which is its midnight in UTC.
 * Years 1970 to 9999.
 */
bool clock_parse(struct str text, int64_t *ret_ms, struct err *e);
