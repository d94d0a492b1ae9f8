/*
 * words: values as the tables spell them, the same in every back end.
 */
#pragma once
#include "base/buf.h"
#include "store/desk.h"

/* A word of a column, back; false: none that this program knows. */
bool words_price_state(struct str name, enum price_state *ret);
bool words_change_kind(struct str name, enum change_kind *ret);
bool words_completeness(struct str name, enum store_completeness *ret);
/* Kinds of a query as ",price,removed,", in `out`; absent: all. */
enum { WORDS_KINDS_MAX = 256 };
struct str words_change_kinds(const bool *kinds, struct buf *out);
/* Absent is REVIEW_OPEN. */
bool words_decision(struct str name, enum review_decision *ret);

/*
 * What the column of `models` for a meter shows: the unconditional price, in USD
 * or not at all, because the columns say no currency.  "0": free; absent: NULL.
 */
struct str words_price_shown(const struct model *m, enum meter meter);

/* Ids as a JSON array, and back. */
void words_print_ids(struct buf *out, const struct str *ids, size_t n);
bool words_parse_ids(struct str text, struct arena *a, struct str **ret, size_t *ret_n,
		     struct err *e);
