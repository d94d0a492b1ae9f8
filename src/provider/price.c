#include "provider/price.h"

#include "core/condition.h"
#include "provider/amount.h"
#include "provider/test.h"
#include "provider/token.h"

/* ---- one price ---- */

/* The condition has a threshold besides, which stands in the row. */
static bool add_own_threshold(const struct list *l, const struct price_field *f, yyjson_val **slots,
			      struct arena *a, struct str *condition_io, struct err *e)
{
	struct str pointer = list_pointer(l, f->threshold_slot);
	yyjson_val *v = slots[f->threshold_slot];
	struct condition c = { .n = 0 };
	int64_t tokens;

	if (!v || yyjson_is_null(v))
		return err_set(e, ERR_DATA, "%.*s, from where it is charged, is missing",
			       STR_FMT(pointer));
	if (!row_count(v, &tokens) || tokens == 0)
		return err_set(e, ERR_DATA, "%.*s is not a threshold of tokens", STR_FMT(pointer));
	if (!condition_add_text(&c, a, *condition_io, e) ||
	    !condition_add_above(&c, a, tokens, f->threshold == THRESHOLD_AT_LEAST, e))
		return false;
	*condition_io = condition_text(&c, a);
	return true;
}

bool price_make(const struct pricing *in, const struct price_field *f, yyjson_val *v,
		struct price *ret, bool *ret_is_price, struct err *e)
{
	enum meaning meaning;

	*ret = (struct price){ .meter = f->meter,
			       .condition = in->condition,
			       .unit = f->unit.text,
			       .source = f->source,
			       .valid_from_ms = CLOCK_NONE,
			       .valid_to_ms = CLOCK_NONE };
	if (!token_check(f, f->pointer, v, e))
		return false;
	if (!amount_read(in->l, f, v, in->s, in->a, ret, &meaning, e) ||
	    (meaning == MEANS_PRICE && f->threshold != THRESHOLD_NONE &&
	     !add_own_threshold(in->l, f, in->s->slots, in->a, &ret->condition, e)))
		return err_wrap(e, "%.*s", STR_FMT(f->pointer));
	*ret_is_price = meaning == MEANS_PRICE;
	return true;
}

bool price_stands(const struct price_field *f, yyjson_val **slots)
{
	yyjson_val *v = slots[f->slot];

	return v && !yyjson_is_null(v);
}

bool price_any_stands(const struct price_field *f, yyjson_val **slots)
{
	for (; f; f = f->otherwise)
		if (price_stands(f, slots))
			return true;
	return false;
}

bool price_first(const struct pricing *in, const struct price_field *f, struct price *ret,
		 bool *ret_is_price, struct err *e)
{
	*ret_is_price = false;
	for (; f && !*ret_is_price; f = f->otherwise)
		if (price_stands(f, in->slots) &&
		    !price_make(in, f, in->slots[f->slot], ret, ret_is_price, e))
			return false;
	return true;
}

/* ---- many ---- */

bool price_put(struct row_scratch *s, const struct price *p, bool replaces, struct err *e)
{
	for (size_t i = 0; i < s->n_prices; i++) {
		if (price_cmp(&s->prices[i], p) != 0)
			continue;
		if (!replaces)
			return err_set(e, ERR_DATA, "two prices of %s %.*s", meters[p->meter].name,
				       STR_FMT(p->condition));
		s->prices[i] = *p;
		return true;
	}
	if (s->n_prices == ROW_PRICES_MAX)
		return err_set(e, ERR_DATA, "more than %d prices", ROW_PRICES_MAX);
	s->prices[s->n_prices++] = *p;
	return true;
}

/* ---- fields that not every row has ---- */

bool price_applies(const struct list *l, const struct price_field *f, struct row_scratch *s,
		   bool *ret, struct err *e)
{
	int said = 1;

	if (f->when.kind != TEST_NONE && !test_read(l, &f->when, s->slots, &said, e))
		return false;
	*ret = said == 1;
	return true;
}

/* Is a place read by a field that rows of this kind have? */
static bool is_taken(const struct price_field *fields, size_t n, unsigned slot, yyjson_val **row)
{
	for (size_t i = 0; i < n; i++)
		for (const struct price_field *f = &fields[i]; f; f = f->otherwise)
			if (f->slot == slot &&
			    (f->when.kind == TEST_NONE || test_holds(&f->when, row)))
				return true;
	return false;
}

/* A number that no field reads in a row of this kind is told, once for all fields that might. */
static void tell_untaken(const struct pricing *in, const struct price_field *fields, size_t n,
			 const struct price_field *f)
{
	for (; f; f = f->otherwise)
		if (f->first && price_stands(f, in->slots) && !token_is_zero(in->slots[f->slot]) &&
		    !is_taken(fields, n, f->slot, in->s->slots))
			notes_add(&in->s->notes,
				  (struct note){ NOTE_NO_SUCH_PRICE, f->pointer, STR_NONE, 1 },
				  in->a);
}

bool price_read(const struct pricing *in, const struct price_field *fields, size_t n,
		const struct price_field *f, struct err *e)
{
	bool in_entry = in->slots == in->s->entry_slots;
	bool is_price;
	struct price p;
	bool here;

	if (!price_applies(in->l, f, in->s, &here, e))
		return false;
	if (!here) {
		tell_untaken(in, fields, n, f);
		return true;
	}
	return price_first(in, f, &p, &is_price, e) &&
	       (!is_price || price_put(in->s, &p, in_entry, e));
}
