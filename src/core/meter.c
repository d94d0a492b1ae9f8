#include "core/meter.h"

/* $0.001 .. $1000 per 1M. */
#define PER_TOKEN "0.000000001", "0.001"

/*
 * The bands beside tokens only have to catch a unit that is wrong by a
 * thousand or more, so they leave a factor of ten or a hundred around what was
 * ever seen.  Seen at most: $0.21675 an image, $0.035 a request, $0.1 a search
 * (346,980 OpenRouter rows); some rows give a per-token figure as that of an
 * image, so images have no lower end.
 */
const struct meter_info meters[METER_COUNT] = {
	[METER_INPUT_TOKEN] = { "input_token", "token", PER_TOKEN },
	[METER_OUTPUT_TOKEN] = { "output_token", "token", PER_TOKEN },
	[METER_CACHED_INPUT_TOKEN] = { "cached_input_token", "token", PER_TOKEN },
	[METER_CACHE_WRITE_TOKEN] = { "cache_write_token", "token", PER_TOKEN },
	[METER_REASONING_TOKEN] = { "reasoning_token", "token", PER_TOKEN },
	[METER_INPUT_AUDIO_TOKEN] = { "input_audio_token", "token", PER_TOKEN },
	[METER_CACHED_AUDIO_TOKEN] = { "cached_audio_token", "token", PER_TOKEN },
	[METER_OUTPUT_AUDIO_TOKEN] = { "output_audio_token", "token", PER_TOKEN },
	[METER_INPUT_IMAGE_TOKEN] = { "input_image_token", "token", PER_TOKEN },
	[METER_OUTPUT_IMAGE_TOKEN] = { "output_image_token", "token", PER_TOKEN },
	[METER_INPUT_IMAGE] = { "input_image", "image", NULL, "10" },
	[METER_OUTPUT_IMAGE] = { "output_image", "image", NULL, "100" },
	[METER_OUTPUT_MEGAPIXEL] = { "output_megapixel", "megapixel", NULL, "10" },
	[METER_IMAGE_PIXEL_STEP] = { "image_pixel_step", "pixel step", NULL, NULL },
	/* Speech is sold at $5 .. $200 per 1M characters, a few characters a token. */
	[METER_INPUT_CHARACTER] = { "input_character", "character", PER_TOKEN },
	[METER_OUTPUT_CHARACTER] = { "output_character", "character", PER_TOKEN },
	/* Transcription: $0.04 .. $1.5 an hour. */
	[METER_AUDIO_SECOND] = { "audio_second", "second", "0.0000001", "0.1" },
	[METER_OUTPUT_AUDIO_SECOND] = { "output_audio_second", "second", "0.0000001", "1" },
	/* Seen: $0.002 a frame; a second has some 24. */
	[METER_VIDEO_FRAME] = { "video_frame", "frame", "0.00001", "1" },
	[METER_VIDEO_SECOND] = { "video_second", "second", "0.00001", "100" },
	/* Sound or pictures: from the cheapest of the one to the dearest of the other. */
	[METER_OUTPUT_SECOND] = { "output_second", "second", "0.0000001", "100" },
	[METER_OUTPUT_VIDEO] = { "output_video", "video", NULL, "1000" },
	/* From a slice of a CPU to a machine with eight accelerators. */
	[METER_COMPUTE_SECOND] = { "compute_second", "second", "0.0000001", "1" },
	[METER_REQUEST] = { "request", "request", NULL, "10" },
	[METER_WEB_SEARCH] = { "web_search", "search", NULL, "10" },
};

bool meter_parse(struct str name, enum meter *ret)
{
	size_t from = 0;
	size_t to = METER_COUNT;

	/* The table is in the order of the names. */
	while (from < to) {
		size_t middle = (from + to) / 2;
		int c = str_cmp(name, str_of(meters[middle].name));

		if (c == 0) {
			*ret = (enum meter)middle;
			return true;
		}
		from = c > 0 ? middle + 1 : from;
		to = c < 0 ? middle : to;
	}
	return false;
}
