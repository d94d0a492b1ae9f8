/*
 * market: a small market, synced, and what is asked of it, for suites of the contract.
 */
#pragma once
#include "store/kit.h"

struct fixture {
	KIT_FIXTURE;
};

/* acme/large and acme/small. */
struct catalog market_two(struct fixture *f);
struct contract_counts market_sync(struct fixture *f, const struct catalog *c, int64_t at_ms);
int64_t market_provider(struct fixture *f, const char *slug);
struct store_row *market_rows(struct fixture *f, const char *slug, size_t *ret_n);
struct store_state market_state(struct fixture *f, const char *slug);
struct store_totals market_totals(struct fixture *f);
struct store_observed market_observed(struct fixture *f, int64_t id);
/* Everything a sync may write but the run and the snapshot. */
char *market_dump(void);
void market_save_run(struct fixture *f, struct store_run r);

/* A provider as its descriptor has it; its row follows. */
struct store_provider market_acme(void);
void market_follow(struct fixture *f, const struct store_provider *p, int64_t now_ms);
