#include "shaping.h"

#include <stdio.h>

static void assert_places(const char *rows, const char *expected)
{
	ARENA_AUTO(a);

	assert_string_equal(places_text(shape_of(rows, &a), &a).at, expected);
}

static void test_types(void **state)
{
	(void)state;
	assert_places("[{\"a\":true,\"b\":12,\"c\":-1.5,\"d\":1e3,\"e\":\"x\",\"f\":[],\"g\":{}}]",
		      "/a boolean 1/1\n/b integer 1/1\n/c number 1/1\n/d number 1/1\n"
		      "/e string 1/1\n/f array 1/1\n/g object 1/1\n");
	assert_places("[{\"a\":1},{\"a\":\"1\"},{\"a\":[1,\"x\"]},{\"a\":{\"b\":false}}]",
		      "/a integer, numeric string, array, object 4/4\n/a/* integer, string 1/4\n"
		      "/a/b boolean 1/4\n");
	assert_places("[]", "");
	assert_places("[5,\"x\",null,[{\"a\":1}]]", "");
}

static void test_null_says_nothing(void **state)
{
	(void)state;
	assert_places("[{\"a\":null,\"b\":[null]},{\"a\":1}]", "/a integer 1/2\n/b array 1/2\n");
}

static void test_numeric_strings(void **state)
{
	static const char *const numbers[] = { "0",  "0.5",   "-1",   "+1.",
					       ".5", "5e-07", "1E+2", "00012" };
	static const char *const words[] = { "",    ".",   "-",     "1 ",  " 1",
					     "1e",  "1e+", "e5",    "0x1", "1.2.3",
					     "N/A", "1,5", "12-01", "+",   "1e5.0" };
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_places(arena_printf(&a, "[{\"a\":\"%s\"}]", numbers[i]).at,
			      "/a numeric string 1/1\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_places(arena_printf(&a, "[{\"a\":\"%s\"}]", words[i]).at, "/a string 1/1\n");
}

/* How often, not where: neither the order of rows nor that of members matters. */
static void test_order_does_not_matter(void **state)
{
	(void)state;
	assert_places("[{\"a\":1,\"b\":2,\"c\":{\"d\":1}},{\"b\":\"x\"},{\"c\":{\"e\":1}}]",
		      "/a integer 1/3\n/b integer, string 2/3\n/c object 2/3\n/c/d integer 1/3\n"
		      "/c/e integer 1/3\n");
	assert_places("[{\"c\":{\"e\":1}},{\"b\":\"x\"},{\"c\":{\"d\":1},\"b\":2,\"a\":1}]",
		      "/a integer 1/3\n/b integer, string 2/3\n/c object 2/3\n/c/d integer 1/3\n"
		      "/c/e integer 1/3\n");
}

static void test_elements_count_once_a_row(void **state)
{
	(void)state;
	assert_places("[{\"a\":[{\"p\":1},{\"p\":2},{\"p\":0.5,\"q\":1}]},{\"a\":[{\"p\":1}]}]",
		      "/a array 2/2\n/a/* object 2/2\n/a/*/p integer, number 2/2\n"
		      "/a/*/q integer 1/2\n");
}

static void test_rows_inside_rows(void **state)
{
	ARENA_AUTO(a);
	static const char rows[] = "[{\"t\":\"x\",\"f\":[{\"p\":1},{\"p\":2},{\"q\":1}]},"
				   "{\"t\":\"y\",\"f\":[{\"p\":[1,2]}]},{\"t\":\"z\"}]";

	(void)state;
	assert_string_equal(places_text(shape_of_slices(rows, "/f", 9, &a), &a).at,
			    "/f array 2/3\n/f/* object 4/4\n/f/*/p integer, array 3/4\n"
			    "/f/*/p/* integer 1/4\n/f/*/q integer 1/4\n/t string 3/3\n");
}

/* Slices are read at once and put together: as if it had been one. */
static void test_slices(void **state)
{
	static const char rows[] = "[{\"a\":1,\"f\":[{\"p\":1}]},{\"b\":1,\"f\":[{\"p\":\"1\"}]},"
				   "{\"a\":0.5,\"b\":{\"c\":1}},{\"b\":{\"d\":1}},{\"f\":[{}]}]";
	ARENA_AUTO(a);
	struct str whole = places_text(shape_of_slices(rows, "/f", 9, &a), &a);

	(void)state;
	for (size_t slice = 1; slice < 5; slice++)
		assert_string_equal(places_text(shape_of_slices(rows, "/f", slice, &a), &a).at,
				    whole.at);
}

static void test_names_that_are_data(void **state)
{
	ARENA_AUTO(a);
	struct str few = many(SHAPE_NAMES_MAX, "{\"m\":{\"k%d\":{\"n\":1}}}", &a);
	struct str lots = many(SHAPE_NAMES_MAX + 1, "{\"m\":{\"k%d\":{\"n\":1}}}", &a);
	struct str places = places_text(shape_of(few.at, &a), &a);

	(void)state;
	assert_non_null(strstr(places.at, "/m object 64/64\n"));
	assert_non_null(strstr(places.at, "/m/k63/n integer 1/64\n"));
	for (size_t slice = 1; slice < 80; slice += 13)
		assert_string_equal(places_text(shape_of_slices(lots.at, NULL, slice, &a), &a).at,
				    "/m map 65/65\n/m/* object 65/65\n/m/*/n integer 65/65\n");
}

static void test_names_that_are_none(void **state)
{
	ARENA_AUTO(a);
	char name[SHAPE_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[SHAPE_NAME_MAX + 1] = '\0';
	assert_places(arena_printf(&a, "[{\"%s\":1},{\"%s\":1}]", name, name + 1).at,
		      arena_printf(&a, "/* integer 1/2\n/%s integer 1/2\n", name + 1).at);
	assert_places("[{\"a\xff\":1},{\"b\\u0000\":\"x\"},{\"*\":true}]",
		      "/* boolean, integer, string 3/3\n");
	assert_places("[{\"a/b~c\":1,\"\":2}]", "/ integer 1/1\n/a~1b~0c integer 1/1\n");
	assert_places("[{\"gr\xc3\xb6\xc3\x9f\x65\":1}]", "/gr\xc3\xb6\xc3\x9f\x65 integer 1/1\n");
}

static void test_depth_is_bounded(void **state)
{
	(void)state;
	assert_places("[{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":1}}}}}}}}}]",
		      "/1 object 1/1\n/1/2 object 1/1\n/1/2/3 object 1/1\n/1/2/3/4 object 1/1\n"
		      "/1/2/3/4/5 object 1/1\n/1/2/3/4/5/6 object 1/1\n"
		      "/1/2/3/4/5/6/7 object 1/1\n/1/2/3/4/5/6/7/8 object 1/1\n");
}

static void test_size_is_bounded(void **state)
{
	ARENA_AUTO(a);
	struct str wide = many(60, "{\"a%d\":{\"b%d\":1,\"c\":1},\"z\":{\"a%d\":1}}", &a);
	BUF_AUTO(wider, 1 << 20);

	(void)state;
	assert_false(shape_is_too_large(shape_of(wide.at, &a)));
	for (int i = 0; i < 60; i++)
		for (int k = 0; k < 60; k++)
			buf_printf(&wider, "%s{\"a%d\":{\"b%d\":{\"c\":{}}}}", i + k ? "," : "[", i,
				   k);
	buf_add_char(&wider, ']');
	assert_true(shape_is_too_large(shape_of(wider.at, &a)));
	assert_true(shape_is_too_large(shape_of_slices(wider.at, NULL, 1000, &a)));
	buf_clear(&wider);
	/* What was left out before names turned out to be data is not known. */
	for (int i = 0; i < 65 * 64; i++)
		buf_printf(&wider, "%s{\"m\":{\"a%d\":{\"b%d\":1}}}", i ? "," : "[", i / 64,
			   i % 64);
	buf_add_char(&wider, ']');
	assert_true(shape_is_too_large(shape_of(wider.at, &a)));
}

static void test_types_as_text(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (unsigned types = 0; types < SHAPE_BIT(SHAPE_TYPES); types++)
		assert_int_equal(shape_types_parse(shape_types_text(types, &a)), types);
	assert_int_equal(shape_types_parse(STR("tensor, integer,string")),
			 SHAPE_BIT(SHAPE_INTEGER) | SHAPE_BIT(SHAPE_STRING));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_null_says_nothing),
		cmocka_unit_test(test_numeric_strings),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_elements_count_once_a_row),
		cmocka_unit_test(test_rows_inside_rows),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_names_that_are_data),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_types_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
