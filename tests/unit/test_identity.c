#include "unit.h"

#include "core/identity.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct rule {
	const char *provider, *id, *hub;
	const char *want; /* NULL: unmatched */
};

static void check(const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ARENA_AUTO(a);
		const struct rule *r = &rules[i];
		struct identity_row row = { str_of(r->provider), str_of(r->id), str_of(r->hub) };
		struct identity is = identity_of(&row, NULL, &a);

		if (!str_same(is.canonical, str_of(r->want)))
			fail_msg("%s \"%s\" \"%s\": %.*s, %.*s", r->provider, r->id,
				 r->hub ? r->hub : "", STR_FMT(is.canonical), STR_FMT(is.evidence));
		assert_true(is.evidence.n > 0);
		assert_int_equal(str_is_none(is.canonical), str_starts(is.evidence, STR("none: ")));
	}
}

/* Stronger than the id, whatever that says. */
static void test_hugging_face_id(void **state)
{
	static const struct rule rules[] = {
		{ "x", "a", "deepseek-ai/DeepSeek-V3-0324", "deepseek-ai/deepseek-v3-0324" },
		{ "x", "qwen/qwen3-8b", "Qwen/Qwen3-32B", "qwen/qwen3-32b" },
		{ "x", "~moonshotai/kimi-latest", "moonshotai/Kimi-K3", "moonshotai/kimi-k3" },
		{ "x", "qwen/qwen3-8b:unheard-of", "Qwen/Qwen3-8B", "qwen/qwen3-8b" },
		{ "x", "", "Qwen/Qwen3-8B", "qwen/qwen3-8b" },
		{ "x", "a", "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "qwen/qwen2.5-7b-instruct" },
		{ "x", "a", "meta-llama/Llama-3.1-8B", "meta-llama/llama-3.1-8b" }, /* the base */
		/* Another's upload is another's. */
		{ "x", "a", "unsloth/Qwen3-8B-FP8", "unsloth/qwen3-8b-fp8" },
		{ "x", "a", "Qwen/Qwen3-8B-GGUF", "qwen/qwen3-8b-gguf" },
		/* No id of Hugging Face: the row is wrong, so it is not guessed from elsewhere. */
		{ "x", "qwen/qwen3-8b", "Qwen3-8B", NULL },
		{ "x", "qwen/qwen3-8b", "Qwen/Qwen3-8B/tree", NULL },
		{ "x", "qwen/qwen3-8b", "Qwen/", NULL },
		{ "x", "qwen/qwen3-8b", "some one/Qwen3", NULL },
		{ "x", "qwen/qwen3-8b", "Qwen/\xc3\xa9", NULL },
		/* An empty one says nothing. */
		{ "x", "qwen/qwen3-8b", "", "qwen/qwen3-8b" },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

static void test_organisation(void **state)
{
	static const struct rule rules[] = {
		{ "x", "z-ai/glm-4.6", NULL, "zai-org/glm-4.6" },
		{ "x", "THUDM/glm-4-32b-0414", NULL, "zai-org/glm-4-32b-0414" },
		{ "x", "alibaba/qwen3-max", NULL, "qwen/qwen3-max" },
		{ "x", "alibaba/wan-2.5", NULL, NULL }, /* of another of the house's, or of none */
		{ "x", "meta/muse-spark-1.1", NULL, "meta-models/muse-spark-1.1" },
		{ "x", "nvidia/llama-3.1-nemotron-70b-instruct", NULL,
		  "nvidia/llama-3.1-nemotron-70b-instruct" },
		{ "x", "nobody/qwen3-32b", NULL, NULL },
		{ "x", "groq/llama-3.3-70b-instruct", NULL, NULL }, /* who serves is not who made */
		{ "x", "zai-org-glm-4.6", NULL, "zai-org/glm-4.6" },
		{ "x", "openai-claude-opus-4.5", NULL, NULL },
		{ "x", "qwen/a/b", NULL, NULL },
		{ "x", "/qwen3-32b", NULL, NULL },
		{ "x", "qwen/", NULL, NULL },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

/* Without an organisation each word must be one that the maker uses. */
static void test_bare(void **state)
{
	static const struct rule rules[] = {
		{ "x", "glm-5", NULL, "zai-org/glm-5" },
		{ "x", "GPT-OSS-120B", NULL, "openai/gpt-oss-120b" },
		{ "x", "qwen3-32b-heretic", NULL, NULL },
		{ "x", "lunaris-8b", NULL, NULL },
		{ "x", "llama-3.3-nemotron-super-49b-v1.5", NULL,
		  "nvidia/llama-3.3-nemotron-super-49b-v1.5" },
		{ "x", "qwen", NULL, "qwen/qwen" },
		{ "x", "llama", NULL, NULL },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

static void test_versions(void **state)
{
	static const struct rule rules[] = {
		{ "x", "claude-opus-4-6", NULL, "anthropic/claude-opus-4.6" },
		{ "x", "anthropic/claude-4.6-opus", NULL, "anthropic/claude-opus-4.6" },
		{ "x", "claude-3-5-haiku-20241022", NULL, "anthropic/claude-3.5-haiku" },
		{ "x", "qwen/qwen_2_5_72b_instruct", NULL, "qwen/qwen2.5-72b-instruct" },
		{ "x", "accounts/fireworks/models/llama-v3p1-8b-instruct", NULL,
		  "meta-llama/llama-3.1-8b-instruct" },
		{ "x", "qwen/qwen2p5-72b-instruct", NULL, "qwen/qwen2p5-72b-instruct" },
		{ "x", "gemma3-27b-it", NULL, "google/gemma-3-27b-it" },
		{ "x", "google/gemma-3-4b-it", NULL, "google/gemma-3-4b-it" }, /* not 3.4 */
		{ "x", "openai/gpt-4-1106-preview", NULL, "openai/gpt-4-1106-preview" },
		{ "x", "openai/gpt-1-2-3", NULL, "openai/gpt-1-2-3" },
		{ "x", "openai-gpt-52", NULL, NULL },
		{ "x", "kimi-k25", NULL, NULL },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

/* Only the date of a name's only release comes off. */
static void test_dates(void **state)
{
	static const struct rule rules[] = {
		{ "x", "gpt-5-2025-08-07", NULL, "openai/gpt-5" },
		{ "x", "openai/gpt-5-20250807", NULL, "openai/gpt-5" },
		{ "x", "gpt-5-2025-08-08", NULL, "openai/gpt-5-2025-08-08" },
		{ "x", "gpt-4o-2024-08-06", NULL, "openai/gpt-4o-2024-08-06" },
		{ "x", "claude-sonnet-4-5@20250929", NULL, "anthropic/claude-sonnet-4.5" },
		{ "x", "anthropic/claude-3.5-sonnet", NULL, NULL }, /* which of two? */
		{ "x", "claude-3-5-sonnet-20240620", NULL, "anthropic/claude-3.5-sonnet-20240620" },
		{ "x", "deepseek/deepseek-r1-0528", NULL, "deepseek-ai/deepseek-r1-0528" },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

static void test_tags(void **state)
{
	static const struct rule rules[] = {
		{ "openrouter", "qwen/qwen3-8b:free", NULL, "qwen/qwen3-8b" },
		{ "openrouter", "qwen/qwen3-8b:thinking", NULL, NULL },
		{ "openrouter", "qwen/qwen3-8b:free:free", NULL, NULL },
		{ "ollama", "llama3.1:8b", NULL, NULL },
		{ "together", "zai-org/GLM-4.5-Air-FP8", NULL, "zai-org/glm-4.5-air" },
		{ "together", "Qwen/Qwen3-235B-A22B-fp8-tput", NULL, "qwen/qwen3-235b-a22b" },
		{ "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", NULL,
		  "meta-llama/llama-3.3-70b-instruct" },
		/* Where nobody explained it, it is a name. */
		{ "novita", "meta-llama/Llama-3.3-70B-Instruct-Turbo", NULL,
		  "meta-llama/llama-3.3-70b-instruct-turbo" },
		{ "together", "openai/gpt-3.5-turbo", NULL, "openai/gpt-3.5-turbo" },
		{ "together", "qwen/qwen2.5-turbo", NULL, "qwen/qwen2.5-turbo" },
		{ "x", "openai/fp8", NULL, "openai/fp8" },
		{ "x", "us.anthropic.claude-haiku-4-5-20251001-v1:0", NULL,
		  "anthropic/claude-haiku-4.5" },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

static void test_ambiguous(void **state)
{
	static const struct rule rules[] = {
		{ "x", "~openai/gpt-latest", NULL, NULL },
		{ "x", "mistral-large-latest", NULL, NULL },
		{ "x", "mistral/mistral-large", NULL, NULL },
		{ "x", "deepseek-chat", NULL, NULL },
		{ "x", "meta/llama-3.1-8b", NULL, NULL }, /* base or instruct */
		{ "x", "gemma-4-31b", NULL, NULL },
		{ "x", "qwen-2.5-72b", NULL, NULL },
		{ "x", "qwen3-32b", NULL, "qwen/qwen3-32b" }, /* there the base says "base" */
		{ "x", "", NULL, NULL },
		{ "x", NULL, NULL, NULL },
		{ "x", "-", NULL, NULL },
		{ "x", "qwen/qwen3+8b", NULL, NULL },
		{ "x", "qwen/a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a", NULL, NULL },
	};

	(void)state;
	check(rules, LENGTH(rules));
}

static void test_evidence(void **state)
{
	ARENA_AUTO(a);
	struct identity_row row = { STR("x"), STR("qwen/qwen3-8b:free"), STR("Qwen/Qwen3-8B") };

	(void)state;
	assert_true(str_eq(identity_of(&row, NULL, &a).evidence,
			   STR("hugging face id \"Qwen/Qwen3-8B\"")));
	row.hugging_face_id = STR_NONE;
	assert_true(str_eq(identity_of(&row, NULL, &a).evidence, STR("id \"qwen/qwen3-8b:free\"")));
	row.id = STR("nobody/qwen3");
	assert_true(str_eq(identity_of(&row, NULL, &a).evidence,
			   STR("none: unknown organisation: \"nobody/qwen3\"")));
}

static void test_too_long(void **state)
{
	ARENA_AUTO(a);
	char text[IDENTITY_TEXT_MAX + 1] = "qwen/qwen3-";
	struct identity_row row = { STR("x"), { text, IDENTITY_TEXT_MAX }, STR_NONE };

	(void)state;
	memset(text + 11, '8', sizeof(text) - 11);
	assert_int_equal(identity_of(&row, NULL, &a).canonical.n, IDENTITY_TEXT_MAX);
	row.id.n++;
	assert_true(str_is_none(identity_of(&row, NULL, &a).canonical));
}

/* ---- aliases */

static struct identity aliased(const struct identity_aliases *aliases, const char *provider,
			       const char *id, struct arena *a)
{
	struct identity_row row = { str_of(provider), str_of(id), STR_NONE };

	return identity_of(&row, aliases, a);
}

static void test_aliases(void **state)
{
	ARENA_AUTO(a);
	struct identity_aliases all = { 0 };
	struct identity is;
	struct err e;

	(void)state;
	assert_true(identity_aliases_read(STR("{\"venice:Mistral-31-24b\": \"qwen/qwen3-8b\","
					      " \"mistral-31-24b\": \"qwen/qwen3-14b\","
					      " \"glm-5\": null, \"foo/bar\": \"me/my-own\"}"),
					  &a, &all, &e));
	assert_int_equal(all.n, 4);
	is = aliased(&all, "venice", "mistral-31-24B", &a);
	assert_true(str_eq(is.canonical, STR("qwen/qwen3-8b")));
	assert_true(str_eq(is.evidence, STR("alias \"venice:mistral-31-24b\"")));
	assert_true(
		str_eq(aliased(&all, "x", "mistral-31-24b", &a).canonical, STR("qwen/qwen3-14b")));
	assert_true(str_eq(aliased(&all, "x", "Foo/Bar", &a).canonical, STR("me/my-own")));
	is = aliased(&all, "x", "glm-5", &a);
	assert_true(str_is_none(is.canonical));
	assert_true(str_eq(is.evidence, STR("none: the operator's alias: \"glm-5\"")));
	assert_true(str_eq(aliased(&all, "x", "glm-5.1", &a).canonical, STR("zai-org/glm-5.1")));
	assert_true(identity_aliases_read(STR("{}"), &a, &all, &e));
	assert_int_equal(all.n, 0);
}

static void test_aliases_refused(void **state)
{
	static const struct {
		const char *json;
		enum err_kind kind;
		const char *names;
	} cases[] = {
		{ "{\"a\": ", ERR_PARSE, "aliases" },
		{ "[]", ERR_CONFIG, "object" },
		{ "{\"a\": 1}", ERR_CONFIG, "alias \"a\"" },
		{ "{\"a\": {}}", ERR_CONFIG, "alias \"a\"" },
		{ "{\"a\": \"\"}", ERR_CONFIG, "alias \"a\"" },
		{ "{\"a\": \"no-slash\"}", ERR_CONFIG, "alias \"a\"" },
		{ "{\"a\": \"Qwen/Qwen3-8B\"}", ERR_CONFIG, "canonically \"qwen/qwen3-8b\"" },
		{ "{\"a\": \"z-ai/glm-5\"}", ERR_CONFIG, "canonically \"zai-org/glm-5\"" },
		{ "{\"\": \"qwen/qwen3-8b\"}", ERR_CONFIG, "alias \"\"" },
		{ "{\"a\": \"qwen/qwen3-8b\", \"A\": null}", ERR_CONFIG, "alias \"a\" twice" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		ARENA_AUTO(a);
		struct identity_aliases all = { NULL, 7 };
		struct err e = { .kind = ERR_NONE };

		assert_false(identity_aliases_read(str_of(cases[i].json), &a, &all, &e));
		if (e.kind != cases[i].kind || !strstr(e.text, cases[i].names))
			fail_msg("%s: %s", cases[i].json, e.text);
		assert_int_equal(all.n, 7);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hugging_face_id),
		cmocka_unit_test(test_organisation),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_aliases_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
