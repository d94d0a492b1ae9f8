#include "provider/text.h"

#include "base/utf8.h"
#include "core/quantization.h"

bool text_at(const struct list *l, const struct place *p, yyjson_val **slots, size_t max,
	     struct arena *a, struct str *ret, unsigned *ret_slot, struct err *e)
{
	yyjson_val *v = row_at(p, slots, ret_slot);

	*ret = STR_NONE;
	if (!v)
		return true;
	if (!yyjson_is_str(v))
		return row_wrong_type(l, *ret_slot, v, "a string", e);
	if (yyjson_get_len(v) > max)
		return err_set(e, ERR_DATA, "%.*s is longer than %zu bytes",
			       STR_FMT(list_pointer(l, *ret_slot)), max);
	if (yyjson_get_len(v) > 0)
		*ret = json_str(v, a);
	return true;
}

bool text_cut_prefix(const struct text_field *f, struct str text, struct arena *a, struct str *ret)
{
	if (!str_is_none(f->strip)) {
		if (!str_starts(text, f->strip))
			return false;
		text.at += f->strip.n;
		text.n -= f->strip.n;
		if (f->put.n > 0 && text.n > 0)
			text = arena_printf(a, "%.*s%.*s", STR_FMT(f->put), STR_FMT(text));
	}
	*ret = text;
	return true;
}

bool text_translate(const struct text_field *f, struct str said, struct str *ret)
{
	for (size_t i = 0; i < f->n_words; i++) {
		if (str_eq(f->words[i].said, said)) {
			*ret = f->words[i].means;
			return true;
		}
	}
	return false;
}

/* What the descriptor makes of a text that is there. */
static struct str understood(const struct list *l, const struct text_field *f, unsigned slot,
			     struct str said, struct row_scratch *s, struct arena *a)
{
	struct str text;

	if (!text_cut_prefix(f, said, a, &text)) {
		notes_add(&s->notes,
			  (struct note){ NOTE_NO_PREFIX, list_pointer(l, slot), f->strip, 1 }, a);
		return STR_NONE;
	}
	if (text.n == 0)
		return STR_NONE;
	if (f->n_words && !text_translate(f, text, &text)) {
		notes_add(&s->notes,
			  (struct note){ NOTE_UNKNOWN_WORD, list_pointer(l, slot), text, 1 }, a);
		return STR_NONE;
	}
	return text;
}

bool text_read(const struct list *l, const struct text_field *f, struct row_scratch *s, size_t max,
	       struct arena *a, struct str *ret, struct err *e)
{
	unsigned slot = 0;

	if (!text_at(l, &f->place, s->slots, max, a, ret, &slot, e))
		return false;
	if (!str_is_none(*ret))
		*ret = understood(l, f, slot, *ret, s, a);
	return true;
}

bool text_read_quantization(const struct list *l, const struct text_field *f, struct row_scratch *s,
			    struct arena *a, struct str *ret, struct err *e)
{
	unsigned slot = 0;
	struct str said;

	if (!text_read(l, f, s, ROW_TEXT_MAX, a, &said, e))
		return false;
	*ret = quantization_parse(said);
	if (str_is_none(said) || !str_is_none(*ret))
		return true;
	(void)row_at(&f->place, s->slots, &slot);
	notes_add(&s->notes,
		  (struct note){ NOTE_UNKNOWN_QUANTIZATION, list_pointer(l, slot), said, 1 }, a);
	*ret = QUANTIZATION_UNKNOWN;
	return true;
}
