/*
 * quantization: how a provider runs a model's weights.  A closed list, one table,
 * with `unknown` for what a provider writes that is not in it; not said is the
 * absence of a word, never `unknown`.
 */
#pragma once
#include "base/str.h"

/* The word of the list for what is written ("FP8", "bfloat16"), case aside; absent: none. */
struct str quantization_parse(struct str said);

#define QUANTIZATION_UNKNOWN STR("unknown")
