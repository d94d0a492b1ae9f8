/* SPDX-License-Identifier: MIT */
/*
 * Fireworks' lists: GET /v1/serverless/models, shape of September 2026, a row per model and mode
 * with prices as an array of skus (decimal strings or money objects, USD per 1M tokens); and
 * GET /v1/accounts/fireworks/models, protobuf's JSON, with what the first does not say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers.h"
#include "wire.h"

enum { MILLION = 6, NANO = 9 };

/* --- /v1/serverless/models --- */

static void write_money(struct buf *out, const struct model *m, struct decimal d)
{
	struct decimal nanos = decimal_shift(d, NANO);
	uint64_t all = (uint64_t)nanos.mantissa, billion = 1000000000;
	const char *quote = m->flavour & 2 ? "\"" : "";

	buf_printf(out, "\"amount\":{\"currencyCode\":\"USD\",\"units\":%s%ju%s,\"nanos\":%ju}",
		   quote, (uintmax_t)(all / billion), quote, (uintmax_t)(all % billion));
}

static void write_sku(struct buf *out, const struct model *m, const char *sku,
		      const struct price *p)
{
	if (!p)
		return;
	struct decimal d = decimal_shift(p->amount, MILLION);

	buf_comma(out);
	buf_char(out, '{');
	wire_string(out, m, "sku", sku);
	buf_char(out, ',');
	if (m->flavour % 5 == 0 && decimal_trim(d).exp <= NANO)
		write_money(out, m, d);
	else {
		buf_str(out, "\"amount\":\"");
		wire_number(out, d, NUMBER_PLAIN);
		buf_char(out, '"');
	}
	wire_string(out, m, "unit", "1M tokens");
	buf_char(out, '}');
}

/* Nobody knows what this is of, or there is nothing. */
static void write_unpriced(struct buf *out, const struct model *m)
{
	static const char *const forms[] = {
		"null",
		"[]",
		"[{\"sku\":\"LLM input tokens (uncached)\",\"amount\":\"0.7\",\"unit\":\"1M chars\"}]",
		"[{\"sku\":\"Image steps\",\"amount\":\"0.0013\",\"unit\":\"step\"}]",
	};

	wire_raw(out, "pricing", forms[wire_draw(m, "unpriced", 4)]);
}

static void write_pricing(struct buf *out, const struct model *m, const char *tag)
{
	if (!m->price_count) {
		write_unpriced(out, m);
		return;
	}
	wire_raw(out, "pricing", "[");
	write_sku(out, m, "LLM output tokens", wire_price(m, METER_OUTPUT_TOKEN, tag));
	write_sku(out, m, "LLM input tokens (uncached)", wire_price(m, METER_INPUT_TOKEN, tag));
	write_sku(out, m, "LLM input tokens (cached)",
		  wire_price(m, METER_CACHED_INPUT_TOKEN, tag));
	buf_char(out, ']');
}

/* The second list has it, too, and then the first may keep silent. */
static bool leaves_context(const struct model *m)
{
	return !m->context_length || (!(m->traits & TRAIT_MAIN_ONLY) && m->flavour % 6 == 0);
}

static void write_mode(struct buf *out, const struct model *m, const char *tag)
{
	char *name = sim_format("%s (%s)", m->name, tag ? tag : "");

	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_string(out, m, "serverless_mode", tag ? tag : "standard");
	if (tag)
		wire_string(out, m, "service_tier", tag);
	wire_string(out, m, "display_name", tag ? name : m->name);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	if (!leaves_context(m))
		wire_nullable(out, "context_length", m->context_length);
	wire_raw(out, "use_cases", m->flavour & 8 ? "[\"chat\"]" : "[]");
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	wire_nullable(out, "created", m->created_s);
	write_pricing(out, m, tag);
	buf_char(out, '}');
	free(name);
}

/* One element a mode; the plain one is the first or the last. */
static void write_modes(struct buf *out, const struct shop *s, const struct model *m)
{
	static const char *const tags[] = { "fast", "priority" };
	bool last = m->flavour & 1;

	(void)s;
	if (!last)
		write_mode(out, m, NULL);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!wire_price(m, METER_INPUT_TOKEN, tags[i]))
			continue;
		if (last)
			write_mode(out, m, tags[i]);
		buf_char(out, ',');
		if (!last)
			write_mode(out, m, tags[i]);
	}
	if (last)
		write_mode(out, m, NULL);
}

const struct dialect wire_fireworks = {
	.row = write_modes,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"serverless_mode\":\"standard\""
			    ",\"display_name\":",
		 .to_prices = ",\"context_length\":8192,\"input_modalities\":[\"text\"]"
			      ",\"output_modalities\":[\"text\"],\"created\":1760000000"
			      ",\"pricing\":[{\"sku\":\"LLM input tokens (uncached)\",",
		 .to_tail = ",\"unit\":\"1M tokens\"}]",
		 .close = "}",
		 .input = "amount",
		 .output = "unit\":\"1M tokens\"},{\"sku\":\"LLM output tokens\",\"amount",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = true },
};

/* --- /v1/accounts/fireworks/models --- */

static void write_end(struct buf *out, const struct model *m)
{
	if (m->expires.year)
		buf_printf(out, ",\"deprecationDate\":{\"year\":%d,\"month\":%d,\"day\":%d}",
			   m->expires.year, m->expires.month, m->expires.day);
	else
		wire_raw(out, "deprecationDate", "null");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	char *link = sim_format("https://huggingface.co/%s", m->slug);

	buf_char(out, '{');
	wire_string(out, m, "name", m->id);
	wire_string(out, m, "displayName", m->name);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	buf_str(out, ",\"createTime\":\"2026-02-03T04:05:06.789012Z\",\"state\":\"READY\""
		     ",\"status\":{\"code\":\"OK\",\"message\":\"\"}");
	wire_string(out, m, "kind", shape_kind(s->provider->shape, m->kind)->word);
	if (m->context_length)
		wire_nullable(out, "contextLength", m->context_length);
	wire_raw(out, "trainingContextLength", "0");
	wire_bool(out, "supportsImageInput", m->able & ABLE_VISION);
	wire_bool(out, "supportsTools", m->able & ABLE_TOOLS);
	wire_bool(out, "supportsServerless", true);
	wire_bool(out, "supportsLora", m->flavour & 16);
	write_end(out, m);
	wire_string(out, m, "huggingFaceUrl", m->flavour & 32 ? link : "");
	buf_str(out, ",\"baseModelDetails\":{\"parameterCount\":\"44000000000\",\"moe\":false}"
		     ",\"supportedPrecisions\":[\"FP8\"]}");
	free(link);
}

const struct dialect wire_fireworks_models = {
	.row = write_row,
	.open = "{\"models\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "name",
		 .to_text = "\"displayName\":",
		 .to_prices = ",\"contextLength\":8192,\"odd\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
