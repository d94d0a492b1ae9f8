/*
 * frame: is this head of a request one that every reader of HTTP reads alike?  Pure.
 *
 * libmicrohttpd 0.9.75 takes a bare LF for the end of a line, a NUL for the end of a value or of the head, two
 * Content-Lengths, folded lines, more than one space.  A proxy before us may read any of those otherwise and let a second request through
 * inside the first.  The library does not tell; but it cuts the head in place, putting NULs over "\r\n" and ':',
 * and hands out pointers into it, so that what lies between them says what stood there:
 *
 *	METHOD\0TARGET\0HTTP/1.1\0\0Name\0 value\0\0Name\0 value\0\0\0\0
 *
 * Whatever is not exactly like that is refused.  libmicrohttpd 1.0 refuses those heads by itself and cuts otherwise:
 * there frame_check_layout() is not asked.
 */
#pragma once
#include "base/str.h"

struct frame_header {
	struct str name, value; /* pointers of the library's */
};

struct frame {
	const char *method, *version;
	size_t n_target; /* bytes of path and query, as the library told them */
	size_t n_head;   /* bytes of the head from `method` to the empty line's end */
	const struct frame_header *headers;
	size_t n_headers; /* in their order */
};

/* NULL, or a sentence about what is wrong. */
const char *frame_check_layout(const struct frame *f);
/* The same about names, values, lengths. */
const char *frame_check_headers(const struct frame *f);
