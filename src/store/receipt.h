/*
 * receipt: messages from outside that were taken already.
 *
 * Who hears a signed message again (a sender that did not get our answer, somebody who recorded it)
 * must not act on it twice, after a restart neither.  A message is known for keep_ms, which has to be
 * longer than its signature holds.
 *
 * Part of the interface of store.h, with its rules.
 */
#pragma once
#include "store/store.h"

/*
 * *ret_new: the message `id` for that provider was not taken in the keep_ms before at_ms, and is from now on.
 * Older ones are dropped.  A transaction of its own, or a part of the one that is open; of two processes that
 * take the same one at a time one finds it new.
 */
bool store_take_receipt(struct store *s, struct str provider, struct str id, int64_t at_ms,
			int64_t keep_ms, bool *ret_new, struct err *e);
/*
 * What it asked for was not begun: the message may come again, as if it had never been taken.  None there: nothing
 * happens.  A transaction of its own, or a part of the one that is open.
 */
bool store_drop_receipt(struct store *s, struct str provider, struct str id, struct err *e);
