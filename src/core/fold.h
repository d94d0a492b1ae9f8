/*
 * fold: a key that a provider adds to many of its rows, or takes out of them, is
 * one change of its document and not one of each model.  Pure functions.
 *
 * A key is a price (meter and condition) or a tracked column.  Days of a model's
 * end and its successor are none: what they say is of that model alone, and whoever
 * uses it must hear of it.
 */
#pragma once
#include "core/change.h"

/*
 * Where a key appears in, or vanishes from, at least 20 % of the rows of both
 * states and at least 3 of them, those changes give way to one of kind `schema`,
 * without a model, put in front: field is the key, old and new say how many of the
 * rows have it, "0 of 40 rows".  A change with tags stays besides.
 *
 * `both`: the models of both states as they are now, sorted by id.
 */
void changes_fold(struct changes *list, const struct model *const *both, size_t n_both,
		  struct arena *a);
