/*
 * dotenv: a file of settings, read as data.
 *
 *	# a comment
 *	NAME=value              # a '#' after a blank begins a comment
 *	export NAME='quoted'    "double" quotes mean the same
 *
 * LF or CRLF, blanks around '=' tolerated, the last of two equal names holds.
 * Nothing is ever expanded: neither $NAME nor $(command) nor backslashes.
 * Unlike a shell, no line runs on into the next.
 *
 * Errors name file and line, never what stands there: it may be a key.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct dotenv_entry {
	struct str name, value; /* with a NUL behind */
	int line;
};

struct dotenv {
	struct dotenv_entry *entries; /* in the order of the file */
	size_t n;
};

/* `path` is for sentences only.  ERR_CONFIG for a line that is none of the above. */
bool dotenv_parse(struct str text, const char *path, struct arena *a, struct dotenv *ret,
		  struct err *e);

/*
 * A file that is not there (or is a directory, as some tools name one .env)
 * gives no entries, unless it `must_exist`: then ERR_IO.
 */
bool dotenv_read(const char *path, bool must_exist, struct arena *a, struct dotenv *ret,
		 struct err *e);

/* The value, possibly empty; absent when the name does not occur. */
struct str dotenv_get(const struct dotenv *d, struct str name);
