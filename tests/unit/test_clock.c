#include "unit.h"

#include "base/clock.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	int64_t ms;
} accepted[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01", 0 },
	{ "2026-08-22T14:03:00.000Z", 1787407380000 },
	{ "2026-12-31", 1798675200000 },
	{ "2000-02-29T12:00:00Z", 951825600000 },
	/* offsets */
	{ "2026-08-22T16:03:00+02:00", 1787407380000 },
	{ "2026-08-22T08:33:00-05:30", 1787407380000 },
	{ "2026-08-22T14:03:00+00:00", 1787407380000 },
	{ "2026-08-22T14:03:00-00:00", 1787407380000 }, /* "offset unknown", still that instant */
	{ "2026-08-23T00:03:00+10:00", 1787407380000 },
	{ "2026-08-23T14:02:00+23:59", 1787407380000 },
	{ "2026-08-21T14:04:00-23:59", 1787407380000 },
	/* fractions: past the millisecond dropped, never rounded */
	{ "2026-08-22T14:03:00.5Z", 1787407380500 },
	{ "2026-08-22T14:03:00.05Z", 1787407380050 },
	{ "2026-08-22T14:03:00.123Z", 1787407380123 },
	{ "2026-08-22T14:03:00.123999Z", 1787407380123 },
	{ "2026-08-22T14:03:00.999999999999999999999999+00:00", 1787407380999 },
	/* letters and the separator as RFC 3339 section 5.6 allows them */
	{ "2026-08-22t14:03:00z", 1787407380000 },
	{ "2026-08-22 14:03:00Z", 1787407380000 },
	/* leap days */
	{ "2024-02-29", 1709164800000 },
	{ "2024-02-29T23:59:59.999Z", 1709251199999 },
	{ "2400-02-29T00:00:00Z", 13574563200000 },
	/* leap seconds are the first second of the next minute */
	{ "2016-12-31T23:59:60Z", 1483228800000 },
	{ "1990-12-31T15:59:60-08:00", 662688000000 },
	/* bounds */
	{ "9999-12-31", 253402214400000 },
	{ "9999-12-31T23:59:59.999Z", 253402300799999 },
	{ "1970-01-01T01:00:00+01:00", 0 },
};

static const char *const refused[] = {
	"",
	"now",
	"2026",
	"2026-08",
	"20260822",
	"2026-8-22",
	"2026/08/22",
	"22.08.2026",
	"08/22/2026",
	"-2026-08-22",
	"+2026-08-22",
	"12026-08-22",
	" 2026-08-22",
	"2026-08-22 ",
	"2026-08-22T",
	"2026-08-22Z",
	"2026-08-22+02:00",
	/* no such day */
	"2026-02-31",
	"2026-02-29",
	"1900-02-29T00:00:00Z",
	"2100-02-29",
	"2026-04-31",
	"2026-00-10",
	"2026-13-10",
	"2026-99-10",
	"2026-01-00",
	"2026-01-32",
	"2026-02-31T12:00:00Z",
	/* no such time */
	"2026-08-22T24:00:00Z",
	"2026-08-22T25:00:00Z",
	"2026-08-22T14:60:00Z",
	"2026-08-22T14:03:61Z",
	"2026-08-22T14:03Z",
	"2026-08-22T14Z",
	"2026-08-22T1403:00Z",
	"2026-08-22T14:03:0Z",
	"2026-08-22_14:03:00Z",
	"2026-08-22T14.03.00Z",
	/* no offset, or no such offset */
	"2026-08-22T14:03:00",
	"2026-08-22T14:03:00.000",
	"2026-08-22T14:03:00+02",
	"2026-08-22T14:03:00+0200",
	"2026-08-22T14:03:00+2:00",
	"2026-08-22T14:03:00+24:00",
	"2026-08-22T14:03:00+02:60",
	"2026-08-22T14:03:00 +02:00",
	"2026-08-22T14:03:00 Z",
	"2026-08-22T14:03:00CET",
	"2026-08-22T14:03:00ZZ",
	"2026-08-22T14:03:00Z+02:00",
	/* fractions */
	"2026-08-22T14:03:00.Z",
	"2026-08-22T14:03:00,5Z",
	"2026-08-22T14:03:00.5",
	"2026-08-22T14:03.5Z",
	/* bounds */
	"1969-12-31",
	"1969-12-31T23:59:59Z",
	"0000-01-01",
	"10000-01-01",
};

static void test_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(accepted); i++) {
		int64_t ms = -1;
		struct err e;

		if (!clock_parse(str_of(accepted[i].text), &ms, &e))
			fail_msg("%s", e.text);
		if (ms != accepted[i].ms)
			fail_msg("%s: %lld", accepted[i].text, (long long)ms);
	}
}

static void assert_refused(struct str text)
{
	struct err e = { .kind = ERR_NONE };
	int64_t ms = 42;

	if (clock_parse(text, &ms, &e))
		fail_msg("accepted: %.*s", STR_FMT(text));
	assert_int_equal(e.kind, ERR_PARSE);
	assert_int_equal(ms, 42);
}

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_refused(str_of(refused[i]));
	assert_refused(STR_NONE);
	assert_refused(STR("2026-08-22\0"));
	assert_refused(STR("2026-08-22\0T14:03:00Z"));
	assert_refused(STR("2026-08-22T14:03:00\0"));
}

/* The second 60 must not excuse a day that does not exist. */
static void test_refuses_impossible_days_in_a_leap_second(void **state)
{
	(void)state;
	assert_refused(STR("2026-02-31T23:59:60Z"));
	assert_refused(STR("2026-13-01T23:59:60Z"));
	assert_refused(STR("2026-00-10T23:59:60Z"));
	assert_refused(STR("2026-01-99T00:00:60Z"));
}

/* "Years 1970 to 9999" is said of the instant: its text must read as itself. */
static void test_refuses_instants_out_of_bounds(void **state)
{
	(void)state;
	assert_refused(STR("1970-01-01T00:00:00+00:01"));
	assert_refused(STR("9999-12-31T23:59:59-00:01"));
	assert_refused(STR("9999-12-31T23:59:60Z"));
}

/* Every prefix of a good text is refused, or is the bare date. */
static void test_refuses_prefixes(void **state)
{
	struct str whole = STR("2026-08-22T14:03:00.5+02:00");

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		if (n != 10)
			assert_refused((struct str){ whole.at, n });
}

static void test_text(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ -1, "1970-01-01T00:00:00.000Z" }, /* the nearest end */
		{ 253402300800000, "9999-12-31T23:59:59.999Z" },
		{ 951825600999, "2000-02-29T12:00:00.999Z" },
		{ 1787407380000, "2026-08-22T14:03:00.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char out[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_ptr_equal(clock_text(cases[i].ms, out), out);
		assert_string_equal(out, cases[i].text);
	}
}

/* What we write we read, over all the years there are. */
static void test_round_trip(void **state)
{
	char out[CLOCK_TEXT_MAX];
	struct err e;

	(void)state;
	for (int64_t ms = 0; ms <= 253402300799999; ms += 86400000LL * 61 + 3723457) {
		int64_t back;

		assert_true(clock_parse(str_of(clock_text(ms, out)), &back, &e));
		assert_int_equal(back, ms);
	}
}

static void test_freeze(void **state)
{
	uint64_t before = clock_mono_us();
	int64_t now;

	(void)state;
	assert_false(clock_is_frozen());
	clock_freeze(1787407380000);
	assert_true(clock_is_frozen());
	assert_int_equal(clock_now_ms(), 1787407380000);
	assert_int_equal(clock_now_ms(), 1787407380000);
	clock_freeze(0);
	assert_int_equal(clock_now_ms(), 0);
	while (clock_mono_us() == before)
		; /* the other clock goes on */
	clock_freeze(CLOCK_NONE);
	assert_false(clock_is_frozen());
	now = clock_now_ms();
	assert_true(now > 1700000000000);
	assert_true(clock_now_ms() >= now);
	assert_true(clock_mono_us() >= before);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_impossible_days_in_a_leap_second),
		cmocka_unit_test(test_refuses_instants_out_of_bounds),
		cmocka_unit_test(test_refuses_prefixes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_freeze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
