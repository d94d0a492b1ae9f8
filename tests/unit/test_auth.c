#include "unit.h"

#include "web/auth.h"

#include <stdlib.h>

enum { COMPARISONS = 1000000, BYTES = 32, BITS = 8, S = 1000000 };

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void fill(unsigned char out[BYTES])
{
	for (size_t i = 0; i < BYTES; i += sizeof(seed)) {
		uint64_t word = next_random();

		memcpy(out + i, &word, sizeof(word));
	}
}

/* Whether equal or not, and wherever the difference is, the answer is memcmp()'s. */
static void test_a_million_comparisons(void **state)
{
	unsigned char a[BYTES];
	unsigned char b[BYTES];
	size_t equal = 0;

	(void)state;
	for (size_t i = 0; i < COMPARISONS; i++) {
		if (i % BITS == 0)
			fill(a);
		memcpy(b, a, BYTES);
		uint64_t where = next_random();
		if (i % 3)
			b[where % BYTES] ^= (unsigned char)(1U << (where >> BITS) % BITS);
		if (i % 5 == 0)
			b[(where >> 16) % BYTES] ^= (unsigned char)(where >> 24);
		bool same = memcmp(a, b, BYTES) == 0;
		if (auth_same(a, b) != same)
			fail_msg("comparison %zu says %d", i, !same);
		equal += same;
	}
	assert_in_range(equal, COMPARISONS / 5, COMPARISONS / 2);
}

static void test_every_single_bit_counts(void **state)
{
	unsigned char a[BYTES];
	unsigned char b[BYTES];

	(void)state;
	fill(a);
	for (size_t i = 0; i < BYTES * BITS; i++) {
		memcpy(b, a, BYTES);
		b[i / BITS] ^= (unsigned char)(1U << i % BITS);
		assert_false(auth_same(a, b));
	}
	assert_true(auth_same(a, a));
}

#define KEY "correct-horse-battery-staple"

static enum auth_verdict check(struct auth *a, const char *authorization, const char *peer,
			       uint64_t now_us, unsigned *wait_s)
{
	return auth_check(a, str_of(authorization), str_of(peer), now_us, wait_s);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *authorization;
		enum auth_verdict want;
	} cases[] = {
		{ "Bearer " KEY, AUTH_OK },
		{ "bearer  " KEY " ", AUTH_OK },
		{ NULL, AUTH_MISSING },
		{ "", AUTH_MISSING },
		{ "Bearer", AUTH_MISSING },
		{ "Bearer ", AUTH_MISSING },
		{ "Basic " KEY, AUTH_MISSING },
		{ KEY, AUTH_MISSING },
		{ "Bearer " KEY "x", AUTH_WRONG },
		{ "Bearer correct-horse-battery-stapl", AUTH_WRONG },
		{ "Bearer Correct-horse-battery-staple", AUTH_WRONG },
		{ "Bearer " KEY "," KEY, AUTH_WRONG },
	};
	struct auth *a = auth_create(STR(KEY), 1000);
	unsigned wait_s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(check(a, cases[i].authorization, "::1", S, &wait_s),
				 cases[i].want);
	auth_destroy(a);
}

static void test_no_key_lets_nobody_in(void **state)
{
	struct auth *a = auth_create(STR_NONE, 3);
	unsigned wait_s;

	(void)state;
	assert_int_equal(check(a, "Bearer ", "::1", S, &wait_s), AUTH_NO_KEY);
	assert_int_equal(check(a, "Bearer x", "::1", S, &wait_s), AUTH_NO_KEY);
	auth_set_key(a, STR(KEY));
	assert_int_equal(check(a, "Bearer " KEY, "::1", S, &wait_s), AUTH_OK);
	auth_set_key(a, STR("another-key-altogether"));
	assert_int_equal(check(a, "Bearer " KEY, "::1", S, &wait_s), AUTH_WRONG);
	auth_destroy(a);
}

static void test_failures_of_an_address_make_it_wait(void **state)
{
	struct auth *a = auth_create(STR(KEY), 3);
	unsigned wait_s = 0;
	unsigned before = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(check(a, "Bearer x", "10.0.0.1", S, &wait_s), AUTH_WRONG);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(check(a, "Bearer x", "10.0.0.1", S, &wait_s), AUTH_WAIT);
		assert_true(wait_s >= before && wait_s <= 60);
		before = wait_s;
	}
	assert_int_equal(wait_s, 60);
	/* The right key opens, another address is not meant, and time heals. */
	assert_int_equal(check(a, "Bearer " KEY, "10.0.0.1", S, &wait_s), AUTH_OK);
	assert_int_equal(check(a, "Bearer x", "10.0.0.2", S, &wait_s), AUTH_WRONG);
	assert_int_equal(check(a, "Bearer x", "10.0.0.1", (uint64_t)S * 1000, &wait_s), AUTH_WRONG);
	auth_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_million_comparisons),
		cmocka_unit_test(test_every_single_bit_counts),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_no_key_lets_nobody_in),
		cmocka_unit_test(test_failures_of_an_address_make_it_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
