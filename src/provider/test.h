/*
 * test: questions about a row that a descriptor asks ("does /tags hold vision?"),
 * for capabilities and for prices that depend on what a model is.
 */
#pragma once
#include "provider/descriptor.h"

/*
 * *ret: 1 yes, 0 no, -1 nothing is said (absent, null, or a word that is not
 * mentioned).  ERR_DATA names the pointer where something else stands.
 */
bool test_read(const struct list *l, const struct test *t, yyjson_val **slots, int *ret,
	       struct err *e);

/* Yes; everything else, the wrong shape included, is no. */
bool test_holds(const struct test *t, yyjson_val **slots);
