#include "provider/row.h"

#include "base/utf8.h"
#include "core/quantization.h"
#include "provider/test.h"

/* The first alternative that holds something; *ret_slot says which, for sentences. */
static yyjson_val *at(const struct place *p, yyjson_val **slots, unsigned *ret_slot)
{
	for (size_t i = 0; i < p->n; i++) {
		yyjson_val *v = slots[p->slots[i]];

		if (v && !yyjson_is_null(v)) {
			*ret_slot = p->slots[i];
			return v;
		}
	}
	return NULL;
}

static bool wrong_type(const struct list *l, unsigned slot, yyjson_val *v, const char *wanted,
		       struct err *e)
{
	return err_set(e, ERR_DATA, "%.*s is %s, %s was expected", STR_FMT(list_pointer(l, slot)),
		       json_type(v), wanted);
}

/* An empty string says nothing. */
static bool read_place(const struct list *l, const struct place *p, yyjson_val **slots, size_t max,
		       struct arena *a, struct str *ret, unsigned *ret_slot, struct err *e)
{
	yyjson_val *v = at(p, slots, ret_slot);

	*ret = STR_NONE;
	if (!v)
		return true;
	if (!yyjson_is_str(v))
		return wrong_type(l, *ret_slot, v, "a string", e);
	if (yyjson_get_len(v) > max)
		return err_set(e, ERR_DATA, "%.*s is longer than %zu bytes",
			       STR_FMT(list_pointer(l, *ret_slot)), max);
	if (yyjson_get_len(v) > 0)
		*ret = json_str(v, a);
	return true;
}

/* The provider's word in our words; one that nobody told us of says nothing, and that is told. */
static struct str translated(const struct list *l, const struct text_field *f, unsigned slot,
			     struct str said, struct row_scratch *s, struct arena *a)
{
	for (size_t i = 0; i < f->n_words; i++)
		if (str_eq(f->words[i].said, said))
			return f->words[i].means;
	notes_add(&s->notes, (struct note){ NOTE_UNKNOWN_WORD, list_pointer(l, slot), said, 1 }, a);
	return STR_NONE;
}

static bool read_text(const struct list *l, const struct text_field *f, struct row_scratch *s,
		      size_t max, struct arena *a, struct str *ret, struct err *e)
{
	unsigned slot = 0;

	if (!read_place(l, &f->place, s->slots, max, a, ret, &slot, e))
		return false;
	if (f->n_words && !str_is_none(*ret))
		*ret = translated(l, f, slot, *ret, s, a);
	return true;
}

/* A word of the closed list; one that is not in it is told, and `unknown`. */
static bool read_quantization(const struct list *l, struct row_scratch *s, struct arena *a,
			      struct str *ret, struct err *e)
{
	const struct text_field *f = &l->quantization;
	unsigned slot = 0;
	struct str said;

	if (!read_text(l, f, s, ROW_TEXT_MAX, a, &said, e))
		return false;
	*ret = quantization_parse(said);
	if (str_is_none(said) || !str_is_none(*ret))
		return true;
	(void)at(&f->place, s->slots, &slot);
	notes_add(&s->notes,
		  (struct note){ NOTE_UNKNOWN_QUANTIZATION, list_pointer(l, slot), said, 1 }, a);
	*ret = QUANTIZATION_UNKNOWN;
	return true;
}

static bool is_absent(const struct str *absent, size_t n, struct str raw)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(absent[i], raw))
			return true;
	return false;
}

static bool read_count(const struct list *l, const struct count_field *f, yyjson_val **slots,
		       int64_t *ret, struct err *e)
{
	unsigned slot;
	yyjson_val *v = at(&f->place, slots, &slot);
	struct str raw;

	*ret = MODEL_NO_COUNT;
	if (!v || is_absent(f->absent, f->n_absent, json_raw(v)))
		return true;
	if (!yyjson_is_raw(v))
		return wrong_type(l, slot, v, "a whole number", e);
	raw = json_raw(v);
	if (!str_to_i64(raw, 0, INT64_MAX, ret))
		return err_set(e, ERR_DATA, "%.*s: %s is not a whole number in range",
			       STR_FMT(list_pointer(l, slot)), err_quote(raw.at, raw.n));
	return true;
}

/* Seconds or milliseconds since 1970, up to the year 9999. */
static bool parse_unix(struct str raw, int64_t unit_ms, int64_t *ret)
{
	static const int64_t last_ms = 253402300799999;
	int64_t n;

	if (!str_to_i64(raw, 0, last_ms / unit_ms, &n))
		return false;
	*ret = n * unit_ms;
	return true;
}

static enum date_format format_of(const struct date_field *f, yyjson_val *v)
{
	if (f->format == DATE_UNIX_OR_RFC3339)
		return yyjson_is_str(v) ? DATE_RFC3339 : DATE_UNIX;
	return f->format;
}

static bool parse_date(const struct date_field *f, yyjson_val *v, int64_t *ret, struct err *e)
{
	struct str raw = json_raw(v);

	switch (format_of(f, v)) {
	case DATE_UNIX_OR_RFC3339:
	case DATE_UNIX:
	case DATE_UNIX_MS:
		if (yyjson_is_raw(v) && parse_unix(raw, f->format == DATE_UNIX_MS ? 1 : 1000, ret))
			return true;
		return err_set(e, ERR_DATA, "%s is not a time since 1970",
			       yyjson_is_raw(v) ? err_quote(raw.at, raw.n) : json_type(v));
	case DATE_RFC3339:
	case DATE_DAY:
		if (yyjson_is_str(v))
			return clock_parse(raw, ret, e);
		return err_set(e, ERR_DATA, "%s is not a date", json_type(v));
	}
	return err_set(e, ERR_DATA, "no such date format");
}

bool row_date(const struct list *l, const struct date_field *f, yyjson_val **slots, int64_t *ret,
	      struct err *e)
{
	unsigned slot;
	yyjson_val *v = at(&f->place, slots, &slot);

	*ret = CLOCK_NONE;
	if (!v || is_absent(f->absent, f->n_absent, json_raw(v)))
		return true;
	return parse_date(f, v, ret, e) || err_wrap(e, "%.*s", STR_FMT(list_pointer(l, slot)));
}

unsigned row_date_slot(const struct date_field *f, yyjson_val **slots)
{
	unsigned slot = f->place.slots[0];

	(void)at(&f->place, slots, &slot);
	return slot;
}

/* ---- capabilities ---- */

static bool read_capabilities(const struct list *l, yyjson_val **slots, struct capabilities *ret,
			      struct err *e)
{
	*ret = (struct capabilities){ 0 };
	for (enum capability i = 0; i < CAP_COUNT; i++) {
		int said;

		if (l->capabilities[i].kind == TEST_NONE)
			continue;
		if (!test_read(l, &l->capabilities[i], slots, &said, e))
			return false;
		if (said >= 0)
			capabilities_set(ret, i, said);
	}
	return true;
}

/* ---- what is kept besides ---- */

static void add_kept(const struct list *l, struct row_scratch *s, struct json_writer *w)
{
	for (size_t i = 0; i < l->n_kept; i++) {
		yyjson_val *v = s->slots[l->kept[i].slot];

		/* Databases bound the depth of what they take as JSON. */
		if (!v || yyjson_is_null(v) || json_is_deeper(v, ROW_DEPTH_MAX))
			continue;
		json_key(w, l->kept[i].key.at);
		json_add_value(w->out, v);
		w->comma = true;
	}
}

/* All that has no column of its own. */
static bool read_metadata(const struct list *l, struct row_scratch *s, struct arena *a,
			  struct model *m, struct err *e)
{
	struct json_writer w = { .out = &s->metadata };
	char created[CLOCK_TEXT_MAX];

	buf_clear(&s->metadata);
	json_open(&w, '{');
	if (m->created_ms != CLOCK_NONE)
		json_add_str(&w, MODEL_CREATED_KEY, str_of(clock_text(m->created_ms, created)));
	if (!str_is_none(m->hugging_face_id))
		json_add_str(&w, MODEL_HUGGING_FACE_KEY, m->hugging_face_id);
	add_kept(l, s, &w);
	json_close(&w, '}');
	if (buf_overflowed(&s->metadata))
		return err_set(e, ERR_DATA, "what is kept besides is longer than %d bytes",
			       ROW_METADATA_MAX);
	if (s->metadata.n > 2)
		m->metadata = utf8_clean(arena_str(a, buf_str(&s->metadata)), a);
	return true;
}

/* ---- the row ---- */

bool row_id(const struct list *l, struct row_scratch *s, struct arena *a, struct str *ret,
	    struct err *e)
{
	unsigned slot;
	struct str raw = json_raw(at(&l->id, s->slots, &slot));
	struct str id;

	if (!read_place(l, &l->id, s->slots, ROW_ID_MAX, a, &id, &slot, e))
		return false;
	if (str_is_none(id))
		return err_set(e, ERR_DATA, "no id");
	if (!utf8_is_clean(raw))
		return err_set(e, ERR_DATA, "the id \"%s\" holds U+0000 or bad UTF-8",
			       err_quote(raw.at, raw.n));
	*ret = id;
	return true;
}

bool row_id_is_twice(const struct list *l, yyjson_val *row)
{
	for (size_t i = 0; i < l->id.n; i++) {
		struct str pointer = plan_pointer(l->plan, l->id.slots[i]);
		yyjson_obj_iter members = yyjson_obj_iter_with(row);
		yyjson_val *key;
		size_t times = 0;

		while ((key = yyjson_obj_iter_next(&members)))
			times += yyjson_equals_strn(key, pointer.at + 1, pointer.n - 1);
		if (times > 1)
			return true;
	}
	return false;
}

/* Nobody's bill rests on when a model was made: a date that is none costs the row nothing else. */
static int64_t read_created(const struct list *l, struct row_scratch *s, struct arena *a)
{
	int64_t ms = CLOCK_NONE;
	struct err ignored;

	if (!row_date(l, &l->created, s->slots, &ms, &ignored)) {
		unsigned slot = row_date_slot(&l->created, s->slots);

		notes_add(&s->notes,
			  (struct note){ NOTE_NO_DATE, list_pointer(l, slot), STR_NONE, 1 }, a);
	}
	return ms;
}

bool row_read(const struct list *l, struct row_scratch *s, struct str id, struct arena *a,
	      struct model *ret, struct err *e)
{
	struct model m = { .id = id, .created_ms = read_created(l, s, a) };
	yyjson_val **v = s->slots;

	if (!read_text(l, &l->name_, s, ROW_TEXT_MAX, a, &m.name, e) ||
	    !read_text(l, &l->description, s, ROW_DESCRIPTION_MAX, a, &m.description, e) ||
	    !read_text(l, &l->modality, s, ROW_TEXT_MAX, a, &m.modality, e) ||
	    !read_text(l, &l->architecture, s, ROW_TEXT_MAX, a, &m.architecture, e) ||
	    !read_quantization(l, s, a, &m.quantization, e) ||
	    !read_text(l, &l->hugging_face_id, s, ROW_TEXT_MAX, a, &m.hugging_face_id, e) ||
	    !read_text(l, &l->replaced_by, s, ROW_TEXT_MAX, a, &m.replaced_by, e) ||
	    !read_count(l, &l->context_length, v, &m.context_length, e) ||
	    !read_count(l, &l->max_output_tokens, v, &m.max_output_tokens, e) ||
	    !row_date(l, &l->deprecated_at, v, &m.deprecated_at_ms, e) ||
	    !read_capabilities(l, v, &m.capabilities, e) || !read_metadata(l, s, a, &m, e) ||
	    !row_prices(l, s, a, e))
		return false;
	m.n_prices = s->n_prices;
	m.prices = arena_alloc(a, m.n_prices * sizeof(*m.prices));
	memcpy(m.prices, s->prices, m.n_prices * sizeof(*m.prices));
	*ret = m;
	return true;
}
