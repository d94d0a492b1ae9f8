/*
 * The price of one token.
 */
#include "provider/amount.h"

#include "provider/money.h"
#include "provider/test.h"
#include "provider/token.h"

static const struct sentinel *find_sentinel(const struct price_field *f, const struct dec *value)
{
	for (size_t i = 0; i < f->n_sentinels; i++)
		if (dec_cmp(&f->sentinels[i].value, value) == 0)
			return &f->sentinels[i];
	return NULL;
}

/* "0" counts as a price unless the descriptor says that this row does not use the meter. */
static bool zero_counts(const struct price_field *f, yyjson_val **slots)
{
	return (f->zero_counts.kind == TEST_NONE || test_holds(&f->zero_counts, slots)) &&
	       (f->zero_unused.kind == TEST_NONE || !test_holds(&f->zero_unused, slots));
}

static bool set_amount(const struct price_field *f, const struct dec *value, const struct dec *den,
		       struct str token, struct arena *a, struct price *p, struct err *e)
{
	char text[DEC_TEXT_MAX];
	struct str canonical = { text, 0 };
	struct dec amount;

	if (!dec_mul_div(value, &f->unit.num, den, &amount, e))
		return false;
	p->state = dec_is_zero(&amount) ? PRICE_FREE : PRICE_PRICED;
	canonical.n = dec_print(&amount, text);
	/* Published per unit and spelled canonically, as most are, the token is the amount. */
	p->amount = str_eq(token, canonical) ? token : arena_str(a, canonical);
	return true;
}

/* What a token with a meaning of its own makes of the price. */
static enum meaning apply_sentinel(const struct sentinel *s, struct price *p)
{
	p->state = s->meaning == SENTINEL_FREE ? PRICE_FREE : PRICE_DYNAMIC;
	p->amount = s->meaning == SENTINEL_FREE ? STR("0") : STR_NONE;
	return s->meaning == SENTINEL_UNPUBLISHED ? MEANS_NOTHING : MEANS_PRICE;
}

/* The number of a field: a sentinel, nothing, or left in *value to be priced. */
static bool read_number(const struct list *l, const struct price_field *f, yyjson_val *v,
			yyjson_val **slots, struct dec *value, struct price *p, enum meaning *ret,
			struct err *e)
{
	const struct sentinel *s;

	if (!token_number(f, v, value, &p->currency, e))
		return false;
	s = find_sentinel(f, value);
	if (s)
		*ret = apply_sentinel(s, p);
	else if (dec_is_zero(value) && !zero_counts(f, slots))
		*ret = MEANS_NOTHING;
	else
		*ret = MEANS_NUMBER;
	if (*ret != MEANS_NUMBER)
		return true;
	if (!token_scale(l, f, slots, value, e))
		return false;
	/* Said here, where no other negative number can make up for it yet. */
	return !value->negative ||
	       err_set(e, ERR_DATA, "a negative price that the descriptor does not explain");
}

/* A factor times the base price; of a base that is no number the factor is that as well. */
static bool times_base(const struct list *l, const struct price_field *f, yyjson_val **slots,
		       struct dec *value, struct price *p, enum meaning *ret, struct err *e)
{
	yyjson_val *base = slots[f->base_slot];
	struct dec number;

	if (!base || yyjson_is_null(base))
		return err_set(e, ERR_DATA, "a factor of a price that is not there");
	return token_check(f, list_pointer(l, f->base_slot), base, e) &&
	       read_number(l, f, base, slots, &number, p, ret, e) &&
	       (*ret != MEANS_NUMBER || dec_mul(value, &number, value, e));
}

/* 1 - f, exactly: each digit's complement; `f` lies between 0 and 1. */
static bool rest_of_one(const struct dec *f, struct dec *ret, struct err *e)
{
	char text[DEC_TEXT_MAX];
	size_t n = dec_print(f, text); /* "0.25", the last digit not 0 */

	for (size_t i = 2; i < n; i++)
		text[i] = (char)('0' + '9' - text[i]);
	text[n - 1]++;
	return dec_parse((struct str){ text, n }, ret, e);
}

/* What is charged while it holds is known without its end: one that is no date is only told. */
static int64_t read_until(const struct list *l, const struct price_field *f, struct row_scratch *s,
			  struct arena *a)
{
	int64_t ms = CLOCK_NONE;
	struct err ignored;

	if (!row_date(l, &f->until, s->slots, &ms, &ignored)) {
		ms = CLOCK_NONE;
		notes_add(&s->notes,
			  (struct note){ NOTE_NO_END, f->pointer,
					 list_pointer(l, row_date_slot(&f->until, s->slots)), 1 },
			  a);
	}
	return ms;
}

/* Less the fraction beside it; where there is none, there is no such price. */
static bool take_off(const struct list *l, const struct price_field *f, struct row_scratch *s,
		     struct arena *a, struct dec *value, struct price *p, enum meaning *ret,
		     struct err *e)
{
	struct str pointer = list_pointer(l, f->less_slot);
	yyjson_val *v = s->slots[f->less_slot];
	struct str token = json_raw(v);
	struct dec fraction;
	struct dec rest;
	struct dec one;

	*ret = MEANS_NOTHING;
	if (!v || yyjson_is_null(v))
		return true;
	if (!token_plain(pointer, v, &fraction, e))
		return false;
	if (dec_is_zero(&fraction))
		return true;
	dec_from_u64(1, &one);
	if (fraction.negative || dec_cmp(&fraction, &one) >= 0)
		return err_set(e, ERR_DATA, "%.*s: %s is not a part of 1", STR_FMT(pointer),
			       err_quote(token.at, token.n));
	*ret = MEANS_NUMBER;
	p->valid_to_ms = read_until(l, f, s, a);
	return rest_of_one(&fraction, &rest, e) && dec_mul(value, &rest, value, e);
}

/* One factor of the divisor; *ret_zero: there is none to divide by. */
static bool read_factor(struct str at, yyjson_val *v, struct dec *ret, bool *ret_zero,
			struct err *e)
{
	*ret_zero = !v || yyjson_is_null(v);
	if (*ret_zero)
		return true;
	if (!yyjson_is_raw(v))
		return err_set(e, ERR_DATA, "%.*s is %s, a whole number was expected", STR_FMT(at),
			       json_type(v));
	if (!dec_parse(json_raw(v), ret, e))
		return err_wrap(e, "%.*s", STR_FMT(at));
	*ret_zero = dec_is_zero(ret);
	return (!ret->negative && ret->scale == 0) ||
	       err_set(e, ERR_DATA, "%.*s: %s is not a positive whole number", STR_FMT(at),
		       err_quote(json_raw(v).at, json_raw(v).n));
}

/* The published number counts so many units at once. */
static bool divide(const struct list *l, const struct price_field *f, struct row_scratch *s,
		   struct arena *a, struct dec *den, enum meaning *ret, struct err *e)
{
	for (size_t i = 0; i < f->n_per; i++) {
		struct str pointer = list_pointer(l, f->per[i]);
		struct dec factor;
		bool zero;

		if (!read_factor(pointer, s->slots[f->per[i]], &factor, &zero, e))
			return false;
		if (zero) {
			notes_add(&s->notes,
				  (struct note){ NOTE_FACTOR_IS_ABSENT, f->pointer, pointer, 1 },
				  a);
			*ret = MEANS_NOTHING;
			return true;
		}
		if (!dec_mul(den, &factor, den, e))
			return false;
	}
	return true;
}

/* ---- the currency ---- */

/* Money names its own; else what stands at the place of it, or the unit's. */
static bool read_currency(const struct list *l, const struct price_field *f, yyjson_val **slots,
			  struct price *p, struct err *e)
{
	yyjson_val *v = f->has_currency ? slots[f->currency_slot] : NULL;

	if (!str_is_none(p->currency))
		return true;
	p->currency = f->unit.currency;
	if (!v || yyjson_is_null(v))
		return true;
	if (!yyjson_is_str(v) || !money_is_currency(json_raw(v)))
		return err_set(e, ERR_DATA, "%.*s is not a currency",
			       STR_FMT(list_pointer(l, f->currency_slot)));
	p->currency = json_raw(v);
	return true;
}

/* ---- all of it ---- */

/* The number, or what else the token means. */
static bool read_value(const struct list *l, const struct price_field *f, yyjson_val *v,
		       yyjson_val **slots, struct dec *value, struct price *p, enum meaning *ret,
		       struct err *e)
{
	return read_number(l, f, v, slots, value, p, ret, e) &&
	       (*ret != MEANS_NUMBER || !f->multiplied ||
		times_base(l, f, slots, value, p, ret, e));
}

/* What is left of it; without a number nothing is. */
static bool reduce(const struct list *l, const struct price_field *f, struct row_scratch *s,
		   struct arena *a, struct dec *value, struct price *p, enum meaning *ret,
		   struct err *e)
{
	if (*ret == MEANS_NUMBER)
		return take_off(l, f, s, a, value, p, ret, e);
	*ret = MEANS_NOTHING;
	return true;
}

bool amount_read(const struct list *l, const struct price_field *f, yyjson_val *v,
		 struct row_scratch *s, struct arena *a, struct price *p, enum meaning *ret,
		 struct err *e)
{
	struct dec value;
	struct dec den;

	if (!read_value(l, f, v, s->slots, &value, p, ret, e) ||
	    (f->reduced && !reduce(l, f, s, a, &value, p, ret, e)))
		return false;
	if (*ret == MEANS_NUMBER && f->n_per) {
		den = f->unit.den;
		if (!divide(l, f, s, a, &den, ret, e))
			return false;
	}
	if (*ret == MEANS_NOTHING)
		return true;
	p->raw = token_raw(v, a);
	if (!read_currency(l, f, s->slots, p, e))
		return false;
	if (*ret == MEANS_PRICE)
		return true;
	*ret = MEANS_PRICE;
	return set_amount(f, &value, f->n_per ? &den : &f->unit.den, p->raw, a, p, e);
}
