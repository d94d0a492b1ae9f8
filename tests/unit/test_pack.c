#include "unit.h"

#include "base/pack.h"

#include <stdlib.h>
#include <zlib.h>

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

/* Another library unpacks it: every member, nothing behind the last. */
static void assert_gunzips_to(struct str packed, struct str want)
{
	unsigned char *out = malloc(want.n + 1);
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.at,
		       .avail_in = (unsigned)packed.n,
		       .next_out = out,
		       .avail_out = (unsigned)want.n + 1 };

	assert_non_null(out);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	while (z.avail_in > 0) {
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		assert_int_equal(inflateReset(&z), Z_OK);
	}
	(void)inflateEnd(&z);
	assert_int_equal((size_t)(z.next_out - out), want.n);
	assert_memory_equal(out, want.at, want.n);
	free(out);
}

/* Around the size from which it is packed in parts, odd ones too. */
static void test_comes_back(void **state)
{
	static const size_t sizes[] = {
		0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3000001
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ARENA_AUTO(a);
		struct str given = noise(sizes[i], &a);

		assert_gunzips_to(pack(given, &a), given);
	}
}

static void test_is_small(void **state)
{
	ARENA_AUTO(a);
	size_t n = 4 << 20;
	char *at = arena_zalloc(&a, n, 1);

	(void)state;
	assert_true(pack((struct str){ at, n }, &a).n < n / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_is_small),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
