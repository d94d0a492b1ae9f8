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

bool unit_parse(struct str text, enum meter meter, struct unit *ret, struct err *e)
{
	struct str rest = text;
	struct str word = take_word(&rest);
	struct unit u = { .text = text };
	struct dec one;
	struct dec size;
	uint64_t nouns;

	dec_from_u64(1, &one);
	u.num = one;
	u.den = one;
	if (!is_currency(word)) {
		if (!dec_parse(word, &u.num, e))
			return err_wrap(e, "unit \"%s\"", err_quote(text.at, text.n));
		word = take_word(&rest);
	}
	u.currency = word;
	if (!is_currency(word) || !str_eq(take_word(&rest), STR("per")))
		return err_set(e, ERR_CONFIG,
			       "unit \"%s\": expected \"[AMOUNT] CURRENCY per "
			       "[QUANTITY] NOUN\"",
			       err_quote(text.at, text.n));
	word = take_word(&rest);
	if (rest.n > 0) {
		if (!parse_quantity(word, &u.den, e))
			return err_wrap(e, "unit \"%s\"", err_quote(text.at, text.n));
		word = str_trim(rest);
	}
	nouns = noun_size(word, meter);
	if (nouns == 0 || !is_positive(&u.num) || !is_positive(&u.den))
		return err_set(e, ERR_CONFIG, "unit \"%s\": meter %s is charged per %s",
			       err_quote(text.at, text.n), meters[meter].name, meters[meter].unit);
	dec_from_u64(nouns, &size);
	if (!dec_mul_div(&u.den, &size, &one, &u.den, e))
		return err_wrap(e, "unit \"%s\"", err_quote(text.at, text.n));
	*ret = u;
	return true;
}
