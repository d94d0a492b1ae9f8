/* SPDX-License-Identifier: MIT */
/*
 * shape_tables: what the files of shapes have in common.
 */
#pragma once
#include "shape.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BIT(kind)    (1u << (kind))

enum {
	TEXT = MODALITY_TEXT,
	THREE = ABLE_TOOLS | ABLE_REASONING | ABLE_STRUCTURED_OUTPUTS,
	EVERYTHING = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		     SAYS_QUANTIZATION | SAYS_DEPRECATION | SAYS_REPLACEMENT | SAYS_PRICES,
	CHAT = BIT(KIND_CHAT),
	VECTORS = BIT(KIND_EMBEDDING) | BIT(KIND_RERANK),
};

#define TABLES(name)                                                              \
	.specimens = name##_specimens, .specimen_count = COUNT(name##_specimens), \
	.odds = name##_odds, .odds_count = COUNT(name##_odds)
/* Nothing is said of prices. */
#define UNPRICED(name) TABLES(name), .kinds = name##_kinds, .kind_count = COUNT(name##_kinds)
#define KINDS(name)    UNPRICED(name), .recipes = name##_recipes, .recipe_count = COUNT(name##_recipes)
