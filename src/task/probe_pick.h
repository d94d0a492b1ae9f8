/*
 * probe_pick: which endpoints of the catalog a cycle asks, and how.
 *
 * Selections: named models (id at a provider, "slug:id", canonical id, Hugging Face id),
 * providers, a query, the first N by a sort, or round-robin: those longest not asked first, one
 * of each provider after the other, as many as the count allows (and the budget, which is
 * asked later).  What was selected and cannot be asked (no key, no chat URL, not a chat model)
 * is told by reason.
 *
 * Pure: rows and descriptors are the caller's and outlive the answer.
 */
#pragma once
#include "provider/descriptor.h"
#include "store/probe.h"

enum pick_sort {
	PICK_OLDEST,  /* asked longest ago, or never */
	PICK_NAME,    /* by provider and id */
	PICK_PRICE,   /* the cheapest first, input and output together; without a price last */
	PICK_CONTEXT, /* the longest first */
};

struct pick_query {
	const struct str *models, *providers; /* none: all */
	size_t n_models, n_providers;         /* providers by slug */
	struct str text;                      /* substring of an id, without case, or absent */
	enum pick_sort sort;
	uint64_t top; /* 0: all */
};

struct pick {
	struct store_endpoint_row endpoint;
	const struct descriptor *provider;
	const struct chat_rule *rule; /* the provider's, for this model */
};
struct pick_skip {
	struct str provider, model, reason;
};

struct pick_from {
	const struct store_endpoint_row *rows; /* of store_load_endpoints() */
	size_t n;
	const struct descriptor *const *providers; /* there is a key for them, or they want none */
	size_t n_providers;
};
struct picked {
	struct pick *picks; /* in the order in which they are to be asked */
	size_t n;
	struct pick_skip *skips; /* in that of the rows */
	size_t n_skips;
};

/* ERR_USAGE names a model that no row has, a provider without rows, a text that nothing has; or there
 * is no row at all. */
bool probe_pick(const struct pick_from *from, const struct pick_query *q, struct arena *a,
		struct picked *ret, struct err *e);
