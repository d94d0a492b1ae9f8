/*
 * meter: what a price is charged on.  A closed list, one table; a descriptor
 * may name no other.  An amount is always currency per ONE unit of its meter.
 */
#pragma once
#include "base/str.h"

/* In the alphabetical order of their names, which is the order of prices in the canonical form. */
enum meter {
	METER_AUDIO_SECOND,
	METER_CACHE_WRITE_TOKEN,
	METER_CACHED_AUDIO_TOKEN,
	METER_CACHED_INPUT_TOKEN,
	METER_COMPUTE_SECOND,
	METER_IMAGE_PIXEL_STEP,
	METER_INPUT_AUDIO_TOKEN,
	METER_INPUT_CHARACTER,
	METER_INPUT_IMAGE,
	METER_INPUT_IMAGE_TOKEN,
	METER_INPUT_TOKEN,
	METER_OUTPUT_AUDIO_SECOND,
	METER_OUTPUT_AUDIO_TOKEN,
	METER_OUTPUT_CHARACTER,
	METER_OUTPUT_IMAGE,
	METER_OUTPUT_IMAGE_TOKEN,
	METER_OUTPUT_MEGAPIXEL,
	METER_OUTPUT_SECOND, /* of what is made, where the provider does not say what that is */
	METER_OUTPUT_TOKEN,
	METER_OUTPUT_VIDEO,
	METER_REASONING_TOKEN,
	METER_REQUEST,
	METER_VIDEO_FRAME,
	METER_VIDEO_SECOND,
	METER_WEB_SEARCH,
	METER_COUNT,
};

struct meter_info {
	const char *name; /* as in prices.meter, changes.field and descriptors */
	const char *unit; /* singular noun of one unit, for people */
	/*
	 * Plausible band, inclusive, as canonical decimals per one unit; NULL
	 * where nothing is known.  Tokens: $0.001 to $1000 per 1M.  A value outside
	 * is never refused, only marked suspect.
	 */
	const char *low, *high;
};

extern const struct meter_info meters[METER_COUNT];

bool meter_parse(struct str name, enum meter *ret);
