/*
 * What the reader makes of documents, with descriptors of the tests' own: numbers,
 * lists that are joined, sizes.  Prices that depend on their row are in
 * test_row_prices.c, the built-in descriptors in test_golden.c.
 */
#include "reading.h"

/* Binary floats are rounded to the digits they were meant to have; strings say what they say. */
static void test_noise(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d =
		provider("\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\","
			 "\"unit\":\"USD per 1M tokens\",\"noise\":9}]",
			 "", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"p\":0.029999999700000002},{\"id\":\"b\",\"p\":\"0.029999999700000002\"},"
		"{\"id\":\"c\",\"p\":0.20000000059999998},{\"id\":\"d\",\"p\":7.9999999999999996e-2},"
		"{\"id\":\"e\",\"p\":123456789.5},{\"id\":\"f\",\"p\":0}]",
		ACME "\n{\"id\":\"a\"," INPUT(
			"0.0000000299999997") "},\n"
					      "{\"id\":\"b\"," INPUT(
						      "0.000000029999999700000002") "},\n"
										    "{\"id\":\"c\"," INPUT(
											    "0.000000200000001") "},\n"
														 "{\"id\":\"d\"," INPUT(
															 "0.00000008") "},\n"
																       "{\"id\":\"e\"," INPUT(
																	       "123.45679") "},\n"
																			    "{\"id\":\"f\",\"prices\":[[\"input_token\",\"\",\"free\",\"0\",\"USD\"]]}\n]}\n"
																			    "rows 6\n");
}

static void test_times(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"price_defaults\":{\"unit\":\"USD per 1M tokens\",\"sentinels\":{\"-1\":\"dynamic\"}},"
		"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\"},"
		"{\"meter\":\"cached_input_token\",\"at\":\"/factor\",\"times\":\"/p\"}]",
		"", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"p\":\"2\",\"factor\":\"0.25\"},{\"id\":\"b\",\"p\":\"0.3\",\"factor\":0.1},"
		"{\"id\":\"c\",\"p\":3,\"factor\":0},{\"id\":\"d\",\"p\":3,\"factor\":null},"
		"{\"id\":\"e\",\"p\":3,\"factor\":-1},{\"id\":\"f\",\"factor\":0.5},"
		"{\"id\":\"g\",\"p\":null,\"factor\":0.5},{\"id\":\"h\",\"p\":0,\"factor\":0.5},"
		"{\"id\":\"i\",\"p\":1,\"factor\":-0.5},{\"id\":\"j\",\"p\":1,\"factor\":\"half\"},"
		"{\"id\":\"k\",\"p\":{},\"factor\":1}]",
		ACME
		"\n{\"id\":\"a\",\"prices\":[[\"cached_input_token\",\"\",\"priced\",\"0.0000005\",\"USD\"],"
		"[\"input_token\",\"\",\"priced\",\"0.000002\",\"USD\"]]},\n"
		"{\"id\":\"b\",\"prices\":[[\"cached_input_token\",\"\",\"priced\",\"0.00000003\",\"USD\"],"
		"[\"input_token\",\"\",\"priced\",\"0.0000003\",\"USD\"]]},\n"
		"{\"id\":\"c\",\"prices\":[[\"cached_input_token\",\"\",\"free\",\"0\",\"USD\"],"
		"[\"input_token\",\"\",\"priced\",\"0.000003\",\"USD\"]]},\n"
		"{\"id\":\"d\"," INPUT(
			"0.000003") "},\n"
				    "{\"id\":\"e\",\"prices\":[[\"cached_input_token\",\"\",\"dynamic\",null,\"USD\"],"
				    "[\"input_token\",\"\",\"priced\",\"0.000003\",\"USD\"]]},\n"
				    "{\"id\":\"h\",\"prices\":[[\"cached_input_token\",\"\",\"free\",\"0\",\"USD\"],"
				    "[\"input_token\",\"\",\"free\",\"0\",\"USD\"]]}\n]}\n"
				    "rows 11\n"
				    "skip f: /factor: a factor of a price that is not there\n"
				    "skip g: /factor: a factor of a price that is not there\n"
				    "skip i: /factor: a negative price that the descriptor does not explain\n"
				    "skip j: /factor: not a number: \"half\"\n"
				    "skip k: /p is an object, a number was expected\n");
}

/* A part of a price that is decided at call time is so too: no reason to lose the row. */
static void test_times_a_dynamic_price(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"price_defaults\":{\"unit\":\"USD per 1M tokens\",\"sentinels\":{\"-1\":\"dynamic\"}},"
		"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\"},"
		"{\"meter\":\"cached_input_token\",\"at\":\"/factor\",\"times\":\"/p\"}]",
		"", &a);

	(void)state;
	assert_reads(d, "[{\"id\":\"a\",\"p\":-1,\"factor\":0.5}]",
		     ACME "\n{\"id\":\"a\",\"prices\":["
			  "[\"cached_input_token\",\"\",\"dynamic\",null,\"USD\"],"
			  "[\"input_token\",\"\",\"dynamic\",null,\"USD\"]]}\n]}\nrows 1\n");
}

/* Values with a meaning of their own, compared as values. */
static void test_sentinels(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d =
		provider("\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\",\"required\":true,"
			 "\"unit\":\"USD per token\",\"sentinels\":{\"0\":\"unpublished\","
			 "\"-1\":\"free\",\"1000000\":\"dynamic\"}}]",
			 "", &a);

	(void)state;
	assert_reads(
		d,
		"[{\"id\":\"a\",\"p\":0},{\"id\":\"b\",\"p\":\"-0.00\"},{\"id\":\"c\",\"p\":-1e0},"
		"{\"id\":\"d\",\"p\":\"1e6\"},{\"id\":\"e\",\"p\":0.5},{\"id\":\"f\",\"p\":-2},"
		"{\"id\":\"g\",\"p\":null}]",
		ACME
		"\n{\"id\":\"a\"},\n{\"id\":\"b\"},\n"
		"{\"id\":\"c\",\"prices\":[[\"input_token\",\"\",\"free\",\"0\",\"USD\"]]},\n"
		"{\"id\":\"d\",\"prices\":[[\"input_token\",\"\",\"dynamic\",null,\"USD\"]]},\n"
		"{\"id\":\"e\"," INPUT(
			"0.5") "}\n]}\nrows 7\n"
			       "skip f: /p: a negative price that the descriptor does not explain\n"
			       "skip g: /p is missing\n");
}

static void test_zero_unpublished_unless(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *word = provider(
		"\"prices\":[{\"meter\":\"input_image\",\"at\":\"/p\",\"unit\":\"USD per image\","
		"\"zero_unpublished_unless\":{\"at\":\"/in\",\"has\":\"image\"}}]",
		"", &a);
	const struct descriptor *boolean = provider(
		"\"prices\":[{\"meter\":\"input_image\",\"at\":\"/p\",\"unit\":\"USD per image\","
		"\"zero_unpublished_unless\":\"/sees\"}]",
		"", &a);
#define FREE_IMAGE "\"prices\":[[\"input_image\",\"\",\"free\",\"0\",\"USD\"]]"
#define ONE_DOLLAR "\"prices\":[[\"input_image\",\"\",\"priced\",\"1\",\"USD\"]]"

	(void)state;
	assert_reads(
		word,
		"[{\"id\":\"a\",\"p\":0,\"in\":[\"text\",\"image\"]},{\"id\":\"b\",\"p\":\"0\",\"in\":[\"text\"]},"
		"{\"id\":\"c\",\"p\":0,\"in\":[]},{\"id\":\"d\",\"p\":0},{\"id\":\"e\",\"p\":0,\"in\":\"image\"},"
		"{\"id\":\"f\",\"p\":1,\"in\":[\"text\"]}]",
		ACME "\n{\"id\":\"a\"," FREE_IMAGE
		     "},\n{\"id\":\"b\"},\n{\"id\":\"c\"},\n{\"id\":\"d\"},\n"
		     "{\"id\":\"e\"},\n{\"id\":\"f\"," ONE_DOLLAR "}\n]}\nrows 6\n");
	assert_reads(
		boolean,
		"[{\"id\":\"a\",\"p\":0,\"sees\":true},{\"id\":\"b\",\"p\":0,\"sees\":false},"
		"{\"id\":\"c\",\"p\":0,\"sees\":null},{\"id\":\"d\",\"p\":0},{\"id\":\"e\",\"p\":0,\"sees\":\"true\"},"
		"{\"id\":\"f\",\"p\":1,\"sees\":false}]",
		ACME "\n{\"id\":\"a\"," FREE_IMAGE
		     "},\n{\"id\":\"b\"},\n{\"id\":\"c\"},\n{\"id\":\"d\"},\n"
		     "{\"id\":\"e\"},\n{\"id\":\"f\"," ONE_DOLLAR "}\n]}\nrows 6\n");
}

static void test_dates(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	(void)state;
	assert_true(descriptor_parse(
		STR("{\"slug\":\"acme\",\"name\":\"Acme\",\"base_url\":\"https://a.test\","
		    "\"auth\":{\"form\":\"none\"},\"lists\":[{\"name\":\"models\",\"url\":\"https://a\","
		    "\"fields\":{\"id\":\"/id\",\"deprecated_at\":{\"at\":[\"/gone\",\"/old\"],"
		    "\"format\":\"unix_ms\",\"absent\":[\"0\",\"never\"]}}}]}"),
		STR("test"), &a, &d, &e));
	assert_reads(
		&d,
		"[{\"id\":\"a\",\"gone\":1798675200001},{\"id\":\"b\",\"gone\":0},{\"id\":\"c\",\"gone\":\"never\"},"
		"{\"id\":\"d\",\"gone\":\"always\"},{\"id\":\"e\",\"old\":1},{\"id\":\"f\",\"gone\":1e3},"
		"{\"id\":\"g\",\"gone\":253402300799999},{\"id\":\"h\",\"gone\":253402300800000},"
		"{\"id\":\"i\",\"gone\":false}]",
		ACME
		"\n{\"id\":\"a\",\"deprecated_at\":\"2026-12-31T00:00:00.001Z\"},\n{\"id\":\"b\"},\n"
		"{\"id\":\"c\"},\n{\"id\":\"e\",\"deprecated_at\":\"1970-01-01T00:00:00.001Z\"},\n"
		"{\"id\":\"g\",\"deprecated_at\":\"9999-12-31T23:59:59.999Z\"}\n]}\nrows 9\n"
		"skip d: /gone: a string is not a time since 1970\n"
		"skip f: /gone: 1e3 is not a time since 1970\n"
		"skip h: /gone: 253402300800000 is not a time since 1970\n"
		"skip i: /gone: a boolean is not a time since 1970\n");
}

/* ---- several lists ---- */

static const char models_list[] =
	"\"capabilities\":{\"vision\":\"/sees\"},\"keep\":{\"k\":\"/k\"},"
	"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\",\"unit\":\"USD per token\"}]";
static const char extra_list[] =
	",{\"name\":\"extra\",\"url\":\"https://a.test/extra\",\"required\":false,"
	"\"fields\":{\"id\":\"/key\",\"name\":\"/title\",\"context_length\":\"/context\","
	"\"max_output_tokens\":\"/max\",\"modality\":\"/modality\",\"quantization\":\"/quant\","
	"\"replaced_by\":\"/next\",\"deprecated_at\":{\"at\":\"/gone\",\"format\":\"unix_ms\"}},"
	"\"capabilities\":{\"vision\":\"/sees\",\"reasoning\":\"/thinks\"},"
	"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/in\",\"unit\":\"USD per token\"},"
	"{\"meter\":\"output_token\",\"at\":\"/out\",\"unit\":\"USD per token\"}]}";

static void test_lists_are_joined(void **state)
{
	static const char *const texts[] = {
		"[{\"id\":\"b\",\"name\":\"Bee\",\"sees\":true,\"p\":1},{\"id\":\"a\"},{\"id\":\"c\",\"p\":0}]",
		/* says more of b, all of a, nothing of c, and something of an unknown one */
		"[{\"key\":\"b\",\"title\":\"Other\",\"context\":5,\"sees\":false,\"thinks\":true,\"in\":9,\"out\":2},"
		"{\"key\":\"nosuch\",\"in\":1},"
		"{\"key\":\"a\",\"title\":\"Ay\",\"max\":7,\"modality\":\"text\",\"quant\":\"fp8\",\"next\":\"b\","
		"\"gone\":0,\"thinks\":false,\"in\":3}]",
	};
	ARENA_AUTO(a);

	(void)state;
	assert_reads_lists(
		provider(models_list, extra_list, &a), texts,
		ACME
		"\n{\"id\":\"a\",\"name\":\"Ay\",\"max_output_tokens\":7,\"modality\":\"text\","
		"\"capabilities\":[\"!reasoning\"],\"quantization\":\"fp8\","
		"\"deprecated_at\":\"1970-01-01T00:00:00.000Z\",\"replaced_by\":\"b\"," INPUT(
			"3") "},\n"
			     "{\"id\":\"b\",\"name\":\"Bee\",\"context_length\":5,"
			     "\"capabilities\":[\"reasoning\",\"vision\"],\"prices\":["
			     "[\"input_token\",\"\",\"priced\",\"1\",\"USD\"],[\"output_token\",\"\",\"priced\",\"2\",\"USD\"]]},\n"
			     "{\"id\":\"c\",\"prices\":[[\"input_token\",\"\",\"free\",\"0\",\"USD\"]]}\n]}\nrows 3\n");
}

/* A row left out takes its model out of all lists, one of an optional list only what that says. */
static void test_skip_in_a_further_list(void **state)
{
	static const char *const second[] = {
		"[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\",\"p\":3}]",
		"[{\"key\":\"a\",\"in\":\"free\"},{\"key\":\"b\",\"in\":1},{\"key\":\"d\",\"title\":5},"
		"{\"key\":\"c\",\"in\":1},{\"key\":\"c\",\"in\":2}]",
	};
	static const char *const first[] = {
		"[{\"id\":\"a\",\"p\":\"x\"},{\"id\":\"b\"}]",
		"[{\"key\":\"a\",\"in\":1},{\"key\":\"b\",\"in\":1}]",
	};
	ARENA_AUTO(a);
	const struct descriptor *d = provider(models_list, extra_list, &a);
	BUF_AUTO(required, 10000);
	const char *at = strstr(extra_list, "false");

	(void)state;
	assert_reads_lists(
		d, second,
		ACME "\n{\"id\":\"a\"},\n{\"id\":\"b\"," INPUT("1") "},\n{\"id\":\"c\"," INPUT(
			"3") "}\n]}\nrows 3\n"
			     "skip a: list extra: /in: not a number: \"free\"\n"
			     "skip d: list extra: /title is a number, a string was expected\n"
			     "skip c: list extra: duplicate id\nskip c: list extra: duplicate id\n");
	assert_reads_lists(d, first,
			   ACME "\n{\"id\":\"b\"," INPUT("1") "}\n]}\nrows 2\n"
							      "skip a: /p: not a number: \"x\"\n");
	buf_printf(&required, "%.*strue%s", (int)(at - extra_list), extra_list, at + 5);
	assert_reads_lists(provider(models_list, required.at, &a), second,
			   ACME "\n{\"id\":\"b\"," INPUT(
				   "1") "}\n]}\nrows 3\n"
					"skip a: /in: not a number: \"free\"\n"
					"skip d: /title is a number, a string was expected\n"
					"skip c: duplicate id\nskip c: duplicate id\n");
}

/* Of which models a further list may have had a row that could not be read. */
static void test_gaps(void **state)
{
	static const struct {
		const char *extra;
		const char *concerned; /* one letter an id */
	} cases[] = {
		{ NULL, "abc" },
		{ "[{\"key\":\"a\",\"in\":1}]", "" },
		{ "[{\"key\":\"a\",\"in\":\"x\"},{\"key\":\"b\"}]", "a" },
		{ "[{\"key\":\"a\"},{\"key\":7}]", "bc" },
		{ "[{\"key\":\"b\",\"in\":1},{\"key\":\"b\",\"in\":2},{\"key\":\"a\"}]", "b" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		BUF_AUTO(got, 10);
		DOCUMENTS_AUTO(docs);
		struct reading r = { .rows = 0 };
		struct err e;

		assert_true(document_add(
			&docs, 0, STR("[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]"), &e));
		if (cases[i].extra)
			assert_true(document_add(&docs, 1, str_of(cases[i].extra), &e));
		assert_true(
			reader_read(provider(models_list, extra_list, &a), docs.lists, &a, &r, &e));
		assert_int_equal(r.catalog.n, 3);
		assert_int_equal(r.n_nameless, 0);
		for (const char *id = "abc"; *id; id++)
			if (r.n_gaps && reader_gap_concerns(&r.gaps[0], (struct str){ id, 1 }))
				buf_add_char(&got, *id);
		assert_true(str_eq(buf_str(&got), str_of(cases[i].concerned)));
	}
}

static void test_sentence_names_the_list(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = provider(models_list, extra_list, &a);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(&docs, 0, STR("[]"), &e));
	assert_true(document_add(&docs, 1, STR("{}"), &e));
	assert_false(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(e.kind, ERR_DATA);
	assert_string_equal(
		e.text, "list extra: the document is an object, the list of models was expected");
}

/* A further list of nothing would take away all that it alone said. */
static void test_further_list_of_nothing(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(&docs, 0, STR("[{\"id\":\"a\"}]"), &e));
	assert_true(document_add(&docs, 1, STR("[]"), &e));
	assert_false(reader_read(provider(models_list, extra_list, &a), docs.lists, &a, &r, &e));
	assert_int_equal(e.kind, ERR_DATA);
	assert_string_equal(e.text, "list extra: the list is empty");
}

/* Pages of one list are one list, counted together. */
static void test_pages(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(got, 10000);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = provider(
		"\"rows\":\"/data\",\"total\":\"/n\",\"next\":\"/next\","
		"\"prices\":[{\"meter\":\"input_token\",\"at\":\"/p\",\"unit\":\"USD per token\"}]",
		"", &a);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("{\"data\":[{\"id\":\"c\"},{\"id\":\"a\",\"p\":1}],\"n\":4,\"next\":\"2\"}"),
		&e));
	assert_true(document_add(&docs, 0, STR("{\"data\":[],\"n\":4,\"next\":\"3\"}"), &e));
	assert_true(document_add(
		&docs, 0,
		STR("{\"data\":[{\"id\":\"b\"},{\"id\":\"a\",\"p\":1.0}],\"n\":4,\"next\":null}"),
		&e));
	if (!reader_read(d, docs.lists, &a, &r, &e))
		fail_msg("%s", e.text);
	print_reading(&r, &got);
	assert_string_equal(
		got.at, ACME
		"\n{\"id\":\"a\"," INPUT("1") "},\n{\"id\":\"b\"},\n{\"id\":\"c\"}\n]}\nrows 4\n");
	docs.lists[0].n_pages = 2;
	assert_false(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(e.kind, ERR_PARTIAL);
}

/* Rows of one byte each would cost hundreds of times what the document does. */
static void test_too_many_rows(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 22);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	buf_add_char(&text, '[');
	for (int i = 0; i < 1000000; i++)
		buf_add_str(&text, STR("0,"));
	buf_add_str(&text, STR("0]"));
	assert_true(document_add(&docs, 0, buf_str(&text), &e));
	assert_false(reader_read(provider("\"prices\":[]", "", &a), docs.lists, &a, &r, &e));
	assert_int_equal(e.kind, ERR_DATA);
	assert_string_equal(e.text, "list models: 1000001 rows, more than 1000000");
}

/* ---- an optional list that is absent ---- */

static struct price observed_price(enum meter meter, const char *amount, const char *source)
{
	return (struct price){ .meter = meter,
			       .state = PRICE_PRICED,
			       .condition = STR(""),
			       .amount = str_of(amount),
			       .currency = STR("USD"),
			       .source = str_of(source),
			       .valid_from_ms = CLOCK_NONE,
			       .valid_to_ms = CLOCK_NONE };
}

/* What was last observed, everything said. */
static void observe(struct model *m, struct price prices[3])
{
	*m = (struct model){ .id = STR("a"),
			     .name = STR("Old name"),
			     .context_length = 5,
			     .max_output_tokens = 7,
			     .modality = STR("text"),
			     .quantization = STR("fp8"),
			     .deprecated_at_ms = 0,
			     .replaced_by = STR("b"),
			     .created_ms = CLOCK_NONE,
			     .prices = prices,
			     .n_prices = 3 };
	capabilities_set(&m->capabilities, CAP_STREAMING, true);
	capabilities_set(&m->capabilities, CAP_REASONING, true);
	capabilities_set(&m->capabilities, CAP_VISION, false);
	prices[0] = observed_price(METER_CACHED_INPUT_TOKEN, "1", "models#/gone");
	prices[1] = observed_price(METER_INPUT_TOKEN, "2", "extra#/in");
	prices[2] = observed_price(METER_OUTPUT_TOKEN, "3", "extra#/out");
}

static void test_carry(void **state)
{
	static const char *const texts[] = { "[{\"id\":\"a\",\"sees\":true,\"p\":4}]", NULL };
	ARENA_AUTO(a);
	BUF_AUTO(got, 10000);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = provider(models_list, extra_list, &a);
	struct model observed;
	struct price prices[3];
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	observe(&observed, prices);
	assert_true(document_add(&docs, 0, str_of(texts[0]), &e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(r.n_gaps, 1);
	assert_string_equal(r.gaps[0].list->name.at, "extra");
	assert_int_equal(r.catalog.n, 1);
	reader_carry(r.gaps[0].list, &observed, &r.catalog.models[0], &a);
	snapshot_add_model(&got, &r.catalog.models[0]);
	/*
	 * What only the absent list says stays: not what the first says better (vision,
	 * input_token), not what no absent list is asked for (streaming), not prices
	 * that came from another list and are gone there (cached_input_token).
	 */
	assert_string_equal(
		got.at,
		"{\"id\":\"a\",\"name\":\"Old name\",\"context_length\":5,\"max_output_tokens\":7,"
		"\"modality\":\"text\",\"capabilities\":[\"reasoning\",\"vision\"],"
		"\"quantization\":\"fp8\",\"deprecated_at\":\"1970-01-01T00:00:00.000Z\","
		"\"replaced_by\":\"b\",\"prices\":["
		"[\"input_token\",\"\",\"priced\",\"4\",\"USD\"],"
		"[\"output_token\",\"\",\"priced\",\"3\",\"USD\"]]}");
}

/* Untracked, and "what it alone says of a model stays": these too. */
static void test_carry_untracked(void **state)
{
	ARENA_AUTO(a);
	const struct descriptor *d = provider(
		"\"prices\":[]",
		",{\"name\":\"extra\",\"url\":\"https://a.test/x\",\"required\":false,\"fields\":{\"id\":\"/id\","
		"\"description\":\"/about\",\"architecture\":\"/arch\",\"hugging_face_id\":\"/hf\","
		"\"created\":{\"at\":\"/c\",\"format\":\"unix\"}},\"keep\":{\"k\":\"/k\"}}",
		&a);
	const struct model observed = { .id = STR("a"),
					.description = STR("words"),
					.architecture = STR("Acme"),
					.hugging_face_id = STR("acme/a"),
					.created_ms = 1000,
					.metadata = STR("{\"k\":1}") };
	struct model m = { .id = STR("a"), .created_ms = CLOCK_NONE };

	(void)state;
	reader_carry(&d->lists[1], &observed, &m, &a);
	assert_true(str_eq(m.description, STR("words")));
	assert_true(str_eq(m.architecture, STR("Acme")));
	assert_true(str_eq(m.hugging_face_id, STR("acme/a")));
	assert_int_equal(m.created_ms, 1000);
	assert_true(str_eq(m.metadata, STR("{\"k\":1}")));
}

/* ---- what the canonical form does not show ---- */

static void test_untracked(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = provider(models_list, "", &a);
	const struct model *m;
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("[{\"id\":\"a\",\"about\":\"words\\n\",\"family\":\"Acme\",\"k\":{\"b\":[1.50,"
		    "\"\\u00e4\"],\"a\":null},\"p\":\"6e-07\"},{\"id\":\"b\",\"k\":null},"
		    "{\"id\":\"c\",\"k\":\"\xff\"}]"),
		&e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	documents_free_values(&docs);
	assert_int_equal(r.catalog.n, 3);
	m = &r.catalog.models[0];
	assert_true(str_eq(m->description, STR("words\n")));
	assert_true(str_eq(m->architecture, STR("Acme")));
	assert_true(str_eq(m->metadata, STR("{\"k\":{\"b\":[1.50,\"\xc3\xa4\"],\"a\":null}}")));
	assert_true(str_eq(m->prices[0].raw, STR("6e-07"))); /* digit for digit */
	assert_true(str_eq(m->prices[0].unit, STR("USD per token")));
	assert_true(str_eq(m->prices[0].source, STR("models#/p")));
	assert_true(str_is_none(m->hugging_face_id));
	assert_int_equal(m->created_ms, CLOCK_NONE);
	assert_true(str_is_none(m[1].metadata)); /* nothing kept is nothing */
	assert_true(utf8_is_clean(m[2].metadata));
}

/* What has no column of its own is kept in the metadata, first what the model knows by name. */
static void test_metadata(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = built_in(STR("openrouter"), &a);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("{\"data\":[{\"id\":\"a\",\"created\":1700000000,\"hugging_face_id\":\"acme/\\\"a\","
		    "\"canonical_slug\":\"acme/a-1\",\"benchmarks\":{\"x\":0.10},\"reasoning\":null,"
		    "\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\"}}]}"),
		&e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	documents_free_values(&docs);
	assert_int_equal(r.catalog.n, 1);
	for (size_t i = 0; i < r.catalog.n; i++) {
		const struct model *m = &r.catalog.models[i];

		assert_int_equal(m->created_ms, 1700000000000);
		assert_true(str_eq(m->hugging_face_id, STR("acme/\"a")));
		assert_true(str_eq(
			m->metadata,
			STR("{\"created\":\"2023-11-14T22:13:20.000Z\","
			    "\"hugging_face_id\":\"acme/\\\"a\",\"canonical_slug\":\"acme/a-1\","
			    "\"benchmarks\":{\"x\":0.10}}")));
	}
}

static void test_source_of_overrides(void **state)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	const struct descriptor *d = built_in(STR("openrouter"), &a);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	assert_true(document_add(
		&docs, 0,
		STR("{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\","
		    "\"overrides\":[{\"min_prompt_tokens\":1,\"prompt\":\"2\"}]}}]}"),
		&e));
	assert_true(reader_read(d, docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.models[0].n_prices, 3);
	assert_string_equal(r.catalog.models[0].prices[0].source.at, "models#/pricing/prompt");
	assert_string_equal(r.catalog.models[0].prices[1].source.at, "models#/pricing/overrides");
}

/* ---- sizes ---- */

static void assert_only_skip(const struct descriptor *d, struct str text, const char *reason)
{
	ARENA_AUTO(a);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	if (!document_add(&docs, 0, text, &e) || !reader_read(d, docs.lists, &a, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(r.catalog.n, 0);
	assert_int_equal(r.n_skips, 1);
	assert_non_null(r.skips);
	for (size_t i = 0; i < r.n_skips; i++)
		if (!strstr(r.skips[i].reason.at, reason))
			fail_msg("%s", r.skips[i].reason.at);
}

static void test_too_many_prices(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 20);

	(void)state;
	buf_printf(
		&text,
		"{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\",\"overrides\":[");
	for (int i = 0; i < 300; i++)
		buf_printf(&text,
			   "%s{\"min_prompt_tokens\":%d,\"prompt\":\"2\",\"completion\":\"3\"}",
			   i ? "," : "", i);
	buf_printf(&text, "]}}]}");
	assert_only_skip(built_in(STR("openrouter"), &a), buf_str(&text), "more than 512 prices");
}

/* Whatever way the bytes are added, the limit of what is kept is the limit. */
static void test_too_much_kept(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 1 << 20);
	const struct descriptor *d = provider(models_list, "", &a);

	(void)state;
	buf_printf(&text, "[{\"id\":\"a\",\"k\":\"%*d\"}]", 262144, 1);
	assert_only_skip(d, buf_str(&text), "longer than 262144 bytes");
	buf_clear(&text);
	buf_printf(&text, "[{\"id\":\"a\",\"about\":\"%*d\"}]", 65537, 1);
	assert_only_skip(d, buf_str(&text), "/about is longer than 65536 bytes");
}

static void test_depth(void **state)
{
	enum { DEPTH = 100000 };
	ARENA_AUTO(a);
	BUF_AUTO(text, 20 * DEPTH);

	(void)state;
	buf_printf(&text, "[{\"id\":\"a\",\"other\":");
	for (int i = 0; i < DEPTH; i++)
		buf_add(&text, "[{\"a\":", 6);
	buf_add(&text, "1", 1);
	for (int i = 0; i < DEPTH; i++)
		buf_add(&text, "}]", 2);
	buf_printf(&text, ",\"k\":[[[[[[1]]]]]]}]");
	assert_reads(provider(models_list, "", &a), text.at, ACME "\n{\"id\":\"a\"}\n]}\nrows 1\n");
}

/* Forty unknown keys: the first are named, none costs a row, and there is an end to them. */
static void test_many_unknown_keys(void **state)
{
	ARENA_AUTO(a);
	BUF_AUTO(text, 10000);
	DOCUMENTS_AUTO(docs);
	struct reading r = { .rows = 0 };
	struct err e;

	(void)state;
	buf_printf(&text,
		   "{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\"");
	for (int i = 0; i < 40; i++)
		buf_printf(&text, ",\"new\\u001b%d\":1", i);
	buf_printf(&text, "}}]}");
	assert_true(document_add(&docs, 0, buf_str(&text), &e));
	assert_true(reader_read(built_in(STR("openrouter"), &a), docs.lists, &a, &r, &e));
	assert_int_equal(r.catalog.n, 1);
	assert_in_range(r.n_notes, 20, 41);
	assert_string_equal(r.notes[0].at,
			    "unknown key \"new\\x1b0\" under /pricing in 1 row: not read");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_a_dynamic_price),
		cmocka_unit_test(test_sentinels),
		cmocka_unit_test(test_zero_unpublished_unless),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_lists_are_joined),
		cmocka_unit_test(test_skip_in_a_further_list),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_sentence_names_the_list),
		cmocka_unit_test(test_further_list_of_nothing),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_too_many_rows),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_carry_untracked),
		cmocka_unit_test(test_untracked),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_source_of_overrides),
		cmocka_unit_test(test_too_many_prices),
		cmocka_unit_test(test_too_much_kept),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many_unknown_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
