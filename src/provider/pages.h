/*
 * pages: a list that comes in pages, and what one page says of the next.
 *
 * Pure: a parsed page and the headers it came with → what to ask for next, or
 * that this was the last.  Whoever asks resolves references, sees to it that a
 * key goes nowhere else, and counts bytes (task/sync_pages.c).
 *
 * ERR_DATA: what stands there is no token, URL or count.  ERR_PARTIAL: the chain
 * breaks off, or goes in a circle.  ERR_LIMIT: it is too long.
 */
#pragma once
#include "provider/descriptor.h"

enum { PAGES_MAX = 1000, PAGE_TOKEN_MAX = 8192 /* bytes of a token or URL */ };

/* A page that came. */
struct page {
	yyjson_val *root;
	size_t number;       /* from 1 on */
	struct str link;     /* its header Link, all of them joined by commas; or absent */
	int64_t total_pages; /* as the page before it said; 0 where none did */
};

/* What to ask for next. */
struct pages_next {
	bool more;
	struct str url;       /* forms token and number; else absent ... */
	struct str reference; /* ... and this is to be resolved against the page's own URL */
	int64_t total_pages;  /* for the next page; 0 where nothing is said */
};

/* Where the first page is; not of form ids. */
struct str pages_first(const struct list *l, struct arena *a);

/*
 * Form ids: what to ask for, one URL after the other, so that each of the ids is asked
 * for once.  A URL holds at most `size` of them, fewer where it would get too long.
 */
bool pages_of_ids(const struct list *l, const struct str *ids, size_t n, struct arena *a,
		  struct str **ret, size_t *ret_n, struct err *e);

/* The array of rows in a page.  ERR_DATA when there is none. */
bool pages_rows(const struct list *l, yyjson_val *root, yyjson_val **ret, struct err *e);

bool pages_next(const struct list *l, const struct page *p, struct arena *a, struct pages_next *ret,
		struct err *e);

/* ERR_PARTIAL when the last of n pages shows that another follows. */
bool pages_check_end(const struct list *l, yyjson_val *last, size_t n, struct err *e);

/*
 * ERR_PARTIAL when all that could be read of one page stood on earlier ones: it is
 * the same page again, or all of them are the whole list.  Page i is what ends
 * before models[ends[i]].
 */
bool pages_check_repeats(const struct model *models, const size_t *ends, size_t n, struct err *e);
