#include "unit.h"

#include "core/removal.h"

#define HOUR  INT64_C(3600000)
#define START (1000 * HOUR)

static const struct removal_rule rule = { 3, 73 * HOUR, 168 * HOUR };

static enum removal judged(uint64_t fetches, int64_t hours, bool in_incident)
{
	struct removal_case c = { .gone_from_ms = START,
				  .fetches = fetches,
				  .in_incident = in_incident,
				  .deprecated_at_ms = CLOCK_NONE };

	return removal_judge(&rule, &c, START + hours * HOUR);
}

static void test_fetches_and_time(void **state)
{
	(void)state;
	assert_int_equal(judged(3, 73, false), REMOVAL_LASTED);
	assert_int_equal(judged(2, 73, false), REMOVAL_PENDING);
	assert_int_equal(judged(3, 72, false), REMOVAL_PENDING);
	assert_int_equal(judged(1000, 72, false), REMOVAL_PENDING);
	assert_int_equal(judged(2, 10000, false), REMOVAL_PENDING);
}

static void test_members_of_an_incident_wait_longer(void **state)
{
	(void)state;
	assert_int_equal(judged(100, 167, true), REMOVAL_PENDING);
	assert_int_equal(judged(100, 168, true), REMOVAL_LASTED);
	assert_int_equal(judged(2, 168, true), REMOVAL_PENDING);
}

static void test_a_day_that_was_named(void **state)
{
	struct removal_case c = { .gone_from_ms = START, .fetches = 3 };

	(void)state;
	c.deprecated_at_ms = START + 5 * HOUR;
	assert_int_equal(removal_judge(&rule, &c, START + 5 * HOUR - 1), REMOVAL_PENDING);
	assert_int_equal(removal_judge(&rule, &c, START + 5 * HOUR), REMOVAL_ANNOUNCED);
	c.fetches = 2;
	assert_int_equal(removal_judge(&rule, &c, START + 5 * HOUR), REMOVAL_PENDING);
	c.fetches = 3;
	c.in_incident = true;
	assert_int_equal(removal_judge(&rule, &c, START + 5 * HOUR), REMOVAL_PENDING);
}

static void test_one_fetch_and_no_time(void **state)
{
	static const struct removal_rule at_once = { 1, 0, 0 };
	struct removal_case c = { .gone_from_ms = START,
				  .fetches = 1,
				  .deprecated_at_ms = CLOCK_NONE };

	(void)state;
	assert_int_equal(removal_judge(&at_once, &c, START), REMOVAL_LASTED);
}

static void test_what_is_an_incident(void **state)
{
	(void)state;
	assert_true(removal_is_incident(5, 5));
	assert_false(removal_is_incident(4, 4));
	assert_true(removal_is_incident(5, 166));
	assert_false(removal_is_incident(5, 167));
	assert_true(removal_is_incident(6, 200));
	assert_false(removal_is_incident(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetches_and_time),
		cmocka_unit_test(test_members_of_an_incident_wait_longer),
		cmocka_unit_test(test_a_day_that_was_named),
		cmocka_unit_test(test_one_fetch_and_no_time),
		cmocka_unit_test(test_what_is_an_incident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
