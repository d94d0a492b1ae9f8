/* SPDX-License-Identifier: MIT */
/*
 * paging: a list handed out in pages, in any of four ways of saying where the next one is.
 *
 * token:  "next_page_token" and "has_more" behind the rows; asked for with ?page_token=
 * number: ?page=, from 1 on; "total_pages" behind the rows; a page behind the last is empty
 * url:    "next" behind the rows, a path or null; asked for with ?offset=
 * link:   the header Link, a whole URL; asked for with ?offset=
 *
 * A list may have its own words for the first two, and a parameter for the size of a page.
 * A dialect whose document is a bare array says nothing behind its rows: it can do number and link.
 * Page faults (fault.h) bend what is said of the next page, not the rows.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "fault.h"
#include "wire.h"

enum paging_form { PAGING_NONE, PAGING_TOKEN, PAGING_NUMBER, PAGING_URL, PAGING_LINK };

/* The words of a list that comes in pages by nature. */
struct own_pages {
	enum paging_form form;
	const char *parameter;       /* that asks for a page … */
	const char *next;            /* … the member that says with what (token) … */
	const char *last;            /* … and its raw JSON on the last page; NULL = not there */
	const char *more;            /* a member that is true while there are more; or NULL */
	const char *size;            /* parameter for the rows of a page; or NULL … */
	size_t size_usual, size_max; /* … how many without it, and at most */
};

struct paging {
	enum paging_form form;
	size_t size;                 /* rows of a page, or at most so many */
	const struct own_pages *own; /* of the list, or NULL */
};

/* Where the list is, as the world knows it, and what it is asked with besides. */
struct paging_place {
	const char *host, *path, *query; /* query: or NULL */
};

const char *paging_name(enum paging_form f);
bool paging_by_name(const char *name, enum paging_form *out);
bool paging_fits(enum paging_form f, const struct dialect *d);

/* As the list does it by itself; NULL = in one document. */
struct paging paging_of(const struct own_pages *own);
/* With the size that `query` asks for, where the list lets callers ask. */
struct paging paging_sized(const struct paging *p, const char *query);

/* The page that `query` asks for, from 1 on; 0 = it is none of ours. */
size_t paging_asked(const struct paging *p, const char *query);
/* Cuts *whole down to that page.  What it says of the next goes into `members` (JSON, each with a
 * comma in front) and `link` (a header's value). */
void paging_cut(const struct paging *p, const struct paging_place *at, const struct fault *f,
		size_t number, struct page *whole, struct buf *members, struct buf *link);
