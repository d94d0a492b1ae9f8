/* SPDX-License-Identifier: MIT */
/*
 * fault: the ways in which a provider can fail, each switched on by name.
 *
 * Three sorts: *page* faults bend the document before it is written (fault_page), *byte* faults
 * bend how any document travels (fault_send), *canned* faults answer without a document.
 * Replayed documents take all but page faults.
 * A dialect that cannot state a total has no half_list_counted, one without links no next_page:
 * such a fault is refused (400), because it would be another one under its name.
 * The page_… faults are of lists in pages and bend what a page says of the next (paging.h); on one
 * document they do nothing.
 * Where a list is asked for ids its answers are counted from the moment on when the fault was set:
 * `page` is the number of one of them.
 * A half_list of a dialect that never counts looks like an honest shrink; only its size tells.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "http.h"
#include "wire.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_EMPTY_LIST,
	FAULT_GZIP_BOMB,
	FAULT_GZIP_GARBAGE,
	FAULT_GZIP_TRUNCATED,
	FAULT_HALF_LIST,
	FAULT_HALF_LIST_COUNTED,
	FAULT_HOSTILE,
	FAULT_HTML,
	FAULT_INVALID_JSON,
	FAULT_NEXT_PAGE,
	FAULT_NOT_OBJECT,
	FAULT_NULL_BODY,
	FAULT_OVERSIZE,
	FAULT_PAGE_CUT,
	FAULT_PAGE_LOOP,
	FAULT_PAGE_NOWHERE,
	FAULT_PAGE_REPEATED,
	FAULT_PAGE_SIZE_IGNORED,
	FAULT_PAGE_TOKEN_TYPE,
	FAULT_REDIRECT,
	FAULT_RESET,
	FAULT_RESET_EARLY,
	FAULT_SLOW_DRIP,
	FAULT_STATUS,
	FAULT_TIMEOUT,
	FAULT_TRUNCATED,
	FAULT_TRUNCATED_CHUNKED,
	FAULT_WRONG_SHAPE,
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	int status;            /* of FAULT_STATUS */
	int64_t retry_after_s; /* -1 = no header */
	uint64_t times;        /* requests left; 0 = until cleared */
	uint64_t page;         /* only this page of a list in pages; 0 = every */
	uint64_t answered;     /* so far, by a list that is asked for ids */
	char *location;        /* of FAULT_REDIRECT; owned */
	char *part;            /* of FAULT_HOSTILE; owned, NULL = all */
};

const char *fault_name(enum fault_kind k);
bool fault_by_name(const char *name, enum fault_kind *out);
void fault_clear(struct fault *f);

/* Whether the dialect has words for it. */
bool fault_fits(enum fault_kind k, const struct dialect *d);

/* Page faults: true when the document must be written anew as *p says; p->extra then points to
 * *extra, which the caller releases. */
bool fault_page(const struct fault *f, const struct dialect *d, struct page *p, struct buf *extra);
/* All others: true when it filled the reply.  `document` stays the caller's. */
bool fault_send(const struct fault *f, const struct blob *document, struct reply *rp);
