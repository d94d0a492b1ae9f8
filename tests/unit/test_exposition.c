#include "unit.h"

#include "web/exposition.h"

#include <stdlib.h>

enum { RUNS, AGE, TIMES, BUILD, FAMILIES, TEXT_MAX = 1 << 20 };

static const int64_t bounds[] = { 5000, 1000000 };
static const struct family_info table[FAMILIES] = {
	[RUNS] = { "runs", FAMILY_COUNTER, NULL, "Runs.", { "who", "how" } },
	[AGE] = { "age_seconds", FAMILY_GAUGE, "seconds", "Age.", .scale = 3 },
	[TIMES] = { "time_seconds", FAMILY_HISTOGRAM, "seconds", "Time.", { "who" }, 6, bounds, 2 },
	[BUILD] = { "thing_build", FAMILY_INFO, NULL, "Build.", { "version" } },
};

#define L(...) ((const struct str[FAMILY_LABELS_MAX]){ __VA_ARGS__ })

static void check(const struct families *f, bool openmetrics, const char *expected)
{
	ARENA_AUTO(a);
	BUF_AUTO(out, TEXT_MAX);

	families_print(families_copy(f, &a), openmetrics, &out);
	assert_string_equal(out.at ? out.at : "", expected);
}

static void both_texts(void **state)
{
	struct families *f = families_create(table, FAMILIES, 100);

	(void)state;
	check(f, false, "");
	check(f, true, "# EOF\n");
	families_add(f, RUNS, L(STR("a"), STR("ok")), 2);
	families_add(f, RUNS, L(STR("a"), STR("ok")), 1);
	families_set(f, AGE, NULL, 1500);
	families_observe(f, TIMES, L(STR("a")), 5000);
	families_observe(f, TIMES, L(STR("a")), 5001);
	families_observe(f, TIMES, L(STR("a")), 2000000);
	families_observe(f, TIMES, L(STR("a")), -7);
	families_set(f, BUILD, L(STR("1.0")), 1);
	check(f, false,
	      "# HELP runs_total Runs.\n# TYPE runs_total counter\n"
	      "runs_total{who=\"a\",how=\"ok\"} 3\n"
	      "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 1.5\n"
	      "# HELP time_seconds Time.\n# TYPE time_seconds histogram\n"
	      "time_seconds_bucket{who=\"a\",le=\"0.005\"} 2\n"
	      "time_seconds_bucket{who=\"a\",le=\"1.0\"} 3\n"
	      "time_seconds_bucket{who=\"a\",le=\"+Inf\"} 4\n"
	      "time_seconds_sum{who=\"a\"} 2.010001\ntime_seconds_count{who=\"a\"} 4\n"
	      "# HELP thing_build_info Build.\n# TYPE thing_build_info gauge\n"
	      "thing_build_info{version=\"1.0\"} 1\n");
	check(f, true,
	      "# HELP runs Runs.\n# TYPE runs counter\n"
	      "runs_total{who=\"a\",how=\"ok\"} 3\n"
	      "# HELP age_seconds Age.\n# TYPE age_seconds gauge\n# UNIT age_seconds seconds\n"
	      "age_seconds 1.5\n"
	      "# HELP time_seconds Time.\n# TYPE time_seconds histogram\n"
	      "# UNIT time_seconds seconds\n"
	      "time_seconds_bucket{who=\"a\",le=\"0.005\"} 2\n"
	      "time_seconds_bucket{who=\"a\",le=\"1.0\"} 3\n"
	      "time_seconds_bucket{who=\"a\",le=\"+Inf\"} 4\n"
	      "time_seconds_sum{who=\"a\"} 2.010001\ntime_seconds_count{who=\"a\"} 4\n"
	      "# HELP thing_build Build.\n# TYPE thing_build info\n"
	      "thing_build_info{version=\"1.0\"} 1\n# EOF\n");
	families_destroy(f);
}

static void numbers(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "0.001" },
		{ 10, "0.01" },
		{ -1, "-0.001" },
		{ 1000, "1" },
		{ 1010, "1.01" },
		{ 123456, "123.456" },
		{ -2000, "-2" },
		{ INT64_MAX, "9223372036854775.807" },
		{ INT64_MIN, "-9223372036854775.808" },
	};
	struct families *f = families_create(table, FAMILIES, 100);
	char expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		families_set(f, AGE, NULL, cases[i].value);
		(void)snprintf(
			expected, sizeof(expected),
			"# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds %s\n",
			cases[i].text);
		check(f, false, expected);
	}
	families_destroy(f);
}

static void values_are_escaped_cleaned_and_cut(void **state)
{
	static const char
		longest[] = /* 126 letters and a character of three bytes: cut before it */
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u20ac";
	const struct {
		struct str value;
		const char *text;
	} cases[] = {
		{ STR("a\\b\"c\nd{},="), "a\\\\b\\\"c\\nd{},=" },
		{ STR("\xff"
		      "x\xc3"),
		  "\xef\xbf\xbdx" },
		{ STR("a\0b"), "a\xef\xbf\xbd"
			       "b" },
		{ STR(""), "" },
		{ STR_NONE, "" },
		{ { longest, sizeof(longest) - 1 },
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	};
	char expected[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct families *f = families_create(table, FAMILIES, 100);

		families_set(f, BUILD, L(cases[i].value), 1);
		(void)snprintf(expected, sizeof(expected),
			       "# HELP thing_build_info Build.\n# TYPE thing_build_info gauge\n"
			       "thing_build_info{version=\"%s\"} 1\n",
			       cases[i].text);
		check(f, false, expected);
		families_destroy(f);
	}
}

/* The worst that four values can become fits: each byte escaped, each cleaned to three. */
static void longest_labels(void **state)
{
	static const struct family_info wide[] = {
		{ "wide",
		  FAMILY_COUNTER,
		  NULL,
		  "Wide.",
		  { "first_of_all", "second_of_all", "third", "fourth" } },
	};
	char quotes[4 * FAMILY_LABEL_VALUE_MAX], bad[4 * FAMILY_LABEL_VALUE_MAX];
	struct families *f = families_create(wide, 1, 100);
	struct str values[2][FAMILY_LABELS_MAX];

	(void)state;
	memset(quotes, '"', sizeof(quotes));
	memset(bad, 0xff, sizeof(bad));
	for (size_t i = 0; i < FAMILY_LABELS_MAX; i++) {
		values[0][i] = (struct str){ quotes, sizeof(quotes) };
		values[1][i] = (struct str){ bad, sizeof(bad) };
	}
	families_add(f, 0, values[0], 1);
	families_add(f, 0, values[1], 1);
	families_destroy(f);
}

static size_t count_lines(const struct families *f, const char *beginning)
{
	ARENA_AUTO(a);
	BUF_AUTO(out, TEXT_MAX);
	size_t n = 0;

	families_print(families_copy(f, &a), false, &out);
	for (const char *line = out.at; *line; line = strchr(line, '\n') + 1)
		n += strncmp(line, beginning, strlen(beginning)) == 0;
	return n;
}

static int64_t value_of(const struct families *f, const char *series)
{
	ARENA_AUTO(a);
	BUF_AUTO(out, TEXT_MAX);
	const char *at;

	families_print(families_copy(f, &a), false, &out);
	at = strstr(out.at, series);
	assert_non_null(at);
	return strtoll(at + strlen(series), NULL, 10);
}

static void bounded(void **state)
{
	static const size_t maxima[] = { 1, 2, 3, 4, 10, 100, 500 };
	char who[32], how[32];

	(void)state;
	for (size_t m = 0; m < sizeof(maxima) / sizeof(*maxima); m++) {
		struct families *f = families_create(table, FAMILIES, maxima[m]);

		for (int i = 0; i < 2000; i++) {
			(void)snprintf(who, sizeof(who), "provider-%d", i);
			(void)snprintf(how, sizeof(how), "how-%d", i % 50);
			families_add(f, RUNS, L(str_of(who), str_of(how)), 1);
			families_observe(f, TIMES, L(str_of(who)), i);
		}
		assert_true(count_lines(f, "runs_total{") <= maxima[m]);
		/* a histogram cannot have fewer than one combination */
		assert_true(count_lines(f, "time_seconds") <= (maxima[m] < 5 ? 5 : maxima[m]));
		assert_true(value_of(f, "time_seconds_count{who=\"other\"} ") > 0);
		families_destroy(f);
	}
}

static void nothing_is_lost_in_other(void **state)
{
	struct families *f = families_create(table, FAMILIES, 8);
	char who[32];
	int64_t total = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(who, sizeof(who), "p%d", i);
		families_add(f, RUNS, L(str_of(who), STR("ok")), 1);
	}
	for (int i = 0; i < 5; i++) {
		(void)snprintf(who, sizeof(who), "runs_total{who=\"p%d\",how=\"ok\"} ", i);
		total += value_of(f, who);
	}
	assert_int_equal(total, 5);
	assert_int_equal(value_of(f, "runs_total{who=\"other\",how=\"ok\"} "), 95);
	/* one that has a series keeps it */
	families_add(f, RUNS, L(STR("p0"), STR("ok")), 10);
	assert_int_equal(value_of(f, "runs_total{who=\"p0\",how=\"ok\"} "), 11);
	families_destroy(f);
}

static void cleared_gauges_are_gone_and_come_again(void **state)
{
	struct families *f = families_create(table, FAMILIES, 100);

	(void)state;
	families_set(f, AGE, NULL, 5000);
	families_clear(f, AGE);
	check(f, false, "");
	families_set(f, AGE, NULL, 6000);
	check(f, false, "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 6\n");
	families_destroy(f);
}

static void a_copy_stays(void **state)
{
	struct families *f = families_create(table, FAMILIES, 1000);
	ARENA_AUTO(a);
	BUF_AUTO(out, TEXT_MAX);
	const struct families *copy;
	char who[32];

	(void)state;
	families_add(f, RUNS, L(STR("a"), STR("ok")), 1);
	copy = families_copy(f, &a);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(who, sizeof(who), "p%d", i);
		families_add(f, RUNS, L(str_of(who), STR("ok")), 1);
	}
	families_print(copy, false, &out);
	assert_string_equal(out.at, "# HELP runs_total Runs.\n# TYPE runs_total counter\n"
				    "runs_total{who=\"a\",how=\"ok\"} 1\n");
	families_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_texts),
		cmocka_unit_test(numbers),
		cmocka_unit_test(values_are_escaped_cleaned_and_cut),
		cmocka_unit_test(longest_labels),
		cmocka_unit_test(bounded),
		cmocka_unit_test(nothing_is_lost_in_other),
		cmocka_unit_test(cleared_gauges_are_gone_and_come_again),
		cmocka_unit_test(a_copy_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
