/*
 * notice: what is owed to hooks and webhooks, and what came of each attempt.
 *
 * A notice is a row of `outbox`, written in the transaction of the changes that
 * it tells of: where the changes are, it is.  Its payload is complete from then on; every
 * attempt says the same under the same id.  Who delivers holds a lease (store.h) while he
 * does, looks for the oldest one that is due, tries, and writes down what came of
 * it.  Killed in between, the notice is still due: at least once, never never.
 *
 * Part of the interface of store.h, with its rules.
 */
#pragma once
#include "store/store.h"

enum notice_kind {
	NOTICE_HOOK,    /* a provider's state moved: two hashes */
	NOTICE_WEBHOOK, /* a sync's changes of one provider, grouped */
	NOTICE_KINDS,
};
extern const char *const notice_kind_names[NOTICE_KINDS];

struct store_notice {
	int64_t id; /* the store's */
	enum notice_kind kind;
	int64_t at_ms;
	int64_t provider_id;
	struct str provider;               /* slug; only read, never written */
	int64_t endpoint_id;               /* 0: a hook's, which has none */
	int64_t first_change, last_change; /* ids of table changes; 0: none */
	struct str payload;                /* JSON */
	uint64_t attempts;                 /* so far */
	int64_t due_at_ms;
};
/* Inside a transaction, behind its changes (PostgreSQL: under their lock). */
bool store_save_notice(struct store *s, const struct store_notice *n, struct err *e);

/* The one of that kind that has been due for longest by then, and is not done. */
bool store_next_notice(struct store *s, enum notice_kind kind, int64_t due_by_ms, struct arena *a,
		       struct store_notice *ret, bool *ret_found, struct err *e);

/* One attempt, and what becomes of the notice. */
struct store_delivery {
	int64_t notice_id;
	int64_t endpoint_id;
	int64_t at_ms;
	uint64_t attempt; /* 1, 2 … */
	int64_t status;   /* HTTP status, or exit code of a hook; -1: none */
	int64_t duration_ms;
	struct str error; /* absent: there was none */
	bool done;        /* delivered, or, with a reason, given up */
	struct str given_up;
	int64_t due_at_ms;  /* not done: when to try again */
	bool endpoint_gone; /* it is switched off, and what it is owed besides given up */
};
/* A transaction of its own, or part of the one that is open. */
bool store_save_delivery(struct store *s, const struct store_delivery *d, struct err *e);

/* Who is told.  The whole URL and the secret never enter the database. */
struct store_endpoint {
	int64_t id;
	struct str name;
	struct str url;       /* scheme and host */
	struct str url_print; /* base/keyprint.h, of the whole */
	struct str format;
	struct str secret_env; /* the variable that has the secret */
	bool is_active;
};
bool store_load_endpoint(struct store *s, struct str name, struct arena *a,
			 struct store_endpoint *ret, bool *ret_found, struct err *e);
/* Inserted, or put in place of the one of that name; a transaction of its own. */
bool store_save_endpoint(struct store *s, const struct store_endpoint *p, int64_t now_ms,
			 int64_t *ret_id, struct err *e);

/* A provider's changes of one sync, ascending by id. */
bool store_load_changes_at(struct store *s, int64_t provider_id, int64_t at_ms, struct arena *a,
			   struct store_change_row **ret, size_t *ret_n, struct err *e);
