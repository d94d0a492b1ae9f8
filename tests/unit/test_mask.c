/* Headers as JSON in which nothing secret stands. */
#include "base/json.h"
#include "base/mask.h"
#include "base/secret.h"
#include "base/utf8.h"

#include "unit.h"
#include <stdlib.h>

static const char *masked(const struct mask_header *headers, size_t n)
{
	static struct buf out;

	out.max = 1 << 20;
	buf_clear(&out);
	mask_headers(headers, n, &out);
	assert_false(buf_overflowed(&out));
	return out.at;
}

static const char *masked_block(struct str head)
{
	static struct buf out;

	out.max = 1 << 20;
	buf_clear(&out);
	mask_header_block(head, &out);
	assert_false(buf_overflowed(&out));
	return out.at;
}

#define MASKED(...)                                         \
	masked((const struct mask_header[]){ __VA_ARGS__ }, \
	       sizeof((const struct mask_header[]){ __VA_ARGS__ }) / sizeof(struct mask_header))
#define H(name, value)                          \
	{                                       \
		STR_INIT(name), STR_INIT(value) \
	}
#define STR_INIT(s)                \
	{                          \
		(s), sizeof(s) - 1 \
	}

/* ---- the tracker's three ---- */

static void with_authorization(void **state)
{
	(void)state;
	assert_string_equal(
		MASKED(H("Authorization", "Bearer hf_abcdefgh"),
		       H("Content-Type", "application/json")),
		"{\"authorization\":\"Bearer [MASKED]\",\"content-type\":\"application/json\"}");
}

static void without_authorization(void **state)
{
	(void)state;
	assert_string_equal(MASKED(H("Content-Type", "application/json"), H("X-Request-Id", "17")),
			    "{\"content-type\":\"application/json\",\"x-request-id\":\"17\"}");
}

static void no_headers(void **state)
{
	(void)state;
	assert_string_equal(masked(NULL, 0), "{}");
	assert_string_equal(masked_block(STR_NONE), "{}");
	assert_string_equal(masked_block(STR("HTTP/1.1 200 OK\r\n\r\n")), "{}");
}

/* ---- by name ---- */

static void names_that_keep_nothing(void **state)
{
	static const char *const names[] = {
		"Cookie",         "Set-Cookie",           "X-API-Key",          "api-key",
		"X-Goog-Api-Key", "x-amz-security-token", "X-Xet-Access-Token", "client-secret",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct mask_header h = { str_of(names[i]), STR("s=1; Path=/") };

		assert_non_null(strstr(masked(&h, 1), "\":\"[MASKED]\"}"));
	}
}

static void names_that_only_look_like_it(void **state)
{
	(void)state;
	assert_string_equal(MASKED(H("x-ratelimit-remaining-tokens", "12"), H("tokens", "1"),
				   H("x-key-id", "k"), H("cookies", "none")),
			    "{\"x-ratelimit-remaining-tokens\":\"12\",\"tokens\":\"1\","
			    "\"x-key-id\":\"k\",\"cookies\":\"none\"}");
}

static void schemes(void **state)
{
	(void)state;
	assert_string_equal(MASKED(H("AUTHORIZATION", "Basic dTpw")),
			    "{\"authorization\":\"Basic [MASKED]\"}");
	assert_string_equal(MASKED(H("Proxy-Authorization", "  bearer  x")),
			    "{\"proxy-authorization\":\"bearer [MASKED]\"}");
	/* A key without a scheme, also one with a blank in it. */
	assert_string_equal(MASKED(H("Authorization", "abcdef")),
			    "{\"authorization\":\"[MASKED]\"}");
	assert_string_equal(MASKED(H("Authorization", "abc def")),
			    "{\"authorization\":\"[MASKED]\"}");
	assert_string_equal(MASKED(H("Authorization", "")), "{\"authorization\":\"[MASKED]\"}");
}

/* ---- by value ---- */

static void registered_secrets(void **state)
{
	(void)state;
	secret_hide(STR("sk-\"quoted\"/key"));
	assert_string_equal(
		MASKED(H("x-echo", "got sk-\"quoted\"/key."),
		       H("x-json", "{\"k\":\"sk-\\\"quoted\\\"\\/key\"}"),
		       H("location", "/a?key=sk-%22quoted%22%2Fkey")),
		"{\"x-echo\":\"got [MASKED].\",\"x-json\":\"{\\\"k\\\":\\\"[MASKED]\\\"}\","
		"\"location\":\"/a?key=[MASKED]\"}");
	assert_string_equal(MASKED(H("x-sk-\"quoted\"/key", "1")), "{\"x-[masked]\":\"1\"}");
}

/* ---- form ---- */

static void one_name_many_times(void **state)
{
	(void)state;
	assert_string_equal(
		MASKED(H("Via", "a"), H("Server", "s"), H("via", "b"), H("Set-Cookie", "x"),
		       H("Set-Cookie", "y")),
		"{\"via\":\"a, b\",\"server\":\"s\",\"set-cookie\":\"[MASKED], [MASKED]\"}");
}

static void blocks(void **state)
{
	(void)state;
	assert_string_equal(masked_block(STR("HTTP/1.1 200 OK: fine\r\nContent-Type: text/html\r\n"
					     "Set-Cookie: a=b\r\n\r\n")),
			    "{\"content-type\":\"text/html\",\"set-cookie\":\"[MASKED]\"}");
	assert_string_equal(
		masked_block(STR("HTTP/2 200\nA:1\nB :  2  \nno colon\n: nameless\nC:\n")),
		"{\"a\":\"1\",\"b\":\"2\",\"c\":\"\"}");
	/* Folded, as HTTP once allowed: what follows belongs to the secret. */
	assert_string_equal(
		masked_block(STR("HTTP/1.1 200 OK\r\nSet-Cookie: a=\r\n b; c\r\nD: 1\r\n"
				 "\t2\r\n")),
		"{\"set-cookie\":\"[MASKED]\",\"d\":\"1\\u000d\\u000a\\u00092\"}");
	assert_string_equal(masked_block(STR("HTTP/1.1 200 OK\r\nlast: line")),
			    "{\"last\":\"line\"}");
}

/* Whatever comes, it is an object in clean UTF-8 of a bounded size. */
static void assert_sound(const char *json)
{
	JSON_DOC_AUTO(doc);
	struct err e;

	assert_true(utf8_is_clean(str_of(json)));
	assert_in_range(strlen(json), 2, 80000);
	if (!json_read(str_of(json), &doc, &e))
		fail_msg("%s: %s", e.text, json);
	assert_true(yyjson_is_obj(yyjson_doc_get_root(doc)));
}

static void hostile_bytes(void **state)
{
	static char big[300000];

	(void)state;
	assert_string_equal(MASKED(H("x", "a\0b\xff")), "{\"x\":\"a\xef\xbf\xbd"
							"b\xef\xbf\xbd\"}");
	assert_string_equal(MASKED(H("\xff\"", "\\")), "{\"\xef\xbf\xbd\\\"\":\"\\\\\"}");
	memset(big, '\xc3', sizeof(big));
	assert_sound(masked_block((struct str){ big, sizeof(big) }));
	memcpy(big, "a:", 2);
	assert_sound(masked_block((struct str){ big, sizeof(big) }));
	for (size_t i = 0; i + 16 < sizeof(big); i += 16)
		(void)snprintf(big + i, 17, "n%06zu:\x01\x01\x01\x01\x01\x01\n", i / 16);
	assert_sound(masked_block((struct str){ big, 32000 }));
	assert_non_null(strstr(masked_block((struct str){ big, 32000 }), " more\"}"));
}

static void long_values_are_cut(void **state)
{
	static char value[6000];
	struct mask_header h = { STR("x"), { value, sizeof(value) } };
	const char *out;

	(void)state;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = "\xe2\x82\xac"[i % 3];
	out = masked(&h, 1);
	assert_sound(out);
	assert_null(strstr(out, "\xef\xbf\xbd")); /* between two characters */
	assert_non_null(strstr(out, "\xe2\x82\xac…\"}"));
	h.value.n = 3000;
	assert_null(strstr(masked(&h, 1), "…"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_authorization),
		cmocka_unit_test(without_authorization),
		cmocka_unit_test(no_headers),
		cmocka_unit_test(names_that_keep_nothing),
		cmocka_unit_test(names_that_only_look_like_it),
		cmocka_unit_test(schemes),
		cmocka_unit_test(registered_secrets),
		cmocka_unit_test(one_name_many_times),
		cmocka_unit_test(blocks),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(long_values_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
