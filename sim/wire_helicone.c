/* SPDX-License-Identifier: MIT */
/*
 * Helicone's registry (GET /v1/public/model-registry/models), shape of 2026: a model with an
 * endpoint for each provider that serves it; every number is a price of one unit × 1e6 with the
 * noise of binary floats, whatever the unit, and zero is absent; tiers begin at a threshold, the
 * first of them at 0, which repeats the plain prices.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12 };

static const struct key {
	const char *name, *other; /* other: what some rows call it; or NULL */
	enum meter meter;
} keys[] = {
	{ "prompt", NULL, METER_INPUT_TOKEN },
	{ "completion", NULL, METER_OUTPUT_TOKEN },
	{ "audio", NULL, METER_INPUT_AUDIO_TOKEN },
	{ "thinking", "internal_reasoning", METER_REASONING_TOKEN },
	{ "cacheRead", NULL, METER_CACHED_INPUT_TOKEN },
	{ "cacheWrite", NULL, METER_CACHE_WRITE_TOKEN },
	{ "web_search", NULL, METER_WEB_SEARCH },
	{ "image", NULL, METER_INPUT_IMAGE },
};

static void write_prices(struct buf *out, const struct model *m, uint32_t from)
{
	for (size_t i = 0; i < m->price_count; i++) {
		const struct price *p = &m->prices[i];
		const struct key *k = keys;

		while (k->meter != p->meter)
			k++;
		if (p->terms.from_tokens != from || !p->amount.mantissa)
			continue;
		wire_member(out, k->other && wire_draw(m, "key", 2) ? k->other : k->name,
			    decimal_shift(wire_noise(m, p, DIGITS), MILLION), NUMBER_PLAIN);
	}
}

/* The lowest threshold after this one; 0 = there is none. */
static uint32_t next_threshold(const struct model *m, uint32_t after)
{
	uint32_t next = 0;

	for (size_t i = 0; i < m->price_count; i++) {
		uint32_t from = m->prices[i].terms.from_tokens;

		if (from > after && (!next || from < next))
			next = from;
	}
	return next;
}

static void write_tiers(struct buf *out, const struct model *m)
{
	uint32_t from = 0;

	if (!next_threshold(m, 0))
		return;
	buf_str(out, ",\"pricingTiers\":[");
	do {
		buf_comma(out);
		buf_printf(out, "{\"threshold\":%u", from);
		write_prices(out, m, from);
		buf_char(out, '}');
		from = next_threshold(m, from);
	} while (from);
	buf_char(out, ']');
}

static void write_endpoint(struct buf *out, const struct model *m)
{
	buf_comma(out);
	buf_printf(out, "{\"provider\":\"The %s company\",\"providerSlug\":\"%s\"", m->host,
		   m->host);
	if (m->flavour & 1)
		wire_bool(out, "supportsPtb", m->flavour & 2);
	if (m->edits)
		wire_count(out, "revision", m->edits);
	buf_str(out, ",\"pricing\":{");
	write_prices(out, m, 0);
	if (m->price_count && m->flavour % 11 == 0)
		buf_str(out, ",\"video\":0.30000000000000004");
	buf_char(out, '}');
	write_tiers(out, m);
	buf_char(out, '}');
}

static void write_facts(struct buf *out, const struct model *m)
{
	static const struct able_word words[] = {
		{ ABLE_TOOLS, "tools" },
		{ ABLE_STRUCTURED_OUTPUTS, "structured_outputs" },
		{ ABLE_REASONING, "reasoning" },
		{ ABLE_REASONING, "include_reasoning" },
		{ 0, NULL },
	};

	wire_string(out, m, "id", m->sold);
	wire_string(out, m, "name", m->name);
	wire_string(out, m, "author", "makers");
	if (m->context_length)
		wire_count(out, "contextLength", m->context_length);
	if (m->max_output)
		wire_count(out, "maxOutput", m->max_output);
	if (m->flavour & 4)
		buf_str(out, ",\"trainingDate\":\"2024-01-01\"");
	if (m->edits || m->flavour & 8)
		wire_paragraph(out, m, "description");
	wire_modalities(out, m, "inputModalities", m->inputs);
	wire_modalities(out, m, "outputModalities", m->outputs);
	wire_ables(out, m, "supportedParameters", words, "\"max_tokens\",\"temperature\"");
}

static void write_element(struct buf *out, const struct shop *s, const struct model *const *rows,
			  size_t count)
{
	(void)s;
	buf_char(out, '{');
	write_facts(out, rows[0]);
	buf_str(out, ",\"endpoints\":[");
	for (size_t i = 0; i < count; i++)
		write_endpoint(out, rows[i]);
	buf_str(out, "]}");
}

static void write_end(struct buf *out, const struct page *p)
{
	if (p->counted)
		buf_printf(out, ",\"total\":%zu", p->total);
	buf_str(out, ",\"filters\":{\"providers\":[],\"authors\":[\"makers\"],"
		     "\"capabilities\":[\"audio\",\"image\"]}},\"error\":null}");
}

const struct dialect wire_helicone = {
	.element = write_element,
	.open = "{\"data\":{\"models\":",
	.end = write_end,
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"author\":\"makers\",\"contextLength\":8192,"
			      "\"inputModalities\":[\"text\"],\"outputModalities\":[\"text\"],"
			      "\"supportedParameters\":[],\"endpoints\":[{\"provider\":\"Odd\","
			      "\"providerSlug\":\"odd\",\"pricing\":{",
		 .to_tail = "}}]",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
	.counts = true,
};
