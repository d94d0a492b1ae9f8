/* SPDX-License-Identifier: MIT */
/*
 * spelling: the ways in which models write a number that they found.
 */
#pragma once
#include <stdbool.h>

#include "buf.h"
#include "rng.h"

bool spelling_known(const char *name); /* also "any" */
/* The answer as such a model would write it; `number` is in plain digits. */
void spelling_write(struct buf *out, const char *name, const char *number, struct rng *r);
/* The names as a JSON array. */
void spelling_list(struct buf *out);
