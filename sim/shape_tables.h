/* SPDX-License-Identifier: MIT */
/*
 * shape_tables: the words that tables of shapes are written in; for the files shape*.c alone.
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
	CHATTY = CHAT | BIT(KIND_LANGUAGE) | BIT(KIND_CODE) | BIT(KIND_MODERATION),
	VECTORS = BIT(KIND_EMBEDDING) | BIT(KIND_RERANK),
};

/* The tables NAME_specimens and NAME_odds … */
#define TABLES(name)                                                              \
	.specimens = name##_specimens, .specimen_count = COUNT(name##_specimens), \
	.odds = name##_odds, .odds_count = COUNT(name##_odds)
/* … NAME_kinds, of rows that have no prices … */
#define UNPRICED_KINDS(name) TABLES(name), .kinds = name##_kinds, .kind_count = COUNT(name##_kinds)
/* … and NAME_recipes. */
#define KINDS(name) \
	UNPRICED_KINDS(name), .recipes = name##_recipes, .recipe_count = COUNT(name##_recipes)
