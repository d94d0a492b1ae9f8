/*
 * modality: what goes in and what comes out, "text+image->text".
 */
#pragma once
#include "provider/row.h"

/* Is it one of ours: text, image, file, audio, video, embedding, rerank? */
bool modality_is_known(struct str word);

/*
 * A field of a row.  Of lists of words each word counts once, in the order above;
 * a side that is absent or empty, or a word that nobody told us of, leaves it
 * unsaid.  ERR_DATA: no list of words.
 */
bool modality_read(const struct list *l, const struct modality_field *f, struct row_scratch *s,
		   struct arena *a, struct str *ret, struct err *e);
