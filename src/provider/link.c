#include "provider/link.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_spaces(struct str *s)
{
	while (s->n && is_space(*s->at)) {
		s->at++;
		s->n--;
	}
}

static bool take_char(struct str *s, char c)
{
	skip_spaces(s);
	if (s->n == 0 || *s->at != c)
		return false;
	s->at++;
	s->n--;
	return true;
}

/* Up to white space or one of `ends`. */
static struct str take_word(struct str *s, const char *ends)
{
	struct str word = { s->at, 0 };

	while (word.n < s->n && !is_space(s->at[word.n]) && !strchr(ends, s->at[word.n]))
		word.n++;
	s->at += word.n;
	s->n -= word.n;
	return word;
}

/* The inside of a quoted string whose opening quote is taken, backslashes and all. */
static bool take_quoted(struct str *s, struct str *ret)
{
	*ret = (struct str){ s->at, 0 };
	while (ret->n < s->n && s->at[ret->n] != '"')
		ret->n += s->at[ret->n] == '\\' ? 2 : 1;
	if (ret->n >= s->n)
		return false;
	s->at += ret->n + 1;
	s->n -= ret->n + 1;
	return true;
}

/* Is one of the relation types "next"? */
static bool holds_next(struct str relations)
{
	struct str one;
	bool more;

	do {
		more = str_cut(&relations, ' ', &one);
		if (str_eq_nocase(one, STR("next")))
			return true;
	} while (more);
	return false;
}

/* ; name=value behind the target; of several `rel` the first counts. */
static bool take_parameter(struct str *s, bool *rel_seen_io, bool *ret_next)
{
	struct str value = STR_NONE;
	struct str name;

	skip_spaces(s);
	name = take_word(s, "=;,\"<");
	if (take_char(s, '=')) {
		if (!take_char(s, '"'))
			value = take_word(s, ";,\"<");
		else if (!take_quoted(s, &value))
			return false;
	}
	if (str_eq_nocase(name, STR("rel")) && !*rel_seen_io) {
		*rel_seen_io = true;
		*ret_next = holds_next(value);
	}
	return true;
}

/* <target>; parameters */
static bool take_link(struct str *s, struct str *ret_target, bool *ret_next)
{
	bool rel_seen = false;

	*ret_next = false;
	if (!take_char(s, '<') || !str_cut(s, '>', ret_target))
		return false;
	while (take_char(s, ';'))
		if (!take_parameter(s, &rel_seen, ret_next))
			return false;
	return true;
}

/* Not quoted: a key may stand in it, and a cut one is not masked any more. */
static bool unreadable(struct err *e)
{
	return err_set(e, ERR_DATA, "the header Link cannot be read");
}

bool link_next(struct str header, struct str *ret, struct err *e)
{
	struct str rest = header;
	struct str target;
	bool next;

	*ret = STR_NONE;
	skip_spaces(&rest);
	while (rest.n) {
		if (take_char(&rest, ',')) { /* an element may be empty */
			skip_spaces(&rest);
			continue;
		}
		if (!take_link(&rest, &target, &next))
			return unreadable(e);
		if (next && target.n > LINK_TARGET_MAX)
			return err_set(e, ERR_LIMIT, "the header Link is longer than %d bytes",
				       LINK_TARGET_MAX);
		if (next && str_is_none(*ret))
			*ret = target;
		skip_spaces(&rest);
		if (rest.n && *rest.at != ',')
			return unreadable(e);
	}
	return true;
}
