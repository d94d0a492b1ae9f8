/* An hour of samples as one row: the rules.  That it is the right row is tests/store/test_expire.c's. */
#include "unit.h"

#include "store/rollup.h"

#define HOUR INT64_C(3600000)

static struct rollup_sample sample(const char *id, int64_t at_ms, enum outcome outcome, int64_t us)
{
	return (struct rollup_sample){ .id = 1,
				       .started_at_ms = at_ms,
				       .provider = STR("acme"),
				       .provider_model_id = str_of(id),
				       .outcome = outcome,
				       .counted = true,
				       .duration_us = us,
				       .first_content_us = -1,
				       .output_tokens = -1 };
}

static struct rollup *make(struct rollup_sample *samples, size_t n, struct arena *a,
			   size_t expected)
{
	struct rollup *rollups;
	struct err e;
	size_t n_rollups;

	assert_true(rollup_make(samples, n, a, &rollups, &n_rollups, &e));
	assert_int_equal(n_rollups, expected);
	return rollups;
}

static void assert_digest(const struct rollup *r, const char *expected)
{
	BUF_AUTO(out, SIZE_MAX / 2);

	rollup_print_digest(r, &out);
	assert_string_equal(out.at, expected);
}

static void test_one_row_an_endpoint_and_hour(void **state)
{
	struct rollup_sample s[] = {
		sample("b", 5 * HOUR, OUTCOME_OK, 10),     sample("a", 6 * HOUR, OUTCOME_OK, 20),
		sample("a", 6 * HOUR - 1, OUTCOME_OK, 30), sample("a", 5 * HOUR, OUTCOME_OK, 40),
		sample("a", 5 * HOUR, OUTCOME_OK, 50),
	};
	ARENA_AUTO(a);
	struct rollup *r;

	(void)state;
	s[4].stays = true;
	r = make(s, 5, &a, 3);
	assert_int_equal(r[0].bucket_ms, 5 * HOUR);
	assert_int_equal(r[0].samples, 2);
	assert_digest(&r[0], "{\"duration\":[[30,1],[40,1]],\"first_content\":[],"
			     "\"outcomes\":{\"ok\":2}}");
	assert_int_equal(r[1].bucket_ms, 6 * HOUR);
	assert_true(str_eq(r[2].provider_model_id, STR("b")));
	(void)make(NULL, 0, &a, 0);
	s[0].stays = true;
	(void)make(s, 1, &a, 0);
}

/* Whose fault it was decides what says something; how long a time-out takes does not. */
static void test_what_counts(void **state)
{
	struct rollup_sample s[] = {
		sample("a", 0, OUTCOME_OK, 1000),
		sample("a", 0, OUTCOME_WRONG_ANSWER, 2000),
		sample("a", 0, OUTCOME_TIMEOUT_TOTAL, 60000000),
		sample("a", 0, OUTCOME_UNAUTHORIZED, 3000),
		sample("a", 0, OUTCOME_OK, 4000),
	};
	ARENA_AUTO(a);
	struct rollup *r;

	(void)state;
	s[4].counted = false;
	s[1].disagrees = true;
	s[0].first_content_us = 500;
	s[2].first_content_us = 700;
	s[0].output_tokens = 7;
	s[2].output_tokens = 8;
	s[0].cost = STR("0.000000600000000000000001");
	s[3].cost = STR("1");
	r = make(s, 5, &a, 1);
	assert_int_equal(r->samples, 5);
	assert_int_equal(r->ok, 2);
	assert_int_equal(r->counted, 3);
	assert_int_equal(r->well, 2);
	assert_int_equal(r->disagreed, 1);
	assert_int_equal(r->output_tokens, 15);
	assert_digest(r, "{\"duration\":[[1000,1],[2000,1]],\"first_content\":[[500,1]],"
			 "\"outcomes\":{\"ok\":2,\"wrong_answer\":1,\"unauthorized\":1,"
			 "\"timeout_total\":1}}");
	{
		char cost[DEC_TEXT_MAX];

		(void)dec_print(&r->cost, cost);
		assert_string_equal(cost, "1.000000600000000000000001");
	}
}

static void test_three_digits(void **state)
{
	static const struct {
		int64_t us;
		const char *digest;
	} cases[] = {
		{ 0, "[[0,1]]" },
		{ 999, "[[999,1]]" },
		{ 1000, "[[1000,1]]" },
		{ 1004, "[[1000,1]]" },
		{ 1005, "[[1010,1]]" },
		{ 9994, "[[9990,1]]" },
		{ 9995, "[[10000,1]]" },
		{ 123456789, "[[123000000,1]]" },
		{ 123500000, "[[124000000,1]]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rollup_sample s = sample("a", 0, OUTCOME_OK, cases[i].us);
		ARENA_AUTO(a);
		struct str expected = arena_printf(&a,
						   "{\"duration\":%s,\"first_content\":[],"
						   "\"outcomes\":{\"ok\":1}}",
						   cases[i].digest);

		assert_digest(make(&s, 1, &a, 1), expected.at);
	}
}

static void test_percentiles_are_nearest_ranks(void **state)
{
	struct rollup_time four[] = { { 10, 1 }, { 20, 1 }, { 30, 1 }, { 40, 1 } };
	struct rollup_time many[] = { { 1, 94 }, { 2, 1 }, { 3, 4 }, { 4, 1 } };
	struct rollup_times t = { four, 4 };

	(void)state;
	assert_int_equal(rollup_percentile(&t, 1), 10);
	assert_int_equal(rollup_percentile(&t, 50), 20);
	assert_int_equal(rollup_percentile(&t, 51), 30);
	assert_int_equal(rollup_percentile(&t, 95), 40);
	assert_int_equal(rollup_percentile(&t, 100), 40);
	t = (struct rollup_times){ many, 4 };
	assert_int_equal(rollup_percentile(&t, 50), 1);
	assert_int_equal(rollup_percentile(&t, 95), 2);
	assert_int_equal(rollup_percentile(&t, 99), 3);
	t = (struct rollup_times){ 0 };
	assert_int_equal(rollup_percentile(&t, 50), -1);
}

static void test_more_of_the_same_hour(void **state)
{
	struct rollup_sample s[] = { sample("a", 0, OUTCOME_OK, 20),
				     sample("a", 0, OUTCOME_TLS, 1) };
	const struct rollup_stored stored = {
		.samples = 10,
		.ok = 5,
		.disagreed = 1,
		.counted = 7,
		.well = 6,
		.output_tokens = 100,
		.cost = STR("0.50"),
		.digest = STR("{\"duration\": [[10, 4], [20, 2]], \"first_content\": [[3, 6]],"
			      " \"outcomes\": {\"ok\": 5, \"refused\": 5}}"),
	};
	ARENA_AUTO(a);
	struct rollup *r;
	struct err e;

	(void)state;
	s[0].cost = STR("0.25");
	r = make(s, 2, &a, 1);
	assert_true(rollup_add(r, &stored, &a, &e));
	assert_int_equal(r->samples, 12);
	assert_int_equal(r->ok, 6);
	assert_int_equal(r->counted, 9);
	assert_int_equal(r->well, 7);
	assert_int_equal(r->output_tokens, 100);
	assert_digest(r, "{\"duration\":[[10,4],[20,3]],\"first_content\":[[3,6]],"
			 "\"outcomes\":{\"ok\":6,\"refused\":5,\"tls\":1}}");
	{
		char cost[DEC_TEXT_MAX];

		(void)dec_print(&r->cost, cost);
		assert_string_equal(cost, "0.75");
	}
}

/* One without a digest has none to add; what is none of ours is not guessed at. */
static void test_a_digest_that_is_none(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"duration\":[],\"first_content\":[]}",
		"{\"duration\":[[1]],\"first_content\":[],\"outcomes\":[]}",
		"{\"duration\":[[1,\"x\"]],\"first_content\":[],\"outcomes\":{}}",
		"{\"duration\":[[1,-1]],\"first_content\":[],\"outcomes\":{}}",
		"{\"duration\":[7],\"first_content\":[],\"outcomes\":{}}",
		"{\"duration\":[],\"first_content\":[],\"outcomes\":{\"new_word\":1}}",
		"{\"duration\":[],\"first_content\":[],\"outcomes\":{\"ok\":1.5}}",
	};
	struct rollup_sample s = sample("a", 0, OUTCOME_OK, 20);
	ARENA_AUTO(a);
	struct err e;

	(void)state;
	assert_true(
		rollup_add(make(&s, 1, &a, 1), &(struct rollup_stored){ .samples = 1 }, &a, &e));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct rollup_stored stored = { .digest = str_of(wrong[i]) };

		if (rollup_add(make(&s, 1, &a, 1), &stored, &a, &e))
			fail_msg("%s was taken", wrong[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_row_an_endpoint_and_hour),
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_three_digits),
		cmocka_unit_test(test_percentiles_are_nearest_ranks),
		cmocka_unit_test(test_more_of_the_same_hour),
		cmocka_unit_test(test_a_digest_that_is_none),
	};

	return cmocka_run_group_tests_name("rollup", tests, NULL, NULL);
}
