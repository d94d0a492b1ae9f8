/* SPDX-License-Identifier: MIT */
/*
 * history: what the parts of bench_history share.
 */
#pragma once
#include "history_market.h"
#include "store/store.h"

#define YEAR_BEGINS_MS 1755820800000LL /* 2025-08-22 */

/* What a sync that finds nothing new repeats. */
struct state {
	struct hash hash;
	uint64_t models, prices;
	int64_t last_ms;
};

extern const char *database_url;

/* Ends the program with the error's sentence. */
void check(bool ok, const struct err *e);
/* Of a filled database; their offers are not read. */
struct seller *find_sellers(struct store *s, size_t n, struct state *states, struct arena *a);

/* history_ask.c */
void ask(struct store *s, char **argv);
void states(struct store *s, char **argv);
