/* SPDX-License-Identifier: MIT */
#include "breed_prices.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { PRICE_EXP = 8 /* base token prices are so many 1e-8 USD */ };

/* --- by trait --- */

static void add(struct model *m, enum meter meter, struct decimal d)
{
	model_add_price(m, meter, (struct terms){ 0 }, d);
}

/* The tails that other people's binary floats left in price lists. */
static struct decimal with_tail(struct decimal d, uint32_t traits, struct rng *r)
{
	uint64_t full = traits & TRAIT_LONG_DIGITS ? 100000000000000000u : 1000000000000000u;

	if (traits & TRAIT_THIRDS)
		return (struct decimal){ d.mantissa * 100000000000000u / 3, d.exp + 14 };
	if (!(traits & (TRAIT_LONG_DIGITS | TRAIT_FLOAT_NOISE)))
		return d;
	while (d.mantissa < full && d.exp < DECIMAL_EXP_MAX) {
		d.mantissa *= 10;
		d.exp++;
	}
	d.mantissa += 1 + rng_below(r, 9);
	return d;
}

static void price_caches(struct model *m, struct decimal prompt, struct rng *r)
{
	struct decimal read =
		rng_chance(r, 70) ? decimal_times(prompt, 1, 1) : decimal_times(prompt, 25, 2);

	if (m->traits & TRAIT_LONG_DIGITS)
		read = with_tail(read, TRAIT_LONG_DIGITS, r);
	add(m, METER_CACHED_INPUT_TOKEN, read);
	if (!(m->traits & (TRAIT_CACHE_1H | TRAIT_THIRDS)) && rng_chance(r, 70))
		return;
	add(m, METER_CACHE_WRITE_TOKEN,
	    with_tail(decimal_times(prompt, 125, 2), m->traits & TRAIT_THIRDS, r));
	if (m->traits & TRAIT_CACHE_1H)
		model_add_price(m, METER_CACHE_WRITE_TOKEN, (struct terms){ .tag = "1h" },
				decimal_times(prompt, 2, 0));
}

static void price_extras(struct model *m, struct decimal prompt, struct decimal completion,
			 struct rng *r)
{
	if (m->traits & TRAIT_REQUEST)
		add(m, METER_REQUEST, (struct decimal){ 1 + rng_below(r, 30), 3 });
	if (m->traits & TRAIT_IMAGE)
		add(m, METER_INPUT_IMAGE, (struct decimal){ 11 + rng_below(r, 900), 5 });
	if (m->traits & TRAIT_IMAGE_TOKEN)
		add(m, METER_INPUT_IMAGE_TOKEN, decimal_times(prompt, 3, 0));
	if (m->traits & TRAIT_IMAGE_OUT)
		add(m, METER_OUTPUT_IMAGE_TOKEN, (struct decimal){ 9 + rng_below(r, 90), 6 });
	if (m->traits & TRAIT_AUDIO) {
		add(m, METER_INPUT_AUDIO_TOKEN, decimal_times(prompt, 4, 0));
		add(m, METER_CACHED_AUDIO_TOKEN, decimal_times(prompt, 4, 1));
	}
	if (m->outputs & MODALITY_AUDIO)
		add(m, METER_OUTPUT_AUDIO_TOKEN, decimal_times(completion, 4, 0));
	if (m->traits & TRAIT_SEARCH)
		add(m, METER_WEB_SEARCH, (struct decimal){ 25 + rng_below(r, 120), 4 });
	if (m->traits & TRAIT_REASONING && rng_chance(r, 25))
		add(m, METER_REASONING_TOKEN, completion);
	if (m->traits & TRAIT_CACHE)
		price_caches(m, prompt, r);
}

/* The token prices of the row once more, times tenths / 10, under other terms; not those of the
 * meters `except` (bits). */
static void price_under(struct model *m, uint32_t except, struct terms t, unsigned tenths)
{
	size_t base = m->price_count;

	for (size_t i = 0; i < base; i++) {
		const struct price p = m->prices[i];
		struct terms both = t;

		if (p.terms.above_tokens || p.terms.from_tokens ||
		    p.terms.utc_start != p.terms.utc_end)
			continue;
		if ((p.meter > METER_CACHE_WRITE_TOKEN && p.meter != METER_INPUT_IMAGE_TOKEN) ||
		    except & 1u << p.meter)
			continue;
		both.tag = p.terms.tag;
		model_add_price(m, p.meter, both, decimal_times(p.amount, tenths, 1));
	}
}

/* Dearer above a count, or above two. */
static void price_above(struct model *m, uint32_t except, uint32_t tokens)
{
	if (m->traits & TRAIT_TIER)
		price_under(m, except, (struct terms){ .above_tokens = tokens }, 20);
	if (m->traits & TRAIT_TWO_TIERS) {
		price_under(m, except, (struct terms){ .above_tokens = 32000 }, 14);
		price_under(m, except, (struct terms){ .above_tokens = 256000 }, 25);
	}
}

static void price_terms(struct model *m)
{
	price_above(m, 0, 200000);
	if (m->traits & TRAIT_WINDOWS) {
		price_under(m, 0, (struct terms){ .utc_start = 2130, .utc_end = 545 }, 10);
		price_under(m, 0, (struct terms){ .utc_start = 545, .utc_end = 1300 }, 19);
		price_under(m, 0, (struct terms){ .utc_start = 1300, .utc_end = 2130 }, 15);
	}
	if (m->traits & TRAIT_TIER_WINDOW) {
		price_under(m, 0, (struct terms){ .utc_start = 1000, .utc_end = 100 }, 12);
		price_under(m, 0, (struct terms){ 200000, 1000, 100, NULL }, 18);
	}
}

void prices_by_traits(struct model *m, struct rng *r)
{
	static const unsigned ratios[] = { 2, 3, 4, 5, 8 };
	uint64_t hundreds = m->traits & TRAIT_LONG_DIGITS ? 100 : 2;
	struct decimal prompt = { hundreds + rng_below(r, 300), PRICE_EXP };
	struct decimal completion = decimal_times(prompt, ratios[rng_below(r, COUNT(ratios))], 0);

	add(m, METER_INPUT_TOKEN, with_tail(prompt, m->traits & TRAIT_LONG_DIGITS, r));
	add(m, METER_OUTPUT_TOKEN,
	    with_tail(completion, m->traits & (TRAIT_LONG_DIGITS | TRAIT_FLOAT_NOISE), r));
	price_extras(m, prompt, completion, r);
	price_terms(m);
}

void prices_free(struct model *m)
{
	m->price_count = 0;
	add(m, METER_INPUT_TOKEN, (struct decimal){ 0, 0 });
	add(m, METER_OUTPUT_TOKEN, (struct decimal){ 0, 0 });
	if (m->traits & TRAIT_MINUS_ZERO) {
		add(m, METER_INPUT_IMAGE, (struct decimal){ 0, 0 });
		m->prices[m->price_count - 1].minus_zero = true;
	}
}

/* --- by recipe --- */

static bool applies(const struct recipe *a, const struct model *m, struct rng *r)
{
	struct terms t = { .tag = a->tag };

	if (!(a->kinds & 1u << m->kind) || (a->trait && !(m->traits & a->trait)) ||
	    m->traits & a->without || (a->alone && m->price_count))
		return false;
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == a->meter && terms_same(&m->prices[i].terms, &t))
			return false;
	return rng_chance(r, a->percent ? a->percent : 100);
}

/* Multipliers have two digits as a rule; some were a quotient once. */
static struct decimal draw_number(const struct recipe *a, struct rng *r)
{
	struct decimal d = { a->low + rng_below(r, a->span), a->exp };
	bool quotient = a->how == HOW_TIMES_INPUT && rng_chance(r, 20);

	return quotient ? (struct decimal){ d.mantissa * 1000000 + 555556, d.exp + 6 } : d;
}

static const struct price *with_tag(const struct model *m, const char *tag)
{
	for (size_t i = 0; tag && i < m->price_count; i++)
		if (m->prices[i].terms.tag && !strcmp(m->prices[i].terms.tag, tag))
			return &m->prices[i];
	return NULL;
}

static void add_recipe(struct model *m, const struct recipe *a, struct rng *r)
{
	const struct price *pair = a->percent ? NULL : with_tag(m, a->tag);

	if (!a->percent && !pair)
		return;
	struct decimal d = pair && !a->span ? pair->quoted : draw_number(a, r);
	struct price *p = model_add_price(m, a->meter, (struct terms){ .tag = a->tag }, d);

	p->how = a->how;
	p->quoted = d;
	p->currency = a->currency;
}

/* Dearer from a count on, for shapes whose tiers begin at it; or above one. */
static void price_tiers(struct model *m, const struct shape *sh)
{
	if (sh->tier_above && m->kind == KIND_CHAT)
		price_above(m, sh->untiered, sh->tier_above);
	if (!sh->inclusive_tiers)
		return;
	if (m->traits & TRAIT_TIER)
		price_under(m, sh->untiered, (struct terms){ .from_tokens = 200001 }, 20);
	if (m->traits & TRAIT_TWO_TIERS) {
		price_under(m, sh->untiered, (struct terms){ .from_tokens = 32000 }, 14);
		price_under(m, sh->untiered, (struct terms){ .from_tokens = 256000 }, 25);
	}
}

static void make_free(struct model *m)
{
	for (size_t i = 0; i < m->price_count; i++) {
		struct price *p = &m->prices[i];

		if (p->how == HOW_PLAIN && p->meter <= METER_CACHE_WRITE_TOKEN)
			*p = (struct price){ p->meter, p->terms, .state = PRICE_FREE,
					     .currency = p->currency };
	}
}

void prices_by_recipes(struct model *m, const struct shape *sh, struct rng *r)
{
	if (m->traits & TRAIT_UNPRICED || m->unsaid & SAYS_PRICES)
		return;
	for (size_t i = 0; i < sh->recipe_count; i++)
		if (applies(&sh->recipes[i], m, r))
			add_recipe(m, &sh->recipes[i], r);
	price_tiers(m, sh);
	if (m->traits & TRAIT_FREE)
		make_free(m);
	model_settle(m);
}
