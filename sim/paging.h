/* SPDX-License-Identifier: MIT */
/*
 * paging: a list handed out in pages, in any of four ways of saying where the next one is.
 *
 * token:  a token of the next page; where `after_ids`, the token is the id of the last row
 * number: pages are counted from 1 on; a page behind the last is empty
 * url:    the path of the next page, asked for with an offset
 * link:   the header Link, a whole URL with an offset
 *
 * What the members and parameters are called and where they stand is data: struct paging_words.
 * A list of a provider that pages by nature has words of its own (providers.c); for tests every
 * other list can be told to page in one of the forms, and then takes the ordinary words of it.
 * Told not to page, a list that does so by nature answers with one page that has all rows.
 * A dialect whose document is a bare array says nothing behind its rows: it can do number and link.
 * Page faults (fault.h) bend what is said of the next page, and the rows only where nothing else
 * can say it:
 *
 * page_cut           the page says that it is the last one
 * page_nowhere       more is said to follow, but not where; without such a member it is page_cut
 * page_token_type    what leads on, or the number of pages, is an object
 * page_repeated      the page behind this one is itself; by number, it has the rows of the page before
 * page_loop          behind the last comes the first; by number, there is always one more
 * page_size_ignored  every page has all rows
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fault.h"
#include "market.h"
#include "wire.h"

enum { PAGING_MEMBERS_MAX = 6 };

enum paging_form { PAGING_NONE, PAGING_TOKEN, PAGING_NUMBER, PAGING_URL, PAGING_LINK };

enum paging_fact {                  /* what a member says */
		   PAGING_NEXT,     /* the token or path of the next page */
		   PAGING_MORE,     /* whether there is one */
		   PAGING_FIRST_ID, /* of the rows of this page; null when it is empty */
		   PAGING_LAST_ID,
		   PAGING_PAGE,     /* the number of this one, from 1 on */
		   PAGING_PAGES,    /* how many there are */
		   PAGING_PER_PAGE, /* rows of a full page … */
		   PAGING_COUNT,    /* … and of this one */
		   PAGING_TOTAL,    /* rows in all */
};

/* What the last page says of a next one. */
enum paging_end { PAGING_END_EMPTY, PAGING_END_NULL, PAGING_END_ABSENT };

struct paging_member {
	const char *key;
	enum paging_fact fact;
};

struct paging_words {
	enum paging_form form;
	const char *parameter;      /* of the query, for the page */
	const char *size_parameter; /* to ask for smaller pages; NULL = nobody can */
	const char *inside; /* key of the object that holds the members; NULL = beside the rows */
	enum paging_end end;
	bool after_ids; /* the token is an id: what is asked for begins behind that row */
	struct paging_member members[PAGING_MEMBERS_MAX]; /* up to the first without a key */
};

struct paging {
	const struct paging_words *words; /* NULL: one document is all */
	size_t size;                      /* rows of a page */
};

/* Where the list is, as the world knows it, what it is asked with besides, and what is in it. */
struct paging_place {
	const char *host, *path, *query; /* query: or NULL */
	const struct shop *shop;
	struct selection select;
};

/* Of providers that page by nature. */
extern const struct paging_words paging_after_ids, paging_cohere, paging_google, paging_cloudflare,
	paging_fireworks, paging_fal;

const char *paging_name(const struct paging_words *w); /* NULL is "none" */
/* The words of a form: `nature` if it is of that form, else the ordinary ones; NULL for "none". */
bool paging_by_name(const char *name, const struct paging_words *nature,
		    const struct paging_words **out);
bool paging_fits(const struct paging_words *w, const struct dialect *d);

/* The page that `query` asks for, from 1 on; 0 = it is none of ours.  *p is made smaller when
 * smaller pages are asked for. */
size_t paging_asked(struct paging *p, const struct paging_place *at, const char *query);
/* Cuts *whole down to that page.  What it says of the next goes into `members` (JSON, each with a
 * comma in front) and `link` (a header's value). */
void paging_cut(const struct paging *p, const struct paging_place *at, const struct fault *f,
		size_t number, struct page *whole, struct buf *members, struct buf *link);
