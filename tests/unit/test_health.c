#include "unit.h"

#include "core/health.h"

enum { POINTS_MAX = 128 };

/* A letter a point, newest first. */
static const struct {
	char letter;
	enum outcome outcome;
	bool counted;
} letters[] = {
	{ 'o', OUTCOME_OK, true },
	{ 'w', OUTCOME_WRONG_ANSWER, true },
	{ 'r', OUTCOME_REFUSED, true },
	{ 'T', OUTCOME_TIMEOUT_TOTAL, true },
	{ 'S', OUTCOME_SERVER_ERROR, true },
	{ 'E', OUTCOME_EMPTY, true },
	{ '$', OUTCOME_PAYMENT_REQUIRED, true },
	{ 'k', OUTCOME_UNAUTHORIZED, true },
	{ 'b', OUTCOME_BAD_REQUEST, true },
	{ 'l', OUTCOME_LENGTH, true },
	{ 'c', OUTCOME_CANCELLED, true },
	{ 'q', OUTCOME_RATE_LIMITED, true },
	{ 'd', OUTCOME_DNS, true },
	{ 'x', OUTCOME_CONNECT, false }, /* our own network was away */
	{ 'y', OUTCOME_OK, false },      /* we were late */
};

static size_t points_of(const char *text, struct health_point points[POINTS_MAX])
{
	size_t n = strlen(text);

	assert_true(n <= POINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (letters[k].letter != text[i])
			assert_true(++k < sizeof(letters) / sizeof(letters[0]));
		points[i] = (struct health_point){ .at_ms = 1000 - (int64_t)i,
						   .outcome = letters[k].outcome,
						   .counted = letters[k].counted,
						   .duration_us = 1500 };
	}
	return n;
}

static struct health_verdict verdict(const char *text)
{
	struct health_point points[POINTS_MAX];
	struct health_verdict v;

	health_of(points, points_of(text, points), &v);
	assert_non_null(v.reason);
	return v;
}

static struct health_verdict of_provider(const char *text, uint64_t models, uint64_t down)
{
	struct health_point points[POINTS_MAX];
	struct health_verdict v;

	health_of_provider(points, points_of(text, points), models, down, &v);
	assert_non_null(v.reason);
	return v;
}

#define TWENTY "oooooooooooooooooooo"

static void test_rules(void **state)
{
	static const struct {
		const char *points;
		enum health status;
	} cases[] = {
		{ "o", HEALTH_HEALTHY },
		{ "wrw", HEALTH_HEALTHY },
		{ "T", HEALTH_DEGRADED },
		{ "TS", HEALTH_DEGRADED },
		{ "TSE", HEALTH_DOWN },
		{ "TSE" TWENTY, HEALTH_DOWN },
		{ "TSo", HEALTH_DEGRADED },
		{ "oTS", HEALTH_DEGRADED },
		/* a rate needs four */
		{ "oTT", HEALTH_DEGRADED },
		{ "oTTT", HEALTH_DOWN },
		{ "oToT", HEALTH_DEGRADED },
		{ "oToTT", HEALTH_DOWN },
		/* three in a row end an outage */
		{ "ooTTTT", HEALTH_DOWN },
		{ "oooTTTTTTTTTT", HEALTH_DEGRADED },
		/* 19 of 20 are 95 %, 18 of 19 are less */
		{ "oT"
		  "oooooooooooooooooo",
		  HEALTH_HEALTHY },
		{ "oT"
		  "ooooooooooooooooo",
		  HEALTH_DEGRADED },
		/* what says nothing does not stand between */
		{ "T$Tq$kSoo", HEALTH_DOWN },
		{ "TxTyo", HEALTH_DEGRADED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (verdict(cases[i].points).status != cases[i].status)
			fail_msg("%s is %s", cases[i].points,
				 health_names[verdict(cases[i].points).status]);
}

/* No data is unknown, and never 0 %. */
static void test_nothing_said_is_unknown(void **state)
{
	static const char *const silent[] = { "",    "$",   "kkkkkkkkk", "bbbbb", "qqqqq",    "ddd",
					      "lll", "ccc", "xxx",       "yyy",   "$kbqdlcxy" };

	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		struct health_verdict v = verdict(silent[i]);

		assert_int_equal(v.status, HEALTH_UNKNOWN);
		assert_false(v.has_rate);
		assert_false(v.has_response);
		assert_int_equal(v.counted, 0);
		v = of_provider(silent[i], 0, 0);
		assert_int_equal(v.status, HEALTH_UNKNOWN);
		assert_false(v.has_rate);
		assert_false(v.has_response);
	}
}

/* Every outcome but those that end well: down when it is theirs, without a word when it is not. */
static void test_only_their_faults_count(void **state)
{
	(void)state;
	for (int o = 0; o < OUTCOMES; o++) {
		struct health_point p = { .outcome = (enum outcome)o, .counted = true };
		struct health_point points[3] = { p, p, p };
		struct health_verdict v;

		health_of(points, 3, &v);
		if (o == OUTCOME_OK || o == OUTCOME_WRONG_ANSWER || o == OUTCOME_REFUSED)
			assert_int_equal(v.status, HEALTH_HEALTHY);
		else if (outcomes[o].fault == FAULT_THEIRS)
			assert_int_equal(v.status, HEALTH_DOWN);
		else
			assert_int_equal(v.status, HEALTH_UNKNOWN);
	}
}

static void test_numbers(void **state)
{
	struct health_point points[] = {
		{ .outcome = OUTCOME_OK, .counted = true, .duration_us = 1000 },
		{ .outcome = OUTCOME_WRONG_ANSWER, .counted = true, .duration_us = 4000 },
		/* a time-out's 120 s are no response time */
		{ .outcome = OUTCOME_TIMEOUT_TOTAL, .counted = true, .duration_us = 120000000 },
		{ .outcome = OUTCOME_OK, .counted = false, .duration_us = 777000 },
		{ .outcome = OUTCOME_RATE_LIMITED, .counted = true, .duration_us = 50 },
	};
	struct health_verdict v;

	(void)state;
	health_of(points, sizeof(points) / sizeof(points[0]), &v);
	assert_int_equal(v.counted, 3);
	assert_true(v.has_rate && v.has_response);
	assert_true(v.success_rate == 2.0 / 3.0);
	assert_true(v.response_ms == 2.5);
	health_of(&points[2], 1, &v);
	assert_true(v.has_rate && v.success_rate == 0.0);
	assert_false(v.has_response);
}

static void test_providers(void **state)
{
	static const struct {
		const char *points;
		uint64_t models, down;
		enum health status;
	} cases[] = {
		{ TWENTY, 3, 0, HEALTH_HEALTHY },
		{ TWENTY, 3, 3, HEALTH_DOWN },
		{ TWENTY, 20, 1, HEALTH_DEGRADED },
		{ TWENTY, 21, 1, HEALTH_HEALTHY },
		/* three failures in a row are one model's */
		{ "TTT" TWENTY, 2, 1, HEALTH_DEGRADED },
		{ "TTTooo", 4, 1, HEALTH_DEGRADED },
		{ "TTTToo", 4, 1, HEALTH_DOWN },
		{ "T", 1, 0, HEALTH_DEGRADED },
		/* endpoints that no catalog lists */
		{ "oooo", 0, 0, HEALTH_HEALTHY },
		{ "oTTT", 0, 0, HEALTH_DOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct health_verdict v =
			of_provider(cases[i].points, cases[i].models, cases[i].down);

		if (v.status != cases[i].status)
			fail_msg("case %zu is %s", i, health_names[v.status]);
	}
}

static void test_names(void **state)
{
	enum health h = HEALTH_UNKNOWN;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_true(health_parse(str_of(health_names[i]), &h));
		assert_int_equal(h, i);
	}
	assert_false(health_parse(STR("Healthy"), &h));
	assert_false(health_parse(STR_NONE, &h));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_nothing_said_is_unknown),
		cmocka_unit_test(test_only_their_faults_count),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
