/* So many a minute of each name, at once or one by one, and no more. */
#include "web/rate.h"

#include "unit.h"

#define S UINT64_C(1000000)

static void so_many_a_minute_and_no_more(void **state)
{
	struct rate *r = rate_create(3);
	uint64_t wait_s;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(r, STR("acme"), 100 * S, &wait_s));
	assert_false(rate_take(r, STR("acme"), 100 * S, &wait_s));
	assert_int_equal(wait_s, 21); /* a third of a minute, and the second begun */
	assert_true(rate_take(r, STR("other"), 100 * S, &wait_s)); /* of each name */

	assert_false(rate_take(r, STR("acme"), 119 * S, &wait_s));
	assert_true(rate_take(r, STR("acme"), 121 * S, &wait_s));
	assert_false(rate_take(r, STR("acme"), 121 * S, &wait_s));

	/* In any minute: what was not used long ago is not saved up. */
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(r, STR("acme"), 9000 * S, &wait_s));
	assert_false(rate_take(r, STR("acme"), 9000 * S, &wait_s));
	rate_destroy(r);
}

static void what_was_not_used_is_given_back(void **state)
{
	struct rate *r = rate_create(1);
	uint64_t wait_s;

	(void)state;
	assert_true(rate_take(r, STR("acme"), 100 * S, &wait_s));
	assert_false(rate_take(r, STR("acme"), 101 * S, &wait_s));
	rate_give_back(r, STR("acme"));
	assert_true(rate_take(r, STR("acme"), 101 * S, &wait_s));
	assert_false(rate_take(r, STR("acme"), 101 * S, &wait_s));
	rate_destroy(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_a_minute_and_no_more),
		cmocka_unit_test(what_was_not_used_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
