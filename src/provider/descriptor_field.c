#include "provider/descriptor_build.h"
#include "provider/modality.h"

/* ---- texts ---- */

/* What a provider says → what it means, or null for a word that says nothing. */
static bool parse_words(const struct strict_obj *o, struct text_field *ret)
{
	const struct strict *s = o->s;
	yyjson_val *v = yyjson_obj_get(o->v, "words");
	struct str where = strict_where(s, o->where, "words");
	struct word *words;
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!v)
		return true;
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

/* A prefix to be taken off, and what is put in its place. */
static bool parse_prefix(const struct strict_obj *o, struct text_field *ret)
{
	ret->put = STR("");
	if (!strict_str(o, "strip", false, &ret->strip) || !strict_str(o, "put", false, &ret->put))
		return false;
	return !str_is_none(ret->strip) || ret->put.n == 0 ||
	       strict_fail(o->s, strict_where(o->s, o->where, "put"),
			   "stands in the place of what \"strip\" takes off, and that is missing");
}

static bool parse_at(const struct builder *b, const struct strict_obj *o, struct place *ret)
{
	return build_place(b, NULL, o, "at", ret) &&
	       (ret->n > 0 || strict_fail(o->s, o->where, "a text needs an \"at\""));
}

/* A pointer, several, or {"at", "strip", "put", "words"}. */
static bool parse_text(const struct builder *b, const struct strict_obj *fields, const char *key,
		       struct text_field *ret)
{
	static const char *const known[] = { "at", "strip", "put", "words", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!yyjson_is_obj(v))
		return build_place(b, NULL, fields, key, &ret->place);
	return strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) &&
	       parse_at(b, &o, &ret->place) && parse_prefix(&o, ret) && parse_words(&o, ret) &&
	       (ret->n_words > 0 || !str_is_none(ret->strip) ||
		strict_fail(b->s, o.where, "expected \"words\" or \"strip\" besides"));
}

/* ---- modality ---- */

/* Each side's words, or one word of both. */
static bool parse_sides(const struct builder *b, yyjson_val *v, struct str where,
			struct modality_field *ret)
{
	static const char *const known[] = { "inputs", "outputs", "split", "words", NULL };
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) ||
	    !build_place(b, NULL, &o, "inputs", &ret->inputs) ||
	    !build_place(b, NULL, &o, "outputs", &ret->outputs) || !build_split(&o, &ret->split) ||
	    !parse_words(&o, &ret->text))
		return false;
	if (ret->inputs.n == 0 || ret->outputs.n == 0)
		return strict_fail(b->s, where, "expected \"inputs\" and \"outputs\"");
	for (size_t i = 0; i < ret->text.n_words; i++)
		if (!str_is_none(ret->text.words[i].means) &&
		    !modality_is_known(ret->text.words[i].means))
			return strict_fail(b->s, strict_where(b->s, where, "words"),
					   "means what is not text, image, file, audio, video, "
					   "embedding or rerank");
	return true;
}

static bool parse_modality(const struct builder *b, const struct strict_obj *fields)
{
	yyjson_val *v = yyjson_obj_get(fields->v, "modality");
	struct modality_field *ret = &b->list->modality;

	if (yyjson_obj_get(v, "inputs") || yyjson_obj_get(v, "outputs"))
		return parse_sides(b, v, strict_where(b->s, fields->where, "modality"), ret);
	return parse_text(b, fields, "modality", &ret->text);
}

/* ---- counts ---- */

/* A pointer, several, or {"at", "absent", "text"}. */
static bool parse_count(const struct builder *b, const struct strict_obj *fields, const char *key,
			struct count_field *ret)
{
	static const char *const known[] = { "at", "absent", "text", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!yyjson_is_obj(v))
		return build_place(b, NULL, fields, key, &ret->place);
	return strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) &&
	       build_place(b, NULL, &o, "at", &ret->place) &&
	       (ret->place.n > 0 || strict_fail(b->s, o.where, "a count needs an \"at\"")) &&
	       strict_strs(&o, "absent", &ret->absent, &ret->n_absent) &&
	       strict_bool(&o, "text", false, &ret->text);
}

/* ---- the id ---- */

/* Does it stand in the row that it names? */
static bool is_inner(const struct place *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->slots[i] >= OUTER_SLOTS)
			return false;
	return true;
}

static bool parse_part(const struct builder *b, yyjson_val *v, struct str where,
		       struct id_part *ret)
{
	static const char *const known[] = { "at", "strip", "put", NULL };
	struct strict_obj o;

	if (yyjson_is_str(v)) {
		ret->literal = arena_str(b->s->a, json_str(v, b->s->a));
		return ret->literal.n > 0 || strict_fail(b->s, where, "expected text or a place");
	}
	return strict_object(b->s, v, where, known, &o) && parse_at(b, &o, &ret->text.place) &&
	       parse_prefix(&o, &ret->text);
}

/* {"join": [PART, …]}: of several rows around one another each has its part. */
static bool parse_join(const struct builder *b, yyjson_val *v, struct str where,
		       struct id_part *parts, size_t *ret_n)
{
	static const char *const known[] = { "join", NULL };
	struct str at = strict_where(b->s, where, "join");
	yyjson_val *join = yyjson_obj_get(v, "join");
	size_t n = yyjson_arr_size(join);
	bool inner = false;
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !strict_list(b->s, join, at))
		return false;
	if (n < 2 || n > ID_PARTS_MAX)
		return strict_fail(b->s, at, "expected two parts or more, and not too many");
	for (size_t i = 0; i < n; i++) {
		if (!parse_part(b, yyjson_arr_get(join, i), strict_where_index(b->s, at, i),
				&parts[i]))
			return false;
		inner = inner || (str_is_none(parts[i].literal) && is_inner(&parts[i].text.place));
	}
	*ret_n = n;
	return inner || strict_fail(b->s, at, "needs a part that stands in the row itself");
}

/* A place, {"at", "strip", "put"} or {"join"}. */
static bool parse_id(const struct builder *b, const struct strict_obj *fields)
{
	struct id_part *parts = arena_array(b->s->a, ID_PARTS_MAX, struct id_part);
	struct str where = strict_where(b->s, fields->where, "id");
	yyjson_val *v = yyjson_obj_get(fields->v, "id");

	b->list->id = parts;
	b->list->n_id = 1;
	if (yyjson_obj_get(v, "join"))
		return parse_join(b, v, where, parts, &b->list->n_id);
	if (yyjson_is_obj(v) ? !parse_part(b, v, where, parts)
			     : !build_place(b, NULL, fields, "id", &parts->text.place))
		return false;
	if (!is_inner(&parts->text.place))
		return strict_fail(b->s, where, "an id cannot stand in the row around");
	return parts->text.place.n > 0 ||
	       strict_fail(b->s, fields->where, "a list needs an \"id\"");
}

/* ---- all of them ---- */

bool build_fields(const struct builder *b, const struct strict_obj *list)
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

	return strict_object(b->s, yyjson_obj_get(list->v, "fields"),
			     strict_where(b->s, list->where, "fields"), known, &o) &&
	       parse_id(b, &o) && parse_text(b, &o, "name", &l->name_) &&
	       parse_text(b, &o, "description", &l->description) &&
	       parse_count(b, &o, "context_length", &l->context_length) &&
	       parse_count(b, &o, "max_output_tokens", &l->max_output_tokens) &&
	       parse_modality(b, &o) && parse_text(b, &o, "architecture", &l->architecture) &&
	       parse_text(b, &o, "quantization", &l->quantization) &&
	       parse_text(b, &o, "hugging_face_id", &l->hugging_face_id) &&
	       parse_text(b, &o, "replaced_by", &l->replaced_by) &&
	       build_date(b, &o, "created", &l->created) &&
	       build_date(b, &o, "deprecated_at", &l->deprecated_at);
}
