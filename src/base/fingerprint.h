/*
 * fingerprint: recognise the same bytes again, at the speed of memory.
 *
 * 256 bits of XXH3 (two seeds of its 128), in a struct hash.  For questions that
 * only this program asks itself: is this body, is this row, the one of last time?
 * Whoever could forge a match is the one who publishes the bytes, and has simpler
 * ways to leave us ignorant.  Names that others rely on (snapshots) are SHA-256:
 * base/hash.h.
 */
#pragma once
#include "base/hash.h"

void fingerprint_bytes(const void *bytes, size_t n, struct hash *ret);

/* Piece by piece. */
struct fingerprinter;

struct fingerprinter *fingerprinter_create(void);    /* begun */
void fingerprinter_destroy(struct fingerprinter *f); /* NULL is fine */
void fingerprinter_add(struct fingerprinter *f, const void *bytes, size_t n);
void fingerprinter_end(const struct fingerprinter *f, struct hash *ret);
