/* SPDX-License-Identifier: MIT */
/*
 * journal: the requests that reached provider paths, for GET /sim/requests.
 *
 * The last JOURNAL_MAX are kept.  Each is named by a ticket, because its bytes are counted while
 * they are sent, long after it was written down.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "http.h"

enum { JOURNAL_MAX = 1000 };

struct journal_entry {
	uint64_t ticket; /* 0 = unused */
	char *json;      /* what is known at once: method, path, query, headers, provider */
	int status;      /* 0 = not answered */
	uint64_t bytes;  /* of the body, as sent */
};

struct journal {
	bool bodies; /* keep those of requests, too */
	struct journal_entry entries[JOURNAL_MAX];
	uint64_t last; /* ticket; tickets start at 1 */
};

uint64_t journal_note(struct journal *j, const struct http_request *rq, int status);
void journal_sent(struct journal *j, uint64_t ticket, size_t bytes);
void journal_write(struct buf *out, const struct journal *j); /* JSON array, oldest first */
void journal_clear(struct journal *j);
