#include "core/offer.h"

#include "core/bill.h"

const char *const offer_state_names[4] = { "priced", "in part", "dynamic", "unpublished" };

bool offer_use_of(uint64_t input_tokens, uint64_t output_tokens, struct offer_use *ret)
{
	enum { DEFAULT_TOKENS = 1000000 };
	bool said = input_tokens != OFFER_NOT_SAID || output_tokens != OFFER_NOT_SAID;
	uint64_t unsaid = said ? 0 : DEFAULT_TOKENS;

	*ret = (struct offer_use){
		.input_tokens = input_tokens == OFFER_NOT_SAID ? unsaid : input_tokens,
		.output_tokens = output_tokens == OFFER_NOT_SAID ? unsaid : output_tokens,
		.tiers = said,
	};
	return ret->input_tokens > 0 || ret->output_tokens > 0;
}

/* The price in force, of a request that asks for nothing special at no certain hour. */
static const struct price *in_force(const struct model *m, enum meter meter,
				    const struct offer_use *use)
{
	const struct condition_case request = { .at_ms = CLOCK_NONE,
						.input_tokens =
							use->tiers ? use->input_tokens : 0 };

	return bill_price(m->prices, m->n_prices, meter, &request, NULL);
}

/* One meter's part.  *adds becomes false when it cannot be added to what is there. */
static enum offer_state add_part(struct offer_cost *c, const struct price *p, uint64_t tokens,
				 bool *adds)
{
	struct dec amount, n, part;
	struct err ignored;

	if (tokens == 0 || (p && p->state == PRICE_FREE))
		return OFFER_PRICED;
	if (!p)
		return OFFER_UNPRICED;
	if (p->state == PRICE_DYNAMIC)
		return OFFER_DYNAMIC;
	dec_from_u64(tokens, &n);
	*adds = *adds && (dec_is_zero(&c->amount) || str_eq(c->currency, p->currency)) &&
		dec_parse(p->amount, &amount, &ignored) && dec_mul(&amount, &n, &part, &ignored) &&
		dec_add(&c->amount, &part, &c->amount, &ignored);
	c->currency = p->currency;
	return OFFER_PRICED;
}

static enum offer_state whole(const struct offer_use *use, enum offer_state input,
			      enum offer_state output)
{
	if (use->output_tokens == 0 || input == output)
		return input;
	if (use->input_tokens == 0)
		return output;
	if (input == OFFER_DYNAMIC || output == OFFER_DYNAMIC)
		return OFFER_DYNAMIC;
	return OFFER_IN_PART;
}

struct offer_cost offer_cost(const struct model *m, const struct offer_use *use)
{
	static const struct offer_cost nothing = { .currency = { "USD", 3 } };
	struct offer_cost c = nothing;
	enum offer_state input, output;
	bool adds = true;

	input = add_part(&c, in_force(m, METER_INPUT_TOKEN, use), use->input_tokens, &adds);
	output = add_part(&c, in_force(m, METER_OUTPUT_TOKEN, use), use->output_tokens, &adds);
	c.state = adds ? whole(use, input, output) : OFFER_UNPRICED;
	if (c.state > OFFER_IN_PART) {
		c.amount = nothing.amount;
		c.currency = nothing.currency;
	}
	return c;
}

static int currency_cmp(struct str a, struct str b)
{
	if (str_eq(a, STR("USD")) != str_eq(b, STR("USD")))
		return str_eq(a, STR("USD")) ? -1 : 1;
	return str_cmp(a, b);
}

int offer_cost_cmp(const struct offer_cost *a, const struct offer_cost *b)
{
	bool a_free = dec_is_zero(&a->amount), b_free = dec_is_zero(&b->amount);
	int c;

	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	if (a_free != b_free)
		return a_free ? -1 : 1;
	if (a_free)
		return 0;
	c = currency_cmp(a->currency, b->currency);
	return c ? c : dec_cmp(&a->amount, &b->amount);
}

struct str offer_per_million(struct str amount, struct arena *a)
{
	char text[DEC_TEXT_MAX];
	struct dec value;
	struct dec million;
	struct dec one;
	struct err e;

	if (str_is_none(amount))
		return STR_NONE;
	dec_from_u64(1000000, &million);
	dec_from_u64(1, &one);
	if (!dec_parse(amount, &value, &e) || !dec_mul_div(&value, &million, &one, &value, &e))
		return amount;
	return arena_str(a, (struct str){ text, dec_print(&value, text) });
}
