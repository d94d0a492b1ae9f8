/*
 * options: a command's options, from one table that parses and explains them.
 *
 * --name VALUE, --name=VALUE, -l; "--" ends options.  An OPTION_LIST takes every
 * word up to the next option, commas count as blanks, and may be repeated.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum option_kind {
	OPTION_FLAG,  /* bool * */
	OPTION_TEXT,  /* struct str * */
	OPTION_COUNT, /* uint64_t *, 1 .. 10^9 */
	OPTION_WHOLE, /* uint64_t *, 0 .. OPTION_WHOLE_MAX */
	OPTION_LIST,  /* struct option_list * */
	OPTION_WORD,  /* struct str *, one of `words` */
};

/* The most that an OPTION_WHOLE takes. */
#define OPTION_WHOLE_MAX INT64_C(1000000000000000)

struct option_list {
	struct str *items;
	size_t n;
};

struct option {
	const char *name;
	char letter; /* or 0 */
	enum option_kind kind;
	void *to;
	const char *value; /* metavariable in the help */
	const char *help;
	const char *const *words; /* OPTION_WORD, NULL-terminated */
};

/* `rows` ends with a row without a name.  ERR_USAGE names the option.  *ret_rest: what is no option. */
bool options_parse(const struct option *rows, int argc, char **argv, struct arena *a,
		   struct option_list *ret_rest, struct err *e);

/* A line a row; what is too long for its column has its help below. */
void options_explain(const struct option *rows, struct buf *out);
