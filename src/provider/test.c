#include "provider/test.h"

static bool array_has(yyjson_val *v, struct str word)
{
	yyjson_arr_iter items = yyjson_arr_iter_with(v);
	yyjson_val *item;

	while ((item = yyjson_arr_iter_next(&items)))
		if (yyjson_equals_strn(item, word.at, word.n))
			return true;
	return false;
}

static bool is_one_of(const struct test *t, yyjson_val *v)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (yyjson_equals_strn(v, t->words[i].at, t->words[i].n))
			return true;
	return false;
}

/* The answer; or what was expected where the question cannot be asked of `v`, else NULL. */
static const char *ask(const struct test *t, yyjson_val *v, int *ret)
{
	switch (t->kind) {
	case TEST_NONE:
		break;
	case TEST_BOOLEAN:
		*ret = yyjson_is_true(v);
		return yyjson_is_bool(v) ? NULL : "a boolean";
	case TEST_HAS:
	case TEST_MENTIONS:
		*ret = array_has(v, t->words[0]);
		if (!*ret && t->kind == TEST_MENTIONS)
			*ret = -1;
		return yyjson_is_arr(v) ? NULL : "an array";
	case TEST_IS:
		*ret = is_one_of(t, v);
		return yyjson_is_str(v) ? NULL : "a string";
	}
	return NULL;
}

bool test_read(const struct list *l, const struct test *t, yyjson_val **slots, int *ret,
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

bool test_holds(const struct test *t, yyjson_val **slots)
{
	yyjson_val *v = slots[t->slot];
	int said = -1;

	return v && !yyjson_is_null(v) && !ask(t, v, &said) && said == 1;
}
