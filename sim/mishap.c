/* SPDX-License-Identifier: MIT */
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	US_PER_MS = 1000,
	DRIP_US = 20000,
	IDLE_MS = 50,
	HUGE_KIB = 16 * 1024,
	LONG_HEADER = 400 * 1024,
	MANY_HEADERS = 2000,
	SPLIT_BYTES = 7,
};

/* --- what bends --- */

static void bend_no_done(struct programme *p, struct twist *t)
{
	(void)t;
	p->done = false;
}

static void bend_no_finish(struct programme *p, struct twist *t)
{
	p->done = false;
	t->no_finish = true;
}

static void bend_done_only(struct programme *p, struct twist *t)
{
	(void)p;
	t->no_finish = true;
}

static void bend_half(struct programme *p, struct twist *t)
{
	(void)p;
	t->half = true;
}

static void bend_error_mid(struct programme *p, struct twist *t)
{
	(void)p;
	t->half = true;
	t->event = "{\"error\":{\"message\":\"Provider returned error\",\"code\":502},"
		   "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":"
		   "\"error\"}]}";
}

static void bend_overloaded_mid(struct programme *p, struct twist *t)
{
	(void)p;
	t->half = true;
	t->event = "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
		   "\"Overloaded\"}}";
}

static void bend_error_text_mid(struct programme *p, struct twist *t)
{
	(void)p;
	t->half = true;
	t->event = "{\"error\":\"CUDA error: device-side assert triggered\",\"error_type\":"
		   "\"generation\"}";
}

static void bend_error_first(struct programme *p, struct twist *t)
{
	(void)p;
	t->at_once = true;
	t->event = "{\"error\":{\"message\":\"Internal server error\",\"type\":"
		   "\"internal_server_error\",\"code\":500}}";
}

static void bend_rate_first(struct programme *p, struct twist *t)
{
	(void)p;
	t->at_once = true;
	t->event = "{\"error\":{\"message\":\"Rate limit exceeded, try again later\",\"type\":"
		   "\"rate_limit_error\",\"code\":429},\"choices\":[]}";
}

static void bend_garbage(struct programme *p, struct twist *t)
{
	(void)p;
	t->half = true;
	t->event = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"17";
}

static void bend_comments(struct programme *p, struct twist *t)
{
	(void)t;
	p->comments = true;
}

static void bend_crlf(struct programme *p, struct twist *t)
{
	(void)t;
	snprintf(p->eol, sizeof(p->eol), "%s", "\r\n");
}

static void bend_cr(struct programme *p, struct twist *t)
{
	(void)t;
	snprintf(p->eol, sizeof(p->eol), "%s", "\r");
}

static void bend_no_space(struct programme *p, struct twist *t)
{
	(void)t;
	p->space = false;
}

static void bend_split(struct programme *p, struct twist *t)
{
	(void)t;
	p->split = SPLIT_BYTES;
}

static void bend_bytes(struct programme *p, struct twist *t)
{
	(void)t;
	p->split = 1;
}

static void bend_no_role(struct programme *p, struct twist *t)
{
	(void)t;
	p->role = false;
}

static void bend_usage_last(struct programme *p, struct twist *t)
{
	(void)t;
	p->usage = USAGE_LAST;
}

static void bend_usage_chunk(struct programme *p, struct twist *t)
{
	(void)t;
	p->usage = USAGE_CHUNK;
}

static void bend_usage_every(struct programme *p, struct twist *t)
{
	(void)t;
	p->usage = USAGE_EVERY;
}

static void bend_no_usage(struct programme *p, struct twist *t)
{
	(void)t;
	p->usage = USAGE_NONE;
}

static void bend_ignored(struct programme *p, struct twist *t)
{
	(void)t;
	p->stream = false;
}

static void bend_huge(struct programme *p, struct twist *t)
{
	(void)t;
	p->pad_kib = HUGE_KIB;
}

static void bend_wrong(struct programme *p, struct twist *t)
{
	(void)t;
	p->answer = ANSWER_WRONG;
}

static void bend_empty(struct programme *p, struct twist *t)
{
	(void)t;
	p->answer = ANSWER_EMPTY;
}

static void bend_null(struct programme *p, struct twist *t)
{
	p->answer = ANSWER_EMPTY;
	t->null_text = true;
}

static void bend_refusal(struct programme *p, struct twist *t)
{
	(void)t;
	p->answer = ANSWER_REFUSAL;
}

static void bend_refusal_member(struct programme *p, struct twist *t)
{
	p->answer = ANSWER_EMPTY;
	t->null_text = true;
	t->refusal = "I'm sorry, I cannot assist with that request.";
}

static void bend_filter(struct programme *p, struct twist *t)
{
	(void)t;
	p->answer = ANSWER_EMPTY;
	snprintf(p->finish, sizeof(p->finish), "%s", "content_filter");
}

static void text_is(struct programme *p, const char *text)
{
	p->answer = ANSWER_TEXT;
	snprintf(p->text, sizeof(p->text), "%s", text);
}

static void bend_length(struct programme *p, struct twist *t)
{
	(void)t;
	text_is(p, "First I divide, which leaves me with");
	snprintf(p->finish, sizeof(p->finish), "%s", "length");
}

static void bend_length_answered(struct programme *p, struct twist *t)
{
	(void)t;
	snprintf(p->finish, sizeof(p->finish), "%s", "length");
}

static void bend_thinking_only(struct programme *p, struct twist *t)
{
	(void)t;
	p->answer = ANSWER_EMPTY;
	p->reasoning = p->reasoning ? p->reasoning : 32;
	snprintf(p->finish, sizeof(p->finish), "%s", "length");
}

static void bend_think(struct programme *p, struct twist *t)
{
	(void)t;
	p->reasoning = p->reasoning ? p->reasoning : 16;
	p->reasoning_as = REASONING_THINK;
}

static void bend_reasoning(struct programme *p, struct twist *t)
{
	(void)t;
	p->reasoning = p->reasoning ? p->reasoning : 16;
	p->reasoning_as = REASONING_CONTENT;
}

static void bend_eos(struct programme *p, struct twist *t)
{
	(void)t;
	snprintf(p->finish, sizeof(p->finish), "%s", "eos");
}

static void bend_not_utf8(struct programme *p, struct twist *t)
{
	(void)t;
	text_is(p, "The result is 1771.2 \xff\xfe\xc3(");
}

static void bend_quotes(struct programme *p, struct twist *t)
{
	(void)t;
	text_is(p, "He said \"so\", then,\r\n\"1771.2\";\n=1771.2\t\xe2\x80\xa8\xf0\x9f\x98\x80");
}

/* --- what breaks --- */

static size_t head_length(const struct script *s)
{
	const char *end = memmem(s->bytes.data, s->bytes.len, "\r\n\r\n", 4);

	return end ? (size_t)(end - s->bytes.data) + 4 : s->bytes.len;
}

static size_t middle_of_body(const struct script *s)
{
	size_t head = head_length(s);

	return head + (s->bytes.len - head) / 2;
}

static void say_nothing(struct broken *b, enum ending ending)
{
	b->script->count = 0;
	b->script->linger_ms = (unsigned)(b->latency_us / US_PER_MS);
	b->reply->ending = ending;
}

static void stop_at(struct broken *b, size_t bytes, enum ending ending)
{
	script_truncate(b->script, bytes);
	b->reply->ending = ending;
}

static void break_reset_early(struct broken *b)
{
	say_nothing(b, END_RESET);
}

static void break_close_early(struct broken *b)
{
	say_nothing(b, END_CLOSE);
}

static void break_hang(struct broken *b)
{
	say_nothing(b, END_HANG);
}

static void break_reset_head(struct broken *b)
{
	stop_at(b, head_length(b->script) / 2, END_RESET);
}

static void break_hang_head(struct broken *b)
{
	stop_at(b, head_length(b->script) / 2, END_HANG);
}

static void break_reset_after_head(struct broken *b)
{
	stop_at(b, head_length(b->script), END_RESET);
}

static void break_hang_after_head(struct broken *b)
{
	stop_at(b, head_length(b->script), END_HANG);
}

static void break_reset_body(struct broken *b)
{
	stop_at(b, middle_of_body(b->script), END_RESET);
}

static void break_cut_body(struct broken *b)
{
	stop_at(b, middle_of_body(b->script), END_CLOSE);
}

static void break_hang_body(struct broken *b)
{
	stop_at(b, middle_of_body(b->script), END_HANG);
}

/* All but the last byte. */
static void break_hang_end(struct broken *b)
{
	stop_at(b, b->script->bytes.len - 1, END_HANG);
}

static void break_no_last_chunk(struct broken *b)
{
	stop_at(b, b->script->bytes.len - 5, END_CLOSE);
}

static void break_drip(struct broken *b)
{
	script_split(b->script, 1, DRIP_US);
}

static void break_dies_next(struct broken *b)
{
	b->script->doom = b->keep;
}

static void break_idle(struct broken *b)
{
	b->script->idle_ms = IDLE_MS;
}

static void break_close_unsaid(struct broken *b)
{
	b->reply->ending = END_CLOSE;
}

static void break_ssh(struct broken *b)
{
	static const char hello[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";

	script_replace(b->script, b->latency_us, hello, sizeof(hello) - 1);
	b->reply->ending = END_CLOSE;
}

static void break_bad_chunk(struct broken *b)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				   "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n";

	script_replace(b->script, b->latency_us, text, sizeof(text) - 1);
	b->reply->ending = END_CLOSE;
}

static void break_bad_length(struct broken *b)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				   "Content-Length: many\r\n\r\n{}";

	script_replace(b->script, b->latency_us, text, sizeof(text) - 1);
	b->reply->ending = END_CLOSE;
}

static void break_early_hints(struct broken *b)
{
	script_insert(b->script, 0,
		      "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
}

static size_t behind_status_line(const struct script *s)
{
	const char *end = memmem(s->bytes.data, s->bytes.len, "\r\n", 2);

	return end ? (size_t)(end - s->bytes.data) + 2 : 0;
}

static void break_gzip(struct broken *b)
{
	script_insert(b->script, behind_status_line(b->script), "Content-Encoding: gzip\r\n");
}

static void break_long_header(struct broken *b)
{
	struct buf line = { 0 };

	buf_str(&line, "x-long: ");
	buf_fill(&line, 'h', LONG_HEADER);
	buf_str(&line, "\r\n");
	script_insert(b->script, behind_status_line(b->script), line.data);
	buf_release(&line);
}

static void break_many_headers(struct broken *b)
{
	struct buf lines = { 0 };

	for (int i = 0; i < MANY_HEADERS; i++)
		buf_printf(&lines, "x-%d: y\r\n", i);
	script_insert(b->script, behind_status_line(b->script), lines.data);
	buf_release(&lines);
}

/* --- the table --- */

#define JSON "application/json"
#define HTML "text/html; charset=utf-8"
#define TEXT "text/plain; charset=utf-8"
#define NGINX(what)                                                                     \
	"<html>\r\n<head><title>" what "</title></head>\r\n<body>\r\n<center><h1>" what \
	"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
#define CLOUDFLARE(what)                                                                   \
	"<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>" what "</title></head><body>" \
	"<h1>" what "</h1><p>Cloudflare Ray ID: 9f0e1d2c3b4a5968</p></body></html>\n"
#define COMPLAINT(n, c, s, t, o, m) \
	.name = n, .class = c, .status = s, .type = t, .code = o, .message = m
#define BYTES(n, c, s, t, b) .name = n, .class = c, .status = s, .content_type = t, .body = b

static const struct mishap mishaps[] = {
	/* our request */
	{ COMPLAINT("bad_request", "bad_request", 400, "invalid_request_error", NULL,
		    "Invalid value for 'messages': expected an array") },
	{ COMPLAINT("unprocessable", "bad_request", 422, "invalid_request_error", NULL,
		    "Input should be a valid list") },
	{ BYTES("unprocessable_detail", "bad_request", 422, JSON,
		"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"stream_options\"],"
		"\"msg\":\"Extra inputs are not permitted\",\"input\":{\"include_usage\":true}}]}") },
	{ BYTES("unprocessable_text", "bad_request", 422, TEXT,
		"Failed to deserialize the JSON body into the target type: missing field `inputs` "
		"at line 1 column 144") },
	{ BYTES("wants_max_completion_tokens", "bad_request", 400, JSON,
		"{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported "
		"with this model. Use 'max_completion_tokens' instead.\",\"type\":"
		"\"invalid_request_error\",\"param\":\"max_tokens\",\"code\":"
		"\"unsupported_parameter\"}}") },
	{ BYTES("wants_min_tokens", "bad_request", 400, JSON,
		"{\"error\":{\"message\":\"Invalid 'max_output_tokens': integer below minimum "
		"value. Expected a value >= 16, but got 8 instead.\",\"type\":"
		"\"invalid_request_error\",\"param\":\"max_output_tokens\",\"code\":"
		"\"integer_below_min_value\"}}") },
	{ BYTES("wants_fewer_tokens", "bad_request", 400, JSON,
		"{\"error\":{\"message\":\"max_tokens is too large: 512. This model supports at "
		"most 256 completion tokens, whereas you provided 512.\",\"type\":"
		"\"invalid_request_error\",\"param\":\"max_tokens\",\"code\":\"invalid_value\"}}") },
	{ BYTES("no_temperature", "bad_request", 400, JSON,
		"{\"error\":{\"message\":\"Unsupported value: 'temperature' does not support 0 with "
		"this model. Only the default (1) value is supported.\",\"type\":"
		"\"invalid_request_error\",\"param\":\"temperature\",\"code\":"
		"\"unsupported_value\"}}") },
	{ COMPLAINT("too_large", "bad_request", 413, "invalid_request_error", NULL,
		    "Request entity too large") },
	{ BYTES("too_large_html", "bad_request", 413, HTML,
		NGINX("413 Request Entity Too Large")) },
	{ COMPLAINT("error_200_bad_request", "bad_request", 200, "invalid_request_error", NULL,
		    "max_tokens must be at least 16"),
	  .says = 400 },

	/* our key, our money */
	{ COMPLAINT("unauthorized", "unauthorized", 401, "authentication_error", "invalid_api_key",
		    "Incorrect API key provided.") },
	{ BYTES("unauthorized_echo", "unauthorized", 401, JSON,
		"{\"error\":{\"message\":\"Incorrect API key provided: {key}. You can find your API "
		"key at https://platform.openai.com/account/api-keys.\",\"type\":"
		"\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}"),
	  .headers = "x-echo-authorization: Bearer {key}\r\n" },
	{ BYTES("unauthorized_hf", "unauthorized", 401, JSON,
		"{\"error\":\"Invalid username or password.\"}"),
	  .headers = "WWW-Authenticate: Bearer realm=\"Authentication required\", "
		     "charset=\"UTF-8\"\r\n" },
	{ BYTES("unauthorized_html", "unauthorized", 401, HTML,
		NGINX("401 Authorization Required")) },
	{ COMPLAINT("payment_required", "payment_required", 402, "insufficient_credits", NULL,
		    "You have exceeded your monthly included credits for Inference Providers. "
		    "Subscribe to PRO to get 20x more monthly included credits.") },
	{ BYTES("insufficient_quota", "payment_required", 429, JSON,
		"{\"error\":{\"message\":\"You exceeded your current quota, please check your plan "
		"and billing details.\",\"type\":\"insufficient_quota\",\"param\":null,\"code\":"
		"\"insufficient_quota\"}}") },
	{ BYTES("credit_balance", "payment_required", 400, JSON,
		"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
		"\"Your credit balance is too low to access the Anthropic API. Please go to Plans & "
		"Billing to upgrade or purchase credits.\"}}") },
	{ BYTES("no_balance_403", "payment_required", 403, JSON,
		"{\"code\":403,\"reason\":\"NOT_ENOUGH_BALANCE\",\"message\":\"not enough "
		"balance\",\"metadata\":{}}") },
	{ COMPLAINT("error_200_credits", "payment_required", 200, "billing_error", NULL,
		    "Insufficient credits. Add more using https://openrouter.ai/credits"),
	  .says = 402 },
	{ COMPLAINT("forbidden", "forbidden", 403, "permission_error", "permission_denied",
		    "You do not have permission to access this resource.") },
	{ BYTES("forbidden_html", "forbidden", 403, HTML,
		CLOUDFLARE("Sorry, you have been blocked")) },
	{ COMPLAINT("forbidden_gated", "forbidden", 403, "permission_error", NULL,
		    "Access to this model is restricted. You must accept its license.") },

	/* the model */
	{ COMPLAINT("not_found", "not_found", 404, "invalid_request_error", "model_not_found",
		    "The model `{model}` does not exist or you do not have access to it.") },
	{ BYTES("not_found_text", "not_found", 404, TEXT, "404 page not found\n") },
	{ BYTES("not_found_html", "not_found", 404, HTML, NGINX("404 Not Found")) },
	{ COMPLAINT("model_unsupported", "not_found", 400, "invalid_request_error",
		    "model_not_supported",
		    "The requested model '{model}' is not supported by any provider you have "
		    "enabled: model not found") },
	{ COMPLAINT("error_200_not_found", "not_found", 200, "invalid_request_error",
		    "model_not_found", "The model {model} does not exist"),
	  .says = 404 },

	/* too much */
	{ COMPLAINT("rate_limited", "rate_limited", 429, "rate_limit_error", "rate_limit_exceeded",
		    "Rate limit reached for requests per minute.") },
	{ COMPLAINT("rate_limited_retry", "rate_limited", 429, "rate_limit_error",
		    "rate_limit_exceeded", "Rate limit reached. Please try again later."),
	  .headers = "Retry-After: {retry_after}\r\n" },
	{ COMPLAINT("rate_limited_date", "rate_limited", 429, "rate_limit_error", NULL,
		    "Too many requests"),
	  .headers = "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n" },
	{ BYTES("rate_limited_text", "rate_limited", 429, TEXT, "Too Many Requests") },
	{ BYTES("rate_limited_html", "rate_limited", 429, HTML, NGINX("429 Too Many Requests")) },
	{ COMPLAINT("error_200_rate", "rate_limited", 200, "rate_limit_error", "429",
		    "Rate limit exceeded: free-models-per-day"),
	  .says = 429 },
	{ COMPLAINT("overloaded", "overloaded", 503, "overloaded_error", "overloaded",
		    "The engine is currently overloaded, please try again later.") },
	{ COMPLAINT("overloaded_529", "overloaded", 529, "overloaded_error", NULL, "Overloaded") },
	{ COMPLAINT("overloaded_500", "overloaded", 500, "server_error", NULL,
		    "The model is overloaded. Please try again later.") },
	{ COMPLAINT("error_200_overloaded", "overloaded", 200, "overloaded_error", NULL,
		    "Overloaded"),
	  .says = 529 },
	{ BYTES("loading", "overloaded", 503, JSON,
		"{\"error\":\"Model {model} is currently loading\",\"estimated_time\":20.0}") },
	{ BYTES("unavailable_html", "overloaded", 503, HTML,
		NGINX("503 Service Temporarily Unavailable")) },
	{ COMPLAINT("unavailable_retry", "overloaded", 503, "server_error", NULL,
		    "Service unavailable"),
	  .headers = "Retry-After: {retry_after}\r\n" },

	/* broken behind */
	{ COMPLAINT("server_error", "server_error", 500, "server_error", "internal_error",
		    "The server had an error while processing your request.") },
	{ BYTES("server_error_empty", "server_error", 500, NULL, "") },
	{ BYTES("server_error_text", "server_error", 500, TEXT, "Internal Server Error") },
	{ BYTES("bad_gateway", "server_error", 502, HTML, NGINX("502 Bad Gateway")) },
	{ COMPLAINT("bad_gateway_json", "server_error", 502, "server_error", NULL,
		    "Provider returned error") },
	{ BYTES("gateway_timeout", "server_error", 504, HTML, NGINX("504 Gateway Time-out")) },
	{ BYTES("gateway_timeout_text", "server_error", 504, TEXT, "upstream request timeout") },
	{ BYTES("cloudflare_520", "server_error", 520, HTML,
		CLOUDFLARE("520: Web server is returning an unknown error")) },
	{ BYTES("cloudflare_522", "server_error", 522, HTML,
		CLOUDFLARE("522: Connection timed out")) },
	{ BYTES("cloudflare_524", "server_error", 524, HTML,
		CLOUDFLARE("524: A timeout occurred")) },
	{ COMPLAINT("request_timeout", "timeout_first_byte", 408, "timeout", NULL,
		    "Request timed out.") },
	{ COMPLAINT("error_200", "server_error", 200, "server_error", NULL,
		    "Internal server error"),
	  .says = 500 },

	/* no answer of the form */
	{ BYTES("html", "protocol_error", 200, HTML,
		"<!doctype html><html><head><title>Just a moment...</title></head><body>"
		"<h1>Checking your browser</h1></body></html>\n") },
	{ BYTES("text", "protocol_error", 200, TEXT, "OK") },
	{ BYTES("no_body", NULL, 200, JSON, "") },
	{ BYTES("null", "protocol_error", 200, JSON, "null") },
	{ BYTES("array", "protocol_error", 200, JSON, "[]") },
	{ BYTES("broken_json", "protocol_error", 200, JSON,
		"{\"id\":\"chatcmpl-1\",choices:[{'message':{'content':'The result is 1771.2.'}},]}") },
	{ BYTES("half_json", NULL, 200, JSON,
		"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,"
		"\"message\":{\"role\":\"assistant\",\"content\":\"The result is 17") },
	{ BYTES("other_json", "protocol_error", 200, JSON, "{\"status\":\"ok\",\"version\":3}") },
	{ BYTES("no_choices", NULL, 200, JSON,
		"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1763600000,"
		"\"model\":\"{model}\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
		"\"completion_tokens\":0,\"total_tokens\":9}}") },
	{ BYTES("redirect", "protocol_error", 302, TEXT, "Found"),
	  .headers = "Location: https://example.com/login\r\n" },
	{ BYTES("permanent_redirect", "protocol_error", 308, TEXT, "Moved"),
	  .headers = "Location: https://example.com/v2/chat/completions\r\n" },
	{ .name = "not_http", .class = "protocol_error", .breaks = break_ssh },
	{ .name = "bad_chunk", .class = "protocol_error", .breaks = break_bad_chunk },
	{ .name = "bad_length", .class = "protocol_error", .breaks = break_bad_length },
	{ .name = "gzip_unasked", .class = "protocol_error", .breaks = break_gzip },
	{ .name = "long_header", .class = "protocol_error", .breaks = break_long_header },
	{ .name = "many_headers", .class = NULL, .breaks = break_many_headers },

	/* the connection */
	{ .name = "reset_early", .class = "reset", .breaks = break_reset_early },
	{ .name = "close_early", .class = "reset", .breaks = break_close_early },
	{ .name = "reset_head", .class = "reset", .breaks = break_reset_head },
	{ .name = "reset_after_head", .class = "truncated", .breaks = break_reset_after_head },
	{ .name = "reset_body", .class = "truncated", .breaks = break_reset_body },
	{ .name = "cut_body", .class = "truncated", .breaks = break_cut_body },
	{ .name = "no_last_chunk", .class = NULL, .stream = true, .breaks = break_no_last_chunk },
	{ .name = "hang", .class = "timeout_first_byte", .breaks = break_hang },
	{ .name = "hang_head", .class = "timeout_total", .breaks = break_hang_head },
	{ .name = "hang_after_head", .class = "timeout_total", .breaks = break_hang_after_head },
	{ .name = "hang_body", .class = "timeout_total", .breaks = break_hang_body },
	{ .name = "hang_end", .class = "timeout_total", .breaks = break_hang_end },
	{ .name = "drip", .class = NULL, .breaks = break_drip },
	/* what comes of these meets the next request on the connection, whosever it is */
	{ .name = "dies_next", .class = NULL, .breaks = break_dies_next },
	{ .name = "closes_idle", .class = NULL, .breaks = break_idle },
	{ .name = "closes_unsaid", .class = NULL, .breaks = break_close_unsaid },
	{ .name = "early_hints", .class = "ok", .breaks = break_early_hints },

	/* what is said */
	{ .name = "wrong_answer", .class = "wrong_answer", .bend = bend_wrong },
	{ .name = "empty", .class = "empty", .bend = bend_empty },
	{ .name = "null_text", .class = "empty", .document = true, .bend = bend_null },
	{ .name = "refused", .class = NULL, .bend = bend_refusal },
	{ .name = "refused_member",
	  .class = "refused",
	  .document = true,
	  .bend = bend_refusal_member },
	{ .name = "content_filter", .class = "refused", .bend = bend_filter },
	{ .name = "length", .class = "length", .bend = bend_length },
	{ .name = "length_answered", .class = "ok", .bend = bend_length_answered },
	{ .name = "thinking_only", .class = "length", .bend = bend_thinking_only },
	{ .name = "think", .class = "ok", .bend = bend_think },
	{ .name = "reasoning", .class = "ok", .bend = bend_reasoning },
	{ .name = "eos", .class = "ok", .bend = bend_eos },
	{ .name = "not_utf8", .class = NULL, .bend = bend_not_utf8 },
	{ .name = "quotes", .class = "ok", .bend = bend_quotes },
	{ .name = "huge", .class = NULL, .bend = bend_huge },

	/* streams */
	{ .name = "no_done", .class = "ok", .stream = true, .bend = bend_no_done },
	{ .name = "no_finish", .class = "truncated", .stream = true, .bend = bend_no_finish },
	{ .name = "done_only", .class = "ok", .stream = true, .bend = bend_done_only },
	{ .name = "stream_half", .class = "truncated", .stream = true, .bend = bend_half },
	{ .name = "error_mid", .class = "server_error", .stream = true, .bend = bend_error_mid },
	{ .name = "overloaded_mid",
	  .class = "overloaded",
	  .stream = true,
	  .bend = bend_overloaded_mid },
	{ .name = "error_text_mid",
	  .class = "server_error",
	  .stream = true,
	  .bend = bend_error_text_mid },
	{ .name = "error_first",
	  .class = "server_error",
	  .stream = true,
	  .bend = bend_error_first },
	{ .name = "rate_first", .class = "rate_limited", .stream = true, .bend = bend_rate_first },
	{ .name = "broken_event", .class = NULL, .stream = true, .bend = bend_garbage },
	{ .name = "comments", .class = "ok", .stream = true, .bend = bend_comments },
	{ .name = "crlf", .class = "ok", .stream = true, .bend = bend_crlf },
	{ .name = "cr", .class = "ok", .stream = true, .bend = bend_cr },
	{ .name = "no_space", .class = "ok", .stream = true, .bend = bend_no_space },
	{ .name = "no_role", .class = "ok", .stream = true, .bend = bend_no_role },
	{ .name = "split", .class = "ok", .bend = bend_split },
	{ .name = "byte_by_byte", .class = "ok", .bend = bend_bytes },
	{ .name = "usage_last", .class = "ok", .stream = true, .bend = bend_usage_last },
	{ .name = "usage_chunk", .class = "ok", .stream = true, .bend = bend_usage_chunk },
	{ .name = "usage_every", .class = "ok", .stream = true, .bend = bend_usage_every },
	{ .name = "no_usage", .class = "ok", .bend = bend_no_usage },
	{ .name = "stream_ignored", .class = "ok", .stream = true, .bend = bend_ignored },
};

enum { MISHAPS = sizeof(mishaps) / sizeof(mishaps[0]) };

const struct mishap *mishap_named(const char *name)
{
	for (size_t i = 0; i < MISHAPS; i++)
		if (!strcmp(mishaps[i].name, name))
			return &mishaps[i];
	return NULL;
}

/* --- words --- */

/* The text with what is known put in, to be freed. */
static char *filled(const char *text, const struct question *q, uint64_t retry_after)
{
	char *seconds = sim_format("%ju", (uintmax_t)retry_after);
	const struct {
		const char *mark, *value;
	} marks[] = { { "{model}", q->model },
		      { "{key}", q->key },
		      { "{member}", q->member },
		      { "{bound}", q->bound },
		      { "{retry_after}", seconds } };
	const size_t n = sizeof(marks) / sizeof(marks[0]);
	struct buf out = { 0 };

	buf_str(&out, "");
	while (*text) {
		size_t i = 0;

		while (i < n && strncmp(text, marks[i].mark, strlen(marks[i].mark)) != 0)
			i++;
		if (i < n) {
			buf_str(&out, marks[i].value);
			text += strlen(marks[i].mark);
		} else {
			buf_char(&out, *text++);
		}
	}
	free(seconds);
	return out.data;
}

struct script *mishap_write(const struct mishap *m, const struct question *q, uint64_t retry_after)
{
	char *text = filled(m->body ? m->body : m->message, q, retry_after);
	char *headers = filled(m->headers ? m->headers : "", q, retry_after);
	struct script *s;

	if (m->body) {
		struct plain what = { m->status, m->content_type, headers, text, strlen(text) };

		s = answer_plain(q, &what);
	} else {
		struct complaint c = { m->says ? m->says : m->status, m->type, m->code, NULL,
				       text };

		s = answer_complaint(q, m->status, headers, &c);
	}
	free(text);
	free(headers);
	return s;
}

void mishap_list(struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < MISHAPS; i++) {
		const struct mishap *m = &mishaps[i];

		buf_comma(out);
		buf_printf(out, "{\"name\":\"%s\",\"class\":", m->name);
		buf_json(out, m->class, JSON_UTF8);
		buf_printf(out, ",\"status\":%d,\"stream\":%s,\"document\":%s}",
			   m->status ? m->status : 200, m->stream ? "true" : "false",
			   m->document ? "true" : "false");
	}
	buf_char(out, ']');
}
