#include "unit.h"

#include "core/capability.h"
#include "core/decimal.h"
#include "core/meter.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_names_are_sorted(void **state)
{
	(void)state;
	for (int i = 0; i < CAP_COUNT; i++) {
		assert_non_null(capability_names[i]);
		if (i > 0)
			assert_true(strcmp(capability_names[i - 1], capability_names[i]) < 0);
	}
}

static void test_parse(void **state)
{
	static const char *const refused[] = {
		"",      "Vision",  "vision ", " vision",          "!vision",
		"visio", "visions", "tools",   "reasoning,vision",
	};
	enum capability c;

	(void)state;
	for (int i = 0; i < CAP_COUNT; i++) {
		assert_true(capability_parse(str_of(capability_names[i]), &c));
		assert_int_equal(c, i);
	}
	c = CAP_VISION;
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_false(capability_parse(str_of(refused[i]), &c));
	assert_false(capability_parse(STR_NONE, &c));
	assert_false(capability_parse(STR("vision\0"), &c));
	assert_int_equal(c, CAP_VISION);
}

static void test_not_said_is_not_no(void **state)
{
	struct capabilities c = { 0, 0 };

	(void)state;
	assert_int_equal(capabilities_get(c, CAP_VISION), -1);
	capabilities_set(&c, CAP_VISION, false);
	assert_int_equal(capabilities_get(c, CAP_VISION), 0);
	capabilities_set(&c, CAP_VISION, true);
	assert_int_equal(capabilities_get(c, CAP_VISION), 1);
	capabilities_set(&c, CAP_VISION, false);
	assert_int_equal(capabilities_get(c, CAP_VISION), 0);
	assert_int_equal(capabilities_get(c, CAP_REASONING), -1);
}

static void test_text(void **state)
{
	ARENA_AUTO(a);
	struct capabilities c = { 0, 0 };
	struct str text = capabilities_text(c, &a);

	(void)state;
	assert_false(str_is_none(text));
	assert_int_equal(text.n, 0);
	capabilities_set(&c, CAP_VISION, false);
	assert_string_equal(capabilities_text(c, &a).at, "!vision");
	capabilities_set(&c, CAP_REASONING, true);
	assert_string_equal(capabilities_text(c, &a).at, "reasoning,!vision");
	for (int i = 0; i < CAP_COUNT; i++)
		capabilities_set(&c, (enum capability)i, false);
	assert_string_equal(capabilities_text(c, &a).at,
			    "!audio_input,!audio_output,!function_calling,!image_generation,"
			    "!reasoning,!streaming,!structured_outputs,!vision");
}

/* All 3^8 states: each has its own text, and the text gives it back. */
static void test_round_trip(void **state)
{
	unsigned states = 1;

	(void)state;
	for (int i = 0; i < CAP_COUNT; i++)
		states *= 3;
	for (unsigned s = 0; s < states; s++) {
		ARENA_AUTO(a);
		struct capabilities c = { 0, 0 }, back = { ~0U, ~0U };
		unsigned left = s;

		for (int i = 0; i < CAP_COUNT; i++, left /= 3) {
			if (left % 3 > 0)
				capabilities_set(&c, (enum capability)i, left % 3 == 2);
		}
		assert_true(capabilities_from_text(capabilities_text(c, &a), &back));
		assert_int_equal(back.said, c.said);
		assert_int_equal(back.yes, c.yes);
	}
}

static void test_from_text_refuses(void **state)
{
	static const char *const refused[] = {
		",",
		"vision,",
		",vision",
		"reasoning,,vision",
		"vision,reasoning",
		"vision,vision",
		"vision,!vision",
		"!vision,vision",
		"!",
		"!!vision",
		"reasoning,!",
		"! vision",
		"reasoning, vision",
		"reasoning vision",
		"Vision",
		"telepathy",
		"reasoning,telepathy",
	};
	struct capabilities c = { 5, 4 };

	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		if (capabilities_from_text(str_of(refused[i]), &c))
			fail_msg("accepted: %s", refused[i]);
	}
	assert_false(capabilities_from_text(STR("vision\0"), &c));
	assert_int_equal(c.said, 5);
	assert_int_equal(c.yes, 4);
	assert_true(capabilities_from_text(STR_NONE, &c));
	assert_int_equal(c.said, 0);
	assert_int_equal(c.yes, 0);
}

/* The other closed list. */
static void test_meters(void **state)
{
	static const char *const refused[] = { "", "token", "Request", "request ", "input_tokens" };
	enum meter m = METER_REQUEST;

	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_false(meter_parse(str_of(refused[i]), &m));
	assert_false(meter_parse(STR_NONE, &m));
	assert_int_equal(m, METER_REQUEST);
	for (int i = 0; i < METER_COUNT; i++) {
		assert_non_null(meters[i].name);
		assert_non_null(meters[i].unit);
		assert_true(meter_parse(str_of(meters[i].name), &m));
		assert_int_equal(m, i); /* also: no name twice */
	}
}

static struct dec canonical(const char *token)
{
	char text[DEC_TEXT_MAX];
	struct dec d;
	struct err e;

	assert_true(dec_parse(str_of(token), &d, &e));
	(void)dec_print(&d, text);
	assert_string_equal(text, token);
	return d;
}

static void test_bands(void **state)
{
	(void)state;
	for (int i = 0; i < METER_COUNT; i++) {
		struct str name = str_of(meters[i].name);
		struct dec low = canonical(meters[i].low ? meters[i].low : "0");
		struct dec high = canonical(meters[i].high ? meters[i].high : "1000000");

		assert_true(dec_cmp(&low, &high) < 0);
		if (str_ends(name, STR("_token"))) {
			assert_string_equal(meters[i].low, "0.000000001"); /* $0.001 per 1M */
			assert_string_equal(meters[i].high, "0.001");      /* $1000 per 1M */
			assert_string_equal(meters[i].unit, "token");
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_sorted),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_not_said_is_not_no),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_from_text_refuses),
		cmocka_unit_test(test_meters),
		cmocka_unit_test(test_bands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
