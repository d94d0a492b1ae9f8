#include "net/retry.h"

#include <stdlib.h>
#include <sys/random.h>

void chance_seed(struct chance *c)
{
	if (getrandom(&c->state, sizeof(c->state), 0) != (ssize_t)sizeof(c->state))
		abort();
}

/* splitmix64: every seed will do. */
uint64_t chance_next(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

bool retry_status(long status)
{
	return status == 429 || (status >= 500 && status <= 599);
}

uint64_t retry_wait_ms(uint32_t base_ms, unsigned nth, uint64_t asked_s, struct chance *c)
{
	const uint64_t longest_ms = RETRY_AFTER_MAX_S * 1000;
	unsigned doublings = nth < 17 ? nth - 1 : 16;
	uint64_t wait_ms = (uint64_t)base_ms << doublings;

	if (wait_ms > longest_ms)
		wait_ms = longest_ms;
	wait_ms = wait_ms - wait_ms / 4 + chance_next(c) % (wait_ms / 2 + 1);
	return wait_ms > asked_s * 1000 ? wait_ms : asked_s * 1000;
}
