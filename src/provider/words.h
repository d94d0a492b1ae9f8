/*
 * words: what stands in an array of strings, or in one string that is cut apart.
 *
 *	struct words w;
 *	if (!words_begin(&w, v, split)) …;          neither
 *	while (words_next(&w, &word)) …;
 */
#pragma once
#include "base/json.h"

struct words {
	yyjson_arr_iter items;
	struct str rest, split;
	bool is_text;
};

/*
 * `split`: the characters a string is cut at; absent: only an array will do.
 * False where neither stands; absent and null are the caller's matter.
 */
bool words_begin(struct words *w, yyjson_val *v, struct str split);

/* The next one, slices of the document; absent for an element that is no string.  Pieces of a
 * string are trimmed, and empty ones passed over. */
bool words_next(struct words *w, struct str *ret);
