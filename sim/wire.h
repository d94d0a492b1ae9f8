/* SPDX-License-Identifier: MIT */
/*
 * wire: from the truth to a provider's own document.
 *
 * A writer renders a whole list in one provider's dialect.  The page says what to leave out or
 * bend: honest documents use page_whole(), the document faults of fault.c use the rest.  A writer
 * that cannot bend in some way (no total, no next link) ignores that member.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct shop;

struct page {
	size_t rows;             /* the first so many rows */
	size_t total;            /* what the document claims to have in all */
	bool counted;            /* claim it */
	bool has_next;           /* link to a next page */
	bool rows_as_object;     /* wrong shape: an object where the list belongs */
	const struct buf *extra; /* rendered rows, comma separated, put after the others; or NULL */
};

typedef void wire_write_fn(struct buf *out, const struct shop *s, const struct page *p);

struct page page_whole(const struct shop *s);

wire_write_fn wire_openrouter;
