/*
 * retry: when to try again, and how long to wait before.  Pure.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { RETRY_AFTER_MAX_S = 60 };

/* A number without pattern; not for secrets. */
struct chance {
	uint64_t state;
};
void chance_seed(struct chance *c);
uint64_t chance_next(struct chance *c);

/* 429 and 5xx: the server may think otherwise later. */
bool retry_status(long status);

/*
 * Before the nth retry (1, 2 …): base doubled each time, ± 25 %, at most a
 * minute; never less than what the server asked for (0: nothing).
 */
uint64_t retry_wait_ms(uint32_t base_ms, unsigned nth, uint64_t asked_s, struct chance *c);
