/*
 * join: what several lists of one provider say of the same models.
 * Used by reader.c alone; reader_carry() (reader.h) is here too.
 */
#pragma once
#include "provider/reader.h"

/* NULL when there is none of this id; `c` is sorted. */
struct model *join_find(const struct catalog *c, struct str id);
/*
 * Each model of `c` learns from its row in `more` what is not said of it yet; where
 * that `adds`, rows of no model become models.
 */
void join_list(struct catalog *c, const struct catalog *more, bool adds, struct arena *a);
