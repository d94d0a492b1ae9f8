/*
 * purse: money by provider, added up exactly; whether a request fits into what is left.  Pure.
 *
 * The back ends read what was spent and write what is granted; the rule is here.  Amounts
 * are decimals that are only ever added: nothing is subtracted, so nothing drifts.
 */
#pragma once
#include "base/arena.h"
#include "store/probe.h"

#define PURSE_DAY_MS INT64_C(86400000)

struct purse_entry {
	struct str provider;
	int64_t day_ms; /* UTC midnight, or whatever else tells entries apart */
	struct dec amount;
	uint64_t requests;
};
struct purse {
	struct arena *a;
	struct purse_entry *entries; /* by purse_sort(): in order of day, provider */
	size_t n, room;
};

/* The midnight before (or at) an instant. */
int64_t purse_day(int64_t at_ms);

/* The provider's name is copied when it is new. */
bool purse_add(struct purse *p, struct str provider, int64_t day_ms, const struct dec *amount,
	       uint64_t requests, struct err *e);
bool purse_add_text(struct purse *p, struct str provider, int64_t day_ms, struct str amount,
		    uint64_t requests, struct err *e);
/* So that two who write the same rows at a time never wait for each other. */
void purse_sort(struct purse *p);
/* Of one provider, or (absent) of all. */
bool purse_sum(const struct purse *p, struct str provider, struct dec *ret, struct err *e);

/* Grants in order what still fits; what is granted is in the purse from then on.  Ids are not set. */
bool purse_grant(struct purse *p, const struct store_budget *b, struct store_reservation *r,
		 size_t n, struct err *e);
/* Nothing was granted after all. */
void purse_revoke(struct store_reservation *r, size_t n);

/* ---- what a sample does to the ledger ---- */

enum purse_end {
	PURSE_NOTHING, /* no reservation and no cost: no row */
	PURSE_COST,    /* what was charged */
	PURSE_WORST,   /* nobody knows: the worst case stays */
	PURSE_UNSENT,  /* released */
};
enum purse_end purse_end_of(const struct store_sample *s);
/* Of its row: "settled", "released". */
const char *purse_state(enum purse_end end);
/* What its row says from then on, in `out`; NULL: what it says already. */
const char *purse_amount(const struct store_sample *s, enum purse_end end, char out[DEC_TEXT_MAX]);
/* A column that is never NULL. */
struct str purse_source(struct str price_source);
