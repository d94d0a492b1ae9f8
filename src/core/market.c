#include "core/market.h"

void market_hash(const struct market_state *states, size_t n, struct hash *ret)
{
	struct hasher *h = hasher_create();
	char text[HASH_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		hasher_add(h, states[i].provider.at, states[i].provider.n);
		hasher_add(h, " ", 1);
		hasher_add(h, hash_text(&states[i].hash, text), HASH_TEXT_MAX - 1);
		hasher_add(h, "\n", 1);
	}
	hasher_end(h, ret);
	hasher_destroy(h);
}
