/*
 * desk: what an operator decides, as the store keeps it: held prices and their
 * reviews, values laid over a provider's, and who did what.  Part of store/store.h's
 * interface, whose conventions hold.
 *
 * A held price is the open row of `prices` (what the provider says) with a review: until
 * that is accepted, and after it was refused, `accepted` is in force.  A review whose
 * price closed is history.
 */
#pragma once
#include "store/store.h"

/* ---- reviews ---- */

enum review_decision {
	REVIEW_OPEN,
	REVIEW_ACCEPTED,
	REVIEW_REFUSED,
	REVIEW_AUTO,       /* seen again often enough */
	REVIEW_SUPERSEDED, /* the provider moved on before anybody decided */
	REVIEW_DECISIONS,
};
/* As in reviews.decision and in tags of changes; of an open one "suspect", its change's tag. */
extern const char *const review_decision_names[REVIEW_DECISIONS];

struct store_review {
	int64_t id, price_id, model_id, provider_id;
	struct str provider, provider_model_id;
	struct str canonical_id; /* absent: matched with no other */
	struct price price;      /* as observed: its key, state, amount and currency only */
	struct str accepted;     /* amount in force while it is held; "0" is free */
	struct str reason;
	int64_t opened_at_ms;
	/*
	 * Complete fetches after the one that opened it in which the model was listed: so far,
	 * or when it was decided.
	 */
	uint64_t sightings;
	enum review_decision decision;
	int64_t decided_at_ms; /* CLOCK_NONE: open */
	struct str decided_by; /* absent: nobody, it was a sync */
	bool is_missing;       /* the model was not in the last complete list */
};

enum store_review_scope {
	REVIEWS_IN_FORCE, /* of one provider: open or refused, and the price is still what is said */
	REVIEWS_WAITING,  /* of all: open ones, oldest first */
	REVIEWS_ALL,      /* of all, decided ones too, oldest first */
	REVIEWS_ONE,      /* by its id */
};
/* `id`: of the provider, or of the review; else of no account.  Those in force by price_id. */
bool store_load_reviews(struct store *s, enum store_review_scope scope, int64_t id, struct arena *a,
			struct store_review **ret, size_t *ret_n, struct err *e);

/* A price as somebody else has it in force: unconditional, positive, in USD, of a listed model. */
struct store_elsewhere {
	struct str canonical_id;
	int64_t provider_id;
	enum meter meter;
	struct str amount;
};
/* All of these canonical ids, at whichever provider; sorted by canonical id, provider. */
bool store_load_elsewhere(struct store *s, const struct str *canonical_ids, size_t n,
			  struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			  struct err *e);

/*
 * What becomes of reviews, inside a transaction and after store_apply() has opened the
 * prices meant: written in the order of the members.
 */
struct store_review_move { /* the price closed and its successor says the same amount */
	int64_t review_id;
	struct str provider_model_id;
	enum meter meter;
	struct str condition;
};
struct store_review_decide {
	int64_t review_id;
	enum review_decision decision; /* not REVIEW_OPEN */
	uint64_t sightings;
};
struct store_review_open { /* of an open price; its change, if it has one, was written at_ms */
	struct str provider_model_id;
	enum meter meter;
	struct str condition;
	struct str accepted, reason;
};
struct store_review_batch {
	int64_t provider_id;
	int64_t at_ms;
	struct str by; /* who decided; absent: the sync */
	const struct store_review_move *moves;
	size_t n_moves;
	/* Only of open ones: another is ERR_DB.  Their changes' tags follow; prices.suspect, too,
	 * when what is observed becomes what is in force. */
	const struct store_review_decide *decides;
	size_t n_decides;
	const struct store_review_open *opens;
	size_t n_opens;
};
bool store_save_reviews(struct store *s, const struct store_review_batch *b, struct err *e);

/* ---- what table `models` shows ---- */

struct store_shown {
	int64_t model_id;
	const struct model *shown;
};
/* Only the columns that a provider's data fill; content_hash and the rest stay. */
bool store_save_shown(struct store *s, int64_t provider_id, int64_t at_ms,
		      const struct store_shown *rows, size_t n, struct err *e);

/* ---- overrides ---- */

struct store_override {
	int64_t id, model_id, provider_id;
	struct str provider, provider_model_id;
	struct str field, value;
	struct str reason, set_by; /* or absent */
	int64_t set_at_ms;
};
/* The open ones of a provider (0: of all), sorted by provider, model and field. */
bool store_load_overrides(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_override **ret, size_t *ret_n, struct err *e);
/*
 * Inside a transaction.  Setting ends the one of before, if there is one; unsetting (value
 * absent) ends it only.  `said`: what the provider says, kept where no other table has it.
 */
struct store_override_write {
	int64_t provider_id, at_ms;
	struct str provider_model_id, field;
	struct str value, reason, set_by;
	struct str said;
};
bool store_save_override(struct store *s, const struct store_override_write *w, struct err *e);

/* A description lives in `models` alone: while another is laid over it, it is kept beside that. */
struct store_said {
	struct str provider_model_id, description;
};
bool store_save_said(struct store *s, int64_t provider_id, const struct store_said *rows, size_t n,
		     struct err *e);

/* ---- operator's columns ---- */

/*
 * Inside a transaction: is_active of a model, or (model_id 0) of the provider.  A model that was removed
 * and comes back has then what is said here.
 */
struct store_active {
	int64_t provider_id, model_id;
	int64_t at_ms;
	bool is_active;
};
bool store_save_active(struct store *s, const struct store_active *w, struct err *e);

/*
 * Inside a transaction: columns of row `providers` that follow its descriptor otherwise.  What is written here
 * stays until it is given back (value absent): then the column holds what the descriptor says.
 * ERR_USAGE for a column that is none of them, and for a flag that is neither "1" nor "0"; *ret_found false:
 * there is no such provider.
 */
struct store_column {
	struct str name, value;
};
struct store_provider_edit {
	struct str slug;
	int64_t at_ms;
	const struct store_column *columns;
	size_t n;
};
bool store_edit_provider(struct store *s, const struct store_provider_edit *w, struct arena *a,
			 struct store_column *ret_before /* [n] */, bool *ret_found, struct err *e);

/* ---- audit ---- */

struct store_audit {
	int64_t at_ms;
	struct str actor, action, object;
	struct str detail; /* JSON of before and after, without secrets */
};
bool store_save_audit(struct store *s, const struct store_audit *row, struct err *e);
