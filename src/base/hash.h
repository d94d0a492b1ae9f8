/*
 * hash: SHA-256, whole or piece by piece; and SHA-1, where others name things by it.
 *
 * Nothing here fails but for lack of memory, which aborts.
 */
#pragma once
#include "base/str.h"

enum { HASH_BYTES = 32, HASH_TEXT_MAX = 65 };

struct hash {
	unsigned char bytes[HASH_BYTES];
};

void hash_bytes(const void *bytes, size_t n, struct hash *ret);

static inline bool hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

const char *hash_text(const struct hash *h, char out[HASH_TEXT_MAX]);
bool hash_parse(struct str text, struct hash *ret); /* 64 lower-case hex digits */

/* Piece by piece; one hasher serves many hashes in turn. */
struct hasher;

struct hasher *hasher_create(void);      /* begun */
struct hasher *hasher_create_sha1(void); /* for hasher_end_text() alone */
void hasher_destroy(struct hasher *h);   /* NULL is fine */
void hasher_add(struct hasher *h, const void *bytes, size_t n);
void hasher_end(struct hasher *h, struct hash *ret); /* and begin anew */
/* As lower-case hex digits, of either kind: 64 or 40. */
const char *hasher_end_text(struct hasher *h, char out[HASH_TEXT_MAX]);
