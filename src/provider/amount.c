/*
 * The prices of one row: published token → exact amount per meter unit.
 */
#include "core/condition.h"
#include "provider/row.h"

/* What one token turned out to mean. */
enum meaning { MEANS_NOTHING, MEANS_PRICE, MEANS_NUMBER /* yet to be priced */ };

static bool token_of(yyjson_val *v, struct str *ret, struct err *e)
{
	if (!yyjson_is_str(v) && !yyjson_is_raw(v))
		return err_set(e, ERR_DATA, "is %s, a number was expected", json_type(v));
	*ret = json_raw(v);
	return true;
}

static const struct sentinel *find_sentinel(const struct price_field *f, const struct dec *value)
{
	for (size_t i = 0; i < f->n_sentinels; i++)
		if (dec_cmp(&f->sentinels[i].value, value) == 0)
			return &f->sentinels[i];
	return NULL;
}

/* A number as declared: JSON numbers of a noisy field are rounded first, strings never. */
static bool number_of(const struct price_field *f, yyjson_val *v, struct dec *ret, struct err *e)
{
	struct str token;

	if (!token_of(v, &token, e) || !dec_parse(token, ret, e))
		return false;
	if (f->noise > 0 && yyjson_is_raw(v))
		dec_round_significant(ret, f->noise);
	return true;
}

/* "0" counts as a price unless the descriptor says that this row does not use the meter. */
static bool zero_counts(const struct price_field *f, yyjson_val **slots)
{
	yyjson_arr_iter items;
	yyjson_val *item;

	if (!f->zero_counts.mapped)
		return true;
	if (str_is_none(f->zero_counts.has))
		return yyjson_is_true(slots[f->zero_counts.slot]);
	items = yyjson_arr_iter_with(slots[f->zero_counts.slot]);
	while ((item = yyjson_arr_iter_next(&items)))
		if (yyjson_equals_strn(item, f->zero_counts.has.at, f->zero_counts.has.n))
			return true;
	return false;
}

static bool set_amount(const struct price_field *f, const struct dec *value, struct str token,
		       struct arena *a, struct price *p, struct err *e)
{
	char text[DEC_TEXT_MAX];
	struct str canonical = { text, 0 };
	struct dec amount;

	if (value->negative)
		return err_set(e, ERR_DATA,
			       "a negative price that the descriptor does not explain");
	if (!dec_mul_div(value, &f->unit.num, &f->unit.den, &amount, e))
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
static bool read_number(const struct price_field *f, yyjson_val *v, yyjson_val **slots,
			struct dec *value, struct price *p, enum meaning *ret, struct err *e)
{
	const struct sentinel *s;

	if (!number_of(f, v, value, e))
		return false;
	s = find_sentinel(f, value);
	if (s)
		*ret = apply_sentinel(s, p);
	else if (dec_is_zero(value) && !zero_counts(f, slots))
		*ret = MEANS_NOTHING;
	else
		*ret = MEANS_NUMBER;
	return true;
}

/* A factor times the base price; of a base that is no number the factor is that as well. */
static bool times_base(const struct price_field *f, yyjson_val **slots, struct dec *value,
		       struct price *p, enum meaning *ret, struct err *e)
{
	yyjson_val *base = slots[f->base_slot];
	struct dec number;

	if (!base || yyjson_is_null(base))
		return err_set(e, ERR_DATA, "a factor of a price that is not there");
	return read_number(f, base, slots, &number, p, ret, e) &&
	       (*ret != MEANS_NUMBER || dec_mul(value, &number, value, e));
}

static bool read_value(const struct price_field *f, yyjson_val *v, yyjson_val **slots,
		       struct arena *a, struct price *p, enum meaning *ret, struct err *e)
{
	struct dec value;

	if (!read_number(f, v, slots, &value, p, ret, e))
		return false;
	if (*ret == MEANS_NUMBER && f->multiplied && !times_base(f, slots, &value, p, ret, e))
		return false;
	if (*ret != MEANS_NUMBER)
		return true;
	*ret = MEANS_PRICE;
	return set_amount(f, &value, json_raw(v), a, p, e);
}

/*
 * One field of `slots`, under `condition` besides its own.  `row_slots` are the
 * row's, for tests; in the row itself both are the same.
 */
static bool read_price(const struct price_field *f, yyjson_val *v, yyjson_val **row_slots,
		       struct str condition, struct row_scratch *s, struct arena *a, struct err *e)
{
	struct price p = { .meter = f->meter,
			   .condition = condition,
			   .currency = f->unit.currency,
			   .unit = f->unit.text,
			   .source = f->source,
			   .valid_from_ms = CLOCK_NONE,
			   .valid_to_ms = CLOCK_NONE };
	enum meaning meaning;

	if (!read_value(f, v, row_slots, a, &p, &meaning, e))
		return err_wrap(e, "%.*s", STR_FMT(f->pointer));
	if (meaning == MEANS_NOTHING)
		return true;
	p.raw = json_raw(v);
	/* Later entries win: an override may replace an earlier one of the same condition. */
	for (size_t i = 0; i < s->n_prices; i++) {
		if (price_cmp(&s->prices[i], &p) == 0) {
			s->prices[i] = p;
			return true;
		}
	}
	if (s->n_prices == ROW_PRICES_MAX)
		return err_set(e, ERR_DATA, "more than %d prices", ROW_PRICES_MAX);
	s->prices[s->n_prices++] = p;
	return true;
}

static bool read_base_prices(const struct list *l, struct row_scratch *s, struct arena *a,
			     struct err *e)
{
	for (size_t i = 0; i < l->n_prices; i++) {
		const struct price_field *f = &l->prices[i];
		yyjson_val *v = s->slots[f->slot];

		if (v && !yyjson_is_null(v)) {
			if (!read_price(f, v, s->slots, f->condition, s, a, e))
				return false;
		} else if (f->required) {
			return err_set(e, ERR_DATA, "%.*s is missing", STR_FMT(f->pointer));
		}
	}
	return true;
}

/* ---- overrides ---- */

static yyjson_val *place_value(const struct place *p, yyjson_val **slots)
{
	for (size_t i = 0; i < p->n; i++)
		if (slots[p->slots[i]] && !yyjson_is_null(slots[p->slots[i]]))
			return slots[p->slots[i]];
	return NULL;
}

static bool whole_number(yyjson_val *v, int64_t max, const char *what, int64_t *ret, struct err *e)
{
	if (yyjson_is_raw(v) && str_to_i64(json_raw(v), 0, max, ret))
		return true;
	return err_set(e, ERR_DATA, "%s is not a whole number in range", what);
}

/* 1030 → 630 minutes. */
static bool hhmm(yyjson_val *v, int *ret_minute, struct err *e)
{
	int64_t n;

	if (!whole_number(v, 2400, "an hour of a window", &n, e))
		return false;
	if (n % 100 >= 60)
		return err_set(e, ERR_DATA, "%d is not an hour of the day", (int)n);
	*ret_minute = (int)(n / 100 * 60 + n % 100);
	return true;
}

static bool add_threshold(const struct place *p, yyjson_val **slots, bool inclusive,
			  struct condition *c, struct arena *a, struct err *e)
{
	yyjson_val *v = place_value(p, slots);
	int64_t tokens;

	return !v || (whole_number(v, INT64_MAX, "a token threshold", &tokens, e) &&
		      condition_add_above(c, a, tokens, inclusive, e));
}

static bool add_window(const struct overrides *o, yyjson_val **slots, struct condition *c,
		       struct arena *a, struct err *e)
{
	yyjson_val *from = place_value(&o->window_from, slots);
	yyjson_val *to = place_value(&o->window_to, slots);
	int from_minute;
	int to_minute;

	if (!from && !to)
		return true;
	if (!from || !to)
		return err_set(e, ERR_DATA, "a window with one end");
	return hhmm(from, &from_minute, e) && hhmm(to, &to_minute, e) &&
	       condition_add_window(c, a, from_minute, to_minute, e);
}

/* The condition of an entry and that of the field in it, both. */
static bool join_condition(const struct condition *entry, struct str entry_text, struct str own,
			   struct arena *a, struct str *ret, struct err *e)
{
	struct condition both = *entry;

	*ret = entry_text;
	if (own.n == 0)
		return true;
	if (!condition_add_text(&both, a, own, e))
		return false;
	*ret = condition_text(&both, a);
	return true;
}

static void unknown_key(void *arg, struct str under, yyjson_val *key)
{
	(void)under;
	*(yyjson_val **)arg = key;
}

/*
 * A key that we do not know may be a condition that we do not know: then the
 * prices beside it would be wrong, so the whole row is left out.
 */
static bool walk_entry(const struct overrides *o, yyjson_val *entry, yyjson_val **slots,
		       struct err *e)
{
	yyjson_val *unknown = NULL;

	if (!plan_walk(o->plan, entry, slots, unknown_key, &unknown, e))
		return false;
	if (unknown)
		return err_set(e, ERR_DATA, "unknown key \"%s\"",
			       err_quote(yyjson_get_str(unknown), yyjson_get_len(unknown)));
	return true;
}

static bool read_entry(const struct overrides *o, yyjson_val *entry, struct row_scratch *s,
		       struct arena *a, struct err *e)
{
	struct condition c = { .n = 0 };
	struct str text;

	if (!walk_entry(o, entry, s->override_slots, e) ||
	    !add_threshold(&o->above, s->override_slots, false, &c, a, e) ||
	    !add_threshold(&o->at_least, s->override_slots, true, &c, a, e) ||
	    !add_window(o, s->override_slots, &c, a, e))
		return false;
	if (c.n == 0)
		return err_set(e, ERR_DATA, "an entry without a condition");
	text = condition_text(&c, a);
	for (size_t i = 0; i < o->n_prices; i++) {
		const struct price_field *f = &o->prices[i];
		yyjson_val *v = s->override_slots[f->slot];
		struct str condition;

		if (v && !yyjson_is_null(v) &&
		    (!join_condition(&c, text, f->condition, a, &condition, e) ||
		     !read_price(f, v, s->slots, condition, s, a, e)))
			return false;
	}
	return true;
}

static bool read_overrides(const struct list *l, struct row_scratch *s, struct arena *a,
			   struct err *e)
{
	const struct overrides *o = &l->overrides;
	struct str pointer = plan_pointer(l->plan, o->slot);
	yyjson_val *v = s->slots[o->slot];
	yyjson_arr_iter entries;
	yyjson_val *entry;
	size_t i = 0;

	if (!v || yyjson_is_null(v))
		return true;
	if (!yyjson_is_arr(v))
		return err_set(e, ERR_DATA, "%.*s is %s, an array was expected", STR_FMT(pointer),
			       json_type(v));
	entries = yyjson_arr_iter_with(v);
	for (; (entry = yyjson_arr_iter_next(&entries)); i++) {
		if (!yyjson_is_obj(entry))
			return err_set(e, ERR_DATA, "%.*s/%zu is %s, an object was expected",
				       STR_FMT(pointer), i, json_type(entry));
		if (!read_entry(o, entry, s, a, e))
			return err_wrap(e, "%.*s/%zu", STR_FMT(pointer), i);
	}
	return true;
}

bool row_prices(const struct list *l, struct row_scratch *s, struct arena *a, struct err *e)
{
	s->n_prices = 0;
	return read_base_prices(l, s, a, e) && (!l->overrides.mapped || read_overrides(l, s, a, e));
}
