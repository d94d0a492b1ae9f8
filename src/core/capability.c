#include "core/capability.h"

const char *const capability_names[CAP_COUNT] = {
	[CAP_AUDIO_INPUT] = "audio_input",
	[CAP_AUDIO_OUTPUT] = "audio_output",
	[CAP_FUNCTION_CALLING] = "function_calling",
	[CAP_IMAGE_GENERATION] = "image_generation",
	[CAP_REASONING] = "reasoning",
	[CAP_STREAMING] = "streaming",
	[CAP_STRUCTURED_OUTPUTS] = "structured_outputs",
	[CAP_VISION] = "vision",
};

/* More than every name with a '!' and a comma. */
enum { TEXT_MAX = CAP_COUNT * 24 };

bool capability_parse(struct str name, enum capability *ret)
{
	for (int i = 0; i < CAP_COUNT; i++) {
		if (str_eq(name, str_of(capability_names[i]))) {
			*ret = (enum capability)i;
			return true;
		}
	}
	return false;
}

struct str capabilities_text(struct capabilities c, struct arena *a)
{
	char text[TEXT_MAX] = "", *at = text;

	for (int i = 0; i < CAP_COUNT; i++) {
		int said = capabilities_get(c, (enum capability)i);

		if (said < 0)
			continue;
		if (at > text)
			*at++ = ',';
		if (said == 0)
			*at++ = '!';
		at = stpcpy(at, capability_names[i]);
	}
	return arena_str(a, (struct str){ text, (size_t)(at - text) });
}

/* One item of the text, which must stand behind *last in the order of the list. */
static bool read_item(struct str item, int *last, struct capabilities *c)
{
	bool no = item.n > 0 && item.at[0] == '!';
	enum capability which;

	if (no) {
		item.at++;
		item.n--;
	}
	if (!capability_parse(item, &which) || (int)which <= *last)
		return false;
	*last = (int)which;
	capabilities_set(c, which, !no);
	return true;
}

bool capabilities_from_text(struct str text, struct capabilities *ret)
{
	struct capabilities c = { 0, 0 };
	struct str item;
	int last = -1;
	bool more = text.n > 0;

	while (more) {
		more = str_cut(&text, ',', &item);
		if (!read_item(item, &last, &c))
			return false;
	}
	*ret = c;
	return true;
}
