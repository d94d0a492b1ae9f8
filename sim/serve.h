/* SPDX-License-Identifier: MIT */
/*
 * serve: answers requests for provider paths, /HOST/PATH.
 *
 * A venue is what one list of a provider (or, in replays, one unknown host) currently does to its
 * callers: validators, compression, latency, fault.  Its document is rendered when first asked for after the
 * market moved and kept; so is the gzip variant.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "chat.h"
#include "fault.h"
#include "http.h"
#include "hub.h"
#include "issuer.h"
#include "journal.h"
#include "market.h"
#include "paging.h"
#include "providers.h"
#include "trending.h"

enum { VENUES_MAX = 256, LATENCY_MS_MAX = 600000 };

struct venue {
	char *name;        /* slug, or host of a replayed document */
	struct shop *shop; /* NULL for such a host, as is the list */
	const struct list *list;
	bool etag, gzip, chunked;
	bool bare; /* the array of rows without what stands around it */
	unsigned latency_ms;
	struct fault fault;
	struct paging paging; /* no words: one document is all */
	bool keyed;           /* callers need a key; this and what follows as the list says … */
	enum key_kind key_kind;
	char *key_name; /* or NULL */
	char *ids;      /* … unless a test wants it otherwise */
	size_t ids_max;

	uint64_t version; /* of the shop, when `plain` was rendered */
	struct blob *plain, *gzipped;
	uint64_t hash; /* of plain */
};

struct sim {
	struct market market;
	struct journal journal;
	struct hub hub;
	struct issuer issuer; /* of the tokens that KEY_TOKEN lists take */
	struct trending trending;
	struct chat chat;
	struct venue venues[VENUES_MAX];
	size_t venue_count;
	struct http_server *servers[2]; /* in the clear; with TLS, or NULL */
	char *replay_dir;               /* NULL = the market is simulated */
	unsigned latency_ms;            /* of new venues */
};

void sim_init(struct sim *sim, uint64_t seed, const struct market_size *size, unsigned latency_ms);
void sim_release(struct sim *sim);
/* By slug and name of the list (NULL = the first), or by host name (with a dot), which is then
 * created; NULL when neither or too many. */
struct venue *sim_venue(struct sim *sim, const char *name, const char *list);

/* The lists of trending models; they fail as venues do, models-json as "huggingface.co", the API's as
 * "huggingface.co/api".  false: it is none of them. */
bool serve_trending(struct sim *sim, const struct http_request *rq, struct reply *rp);
/* false: nothing is offered there. */
bool serve_provider(struct sim *sim, const struct http_request *rq, struct reply *rp);
