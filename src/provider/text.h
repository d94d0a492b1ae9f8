/*
 * text: strings of a row: with a prefix taken off, in our words.  Used by row.c,
 * row_id.c and modality.c alone.
 */
#pragma once
#include "provider/row.h"

/* What stands at the place, clean; absent where that is nothing or an empty string. */
bool text_at(const struct list *l, const struct place *p, yyjson_val **slots, size_t max,
	     struct arena *a, struct str *ret, unsigned *ret_slot, struct err *e);

/* `strip` off and `put` in its place; false when it does not begin so.  Empty where nothing is
 * left. */
bool text_cut_prefix(const struct text_field *f, struct str text, struct arena *a, struct str *ret);

/* The provider's word in ours, absent where it says nothing.  False: nobody told us of it. */
bool text_translate(const struct text_field *f, struct str said, struct str *ret);

/* A text field of a row; what is not understood says nothing and is told. */
bool text_read(const struct list *l, const struct text_field *f, struct row_scratch *s, size_t max,
	       struct arena *a, struct str *ret, struct err *e);

/* A word of the closed list; what is not in it is `unknown`, and told. */
bool text_read_quantization(const struct list *l, const struct text_field *f, struct row_scratch *s,
			    struct arena *a, struct str *ret, struct err *e);
