#include "provider/row.h"

#include "base/utf8.h"
#include "provider/modality.h"
#include "provider/test.h"
#include "provider/text.h"

yyjson_val *row_at(const struct place *p, yyjson_val **slots, unsigned *ret_slot)
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

bool row_wrong_type(const struct list *l, unsigned slot, yyjson_val *v, const char *wanted,
		    struct err *e)
{
	return err_set(e, ERR_DATA, "%.*s is %s, %s was expected", STR_FMT(list_pointer(l, slot)),
		       json_type(v), wanted);
}

bool row_is_absent(const struct str *absent, size_t n, yyjson_val *v)
{
	struct str raw = json_raw(v);

	for (size_t i = 0; i < n && !str_is_none(raw); i++)
		if (str_eq(absent[i], raw))
			return true;
	return false;
}

/* ---- counts ---- */

/* "128000.0" and "1.28e5" are 128000. */
static bool whole_number(struct str token, int64_t *ret)
{
	char text[DEC_TEXT_MAX];
	struct dec number;
	struct err ignored;

	if (str_to_i64(token, 0, INT64_MAX, ret))
		return true;
	return dec_parse(token, &number, &ignored) && number.scale == 0 &&
	       str_to_i64((struct str){ text, dec_print(&number, text) }, 0, INT64_MAX, ret);
}

/* ... and what is absent as 0 is so as 0.0. */
static bool is_absent_count(const struct count_field *f, int64_t count)
{
	int64_t absent;

	for (size_t i = 0; i < f->n_absent; i++)
		if (str_to_i64(f->absent[i], 0, INT64_MAX, &absent) && absent == count)
			return true;
	return false;
}

bool row_count(yyjson_val *v, int64_t *ret)
{
	return yyjson_is_raw(v) && whole_number(json_raw(v), ret);
}

static bool read_count(const struct list *l, const struct count_field *f, yyjson_val **slots,
		       int64_t *ret, struct err *e)
{
	unsigned slot;
	yyjson_val *v = row_at(&f->place, slots, &slot);
	struct str raw;

	*ret = MODEL_NO_COUNT;
	if (!v || row_is_absent(f->absent, f->n_absent, v))
		return true;
	if (!yyjson_is_raw(v) && !(f->text && yyjson_is_str(v)))
		return row_wrong_type(l, slot, v, "a whole number", e);
	raw = json_raw(v);
	if (!whole_number(raw, ret))
		return err_set(e, ERR_DATA, "%.*s: %s is not a whole number in range",
			       STR_FMT(list_pointer(l, slot)), err_quote(raw.at, raw.n));
	if (is_absent_count(f, *ret))
		*ret = MODEL_NO_COUNT;
	return true;
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

	if (!text_read(l, &l->name_, s, ROW_TEXT_MAX, a, &m.name, e) ||
	    !text_read(l, &l->description, s, ROW_DESCRIPTION_MAX, a, &m.description, e) ||
	    !modality_read(l, &l->modality, s, a, &m.modality, e) ||
	    !text_read(l, &l->architecture, s, ROW_TEXT_MAX, a, &m.architecture, e) ||
	    !text_read_quantization(l, &l->quantization, s, a, &m.quantization, e) ||
	    !text_read(l, &l->hugging_face_id, s, ROW_TEXT_MAX, a, &m.hugging_face_id, e) ||
	    !text_read(l, &l->replaced_by, s, ROW_TEXT_MAX, a, &m.replaced_by, e) ||
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
