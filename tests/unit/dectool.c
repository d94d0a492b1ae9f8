#include "core/decimal.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * One line in, one line out, for tests/flow/test_decimal_property.py.  A word
 * is what stands between single blanks; that of `parse` is the rest of the line.
 */
enum { WORDS_MAX = 3 };

struct op {
	const char *name;
	size_t words;
	bool (*run)(const struct str *word, struct err *e); /* prints the answer */
};

static bool answer(const struct dec *d)
{
	char text[DEC_TEXT_MAX];

	(void)dec_print(d, text);
	return puts(text) >= 0;
}

static bool read_digits(struct str word, unsigned *ret, struct err *e)
{
	int64_t digits;

	if (!str_to_i64(word, 1, DEC_DIGITS_MAX, &digits))
		return err_set(e, ERR_USAGE, "digits");
	*ret = (unsigned)digits;
	return true;
}

static bool op_parse(const struct str *word, struct err *e)
{
	struct dec d;

	return dec_parse(word[0], &d, e) && answer(&d);
}

static bool op_round(const struct str *word, struct err *e)
{
	struct dec d;
	unsigned digits = 0;

	if (!dec_parse(word[0], &d, e) || !read_digits(word[1], &digits, e))
		return false;
	dec_round_significant(&d, digits);
	return answer(&d);
}

static bool op_mul(const struct str *word, struct err *e)
{
	struct dec a, b, ret;

	return dec_parse(word[0], &a, e) && dec_parse(word[1], &b, e) && dec_mul(&a, &b, &ret, e) &&
	       answer(&ret);
}

static bool op_add(const struct str *word, struct err *e)
{
	struct dec a, b;

	return dec_parse(word[0], &a, e) && dec_parse(word[1], &b, e) && dec_add(&a, &b, &a, e) &&
	       answer(&a);
}

static bool op_muldiv(const struct str *word, struct err *e)
{
	struct dec a, num, den, ret;

	return dec_parse(word[0], &a, e) && dec_parse(word[1], &num, e) &&
	       dec_parse(word[2], &den, e) && dec_mul_div(&a, &num, &den, &ret, e) && answer(&ret);
}

static bool op_ratio(const struct str *word, struct err *e)
{
	struct dec a, b, ret;
	unsigned digits = 0;

	return dec_parse(word[0], &a, e) && dec_parse(word[1], &b, e) &&
	       read_digits(word[2], &digits, e) && dec_ratio(&a, &b, digits, &ret, e) &&
	       answer(&ret);
}

static bool op_cmp(const struct str *word, struct err *e)
{
	struct dec a, b;

	if (!dec_parse(word[0], &a, e) || !dec_parse(word[1], &b, e))
		return false;
	return printf("%d\n", dec_cmp(&a, &b)) > 0;
}

static const struct op ops[] = {
	{ "add", 2, op_add },       { "cmp", 2, op_cmp },     { "mul", 2, op_mul },
	{ "muldiv", 3, op_muldiv }, { "parse", 1, op_parse }, { "ratio", 3, op_ratio },
	{ "round", 2, op_round },
};

static bool run(struct str line, struct err *e)
{
	struct str name, word[WORDS_MAX];

	(void)str_cut(&line, ' ', &name);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!str_eq(name, str_of(ops[i].name)))
			continue;
		for (size_t w = 0; w + 1 < ops[i].words; w++)
			(void)str_cut(&line, ' ', &word[w]);
		word[ops[i].words - 1] = line;
		return ops[i].run(word, e);
	}
	return err_set(e, ERR_USAGE, "no such operation");
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		struct err e = { .kind = ERR_NONE };

		if (line[n - 1] == '\n')
			n--;
		if (!run((struct str){ line, (size_t)n }, &e))
			(void)printf("error %s\n", err_kind_name(e.kind));
	}
	free(line);
	return 0;
}
