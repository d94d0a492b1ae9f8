/* SPDX-License-Identifier: MIT */
/*
 * paging: a list handed out in pages, in any of four ways of saying where the next one is.
 *
 * token:  "next_page_token" and "has_more" behind the rows; asked for with ?page_token=
 * number: ?page=, from 1 on; "total_pages" behind the rows; a page behind the last is empty
 * url:    "next" behind the rows, a path or null; asked for with ?offset=
 * link:   the header Link, a whole URL; asked for with ?offset=
 *
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

struct paging {
	enum paging_form form;
	size_t size; /* rows of a page */
};

/* Where the list is, as the world knows it, and what it is asked with besides. */
struct paging_place {
	const char *host, *path, *query; /* query: or NULL */
};

const char *paging_name(enum paging_form f);
bool paging_by_name(const char *name, enum paging_form *out);
bool paging_fits(enum paging_form f, const struct dialect *d);

/* The page that `query` asks for, from 1 on; 0 = it is none of ours. */
size_t paging_asked(const struct paging *p, const char *query);
/* Cuts *whole down to that page.  What it says of the next goes into `members` (JSON, each with a
 * comma in front) and `link` (a header's value). */
void paging_cut(const struct paging *p, const struct paging_place *at, const struct fault *f,
		size_t number, struct page *whole, struct buf *members, struct buf *link);
