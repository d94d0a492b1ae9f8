/*
 * pack: documents made small for keeping: gzip (RFC 1952), fast.
 *
 * A large document becomes several gzip members, packed at once, which together
 * are one gzip file like any other.  net/decode.h unpacks it.
 */
#pragma once
#include "base/arena.h"

/* Compressed copy in the arena; aborts only for lack of memory. */
struct str pack(struct str bytes, struct arena *a);
