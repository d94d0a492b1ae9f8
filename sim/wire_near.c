/* SPDX-License-Identifier: MIT */
/*
 * NEAR AI's lists, shapes of August 2026: GET /v1/models, where one object holds strings in USD per
 * token beside older numbers in USD per 1M tokens, and GET /v1/model/list with whole numbers and
 * their scale.  Both are public; a row may be priced in the second alone.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12, SCALE = 9 };

/* --- /v1/models --- */

/* What the second list has as well. */
static bool leaves_prices(const struct model *m)
{
	return !(m->traits & TRAIT_MAIN_ONLY) && !wire_price(m, METER_REQUEST, NULL) &&
	       m->flavour % 6 == 0;
}

static bool leaves_context(const struct model *m)
{
	return !(m->traits & TRAIT_MAIN_ONLY) && m->flavour % 7 == 0;
}

static void write_pricing(struct buf *out, const struct model *m)
{
	static const struct {
		const char *key;
		enum meter meter;
	} older[] = { { "input", METER_INPUT_TOKEN }, { "output", METER_OUTPUT_TOKEN } };

	if (!m->price_count || leaves_prices(m)) {
		if (m->flavour & 2)
			wire_raw(out, "pricing", "null");
		return;
	}
	wire_raw(out, "pricing", "{");
	for (size_t i = 0; i < sizeof(older) / sizeof(older[0]); i++)
		wire_member(
			out, older[i].key,
			decimal_shift(wire_noise(m, wire_price(m, older[i].meter, NULL), DIGITS),
				      MILLION),
			NUMBER_FLOAT);
	wire_price_text(out, m, "prompt", METER_INPUT_TOKEN, true);
	wire_price_text(out, m, "completion", METER_OUTPUT_TOKEN, true);
	wire_price_text(out, m, "image", METER_INPUT_IMAGE, m->flavour & 4);
	wire_price_text(out, m, "request", METER_REQUEST, m->flavour & 8);
	wire_price_text(out, m, "input_cache_read", METER_CACHED_INPUT_TOKEN, false);
	buf_char(out, '}');
}

static void write_modality(struct buf *out, const struct shop *s, const struct model *m)
{
	if (!shop_says(s, m, SAYS_MODALITY))
		return;
	if (m->flavour & 16) {
		wire_modalities(out, m, "input_modalities", m->inputs);
		wire_modalities(out, m, "output_modalities", m->outputs);
		return;
	}
	wire_raw(out, "architecture", "{");
	wire_modalities(out, m, "inputModalities", m->inputs);
	wire_modalities(out, m, "outputModalities", m->outputs);
	buf_char(out, '}');
}

static void write_limits(struct buf *out, const struct shop *s, const struct model *m)
{
	int64_t output = shop_says(s, m, SAYS_MAX_OUTPUT) ? m->max_output : 0;

	if (leaves_context(m))
		return;
	if (m->flavour & 32) {
		wire_nullable(out, "context_length", m->context_length);
		wire_nullable(out, "max_output_length", output);
		return;
	}
	wire_raw(out, "top_provider", "{");
	wire_nullable(out, "context_length", m->context_length);
	wire_nullable(out, "max_completion_tokens", output);
	wire_bool(out, "is_moderated", false);
	buf_char(out, '}');
}

/* The second list has no word for the longest answer. */
static void write_output(struct buf *out, const struct shop *s, const struct model *m)
{
	if (leaves_context(m) && m->max_output && shop_says(s, m, SAYS_MAX_OUTPUT))
		wire_nullable(out, "max_output_length", m->max_output);
}

static void write_end(struct buf *out, const struct model *m)
{
	wire_raw(out, "deprecation_date", m->expires.year ? "" : "null");
	if (m->expires.year)
		buf_printf(out, "\"%04d-%02d-%02d%s\"", m->expires.year, m->expires.month,
			   m->expires.day, m->flavour & 64 ? "T00:00:00Z" : "");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "owned_by", m->flavour & 1 ? "nearai" : "makers");
	if (m->traits & TRAIT_MAIN_ONLY || m->flavour % 9)
		wire_string(out, m, "name", m->name);
	wire_string(out, m, "hugging_face_id", m->flavour & 128 ? m->slug : NULL);
	if (shop_says(s, m, SAYS_QUANTIZATION) && m->quantization)
		wire_string(out, m, "quantization", m->quantization);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	wire_bool(out, "is_ready", true);
	write_end(out, m);
	write_limits(out, s, m);
	write_output(out, s, m);
	write_modality(out, s, m);
	if (shop_says(s, m, SAYS_ABLE))
		wire_features(out, m);
	wire_raw(out, "datacenters", "[{\"country_code\":\"IS\"}]");
	wire_raw(out, "openrouter", "{\"slug\":\"odd/slug\"}");
	wire_raw(out, "textPricing", "{\"version\":1,\"input\":\"9.5\",\"output\":\"99.5\"}");
	write_pricing(out, m);
	buf_char(out, '}');
}

const struct dialect wire_near = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"created\":1760000000,\"name\":",
		 .to_prices = ",\"context_length\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};

/* --- /v1/model/list --- */

static void write_cost(struct buf *out, const struct model *m, const char *key, enum meter meter,
		       bool always)
{
	const struct price *p = wire_price(m, meter, NULL);
	struct decimal d = decimal_trim(p ? p->amount : (struct decimal){ 0, 0 });
	unsigned scale = d.exp > SCALE ? d.exp : SCALE;

	if (!p && !always)
		return;
	scale += wire_draw(m, key, 5) == 0;
	wire_raw(out, key, "{\"amount\":");
	wire_number(out, decimal_shift(d, (int)scale), NUMBER_PLAIN);
	buf_printf(out, ",\"scale\":%u,\"currency\":\"USD\"}", scale);
}

static void write_native(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "modelId", m->id);
	if (m->price_count) {
		write_cost(out, m, "inputCostPerToken", METER_INPUT_TOKEN, true);
		write_cost(out, m, "outputCostPerToken", METER_OUTPUT_TOKEN, true);
		write_cost(out, m, "costPerImage", METER_INPUT_IMAGE, true);
		write_cost(out, m, "cacheReadCostPerToken", METER_CACHED_INPUT_TOKEN, false);
	}
	wire_raw(out, "metadata", "{");
	wire_bool(out, "verifiable", m->flavour & 1);
	wire_nullable(out, "contextLength", m->context_length);
	wire_string(out, m, "modelDisplayName", m->name);
	buf_str(out, ",\"modelDescription\":");
	wire_description(out, m);
	wire_string(out, m, "ownedBy", "makers");
	buf_str(out, "}}");
}

const struct dialect wire_near_native = {
	.row = write_native,
	.open = "{\"models\":",
	.close = ",\"limit\":100,\"offset\":0}",
	.odd = { .open = "{",
		 .id_key = "modelId",
		 .to_text = "\"metadata\":{\"contextLength\":8192,\"modelDisplayName\":",
		 .to_prices = "},\"inputCostPerToken\":{",
		 .to_tail = ",\"scale\":9,\"currency\":\"USD\"}",
		 .close = "}",
		 .input = "amount",
		 .output = "scale\":9,\"currency\":\"USD\"},\"outputCostPerToken\":{\"amount",
		 .cheap = "850",
		 .ordinary = "1700",
		 .as_text = false },
};
