/*
 * store/expire: what is too old to be kept line by line is added up.
 *
 * Runs of syncs with each sync; samples and payloads when somebody asks (task/expire.h).
 *
 * A provider synced every five minutes leaves 105,000 runs a year, nearly all of
 * which say that nothing moved.  A run says itself how long it is kept (struct
 * store_run); after that it is a part of its day in sync_days, and its row is
 * gone.  Runs that failed, were partial or suspect are kept for good: they are
 * what somebody will ask about.  The newest run with a whole list is kept in any
 * case, because the next suspicion is weighed against it.
 */
#pragma once
#include "store/store.h"

/*
 * Runs wait this long past their time, so that most syncs have nothing to do here
 * but look at the oldest run, and one an hour moves what has come together.
 */
enum { STORE_EXPIRE_EVERY_MS = 3600 * 1000 };

/*
 * However often somebody syncs, of a provider's runs with KEEP_A_DAY the newest so
 * many are kept, half a day's at one every five minutes; the others are over their
 * time, and go when there are so many more.
 */
enum { STORE_EXPIRE_QUIET_MAX = 144, STORE_EXPIRE_QUIET_MORE = 12 };

/*
 * Inside a transaction, after its own run was saved.  When a run of the provider
 * has been over its time for STORE_EXPIRE_EVERY_MS at now_ms (or by
 * STORE_EXPIRE_QUIET_MORE newer ones), all that are over
 * theirs are added to sync_days, by the UTC day they started on, and deleted.
 * Nothing is counted twice or lost: what is in both tables together are all runs
 * that ever were.
 */
bool store_expire_runs(struct store *s, int64_t provider_id, int64_t now_ms, struct err *e);

/* ---- samples ---- */

/*
 * Samples of one endpoint that began in one UTC hour become one row of sample_rollups (store/rollup.h): counts, what
 * was spent, percentiles, and a digest that more can be added to, so that it does not matter in how many steps an
 * hour goes.  What was spent stays in the ledger, line by line.
 *
 * A sample whose row of CSV waits in the spool, or in a batch that is not in the dataset yet, stays; one whose row
 * stands in the open buffer does not: where nobody pushes, that is as far as rows ever get.
 */
enum { STORE_ROLLUP_MS = 3600 * 1000 };

/* One step: the next `limit` samples that began before `before_ms`, in the order in which they began. */
struct store_expiry {
	int64_t before_ms;
	int64_t after_ms, after_id; /* where the step before ended; 0, 0: the first */
	uint64_t limit;
};
struct store_expired {
	uint64_t seen;              /* fewer than `limit`: there are no more */
	uint64_t gone;              /* of them, into rollups; the others stay */
	int64_t after_ms, after_id; /* for the next step */
};
/* A transaction of its own: after it each sample is either there or added up. */
bool store_expire_samples(struct store *s, const struct store_expiry *x, struct store_expired *ret,
			  struct err *e);

/* ---- notices ---- */

/*
 * Of notices that were delivered before `before_ms` the payload becomes {}, of at most `limit` of them; *ret_n of
 * how many.  The notice itself and its attempts stay.  A transaction of its own, or a part of the one that is open.
 */
bool store_expire_payloads(struct store *s, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
			   struct err *e);
