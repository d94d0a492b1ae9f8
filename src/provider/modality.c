#include "provider/modality.h"

#include "provider/text.h"
#include "provider/words.h"

static const char *const names[] = { "text",  "image",     "file",  "audio",
				     "video", "embedding", "rerank" };

enum { NAMES = sizeof(names) / sizeof(names[0]), TEXT_MAX = 128 /* both sides, all names */ };

/* A set of names; 0: of none. */
static unsigned bit_of(struct str word)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (str_eq(word, str_of(names[i])))
			return 1U << i;
	return 0;
}

bool modality_is_known(struct str word)
{
	return bit_of(word) != 0;
}

/* What a word of the provider's adds to a side; false: nobody told us of it. */
static bool understand(const struct modality_field *f, struct str said, unsigned *side_io)
{
	struct str means = said;

	if (text_translate(&f->text, said, &means) && str_is_none(means))
		return true;
	*side_io |= bit_of(means);
	return bit_of(means) != 0;
}

/* *ret_side is 0 where nothing is said. */
static bool read_side(const struct list *l, const struct modality_field *f, const struct place *p,
		      struct row_scratch *s, struct arena *a, unsigned *ret_side, struct err *e)
{
	unsigned slot;
	yyjson_val *v = row_at(p, s->slots, &slot);
	bool understood = true;
	unsigned side = 0;
	struct words words;
	struct str word;

	*ret_side = 0;
	if (!v)
		return true;
	if (!words_begin(&words, v, f->split))
		return row_wrong_type(
			l, slot, v, str_is_none(f->split) ? "an array" : "an array or a string", e);
	while (words_next(&words, &word)) {
		if (str_is_none(word))
			return err_set(e, ERR_DATA, "%.*s holds what is no string",
				       STR_FMT(list_pointer(l, slot)));
		if (!understand(f, word, &side)) {
			understood = false;
			notes_add(&s->notes,
				  (struct note){ NOTE_UNKNOWN_WORD, list_pointer(l, slot), word,
						 1 },
				  a);
		}
	}
	*ret_side = understood ? side : 0;
	return true;
}

static char *add_side(char *to, unsigned side)
{
	bool first = true;

	for (unsigned i = 0; i < NAMES; i++) {
		size_t n = strlen(names[i]);

		if (!(side & 1U << i))
			continue;
		if (!first)
			*to++ = '+';
		first = false;
		memcpy(to, names[i], n);
		to += n;
	}
	return to;
}

static struct str text_of(unsigned in, unsigned out, struct arena *a)
{
	char text[TEXT_MAX];
	char *end = add_side(text, in);

	*end++ = '-';
	*end++ = '>';
	end = add_side(end, out);
	return arena_str(a, (struct str){ text, (size_t)(end - text) });
}

bool modality_read(const struct list *l, const struct modality_field *f, struct row_scratch *s,
		   struct arena *a, struct str *ret, struct err *e)
{
	unsigned in;
	unsigned out;

	if (f->inputs.n == 0)
		return text_read(l, &f->text, s, ROW_TEXT_MAX, a, ret, e);
	*ret = STR_NONE;
	if (!read_side(l, f, &f->inputs, s, a, &in, e) ||
	    !read_side(l, f, &f->outputs, s, a, &out, e))
		return false;
	if (in && out)
		*ret = text_of(in, out, a);
	return true;
}
