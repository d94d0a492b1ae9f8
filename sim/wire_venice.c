/* SPDX-License-Identifier: MIT */
/*
 * Venice's list (GET /api/v1/models), shape of March 2026: nearly everything is below `model_spec`;
 * each price is a pair of twins, of which only the dollars are money; dearer above a count that
 * stands in the row.  Kinds other than text and embedding have price keys of their own.
 */
#include "wire.h"

#include "providers.h"

enum { MILLION = 6 };

static const struct key {
	const char *name;
	enum meter meter;
} keys[] = {
	{ "input", METER_INPUT_TOKEN },
	{ "cache_input", METER_CACHED_INPUT_TOKEN },
	{ "cache_write", METER_CACHE_WRITE_TOKEN },
	{ "output", METER_OUTPUT_TOKEN },
};

static void write_twins(struct buf *out, const char *key, struct decimal usd)
{
	struct decimal d = decimal_shift(usd, MILLION);

	buf_comma(out);
	buf_printf(out, "\"%s\":{", key);
	wire_member(out, "usd", d, NUMBER_PLAIN);
	wire_member(out, "diem", decimal_times(d, 11, 1), NUMBER_PLAIN);
	buf_char(out, '}');
}

static const struct price *above(const struct model *m, enum meter meter, uint32_t tokens)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && m->prices[i].terms.above_tokens == tokens)
			return &m->prices[i];
	return NULL;
}

static void write_prices(struct buf *out, const struct model *m, uint32_t tokens)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct price *p = above(m, keys[i].meter, tokens);

		if (p)
			write_twins(out, keys[i].name, p->amount);
	}
}

/* What other kinds cost, in words that nobody reads. */
static void write_others(struct buf *out, const struct model *m)
{
	struct decimal some = { 1 + m->flavour % 90, 9 };

	if (m->kind == KIND_EMBEDDING)
		write_twins(out, "output", (struct decimal){ 0, 0 });
	else if (m->kind == KIND_SPEECH)
		write_twins(out, "input", some);
	else if (m->kind != KIND_CHAT)
		write_twins(out, m->kind == KIND_TRANSCRIPTION ? "per_audio_second" : "generation",
			    some);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	uint32_t tokens = 0;

	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].terms.above_tokens)
			tokens = m->prices[i].terms.above_tokens;
	buf_str(out, "\"pricing\":{");
	write_prices(out, m, 0);
	write_others(out, m);
	if (tokens) {
		buf_printf(out, ",\"extended\":{\"context_token_threshold\":%u", tokens);
		write_prices(out, m, tokens);
		buf_char(out, '}');
	}
	buf_char(out, '}');
}

static void write_able(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"capabilities\":{");
	wire_bool(out, "optimizedForCode", m->flavour & 1);
	wire_string(out, m, "quantization", m->quantization ? m->quantization : "not-available");
	if (m->flavour & 2)
		wire_count(out, "maxImages", 1 + (int64_t)(m->flavour % 10));
	wire_bool(out, "supportsAudioInput", m->able & ABLE_AUDIO_INPUT);
	wire_bool(out, "supportsFunctionCalling", m->able & ABLE_TOOLS);
	wire_bool(out, "supportsLogProbs", m->flavour & 4);
	wire_bool(out, "supportsReasoning", m->able & ABLE_REASONING);
	wire_bool(out, "supportsResponseSchema", m->able & ABLE_STRUCTURED_OUTPUTS);
	wire_bool(out, "supportsVideoInput", false);
	wire_bool(out, "supportsVision", m->able & ABLE_VISION);
	wire_bool(out, "supportsWebSearch", m->flavour & 8);
	buf_char(out, '}');
}

static void write_spec(struct buf *out, const struct shop *s, const struct model *m)
{
	const struct date *d = &m->expires;

	buf_str(out, ",\"model_spec\":{");
	write_pricing(out, m);
	if (m->context_length)
		wire_count(out, "availableContextTokens", m->context_length);
	if (m->max_output)
		wire_count(out, "maxCompletionTokens", m->max_output);
	if (shop_says(s, m, SAYS_ABLE))
		write_able(out, m);
	if (d->year)
		buf_printf(out, ",\"deprecation\":{\"date\":\"%04d-%02d-%02dT00:00:00.000Z\"}",
			   d->year, d->month, d->day);
	if (m->edits || m->flavour % 9)
		wire_paragraph(out, m, "description");
	wire_string(out, m, "name", m->name);
	if (m->flavour & 16)
		buf_str(out, ",\"modelSource\":\"https://weights.invalid/card\"");
	buf_str(out, ",\"offline\":false,\"privacy\":\"private\",\"traits\":[]}");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_count(out, "created", m->created_s);
	wire_string(out, m, "id", m->id);
	write_spec(out, s, m);
	buf_str(out, ",\"object\":\"model\",\"owned_by\":\"venice.invalid\"");
	wire_string(out, m, "type", shape_kind(s->provider->shape, m->kind)->word);
	buf_char(out, '}');
}

const struct dialect wire_venice = {
	.row = write_row,
	.open = "{\"data\":",
	.close = ",\"object\":\"list\",\"type\":\"all\"}",
	.odd = { .open = "{\"type\":\"text\",",
		 .id_key = "id",
		 .to_text = "\"model_spec\":{\"name\":",
		 .to_prices = ",\"availableContextTokens\":8192,\"pricing\":{\"input\":{",
		 .to_tail = "}}}",
		 .close = "}",
		 .input = "usd",
		 /* The other number stands in another object. */
		 .output = "diem\":1},\"output\":{\"usd",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
