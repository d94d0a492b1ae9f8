#include "base/fingerprint.h"

#include <stdlib.h>
#include <xxhash.h>

enum { SEEDS = 2 };

struct fingerprinter {
	XXH3_state_t *states[SEEDS];
};

/* Canonical byte order: a database may move between machines. */
static void put(struct hash *ret, size_t seed, XXH128_hash_t h)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, h);
	memcpy(ret->bytes + seed * sizeof(canonical), &canonical, sizeof(canonical));
}

_Static_assert(SEEDS * sizeof(XXH128_canonical_t) == HASH_BYTES, "both halves fill a hash");

void fingerprint_bytes(const void *bytes, size_t n, struct hash *ret)
{
	for (size_t i = 0; i < SEEDS; i++)
		put(ret, i, XXH3_128bits_withSeed(bytes, n, i));
}

struct fingerprinter *fingerprinter_create(void)
{
	struct fingerprinter *f = malloc(sizeof(*f));

	if (!f)
		abort();
	for (size_t i = 0; i < SEEDS; i++) {
		f->states[i] = XXH3_createState();
		if (!f->states[i] || XXH3_128bits_reset_withSeed(f->states[i], i) != XXH_OK)
			abort();
	}
	return f;
}

void fingerprinter_destroy(struct fingerprinter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < SEEDS; i++)
		(void)XXH3_freeState(f->states[i]);
	free(f);
}

void fingerprinter_add(struct fingerprinter *f, const void *bytes, size_t n)
{
	for (size_t i = 0; i < SEEDS; i++)
		if (XXH3_128bits_update(f->states[i], bytes, n) != XXH_OK)
			abort();
}

void fingerprinter_end(const struct fingerprinter *f, struct hash *ret)
{
	for (size_t i = 0; i < SEEDS; i++)
		put(ret, i, XXH3_128bits_digest(f->states[i]));
}
