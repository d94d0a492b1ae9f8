/*
 * past: what was, out of the rows that tell from when until when they were seen.
 * A part of store.h's interface; reading only.
 *
 * The state of a provider at an instant T is, for each model that is not absent at T
 * (absences), its version of T and its prices of T: seen_from <= T < seen_to.  Its
 * canonical text (core/snapshot.h) hashes to the snapshot in force at T, which is the
 * provider's newest with first_at <= T.  Before its first snapshot a provider has no
 * state.
 *
 * A snapshot that a correction of our own took away in the very instant it began was
 * in force at no instant (until_ms == first_ms): its name is known, its state is gone.
 */
#pragma once
#include "store/store.h"

struct store_snapshot {
	int64_t id, provider_id;
	struct str provider; /* slug */
	struct hash hash;
	int64_t first_ms, last_ms; /* complete fetches that found it */
	int64_t until_ms;          /* first_ms of the one after it; CLOCK_NONE: it is in force */
	uint64_t syncs, models, prices;
};

struct store_snapshot_query {
	struct str provider; /* slug; absent: all */
	struct str prefix;   /* lower-case hex digits that the hash begins with; absent: any */
	int64_t at_ms;       /* only those in force then; CLOCK_NONE: of any time */
	uint64_t limit;      /* the newest so many; 0: all */
};

/* The newest first; with at_ms sorted by slug, one a provider at most. */
bool store_list_snapshots(struct store *s, const struct store_snapshot_query *q, struct arena *a,
			  struct store_snapshot **ret, size_t *ret_n, struct err *e);

/* What is tracked of a provider's state: raw, unit, source and validity of prices are absent. */
struct store_past {
	struct store_snapshot snapshot; /* in force then */
	struct catalog catalog;         /* sorted, prices in key order */
};

/* Of one provider or (absent) of all, sorted by slug: those that had a state then. */
bool store_load_past(struct store *s, struct str provider, int64_t at_ms, struct arena *a,
		     struct store_past **ret, size_t *ret_n, struct err *e);

/*
 * A model of which something may differ between two instants, and as much of it as may:
 * prices that stand unmoved in both are in neither, and where no tracked column moved
 * both have none.  One that is in a single state is whole.
 */
struct store_move {
	struct str provider;          /* slug */
	struct model *before, *after; /* NULL: not in that state */
};

/*
 * Between from_ms and to_ms, from_ms <= to_ms, of one provider or (absent) of all; sorted
 * by slug, id.  Each model that differs is among them, with all in which it differs;
 * one that does not may be, too.
 */
bool store_load_moves(struct store *s, struct str provider, int64_t from_ms, int64_t to_ms,
		      struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e);

/* ---- one model, all its time ---- */

/* Times are when it was seen: from from_ms until before to_ms (CLOCK_NONE: still). */
struct store_past_version {
	int64_t id, from_ms, to_ms;
	struct model model; /* tracked columns; no prices */
};
struct store_past_price {
	int64_t id, from_ms, to_ms;
	struct price price; /* with raw, unit, source and validity */
	struct str suspect; /* why it is implausible, or absent */
};
struct store_past_absence {
	int64_t id, from_ms, to_ms;
	int64_t removed_ms; /* when it was confirmed; CLOCK_NONE: not */
};
struct store_past_model {
	int64_t model_id;
	struct str provider, provider_model_id; /* slug, id */
	struct store_past_version *versions;    /* each list by from_ms, then id */
	size_t n_versions;
	struct store_past_price *prices; /* by key first */
	size_t n_prices;
	struct store_past_absence *absences;
	size_t n_absences;
};

/* ERR_DATA when there is no such row; one that was never observed has empty lists. */
bool store_load_past_model(struct store *s, int64_t model_id, struct arena *a,
			   struct store_past_model *ret, struct err *e);
