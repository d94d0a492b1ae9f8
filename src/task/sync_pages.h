/*
 * sync_pages: a list that comes in pages: all of them or none.
 *
 *	loop: ask ─▶ page ─▶ worker: decode, parse, where is the next? ─▶ loop: ask …
 *
 * While a page is with the worker nothing else of the job is: other lists may be
 * on their way.  The bodies are kept as they came, together at most body_max
 * bytes, until sync_read() takes them up like a single document's.
 *
 * A list that is asked by ids (form ids) comes so, too: what to ask for is known
 * beforehand, from the first list.
 *
 * In table `documents` such a list is one JSON text sequence (RFC 7464): each page
 * between U+001E, which no JSON holds, and a line feed.
 */
#pragma once
#include "task/sync_job.h"

/* Loop thread: fetch the chain; ends in sync_list_fetched(). */
void sync_pages_start(struct sync_list *l);

/* Worker: are they the ones accepted before?  If not they go into l->document. */
void sync_pages_open(struct sync_list *l);
/* Worker: every page parsed, in place. */
bool sync_pages_parse(struct sync_list *l, struct reader_list *ret, struct err *e);

/* Worker: the same, as values of their own; *ret holds what there is on failure, too. */
bool sync_pages_parse_apart(const struct sync_list *l, struct arena *a, struct reader_list *ret,
			    struct err *e);

void sync_pages_free_values(struct sync_list *l); /* no pages: fine */
void sync_pages_free(struct sync_list *l);

/*
 * A document as it was kept, of one page or many.  *ret holds what was parsed so
 * far on failure, too.
 */
bool sync_pages_reread(struct str kept, struct arena *a, struct reader_list *ret, struct err *e);
