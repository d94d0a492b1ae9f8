/*
 * rules: what the store answers and keeps for the rules over time (task/sync_rules.h):
 * who is missing since when, what went with many others, what a value was before.
 *
 * A part of the interface of store.h and under its rules.  The rows of `absences`
 * themselves are written by store_apply(); what a rule decides is the task's.
 */
#pragma once
#include "store/store.h"

/* A model that is not listed and not back. */
struct store_absence {
	int64_t model_id;
	struct str model;         /* provider_model_id */
	int64_t gone_from_ms;     /* the first complete fetch without it */
	int64_t incident_id;      /* 0: it went by itself */
	int64_t removed_at_ms;    /* CLOCK_NONE: pending, its removal is not confirmed */
	int64_t deprecated_at_ms; /* as the provider said last, or CLOCK_NONE */
};
/* Of a provider all that are pending, sorted by id (bytewise). */
bool store_load_pending(struct store *s, int64_t provider_id, struct arena *a,
			struct store_absence **ret, size_t *ret_n, struct err *e);
/* Of given models, confirmed or not; one that is not absent gets model_id 0. */
bool store_load_absences(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			 struct store_absence *ret /* [n], same order */, struct err *e);

/*
 * Complete fetches of a provider, run-length as its snapshots are: those that began
 * at or after since_ms, the newest first.  Those that could not say who is missing
 * (struct store_batch, unheard) are not among the n.
 */
struct store_fetches {
	int64_t first_at_ms;
	uint64_t n;
};
bool store_load_fetches(struct store *s, int64_t provider_id, int64_t since_ms, struct arena *a,
			struct store_fetches **ret, size_t *ret_n, struct err *e);

/* What the newest change of a field of a model said it was before. */
struct store_field {
	struct str model, field;
};
struct store_previous {
	bool found; /* there was a change of it */
	struct str old_value;
};
bool store_load_previous(struct store *s, int64_t provider_id, const struct store_field *fields,
			 size_t n, struct arena *a, struct store_previous *ret /* [n] */,
			 struct err *e);

/* Many models of one provider going at once. */
enum store_incident_kind {
	INCIDENT_SUSPECT, /* the list that lacks them was not taken over */
	INCIDENT_MISSING, /* it was: members are absences */
	INCIDENT_KINDS,
};
extern const char *const store_incident_kinds[INCIDENT_KINDS];

struct store_incident {
	int64_t id;
	enum store_incident_kind kind;
	int64_t opened_at_ms;
	uint64_t members, returned;
};
/* Those of a provider that are open, the oldest first. */
bool store_load_incidents(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_incident **ret, size_t *ret_n, struct err *e);
bool store_open_incident(struct store *s, int64_t provider_id, enum store_incident_kind kind,
			 int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e);

/* What becomes of one, added to what its row says. */
struct store_incident_step {
	int64_t id;
	bool adopt;           /* it is one of kind missing from now on */
	int64_t members;      /* more, or fewer */
	uint64_t returned;    /* more */
	int64_t closed_at_ms; /* CLOCK_NONE: as it was */
};
bool store_step_incident(struct store *s, const struct store_incident_step *step, struct err *e);
