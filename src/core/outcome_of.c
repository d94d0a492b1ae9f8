/*
 * Which class an answer is.  How the transport ended says it where it broke; else the
 * status, corrected by words where providers are known to answer with a wrong one; else
 * what the answer holds.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "core/answer.h"
#include "core/chat.h"

#include <inttypes.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { WORDS_MAX = 4096, SENTENCE_MAX = 400 };

/* ---- what an error's words are about ---- */

enum topic {
	TOPIC_PACE,   /* a limit per time */
	TOPIC_CREDIT, /* money */
	TOPIC_QUOTA,  /* money where the status is 429 */
	TOPIC_OVERLOAD,
	TOPIC_RATE,
	TOPIC_KEY,
	TOPIC_FILTER,
	TOPIC_PARAMETER,
	TOPIC_MODEL,
	TOPIC_PERMISSION,
};

/* In lower case; both words must be there where there are two. */
static const struct {
	enum topic topic;
	const char *word, *too;
} words[] = {
	{ TOPIC_PACE, "per minute", NULL },
	{ TOPIC_PACE, "per second", NULL },
	{ TOPIC_PACE, "per hour", NULL },
	{ TOPIC_PACE, "per day", NULL },
	{ TOPIC_PACE, "retry in ", NULL },
	{ TOPIC_PACE, "rpm", NULL },
	{ TOPIC_PACE, "tpm", NULL },
	{ TOPIC_CREDIT, "insufficient_quota", NULL },
	{ TOPIC_CREDIT, "insufficient", "credit" },
	{ TOPIC_CREDIT, "insufficient", "balance" },
	{ TOPIC_CREDIT, "insufficient", "funds" },
	{ TOPIC_CREDIT, "not enough", "credit" },
	{ TOPIC_CREDIT, "not enough", "balance" },
	{ TOPIC_CREDIT, "credit balance", NULL },
	{ TOPIC_CREDIT, "negative balance", NULL },
	{ TOPIC_CREDIT, "requires more credits", NULL },
	{ TOPIC_CREDIT, "out of credits", NULL },
	{ TOPIC_CREDIT, "purchase", "credits" },
	{ TOPIC_CREDIT, "exceeded", "included credits" },
	{ TOPIC_CREDIT, "spending limit", NULL },
	{ TOPIC_CREDIT, "payment required", NULL },
	{ TOPIC_CREDIT, "payment_required", NULL },
	{ TOPIC_CREDIT, "billing_hard_limit", NULL },
	{ TOPIC_CREDIT, "billing_not_active", NULL },
	{ TOPIC_CREDIT, "exceeded_current_quota", NULL },
	{ TOPIC_CREDIT, "arrear", NULL },
	{ TOPIC_CREDIT, "overdue", NULL },
	{ TOPIC_CREDIT, "recharge", NULL },
	{ TOPIC_QUOTA, "quota", NULL },
	{ TOPIC_QUOTA, "insufficient", NULL },
	{ TOPIC_OVERLOAD, "overload", NULL },
	{ TOPIC_OVERLOAD, "at capacity", NULL },
	{ TOPIC_OVERLOAD, "over capacity", NULL },
	{ TOPIC_OVERLOAD, "maximum capacity", NULL },
	{ TOPIC_OVERLOAD, "capacity exceeded", NULL },
	{ TOPIC_OVERLOAD, "no capacity", NULL },
	{ TOPIC_OVERLOAD, "too busy", NULL },
	{ TOPIC_OVERLOAD, "is busy", NULL },
	{ TOPIC_OVERLOAD, "server_busy", NULL },
	{ TOPIC_OVERLOAD, "high demand", NULL },
	{ TOPIC_OVERLOAD, "high traffic", NULL },
	{ TOPIC_OVERLOAD, "high load", NULL },
	{ TOPIC_OVERLOAD, "temporarily unavailable", NULL },
	{ TOPIC_OVERLOAD, "service unavailable", NULL },
	{ TOPIC_OVERLOAD, "service_unavailable", NULL },
	{ TOPIC_OVERLOAD, "no instances", NULL },
	{ TOPIC_OVERLOAD, "no healthy upstream", NULL },
	{ TOPIC_OVERLOAD, "currently loading", NULL },
	{ TOPIC_OVERLOAD, "queue_exceeded", NULL },
	{ TOPIC_OVERLOAD, "queue is full", NULL },
	{ TOPIC_OVERLOAD, "insufficient_system_resource", NULL },
	{ TOPIC_RATE, "rate limit", NULL },
	{ TOPIC_RATE, "rate_limit", NULL },
	{ TOPIC_RATE, "rate-limit", NULL },
	{ TOPIC_RATE, "ratelimit", NULL },
	{ TOPIC_RATE, "too many requests", NULL },
	{ TOPIC_RATE, "too_many_requests", NULL },
	{ TOPIC_RATE, "throttl", NULL },
	{ TOPIC_RATE, "resource_exhausted", NULL },
	{ TOPIC_KEY, "invalid", "api key" },
	{ TOPIC_KEY, "incorrect api key", NULL },
	{ TOPIC_KEY, "api key not valid", NULL },
	{ TOPIC_KEY, "no api key", NULL },
	{ TOPIC_KEY, "missing api key", NULL },
	{ TOPIC_KEY, "invalid_api_key", NULL },
	{ TOPIC_KEY, "api_key_invalid", NULL },
	{ TOPIC_KEY, "invalidapikey", NULL },
	{ TOPIC_KEY, "x-api-key", NULL },
	{ TOPIC_KEY, "authentication", NULL },
	{ TOPIC_KEY, "unauthorized", NULL },
	{ TOPIC_KEY, "unauthenticated", NULL },
	{ TOPIC_KEY, "no auth credentials", NULL },
	{ TOPIC_KEY, "invalid credentials", NULL },
	{ TOPIC_KEY, "invalid username or password", NULL },
	{ TOPIC_KEY, "login fail", NULL },
	{ TOPIC_FILTER, "content_filter", NULL },
	{ TOPIC_FILTER, "content filter", NULL },
	{ TOPIC_FILTER, "content management policy", NULL },
	{ TOPIC_FILTER, "content_policy", NULL },
	{ TOPIC_FILTER, "flagged", NULL },
	{ TOPIC_FILTER, "data_inspection_failed", NULL },
	{ TOPIC_FILTER, "datainspectionfailed", NULL },
	{ TOPIC_FILTER, "inappropriate content", NULL },
	{ TOPIC_FILTER, "prohibited_content", NULL },
	{ TOPIC_PARAMETER, "max_tokens", NULL },
	{ TOPIC_PARAMETER, "max_completion_tokens", NULL },
	{ TOPIC_PARAMETER, "max_output_tokens", NULL },
	{ TOPIC_PARAMETER, "temperature", NULL },
	{ TOPIC_PARAMETER, "top_p", NULL },
	{ TOPIC_PARAMETER, "stream_options", NULL },
	{ TOPIC_PARAMETER, "reasoning_effort", NULL },
	{ TOPIC_PARAMETER, "parameter", NULL },
	{ TOPIC_PARAMETER, "unrecognized request argument", NULL },
	{ TOPIC_PARAMETER, "extra fields", NULL },
	{ TOPIC_PARAMETER, "extra inputs", NULL },
	{ TOPIC_PARAMETER, "additional properties", NULL },
	{ TOPIC_MODEL, "model_not_found", NULL },
	{ TOPIC_MODEL, "model_not_supported", NULL },
	{ TOPIC_MODEL, "modelnotfound", NULL },
	{ TOPIC_MODEL, "model", "not found" },
	{ TOPIC_MODEL, "model", "not exist" },
	{ TOPIC_MODEL, "model", "not available" },
	{ TOPIC_MODEL, "model", "no longer available" },
	{ TOPIC_MODEL, "model", "not supported by" },
	{ TOPIC_MODEL, "not a valid model", NULL },
	{ TOPIC_MODEL, "invalid model", NULL },
	{ TOPIC_MODEL, "unknown model", NULL },
	{ TOPIC_MODEL, "no such model", NULL },
	{ TOPIC_MODEL, "decommissioned", NULL },
	{ TOPIC_MODEL, "no endpoints found", NULL },
	{ TOPIC_PERMISSION, "permission", NULL },
	{ TOPIC_PERMISSION, "forbidden", NULL },
	{ TOPIC_PERMISSION, "access denied", NULL },
};

static uint32_t bit(enum topic t)
{
	return UINT32_C(1) << (unsigned)t;
}

static bool has(struct str text, const char *word)
{
	return !word || memmem(text.at, text.n, word, strlen(word)) != NULL;
}

static uint32_t find_topics(struct str text)
{
	uint32_t found = 0;

	for (size_t i = 0; i < LENGTH_OF(words); i++)
		if (!(found & bit(words[i].topic)) && has(text, words[i].word) &&
		    has(text, words[i].too))
			found |= bit(words[i].topic);
	return found;
}

static void add_lower(char *out, size_t *n, struct str s)
{
	for (size_t i = 0; i < s.n && *n < WORDS_MAX; i++) {
		char c = s.at[i];

		out[(*n)++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
}

static uint32_t topics_of(const struct chat_answer *chat)
{
	char text[WORDS_MAX + 1];
	size_t n = 0;

	add_lower(text, &n, chat->error_text);
	text[n++] = '\n';
	add_lower(text, &n, chat->error_type);
	return find_topics((struct str){ text, n });
}

/* ---- statuses ---- */

enum { NO_STATUS = 0, OK_FIRST = 200, OK_LAST = 299, ERROR_FIRST = 400, ERROR_LAST = 599 };

/* What words are believed beside which status, the first that applies; NO_STATUS: none was said. */
static const struct {
	int64_t first, last;
	enum topic topic;
	enum outcome outcome;
} told[] = {
	{ NO_STATUS, NO_STATUS, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ NO_STATUS, NO_STATUS, TOPIC_RATE, OUTCOME_RATE_LIMITED },
	{ NO_STATUS, NO_STATUS, TOPIC_PACE, OUTCOME_RATE_LIMITED },
	{ NO_STATUS, NO_STATUS, TOPIC_OVERLOAD, OUTCOME_OVERLOADED },
	{ NO_STATUS, NO_STATUS, TOPIC_KEY, OUTCOME_UNAUTHORIZED },
	{ NO_STATUS, NO_STATUS, TOPIC_FILTER, OUTCOME_REFUSED },
	{ NO_STATUS, NO_STATUS, TOPIC_PARAMETER, OUTCOME_BAD_REQUEST },
	{ NO_STATUS, NO_STATUS, TOPIC_MODEL, OUTCOME_NOT_FOUND },
	{ NO_STATUS, NO_STATUS, TOPIC_PERMISSION, OUTCOME_FORBIDDEN },
	{ NO_STATUS, NO_STATUS, TOPIC_QUOTA, OUTCOME_PAYMENT_REQUIRED },
	{ 400, 400, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ 422, 422, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ 400, 400, TOPIC_RATE, OUTCOME_RATE_LIMITED },
	{ 400, 400, TOPIC_OVERLOAD, OUTCOME_OVERLOADED },
	{ 400, 400, TOPIC_KEY, OUTCOME_UNAUTHORIZED },
	{ 400, 400, TOPIC_FILTER, OUTCOME_REFUSED },
	{ 422, 422, TOPIC_FILTER, OUTCOME_REFUSED },
	{ 400, 400, TOPIC_PARAMETER, OUTCOME_BAD_REQUEST },
	{ 422, 422, TOPIC_PARAMETER, OUTCOME_BAD_REQUEST },
	{ 400, 400, TOPIC_MODEL, OUTCOME_NOT_FOUND },
	{ 422, 422, TOPIC_MODEL, OUTCOME_NOT_FOUND },
	{ 401, 401, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ 403, 403, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ 403, 403, TOPIC_FILTER, OUTCOME_REFUSED },
	{ 403, 403, TOPIC_KEY, OUTCOME_UNAUTHORIZED },
	{ 429, 429, TOPIC_PACE, OUTCOME_RATE_LIMITED },
	{ 429, 429, TOPIC_CREDIT, OUTCOME_PAYMENT_REQUIRED },
	{ 429, 429, TOPIC_QUOTA, OUTCOME_PAYMENT_REQUIRED },
	{ 429, 429, TOPIC_RATE, OUTCOME_RATE_LIMITED },
	{ 429, 429, TOPIC_OVERLOAD, OUTCOME_OVERLOADED },
	{ 500, 500, TOPIC_OVERLOAD, OUTCOME_OVERLOADED },
};

/* Where no word is believed; the first range that holds it. */
static const struct {
	int64_t first, last;
	enum outcome outcome;
	const char *phrase;
} statuses[] = {
	{ 300, 399, OUTCOME_PROTOCOL_ERROR, "Redirect" },
	{ 400, 400, OUTCOME_BAD_REQUEST, "Bad Request" },
	{ 401, 401, OUTCOME_UNAUTHORIZED, "Unauthorized" },
	{ 402, 402, OUTCOME_PAYMENT_REQUIRED, "Payment Required" },
	{ 403, 403, OUTCOME_FORBIDDEN, "Forbidden" },
	{ 404, 404, OUTCOME_NOT_FOUND, "Not Found" },
	{ 405, 405, OUTCOME_BAD_REQUEST, "Method Not Allowed" },
	{ 408, 408, OUTCOME_TIMEOUT_FIRST_BYTE, "Request Timeout" },
	{ 410, 410, OUTCOME_NOT_FOUND, "Gone" },
	{ 413, 413, OUTCOME_BAD_REQUEST, "Content Too Large" },
	{ 422, 422, OUTCOME_BAD_REQUEST, "Unprocessable Content" },
	{ 424, 424, OUTCOME_SERVER_ERROR, "Failed Dependency" },
	{ 429, 429, OUTCOME_RATE_LIMITED, "Too Many Requests" },
	{ 451, 451, OUTCOME_FORBIDDEN, "Unavailable For Legal Reasons" },
	{ 498, 498, OUTCOME_OVERLOADED, "Capacity Exceeded" },
	{ 499, 499, OUTCOME_SERVER_ERROR, "Client Closed Request" },
	{ 400, 498, OUTCOME_BAD_REQUEST, "Client Error" },
	{ 500, 500, OUTCOME_SERVER_ERROR, "Internal Server Error" },
	{ 502, 502, OUTCOME_SERVER_ERROR, "Bad Gateway" },
	{ 503, 503, OUTCOME_OVERLOADED, "Service Unavailable" },
	{ 504, 504, OUTCOME_SERVER_ERROR, "Gateway Timeout" },
	{ 524, 524, OUTCOME_SERVER_ERROR, "A Timeout Occurred" },
	{ 529, 529, OUTCOME_OVERLOADED, "Overloaded" },
	{ 500, 599, OUTCOME_SERVER_ERROR, "Server Error" },
	{ INT64_MIN, INT64_MAX, OUTCOME_PROTOCOL_ERROR, "no status of HTTP" },
};

static size_t find_status(int64_t status)
{
	size_t i = 0;

	while (status < statuses[i].first || status > statuses[i].last)
		i++;
	return i;
}

static enum outcome class_of_status(int64_t status, const struct chat_answer *chat)
{
	uint32_t topics = chat ? topics_of(chat) : 0;

	for (size_t i = 0; i < LENGTH_OF(told); i++)
		if (status >= told[i].first && status <= told[i].last &&
		    (topics & bit(told[i].topic)))
			return told[i].outcome;
	/* An error without a status or a word that we know is their failure. */
	return status == NO_STATUS ? OUTCOME_SERVER_ERROR : statuses[find_status(status)].outcome;
}

/* An error in an answer that says 200: as if it had come with the status that it names. */
static enum outcome class_of_error(const struct chat_answer *chat)
{
	bool named = chat->error_code >= ERROR_FIRST && chat->error_code <= ERROR_LAST;

	return class_of_status(named ? chat->error_code : NO_STATUS, chat);
}

/* ---- answers ---- */

/* Reasons to end that are no good end. */
static const struct {
	const char *finish; /* in lower case */
	enum outcome outcome;
} finishes[] = {
	{ "length", OUTCOME_LENGTH },
	{ "max_tokens", OUTCOME_LENGTH },
	{ "model_length", OUTCOME_LENGTH },
	{ "max_output_tokens", OUTCOME_LENGTH },
	{ "content_filter", OUTCOME_REFUSED },
	{ "refusal", OUTCOME_REFUSED },
	{ "safety", OUTCOME_REFUSED },
	{ "sensitive", OUTCOME_REFUSED },
	{ "error_toxic", OUTCOME_REFUSED },
	{ "prohibited_content", OUTCOME_REFUSED },
	{ "recitation", OUTCOME_REFUSED },
	{ "error", OUTCOME_SERVER_ERROR },
	{ "network_error", OUTCOME_SERVER_ERROR },
	{ "abort", OUTCOME_SERVER_ERROR },
	{ "insufficient_system_resource", OUTCOME_OVERLOADED },
};

/* OUTCOME_OK: it ended because it was done. */
static enum outcome class_of_finish(struct str finish)
{
	for (size_t i = 0; i < LENGTH_OF(finishes); i++)
		if (str_eq_nocase(finish, str_of(finishes[i].finish)))
			return finishes[i].outcome;
	return OUTCOME_OK;
}

/* What came is not an answer, or not the whole of it; OUTCOME_OK: it is. */
static enum outcome class_of_form(const struct outcome_evidence *v)
{
	const struct chat_answer *c = v->chat;
	bool early = c->ends_early || (c->shape == CHAT_STREAM && !c->finished);

	if (c->shape == CHAT_NOTHING)
		return v->end == TRANSPORT_CUT ? OUTCOME_TRUNCATED : OUTCOME_EMPTY;
	if (c->shape == CHAT_HTML || c->shape == CHAT_OTHER)
		return OUTCOME_PROTOCOL_ERROR;
	if (!c->json && !c->ends_early)
		return OUTCOME_PROTOCOL_ERROR;
	if (early && !c->finished)
		return v->cut ? OUTCOME_LENGTH : OUTCOME_TRUNCATED;
	return c->well_formed ? OUTCOME_OK : OUTCOME_PROTOCOL_ERROR;
}

/* Of a whole answer. */
static enum outcome class_of_text(const struct chat_answer *c, bool right)
{
	enum outcome end = class_of_finish(c->finish);
	bool empty = str_trim(c->text).n == 0;

	if (end == OUTCOME_SERVER_ERROR || end == OUTCOME_OVERLOADED)
		return end;
	if (right && !empty && end != OUTCOME_REFUSED)
		return OUTCOME_OK;
	if (end != OUTCOME_OK)
		return end;
	if (str_trim(c->refusal).n > 0)
		return OUTCOME_REFUSED;
	if (empty && !c->tool_calls)
		return OUTCOME_EMPTY;
	return right ? OUTCOME_OK : OUTCOME_WRONG_ANSWER;
}

static enum outcome class_of_answer(const struct outcome_evidence *v, struct arena *a,
				    struct str *ret_answer)
{
	const struct chat_answer *c = v->chat;
	enum outcome o;
	bool right;

	if (!c)
		return OUTCOME_PROTOCOL_ERROR;
	*ret_answer = answer_find(c->text, v->expected, a, &right);
	if (c->has_error)
		return class_of_error(c);
	o = class_of_form(v);
	return o == OUTCOME_OK ? class_of_text(c, right) : o;
}

/* ---- the class ---- */

static const enum outcome of_transport[] = {
	[TRANSPORT_COMPLETE] = OUTCOME_OK,
	[TRANSPORT_DNS] = OUTCOME_DNS,
	[TRANSPORT_CONNECT] = OUTCOME_CONNECT,
	[TRANSPORT_TLS] = OUTCOME_TLS,
	[TRANSPORT_TIMEOUT_CONNECT] = OUTCOME_TIMEOUT_CONNECT,
	[TRANSPORT_TIMEOUT_FIRST_BYTE] = OUTCOME_TIMEOUT_FIRST_BYTE,
	[TRANSPORT_TIMEOUT_TOTAL] = OUTCOME_TIMEOUT_TOTAL,
	[TRANSPORT_RESET] = OUTCOME_RESET,
	[TRANSPORT_CUT] = OUTCOME_OK, /* there is a status, and what came is looked at */
	[TRANSPORT_PROTOCOL] = OUTCOME_PROTOCOL_ERROR,
	[TRANSPORT_CANCELLED] = OUTCOME_CANCELLED,
};

static bool is_ok_status(int64_t status)
{
	return status >= OK_FIRST && status <= OK_LAST;
}

enum outcome outcome_of(const struct outcome_evidence *v, struct arena *a, struct str *ret_answer)
{
	*ret_answer = STR_NONE;
	if (of_transport[v->end] != OUTCOME_OK)
		return of_transport[v->end];
	if (!is_ok_status(v->status))
		return class_of_status(v->status == NO_STATUS ? -1 : v->status, v->chat);
	return class_of_answer(v, a, ret_answer);
}

/* ---- the line ---- */

/* One line, not cut inside a character. */
static void add_words(struct buf *b, struct str s, struct arena *a)
{
	struct str all = utf8_clean(s, a);
	struct str line = { all.at, all.n < SENTENCE_MAX ? all.n : SENTENCE_MAX };

	while (line.n < all.n && line.n > 0 && ((unsigned char)all.at[line.n] & 0xc0) == 0x80)
		line.n--;
	/* Half a key is one that nobody can mask any more. */
	if (line.n < all.n)
		line.n -= secret_begun(line);
	for (size_t i = 0; i < line.n; i++) {
		char c = line.at[i];

		buf_add_char(b, (unsigned char)c < ' ' || c == '\x7f' ? ' ' : c);
	}
	if (line.n < all.n)
		buf_add_str(b, STR("…"));
}

/* What is known of an answer that is none, in few words. */
static struct str shape_words(const struct outcome_evidence *v)
{
	const struct chat_answer *c = v->chat;

	if (v->cut)
		return STR("more came than is kept, and what is kept has no answer");
	if (!c || c->shape == CHAT_NOTHING)
		return STR("an empty answer");
	if (c->shape == CHAT_STREAM)
		return c->json ? STR("a stream without its end")
			       : STR("a stream of something else");
	if (c->shape == CHAT_DOCUMENT)
		return c->ends_early ? STR("JSON without its end")
		       : c->json     ? STR("JSON of another form")
				     : STR("broken JSON");
	return c->shape == CHAT_HTML ? STR("HTML") : STR("plain text");
}

static struct str line_words(const struct outcome_evidence *v, enum outcome o,
			     struct str transport_words, struct arena *a)
{
	bool told_error = v->chat && !str_is_none(v->chat->error_text);

	if (of_transport[v->end] != OUTCOME_OK)
		return transport_words;
	if (told_error)
		return v->chat->error_text;
	if (!is_ok_status(v->status))
		return str_of(statuses[find_status(v->status)].phrase);
	if (v->chat && v->chat->has_error && !str_is_none(v->chat->error_type))
		return v->chat->error_type;
	if (v->chat && class_of_finish(v->chat->finish) == o)
		return arena_printf(a, "it ended with %.*s", STR_FMT(v->chat->finish));
	return shape_words(v);
}

/* A whole 200 needs no words, whatever the answer is worth. */
static bool is_whole(const struct outcome_evidence *v, enum outcome o)
{
	static const bool whole[OUTCOMES] = {
		[OUTCOME_OK] = true,    [OUTCOME_WRONG_ANSWER] = true, [OUTCOME_LENGTH] = true,
		[OUTCOME_EMPTY] = true, [OUTCOME_REFUSED] = true,
	};

	return is_ok_status(v->status) && of_transport[v->end] == OUTCOME_OK && whole[o] &&
	       !(v->chat && v->chat->has_error) && !(o == OUTCOME_LENGTH && v->cut);
}

struct str outcome_line(const struct outcome_evidence *v, enum outcome o,
			struct str transport_words, struct arena *a)
{
	bool http = of_transport[v->end] == OUTCOME_OK && !is_ok_status(v->status);
	BUF_AUTO(b, 4 * SENTENCE_MAX);
	struct str words_said;

	if (is_whole(v, o))
		return STR_NONE;
	if (http)
		buf_printf(&b, "HTTP error %" PRId64, v->status);
	else
		buf_add_str(&b, str_of(outcomes[o].name));
	words_said = line_words(v, o, transport_words, a);
	if (words_said.n) {
		buf_add_str(&b, STR(": "));
		add_words(&b, words_said, a);
	}
	return arena_str(a, buf_str(&b));
}
