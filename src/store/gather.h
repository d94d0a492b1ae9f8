/*
 * gather: rows of model_versions, prices and absences put together to states, in memory:
 * what the back ends share of store/past.h.  They read rows, this does the rest.
 */
#pragma once
#include "store/past.h"

/* Which rows. */
struct gather_scope {
	int64_t provider_id; /* 0: all providers */
	const int64_t *ids;  /* not NULL: of these models alone, sorted */
	size_t n_ids;
};

struct gather;

/*
 * Of a state (from_ms is to_ms): what is in force then.  Of moves: what is in force at
 * exactly one of both instants, and every absence that holds at one of them.
 */
struct gather_instants {
	int64_t from_ms, to_ms;
};
struct gather_instants gather_instants(const struct gather *g);

/* What is tracked of a price. */
struct gather_price {
	enum meter meter;
	enum price_state state;
	struct str condition, amount, currency;
};

/* A row that was read; seen_from tells where it belongs.  Where to put the rest of it; cleared. */
struct model *gather_version(struct gather *g, int64_t model_id, int64_t seen_from_ms);
struct gather_price *gather_price(struct gather *g, int64_t model_id, int64_t seen_from_ms);
void gather_absence(struct gather *g, int64_t model_id, int64_t gone_from_ms, int64_t gone_to_ms);
/* What a model is called, after all the others and sorted by slug, id. */
void gather_name(struct gather *g, int64_t model_id, struct str slug, struct str id);

/* Copies that many rows share are made once ("USD"). */
struct str gather_word(struct gather *g, struct str word);
/* What the strings of rows live in. */
struct arena *gather_arena(struct gather *g);

/* Rows of struct store_past_version, store_past_price, store_past_absence. */
enum gather_seen { GATHER_VERSIONS, GATHER_PRICES, GATHER_ABSENCES, GATHER_SEEN };

/* What a back end brings.  All is called inside one reading of one state. */
struct gather_reader {
	/* *ret 0: there is none. */
	bool (*provider)(struct store *s, struct str slug, int64_t *ret, struct err *e);
	bool (*snapshots)(struct store *s, const struct store_snapshot_query *q, struct arena *a,
			  struct store_snapshot **ret, size_t *ret_n, struct err *e);
	/* Versions and prices. */
	bool (*rows)(struct store *s, const struct gather_scope *scope, struct gather *g,
		     struct err *e);
	bool (*absences)(struct store *s, struct gather *g, struct err *e);
	bool (*names)(struct store *s, const struct gather_scope *scope, struct gather *g,
		      struct err *e);
	/* Provider and id of m->model_id; ERR_DATA: there is no such model. */
	bool (*model)(struct store *s, struct arena *a, struct store_past_model *m, struct err *e);
	/* All that was seen of a model, in the order of past.h. */
	bool (*seen)(struct store *s, enum gather_seen what, int64_t model_id, struct arena *a,
		     void **ret, size_t *ret_n, struct err *e);
};

bool gather_past(struct store *s, const struct gather_reader *r, struct str provider, int64_t at_ms,
		 struct arena *a, struct store_past **ret, size_t *ret_n, struct err *e);
bool gather_moves(struct store *s, const struct gather_reader *r, struct str provider,
		  struct gather_instants between, struct arena *a, struct store_move **ret,
		  size_t *ret_n, struct err *e);
bool gather_past_model(struct store *s, const struct gather_reader *r, int64_t model_id,
		       struct arena *a, struct store_past_model *ret, struct err *e);
