/*
 * lag: how long the loop was away from its sockets.
 *
 * A stamp is taken where bytes are read; between the moment when the loop's wait
 * for sockets ended and the moment when it waits again, nothing can be stamped.  The
 * longest such stretch is the most by which a stamp of that time can be wrong.
 * Loop thread only.
 */
#pragma once
#include "base/loop.h"

struct lag;

/* Before the loop runs, or from within it. */
struct lag *lag_create(struct loop *l);
void lag_destroy(struct lag *g); /* its handle is closed in the next round; NULL is fine */

/* The longest stretch since then, microseconds, the running one included. */
int64_t lag_since_us(const struct lag *g, uint64_t then_us);
