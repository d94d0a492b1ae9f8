/* SPDX-License-Identifier: MIT */
/* Shapes of companies that run the models they list. */
#include "shape_tables.h"

/* --- groq: strings per token, a few rows of speech without prices --- */

static const struct specimen groq_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },      { TRAIT_IMAGE, 0, KIND_CHAT },
	{ 0, 0, KIND_TRANSCRIPTION },       { TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_REQUEST, 0, KIND_CHAT },    { 0, 0, KIND_SPEECH },
	{ TRAIT_FREE, 0, KIND_CHAT },       { TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
};

static const struct odds groq_odds[] = {
	{ TRAIT_CACHE, 40 },  { TRAIT_IMAGE, 25 },     { TRAIT_UNPRICED, 8 }, { TRAIT_FREE, 3 },
	{ TRAIT_REQUEST, 4 }, { TRAIT_NO_CONTEXT, 4 }, { TRAIT_ESCAPES, 10 },
};

static const struct kind_row groq_kinds[] = {
	{ KIND_CHAT, 80, TEXT, TEXT, THREE, true, "chat" },
	{ KIND_TRANSCRIPTION, 12, MODALITY_AUDIO, TEXT, 0, true, "transcription" },
	{ KIND_SPEECH, 8, TEXT, MODALITY_AUDIO, 0, true, "speech" },
};

static const struct recipe groq_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, 0, 60 },
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 30, 4, TRAIT_REQUEST, 0, 100 },
};

const struct shape shape_groq = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_PRICES,
	.yes_only = THREE,
	.toggles = THREE,
	.publishes = true,
	.modality_by_row = true,
	KINDS(groq),
};

/* --- chutes: keys of one unit with numbers of another --- */

static const struct specimen chutes_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },    { 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT }, { TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },   { TRAIT_IMAGE | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },         { TRAIT_NO_CONTEXT, 0, KIND_CHAT },
};

static const struct odds chutes_odds[] = {
	{ TRAIT_CACHE, 50 },   { TRAIT_UNPRICED, 5 }, { TRAIT_FREE, 4 },       { TRAIT_SILENT, 12 },
	{ TRAIT_ESCAPES, 10 }, { TRAIT_IMAGE, 20 },   { TRAIT_NO_CONTEXT, 5 },
};

static const struct kind_row chutes_kinds[] = {
	{ KIND_CHAT, 92, TEXT, TEXT, THREE, true, "chat" },
	{ KIND_EMBEDDING, 8, TEXT, MODALITY_EMBEDDING, 0, true, "embedding" },
};

static const struct recipe chutes_recipes[] = {
	{ CHAT | VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
};

const struct shape shape_chutes = {
	.says = SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE | SAYS_QUANTIZATION |
		SAYS_PRICES,
	.yes_only = THREE,
	.toggles = THREE,
	.silent = SAYS_MODALITY | SAYS_ABLE | SAYS_QUANTIZATION,
	.publishes = true,
	.modality_by_row = true,
	KINDS(chutes),
};

/* --- featherless: a crowd, and hardly a price --- */

enum { FEATHER_ABLE = ABLE_TOOLS | ABLE_VISION };

static const struct specimen featherless_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_REQUEST | TRAIT_IMAGE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED | TRAIT_SILENT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds featherless_odds[] = {
	{ TRAIT_UNPRICED, 94 }, { TRAIT_SILENT, 40 }, { TRAIT_FREE, 3 },
	{ TRAIT_ESCAPES, 5 },   { TRAIT_IMAGE, 5 },   { TRAIT_REQUEST, 5 },
};

static const struct kind_row featherless_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, FEATHER_ABLE, true, "chat" },
};

static const struct recipe featherless_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, 0, 100 },
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 30, 4, TRAIT_REQUEST, 0, 100 },
};

const struct shape shape_featherless = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE | SAYS_PRICES,
	.yes_no = FEATHER_ABLE,
	.toggles = FEATHER_ABLE,
	.silent = SAYS_ABLE,
	KINDS(featherless),
};

/* --- xai: whole numbers of 1e-10 USD, dearer above a count, three lists --- */

static const struct specimen xai_specimens[] = {
	{ TRAIT_TIER | TRAIT_CACHE | TRAIT_SEARCH, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_IMAGE | TRAIT_CACHE | TRAIT_TIER, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_MAIN_ONLY, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_IMAGE },
	{ TRAIT_ESCAPES | TRAIT_SEARCH, 0, KIND_CHAT },
};

static const struct odds xai_odds[] = {
	{ TRAIT_TIER, 35 },    { TRAIT_CACHE, 75 },  { TRAIT_SEARCH, 50 },    { TRAIT_IMAGE, 40 },
	{ TRAIT_UNPRICED, 4 }, { TRAIT_ESCAPES, 5 }, { TRAIT_MAIN_ONLY, 10 },
};

static const struct kind_row xai_kinds[] = {
	{ KIND_CHAT, 75, TEXT, TEXT, 0, true, "language" },
	{ KIND_IMAGE, 25, TEXT, MODALITY_IMAGE, 0, false, "image" },
};

static const struct recipe xai_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2000, 30000, 10, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 5000, 90000, 10, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 500, 9000, 10, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE_TOKEN, NULL, HOW_PLAIN, 2000, 30000, 10, TRAIT_IMAGE, 0, 100 },
	{ CHAT, METER_WEB_SEARCH, NULL, HOW_PLAIN, 5, 60, 3, TRAIT_SEARCH, 0, 100 },
	{ BIT(KIND_IMAGE), METER_OUTPUT_IMAGE, NULL, HOW_PLAIN, 20, 90, 3, 0, 0, 100 },
	{ BIT(KIND_IMAGE), METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2000, 30000, 10, 0, 0, 40 },
	{ BIT(KIND_IMAGE), METER_INPUT_IMAGE_TOKEN, NULL, HOW_PLAIN, 2000, 30000, 10, TRAIT_IMAGE,
	  0, 100 },
};

const struct shape shape_xai = {
	.says = SAYS_CONTEXT | SAYS_MODALITY | SAYS_PRICES,
	.lone = SAYS_CONTEXT,
	.places = 10,
	.tier_above = 128000,
	.publishes = true,
	.bare_ids = true,
	.modality_by_row = true,
	KINDS(xai),
};

/* --- fireworks: a row per mode; a second list with other facts --- */

static const char *const fireworks_heads[] = { "accounts/fireworks/models/" };

static const struct specimen fireworks_specimens[] = {
	{ TRAIT_CACHE | TRAIT_SERVICE, 0, KIND_CHAT },
	{ TRAIT_IMAGE | TRAIT_EXPIRES, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_MAIN_ONLY | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_SERVICE | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_IMAGE },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT | TRAIT_SERVICE | TRAIT_CACHE, 0, KIND_CHAT },
};

static const struct odds fireworks_odds[] = {
	{ TRAIT_CACHE, 60 },     { TRAIT_SERVICE, 30 }, { TRAIT_IMAGE, 25 },
	{ TRAIT_EXPIRES, 10 },   { TRAIT_UNPRICED, 8 }, { TRAIT_MAIN_ONLY, 8 },
	{ TRAIT_ASIDE_ONLY, 8 }, { TRAIT_FREE, 3 },     { TRAIT_ESCAPES, 8 },
	{ TRAIT_NO_CONTEXT, 5 },
};

static const struct kind_row fireworks_kinds[] = {
	{ KIND_CHAT, 85, TEXT, TEXT, ABLE_TOOLS, true, "HF_BASE_MODEL" },
	{ KIND_EMBEDDING, 8, TEXT, MODALITY_EMBEDDING, 0, true, "EMBEDDING_MODEL" },
	{ KIND_IMAGE, 7, TEXT, MODALITY_IMAGE, 0, false, "FLUMINA_BASE_MODEL" },
};

static const struct recipe fireworks_recipes[] = {
	{ CHAT | VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_INPUT_TOKEN, "fast", HOW_PLAIN, 20, 500, 8, TRAIT_SERVICE, 0, 70 },
	{ CHAT, METER_OUTPUT_TOKEN, "fast", HOW_PLAIN, 80, 900, 8, TRAIT_SERVICE, 0, 0 },
	{ CHAT, METER_INPUT_TOKEN, "priority", HOW_PLAIN, 20, 400, 8, TRAIT_SERVICE, 0, 80 },
	{ CHAT, METER_OUTPUT_TOKEN, "priority", HOW_PLAIN, 40, 900, 8, TRAIT_SERVICE, 0, 0 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, "priority", HOW_PLAIN, 20, 400, 9, TRAIT_CACHE, 0, 0 },
};

const struct shape shape_fireworks = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MODALITY | SAYS_ABLE | SAYS_DEPRECATION |
		SAYS_PRICES,
	.yes_no = ABLE_TOOLS | ABLE_VISION,
	.toggles = ABLE_TOOLS,
	.lone = SAYS_ABLE | SAYS_DEPRECATION,
	.heads = fireworks_heads,
	.head_count = COUNT(fireworks_heads),
	.publishes = true,
	.modality_by_row = true,
	KINDS(fireworks),
};

/* --- near: two units in one object, and a second list in whole numbers --- */

static const struct specimen near_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ TRAIT_MAIN_ONLY | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
	{ TRAIT_EXPIRES, 0, KIND_CHAT },
	{ TRAIT_FREE | TRAIT_CACHE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_REQUEST, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_EMBEDDING },
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds near_odds[] = {
	{ TRAIT_CACHE, 50 },  { TRAIT_IMAGE, 25 },  { TRAIT_MAIN_ONLY, 8 }, { TRAIT_ASIDE_ONLY, 6 },
	{ TRAIT_EXPIRES, 8 }, { TRAIT_FREE, 3 },    { TRAIT_UNPRICED, 4 },  { TRAIT_REQUEST, 4 },
	{ TRAIT_SILENT, 10 }, { TRAIT_ESCAPES, 8 },
};

static const struct kind_row near_kinds[] = {
	{ KIND_CHAT, 92, TEXT, TEXT, THREE, true, "chat" },
	{ KIND_EMBEDDING, 8, TEXT, MODALITY_EMBEDDING, 0, true, "embedding" },
};

static const struct recipe near_recipes[] = {
	{ CHAT | VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT | VECTORS, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_INPUT_IMAGE, NULL, HOW_PLAIN, 5, 300, 5, TRAIT_IMAGE, 0, 60 },
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 30, 4, TRAIT_REQUEST, 0, 100 },
};

const struct shape shape_near = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE |
		SAYS_QUANTIZATION | SAYS_DEPRECATION | SAYS_PRICES,
	.yes_only = THREE,
	.toggles = THREE,
	.silent = SAYS_MAX_OUTPUT | SAYS_MODALITY | SAYS_ABLE | SAYS_QUANTIZATION,
	.publishes = true,
	.modality_by_row = true,
	KINDS(near),
};

/* --- fal: everything but tokens; prices apart, by words --- */

static const struct specimen fal_specimens[] = {
	{ 0, 0, KIND_IMAGE },
	{ 0, 0, KIND_IMAGE_EDIT },
	{ 0, 0, KIND_VIDEO },
	{ 0, 0, KIND_ANIMATION },
	{ 0, 0, KIND_VIDEO_EDIT },
	{ 0, 0, KIND_SPEECH },
	{ TRAIT_MAIN_ONLY, 0, KIND_IMAGE },
	{ TRAIT_UNPRICED, 0, KIND_MESH },
	{ 0, 0, KIND_AUDIO_EDIT },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ 0, 0, KIND_READING },
	{ 0, 0, KIND_MESH },
	{ 0, 0, KIND_TRAINING },
	{ 0, 0, KIND_LANGUAGE },
	{ TRAIT_ESCAPES, 0, KIND_OTHER },
};

static const struct odds fal_odds[] = {
	{ TRAIT_MAIN_ONLY, 14 }, /* no price is quoted … */
	{ TRAIT_UNPRICED, 5 },   /* … or of a unit of their own */
	{ TRAIT_ESCAPES, 5 },
};

static const struct kind_row fal_kinds[] = {
	{ KIND_IMAGE, 22, TEXT, MODALITY_IMAGE, 0, false, "text-to-image" },
	{ KIND_IMAGE_EDIT, 22, MODALITY_IMAGE, MODALITY_IMAGE, 0, false, "image-to-image" },
	{ KIND_ANIMATION, 16, MODALITY_IMAGE, MODALITY_VIDEO, 0, false, "image-to-video" },
	{ KIND_VIDEO, 12, TEXT, MODALITY_VIDEO, 0, false, "text-to-video" },
	{ KIND_VIDEO_EDIT, 8, MODALITY_VIDEO, MODALITY_VIDEO, 0, false, "video-to-video" },
	{ KIND_SPEECH, 6, TEXT, MODALITY_AUDIO, 0, false, "text-to-speech" },
	{ KIND_AUDIO_EDIT, 2, MODALITY_AUDIO, MODALITY_AUDIO, 0, false, "audio-to-audio" },
	{ KIND_TRANSCRIPTION, 2, MODALITY_AUDIO, TEXT, 0, false, "speech-to-text" },
	{ KIND_READING, 2, MODALITY_IMAGE, TEXT, 0, false, "vision" },
	{ KIND_LANGUAGE, 1, TEXT, TEXT, 0, false, "llm" },
	{ KIND_MESH, 3, 0, 0, 0, false, "image-to-3d" },
	{ KIND_TRAINING, 3, 0, 0, 0, false, "training" },
	{ KIND_OTHER, 1, 0, 0, 0, false, "json" },
};

enum {
	FAL_IMAGES = BIT(KIND_IMAGE) | BIT(KIND_IMAGE_EDIT),
	FAL_VIDEOS = BIT(KIND_VIDEO) | BIT(KIND_ANIMATION) | BIT(KIND_VIDEO_EDIT),
	FAL_SOUNDS = BIT(KIND_SPEECH) | BIT(KIND_AUDIO_EDIT) | BIT(KIND_TRANSCRIPTION),
	FAL_OTHERS = BIT(KIND_READING) | BIT(KIND_LANGUAGE) | BIT(KIND_MESH) | BIT(KIND_TRAINING) |
		     BIT(KIND_OTHER),
};

static const struct recipe fal_recipes[] = {
	{ FAL_IMAGES, METER_OUTPUT_IMAGE, NULL, HOW_PLAIN, 20, 900, 4, 0, 0, 50 },
	{ FAL_IMAGES, METER_OUTPUT_MEGAPIXEL, NULL, HOW_PLAIN, 20, 900, 4, 0, 0, 70, true },
	{ FAL_IMAGES, METER_COMPUTE_SECOND, NULL, HOW_PLAIN, 10, 90, 5, 0, 0, 100, true },
	{ FAL_VIDEOS, METER_OUTPUT_SECOND, NULL, HOW_PLAIN, 20, 900, 4, 0, 0, 50 },
	{ FAL_VIDEOS, METER_OUTPUT_VIDEO, NULL, HOW_PLAIN, 20, 900, 3, 0, 0, 80, true },
	{ FAL_VIDEOS, METER_COMPUTE_SECOND, NULL, HOW_PLAIN, 10, 90, 5, 0, 0, 100, true },
	{ BIT(KIND_SPEECH), METER_INPUT_CHARACTER, NULL, HOW_PLAIN, 4, 90, 6, 0, 0, 60 },
	{ FAL_SOUNDS, METER_OUTPUT_SECOND, NULL, HOW_PER_MINUTE, 5, 90, 3, 0, 0, 100, true },
	{ FAL_OTHERS, METER_REQUEST, NULL, HOW_PLAIN, 5, 90, 3, 0, 0, 70 },
	{ FAL_OTHERS, METER_COMPUTE_SECOND, NULL, HOW_PLAIN, 10, 90, 5, 0, 0, 100, true },
};

const struct shape shape_fal = {
	.says = SAYS_NAME | SAYS_MODALITY | SAYS_PRICES,
	.lone = SAYS_PRICES,
	KINDS(fal),
};

/* --- google-vertex: names, by publisher; some are no offer --- */

static const char *const vertex_heads[] = {
	"google/", "google/", "anthropic/", "google/", "meta/", "google/", "mistralai/",
};

static const struct specimen vertex_specimens[] = {
	{ 0, 0, KIND_CHAT }, { TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT }, { 0, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT }, { TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT }, { TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
};

static const struct odds vertex_odds[] = {
	{ TRAIT_ASIDE_ONLY, 30 },
	{ TRAIT_ESCAPES, 5 },
};

static const struct kind_row vertex_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, 0, false, "model" },
};

const struct shape shape_vertex = {
	.heads = vertex_heads,
	.head_count = COUNT(vertex_heads),
	UNPRICED_KINDS(vertex),
};
