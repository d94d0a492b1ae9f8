/* SPDX-License-Identifier: MIT */
/*
 * OpenRouter's list (GET /api/v1/models), shape of August 2026: every price a decimal string in USD
 * per unit, numbers without exponent, text partly escaped, keys that come and go from row to row.
 * Text that nobody tracks (descriptions, benchmarks, voices) is drawn from the row's flavour while
 * writing, so a row costs no memory for it.
 */
#include "wire.h"

#include <string.h>

#include "market.h"
#include "rng.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Which key of `pricing` says which price. */
static const struct price_key {
	const char *key;
	enum meter meter;
	const char *tag;
} price_keys[] = {
	{ "prompt", METER_INPUT_TOKEN, NULL },
	{ "completion", METER_OUTPUT_TOKEN, NULL },
	{ "request", METER_REQUEST, NULL },
	{ "image", METER_INPUT_IMAGE, NULL },
	{ "image_token", METER_INPUT_IMAGE_TOKEN, NULL },
	{ "image_output", METER_OUTPUT_IMAGE_TOKEN, NULL },
	{ "audio", METER_INPUT_AUDIO_TOKEN, NULL },
	{ "audio_output", METER_OUTPUT_AUDIO_TOKEN, NULL },
	{ "input_audio_cache", METER_CACHED_AUDIO_TOKEN, NULL },
	{ "web_search", METER_WEB_SEARCH, NULL },
	{ "internal_reasoning", METER_REASONING_TOKEN, NULL },
	{ "input_cache_read", METER_CACHED_INPUT_TOKEN, NULL },
	{ "input_cache_write", METER_CACHE_WRITE_TOKEN, NULL },
	{ "input_cache_write_1h", METER_CACHE_WRITE_TOKEN, "1h" },
};

enum { TRACKED_PARAMS = 3 }; /* the first ones: bits of enum able; the rest are model.params */

/* In the order of those bits. */
static const char *const params[] = {
	"tools",
	"reasoning",
	"structured_outputs",
	"frequency_penalty",
	"logit_bias",
	"max_tokens",
	"min_p",
	"presence_penalty",
	"response_format",
	"seed",
	"stop",
	"temperature",
	"tool_choice",
	"top_k",
	"top_p",
};

static const char *const arenas[] = { "desk", "harbour", "atelier" };
static const char *const categories[] = { "ledger", "mosaic", "signage", "timetable", "toybox" };

static void write_nullable(struct buf *out, const char *key, int64_t n)
{
	buf_str(out, key);
	if (n)
		buf_uint(out, (uint64_t)n);
	else
		buf_str(out, "null");
}

/* The document lists them in another order than the modality text: readers must not compare. */
static void write_modalities(struct buf *out, const char *key, uint32_t bits)
{
	static const unsigned order[] = { 0, 1, 4, 2, 3 };

	buf_str(out, key);
	buf_char(out, '[');
	for (size_t i = 0; i < COUNT(order); i++) {
		if (!(bits & 1u << order[i]))
			continue;
		buf_comma(out);
		buf_json(out, modality_name(order[i]), JSON_UTF8);
	}
	buf_char(out, ']');
}

static void write_architecture(struct buf *out, const struct model *m)
{
	char modality[MODALITY_SIZE];

	modality_print(modality, m->inputs, m->outputs);
	buf_printf(out, ",\"architecture\":{\"modality\":\"%s\"", modality);
	write_modalities(out, ",\"input_modalities\":", m->inputs);
	write_modalities(out, ",\"output_modalities\":", m->outputs);
	buf_printf(out, ",\"tokenizer\":\"%s\",\"instruct_type\":%s}", m->tokenizer,
		   m->flavour % 11 ? "null" : "\"turnwise\"");
}

static void write_price(struct buf *out, const struct price *p)
{
	char digits[DECIMAL_TEXT];

	for (size_t i = 0; i < COUNT(price_keys); i++) {
		const struct price_key *k = &price_keys[i];
		const char *tag = p->terms.tag ? p->terms.tag : "";

		if (k->meter != p->meter || strcmp(k->tag ? k->tag : "", tag) != 0)
			continue;
		buf_comma(out);
		buf_char(out, '"');
		buf_str(out, k->key);
		buf_str(out, "\":\"");
		break;
	}
	switch (p->state) {
	case PRICE_PRICED:
		decimal_print(digits, decimal_cut(p->amount));
		buf_str(out, digits);
		break;
	case PRICE_FREE:
		buf_str(out, p->minus_zero ? "-0" : "0");
		break;
	case PRICE_DYNAMIC:
		buf_str(out, "-1");
		break;
	}
	buf_char(out, '"');
}

static bool is_override(const struct price *p)
{
	return p->terms.above_tokens || p->terms.utc_start != p->terms.utc_end;
}

static bool same_override(const struct price *a, const struct price *b)
{
	return a->terms.above_tokens == b->terms.above_tokens &&
	       a->terms.utc_start == b->terms.utc_start && a->terms.utc_end == b->terms.utc_end;
}

static bool opens_override(const struct model *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_override(&m->prices[i], &m->prices[at]))
			return false;
	return is_override(&m->prices[at]);
}

static void write_override(struct buf *out, const struct model *m, size_t first)
{
	const struct terms *t = &m->prices[first].terms;

	buf_comma(out);
	buf_char(out, '{');
	if (t->above_tokens)
		buf_printf(out, "\"min_prompt_tokens\":%u", t->above_tokens);
	if (t->utc_start != t->utc_end) {
		buf_comma(out);
		buf_printf(out, "\"utc_start\":%u,\"utc_end\":%u", t->utc_start, t->utc_end);
	}
	for (size_t i = first; i < m->price_count; i++)
		if (same_override(&m->prices[first], &m->prices[i]))
			write_price(out, &m->prices[i]);
	buf_char(out, '}');
}

static void write_pricing(struct buf *out, const struct model *m)
{
	bool overrides = false;

	buf_str(out, ",\"pricing\":{");
	for (size_t i = 0; i < m->price_count; i++) {
		if (is_override(&m->prices[i]))
			overrides = true;
		else
			write_price(out, &m->prices[i]);
	}
	if (m->traits & TRAIT_IMAGE_ZERO && !model_price(m, METER_INPUT_IMAGE))
		buf_str(out, ",\"image\":\"0\"");
	if (overrides) {
		buf_str(out, ",\"overrides\":[");
		for (size_t i = 0; i < m->price_count; i++)
			if (opens_override(m, i))
				write_override(out, m, i);
		buf_char(out, ']');
	}
	buf_char(out, '}');
}

static void write_params(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"supported_parameters\":[");
	for (size_t i = 0; i < COUNT(params); i++) {
		/* The capabilities stand in the middle, as in an alphabetical list. */
		size_t bit = (i + 7) % COUNT(params);

		if (!((bit < TRACKED_PARAMS ? m->able : m->params) & 1u << bit))
			continue;
		buf_comma(out);
		buf_json(out, params[bit], JSON_UTF8);
	}
	buf_char(out, ']');
}

static void write_defaults(struct buf *out, const struct model *m)
{
	static const char *const forms[] = {
		"{}",
		"null",
		"{\"temperature\":0.7,\"top_p\":0.95}",
		("{\"temperature\":null,\"top_p\":null,\"top_k\":null,\"frequency_penalty\":null,"
		 "\"presence_penalty\":null,\"repetition_penalty\":null}"),
		"{\"temperature\":1,\"top_k\":40}",
	};

	buf_printf(out, ",\"default_parameters\":%s", forms[m->flavour % COUNT(forms)]);
}

/* One draw a statement: C leaves the order of arguments open, and a seed must not depend on the
 * compiler. */
static void write_arena(struct buf *out, struct rng *r)
{
	const char *arena = arenas[rng_below(r, COUNT(arenas))];
	const char *category = categories[rng_below(r, COUNT(categories))];
	size_t elo = 900 + rng_below(r, 500), wins = 201 + rng_below(r, 600);
	size_t rank = 1 + rng_below(r, 90);

	buf_comma(out);
	buf_printf(out,
		   "{\"arena\":\"%s\",\"category\":\"%s\",\"elo\":%zu,\"win_rate\":%zu.%zu,"
		   "\"rank\":%zu}",
		   arena, category, elo, wins / 10, wins % 10, rank);
}

static void write_benchmarks(struct buf *out, const struct model *m)
{
	struct rng r = rng_from(m->flavour, "benchmarks", 0);

	if (!rng_chance(&r, 52))
		return;
	buf_str(out, ",\"benchmarks\":{\"design_arena\":[");
	for (size_t n = rng_chance(&r, 22) ? 1 + rng_below(&r, 6) : 0; n; n--)
		write_arena(out, &r);
	buf_printf(out, "],\"artificial_analysis\":{\"intelligence_index\":%zu.5",
		   10 + rng_below(&r, 50));
	buf_printf(out, ",\"coding_index\":%zu", 10 + rng_below(&r, 60));
	buf_printf(out, ",\"agentic_index\":%s}}", rng_chance(&r, 20) ? "null" : "31.25");
}

static void write_reasoning(struct buf *out, const struct model *m)
{
	if (!(m->able & ABLE_REASONING))
		return;
	buf_printf(out, ",\"reasoning\":{\"mandatory\":%s", m->flavour & 1 ? "true" : "false");
	if (m->flavour & 2)
		buf_str(out, ",\"default_enabled\":true");
	if (m->flavour & 4)
		buf_str(out, ",\"supported_efforts\":[\"high\",\"medium\",\"low\"],"
			     "\"default_effort\":\"medium\"");
	if (m->flavour & 8)
		buf_str(out, ",\"supports_max_tokens\":true");
	buf_char(out, '}');
}

static void write_identity(struct buf *out, const struct model *m, enum json_text how)
{
	buf_str(out, "{\"id\":");
	buf_json(out, m->id, how);
	buf_str(out, ",\"canonical_slug\":");
	buf_json(out, m->slug, how);
	if (m->alias_id) {
		buf_str(out, ",\"alias_target\":{\"name\":");
		buf_json(out, m->alias_name, how);
		buf_str(out, ",\"slug\":");
		buf_json(out, m->alias_id, how);
		buf_char(out, '}');
	}
	buf_str(out, ",\"hugging_face_id\":");
	if (m->flavour % 3 == 0 && !m->alias_id)
		buf_json(out, m->id, how);
	else
		buf_str(out, m->flavour % 3 == 1 ? "\"\"" : "null");
	buf_str(out, ",\"name\":");
	buf_json(out, m->name, how);
	buf_str(out, ",\"created\":");
	buf_uint(out, (uint64_t)m->created_s);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
}

static void write_dates(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"supported_voices\":");
	buf_str(out, m->outputs & MODALITY_AUDIO ? "[\"ash-tree\",\"low-tide\"]" : "null");
	if (m->flavour % 4)
		buf_str(out, ",\"knowledge_cutoff\":null");
	else
		buf_printf(out, ",\"knowledge_cutoff\":\"2025-%02u-30\"",
			   4 + (unsigned)(m->flavour % 8));
	if (m->expires.year)
		buf_printf(out, ",\"expiration_date\":\"%04d-%02d-%02d\"", m->expires.year,
			   m->expires.month, m->expires.day);
	else
		buf_str(out, ",\"expiration_date\":null");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	enum json_text how = wire_text(m);

	(void)s;
	write_identity(out, m, how);
	write_nullable(out, ",\"context_length\":", m->context_length);
	write_architecture(out, m);
	write_pricing(out, m);
	write_nullable(out, ",\"top_provider\":{\"context_length\":", m->context_length);
	write_nullable(out, ",\"max_completion_tokens\":", m->max_output);
	buf_printf(out, ",\"is_moderated\":%s},\"per_request_limits\":null",
		   m->flavour % 5 ? "false" : "true");
	write_params(out, m);
	write_defaults(out, m);
	write_dates(out, m);
	buf_printf(out, ",\"links\":{\"details\":\"/api/v1/models/%s/endpoints\"}", m->slug);
	write_benchmarks(out, m);
	write_reasoning(out, m);
	buf_char(out, '}');
}

static void write_end(struct buf *out, const struct page *p)
{
	if (p->counted)
		buf_printf(out, ",\"total_count\":%zu", p->total);
	if (p->has_next)
		buf_printf(out, ",\"links\":{\"next\":\"/api/v1/models?offset=%zu&limit=%zu\"}}",
			   p->rows, p->rows);
	else
		buf_str(out, ",\"links\":{\"next\":null}}");
}

const struct dialect wire_openrouter = {
	.row = write_row,
	.open = "{\"data\":",
	.end = write_end,
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"created\":1760000000,\"description\":\"\""
			      ",\"context_length\":8192"
			      ",\"architecture\":{\"modality\":\"text->text\""
			      ",\"input_modalities\":[\"text\"]"
			      ",\"output_modalities\":[\"text\"],\"tokenizer\":\"Other\""
			      ",\"instruct_type\":null},\"pricing\":{",
		 .to_tail = "},\"top_provider\":{\"context_length\":8192"
			    ",\"max_completion_tokens\":null,\"is_moderated\":false}"
			    ",\"per_request_limits\":null,\"supported_parameters\":[]"
			    ",\"expiration_date\":null",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
	.counts = true,
	.links = true,
};
