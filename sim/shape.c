/* SPDX-License-Identifier: MIT */
#include "shape.h"

#include "shape_tables.h"

const struct kind_row *shape_kind(const struct shape *sh, enum kind kind)
{
	for (size_t i = 0; i < sh->kind_count; i++)
		if (sh->kinds[i].kind == kind)
			return &sh->kinds[i];
	return NULL;
}

/* --- openrouter: every trait there is, one specimen each --- */

static const struct specimen openrouter_specimens[] = {
	{ TRAIT_CACHE | TRAIT_CACHE_1H | TRAIT_SEARCH | TRAIT_REASONING, TRAIT_BATCH | TRAIT_ALIAS,
	  KIND_CHAT },
	{ TRAIT_TIER | TRAIT_CACHE | TRAIT_CACHE_1H, 0, KIND_CHAT },
	{ TRAIT_TWO_TIERS | TRAIT_CACHE, TRAIT_BATCH, KIND_CHAT },
	{ TRAIT_WINDOWS | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_TIER_WINDOW, 0, KIND_CHAT },
	{ TRAIT_ROUTER, 0, KIND_CHAT },
	{ TRAIT_ROUTER, 0, KIND_CHAT },
	{ TRAIT_IMAGE | TRAIT_MINUS_ZERO, TRAIT_FREE, KIND_CHAT },
	{ TRAIT_IMAGE_ZERO, TRAIT_FREE, KIND_CHAT },
	{ TRAIT_IMAGE_ZERO | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_FLOAT_NOISE, 0, KIND_CHAT },
	{ TRAIT_LONG_DIGITS | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_THIRDS | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_AUDIO | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_IMAGE_OUT | TRAIT_IMAGE | TRAIT_IMAGE_TOKEN, 0, KIND_CHAT },
	{ TRAIT_REQUEST | TRAIT_SEARCH, 0, KIND_CHAT },
	{ TRAIT_PLACEHOLDER_DATE, TRAIT_ALIAS, KIND_CHAT },
	{ TRAIT_EXPIRES | TRAIT_REASONING, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT | TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds openrouter_odds[] = {
	{ TRAIT_CACHE, 60 },
	{ TRAIT_CACHE_1H, 8 },
	{ TRAIT_SEARCH, 37 },
	{ TRAIT_REASONING, 45 },
	{ TRAIT_TIER, 10 },
	{ TRAIT_TWO_TIERS, 3 },
	{ TRAIT_WINDOWS, 1 },
	{ TRAIT_IMAGE, 12 },
	{ TRAIT_AUDIO, 7 },
	{ TRAIT_IMAGE_OUT, 2 },
	{ TRAIT_IMAGE_ZERO, 5 },
	{ TRAIT_FLOAT_NOISE, 4 },
	{ TRAIT_LONG_DIGITS, 2 },
	{ TRAIT_THIRDS, 3 },
	{ TRAIT_REQUEST, 1 },
	{ TRAIT_EXPIRES, 4 },
	{ TRAIT_PLACEHOLDER_DATE, 3 },
	{ TRAIT_ESCAPES, 8 },
};

const struct shape shape_openrouter = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_DEPRECATION | SAYS_PRICES,
	.yes_no =
		THREE | ABLE_VISION | ABLE_AUDIO_INPUT | ABLE_AUDIO_OUTPUT | ABLE_IMAGE_GENERATION,
	.toggles = THREE,
	.publishes = true,
	.crossings = true,
	.rollouts = BIT(METER_CACHE_WRITE_TOKEN) | BIT(METER_REASONING_TOKEN),
	TABLES(openrouter),
};

/* --- deepinfra, the rich list: cents, multipliers, every way to charge --- */

enum { DEEP_ABLE = ABLE_TOOLS | ABLE_VISION | ABLE_REASONING };

static const struct specimen deepinfra_specimens[] = {
	{ TRAIT_CACHE | TRAIT_CACHE_1H | TRAIT_SERVICE, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_EXPIRES | TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_VIDEO },
	{ 0, 0, KIND_SPEECH },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_FREE | TRAIT_CACHE | TRAIT_SERVICE, 0, KIND_CHAT },
	{ 0, 0, KIND_OTHER },
	{ TRAIT_NO_CONTEXT, 0, KIND_IMAGE },
	{ TRAIT_UNPRICED, 0, KIND_SPEECH },
	{ TRAIT_UNPRICED, 0, KIND_OTHER },
	{ TRAIT_NO_CONTEXT | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_EXPIRES | TRAIT_SERVICE, 0, KIND_CHAT },
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_CACHE | TRAIT_CACHE_1H, 0, KIND_CHAT },
};

static const struct odds deepinfra_odds[] = {
	{ TRAIT_CACHE, 55 },  { TRAIT_CACHE_1H, 8 },   { TRAIT_SERVICE, 20 }, { TRAIT_FREE, 2 },
	{ TRAIT_EXPIRES, 8 }, { TRAIT_NO_CONTEXT, 6 }, { TRAIT_ESCAPES, 8 },  { TRAIT_UNPRICED, 3 },
};

static const struct kind_row deepinfra_kinds[] = {
	{ KIND_CHAT, 58, TEXT, TEXT, DEEP_ABLE, true, "text-generation" },
	{ KIND_IMAGE, 11, TEXT, MODALITY_IMAGE, 0, false, "text-to-image" },
	{ KIND_VIDEO, 6, TEXT, MODALITY_VIDEO, 0, false, "text-to-video" },
	{ KIND_SPEECH, 6, TEXT, MODALITY_AUDIO, 0, false, "text-to-speech" },
	{ KIND_TRANSCRIPTION, 5, MODALITY_AUDIO, TEXT, 0, false, "automatic-speech-recognition" },
	{ KIND_EMBEDDING, 8, TEXT, MODALITY_EMBEDDING, 0, true, "embeddings" },
	{ KIND_RERANK, 2, 0, 0, 0, true, "rerank" },
	{ KIND_OTHER, 4, 0, 0, 0, false, "object-detection" },
};

static const struct recipe deepinfra_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_TIMES_INPUT, 5, 50, 2, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_TIMES_INPUT, 100, 60, 2, TRAIT_CACHE, 0, 40 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, "5m", HOW_TIMES_INPUT, 100, 60, 2, TRAIT_CACHE_1H, 0,
	  100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, "1h", HOW_TIMES_INPUT, 16, 10, 1, TRAIT_CACHE_1H, 0, 100 },
	{ CHAT, METER_INPUT_TOKEN, "priority", HOW_TIMES_INPUT, 11, 10, 1, TRAIT_SERVICE, 0, 90 },
	{ CHAT, METER_OUTPUT_TOKEN, "priority", HOW_TIMES_OUTPUT, 0, 0, 0, TRAIT_SERVICE, 0, 0 },
	{ CHAT, METER_INPUT_TOKEN, "flex", HOW_TIMES_INPUT, 30, 60, 2, TRAIT_SERVICE, 0, 70 },
	{ CHAT, METER_OUTPUT_TOKEN, "flex", HOW_TIMES_OUTPUT, 0, 0, 0, TRAIT_SERVICE, 0, 0 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 200, 10, 0, 0, 100 },
	{ BIT(KIND_IMAGE), METER_IMAGE_PIXEL_STEP, NULL, HOW_PER_STEP, 20, 900, 5, 0,
	  TRAIT_NO_CONTEXT, 100 },
	{ BIT(KIND_IMAGE), METER_OUTPUT_IMAGE, NULL, HOW_PLAIN, 20, 900, 5, 0, 0, 60 },
	{ BIT(KIND_VIDEO), METER_VIDEO_SECOND, NULL, HOW_PLAIN, 2, 40, 2, 0, 0, 60 },
	{ BIT(KIND_VIDEO), METER_VIDEO_FRAME, NULL, HOW_PLAIN, 80, 9000, 7, 0, 0, 100, true },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 60, 900, 8, 0, 0, 60 },
	{ BIT(KIND_SPEECH), METER_OUTPUT_AUDIO_SECOND, NULL, HOW_PLAIN, 5, 90, 6, 0, 0, 100, true },
	{ BIT(KIND_TRANSCRIPTION), METER_AUDIO_SECOND, NULL, HOW_PLAIN, 30, 900, 8, 0, 0, 80 },
	{ BIT(KIND_TRANSCRIPTION) | BIT(KIND_OTHER), METER_COMPUTE_SECOND, NULL, HOW_PLAIN, 10, 90,
	  5, 0, 0, 100, true },
};

const struct shape shape_deepinfra = {
	.says = EVERYTHING & ~(unsigned)SAYS_NAME,
	.yes_only = DEEP_ABLE,
	.toggles = DEEP_ABLE,
	.cached = HOW_TIMES_INPUT,
	.publishes = true,
	.rollouts = BIT(METER_CACHE_WRITE_TOKEN),
	.instants = true,
	KINDS(deepinfra),
};

/* --- deepinfra, the OpenAI-style list: half of its rows say nothing --- */

static const struct specimen deepinfra_openai_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_EMBEDDING },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_CACHE | TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds deepinfra_openai_odds[] = {
	{ TRAIT_SILENT, 48 },
	{ TRAIT_CACHE, 50 },
	{ TRAIT_ESCAPES, 8 },
};

static const struct kind_row deepinfra_openai_kinds[] = {
	{ KIND_CHAT, 88, 0, 0, ABLE_VISION | ABLE_REASONING, true, "chat" },
	{ KIND_EMBEDDING, 12, 0, 0, 0, true, "embed" },
};

static const struct recipe deepinfra_openai_recipes[] = {
	{ CHAT | VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 400, 9, TRAIT_CACHE, 0, 100 },
};

const struct shape shape_deepinfra_openai = {
	.says = SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE | SAYS_PRICES,
	.yes_only = ABLE_VISION | ABLE_REASONING,
	.toggles = ABLE_VISION | ABLE_REASONING,
	.silent = EVERYTHING,
	.publishes = true,
	KINDS(deepinfra_openai),
};

/* --- together: one pair of numbers whose unit hangs on the kind --- */

static const struct specimen together_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT }, { 0, 0, KIND_IMAGE },
	{ 0, 0, KIND_SPEECH },         { TRAIT_FREE, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },      { 0, 0, KIND_VIDEO },
	{ 0, 0, KIND_RERANK },         { TRAIT_NO_CONTEXT, 0, KIND_LANGUAGE },
	{ 0, 0, KIND_TRANSCRIPTION },  { TRAIT_ESCAPES, 0, KIND_MODERATION },
	{ 0, 0, KIND_CODE },           { 0, 0, KIND_OTHER },
};

static const struct odds together_odds[] = {
	{ TRAIT_CACHE, 30 },
	{ TRAIT_FREE, 4 },
	{ TRAIT_NO_CONTEXT, 15 },
	{ TRAIT_ESCAPES, 8 },
};

static const struct kind_row together_kinds[] = {
	{ KIND_CHAT, 48, TEXT, TEXT, 0, true, "chat" },
	{ KIND_LANGUAGE, 3, TEXT, TEXT, 0, true, "language" },
	{ KIND_CODE, 2, TEXT, TEXT, 0, true, "code" },
	{ KIND_MODERATION, 3, TEXT, TEXT, 0, true, "moderation" },
	{ KIND_IMAGE, 20, TEXT, MODALITY_IMAGE, 0, false, "image" },
	{ KIND_VIDEO, 10, TEXT, MODALITY_VIDEO, 0, false, "video" },
	{ KIND_SPEECH, 4, TEXT, MODALITY_AUDIO, 0, false, "audio" },
	{ KIND_EMBEDDING, 4, TEXT, MODALITY_EMBEDDING, 0, true, "embedding" },
	{ KIND_RERANK, 3, TEXT, MODALITY_RERANK, 0, true, "rerank" },
	{ KIND_TRANSCRIPTION, 2, MODALITY_AUDIO, TEXT, 0, false, "transcribe" },
	{ KIND_OTHER, 1, 0, 0, 0, false, "realtime" },
};

static const struct recipe together_recipes[] = {
	{ CHATTY, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHATTY, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHATTY, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, TRAIT_FREE,
	  100 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 200, 10, 0, 0, 100 },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 4, 90, 6, 0, 0, 100 },
};

const struct shape shape_together = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_PRICES,
	.publishes = true,
	KINDS(together),
};

/* --- nebius: two lists, strings per token and numbers per million --- */

static const struct specimen nebius_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
	{ TRAIT_MAIN_ONLY | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_IMAGE | TRAIT_AUDIO | TRAIT_REQUEST, 0, KIND_CHAT },
	{ TRAIT_ASIDE_ONLY, 0, KIND_EMBEDDING },
	{ TRAIT_FREE, 0, KIND_CHAT },
};

static const struct odds nebius_odds[] = {
	{ TRAIT_IMAGE, 30 },     { TRAIT_AUDIO, 8 },     { TRAIT_REQUEST, 3 },
	{ TRAIT_ASIDE_ONLY, 8 }, { TRAIT_MAIN_ONLY, 8 }, { TRAIT_ESCAPES, 10 },
	{ TRAIT_FREE, 3 },
};

static const struct kind_row nebius_kinds[] = {
	{ KIND_CHAT, 85, TEXT, TEXT, THREE, true, "text2text" },
	{ KIND_EMBEDDING, 15, TEXT, MODALITY_EMBEDDING, 0, true, "embedding" },
};

static const struct recipe nebius_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 10, 200, 10, 0, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, TRAIT_ASIDE_ONLY, 30 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 0, 1, 0, TRAIT_IMAGE, TRAIT_ASIDE_ONLY, 100 },
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 30, 4, TRAIT_REQUEST, TRAIT_ASIDE_ONLY, 100 },
	{ CHAT | VECTORS, METER_REQUEST, NULL, HOW_PLAIN, 0, 1, 0, 0, TRAIT_ASIDE_ONLY, 100 },
	{ CHAT, METER_VIDEO_SECOND, NULL, HOW_PLAIN, 2, 90, 5, TRAIT_AUDIO, TRAIT_ASIDE_ONLY, 70 },
	{ CHAT, METER_AUDIO_SECOND, NULL, HOW_PER_MINUTE, 5, 90, 4, TRAIT_AUDIO, TRAIT_ASIDE_ONLY,
	  100 },
};

const struct shape shape_nebius = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MODALITY | SAYS_ABLE | SAYS_QUANTIZATION |
		SAYS_PRICES,
	.yes_no = THREE | ABLE_VISION,
	.toggles = THREE,
	.aside = SAYS_NAME | SAYS_MODALITY | SAYS_ABLE,
	.modality_by_row = true,
	KINDS(nebius),
};

/* --- vercel: strings per token, inclusive tiers, keys that come and go --- */

enum { VERCEL_ABLE = ABLE_TOOLS | ABLE_VISION | ABLE_REASONING | ABLE_IMAGE_GENERATION };

static const struct specimen vercel_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_TIER | TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_TWO_TIERS | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_VIDEO },
	{ 0, 0, KIND_SPEECH },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ TRAIT_ESCAPES, 0, KIND_RERANK },
	{ 0, 0, KIND_OTHER },
};

static const struct odds vercel_odds[] = {
	{ TRAIT_CACHE, 40 },  { TRAIT_TIER, 10 }, { TRAIT_TWO_TIERS, 4 }, { TRAIT_SILENT, 18 },
	{ TRAIT_ESCAPES, 8 }, { TRAIT_FREE, 2 },  { TRAIT_UNPRICED, 4 },  { TRAIT_NO_CONTEXT, 4 },
};

static const struct kind_row vercel_kinds[] = {
	{ KIND_CHAT, 70, TEXT, TEXT, VERCEL_ABLE, true, "language" },
	{ KIND_EMBEDDING, 9, TEXT, MODALITY_EMBEDDING, 0, false, "embedding" },
	{ KIND_IMAGE, 8, TEXT, MODALITY_IMAGE, ABLE_IMAGE_GENERATION, false, "image" },
	{ KIND_VIDEO, 4, TEXT, MODALITY_VIDEO, 0, false, "video" },
	{ KIND_RERANK, 3, TEXT, MODALITY_RERANK, 0, false, "reranking" },
	{ KIND_TRANSCRIPTION, 2, MODALITY_AUDIO, TEXT, 0, false, "transcription" },
	{ KIND_SPEECH, 2, TEXT, MODALITY_AUDIO, 0, false, "speech" },
	{ KIND_OTHER, 2, 0, 0, 0, false, "realtime" },
};

static const struct recipe vercel_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, 0, 35 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 0, 1, 0, TRAIT_CACHE, 0, 50 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 10, 200, 10, 0, 0, 100 },
	{ BIT(KIND_IMAGE), METER_OUTPUT_IMAGE, NULL, HOW_PLAIN, 2, 90, 3, 0, 0, 80 },
	{ BIT(KIND_TRANSCRIPTION), METER_AUDIO_SECOND, NULL, HOW_PLAIN, 5, 90, 6, 0, 0, 100 },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 4, 90, 6, 0, 0, 100 },
};

const struct shape shape_vercel = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_PRICES,
	.yes_only = VERCEL_ABLE,
	.toggles = VERCEL_ABLE,
	.silent = SAYS_ABLE,
	.publishes = true,
	.inclusive_tiers = true,
	KINDS(vercel),
};

/* --- cerebras: few rows, booleans --- */

static const struct specimen cerebras_specimens[] = {
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds cerebras_odds[] = {
	{ TRAIT_IMAGE, 40 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row cerebras_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, THREE | ABLE_STREAMING, true, "text" },
};

static const struct recipe cerebras_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
};

const struct shape shape_cerebras = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_QUANTIZATION | SAYS_PRICES,
	.yes_no = THREE | ABLE_STREAMING | ABLE_VISION,
	.toggles = THREE | ABLE_STREAMING,
	.bare_ids = true,
	.modality_by_row = true,
	KINDS(cerebras),
};
