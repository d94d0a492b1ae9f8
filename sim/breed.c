/* SPDX-License-Identifier: MIT */
#include "breed.h"

#include <stdlib.h>
#include <string.h>

#include "breed_prices.h"
#include "buf.h"
#include "providers.h"
#include "shape.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { VARIANTS = TRAIT_FREE | TRAIT_BATCH | TRAIT_ALIAS };

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

/* --- hosts: a cycle of rows is shared out to so many models each time --- */

static const unsigned sellers[] = { 3, 1, 4, 2, 2 };

enum { SELLERS_SUM = 12 };

/* Which model the row is of, and which of its hosts it is. */
struct seat {
	uint64_t model;
	unsigned host;
};

static struct seat seat_of(const struct shape *sh, uint64_t serial)
{
	struct seat seat = { serial, 0 };
	unsigned rest = (unsigned)(serial % SELLERS_SUM);

	if (!sh->hosts)
		return seat;
	seat.model = serial / SELLERS_SUM * COUNT(sellers);
	for (size_t i = 0; rest >= sellers[i]; i++) {
		rest -= sellers[i];
		seat.model++;
	}
	seat.host = rest;
	return seat;
}

static void take_seat(struct model *m, const struct hosts *h, struct seat seat)
{
	char *sold = m->id;
	const char *host = h->names[(seat.model * 5 + seat.host) % h->count];

	m->sold = sold;
	m->host = host;
	m->id = h->before ? sim_format("%s%s%s", host, h->join, sold)
			  : sim_format("%s%s%s", sold, h->join, host);
}

static const struct model *another_seat(const struct shelf *shelf, const char *sold)
{
	for (size_t i = shelf->count; i; i--)
		if (!strcmp(shelf->models[i - 1]->sold, sold))
			return shelf->models[i - 1];
	return NULL;
}

/* What the document says of the model and not of a host is the same for all its rows. */
static void agree(struct model *m, const struct shop *s)
{
	uint32_t shared = s->provider->shape->shared;
	const struct model *other = another_seat(&s->offered, m->sold);

	if (!other)
		other = another_seat(&s->removed, m->sold);
	if (!other)
		return;
	m->created_s = other->created_s;
	m->unsaid = (m->unsaid & ~shared) | (other->unsaid & shared);
	if (shared & SAYS_NAME) {
		free(m->name);
		m->name = sim_strdup(other->name);
	}
	if (shared & SAYS_CONTEXT)
		m->context_length = other->context_length;
	if (shared & SAYS_MAX_OUTPUT)
		m->max_output = other->max_output;
	if (shared & SAYS_MODALITY) {
		m->inputs = other->inputs;
		m->outputs = other->outputs;
	}
	if (shared & SAYS_ABLE)
		m->able = other->able;
}

static uint32_t draw_traits(const struct shape *sh, struct rng *r)
{
	uint32_t traits = 0;

	for (size_t i = 0; i < sh->odds_count; i++)
		if (rng_chance(r, sh->odds[i].percent))
			traits |= sh->odds[i].trait;
	if (traits & (TRAIT_IMAGE | TRAIT_IMAGE_OUT))
		traits &= ~(uint32_t)TRAIT_IMAGE_ZERO;
	if (traits & TRAIT_TWO_TIERS)
		traits &= ~(uint32_t)TRAIT_TIER; /* later entries win: tiers must ascend */
	if (traits & TRAIT_MAIN_ONLY)
		traits &= ~(uint32_t)TRAIT_ASIDE_ONLY;
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
	m->params = (uint32_t)rng_next(r) << 3;
	m->able |= rng_chance(r, 75) ? ABLE_TOOLS : 0;
	m->able |= rng_chance(r, 60) ? ABLE_STRUCTURED_OUTPUTS : 0;
	m->able |= m->traits & TRAIT_REASONING ? ABLE_REASONING : 0;
	m->able |= m->inputs & MODALITY_IMAGE ? ABLE_VISION : 0;
	m->able |= m->inputs & MODALITY_AUDIO ? ABLE_AUDIO_INPUT : 0;
	m->able |= m->outputs & MODALITY_AUDIO ? ABLE_AUDIO_OUTPUT : 0;
	m->able |= m->outputs & MODALITY_IMAGE ? ABLE_IMAGE_GENERATION : 0;
	if (m->traits & TRAIT_PLACEHOLDER_DATE)
		m->expires = (struct date){ 2098, 12, 31 };
	else if (m->traits & TRAIT_EXPIRES)
		m->expires = breed_date(r, 1);
}

/* --- rows of a shape with kinds --- */

static void draw_ending(struct model *m, const struct shape *sh, struct rng *r)
{
	m->expires = breed_date(r, 2);
	if (rng_chance(r, 40))
		m->expires.year -= 2; /* long past, and still on the list */
	if (sh->instants)
		m->expires.second = (int)rng_below(r, 86400);
	if (sh->says & SAYS_REPLACEMENT && rng_chance(r, 60))
		m->replaced_by = sim_format("%s-next", m->id);
}

static void draw_able(struct model *m, const struct shape *sh, const struct kind_row *k,
		      struct rng *r)
{
	for (unsigned i = 0; i < ABLE_COUNT; i++)
		if (k->able & 1u << i && rng_chance(r, 55))
			m->able |= 1u << i;
	if (sh->modality_by_row && m->kind == KIND_CHAT && m->traits & TRAIT_IMAGE) {
		m->inputs |= MODALITY_IMAGE;
		m->able |= ABLE_VISION;
	}
	if (sh->ears_by_row && m->kind == KIND_CHAT && m->traits & TRAIT_AUDIO) {
		m->inputs |= MODALITY_AUDIO;
		m->able |= ABLE_AUDIO_INPUT;
	}
}

const char *breed_quantization(const struct shape *sh, struct rng *r)
{
	static const char *const usual[] = { "fp8",  "bf16",  "fp4",           "int4",
					     "fp16", "mxfp4", "FP8 (weights)", NULL };
	const char *const *names = sh->quantizations ? sh->quantizations : usual;
	size_t n = 0;

	while (names[n])
		n++;
	return names[rng_below(r, n)];
}

static void draw_by_kind(struct model *m, const struct shape *sh, struct rng *r)
{
	static const unsigned edges[] = { 768, 1024, 1024, 1024, 1536 };
	static const unsigned steps[] = { 1, 4, 7, 28, 50, 64, 64 }; /* 2^26 in all: halves */
	const struct kind_row *k = shape_kind(sh, m->kind);
	bool bounded = k->context && !(m->traits & TRAIT_NO_CONTEXT);

	m->unsaid = m->traits & TRAIT_SILENT ? sh->silent : 0;
	m->unsaid |= m->traits & TRAIT_ASIDE_ONLY ? sh->aside : 0;
	m->unsaid |= k->unsaid;
	m->unsaid |= m->traits & TRAIT_MAIN_ONLY ? sh->lone : 0;
	m->created_s = 1750000000 + (int64_t)rng_below(r, 40000000);
	m->context_length = bounded ? contexts[rng_below(r, COUNT(contexts))] : 0;
	m->max_output = bounded && rng_chance(r, 70) ? (int64_t)4096 << rng_below(r, 6) : 0;
	m->inputs = k->inputs;
	m->outputs = k->outputs;
	draw_able(m, sh, k, r);
	m->quantization = rng_chance(r, 70) ? breed_quantization(sh, r) : NULL;
	if (m->traits & TRAIT_EXPIRES)
		draw_ending(m, sh, r);
	if (m->kind == KIND_IMAGE && !(m->traits & TRAIT_NO_CONTEXT)) {
		m->size.width = edges[rng_below(r, COUNT(edges))];
		m->size.height = edges[rng_below(r, COUNT(edges))];
		m->size.steps = steps[rng_below(r, COUNT(steps))];
	}
	prices_by_recipes(m, sh, r);
}

static enum kind draw_kind(const struct shape *sh, struct rng *r)
{
	size_t at = rng_below(r, 100);

	for (size_t i = 0; i < sh->kind_count; i++) {
		if (at < sh->kinds[i].percent)
			return sh->kinds[i].kind;
		at -= sh->kinds[i].percent;
	}
	return sh->kinds[0].kind;
}

/* --- rows that are drawn from traits --- */

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
	prices_free(m);
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
		model_add_price(m, both[i], (struct terms){ 0 }, (struct decimal){ 0, 0 });
		m->prices[i].state = PRICE_DYNAMIC;
	}
}

/* The same row once more under a name that moves with the family. */
static void become_twin(struct model *m, uint64_t serial, const struct shape *sh,
			const struct vendor *v)
{
	uint64_t f = (serial / COUNT(vendors) + 7 * (serial % COUNT(vendors))) % COUNT(families);

	m->alias_id = m->id;
	m->id = sim_format("%s%c%s-latest", v->slug, sh->bare_ids ? '-' : '/', families[f][0]);
}

static void draw_by_traits(struct model *m, uint64_t serial, const struct vendor *v, struct rng *r)
{
	draw_facts(m, r);
	prices_by_traits(m, r);
	if (m->traits & TRAIT_FREE)
		become_free(m);
	if (m->traits & TRAIT_BATCH)
		become_batch(m);
	if (m->traits & TRAIT_ALIAS)
		become_alias(m, serial, v);
	if (m->traits & TRAIT_ROUTER)
		become_router(m, serial);
}

static void write_id(struct model *m, const struct shape *sh, uint64_t serial)
{
	if (sh->bare_ids || sh->heads)
		*strchr(m->id, '/') = '-';
	if (sh->heads)
		respell(&m->id, sh->heads[serial % sh->head_count], "");
	if (sh->hosts)
		take_seat(m, sh->hosts, seat_of(sh, serial));
}

static struct model *breed_row(const struct market *market, const struct shop *s, uint64_t serial,
			       uint32_t traits)
{
	const struct shape *sh = s->provider->shape;
	struct rng r = rng_from(market->seed, s->provider->slug, serial);
	struct model *m = sim_alloc(sizeof(*m));
	const struct vendor *v = name_row(m, seat_of(sh, serial).model);

	m->traits = traits;
	m->kind = s->last_kind;
	m->flavour = rng_next(&r) ^ (traits & VARIANTS);
	write_id(m, sh, serial);
	if (sh->kinds)
		draw_by_kind(m, sh, &r);
	if (sh->kinds && traits & TRAIT_ALIAS)
		become_twin(m, serial, sh, v);
	if (!sh->kinds)
		draw_by_traits(m, serial, v, &r);
	if (m->sold)
		agree(m, s);
	for (size_t i = 0; i < m->price_count; i++)
		m->prices[i].told = m->prices[i].amount;
	return m;
}

struct model *breed_next(const struct market *market, struct shop *s)
{
	const struct shape *sh = s->provider->shape;
	uint32_t variant = s->pending & -s->pending;

	if (variant) {
		s->pending &= ~variant;
		return breed_row(market, s, s->next_serial - 1, s->last_traits | variant);
	}
	uint64_t serial = s->next_serial++;
	struct rng r = rng_from(market->seed ^ 0x7261697473u, s->provider->slug, serial);

	s->last_traits = draw_traits(sh, &r);
	s->pending = draw_variants(&r, serial);
	enum kind kind = sh->kinds ? draw_kind(sh, &r) : KIND_CHAT;

	if (serial < sh->specimen_count) {
		s->last_traits = sh->specimens[serial].traits;
		s->pending = sh->specimens[serial].variants;
		kind = sh->specimens[serial].kind;
	}
	if (!seat_of(sh, serial).host) /* the others sell the same */
		s->last_kind = kind;
	s->pending &= s->provider->variants;
	return breed_row(market, s, serial, s->last_traits);
}
