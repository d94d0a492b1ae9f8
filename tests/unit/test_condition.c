#include "unit.h"

#include "core/condition.h"

#define AT(minute)    ((minute)*INT64_C(60000) + INT64_C(1787356800000)) /* of 2026-08-22 */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const canonical[] = {
	"",
	"[>200000]",
	"[>=200000]",
	"[>0]",
	"[>=1]",
	"[>9223372036854775807]",
	"[10:00-01:00Z]",
	"[00:00-23:59Z]",
	"[16:30-00:30Z]",
	"[00:00-12:00Z]",
	"[batch]",
	"[priority]",
	"[a]",
	"[data-residency]",
	"[tier-2]",
	"[trailing-]",
	"[5m]",
	"[1h]",
	"[24h]",
	"[30s]",
	"[90m]",
	"[61s]",
	"[10:00-01:00Z][>200000][batch]",
	"[1h][>200000]",
	"[1h][batch]",
	"[5m][>=128000][priority]",
	"[batch][flex]",
	"[a][a-b]", /* in the order of "a", "a-b" */
	"[a][b][c][d][e][f][g][h]",
};

static const char *const refused[] = {
	"[",
	"]",
	"[]",
	"batch",
	"[batch",
	"batch]",
	"[batch]]",
	"[[batch]]",
	"[batch] ",
	" [batch]",
	"[ batch]",
	"[batch] [flex]",
	"[batch],[flex]",
	"[Batch]",
	"[-batch]",
	"[batch_2]",
	"[b\xc3\xa4tch]",
	"[batch\n]",
	/* thresholds */
	"[>]",
	"[>=]",
	"[>=0]", /* is always */
	"[>0200000]",
	"[>00]",
	"[>-1]",
	"[>+1]",
	"[>=-1]",
	"[> 200000]",
	"[>200k]",
	"[>200000.0]",
	"[>2e5]",
	"[>9223372036854775808]",
	"[=200000]",
	"[<200000]",
	"[<=200000]",
	"[>==200000]",
	/* windows */
	"[10:00-10:00Z]", /* ends must differ */
	"[00:00-24:00Z]",
	"[24:00-01:00Z]",
	"[10:00-24:00Z]",
	"[10:60-11:00Z]",
	"[25:00-01:00Z]",
	"[1:00-02:00Z]",
	"[10:00-01:00]",
	"[10:00-01:00z]",
	"[10:00-01:00+00]",
	"[1000-0100Z]",
	"[10:00:00-01:00:00Z]",
	"[10.00-01.00Z]",
	"[10:00_01:00Z]",
	"[10:0a-01:00Z]",
	"[:10:00-1:00Z]",
	/* times to live */
	"[5]",
	"[0m]",
	"[05m]",
	"[60m]", /* is 1h */
	"[60s]",
	"[3600s]",
	"[1d]",
	"[5M]",
	"[5min]",
	"[1.5h]",
	"[-5m]",
	"[1234567s]",
	/* together */
	"[batch][batch]",
	"[5m][5m]",
	"[flex][batch]",
	"[batch][>200000]",
	"[>200000][10:00-01:00Z]",
	"[a-b][a]",
	"[>200000][>300000]",
	"[>200000][>=200000]",
	"[>=200000][>200000]",
	"[01:00-02:00Z][03:00-04:00Z]",
	"[a][b][c][d][e][f][g][h][i]",
};

static void test_check_accepts(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < LENGTH(canonical); i++) {
		if (!condition_check(str_of(canonical[i]), &e))
			fail_msg("%s", e.text);
	}
	assert_true(condition_check(STR_NONE, &e));
}

static void test_check_refuses(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		e.kind = ERR_NONE;
		if (condition_check(str_of(refused[i]), &e))
			fail_msg("accepted: %s", refused[i]);
		assert_int_equal(e.kind, ERR_PARSE);
	}
	assert_false(condition_check(STR("[bat\0ch]"), &e));
	assert_false(condition_check(STR("[batch]\0"), &e));
}

static void assert_text(const struct condition *c, struct arena *a, const char *want)
{
	struct str text = condition_text(c, a);
	struct err e;

	assert_string_equal(text.at, want);
	assert_int_equal(text.n, strlen(want));
	assert_true(condition_check(text, &e));
}

static void test_build_nothing(void **state)
{
	ARENA_AUTO(a);
	struct condition c = { .n = 0 };

	(void)state;
	assert_text(&c, &a, "");
}

static void test_build_sorts(void **state)
{
	ARENA_AUTO(a);
	struct condition c = { .n = 0 };
	struct err e;

	(void)state;
	assert_true(condition_add_tag(&c, &a, STR("priority"), &e));
	assert_text(&c, &a, "[priority]");
	assert_true(condition_add_above(&c, &a, 200000, false, &e));
	assert_text(&c, &a, "[>200000][priority]");
	assert_true(condition_add_tag(&c, &a, STR("batch"), &e));
	assert_true(condition_add_window(&c, &a, 10 * 60, 60, &e));
	assert_true(condition_add_tag(&c, &a, STR("5m"), &e));
	assert_text(&c, &a, "[10:00-01:00Z][5m][>200000][batch][priority]");
}

/* In whatever order the terms come, the text is the same. */
static void test_build_any_order(void **state)
{
	static const char *const tags[] = { "1h", "batch", "flex", "fast" };

	(void)state;
	for (unsigned order = 0; order < 256; order++) {
		ARENA_AUTO(a);
		struct condition c = { .n = 0 };
		struct err e;
		unsigned seen = 0, left = order;

		for (unsigned i = 0; i < 4; i++, left /= 4) {
			if (seen & 1U << left % 4)
				continue;
			seen |= 1U << left % 4;
			assert_true(condition_add_tag(&c, &a, str_of(tags[left % 4]), &e));
		}
		if (seen == 15)
			assert_text(&c, &a, "[1h][batch][fast][flex]");
	}
}

static void test_build_above(void **state)
{
	static const struct {
		int64_t tokens;
		bool inclusive;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ 200000, false, "[>200000]" },
		{ 200000, true, "[>=200000]" },
		{ 0, false, "[>0]" },
		{ 1, true, "[>=1]" },
		{ INT64_MAX, false, "[>9223372036854775807]" },
		{ 0, true, NULL },
		{ -1, false, NULL },
		{ -1, true, NULL },
		{ INT64_MIN, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		struct condition c = { .n = 0 };
		struct err e = { .kind = ERR_NONE };
		bool ok = condition_add_above(&c, &a, cases[i].tokens, cases[i].inclusive, &e);

		assert_int_equal(ok, cases[i].text != NULL);
		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		assert_text(&c, &a, ok ? cases[i].text : "");
	}
}

static void test_build_window(void **state)
{
	static const struct {
		int from, to;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ 600, 60, "[10:00-01:00Z]" },
		{ 0, 1439, "[00:00-23:59Z]" },
		{ 990, 30, "[16:30-00:30Z]" },
		{ 600, 1440, "[10:00-00:00Z]" }, /* 24:00 is 00:00 */
		{ 1440, 60, "[00:00-01:00Z]" },
		{ 600, 600, NULL },
		{ 0, 0, NULL },
		{ 0, 1440, NULL },
		{ 1440, 0, NULL },
		{ 1440, 1440, NULL },
		{ -1, 60, NULL },
		{ 60, -1, NULL },
		{ 0, 1441, NULL },
		{ 2000, 60, NULL },
		{ INT32_MIN, INT32_MAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		struct condition c = { .n = 0 };
		struct err e = { .kind = ERR_NONE };
		bool ok = condition_add_window(&c, &a, cases[i].from, cases[i].to, &e);

		assert_int_equal(ok, cases[i].text != NULL);
		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		assert_text(&c, &a, ok ? cases[i].text : "");
	}
}

static void test_build_refuses_tags(void **state)
{
	static const char *const tags[] = {
		"",        "Batch", "batch mode", "-x",      "2x",  "60m",          "0s",
		"[batch]", "a]b",   "a[b",        ">200000", ">=1", "10:00-01:00Z", "fl\xc3\xb6x",
	};
	ARENA_AUTO(a);
	struct condition c = { .n = 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < LENGTH(tags); i++) {
		e.kind = ERR_NONE;
		assert_false(condition_add_tag(&c, &a, str_of(tags[i]), &e));
		assert_int_equal(e.kind, ERR_DATA);
	}
	assert_false(condition_add_tag(&c, &a, STR_NONE, &e));
	assert_text(&c, &a, "");
}

static void test_build_refuses_second(void **state)
{
	ARENA_AUTO(a);
	struct condition c = { .n = 0 };
	struct err e;

	(void)state;
	assert_true(condition_add_above(&c, &a, 200000, false, &e));
	assert_false(condition_add_above(&c, &a, 200000, false, &e));
	assert_false(condition_add_above(&c, &a, 300000, true, &e));
	assert_string_equal(e.text, "condition [>=300000] beside [>200000]");
	assert_true(condition_add_window(&c, &a, 0, 60, &e));
	assert_false(condition_add_window(&c, &a, 120, 180, &e));
	assert_true(condition_add_tag(&c, &a, STR("batch"), &e));
	assert_false(condition_add_tag(&c, &a, STR("batch"), &e));
	assert_int_equal(e.kind, ERR_DATA);
	assert_text(&c, &a, "[00:00-01:00Z][>200000][batch]");
}

static void test_build_refuses_too_many(void **state)
{
	ARENA_AUTO(a);
	struct condition c = { .n = 0 };
	struct err e;

	(void)state;
	for (char tag = 'h'; tag >= 'a'; tag--)
		assert_true(condition_add_tag(&c, &a, (struct str){ &tag, 1 }, &e));
	assert_false(condition_add_tag(&c, &a, STR("i"), &e));
	assert_false(condition_add_tag(&c, &a, STR("0"), &e));
	assert_text(&c, &a, "[a][b][c][d][e][f][g][h]");
}

static void test_holds(void **state)
{
	static const struct {
		const char *text;
		struct condition_case request;
		bool holds;
		unsigned terms;
		uint64_t from;
	} cases[] = {
		{ "", { .at_ms = CLOCK_NONE }, true, 0, 0 },
		{ "[>200000]", { .input_tokens = 200000 }, false, 0, 0 },
		{ "[>200000]", { .input_tokens = 200001 }, true, 1, 200001 },
		{ "[>=200000]", { .input_tokens = 199999 }, false, 0, 0 },
		{ "[>=200000]", { .input_tokens = 200000 }, true, 1, 200000 },
		{ "[>0]", { .input_tokens = 0 }, false, 0, 0 },
		{ "[>0]", { .input_tokens = 1 }, true, 1, 1 },
		/* Nobody has more. */
		{ "[>9223372036854775807]", { .input_tokens = UINT64_MAX }, false, 0, 0 },
		{ "[09:00-17:30Z]", { .at_ms = AT(539) }, false, 0, 0 },
		{ "[09:00-17:30Z]", { .at_ms = AT(540) - 1 }, false, 0, 0 },
		{ "[09:00-17:30Z]", { .at_ms = AT(540) }, true, 1, 0 },
		{ "[09:00-17:30Z]", { .at_ms = AT(1049) }, true, 1, 0 },
		{ "[09:00-17:30Z]", { .at_ms = AT(1050) }, false, 0, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(989) }, false, 0, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(990) }, true, 1, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(1439) }, true, 1, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(0) }, true, 1, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(29) }, true, 1, 0 },
		{ "[16:30-00:30Z]", { .at_ms = AT(30) }, false, 0, 0 },
		{ "[16:30-00:00Z]", { .at_ms = AT(0) }, false, 0, 0 },
		{ "[16:30-00:30Z]", { .at_ms = CLOCK_NONE }, false, 0, 0 },
		{ "[00:00-12:00Z]", { .at_ms = CLOCK_NONE }, false, 0, 0 },
		{ "[00:00-12:00Z]", { .at_ms = AT(0) }, true, 1, 0 },
		{ "[batch]", { .at_ms = AT(0) }, false, 0, 0 },
		{ "[batch]", { .service = { "batch", 5 } }, true, 1, 0 },
		{ "[batch]", { .service = { "batch-2", 7 } }, false, 0, 0 },
		{ "[batch]", { .ttl = { "batch", 5 } }, false, 0, 0 },
		{ "[discount]", { .at_ms = AT(0) }, true, 1, 0 },
		{ "[discount]", { .at_ms = CLOCK_NONE }, false, 0, 0 },
		{ "[batch][discount]", { .at_ms = AT(0) }, false, 0, 0 },
		{ "[batch][discount]", { .service = { "batch", 5 } }, true, 2, 0 },
		{ "[1h]", { .service = { "1h", 2 } }, false, 0, 0 },
		{ "[1h]", { .ttl = { "1h", 2 } }, true, 1, 0 },
		{ "[1h]", { .ttl = { "5m", 2 } }, false, 0, 0 },
		{ "[1h]", { .any_ttl = true }, true, 1, 0 },
		{ "[>9][batch]", { .input_tokens = 10 }, false, 0, 0 },
		{ "[>9][batch]", { .service = { "batch", 5 } }, false, 0, 0 },
		{ "[>9][batch]", { .input_tokens = 10, .service = { "batch", 5 } }, true, 2, 10 },
		{ "[batch][flex]", { .service = { "batch", 5 } }, false, 0, 0 },
		{ "[>x]", { .input_tokens = 10 }, false, 0, 0 },
		{ "[>", { .input_tokens = 10 }, false, 0, 0 },
		{ ">1", { .input_tokens = 10 }, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct condition_fit fit = { 0 };

		assert_int_equal(condition_holds(str_of(cases[i].text), &cases[i].request, &fit),
				 cases[i].holds);
		assert_int_equal(fit.terms, cases[i].terms);
		assert_int_equal(fit.from, cases[i].from);
	}
}

/* Each is less special than the next. */
static void test_more_special(void **state)
{
	static const struct condition_fit fits[] = {
		{ 0, 0 }, { 1, 0 }, { 1, 10 }, { 1, 11 }, { 2, 0 }, { 2, 5 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(fits); i++)
		for (size_t k = 0; k < LENGTH(fits); k++) {
			int order = condition_fit_cmp(&fits[i], &fits[k]);

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void test_why(void **state)
{
	static const struct condition_case request = {
		.at_ms = AT(65), .input_tokens = 12, .service = { "batch", 5 }, .ttl = { "5m", 2 }
	};
	ARENA_AUTO(a);
	struct str why = condition_why(STR("[00:30-01:30Z][5m][>9][batch]"), &request, &a);

	(void)state;
	assert_string_equal(arena_cstr(&a, why),
			    "[00:30-01:30Z] at 01:05Z, [5m] as asked, [>9] for 12 input tokens, "
			    "[batch] as asked");
	assert_true(str_is_none(condition_why(STR(""), &request, &a)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_accepts),
		cmocka_unit_test(test_check_refuses),
		cmocka_unit_test(test_build_nothing),
		cmocka_unit_test(test_build_sorts),
		cmocka_unit_test(test_build_any_order),
		cmocka_unit_test(test_build_above),
		cmocka_unit_test(test_build_window),
		cmocka_unit_test(test_build_refuses_tags),
		cmocka_unit_test(test_build_refuses_second),
		cmocka_unit_test(test_build_refuses_too_many),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_more_special),
		cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
