/*
 * arena: memory that dies together.
 *
 * One arena per job (one provider's sync, one command).  Everything the job
 * builds is taken from it and released by a single arena_release().  Memory
 * comes in blocks that double up to 1 MiB; a request above a quarter of that
 * gets a block of its own.  Allocation never returns NULL: out of memory aborts, so what a
 * peer can make us allocate is bounded before it gets here (net/: body_max).
 * Not thread-safe: an arena belongs to one job, which may move between
 * threads but is in one at a time.
 */
#pragma once
#include "base/str.h"

#include <stdarg.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *at, *end;             /* free part of the newest ordinary block */
	size_t taken;               /* bytes obtained from malloc, for the tests of limits */
};

#define ARENA_INIT ((struct arena){ 0 })
/* A local that cleans itself up. */
#define ARENA_AUTO(name) struct arena name __attribute__((cleanup(arena_release))) = ARENA_INIT

void arena_release(struct arena *a);

/* All that `from` holds becomes a's and lives as long; `from` is empty afterwards. */
void arena_adopt(struct arena *a, struct arena *from);

/* `size` bytes, aligned to 16, not cleared. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, alloc_size(2)));
/* n objects of `size`, cleared; aborts when the product overflows. */
void *arena_zalloc(struct arena *a, size_t n, size_t size) __attribute__((malloc));
#define arena_new(a, type)      ((type *)arena_zalloc((a), 1, sizeof(type)))
#define arena_array(a, n, type) ((type *)arena_zalloc((a), (n), sizeof(type)))

/* A copy with a NUL behind it (not counted in n); absent stays absent. */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
