/* Any bytes as a number; two of them, parted by a blank, calculated with. */
#include "fuzz.h"

#include "base/utf8.h"
#include "core/decimal.h"

const char fuzz_name[] = "decimal";

static void check_error(const struct err *e)
{
	fuzz_check(e->kind == ERR_PARSE || e->kind == ERR_DATA);
	fuzz_check(e->text[0] != '\0' && utf8_is_clean(str_of(e->text)));
}

/* Normal form, and a text that is read as the same number. */
static void check_number(const struct dec *d)
{
	char text[DEC_TEXT_MAX];
	char again_text[DEC_TEXT_MAX];
	size_t n = dec_print(d, text);
	struct dec again;
	struct err e;

	fuzz_check(n == strlen(text) && n < sizeof(text));
	fuzz_check(d->n <= DEC_LIMBS && (d->n == 0 || d->limb[d->n - 1] != 0));
	fuzz_check(d->n > 0 || (d->scale == 0 && !d->negative));
	fuzz_check(d->scale == 0 || d->limb[0] % 10 != 0);
	fuzz_check(dec_is_zero(d) == (d->n == 0));
	if (!dec_parse(str_of(text), &again, &e)) {
		fuzz_check(e.kind == ERR_DATA); /* results may be longer than a token */
		return;
	}
	fuzz_check(dec_cmp(d, &again) == 0);
	(void)dec_print(&again, again_text);
	fuzz_check(strcmp(text, again_text) == 0);
}

static void check_rounding(const struct dec *d)
{
	for (unsigned digits = 1; digits <= DEC_DIGITS_MAX; digits += 7) {
		struct dec once = *d;
		struct dec twice;

		dec_round_significant(&once, digits);
		check_number(&once);
		fuzz_check(dec_is_zero(&once) == dec_is_zero(d));
		twice = once;
		dec_round_significant(&twice, digits);
		fuzz_check(dec_cmp(&once, &twice) == 0);
	}
}

static void check_pair(const struct dec *a, const struct dec *b)
{
	struct dec result;
	struct dec back;
	struct dec one;
	struct err e;

	dec_from_u64(1, &one);
	fuzz_check(dec_cmp(a, b) == -dec_cmp(b, a));
	if (dec_mul(a, b, &result, &e)) {
		check_number(&result);
		fuzz_check(dec_mul(b, a, &back, &e) && dec_cmp(&result, &back) == 0);
	} else {
		check_error(&e);
	}
	if (dec_mul_div(a, b, &one, &result, &e))
		check_number(&result);
	else
		check_error(&e);
	if (dec_mul_div(a, &one, b, &result, &e)) {
		check_number(&result);
		fuzz_check(dec_is_zero(&result) == dec_is_zero(a));
	} else {
		check_error(&e);
	}
	if (dec_ratio(a, b, 12, &result, &e))
		check_number(&result);
	else
		check_error(&e);
}

static bool parse(struct str token, struct dec *ret)
{
	struct err e = { .kind = ERR_NONE };

	if (dec_parse(token, ret, &e)) {
		check_number(ret);
		check_rounding(ret);
		return true;
	}
	check_error(&e);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *exact = malloc(n ? n : 1); /* so that a look behind the end is seen */
	struct str rest = { exact, n };
	struct str first;
	struct dec a;
	struct dec b;

	fuzz_check(exact != NULL);
	if (n)
		memcpy(exact, data, n);
	(void)parse(rest, &a);
	if (str_cut(&rest, ' ', &first) && parse(first, &a) && parse(rest, &b))
		check_pair(&a, &b);
	free(exact);
	return 0;
}
