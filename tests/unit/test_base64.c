#include "unit.h"

#include "base/base64.h"

static void check(const void *bytes, size_t n, const char *want)
{
	BUF_AUTO(out, 4096);

	base64url_add(&out, bytes, n);
	assert_string_equal(buf_str(&out).at, want);
}

/* RFC 4648, section 10, less the padding. */
static void test_the_vectors_of_the_standard(void **state)
{
	static const char *const want[] = {
		"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"
	};

	(void)state;
	for (size_t n = 0; n <= 6; n++)
		check("foobar", n, want[n]);
}

/* The same with padding, and back. */
static void test_the_usual_alphabet(void **state)
{
	static const char *const want[] = { "",         "Zg==",     "Zm8=",    "Zm9v",
					    "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	static const char *const bad[] = { "Z",   "Zg=",  "Zg===", "=",        "====",  "Zh==",
					   "Zm9", "Zm 9", "Zm9-",  "Zg==Zg==", "Zm9v\n" };
	ARENA_AUTO(a);
	struct str back;

	(void)state;
	for (size_t n = 0; n <= 6; n++) {
		BUF_AUTO(out, 4096);

		base64_add(&out, "foobar", n);
		assert_string_equal(buf_str(&out).at, want[n]);
		assert_true(base64_decode(str_of(want[n]), &a, &back));
		assert_true(str_eq(back, (struct str){ "foobar", n }));
	}
	assert_true(base64_decode(STR("+/+/Zm8"), &a, &back));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (base64_decode(str_of(bad[i]), &a, &back))
			fail_msg("\"%s\" is none", bad[i]);
}

static void test_every_sign_of_the_alphabet(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92,
					       0x8b, 0x30, 0xd3, 0x8f, 0x41, 0x14, 0x93, 0x51,
					       0x55, 0x97, 0x61, 0x96, 0x9b, 0x71, 0xd7, 0x9f,
					       0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a,
					       0xab, 0xb2, 0xdb, 0xaf, 0xc3, 0x1c, 0xb3, 0xd3,
					       0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf };

	(void)state;
	check(bytes, sizeof(bytes),
	      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	check("\xff\xff", 2, "__8");
	check("\0", 1, "AA");
}

static void test_it_is_appended(void **state)
{
	BUF_AUTO(out, 4096);

	(void)state;
	buf_add_str(&out, STR("a."));
	base64url_add(&out, "b", 1);
	assert_string_equal(buf_str(&out).at, "a.Yg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_vectors_of_the_standard),
		cmocka_unit_test(test_the_usual_alphabet),
		cmocka_unit_test(test_every_sign_of_the_alphabet),
		cmocka_unit_test(test_it_is_appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
