#include "unit.h"

#include "provider/plan.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What a walk with some pointers finds in a document, as text: "slot=JSON slot=JSON". */
struct fixture {
	struct arena a;
	struct plan *plan;
	yyjson_doc *doc;
	yyjson_val *slots[300];
	struct buf unknown;
	struct err e;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->plan = plan_create(&f->a);
	f->unknown = BUF_INIT(4096);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_release(&f->a);
	buf_release(&f->unknown);
	yyjson_doc_free(f->doc);
	free(f);
	return 0;
}

static unsigned add(struct fixture *f, const char *pointer)
{
	unsigned slot;

	if (!plan_add(f->plan, str_of(pointer), &slot, &f->e))
		fail_msg("%s", f->e.text);
	return slot;
}

static void on_unknown(void *arg, struct str under, yyjson_val *key)
{
	struct str name = json_raw(key);

	buf_printf(arg, "%.*s#%.*s ", STR_FMT(under), STR_FMT(name));
}

static bool walk(struct fixture *f, const char *json)
{
	yyjson_doc_free(f->doc);
	f->doc = NULL;
	if (!json_read(str_of(json), &f->doc, &f->e))
		fail_msg("%s", f->e.text);
	buf_clear(&f->unknown);
	buf_printf(&f->unknown, "%s", "");
	return plan_walk(f->plan, yyjson_doc_get_root(f->doc), f->slots, on_unknown, &f->unknown,
			 &f->e);
}

static void assert_walks(struct fixture *f, const char *json)
{
	if (!walk(f, json))
		fail_msg("%s", f->e.text);
}

/* `want` absent: nothing is there. */
static void assert_slot(const struct fixture *f, unsigned slot, const char *want)
{
	BUF_AUTO(text, 4096);

	if (!f->slots[slot]) {
		assert_null(want);
		return;
	}
	json_add_value(&text, f->slots[slot]);
	assert_non_null(want);
	assert_string_equal(text.at, want);
}

/* RFC 6901, section 5, but for the pointers that lead to the same key. */
static void test_rfc_6901(void **state)
{
	static const char document[] =
		"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
		"\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
	static const struct {
		const char *pointer, *want;
	} cases[] = {
		{ "", document },        { "/foo", "[\"bar\",\"baz\"]" },
		{ "/foo/0", "\"bar\"" }, { "/", "0" },
		{ "/a~1b", "1" },        { "/c%d", "2" },
		{ "/e^f", "3" },         { "/g|h", "4" },
		{ "/i\\j", "5" },        { "/k\"l", "6" },
		{ "/ ", "7" },           { "/m~0n", "8" },
	};
	struct fixture *f = *state;
	unsigned slots[LENGTH(cases)];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		slots[i] = add(f, cases[i].pointer);
		assert_int_equal(slots[i], i);
		assert_true(str_eq(plan_pointer(f->plan, slots[i]), str_of(cases[i].pointer)));
	}
	assert_int_equal(plan_slots(f->plan), LENGTH(cases));
	assert_walks(f, document);
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_slot(f, slots[i], cases[i].want);
	assert_string_equal(f->unknown.at, "");
}

static void test_escapes(void **state)
{
	struct fixture *f = *state;
	unsigned tilde_one = add(f, "/~01"); /* is "~1", not "/" */
	unsigned mixed = add(f, "/~0~1~0/~1");
	unsigned empties = add(f, "///x");

	assert_walks(f, "{\"~1\":1,\"/\":2,\"~/~\":{\"/\":3},\"\":{\"\":{\"x\":4}}}");
	assert_slot(f, tilde_one, "1");
	assert_slot(f, mixed, "3");
	assert_slot(f, empties, "4");
}

static void test_refuses_what_is_no_pointer(void **state)
{
	static const char *const refused[] = {
		"a", "a/b", " /a", "#/a", "/~", "/a~", "/~2", "/~~", "/a/~x/b", "$.a", "~0",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTH(refused); i++) {
		unsigned slot = 42;

		f->e.kind = ERR_NONE;
		if (plan_add(f->plan, str_of(refused[i]), &slot, &f->e))
			fail_msg("accepted: %s", refused[i]);
		assert_int_equal(f->e.kind, ERR_CONFIG);
		assert_non_null(strstr(f->e.text, refused[i]));
		assert_int_equal(slot, 42);
		assert_false(plan_close(f->plan, str_of(refused[i]), &f->e));
		assert_false(plan_ignore(f->plan, str_of(refused[i]), &f->e));
	}
	assert_int_equal(plan_slots(f->plan), 0);
}

static void test_one_pointer_one_slot(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, "/a/b"), 0);
	assert_int_equal(add(f, "/a"), 1);
	assert_int_equal(add(f, "/a/b"), 0);
	assert_int_equal(add(f, ""), 2);
	assert_int_equal(add(f, ""), 2);
	assert_int_equal(plan_slots(f->plan), 3);
	assert_walks(f, "{\"a\":{\"b\":5}}");
	assert_slot(f, 0, "5");
	assert_slot(f, 1, "{\"b\":5}");
	assert_slot(f, 2, "{\"a\":{\"b\":5}}");
}

static void test_array_indexes(void **state)
{
	struct fixture *f = *state;
	unsigned first = add(f, "/a/0");
	unsigned third = add(f, "/a/2/x");
	unsigned far = add(f, "/a/99");
	unsigned zeros = add(f, "/a/00");
	unsigned leading = add(f, "/a/02");
	unsigned minus = add(f, "/a/-");
	unsigned negative = add(f, "/a/-1");
	unsigned negative_zero = add(f, "/a/-0");
	unsigned word = add(f, "/a/length");
	unsigned huge = add(f, "/a/18446744073709551616");

	assert_walks(f, "{\"a\":[true,1,{\"x\":2}]}");
	assert_slot(f, first, "true");
	assert_slot(f, third, "2");
	assert_slot(f, far, NULL);
	assert_slot(f, zeros, NULL);
	assert_slot(f, leading, NULL);
	assert_slot(f, minus, NULL);
	assert_slot(f, negative, NULL);
	assert_slot(f, word, NULL);
	assert_slot(f, huge, NULL);
	(void)negative_zero; /* below */

	/* In an object they are names like all others. */
	assert_walks(f, "{\"a\":{\"0\":1,\"02\":2,\"-1\":3,\"length\":4}}");
	assert_slot(f, first, "1");
	assert_slot(f, leading, "2");
	assert_slot(f, negative, "3");
	assert_slot(f, word, "4");
}

/* Nothing stays from the row before. */
static void test_absent(void **state)
{
	struct fixture *f = *state;
	unsigned deep = add(f, "/a/b");
	unsigned other = add(f, "/c");

	assert_walks(f, "{\"a\":{\"b\":1},\"c\":2}");
	assert_slot(f, deep, "1");
	assert_walks(f, "{\"d\":1}");
	assert_slot(f, deep, NULL);
	assert_slot(f, other, NULL);
	assert_walks(f, "{\"a\":null,\"c\":null}");
	assert_slot(f, deep, NULL);
	assert_slot(f, other, "null");
	assert_walks(f, "{\"a\":[],\"c\":[]}");
	assert_slot(f, deep, NULL);
	assert_walks(f, "null");
	assert_walks(f, "[]");
	assert_slot(f, deep, NULL);
}

static void assert_refused(struct fixture *f, const char *json, const char *sentence)
{
	f->e.kind = ERR_NONE;
	if (walk(f, json))
		fail_msg("accepted: %s", json);
	assert_int_equal(f->e.kind, ERR_DATA);
	assert_string_equal(f->e.text, sentence);
}

static void test_minus_zero_is_no_index(void **state)
{
	struct fixture *f = *state;

	add(f, "/a/-0");
	assert_walks(f, "{\"a\":{\"-0\":1}}");
	assert_refused(f, "{\"a\":[1]}", "/a is an array, an object was expected");
}

/* An empty one may be an empty object, as some write it. */
static void test_array_is_no_object(void **state)
{
	struct fixture *f = *state;

	add(f, "/a/b");
	assert_walks(f, "{\"a\":[]}");
	assert_refused(f, "{\"a\":[{\"b\":1}]}", "/a is an array, an object was expected");
	add(f, "/a/0");
	assert_walks(f, "{\"a\":[{\"b\":1}]}");
}

static void test_duplicates(void **state)
{
	struct fixture *f = *state;

	(void)add(f, "/id");
	(void)add(f, "/pricing/prompt");
	(void)add(f, "/a~1b");
	assert_refused(f, "{\"id\":1,\"id\":2}", "key /id stands twice");
	assert_refused(f, "{\"id\":1,\"x\":2,\"\\u0069d\":null}", "key /id stands twice");
	assert_refused(f, "{\"pricing\":{\"prompt\":1,\"prompt\":1}}",
		       "key /pricing/prompt stands twice");
	assert_refused(f, "{\"pricing\":{},\"pricing\":{}}", "key /pricing stands twice");
	assert_refused(f, "{\"a/b\":1,\"a/b\":1}", "key /a~1b stands twice");
	/* What nobody looks at may. */
	assert_walks(f, "{\"x\":1,\"x\":2,\"id\":3,\"y\":{\"id\":1,\"id\":2}}");
	assert_slot(f, 0, "3");
}

static void test_wrong_type_on_the_way(void **state)
{
	struct fixture *f = *state;

	(void)add(f, "/pricing/prompt");
	(void)add(f, "/list/0/x");
	assert_refused(f, "{\"pricing\":\"free\"}", "/pricing is a string, an object was expected");
	assert_refused(f, "{\"pricing\":0}", "/pricing is a number, an object was expected");
	assert_refused(f, "{\"pricing\":false}", "/pricing is a boolean, an object was expected");
	assert_refused(f, "{\"list\":[1]}", "/list/0 is a number, an object was expected");
	assert_refused(f, "\"row\"", " is a string, an object was expected");
	assert_walks(f, "{\"pricing\":null,\"list\":[null]}");
	assert_walks(f, "{\"pricing\":{\"prompt\":{\"any\":\"thing\"}},\"list\":[]}");
}

static void test_unknown_keys(void **state)
{
	struct fixture *f = *state;

	(void)add(f, "/pricing/prompt");
	(void)add(f, "/id");
	assert_true(plan_close(f->plan, STR("/pricing"), &f->e));
	assert_true(plan_ignore(f->plan, STR("/pricing/discount"), &f->e));
	assert_int_equal(plan_slots(f->plan), 2); /* neither is a slot */
	assert_walks(f, "{\"id\":1,\"new\":2,\"pricing\":{\"prompt\":1,\"discount\":0.5}}");
	assert_string_equal(f->unknown.at, "");
	assert_walks(f, "{\"pricing\":{\"new\":{\"prompt\":1},\"Prompt\":2,\"\":3,\"prompt\":4}}");
	assert_string_equal(f->unknown.at, "/pricing#new /pricing#Prompt /pricing# ");
	assert_slot(f, 0, "4");
	assert_walks(f, "{\"pricing\":null}");
	assert_string_equal(f->unknown.at, "");
	assert_refused(f, "{\"pricing\":1}", "/pricing is a number, an object was expected");
}

static void test_unknown_keys_of_the_row(void **state)
{
	struct fixture *f = *state;

	(void)add(f, "/id");
	assert_true(plan_close(f->plan, STR(""), &f->e));
	assert_true(
		plan_close(f->plan, STR("/empty"), &f->e)); /* closed, and nothing known in it */
	assert_walks(f, "{\"id\":1,\"x\":{\"id\":2},\"empty\":{\"y\":1}}");
	assert_string_equal(f->unknown.at, "#x /empty#y ");
	assert_true(plan_walk(f->plan, yyjson_doc_get_root(f->doc), f->slots, NULL, NULL, &f->e));
	assert_slot(f, 0, "1");
}

/* A plan is full at some number of members beside each other, and says so. */
static void test_full(void **state)
{
	struct fixture *f = *state;
	BUF_AUTO(row, 65536);
	unsigned added = 0;
	unsigned slot;

	for (; added < 1000; added++) {
		struct str pointer = arena_printf(&f->a, "/k%u", added);

		if (!plan_add(f->plan, pointer, &slot, &f->e))
			break;
	}
	assert_in_range(added, 40, 999);
	assert_int_equal(f->e.kind, ERR_CONFIG);
	assert_int_equal(plan_slots(f->plan), added);
	buf_add_char(&row, '{');
	for (unsigned i = 0; i < added; i++)
		buf_printf(&row, "%s\"k%u\":%u", i ? "," : "", i, i);
	buf_add_char(&row, '}');
	assert_walks(f, row.at);
	for (unsigned i = 0; i < added; i++)
		assert_slot(f, i, arena_printf(&f->a, "%u", i).at);
	/* The last one is watched for duplicates like the first. */
	row.n--;
	buf_printf(&row, ",\"k%u\":0}", added - 1);
	assert_false(walk(f, row.at));
}

static void test_full_of_slots(void **state)
{
	struct fixture *f = *state;
	unsigned added = 0;
	unsigned slot;

	for (; added < 1000; added++)
		if (!plan_add(f->plan, arena_printf(&f->a, "/%u/%u", added / 30, added % 30), &slot,
			      &f->e))
			break;
	assert_in_range(added, 200, 999);
	assert_int_equal(f->e.kind, ERR_CONFIG);
	assert_true(plan_add(f->plan, STR("/0/0"), &slot, &f->e)); /* is there already */
}

/* Documents may be deep; a walk only goes where pointers lead. */
static void test_depth(void **state)
{
	enum { DEPTH = 100000 };
	struct fixture *f = *state;
	BUF_AUTO(row, 20 * DEPTH);
	unsigned slot = add(f, "/a/a/a");

	for (int i = 0; i < DEPTH; i++)
		buf_add(&row, "{\"a\":", 5);
	buf_add(&row, "1", 1);
	for (int i = 0; i < DEPTH; i++)
		buf_add_char(&row, '}');
	assert_walks(f, row.at);
	assert_true(yyjson_is_obj(f->slots[slot]));
}

/* ---- elements by a member ---- */

static void test_selectors(void **state)
{
	struct fixture *f = *state;
	unsigned price = add(f, "/p/[unit=per M]/usd");
	unsigned whole = add(f, "/p/[unit=per M]");
	unsigned other = add(f, "/p/[kind=per M]");
	unsigned empty = add(f, "/p/[unit=]");
	unsigned escaped = add(f, "/q/[a~1b=~0=]]/x");
	unsigned index = add(f, "/p/1");

	assert_int_equal(add(f, "/p/[unit=per M]/usd"), price);
	assert_string_equal(plan_pointer(f->plan, price).at, "/p/[unit=per M]/usd");
	assert_walks(f, "{\"p\":[{\"unit\":\"per k\",\"usd\":9},{\"usd\":1,\"unit\":\"per M\"},7,"
			"{\"unit\":\"\"}],\"q\":[{\"a/b\":\"~=]\",\"x\":2}]}");
	assert_slot(f, price, "1");
	assert_slot(f, whole, "{\"usd\":1,\"unit\":\"per M\"}");
	assert_slot(f, other, NULL);
	assert_slot(f, empty, "{\"unit\":\"\"}");
	assert_slot(f, escaped, "2");
	assert_slot(f, index, "{\"usd\":1,\"unit\":\"per M\"}");
	assert_walks(f, "{\"p\":[],\"q\":null}");
	assert_slot(f, price, NULL);
	assert_walks(f, "{\"p\":[{\"unit\":null},{\"unit\":[\"per M\"]},[\"per M\"],{}]}");
	assert_slot(f, whole, NULL);
	assert_slot(f, empty, NULL);
}

/* One element may be what two selectors ask for; two elements are never what one does. */
static void test_selectors_that_meet(void **state)
{
	struct fixture *f = *state;
	unsigned by_unit = add(f, "/p/[unit=x]/n");
	unsigned by_kind = add(f, "/p/[kind=y]/n");

	assert_true(plan_selects(f->plan));
	assert_walks(f, "{\"p\":[{\"unit\":\"x\",\"kind\":\"y\",\"n\":1}]}");
	assert_slot(f, by_unit, "1");
	assert_slot(f, by_kind, "1");
	assert_false(walk(f, "{\"p\":[{\"unit\":\"x\",\"n\":1},{\"n\":1,\"unit\":\"x\"}]}"));
	assert_int_equal(f->e.kind, ERR_DATA);
	assert_string_equal(f->e.text, "/p/[unit=x] stands twice");
	assert_false(walk(f, "{\"p\":[{\"unit\":\"z\",\"unit\":\"x\"}]}"));
	assert_string_equal(f->e.text, "key unit stands twice in an element of /p");
	assert_false(walk(f, "{\"p\":{\"unit\":\"x\"}}"));
	assert_string_equal(f->e.text, "/p is an object, an array was expected");
}

static void test_closed_by_name(void **state)
{
	struct fixture *f = *state;
	unsigned slot = add(f, "/p/[unit=x]/n");

	assert_true(plan_close_by(f->plan, STR("/p"), STR("unit"), &f->e));
	assert_true(plan_ignore(f->plan, STR("/p/[unit=old]"), &f->e));
	assert_walks(f, "{\"p\":[{\"unit\":\"y\",\"n\":1},{\"unit\":\"x\",\"n\":2},"
			"{\"unit\":\"old\"},{\"unit\":\"z\"}]}");
	assert_slot(f, slot, "2");
	assert_string_equal(f->unknown.at, "/p#y /p#z ");
	assert_false(walk(f, "{\"p\":[{\"n\":1}]}"));
	assert_string_equal(f->e.text, "an element of /p has no name in unit");
	assert_false(walk(f, "{\"p\":[null]}"));
	assert_false(walk(f, "{\"p\":[{\"unit\":1}]}"));
	assert_walks(f, "{\"p\":null}");
	assert_walks(f, "{\"p\":[]}");
}

static void test_refuses_what_is_no_selector(void **state)
{
	static const char *const refused[] = { "/p/[x]", "/p/[]", "/p/[=x]", "/p/[a=~2]" };
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTH(refused); i++) {
		unsigned slot = 42;

		assert_false(plan_add(f->plan, str_of(refused[i]), &slot, &f->e));
		assert_int_equal(f->e.kind, ERR_CONFIG);
		assert_int_equal(slot, 42);
	}
	assert_int_equal(plan_slots(f->plan), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_selectors),
		TEST(test_selectors_that_meet),
		TEST(test_closed_by_name),
		TEST(test_refuses_what_is_no_selector),
		TEST(test_rfc_6901),
		TEST(test_escapes),
		TEST(test_refuses_what_is_no_pointer),
		TEST(test_one_pointer_one_slot),
		TEST(test_array_indexes),
		TEST(test_minus_zero_is_no_index),
		TEST(test_absent),
		TEST(test_array_is_no_object),
		TEST(test_duplicates),
		TEST(test_wrong_type_on_the_way),
		TEST(test_unknown_keys),
		TEST(test_unknown_keys_of_the_row),
		TEST(test_full),
		TEST(test_full_of_slots),
		TEST(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
