#include "provider/join.h"

#include "base/json.h"

#include <stdlib.h>

static void fill_text(struct str *field, struct str value)
{
	if (str_is_none(*field))
		*field = value;
}

static void fill_number(int64_t *field, int64_t none, int64_t value)
{
	if (*field == none)
		*field = value;
}

static void fill_capabilities(struct capabilities *c, struct capabilities more)
{
	uint32_t news = more.said & ~c->said;

	c->said |= news;
	c->yes |= more.yes & news;
}

static bool has_price(const struct model *m, const struct price *p)
{
	for (size_t i = 0; i < m->n_prices; i++)
		if (price_cmp(&m->prices[i], p) == 0)
			return true;
	return false;
}

/* Prices of `more` whose source begins with `prefix` and whose key is still free. */
static void fill_prices(struct model *m, const struct model *more, struct str prefix,
			struct arena *a)
{
	struct price *all = arena_alloc(a, (m->n_prices + more->n_prices) * sizeof(*all));
	size_t n = m->n_prices;
	struct catalog one = { .models = m, .n = 1 };

	if (n)
		memcpy(all, m->prices, n * sizeof(*all));
	for (size_t i = 0; i < more->n_prices; i++)
		if (str_starts(more->prices[i].source, prefix) && !has_price(m, &more->prices[i]))
			all[n++] = more->prices[i];
	m->prices = all;
	m->n_prices = n;
	catalog_sort(&one);
}

/* Is a key of the metadata one that this list would say?  Without a list: any is. */
static bool is_of(const struct list *l, yyjson_val *key)
{
	if (!l)
		return true;
	for (size_t i = 0; i < l->n_kept; i++)
		if (yyjson_equals_strn(key, l->kept[i].key.at, l->kept[i].key.n))
			return true;
	return (l->created.place.n && yyjson_equals_str(key, MODEL_CREATED_KEY)) ||
	       (l->hugging_face_id.place.n && yyjson_equals_str(key, MODEL_HUGGING_FACE_KEY));
}

/* Members of `from` that `l` says, but for those that `unless` has. */
static void add_members(struct json_writer *w, yyjson_val *from, const struct list *l,
			yyjson_val *unless)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(from);
	yyjson_val *key;

	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = json_raw(key);

		if (!is_of(l, key) || yyjson_obj_getn(unless, name.at, name.n))
			continue;
		if (w->comma)
			buf_add_char(w->out, ',');
		json_add_value(w->out, key);
		buf_add_char(w->out, ':');
		json_add_value(w->out, yyjson_obj_iter_get_val(key));
		w->comma = true;
	}
}

/* What the metadata does not hold yet, of what the list `l` (NULL: any) says. */
static void fill_metadata(struct model *m, struct str more, const struct list *l, struct arena *a)
{
	BUF_AUTO(out, SIZE_MAX / 2);
	JSON_DOC_AUTO(ours);
	JSON_DOC_AUTO(theirs);
	struct json_writer w = { .out = &out };
	struct err ignored; /* it was written by us; what is not an object holds nothing */

	if (str_is_none(more) || !json_read(more, &theirs, &ignored))
		return;
	if (!str_is_none(m->metadata) && !json_read(m->metadata, &ours, &ignored))
		return;
	json_open(&w, '{');
	add_members(&w, yyjson_doc_get_root(ours), NULL, NULL);
	add_members(&w, yyjson_doc_get_root(theirs), l, yyjson_doc_get_root(ours));
	json_close(&w, '}');
	if (out.n > 2)
		m->metadata = arena_str(a, buf_str(&out));
}

/* Earlier lists win; a later one only says what is not said yet. */
static void fill_model(struct model *m, const struct model *more, struct arena *a)
{
	fill_text(&m->name, more->name);
	fill_number(&m->context_length, MODEL_NO_COUNT, more->context_length);
	fill_number(&m->max_output_tokens, MODEL_NO_COUNT, more->max_output_tokens);
	fill_text(&m->modality, more->modality);
	fill_capabilities(&m->capabilities, more->capabilities);
	fill_text(&m->quantization, more->quantization);
	fill_number(&m->deprecated_at_ms, CLOCK_NONE, more->deprecated_at_ms);
	fill_text(&m->replaced_by, more->replaced_by);
	fill_text(&m->description, more->description);
	fill_text(&m->architecture, more->architecture);
	fill_text(&m->hugging_face_id, more->hugging_face_id);
	fill_number(&m->created_ms, CLOCK_NONE, more->created_ms);
	fill_metadata(m, more->metadata, NULL, a);
	fill_prices(m, more, STR(""), a);
}

void reader_carry(const struct list *l, const struct model *observed, struct model *m,
		  struct arena *a)
{
	struct str prefix = arena_printf(a, "%.*s#", STR_FMT(l->name));
	struct capabilities mapped = observed->capabilities;

	for (enum capability i = 0; i < CAP_COUNT; i++)
		if (l->capabilities[i].kind == TEST_NONE)
			mapped.said &= ~(1U << i);
	fill_capabilities(&m->capabilities, mapped);
	if (l->name_.place.n)
		fill_text(&m->name, observed->name);
	if (l->context_length.place.n)
		fill_number(&m->context_length, MODEL_NO_COUNT, observed->context_length);
	if (l->max_output_tokens.place.n)
		fill_number(&m->max_output_tokens, MODEL_NO_COUNT, observed->max_output_tokens);
	if (l->modality.text.place.n || l->modality.inputs.n)
		fill_text(&m->modality, observed->modality);
	if (l->quantization.place.n)
		fill_text(&m->quantization, observed->quantization);
	if (l->deprecated_at.place.n)
		fill_number(&m->deprecated_at_ms, CLOCK_NONE, observed->deprecated_at_ms);
	if (l->replaced_by.place.n)
		fill_text(&m->replaced_by, observed->replaced_by);
	if (l->description.place.n)
		fill_text(&m->description, observed->description);
	if (l->architecture.place.n)
		fill_text(&m->architecture, observed->architecture);
	if (l->hugging_face_id.place.n)
		fill_text(&m->hugging_face_id, observed->hugging_face_id);
	if (l->created.place.n)
		fill_number(&m->created_ms, CLOCK_NONE, observed->created_ms);
	fill_metadata(m, observed->metadata, l, a);
	fill_prices(m, observed, prefix, a);
}

static int find_order(const void *key, const void *item)
{
	return str_cmp(*(const struct str *)key, ((const struct model *)item)->id);
}

struct model *join_find(const struct catalog *c, struct str id)
{
	return c->n ? bsearch(&id, c->models, c->n, sizeof(*c->models), find_order) : NULL;
}

void join_list(struct catalog *c, const struct catalog *more, bool adds, struct arena *a)
{
	struct catalog known = *c;

	if (adds) {
		c->models = arena_alloc(a, (c->n + more->n + 1) * sizeof(*c->models));
		if (c->n)
			memcpy(c->models, known.models, c->n * sizeof(*c->models));
		known.models = c->models;
	}
	for (size_t i = 0; i < more->n; i++) {
		struct model *m = join_find(&known, more->models[i].id);

		if (m)
			fill_model(m, &more->models[i], a);
		else if (adds)
			c->models[c->n++] = more->models[i];
	}
	if (adds)
		catalog_sort(c);
}
