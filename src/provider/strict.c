#include "provider/strict.h"

struct str strict_where(const struct strict *s, struct str where, const char *key)
{
	/* Quoted: the key may be the file's, and the place goes into a sentence. */
	return arena_printf(s->a, "%.*s/%s", STR_FMT(where), err_quote(key, strlen(key)));
}

struct str strict_where_index(const struct strict *s, struct str where, size_t index)
{
	return arena_printf(s->a, "%.*s/%zu", STR_FMT(where), index);
}

bool strict_fail(const struct strict *s, struct str where, const char *sentence)
{
	return err_set(s->e, ERR_CONFIG, "%.*s: %s", STR_FMT(where), sentence);
}

static bool fail_type(const struct strict *s, struct str where, const char *wanted, yyjson_val *v)
{
	return err_set(s->e, ERR_CONFIG, "%.*s is %s, expected %s", STR_FMT(where), json_type(v),
		       wanted);
}

static bool is_known(yyjson_val *key, const char *const *known)
{
	for (; *known; known++)
		if (yyjson_equals_str(key, *known))
			return true;
	return false;
}

bool strict_free_object(const struct strict *s, yyjson_val *v, struct str where)
{
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!yyjson_is_obj(v))
		return fail_type(s, where, "an object", v);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = json_raw(key);

		if (yyjson_obj_getn(v, name.at, name.n) != yyjson_obj_iter_get_val(key))
			return err_set(s->e, ERR_CONFIG, "%.*s/%s stands twice", STR_FMT(where),
				       err_quote(name.at, name.n));
	}
	return true;
}

bool strict_object(const struct strict *s, yyjson_val *v, struct str where,
		   const char *const *known, struct strict_obj *ret)
{
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!strict_free_object(s, v, where))
		return false;
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = json_raw(key);

		if (!is_known(key, known))
			return err_set(s->e, ERR_CONFIG, "%.*s/%s is not a member known here",
				       STR_FMT(where), err_quote(name.at, name.n));
	}
	*ret = (struct strict_obj){ s, v, where };
	return true;
}

bool strict_list(const struct strict *s, yyjson_val *v, struct str where)
{
	return !v || yyjson_is_arr(v) || fail_type(s, where, "a list", v);
}

/* False only when it is missing and required. */
static bool member(const struct strict_obj *o, const char *key, bool required, yyjson_val **ret)
{
	*ret = yyjson_obj_get(o->v, key);
	if (!*ret && required)
		return strict_fail(o->s, strict_where(o->s, o->where, key), "missing");
	return true;
}

bool strict_str(const struct strict_obj *o, const char *key, bool required, struct str *ret)
{
	yyjson_val *v;

	if (!member(o, key, required, &v))
		return false;
	if (!v)
		return true;
	if (!yyjson_is_str(v) || yyjson_get_len(v) == 0)
		return fail_type(o->s, strict_where(o->s, o->where, key), "a string with content",
				 v);
	*ret = arena_str(o->s->a, json_str(v, o->s->a));
	return true;
}

bool strict_bool(const struct strict_obj *o, const char *key, bool required, bool *ret)
{
	yyjson_val *v;

	if (!member(o, key, required, &v))
		return false;
	if (!v)
		return true;
	if (!yyjson_is_bool(v))
		return fail_type(o->s, strict_where(o->s, o->where, key), "true or false", v);
	*ret = yyjson_get_bool(v);
	return true;
}

bool strict_count(const struct strict_obj *o, const char *key, unsigned max, unsigned *ret)
{
	yyjson_val *v = yyjson_obj_get(o->v, key);
	int64_t n;

	if (!v)
		return true;
	if (!yyjson_is_raw(v) || !str_to_i64(json_raw(v), 1, max, &n))
		return err_set(o->s->e, ERR_CONFIG, "%.*s/%s: expected a number from 1 to %u",
			       STR_FMT(o->where), key, max);
	*ret = (unsigned)n;
	return true;
}

bool strict_strs(const struct strict_obj *o, const char *key, struct str **ret, size_t *ret_n)
{
	struct str where = strict_where(o->s, o->where, key);
	yyjson_val *v = yyjson_obj_get(o->v, key);
	size_t n = yyjson_is_arr(v) ? yyjson_arr_size(v) : v ? 1 : 0;
	struct str *items = arena_array(o->s->a, n ? n : 1, struct str);

	for (size_t i = 0; i < n; i++) {
		yyjson_val *item = yyjson_is_arr(v) ? yyjson_arr_get(v, i) : v;

		if (!yyjson_is_str(item))
			return fail_type(o->s, where, "a string or a list of strings", item);
		items[i] = arena_str(o->s->a, json_str(item, o->s->a));
	}
	*ret = items;
	*ret_n = n;
	return true;
}
