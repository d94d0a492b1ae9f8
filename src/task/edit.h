/*
 * edit: what an operator writes into rows of `models` and `providers`, so that it outlives every sync.
 *
 * Of a model: is_active, and any field of core/shown.h, laid over what the provider says (task/desk.h).  Of a
 * provider: is_active, and the columns that follow its descriptor, which they do no more until they are
 * given back.  One edit is one transaction with one row in audit_log, which has each value before and after.
 *
 * Not here: who may, and how it was asked for (web/).
 */
#pragma once
#include "store/view.h"
#include "task/desk.h"

struct edit_value {
	struct str field;
	struct str value; /* as typed; a flag: "yes", "no"; absent: given back */
};

struct edit {
	int64_t id; /* of the row */
	const struct edit_value *values;
	size_t n;
	int is_active;     /* 0 1; -1: stays */
	struct str reason; /* or absent */
	struct str action; /* for the audit: "api.model.patch" */
	struct str peer;   /* who asked from where, for the audit; or absent */
};

/*
 * *ret_found false: there is no such row.  ERR_USAGE for a field or value that is none.  *ret_provider: slug.
 * In the arena.
 */
bool edit_model(struct store *s, const struct edit *w, const struct desk_hand *by, struct arena *a,
		struct str *ret_provider, bool *ret_found, struct err *e);
bool edit_provider(struct store *s, const struct edit *w, const struct desk_hand *by,
		   struct arena *a, struct str *ret_provider, bool *ret_found, struct err *e);

/*
 * A message from outside that asks for something, taken at most once (store/receipt.h), with its row in audit_log.
 * *ret_new false: it was taken before, and nothing is written.
 */
struct edit_message {
	struct str action, provider, id, detail;
	int64_t keep_ms;
};
bool edit_take_message(struct store *s, const struct edit_message *m, const struct desk_hand *by,
		       bool *ret_new, struct err *e);
/* One that was taken and came to nothing: it may come again.  With its own row in audit_log. */
bool edit_drop_message(struct store *s, const struct edit_message *m, const struct desk_hand *by,
		       struct err *e);

/* Something that was done and wrote nothing else: its row in audit_log, in a transaction of its own. */
bool edit_note(struct store *s, const struct desk_hand *by, struct str action, struct str object,
	       struct str detail, struct err *e);
