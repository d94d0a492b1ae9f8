/* SPDX-License-Identifier: MIT */
/* Shapes of resellers and hosts that list other people's models with prices. */
#include "shape.h"

#include "shape_tables.h"

/* --- sambanova: strings or numbers per token, by row --- */

static const struct specimen sambanova_specimens[] = {
	{ 0, 0, KIND_CHAT },          { TRAIT_UNPRICED, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },          { TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
};

static const struct odds sambanova_odds[] = {
	{ TRAIT_UNPRICED, 6 },
	{ TRAIT_FREE, 4 },
	{ TRAIT_ESCAPES, 10 },
	{ TRAIT_NO_CONTEXT, 5 },
};

static const struct kind_row sambanova_kinds[] = { { KIND_CHAT, 100, 0, 0, 0, true, "model" } };

static const struct recipe sambanova_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
};

const struct shape shape_sambanova = {
	.says = SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_PRICES,
	.bare_ids = true,
	KINDS(sambanova),
};

/* --- hyperbolic: nulls --- */

enum { HYPERBOLIC_ABLE = ABLE_TOOLS | ABLE_VISION };

static const struct specimen hyperbolic_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED | TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds hyperbolic_odds[] = {
	{ TRAIT_UNPRICED, 15 },
	{ TRAIT_NO_CONTEXT, 15 },
	{ TRAIT_ESCAPES, 10 },
};

static const struct kind_row hyperbolic_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, HYPERBOLIC_ABLE, true, "model" },
};

const struct shape shape_hyperbolic = {
	.says = SAYS_CONTEXT | SAYS_ABLE | SAYS_PRICES,
	.yes_no = HYPERBOLIC_ABLE,
	.toggles = HYPERBOLIC_ABLE,
	TABLES(hyperbolic),
	.kinds = hyperbolic_kinds,
	.kind_count = COUNT(hyperbolic_kinds),
	.recipes = sambanova_recipes,
	.recipe_count = COUNT(sambanova_recipes),
};

/* --- requesty: numbers per token with exponents, 0 for what is not --- */

enum { REQUESTY_ABLE = ABLE_TOOLS | ABLE_VISION | ABLE_REASONING };

static const struct specimen requesty_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_CACHE | TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds requesty_odds[] = {
	{ TRAIT_CACHE, 50 },
	{ TRAIT_NO_CONTEXT, 5 },
	{ TRAIT_FREE, 4 },
	{ TRAIT_ESCAPES, 8 },
};

static const struct kind_row requesty_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, REQUESTY_ABLE, true, "chat" },
};

static const struct recipe requesty_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, TRAIT_FREE,
	  100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, TRAIT_FREE, 40 },
};

const struct shape shape_requesty = {
	.says = SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE | SAYS_PRICES,
	.yes_no = REQUESTY_ABLE,
	.toggles = REQUESTY_ABLE,
	.publishes = true,
	KINDS(requesty),
};

/* --- poe: priced per token, per request or not in dollars at all --- */

enum { POE_MEDIA = BIT(KIND_IMAGE) | BIT(KIND_VIDEO) | BIT(KIND_SPEECH) };

static const struct specimen poe_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_REQUEST, 0, KIND_CHAT },
	{ TRAIT_IMAGE | TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_UNPRICED | TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_VIDEO },
	{ TRAIT_UNPRICED | TRAIT_ESCAPES, 0, KIND_SPEECH },
};

static const struct odds poe_odds[] = {
	{ TRAIT_UNPRICED, 45 }, { TRAIT_REQUEST, 25 },    { TRAIT_CACHE, 40 },
	{ TRAIT_IMAGE, 40 },    { TRAIT_NO_CONTEXT, 15 }, { TRAIT_ESCAPES, 8 },
};

static const struct kind_row poe_kinds[] = {
	{ KIND_CHAT, 70, TEXT, TEXT, ABLE_REASONING, true, "chat" },
	{ KIND_IMAGE, 13, TEXT | MODALITY_IMAGE, MODALITY_IMAGE, 0, false, "image" },
	{ KIND_VIDEO, 9, TEXT, MODALITY_VIDEO, 0, false, "video" },
	{ KIND_SPEECH, 8, TEXT, MODALITY_AUDIO, 0, false, "audio" },
};

static const struct recipe poe_recipes[] = {
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 900, 4, TRAIT_REQUEST, 0, 100 },
	{ POE_MEDIA, METER_REQUEST, NULL, HOW_PLAIN, 10, 900, 4, 0, 0, 85 },
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, TRAIT_REQUEST, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, TRAIT_REQUEST, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, TRAIT_REQUEST,
	  100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, TRAIT_REQUEST,
	  40 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, TRAIT_REQUEST, 40 },
};

const struct shape shape_poe = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_PRICES,
	.yes_only = ABLE_REASONING,
	.toggles = ABLE_REASONING,
	.publishes = true,
	.bare_ids = true,
	.modality_by_row = true,
	KINDS(poe),
};

/* --- novita: integers and decimal strings for one price, tiers that begin at 0 --- */

static const char *const plain_quantizations[] = { "fp4", "fp8", "fp16", "bf16", "int4", NULL };

static const struct specimen novita_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_TWO_TIERS | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_TIER | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
};

static const struct odds novita_odds[] = {
	{ TRAIT_CACHE, 35 }, { TRAIT_TIER, 8 },     { TRAIT_TWO_TIERS, 5 },  { TRAIT_IMAGE, 30 },
	{ TRAIT_FREE, 3 },   { TRAIT_UNPRICED, 6 }, { TRAIT_NO_CONTEXT, 3 }, { TRAIT_ESCAPES, 8 },
};

static const struct kind_row novita_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, THREE, true, "chat" },
};

const struct shape shape_novita = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_QUANTIZATION | SAYS_PRICES,
	.yes_only = THREE,
	.toggles = THREE,
	.publishes = true,
	.inclusive_tiers = true,
	.untiered = 1u << METER_CACHED_INPUT_TOKEN | 1u << METER_CACHE_WRITE_TOKEN,
	.quantizations = plain_quantizations,
	.modality_by_row = true,
	TABLES(novita),
	.kinds = novita_kinds,
	.kind_count = COUNT(novita_kinds),
	.recipes = requesty_recipes,
	.recipe_count = COUNT(requesty_recipes),
};

/* --- venice: two currencies, of which one is none; dearer above a count --- */

enum {
	VENICE_ABLE = THREE | ABLE_VISION | ABLE_AUDIO_INPUT,
	VENICE_MUTE = SAYS_ABLE | SAYS_QUANTIZATION,
};

static const struct specimen venice_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_TIER | TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_EXPIRES, 0, KIND_CHAT },
	{ 0, 0, KIND_SPEECH },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE_EDIT },
	{ 0, 0, KIND_OTHER },
	{ 0, 0, KIND_VIDEO },
};

static const struct odds venice_odds[] = {
	{ TRAIT_CACHE, 50 },
	{ TRAIT_TIER, 8 },
	{ TRAIT_EXPIRES, 6 },
	{ TRAIT_ESCAPES, 8 },
};

static const struct kind_row venice_kinds[] = {
	{ KIND_CHAT, 66, TEXT, TEXT, VENICE_ABLE, true, "text" },
	{ KIND_IMAGE, 12, TEXT, MODALITY_IMAGE, 0, false, "image", VENICE_MUTE },
	{ KIND_EMBEDDING, 5, TEXT, MODALITY_EMBEDDING, 0, false, "embedding", VENICE_MUTE },
	{ KIND_SPEECH, 4, TEXT, MODALITY_AUDIO, 0, false, "tts", VENICE_MUTE },
	{ KIND_TRANSCRIPTION, 3, MODALITY_AUDIO, TEXT, 0, false, "asr", VENICE_MUTE },
	{ KIND_IMAGE_EDIT, 3, MODALITY_IMAGE, MODALITY_IMAGE, 0, false, "inpaint", VENICE_MUTE },
	{ KIND_OTHER, 2, MODALITY_IMAGE, MODALITY_IMAGE, 0, false, "upscale", VENICE_MUTE },
	{ KIND_VIDEO, 5, TEXT, MODALITY_VIDEO, 0, false, "video", VENICE_MUTE },
};

static const struct recipe venice_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, 0, 30 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 10, 200, 10, 0, 0, 100 },
};

const struct shape shape_venice = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_QUANTIZATION | SAYS_DEPRECATION | SAYS_PRICES,
	.yes_no = VENICE_ABLE,
	.toggles = VENICE_ABLE,
	.publishes = true,
	.tier_above = 200000,
	.bare_ids = true,
	.quantizations = plain_quantizations,
	KINDS(venice),
};

/* --- cloudflare: facts as properties, prices by the text of their unit --- */

enum {
	CLOUDFLARE_ABLE = ABLE_TOOLS | ABLE_REASONING | ABLE_VISION,
	FOREIGN = TRAIT_SERVICE, /* here: priced in euros */
};

static const char *const cloudflare_heads[] = { "@cf/", "@hf/" };

static const struct specimen cloudflare_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ FOREIGN | TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ 0, 0, KIND_SPEECH },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_EXPIRES | TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_UNPRICED | TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_LANGUAGE },
	{ 0, 0, KIND_OTHER },
	{ TRAIT_ESCAPES, 0, KIND_READING },
};

static const struct odds cloudflare_odds[] = {
	{ TRAIT_CACHE, 30 },  { FOREIGN, 10 },       { TRAIT_EXPIRES, 8 },    { TRAIT_SILENT, 30 },
	{ TRAIT_ESCAPES, 8 }, { TRAIT_UNPRICED, 8 }, { TRAIT_NO_CONTEXT, 8 },
};

static const struct kind_row cloudflare_kinds[] = {
	{ KIND_CHAT, 60, TEXT, TEXT, CLOUDFLARE_ABLE, true, "Text Generation" },
	{ KIND_EMBEDDING, 9, TEXT, MODALITY_EMBEDDING, 0, true, "Text Embeddings", SAYS_ABLE },
	{ KIND_IMAGE, 8, TEXT, MODALITY_IMAGE, 0, false, "Text-to-Image", SAYS_ABLE },
	{ KIND_TRANSCRIPTION, 6, MODALITY_AUDIO, TEXT, 0, false, "Automatic Speech Recognition",
	  SAYS_ABLE },
	{ KIND_SPEECH, 5, TEXT, MODALITY_AUDIO, 0, false, "Text-to-Speech", SAYS_ABLE },
	{ KIND_READING, 4, MODALITY_IMAGE, TEXT, 0, false, "Image-to-Text", SAYS_ABLE },
	{ KIND_LANGUAGE, 3, TEXT, TEXT, 0, false, "Translation", SAYS_ABLE },
	{ KIND_MODERATION, 3, TEXT, TEXT, 0, false, "Text Classification", SAYS_ABLE },
	{ KIND_OTHER, 2, 0, 0, 0, false, "Object Detection", SAYS_ABLE },
};

static const struct recipe cloudflare_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, FOREIGN, 0, 100, false, "EUR" },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, FOREIGN, 0, 100, false, "EUR" },
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, FOREIGN, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, FOREIGN, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, FOREIGN, 100 },
	{ BIT(KIND_LANGUAGE) | BIT(KIND_MODERATION) | VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN,
	  10, 200, 10, 0, 0, 100 },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 4, 90, 6, FOREIGN, 0, 100,
	  false, "EUR" },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 4, 90, 6, 0, FOREIGN, 100 },
	{ BIT(KIND_TRANSCRIPTION), METER_AUDIO_SECOND, NULL, HOW_PER_MINUTE, 5, 90, 5, 0, 0, 100 },
};

const struct shape shape_cloudflare = {
	.says = SAYS_CONTEXT | SAYS_MODALITY | SAYS_ABLE | SAYS_DEPRECATION | SAYS_PRICES,
	.yes_no = CLOUDFLARE_ABLE,
	.toggles = CLOUDFLARE_ABLE,
	.silent = SAYS_ABLE,
	.publishes = true,
	.heads = cloudflare_heads,
	.head_count = COUNT(cloudflare_heads),
	KINDS(cloudflare),
};

/* --- helicone: one model at several endpoints, numbers × 1e6 with noise, no zeros but of tokens --- */

static const char *const helicone_names[] = { "brightport", "openquay", "mill-cloud",
					      "tidehouse",  "granary",  "northlock" };
static const struct hosts helicone_hosts = { helicone_names, COUNT(helicone_names), "/", false };

static const struct specimen helicone_specimens[] = {
	{ TRAIT_CACHE | TRAIT_REASONING, 0, KIND_CHAT },
	{ TRAIT_TIER | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_IMAGE | TRAIT_SEARCH, 0, KIND_CHAT },
	{ TRAIT_AUDIO, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_TWO_TIERS, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_SEARCH | TRAIT_IMAGE | TRAIT_CACHE, 0, KIND_CHAT },
};

static const struct odds helicone_odds[] = {
	{ TRAIT_CACHE, 50 },    { TRAIT_REASONING, 20 }, { TRAIT_TIER, 8 },
	{ TRAIT_TWO_TIERS, 4 }, { TRAIT_IMAGE, 25 },     { TRAIT_SEARCH, 15 },
	{ TRAIT_UNPRICED, 3 },  { TRAIT_AUDIO, 8 },      { TRAIT_ESCAPES, 8 },
	{ TRAIT_FREE, 3 },
};

static const struct kind_row helicone_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, THREE, true, "chat" },
};

static const struct recipe helicone_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, TRAIT_FREE,
	  100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, TRAIT_FREE, 40 },
	{ CHAT, METER_REASONING_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, TRAIT_REASONING, 0, 100 },
	{ CHAT, METER_INPUT_AUDIO_TOKEN, NULL, HOW_PLAIN, 20, 900, 8, TRAIT_AUDIO, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, 0, 60 },
	{ CHAT, METER_WEB_SEARCH, NULL, HOW_PLAIN, 25, 120, 4, TRAIT_SEARCH, 0, 100 },
};

const struct shape shape_helicone = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_PRICES,
	.yes_only = THREE,
	.toggles = THREE,
	.hosts = &helicone_hosts,
	.shared = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE,
	.publishes = true,
	.inclusive_tiers = true,
	.bare_ids = true,
	.modality_by_row = true,
	.ears_by_row = true,
	KINDS(helicone),
};
