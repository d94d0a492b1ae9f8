/*
 * store/expire: what is too old to be kept line by line is added up.
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
