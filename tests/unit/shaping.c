#include "shaping.h"

#include <stdlib.h>

static void gather(struct shape *to, yyjson_val *rows, size_t from, size_t n, const char *each)
{
	ARENA_AUTO(a);
	struct shape *s = shape_create(&a, str_of(each));

	for (size_t i = from; i < from + n && i < yyjson_arr_size(rows); i++)
		shape_add(s, yyjson_arr_get(rows, i));
	shape_gather(to, s);
}

struct shape *shape_of_slices(const char *rows, const char *each, size_t slice, struct arena *a)
{
	struct str text = arena_str(a, str_of(rows));
	struct shape *s = shape_create(a, str_of(each));
	yyjson_doc *doc;
	struct err e;

	/* In place, so that what the shape points into is the arena's. */
	text.at = memcpy(arena_zalloc(a, text.n + YYJSON_PADDING_SIZE, 1), text.at, text.n);
	if (!json_read_insitu((char *)(uintptr_t)text.at, text.n, &doc, &e))
		fail_msg("%s: %s", rows, e.text);
	for (size_t i = 0; i < yyjson_arr_size(yyjson_doc_get_root(doc)); i += slice)
		gather(s, yyjson_doc_get_root(doc), i, slice, each);
	yyjson_doc_free(doc);
	return s;
}

struct shape *shape_of(const char *rows, struct arena *a)
{
	return shape_of_slices(rows, NULL, SIZE_MAX / 2, a);
}

struct str places_text(struct shape *s, struct arena *a)
{
	struct drift_found found;
	struct str text = STR("");
	struct str *lines;

	assert_true(drift_find(s, NULL, 0, NULL, 0, a, &found));
	lines = arena_array(a, found.n_places + 1, struct str);
	for (size_t i = 0; i < found.n_places; i++) {
		const struct shape_place *p = &found.places[i];

		lines[i] = arena_printf(a, "%.*s %.*s %d/%d\n", STR_FMT(p->path),
					STR_FMT(shape_types_text(p->types, a)), (int)p->rows,
					(int)p->of);
	}
	qsort(lines, found.n_places, sizeof(*lines), str_order);
	for (size_t i = 0; i < found.n_places; i++)
		text = arena_printf(a, "%.*s%.*s", STR_FMT(text), STR_FMT(lines[i]));
	return text;
}

struct str many(size_t n, const char *format, struct arena *a)
{
	struct str text = STR("[");

	for (size_t i = 0; i < n; i++) {
		struct str rest = str_of(format);
		struct str head;

		if (i)
			text = arena_printf(a, "%.*s,", STR_FMT(text));
		while (str_cut(&rest, '%', &head)) {
			text = arena_printf(a, "%.*s%.*s%zu", STR_FMT(text), STR_FMT(head), i);
			rest.at++;
			rest.n--;
		}
		text = arena_printf(a, "%.*s%.*s", STR_FMT(text), STR_FMT(head));
	}
	return arena_printf(a, "%.*s]", STR_FMT(text));
}
