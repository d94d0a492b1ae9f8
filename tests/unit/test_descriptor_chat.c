/*
 * descriptor_chat: how the models of a provider are asked, said by descriptors of the tests and
 * by those built in.
 */
#include "unit.h"

#include "provider/registry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A descriptor with this "chat", and what stands before it; written with ' for ". */
static struct str descriptor(const char *auth, const char *chat, struct arena *a)
{
	struct str text = arena_printf(
		a,
		"{'slug':'acme','name':'Acme','base_url':'https://acme.test','auth':%s,"
		"'headers':{'acme-version':'1','acme-other':'x'},'chat':%s,'lists':[{'name':'models',"
		"'url':'https://acme.test/models','fields':{'id':'/id'}}],'facts':[]}",
		auth, chat);
	char *copy = arena_cstr(a, text);

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return str_of(copy);
}

#define BEARER "{'form':'bearer','env':['ACME_KEY']}"
#define HEADER "{'form':'header:x-key','env':['ACME_KEY']}"
#define NONE   "{'form':'none'}"
#define URL    "'url':'https://acme.test/chat'"

static struct descriptor good(const char *auth, const char *chat, struct arena *a)
{
	struct descriptor d;
	struct err e;

	if (!descriptor_parse(descriptor(auth, chat, a), STR("acme.json"), a, &d, &e))
		fail_msg("%s\n%s", chat, e.text);
	return d;
}

/* The rule of a model as text: its recipe, its header lines, or that there is no chat. */
static void assert_rule(const struct descriptor *d, const char *id, const char *want)
{
	const struct chat_rule *r = descriptor_recipe(d, str_of(id));
	BUF_AUTO(out, 1 << 16);
	char *at;

	if (r->chats)
		recipe_format(&r->recipe, &out);
	else
		buf_add_str(&out, STR("none"));
	for (size_t i = 0; i < r->n_headers; i++)
		buf_printf(&out, " %.*s=%.*s", STR_FMT(r->headers[i].name),
			   STR_FMT(r->headers[i].value));
	for (at = out.at; *at; at++)
		if (*at == '"')
			*at = '\'';
	assert_string_equal(out.at, want);
}

#define LINES " acme-version=1 acme-other=x"

static void test_standard(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d = good(BEARER, "{" URL "}", &a);

	(void)state;
	assert_string_equal(d.chat.url.at, "https://acme.test/chat");
	assert_int_equal(d.chat.auth, AUTH_BEARER);
	assert_rule(&d, "any", "{'form':'openai','limit':'max_tokens'}" LINES);
}

static void test_said_for_all(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d =
		good(HEADER,
		     "{" URL ",'form':'anthropic','limit':'max_completion_tokens',"
		     "'limit_min':16,'limit_max':4096,'no_stream_options':true,"
		     "'add':{'a':{'b':1.50}},'headers':{'Acme-Version':'2','beta':'y'}}",
		     &a);

	(void)state;
	assert_int_equal(d.chat.auth, AUTH_HEADER);
	assert_string_equal(d.chat.auth_name.at, "x-key");
	assert_rule(&d, "any",
		    "{'form':'anthropic','limit':'max_completion_tokens','limit_min':16,"
		    "'limit_max':4096,'no_stream_options':true,'add':{'a':{'b':1.50}}}"
		    " acme-other=x Acme-Version=2 beta=y");
}

static void test_models(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d =
		good(BEARER,
		     "{" URL ",'limit_min':16,'models':["
		     "{'match':'tiny','limit_min':1},"
		     "{'match':['embed-*','*-rerank','*whisper*'],'chat':false},"
		     "{'match':'o1*','limit':'max_completion_tokens','add':{'effort':'low'}},"
		     "{'match':'o*','no_stream_options':true,'headers':{'beta':'y'}},"
		     "{'match':'a*b*c','limit_max':99}]}",
		     &a);

	(void)state;
	assert_rule(&d, "zebra", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
	assert_rule(&d, "tiny", "{'form':'openai','limit':'max_tokens','limit_min':1}" LINES);
	assert_rule(&d, "tiny2", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
	assert_rule(&d, "Tiny", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
	assert_rule(&d, "embed-3", "none" LINES);
	assert_rule(&d, "embed", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
	assert_rule(&d, "x-rerank", "none" LINES);
	assert_rule(&d, "distil-whisper-v3", "none" LINES);
	assert_rule(&d, "whisper", "none" LINES);
	/* the first counts */
	assert_rule(&d, "o1-mini",
		    "{'form':'openai','limit':'max_completion_tokens','limit_min':16,"
		    "'add':{'effort':'low'}}" LINES);
	assert_rule(&d, "o3",
		    "{'form':'openai','limit':'max_tokens','limit_min':16,"
		    "'no_stream_options':true}" LINES " beta=y");
	for (size_t i = 0; i < 4; i++)
		assert_rule(&d, (const char *const[]){ "abc", "axbxc", "abcbc", "aabbcc" }[i],
			    "{'form':'openai','limit':'max_tokens','limit_min':16,"
			    "'limit_max':99}" LINES);
	assert_rule(&d, "abcd", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
	assert_rule(&d, "acb", "{'form':'openai','limit':'max_tokens','limit_min':16}" LINES);
}

static void test_key_shown_otherwise(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d = good(HEADER, "{" URL ",'auth':'bearer'}", &a);

	(void)state;
	assert_int_equal(d.auth, AUTH_HEADER);
	assert_int_equal(d.chat.auth, AUTH_BEARER);
	assert_true(str_is_none(d.chat.auth_name));
	d = good(BEARER, "{" URL ",'auth':'header:api-key'}", &a);
	assert_int_equal(d.chat.auth, AUTH_HEADER);
	assert_string_equal(d.chat.auth_name.at, "api-key");
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *auth, *chat, *sentence;
	} cases[] = {
		{ BEARER, "{'form':'openai'}", "/chat/url: missing" },
		{ BEARER, "{'url':'http://acme.test/chat'}",
		  "/chat/url: must begin with https://" },
		{ BEARER, "{" URL ",'limits':1}", "/chat/limits is not a member known here" },
		{ BEARER, "{" URL ",'match':'x'}", "/chat/match is not a member known here" },
		{ BEARER, "{" URL ",'form':'google'}",
		  "/chat/form: expected openai, anthropic or cohere" },
		{ BEARER, "{" URL ",'limit':'model'}", "/chat/limit: is no name of a member" },
		{ BEARER, "{" URL ",'limit':'max tokens'}", "/chat/limit: is no name of a member" },
		{ BEARER, "{" URL ",'limit_min':0}",
		  "/chat/limit_min: expected a number from 1 to 1000000" },
		{ BEARER, "{" URL ",'limit_max':'9'}",
		  "/chat/limit_max: expected a number from 1 to 1000000" },
		{ BEARER, "{" URL ",'limit_min':9,'limit_max':8}",
		  "/chat/limit_min: is more than limit_max" },
		{ BEARER, "{" URL ",'no_stream_options':'yes'}",
		  "/chat/no_stream_options is a string, expected true or false" },
		{ BEARER, "{" URL ",'add':{'stream':true}}",
		  "/chat: add/stream is not for it to say" },
		{ BEARER, "{" URL ",'add':'x'}", "/chat: add is a string, expected an object" },
		{ BEARER, "{" URL ",'headers':{'Authorization':'x'}}",
		  "/chat/headers/Authorization: is no header that may be set here" },
		{ BEARER, "{" URL ",'headers':{'Content-Type':'x'}}",
		  "/chat/headers/Content-Type: is no header that may be set here" },
		{ HEADER, "{" URL ",'headers':{'X-Key':'x'}}",
		  "/chat/headers/X-Key: is no header that may be set here" },
		{ BEARER, "{" URL ",'auth':'header:api-key','headers':{'api-key':'x'}}",
		  "/chat/headers/api-key: is no header that may be set here" },
		{ BEARER, "{" URL ",'auth':'basic'}", "/chat/auth: expected none, bearer" },
		{ BEARER, "{" URL ",'auth':'google'}", "/chat/auth: there is no such key" },
		{ NONE, "{" URL ",'auth':'bearer'}", "/chat/auth: there is no such key" },
		{ BEARER, "{" URL ",'models':{}}", "/chat/models is an object, expected a list" },
		{ BEARER, "{" URL ",'models':['x']}",
		  "/chat/models/0 is a string, expected an object" },
		{ BEARER, "{" URL ",'models':[{'chat':false}]}", "/chat/models/0/match: missing" },
		{ BEARER, "{" URL ",'models':[{'match':['a','']}]}",
		  "/chat/models/0/match: holds a name without letters" },
		{ BEARER, "{" URL ",'models':[{'match':'a','chat':0}]}",
		  "/chat/models/0/chat is a number, expected true or false" },
		{ BEARER, "{" URL ",'models':[{'match':'a'},{'match':'b','url':'x'}]}",
		  "/chat/models/1/url is not a member known here" },
		{ BEARER, "{" URL ",'limit_max':8,'models':[{'match':'a','limit_min':9}]}",
		  "/chat/models/0/limit_min: is more than limit_max" },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct str sentence = arena_printf(&a, "acme.json: %s", cases[i].sentence);
		struct descriptor d;
		struct err e;

		if (descriptor_parse(descriptor(cases[i].auth, cases[i].chat, &a), STR("acme.json"),
				     &a, &d, &e))
			fail_msg("taken: %s", cases[i].chat);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!str_starts(str_of(e.text), sentence))
			fail_msg("%s: %s", cases[i].chat, e.text);
	}
}

/* ---- built in ---- */

static void test_built_in(void **state)
{
	static const struct {
		const char *slug, *id, *want;
	} cases[] = {
		{ "openai", "gpt-5-mini",
		  "{'form':'openai','limit':'max_completion_tokens','limit_min':16}" },
		{ "openai", "gpt-4o",
		  "{'form':'openai','limit':'max_completion_tokens','limit_min':16}" },
		{ "openai", "o3",
		  "{'form':'openai','limit':'max_completion_tokens','limit_min':16}" },
		{ "openai", "chatgpt-4o-latest",
		  "{'form':'openai','limit':'max_completion_tokens','limit_min':16}" },
		{ "openai", "o1-pro-2025-03-19", "none" },
		{ "openai", "gpt-5-codex", "none" },
		{ "openai", "text-embedding-3-large", "none" },
		{ "openai", "gpt-4o-mini-transcribe", "none" },
		{ "anthropic", "claude-sonnet-4-5",
		  "{'form':'anthropic','limit':'max_tokens'} anthropic-version=2023-06-01" },
		{ "cohere", "command-a-03-2025", "{'form':'cohere','limit':'max_tokens'}" },
		{ "cohere", "rerank-v3.5", "none" },
		{ "google", "gemini-2.5-flash", "{'form':'openai','limit':'max_tokens'}" },
		{ "google", "gemini-2.5-flash-image", "none" },
		{ "groq", "llama-3.3-70b-versatile",
		  "{'form':'openai','limit':'max_completion_tokens'}" },
		{ "groq", "whisper-large-v3", "none" },
		{ "mistral", "mistral-large-latest",
		  "{'form':'openai','limit':'max_tokens','no_stream_options':true}" },
		{ "mistral", "mistral-embed", "none" },
		{ "deepseek", "deepseek-chat",
		  "{'form':'openai','limit':'max_tokens','limit_max':8192}" },
		{ "deepseek", "deepseek-reasoner", "{'form':'openai','limit':'max_tokens'}" },
		{ "alibaba", "qwen3-235b-a22b",
		  "{'form':'openai','limit':'max_tokens','add':{'enable_thinking':false}}" },
		{ "alibaba", "qwen3-235b-a22b-thinking-2507",
		  "{'form':'openai','limit':'max_tokens'}" },
		{ "openrouter", "openai/gpt-5",
		  "{'form':'openai','limit':'max_tokens','limit_min':16}" },
		{ "openrouter", "qwen/qwen3-8b", "{'form':'openai','limit':'max_tokens'}" },
		{ "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
		  "{'form':'openai','limit':'max_tokens'}" },
		{ "fal", "fal-ai/flux", "none" }, /* no chat there */
	};
	ARENA_AUTO(a);
	struct registry all;
	struct err e;

	(void)state;
	if (!registry_load(NULL, &a, &all, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_rule(registry_find(&all, str_of(cases[i].slug)), cases[i].id, cases[i].want);
	assert_int_equal(registry_find(&all, STR("google"))->chat.auth, AUTH_BEARER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard), cmocka_unit_test(test_said_for_all),
		cmocka_unit_test(test_models),   cmocka_unit_test(test_key_shown_otherwise),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
