/* SPDX-License-Identifier: MIT */
/*
 * history_market: an invented market that moves, for bench_history.
 *
 * Everything follows from the seed.  Sizes of texts are those of the real market's
 * rows, and so are the sizes of the lists: the largest has three quarters of all models
 * and publishes no price, the others have four prices a model on average.  Each day
 * one model in a hundred moves: mostly its prices, which go back one time in seven;
 * models come and go, and of those that go one in six returns.  A provider edits three
 * models at a time on average, as the histories of real catalogs show (of their half
 * days with four edits on average, one in five has none at all).
 */
#pragma once
#include "core/snapshot.h"

enum { MARKET_DAY_MS = 86400000, OFFER_PRICES = 6 };

struct offer {
	struct model model; /* its prices: below */
	struct price prices[OFFER_PRICES];
	uint32_t milli[OFFER_PRICES], before[OFFER_PRICES]; /* $ per 1M tokens, thousandths */
	struct str canonical_id, canonical_evidence;
	struct str line; /* of the canonical text */
	struct hash content;
	int64_t id; /* in the database; 0: not yet */
	bool listed;
	int64_t touched_at_ms; /* one move at a time */
};

struct seller {
	struct str slug;
	bool is_priced;
	int64_t id;
	struct offer **offers; /* ever listed, sorted by id */
	size_t n, room;
};

enum move_kind {
	MOVE_PRICE,
	MOVE_REVERT,
	MOVE_CONTEXT,
	MOVE_CAPABILITY,
	MOVE_GO,
	MOVE_RETURN,
	MOVE_REMOVED, /* nothing moves: a model that went counts as removed from now on */
	MOVE_ADD,
	MOVE_KINDS,
};

struct move {
	int64_t at_ms;
	struct seller *seller;
	struct offer *offer; /* NULL: MOVE_ADD */
	enum move_kind kind;
};

struct market {
	uint64_t random;
	struct arena arena;
	struct seller *sellers;
	size_t n_sellers, n_offers, n_listed;
	struct move *later; /* that follow from earlier ones */
	size_t n_later, later_room;
};

uint64_t market_below(struct market *m, uint64_t n);

void market_open(struct market *m, uint64_t seed, size_t sellers, size_t offers);
void market_close(struct market *m);

/* What moves in the day that begins then, in order of time; good until the next call. */
struct move *market_day(struct market *m, int64_t from_ms, size_t *ret_n);
/*
 * Do it.  A model's new state is in its offer; false: it cannot (it is not listed any
 * more, or has moved at this very moment), and nothing happened.
 */
bool market_move(struct market *m, struct move *move);

/* The name of what a seller offers now. */
void market_name(const struct seller *s, struct hash *ret);
/* Models and prices listed now. */
void market_count(const struct seller *s, uint64_t *ret_models, uint64_t *ret_prices);
