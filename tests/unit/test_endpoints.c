/*
 * endpoints: where each provider of the router is asked.  The cases of the tracker's
 * specification first: constructApiUrl.
 */
#include "unit.h"

#include "base/file.h"
#include "base/json.h"
#include "provider/endpoints.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ROUTER        "https://router.huggingface.co/"

static struct endpoints *table(struct str file, struct arena *a)
{
	struct endpoints *m;
	struct err e;

	if (!endpoints_parse(file, "provider_mapping.json", a, &m, &e))
		fail_msg("%s", e.text);
	return m;
}

static void assert_url(const struct endpoints *m, const char *provider, const char *id,
		       const char *want)
{
	ARENA_AUTO(a);
	struct str url = endpoints_url(m, str_of(provider), str_of(id), &a);

	if (!want)
		assert_true(str_is_none(url));
	else
		assert_true(str_eq(url, str_of(want)));
}

/* ---- the tracker's specification: constructApiUrl ---- */

static void test_construct_api_url_known(void **state)
{
	ARENA_AUTO(a);
	struct endpoints *m = table(STR_NONE, &a);

	(void)state;
	assert_url(m, "novita", "deepseek/deepseek-v3-0324",
		   ROUTER "novita/v3/openai/chat/completions");
	assert_url(m, "together", "x", ROUTER "together/v1/chat/completions");
	assert_url(m, "fireworks-ai", "accounts/fireworks/models/x",
		   ROUTER "fireworks-ai/inference/v1/chat/completions");
	assert_url(m, "hf-inference", "HuggingFaceTB/SmolLM3-3B",
		   ROUTER "hf-inference/models/HuggingFaceTB/SmolLM3-3B/v1/chat/completions");
}

static void test_construct_api_url_unknown(void **state)
{
	ARENA_AUTO(a);
	struct endpoints *m = table(STR_NONE, &a);

	(void)state;
	assert_url(m, "nobody", "x", NULL);
	assert_url(m, "", "x", NULL);
	assert_url(m, "Novita", "x", NULL);
	assert_url(m, "fal-ai", "x", NULL); /* there, and no chat */
}

static void test_construct_api_url_empty_mapping(void **state)
{
	BUF_AUTO(nothing, 1 << 16);
	ARENA_AUTO(a);
	const struct endpoint *known;
	struct json_writer w = { .out = &nothing };
	size_t n = endpoints_list(table(STR_NONE, &a), &known);
	const struct endpoint *left;
	struct endpoints *m;

	(void)state;
	json_open(&w, '{');
	for (size_t i = 0; i < n; i++)
		json_add_raw(&w, known[i].name.at, STR_NONE);
	json_close(&w, '}');
	m = table(buf_str(&nothing), &a);
	assert_int_equal(endpoints_list(m, &left), 0);
	for (size_t i = 0; i < n; i++)
		assert_url(m, known[i].name.at, "x", NULL);
}

/* ---- the built-in table ---- */

static void test_builtin(void **state)
{
	ARENA_AUTO(a);
	const struct endpoint *known;
	size_t n = endpoints_list(table(STR_NONE, &a), &known);

	(void)state;
	assert_int_equal(n, 15);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || str_cmp(known[i - 1].name, known[i].name) < 0);
		assert_true(str_starts(known[i].url,
				       arena_printf(&a, ROUTER "%.*s/", STR_FMT(known[i].name))));
		assert_true(str_ends(known[i].url, STR("/chat/completions")));
	}
}

/* The routes as the official client was seen to send them, where that record is at hand. */
static void test_builtin_is_the_recorded_table(void **state)
{
	ARENA_AUTO(a);
	const struct endpoint *known;
	size_t n = endpoints_list(table(STR_NONE, &a), &known);
	JSON_DOC_AUTO(doc);
	struct str json;
	struct err e;

	(void)state;
	if (!file_read(TESTS_DIR "/../../shared/provider_mapping.json", 1 << 20, &a, &json, &e)) {
		print_message("no recorded table at ../shared/provider_mapping.json\n");
		skip();
	}
	assert_true(json_read(json, &doc, &e));
	assert_int_equal(yyjson_obj_size(yyjson_doc_get_root(doc)), n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(known[i].url, json_raw(yyjson_obj_get(yyjson_doc_get_root(doc),
									 known[i].name.at))));
}

/* ---- the operator's file ---- */

static void test_override(void **state)
{
	ARENA_AUTO(a);
	struct endpoints *m =
		table(STR("{\"novita\":\"https://mine.example/chat\","
			  "\"groq\":null,\"nobody\":null,"
			  "\"nebius\":\"https://api.nebius.example:8443/v1/{providerId}/chat"
			  "?m={providerId}\","
			  "\"local\":\"http://127.0.0.1:8080/v1/chat\","
			  "\"local6\":\"http://[::1]:8080/x\","
			  "\"local-name\":\"http://localhost/x\"}"),
		      &a);

	(void)state;
	assert_url(m, "novita", "a/b", "https://mine.example/chat");
	assert_url(m, "groq", "a/b", NULL);
	assert_url(m, "nobody", "a/b", NULL);
	assert_url(m, "nebius", "a/b", "https://api.nebius.example:8443/v1/a/b/chat?m=a/b");
	assert_url(m, "local", "a/b", "http://127.0.0.1:8080/v1/chat");
	assert_url(m, "local6", "a/b", "http://[::1]:8080/x");
	assert_url(m, "local-name", "a/b", "http://localhost/x");
	/* what it does not name stands */
	assert_url(m, "together", "a/b", ROUTER "together/v1/chat/completions");
	assert_url(table(STR("{}"), &a), "novita", "a/b",
		   ROUTER "novita/v3/openai/chat/completions");
}

static void test_override_refused(void **state)
{
	static const struct {
		const char *file, *sentence;
	} cases[] = {
		{ "", "provider_mapping.json: not valid JSON" },
		{ "{\"novita\":", "provider_mapping.json: not valid JSON" },
		{ "[]", "provider_mapping.json: expected an object of names and URLs" },
		{ "{\"novita\":5}", "provider_mapping.json: novita: expected a URL or null" },
		{ "{\"novita\":{}}", "provider_mapping.json: novita: expected a URL or null" },
		{ "{\"novita\":\"\"}", "provider_mapping.json: novita: expected https://" },
		{ "{\"novita\":\"ftp://x/y\"}",
		  "provider_mapping.json: novita: expected https://" },
		{ "{\"novita\":\"//x/y\"}", "provider_mapping.json: novita: expected https://" },
		{ "{\"novita\":\"http://router.huggingface.co/x\"}",
		  "provider_mapping.json: novita: http is for loopback only; use https" },
		{ "{\"novita\":\"http://127.0.0.1.example.com/x\"}",
		  "provider_mapping.json: novita: http is for loopback only; use https" },
		{ "{\"novita\":\"http://localhost.example/x\"}",
		  "provider_mapping.json: novita: http is for loopback only; use https" },
		{ "{\"novita\":\"http://127.0.0.1@evil.example/x\"}",
		  "provider_mapping.json: novita: expected a host" },
		{ "{\"novita\":\"https://user:word@x.example/y\"}",
		  "provider_mapping.json: novita: expected a host" },
		{ "{\"novita\":\"https:///y\"}", "provider_mapping.json: novita: expected a host" },
		{ "{\"novita\":\"https://:443/y\"}",
		  "provider_mapping.json: novita: expected a host" },
		{ "{\"novita\":\"https://{providerId}/y\"}",
		  "provider_mapping.json: novita: expected a host" },
		{ "{\"novita\":\"https://x.example\"}",
		  "provider_mapping.json: novita: expected a path" },
		{ "{\"novita\":\"https://x.example/a b\"}",
		  "provider_mapping.json: novita: expected a URL of printable ASCII" },
		{ "{\"novita\":\"https://x.example/a\\r\\nb\"}",
		  "provider_mapping.json: novita: expected a URL of printable ASCII" },
		{ "{\"novita\":\"https://x.example/a#b\"}",
		  "provider_mapping.json: novita: expected a URL of printable ASCII" },
		{ "{\"novita\":\"https://x.example/a?api-version=1&Api_Key=x\"}",
		  "provider_mapping.json: novita: no key may stand in it" },
		{ "{\"novita\":\"https://x.example/{model}\"}",
		  "provider_mapping.json: novita: holds a brace" },
		{ "{\"novita\":\"https://x.example/providerId}\"}",
		  "provider_mapping.json: novita: holds a brace" },
		{ "{\"novita\":\"https://x.example/{providerId\"}",
		  "provider_mapping.json: novita: holds a brace" },
		{ "{\"\":\"https://x.example/y\"}", "provider_mapping.json: : expected a name" },
		{ "{\"good\":\"https://x.example/y\",\"bad\":\"x\"}",
		  "provider_mapping.json: bad: expected https://" },
		{ "{\"a\":null,\"a\":null}", "provider_mapping.json: /a stands twice" },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct endpoints *m = NULL;
		struct err e;

		if (endpoints_parse(str_of(cases[i].file), "provider_mapping.json", &a, &m, &e))
			fail_msg("taken: %s", cases[i].file);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!str_starts(str_of(e.text), str_of(cases[i].sentence)))
			fail_msg("%s: %s", cases[i].file, e.text);
		assert_null(m);
	}
}

/* An id comes from a list that others write: it stays inside its part of the path. */
static void test_ids_stay_in_the_path(void **state)
{
	static const struct {
		const char *id, *put;
	} cases[] = {
		{ "org/model", "org/model" },
		{ "org/model:free@2", "org/model:free@2" },
		{ "a?b=c#d", "a%3Fb=c%23d" },
		{ "a b%2e\r\n\xc3\xa9\"{}", "a%20b%252e%0D%0A%C3%A9%22%7B%7D" },
		{ "a\\..\\b", "a%5C..%5Cb" },
		{ "...", "..." },
		{ "..", NULL },
		{ "../../api/repos", NULL },
		{ "a/../b", NULL },
		{ "a/./b", NULL },
		{ "a//b", NULL },
		{ "/a", NULL },
		{ "a/", NULL },
		{ "", NULL },
	};
	ARENA_AUTO(a);
	struct endpoints *m = table(STR_NONE, &a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_url(m, "hf-inference", cases[i].id,
			   cases[i].put ? arena_printf(&a,
						       ROUTER
						       "hf-inference/models/%s/v1/chat/completions",
						       cases[i].put)
						  .at
					: NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_construct_api_url_known),
		cmocka_unit_test(test_construct_api_url_unknown),
		cmocka_unit_test(test_construct_api_url_empty_mapping),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_builtin_is_the_recorded_table),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_refused),
		cmocka_unit_test(test_ids_stay_in_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
