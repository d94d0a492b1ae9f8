/* SPDX-License-Identifier: MIT */
/*
 * xAI's lists, shapes of August 2026: GET /v1/language-models and GET /v1/image-generation-models
 * with prices, whole numbers of 1e-10 USD (0 = none), and GET /v1/models, which alone knows the
 * context length.
 */
#include "wire.h"

enum { TICKS = 10 };

static void write_ticks(struct buf *out, const char *key, const struct price *p)
{
	wire_member(out, key, p ? decimal_shift(p->amount, TICKS) : (struct decimal){ 0, 0 },
		    NUMBER_PLAIN);
}

static const struct price *above(const struct model *m, enum meter meter, uint32_t tokens)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && m->prices[i].terms.above_tokens == tokens)
			return &m->prices[i];
	return NULL;
}

static uint32_t threshold(const struct model *m)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].terms.above_tokens)
			return m->prices[i].terms.above_tokens;
	return 0;
}

static void write_head(struct buf *out, const struct model *m)
{
	wire_string(out, m, "id", m->id);
	buf_printf(out, ",\"fingerprint\":\"fp_%010jx\"", (uintmax_t)(m->flavour >> 24));
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "object", "model");
	wire_string(out, m, "owned_by", "makers");
	buf_printf(out, ",\"version\":\"1.%u\"", m->edits);
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	wire_raw(out, "aliases", "[");
	if (m->flavour & 1)
		buf_json(out, m->slug, JSON_UTF8);
	buf_char(out, ']');
}

/* --- /v1/language-models --- */

static void write_long(struct buf *out, const struct model *m)
{
	static const struct {
		const char *key;
		enum meter meter;
	} keys[] = {
		{ "prompt_text_token_price_long_context", METER_INPUT_TOKEN },
		{ "cached_prompt_text_token_price_long_context", METER_CACHED_INPUT_TOKEN },
		{ "prompt_image_token_price_long_context", METER_INPUT_IMAGE_TOKEN },
		{ "completion_text_token_price_long_context", METER_OUTPUT_TOKEN },
	};
	uint32_t tokens = threshold(m);

	if (!tokens && m->flavour & 2)
		return;
	wire_raw(out, "long_context_threshold", "");
	buf_uint(out, tokens);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		write_ticks(out, keys[i].key, tokens ? above(m, keys[i].meter, tokens) : NULL);
}

static void write_language(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	write_head(out, m);
	write_ticks(out, "prompt_text_token_price", wire_price(m, METER_INPUT_TOKEN, NULL));
	write_ticks(out, "cached_prompt_text_token_price",
		    wire_price(m, METER_CACHED_INPUT_TOKEN, NULL));
	write_ticks(out, "prompt_image_token_price", wire_price(m, METER_INPUT_IMAGE_TOKEN, NULL));
	write_ticks(out, "completion_text_token_price", wire_price(m, METER_OUTPUT_TOKEN, NULL));
	write_ticks(out, "search_price", wire_price(m, METER_WEB_SEARCH, NULL));
	write_long(out, m);
	buf_char(out, '}');
}

#define ODD_ROW                                                                                 \
	{                                                                                       \
		.open = "{", .id_key = "id", .to_text = "\"object\":\"model\",\"version\":",    \
		.to_prices = ",\"created\":1760000000,\"input_modalities\":[\"text\"]"          \
			     ",\"output_modalities\":[\"text\"],",                              \
		.to_tail = "", .close = "}", .input = "prompt_text_token_price",                \
		.output = "completion_text_token_price", .cheap = "10000", .ordinary = "25000", \
		.as_text = false                                                                \
	}

const struct dialect wire_xai = {
	.row = write_language,
	.open = "{\"models\":",
	.close = "}",
	.odd = ODD_ROW,
};

/* --- /v1/image-generation-models --- */

static void write_image(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	write_head(out, m);
	wire_raw(out, "max_prompt_length", m->flavour & 4 ? "1024" : "8000");
	write_ticks(out, "prompt_text_token_price", wire_price(m, METER_INPUT_TOKEN, NULL));
	write_ticks(out, "prompt_image_token_price", wire_price(m, METER_INPUT_IMAGE_TOKEN, NULL));
	write_ticks(out, "image_price", wire_price(m, METER_OUTPUT_IMAGE, NULL));
	buf_char(out, '}');
}

const struct dialect wire_xai_images = {
	.row = write_image,
	.open = "{\"models\":",
	.close = "}",
	.odd = ODD_ROW,
};

/* --- /v1/models --- */

static void write_model(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "object", "model");
	wire_string(out, m, "owned_by", "makers");
	if (m->context_length)
		wire_nullable(out, "context_length", m->context_length);
	buf_char(out, '}');
}

const struct dialect wire_xai_models = {
	.row = write_model,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = ODD_ROW,
};
