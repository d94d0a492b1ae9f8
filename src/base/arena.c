#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGN = 16, BLOCK_FIRST = 4096, BLOCK_MAX = 1 << 20 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(ALIGN) char bytes[];
};

/*
 * A large block is about to be filled: one call for its pages is cheaper than a
 * fault for each.  A wish; kernels before 5.14 do not know it.
 */
static void populate(void *p, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	enum { PAGE = 4096, LARGE = 1 << 18 };
	uintptr_t from = ((uintptr_t)p + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(uintptr_t)(PAGE - 1);

	if (size >= LARGE && size <= BLOCK_MAX + PAGE)
		(void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#else
	(void)p;
	(void)size;
#endif
}

static struct arena_block *block_create(struct arena *a, size_t size)
{
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (!b)
		abort();
	populate(b, sizeof(*b) + size);
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->taken += sizeof(*b) + size;
	return b;
}

static void next_block(struct arena *a, size_t least)
{
	size_t size = BLOCK_FIRST;
	struct arena_block *b;

	while (size < least || (size < BLOCK_MAX && size < a->taken))
		size *= 2;
	b = block_create(a, size);
	a->at = b->bytes;
	a->end = b->bytes + size;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (size > BLOCK_MAX / 4)
		return block_create(a, size)->bytes;
	if ((size_t)(a->end - a->at) < size || !a->at)
		next_block(a, size);
	p = a->at;
	a->at += size;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	p = arena_alloc(a, bytes);
	memset(p, 0, bytes);
	return p;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->blocks;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	*a = ARENA_INIT;
}

void arena_adopt(struct arena *a, struct arena *from)
{
	struct arena_block **end = &a->blocks;

	/* Behind a's own: the newest ordinary block stays first. */
	while (*end)
		end = &(*end)->next;
	*end = from->blocks;
	a->taken += from->taken;
	*from = ARENA_INIT;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy;

	if (str_is_none(s))
		return s;
	copy = arena_alloc(a, s.n + 1);
	memcpy(copy, s.at, s.n);
	copy[s.n] = '\0';
	return (struct str){ copy, s.n };
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(copy, s.at, s.n);
	copy[s.n] = '\0';
	return copy;
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *out;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		abort();
	out = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	(void)vsnprintf(out, (size_t)n + 1, format, args);
	va_end(args);
	return (struct str){ out, (size_t)n };
}
