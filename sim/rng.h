/* SPDX-License-Identifier: MIT */
/*
 * rng: the one source of chance, so that a seed names a whole history.
 *
 * SplitMix64.  Everything that looks random in the market comes from a struct rng that was seeded
 * from --seed; wall clock, addresses and hash order are never consulted.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

struct rng rng_from(uint64_t seed, const char *subject, uint64_t number);
uint64_t rng_next(struct rng *r);
size_t rng_below(struct rng *r, size_t n); /* 0 … n-1; n > 0 */
bool rng_chance(struct rng *r, unsigned percent);
