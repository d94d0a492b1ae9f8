/*
 * What a refusal teaches.  In each complaint a few patterns are looked for.  Only what is named can
 * be mended: one that names neither the limit nor a member of ours teaches nothing.
 */
#include "core/complaint.h"
#include "core/recipe.h"

/* Names of the limit, ours and those that servers behind it have for it. */
static const char *const limit_words[] = { "maxtokens",    "maxcompletiontokens", "maxoutputtokens",
					   "maxnewtokens", "maxgeneratedtokens",  NULL };

static bool is_limit_word(const struct complaint *c, size_t i)
{
	for (const char *const *word = limit_words; *word; word++)
		if (complaint_word_is(c, i, *word))
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

/* ---- bounds ---- */

struct bounds {
	uint64_t min, max; /* inclusive; 0: not said */
};

/* The next two numbers behind `from`, less what is exclusive: "1 (inclusive) to 8193 (exclusive)". */
static bool two_numbers(const struct complaint *c, size_t from, struct bounds *ret)
{
	uint64_t said[2];
	size_t n = 0;

	for (size_t i = from; n < 2 && i < c->n && i <= from + 3 * COMPLAINT_NEAR; i++) {
		bool exclusive = complaint_word_is(c, i + 1, "exclusive");

		if (!complaint_is_number(c, i))
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
		if ((complaint_word_is(c, i, "range") || complaint_word_is(c, i, "between")) &&
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
		bool failed = complaint_is_number(c, i - 1) || is_limit_word(c, i - 1);

		for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
			if (!complaint_word_is(c, i, signs[k].sign) ||
			    !complaint_is_number(c, i + 1))
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

			if (!complaint_phrase_at(c, i, bound_phrases[p].phrase, &end) ||
			    !complaint_number_near(c, end, &n))
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

			if (complaint_phrase_at(c, i, *phrase, &end) &&
			    complaint_number_near(c, end, &n)) {
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

	if (!names_limit(c) && !complaint_says(c, "in the completion"))
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

	return names_limit(c) && complaint_says(c, "could not finish") &&
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

	return complaint_says_one_of(c, phrases);
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
	    !(is_unsupported(c) || complaint_says(c, "invalid")) ||
	    !names(c, STR("stream_options"), &at))
		return false;
	l->now.no_stream_options = true;
	l->reason = STR("stream_options is refused there");
	return true;
}

/* ---- members that are added ---- */

/* `add` without the member `name`, and with `name`:`value` where that is given. */
static struct str add_with(struct str add, struct str name, struct str value, struct arena *a)
{
	BUF_AUTO(out, 2 * COMPLAINT_TEXT_MAX);
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

	return complaint_says_one_of(c, phrases);
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

static bool learn(void *arg, const struct complaint *c)
{
	struct lesson *l = arg;
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

static bool is_refusal(int64_t status)
{
	enum { BAD_REQUEST = 400, RANGE_NOT_SATISFIABLE = 416, UNPROCESSABLE = 422 };

	return status == BAD_REQUEST || status == UNPROCESSABLE || status == RANGE_NOT_SATISFIABLE;
}

bool recipe_correct(const struct recipe *r, int64_t status, struct str body, struct arena *a,
		    struct recipe *ret, struct str *ret_reason)
{
	struct lesson lesson = { .r = r, .a = a, .reason = STR_NONE };

	if (!is_refusal(status) || body.n == 0 || r->learned >= RECIPE_LEARNED_MAX ||
	    !complaint_each(body, learn, &lesson))
		return false;
	lesson.now.learned = r->learned + 1;
	*ret = lesson.now;
	*ret_reason = lesson.reason;
	return true;
}
