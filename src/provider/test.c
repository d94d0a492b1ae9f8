#include "provider/test.h"

#include "provider/words.h"

static bool is_asked_for(const struct test *t, struct str word)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (str_eq(t->words[i], word))
			return true;
	return false;
}

/* Most tests are asked of arrays, and of every row. */
static bool array_holds_one(const struct test *t, yyjson_val *v)
{
	yyjson_arr_iter items = yyjson_arr_iter_with(v);
	yyjson_val *item;

	while ((item = yyjson_arr_iter_next(&items)))
		for (size_t i = 0; i < t->n_words; i++)
			if (yyjson_equals_strn(item, t->words[i].at, t->words[i].n))
				return true;
	return false;
}

static bool text_holds_one(const struct test *t, yyjson_val *v)
{
	struct words words;
	struct str word;

	if (!words_begin(&words, v, t->split))
		return false;
	while (words_next(&words, &word))
		if (is_asked_for(t, word))
			return true;
	return false;
}

/* A number is compared by its token. */
static bool is_one_of(const struct test *t, yyjson_val *v)
{
	return is_asked_for(t, yyjson_is_bool(v) ? yyjson_get_bool(v) ? STR("true") : STR("false")
						 : json_raw(v));
}

static bool may_hold(const struct test *t, yyjson_val *v)
{
	return yyjson_is_arr(v) || (yyjson_is_str(v) && !str_is_none(t->split));
}

/* What stands there can only be one of the words if one of them is of its kind. */
static bool may_be(const struct test *t, yyjson_val *v)
{
	return yyjson_is_str(v) || (t->numbers && yyjson_is_raw(v)) ||
	       (t->booleans && yyjson_is_bool(v));
}

/* The answer; or what was expected where the question cannot be asked of `v`, else NULL. */
static const char *ask(const struct test *t, yyjson_val *v, int *ret)
{
	switch (t->kind) {
	case TEST_NONE:
	case TEST_ANY:
		break;
	case TEST_BOOLEAN:
		*ret = yyjson_is_true(v);
		return yyjson_is_bool(v) ? NULL : "a boolean";
	case TEST_HAS:
	case TEST_MENTIONS:
		*ret = yyjson_is_arr(v) ? array_holds_one(t, v) : text_holds_one(t, v);
		if (!*ret && t->kind == TEST_MENTIONS)
			*ret = -1;
		return may_hold(t, v)          ? NULL
		       : str_is_none(t->split) ? "an array"
					       : "an array or a string";
	case TEST_IS:
		*ret = is_one_of(t, v);
		return may_be(t, v) ? NULL : "a string";
	case TEST_PRESENT:
		*ret = 1;
		break;
	}
	return NULL;
}

static bool read_one(const struct list *l, const struct test *t, yyjson_val **slots, int *ret,
		     struct err *e)
{
	yyjson_val *v = slots[t->slot];
	const char *wanted;

	*ret = -1;
	if (!v || yyjson_is_null(v))
		return true;
	wanted = ask(t, v, ret);
	return !wanted || err_set(e, ERR_DATA, "%.*s is %s, %s was expected",
				  STR_FMT(list_pointer(l, t->slot)), json_type(v), wanted);
}

/* All are asked: an answer does not hide that another question could not be asked. */
static bool read_any(const struct list *l, const struct test *t, yyjson_val **slots, int *ret,
		     struct err *e)
{
	*ret = -1;
	for (size_t i = 0; i < t->n_any; i++) {
		int said;

		if (!read_one(l, &t->any[i], slots, &said, e))
			return false;
		*ret = said > *ret ? said : *ret;
	}
	return true;
}

bool test_read(const struct list *l, const struct test *t, yyjson_val **slots, int *ret,
	       struct err *e)
{
	return t->kind == TEST_ANY ? read_any(l, t, slots, ret, e) : read_one(l, t, slots, ret, e);
}

static bool holds_one(const struct test *t, yyjson_val **slots)
{
	yyjson_val *v = slots[t->slot];
	int said = -1;

	return v && !yyjson_is_null(v) && !ask(t, v, &said) && said == 1;
}

bool test_holds(const struct test *t, yyjson_val **slots)
{
	if (t->kind != TEST_ANY)
		return holds_one(t, slots);
	for (size_t i = 0; i < t->n_any; i++)
		if (holds_one(&t->any[i], slots))
			return true;
	return false;
}
