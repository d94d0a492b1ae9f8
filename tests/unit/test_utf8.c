#include "unit.h"

#include "base/utf8.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FFFD          "\xef\xbf\xbd"
#define BYTES(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

/* First and last of each line of Unicode's table 3-7. */
static const struct str well_formed[] = {
	BYTES(""),
	BYTES("\x01"),
	BYTES("\x7f"),
	BYTES("\xc2\x80"),
	BYTES("\xdf\xbf"),
	BYTES("\xe0\xa0\x80"),
	BYTES("\xe0\xbf\xbf"),
	BYTES("\xe1\x80\x80"),
	BYTES("\xec\xbf\xbf"),
	BYTES("\xed\x80\x80"),
	BYTES("\xed\x9f\xbf"),
	BYTES("\xee\x80\x80"),
	BYTES("\xef\xbf\xbd"),
	BYTES("\xef\xbf\xbf"), /* a noncharacter, and well-formed */
	BYTES("\xef\xbb\xbf"),
	BYTES("\xf0\x90\x80\x80"),
	BYTES("\xf0\xbf\xbf\xbf"),
	BYTES("\xf1\x80\x80\x80"),
	BYTES("\xf3\xbf\xbf\xbf"),
	BYTES("\xf4\x80\x80\x80"),
	BYTES("\xf4\x8f\xbf\xbf"),
	BYTES("na\xc3\xafve \xe2\x82\xac 5 \xf0\x9f\x98\x80"),
	BYTES("plain ASCII that is longer than eight bytes"),
};

/* What each becomes: one U+FFFD for each maximal ill-formed part. */
static const struct {
	struct str given, want;
} ill_formed[] = {
	{ BYTES("\0"), BYTES(FFFD) },
	{ BYTES("a\0b"), BYTES("a" FFFD "b") },
	{ BYTES("12345678\0"), BYTES("12345678" FFFD) },
	{ BYTES("1234567\0"
		"12345678"),
	  BYTES("1234567" FFFD "12345678") },
	/* continuation bytes alone */
	{ BYTES("\x80"), BYTES(FFFD) },
	{ BYTES("\xbf\xbf"), BYTES(FFFD FFFD) },
	/* never in UTF-8 */
	{ BYTES("\xc0"), BYTES(FFFD) },
	{ BYTES("\xc1\xbf"), BYTES(FFFD FFFD) },
	{ BYTES("\xf5\x80\x80\x80"), BYTES(FFFD FFFD FFFD FFFD) },
	{ BYTES("\xfe\xff"), BYTES(FFFD FFFD) },
	/* overlong */
	{ BYTES("\xc0\x80"), BYTES(FFFD FFFD) },
	{ BYTES("\xc0\xaf"), BYTES(FFFD FFFD) },
	{ BYTES("\xe0\x80\xaf"), BYTES(FFFD FFFD FFFD) },
	{ BYTES("\xe0\x9f\xbf"), BYTES(FFFD FFFD FFFD) },
	{ BYTES("\xf0\x80\x80\xaf"), BYTES(FFFD FFFD FFFD FFFD) },
	{ BYTES("\xf0\x8f\xbf\xbf"), BYTES(FFFD FFFD FFFD FFFD) },
	/* surrogates */
	{ BYTES("\xed\xa0\x80"), BYTES(FFFD FFFD FFFD) },
	{ BYTES("\xed\xbf\xbf"), BYTES(FFFD FFFD FFFD) },
	{ BYTES("\xed\xa0\xbd\xed\xb8\x80"), BYTES(FFFD FFFD FFFD FFFD FFFD FFFD) },
	/* above U+10FFFF */
	{ BYTES("\xf4\x90\x80\x80"), BYTES(FFFD FFFD FFFD FFFD) },
	/* cut short: what began well is one part */
	{ BYTES("\xc3"), BYTES(FFFD) },
	{ BYTES("\xe2\x82"), BYTES(FFFD) },
	{ BYTES("\xe2"), BYTES(FFFD) },
	{ BYTES("\xf0\x9f\x98"), BYTES(FFFD) },
	{ BYTES("\xf0\x9f"), BYTES(FFFD) },
	{ BYTES("\xf0"), BYTES(FFFD) },
	{ BYTES("\xe2\x82"
		"a"),
	  BYTES(FFFD "a") },
	{ BYTES("\xf0\x9f\x98"
		"a"),
	  BYTES(FFFD "a") },
	{ BYTES("\xf0\x9f\xe2\x82\xac"), BYTES(FFFD "\xe2\x82\xac") },
	{ BYTES("\xc3\xc3\xa4"), BYTES(FFFD "\xc3\xa4") },
	{ BYTES("\xe2\x82\0"), BYTES(FFFD FFFD) },
	/* the examples of the Unicode standard, tables 3-8 to 3-11 */
	{ BYTES("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
	  BYTES(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41") },
	{ BYTES("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
	  BYTES(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41") },
	{ BYTES("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
	  BYTES(FFFD FFFD FFFD FFFD FFFD "\x41" FFFD FFFD "\x42") },
	{ BYTES("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), BYTES(FFFD FFFD FFFD FFFD "\x41") },
};

static void test_keeps_well_formed(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(well_formed); i++) {
		struct str s = utf8_clean(well_formed[i], &a);

		assert_true(utf8_is_clean(well_formed[i]));
		assert_ptr_equal(s.at, well_formed[i].at); /* itself, no copy */
		assert_int_equal(s.n, well_formed[i].n);
	}
	assert_true(utf8_is_clean(STR_NONE));
	assert_true(str_is_none(utf8_clean(STR_NONE, &a)));
}

static void assert_cleaned(struct str given, struct str want)
{
	ARENA_AUTO(a);
	struct str got = utf8_clean(given, &a);

	assert_false(utf8_is_clean(given));
	assert_true(utf8_is_clean(got));
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.at, want.at, want.n);
	assert_int_equal(got.at[got.n], '\0');
}

static void test_replaces_ill_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ill_formed); i++)
		assert_cleaned(ill_formed[i].given, ill_formed[i].want);
}

/* Wherever it stands among plain bytes, which are looked at eight at a time. */
static void test_replaces_at_every_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ill_formed); i++) {
		for (size_t before = 1; before < 18; before++) {
			char given[64];
			char want[64];
			size_t n = ill_formed[i].given.n;
			size_t n_want = ill_formed[i].want.n;

			memset(given, 'x', sizeof(given));
			memset(want, 'x', sizeof(want));
			memcpy(given + before, ill_formed[i].given.at, n);
			memcpy(want + before, ill_formed[i].want.at, n_want);
			assert_cleaned((struct str){ given, before + n + 9 },
				       (struct str){ want, before + n_want + 9 });
		}
	}
}

/* The last byte is the last of its block, so that ASan sees a look behind it. */
static void test_reads_no_further_than_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ill_formed); i++) {
		ARENA_AUTO(a);
		struct str given = ill_formed[i].given;
		char *copy = test_malloc(given.n);

		memcpy(copy, given.at, given.n);
		for (size_t n = 0; n <= given.n; n++)
			assert_true(utf8_is_clean(utf8_clean((struct str){ copy, n }, &a)));
		test_free(copy);
	}
}

/* All code points: well-formed exactly when they are no surrogates. */
static void test_every_code_point(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x110000; c++) {
		char s[4];
		size_t n;

		if (c < 0x80)
			n = 1;
		else
			n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		s[0] = (char)(n == 1 ? c : (0xf00U >> n & 0xf0) | c >> 6 * (n - 1));
		for (size_t i = 1; i < n; i++)
			s[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
		if (utf8_is_clean((struct str){ s, n }) != (c < 0xd800 || c > 0xdfff))
			fail_msg("U+%04X", c);
	}
}

static void assert_whole(struct str given, size_t want)
{
	assert_int_equal(utf8_whole(given).n, want);
}

static void test_unfinished_ends(void **state)
{
	(void)state;
	assert_whole(STR_NONE, 0);
	assert_whole(STR("a"), 1);
	assert_whole(STR("a\xc3"), 1);
	assert_whole(STR("a\xc3\xa4"), 3);
	assert_whole(STR("a\xe2\x82"), 1);
	assert_whole(STR("a\xe2\x82\xac"), 4);
	assert_whole(STR("\xf0\x9f\x98"), 0);
	assert_whole(STR("\xf0\x9f\x98\x80"), 4);
	assert_whole(STR("\xf0\x9f\x98\x80\xf0\x9f"), 4);
	/* What can become no character is not unfinished, but wrong. */
	assert_whole(STR("a\x82"), 2);
	assert_whole(STR("a\xc0"), 2);
	assert_whole(STR("a\xf5"), 2);
	assert_whole(STR("a\xe0\x80"), 3);
	assert_whole(STR("a\xed\xa0"), 3);
	assert_whole(STR("a\xe2\x82z"), 4);
}

static void assert_lower(struct str given, const char *want)
{
	ARENA_AUTO(a);

	assert_true(str_eq(utf8_lower(given, &a), str_of(want)));
}

static void test_lower_case(void **state)
{
	struct str plain = STR("gpt-4.1/mini");
	ARENA_AUTO(a);

	(void)state;
	assert_lower(STR("GPT-4.1 Mini"), "gpt-4.1 mini");
	assert_lower(STR("BLÅFJELL Ä ÖÜ ÉÑ"), "blåfjell ä öü éñ");
	assert_lower(STR("ΩМОДЕЛЬ 模型 😀"), "ωмодель 模型 😀");
	assert_lower(STR("ȺȾ"), "ⱥⱦ"); /* longer than before */
	assert_lower(STR("\xc3(\xff"
			 "A"),
		     "\xc3(\xff"
		     "a");
	assert_lower(STR(""), "");
	assert_ptr_equal(utf8_lower(plain, &a).at, plain.at);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unfinished_ends),
		cmocka_unit_test(test_keeps_well_formed),
		cmocka_unit_test(test_replaces_ill_formed),
		cmocka_unit_test(test_replaces_at_every_offset),
		cmocka_unit_test(test_reads_no_further_than_the_end),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_lower_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
