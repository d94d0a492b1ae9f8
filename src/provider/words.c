#include "provider/words.h"

bool words_begin(struct words *w, yyjson_val *v, struct str split)
{
	*w = (struct words){ .split = split, .is_text = yyjson_is_str(v) };
	if (w->is_text) {
		w->rest = json_raw(v);
		return !str_is_none(split);
	}
	w->items = yyjson_arr_iter_with(v);
	return yyjson_is_arr(v);
}

/* Bytes of the UTF-8 character that begins with `lead`. */
static size_t character_size(char lead)
{
	unsigned char c = (unsigned char)lead;

	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Bytes of the separator that `s` begins with; 0: with none. */
static size_t separator_size(struct str s, struct str split)
{
	while (split.n > 0) {
		size_t n = character_size(split.at[0]);

		n = n < split.n ? n : split.n;
		if (str_starts(s, (struct str){ split.at, n }))
			return n;
		split.at += n;
		split.n -= n;
	}
	return 0;
}

/* Takes what stands before the next separator off `rest`. */
static struct str take_piece(struct str *rest, struct str split)
{
	struct str piece = { rest->at, 0 };
	size_t n = 0;

	while (piece.n < rest->n) {
		n = separator_size((struct str){ rest->at + piece.n, rest->n - piece.n }, split);
		if (n > 0)
			break;
		piece.n++;
	}
	rest->at += piece.n + n;
	rest->n -= piece.n + n;
	return piece;
}

bool words_next(struct words *w, struct str *ret)
{
	yyjson_val *item;

	while (w->is_text && w->rest.n > 0) {
		*ret = str_trim(take_piece(&w->rest, w->split));
		if (ret->n > 0)
			return true;
	}
	item = w->is_text ? NULL : yyjson_arr_iter_next(&w->items);
	if (!item)
		return false;
	*ret = yyjson_is_str(item) ? json_raw(item) : STR_NONE;
	return true;
}
