/*
 * parallel: one job's work cut in pieces and done at once.
 *
 * Fork and join: the pieces run on threads of their own but for the first, which
 * runs on the caller's, and all have ended when the call returns.  For work of
 * tens of milliseconds on a pool thread; a thread costs some tens of
 * microseconds.  Pieces share nothing that any of them writes.
 */
#pragma once
#include <stddef.h>

enum { PARALLEL_MAX = 2 }; /* pieces worth cutting: more gains little and takes cores from others */

typedef void parallel_fn(void *piece);

/* fn(pieces + i * size) for i in [0, n), n <= PARALLEL_MAX. */
void parallel_run(parallel_fn *fn, void *pieces, size_t size, size_t n);
