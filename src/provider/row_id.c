/*
 * The id of a row.
 */
#include "base/utf8.h"
#include "provider/text.h"

/* One part, clean and not empty. */
static bool read_part(const struct list *l, const struct text_field *f, yyjson_val **slots,
		      struct arena *a, struct str *ret, struct err *e)
{
	unsigned slot;
	struct str text;
	struct str raw;

	if (!text_at(l, &f->place, slots, ROW_ID_MAX, a, &text, &slot, e))
		return false;
	if (str_is_none(text))
		return l->n_id == 1 ? err_set(e, ERR_DATA, "no id")
				    : err_set(e, ERR_DATA, "no id: %.*s says nothing",
					      STR_FMT(list_pointer(l, f->place.slots[0])));
	raw = json_raw(slots[slot]);
	if (!utf8_is_clean(raw))
		return err_set(e, ERR_DATA, "the id \"%s\" holds U+0000 or bad UTF-8",
			       err_quote(raw.at, raw.n));
	if (!text_cut_prefix(f, text, a, ret))
		return err_set(e, ERR_DATA, "%.*s \"%s\" does not begin with \"%.*s\"",
			       STR_FMT(list_pointer(l, slot)), err_quote(raw.at, raw.n),
			       STR_FMT(f->strip));
	return ret->n > 0 || err_set(e, ERR_DATA, "%.*s \"%s\" is no more than a prefix",
				     STR_FMT(list_pointer(l, slot)), err_quote(raw.at, raw.n));
}

static bool join_parts(const struct list *l, yyjson_val **slots, struct arena *a, struct str *ret,
		       struct err *e)
{
	struct str parts[ID_PARTS_MAX];
	size_t n = 0;
	char *id;

	for (size_t i = 0; i < l->n_id; i++) {
		parts[i] = l->id[i].literal;
		if (str_is_none(parts[i]) && !read_part(l, &l->id[i].text, slots, a, &parts[i], e))
			return false;
		n += parts[i].n;
	}
	id = arena_alloc(a, n + 1);
	*ret = (struct str){ id, n };
	for (size_t i = 0; i < l->n_id; i++) {
		memcpy(id, parts[i].at, parts[i].n);
		id += parts[i].n;
	}
	*id = '\0';
	return true;
}

bool row_id(const struct list *l, struct row_scratch *s, struct arena *a, struct str *ret,
	    struct err *e)
{
	struct str id;

	if (!(l->n_id == 1 ? read_part(l, &l->id->text, s->slots, a, &id, e)
			   : join_parts(l, s->slots, a, &id, e)))
		return false;
	if (id.n > ROW_ID_MAX)
		return err_set(e, ERR_DATA, "the id is longer than %d bytes", ROW_ID_MAX);
	*ret = id;
	return true;
}

/* ---- an id that stands twice ---- */

static yyjson_val *only_member(yyjson_val *object, struct str name, size_t *ret_times)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(object);
	yyjson_val *found = NULL;
	yyjson_val *key;

	*ret_times = 0;
	while ((key = yyjson_obj_iter_next(&members))) {
		if (yyjson_equals_strn(key, name.at, name.n)) {
			found = yyjson_obj_iter_get_val(key);
			++*ret_times;
		}
	}
	return found;
}

/* Does a member on the way of the pointer stand twice? */
static bool is_twice(yyjson_val *row, struct str pointer)
{
	struct str rest = pointer;
	yyjson_val *v = row;

	if (pointer.n == 0)
		return false;
	rest.at++;
	rest.n--;
	for (bool more = true; more && v;) {
		struct str name;
		size_t times;

		more = str_cut(&rest, '/', &name);
		v = only_member(v, name, &times);
		if (times > 1)
			return true;
	}
	return false;
}

bool row_id_is_twice(const struct list *l, yyjson_val *row)
{
	for (size_t i = 0; i < l->n_id; i++) {
		const struct place *p = &l->id[i].text.place;

		for (size_t k = 0; k < p->n; k++)
			if (p->slots[k] < OUTER_SLOTS &&
			    is_twice(row, plan_pointer(l->plan, p->slots[k])))
				return true;
	}
	return false;
}
