/*
 * names: which of the stored names somebody may have meant, for sentences.
 */
#pragma once
#include "base/buf.h"
#include "store/store.h"

enum { NAMES_SHOWN = 5 };

/* What an offer is compared by: names of one key are one model, as far as is known. */
struct str names_key(const struct store_name *name);
/* Those with a canonical id first, then by key. */
int names_key_cmp(const struct store_name *a, const struct store_name *b);

/* Those most like what was typed, each key once, the best first.  Returns how many. */
size_t names_alike(const struct store_name *names, size_t n, struct str typed, struct arena *a,
		   const struct store_name *ret[NAMES_SHOWN]);

/* Keys for a sentence: a, b, c and 4 more. */
void names_add(struct buf *out, const struct store_name *const *names, size_t n);
