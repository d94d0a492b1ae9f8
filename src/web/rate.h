/*
 * rate: at most so many a minute, of each name.
 *
 * A name that kept quiet may have its whole minute's worth at once.  Names are few and known (slugs of
 * providers): they are never forgotten.  On the loop.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

struct rate;

struct rate *rate_create(uint32_t per_minute);
void rate_destroy(struct rate *r); /* NULL is fine */
/* False: not now, but in *ret_wait_s seconds. */
bool rate_take(struct rate *r, struct str name, uint64_t now_us, uint64_t *ret_wait_s);
/* What was taken last was not used. */
void rate_give_back(struct rate *r, struct str name);
