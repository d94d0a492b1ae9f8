/* SPDX-License-Identifier: MIT */
/*
 * chat: the endpoints that are asked for chats, on Hugging Face's router and at home.
 *
 * Each answers as its programme says (programme.h) unless a mishap is due (mishap.h), and all that
 * happened stands in the log (chat_log.h).  What an endpoint draws follows from the seed, its name
 * and how often it was asked, not from the order in which endpoints are asked.
 *
 * Programmes and mishaps hold for a provider, a model, both, or everybody.  Of programmes the
 * closest counts (provider and model, provider, model, everybody).  Of mishaps the first one set
 * that is due; one with a number of times is gone after so many requests.
 * A provider is called by its slug, and on the router also by its name there.
 *
 * Its control routes (all members and outcomes: GET /sim/chat/help):
 *	POST /sim/chat?provider=&model=&latency=&gap=&…   a programme goes on from what held before
 *	POST /sim/chat?provider=&model=&outcome=&times=&skip=&chance=&retry_after=   a mishap, or none
 *	                       … also as a JSON object, or an array of them; reset=1 forgets all first
 *	GET  /sim/chat/log?since=&limit=&clear=1   a line a request: n, via, provider, model, outcome,
 *	                       class (what an honest reader calls it, null: that depends), status, stream,
 *	                       tls, gone, conn, nth (on that connection), bytes, digests (body, headers,
 *	                       key), prompt, stamps (accepted, read, first, content, last, end), pieces
 *	GET  /sim/chat/counts  per endpoint asked, answered, ended; now and most: answers under way
 *	GET  /sim/chat/requests   the newest ones whole
 *	POST /sim/door?kind=&times=&tls=   how connections are received (http.h)
 *	GET, POST /sim/trending   trending.h
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "chat_log.h"
#include "http.h"
#include "journal.h"
#include "market.h"
#include "mishap.h"
#include "programme.h"
#include "trending.h"

enum { ENDPOINT_BUCKETS = 4096 };

struct aim { /* whom something holds for; NULL: whoever */
	char *provider, *model;
};

struct ruling {
	struct aim aim;
	struct programme programme;
};

struct due {
	struct aim aim;
	const struct mishap *mishap;
	uint64_t times; /* left; 0: for good */
	uint64_t skip;  /* so many requests go well before */
	double chance;  /* 0 … 1 */
	uint64_t retry_after;
};

/* What a provider is called: as it was addressed, or by its slug (NULL: it has none). */
struct names {
	const char *addressed, *slug, *model;
};

struct chat {
	uint64_t seed;
	struct market *market;
	const struct trending *trending;
	struct endpoint *buckets[ENDPOINT_BUCKETS];
	struct ruling *rulings;
	size_t ruling_count;
	struct due *dues;
	size_t due_count;
	struct chat_log log;
	struct journal journal; /* the newest requests whole */
	uint64_t now, most;     /* answers under way; the most ever */
};

void chat_init(struct chat *c, uint64_t seed, struct market *m, const struct trending *t);
void chat_release(struct chat *c);

/* false: nobody chats there. */
bool chat_serve(struct chat *c, const struct http_request *rq, struct reply *rp);
void chat_told(struct chat *c, uint64_t ticket, enum telling what, uint64_t at_us);

/* The control routes; they return what is wrong with the request, or NULL. */
const char *chat_control(struct chat *c, const struct http_request *rq, struct buf *out);
void chat_counts(const struct chat *c, struct buf *out);
void chat_help(struct buf *out); /* the names that chat_control() knows */
void chat_clear(struct chat *c); /* log and counts */

/* For chat_orders.c. */
struct programme chat_programme(const struct chat *c, const struct names *n);
void aim_release(struct aim *a);
void chat_drop_due(struct chat *c, size_t i);
void chat_forget(struct chat *c); /* all that was ordered */
