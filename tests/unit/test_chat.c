#include "chatting.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/utf8.h"

#include <dirent.h>

/* ---- thoughts in tags ---- */

static const struct {
	const char *content, *text, *reasoning;
} tagged[] = {
	{ "1771.2", "1771.2", NULL },
	{ "<think>a</think>b", "b", "a" },
	{ "<think></think>b", "b", NULL },
	{ "<think>a", NULL, "a" },
	{ "a</think>b", "b", "a" },
	{ "a</think>b</think>c", "c", "ab" },
	{ "<think>a</think>b<think>c</think>d", "bd", "ac" },
	{ "<thinking>a</thinking>b", "b", "a" },
	{ "<seed:think>a</seed:think>b", "b", "a" },
	{ "[THINK]a[/THINK]b", "b", "a" },
	{ "\xe2\x97\x81think\xe2\x96\xb7"
	  "a\xe2\x97\x81/think\xe2\x96\xb7"
	  "b",
	  "b", "a" },
	{ "a < b, <b>, <thin, [T] \xe2\x89\x88", "a < b, <b>, <thin, [T] \xe2\x89\x88", NULL },
	{ "<<think>a<</think>b", "<b", "a<" },
	{ "<thi<think>a</thi</think>b", "<thib", "a</thi" },
	{ "<think", "<think", NULL },
	{ "<think>a</think", NULL, "a</think" },
	{ "<Think>a", "<Think>a", NULL },
	{ "\xe2\x97\x81thin\xe2\x89\x88", "\xe2\x97\x81thin\xe2\x89\x88", NULL },
};

static void add_delta(struct buf *b, const char *content, size_t from, size_t to)
{
	buf_add_str(b, STR("data: {\"choices\":[{\"delta\":{\"content\":\""));
	buf_add(b, content + from, to - from);
	buf_add_str(b, STR("\"}}]}\n\n"));
}

/* As one piece, as two cut anywhere (also inside a character), and byte by byte. */
static void read_in_pieces(const char *content, size_t cut, size_t step, struct arena *a,
			   struct chat_answer *ret)
{
	BUF_AUTO(b, 1 << 16);
	size_t n = strlen(content);
	struct arrival whole;

	add_delta(&b, content, 0, cut);
	for (size_t at = cut; at < n; at += step)
		add_delta(&b, content, at, at + step < n ? at + step : n);
	whole = (struct arrival){ b.n, 1 };
	read_arrived(CHAT_OPENAI, buf_str(&b), &whole, 1, a, ret);
}

static void test_tags(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(tagged); i++) {
		size_t n = strlen(tagged[i].content);

		for (size_t cut = 0; cut <= n; cut++) {
			for (size_t step = 1; step <= n; step += n > 1 ? n - 1 : 1) {
				ARENA_AUTO(a);
				struct chat_answer r;

				read_in_pieces(tagged[i].content, cut, step, &a, &r);
				assert_str(r.text, tagged[i].text);
				assert_str(r.reasoning, tagged[i].reasoning);
			}
		}
	}
}

/* ---- stamps ---- */

/* Each event arrives at a time of its own: 10, 20, … */
static void read_timed(const char *const *deltas, size_t n, struct arena *a,
		       struct chat_answer *ret)
{
	struct arrival arrivals[16];
	BUF_AUTO(b, 1 << 16);

	assert_true(n <= LENGTH(arrivals));
	for (size_t i = 0; i < n; i++) {
		struct str delta = quoted(deltas[i], "\n", a);

		buf_printf(&b, "data: {\"choices\":[{\"delta\":{%.*s}}]}\n\n", STR_FMT(delta));
		arrivals[i] = (struct arrival){ b.n, 10 * (int64_t)(i + 1) };
	}
	read_arrived(CHAT_OPENAI, buf_str(&b), arrivals, n, a, ret);
}

static void assert_stamps(const struct chat_answer *r, int64_t reasoning, int64_t content,
			  int64_t last, uint64_t chunks)
{
	assert_int_equal(r->stamps.first_event_us, 10);
	assert_int_equal(r->stamps.first_reasoning_us, reasoning);
	assert_int_equal(r->stamps.first_content_us, content);
	assert_int_equal(r->stamps.last_token_us, last);
	assert_int_equal(r->chunks, chunks);
}
#define TIMED(reasoning, content, last, chunks, ...)                  \
	do {                                                          \
		static const char *const deltas[] = { __VA_ARGS__ };  \
		ARENA_AUTO(a_);                                       \
		struct chat_answer r_;                                \
		read_timed(deltas, LENGTH(deltas), &a_, &r_);         \
		assert_stamps(&r_, reasoning, content, last, chunks); \
	} while (0)

static void test_stamps(void **state)
{
	(void)state;
	TIMED(-1, 20, 30, 2, "'role':'assistant'", "'content':'a'", "'content':'b'",
	      "'content':''");
	TIMED(20, 40, 40, 3, "'content':null", "'reasoning':'a'", "'reasoning_content':'b'",
	      "'content':'c'");
	TIMED(-1, -1, -1, 0, "'role':'assistant','content':''", "'tool_calls':[{'id':'x'}]");
	/* A tag is a thought from its first byte on, text that may be one keeps its time. */
	TIMED(20, 50, 50, 4, "'content':''", "'content':'<th'", "'content':'ink>'", "'content':'a'",
	      "'content':'</think>b'");
	TIMED(-1, 20, 30, 2, "'content':''", "'content':'<th'", "'content':'en'");
	/* Thoughts whose beginning nobody wrote were no text. */
	TIMED(10, 30, 30, 3, "'content':'a'", "'content':'</think>'", "'content':'b'");
	/* Both at once are one piece. */
	TIMED(10, 10, 10, 1, "'content':'a','reasoning':'b'");
}

static void test_gaps(void **state)
{
	ARENA_AUTO(a);
	struct arrival arrivals[101];
	BUF_AUTO(b, 1 << 16);
	struct chat_answer r;
	int64_t at = 0;

	(void)state;
	/* Gaps of 1, 100, 2, 99, 3, … : each from 1 to 100 once. */
	for (size_t i = 0; i < LENGTH(arrivals); i++) {
		add_delta(&b, "x", 0, 1);
		arrivals[i] = (struct arrival){ b.n, at };
		at += (int64_t)(i % 2 ? 100 - i / 2 : i / 2 + 1);
	}
	read_arrived(CHAT_OPENAI, buf_str(&b), arrivals, LENGTH(arrivals), &a, &r);
	assert_int_equal(r.gaps.n, 100);
	assert_int_equal(r.gaps.p50_us, 50);
	assert_int_equal(r.gaps.p95_us, 95);
	assert_int_equal(r.gaps.max_us, 100);
	assert_int_equal(r.chunks, 101);
	read_arrived(CHAT_OPENAI, buf_str(&b), arrivals, 1, &a, &r); /* all came at once */
	assert_true(r.gaps.n == 100 && r.gaps.max_us == 0);
}

/* A document has no times inside. */
static void test_document(void **state)
{
	ARENA_AUTO(a);
	struct chat_answer r;

	(void)state;
	read_answer(CHAT_OPENAI, "{'choices':[{'message':{'content':'a'}}]}", true, &a, &r);
	assert_int_equal(r.shape, CHAT_DOCUMENT);
	assert_true(r.json && r.well_formed && r.finished);
	assert_true(r.stamps.first_event_us == STAMP_NONE &&
		    r.stamps.first_content_us == STAMP_NONE);
	assert_true(r.stamps.last_token_us == STAMP_NONE && r.chunks == 0 && r.gaps.n == 0);
}

/* ---- usage ---- */

static void assert_usage(const char *usage, int64_t input, int64_t output, int64_t reasoning,
			 int64_t cached)
{
	ARENA_AUTO(a);
	struct chat_answer r;
	struct str body = arena_printf(&a, "{'choices':[],'usage':%s}", usage);

	read_answer(CHAT_OPENAI, body.at, false, &a, &r);
	if (r.tokens.input != input || r.tokens.output != output ||
	    r.tokens.reasoning != reasoning || r.tokens.cached != cached)
		fail_msg("%s: %lld %lld %lld %lld", usage, (long long)r.tokens.input,
			 (long long)r.tokens.output, (long long)r.tokens.reasoning,
			 (long long)r.tokens.cached);
}

static void test_usage(void **state)
{
	(void)state;
	assert_usage("null", -1, -1, -1, -1);
	assert_usage("{}", -1, -1, -1, -1);
	assert_usage("[]", -1, -1, -1, -1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':4}", 3, 4, -1, -1);
	assert_usage("{'input_tokens':3,'output_tokens':4}", 3, 4, -1, -1);
	assert_usage("{'prompt_tokens':3}", 3, -1, -1, -1);
	assert_usage("{'prompt_tokens':3.0,'completion_tokens':4e0}", 3, 4, -1, -1);
	assert_usage("{'prompt_tokens':3.5,'completion_tokens':-4}", -1, -1, -1, -1);
	assert_usage("{'prompt_tokens':'3','completion_tokens':true}", -1, -1, -1, -1);
	assert_usage("{'prompt_tokens':9e99,'completion_tokens':9223372036854775807}", -1, -1, -1,
		     -1);
	assert_usage("{'prompt_tokens':0,'completion_tokens':0,'total_tokens':9}", -1, -1, -1, -1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':0}", 3, 0, -1, -1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':4,'total_tokens':7,"
		     "'completion_tokens_details':null,'prompt_tokens_details':null}",
		     3, 4, -1, -1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':4,'total_tokens':6}", 3, 4, -1, -1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':4,'total_tokens':9}", 3, 6, 2, -1);
	assert_usage(
		"{'prompt_tokens':3,'completion_tokens':4,'reasoning_tokens':2,'cached_tokens':1}",
		3, 4, 2, 1);
	assert_usage("{'prompt_tokens':3,'completion_tokens':4,'prompt_cache_hit_tokens':2}", 3, 4,
		     -1, 2);
}

/* ---- errors ---- */

static const struct {
	const char *body, *text, *type;
	int64_t code;
} errors[] = {
	{ "{'error':'text'}", "text", NULL, 0 },
	{ "{'error':['one','two']}", "one", NULL, 0 },
	{ "{'error':{'message':'m','type':'t','param':null,'code':null}}", "m", "t", 0 },
	{ "{'error':{'message':'m','type':'t','param':'p','code':'c'}}", "m", "t c p", 0 },
	{ "{'error':{'message':'m','type':'same','code':'same'}}", "m", "same", 0 },
	{ "{'error':{'message':'m','code':429}}", "m", NULL, 429 },
	{ "{'error':{'message':'m','code':'429'}}", "m", "429", 429 },
	{ "{'error':{'code':400,'message':'m','status':'INVALID'}}", "m", "INVALID", 400 },
	{ "{'error':{'message':{'message':'deep'}}}", "deep", NULL, 0 },
	{ "[{'error':{'message':'m'}}]", "m", NULL, 0 },
	{ "{'errors':[{'message':'m','code':7}]}", "m", NULL, 7 },
	{ "{'error':'text','error_type':'t'}", "text", "t", 0 },
	{ "{'type':'error','error':{'type':'t','message':'m'}}", "m", "t", 0 },
	{ "{'object':'error','message':'m','type':'t','code':404}", "m", "t", 404 },
	{ "{'message':'m'}", "m", NULL, 0 },
	{ "{'msg':'m','code':5}", "m", NULL, 5 },
	{ "{'detail':'d'}", "d", NULL, 0 },
	{ "{'detail':[{'loc':['body','x'],'msg':'bad'}]}", "x: bad", NULL, 0 },
	{ "{'detail':[{'loc':['body',0],'msg':'bad'}]}", "bad", NULL, 0 },
	{ "{'detail':{'message':'m'}}", "m", NULL, 0 },
	{ "{'title':'t','status':403}", "t", NULL, 403 },
	{ "{'base_resp':{'status_code':1004,'status_msg':'m'}}", "m", NULL, 1004 },
	{ "{'choices':[],'error':{'message':'m'}}", "m", NULL, 0 },
	{ "{'choices':[{'error':{'message':'m','code':502}}]}", "m", NULL, 502 },
	{ "{'error':{'message':'m','metadata':{'raw':'r'}}}", "m: r", NULL, 0 },
	{ "{'error':{'metadata':{'raw':'r'}}}", "r", NULL, 0 },
	{ "{'error':true}", NULL, NULL, 0 },
	{ "{'error':{'code':500}}", NULL, NULL, 500 },
	{ "{'error':{'message':''},'message':'m'}", "m", NULL, 0 },
	{ "{'error':'  text\\n'}", "text", NULL, 0 },
};

static const char *const no_errors[] = {
	"{'choices':[]}",
	"{'choices':[],'error':null}",
	"{'choices':[],'error':false,'errors':[],'message':'m','detail':'d'}",
	"{'choices':[],'error':''}",
	"{'choices':[],'error':{}}",
	"{'choices':[],'base_resp':{'status_code':0,'status_msg':''}}",
	"{}",
	"[]",
	"null",
	"1",
	"'text'",
	"{'id':'x'}",
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(errors); i++) {
		for (int streamed = 0; streamed < 2; streamed++) {
			ARENA_AUTO(a);
			struct str body =
				arena_printf(&a, "%s%s", streamed ? "data: " : "", errors[i].body);
			struct chat_answer r;

			read_answer(CHAT_OPENAI, body.at, streamed, &a, &r);
			assert_true(r.has_error && r.well_formed);
			assert_str(r.error_text, errors[i].text);
			assert_str(r.error_type, errors[i].type);
			assert_int_equal(r.error_code, errors[i].code);
		}
	}
	for (size_t i = 0; i < LENGTH(no_errors); i++) {
		ARENA_AUTO(a);
		struct chat_answer r;

		read_answer(CHAT_OPENAI, no_errors[i], false, &a, &r);
		assert_false(r.has_error);
		assert_true(r.well_formed == (str_starts(str_of(no_errors[i]), STR("{'choices"))));
	}
}

/* ---- what it is ---- */

static enum chat_shape shape_of(struct str body, const char *type)
{
	ARENA_AUTO(a);
	struct chat_read q = { .body = body, .content_type = str_of(type) };
	struct chat_answer r;

	chat_read(&q, &a, &r);
	return r.shape;
}

static void test_shape(void **state)
{
	(void)state;
	assert_int_equal(shape_of(STR_NONE, NULL), CHAT_NOTHING);
	assert_int_equal(shape_of(STR(" \r\n"), "text/event-stream"), CHAT_NOTHING);
	assert_int_equal(shape_of(STR("{}"), "text/event-stream"), CHAT_DOCUMENT);
	assert_int_equal(shape_of(STR("\n [1]"), NULL), CHAT_DOCUMENT);
	assert_int_equal(shape_of(STR("data: {}"), "application/json"), CHAT_STREAM);
	assert_int_equal(shape_of(STR(": hi"), NULL), CHAT_STREAM);
	assert_int_equal(shape_of(STR("event:x\n\n"), NULL), CHAT_STREAM);
	assert_int_equal(shape_of(STR("\xef\xbb\xbf"
				      "data: {}"),
				  NULL),
			 CHAT_STREAM);
	assert_int_equal(shape_of(STR("dat"), "Text/Event-Stream; charset=utf-8"), CHAT_STREAM);
	assert_int_equal(shape_of(STR("<html>"), "application/json"), CHAT_HTML);
	assert_int_equal(shape_of(STR("oops"), "application/json"), CHAT_OTHER);
}

/* A document is early at every byte before its last, and broken where something else stands. */
static void test_early(void **state)
{
	static const char whole[] =
		"{'choices':[{'message':{'content':'a\\u00e9\\n'},'n':-1.5e3,'t':true,'z':null}]}";
	ARENA_AUTO(a);
	struct str body = quoted(whole, "\n", &a);
	struct chat_answer r;

	(void)state;
	for (size_t n = 1; n < body.n; n++) {
		read_arrived(CHAT_OPENAI, (struct str){ body.at, n }, NULL, 0, &a, &r);
		if (r.json || !r.ends_early || r.finished)
			fail_msg("%.*s", (int)n, body.at);
	}
	read_arrived(CHAT_OPENAI, body, NULL, 0, &a, &r);
	assert_true(r.json && r.finished && !r.ends_early);
	assert_str(r.text, "a\xc3\xa9\n");
	read_answer(CHAT_OPENAI, "{'choices':[}", false, &a, &r);
	assert_true(!r.json && !r.ends_early && !r.finished);
	read_answer(CHAT_OPENAI, "{'choices':[]} more", false, &a, &r);
	assert_true(!r.json && !r.ends_early);
}

/* ---- pieces ---- */

static void assert_content(enum chat_form form, const char *body, const char *text,
			   const char *reasoning, const char *refusal)
{
	ARENA_AUTO(a);
	struct chat_answer r;

	read_answer(form, body, false, &a, &r);
	assert_true(r.json && r.well_formed && r.finished);
	assert_str(r.text, text);
	assert_str(r.reasoning, reasoning);
	assert_str(r.refusal, refusal);
}
#define MESSAGE(members) "{'choices':[{'message':{" members "}}]}"

static void test_pieces(void **state)
{
	(void)state;
	assert_content(CHAT_OPENAI, MESSAGE("'content':'a'"), "a", NULL, NULL);
	assert_content(CHAT_OPENAI,
		       MESSAGE("'content':['a',{'type':'text','text':'b'},null,3,'c']"), "abc",
		       NULL, NULL);
	assert_content(
		CHAT_OPENAI,
		MESSAGE("'content':[{'type':'refusal','refusal':'r'},"
			"{'type':'reasoning','text':'t'},{'type':'thinking','thinking':'u'}]"),
		NULL, "tu", "r");
	assert_content(CHAT_OPENAI, MESSAGE("'content':7"), NULL, NULL, NULL);
	assert_content(CHAT_OPENAI, MESSAGE("'content':{'type':'text','text':'a'}"), NULL, NULL,
		       NULL);
	assert_content(CHAT_OPENAI,
		       MESSAGE("'content':'a','reasoning':'r','reasoning_content':'r'"), "a", "r",
		       NULL);
	assert_content(CHAT_OPENAI, MESSAGE("'content':'a','reasoning':'r','reasoning_content':''"),
		       "a", "r", NULL);
	assert_content(CHAT_OPENAI,
		       MESSAGE("'reasoning_details':[{'type':'reasoning.summary','summary':'s'},"
			       "{'type':'reasoning.encrypted','data':'x'},{'text':'t'}]"),
		       NULL, "st", NULL);
	assert_content(CHAT_OPENAI, "{'choices':[{'text':'a'}]}", "a", NULL, NULL);
	assert_content(CHAT_OPENAI, "{'choices':[{'text':'a','message':{'content':null}}]}", "a",
		       NULL, NULL);
	assert_content(CHAT_OPENAI, "{'choices':[{'delta':{'content':'a'}}]}", "a", NULL, NULL);
	assert_content(CHAT_OPENAI,
		       "{'choices':[{'message':{'content':'a'}},"
		       "{'message':{'content':'b'}}]}",
		       "a", NULL, NULL);
	assert_content(CHAT_OPENAI, "{'choices':[null]}", NULL, NULL, NULL);
	assert_content(CHAT_OPENAI, "{'choices':[3,[]]}", NULL, NULL, NULL);
	assert_content(CHAT_OPENAI, MESSAGE("'content':'a\\u0000b\\ud800'"),
		       "a\xef\xbf\xbd"
		       "b\xef\xbf\xbd",
		       NULL, NULL);
	assert_content(CHAT_ANTHROPIC,
		       "{'type':'message','content':[{'type':'redacted_thinking','data':'x'},"
		       "{'type':'text','text':'a'},{'type':'tool_use','id':'t'}]}",
		       "a", NULL, NULL);
	assert_content(CHAT_COHERE, "{'message':{'content':[{'type':'text','text':'a'}]}}", "a",
		       NULL, NULL);
}

/* A character that two chunks share is whole in the text. */
static void test_shared_character(void **state)
{
	ARENA_AUTO(a);
	struct chat_answer r;

	(void)state;
	read_in_pieces("1771.2 \xe2\x82\xac!", 8, 1, &a, &r);
	assert_str(r.text, "1771.2 \xe2\x82\xac!");
	read_in_pieces("\xe2\x82", 1, 1, &a, &r);
	assert_str(r.text, "\xef\xbf\xbd");
}

static void test_forms_are_told_apart(void **state)
{
	static const char *const bodies[] = {
		[CHAT_OPENAI] = "{'choices':[{'message':{'content':'a'},'finish_reason':'stop'}]}",
		[CHAT_ANTHROPIC] = "{'type':'message','content':[{'type':'text','text':'a'}]}",
		[CHAT_COHERE] = "{'message':{'content':[{'type':'text','text':'a'}]}}",
	};

	(void)state;
	for (size_t form = 0; form < LENGTH(bodies); form++) {
		for (size_t i = 0; i < LENGTH(bodies); i++) {
			ARENA_AUTO(a);
			struct chat_answer r;

			read_answer((enum chat_form)form, bodies[i], false, &a, &r);
			assert_true(r.json);
			assert_true(r.well_formed == (form == i));
			assert_str(r.text, form == i ? "a" : NULL);
		}
	}
}

/* Stops at [DONE]; an event that is no JSON is no stream of ours, an event of nothing is nothing. */
static void test_stream_details(void **state)
{
	ARENA_AUTO(a);
	struct chat_answer r;

	(void)state;
	read_answer(CHAT_OPENAI,
		    "data: {'choices':[{'delta':{'content':'a'}}]}\n\ndata:  [DONE] \n\n"
		    "data: {'choices':[{'delta':{'content':'b'}}]}\n\n",
		    true, &a, &r);
	assert_true(r.finished && r.json);
	assert_str(r.text, "a");
	read_answer(CHAT_OPENAI, "data: {'choices':[]}\n\ndata: oops\n\ndata: [DONE]\n\n", true, &a,
		    &r);
	assert_false(r.json);
	assert_str(r.error_text, "oops");
	read_answer(CHAT_OPENAI, "data:\n\ndata: \n\ndata: [DONE]\n\n", true, &a, &r);
	assert_true(r.json && r.finished && !r.well_formed);
	read_answer(CHAT_OPENAI, "data: {'choices':\ndata: []}\n\n", true, &a, &r);
	assert_true(r.json && r.well_formed && !r.finished);
	read_answer(CHAT_OPENAI, "data: {'choices':[{'delta':{},'finish_reason':''}]}\n\n", true,
		    &a, &r);
	assert_true(r.well_formed && !r.finished && str_is_none(r.finish));
	read_answer(CHAT_ANTHROPIC, "event: message_stop\ndata: {}\n\n", true, &a, &r);
	assert_true(r.json && r.well_formed && r.finished);
	read_answer(CHAT_ANTHROPIC, "event: newer\ndata: {'type':'newer','message':'m'}\n\n", true,
		    &a, &r);
	assert_true(r.json && !r.well_formed && !r.has_error);
	read_answer(CHAT_ANTHROPIC, "data: {'message':'m'}\n\n", true, &a, &r);
	assert_true(r.has_error);
}

/* ---- hostile ---- */

static void repeat(struct buf *b, const char *piece, size_t bytes)
{
	while (b->n + strlen(piece) <= bytes)
		buf_add_str(b, str_of(piece));
}

/* Deep, wide, long: read or refused, without a crash and at once. */
static void test_hostile(void **state)
{
	static const struct {
		const char *head, *piece, *tail;
	} bodies[] = {
		{ "", "[", "" },
		{ "", "{\"choices\":[", "" },
		{ "data: ", "[", "\n\n" },
		{ "", "data: {}\n\n", "" },
		{ "", "data:{\"choices\":[{\"delta\":{\"content\":\"</think>\"}}]}\n\n", "" },
		{ "", "data:{\"choices\":[{\"delta\":{\"content\":\"<\"}}]}\n\n", "" },
		{ "{\"choices\":[{\"message\":{\"content\":\"", "</think>", "\"}}]}" },
		{ "{\"choices\":[{\"message\":{\"content\":\"", "\\ud800", "\"}}]}" },
		{ "{\"error\":[", "\"a\",", "1]}" },
		{ "{\"error\":{", "\"message\":\"a\",", "\"code\":1}}" },
		{ "{\"error\":{\"type\":\"", "a ", "\",\"message\":\"m\"}}" },
		{ "<html><title>", "<title>", "" },
		{ "", "data\n", "" },
	};
	enum { LONG = 1 << 18 };

	(void)state;
	for (size_t i = 0; i < LENGTH(bodies); i++) {
		for (size_t form = 0; form < 3; form++) {
			BUF_AUTO(b, LONG + 100);
			ARENA_AUTO(a);
			struct arrival whole = { LONG, 1 };
			struct chat_answer r;

			buf_add_str(&b, str_of(bodies[i].head));
			repeat(&b, bodies[i].piece, LONG);
			buf_add_str(&b, str_of(bodies[i].tail));
			read_arrived((enum chat_form)form, buf_str(&b), &whole, 1, &a, &r);
			assert_true(r.text.n <= b.n && r.reasoning.n <= 2 * b.n);
			assert_true(r.error_text.n <= 4096 && r.error_type.n <= 1 << 14);
		}
	}
}

/* ---- recordings, where they are at hand ---- */

#define RECORDINGS TESTS_DIR "/../../shared/payloads/chat"

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How often a stream says "content" and then a string that is not empty, counted without reading it. */
static size_t count_contents(struct str body)
{
	const char *at = body.at;
	const char *end = body.at + body.n;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), "\"content\":", 10))) {
		at += 10;
		while (at < end && *at == ' ')
			at++;
		n += end - at > 1 && at[0] == '"' && at[1] != '"';
	}
	return n;
}

static void check_recording(const char *name, struct str body, struct arena *a)
{
	const char *status = strstr(name, "__chat__");
	bool streamed = str_ends(str_of(name), STR(".sse"));
	struct arrival whole = { body.n, 1 };
	struct chat_answer r;
	struct outcome_evidence v = { .chat = &r, .expected = STR_NONE };
	struct str answer;
	enum outcome o;

	assert_non_null(status);
	assert_true(str_to_i64((struct str){ status + 8, 3 }, 100, 599, &v.status));
	read_arrived(CHAT_OPENAI, body, &whole, streamed, a, &r);
	o = outcome_of(&v, a, &answer);
	print_message("%s: %s, %zu + %zu bytes\n", name, outcomes[o].name, r.text.n, r.reasoning.n);
	if (v.status == 200) {
		assert_int_equal(o, OUTCOME_OK);
		assert_true(r.json && r.well_formed && r.finished && !r.has_error && r.text.n > 0);
		assert_true(str_is_none(outcome_line(&v, o, STR_NONE, a)));
	} else {
		assert_int_equal(outcomes[o].fault, FAULT_OURS);
		assert_true(r.error_text.n > 0);
		assert_true(str_starts(outcome_line(&v, o, STR_NONE, a),
				       arena_printf(a, "HTTP error %.3s: ", status + 8)));
	}
	if (streamed) {
		assert_int_equal(r.chunks, count_contents(body));
		assert_true(str_is_none(r.finish) == false);
	}
	assert_true(r.tokens.input == -1 || (r.tokens.input > 0 && r.tokens.output > 0));
}

static void test_recordings(void **state)
{
	struct dirent **entries;
	int n = scandir(RECORDINGS, &entries, no_dots, alphasort);

	(void)state;
	if (n < 0) {
		print_message("no recordings at %s\n", RECORDINGS);
		skip();
	}
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		ARENA_AUTO(a);
		struct str bytes;
		struct err e;

		if (!file_read(arena_printf(&a, RECORDINGS "/%s", entries[i]->d_name).at, 1 << 20,
			       &a, &bytes, &e))
			fail_msg("%s", e.text);
		check_recording(entries[i]->d_name, bytes, &a);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_shared_character),
		cmocka_unit_test(test_forms_are_told_apart),
		cmocka_unit_test(test_stream_details),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
