#include "unit.h"

#include "base/buf.h"
#include "provider/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A failing case must name itself: compare texts that begin with the input. */
static void expect(const char *input, const char *got, const char *want)
{
	char got_line[400];
	char want_line[400];

	(void)snprintf(got_line, sizeof(got_line), "%s: %s", input, got);
	(void)snprintf(want_line, sizeof(want_line), "%s: %s", input, want);
	assert_string_equal(got_line, want_line);
}

static const struct {
	const char *unit;
	enum meter meter;
	const char *published, *amount; /* the amount per one meter unit, exactly */
} accepted[] = {
	{ "USD per token", METER_INPUT_TOKEN, "0.0000006", "0.0000006" },
	{ "USD per tokens", METER_OUTPUT_TOKEN, "5e-07", "0.0000005" },
	{ "USD per 1 token", METER_INPUT_TOKEN, "0.5", "0.5" },
	/* per so many */
	{ "USD per 1M tokens", METER_INPUT_TOKEN, "0.6", "0.0000006" },
	{ "USD per 1M tokens", METER_OUTPUT_TOKEN, "0.029999999700000002",
	  "0.000000029999999700000002" },
	{ "USD per 1000000 tokens", METER_INPUT_TOKEN, "0.6", "0.0000006" },
	{ "USD per 1e6 tokens", METER_INPUT_TOKEN, "0.6", "0.0000006" },
	{ "USD per 1K tokens", METER_INPUT_TOKEN, "0.6", "0.0006" },
	{ "USD per 0.5M tokens", METER_INPUT_TOKEN, "3", "0.000006" },
	{ "USD per 1.5K tokens", METER_INPUT_TOKEN, "3", "0.002" },
	{ "USD per 100 images", METER_OUTPUT_IMAGE, "4", "0.04" },
	/* of so much: cents, hundredths of cents, ticks */
	{ "0.01 USD per token", METER_INPUT_TOKEN, "4.5e-05", "0.00000045" },
	{ "0.0001 USD per 1M tokens", METER_INPUT_TOKEN, "20000", "0.000002" },
	{ "1e-10 USD per token", METER_INPUT_TOKEN, "20000", "0.000002" },
	{ "1e-4 USD per 1M tokens", METER_OUTPUT_TOKEN, "14000", "0.0000014" },
	{ "100 USD per 1M tokens", METER_INPUT_TOKEN, "0.006", "0.0000006" },
	/* other meters */
	{ "USD per image", METER_INPUT_IMAGE, "0.21675", "0.21675" },
	{ "USD per request", METER_REQUEST, "0.035", "0.035" },
	{ "USD per search", METER_WEB_SEARCH, "0.01", "0.01" },
	{ "USD per 1K searches", METER_WEB_SEARCH, "10", "0.01" },
	{ "USD per 1M characters", METER_INPUT_CHARACTER, "15", "0.000015" },
	{ "USD per 1K characters", METER_OUTPUT_CHARACTER, "0.015", "0.000015" },
	{ "USD per 1M pixel steps", METER_IMAGE_PIXEL_STEP, "2", "0.000002" },
	{ "USD per 1 pixel step", METER_IMAGE_PIXEL_STEP, "2", "2" },
	/* time, whose meters count seconds */
	{ "USD per second", METER_AUDIO_SECOND, "0.0001", "0.0001" },
	{ "USD per seconds", METER_VIDEO_SECOND, "0.5", "0.5" },
	{ "USD per minute", METER_AUDIO_SECOND, "0.006", "0.0001" },
	{ "USD per minute", METER_AUDIO_SECOND, "0.0045", "0.000075" },
	{ "USD per hour", METER_COMPUTE_SECOND, "3.6", "0.001" },
	{ "USD per 1K minutes", METER_AUDIO_SECOND, "6", "0.0001" },
	{ "0.01 USD per minute", METER_OUTPUT_AUDIO_SECOND, "0.6", "0.0001" },
	{ "USD per 24 hours", METER_COMPUTE_SECOND, "86.4", "0.001" },
	/* not a finite decimal: rounded once, half-even, at 30 digits behind the point */
	{ "USD per minute", METER_AUDIO_SECOND, "0.0001", "0.000001666666666666666666666667" },
	{ "USD per hour", METER_AUDIO_SECOND, "0.111", "0.000030833333333333333333333333" },
	/* currencies and blanks */
	{ "EUR per 1M tokens", METER_INPUT_TOKEN, "1", "0.000001" },
	{ "0.01 CNY per 1K tokens", METER_INPUT_TOKEN, "8", "0.00008" },
	{ "  USD   per  1M   tokens ", METER_INPUT_TOKEN, "1", "0.000001" },
};

static void test_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(accepted); i++) {
		struct str text = str_of(accepted[i].unit);
		char printed[DEC_TEXT_MAX];
		struct dec published;
		struct dec amount;
		struct unit u;
		struct err e;

		if (!unit_parse(text, accepted[i].meter, &u, &e))
			fail_msg("%s", e.text);
		assert_true(str_eq(u.text, text));
		assert_int_equal(u.currency.n, 3);
		assert_true(u.currency.at >= text.at && u.currency.at < text.at + text.n);
		assert_true(dec_parse(str_of(accepted[i].published), &published, &e));
		assert_true(dec_mul_div(&published, &u.num, &u.den, &amount, &e));
		(void)dec_print(&amount, printed);
		expect(accepted[i].unit, printed, accepted[i].amount);
	}
}

static const struct {
	const char *unit;
	enum meter meter;
} refused[] = {
	{ "", METER_INPUT_TOKEN },
	{ " ", METER_INPUT_TOKEN },
	{ "USD", METER_INPUT_TOKEN },
	{ "USD per", METER_INPUT_TOKEN },
	{ "USD per 1M", METER_INPUT_TOKEN },
	{ "per token", METER_INPUT_TOKEN },
	{ "per 1M tokens", METER_INPUT_TOKEN },
	{ "token", METER_INPUT_TOKEN },
	{ "USD/token", METER_INPUT_TOKEN },
	{ "USD / token", METER_INPUT_TOKEN },
	{ "USD a token", METER_INPUT_TOKEN },
	{ "USD Per token", METER_INPUT_TOKEN },
	{ "USD per token per day", METER_INPUT_TOKEN },
	{ "USD per 1M tokens each", METER_INPUT_TOKEN },
	/* currency */
	{ "usd per token", METER_INPUT_TOKEN },
	{ "Usd per token", METER_INPUT_TOKEN },
	{ "US per token", METER_INPUT_TOKEN },
	{ "USDT per token", METER_INPUT_TOKEN },
	{ "$ per token", METER_INPUT_TOKEN },
	{ "U5D per token", METER_INPUT_TOKEN },
	{ "cents per token", METER_INPUT_TOKEN },
	{ "0.01 per token", METER_INPUT_TOKEN },
	{ "USD EUR per token", METER_INPUT_TOKEN },
	/* amount */
	{ "0 USD per token", METER_INPUT_TOKEN },
	{ "-1 USD per token", METER_INPUT_TOKEN },
	{ "-0.01 USD per token", METER_INPUT_TOKEN },
	{ "1,5 USD per token", METER_INPUT_TOKEN },
	{ "1/100 USD per token", METER_INPUT_TOKEN },
	{ "1M USD per token", METER_INPUT_TOKEN },
	{ "1e-61 USD per token", METER_INPUT_TOKEN },
	{ "0.01USD per token", METER_INPUT_TOKEN },
	/* quantity */
	{ "USD per 0 tokens", METER_INPUT_TOKEN },
	{ "USD per 0M tokens", METER_INPUT_TOKEN },
	{ "USD per -1 tokens", METER_INPUT_TOKEN },
	{ "USD per M tokens", METER_INPUT_TOKEN },
	{ "USD per K tokens", METER_INPUT_TOKEN },
	{ "USD per 1m tokens", METER_INPUT_TOKEN },
	{ "USD per 1k tokens", METER_INPUT_TOKEN },
	{ "USD per 1MM tokens", METER_INPUT_TOKEN },
	{ "USD per 1B tokens", METER_INPUT_TOKEN },
	{ "USD per 1 M tokens", METER_INPUT_TOKEN },
	{ "USD per 1,000 tokens", METER_INPUT_TOKEN },
	{ "USD per 1_000 tokens", METER_INPUT_TOKEN },
	{ "USD per million tokens", METER_INPUT_TOKEN },
	{ "USD per 1Mtokens", METER_INPUT_TOKEN },
	{ "USD per 1e61 tokens", METER_INPUT_TOKEN },
	/* noun */
	{ "USD per Token", METER_INPUT_TOKEN },
	{ "USD per TOKENS", METER_INPUT_TOKEN },
	{ "USD per tokenss", METER_INPUT_TOKEN },
	{ "USD per tok", METER_INPUT_TOKEN },
	{ "USD per s", METER_INPUT_TOKEN },
	{ "USD per input token", METER_INPUT_TOKEN },
	{ "USD per image", METER_INPUT_TOKEN },
	{ "USD per token", METER_INPUT_IMAGE },
	{ "USD per character", METER_INPUT_TOKEN },
	{ "USD per minute", METER_INPUT_TOKEN },
	{ "USD per hour", METER_REQUEST },
	{ "USD per second", METER_INPUT_TOKEN },
	{ "USD per token", METER_AUDIO_SECOND },
	{ "USD per day", METER_COMPUTE_SECOND },
	{ "USD per month", METER_COMPUTE_SECOND },
	{ "USD per pixel", METER_IMAGE_PIXEL_STEP },
	{ "USD per step", METER_IMAGE_PIXEL_STEP },
	{ "USD per images", METER_REQUEST },
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		struct unit u = { .text = STR("untouched") };
		struct err e = { .kind = ERR_NONE };

		if (unit_parse(str_of(refused[i].unit), refused[i].meter, &u, &e))
			fail_msg("accepted: %s", refused[i].unit);
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, refused[i].unit));
		assert_string_equal(u.text.at, "untouched");
	}
}

/* Every meter can be charged per one of its own unit, by its own name. */
static void test_every_meter(void **state)
{
	(void)state;
	for (int m = 0; m < METER_COUNT; m++) {
		static const char *const quantities[] = { "", "1 ", "1M " };

		for (size_t i = 0; i < LENGTH(quantities); i++) {
			BUF_AUTO(text, 100);
			struct unit u;
			struct err e;

			buf_printf(&text, "USD per %s%s", quantities[i], meters[m].unit);
			if (!unit_parse(buf_str(&text), (enum meter)m, &u, &e))
				fail_msg("%s: %s", meters[m].name, e.text);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_every_meter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
