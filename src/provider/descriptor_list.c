#include "provider/descriptor_list.h"

#include "provider/descriptor_build.h"

/* ---- fields ---- */

/* What a provider says → what it means, or null for a word that says nothing. */
static bool parse_words(const struct strict_obj *o, struct text_field *ret)
{
	const struct strict *s = o->s;
	yyjson_val *v = yyjson_obj_get(o->v, "words");
	struct str where = strict_where(s, o->where, "words");
	struct word *words;
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!strict_free_object(s, v, where))
		return false;
	words = arena_array(s->a, yyjson_obj_size(v) + 1, struct word);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *means = yyjson_obj_iter_get_val(key);
		struct word *w = &words[ret->n_words++];

		if (!yyjson_is_null(means) && (!yyjson_is_str(means) || !yyjson_get_len(means)))
			return strict_fail(s, strict_where(s, where, yyjson_get_str(key)),
					   "expected our word for it, or null");
		w->said = arena_str(s->a, json_str(key, s->a));
		w->means = arena_str(s->a, json_str(means, s->a));
	}
	ret->words = words;
	return ret->n_words > 0 || strict_fail(s, where, "expected at least one word");
}

/* A pointer, several, or {"at", "words"}. */
static bool parse_text(const struct builder *b, const struct strict_obj *fields, const char *key,
		       struct text_field *ret)
{
	static const char *const known[] = { "at", "words", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!yyjson_is_obj(v))
		return build_place(b, NULL, fields, key, &ret->place);
	return strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) &&
	       build_place(b, NULL, &o, "at", &ret->place) &&
	       (ret->place.n > 0 || strict_fail(b->s, o.where, "a text needs an \"at\"")) &&
	       parse_words(&o, ret);
}

/* A pointer, several, or {"at", "absent"}. */
static bool parse_count(const struct builder *b, const struct strict_obj *fields, const char *key,
			struct count_field *ret)
{
	static const char *const known[] = { "at", "absent", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!yyjson_is_obj(v))
		return build_place(b, NULL, fields, key, &ret->place);
	return strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) &&
	       build_place(b, NULL, &o, "at", &ret->place) &&
	       (ret->place.n > 0 || strict_fail(b->s, o.where, "a count needs an \"at\"")) &&
	       strict_strs(&o, "absent", &ret->absent, &ret->n_absent);
}

/* An id stands in the row that it names. */
static bool parse_id(const struct builder *b, const struct strict_obj *fields)
{
	struct place *id = &b->list->id;

	if (!build_place(b, NULL, fields, "id", id))
		return false;
	for (size_t i = 0; i < id->n; i++)
		if (id->slots[i] >= OUTER_SLOTS)
			return strict_fail(b->s, strict_where(b->s, fields->where, "id"),
					   "an id cannot stand in the row around");
	return id->n > 0 || strict_fail(b->s, fields->where, "a list needs an \"id\"");
}

static bool parse_fields(const struct builder *b, yyjson_val *v, struct str where)
{
	static const char *const known[] = { "id",
					     "name",
					     "description",
					     "context_length",
					     "max_output_tokens",
					     "modality",
					     "architecture",
					     "quantization",
					     "hugging_face_id",
					     "replaced_by",
					     "created",
					     "deprecated_at",
					     NULL };
	struct list *l = b->list;
	struct strict_obj o;

	return strict_object(b->s, v, where, known, &o) && parse_id(b, &o) &&
	       parse_text(b, &o, "name", &l->name_) &&
	       parse_text(b, &o, "description", &l->description) &&
	       parse_count(b, &o, "context_length", &l->context_length) &&
	       parse_count(b, &o, "max_output_tokens", &l->max_output_tokens) &&
	       parse_text(b, &o, "modality", &l->modality) &&
	       parse_text(b, &o, "architecture", &l->architecture) &&
	       parse_text(b, &o, "quantization", &l->quantization) &&
	       parse_text(b, &o, "hugging_face_id", &l->hugging_face_id) &&
	       parse_text(b, &o, "replaced_by", &l->replaced_by) &&
	       build_date(b, &o, "created", &l->created) &&
	       build_date(b, &o, "deprecated_at", &l->deprecated_at);
}

/* ---- capabilities ---- */

static bool parse_capabilities(const struct builder *b, yyjson_val *v, struct str where)
{
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!v)
		return true;
	if (!strict_free_object(b->s, v, where))
		return false;
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str at = strict_where(b->s, where, yyjson_get_str(key));
		enum capability which;

		if (!capability_parse(json_raw(key), &which))
			return strict_fail(b->s, at, "is not a capability");
		if (!build_test_at(b, yyjson_obj_iter_get_val(key), at,
				   &b->list->capabilities[which]))
			return false;
	}
	return true;
}

static bool parse_keep(const struct builder *b, yyjson_val *v, struct str where)
{
	struct kept *kept;
	yyjson_obj_iter members;
	yyjson_val *key;
	size_t n = 0;

	if (!v)
		return true;
	if (!strict_free_object(b->s, v, where))
		return false;
	kept = arena_array(b->s->a, yyjson_obj_size(v) + 1, struct kept);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *pointer = yyjson_obj_iter_get_val(key);
		struct str at = strict_where(b->s, where, yyjson_get_str(key));

		if (!yyjson_is_str(pointer))
			return strict_fail(b->s, at, "expected a JSON Pointer");
		if (yyjson_equals_str(key, MODEL_CREATED_KEY) ||
		    yyjson_equals_str(key, MODEL_HUGGING_FACE_KEY))
			return strict_fail(b->s, at, "is a field: name it under \"fields\"");
		kept[n].key = arena_str(b->s->a, json_str(key, b->s->a));
		if (!build_slot(b, json_str(pointer, b->s->a), at, &kept[n].slot))
			return false;
		n++;
	}
	b->list->kept = kept;
	b->list->n_kept = n;
	return true;
}

/* ---- the list ---- */

/* A pointer from the row proper, as a path from the row around it. */
static struct str path_of(const struct list *l, struct str pointer, struct arena *a)
{
	if (str_is_none(l->each))
		return pointer;
	if (str_starts(pointer, STR("../")))
		return (struct str){ pointer.at + 2, pointer.n - 2 };
	return arena_printf(a, "%.*s/*%.*s", STR_FMT(l->each), STR_FMT(pointer));
}

static bool parse_closed(const struct builder *b, const struct strict_obj *o)
{
	struct str *pointers;
	struct str *paths;
	size_t n;

	if (!strict_strs(o, "closed", &pointers, &n))
		return false;
	paths = arena_array(b->s->a, n + 1, struct str);
	for (size_t i = 0; i < n; i++)
		paths[i] = path_of(b->list, pointers[i], b->s->a);
	b->list->closed = paths;
	b->list->n_closed = n;
	for (size_t i = 0; i < n; i++)
		if (!plan_close(build_plan_of(b->list, &pointers[i]), pointers[i], b->s->e))
			return err_wrap(b->s->e, "%.*s/closed", STR_FMT(o->where));
	if (!strict_strs(o, "ignore", &pointers, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!plan_ignore(build_plan_of(b->list, &pointers[i]), pointers[i], b->s->e))
			return err_wrap(b->s->e, "%.*s/ignore", STR_FMT(o->where));
	return true;
}

static bool parse_frame(const struct strict_obj *o, struct list *l)
{
	l->required = true;
	l->keyed = true;
	l->rows = STR("");
	if (!strict_str(o, "name", true, &l->name) || !strict_str(o, "url", true, &l->url) ||
	    !strict_bool(o, "required", false, &l->required) ||
	    !strict_bool(o, "auth", false, &l->keyed) || !build_pointer(o, "rows", &l->rows) ||
	    !build_pointer(o, "each", &l->each) || !build_pointer(o, "total", &l->total) ||
	    !build_pointer(o, "next", &l->next) || !build_pages(o, &l->pages))
		return false;
	if (!str_is_none(l->each)) {
		l->outer = plan_create_under(o->s->a, STR(".."));
		/* The walk sees to it that it does not stand twice. */
		if (!plan_ignore(l->outer, l->each, o->s->e))
			return false;
	}
	return str_starts(l->url, STR("https://")) ||
	       strict_fail(o->s, strict_where(o->s, o->where, "url"), "must begin with https://");
}

bool descriptor_parse_list(const struct strict *s, yyjson_val *v, struct str where,
			   struct list *ret)
{
	static const char *const known[] = {
		"name",           "url",    "required",  "auth",   "rows",         "each",
		"total",          "next",   "pages",     "fields", "capabilities", "keep",
		"price_defaults", "prices", "overrides", "closed", "ignore",       NULL,
	};
	struct builder b = { .s = s, .list = ret };
	struct strict_obj o;

	ret->plan = plan_create(s->a);
	return strict_object(s, v, where, known, &o) && parse_frame(&o, ret) &&
	       parse_fields(&b, yyjson_obj_get(v, "fields"), strict_where(s, where, "fields")) &&
	       parse_capabilities(&b, yyjson_obj_get(v, "capabilities"),
				  strict_where(s, where, "capabilities")) &&
	       parse_keep(&b, yyjson_obj_get(v, "keep"), strict_where(s, where, "keep")) &&
	       build_prices(&b, &o) && parse_closed(&b, &o);
}
