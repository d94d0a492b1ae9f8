/*
 * mode: a row that is one way to be served of a model that has a row for each.
 */
#pragma once
#include "provider/row.h"

/*
 * The condition that the row's mode puts on its prices: *ret_mode, "" for the
 * ordinary one; each price of `m` gets it besides its own.  ERR_DATA: no mode, or
 * one that the descriptor does not know.
 */
bool mode_read(const struct list *l, struct row_scratch *s, struct arena *a, struct model *m,
	       struct str *ret_mode, struct err *e);
