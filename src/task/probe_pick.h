/*
 * probe_pick: which endpoints of the catalog a cycle asks, and how.
 *
 * Selections: named models (id at a provider, canonical id, Hugging Face id), providers, a query,
 * the first N by a sort, or round-robin: those longest not asked first, as many as the budget
 * and the count allow.  What cannot be asked (no chat URL, no key, not a chat model) is
 * told by reason.
 */
#pragma once
#include "provider/descriptor.h"
#include "store/probe.h"
#include "task/probe.h"

enum pick_sort { PICK_OLDEST, PICK_NAME, PICK_PRICE, PICK_CONTEXT };

struct pick_query {
	const struct str *models, *providers; /* none: all */
	size_t n_models, n_providers;
	struct str text; /* substring, or absent */
	enum pick_sort sort;
	uint64_t top; /* 0: all */
};

struct pick {
	struct store_endpoint_row endpoint;
	const struct descriptor *provider;
};
struct pick_skip {
	struct str provider, model, reason;
};
/* From rows of store_load_endpoints(); picks in the order in which they are to be asked. */
bool probe_pick(const struct store_endpoint_row *rows, size_t n,
		const struct descriptor *const *providers, size_t n_providers,
		const struct pick_query *q, struct arena *a, struct pick **ret, size_t *ret_n,
		struct pick_skip **ret_skips, size_t *ret_n_skips, struct err *e);
