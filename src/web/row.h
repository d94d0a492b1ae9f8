/*
 * row: rows of `models` and `providers` as the JSON objects that the API gives out.
 *
 * The members and their names are those that users know; prices are strings, times RFC 3339, what is not known is
 * null.  Not here: where rows come from (store/view.h), which of them are asked for (web/view.h).
 */
#pragma once
#include "base/buf.h"
#include "store/view.h"

/* As GET /providers has it. */
void row_provider(struct buf *out, const struct store_shown_provider *p);
/* The end of a model's object, provider and all: `,"provider":{…}}`. */
void row_tail(struct buf *out, const struct store_shown_provider *p);
/*
 * A model's object but for that end.  With `metadata` its member of that name, too.
 * Returns where the 24 characters of last_seen_at stand; 0: it is null.
 */
size_t row_model(struct buf *out, const struct store_shown_model *m, bool metadata);
