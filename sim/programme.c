/* SPDX-License-Identifier: MIT */
#include "programme.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"
#include "spelling.h"

enum { US_PER_MS = 1000, TOKENS_MAX = 100000, KIB_MAX = 65536, BYTES_MAX = 1 << 20 };
#define US_MAX    (MS_MAX * 1e3)
#define RATE_MAX  1e6
#define RNG_STEPS 9007199254740992.0 /* 2^53 */

/* --- spreads --- */

/* (0, 1] */
static double fraction(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 1) / RNG_STEPS;
}

static double normal(struct rng *r)
{
	double size = sqrt(-2 * log(fraction(r)));

	return size * cos(2 * M_PI * fraction(r));
}

uint64_t spread_draw(const struct spread *s, struct rng *r)
{
	double us = s->a;

	if (s->kind == SPREAD_UNIFORM)
		us = s->a + (s->b - s->a) * fraction(r);
	else if (s->kind == SPREAD_LOGNORMAL)
		us = s->a * exp(s->b * normal(r));
	else if (s->kind == SPREAD_EXPONENTIAL)
		us = -s->a * log(fraction(r));
	return us < 0 ? 0 : us > US_MAX ? (uint64_t)US_MAX : (uint64_t)us;
}

/* "500", "fixed:500", "uniform:100,900", "lognormal:500,0.4", "exponential:500": milliseconds. */
static bool parse_spread(const char *value, struct spread *out)
{
	static const struct {
		const char *name;
		int numbers;
	} kinds[] = {
		[SPREAD_FIXED] = { "fixed", 1 },
		[SPREAD_UNIFORM] = { "uniform", 2 },
		[SPREAD_LOGNORMAL] = { "lognormal", 2 },
		[SPREAD_EXPONENTIAL] = { "exponential", 1 },
	};
	const char *colon = strchr(value, ':');
	size_t n = colon ? (size_t)(colon - value) : 0;
	int kind = SPREAD_FIXED;
	char *end;

	while (colon && kind <= SPREAD_EXPONENTIAL &&
	       (strlen(kinds[kind].name) != n || strncmp(kinds[kind].name, value, n) != 0))
		kind++;
	if (kind > SPREAD_EXPONENTIAL)
		return false;
	struct spread s = { .kind = (enum spread_kind)kind };
	const char *number = colon ? colon + 1 : value;
	s.a = strtod(number, &end) * US_PER_MS;
	if (end == number || !(s.a >= 0) || s.a > US_MAX)
		return false;
	if (kinds[kind].numbers == 2) {
		if (*end != ',')
			return false;
		number = end + 1;
		s.b = strtod(number, &end) * (kind == SPREAD_UNIFORM ? US_PER_MS : 1);
		if (end == number || !(s.b >= 0) || s.b > US_MAX)
			return false;
	}
	if (*end)
		return false;
	*out = s;
	return true;
}

/* --- words --- */

static const char *const answers[ANSWERS] = {
	[ANSWER_RIGHT] = "right",     [ANSWER_WRONG] = "wrong", [ANSWER_EMPTY] = "empty",
	[ANSWER_REFUSAL] = "refusal", [ANSWER_TEXT] = "text",
};

static const char *const reasonings[REASONINGS] = {
	[REASONING_CONTENT] = "reasoning_content",
	[REASONING_FIELD] = "reasoning",
	[REASONING_THINK] = "think",
};

static const char *const usages[USAGES] = {
	[USAGE_ASKED] = "asked", [USAGE_CHUNK] = "chunk", [USAGE_LAST] = "last",
	[USAGE_EVERY] = "every", [USAGE_NONE] = "none",
};

static int word_number(const char *const *words, int n, const char *value)
{
	int i = 0;

	while (i < n && strcmp(words[i], value) != 0)
		i++;
	return i < n ? i : -1;
}

/* --- members by name --- */

enum member_kind {
	MEMBER_SPREAD,
	MEMBER_FLAG,
	MEMBER_NUMBER,
	MEMBER_WORD, /* a text of its own, up to `max` bytes with the NUL */
	MEMBER_OTHER /* parse() knows */
};

static bool parse_answer(struct programme *p, const char *value)
{
	int i = word_number(answers, ANSWERS, value);

	p->answer = i < 0 ? p->answer : (enum answer)i;
	return i >= 0;
}

static bool parse_reasoning_as(struct programme *p, const char *value)
{
	int i = word_number(reasonings, REASONINGS, value);

	p->reasoning_as = i < 0 ? p->reasoning_as : (enum reasoning_as)i;
	return i >= 0;
}

static bool parse_usage(struct programme *p, const char *value)
{
	int i = word_number(usages, USAGES, value);

	p->usage = i < 0 ? p->usage : (enum usage_as)i;
	return i >= 0;
}

static bool parse_spelling(struct programme *p, const char *value)
{
	if (!spelling_known(value))
		return false;
	snprintf(p->spelling, sizeof(p->spelling), "%s", value);
	return true;
}

static bool parse_text(struct programme *p, const char *value)
{
	if (strlen(value) >= sizeof(p->text))
		return false;
	snprintf(p->text, sizeof(p->text), "%s", value);
	p->answer = ANSWER_TEXT;
	return true;
}

static bool parse_eol(struct programme *p, const char *value)
{
	static const char *const names[] = { "lf", "crlf", "cr" };
	static const char *const eols[] = { "\n", "\r\n", "\r" };
	int i = word_number(names, 3, value);

	if (i >= 0)
		snprintf(p->eol, sizeof(p->eol), "%s", eols[i]);
	return i >= 0;
}

/* Tokens a second instead of a gap. */
static bool parse_rate(struct programme *p, const char *value)
{
	char *end;
	double rate = strtod(value, &end);

	if (*end || !(rate > 0) || rate > RATE_MAX)
		return false;
	p->gap = (struct spread){ .a = 1e6 / rate };
	return true;
}

static bool parse_head(struct programme *p, const char *value)
{
	p->has_head = strcmp(value, "with") != 0;
	return !p->has_head || parse_spread(value, &p->head);
}

#define AT(m) offsetof(struct programme, m)

static const struct member {
	const char *name;
	enum member_kind kind;
	size_t at;
	uint64_t max;
	bool (*parse)(struct programme *p, const char *value);
	const char *help;
} members[] = {
	{ "latency", MEMBER_SPREAD, AT(latency), 0, NULL,
	  "ms to the first byte: 500, uniform:100,900, lognormal:500,0.4 (median, sigma), "
	  "exponential:500 (mean)" },
	{ "head", MEMBER_OTHER, 0, 0, parse_head, "ms to the head alone; with = with the rest" },
	{ "body", MEMBER_SPREAD, AT(body), 0, NULL, "ms from a document's head to its body" },
	{ "gap", MEMBER_SPREAD, AT(gap), 0, NULL, "ms between pieces of a stream" },
	{ "rate", MEMBER_OTHER, 0, 0, parse_rate, "pieces a second, instead of gap" },
	{ "tokens", MEMBER_NUMBER, AT(tokens), TOKENS_MAX, NULL,
	  "of the text at least; the answer stands at its end" },
	{ "reasoning", MEMBER_NUMBER, AT(reasoning), TOKENS_MAX, NULL, "tokens of it first" },
	{ "reasoning_as", MEMBER_OTHER, 0, 0, parse_reasoning_as,
	  "reasoning_content, reasoning or think" },
	{ "piece", MEMBER_NUMBER, AT(piece), TOKENS_MAX, NULL, "tokens in a piece of a stream" },
	{ "answer", MEMBER_OTHER, 0, 0, parse_answer, "right, wrong, empty, refusal or text" },
	{ "spelling", MEMBER_OTHER, 0, 0, parse_spelling,
	  "of the number; any = a new one each time" },
	{ "text", MEMBER_OTHER, 0, 0, parse_text, "the answer word for word" },
	{ "finish", MEMBER_WORD, AT(finish), PROGRAMME_WORD, NULL, "the finish_reason" },
	{ "usage", MEMBER_OTHER, 0, 0, parse_usage,
	  "asked, chunk, last, every or none: where a stream says it" },
	{ "done", MEMBER_FLAG, AT(done), 1, NULL, "[DONE] at the end" },
	{ "role", MEMBER_FLAG, AT(role), 1, NULL, "a first chunk with the role alone" },
	{ "comments", MEMBER_FLAG, AT(comments), 1, NULL, "comments between events" },
	{ "space", MEMBER_FLAG, AT(space), 1, NULL, "a space behind data:" },
	{ "eol", MEMBER_OTHER, 0, 0, parse_eol, "of events: lf, crlf or cr" },
	{ "split", MEMBER_NUMBER, AT(split), BYTES_MAX, NULL, "bytes in a write; 0 = an event" },
	{ "stream", MEMBER_FLAG, AT(stream), 1, NULL, "0: a document, whatever is asked for" },
	{ "pad_kib", MEMBER_NUMBER, AT(pad_kib), KIB_MAX, NULL, "so much text before the answer" },
	{ "close", MEMBER_FLAG, AT(close), 1, NULL, "the connection after every answer" },
	{ "cookie", MEMBER_FLAG, AT(cookie), 1, NULL, "set one, and say the key back" },
	{ "trace", MEMBER_FLAG, AT(trace), 1, NULL, "the log has the stamp of every piece" },
	{ "check_key", MEMBER_FLAG, AT(check_key), 1, NULL, "a key must be shown" },
	{ "key", MEMBER_WORD, AT(key), PROGRAMME_TEXT, NULL, "this one" },
	{ "check_model", MEMBER_FLAG, AT(check_model), 1, NULL,
	  "the model must be one of the provider's" },
	{ "limit", MEMBER_WORD, AT(limit), PROGRAMME_WORD, NULL,
	  "what the limit must be called, such as max_completion_tokens" },
	{ "limit_min", MEMBER_NUMBER, AT(limit_min), UINT32_MAX, NULL, "tokens; 0 = any" },
	{ "limit_max", MEMBER_NUMBER, AT(limit_max), UINT32_MAX, NULL, "tokens; 0 = any" },
	{ "refuses", MEMBER_WORD, AT(refuses), PROGRAMME_WORD, NULL,
	  "a member that must not be there, such as stream_options" },
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static const struct member *find(const char *name)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static bool set(struct programme *p, const struct member *m, const char *value)
{
	char *at = (char *)p + m->at;
	uint64_t n;

	switch (m->kind) {
	case MEMBER_SPREAD:
		return parse_spread(value, (struct spread *)(void *)at);
	case MEMBER_FLAG:
		if (!number_parse(value, 1, &n))
			return false;
		*(bool *)at = n;
		return true;
	case MEMBER_NUMBER:
		return number_parse(value, m->max, (uint64_t *)(void *)at);
	case MEMBER_WORD:
		if (strlen(value) >= m->max)
			return false;
		memcpy(at, value, strlen(value) + 1);
		return true;
	case MEMBER_OTHER:
		break;
	}
	return m->parse(p, value);
}

struct programme programme_ordinary(void)
{
	return (struct programme){ .piece = 1,
				   .spelling = "sentence",
				   .finish = "stop",
				   .done = true,
				   .role = true,
				   .space = true,
				   .eol = "\n",
				   .stream = true,
				   .check_key = true };
}

const char *programme_set(struct programme *p, const char *name, const char *value)
{
	const struct member *m = find(name);

	return m && set(p, m, value) ? NULL : name;
}

bool programme_has(const char *name)
{
	return find(name);
}

void programme_help(struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < MEMBERS; i++) {
		buf_comma(out);
		buf_json(out, members[i].name, JSON_UTF8);
		buf_char(out, ':');
		buf_json(out, members[i].help, JSON_UTF8);
	}
	buf_char(out, '}');
}
