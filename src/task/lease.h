/*
 * lease: who does something just now, among processes (store/store.h).
 *
 * A holder that is gone from this host is found out here and his lease taken over at
 * once; one elsewhere keeps it to its end.  Asking never waits: the loop asks again.
 */
#pragma once
#include "store/store.h"

/*
 * Store thread, outside a transaction.  `name` must outlive *ret_mine.  *ret_taken false:
 * *ret_holder says who has it.  Taking one's own again makes it last longer.
 */
bool lease_take(struct store *s, struct str name, int64_t lasts_ms, struct arena *a,
		bool *ret_taken, struct store_lease *ret_mine, struct store_lease *ret_holder,
		struct err *e);
/* Nobody has taken it since, because it ran out or by hand. */
bool lease_is_ours(struct store *s, const struct store_lease *mine, bool *ret, struct err *e);
