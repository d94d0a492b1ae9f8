/*
 * Prices that depend on their row: fields that are read only where a test holds,
 * factors, parts taken off, tiers; and rows that stand inside others.
 */
#include "reading.h"

#define MODEL(id, prices)          "\n{\"id\":\"" id "\",\"prices\":[" prices "]}"
#define PRICE(meter, when, amount) "[\"" meter "\",\"" when "\",\"priced\",\"" amount "\",\"USD\"]"
#define FREE(meter, when)          "[\"" meter "\",\"" when "\",\"free\",\"0\",\"USD\"]"
#define DYNAMIC(meter, when)       "[\"" meter "\",\"" when "\",\"dynamic\",null,\"USD\"]"
#define END                        "\n]}\n"

/* ---- tests ---- */

static void test_words_of_a_test(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"capabilities\":{\"vision\":{\"at\":\"/type\",\"is\":[\"vlm\",\"omni\"]},"
		"\"reasoning\":{\"at\":\"/tags\",\"mentions\":\"thinks\"},"
		"\"streaming\":{\"at\":\"/tags\",\"has\":\"sse\"}}",
		"", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"type\":\"vlm\",\"tags\":[\"thinks\"]},"
		"{\"id\":\"b\",\"type\":\"omni\",\"tags\":[\"sse\"]},"
		"{\"id\":\"c\",\"type\":\"chat\",\"tags\":[]},"
		"{\"id\":\"d\",\"type\":\"vl\",\"tags\":null},{\"id\":\"e\",\"type\":null},{\"id\":\"f\"},"
		"{\"id\":\"g\",\"type\":1},{\"id\":\"h\",\"type\":[\"vlm\"]},{\"id\":\"i\",\"tags\":\"thinks\"}]",
		ACME "\n{\"id\":\"a\",\"capabilities\":[\"reasoning\",\"!streaming\",\"vision\"]},"
		     "\n{\"id\":\"b\",\"capabilities\":[\"streaming\",\"vision\"]},"
		     "\n{\"id\":\"c\",\"capabilities\":[\"!streaming\",\"!vision\"]},"
		     "\n{\"id\":\"d\",\"capabilities\":[\"!vision\"]},"
		     "\n{\"id\":\"e\"},\n{\"id\":\"f\"}" END "rows 9\n"
		     "skip g: /type is a number, a string was expected\n"
		     "skip h: /type is an array, a string was expected\n"
		     "skip i: /tags is a string, an array was expected\n");
}

/* ---- when ---- */

static const char by_type[] =
	"\"closed\":[\"/p\"],\"price_defaults\":{\"unit\":\"USD per 1M tokens\"},\"prices\":["
	"{\"meter\":\"input_token\",\"at\":\"/p/in\",\"when\":{\"at\":\"/type\",\"is\":[\"chat\",\"code\"]}},"
	"{\"meter\":\"input_character\",\"at\":\"/p/in\",\"unit\":\"USD per 1M characters\","
	"\"sentinels\":{\"0\":\"unpublished\"},\"when\":{\"at\":\"/type\",\"is\":\"audio\"}},"
	"{\"meter\":\"output_token\",\"at\":\"/p/out\",\"when\":{\"at\":\"/type\",\"is\":\"chat\"}}]";

/* What no field takes is told, once a row however many fields might have; zero and null are not. */
static void test_when(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		provider(by_type, "", &a),
		"[{\"id\":\"a\",\"type\":\"chat\",\"p\":{\"in\":1,\"out\":2}},"
		"{\"id\":\"b\",\"type\":\"audio\",\"p\":{\"in\":3,\"out\":0}},"
		"{\"id\":\"c\",\"type\":\"audio\",\"p\":{\"in\":0,\"out\":null}},"
		"{\"id\":\"d\",\"type\":\"image\",\"p\":{\"in\":4,\"out\":5}},"
		"{\"id\":\"e\",\"p\":{\"in\":\"6\",\"out\":\"0.00\"}},"
		"{\"id\":\"f\",\"type\":\"code\",\"p\":{\"in\":0,\"out\":\"soon\"}},"
		"{\"id\":\"g\",\"type\":7,\"p\":{\"in\":1}},{\"id\":\"h\",\"type\":7}]",
		ACME MODEL("a", PRICE("input_token", "", "0.000001") "," PRICE("output_token", "", "0.000002")) "," MODEL(
			"b",
			PRICE("input_character", "",
			      "0.000003")) ",\n{\"id\":\"c\"},\n{\"id\":\"d\"},"
					   "\n{\"id\":\"e\"}," MODEL(
						   "f",
						   FREE("input_token",
							"")) ",\n{\"id\":\"h\"}" END
							     "rows 8\nskip g: /type is a number, a string was expected\n"
							     "note /p/in in 2 rows: no price that rows of this kind have, not read\n"
							     "note /p/out in 2 rows: no price that rows of this kind have, not read\n");
}

/* Required where it is read at all; one meter may come from two places that exclude each other. */
static void test_when_and_required(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"price_defaults\":{\"unit\":\"USD per token\"},\"prices\":["
		"{\"meter\":\"input_token\",\"at\":\"/x\",\"required\":true,"
		"\"when\":{\"at\":\"/type\",\"is\":\"x\"}},"
		"{\"meter\":\"input_token\",\"at\":\"/y\",\"when\":{\"at\":\"/type\",\"is\":[\"y\",\"z\"]}}]",
		"", &a);

	(void)state;
	assert_reads(d,
		     "[{\"id\":\"a\",\"type\":\"x\",\"x\":1},{\"id\":\"b\",\"type\":\"z\",\"y\":2},"
		     "{\"id\":\"c\",\"type\":\"x\",\"y\":3},{\"id\":\"d\"}]",
		     ACME MODEL("a", PRICE("input_token", "", "1")) "," MODEL(
			     "b", PRICE("input_token", "", "2")) ",\n{\"id\":\"d\"}" END "rows 4\n"
								 "skip c: /x is missing\n");
}

/* A key of an override is read where the row's own is. */
static void test_when_in_overrides(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"price_defaults\":{\"unit\":\"USD per token\"},\"prices\":["
		"{\"meter\":\"input_token\",\"at\":\"/p/in\",\"when\":{\"at\":\"/type\",\"is\":\"chat\"}}],"
		"\"overrides\":{\"at\":\"/p/more\",\"keys_of\":\"/p\",\"conditions\":{\"above\":\"/above\"}}",
		"", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"type\":\"chat\",\"p\":{\"in\":1,\"more\":[{\"above\":9,\"in\":2}]}},"
		"{\"id\":\"b\",\"type\":\"image\",\"p\":{\"in\":0,\"more\":[{\"above\":9,\"in\":2}]}}]",
		ACME MODEL(
			"a",
			PRICE("input_token", "", "1") "," PRICE(
				"input_token", "[>9]",
				"2")) ",\n{\"id\":\"b\"}" END
				      "rows 2\nnote /in in 1 row: no price that rows of this kind have, not read\n");
}

static void test_zero_unpublished_if(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"prices\":[{\"meter\":\"output_token\",\"at\":\"/p\",\"unit\":\"USD per token\","
		"\"zero_unpublished_if\":{\"at\":\"/type\",\"is\":\"embedding\"}}]",
		"", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"p\":0,\"type\":\"embedding\"},{\"id\":\"b\",\"p\":0,\"type\":\"chat\"},"
		"{\"id\":\"c\",\"p\":0},{\"id\":\"d\",\"p\":1,\"type\":\"embedding\"}]",
		ACME "\n{\"id\":\"a\"}," MODEL("b", FREE("output_token", "")) "," MODEL(
			"c", FREE("output_token", "")) "," MODEL("d", PRICE("output_token", "",
									    "1")) END "rows 4\n");
}

/* ---- words, counts, dates ---- */

static const struct descriptor *with_fields(const char *fields, struct arena *a)
{
	struct descriptor *d = arena_new(a, struct descriptor);
	struct err e;

	if (!descriptor_parse(
		    arena_printf(
			    a,
			    "{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
			    "\"auth\":{\"form\":\"none\"},\"lists\":[{\"name\":\"models\","
			    "\"url\":\"https://a.test/models\",\"fields\":{\"id\":\"/id\",%s}}]}",
			    fields),
		    STR("test"), a, d, &e))
		fail_msg("%s", e.text);
	return d;
}

static void test_words(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		with_fields("\"modality\":{\"at\":[\"/kind\",\"/type\"],\"words\":"
			    "{\"chat\":\"text->text\",\"stt\":\"audio->text\",\"tool\":null}}",
			    &a),
		"[{\"id\":\"a\",\"type\":\"chat\"},{\"id\":\"b\",\"kind\":\"stt\",\"type\":\"chat\"},"
		"{\"id\":\"c\",\"type\":\"Chat\"},{\"id\":\"d\",\"type\":\"smell\"},"
		"{\"id\":\"e\",\"type\":\"smell\"},{\"id\":\"f\",\"type\":\"\"},{\"id\":\"g\"},"
		"{\"id\":\"h\",\"type\":null},{\"id\":\"i\",\"type\":5},{\"id\":\"j\",\"type\":\"tool\"}]",
		ACME
		"\n{\"id\":\"a\",\"modality\":\"text->text\"},"
		"\n{\"id\":\"b\",\"modality\":\"audio->text\"},"
		"\n{\"id\":\"c\"},\n{\"id\":\"d\"},\n{\"id\":\"e\"},\n{\"id\":\"f\"},\n{\"id\":\"g\"},"
		"\n{\"id\":\"h\"},\n{\"id\":\"j\"}" END "rows 10\n"
		"skip i: /type is a number, a string was expected\n"
		"note unknown word \"Chat\" at /type in 1 row: taken as not said\n"
		"note unknown word \"smell\" at /type in 2 rows: taken as not said\n");
}

/* A provider that makes up a word for each row fills no report with them. */
static void test_many_unknown_words(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 20);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	buf_printf(&text, "[");
	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "%s{\"id\":\"m%d\",\"type\":\"w%d\",\"p\":{\"in\":1}}",
			   i ? "," : "", i, i);
	buf_printf(&text, "]");
	assert_true(document_add(&docs, 0, buf_str(&text), &e));
	assert_true(reader_read(
		with_fields("\"modality\":{\"at\":\"/type\",\"words\":{\"x\":\"y\"}}", &a),
		docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.n, 3000);
	assert_int_equal(r.n_notes, 32);
}

static void test_counts(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		with_fields("\"context_length\":{\"at\":\"/n\",\"absent\":[\"0\",\"none\"]}", &a),
		"[{\"id\":\"a\",\"n\":0},{\"id\":\"b\",\"n\":\"none\"},{\"id\":\"c\",\"n\":10},"
		"{\"id\":\"d\",\"n\":null},{\"id\":\"e\",\"n\":\"10\"},{\"id\":\"f\",\"n\":1.5},"
		"{\"id\":\"g\",\"n\":-1}]",
		ACME "\n{\"id\":\"a\"},\n{\"id\":\"b\"},\n{\"id\":\"c\",\"context_length\":10},"
		     "\n{\"id\":\"d\"}" END "rows 7\n"
		     "skip e: /n is a string, a whole number was expected\n"
		     "skip f: /n: 1.5 is not a whole number in range\n"
		     "skip g: /n: -1 is not a whole number in range\n");
}

static void test_date_of_two_forms(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		with_fields("\"deprecated_at\":{\"at\":\"/t\",\"format\":\"unix_or_rfc3339\","
			    "\"absent\":[\"0\"]}",
			    &a),
		"[{\"id\":\"a\",\"t\":1798675200},{\"id\":\"b\",\"t\":\"2026-12-31T01:30:00+01:30\"},"
		"{\"id\":\"c\",\"t\":0},{\"id\":\"d\",\"t\":\"1798675200\"},{\"id\":\"e\",\"t\":true}]",
		ACME
		"\n{\"id\":\"a\",\"deprecated_at\":\"2026-12-31T00:00:00.000Z\"},"
		"\n{\"id\":\"b\",\"deprecated_at\":\"2026-12-31T00:00:00.000Z\"},\n{\"id\":\"c\"}" END
		"rows 5\nskip d: /t: \"1798675200\" is not an RFC 3339 time\n"
		"skip e: /t: a boolean is not a time since 1970\n");
}

/* ---- per ---- */

static const char per_step[] =
	"\"prices\":[{\"meter\":\"image_pixel_step\",\"at\":\"/c\",\"unit\":\"USD per pixel step\","
	"\"sentinels\":{\"-1\":\"dynamic\",\"0\":\"unpublished\"},\"per\":[\"/w\",\"/h\",\"/n\"]}]";

static void test_per(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		provider(per_step, "", &a),
		"[{\"id\":\"a\",\"c\":1,\"w\":1024,\"h\":1024,\"n\":1},"
		"{\"id\":\"b\",\"c\":\"0.5\",\"w\":10,\"h\":10,\"n\":5},"
		"{\"id\":\"c\",\"c\":1,\"w\":3,\"h\":1,\"n\":1},"
		"{\"id\":\"d\",\"c\":1,\"w\":null,\"h\":1,\"n\":1},{\"id\":\"e\",\"c\":1,\"w\":1,\"h\":1},"
		"{\"id\":\"f\",\"c\":1,\"w\":1,\"h\":0,\"n\":1},{\"id\":\"g\",\"c\":0,\"w\":1,\"h\":null},"
		"{\"id\":\"h\",\"c\":-1,\"w\":1,\"h\":1,\"n\":1},{\"id\":\"i\",\"c\":null},"
		"{\"id\":\"j\",\"c\":1,\"w\":-2,\"h\":1,\"n\":1},{\"id\":\"k\",\"c\":1,\"w\":1.5,\"h\":1,\"n\":1},"
		"{\"id\":\"l\",\"c\":1,\"w\":\"2\",\"h\":1,\"n\":1},{\"id\":\"m\",\"c\":1,\"w\":{},\"h\":1,\"n\":1},"
		"{\"id\":\"n\",\"c\":-3,\"w\":1,\"h\":1,\"n\":1},"
		"{\"id\":\"o\",\"c\":1,\"w\":1e40,\"h\":1e40,\"n\":1}]",
		ACME MODEL("a", PRICE("image_pixel_step", "", "0.00000095367431640625")) "," MODEL("b", PRICE("image_pixel_step", "", "0.001")) "," MODEL(
			"c",
			PRICE("image_pixel_step", "",
			      "0.333333333333333333333333333333")) ","
								   "\n{\"id\":\"d\"},\n{\"id\":\"e\"},\n{\"id\":\"f\"},\n{\"id\":\"g\"}," MODEL(
									   "h",
									   DYNAMIC("image_pixel_step",
										   "")) ",\n{\"id\":\"i\"}" END
											"rows 15\n"
											"skip j: /c: /w: -2 is not a positive whole number\n"
											"skip k: /c: /w: 1.5 is not a positive whole number\n"
											"skip l: /c: /w is a string, a whole number was expected\n"
											"skip m: /c: /w is an object, a whole number was expected\n"
											"skip n: /c: a negative price that the descriptor does not explain\n"
											"skip o: /c: a product of more than 60 digits before or behind the point\n"
											"note /c in 1 row: unpublished, /w is absent or 0\n"
											"note /c in 1 row: unpublished, /n is absent or 0\n"
											"note /c in 1 row: unpublished, /h is absent or 0\n");
}

/* The same dollar for a quarter of the pixels is four times the price. */
static void test_smaller_image_is_dearer(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = built_in(STR("deepinfra"), &a);
	struct dec amounts[2];
	struct dec rise;
	struct err e;
	char text[DEC_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		DOCUMENTS_AUTO(docs);
		struct reading r = { .rows = 0 };
		int side = i ? 512 : 1024;

		assert_true(document_add(
			&docs, 0,
			arena_printf(
				&a,
				"[{\"model_name\":\"acme/a\",\"type\":\"text-to-image\",\"pricing\":{"
				"\"cents_per_image_unit\":100,\"default_width\":%d,"
				"\"default_height\":%d,\"default_iterations\":1}}]",
				side, side),
			&e));
		assert_true(reader_read(d, docs.lists, &a, &r, &e));
		assert_int_equal(r.catalog.n, 1);
		assert_int_equal(r.catalog.models[0].n_prices, 1);
		assert_int_equal(r.catalog.models[0].prices[0].meter, METER_IMAGE_PIXEL_STEP);
		assert_true(dec_parse(r.catalog.models[0].prices[0].amount, &amounts[i], &e));
	}
	assert_true(dec_ratio(&amounts[1], &amounts[0], 12, &rise, &e));
	dec_print(&rise, text);
	assert_string_equal(text, "4");
}

/* ---- less, until ---- */

static const char discounted[] =
	"\"price_defaults\":{\"unit\":\"USD per token\",\"sentinels\":{\"-1\":\"dynamic\"}},\"prices\":["
	"{\"meter\":\"input_token\",\"at\":\"/p\"},{\"meter\":\"input_token\",\"at\":\"/p\","
	"\"condition\":\"[discount]\",\"less\":\"/off\","
	"\"until\":{\"at\":\"/end\",\"format\":\"unix_or_rfc3339\"}}]";

static void test_less(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		provider(discounted, "", &a),
		"[{\"id\":\"a\",\"p\":2,\"off\":0.25},{\"id\":\"b\",\"p\":\"0.3\",\"off\":\"0.1005\"},"
		"{\"id\":\"c\",\"p\":2,\"off\":0},{\"id\":\"d\",\"p\":2,\"off\":null},{\"id\":\"e\",\"p\":2},"
		"{\"id\":\"f\",\"off\":0.5},{\"id\":\"g\",\"p\":0,\"off\":0.5},{\"id\":\"h\",\"p\":-1,\"off\":0.5},"
		"{\"id\":\"i\",\"p\":2,\"off\":1},{\"id\":\"j\",\"p\":2,\"off\":-0.1},"
		"{\"id\":\"k\",\"p\":2,\"off\":25},{\"id\":\"l\",\"p\":2,\"off\":\"half\"},"
		"{\"id\":\"m\",\"p\":2,\"off\":{}}]",
		ACME MODEL("a", PRICE("input_token", "", "2") "," PRICE("input_token", "[discount]", "1.5")) "," MODEL(
			"b",
			PRICE("input_token", "", "0.3") "," PRICE(
				"input_token", "[discount]",
				"0.26985")) "," MODEL("c",
						      PRICE("input_token", "",
							    "2")) "," MODEL("d",
									    PRICE("input_token", "",
										  "2")) "," MODEL("e",
												  PRICE("input_token",
													"",
													"2")) ",\n{\"id\":\"f\"}," MODEL("g",
																	 FREE("input_token", "") "," FREE(
																		 "input_token",
																		 "[discount]")) "," MODEL("h",
																					  DYNAMIC("input_token",
																						  ""))
			END
		"rows 13\n"
		"skip i: /p: /off: 1 is not a part of 1\nskip j: /p: /off: -0.1 is not a part of 1\n"
		"skip k: /p: /off: 25 is not a part of 1\nskip l: /p: /off: not a number: \"half\"\n"
		"skip m: /p: /off is an object, a number was expected\n");
}

static void test_until(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("[{\"id\":\"a\",\"p\":2,\"off\":0.5,\"end\":1798675200},"
		    "{\"id\":\"b\",\"p\":2,\"off\":0.5,\"end\":\"2026-12-31T00:00:00Z\"},"
		    "{\"id\":\"c\",\"p\":2,\"off\":0.5}]"),
		&e));
	assert_true(reader_read(provider(discounted, "", &a), docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r.catalog.models[i].n_prices, 2);
		assert_int_equal(r.catalog.models[i].prices[0].valid_to_ms, CLOCK_NONE);
		assert_int_equal(r.catalog.models[i].prices[1].valid_to_ms,
				 i < 2 ? 1798675200000 : CLOCK_NONE);
	}
}

/* An end that is none costs the row nothing else: what is charged until then is known. */
static void test_until_that_is_no_date(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(provider(discounted, "", &a),
		     "[{\"id\":\"a\",\"p\":2,\"off\":0.5,\"end\":\"2026-12-31T00:00:00\"},"
		     "{\"id\":\"b\",\"p\":2,\"off\":0.5,\"end\":1798675200.5},"
		     "{\"id\":\"c\",\"p\":2,\"off\":0,\"end\":\"soon\"}]",
		     ACME MODEL("a",
				PRICE("input_token", "", "2") "," PRICE(
					"input_token", "[discount]",
					"1")) "," MODEL("b",
							PRICE("input_token", "", "2") "," PRICE(
								"input_token", "[discount]",
								"1")) "," MODEL("c",
										PRICE("input_token",
										      "", "2")) END
		     "rows 3\nnote /p in 2 rows: /end is not a date, its end taken as not said\n");
}

/* Two numbers below zero do not make a price. */
static void test_times_below_zero(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(provider("\"prices\":[{\"meter\":\"cached_input_token\",\"at\":\"/f\","
			      "\"unit\":\"USD per token\",\"times\":\"/p\"}]",
			      "", &a),
		     "[{\"id\":\"a\",\"f\":-0.5,\"p\":-2},{\"id\":\"b\",\"f\":0.5,\"p\":-2},"
		     "{\"id\":\"c\",\"f\":0.5,\"p\":[2]}]",
		     ACME "\n]}\nrows 3\n"
			  "skip a: /f: a negative price that the descriptor does not explain\n"
			  "skip b: /f: a negative price that the descriptor does not explain\n"
			  "skip c: /f: /p is an array, a number was expected\n");
}

/* ---- tiers ---- */

static const char tiered[] =
	"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\",\"unit\":\"USD per token\","
	"\"sentinels\":{\"0\":\"unpublished\"},"
	"\"tiers\":{\"at\":\"/t\",\"cost\":\"/cost\",\"from\":\"/min\",\"to\":\"/max\"}}]";

static void test_tiers(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(tiered, "", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"p\":\"1\",\"t\":[{\"cost\":\"1.0\",\"max\":200},{\"cost\":\"2\",\"min\":2e2}]},"
		"{\"id\":\"b\",\"t\":[{\"cost\":1,\"min\":0,\"max\":9},{\"cost\":2,\"min\":9,\"max\":20},"
		"{\"cost\":3,\"min\":20,\"max\":50}]},"
		"{\"id\":\"c\",\"t\":[{\"cost\":2,\"min\":9},{\"cost\":1,\"min\":0,\"max\":9}]},"
		"{\"id\":\"d\",\"p\":5,\"t\":[]},{\"id\":\"e\",\"p\":5,\"t\":null},"
		"{\"id\":\"f\",\"p\":5,\"t\":[{\"cost\":5,\"min\":null,\"max\":null}]},"
		"{\"id\":\"g\",\"p\":0,\"t\":[{\"cost\":0,\"max\":9},{\"cost\":1,\"min\":9}]}]",
		ACME MODEL("a", PRICE("input_token", "", "1") "," PRICE("input_token", "[>=200]", "2")) "," MODEL(
			"b",
			PRICE("input_token", "", "1") "," PRICE("input_token", "[>=20]", "3") "," PRICE(
				"input_token", "[>=9]",
				"2")) "," MODEL("c",
						PRICE("input_token", "", "1") "," PRICE(
							"input_token", "[>=9]",
							"2")) "," MODEL("d",
									PRICE("input_token", "",
									      "5")) "," MODEL("e",
											      PRICE("input_token",
												    "",
												    "5")) "," MODEL("f",
														    PRICE("input_token",
															  "",
															  "5")) "," MODEL("g",
																	  PRICE("input_token",
																		"[>=9]",
																		"1"))
			END "rows 7\n");
}

static void test_tiers_that_are_none(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		provider(tiered, "", &a),
		"[{\"id\":\"gap\",\"t\":[{\"cost\":1,\"max\":200},{\"cost\":2,\"min\":201}]},"
		"{\"id\":\"overlap\",\"t\":[{\"cost\":1,\"max\":201},{\"cost\":2,\"min\":200}]},"
		"{\"id\":\"open\",\"t\":[{\"cost\":1},{\"cost\":2,\"min\":200}]},"
		"{\"id\":\"twice\",\"t\":[{\"cost\":1,\"max\":9},{\"cost\":2,\"max\":9}]},"
		"{\"id\":\"late\",\"p\":1,\"t\":[{\"cost\":2,\"min\":200}]},"
		"{\"id\":\"backwards\",\"t\":[{\"cost\":1,\"min\":9,\"max\":9}]},"
		"{\"id\":\"other\",\"p\":3,\"t\":[{\"cost\":1,\"max\":9},{\"cost\":2,\"min\":9}]},"
		"{\"id\":\"zero\",\"p\":0,\"t\":[{\"cost\":1}]},"
		"{\"id\":\"costless\",\"t\":[{\"min\":0}]},{\"id\":\"null\",\"t\":[{\"cost\":null}]},"
		"{\"id\":\"word\",\"t\":[{\"cost\":\"x\"}]},{\"id\":\"negative\",\"t\":[{\"cost\":-2}]},"
		"{\"id\":\"text\",\"t\":[{\"cost\":1,\"max\":\"9\"}]},"
		"{\"id\":\"key\",\"t\":[{\"cost\":1,\"region\":\"eu\"}]},"
		"{\"id\":\"no-array\",\"t\":{}},{\"id\":\"no-object\",\"t\":[1]}]",
		ACME
		"\n{\"id\":\"zero\",\"prices\":[[\"input_token\",\"\",\"priced\",\"1\",\"USD\"]]}"
		"\n]}\nrows 16\n"
		"skip gap: /t: the tier from 201 does not begin where the one before ends\n"
		"skip overlap: /t: the tier from 200 does not begin where the one before ends\n"
		"skip open: /t: the tier from 200 does not begin where the one before ends\n"
		"skip twice: /t: the tier from 0 does not begin where the one before ends\n"
		"skip late: /t: the first tier begins at 200, not at 0\n"
		"skip backwards: /t/0: a tier that ends before it begins\n"
		"skip other: /t/0: the tier from 0 is not what /p says\n"
		"skip costless: /t/0: /cost is missing\nskip null: /t/0: /cost is missing\n"
		"skip word: /t/0: /cost: not a number: \"x\"\n"
		"skip negative: /t/0: /cost: a negative price that the descriptor does not explain\n"
		"skip text: /t/0: /max is not a whole number in range\n"
		"skip key: /t/0: unknown key \"region\"\n"
		"skip no-array: /t is an object, an array was expected\n"
		"skip no-object: /t/0 is a number, an object was expected\n");
}

static void test_source_of_tiers(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("[{\"id\":\"a\",\"p\":1,\"t\":[{\"cost\":\"1\",\"max\":9},{\"cost\":\"2.0\",\"min\":9}]}]"),
		&e));
	assert_true(reader_read(provider(tiered, "", &a), docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.models[0].n_prices, 2);
	assert_string_equal(r.catalog.models[0].prices[0].source.at, "models#/p");
	assert_string_equal(r.catalog.models[0].prices[1].source.at, "models#/t");
	assert_true(str_eq(r.catalog.models[0].prices[1].raw, STR("2.0")));
}

static void test_too_many_tiers(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 10000);

	(void)state;
	buf_printf(&text, "[{\"id\":\"a\",\"t\":[");
	for (int i = 0; i < 33; i++)
		buf_printf(&text, "%s{\"cost\":1,\"min\":%d,\"max\":%d}", i ? "," : "", i, i + 1);
	buf_printf(&text, "]}]");
	assert_reads(provider(tiered, "", &a), text.at,
		     ACME "\n]}\nrows 1\nskip a: /t holds more than 32 tiers\n");
}

/* Tiers of a price that is not read are not read, and told. */
static void test_tiers_where_nothing_is_read(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\",\"unit\":\"USD per token\","
		"\"when\":{\"at\":\"/type\",\"is\":\"chat\"},"
		"\"tiers\":{\"at\":\"/t\",\"cost\":\"/cost\",\"from\":\"/min\",\"to\":\"/max\"}}]",
		"", &a);

	(void)state;
	assert_reads(d,
		     "[{\"id\":\"a\",\"type\":\"image\",\"t\":[{\"cost\":1}]},"
		     "{\"id\":\"b\",\"type\":\"image\",\"t\":[]}]",
		     ACME "\n{\"id\":\"a\"},\n{\"id\":\"b\"}" END "rows 2\n"
			  "note /t in 1 row: no price that rows of this kind have, not read\n");
}

/* ---- rows inside rows ---- */

static const struct descriptor *nested(struct arena *a)
{
	struct descriptor *d = arena_new(a, struct descriptor);
	struct err e;

	if (!descriptor_parse(
		    STR("{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
			"\"auth\":{\"form\":\"none\"},\"lists\":[{\"name\":\"models\","
			"\"url\":\"https://a.test/models\",\"rows\":\"/data\",\"total\":\"/n\","
			"\"each\":\"/flavors\",\"fields\":{\"id\":\"/id\",\"name\":[\"/name\",\"../name\"]},"
			"\"capabilities\":{\"vision\":{\"at\":\"../type\",\"is\":\"vlm\"}},"
			"\"keep\":{\"status\":\"../status\"},"
			"\"prices\":[{\"meter\":\"output_token\",\"at\":\"/p\",\"unit\":\"USD per token\","
			"\"zero_unpublished_unless\":{\"at\":\"../type\",\"is\":[\"vlm\",\"llm\"]}}],"
			"\"closed\":[\"../deep\"]}]}"),
		    STR("test"), a, d, &e))
		fail_msg("%s", e.text);
	return d;
}

static void test_rows_in_rows(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		nested(&a),
		"{\"data\":[{\"name\":\"A\",\"type\":\"vlm\",\"flavors\":[{\"id\":\"a1\",\"p\":0},"
		"{\"id\":\"a2\",\"name\":\"Own\",\"p\":2}]},"
		"{\"name\":\"B\",\"type\":\"embedding\",\"deep\":{\"x\":1},\"flavors\":[{\"id\":\"b1\",\"p\":0}]},"
		"{\"name\":\"C\",\"flavors\":null},{\"name\":\"D\",\"flavors\":[]},{\"name\":\"E\"}],\"n\":3}",
		ACME
		"\n{\"id\":\"a1\",\"name\":\"A\",\"capabilities\":[\"vision\"],\"prices\":[" FREE(
			"output_token",
			"") "]},\n{\"id\":\"a2\",\"name\":\"Own\",\"capabilities\":[\"vision\"],"
			    "\"prices\":[" PRICE(
				    "output_token", "",
				    "2") "]},"
					 "\n{\"id\":\"b1\",\"name\":\"B\",\"capabilities\":[\"!vision\"]}" END
					 "rows 3\n"
					 "note unknown key \"x\" under ../deep in 1 row: not read\n");
}

static void test_rows_in_rows_that_are_none(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_reads(
		nested(&a),
		"{\"data\":[{\"flavors\":{}},{\"flavors\":\"x\"},7,{\"flavors\":[],\"flavors\":[]},"
		"{\"type\":\"llm\",\"type\":\"vlm\",\"flavors\":[{\"id\":\"a\"}]},"
		"{\"type\":1,\"flavors\":[{\"id\":\"b\"}]},{\"name\":5,\"flavors\":[{\"id\":\"c\"}]},"
		"{\"flavors\":[1,{\"id\":\"d\",\"p\":\"x\"},{\"id\":\"e\",\"p\":1}]}]}",
		ACME MODEL("e", PRICE("output_token", "", "1")) END
		"rows 6\n"
		"skip: ../flavors is an object, an array was expected\n"
		"skip: ../flavors is a string, an array was expected\n"
		"skip: the row is a number, an object was expected\n"
		"skip: key ../flavors stands twice\nskip: key ../type stands twice\n"
		"skip b: ../type is a number, a string was expected\n"
		"skip c: ../name is a number, a string was expected\n"
		"skip: the row is a number, an object was expected\n"
		"skip d: /p: not a number: \"x\"\n");
}

/* Many, so that the list is read in slices whose rows are of different numbers. */
static void test_many_rows_in_rows(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 20);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;
	size_t n = 0;

	(void)state;
	buf_printf(&text, "{\"data\":[");
	for (size_t i = 0; i < 2000; i++) {
		buf_printf(&text, "%s{\"type\":\"llm\",\"status\":\"s%zu\",\"flavors\":[",
			   i ? "," : "", i);
		for (size_t k = 0; k < i % 4; k++)
			buf_printf(&text, "%s{\"id\":\"m%05zu\",\"p\":%zu}", k ? "," : "", n++,
				   i + 1);
		buf_printf(&text, "]}");
	}
	buf_printf(&text, "]}");
	assert_true(document_add(&docs, 0, buf_str(&text), &e));
	assert_true(reader_read(nested(&a), docs.lists, &a, &r, &e));
	assert_int_equal(r.rows, n);
	assert_int_equal(r.catalog.n, n);
	n = 0;
	for (size_t i = 0; i < 2000; i++) {
		for (size_t k = 0; k < i % 4; k++, n++) {
			const struct model *m = &r.catalog.models[n];

			assert_string_equal(m->id.at, arena_printf(&a, "m%05zu", n).at);
			assert_true(
				str_eq(m->metadata, arena_printf(&a, "{\"status\":\"s%zu\"}", i)));
			assert_true(str_eq(m->prices[0].amount, arena_printf(&a, "%zu", i + 1)));
		}
	}
}

/* A small document must not become a large one by what every row repeats of the row around. */
static void test_rows_that_repeat_much(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 20);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	buf_printf(&text, "{\"data\":[{\"status\":\"%0200000d\",\"flavors\":[", 0);
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s{\"id\":\"m%d\"}", i ? "," : "", i);
	buf_printf(&text, "]}]}");
	assert_true(document_add(&docs, 0, buf_str(&text), &e));
	assert_true(reader_read(nested(&a), docs.lists, &a, &r, &e));
	assert_in_range(r.catalog.n, 300, 400);
	assert_int_equal(r.catalog.n + r.n_skips, 1000);
	assert_int_equal(r.n_nameless, r.n_skips);
	assert_true(a.taken < (size_t)80 << 20);
}

/* ---- what is kept besides, of several lists ---- */

static void test_metadata_is_joined(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = provider(
		"\"keep\":{\"k\":\"/k\",\"own\":\"/own\"}",
		",{\"name\":\"extra\",\"url\":\"https://a.test/x\",\"required\":false,\"fields\":"
		"{\"id\":\"/id\"},\"keep\":{\"k\":\"/k\",\"status\":\"/status\"}}",
		&a);
	struct model observed = { .id = STR("a"),
				  .created_ms = CLOCK_NONE,
				  .metadata = STR("{\"k\":9,\"gone\":1,\"status\":\"old\"}") };
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0, STR("[{\"id\":\"a\",\"k\":1,\"own\":[2.50]},{\"id\":\"b\"}]"), &e));
	assert_true(document_add(
		&docs, 1, STR("[{\"id\":\"a\",\"k\":3,\"status\":\"up\"},{\"id\":\"b\",\"k\":4}]"),
		&e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.n, 2);
	assert_string_equal(r.catalog.models[0].metadata.at,
			    "{\"k\":1,\"own\":[2.50],\"status\":\"up\"}");
	assert_string_equal(r.catalog.models[1].metadata.at, "{\"k\":4}");

	/* Without the second list, what it alone said stays; what the first no longer says goes. */
	docs.lists[1].n_pages = 0;
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	reader_carry(r.gaps[0].list, &observed, &r.catalog.models[0], &a);
	assert_string_equal(r.catalog.models[0].metadata.at,
			    "{\"k\":1,\"own\":[2.50],\"status\":\"old\"}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_of_a_test),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_when_and_required),
		cmocka_unit_test(test_when_in_overrides),
		cmocka_unit_test(test_zero_unpublished_if),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_many_unknown_words),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_date_of_two_forms),
		cmocka_unit_test(test_per),
		cmocka_unit_test(test_smaller_image_is_dearer),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_until_that_is_no_date),
		cmocka_unit_test(test_times_below_zero),
		cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_tiers_that_are_none),
		cmocka_unit_test(test_source_of_tiers),
		cmocka_unit_test(test_too_many_tiers),
		cmocka_unit_test(test_tiers_where_nothing_is_read),
		cmocka_unit_test(test_rows_in_rows),
		cmocka_unit_test(test_rows_in_rows_that_are_none),
		cmocka_unit_test(test_many_rows_in_rows),
		cmocka_unit_test(test_rows_that_repeat_much),
		cmocka_unit_test(test_metadata_is_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
