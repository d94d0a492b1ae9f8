/* SPDX-License-Identifier: MIT */
#include "market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "breed.h"
#include "buf.h"
#include "life.h"
#include "providers.h"
#include "shape.h"

static const char *const meter_names[METER_COUNT] = {
	[METER_INPUT_TOKEN] = "input_token",
	[METER_OUTPUT_TOKEN] = "output_token",
	[METER_CACHED_INPUT_TOKEN] = "cached_input_token",
	[METER_CACHE_WRITE_TOKEN] = "cache_write_token",
	[METER_REASONING_TOKEN] = "reasoning_token",
	[METER_INPUT_AUDIO_TOKEN] = "input_audio_token",
	[METER_OUTPUT_AUDIO_TOKEN] = "output_audio_token",
	[METER_CACHED_AUDIO_TOKEN] = "cached_audio_token",
	[METER_INPUT_IMAGE] = "input_image",
	[METER_INPUT_IMAGE_TOKEN] = "input_image_token",
	[METER_OUTPUT_IMAGE_TOKEN] = "output_image_token",
	[METER_REQUEST] = "request",
	[METER_WEB_SEARCH] = "web_search",
	[METER_AUDIO_SECOND] = "audio_second",
	[METER_OUTPUT_AUDIO_SECOND] = "output_audio_second",
	[METER_VIDEO_SECOND] = "video_second",
	[METER_VIDEO_FRAME] = "video_frame",
	[METER_INPUT_CHARACTER] = "input_character",
	[METER_OUTPUT_IMAGE] = "output_image",
	[METER_IMAGE_PIXEL_STEP] = "image_pixel_step",
	[METER_COMPUTE_SECOND] = "compute_second",
	[METER_OUTPUT_MEGAPIXEL] = "output_megapixel",
	[METER_OUTPUT_VIDEO] = "output_video",
	[METER_OUTPUT_SECOND] = "output_second",
};

static const char *const modality_names[MODALITY_COUNT] = {
	"text", "image", "file", "audio", "video", "embedding", "rerank",
};

static const char *const able_names[ABLE_COUNT] = {
	"function_calling", "reasoning",   "structured_outputs", "vision",
	"streaming",        "audio_input", "audio_output",       "image_generation",
};

/* Half a row is one. */
static size_t rows_of_total(const struct provider *p, size_t total)
{
	size_t sum = 0;

	for (size_t i = 0; i < providers_count; i++)
		sum += providers[i].rows_real;
	return sum ? (total * p->rows_real + sum / 2) / sum : 0;
}

static size_t rows_at_start(const struct market_size *size, size_t at)
{
	const struct provider *p = &providers[at];
	size_t rows = size->scale * p->share_percent / 100;

	if (size->rows && size->rows[at] != (size_t)ROWS_UNSAID)
		return size->rows[at];
	if (size->total)
		return rows_of_total(p, size->total);
	return size->scale && rows < p->rows_min ? p->rows_min : rows;
}

void market_init(struct market *m, uint64_t seed, const struct market_size *size)
{
	*m = (struct market){ .seed = seed };
	m->shops = sim_alloc(providers_count * sizeof(*m->shops));
	for (size_t i = 0; i < providers_count; i++) {
		struct shop *s = &m->shops[i];
		size_t rows = rows_at_start(size, i);

		s->provider = &providers[i];
		s->rng = rng_from(seed, "motion", i);
		while (s->offered.count < rows)
			shelf_add(&s->offered, breed_next(m, s));
		shop_changed(s);
	}
}

static void shelf_release(struct shelf *s)
{
	for (size_t i = 0; i < s->count; i++)
		model_destroy(s->models[i]);
	free(s->models);
}

void market_release(struct market *m)
{
	for (size_t i = 0; i < providers_count; i++) {
		shelf_release(&m->shops[i].offered);
		shelf_release(&m->shops[i].removed);
		life_destroy(m->shops[i].life);
	}
	free(m->shops);
}

struct shop *market_shop(struct market *m, const char *slug)
{
	for (size_t i = 0; i < providers_count; i++)
		if (!strcmp(providers[i].slug, slug))
			return &m->shops[i];
	return NULL;
}

void shop_changed(struct shop *s)
{
	s->version++;
}

void shelf_add(struct shelf *s, struct model *m)
{
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		s->models = realloc(s->models, s->room * sizeof(*s->models));
		if (!s->models)
			abort();
	}
	s->models[s->count++] = m;
}

struct model *shelf_take(struct shelf *s, size_t at)
{
	struct model *m = s->models[at];

	memmove(s->models + at, s->models + at + 1, (s->count - at - 1) * sizeof(*s->models));
	s->count--;
	return m;
}

void model_destroy(struct model *m)
{
	free(m->id);
	free(m->name);
	free(m->slug);
	free(m->alias_id);
	free(m->sold);
	free(m->alias_name);
	free(m->replaced_by);
	free(m->prices);
	free(m);
}

struct price *model_add_price(struct model *m, enum meter meter, struct terms t, struct decimal d)
{
	m->prices = realloc(m->prices, (m->price_count + 1) * sizeof(*m->prices));
	if (!m->prices)
		abort();
	struct price *p = &m->prices[m->price_count++];
	*p = (struct price){
		.meter = meter,
		.terms = t,
		.amount = d,
		.state = d.mantissa ? PRICE_PRICED : PRICE_FREE,
	};
	return p;
}

struct price *model_price(const struct model *m, enum meter meter)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && terms_none(&m->prices[i].terms))
			return &m->prices[i];
	return NULL;
}

static struct decimal follows(const struct model *m, const struct price *p)
{
	enum meter of = p->how == HOW_TIMES_OUTPUT ? METER_OUTPUT_TOKEN : METER_INPUT_TOKEN;
	const struct price *base = model_price(m, of);
	uint64_t steps = (uint64_t)m->size.width * m->size.height * m->size.steps;

	switch (p->how) {
	case HOW_PLAIN:
		break;
	case HOW_TIMES_INPUT:
	case HOW_TIMES_OUTPUT:
		return decimal_product(base->amount, p->quoted);
	case HOW_PER_STEP:
		return decimal_over(p->quoted, steps);
	case HOW_PER_MINUTE:
		return decimal_over(p->quoted, 60);
	}
	return p->amount;
}

void model_settle(struct model *m)
{
	for (size_t i = 0; i < m->price_count; i++) {
		struct price *p = &m->prices[i];

		if (p->how == HOW_PLAIN)
			continue;
		p->amount = follows(m, p);
		p->state = p->amount.mantissa ? PRICE_PRICED : PRICE_FREE;
	}
}

void price_print(char out[DECIMAL_TEXT], const struct price *p, struct decimal amount)
{
	decimal_print(out, p->how == HOW_PLAIN ? decimal_cut(amount) : amount);
}

bool shop_says(const struct shop *s, const struct model *m, enum says what)
{
	return s->provider->shape->says & ~m->unsaid & what;
}

bool terms_same(const struct terms *a, const struct terms *b)
{
	const char *x = a->tag ? a->tag : "", *y = b->tag ? b->tag : "";

	return a->above_tokens == b->above_tokens && a->from_tokens == b->from_tokens &&
	       a->utc_start == b->utc_start && a->utc_end == b->utc_end && !strcmp(x, y);
}

bool terms_none(const struct terms *t)
{
	static const struct terms none;

	return terms_same(t, &none);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* strcat() that knows the room; what passes it is cut. */
static void append(char *out, size_t room, const char *text)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, room - n, "%s", text);
}

void terms_print(char out[TERMS_SIZE], const struct terms *t)
{
	char parts[4][20];
	size_t n = 0;

	if (t->above_tokens)
		snprintf(parts[n++], sizeof(parts[0]), "[>%u]", t->above_tokens);
	if (t->from_tokens)
		snprintf(parts[n++], sizeof(parts[0]), "[>=%u]", t->from_tokens);
	if (t->utc_start != t->utc_end)
		snprintf(parts[n++], sizeof(parts[0]), "[%02u:%02u-%02u:%02uZ]",
			 t->utc_start / 100 % 100u, t->utc_start % 100u, t->utc_end / 100 % 100u,
			 t->utc_end % 100u);
	if (t->tag)
		snprintf(parts[n++], sizeof(parts[0]), "[%.16s]", t->tag);
	qsort(parts, n, sizeof(parts[0]), by_bytes);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		append(out, TERMS_SIZE, parts[i]);
}

const char *meter_name(enum meter m)
{
	return meter_names[m];
}

const char *modality_name(unsigned bit_number)
{
	return modality_names[bit_number];
}

const char *able_name(unsigned bit_number)
{
	return able_names[bit_number];
}

static void modality_side(char *out, uint32_t bits)
{
	const char *plus = "";

	for (unsigned i = 0; i < MODALITY_COUNT; i++) {
		if (!(bits & 1u << i))
			continue;
		append(out, MODALITY_SIZE, plus);
		append(out, MODALITY_SIZE, modality_names[i]);
		plus = "+";
	}
}

void modality_print(char out[MODALITY_SIZE], uint32_t inputs, uint32_t outputs)
{
	out[0] = '\0';
	modality_side(out, inputs);
	append(out, MODALITY_SIZE, "->");
	modality_side(out, outputs);
}

bool model_is_offered(const struct model *m)
{
	return !(m->traits & TRAIT_ASIDE_ONLY);
}

const char *quantization_meaning(const char *said)
{
	static const char *const words[] = { "bf16", "fp16", "fp4", "fp8", "int4", "mxfp4" };

	for (size_t i = 0; said && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(said, words[i]))
			return said;
	return said ? "unknown" : NULL;
}

bool model_deprecated(const struct model *m)
{
	return m->expires.year && !(m->traits & TRAIT_PLACEHOLDER_DATE);
}

int64_t date_unix(struct date d)
{
	struct tm tm = { .tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day };

	return timegm(&tm) + d.second;
}

void date_print(char out[DATE_SIZE], struct date d)
{
	(void)snprintf(out, DATE_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.000Z", d.year, d.month, d.day,
		       d.second / 3600, d.second / 60 % 60, d.second % 60);
}
