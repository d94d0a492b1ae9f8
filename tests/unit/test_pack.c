#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/pack.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Repeatable, and as hard to pack as noise. */
static struct str noise(size_t n, struct arena *a)
{
	char *at = arena_alloc(a, n + 1);
	uint64_t x = 88172645463325252U;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		at[i] = (char)x;
	}
	return (struct str){ at, n };
}

static void assert_comes_back(struct str given, size_t padding, struct arena *a)
{
	struct str packed = pack(given, a);
	struct str back = STR_NONE;
	struct err e;

	if (!unpack(packed, given.n, padding, a, &back, &e))
		fail_msg("%s", e.text);
	assert_int_equal(back.n, given.n);
	assert_true(str_eq(back, given));
	for (size_t i = 0; i < padding; i++)
		assert_int_equal(back.at[back.n + i], 0);
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 63, 64, 4096, 65535, 65536, 300000, 3000000 };

	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		ARENA_AUTO(a);
		char *zeros = arena_zalloc(&a, sizes[i], 1);

		assert_comes_back((struct str){ zeros, sizes[i] }, 4, &a);
		assert_comes_back(noise(sizes[i], &a), 0, &a);
		assert_comes_back(noise(sizes[i], &a), 64, &a);
	}
}

static void test_nothing(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_comes_back(STR_NONE, 0, &a);
	assert_comes_back(STR(""), 8, &a);
}

/* RFC 1950, as any other program writes and reads it: zlib.compress(b"assay", 1) of Python. */
static void test_format(void **state)
{
	static const char from_python[] = "\x78\x01\x4b\x2c\x2e\x4e\xac\x04\x00\x06\x4a\x02\x22";
	ARENA_AUTO(a);
	struct str packed = pack(STR("assay"), &a);
	struct str back;
	struct err e;

	(void)state;
	assert_true(unpack(STR(from_python), 5, 0, &a, &back, &e));
	assert_true(str_eq(back, STR("assay")));
	assert_true(packed.n >= 6);
	assert_int_equal(packed.at[0] & 0x0f, 8); /* deflate */
	assert_int_equal(((unsigned char)packed.at[0] * 256 + (unsigned char)packed.at[1]) % 31, 0);
	assert_memory_equal(packed.at + packed.n - 4, "\x06\x4a\x02\x22", 4); /* Adler-32 */
}

static void test_makes_small(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(b, 1 << 20);

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "{\"id\":\"acme/model-%d\",\"pricing\":{\"prompt\":\"0.000001\"}},",
			   i);
	assert_true(pack(buf_str(&b), &a).n < b.n / 5);
	assert_true(pack(noise(100000, &a), &a).n < 101000);
}

static void assert_refused(struct str packed, size_t n)
{
	ARENA_AUTO(a);
	struct err e = { .kind = ERR_NONE };
	struct str ret = STR("untouched");

	assert_false(unpack(packed, n, 8, &a, &ret, &e));
	assert_int_equal(e.kind, ERR_PARSE);
	assert_string_equal(ret.at, "untouched");
}

static void test_refuses_other_sizes(void **state)
{
	ARENA_AUTO(a);
	struct str packed = pack(noise(1000, &a), &a);

	(void)state;
	assert_refused(packed, 0);
	assert_refused(packed, 999);
	assert_refused(packed, 1001);
	assert_refused(packed, 1000000);
}

static void test_refuses_damage(void **state)
{
	ARENA_AUTO(a);
	struct str text = noise(200, &a);
	struct str packed = pack(text, &a);
	char *damaged = arena_cstr(&a, packed);

	(void)state;
	assert_refused(STR_NONE, 200);
	assert_refused(STR("{\"not\":\"packed\"}"), 200);
	for (size_t n = 0; n < packed.n; n++)
		assert_refused((struct str){ packed.at, n }, 200);
	/* Any byte but the header's hints; the check sum finds what the format does not. */
	for (size_t i = 2; i < packed.n; i++) {
		damaged[i] = (char)(packed.at[i] ^ 1);
		assert_refused((struct str){ damaged, packed.n }, 200);
		damaged[i] = packed.at[i];
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_makes_small),
		cmocka_unit_test(test_refuses_other_sizes),
		cmocka_unit_test(test_refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
