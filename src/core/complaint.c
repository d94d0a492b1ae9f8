#include "core/complaint.h"

#include "base/json.h"

#include <string.h>

enum {
	BODY_MAX = 64 * 1024, /* a refusal is short; what is longer is something else */
	COMPLAINTS_MAX = 32,
	DEPTH_MAX = 8,
	NUMBER_ENOUGH = 1000000, /* longer numbers are not read on */
};

/* ---- words ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void add_token(struct complaint *c, struct token token)
{
	if (c->n < COMPLAINT_TOKENS_MAX)
		c->tokens[c->n++] = token;
}

/* "max_tokens", "maxTokens", "MAX_TOKENS" are one word. */
static size_t take_word(struct complaint *c, struct str s)
{
	size_t from = c->used;
	size_t i = 0;

	for (; i < s.n && (is_letter(s.at[i]) || is_digit(s.at[i])); i++) {
		char at = s.at[i];

		if (at != '_' && c->used < COMPLAINT_TEXT_MAX)
			c->text[c->used++] = (char)(at >= 'A' && at <= 'Z' ? at - 'A' + 'a' : at);
	}
	add_token(c, (struct token){ TOKEN_WORD, { c->text + from, c->used - from }, 0 });
	return i;
}

/* "4096" and "4,096"; in brackets a comma separates: "[1,8192]". */
static size_t take_number(struct complaint *c, struct str s, bool bracketed)
{
	uint64_t number = 0;
	size_t i = 0;

	while (i < s.n) {
		bool comma = !bracketed && i > 0 && s.at[i] == ',' && s.n - i > 3 &&
			     is_digit(s.at[i + 1]) && is_digit(s.at[i + 2]) &&
			     is_digit(s.at[i + 3]) && !(s.n - i > 4 && is_digit(s.at[i + 4]));

		if (!is_digit(s.at[i]) && !comma)
			break;
		if (!comma && number <= NUMBER_ENOUGH)
			number = number * 10 + (uint64_t)(s.at[i] - '0');
		i++;
	}
	if (i < s.n && is_letter(s.at[i])) /* "128k" */
		return i + take_word(c, (struct str){ s.at + i, s.n - i });
	add_token(c, (struct token){ TOKEN_NUMBER, STR_NONE, number });
	return i;
}

static size_t take_sign(struct complaint *c, struct str s)
{
	static const struct {
		const char *said, *means;
	} signs[] = {
		{ ">=", ">=" },     { "<=", "<=" }, { "\u2265", ">=" },
		{ "\u2264", "<=" }, { ">", ">" },   { "<", "<" },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!str_starts(s, str_of(signs[i].said)))
			continue;
		add_token(c, (struct token){ TOKEN_SIGN, str_of(signs[i].means), 0 });
		return strlen(signs[i].said);
	}
	return 0;
}

static void take_text(struct complaint *c, struct str s)
{
	bool bracketed = false;
	size_t i = 0;

	while (i < s.n) {
		struct str rest = { s.at + i, s.n - i };
		size_t taken;

		if (is_letter(rest.at[0]))
			taken = take_word(c, rest);
		else if (is_digit(rest.at[0]))
			taken = take_number(c, rest, bracketed);
		else
			taken = take_sign(c, rest);
		if (taken == 0) {
			bracketed = rest.at[0] == '[' || (bracketed && rest.at[0] != ']');
			taken = 1;
		}
		i += taken;
	}
}

/* ---- patterns ---- */

bool complaint_word_is(const struct complaint *c, size_t i, const char *word)
{
	return i < c->n && c->tokens[i].kind != TOKEN_NUMBER &&
	       str_eq(c->tokens[i].text, str_of(word));
}

bool complaint_phrase_at(const struct complaint *c, size_t i, const char *phrase, size_t *ret_end)
{
	struct str rest = str_of(phrase);
	struct str word;
	bool more;

	do {
		more = str_cut(&rest, ' ', &word);
		if (i >= c->n || c->tokens[i].kind == TOKEN_NUMBER ||
		    !str_eq(c->tokens[i].text, word))
			return false;
		i++;
	} while (more);
	*ret_end = i;
	return true;
}

bool complaint_says(const struct complaint *c, const char *phrase)
{
	size_t end;

	for (size_t i = 0; i < c->n; i++)
		if (complaint_phrase_at(c, i, phrase, &end))
			return true;
	return false;
}

bool complaint_says_one_of(const struct complaint *c, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (complaint_says(c, *phrases))
			return true;
	return false;
}

bool complaint_is_number(const struct complaint *c, size_t i)
{
	return i < c->n && c->tokens[i].kind == TOKEN_NUMBER;
}

bool complaint_number_near(const struct complaint *c, size_t from, uint64_t *ret)
{
	for (size_t i = from; i < c->n && i <= from + COMPLAINT_NEAR; i++) {
		if (complaint_is_number(c, i)) {
			*ret = c->tokens[i].number;
			return true;
		}
	}
	return false;
}

/* ---- complaints ---- */

struct hearing {
	complaint_fn *fn;
	void *arg;
	struct complaint *complaint;
	unsigned heard;
};

static bool hear_value(struct hearing *h, yyjson_val *v, unsigned depth);

static bool hear(struct hearing *h)
{
	bool done = h->heard++ < COMPLAINTS_MAX && h->fn(h->arg, h->complaint);

	*h->complaint = (struct complaint){ .n = 0 };
	return done;
}

/* What we sent, sent back, is no complaint. */
static bool is_echo(struct str key)
{
	return str_eq(key, STR("input")) || str_eq(key, STR("inputs")) ||
	       str_eq(key, STR("request"));
}

/* JSON inside a string; what only begins like it ("[model] [400]: …") is a sentence. */
static bool read_nested(struct str s, yyjson_doc **ret)
{
	struct str text = str_trim(s);
	struct err ignored;

	return text.n > 1 && (text.at[0] == '{' || text.at[0] == '[') &&
	       json_read(text, ret, &ignored);
}

static bool is_nested(struct str s)
{
	JSON_DOC_AUTO(doc);

	return read_nested(s, &doc);
}

static bool hear_nested(struct hearing *h, struct str s, unsigned depth)
{
	JSON_DOC_AUTO(doc);

	return read_nested(s, &doc) && hear_value(h, yyjson_doc_get_root(doc), depth);
}

/* Another server's words inside a sentence end where they repeat what was sent. */
static void take_sentence(struct complaint *c, struct str s)
{
	static const char *const echoes[] = { "'input':", "\"input\":" };

	for (size_t i = 0; i < sizeof(echoes) / sizeof(echoes[0]); i++) {
		const char *at = s.n ? memmem(s.at, s.n, echoes[i], strlen(echoes[i])) : NULL;

		if (at)
			s.n = (size_t)(at - s.at);
	}
	take_text(c, s);
}

/* Strings of an array: ["body","max_tokens"], ["must be at least 16"]. */
static void take_strings(struct complaint *c, yyjson_val *array)
{
	yyjson_val *item;
	size_t i;
	size_t n;

	yyjson_arr_foreach(array, i, n, item)
	{
		if (yyjson_is_str(item) && !is_nested(json_raw(item)))
			take_sentence(c, json_raw(item));
	}
}

/* The place and the name first: they say whom the rest is about. */
static void take_subject(struct complaint *c, yyjson_val *object)
{
	static const char *const subjects[] = { "loc", "param", "parameter", "field" };

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		yyjson_val *v = yyjson_obj_get(object, subjects[i]);

		if (yyjson_is_arr(v))
			take_strings(c, v);
		else if (yyjson_is_str(v))
			take_text(c, json_raw(v));
	}
}

static bool hear_object(struct hearing *h, yyjson_val *object, unsigned depth)
{
	yyjson_obj_iter members = yyjson_obj_iter_with(object);
	yyjson_val *key;

	take_subject(h->complaint, object);
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *v = yyjson_obj_iter_get_val(key);

		if (is_echo(json_raw(key)) || (yyjson_is_str(v) && is_nested(json_raw(v))))
			continue;
		if (yyjson_is_str(v) || yyjson_is_arr(v))
			take_text(h->complaint, json_raw(key));
		if (yyjson_is_str(v))
			take_sentence(h->complaint, json_raw(v));
		else if (yyjson_is_arr(v))
			take_strings(h->complaint, v);
	}
	if (hear(h))
		return true;
	members = yyjson_obj_iter_with(object);
	while ((key = yyjson_obj_iter_next(&members)))
		if (!is_echo(json_raw(key)) &&
		    hear_value(h, yyjson_obj_iter_get_val(key), depth + 1))
			return true;
	return false;
}

static bool hear_array(struct hearing *h, yyjson_val *array, unsigned depth)
{
	yyjson_val *item;
	size_t i;
	size_t n;

	yyjson_arr_foreach(array, i, n, item)
	{
		if (hear_value(h, item, depth + 1))
			return true;
	}
	return false;
}

static bool hear_value(struct hearing *h, yyjson_val *v, unsigned depth)
{
	if (depth > DEPTH_MAX || h->heard > COMPLAINTS_MAX)
		return false;
	if (yyjson_is_obj(v))
		return hear_object(h, v, depth);
	if (yyjson_is_arr(v))
		return hear_array(h, v, depth);
	return yyjson_is_str(v) && hear_nested(h, json_raw(v), depth + 1);
}

bool complaint_each(struct str body, complaint_fn *fn, void *arg)
{
	JSON_DOC_AUTO(doc);
	struct complaint complaint = { .n = 0 };
	struct hearing h = { fn, arg, &complaint, 0 };
	struct err ignored;

	if (body.n > BODY_MAX || str_starts(str_trim(body), STR("<")))
		return false; /* a page of some proxy */
	if (json_read(body, &doc, &ignored) && !yyjson_is_str(yyjson_doc_get_root(doc)))
		return hear_value(&h, yyjson_doc_get_root(doc), 0);
	take_sentence(&complaint, body);
	return hear(&h);
}
