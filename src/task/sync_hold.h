/*
 * sync_hold: prices that are not credible at once.  Inside a sync's transaction, between
 * the comparison and the writing: which of the moved prices are held, what becomes of
 * those that were held before, and what table `models` shows of the models written.
 *
 * The price in force for a key is what was accepted last while the observed one waits for
 * a review or was refused, else the observed one.  A move is judged against it
 * (core/plausible.h).  When the observed value moves again the open review is superseded.
 * One that nobody decides is accepted when enough later complete fetches have repeated it;
 * how many there were is what the snapshots counted (store/desk.h), so a fetch that finds
 * nothing new writes nothing here.  The last of them must say the price itself: one whose row
 * or list could not be read, so that the price was carried over, accepts nothing.
 *
 * Not here: what an operator decides (task/desk.h), what other rules make of the changes
 * (a price's change has its tag from here on; a change dropped later is none of this).
 */
#pragma once
#include "store/desk.h"
#include "task/sync_merge.h"

struct sync_hold {
	struct store_review *reviews; /* in force before this fetch, by price_id */
	bool *done;                   /* [n_reviews]: superseded or moved to another row */
	size_t n_reviews;
	struct store_override *overrides; /* sorted by model */
	size_t n_overrides;
	struct store_review_move *moves;
	struct store_review_decide *decides;
	struct store_review_open *opens;
	size_t *opens_of; /* beside opens: the write that it belongs to */
	size_t n_moves, n_decides, n_opens;
	int64_t *accepted; /* models of which a price was accepted and that are not written else */
	size_t n_accepted;
	struct store_said *said; /* descriptions that lie under an override */
	size_t n_said;
};

/*
 * What is held and what is not any more, into the batch to be written (prices' suspect, tags
 * of changes, `shown`) and *ret.  `m` NULL: the body of last time, only time passes.
 * `judge` false: it is our own reading that moved (a correction), so nothing is held,
 * and what was read otherwise is not held any more.
 */
bool sync_hold_find(struct store *s, struct sync_job *job, struct sync_merge *m, bool judge,
		    struct sync_hold *ret, struct err *e);

/* After store_apply(), at the same instant. */
bool sync_hold_save(struct store *s, struct sync_job *job, const struct sync_hold *h, int64_t at_ms,
		    struct err *e);
