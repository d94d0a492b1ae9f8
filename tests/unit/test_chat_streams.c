/*
 * Streams in the shapes that providers were recorded with, with values of our own: read the
 * same however their lines end and wherever they are cut, and stamped by the arrival that
 * completed an event.
 */
#include "chatting.h"

#define OPENAI_CHUNK(delta, finish)                                                            \
	"data: {'id':'c-1','object':'chat.completion.chunk','created':1789000000,'model':'m'," \
	"'choices':[{'index':0,'delta':" delta ",'logprobs':null,'finish_reason':" finish      \
	"}]}\n\n"
#define NOVITA_CHUNK(delta, finish)                                                               \
	"data: {'id':'n-1','object':'chat.completion.chunk','choices':[{'index':0,'delta':" delta \
	",'finish_reason':" finish ",'content_filter_results':{'hate':{'filtered':false},"        \
	"'self_harm':{'filtered':false}}}],'system_fingerprint':''}\n\n"
#define TGI_CHUNK(space, text, finish, more)                                                  \
	"data:" space "{'id':'','object':'text_completion','created':1789000001,'model':'t'," \
	"'choices':[{'index':0,'delta':{'role':'assistant','content':" text                   \
	"},'logprobs':null,'finish_reason':" finish "}]" more "}\n\n"
#define DONE "data: [DONE]\n\n"
#define NONE                   \
	{                      \
		-1, -1, -1, -1 \
	}

static const struct shape {
	const char *name;
	enum chat_form form;
	const char *body;
	const char *text, *reasoning, *finish;
	struct tokens tokens;
	uint64_t chunks;
	const char *first, *last; /* stand in the event of the first and the last piece only */
} shapes[] = {
	{ .name = "OpenAI: role first, end in a chunk of its own, no usage",
	  .body = OPENAI_CHUNK("{'role':'assistant','content':'','refusal':null}",
			       "null") OPENAI_CHUNK("{'content':'17'}", "null")
		  OPENAI_CHUNK("{'content':'71.2'}", "null") OPENAI_CHUNK("{}", "'stop'") DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 2,
	  .first = "'17'",
	  .last = "71.2" },
	{ .name = "OpenAI: usage in a chunk without choices, null before",
	  .body = "data: {'choices':[{'delta':{'role':'assistant','content':''},'finish_reason':null}],"
		  "'usage':null}\n\n"
		  "data: {'choices':[{'delta':{'content':'1771.2'},'finish_reason':null}],'usage':null}\n\n"
		  "data: {'choices':[{'delta':{},'finish_reason':'stop'}],'usage':null}\n\n"
		  "data: {'choices':[],'usage':{'prompt_tokens':17,'completion_tokens':6,'total_tokens':23,"
		  "'prompt_tokens_details':{'cached_tokens':4,'audio_tokens':0},"
		  "'completion_tokens_details':{'reasoning_tokens':2,'audio_tokens':0}}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 17, 6, 2, 4 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "Together: the first chunk is a token, text beside delta",
	  .body = "data: {'id':'t','choices':[{'index':0,'text':'1771.2','finish_reason':null,'seed':null,"
		  "'delta':{'token_id':17,'role':'assistant','content':'1771.2','tool_calls':null}}],"
		  "'usage':null}\n\n"
		  "data: {'id':'t','choices':[{'index':0,'text':'','finish_reason':'eos','seed':26,"
		  "'delta':{'token_id':12,'role':'assistant','content':'','tool_calls':null}}],"
		  "'usage':{'prompt_tokens':48,'completion_tokens':2,'total_tokens':50}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "eos",
	  .tokens = { 48, 2, -1, -1 },
	  .chunks = 1,
	  .first = "17,",
	  .last = "17," },
	{ .name = "Fireworks: thoughts inside the content",
	  .body = OPENAI_CHUNK("{'role':'assistant'}", "null") OPENAI_CHUNK(
		  "{'content':'<think>\\n'}", "null") OPENAI_CHUNK("{'content':'half of 123'}",
								   "null")
		  OPENAI_CHUNK("{'content':'</think>'}", "null") OPENAI_CHUNK(
			  "{'content':'1771'}",
			  "null") "data: {'choices':[{'index':0,'delta':{'content':'.2'},'finish_reason':'stop'}],"
				  "'usage':{'prompt_tokens':13,'total_tokens':447,'completion_tokens':434}}\n\n" DONE,
	  .text = "1771.2",
	  .reasoning = "\nhalf of 123",
	  .finish = "stop",
	  .tokens = { 13, 434, -1, -1 },
	  .chunks = 5,
	  .first = "<think>",
	  .last = "'.2'" },
	{ .name = "Cerebras: usage and times in the last chunk",
	  .body = OPENAI_CHUNK("{'role':'assistant'}", "null") OPENAI_CHUNK(
		  "{'content':'1771.2'}",
		  "null") "data: {'choices':[{'delta':{},'finish_reason':'stop','index':0}],"
			  "'usage':{'prompt_tokens':40,'completion_tokens':5,'total_tokens':45},"
			  "'time_info':{'queue_time':0.01,'prompt_time':0.002,'completion_time':0.003,"
			  "'total_time':0.02}}\n\n",
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 40, 5, -1, -1 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "Cohere's compatible path: role with empty content, usage last",
	  .body = OPENAI_CHUNK("{'role':'assistant','content':''}", "null")
		  OPENAI_CHUNK("{'content':'1771'}", "null") OPENAI_CHUNK(
			  "{'content':'.2'}",
			  "null") "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}],"
				  "'usage':{'prompt_tokens':9,'completion_tokens':5,'total_tokens':14}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 9, 5, -1, -1 },
	  .chunks = 2,
	  .first = "'1771'",
	  .last = "'.2'" },
	{ .name = "Novita: empty deltas first, text and end in one chunk",
	  .body = NOVITA_CHUNK("{'role':'assistant'}", "null") NOVITA_CHUNK("{}", "null")
		  NOVITA_CHUNK("{}", "null") NOVITA_CHUNK("{'content':'1'}", "null")
			  NOVITA_CHUNK("{'content':'771.2 is the result'}", "'stop'") DONE,
	  .text = "1771.2 is the result",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 2,
	  .first = "'1'",
	  .last = "771.2" },
	{ .name = "Novita R1: the tags are chunks of their own",
	  .body = NOVITA_CHUNK("{'role':'assistant'}", "null") NOVITA_CHUNK(
		  "{'content':'<think>'}", "null") NOVITA_CHUNK("{'content':'61.5'}", "null")
		  NOVITA_CHUNK("{'content':'</think>'}", "null")
			  NOVITA_CHUNK("{'content':'1771.2'}", "'stop'") DONE,
	  .text = "1771.2",
	  .reasoning = "61.5",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 4,
	  .first = "<think>",
	  .last = "1771.2" },
	{ .name = "Hyperbolic: usage in every chunk, growing",
	  .body = "data: {'choices': [{'index': 0, 'delta': {'role': 'assistant', 'content': ''}, "
		  "'finish_reason': null}], 'usage': {'prompt_tokens': 48, 'total_tokens': 49, "
		  "'completion_tokens': 1}}\n\n"
		  "data: {'choices': [{'index': 0, 'delta': {'content': '1771.2'}, "
		  "'finish_reason': null}], 'usage': {'prompt_tokens': 48, 'total_tokens': 50, "
		  "'completion_tokens': 2}}\n\n"
		  "data: {'choices': [{'index': 0, 'delta': {'content': ''}, 'finish_reason': 'stop', "
		  "'stop_reason': null}], 'usage': {'prompt_tokens': 48, 'total_tokens': 51, "
		  "'completion_tokens': 3}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 48, 3, -1, -1 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "Mistral: many small pieces, usage last",
	  .body = OPENAI_CHUNK("{'role':'assistant','content':''}", "null") OPENAI_CHUNK(
		  "{'content':'The'}", "null") OPENAI_CHUNK("{'content':' answer'}", "null")
		  OPENAI_CHUNK("{'content':' is'}", "null") OPENAI_CHUNK(
			  "{'content':' 1771.2'}",
			  "null") "data: {'choices':[{'index':0,'delta':{'content':''},'finish_reason':'stop'}],"
				  "'usage':{'prompt_tokens':19,'total_tokens':30,'completion_tokens':11}}\n\n" DONE,
	  .text = "The answer is 1771.2",
	  .finish = "stop",
	  .tokens = { 19, 11, -1, -1 },
	  .chunks = 4,
	  .first = "'The'",
	  .last = "1771.2" },
	{ .name = "Mistral's thinking models: parts inside parts",
	  .body = OPENAI_CHUNK("{'content':[{'type':'thinking','thinking':[{'type':'text',"
			       "'text':'61.5 by'}]}]}",
			       "null")
		  OPENAI_CHUNK("{'content':[{'type':'thinking','thinking':[{'type':'text',"
			       "'text':' 3.2'}]}]}",
			       "null")
			  OPENAI_CHUNK("{'content':[{'type':'text','text':'1771.2'}]}", "null")
				  OPENAI_CHUNK("{'content':''}", "'stop'") DONE,
	  .text = "1771.2",
	  .reasoning = "61.5 by 3.2",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 3,
	  .first = "61.5 by",
	  .last = "1771.2" },
	{ .name = "SambaNova: measures beside the usage",
	  .body = OPENAI_CHUNK("{'content':'','role':'assistant'}", "null")
		  OPENAI_CHUNK("{'content':'1771.2','role':'assistant'}", "null") OPENAI_CHUNK(
			  "{'content':''}",
			  "'stop'") "data: {'choices':[],'usage':{'completion_tokens':3,'completion_tokens_per_sec':401.25,"
				    "'prompt_tokens':41,'time_to_first_token':0.043,'total_latency':0.071,"
				    "'total_tokens':44}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 41, 3, -1, -1 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "Nebius: role, two pieces, end",
	  .body = OPENAI_CHUNK("{'role':'assistant','content':''}", "null") OPENAI_CHUNK(
		  "{'content':'1771'}", "null") OPENAI_CHUNK("{'content':'.2'}", "null")
		  OPENAI_CHUNK("{'content':''}", "'stop'") DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 2,
	  .first = "'1771'",
	  .last = "'.2'" },
	{ .name = "TGI 2: no blank behind the colon, no [DONE], a stop token as text",
	  .body = TGI_CHUNK("", "' 17'", "null", "") TGI_CHUNK("", "'71'", "null", "")
		  TGI_CHUNK("", "'.2'", "null", "") TGI_CHUNK("", "'</s>'", "'eos_token'", ""),
	  .text = " 1771.2</s>",
	  .finish = "eos_token",
	  .tokens = NONE,
	  .chunks = 4,
	  .first = "' 17'",
	  .last = "</s>" },
	{ .name = "TGI 3: usage null throughout",
	  .body = TGI_CHUNK(" ", "' 17'", "null", ",'usage':null")
		  TGI_CHUNK(" ", "'71.2'", "null", ",'usage':null")
			  TGI_CHUNK(" ", "''", "'stop'", ",'usage':null") DONE,
	  .text = " 1771.2",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 2,
	  .first = "' 17'",
	  .last = "71.2" },
	{ .name = "OpenRouter: comments, reasoning told twice",
	  .body = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
		  "data: {'id':'gen-1','provider':'P','choices':[{'index':0,'delta':{'role':'assistant',"
		  "'content':'','reasoning':'61.5','reasoning_details':[{'type':'reasoning.text',"
		  "'text':'61.5'}]},'finish_reason':null,'native_finish_reason':null}]}\n\n"
		  ": OPENROUTER PROCESSING\n\n"
		  "data: {'id':'gen-1','choices':[{'index':0,'delta':{'role':'assistant','content':'1771.2',"
		  "'reasoning':null},'finish_reason':'stop','native_finish_reason':'STOP'}]}\n\n"
		  "data: {'id':'gen-1','choices':[{'index':0,'delta':{'role':'assistant','content':''},"
		  "'finish_reason':null}],'usage':{'prompt_tokens':12,'completion_tokens':30,"
		  "'total_tokens':42,'cost':0.0001}}\n\n" DONE,
	  .text = "1771.2",
	  .reasoning = "61.5",
	  .finish = "stop",
	  .tokens = { 12, 30, -1, -1 },
	  .chunks = 2,
	  .first = "'61.5','reasoning_d",
	  .last = "1771.2" },
	{ .name = "DeepSeek: reasoning_content, keep-alive comments",
	  .body = ": keep-alive\n\n" OPENAI_CHUNK(
		  "{'role':'assistant','content':null,'reasoning_content':''}", "null")
		  OPENAI_CHUNK("{'content':null,'reasoning_content':'half'}", "null") OPENAI_CHUNK(
			  "{'content':'1771.2','reasoning_content':null}",
			  "null") "data: {'choices':[{'index':0,'delta':{'content':'','reasoning_content':null},"
				  "'finish_reason':'stop'}],'usage':{'prompt_tokens':14,'completion_tokens':9,"
				  "'total_tokens':23,'prompt_tokens_details':{'cached_tokens':0},"
				  "'completion_tokens_details':{'reasoning_tokens':3},'prompt_cache_hit_tokens':0,"
				  "'prompt_cache_miss_tokens':14}}\n\n" DONE,
	  .text = "1771.2",
	  .reasoning = "half",
	  .finish = "stop",
	  .tokens = { 14, 9, 3, 0 },
	  .chunks = 2,
	  .first = "half",
	  .last = "1771.2" },
	{ .name = "Moonshot: usage inside the last choice",
	  .body = OPENAI_CHUNK("{'role':'assistant','content':''}", "null") OPENAI_CHUNK(
		  "{'content':'1771.2'}",
		  "null") "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop','usage':"
			  "{'prompt_tokens':19,'completion_tokens':13,'total_tokens':32,'cached_tokens':19}}]}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 19, 13, -1, 19 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "Groq: usage in a member of its own",
	  .body = "data: {'choices':[{'index':0,'delta':{'role':'assistant','content':''},"
		  "'finish_reason':null}],'x_groq':{'id':'req_1'}}\n\n" OPENAI_CHUNK(
			  "{'content':'1771.2'}",
			  "null") "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}],'x_groq':{'id':'req_1',"
				  "'usage':{'queue_time':0.02,'prompt_tokens':46,'completion_tokens':7,"
				  "'total_tokens':53}}}\n\n" DONE,
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = { 46, 7, -1, -1 },
	  .chunks = 1,
	  .first = "1771.2",
	  .last = "1771.2" },
	{ .name = "xAI: thoughts are counted in the total alone",
	  .body = OPENAI_CHUNK("{'role':'assistant','reasoning_content':'hm'}", "null") OPENAI_CHUNK(
		  "{'content':'1771.2'}",
		  "'stop'") "data: {'choices':[],'usage':{'prompt_tokens':30,'completion_tokens':5,"
			    "'total_tokens':335,'prompt_tokens_details':{'cached_tokens':2},"
			    "'completion_tokens_details':{'reasoning_tokens':300}}}\n\n" DONE,
	  .text = "1771.2",
	  .reasoning = "hm",
	  .finish = "stop",
	  .tokens = { 30, 305, 300, 2 },
	  .chunks = 2,
	  .first = "'hm'",
	  .last = "1771.2" },
	{ .name = "Perplexity: the whole message beside each delta",
	  .body = "data: {'choices':[{'index':0,'finish_reason':null,'message':{'role':'assistant',"
		  "'content':'1771'},'delta':{'role':'assistant','content':'1771'}}]}\n\n"
		  "data: {'choices':[{'index':0,'finish_reason':'stop','message':{'role':'assistant',"
		  "'content':'1771.2'},'delta':{'role':'assistant','content':'.2'}}]}\n\n",
	  .text = "1771.2",
	  .finish = "stop",
	  .tokens = NONE,
	  .chunks = 2,
	  .first = "null,'message",
	  .last = "'.2'" },
	{ .name = "Anthropic: named events, thinking, ping",
	  .form = CHAT_ANTHROPIC,
	  .body = "event: message_start\ndata: {'type':'message_start','message':{'id':'msg_1',"
		  "'type':'message','role':'assistant','content':[],'stop_reason':null,"
		  "'usage':{'input_tokens':25,'cache_creation_input_tokens':3,"
		  "'cache_read_input_tokens':4,'output_tokens':1}}}\n\n"
		  "event: content_block_start\ndata: {'type':'content_block_start','index':0,"
		  "'content_block':{'type':'thinking','thinking':'','signature':''}}\n\n"
		  "event: ping\ndata: {'type': 'ping'}\n\n"
		  "event: content_block_delta\ndata: {'type':'content_block_delta','index':0,"
		  "'delta':{'type':'thinking_delta','thinking':'61.5 first'}}\n\n"
		  "event: content_block_delta\ndata: {'type':'content_block_delta','index':0,"
		  "'delta':{'type':'signature_delta','signature':'EqQB'}}\n\n"
		  "event: content_block_stop\ndata: {'type':'content_block_stop','index':0}\n\n"
		  "event: content_block_start\ndata: {'type':'content_block_start','index':1,"
		  "'content_block':{'type':'text','text':''}}\n\n"
		  "event: content_block_delta\ndata: {'type':'content_block_delta','index':1,"
		  "'delta':{'type':'text_delta','text':'1771'}}\n\n"
		  "event: content_block_delta\ndata: {'type':'content_block_delta','index':1,"
		  "'delta':{'type':'text_delta','text':'.2'}}\n\n"
		  "event: content_block_stop\ndata: {'type':'content_block_stop','index':1}\n\n"
		  "event: message_delta\ndata: {'type':'message_delta','delta':{'stop_reason':'end_turn',"
		  "'stop_sequence':null},'usage':{'output_tokens':15}}\n\n"
		  "event: message_stop\ndata: {'type':'message_stop'}\n\n",
	  .text = "1771.2",
	  .reasoning = "61.5 first",
	  .finish = "end_turn",
	  .tokens = { 32, 15, -1, 4 },
	  .chunks = 3,
	  .first = "61.5 first",
	  .last = "'.2'" },
	{ .name = "Cohere v2: named events, then [DONE]",
	  .form = CHAT_COHERE,
	  .body = "event: message-start\ndata: {'id':'c','type':'message-start','delta':{'message':"
		  "{'role':'assistant','content':[],'tool_plan':'','tool_calls':[],'citations':[]}}}\n\n"
		  "event: content-start\ndata: {'type':'content-start','index':0,'delta':{'message':"
		  "{'content':{'type':'thinking','thinking':''}}}}\n\n"
		  "event: content-delta\ndata: {'type':'content-delta','index':0,'delta':{'message':"
		  "{'content':{'thinking':'61.5'}}}}\n\n"
		  "event: content-end\ndata: {'type':'content-end','index':0}\n\n"
		  "event: content-start\ndata: {'type':'content-start','index':1,'delta':{'message':"
		  "{'content':{'type':'text','text':''}}}}\n\n"
		  "event: content-delta\ndata: {'type':'content-delta','index':1,'delta':{'message':"
		  "{'content':{'text':'1771.2'}}}}\n\n"
		  "event: content-end\ndata: {'type':'content-end','index':1}\n\n"
		  "event: message-end\ndata: {'type':'message-end','delta':{'finish_reason':'COMPLETE',"
		  "'usage':{'billed_units':{'input_tokens':5,'output_tokens':18.0},"
		  "'tokens':{'input_tokens':71,'output_tokens':20},'cached_tokens':16}}}\n\n" DONE,
	  .text = "1771.2",
	  .reasoning = "61.5",
	  .finish = "COMPLETE",
	  .tokens = { 5, 18, -1, 16 },
	  .chunks = 2,
	  .first = "'61.5'",
	  .last = "1771.2" },
};

static const char *const line_ends[] = { "\n", "\r\n", "\r" };

static void check_reading(const struct shape *s, const struct chat_answer *r)
{
	assert_int_equal(r->shape, CHAT_STREAM);
	assert_true(r->json && r->well_formed && r->finished && !r->ends_early);
	assert_false(r->has_error);
	assert_str(r->text, s->text);
	assert_str(r->reasoning, s->reasoning);
	assert_str(r->finish, s->finish);
	assert_str(r->refusal, NULL);
	assert_true(r->tokens.input == s->tokens.input && r->tokens.output == s->tokens.output);
	assert_true(r->tokens.reasoning == s->tokens.reasoning);
	assert_true(r->tokens.cached == s->tokens.cached);
	assert_int_equal(r->chunks, s->chunks);
	assert_int_equal(r->gaps.n, s->chunks - 1);
}

/* How many bytes it takes to know the event that holds `mark`: to the first byte of its blank line's end. */
static size_t known_at(struct str body, struct str mark, const char *end, struct arena *a)
{
	struct str blank = arena_printf(a, "%s%s", end, end);
	const char *at = memmem(body.at, body.n, mark.at, mark.n);

	assert_non_null(at);
	at = memmem(at, body.n - (size_t)(at - body.at), blank.at, blank.n);
	assert_non_null(at);
	return (size_t)(at - body.at) + strlen(end) + 1;
}

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		for (size_t k = 0; k < LENGTH(line_ends); k++) {
			ARENA_AUTO(a);
			struct str body = quoted(shapes[i].body, line_ends[k], &a);
			struct arrival whole = { body.n, 500 };
			struct chat_answer r;

			read_arrived(shapes[i].form, body, &whole, 1, &a, &r);
			check_reading(&shapes[i], &r);
			assert_int_equal(r.stamps.first_event_us, 500);
			assert_int_equal(r.stamps.last_token_us, 500);
		}
	}
}

/* In two arrivals, cut at every byte: read the same, and each stamp is that of the arrival that it needs. */
static void check_cut(const struct shape *s, struct str body, const char *end, struct arena *a)
{
	size_t first = known_at(body, quoted(s->first, end, a), end, a);
	size_t last = known_at(body, quoted(s->last, end, a), end, a);

	for (size_t cut = 0; cut <= body.n; cut++) {
		ARENA_AUTO(once);
		struct arrival two[] = { { cut, 1000 }, { body.n, 2500 } };
		struct chat_answer r;
		int64_t begun;

		read_arrived(s->form, body, two, 2, &once, &r);
		check_reading(s, &r);
		begun = s->reasoning ? r.stamps.first_reasoning_us : r.stamps.first_content_us;
		assert_int_equal(begun, first <= cut ? 1000 : 2500);
		assert_int_equal(r.stamps.last_token_us, last <= cut ? 1000 : 2500);
		assert_int_equal(r.gaps.n ? r.gaps.max_us : 0,
				 first <= cut && last > cut ? 1500 : 0);
	}
}

static void test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		for (size_t k = 0; k < LENGTH(line_ends); k++) {
			ARENA_AUTO(a);

			check_cut(&shapes[i], quoted(shapes[i].body, line_ends[k], &a),
				  line_ends[k], &a);
		}
	}
}

/* Every beginning of each: never finished before it says so, and told as truncated until then. */
static void test_beginnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		ARENA_AUTO(a);
		struct str body = quoted(shapes[i].body, "\n", &a);
		bool finished = false;

		for (size_t n = 1; n <= body.n; n++) {
			ARENA_AUTO(once);
			struct arrival whole = { n, 500 };
			struct chat_answer r;
			struct outcome_evidence v = { TRANSPORT_COMPLETE, 200, &r, STR("1771.2"),
						      false };
			struct str answer;
			enum outcome o;

			read_arrived(shapes[i].form, (struct str){ body.at, n }, &whole, 1, &once,
				     &r);
			o = outcome_of(&v, &once, &answer);
			assert_true(r.json && (r.finished || !finished));
			finished = r.finished;
			assert_int_equal(o, finished ? OUTCOME_OK : OUTCOME_TRUNCATED);
		}
		assert_true(finished);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
