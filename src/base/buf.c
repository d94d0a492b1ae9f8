#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_release(struct buf *b)
{
	free(b->at);
	*b = BUF_INIT(b->max);
}

void buf_wipe(struct buf *b)
{
	if (b->at)
		explicit_bzero(b->at, b->room);
	buf_release(b);
}

bool buf_reserve(struct buf *b, size_t n)
{
	size_t room = b->room ? b->room : 256;
	char *grown;

	if (n > b->max || b->n > b->max - n) {
		b->overflowed = true;
		return false;
	}
	if (b->n + n + 1 <= b->room)
		return true;
	while (room < b->n + n + 1)
		room += room / 2 + 1;
	/* Never more than max and its NUL: buf_add_char() looks at the room alone. */
	if (room > b->max && b->max < SIZE_MAX)
		room = b->max + 1;
	grown = realloc(b->at, room);
	if (!grown)
		abort();
	b->at = grown;
	b->room = room;
	return true;
}

void buf_add_slowly(struct buf *b, const void *bytes, size_t n)
{
	if (b->overflowed || !buf_reserve(b, n))
		return;
	memcpy(b->at + b->n, bytes, n);
	b->n += n;
	b->at[b->n] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		abort();
	if (b->overflowed || !buf_reserve(b, (size_t)n))
		return;
	va_start(args, format);
	(void)vsnprintf(b->at + b->n, (size_t)n + 1, format, args);
	va_end(args);
	b->n += (size_t)n;
}
