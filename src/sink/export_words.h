/*
 * export_words: what other programs call what we know under another name.  Private to the sink's exports.
 */
#pragma once
#include "sink/export.h"

/* A provider of ours by the names of others; NULL: the same, or none. */
struct export_alias {
	const char *slug;
	const char *litellm;    /* litellm_provider */
	const char *models_dev; /* key of api.json */
	const char *npm; /* what speaks to it, where that is not OpenAI's form at its base URL */
	bool keeps_api;  /* api.json names the base URL all the same */
};
/* NULL: nobody calls it anything else. */
const struct export_alias *export_alias(struct str slug);
/* `theirs`, unless another of the providers exported has that for a slug: two may not have one key. */
struct str export_provider_key(const struct export_writer *w, const char *theirs);

/* A side of a modality ("text+image->text") has the word. */
enum export_side { EXPORT_IN, EXPORT_OUT };
bool export_has(struct str modality, enum export_side side, const char *word);

/* "2026-08-22" */
struct str export_day(int64_t ms, char to[CLOCK_TEXT_MAX]);
