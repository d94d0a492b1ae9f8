/*
 * quote: what a model cost at an instant, by what was seen of it until then.
 *
 *	what somebody typed ▶ store.names ▶ store.past_model ▶ in force then ▶ core.bill
 *
 * Prices are those that the provider published, held ones (suspect) too: what an
 * operator laid over them is what `models` shows, not what the provider said.  Reads only.
 */
#pragma once
#include "core/bill.h"
#include "store/past.h"

struct quote_query {
	struct str provider; /* slug */
	struct str model;    /* its id there, exactly, or in other letter case if only one has it */
	struct bill_use use; /* use.at_ms: the instant asked about, may lie ahead */
};

struct quote {
	struct store_past_model past;
	int64_t first_seen_ms;
	const struct store_past_absence *absence; /* it was not listed then; NULL: it was */
	struct store_snapshot *state;             /* the provider's then; NULL: none is kept */
	/*
	 * In force then, in an absence those of before it: `rows` says who saw them when,
	 * `prices` are the same once more, side by side for core/bill.h.
	 */
	const struct store_past_price **rows; /* [n] */
	struct price *prices;                 /* [n], in key order */
	size_t n;
	struct bill bill; /* no lines: nothing was counted */
};

/*
 * ERR_DATA for a provider of which nothing is stored, for a name that none of its
 * models has (with those most alike), that several have, and for an instant before
 * the model was first seen.
 */
bool quote_find(struct store *s, const struct quote_query *q, struct arena *a, struct quote *ret,
		struct err *e);
