#include "cmd/options.h"

static const struct option *find_long(const struct option *rows, struct str name)
{
	for (; rows->name; rows++)
		if (str_eq(name, str_of(rows->name)))
			return rows;
	return NULL;
}

static const struct option *find_letter(const struct option *rows, struct str arg)
{
	for (; rows->name; rows++)
		if (rows->letter && arg.n == 2 && rows->letter == arg.at[1])
			return rows;
	return NULL;
}

static void list_add(struct option_list *list, struct str item, struct arena *a)
{
	struct str *grown = arena_array(a, list->n + 1, struct str);

	if (list->n)
		memcpy(grown, list->items, list->n * sizeof(*grown));
	grown[list->n++] = item;
	list->items = grown;
}

static void list_add_words(struct option_list *list, struct str text, struct arena *a)
{
	struct str word;
	bool more;

	do {
		more = str_cut(&text, ',', &word);
		word = str_trim(word);
		if (word.n)
			list_add(list, word, a);
	} while (more);
}

static bool set_word(const struct option *o, struct str value, struct err *e)
{
	for (size_t i = 0; o->words[i]; i++) {
		if (str_eq(value, str_of(o->words[i]))) {
			*(struct str *)o->to = value;
			return true;
		}
	}
	return err_set(e, ERR_USAGE, "--%s: \"%s\" is not one of %s", o->name,
		       err_quote(value.at, value.n), o->value);
}

static bool set_value(const struct option *o, struct str value, struct arena *a, struct err *e)
{
	int64_t n;

	switch (o->kind) {
	case OPTION_FLAG:
		return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
	case OPTION_TEXT:
		*(struct str *)o->to = value;
		return true;
	case OPTION_COUNT:
		if (!str_to_i64(value, 1, 1000000000, &n))
			return err_set(e, ERR_USAGE, "--%s: \"%s\" is not a number from 1 to 10^9",
				       o->name, err_quote(value.at, value.n));
		*(uint64_t *)o->to = (uint64_t)n;
		return true;
	case OPTION_WHOLE:
		if (!str_to_i64(value, 0, OPTION_WHOLE_MAX, &n))
			return err_set(e, ERR_USAGE, "--%s: \"%s\" is not a number from 0 to 10^15",
				       o->name, err_quote(value.at, value.n));
		*(uint64_t *)o->to = (uint64_t)n;
		return true;
	case OPTION_LIST:
		list_add_words(o->to, value, a);
		return true;
	case OPTION_WORD:
		return set_word(o, value, e);
	}
	return false;
}

struct cursor {
	int argc;
	char **argv;
	int i;
};

static bool at_option(const struct cursor *c)
{
	return c->i < c->argc && c->argv[c->i][0] == '-' && c->argv[c->i][1] != '\0';
}

static bool no_value(const struct option *o, struct err *e)
{
	return err_set(e, ERR_USAGE, "--%s needs a value: %s", o->name, o->value);
}

static size_t words_of(const struct option *o)
{
	return o->kind == OPTION_LIST ? ((const struct option_list *)o->to)->n : 0;
}

static bool take_values(const struct option *o, struct cursor *c, struct arena *a, struct err *e)
{
	if (o->kind == OPTION_FLAG) {
		*(bool *)o->to = true;
		return true;
	}
	if (c->i == c->argc || (o->kind == OPTION_LIST && at_option(c)))
		return no_value(o, e);
	do {
		if (!set_value(o, str_of(c->argv[c->i++]), a, e))
			return false;
	} while (o->kind == OPTION_LIST && c->i < c->argc && !at_option(c));
	return true;
}

static bool take_option(const struct option *rows, struct cursor *c, struct arena *a, struct err *e)
{
	struct str arg = str_of(c->argv[c->i++]);
	struct str rest = arg;
	const struct option *o;
	struct str name;
	bool has_value = false;
	size_t words;

	if (arg.at[1] == '-') {
		rest.at += 2;
		rest.n -= 2;
		has_value = str_cut(&rest, '=', &name);
		o = find_long(rows, name);
	} else {
		o = find_letter(rows, arg);
	}
	if (!o)
		return err_set(e, ERR_USAGE, "unknown option \"%s\"", err_quote(arg.at, arg.n));
	words = words_of(o);
	if (!(has_value ? set_value(o, rest, a, e) : take_values(o, c, a, e)))
		return false;
	/* Nothing but commas names nobody, which must not come to mean everybody. */
	return o->kind != OPTION_LIST || words_of(o) > words || no_value(o, e);
}

bool options_parse(const struct option *rows, int argc, char **argv, struct arena *a,
		   struct option_list *ret_rest, struct err *e)
{
	struct cursor c = { argc, argv, 0 };
	bool only_words = false;

	while (c.i < argc) {
		if (!only_words && strcmp(argv[c.i], "--") == 0) {
			only_words = true;
			c.i++;
		} else if (!only_words && at_option(&c)) {
			if (!take_option(rows, &c, a, e))
				return false;
		} else {
			list_add(ret_rest, str_of(argv[c.i++]), a);
		}
	}
	return true;
}

void options_explain(const struct option *rows, struct buf *out)
{
	enum { LEFT = 28 };

	for (; rows->name; rows++) {
		BUF_AUTO(left, 256);

		if (rows->letter)
			buf_printf(&left, "-%c, ", rows->letter);
		buf_printf(&left, "--%s", rows->name);
		if (rows->value)
			buf_printf(&left, " %s", rows->value);
		if (left.n > LEFT)
			buf_printf(out, "  %s\n  %-*s %s\n", left.at, LEFT, "", rows->help);
		else
			buf_printf(out, "  %-*s %s\n", LEFT, left.at, rows->help);
	}
}
