/*
 * market: one name for the states of all providers at an instant.
 *
 * The SHA-256 of a text of one line per provider that has a state, sorted bytewise by slug:
 *
 *	SLUG HASH\n
 *
 * HASH is the 64 hex digits of its state (core/snapshot.h).  Anybody can work it out:
 * `assay snapshots --json` prints both.
 */
#pragma once
#include "base/hash.h"

struct market_state {
	struct str provider; /* slug */
	struct hash hash;
};

/* Sorted by slug, none twice. */
void market_hash(const struct market_state *states, size_t n, struct hash *ret);
