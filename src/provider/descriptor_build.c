#include "provider/descriptor_build.h"

struct str list_pointer(const struct list *l, unsigned slot)
{
	return slot < OUTER_SLOTS ? plan_pointer(l->plan, slot)
				  : plan_pointer(l->outer, slot - OUTER_SLOTS);
}

/* ---- pointers ---- */

bool build_entry_slot(const struct builder *b, struct plan *plan, struct str pointer,
		      struct str where, unsigned *ret)
{
	return plan_add(plan, pointer, ret, b->s->e) || err_wrap(b->s->e, "%.*s", STR_FMT(where));
}

struct plan *build_plan_of(const struct list *l, struct str *pointer)
{
	if (!l->outer || !str_starts(*pointer, STR("../")))
		return l->plan;
	pointer->at += 2;
	pointer->n -= 2;
	return l->outer;
}

bool build_slot(const struct builder *b, struct str pointer, struct str where, unsigned *ret)
{
	struct plan *plan = build_plan_of(b->list, &pointer);

	if (!build_entry_slot(b, plan, pointer, where, ret))
		return false;
	if (plan == b->list->outer)
		*ret += OUTER_SLOTS;
	return true;
}

bool build_place(const struct builder *b, struct plan *entry, const struct strict_obj *o,
		 const char *key, struct place *ret)
{
	struct str where = strict_where(b->s, o->where, key);
	struct str *pointers;
	size_t n;

	if (!strict_strs(o, key, &pointers, &n))
		return false;
	if (n > ALTERNATIVES_MAX)
		return strict_fail(b->s, where, "more alternatives than a place has room for");
	for (size_t i = 0; i < n; i++)
		if (!(entry ? build_entry_slot(b, entry, pointers[i], where, &ret->slots[i])
			    : build_slot(b, pointers[i], where, &ret->slots[i])))
			return false;
	ret->n = n;
	return true;
}

/* ---- fields ---- */

static bool parse_date_format(const struct strict_obj *o, enum date_format *ret)
{
	static const char *const names[] = {
		[DATE_UNIX] = "unix",
		[DATE_UNIX_MS] = "unix_ms",
		[DATE_RFC3339] = "rfc3339",
		[DATE_DAY] = "date",
		[DATE_UNIX_OR_RFC3339] = "unix_or_rfc3339",
	};
	struct str word = STR_NONE;

	if (!strict_str(o, "format", true, &word))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(word, str_of(names[i]))) {
			*ret = (enum date_format)i;
			return true;
		}
	}
	return strict_fail(o->s, strict_where(o->s, o->where, "format"),
			   "expected unix, unix_ms, rfc3339, date or unix_or_rfc3339");
}

bool build_date(const struct builder *b, const struct strict_obj *fields, const char *key,
		struct date_field *ret)
{
	static const char *const known[] = { "at", "format", "absent", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!v)
		return true;
	if (!strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) ||
	    !build_place(b, NULL, &o, "at", &ret->place))
		return false;
	return (ret->place.n > 0 || strict_fail(b->s, o.where, "a date needs an \"at\"")) &&
	       parse_date_format(&o, &ret->format) &&
	       strict_strs(&o, "absent", &ret->absent, &ret->n_absent);
}

/* ---- tests ---- */

/* {"at": POINTER} and one of the questions that can be asked of what stands there. */
static bool parse_question(const struct builder *b, yyjson_val *v, struct str where,
			   struct test *ret)
{
	static const struct {
		const char *key;
		enum test_kind kind;
		size_t words_max;
	} kinds[] = {
		{ "has", TEST_HAS, 1 },
		{ "mentions", TEST_MENTIONS, 1 },
		{ "is", TEST_IS, SIZE_MAX },
	};
	static const char *const known[] = { "at", "has", "mentions", "is", NULL };
	struct str pointer = STR_NONE;
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !strict_str(&o, "at", true, &pointer))
		return false;
	ret->kind = TEST_BOOLEAN;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!yyjson_obj_get(v, kinds[i].key))
			continue;
		if (ret->kind != TEST_BOOLEAN)
			return strict_fail(b->s, where, "one question at a time");
		ret->kind = kinds[i].kind;
		if (!strict_strs(&o, kinds[i].key, &ret->words, &ret->n_words))
			return false;
		if (ret->n_words == 0 || ret->n_words > kinds[i].words_max)
			return strict_fail(b->s, strict_where(b->s, where, kinds[i].key),
					   "expected a word");
	}
	return build_slot(b, pointer, where, &ret->slot);
}

bool build_test_at(const struct builder *b, yyjson_val *v, struct str where, struct test *ret)
{
	if (!yyjson_is_str(v))
		return parse_question(b, v, where, ret);
	ret->kind = TEST_BOOLEAN;
	return build_slot(b, json_str(v, b->s->a), where, &ret->slot);
}

bool build_test(const struct builder *b, const struct strict_obj *o, const char *key,
		struct test *ret)
{
	yyjson_val *v = yyjson_obj_get(o->v, key);

	return !v || build_test_at(b, v, strict_where(b->s, o->where, key), ret);
}

bool build_pointer(const struct strict_obj *o, const char *key, struct str *ret)
{
	unsigned slot;

	return strict_str(o, key, false, ret) &&
	       (str_is_none(*ret) || plan_add(plan_create(o->s->a), *ret, &slot, o->s->e) ||
		err_wrap(o->s->e, "%.*s", STR_FMT(strict_where(o->s, o->where, key))));
}
