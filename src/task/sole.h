/*
 * sole: the one service of a database.
 *
 * The lease "serve", taken when the service starts and made to last while it runs.  That of a
 * process which is gone from this host is free at once, another host's after its end; one that slept
 * past that may find somebody else there.  Clocks of hosts do not matter where the database has one of its own.
 */
#pragma once
#include "store/store.h"

enum { SOLE_LEASE_MS = 15 * 60 * 1000, SOLE_RENEW_MS = 5 * 60 * 1000 };

struct sole {
	struct store_lease lease; /* name empty: not ours */
	bool taken_by_other;      /* the last sole_take() found somebody else there */
};

/*
 * Also again.  ERR_BUSY says who has it, or that the database was locked: nothing is known then, and
 * what was ours still is.  Store thread.
 */
bool sole_take(struct store *s, struct sole *ret, struct err *e);
/* Best effort: it ends by itself. */
void sole_release(struct store *s, struct sole *mine);
