/*
 * pack: documents made small for keeping, zlib format (RFC 1950), fast.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* Compressed copy; aborts only for lack of memory. */
struct str pack(struct str bytes, struct arena *a);

/*
 * The other way: exactly `n` bytes are expected, with `padding` zero bytes
 * behind them.  ERR_PARSE when they do not come out.
 */
bool unpack(struct str packed, size_t n, size_t padding, struct arena *a, struct str *ret,
	    struct err *e);
