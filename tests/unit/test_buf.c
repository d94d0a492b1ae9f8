#include "unit.h"

#include "base/buf.h"

static void assert_holds(const struct buf *b, const char *want)
{
	assert_int_equal(buf_str(b).n, strlen(want));
	assert_string_equal(buf_str(b).at, want); /* with a NUL behind it */
}

static void test_empty(void **state)
{
	BUF_AUTO(b, 100);

	(void)state;
	assert_false(str_is_none(buf_str(&b)));
	assert_holds(&b, "");
	buf_add(&b, NULL, 0);
	buf_add_str(&b, STR_NONE);
	assert_holds(&b, "");
	assert_false(buf_overflowed(&b));
}

static void test_append(void **state)
{
	BUF_AUTO(b, 100);

	(void)state;
	buf_add(&b, "one", 3);
	assert_holds(&b, "one");
	buf_add_char(&b, ' ');
	assert_holds(&b, "one ");
	buf_add_str(&b, STR("two"));
	buf_printf(&b, " %d %s", 3, "four");
	assert_holds(&b, "one two 3 four");
	buf_add(&b, NULL, 0); /* nothing is nothing (UBSan looks) */
	buf_add_str(&b, STR_NONE);
	buf_add_str(&b, STR(""));
	buf_printf(&b, "%s", "");
	assert_holds(&b, "one two 3 four");
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.n, 16);
	assert_memory_equal(b.at, "one two 3 four\0x", 17);
}

static void test_grows(void **state)
{
	BUF_AUTO(b, 1 << 20);

	(void)state;
	for (int i = 0; i < 1 << 18; i++)
		buf_add(&b, (char[]){ (char)('a' + i % 26), '-' }, 2);
	for (int i = 0; i < 1 << 19; i++)
		buf_add_char(&b, '+');
	assert_false(buf_overflowed(&b));
	assert_int_equal(b.n, 1 << 20);
	assert_int_equal(b.at[1 << 20], '\0');
	assert_memory_equal(b.at + 52, "a-b-c-", 6);
}

/* Up to the maximum and no byte further, whichever way bytes come. */
static void test_maximum(void **state)
{
	(void)state;
	for (size_t max = 0; max < 600; max += max < 20 ? 1 : 61) {
		BUF_AUTO(bytes, max);
		BUF_AUTO(chars, max);
		BUF_AUTO(prints, max);

		for (size_t i = 0; i < max; i++) {
			buf_add(&bytes, "x", 1);
			buf_add_char(&chars, 'x');
			buf_printf(&prints, "%c", 'x');
		}
		assert_int_equal(bytes.n, max);
		assert_int_equal(chars.n, max);
		assert_int_equal(prints.n, max);
		assert_false(buf_overflowed(&bytes) || buf_overflowed(&chars) ||
			     buf_overflowed(&prints));
		buf_add(&bytes, "x", 1);
		buf_printf(&prints, "%c", 'x');
		assert_true(buf_overflowed(&bytes) && buf_overflowed(&prints));
		assert_int_equal(bytes.n, max);
		assert_int_equal(prints.n, max);
	}
}

static void test_maximum_of_single_characters(void **state)
{
	BUF_AUTO(b, 10);

	(void)state;
	for (int i = 0; i < 11; i++)
		buf_add_char(&b, 'x');
	assert_true(buf_overflowed(&b));
	assert_int_equal(b.n, 10);
}

/* What fitted stays, what comes after the mark is ignored, the mark stays. */
static void test_overflow_is_sticky(void **state)
{
	BUF_AUTO(b, 8);

	(void)state;
	buf_add_str(&b, STR("12345"));
	buf_add_str(&b, STR("6789"));
	assert_true(buf_overflowed(&b));
	assert_holds(&b, "12345");
	buf_add_str(&b, STR("6"));
	buf_printf(&b, "%d", 7);
	assert_holds(&b, "12345");
	assert_true(buf_overflowed(&b));
}

static void test_overflow_ignores_single_characters(void **state)
{
	BUF_AUTO(b, 8);

	(void)state;
	buf_add_str(&b, STR("12345"));
	buf_add_str(&b, STR("6789"));
	buf_add_char(&b, '6');
	assert_holds(&b, "12345");
}

static void test_clear(void **state)
{
	BUF_AUTO(b, 8);

	(void)state;
	buf_add_str(&b, STR("123456789"));
	assert_true(buf_overflowed(&b));
	buf_clear(&b);
	assert_false(buf_overflowed(&b));
	assert_int_equal(buf_str(&b).n, 0);
	buf_add_str(&b, STR("12345678"));
	assert_holds(&b, "12345678");
	buf_clear(&b);
	buf_add_str(&b, STR("x"));
	assert_holds(&b, "x");
}

static void test_reserve(void **state)
{
	BUF_AUTO(b, 1000);

	(void)state;
	assert_true(buf_reserve(&b, 1000));
	assert_true(b.room > 1000);
	assert_int_equal(b.n, 0);
	assert_false(buf_overflowed(&b));
	buf_add_str(&b, STR("x"));
	assert_false(buf_reserve(&b, 1000));
	assert_true(buf_overflowed(&b));
	assert_holds(&b, "x");
	buf_clear(&b);
	assert_false(buf_reserve(&b, SIZE_MAX));
	assert_true(buf_overflowed(&b));
}

static void test_release(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	buf_add_str(&b, STR("123456"));
	buf_release(&b);
	assert_true(b.at == NULL && b.room == 0);
	assert_int_equal(b.max, 5);
	assert_false(buf_overflowed(&b));
	buf_add_str(&b, STR("12345"));
	assert_holds(&b, "12345");
	buf_release(&b);
	buf_release(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_maximum_of_single_characters),
		cmocka_unit_test(test_overflow_is_sticky),
		cmocka_unit_test(test_overflow_ignores_single_characters),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
