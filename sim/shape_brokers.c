/* SPDX-License-Identifier: MIT */
/* Shapes of companies that sell what others run. */
#include "shape_tables.h"

/* --- huggingface: a model, and who sells it at what price --- */

static const char *const huggingface_names[] = {
	"lumenrack", "tidegrid",   "ferrocloud", "basinworks", "quarry-ai",
	"novalume",  "hearthside", "openslope",  "peatbog",
};

static const struct hosts huggingface_hosts = { huggingface_names, COUNT(huggingface_names), ":",
						false };

enum { HUB_ABLE = ABLE_TOOLS | ABLE_STRUCTURED_OUTPUTS };

static const struct specimen huggingface_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_UNPRICED | TRAIT_SILENT | TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds huggingface_odds[] = {
	{ TRAIT_UNPRICED, 10 }, { TRAIT_NO_CONTEXT, 8 }, { TRAIT_IMAGE, 20 },
	{ TRAIT_SILENT, 12 },   { TRAIT_FREE, 3 },       { TRAIT_ESCAPES, 5 },
};

static const struct kind_row huggingface_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, HUB_ABLE, true, "chat" },
};

static const struct recipe huggingface_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
};

const struct shape shape_huggingface = {
	.says = SAYS_CONTEXT | SAYS_MODALITY | SAYS_ABLE | SAYS_PRICES,
	.yes_no = HUB_ABLE,
	.toggles = HUB_ABLE,
	.silent = SAYS_ABLE,
	.hosts = &huggingface_hosts,
	.shared = SAYS_MODALITY,
	.modality_by_row = true,
	KINDS(huggingface),
};

/* --- aimo: hosts by their public keys; strings and numbers --- */

static const char *const aimo_names[] = {
	"7hQuarryTernBoxMarrow4WkJv2sNpR8eFd3Gy5ZtXaLb",
	"Bz9LanternOchreHarrow6UcTm1qPw3rVk8EhYdSgNjXf",
	"4mGannetFathomVesper9DyLr7tKx2wCq5BnHsJpZuEaV",
	"Ek3SextantPloverWillow8RfGv6hTn4jMb1YcXzQdWsU",
	"9uCinderThistleBramble2NaKp5xJe7yHt3LwFrDmZqG",
};

static const struct hosts aimo_hosts = { aimo_names, COUNT(aimo_names), ":", true };

static const struct specimen aimo_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_ASIDE_ONLY, 0, KIND_CHAT }, /* nobody sells it */
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_ESCAPES, 0, KIND_CHAT },
	{ TRAIT_ASIDE_ONLY, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ TRAIT_IMAGE, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds aimo_odds[] = {
	{ TRAIT_UNPRICED, 8 },    { TRAIT_SILENT, 15 },  { TRAIT_ASIDE_ONLY, 8 },
	{ TRAIT_NO_CONTEXT, 12 }, { TRAIT_ESCAPES, 10 }, { TRAIT_IMAGE, 20 },
};

static const struct kind_row aimo_kinds[] = {
	{ KIND_CHAT, 100, TEXT, TEXT, 0, true, "chat" },
};

static const struct recipe aimo_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
};

const struct shape shape_aimo = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MODALITY | SAYS_PRICES,
	.silent = SAYS_NAME | SAYS_MODALITY,
	.hosts = &aimo_hosts,
	.shared = SAYS_NAME | SAYS_CONTEXT | SAYS_MODALITY,
	.modality_by_row = true,
	KINDS(aimo),
};

/* --- anannas: strings per token, or numbers of nobody knows what --- */

enum { ANANNAS_ABLE = THREE | ABLE_VISION };

static const struct specimen anannas_specimens[] = {
	{ 0, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_REQUEST, 0, KIND_CHAT },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ TRAIT_UNPRICED, 0, KIND_CHAT },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_NO_CONTEXT | TRAIT_ESCAPES, 0, KIND_CHAT },
};

static const struct odds anannas_odds[] = {
	{ TRAIT_UNPRICED, 20 }, { TRAIT_REQUEST, 4 }, { TRAIT_FREE, 5 },
	{ TRAIT_SILENT, 10 },   { TRAIT_ESCAPES, 8 }, { TRAIT_NO_CONTEXT, 5 },
};

static const struct kind_row anannas_kinds[] = {
	{ KIND_CHAT, 100, 0, 0, ANANNAS_ABLE, true, "chat" },
};

static const struct recipe anannas_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_REQUEST, NULL, HOW_PLAIN, 1, 30, 4, TRAIT_REQUEST, 0, 100 },
};

const struct shape shape_anannas = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE | SAYS_PRICES,
	.yes_only = ANANNAS_ABLE,
	.toggles = ANANNAS_ABLE,
	.silent = SAYS_ABLE,
	KINDS(anannas),
};

/* --- aihubmix: lists in strings; numbers that mean something for some types only --- */

enum { MIX_ABLE = THREE | ABLE_VISION | ABLE_AUDIO_INPUT };

static const struct specimen aihubmix_specimens[] = {
	{ TRAIT_CACHE, 0, KIND_CHAT },
	{ 0, 0, KIND_IMAGE },
	{ TRAIT_FREE, 0, KIND_CHAT },
	{ 0, 0, KIND_EMBEDDING },
	{ TRAIT_NO_CONTEXT, 0, KIND_CHAT },
	{ 0, 0, KIND_OTHER },
	{ 0, 0, KIND_RERANK },
	{ 0, 0, KIND_VIDEO },
	{ 0, 0, KIND_SPEECH },
	{ 0, 0, KIND_TRANSCRIPTION },
	{ TRAIT_SILENT, 0, KIND_CHAT },
	{ TRAIT_CACHE | TRAIT_ESCAPES, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
	{ 0, 0, KIND_CHAT },
};

static const struct odds aihubmix_odds[] = {
	{ TRAIT_CACHE, 55 }, { TRAIT_FREE, 4 },    { TRAIT_NO_CONTEXT, 20 },
	{ TRAIT_SILENT, 8 }, { TRAIT_ESCAPES, 5 },
};

static const struct kind_row aihubmix_kinds[] = {
	{ KIND_CHAT, 48, 0, 0, MIX_ABLE, true, "llm" },
	{ KIND_OTHER, 30, 0, 0, 0, true, "" },
	{ KIND_IMAGE, 7, 0, 0, ABLE_VISION, false, "image_generation" },
	{ KIND_VIDEO, 5, 0, 0, ABLE_VISION, false, "video" },
	{ KIND_EMBEDDING, 4, 0, 0, 0, true, "embedding" },
	{ KIND_RERANK, 2, 0, 0, 0, true, "rerank" },
	{ KIND_SPEECH, 2, 0, 0, 0, false, "tts" },
	{ KIND_TRANSCRIPTION, 2, 0, 0, ABLE_AUDIO_INPUT, false, "stt" },
};

static const struct recipe aihubmix_recipes[] = {
	{ CHAT, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, 0, 0, 100 },
	{ CHAT, METER_OUTPUT_TOKEN, NULL, HOW_PLAIN, 8, 900, 8, 0, 0, 100 },
	{ CHAT, METER_CACHED_INPUT_TOKEN, NULL, HOW_PLAIN, 5, 300, 9, TRAIT_CACHE, 0, 100 },
	{ CHAT, METER_CACHE_WRITE_TOKEN, NULL, HOW_PLAIN, 2, 300, 8, TRAIT_CACHE, 0, 12 },
	{ VECTORS, METER_INPUT_TOKEN, NULL, HOW_PLAIN, 10, 200, 10, 0, 0, 100 },
};

const struct shape shape_aihubmix = {
	.says = SAYS_NAME | SAYS_CONTEXT | SAYS_MAX_OUTPUT | SAYS_ABLE | SAYS_PRICES,
	.yes_only = MIX_ABLE,
	.toggles = THREE,
	.silent = SAYS_NAME | SAYS_ABLE,
	.publishes = true,
	.bare_ids = true,
	KINDS(aihubmix),
};
