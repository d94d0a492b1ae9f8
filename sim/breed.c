/* SPDX-License-Identifier: MIT */
#include "breed.h"

#include <stdlib.h>

#include "buf.h"
#include "providers.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	VARIANTS = TRAIT_FREE | TRAIT_BATCH | TRAIT_ALIAS,
	PRICE_EXP = 8, /* base token prices are so many 1e-8 USD */
};

/* Every name is invented. */
static const struct vendor {
	const char *slug, *name, *tokenizer;
} vendors[] = {
	{ "northgale", "Northgale", "Gale" },
	{ "quillstone", "Quillstone", "Other" },
	{ "orfevre", "Orfèvre", "Orfevre" },
	{ "tern-labs", "Tern Labs", "Other" },
	{ "halcyonic", "Halcyonic", "Halcyon" },
	{ "umbraworks", "Umbraworks", "Other" },
	{ "kestrelmind", "KestrelMind", "Kestrel" },
	{ "blafjell", "Blåfjell", "Other" },
	{ "saltmarsh", "Saltmarsh", "Other" },
	{ "ninefold", "Ninefold", "Nine" },
	{ "okapi-systems", "Okapi Systems", "Other" },
	{ "violet-array", "Violet Array", "Other" },
	{ "gravelroad", "Gravelroad", "Gravel" },
	{ "mirastone", "Mirastone", "Other" },
	{ "hibana", "火花 Hibana", "Hibana" },
	{ "cormorant", "Cormorant", "Other" },
	{ "deltaweave", "Deltaweave", "Delta" },
	{ "pinecone-hollow", "Pinecone Hollow", "Other" },
	{ "stellwerk", "Stellwerk", "Other" },
	{ "riverglass", "Riverglass", "River" },
};

static const char *const families[][2] = {
	{ "larkspur", "Larkspur" }, { "marrow", "Marrow" },     { "cinder", "Cinder" },
	{ "plover", "Plover" },     { "basalt", "Basalt" },     { "juniper", "Juniper" },
	{ "tamarin", "Tamarin" },   { "vesper", "Vesper" },     { "gannet", "Gannet" },
	{ "saffron", "Saffron" },   { "dovetail", "Dovetail" }, { "lantern", "Lantern" },
	{ "harrow", "Harrow" },     { "thistle", "Thistle" },   { "corvid", "Corvid" },
	{ "fathom", "Fathom" },     { "bramble", "Bramble" },   { "willow", "Willow" },
	{ "ochre", "Ochre" },       { "sextant", "Sextant" },   { "tallow", "Tallow" },
};

static const char *const sizes[][2] = {
	{ "nano", "Nano" },   { "6b", "6B" },       { "19b", "19B" },
	{ "44b", "44B" },     { "88b", "88B" },     { "210b", "210B" },
	{ "swift", "Swift" }, { "grand", "Grand" }, { "core", "Core" },
};

static const char *const routers[][2] = {
	{ "concourse/any", "Concourse: Any Model" },
	{ "concourse/any-beta", "Concourse: Any Model (beta)" },
	{ "concourse/thrift", "Concourse: Thrift" },
};

static const int64_t contexts[] = { 8192, 16384, 32768, 65536, 131072, 200000, 262144, 1048576 };

/* One row per peculiarity, so that the smallest market has them all. */
static const struct specimen {
	uint32_t traits, variants;
} specimens[] = {
	{ TRAIT_CACHE | TRAIT_CACHE_1H | TRAIT_SEARCH | TRAIT_REASONING,
	  TRAIT_BATCH | TRAIT_ALIAS },
	{ TRAIT_TIER | TRAIT_CACHE | TRAIT_CACHE_1H, 0 },
	{ TRAIT_TWO_TIERS | TRAIT_CACHE, TRAIT_BATCH },
	{ TRAIT_WINDOWS | TRAIT_CACHE, 0 },
	{ TRAIT_TIER_WINDOW, 0 },
	{ TRAIT_ROUTER, 0 },
	{ TRAIT_ROUTER, 0 },
	{ TRAIT_IMAGE | TRAIT_MINUS_ZERO, TRAIT_FREE },
	{ TRAIT_IMAGE_ZERO, TRAIT_FREE },
	{ TRAIT_IMAGE_ZERO | TRAIT_ESCAPES, 0 },
	{ TRAIT_FLOAT_NOISE, 0 },
	{ TRAIT_LONG_DIGITS | TRAIT_CACHE, 0 },
	{ TRAIT_THIRDS | TRAIT_CACHE, 0 },
	{ TRAIT_AUDIO | TRAIT_CACHE, 0 },
	{ TRAIT_IMAGE_OUT | TRAIT_IMAGE | TRAIT_IMAGE_TOKEN, 0 },
	{ TRAIT_REQUEST | TRAIT_SEARCH, 0 },
	{ TRAIT_PLACEHOLDER_DATE, TRAIT_ALIAS },
	{ TRAIT_EXPIRES | TRAIT_REASONING, 0 },
	{ TRAIT_NO_CONTEXT | TRAIT_ESCAPES, 0 },
};

/* How often an ordinary row has a trait. */
static const struct odds {
	uint32_t trait;
	unsigned percent;
} odds[] = {
	{ TRAIT_CACHE, 60 },
	{ TRAIT_CACHE_1H, 8 },
	{ TRAIT_SEARCH, 37 },
	{ TRAIT_REASONING, 45 },
	{ TRAIT_TIER, 10 },
	{ TRAIT_TWO_TIERS, 3 },
	{ TRAIT_WINDOWS, 1 },
	{ TRAIT_IMAGE, 12 },
	{ TRAIT_AUDIO, 7 },
	{ TRAIT_IMAGE_OUT, 2 },
	{ TRAIT_IMAGE_ZERO, 5 },
	{ TRAIT_FLOAT_NOISE, 4 },
	{ TRAIT_LONG_DIGITS, 2 },
	{ TRAIT_THIRDS, 3 },
	{ TRAIT_REQUEST, 1 },
	{ TRAIT_EXPIRES, 4 },
	{ TRAIT_PLACEHOLDER_DATE, 3 },
	{ TRAIT_ESCAPES, 8 },
};

static uint32_t draw_traits(struct rng *r)
{
	uint32_t traits = 0;

	for (size_t i = 0; i < COUNT(odds); i++)
		if (rng_chance(r, odds[i].percent))
			traits |= odds[i].trait;
	if (traits & (TRAIT_IMAGE | TRAIT_IMAGE_OUT))
		traits &= ~(uint32_t)TRAIT_IMAGE_ZERO;
	if (traits & TRAIT_TWO_TIERS)
		traits &= ~(uint32_t)TRAIT_TIER; /* later entries win: tiers must ascend */
	return traits;
}

static uint32_t draw_variants(struct rng *r, uint64_t serial)
{
	uint32_t variants = 0;

	if (rng_chance(r, 7))
		variants |= TRAIT_FREE;
	if (rng_chance(r, 15))
		variants |= TRAIT_BATCH;
	/* An alias names vendor and family only, so a later serial would repeat it. */
	if (serial < COUNT(vendors) * COUNT(families) && rng_chance(r, 4))
		variants |= TRAIT_ALIAS;
	return variants;
}

/* Mixed radix: a serial is one vendor, family, size and version, and no two serials are the same.
 * The shifts only make neighbours look unlike each other. */
static const struct vendor *name_row(struct model *m, uint64_t serial)
{
	uint64_t v = serial % COUNT(vendors), rest = serial / COUNT(vendors);
	uint64_t f = (rest + 7 * v) % COUNT(families);
	uint64_t z = (rest / COUNT(families) + 2 * v + 5 * f) % COUNT(sizes);
	uint64_t version = rest / COUNT(families) / COUNT(sizes) + (v * 13 + f * 5 + z) % 37;
	unsigned major = 1 + (unsigned)(version / 10), minor = (unsigned)(version % 10);

	m->id = sim_format("%s/%s-%s-%u.%u", vendors[v].slug, families[f][0], sizes[z][0], major,
			   minor);
	m->name = sim_format("%s: %s %s %u.%u", vendors[v].name, families[f][1], sizes[z][1], major,
			     minor);
	m->slug = sim_format("%s-2026%02u%02u", m->id, 1 + (unsigned)(serial % 12),
			     1 + (unsigned)(serial % 28));
	m->tokenizer = vendors[v].tokenizer;
	return &vendors[v];
}

struct date breed_date(struct rng *r, size_t years)
{
	/* One draw a statement: C leaves the order of the parts of one initialiser open. */
	int year = 2027 + (int)rng_below(r, years);
	int month = 1 + (int)rng_below(r, 12);
	int day = 1 + (int)rng_below(r, 28);

	return (struct date){ year, month, day };
}

static void draw_facts(struct model *m, struct rng *r)
{
	m->created_s = 1750000000 + (int64_t)rng_below(r, 40000000);
	m->context_length =
		m->traits & TRAIT_NO_CONTEXT ? 0 : contexts[rng_below(r, COUNT(contexts))];
	m->max_output = rng_chance(r, 30) ? 0 : (int64_t)4096 << rng_below(r, 6);
	m->inputs = m->outputs = MODALITY_TEXT;
	if (m->traits & (TRAIT_IMAGE | TRAIT_IMAGE_TOKEN) ||
	    (!(m->traits & TRAIT_IMAGE_ZERO) && rng_chance(r, 35)))
		m->inputs |= MODALITY_IMAGE;
	if (m->inputs & MODALITY_IMAGE && rng_chance(r, 30))
		m->inputs |= MODALITY_FILE;
	if (m->traits & TRAIT_AUDIO)
		m->inputs |= MODALITY_AUDIO | (rng_chance(r, 50) ? MODALITY_VIDEO : 0);
	if (m->traits & TRAIT_AUDIO && rng_chance(r, 60))
		m->outputs |= MODALITY_AUDIO;
	if (m->traits & TRAIT_IMAGE_OUT)
		m->outputs |= MODALITY_IMAGE;
	m->params = (uint32_t)rng_next(r) << PARAM_OTHER_SHIFT;
	m->params |= rng_chance(r, 75) ? PARAM_TOOLS : 0;
	m->params |= rng_chance(r, 60) ? PARAM_STRUCTURED_OUTPUTS : 0;
	m->params |= m->traits & TRAIT_REASONING ? PARAM_REASONING : 0;
	if (m->traits & TRAIT_PLACEHOLDER_DATE)
		m->expires = (struct date){ 2098, 12, 31 };
	else if (m->traits & TRAIT_EXPIRES)
		m->expires = breed_date(r, 1);
}

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

/* The token prices of the row once more, times tenths / 10, under other terms. */
static void price_under(struct model *m, struct terms t, unsigned tenths)
{
	size_t base = m->price_count;

	for (size_t i = 0; i < base; i++) {
		const struct price p = m->prices[i];
		struct terms both = t;

		if (p.terms.above_tokens || p.terms.utc_start != p.terms.utc_end)
			continue;
		if (p.meter > METER_CACHE_WRITE_TOKEN)
			continue;
		both.tag = p.terms.tag;
		model_add_price(m, p.meter, both, decimal_times(p.amount, tenths, 1));
	}
}

static void price_terms(struct model *m)
{
	if (m->traits & TRAIT_TIER)
		price_under(m, (struct terms){ .above_tokens = 200000 }, 20);
	if (m->traits & TRAIT_TWO_TIERS) {
		price_under(m, (struct terms){ .above_tokens = 32000 }, 14);
		price_under(m, (struct terms){ .above_tokens = 256000 }, 25);
	}
	if (m->traits & TRAIT_WINDOWS) {
		price_under(m, (struct terms){ .utc_start = 2130, .utc_end = 545 }, 10);
		price_under(m, (struct terms){ .utc_start = 545, .utc_end = 1300 }, 19);
		price_under(m, (struct terms){ .utc_start = 1300, .utc_end = 2130 }, 15);
	}
	if (m->traits & TRAIT_TIER_WINDOW) {
		price_under(m, (struct terms){ .utc_start = 1000, .utc_end = 100 }, 12);
		price_under(m, (struct terms){ 200000, 1000, 100, NULL }, 18);
	}
}

static void draw_prices(struct model *m, struct rng *r)
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

static void free_prices(struct model *m)
{
	m->price_count = 0;
	add(m, METER_INPUT_TOKEN, (struct decimal){ 0, 0 });
	add(m, METER_OUTPUT_TOKEN, (struct decimal){ 0, 0 });
	if (m->traits & TRAIT_MINUS_ZERO) {
		add(m, METER_INPUT_IMAGE, (struct decimal){ 0, 0 });
		m->prices[m->price_count - 1].minus_zero = true;
	}
}

static void respell(char **text, const char *fmt_head, const char *fmt_tail)
{
	char *old = *text;

	*text = sim_format("%s%s%s", fmt_head, old, fmt_tail);
	free(old);
}

static void become_free(struct model *m)
{
	respell(&m->id, "", ":free");
	respell(&m->name, "", " (free)");
	free_prices(m);
}

static void become_batch(struct model *m)
{
	respell(&m->id, "", ":batch");
	respell(&m->name, "", " (batch)");
	for (size_t i = 0; i < m->price_count; i++)
		m->prices[i].amount = decimal_times(m->prices[i].amount, 5, 1);
}

static void become_alias(struct model *m, uint64_t serial, const struct vendor *v)
{
	uint64_t f = (serial / COUNT(vendors) + 7 * (serial % COUNT(vendors))) % COUNT(families);

	m->alias_id = m->id;
	m->alias_name = m->name;
	m->id = sim_format("~%s/%s-latest", v->slug, families[f][0]);
	m->name = sim_format("%s: %s Latest", v->name, families[f][1]);
	free(m->slug);
	m->slug = sim_strdup(m->id);
	m->tokenizer = "Router";
}

static void become_router(struct model *m, uint64_t serial)
{
	static const enum meter both[] = { METER_INPUT_TOKEN, METER_OUTPUT_TOKEN };

	free(m->id);
	free(m->name);
	free(m->slug);
	m->id = sim_strdup(routers[serial % COUNT(routers)][0]);
	m->name = sim_strdup(routers[serial % COUNT(routers)][1]);
	m->slug = sim_strdup(m->id);
	m->tokenizer = "Router";
	m->price_count = 0;
	for (size_t i = 0; i < COUNT(both); i++) {
		add(m, both[i], (struct decimal){ 0, 0 });
		m->prices[i].state = PRICE_DYNAMIC;
	}
}

static struct model *breed_row(const struct market *market, const struct shop *s, uint64_t serial,
			       uint32_t traits)
{
	struct rng r = rng_from(market->seed, s->provider->slug, serial);
	struct model *m = sim_alloc(sizeof(*m));
	const struct vendor *v = name_row(m, serial);

	m->traits = traits;
	m->flavour = rng_next(&r) ^ (traits & VARIANTS);
	draw_facts(m, &r);
	draw_prices(m, &r);
	if (traits & TRAIT_FREE)
		become_free(m);
	if (traits & TRAIT_BATCH)
		become_batch(m);
	if (traits & TRAIT_ALIAS)
		become_alias(m, serial, v);
	if (traits & TRAIT_ROUTER)
		become_router(m, serial);
	return m;
}

struct model *breed_next(const struct market *market, struct shop *s)
{
	uint32_t variant = s->pending & -s->pending;

	if (variant) {
		s->pending &= ~variant;
		return breed_row(market, s, s->next_serial - 1, s->last_traits | variant);
	}
	uint64_t serial = s->next_serial++;
	struct rng r = rng_from(market->seed ^ 0x7261697473u, s->provider->slug, serial);

	s->last_traits = draw_traits(&r);
	s->pending = draw_variants(&r, serial);
	if (serial < COUNT(specimens)) {
		s->last_traits = specimens[serial].traits;
		s->pending = specimens[serial].variants;
	}
	s->pending &= s->provider->variants;
	return breed_row(market, s, serial, s->last_traits);
}
