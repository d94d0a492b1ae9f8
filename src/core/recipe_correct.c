/*
 * What a refusal teaches.  Providers word it each in his own way, often one's words inside
 * another's, as JSON inside a string.  So an answer is taken apart into complaints (the
 * members of one object; a text that is no JSON), each complaint into words, numbers
 * and signs, and in these a few patterns are looked for.  Only what is named can be
 * mended: a complaint that names neither the limit nor a member of ours teaches nothing.
 */
#include "core/recipe.h"

enum {
	BODY_MAX = 64 * 1024, /* a refusal is short; what is longer is something else */
	TEXT_MAX = 4096,      /* of one complaint */
	TOKENS_MAX = 400,
	COMPLAINTS_MAX = 32,
	DEPTH_MAX = 8,
	NEAR = 4, /* words between "at least" and its number */
};

/* ---- words ---- */

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	struct str text; /* of a word: lower case, without '_'; of a sign: ">", ">=", "<", "<=" */
	uint64_t number;
};

struct complaint {
	struct token tokens[TOKENS_MAX];
	size_t n;
	char text[TEXT_MAX]; /* what the words point into */
	size_t used;
};

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
	if (c->n < TOKENS_MAX)
		c->tokens[c->n++] = token;
}

/* "max_tokens", "maxTokens", "MAX_TOKENS" are one word. */
static size_t take_word(struct complaint *c, struct str s)
{
	size_t from = c->used;
	size_t i = 0;

	for (; i < s.n && (is_letter(s.at[i]) || is_digit(s.at[i])); i++) {
		char at = s.at[i];

		if (at != '_' && c->used < TEXT_MAX)
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
		if (!comma && number <= RECIPE_LIMIT_MAX)
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

static bool word_is(const struct complaint *c, size_t i, const char *word)
{
	return i < c->n && c->tokens[i].kind != TOKEN_NUMBER &&
	       str_eq(c->tokens[i].text, str_of(word));
}

/* Words separated by blanks, from `i` on; *ret_end is behind them. */
static bool phrase_at(const struct complaint *c, size_t i, const char *phrase, size_t *ret_end)
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

static bool says(const struct complaint *c, const char *phrase)
{
	size_t end;

	for (size_t i = 0; i < c->n; i++)
		if (phrase_at(c, i, phrase, &end))
			return true;
	return false;
}

static bool says_one_of(const struct complaint *c, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (says(c, *phrases))
			return true;
	return false;
}

/* Names of the limit, ours and those that servers behind it have for it. */
static const char *const limit_words[] = { "maxtokens",    "maxcompletiontokens", "maxoutputtokens",
					   "maxnewtokens", "maxgeneratedtokens",  NULL };

static bool is_limit_word(const struct complaint *c, size_t i)
{
	for (const char *const *word = limit_words; *word; word++)
		if (word_is(c, i, *word))
			return true;
	return false;
}

static bool names_limit(const struct complaint *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_limit_word(c, i))
			return true;
	return false;
}

static bool is_number(const struct complaint *c, size_t i)
{
	return i < c->n && c->tokens[i].kind == TOKEN_NUMBER;
}

/* The first number not far behind `from`. */
static bool number_near(const struct complaint *c, size_t from, uint64_t *ret)
{
	for (size_t i = from; i < c->n && i <= from + NEAR; i++) {
		if (is_number(c, i)) {
			*ret = c->tokens[i].number;
			return true;
		}
	}
	return false;
}

/* ---- bounds ---- */

struct bounds {
	uint64_t min, max; /* inclusive; 0: not said */
};

/* The next two numbers behind `from`, less what is exclusive: "1 (inclusive) to 8193 (exclusive)". */
static bool two_numbers(const struct complaint *c, size_t from, struct bounds *ret)
{
	uint64_t said[2];
	size_t n = 0;

	for (size_t i = from; n < 2 && i < c->n && i <= from + 3 * NEAR; i++) {
		bool exclusive = word_is(c, i + 1, "exclusive");

		if (!is_number(c, i))
			continue;
		said[n] = c->tokens[i].number;
		if (exclusive && n == 0)
			said[n]++;
		else if (exclusive && said[n])
			said[n]--;
		n++;
	}
	if (n < 2 || said[1] < said[0])
		return false;
	*ret = (struct bounds){ said[0], said[1] };
	return true;
}

/* "the valid range is [1, 8192]", "between 1 and 8192" */
static bool find_range(const struct complaint *c, struct bounds *ret)
{
	for (size_t i = 0; i < c->n; i++)
		if ((word_is(c, i, "range") || word_is(c, i, "between")) &&
		    two_numbers(c, i + 1, ret))
			return true;
	return false;
}

enum bound { AT_LEAST, ABOVE, AT_MOST, BELOW };

static struct bounds bound_of(enum bound bound, uint64_t n)
{
	switch (bound) {
	case AT_LEAST:
		return (struct bounds){ .min = n };
	case ABOVE:
		return (struct bounds){ .min = n + 1 };
	case AT_MOST:
		return (struct bounds){ .max = n };
	case BELOW:
	default:
		return (struct bounds){ .max = n ? n - 1 : 0 };
	}
}

/*
 * "10 < 16", "max_tokens > 4096 is not allowed": the case that failed.  "must be > 2": the one
 * that is wanted.
 */
static bool find_sign(const struct complaint *c, struct bounds *ret)
{
	static const struct {
		const char *sign;
		enum bound wanted, failed;
	} signs[] = {
		{ ">=", AT_LEAST, AT_LEAST },
		{ "<=", AT_MOST, AT_MOST },
		{ ">", ABOVE, AT_MOST },
		{ "<", BELOW, AT_LEAST },
	};

	for (size_t i = 1; i + 1 < c->n; i++) {
		bool failed = is_number(c, i - 1) || is_limit_word(c, i - 1);

		for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
			if (!word_is(c, i, signs[k].sign) || !is_number(c, i + 1))
				continue;
			*ret = bound_of(failed ? signs[k].failed : signs[k].wanted,
					c->tokens[i + 1].number);
			return true;
		}
	}
	return false;
}

/* In order: what holds another phrase stands before that. */
static const struct {
	const char *phrase;
	enum bound bound;
} bound_phrases[] = {
	{ "greater than or equal to", AT_LEAST },
	{ "less than or equal to", AT_MOST },
	{ "lower than or equal to", AT_MOST },
	{ "smaller than or equal to", AT_MOST },
	{ "not be less than", AT_LEAST },
	{ "not be lower than", AT_LEAST },
	{ "not be smaller than", AT_LEAST },
	{ "not be greater than", AT_MOST },
	{ "not be larger than", AT_MOST },
	{ "not be more than", AT_MOST },
	{ "no less than", AT_LEAST },
	{ "no more than", AT_MOST },
	{ "not exceed", AT_MOST },
	{ "cannot exceed", AT_MOST },
	{ "at least", AT_LEAST },
	{ "at most", AT_MOST },
	{ "supports up to", AT_MOST },
	{ "support up to", AT_MOST },
	{ "allows up to", AT_MOST },
	{ "limited to", AT_MOST },
	{ "capped at", AT_MOST },
	{ "minimum", AT_LEAST },
	{ "maximum", AT_MOST },
	{ "exceeds", AT_MOST },
	{ "greater than", ABOVE },
	{ "larger than", ABOVE },
	{ "higher than", ABOVE },
	{ "more than", ABOVE },
	{ "less than", BELOW },
	{ "smaller than", BELOW },
	{ "lower than", BELOW },
};

static bool find_phrase(const struct complaint *c, struct bounds *ret)
{
	for (size_t p = 0; p < sizeof(bound_phrases) / sizeof(bound_phrases[0]); p++) {
		for (size_t i = 0; i < c->n; i++) {
			uint64_t n;
			size_t end;

			if (!phrase_at(c, i, bound_phrases[p].phrase, &end) ||
			    !number_near(c, end, &n))
				continue;
			*ret = bound_of(bound_phrases[p].bound, n);
			return true;
		}
	}
	return false;
}

/* The whole context is said: half of it for the answer leaves the question room. */
static bool find_context(const struct complaint *c, struct bounds *ret)
{
	static const char *const phrases[] = { "maximum context length is", "context length of",
					       "context window of", NULL };

	for (const char *const *phrase = phrases; *phrase; phrase++) {
		for (size_t i = 0; i < c->n; i++) {
			uint64_t n;
			size_t end;

			if (phrase_at(c, i, *phrase, &end) && number_near(c, end, &n)) {
				*ret = (struct bounds){ .max = n / 2 };
				return true;
			}
		}
	}
	return false;
}

/* ---- what follows ---- */

struct lesson {
	const struct recipe *r;
	struct recipe now;
	struct arena *a;
	struct str reason;
};

static struct str limit_name(const struct recipe *r)
{
	return str_is_none(r->limit) ? STR("max_tokens") : r->limit;
}

/* What of the bounds is new, and no more than may be learned. */
static bool learn_bounds(struct lesson *l, struct bounds b)
{
	bool min = b.min > 1 && b.min > l->r->limit_min && b.min <= RECIPE_LEARNED_MIN_MAX;
	bool max = b.max && b.max <= RECIPE_LIMIT_MAX &&
		   (l->r->limit_max == 0 || b.max < l->r->limit_max);
	struct str name = limit_name(l->r);

	if (min)
		l->now.limit_min = b.min;
	if (max)
		l->now.limit_max = b.max;
	/* Of two that contradict each other the older one goes. */
	if (min && !max && l->now.limit_max < b.min)
		l->now.limit_max = 0;
	if (max && !min && l->now.limit_min > b.max)
		l->now.limit_min = 0;
	if (min)
		l->reason = arena_printf(l->a, "%.*s is at least %llu there", STR_FMT(name),
					 (unsigned long long)b.min);
	if (max)
		l->reason = arena_printf(l->a, "%.*s%s at most %llu there",
					 STR_FMT(min ? l->reason : name), min ? " and" : " is",
					 (unsigned long long)b.max);
	return min || max;
}

static bool by_bounds(const struct complaint *c, struct lesson *l)
{
	typedef bool find_fn(const struct complaint *c, struct bounds *ret);
	static find_fn *const finds[] = { find_context, find_range, find_sign, find_phrase };
	struct bounds b = { 0, 0 };
	bool found = false;

	if (!names_limit(c) && !says(c, "in the completion"))
		return false;
	for (size_t i = 0; !found && i < sizeof(finds) / sizeof(finds[0]); i++)
		found = finds[i](c, &b);
	return found && learn_bounds(l, b);
}

/*
 * "Could not finish the message because max_tokens … was reached": a model that thinks before
 * it speaks, and had no room to.  Twice as much each time, up to what we are ready to buy.
 */
static bool by_exhaustion(const struct complaint *c, struct lesson *l)
{
	enum { FIRST = 1024 };
	uint64_t n = l->r->limit_min < FIRST ? FIRST : l->r->limit_min * 2;

	return names_limit(c) && says(c, "could not finish") &&
	       learn_bounds(l, (struct bounds){ .min = n });
}

static bool is_unsupported(const struct complaint *c)
{
	static const char *const phrases[] = {
		"unsupported",      "not supported",        "not support",
		"unrecognized",     "unrecognised",         "unknown",
		"unexpected",       "extra inputs",         "extraforbidden",
		"extra fields",     "not permitted",        "not allowed",
		"not recognized",   "not a valid",          "not accepted",
		"not available",    "deprecated",           "no longer accepted",
		"unknownparameter", "unsupportedparameter", "unsupportedvalue",
		"not be supported", "be support",           NULL,
	};

	return says_one_of(c, phrases);
}

/* A word of a complaint, as we write it in a request. */
static bool spells(const struct token *t, struct str name)
{
	size_t k = 0;

	if (t->kind != TOKEN_WORD)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.at[i];

		if (c == '_')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (k == t->text.n || t->text.at[k++] != c)
			return false;
	}
	return k == t->text.n;
}

static bool names(const struct complaint *c, struct str name, size_t *ret_at)
{
	for (size_t i = 0; i < c->n; i++) {
		if (spells(&c->tokens[i], name)) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

/* The two names that may follow each other. */
static const char *const limit_names[] = { "max_tokens", "max_completion_tokens" };

/*
 * The limit has another name there: the one that is mentioned, or the other of the two.  What
 * is named first is what they complain of.
 */
static bool by_name(const struct complaint *c, struct lesson *l)
{
	struct str now = limit_name(l->r);
	bool is_new = str_eq(now, str_of(limit_names[1]));
	struct str other = str_of(limit_names[is_new ? 0 : 1]);
	size_t at;
	size_t other_at;

	if (l->r->form != CHAT_OPENAI || !is_unsupported(c) || !names(c, now, &at) ||
	    (names(c, other, &other_at) && other_at < at))
		return false;
	l->now.limit = other;
	l->reason = arena_printf(l->a, "%.*s takes the place of %.*s there", STR_FMT(other),
				 STR_FMT(now));
	return true;
}

static bool by_options(const struct complaint *c, struct lesson *l)
{
	size_t at;

	if (l->r->form != CHAT_OPENAI || l->r->no_stream_options ||
	    !(is_unsupported(c) || says(c, "invalid")) || !names(c, STR("stream_options"), &at))
		return false;
	l->now.no_stream_options = true;
	l->reason = STR("stream_options is refused there");
	return true;
}

/* ---- members that are added ---- */

/* `add` without the member `name`, and with `name`:`value` where that is given. */
static struct str add_with(struct str add, struct str name, struct str value, struct arena *a)
{
	BUF_AUTO(out, TEXT_MAX * 2);
	struct json_writer w = { .out = &out };
	JSON_DOC_AUTO(doc);
	yyjson_obj_iter members;
	yyjson_val *key;
	struct err ignored;

	json_open(&w, '{');
	if (add.n && json_read(add, &doc, &ignored)) {
		members = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
		while ((key = yyjson_obj_iter_next(&members))) {
			if (str_eq(json_raw(key), name))
				continue;
			json_key(&w, yyjson_get_str(key));
			json_add_value(&out, yyjson_obj_iter_get_val(key));
			w.comma = true;
		}
	}
	if (!str_is_none(value))
		json_add_raw(&w, arena_cstr(a, name), value);
	json_close(&w, '}');
	return out.n > 2 ? arena_str(a, buf_str(&out)) : STR_NONE;
}

/* Thinking only in a stream: "enable_thinking must be set to false for non-streaming calls". */
static bool is_about_thinking(const struct complaint *c)
{
	static const char *const phrases[] = { "enablethinking must be set to false",
					       "enable thinking can not be support", NULL };

	return says_one_of(c, phrases);
}

static bool by_thinking(const struct complaint *c, struct lesson *l)
{
	struct str name = STR("enable_thinking");

	if (!is_about_thinking(c))
		return false;
	l->now.add = add_with(l->r->add, name, STR("false"), l->a);
	l->reason = STR("enable_thinking must be false there");
	return !str_eq(l->now.add, l->r->add);
}

/* A member that we add is named. */
static bool by_added(const struct complaint *c, struct lesson *l)
{
	JSON_DOC_AUTO(doc);
	yyjson_obj_iter members;
	yyjson_val *key;
	struct err ignored;
	size_t at;

	if (l->r->add.n == 0 || is_about_thinking(c) || !json_read(l->r->add, &doc, &ignored))
		return false;
	members = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str name = arena_str(l->a, json_raw(key));

		if (!names(c, name, &at))
			continue;
		l->now.add = add_with(l->r->add, name, STR_NONE, l->a);
		l->reason = arena_printf(l->a, "%.*s is refused there", STR_FMT(name));
		return true;
	}
	return false;
}

static bool learn(const struct complaint *c, struct lesson *l)
{
	typedef bool rule_fn(const struct complaint *c, struct lesson *l);
	static rule_fn *const rules[] = { by_thinking,   by_added,  by_options,
					  by_exhaustion, by_bounds, by_name };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		l->now = *l->r;
		if (rules[i](c, l))
			return true;
	}
	return false;
}

/* ---- complaints ---- */

struct hearing {
	struct lesson *lesson;
	struct complaint *complaint;
	unsigned heard;
};

static bool hear_value(struct hearing *h, yyjson_val *v, unsigned depth);

static bool hear(struct hearing *h)
{
	bool learned = h->heard++ < COMPLAINTS_MAX && learn(h->complaint, h->lesson);

	*h->complaint = (struct complaint){ .n = 0 };
	return learned;
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

static bool hear_body(struct hearing *h, struct str body)
{
	JSON_DOC_AUTO(doc);
	struct err ignored;

	if (str_starts(str_trim(body), STR("<")))
		return false; /* a page of some proxy */
	if (json_read(body, &doc, &ignored) && !yyjson_is_str(yyjson_doc_get_root(doc)))
		return hear_value(h, yyjson_doc_get_root(doc), 0);
	take_sentence(h->complaint, body);
	return hear(h);
}

static bool is_refusal(int64_t status)
{
	enum { BAD_REQUEST = 400, RANGE_NOT_SATISFIABLE = 416, UNPROCESSABLE = 422 };

	return status == BAD_REQUEST || status == UNPROCESSABLE || status == RANGE_NOT_SATISFIABLE;
}

bool recipe_correct(const struct recipe *r, int64_t status, struct str body, struct arena *a,
		    struct recipe *ret, struct str *ret_reason)
{
	struct lesson lesson = { .r = r, .a = a, .reason = STR_NONE };
	struct complaint complaint = { .n = 0 };
	struct hearing h = { &lesson, &complaint, 0 };

	if (!is_refusal(status) || body.n == 0 || body.n > BODY_MAX ||
	    r->learned >= RECIPE_LEARNED_MAX || !hear_body(&h, body))
		return false;
	lesson.now.learned = r->learned + 1;
	*ret = lesson.now;
	*ret_reason = lesson.reason;
	return true;
}
