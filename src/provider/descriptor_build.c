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

/* ---- dates ---- */

static bool parse_date_format(const struct strict_obj *o, enum date_format *ret)
{
	static const char *const names[] = {
		[DATE_UNIX] = "unix",
		[DATE_UNIX_MS] = "unix_ms",
		[DATE_RFC3339] = "rfc3339",
		[DATE_DAY] = "date",
		[DATE_UNIX_OR_RFC3339] = "unix_or_rfc3339",
		[DATE_TIME] = "datetime",
		[DATE_YMD] = "ymd",
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
	return strict_fail(
		o->s, strict_where(o->s, o->where, "format"),
		"expected unix, unix_ms, rfc3339, date, unix_or_rfc3339, datetime or ymd");
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

/* The one question that is asked, in member `*ret_key` or of the boolean. */
static bool find_question(const struct strict_obj *o, enum test_kind *ret, const char **ret_key)
{
	static const struct {
		const char *key;
		enum test_kind kind;
	} kinds[] = {
		{ "has", TEST_HAS },
		{ "mentions", TEST_MENTIONS },
		{ "is", TEST_IS },
		{ "present", TEST_PRESENT },
	};

	*ret = TEST_BOOLEAN;
	*ret_key = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!yyjson_obj_get(o->v, kinds[i].key))
			continue;
		if (*ret_key)
			return strict_fail(o->s, o->where, "one question at a time");
		*ret = kinds[i].kind;
		*ret_key = kinds[i].key;
	}
	return true;
}

bool build_split(const struct strict_obj *o, struct str *ret)
{
	return strict_str(o, "split", false, ret);
}

/* Which of the words may be something else than a string in the document. */
static void mark_kinds(struct test *t)
{
	for (size_t i = 0; i < t->n_words; i++) {
		struct dec number;
		struct err ignored;

		t->numbers = t->numbers || dec_parse(t->words[i], &number, &ignored);
		t->booleans = t->booleans || str_eq(t->words[i], STR("true")) ||
			      str_eq(t->words[i], STR("false"));
	}
}

/* What is asked for, and how. */
static bool parse_asked(const struct strict_obj *o, const char *key, struct test *ret)
{
	struct str where = strict_where(o->s, o->where, key ? key : "split");
	bool present = false;

	if (!build_split(o, &ret->split))
		return false;
	if (!str_is_none(ret->split) && ret->kind != TEST_HAS && ret->kind != TEST_MENTIONS)
		return strict_fail(o->s, strict_where(o->s, o->where, "split"),
				   "cuts words apart, and none is looked for");
	if (ret->kind == TEST_BOOLEAN)
		return true;
	if (ret->kind == TEST_PRESENT)
		return strict_bool(o, key, true, &present) &&
		       (present || strict_fail(o->s, where, "can only be true"));
	if (!strict_strs(o, key, &ret->words, &ret->n_words))
		return false;
	if (ret->kind == TEST_IS)
		mark_kinds(ret);
	return ret->n_words > 0 || strict_fail(o->s, where, "expected a word");
}

/* {"at": POINTER} and one of the questions that can be asked of what stands there. */
static bool parse_question(const struct builder *b, yyjson_val *v, struct str where,
			   struct test *ret)
{
	static const char *const known[] = {
		"at", "has", "mentions", "is", "present", "split", NULL
	};
	struct str pointer = STR_NONE;
	const char *key;
	struct strict_obj o;

	return strict_object(b->s, v, where, known, &o) && strict_str(&o, "at", true, &pointer) &&
	       find_question(&o, &ret->kind, &key) && parse_asked(&o, key, ret) &&
	       build_slot(b, pointer, where, &ret->slot);
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

bool build_tests(const struct builder *b, const struct strict_obj *o, const char *key,
		 struct test *ret)
{
	yyjson_val *v = yyjson_obj_get(o->v, key);
	struct str where = strict_where(b->s, o->where, key);
	size_t n = yyjson_arr_size(v);
	struct test *any;

	if (!yyjson_is_arr(v))
		return build_test(b, o, key, ret);
	if (n == 0)
		return strict_fail(b->s, where, "expected at least one test");
	any = arena_array(b->s->a, n, struct test);
	for (size_t i = 0; i < n; i++)
		if (!build_test_at(b, yyjson_arr_get(v, i), strict_where_index(b->s, where, i),
				   &any[i]))
			return false;
	*ret = (struct test){ .kind = TEST_ANY, .any = any, .n_any = n };
	return true;
}

bool build_check_pointer(const struct strict *s, struct str pointer, struct str where)
{
	struct plan *p = plan_create(s->a);
	unsigned slot;

	if (!plan_add(p, pointer, &slot, s->e))
		return err_wrap(s->e, "%.*s", STR_FMT(where));
	return !plan_selects(p) ||
	       strict_fail(s, where, "selects an element, which only places in a row can");
}

bool build_pointer(const struct strict_obj *o, const char *key, struct str *ret)
{
	return strict_str(o, key, false, ret) &&
	       (str_is_none(*ret) ||
		build_check_pointer(o->s, *ret, strict_where(o->s, o->where, key)));
}
