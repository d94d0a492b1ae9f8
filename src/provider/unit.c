#include "provider/unit.h"

static struct str take_word(struct str *s)
{
	struct str word;

	*s = str_trim(*s);
	(void)str_cut(s, ' ', &word);
	return word;
}

static bool is_currency(struct str s)
{
	if (s.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (s.at[i] < 'A' || s.at[i] > 'Z')
			return false;
	return true;
}

/* "1M" → 1000000. */
static bool parse_quantity(struct str word, struct dec *ret, struct err *e)
{
	char last = word.n > 0 ? word.at[word.n - 1] : '\0';
	uint64_t times = last == 'K' ? 1000 : last == 'M' ? 1000000 : 1;
	struct dec one;
	struct dec factor;
	struct dec digits;

	if (times > 1)
		word.n--;
	if (!dec_parse(word, &digits, e))
		return false;
	dec_from_u64(1, &one);
	dec_from_u64(times, &factor);
	return dec_mul_div(&digits, &factor, &one, ret, e);
}

static bool noun_is(struct str noun, const char *unit)
{
	struct str singular = noun;

	if (str_eq(noun, str_of(unit)))
		return true;
	if (noun.n > 1 && noun.at[noun.n - 1] == 's')
		singular.n--;
	if (str_eq(singular, str_of(unit)))
		return true;
	/* searches, boxes */
	if (str_ends(noun, STR("es")))
		singular.n--;
	return str_eq(singular, str_of(unit));
}

/* How many meter units one noun is; 0: not a unit of this meter. */
static uint64_t noun_size(struct str noun, enum meter meter)
{
	const char *unit = meters[meter].unit;

	if (noun_is(noun, unit))
		return 1;
	if (strcmp(unit, "second") != 0)
		return 0;
	return noun_is(noun, "minute") ? 60 : noun_is(noun, "hour") ? 3600 : 0;
}

static bool is_positive(const struct dec *d)
{
	return !dec_is_zero(d) && !d->negative;
}

static bool bad_unit(struct str text, struct err *e)
{
	e->kind = ERR_CONFIG;
	return err_wrap(e, "unit \"%s\"", err_quote(text.at, text.n));
}

/* "[AMOUNT ]CURRENCY per ": the amount into u->num, the rest into *rest. */
static bool parse_money(struct str *rest, struct unit *u, struct err *e)
{
	struct str word = take_word(rest);

	if (!is_currency(word)) {
		if (!dec_parse(word, &u->num, e))
			return false;
		word = take_word(rest);
	}
	u->currency = word;
	if (!is_currency(word) || !str_eq(take_word(rest), STR("per")))
		return err_set(e, ERR_CONFIG, "expected \"[AMOUNT] CURRENCY per [QUANTITY] NOUN\"");
	return true;
}

/* "[QUANTITY ]NOUN": how many meter units, into u->den. */
static bool parse_per(struct str rest, enum meter meter, struct unit *u, struct err *e)
{
	struct str noun = str_trim(rest);
	struct str word = take_word(&rest);
	uint64_t nouns = noun_size(noun, meter);
	struct dec size;
	struct dec one;

	/* A noun may be two words ("pixel step"), so it is tried whole first. */
	if (nouns == 0 && rest.n > 0) {
		if (!parse_quantity(word, &u->den, e))
			return false;
		nouns = noun_size(str_trim(rest), meter);
	}
	if (nouns == 0 || !is_positive(&u->num) || !is_positive(&u->den))
		return err_set(e, ERR_CONFIG, "meter %s is charged per %s", meters[meter].name,
			       meters[meter].unit);
	dec_from_u64(nouns, &size);
	dec_from_u64(1, &one);
	return dec_mul_div(&u->den, &size, &one, &u->den, e);
}

bool unit_parse(struct str text, enum meter meter, struct unit *ret, struct err *e)
{
	struct unit u = { .text = text };
	struct str rest = text;

	dec_from_u64(1, &u.num);
	dec_from_u64(1, &u.den);
	if (!parse_money(&rest, &u, e) || !parse_per(rest, meter, &u, e))
		return bad_unit(text, e);
	*ret = u;
	return true;
}
