/*
 * recipe: what is sent, and what a refusal teaches.  The refusals are worded as providers and
 * the servers behind them word theirs.
 */
#include "unit.h"

#include "core/recipe.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct str body_of(const struct recipe *r, const struct recipe_ask *q, struct arena *a)
{
	BUF_AUTO(out, 1 << 16);

	recipe_body(r, q, &out);
	assert_false(buf_overflowed(&out));
	return arena_str(a, buf_str(&out));
}

static struct str text_of(const struct recipe *r, struct arena *a)
{
	BUF_AUTO(out, 1 << 16);

	recipe_format(r, &out);
	return arena_str(a, buf_str(&out));
}

/* Texts here have ' for ", which none of them needs as it is. */
static struct str quoted(const char *text, struct arena *a)
{
	char *copy = arena_cstr(a, str_of(text));

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return str_of(copy);
}

static struct recipe recipe_of(const char *text, struct arena *a)
{
	struct recipe r;
	struct err e;

	if (!recipe_parse(quoted(text, a), a, &r, &e))
		fail_msg("%s: %s", text, e.text);
	return r;
}

static const struct recipe_ask standard_ask = { .model = { "ID", 2 },
						.prompt = { "Solve this: 123/2*3.2*9", 23 },
						.max_tokens = 512 };

/* ---- the tracker's specification: buildRequestBody ---- */

static void test_build_request_body(void **state)
{
	static const char want[] =
		"{\"messages\":[{\"role\":\"user\",\"content\":\"Solve this: 123/2*3.2*9\"}],"
		"\"max_tokens\":512,\"model\":\"ID\",\"stream\":false}";
	struct recipe zeroed = { .form = CHAT_OPENAI };
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(body_of(&recipe_standard, &standard_ask, &a).at, want);
	assert_string_equal(body_of(&zeroed, &standard_ask, &a).at, want);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *recipe;
		bool stream;
		const char *want;
	} cases[] = {
		{ "{}", true,
		  "{'messages':M,'max_tokens':512,'model':'ID','stream':true,"
		  "'stream_options':{'include_usage':true}}" },
		{ "{'no_stream_options':true}", true,
		  "{'messages':M,'max_tokens':512,'model':'ID','stream':true}" },
		{ "{'limit':'max_completion_tokens'}", false,
		  "{'messages':M,'max_completion_tokens':512,'model':'ID','stream':false}" },
		{ "{'limit_min':1024}", false,
		  "{'messages':M,'max_tokens':1024,'model':'ID','stream':false}" },
		{ "{'limit_max':256}", false,
		  "{'messages':M,'max_tokens':256,'model':'ID','stream':false}" },
		{ "{'add':{ 'reasoning_effort': 'low', 'thinking': {'type': 'off'} }}", true,
		  "{'messages':M,'max_tokens':512,'model':'ID','stream':true,"
		  "'reasoning_effort':'low','thinking':{'type':'off'},"
		  "'stream_options':{'include_usage':true}}" },
		{ "{'add':{}}", false,
		  "{'messages':M,'max_tokens':512,'model':'ID','stream':false}" },
		{ "{'form':'anthropic'}", true,
		  "{'model':'ID','max_tokens':512,'messages':M,'stream':true}" },
		{ "{'form':'anthropic','add':{'thinking':{'type':'disabled'}}}", false,
		  "{'model':'ID','max_tokens':512,'messages':M,'stream':false,"
		  "'thinking':{'type':'disabled'}}" },
		{ "{'form':'cohere'}", true,
		  "{'model':'ID','messages':M,'max_tokens':512,'stream':true}" },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct recipe r = recipe_of(cases[i].recipe, &a);
		struct recipe_ask q = standard_ask;
		const char *at = strchr(cases[i].want, 'M');
		struct str want =
			arena_printf(&a,
				     "%.*s[{'role':'user','content':'Solve this: 123/2*3.2*9'}]%s",
				     (int)(at - cases[i].want), cases[i].want, at + 1);

		q.stream = cases[i].stream;
		assert_string_equal(body_of(&r, &q, &a).at, quoted(want.at, &a).at);
	}
}

/* What stands in ids and prompts stays inside its string. */
static void test_bodies_escape(void **state)
{
	struct recipe_ask q = { STR("org/a\"b\\c"), STR("one\ntwo\x01\xff \xe2\x82\xac"), 1,
				false };
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(body_of(&recipe_standard, &q, &a).at,
			    "{\"messages\":[{\"role\":\"user\",\"content\":"
			    "\"one\\u000atwo\\u0001\xef\xbf\xbd \xe2\x82\xac\"}],"
			    "\"max_tokens\":1,\"model\":\"org/a\\\"b\\\\c\",\"stream\":false}");
}

static void test_limit(void **state)
{
	struct recipe r = { .limit_min = 16, .limit_max = 4096 };

	(void)state;
	assert_int_equal(recipe_limit(&r, 1), 16);
	assert_int_equal(recipe_limit(&r, 512), 512);
	assert_int_equal(recipe_limit(&r, 100000), 4096);
	assert_int_equal(recipe_limit(&recipe_standard, 7), 7);
}

/* ---- JSON ---- */

static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		"{'form':'openai','limit':'max_tokens'}",
		("{'form':'openai','limit':'max_completion_tokens','limit_min':16,'limit_max':1000000,"
		 "'no_stream_options':true,'add':{'a':[1,2.50,null],'b':'x y'},'learned':8}"),
		"{'form':'anthropic','limit':'max_tokens','limit_max':1}",
		"{'form':'cohere','limit':'max_tokens'}",
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct recipe r = recipe_of(texts[i], &a);

		assert_string_equal(text_of(&r, &a).at, quoted(texts[i], &a).at);
	}
}

static void test_parse_refuses(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", "recipe: not valid JSON: the document is empty" },
		{ "{", NULL },
		{ "[]", "recipe is an array, expected an object" },
		{ "{'from':'openai'}", "recipe: from is no member of a recipe" },
		{ "{'form':'gopher'}", "recipe: form is not one of openai, anthropic, cohere" },
		{ "{'form':1}", "recipe: form is not one of openai, anthropic, cohere" },
		{ "{'limit':'messages'}", "recipe: limit is no name of a member" },
		{ "{'limit':'max tokens'}", "recipe: limit is no name of a member" },
		{ "{'limit':''}", "recipe: limit is no name of a member" },
		{ "{'limit_min':0}", "recipe: limit_min is no number from 1 to 1000000" },
		{ "{'limit_min':'16'}", "recipe: limit_min is no number from 1 to 1000000" },
		{ "{'limit_max':1.5}", "recipe: limit_max is no number from 1 to 1000000" },
		{ "{'limit_max':1000001}", "recipe: limit_max is no number from 1 to 1000000" },
		{ "{'no_stream_options':1}",
		  "recipe: no_stream_options is a number, expected true or false" },
		{ "{'add':[]}", "recipe: add is an array, expected an object" },
		{ "{'add':{'model':'mine'}}", "recipe: add/model is not for it to say" },
		{ "{'add':{'n':100}}", "recipe: add/n is not for it to say" },
		{ "{'add':{'max_tokens':9}}", "recipe: add/max_tokens is not for it to say" },
		{ "{'add':{'a':1,'a':2}}", "recipe: add/a stands twice" },
		{ "{'learned':9}", "recipe: learned is no number from 1 to 8" },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct recipe r = { .limit_min = 77 };
		struct err e;

		if (recipe_parse(quoted(cases[i].text, &a), &a, &r, &e))
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(e.kind, ERR_DATA);
		if (cases[i].sentence)
			assert_string_equal(e.text, cases[i].sentence);
		assert_int_equal(r.limit_min, 77);
	}
}

/* ---- corrections ---- */

struct lesson_case {
	const char *before; /* with ' for " */
	int64_t status;
	const char *body;
	const char *after; /* NULL: nothing is learned */
	const char *reason;
};

static bool correct(const struct lesson_case *c, const struct recipe *r, struct recipe *ret,
		    struct str *ret_reason, struct arena *a)
{
	return recipe_correct(r, c->status, str_of(c->body), a, ret, ret_reason);
}

#define NEW_LIMIT   "{'form':'openai','limit':'max_completion_tokens','learned':1}"
#define OLD_LIMIT   "{'form':'openai','limit':'max_tokens','learned':1}"
#define AT_LEAST(n) "{'form':'openai','limit':'max_tokens','limit_min':" n ",'learned':1}"
#define AT_MOST(n)  "{'form':'openai','limit':'max_tokens','limit_max':" n ",'learned':1}"
#define NO_OPTIONS  "{'form':'openai','limit':'max_tokens','no_stream_options':true,'learned':1}"

static const struct lesson_case lessons[] = {
	/* The limit has another name. */
	{ "{}", 400,
	  "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with this "
	  "model. Use 'max_completion_tokens' instead.\",\"type\":\"invalid_request_error\","
	  "\"param\":\"max_tokens\",\"code\":\"unsupported_parameter\"}}",
	  NEW_LIMIT, "max_completion_tokens takes the place of max_tokens there" },
	{ "{}", 400, /* a gateway's words around it */
	  "{\"error\":{\"message\":\"[gpt] [400]: {\\n  \\\"error\\\": {\\n \\\"message\\\": "
	  "\\\"Unsupported parameter: 'max_tokens' is not supported with this model. Use "
	  "'max_completion_tokens' instead.\\\"}} (reset after 30s)\"}}",
	  NEW_LIMIT, NULL },
	{ "{}", 400, /* JSON inside a string */
	  "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{\"raw\":"
	  "\"{\\\"error\\\":{\\\"message\\\":\\\"max_tokens is deprecated, use "
	  "max_completion_tokens\\\"}}\"}}}",
	  NEW_LIMIT, NULL },
	{ "{}", 400, "max_tokens is not supported, please use max_completion_tokens", NEW_LIMIT,
	  NULL },
	{ "{'limit':'max_completion_tokens'}", 422,
	  "{\"object\":\"error\",\"message\":{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":"
	  "[\"body\",\"max_completion_tokens\"],\"msg\":\"Extra inputs are not permitted\","
	  "\"input\":32000}]},\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}",
	  OLD_LIMIT, "max_tokens takes the place of max_completion_tokens there" },
	{ "{'limit':'max_completion_tokens'}", 400, /* Python's spelling of the same */
	  "{\"object\":\"error\",\"message\":\"[{'type': 'extra_forbidden', 'loc': ('body', "
	  "'max_completion_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 800}]\","
	  "\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
	  OLD_LIMIT, NULL },
	{ "{'limit':'max_completion_tokens'}", 422,
	  "Failed to deserialize the JSON body into the target type: unknown field "
	  "`max_completion_tokens`, expected one of `messages`, `model`, `max_tokens` at line 1",
	  OLD_LIMIT, NULL },

	/* The least. */
	{ "{}", 400,
	  "{\"error\":{\"message\":\"Invalid 'max_output_tokens': integer below minimum value. "
	  "Expected a value >= 16, but got 10 instead.\",\"type\":\"invalid_request_error\","
	  "\"param\":\"max_output_tokens\",\"code\":\"integer_below_min_value\"}}",
	  AT_LEAST("16"), "max_tokens is at least 16 there" },
	{ "{}", 400, "{\"message\":\"max_tokens must be at least 16\"}", AT_LEAST("16"), NULL },
	{ "{}", 400, "{\"error\":\"max_tokens must be greater than 2 (request id: 2026.MN)\"}",
	  AT_LEAST("3"), NULL },
	{ "{}", 422,
	  "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"body\",\"max_tokens\"],\"msg\":"
	  "\"Input should be greater than or equal to 32\",\"input\":8,\"ctx\":{\"ge\":32}}]}",
	  AT_LEAST("32"), NULL },
	{ "{}", 400, "{\"errors\":{\"max_tokens\":[\"Must be >= 20.\"]}}", AT_LEAST("20"), NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"maxTokens should not be less than 64\"}}",
	  AT_LEAST("64"), NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"minimum value for max_tokens is 24\"}}",
	  AT_LEAST("24"), NULL },
	{ "{}", 400, "max_tokens \xe2\x89\xa5 17", AT_LEAST("17"), NULL },

	/* The most. */
	{ "{}", 400,
	  "{\"error\":{\"message\":\"max_tokens is too large: 20480. This model supports at most "
	  "16384 completion tokens, whereas you provided 20480.\",\"param\":\"max_tokens\"}}",
	  AT_MOST("16384"), "max_tokens is at most 16384 there" },
	{ "{}", 400,
	  "{\"error\":{\"message\":\"max_tokens for `llama-3.1-8b-instant` must be less than or "
	  "equal to 8000\",\"type\":\"invalid_request_error\"}}",
	  AT_MOST("8000"), NULL },
	{ "{}", 400,
	  "{\"error\":{\"message\":\"`max_tokens` must be less than or equal to `131072`, the maximum "
	  "value for `max_tokens` is less than the `context_window` for this model\"}}",
	  AT_MOST("131072"), NULL },
	{ "{}", 400,
	  "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"max_tokens: "
	  "128001 > 64000, which is the maximum allowed number of output tokens for "
	  "claude-opus-4-5-20251101\"},\"request_id\":\"req_1\"}",
	  AT_MOST("64000"), NULL },
	{ "{}", 400,
	  "{\"error\":{\"message\":\"Invalid max_tokens value, the valid range of max_tokens is [1, "
	  "8192]\",\"type\":\"invalid_request_error\",\"param\":null}}",
	  AT_MOST("8192"), NULL },
	{ "{}", 400, "Range of max_tokens should be [1,2000]", AT_MOST("2000"), NULL },
	{ "{}", 400,
	  "{\"error\":{\"code\":400,\"message\":\"Unable to submit request because it has a "
	  "maxOutputTokens value of 70000 but the supported range is from 1 (inclusive) to 8193 "
	  "(exclusive). Update the value and try again.\",\"status\":\"INVALID_ARGUMENT\"}}",
	  AT_MOST("8192"), NULL },
	{ "{}", 400,
	  "{\"status\":400,\"error\":\"BAD REQUEST\",\"message\":\"payload validation: "
	  "max_completion_tokens is limited to 16384 for qwen3.5-397b-a17b\"}",
	  AT_MOST("16384"), NULL },
	{ "{}", 416, "max_completion_tokens is limited to 4,096 for this model", AT_MOST("4096"),
	  NULL },
	{ "{}", 400, "{\"error\":\"this model supports up to 300 max_tokens\"}", AT_MOST("300"),
	  NULL },
	{ "{}", 400, "{\"error\":\"Requests with max_tokens > 4096 must have stream=true\"}",
	  AT_MOST("4096"), NULL },
	{ "{}", 422,
	  "{\"error\":\"Input validation error: `max_new_tokens` must be <= 1512. Given: 2000\","
	  "\"error_type\":\"validation\"}",
	  AT_MOST("1512"), NULL },
	{ "{}", 400,
	  "{\"object\":\"error\",\"message\":\"'max_tokens' or 'max_completion_tokens' is too large: "
	  "20480. This model's maximum context length is 8192 tokens and your request has 10 input "
	  "tokens (20480 > 8192 - 10).\"}",
	  AT_MOST("4096"), NULL },
	{ "{}", 400,
	  "{\"error\":{\"message\":\"This model's maximum context length is 512 tokens. However, you "
	  "requested 577 tokens (65 in the messages, 512 in the completion). Please reduce the length "
	  "of the messages or completion.\",\"param\":\"messages\"}}",
	  AT_MOST("256"), NULL },
	{ "{}", 400, "{\"detail\":\"max_tokens must be between 16 and 4096\"}",
	  "{'form':'openai','limit':'max_tokens','limit_min':16,'limit_max':4096,'learned':1}",
	  "max_tokens is at least 16 there and at most 4096 there" },
	{ "{'limit_min':1024}", 400, "{\"detail\":\"max_tokens must not exceed 512\"}",
	  AT_MOST("512"), NULL },

	/* A model that thinks before it speaks. */
	{ "{}", 400,
	  "{\"error\":{\"message\":\"Could not finish the message because max_tokens or model output "
	  "limit was reached. Please try again with higher max_tokens.\"}}",
	  AT_LEAST("1024"), NULL },
	{ "{'limit_min':1024}", 400,
	  "{\"error\":\"Could not finish the message because max_tokens was reached\"}",
	  AT_LEAST("2048"), NULL },
	{ "{'limit_min':4096}", 400,
	  "{\"error\":\"Could not finish the message because max_tokens was reached\"}", NULL,
	  NULL },

	/* stream_options. */
	{ "{}", 422,
	  "{\"object\":\"error\",\"message\":{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":"
	  "[\"body\",\"stream_options\",\"include_usage\"],\"msg\":\"Extra inputs are not permitted\","
	  "\"input\":true}]},\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}",
	  NO_OPTIONS, "stream_options is refused there" },
	{ "{}", 422, /* older: the same as JSON in a string */
	  "{\"object\":\"error\",\"message\":\"{\\\"detail\\\":[{\\\"type\\\":\\\"extra_forbidden\\\","
	  "\\\"loc\\\":[\\\"body\\\",\\\"stream_options\\\"],\\\"msg\\\":\\\"Extra inputs are not "
	  "permitted\\\",\\\"input\\\":0.0}]}\",\"type\":\"internal_error_proxy\"}",
	  NO_OPTIONS, NULL },
	{ "{}", 400,
	  "{\"error\":{\"message\":\"property 'stream_options' is unsupported, did you mean "
	  "'stream'?\",\"type\":\"invalid_request_error\"}}\n",
	  NO_OPTIONS, NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\"}}",
	  NO_OPTIONS, NULL },
	{ "{}", 400,
	  "Unrecognized request argument supplied: stream_options. Please contact us through an "
	  "Azure support request",
	  NO_OPTIONS, NULL },
	{ "{}", 400, "{\"error\":\"Extra inputs are not permitted, field: 'stream_options'\"}",
	  NO_OPTIONS, NULL },

	/* A member that we add. */
	{ "{'add':{'reasoning_effort':'minimal','user':'x'}}", 400,
	  "{\"error\":{\"message\":\"Unsupported value: 'reasoning_effort' does not support 'minimal' "
	  "with this model.\",\"param\":\"reasoning_effort\",\"code\":\"unsupported_value\"}}",
	  "{'form':'openai','limit':'max_tokens','add':{'user':'x'},'learned':1}",
	  "reasoning_effort is refused there" },
	{ "{'add':{'enable_thinking':false}}", 400,
	  "{\"error\":{\"message\":\"The value of the enable_thinking parameter is restricted to "
	  "True.\",\"code\":\"invalid_parameter_error\"}}",
	  OLD_LIMIT, "enable_thinking is refused there" },
	{ "{}", 400,
	  "{\"error\":{\"code\":\"invalid_parameter_error\",\"message\":\"parameter.enable_thinking "
	  "must be set to false for non-streaming calls\",\"param\":null}}",
	  "{'form':'openai','limit':'max_tokens','add':{'enable_thinking':false},'learned':1}",
	  "enable_thinking must be false there" },
	{ "{'add':{'user':'x'}}", 400,
	  "{\"error\":{\"message\":\"enable thinking can not be support when `stream=False`.\"}}",
	  "{'form':'openai','limit':'max_tokens','add':{'user':'x','enable_thinking':false},"
	  "'learned':1}",
	  NULL },

	/* Forms of their own. */
	{ "{'form':'anthropic'}", 400,
	  "{\"type\":\"error\",\"error\":{\"message\":\"max_tokens: 512 > 256, which is the maximum\"}}",
	  "{'form':'anthropic','limit':'max_tokens','limit_max':256,'learned':1}", NULL },
	{ "{'form':'anthropic'}", 400, "max_tokens is unsupported, use max_completion_tokens", NULL,
	  NULL },
	{ "{'form':'cohere'}", 422, "unknown field: stream_options", NULL, NULL },

	/* Nothing that we could mend. */
	{ "{}", 400, "{\"error\":{\"message\":\"you must provide a model parameter\"}}", NULL,
	  NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"model not supported\",\"param\":\"model\"}}", NULL,
	  NULL },
	{ "{}", 422, /* what we sent, sent back */
	  "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"inputs\"],\"msg\":\"Field required, "
	  "extra inputs are not permitted\",\"input\":{\"max_tokens\":\"512\",\"stream_options\":"
	  "\"x\"}}]}",
	  NULL, NULL },
	{ "{}", 422,
	  "{\"message\":\"[{'type': 'missing', 'loc': ('body', 'x'), 'msg': 'Field required, not "
	  "permitted', 'input': {'max_tokens': 512, 'stream_options': {'include_usage': True}}}]\"}",
	  NULL, NULL },
	{ "{}", 422,
	  "{\"detail\":[{\"type\":\"x\",\"loc\":[\"body\",\"y\"],\"msg\":\"Extra inputs are not "
	  "permitted\",\"input\":\"stream_options\"}]}",
	  NULL, NULL },
	{ "{}", 400, "<html><body>max_tokens is unsupported</body></html>", NULL, NULL },
	{ "{}", 400, "", NULL, NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"max_tokens must be at least 1, got -160\"}}", NULL,
	  NULL },
	{ "{}", 400, /* money, not the recipe */
	  "{\"error\":\"This request requires more credits, or fewer max_tokens. You requested up to "
	  "512 tokens, but can only afford 105.\"}",
	  NULL, NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"temperature must be at most 2\"}}", NULL, NULL },
	{ "{}", 400, "{\"error\":{\"message\":\"unsupported: max_completion_tokens\"}}", NULL,
	  NULL },
	{ "{}", 500, "max_tokens must be at least 16", NULL, NULL },
	{ "{}", 200, "max_tokens must be at least 16", NULL, NULL },
	{ "{}", 429, "max_tokens must be at least 16", NULL, NULL },

	/* No endpoint can make us spend what it likes. */
	{ "{}", 400, "max_tokens must be at least 4096", AT_LEAST("4096"), NULL },
	{ "{}", 400, "max_tokens must be at least 4097", NULL, NULL },
	{ "{}", 400, "max_tokens must be at least 99999999999999999999999999", NULL, NULL },
	{ "{'learned':8}", 400, "max_tokens must be at least 16", NULL, NULL },
};

static void test_correct(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(lessons); i++) {
		const struct lesson_case *c = &lessons[i];
		struct recipe before = recipe_of(c->before, &a);
		struct recipe want = recipe_of(c->after ? c->after : c->before, &a);
		struct recipe after = before;
		struct str reason = STR("untouched");
		bool learned = correct(c, &before, &after, &reason, &a);

		if (learned != (c->after != NULL))
			fail_msg("%s: %s\n%s", learned ? "learned" : "not learned", c->body,
				 text_of(&after, &a).at);
		assert_string_equal(text_of(&after, &a).at, text_of(&want, &a).at);
		if (c->reason)
			assert_string_equal(reason.at, c->reason);
		if (!learned)
			assert_string_equal(reason.at, "untouched");
	}
}

/* What was learned is not learned again: the same refusal a second time is nothing new. */
static void test_correct_is_idempotent(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(lessons); i++) {
		struct recipe r = recipe_of(lessons[i].before, &a);
		struct recipe again;
		struct str reason;

		if (!correct(&lessons[i], &r, &r, &reason, &a) ||
		    strstr(lessons[i].body, "Could not finish"))
			continue;
		if (correct(&lessons[i], &r, &again, &reason, &a))
			fail_msg("learned twice: %s\n%s", lessons[i].body, reason.at);
	}
}

/* An endpoint that refuses whatever it gets is left in peace in the end. */
static void test_correct_ends(void **state)
{
	ARENA_AUTO(a);
	struct recipe r = recipe_standard;
	struct str reason;
	unsigned n = 0;

	(void)state;
	while (n < 100 &&
	       recipe_correct(&r, 400, arena_printf(&a, "unknown field %.*s", STR_FMT(r.limit)), &a,
			      &r, &reason))
		n++;
	assert_int_equal(n, RECIPE_LEARNED_MAX);
	for (uint64_t least = 2;
	     recipe_correct(&recipe_standard, 400,
			    arena_printf(&a, "max_tokens must be at least %d", (int)least), &a, &r,
			    &reason);
	     least++)
		assert_true(r.limit_min <= RECIPE_LEARNED_MIN_MAX);
}

/* Deep, long, torn: no answer does any harm. */
static void test_correct_hostile(void **state)
{
	enum { N = 60000 };
	ARENA_AUTO(a);
	char *bytes = arena_alloc(&a, 2 * N);
	struct recipe r;
	struct str reason;

	(void)state;
	memset(bytes, '[', N);
	memset(bytes + N, ']', N);
	assert_false(recipe_correct(&recipe_standard, 400, (struct str){ bytes + N / 2, N }, &a, &r,
				    &reason));
	for (size_t i = 0; i < N; i += 11)
		memcpy(bytes + i, "max_tokens ", 11);
	assert_false(
		recipe_correct(&recipe_standard, 400, (struct str){ bytes, N }, &a, &r, &reason));
	memset(bytes, 'a', N);
	assert_false(
		recipe_correct(&recipe_standard, 400, (struct str){ bytes, N }, &a, &r, &reason));
	for (size_t i = 0; i < LENGTH(lessons); i++)
		for (size_t n = 0; n < strlen(lessons[i].body); n++)
			(void)recipe_correct(&recipe_standard, lessons[i].status,
					     arena_str(&a, (struct str){ lessons[i].body, n }), &a,
					     &r, &reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_request_body),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_bodies_escape),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_correct),
		cmocka_unit_test(test_correct_is_idempotent),
		cmocka_unit_test(test_correct_ends),
		cmocka_unit_test(test_correct_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
