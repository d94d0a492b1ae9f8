/*
 * compare: who offers the same weights, and at what price, cheapest first.
 *
 *	what somebody typed ▶ store.names ▶ one canonical id ▶ store.offers ▶ core.offer
 *
 * Reads only.
 */
#pragma once
#include "core/offer.h"
#include "store/store.h"

struct compare_query {
	/*
	 * The first of these that is stored: a canonical id; a provider's id, also as
	 * "PROVIDER:ID"; what identity_of() makes of it as a Hugging Face id, as a
	 * provider's id; the part of a canonical id behind '/'; a part of ids.  Case
	 * never counts.
	 */
	struct str model;
	const struct str *providers; /* slugs; none: all */
	size_t n_providers;
	struct offer_use use;
};

struct comparison {
	/* Absent: a provider's id that is matched with no other, at each who writes it so. */
	struct str canonical_id;
	struct store_offer *offers; /* [n], at least one */
	/*
	 * Beside the offers, which are in its order (core/offer.h).  Offers that are not
	 * listed any more stand behind those that are; ties by provider, id.
	 */
	struct offer_cost *costs;
	size_t n;
};

/*
 * ERR_DATA for a name that nobody has (with those most alike), that is part of
 * several (with some of them), or that none of the providers asked for offers.
 */
bool compare_models(struct store *s, const struct compare_query *q, struct arena *a,
		    struct comparison *ret, struct err *e);
