/* SPDX-License-Identifier: MIT */
#include "spelling.h"

#include <string.h>

enum { GROUP = 3, PLACES = 2 };

typedef void spell_fn(struct buf *out, const char *number);

static void plain(struct buf *out, const char *number)
{
	buf_str(out, number);
}

/* 1,771.2 with the marks given; numbers below 0 are not grouped. */
static void grouped(struct buf *out, const char *number, const char *mark, const char *point)
{
	size_t whole = strcspn(number, ".");

	for (size_t i = 0; i < whole; i++) {
		if (i && number[0] != '-' && (whole - i) % GROUP == 0)
			buf_str(out, mark);
		buf_char(out, number[i]);
	}
	if (number[whole]) {
		buf_str(out, point);
		buf_str(out, number + whole + 1);
	}
}

static void commas(struct buf *out, const char *number)
{
	grouped(out, number, ",", ".");
}

static void thin(struct buf *out, const char *number)
{
	grouped(out, number, "\xe2\x80\xaf", "."); /* a narrow no-break space */
}

/* 1771,2 */
static void comma_point(struct buf *out, const char *number)
{
	grouped(out, number, "", ",");
}

static void zeros(struct buf *out, const char *number)
{
	size_t places = strlen(number) - strcspn(number, ".");

	buf_str(out, number);
	if (!places)
		buf_char(out, '.');
	for (size_t i = places ? places - 1 : 0; i < PLACES; i++)
		buf_char(out, '0');
}

/* 1.7712e3; numbers below 1 stay as they are. */
static void exponent(struct buf *out, const char *number)
{
	size_t whole = strcspn(number, ".");

	if (*number == '-' || *number == '0') {
		buf_str(out, number);
		return;
	}
	buf_printf(out, "%c.", *number);
	buf_add(out, number + 1, whole - 1);
	if (number[whole])
		buf_str(out, number + whole + 1);
	else if (whole == 1)
		buf_char(out, '0');
	buf_printf(out, "e%zu", whole - 1);
}

static const struct spelling {
	const char *name, *before, *after;
	spell_fn *spell;
} spellings[] = {
	{ "plain", "", "", plain },
	{ "sentence", "The result is ", ".", plain },
	{ "commas", "The result is ", ".", commas },
	{ "thin", "The result is ", ".", thin },
	{ "comma_point", "Das Ergebnis ist ", "", comma_point },
	{ "zeros", "Answer: ", "", zeros },
	{ "exponent", "= ", "", exponent },
	{ "bold", "The answer is **", "**.", plain },
	{ "boxed", "Therefore the result is\n\n\\[\n\\boxed{", "}\n\\]", plain },
	{ "dollars", "So we get $", "$.", plain },
	{ "steps",
	  "We go from left to right.\n\n1. The first step gives 61.5.\n2. The second gives 196.8.\n"
	  "3. The last one is 196.8 * 9 = ",
	  "\n", plain },
	{ "code", "```\n", "\n```", plain },
};

enum { SPELLINGS = sizeof(spellings) / sizeof(spellings[0]) };

bool spelling_known(const char *name)
{
	if (!strcmp(name, "any"))
		return true;
	for (size_t i = 0; i < SPELLINGS; i++)
		if (!strcmp(spellings[i].name, name))
			return true;
	return false;
}

void spelling_write(struct buf *out, const char *name, const char *number, struct rng *r)
{
	size_t i = 0;

	if (!strcmp(name, "any"))
		i = rng_below(r, SPELLINGS);
	else
		while (strcmp(spellings[i].name, name) != 0)
			i++;
	buf_str(out, spellings[i].before);
	spellings[i].spell(out, number);
	buf_str(out, spellings[i].after);
}

void spelling_list(struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < SPELLINGS; i++) {
		buf_comma(out);
		buf_json(out, spellings[i].name, JSON_UTF8);
	}
	buf_char(out, ']');
}
