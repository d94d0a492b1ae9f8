/*
 * buf: bytes that grow up to a maximum.
 *
 * Appending past `max` sets a sticky mark instead of failing each time: append
 * freely, ask buf_overflowed() once at the end.  An overflowed buffer keeps
 * what fitted and ignores the rest.  The bytes are malloc'd and always followed
 * by a NUL once anything was appended; buf_release() gives them back.
 */
#pragma once
#include "base/str.h"

struct buf {
	char *at;
	size_t n, room;
	size_t max;
	bool overflowed;
};

#define BUF_INIT(maximum) ((struct buf){ .max = (maximum) })
#define BUF_AUTO(name, maximum) \
	struct buf name __attribute__((cleanup(buf_release))) = BUF_INIT(maximum)

void buf_release(struct buf *b);
/* For secrets: overwrite, then release.  Reserve enough at once: growing leaves copies behind. */
void buf_wipe(struct buf *b);
#define BUF_SECRET_AUTO(name, maximum) \
	struct buf name __attribute__((cleanup(buf_wipe))) = BUF_INIT(maximum)

static inline void buf_clear(struct buf *b)
{
	b->n = 0;
	b->overflowed = false;
}
static inline bool buf_overflowed(const struct buf *b)
{
	return b->overflowed;
}
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->at ? b->at : "", b->n };
}

/* Make room for n more bytes; false (and the mark) when that passes max. */
bool buf_reserve(struct buf *b, size_t n);
void buf_add_slowly(struct buf *b, const void *bytes, size_t n);
/* In the header because texts are made of many short pieces, most of a length known here. */
static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!b->overflowed && n < b->room - b->n) {
		if (n)
			memcpy(b->at + b->n, bytes, n);
		b->n += n;
		b->at[b->n] = '\0';
	} else if (n) {
		buf_add_slowly(b, bytes, n);
	}
}
static inline void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.at, s.n);
}
static inline void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
