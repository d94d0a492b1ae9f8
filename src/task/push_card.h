/*
 * push_card: the README.md of a dataset that has none.  Pure.
 *
 * Says explicitly which files hold the data and of which type each column is: what is found
 * out by looking drops files by their names, and takes a column that is empty in one file
 * for another type there.
 */
#pragma once
#include "base/arena.h"

/* `pattern`: which files; `header`: the columns, a line of CSV. */
struct str push_card(struct str pattern, struct str header, struct arena *a);
