#include "unit.h"

#include "core/decimal.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define TEN_ZEROS     "0000000000"
#define SIXTY_NINES   "999999999999999999999999999999999999999999999999999999999999"

/* A failing case must name itself: compare texts that begin with the input. */
#define expect(input, got, want)                                                 \
	do {                                                                     \
		char got_[400], want_[400];                                      \
		(void)snprintf(got_, sizeof(got_), "%s: %s", (input), (got));    \
		(void)snprintf(want_, sizeof(want_), "%s: %s", (input), (want)); \
		assert_string_equal(got_, want_);                                \
	} while (0)

static struct dec dec(const char *token)
{
	struct dec d;
	struct err e;

	if (!dec_parse(str_of(token), &d, &e))
		fail_msg("%s", e.text);
	return d;
}

/* The text, after a look at what the header promises of the form. */
static const char *text(const struct dec *d)
{
	static char out[DEC_TEXT_MAX];
	size_t n = dec_print(d, out);

	assert_int_equal(n, strlen(out));
	assert_true(d->n == 0 || d->limb[d->n - 1] != 0);
	assert_true(d->n > 0 || (d->scale == 0 && !d->negative));
	assert_true(d->scale == 0 || d->limb[0] % 10 != 0);
	for (size_t i = 0; i < d->n; i++)
		assert_true(d->limb[i] < 1000000000);
	return out;
}

static const struct {
	const char *token, *canonical;
} accepted[] = {
	{ "0", "0" },
	{ "-0", "0" }, /* OpenRouter, 2025-03-13 */
	{ "-0.000", "0" },
	{ "0e5", "0" },
	{ "0e-60", "0" },
	{ "1", "1" },
	{ "-1", "-1" }, /* OpenRouter: decided at call time */
	{ "0.50", "0.5" },
	{ "100", "100" },
	{ "1000000000", "1000000000" },
	{ "999999999", "999999999" },
	{ "1e9", "1000000000" },
	{ "1e-9", "0.000000001" },
	{ "1e18", "1000000000000000000" },
	{ "0.0000006", "0.0000006" },
	{ "5e-07", "0.0000005" },
	{ "4.5e-05", "0.000045" }, /* DeepInfra, cents per token */
	{ "3e-7", "0.0000003" },
	{ "5E-18", "0.000000000000000005" },
	{ "1E+2", "100" },
	{ "12.5e1", "125" },
	{ "12.5e0", "12.5" },
	{ "12.5e+0000000000000000001", "125" },
	{ "1200e-2", "12" },
	{ "0.0000006000000000000001", "0.0000006000000000000001" },
	{ "0.00000008333333333333334", "0.00000008333333333333334" }, /* 23 decimals */
	{ "0.00000020000000000000002", "0.00000020000000000000002" },
	{ "0.00000100000000000000015", "0.00000100000000000000015" }, /* 18 significant */
	{ "0.029999999700000002", "0.029999999700000002" },
	{ "0.20000000059999998", "0.20000000059999998" },
	{ "0.0000000799999993", "0.0000000799999993" },
	{ "0.15555556", "0.15555556" },
	{ "0.9299999999999999", "0.9299999999999999" },
	{ "0.21675", "0.21675" },
	{ "20000", "20000" }, /* xAI */
	{ "14000", "14000" }, /* Novita */
	{ "+1.5", "1.5" },
	{ "1.", "1" },
	{ "-1.", "-1" },
	{ ".5", "0.5" },
	{ "-.5", "-0.5" },
	{ ".0", "0" },
	{ "1.e2", "100" },
	{ "0.100000000000000000000000000000000000000000000000000000000000000000000000", "0.1" },
	{ "0.0000000000000000000000000000000000000000000000000000000000000000000000", "0" },
	{ "1e60", "1" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS },
	{ "1e-60", "0.000000000" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "1" },
	{ "10e-60", "0.00000000" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "1" },
	{ SIXTY_NINES, SIXTY_NINES },
	{ "0." SIXTY_NINES, "0." SIXTY_NINES },
	{ "123456789012345678901234567890.123456789012345678901234567890",
	  "123456789012345678901234567890.12345678901234567890123456789" },
};

static void test_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(accepted); i++) {
		struct dec d = dec(accepted[i].token);

		expect(accepted[i].token, text(&d), accepted[i].canonical);
		d = dec(accepted[i].canonical);
		expect("again", text(&d), accepted[i].canonical);
	}
}

static const struct {
	const char *token;
	enum err_kind kind;
} refused[] = {
	{ "", ERR_PARSE },
	{ "-", ERR_PARSE },
	{ "+", ERR_PARSE },
	{ ".", ERR_PARSE },
	{ "-.", ERR_PARSE },
	{ "e5", ERR_PARSE },
	{ ".e5", ERR_PARSE },
	{ "1e", ERR_PARSE },
	{ "1e+", ERR_PARSE },
	{ "1e-", ERR_PARSE },
	{ "1e5.0", ERR_PARSE },
	{ "1e+-5", ERR_PARSE },
	{ "1e5e5", ERR_PARSE },
	{ "--1", ERR_PARSE },
	{ "+-1", ERR_PARSE },
	{ "1-", ERR_PARSE },
	{ "007", ERR_PARSE },
	{ "-007", ERR_PARSE },
	{ "00", ERR_PARSE },
	{ "00.5", ERR_PARSE },
	{ "1.2.3", ERR_PARSE },
	{ "1..2", ERR_PARSE },
	{ " 1", ERR_PARSE },
	{ "1 ", ERR_PARSE },
	{ "1\n", ERR_PARSE },
	{ "1 000", ERR_PARSE },
	{ "1,5", ERR_PARSE },
	{ "1,000.00", ERR_PARSE },
	{ "1_000", ERR_PARSE },
	{ "$1", ERR_PARSE },
	{ "$0.00000055", ERR_PARSE }, /* synthetic.new: the reader takes the sign off */
	{ "1USD", ERR_PARSE },
	{ "0x1p3", ERR_PARSE },
	{ "0x10", ERR_PARSE },
	{ "1f", ERR_PARSE },
	{ "1d5", ERR_PARSE },
	{ "inf", ERR_PARSE },
	{ "-Infinity", ERR_PARSE },
	{ "nan", ERR_PARSE },
	{ "NaN", ERR_PARSE },
	{ "null", ERR_PARSE },
	{ "free", ERR_PARSE },
	{ "\xd9\xa1", ERR_PARSE }, /* ARABIC-INDIC DIGIT ONE */
	{ "\xe2\x88\x92"
	  "1",
	  ERR_PARSE }, /* MINUS SIGN */
	{ "1e61", ERR_DATA },
	{ "1e-61", ERR_DATA },
	{ "0e61", ERR_DATA },
	{ "0e999999999999", ERR_DATA },
	{ "0e-999999999999", ERR_DATA },
	{ "1e99999999999999999999999999999999", ERR_DATA },
	{ "1e-99999999999999999999999999999999", ERR_DATA },
	{ "1e18446744073709551616", ERR_DATA }, /* 2^64 is not 0 */
	{ "10e60", ERR_DATA },
	{ "0.1e-60", ERR_DATA },
	{ "9." SIXTY_NINES, ERR_DATA }, /* 61 digits */
	{ "1" SIXTY_NINES, ERR_DATA },
	{ "1" SIXTY_NINES "9", ERR_DATA },
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		struct dec d, untouched;
		struct err e = { .kind = ERR_NONE };

		memset(&d, 0xa5, sizeof(d));
		untouched = d;
		if (dec_parse(str_of(refused[i].token), &d, &e))
			fail_msg("accepted: %s", refused[i].token);
		expect(refused[i].token, err_kind_name(e.kind), err_kind_name(refused[i].kind));
		assert_memory_equal(&d, &untouched, sizeof(d));
	}
}

static void test_refuses_absent_and_nul(void **state)
{
	struct dec d;
	struct err e;

	(void)state;
	assert_false(dec_parse(STR_NONE, &d, &e));
	assert_false(dec_parse(STR("1\0"), &d, &e));
	assert_false(dec_parse(STR("1\0"
				   "2"),
			       &d, &e));
	assert_false(dec_parse(STR("\0"
				   "1"),
			       &d, &e));
	assert_false(dec_parse(STR("1e\0"
				   "2"),
			       &d, &e));
}

static void test_sentence_quotes_the_token(void **state)
{
	struct dec d;
	struct err e;

	(void)state;
	assert_false(dec_parse(STR("1\n5"), &d, &e));
	assert_string_equal(e.text, "not a number: \"1\\x0a5\"");
	assert_false(dec_parse(STR("1e61"), &d, &e));
	assert_string_equal(e.text, "exponent beyond ±60: \"1e61\"");
}

/* A slice is not NUL-terminated: nothing behind its end may be looked at. */
static void test_slices(void **state)
{
	struct str json = STR("1.5e-3,");
	static const char *const want[] = { NULL, "1", "1", "1.5", NULL, NULL, "0.0015", NULL };

	(void)state;
	for (size_t n = 0; n <= json.n; n++) {
		char *exact = test_malloc(n + 1); /* room for malloc(0) */
		struct str slice = { memcpy(exact + 1, json.at, n), n };
		struct dec d;
		struct err e;
		bool ok = dec_parse(slice, &d, &e);

		assert_int_equal(ok, want[n] != NULL);
		if (ok)
			assert_string_equal(text(&d), want[n]);
		test_free(exact);
	}
}

static void test_long_tokens(void **state)
{
	static char token[10002];
	struct dec d;
	struct err e;

	(void)state;
	memset(token, '7', sizeof(token) - 1);
	assert_false(dec_parse(str_of(token), &d, &e));
	assert_int_equal(e.kind, ERR_DATA);
	token[1] = '.';
	assert_false(dec_parse(str_of(token), &d, &e));
	assert_int_equal(e.kind, ERR_DATA);
	/* Zeros are not significant. */
	memset(token + 3, '0', sizeof(token) - 4);
	d = dec(token);
	assert_string_equal(text(&d), "7.7");
	/* As an exponent neither. */
	token[3] = 'e';
	token[sizeof(token) - 2] = '1';
	d = dec(token);
	assert_string_equal(text(&d), "77");
}

static void test_from_u64(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 999999999, "999999999" },
		{ 1000000000, "1000000000" },
		{ 1000000001, "1000000001" },
		{ UINT64_MAX, "18446744073709551615" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct dec d;

		dec_from_u64(cases[i].value, &d);
		assert_string_equal(text(&d), cases[i].text);
		assert_int_equal(dec_is_zero(&d), cases[i].value == 0);
	}
}

/* From the smallest to the largest; each equals itself and nothing else. */
static void test_order(void **state)
{
	static const char *const sorted[] = {
		"-1e60",
		"-1000000001",
		"-1000000000",
		"-2",
		"-1.5",
		"-1",
		"-1e-60",
		"0",
		"1e-60",
		"0.0000005",
		"0.00000059999999999999999",
		"0.0000006",
		"0.0000006000000000000001",
		"0.5",
		"0.999999999999999999",
		"1",
		"1.0000000000000000000000000001",
		"1.5",
		"2",
		"999999999",
		"1000000000",
		"1000000000.000000001",
		"1000000001",
		"1e59",
		SIXTY_NINES,
		"1e60",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(sorted); i++) {
		for (size_t j = 0; j < LENGTH(sorted); j++) {
			struct dec a = dec(sorted[i]), b = dec(sorted[j]);

			assert_int_equal(dec_cmp(&a, &b), (i > j) - (i < j));
		}
	}
}

static void test_equal_spellings(void **state)
{
	static const char *const pairs[][2] = {
		{ "0", "-0" },    { "0.50", "0.5" },        { "5e-07", "0.0000005" },
		{ "1E2", "100" }, { "1e60", "1000000e54" }, { "-1.0", "-1" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		struct dec a = dec(pairs[i][0]), b = dec(pairs[i][1]);
		char a_text[DEC_TEXT_MAX];

		assert_int_equal(dec_cmp(&a, &b), 0);
		(void)dec_print(&a, a_text);
		assert_string_equal(a_text, text(&b));
	}
}

static const struct {
	const char *token;
	unsigned digits;
	const char *rounded;
} roundings[] = {
	/* what providers send, and the noise declared for it */
	{ "0.029999999700000002", 7, "0.03" },
	{ "0.0799999993", 7, "0.08" },
	{ "0.20000000059999998", 7, "0.2" },
	{ "0.0000000799999993", 7, "0.00000008" },
	{ "0.9299999999999999", 12, "0.93" },
	{ "2.9999999999999996", 12, "3" },
	{ "0.0000006000000000000001", 12, "0.0000006" },
	{ "0.00000008333333333333334", 12, "0.0000000833333333333" },
	{ "0.15555556", 12, "0.15555556" },
	/* half to even */
	{ "0.5", 1, "0.5" },
	{ "1.5", 1, "2" },
	{ "2.5", 1, "2" },
	{ "-1.5", 1, "-2" },
	{ "-2.5", 1, "-2" },
	{ "2.5000000000000000000000000001", 1, "3" },
	{ "-2.5000000000000000000000000001", 1, "-3" },
	{ "2.4999999999999999999999999999", 1, "2" },
	{ "0.125", 2, "0.12" },
	{ "0.135", 2, "0.14" },
	{ "1000000000.5", 10, "1000000000" }, /* the half is a limb of its own */
	{ "1000000001.5", 10, "1000000002" },
	{ "15", 1, "20" },
	{ "25", 1, "20" },
	{ "250000000001", 1, "300000000000" },
	/* carries */
	{ "0.95", 1, "1" },
	{ "9.5", 1, "10" },
	{ "0.99999999995", 10, "1" },
	{ "999999999999999999.5", 18, "1000000000000000000" },
	{ "-99.95", 3, "-100" },
	{ "0." SIXTY_NINES, 59, "1" },
	{ SIXTY_NINES, 59, "1" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS },
	/* nothing to do */
	{ "0", 1, "0" },
	{ "1e60", 1, "1" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS },
	{ "0." SIXTY_NINES, 60, "0." SIXTY_NINES },
	{ "1e-60", 1, "0.000000000" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "1" },
};

static void test_round_significant(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(roundings); i++) {
		struct dec d = dec(roundings[i].token);

		dec_round_significant(&d, roundings[i].digits);
		expect(roundings[i].token, text(&d), roundings[i].rounded);
	}
}

static const struct {
	const char *what;
	const char *a, *num, *den;
	const char *result; /* NULL: ERR_DATA */
} conversions[] = {
	{ "USD per 1M tokens", "0.5", "1", "1000000", "0.0000005" },
	{ "USD per 1M, string", "0.25", "1", "1000000", "0.00000025" },
	{ "USD per 1K tokens", "0.001", "1", "1000", "0.000001" },
	{ "cents per token", "4.5e-05", "1", "100", "0.00000045" },
	{ "share of the input price", "0.00000045", "0.15555556", "1", "0.000000070000002" },
	{ "xAI 1e-10", "20000", "1e-10", "1", "0.000002" },
	{ "xAI as cents per 100M", "20000", "1", "10000000000", "0.000002" },
	{ "Novita 1e-4 per 1M", "14000", "1e-4", "1000000", "0.0000014" },
	{ "Novita 1e-4 per 1M", "600", "1e-4", "1000000", "0.00000006" },
	{ "near, scale 9", "850", "1e-9", "1", "0.00000085" },
	{ "near, scale 6", "850", "1e-6", "1", "0.00085" },
	{ "Helicone search x 1e6", "10000", "1", "1000000", "0.01" },
	{ "Scaleway nanos", "200000000", "1e-9", "1000000", "0.0000002" },
	{ "image 1024x1024", "1", "1", "1048576", "0.00000095367431640625" },
	{ "image 512x512", "1", "1", "262144", "0.000003814697265625" },
	{ "minute", "0.006", "1", "60", "0.0001" },
	{ "hour", "0.04", "1", "3600", "0.000011111111111111111111111111" },
	{ "third", "1", "1", "3", "0.333333333333333333333333333333" },
	{ "two thirds", "2", "1", "3", "0.666666666666666666666666666667" },
	{ "minus two thirds", "-2", "1", "3", "-0.666666666666666666666666666667" },
	{ "exact through a third", "2", "3", "6", "1" },
	{ "signs", "-1", "-1", "-4", "-0.25" },
	{ "zero", "0", "5", "3", "0" },
	{ "minus zero", "-0", "5", "-3", "0" },
	{ "times zero", "5", "0", "3", "0" },
	{ "by a power of ten below one", "5", "1", "0.001", "5000" },
	{ "by minus one", "5", "1", "-1", "-5" },
	{ "by ten limbs' worth", "1e30", "1", "1e60",
	  "0.00000000000000000000"
	  "0000000001" },
	{ "long divisor", "123456789012345678901234567890", "1", "987654321098765432109876543210",
	  "0.12499999886093750001423828125" },
	{ "long divisor, odd", "123456789012345678901234567890", "1",
	  "6913580247691358024769135802477", "0.017857142694419642859176897321" },
	{ "long divisor, exact", "121932631137021795226185032733622923332237463801111263526900",
	  "1", "987654321098765432109876543210", "123456789012345678901234567890" },
	/* half to even at the 30th decimal, once */
	{ "half, even", "25e-31", "1", "1",
	  "0.00000000000000000000"
	  "0000000002" },
	{ "half, odd", "35e-31", "1", "1",
	  "0.00000000000000000000"
	  "0000000004" },
	{ "half, negative", "-25e-31", "1", "1",
	  "-0.00000000000000000000"
	  "0000000002" },
	{ "above half", "25000001e-37", "1", "1",
	  "0.00000000000000000000"
	  "0000000003" },
	{ "half by division, even", "5e-30", "1", "2",
	  "0.00000000000000000000"
	  "0000000002" },
	{ "half by division, odd", "21e-30", "1", "6",
	  "0.00000000000000000000"
	  "0000000004" },
	{ "above half by division", "8e-30", "1", "3",
	  "0.00000000000000000000"
	  "0000000003" },
	{ "not twice", "2.4999999999999999999e-30", "1", "1",
	  "0.00000000000000000000"
	  "0000000002" },
	{ "carry", "9.9999999999999999999999999999996", "1", "1", "10" },
	/* limits */
	{ "smallest", "1e-30", "1", "1",
	  "0.00000000000000000000"
	  "0000000001" },
	{ "just does not vanish", "0.6e-30", "1", "1",
	  "0.00000000000000000000"
	  "0000000001" },
	{ "vanishes, half to even", "0.5e-30", "1", "1", NULL },
	{ "vanishes", "1e-24", "1", "10000000", NULL },
	{ "vanishes by division", "1e-30", "1", "3", NULL },
	{ "vanishes, far", "1e-60", "1e-60", "1e60", NULL },
	{ "vanishes, far, divided", "1e-60", "1e-60", "3e60", NULL },
	{ "largest", "999999999999999999999999999999", "1", "1", "999999999999999999999999999999" },
	{ "too large", "1e30", "1", "1", NULL },
	{ "full", "0." SIXTY_NINES, "1e30", "1",
	  "999999999999999999999999999999.999999999999999999999999999999" },
	/* (5e60 - 2) * 1e-30 / 5 */
	{ "too large by carry", "833333333333333333333333333333333333333333333333333333333333e-30",
	  "6", "5", NULL },
	{ "too large, far", "1e60", "1e60", "1e-60", NULL },
	{ "too large, far, divided", "1e60", "1e60", "3e-60", NULL },
	{ "back in range", "1e60", "1e-60", "1", "1" },
	{ "by zero", "1", "1", "0", NULL },
	{ "zero by zero", "0", "1", "-0", NULL },
};

static void test_mul_div(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(conversions); i++) {
		struct dec a = dec(conversions[i].a), num = dec(conversions[i].num);
		struct dec den = dec(conversions[i].den), ret;
		struct err e = { .kind = ERR_NONE };
		bool ok = dec_mul_div(&a, &num, &den, &ret, &e);

		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		expect(conversions[i].what, ok ? text(&ret) : "refused",
		       conversions[i].result ? conversions[i].result : "refused");
		assert_int_equal(dec_mul_div(&num, &a, &den, &ret, &e), ok);
	}
}

static const struct {
	const char *a, *b;
	const char *product; /* NULL: ERR_DATA */
} products[] = {
	{ "0.00000045", "0.15555556", "0.000000070000002" }, /* DeepInfra cached */
	{ "0.00000045", "1.25", "0.0000005625" },
	{ "-0.5", "2", "-1" },
	{ "-0.5", "-0.2", "0.1" },
	{ "0", "-5", "0" },
	{ "999999999", "999999999", "999999998000000001" },
	{ "1e-30", "1e-30", "0.000000000" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "1" },
	{ "1e-31", "1e-30", NULL },
	{ "1e-60", "1e-60", NULL },
	{ "1e30", "1e30", NULL },
	{ "1e60", "1e60", NULL },
	{ SIXTY_NINES, "0.1",
	  "99999999999999999999999999999"
	  "999999999999999999999999999999.9" },
	{ SIXTY_NINES, "11", NULL },
	{ SIXTY_NINES "e-60", SIXTY_NINES, NULL },
};

static void test_mul(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(products); i++) {
		struct dec a = dec(products[i].a), b = dec(products[i].b), ret;
		struct err e = { .kind = ERR_NONE };
		bool ok = dec_mul(&a, &b, &ret, &e);

		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		expect(products[i].a, ok ? text(&ret) : "refused",
		       products[i].product ? products[i].product : "refused");
	}
}

static const struct {
	const char *a, *b;
	const char *sum; /* NULL: ERR_DATA */
} sums[] = {
	{ "0.0000006000000000000001", "0.0000024", "0.0000030000000000000001" },
	{ "0.5", "0.5", "1" },
	{ "999999999999999999", "1", "1000000000000000000" },
	{ "0.999999999", "0.000000001", "1" },
	{ "0", "0", "0" },
	{ "0", "2.5", "2.5" },
	{ "1e30", "1e-29",
	  "1000000000"
	  "000000000000000000000.0000000000000000000000000000"
	  "1" },
	{ "1e60", "1e-60", NULL },
	{ SIXTY_NINES, "1", NULL },
	{ "-1", "2", NULL },
	{ "2", "-1", NULL },
};

static void test_add(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(sums); i++) {
		struct dec a = dec(sums[i].a), b = dec(sums[i].b), ret, in_place = a;
		struct err e = { .kind = ERR_NONE };
		bool ok = dec_add(&a, &b, &ret, &e);

		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		expect(sums[i].a, ok ? text(&ret) : "refused",
		       sums[i].sum ? sums[i].sum : "refused");
		assert_int_equal(dec_add(&in_place, &b, &in_place, &e), ok);
		assert_true(!ok || dec_cmp(&in_place, &ret) == 0);
	}
}

static void test_mul_div_in_place(void **state)
{
	struct dec d = dec("3"), four = dec("4");
	struct err e;

	(void)state;
	assert_true(dec_mul_div(&d, &d, &four, &d, &e));
	assert_string_equal(text(&d), "2.25");
	assert_true(dec_mul_div(&d, &d, &d, &d, &e));
	assert_string_equal(text(&d), "2.25");
}

static const struct {
	const char *a, *b;
	unsigned digits;
	const char *result; /* NULL: ERR_DATA */
} ratios[] = {
	{ "0.5", "0.25", 12, "2" },
	{ "0.25", "0.5", 12, "0.5" },
	{ "0.000003814697265625", "0.00000095367431640625", 12, "4" }, /* 512x512 / 1024x1024 */
	{ "0.0000004", "0.0000005", 12, "0.8" },
	{ "1", "3", 12, "0.333333333333" },
	{ "2", "3", 12, "0.666666666667" },
	{ "-2", "3", 12, "-0.666666666667" },
	{ "2", "-3", 1, "-0.7" },
	{ "200", "3", 12, "66.6666666667" },
	{ "1", "3", 60, "0.333333333333333333333333333333333333333333333333333333333333" },
	{ "1000000", "1", 1, "1000000" },
	{ "1234567", "1", 3, "1230000" },
	{ "1", "8", 2, "0.12" }, /* 0.125, half to even */
	{ "3", "8", 2, "0.38" }, /* 0.375 */
	{ "999999999999.6", "1", 12, "1000000000000" },
	{ "0.9999999999996", "1", 12, "1" },
	{ "0.00000060000000000000", "0.0000006000000000000001", 12, "1" },
	{ "44238", "0.44", 12, "100540.909091" },
	{ "0", "5", 12, "0" },
	{ "-0", "-5", 12, "0" },
	{ "5", "0", 12, NULL },
	{ "0", "0", 12, NULL },
	{ "1e-30", "1e30", 1, "0.000000000" TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS TEN_ZEROS "1" },
	{ "1e-31", "1e30", 1, NULL },
	{ "1e-60", "3", 12, NULL },
	{ "1e-60", "1e60", 60, NULL },
	{ "9e29", "1", 12, "900000000000000000000000000000" },
	{ "1e30", "1", 12, NULL },
	{ "1e60", "1e-60", 12, NULL },
	{ "1e60", "3e59", 3, "3.33" },
};

static void test_ratio(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ratios); i++) {
		struct dec a = dec(ratios[i].a), b = dec(ratios[i].b), ret;
		struct err e = { .kind = ERR_NONE };
		bool ok = dec_ratio(&a, &b, ratios[i].digits, &ret, &e);

		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_DATA);
		expect(ratios[i].a, ok ? text(&ret) : "refused",
		       ratios[i].result ? ratios[i].result : "refused");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_absent_and_nul),
		cmocka_unit_test(test_sentence_quotes_the_token),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_long_tokens),
		cmocka_unit_test(test_from_u64),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_equal_spellings),
		cmocka_unit_test(test_round_significant),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_mul),
		cmocka_unit_test(test_mul_div),
		cmocka_unit_test(test_mul_div_in_place),
		cmocka_unit_test(test_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
