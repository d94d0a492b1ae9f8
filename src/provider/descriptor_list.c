#include "provider/descriptor_list.h"

#include "core/condition.h"
#include "provider/descriptor_build.h"

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

/* A pointer from the row proper, as a path from the row around it; of a selector any element. */
static struct str path_of(const struct list *l, struct str pointer, struct arena *a)
{
	struct str path = str_starts(pointer, STR("../"))
				  ? (struct str){ pointer.at + 2, pointer.n - 2 }
				  : pointer;
	struct str ret = !str_is_none(l->each) && path.at == pointer.at
				 ? arena_printf(a, "%.*s/*", STR_FMT(l->each))
				 : STR("");
	struct str segment;
	bool more = str_cut(&path, '/', &segment); /* what is before the first '/' is empty */

	while (more) {
		more = str_cut(&path, '/', &segment);
		if (segment.n && segment.at[0] == '[')
			segment = STR("*");
		ret = arena_printf(a, "%.*s/%.*s", STR_FMT(ret), STR_FMT(segment));
	}
	return ret;
}

/* {"at": POINTER, "by": KEY}: an array of elements with names. */
static bool parse_closed_by(const struct builder *b, yyjson_val *v, struct str where,
			    struct str *ret_path)
{
	static const char *const known[] = { "at", "by", NULL };
	struct str pointer = STR_NONE;
	struct str by = STR_NONE;
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !strict_str(&o, "at", true, &pointer) ||
	    !strict_str(&o, "by", true, &by))
		return false;
	*ret_path = path_of(b->list, pointer, b->s->a);
	return plan_close_by(build_plan_of(b->list, &pointer), pointer, by, b->s->e) ||
	       err_wrap(b->s->e, "%.*s", STR_FMT(where));
}

static bool parse_closed_one(const struct builder *b, yyjson_val *v, struct str where,
			     struct str *ret_path)
{
	struct str pointer;

	if (yyjson_is_obj(v))
		return parse_closed_by(b, v, where, ret_path);
	if (!yyjson_is_str(v))
		return strict_fail(b->s, where, "expected a JSON Pointer, or \"at\" and \"by\"");
	pointer = arena_str(b->s->a, json_str(v, b->s->a));
	*ret_path = path_of(b->list, pointer, b->s->a);
	return plan_close(build_plan_of(b->list, &pointer), pointer, b->s->e) ||
	       err_wrap(b->s->e, "%.*s", STR_FMT(where));
}

static bool parse_closed(const struct builder *b, const struct strict_obj *o)
{
	struct str where = strict_where(b->s, o->where, "closed");
	yyjson_val *v = yyjson_obj_get(o->v, "closed");
	size_t n = yyjson_is_arr(v) ? yyjson_arr_size(v) : 0;
	struct str *paths = arena_array(b->s->a, n + 1, struct str);
	struct str *pointers;

	if (v && !yyjson_is_arr(v) && !parse_closed_one(b, v, where, &paths[n++]))
		return false;
	for (size_t i = 0; i < yyjson_arr_size(v); i++)
		if (!parse_closed_one(b, yyjson_arr_get(v, i), strict_where_index(b->s, where, i),
				      &paths[i]))
			return false;
	b->list->closed = paths;
	b->list->n_closed = n;
	if (!strict_strs(o, "ignore", &pointers, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!plan_ignore(build_plan_of(b->list, &pointers[i]), pointers[i], b->s->e))
			return err_wrap(b->s->e, "%.*s/ignore", STR_FMT(o->where));
	return true;
}

/* Is the key sent to the list: false, true, or "required". */
static bool parse_keyed(const struct strict_obj *o, struct list *l)
{
	yyjson_val *v = yyjson_obj_get(o->v, "auth");

	l->keyed = !v || !yyjson_is_false(v);
	l->key_needed = yyjson_equals_str(v, "required");
	return !v || yyjson_is_bool(v) || l->key_needed ||
	       strict_fail(o->s, strict_where(o->s, o->where, "auth"),
			   "expected true or false, or \"required\"");
}

/* ---- modes ---- */

static bool parse_mode_words(const struct strict_obj *o, struct modes *ret)
{
	struct str where = strict_where(o->s, o->where, "words");
	yyjson_val *v = yyjson_obj_get(o->v, "words");
	struct word *words;
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!strict_free_object(o->s, v, where))
		return false;
	words = arena_array(o->s->a, yyjson_obj_size(v) + 1, struct word);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *means = yyjson_obj_iter_get_val(key);
		struct word *w = &words[ret->n_words++];

		if (!yyjson_is_str(means))
			return strict_fail(o->s, strict_where(o->s, where, yyjson_get_str(key)),
					   "expected a condition, or \"\"");
		w->said = arena_str(o->s->a, json_str(key, o->s->a));
		w->means = arena_str(o->s->a, json_str(means, o->s->a));
		if (!condition_check(w->means, o->s->e))
			return err_wrap(o->s->e, "%.*s",
					STR_FMT(strict_where(o->s, where, w->said.at)));
	}
	ret->words = words;
	return ret->n_words > 0 || strict_fail(o->s, where, "expected at least one mode");
}

/* {"at": POINTER, "words": {WORD: CONDITION, …}} */
static bool parse_modes(const struct builder *b, const struct strict_obj *list)
{
	static const char *const known[] = { "at", "words", NULL };
	struct str where = strict_where(b->s, list->where, "modes");
	yyjson_val *v = yyjson_obj_get(list->v, "modes");
	struct str pointer = STR_NONE;
	struct strict_obj o;

	if (!v)
		return true;
	/* What stands on one page alone cannot be told from what stands on two. */
	if (b->list->pages.form != PAGES_NONE)
		return strict_fail(b->s, where, "cannot be in a list that comes in pages");
	return strict_object(b->s, v, where, known, &o) && strict_str(&o, "at", true, &pointer) &&
	       build_slot(b, pointer, where, &b->list->modes.slot) &&
	       parse_mode_words(&o, &b->list->modes);
}

/* ---- the frame ---- */

/* A pointer or several. */
static bool parse_rows(const struct strict_obj *o, struct list *l)
{
	struct str where = strict_where(o->s, o->where, "rows");
	struct str *pointers;
	size_t n;

	if (!strict_strs(o, "rows", &pointers, &n))
		return false;
	if (n > ALTERNATIVES_MAX)
		return strict_fail(o->s, where, "more alternatives than a place has room for");
	for (size_t i = 0; i < n; i++)
		if (!build_check_pointer(o->s, pointers[i], where))
			return false;
	if (n > 0)
		l->rows = pointers[0];
	for (size_t i = 1; i < n; i++)
		l->rows_or[l->n_rows_or++] = pointers[i];
	return !yyjson_obj_get(o->v, "rows") || n > 0 ||
	       strict_fail(o->s, where, "expected a JSON Pointer");
}

static bool parse_frame(const struct strict_obj *o, struct list *l)
{
	l->required = true;
	l->rows = STR("");
	if (!strict_str(o, "name", true, &l->name) || !strict_str(o, "url", true, &l->url) ||
	    !strict_bool(o, "required", false, &l->required) || !parse_keyed(o, l) ||
	    !strict_bool(o, "adds", false, &l->adds) || !parse_rows(o, l) ||
	    !build_pointer(o, "each", &l->each) || !build_pointer(o, "total", &l->total) ||
	    !build_pointer(o, "next", &l->next) || !build_pages(o, &l->pages))
		return false;
	if (l->pages.form == PAGES_IDS && !str_is_none(l->total))
		return strict_fail(o->s, strict_where(o->s, o->where, "total"),
				   "a list asked by ids has none");
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
		"price_defaults", "prices", "overrides", "closed", "ignore",       "where",
		"adds",           "modes",  NULL,
	};
	struct builder b = { .s = s, .list = ret };
	struct strict_obj o;

	ret->plan = plan_create(s->a);
	return strict_object(s, v, where, known, &o) && parse_frame(&o, ret) &&
	       build_fields(&b, &o) && build_tests(&b, &o, "where", &ret->where) &&
	       parse_capabilities(&b, yyjson_obj_get(v, "capabilities"),
				  strict_where(s, where, "capabilities")) &&
	       parse_keep(&b, yyjson_obj_get(v, "keep"), strict_where(s, where, "keep")) &&
	       build_prices(&b, &o) && parse_modes(&b, &o) && parse_closed(&b, &o);
}
