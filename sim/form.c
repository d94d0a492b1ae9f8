/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#define MADE 1763600000u /* when all answers were made */

static void member(struct buf *out, const char *key, const char *text)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":", key);
	buf_json(out, text, JSON_UTF8);
}

void form_event(struct buf *out, const struct framing *f, const char *name, const char *data)
{
	if (name) {
		buf_str(out, f->no_space ? "event:" : "event: ");
		buf_str(out, name);
		buf_str(out, f->eol);
	}
	buf_str(out, f->no_space ? "data:" : "data: ");
	buf_str(out, data);
	buf_str(out, f->eol);
	buf_str(out, f->eol);
}

void form_comment(struct buf *out, const struct framing *f, const char *text)
{
	buf_printf(out, ": %s", text);
	buf_str(out, f->eol);
	buf_str(out, f->eol);
}

/* --- OpenAI --- */

static void openai_usage(struct buf *out, const struct said *s, uint64_t output)
{
	buf_printf(out,
		   ",\"usage\":{\"prompt_tokens\":%ju,\"completion_tokens\":%ju,"
		   "\"total_tokens\":%ju",
		   (uintmax_t)s->input, (uintmax_t)output, (uintmax_t)(s->input + output));
	if (s->reasoned)
		buf_printf(out, ",\"completion_tokens_details\":{\"reasoning_tokens\":%ju}",
			   (uintmax_t)s->reasoned);
	buf_char(out, '}');
}

static void openai_open(struct buf *out, const struct said *s, const char *object)
{
	buf_printf(out, "{\"id\":\"chatcmpl-%016jx\",\"object\":\"%s\",\"created\":%u",
		   (uintmax_t)s->id, object, MADE);
	member(out, "model", s->model);
}

static void openai_whole(struct buf *out, const struct said *s)
{
	openai_open(out, s, "chat.completion");
	buf_str(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"");
	member(out, "content", s->text);
	if (s->reasoning)
		member(out, s->reasoning_key, s->reasoning);
	member(out, "refusal", s->refusal);
	buf_str(out, "},\"logprobs\":null");
	member(out, "finish_reason", s->finish);
	buf_str(out, "}]");
	if (s->with_usage)
		openai_usage(out, s, s->output);
	buf_char(out, '}');
}

static void openai_chunk(struct buf *out, const struct said *s, const struct framing *f,
			 const char *delta, const char *finish, bool usage)
{
	struct buf json = { 0 };

	openai_open(&json, s, "chat.completion.chunk");
	buf_printf(&json, ",\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":null", delta);
	member(&json, "finish_reason", finish);
	buf_str(&json, "}]");
	if (usage || f->usage_always)
		openai_usage(&json, s, usage ? s->output : s->so_far);
	else if (f->usage_null)
		buf_str(&json, ",\"usage\":null");
	buf_char(&json, '}');
	form_event(out, f, NULL, json.data);
	buf_release(&json);
}

static void openai_begin(struct buf *out, const struct said *s, const struct framing *f)
{
	openai_chunk(out, s, f, "{\"role\":\"assistant\",\"content\":\"\"}", NULL, false);
}

static void openai_piece(struct buf *out, const struct said *s, const struct framing *f,
			 const char *text, bool reasoning)
{
	struct buf delta = { 0 };

	buf_char(&delta, '{');
	member(&delta, reasoning ? s->reasoning_key : "content", text);
	buf_char(&delta, '}');
	openai_chunk(out, s, f, delta.data, NULL, false);
	buf_release(&delta);
}

static void openai_finish(struct buf *out, const struct said *s, const struct framing *f)
{
	openai_chunk(out, s, f, "{}", s->finish, s->with_usage);
}

static void openai_usage_chunk(struct buf *out, const struct said *s, const struct framing *f)
{
	struct buf json = { 0 };

	openai_open(&json, s, "chat.completion.chunk");
	buf_str(&json, ",\"choices\":[]");
	openai_usage(&json, s, s->output);
	buf_char(&json, '}');
	form_event(out, f, NULL, json.data);
	buf_release(&json);
}

const struct form form_openai = {
	.name = "openai",
	.whole = openai_whole,
	.begin = openai_begin,
	.piece = openai_piece,
	.finish = openai_finish,
	.usage = openai_usage_chunk,
	.done = true,
};

/* --- Anthropic --- */

/* What the others call the end of an answer. */
struct finish_words {
	const char *openai, *anthropic, *cohere;
};

static const struct finish_words finish_words[] = {
	{ "stop", "end_turn", "COMPLETE" },
	{ "length", "max_tokens", "MAX_TOKENS" },
	{ "content_filter", "refusal", "ERROR_TOXIC" },
	{ "error", "pause_turn", "ERROR" },
};

static const struct finish_words *words_for(const char *finish)
{
	for (size_t i = 0; i < sizeof(finish_words) / sizeof(finish_words[0]); i++)
		if (finish && !strcmp(finish_words[i].openai, finish))
			return &finish_words[i];
	return &finish_words[0];
}

static const char *anthropic_finish(const struct said *s)
{
	return s->finish ? words_for(s->finish)->anthropic : NULL;
}

static void anthropic_open(struct buf *out, const struct said *s)
{
	buf_printf(out, "{\"id\":\"msg_%016jx\",\"type\":\"message\",\"role\":\"assistant\"",
		   (uintmax_t)s->id);
	member(out, "model", s->model);
}

static void anthropic_whole(struct buf *out, const struct said *s)
{
	anthropic_open(out, s);
	buf_str(out, ",\"content\":[");
	if (s->reasoning) {
		buf_str(out, "{\"type\":\"thinking\"");
		member(out, "thinking", s->reasoning);
		buf_str(out, ",\"signature\":\"c2lt\"}");
	}
	if (s->text && *s->text) {
		buf_comma(out);
		buf_str(out, "{\"type\":\"text\"");
		member(out, "text", s->text);
		buf_char(out, '}');
	}
	buf_char(out, ']');
	member(out, "stop_reason", anthropic_finish(s));
	buf_str(out, ",\"stop_sequence\":null");
	if (s->with_usage)
		buf_printf(out, ",\"usage\":{\"input_tokens\":%ju,\"output_tokens\":%ju}",
			   (uintmax_t)s->input, (uintmax_t)s->output);
	buf_char(out, '}');
}

static void anthropic_begin(struct buf *out, const struct said *s, const struct framing *f)
{
	struct buf json = { 0 };

	buf_str(&json, "{\"type\":\"message_start\",\"message\":");
	anthropic_open(&json, s);
	buf_printf(&json,
		   ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
		   "\"usage\":{\"input_tokens\":%ju,\"output_tokens\":1}}}",
		   (uintmax_t)s->input);
	form_event(out, f, "message_start", json.data);
	form_event(out, f, "ping", "{\"type\":\"ping\"}");
	buf_release(&json);
	if (s->reasoning)
		form_event(out, f, "content_block_start",
			   "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
			   "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}");
	form_event(out, f, "content_block_start",
		   s->reasoning ? "{\"type\":\"content_block_start\",\"index\":1,"
				  "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"
				: "{\"type\":\"content_block_start\",\"index\":0,"
				  "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
}

static void anthropic_piece(struct buf *out, const struct said *s, const struct framing *f,
			    const char *text, bool reasoning)
{
	struct buf json = { 0 };

	buf_printf(&json,
		   "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"%s\"",
		   s->reasoning && !reasoning ? 1 : 0, reasoning ? "thinking_delta" : "text_delta");
	member(&json, reasoning ? "thinking" : "text", text);
	buf_str(&json, "}}");
	form_event(out, f, "content_block_delta", json.data);
	buf_release(&json);
}

static void anthropic_end(struct buf *out, const struct said *s, const struct framing *f)
{
	struct buf json = { 0 };

	form_event(out, f, "content_block_stop",
		   s->reasoning ? "{\"type\":\"content_block_stop\",\"index\":1}"
				: "{\"type\":\"content_block_stop\",\"index\":0}");
	buf_str(&json, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":");
	buf_json(&json, anthropic_finish(s), JSON_UTF8);
	buf_str(&json, ",\"stop_sequence\":null}");
	if (s->with_usage)
		buf_printf(&json, ",\"usage\":{\"output_tokens\":%ju}", (uintmax_t)s->output);
	buf_char(&json, '}');
	form_event(out, f, "message_delta", json.data);
	form_event(out, f, "message_stop", "{\"type\":\"message_stop\"}");
	buf_release(&json);
}

const struct form form_anthropic = {
	.name = "anthropic",
	.whole = anthropic_whole,
	.begin = anthropic_begin,
	.piece = anthropic_piece,
	.finish = anthropic_end,
};

/* --- Cohere --- */

static void cohere_usage(struct buf *out, const struct said *s)
{
	if (s->with_usage)
		buf_printf(out,
			   ",\"usage\":{\"billed_units\":{\"input_tokens\":%ju,\"output_tokens\":"
			   "%ju},\"tokens\":{\"input_tokens\":%ju,\"output_tokens\":%ju}}",
			   (uintmax_t)s->input, (uintmax_t)s->output, (uintmax_t)s->input,
			   (uintmax_t)s->output);
}

static void cohere_whole(struct buf *out, const struct said *s)
{
	buf_printf(out, "{\"id\":\"%016jx\"", (uintmax_t)s->id);
	member(out, "finish_reason", words_for(s->finish)->cohere);
	buf_str(out, ",\"message\":{\"role\":\"assistant\",\"content\":[");
	if (s->reasoning) {
		buf_str(out, "{\"type\":\"thinking\"");
		member(out, "thinking", s->reasoning);
		buf_char(out, '}');
	}
	if (s->text && *s->text) {
		buf_comma(out);
		buf_str(out, "{\"type\":\"text\"");
		member(out, "text", s->text);
		buf_char(out, '}');
	}
	buf_str(out, "]}");
	cohere_usage(out, s);
	buf_char(out, '}');
}

static void cohere_begin(struct buf *out, const struct said *s, const struct framing *f)
{
	struct buf json = { 0 };

	buf_printf(&json,
		   "{\"id\":\"%016jx\",\"type\":\"message-start\",\"delta\":{\"message\":"
		   "{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],"
		   "\"citations\":[]}}}",
		   (uintmax_t)s->id);
	form_event(out, f, "message-start", json.data);
	buf_release(&json);
	form_event(out, f, "content-start",
		   "{\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":"
		   "{\"type\":\"text\",\"text\":\"\"}}}}");
}

static void cohere_piece(struct buf *out, const struct said *s, const struct framing *f,
			 const char *text, bool reasoning)
{
	struct buf json = { 0 };

	(void)s;
	buf_str(&json, "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":"
		       "{\"content\":{");
	member(&json, reasoning ? "thinking" : "text", text);
	buf_str(&json, "}}}}");
	form_event(out, f, "content-delta", json.data);
	buf_release(&json);
}

static void cohere_end(struct buf *out, const struct said *s, const struct framing *f)
{
	struct buf json = { 0 };

	form_event(out, f, "content-end", "{\"type\":\"content-end\",\"index\":0}");
	buf_str(&json, "{\"type\":\"message-end\",\"delta\":{");
	member(&json, "finish_reason", words_for(s->finish)->cohere);
	cohere_usage(&json, s);
	buf_str(&json, "}}");
	form_event(out, f, "message-end", json.data);
	buf_release(&json);
}

const struct form form_cohere = {
	.name = "cohere",
	.whole = cohere_whole,
	.begin = cohere_begin,
	.piece = cohere_piece,
	.finish = cohere_end,
};

/* --- complaints --- */

void complain_openai(struct buf *out, const struct complaint *c)
{
	buf_str(out, "{\"error\":{");
	member(out, "message", c->message);
	member(out, "type", c->type);
	member(out, "param", c->param);
	member(out, "code", c->code);
	buf_str(out, "}}");
}

void complain_text(struct buf *out, const struct complaint *c)
{
	buf_char(out, '{');
	member(out, "error", c->message);
	buf_char(out, '}');
}

void complain_typed(struct buf *out, const struct complaint *c)
{
	buf_char(out, '{');
	member(out, "error", c->message);
	member(out, "error_type", c->type);
	buf_char(out, '}');
}

void complain_detail(struct buf *out, const struct complaint *c)
{
	buf_char(out, '{');
	member(out, "detail", c->message);
	buf_char(out, '}');
}

void complain_message(struct buf *out, const struct complaint *c)
{
	buf_char(out, '{');
	member(out, "message", c->message);
	buf_str(out, ",\"request_id\":\"ab5386689131886e\"}");
}

void complain_anthropic(struct buf *out, const struct complaint *c)
{
	buf_str(out, "{\"type\":\"error\",\"error\":{");
	member(out, "type", c->type);
	member(out, "message", c->message);
	buf_str(out, "},\"request_id\":\"req_0b1d\"}");
}

/* In capitals with underscores; the nearest of Google's names. */
static const char *google_status(int status)
{
	static const struct {
		int status;
		const char *name;
	} names[] = {
		{ 400, "INVALID_ARGUMENT" },   { 401, "UNAUTHENTICATED" },
		{ 403, "PERMISSION_DENIED" },  { 404, "NOT_FOUND" },
		{ 429, "RESOURCE_EXHAUSTED" }, { 503, "UNAVAILABLE" },
		{ 504, "DEADLINE_EXCEEDED" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return "INTERNAL";
}

void complain_google(struct buf *out, const struct complaint *c)
{
	buf_printf(out, "[{\"error\":{\"code\":%d", c->status);
	member(out, "message", c->message);
	member(out, "status", google_status(c->status));
	buf_str(out, "}}]");
}

void complain_code(struct buf *out, const struct complaint *c)
{
	buf_printf(out, "{\"code\":%d", c->status);
	member(out, "reason", c->code ? c->code : c->type);
	member(out, "message", c->message);
	buf_str(out, ",\"metadata\":{}}");
}

void complain_broker(struct buf *out, const struct complaint *c)
{
	buf_str(out, "{\"error\":{");
	member(out, "message", c->message);
	buf_printf(out, ",\"code\":%d,\"metadata\":{\"provider_name\":\"sim\"}},\"user_id\":null}",
		   c->status);
}

void complain_xai(struct buf *out, const struct complaint *c)
{
	buf_char(out, '{');
	member(out, "code", c->code ? c->code : c->type);
	member(out, "error", c->message);
	buf_char(out, '}');
}
