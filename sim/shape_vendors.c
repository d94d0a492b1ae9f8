/* SPDX-License-Identifier: MIT */
/* Shapes of vendors that list their models without prices. */
#include "shape.h"

#include "shape_tables.h"

enum { SEEN = ABLE_VISION | ABLE_REASONING };

/* --- nothing but ids --- */

static const struct specimen ids_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds ids_odds[] = { { TRAIT_ESCAPES, 10 } };

static const struct kind_row ids_kinds[] = { { KIND_CHAT, 100, 0, 0, 0, false, "model" } };

const struct shape shape_ids = {
	.bare_ids = true,
	UNPRICED_KINDS(ids),
};

/* --- openai: ids and the day on which a model goes --- */

static const struct specimen openai_specimens[] = {
	{ 0, 0, KIND_CHAT }, { TRAIT_EXPIRES, 0, KIND_CHAT }, { TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT }, { TRAIT_EXPIRES, 0, KIND_CHAT },
};

static const struct odds openai_odds[] = { { TRAIT_EXPIRES, 15 }, { TRAIT_ESCAPES, 10 } };

const struct shape shape_openai = {
	.says = SAYS_DEPRECATION,
	.bare_ids = true,
	TABLES(openai),
	.kinds = ids_kinds,
	.kind_count = COUNT(ids_kinds),
};

/* --- anthropic: capabilities as objects, null for some --- */

enum { ANTHROPIC_ABLE = SEEN | ABLE_STRUCTURED_OUTPUTS };

static const struct specimen anthropic_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT | TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds anthropic_odds[] = {
	{ TRAIT_SILENT, 20 },
	{ TRAIT_NO_CONTEXT, 15 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row anthropic_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, ANTHROPIC_ABLE, true, "model" },
};

const struct shape shape_anthropic = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE,
	.yes_no = ANTHROPIC_ABLE,
	.toggles = ANTHROPIC_ABLE,
	.silent = SAYS_ABLE,
	.bare_ids = true,
	UNPRICED_KINDS(anthropic),
};

/* --- mistral: a row per alias, dates with heirs --- */

enum { MISTRAL_ABLE = ABLE_TOOLS | ABLE_VISION };

static const struct specimen mistral_specimens[] = {
	{ 0, TRAIT_ALIAS, KIND_CHAT },           { TRAIT_EXPIRES, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_EMBEDDING }, { TRAIT_EXPIRES, TRAIT_ALIAS, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },         { 0, 0, KIND_TRANSCRIPTION },
	{ 0, TRAIT_ALIAS, KIND_CHAT },
};

static const struct odds mistral_odds[] = {
	{ TRAIT_EXPIRES, 20 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row mistral_kinds[] = {
	{ KIND_CHAT, 85, 0, 0, MISTRAL_ABLE, true, "base" },
	{ KIND_EMBEDDING, 8, 0, 0, 0, true, "base" },
	{ KIND_TRANSCRIPTION, 7, 0, 0, 0, true, "base" },
};

const struct shape shape_mistral = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_ABLE | SAYS_DEPRECATION | SAYS_REPLACEMENT,
	.yes_no = MISTRAL_ABLE,
	.toggles = MISTRAL_ABLE,
	.bare_ids = true,
	.instants = true,
	UNPRICED_KINDS(mistral),
};

/* --- deepseek: some rows are of the new sort, others say their id --- */

static const struct specimen deepseek_specimens[] = {
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds deepseek_odds[] = {
	{ TRAIT_IMAGE, 30 },
	{ TRAIT_SILENT, 20 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row deepseek_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, 0, true, "model" },
};

const struct shape shape_deepseek = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY,
	.silent = EVERYTHING,
	.bare_ids = true,
	.modality_by_row = true,
	UNPRICED_KINDS(deepseek),
};

/* --- moonshot --- */

static const struct specimen moonshot_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds moonshot_odds[] = {
	{ TRAIT_SILENT, 15 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row moonshot_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, SEEN, true, "model" },
};

const struct shape shape_moonshot = {
	.says = SAYS_CONTEXT | SAYS_ABLE,
	.yes_no = SEEN,
	.toggles = SEEN,
	.silent = SAYS_ABLE,
	.bare_ids = true,
	UNPRICED_KINDS(moonshot),
};

/* --- cohere: floats, features that may be null --- */

enum { COHERE_ABLE = THREE | ABLE_VISION };

static const struct specimen cohere_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_NO_CONTEXT, 0, KIND_RERANK },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_EMBEDDING },
};

static const struct odds cohere_odds[] = {
	{ TRAIT_SILENT, 30 },
	{ TRAIT_NO_CONTEXT, 10 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row cohere_kinds[] = {
	{ KIND_CHAT, 70, 0, 0, COHERE_ABLE, true, "chat" },
	{ KIND_EMBEDDING, 18, 0, 0, 0, true, "embed" },
	{ KIND_RERANK, 12, 0, 0, 0, true, "rerank" },
};

const struct shape shape_cohere = {
	.says = SAYS_CONTEXT | SAYS_ABLE,
	.yes_only = COHERE_ABLE,
	.toggles = COHERE_ABLE,
	.silent = SAYS_ABLE,
	.bare_ids = true,
	UNPRICED_KINDS(cohere),
};

/* --- google: thinking is only ever true --- */

static const struct specimen google_specimens[] = {
	{ 0, 0, KIND_CHAT },  { 0, 0, KIND_EMBEDDING }, { TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE }, { 0, 0, KIND_CHAT },      { 0, 0, KIND_CHAT },
	{ 0, 0, KIND_VIDEO },
};

static const struct odds google_odds[] = { { TRAIT_ESCAPES, 10 } };

static const struct kind_row google_kinds[] = {
	{ KIND_CHAT, 75, 0, 0, ABLE_REASONING, true, "generateContent" },
	{ KIND_EMBEDDING, 10, 0, 0, 0, true, "embedContent" },
	{ KIND_IMAGE, 8, 0, 0, 0, true, "predict" },
	{ KIND_VIDEO, 7, 0, 0, 0, true, "predictLongRunning" },
};

const struct shape shape_google = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE,
	.yes_only = ABLE_REASONING,
	.toggles = ABLE_REASONING,
	.bare_ids = true,
	UNPRICED_KINDS(google),
};
