#include "unit.h"

#include "core/market.h"
#include "core/snapshot.h"
#include "core/snapshot_read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD "{\"assay\":1,\"provider\":\"acme\",\"models\":["
#define FULL                                                                                          \
	"{\"id\":\"acme/full\",\"name\":\"Full \\\"quoted\\\" \\\\ na\xc3\xafve\\u000a\\u0001\x7f\"," \
	"\"context_length\":128000,\"max_output_tokens\":0,\"modality\":\"text+image->text\","        \
	"\"capabilities\":[\"function_calling\",\"!reasoning\",\"vision\"],"                          \
	"\"quantization\":\"fp8\",\"deprecated_at\":\"2026-12-31T00:00:00.000Z\","                    \
	"\"replaced_by\":\"acme/next\",\"prices\":["                                                  \
	"[\"cache_write_token\",\"[1h]\",\"priced\",\"0.0000012\",\"USD\"],"                          \
	"[\"input_token\",\"\",\"priced\",\"0.0000006\",\"USD\"],"                                    \
	"[\"input_token\",\"[>200000]\",\"dynamic\",null,\"USD\"],"                                   \
	"[\"output_token\",\"\",\"free\",\"0\",\"USD\"]]}"
#define ONE  "{\"id\":\"acme/one\",\"prices\":[[\"request\",\"\",\"priced\",\"0.01\",\"EUR\"]]}"
#define TAIL "\n]}\n"

static const char whole[] = HEAD "\n{\"id\":\"acme/bare\"},\n" FULL ",\n" ONE TAIL;

static void test_every_member_is_read(void **state)
{
	ARENA_AUTO(a);
	const struct model *m;
	struct catalog c;
	struct err e;

	(void)state;
	assert_true(snapshot_read(str_of(whole), &a, &c, &e));
	assert_string_equal(c.provider.at, "acme");
	assert_int_equal(c.n, 3);
	m = &c.models[0];
	assert_string_equal(m->id.at, "acme/bare");
	assert_true(str_is_none(m->name) && str_is_none(m->modality) && m->n_prices == 0);
	assert_true(m->context_length == MODEL_NO_COUNT && m->deprecated_at_ms == CLOCK_NONE);
	assert_int_equal(m->capabilities.said, 0);
	m = &c.models[1];
	assert_string_equal(m->name.at, "Full \"quoted\" \\ na\xc3\xafve\n\x01\x7f");
	assert_int_equal(m->context_length, 128000);
	assert_int_equal(m->max_output_tokens, 0);
	assert_string_equal(m->modality.at, "text+image->text");
	assert_int_equal(capabilities_get(m->capabilities, CAP_VISION), 1);
	assert_int_equal(capabilities_get(m->capabilities, CAP_REASONING), 0);
	assert_int_equal(capabilities_get(m->capabilities, CAP_STREAMING), -1);
	assert_string_equal(m->quantization.at, "fp8");
	assert_true(m->deprecated_at_ms == 1798675200000);
	assert_string_equal(m->replaced_by.at, "acme/next");
	assert_int_equal(m->n_prices, 4);
	assert_int_equal(m->prices[0].meter, METER_CACHE_WRITE_TOKEN);
	assert_string_equal(m->prices[0].condition.at, "[1h]");
	assert_string_equal(m->prices[0].amount.at, "0.0000012");
	assert_int_equal(m->prices[2].state, PRICE_DYNAMIC);
	assert_true(str_is_none(m->prices[2].amount) && m->prices[1].condition.n == 0);
	assert_int_equal(m->prices[3].state, PRICE_FREE);
	assert_true(m->prices[3].valid_from_ms == CLOCK_NONE);
	assert_string_equal(c.models[2].prices[0].currency.at, "EUR");
}

static void test_nobody_is_listed(void **state)
{
	ARENA_AUTO(a);
	struct catalog c;
	struct err e;

	(void)state;
	assert_true(snapshot_read(STR(HEAD TAIL), &a, &c, &e));
	assert_int_equal(c.n, 0);
}

#define MODEL(text)  HEAD "\n" text TAIL
#define MEMBER(text) MODEL("{\"id\":\"x\"," text "}")
#define PRICE(text)  MEMBER("\"prices\":[" text "]")

static const struct {
	const char *text, *says;
} refused[] = {
	{ "", "" },
	{ "{}", "\"assay\"" },
	{ "[1]", "\"assay\"" },
	{ "{\"assay\":2,\"provider\":\"acme\",\"models\":[\n]}\n", "canonical form" },
	{ "{\"assay\":1,\"models\":[\n]}\n", "provider" },
	{ "{\"assay\":1,\"provider\":\"acme\"}", "models" },
	{ HEAD "]}\n", "line 1" },            /* a break less */
	{ HEAD "\n]}", "line 2" },            /* the last one less */
	{ HEAD "\n]}\n\n", "line 3" },        /* one more */
	{ HEAD "\n]} \n", "line 2" },         /* a blank */
	{ HEAD "\n],\"at\":1}\n", "line 2" }, /* a member more */
	{ "\xef\xbb\xbf" HEAD TAIL, "" },     /* a byte order mark */
	{ MODEL("{\"id\":\"b\"},\n{\"id\":\"a\"}"), "models are not sorted" },
	{ MODEL("{\"id\":\"a\"},\n{\"id\":\"a\"}"), "models are not sorted" },
	{ MODEL("{\"id\":\"a\"},{\"id\":\"b\"}"), "line 2" },
	{ MODEL("{}"), "id" },
	{ MODEL("{\"id\":\"\"}"), "id" },
	{ MODEL("{\"id\":\"a\\u0000b\"}"), "id" },
	{ MODEL("{\"id\":7}"), "id" },
	{ MODEL("7"), "model" },
	{ MODEL("{\"id\":\"\\u0061\"}"), "line 2" }, /* an escape that need not be */
	{ MODEL("{\"id\":\"a\\nb\"}"), "line 2" },
	{ MEMBER("\"name\":null"), "name" },
	{ MEMBER("\"name\":\"a\",\"name\":\"b\""), "line 2" },
	{ MEMBER("\"colour\":\"red\""), "line 2" },
	{ MEMBER("\"modality\":\"m\",\"name\":\"n\""), "line 2" }, /* in another order */
	{ MEMBER("\"context_length\":\"1\""), "context_length" },
	{ MEMBER("\"context_length\":1.5"), "context_length" },
	{ MEMBER("\"context_length\":1e3"), "context_length" },
	{ MEMBER("\"context_length\":01"), "" },
	{ MEMBER("\"context_length\":-1"), "context_length" },
	{ MEMBER("\"context_length\":9223372036854775808"), "context_length" },
	{ MEMBER("\"deprecated_at\":\"2026-12-31\""), "line 2" },
	{ MEMBER("\"deprecated_at\":\"soon\""), "deprecated_at" },
	{ MEMBER("\"capabilities\":[]"), "capabilities" },
	{ MEMBER("\"capabilities\":\"vision\""), "capabilities" },
	{ MEMBER("\"capabilities\":[\"flight\"]"), "flight" },
	{ MEMBER("\"capabilities\":[\"vision\",\"streaming\"]"), "line 2" },
	{ MEMBER("\"capabilities\":[\"vision\",\"!vision\"]"), "line 2" },
	{ MEMBER("\"prices\":[]"), "line 2" },
	{ MEMBER("\"prices\":{}"), "prices" },
	{ PRICE("[\"wish\",\"\",\"priced\",\"1\",\"USD\"]"), "wish" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1\"]"), "price" },
	{ PRICE("[\"request\",\"[]\",\"priced\",\"1\",\"USD\"]"), "" },
	{ PRICE("[\"request\",\"[b][a]\",\"priced\",\"1\",\"USD\"]"), "" },
	{ PRICE("[\"request\",null,\"priced\",\"1\",\"USD\"]"), "condition" },
	{ PRICE("[\"request\",\"\",\"cheap\",\"1\",\"USD\"]"), "cheap" },
	{ PRICE("[\"request\",\"\",\"priced\",\"0\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"priced\",\"-1\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1e3\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1.0\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"priced\",1,\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"free\",\"1\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"free\",null,\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"dynamic\",\"1\",\"USD\"]"), "amount" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1\",\"\"]"), "currency" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1\",\"USD\"],[\"request\",\"\",\"priced\",\"1\",\"USD\"]"),
	  "order" },
	{ PRICE("[\"request\",\"\",\"priced\",\"1\",\"USD\"],[\"input_token\",\"\",\"free\",\"0\",\"USD\"]"),
	  "order" },
};

static void test_another_text_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		ARENA_AUTO(a);
		struct catalog c;
		struct err e = { 0 };

		if (snapshot_read(str_of(refused[i].text), &a, &c, &e))
			fail_msg("accepted: %s", refused[i].text);
		assert_true(e.kind == ERR_PARSE || e.kind == ERR_DATA);
		if (!strstr(e.text, refused[i].says))
			fail_msg("%s: %s", refused[i].text, e.text);
	}
}

/* Each byte made another: refused, or a state with that very text. */
static void test_no_byte_is_overlooked(void **state)
{
	char text[sizeof(whole)];
	size_t read = 0;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(whole); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			ARENA_AUTO(a);
			BUF_AUTO(out, 1 << 20);
			struct catalog c;
			struct err e;

			memcpy(text, whole, sizeof(whole));
			text[i] = (char)(text[i] ^ 1U << bit);
			if (!snapshot_read((struct str){ text, sizeof(whole) - 1 }, &a, &c, &e))
				continue;
			snapshot_print(&c, &out);
			assert_true(str_eq(buf_str(&out), (struct str){ text, sizeof(whole) - 1 }));
			read++;
		}
	assert_true(read > 100 && read < 4 * sizeof(whole));
}

/* printf 'acme aa…\nzeta 01…\n' | sha256sum, by Python */
static void test_the_name_of_the_market(void **state)
{
	struct market_state states[] = { { STR("acme"), { { 0 } } }, { STR("zeta"), { { 0 } } } };
	char text[HASH_TEXT_MAX];
	struct hash h;

	(void)state;
	memset(states[0].hash.bytes, 0xaa, HASH_BYTES);
	states[1].hash.bytes[0] = 1;
	market_hash(states, 2, &h);
	assert_string_equal(hash_text(&h, text),
			    "6cc1456bffae4cd1038ebfdd29bbdd18d85dffb9440915265abcd453308721ee");
	market_hash(states, 0, &h);
	assert_string_equal(hash_text(&h, text),
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_member_is_read),
		cmocka_unit_test(test_nobody_is_listed),
		cmocka_unit_test(test_another_text_is_refused),
		cmocka_unit_test(test_no_byte_is_overlooked),
		cmocka_unit_test(test_the_name_of_the_market),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
