/*
 * desk: where an operator decides: held prices are accepted or refused, values are laid
 * over a provider's.  Each decision is one transaction with its row in audit_log.
 *
 * Neither writes a change nor a snapshot: what a provider says stays as it is, only what
 * table `models` shows follows.
 */
#pragma once
#include "core/plausible.h"
#include "core/shown.h"
#include "store/desk.h"

/* Who decides. */
struct desk_hand {
	struct str actor; /* login name */
	int64_t now_ms;
};

/* ---- what is shown ---- */

/* Of sorted overrides those of one model, and how many. */
const struct store_override *desk_overrides_of(const struct store_override *all, size_t n,
					       struct str provider_model_id, size_t *ret_n);
/* NULL: nothing is held or laid over.  Else as core/shown.h; in the arena. */
const struct model *desk_shown(const struct model *m, const struct shown_price *held, size_t n_held,
			       const struct store_override *overrides, size_t n_overrides,
			       struct arena *a);
/*
 * Models of a provider as they are in force: what is observed, less what is held, with an operator's
 * values laid over.  Their prices may be in no order.  The same order as the ids.
 */
bool desk_load_shown(struct store *s, int64_t provider_id, const int64_t *model_ids, size_t n,
		     struct arena *a, const struct model **ret /* [n] */, struct err *e);
/*
 * Write anew what `models` shows of these models of a provider, by the reviews and
 * overrides as they are now.  Inside a transaction.
 */
bool desk_show(struct store *s, int64_t provider_id, int64_t at_ms, const int64_t *model_ids,
	       size_t n, struct arena *a, struct err *e);

/* ---- reviews ---- */

/* The median of others' prices for a review's meter, out of store_load_elsewhere()'s rows. */
struct price_elsewhere desk_elsewhere(const struct store_elsewhere *rows, size_t n,
				      struct str canonical_id, int64_t provider_id,
				      enum meter meter, struct arena *a);

struct desk_review {
	struct store_review review;
	struct str
		ratio; /* observed / accepted, to 12 significant digits; absent unless both are positive */
	struct str band;                  /* or absent */
	struct price_elsewhere elsewhere; /* as it is now */
};
/* Open ones, or `all`; oldest first. */
bool desk_list_reviews(struct store *s, bool all, struct arena *a, struct desk_review **ret,
		       size_t *ret_n, struct err *e);

/* ERR_DATA when there is no such review, or it is decided. */
bool desk_decide(struct store *s, int64_t review_id, enum review_decision decision,
		 const struct desk_hand *by, struct arena *a, struct store_review *ret,
		 struct err *e);

/* ---- overrides ---- */

struct desk_override {
	struct store_override override;
	struct str said; /* what the provider says, as core/shown.h spells it; absent: nothing */
};
/* Of one provider (slug) or, absent, of all. */
bool desk_list_overrides(struct store *s, struct str provider, struct arena *a,
			 struct desk_override **ret, size_t *ret_n, struct err *e);

/* What an operator wants of a field of a model. */
struct desk_wish {
	struct str provider, model; /* slug, provider_model_id */
	struct str field;
	struct str value, reason; /* as typed; of no account when a field is given back */
};
/* ERR_USAGE for a field or value that is none, ERR_DATA for a provider or model that is not stored. */
bool desk_set_override(struct store *s, const struct desk_wish *w, const struct desk_hand *by,
		       struct arena *a, struct desk_override *ret, struct err *e);
/*
 * One field of many, inside a transaction whose row in audit_log is the caller's: set, or given back
 * (value absent), for which nothing need be laid over it.  What it was before, whoever said so, into
 * *ret_before.  Of `w` provider and reason are of no account but for what is kept.
 */
bool desk_lay(struct store *s, int64_t provider_id, int64_t model_id, const struct desk_wish *w,
	      const struct desk_hand *by, struct arena *a, struct str *ret_before, struct err *e);
/* ERR_DATA, too, when nothing is laid over the field. */
bool desk_unset_override(struct store *s, const struct desk_wish *w, const struct desk_hand *by,
			 struct arena *a, struct desk_override *ret, struct err *e);
