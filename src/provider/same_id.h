/*
 * same_id: rows of one list that have one id.  Equal ones are one model, and so are
 * the modes of one (provider/mode.h); rows that disagree are none.
 */
#pragma once
#include "provider/rows.h"

/* The models of a list, sorted, no id twice; what disagrees goes to g->skips. */
void same_id_merge(const struct list *l, struct gathered *g, struct arena *a, struct catalog *ret);
