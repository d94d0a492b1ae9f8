/* SPDX-License-Identifier: MIT */
#include "rng.h"

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct rng rng_from(uint64_t seed, const char *subject, uint64_t number)
{
	struct rng r = { .state = seed };

	for (; *subject; subject++)
		r.state = rng_next(&r) ^ (unsigned char)*subject;
	r.state = rng_next(&r) ^ number;
	return r;
}

size_t rng_below(struct rng *r, size_t n)
{
	return (size_t)(rng_next(r) % n);
}

bool rng_chance(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}
