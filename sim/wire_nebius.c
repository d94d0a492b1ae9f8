/* SPDX-License-Identifier: MIT */
/*
 * Nebius Token Factory, shapes of August 2026: GET /v1/models?verbose=true with a key (strings, USD
 * per token), the same without the parameter (OpenAI's four fields), and the public
 * GET /api/public/models_info (families with flavors, numbers per 1M tokens).
 */
#include "wire.h"

#include <string.h>

#include "providers.h"

enum { MILLION = 6, DIGITS = 12 };

/* --- /v1/models?verbose=true --- */

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (p && p->amount.mantissa) {
		wire_member_text(out, key, p->how == HOW_PLAIN ? p->amount : p->quoted);
		return;
	}
	buf_comma(out);
	buf_printf(out, "\"%s\":\"%s\"", key, wire_draw(m, key, 3) ? "0" : "0.0");
}

static void write_pricing(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"pricing\":{");
	write_price(out, m, "prompt", METER_INPUT_TOKEN);
	write_price(out, m, "completion", METER_OUTPUT_TOKEN);
	write_price(out, m, "image", METER_INPUT_IMAGE);
	write_price(out, m, "price_per_video_second", METER_VIDEO_SECOND);
	write_price(out, m, "request", METER_REQUEST);
	write_price(out, m, "price_per_minute", METER_AUDIO_SECOND);
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	char modality[MODALITY_SIZE];

	(void)s;
	modality_print(modality, m->inputs, m->outputs);
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "name", m->name);
	buf_printf(out, ",\"created\":%jd,\"description\":", (intmax_t)m->created_s);
	wire_description(out, m);
	buf_printf(out, ",\"context_length\":%jd", (intmax_t)m->context_length);
	buf_printf(out, ",\"architecture\":{\"modality\":\"%s\",\"tokenizer\":\"Other\"}",
		   modality);
	if (m->quantization || m->flavour & 4)
		wire_string(out, m, "quantization", m->quantization);
	write_pricing(out, m);
	buf_printf(out,
		   ",\"per_request_limits\":{\"tokens_per_minute\":%u00000.0,"
		   "\"requests_per_minute\":600.0,\"burst_ratio\":1.0}",
		   1 + (unsigned)(m->flavour % 30));
	buf_str(out, ",\"object\":\"model\",\"owned_by\":\"system\","
		     "\"regions\":[{\"country_code\":\"FI\",\"name\":\"north-9\"}]");
	wire_features(out, m);
	buf_printf(out, ",\"supported_sampling_parameters\":[%s]",
		   m->flavour & 2 ? "\"temperature\",\"top_p\"" : "");
	buf_char(out, '}');
}

/* Both lists of the vendor's own API. */
#define ODD_ROW                                                                          \
	{                                                                                \
		.open = "{", .id_key = "id", .to_text = "\"name\":",                     \
		.to_prices = ",\"created\":1760000000,\"context_length\":8192"           \
			     ",\"architecture\":{\"modality\":\"text->text\""            \
			     ",\"tokenizer\":\"Other\"},\"supported_features\":[]"       \
			     ",\"pricing\":{",                                           \
		.to_tail = "}", .close = "}", .input = "prompt", .output = "completion", \
		.cheap = "0.000001", .ordinary = "0.000002", .as_text = true             \
	}

const struct dialect wire_nebius = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = ODD_ROW,
};

/* --- /v1/models --- */

static void write_bare_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	buf_printf(out, ",\"object\":\"model\",\"created\":%jd,\"owned_by\":\"system\"}",
		   (intmax_t)m->created_s);
}

const struct dialect wire_nebius_bare = {
	.row = write_bare_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = ODD_ROW,
};

/* --- /api/public/models_info --- */

static void write_million(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);
	struct decimal d = p ? wire_noise(m, p, DIGITS) : (struct decimal){ 0, 0 };

	wire_member(out, key, decimal_shift(d, MILLION), NUMBER_PLAIN);
}

static void write_flavor(struct buf *out, const struct model *m, const char *type)
{
	buf_str(out, ",\"flavors\":[{");
	wire_string(out, m, "model_id", m->id);
	wire_string(out, m, "model_type", type);
	wire_string(out, m, "label", m->flavour & 1 ? "cheap" : "fast");
	buf_printf(out,
		   ",\"regions\":[],\"external_provider\":false,\"context_window_k\":%jd,"
		   "\"max_model_len\":%jd,\"tokens_per_second\":%u.25",
		   (intmax_t)(m->context_length / 1024), (intmax_t)m->context_length,
		   20 + (unsigned)(m->flavour % 200));
	write_million(out, m, "input_price_per_million_tokens", METER_INPUT_TOKEN);
	write_million(out, m, "output_price_per_million_tokens", METER_OUTPUT_TOKEN);
	wire_string(out, m, "quantization", m->quantization);
	buf_str(out, "}]");
}

static void write_created(struct buf *out, const struct model *m)
{
	if (m->flavour & 4)
		buf_printf(out, ",\"created_at\":%jd", (intmax_t)m->created_s);
	else
		buf_printf(out, ",\"created_at\":\"2026-0%u-11T00:00:00.000Z\"",
			   1 + (unsigned)(m->flavour % 9));
}

static void write_family(struct buf *out, const struct shop *s, const struct model *m)
{
	const char *word = shape_kind(s->provider->shape, m->kind)->word;
	const char *type = m->inputs & MODALITY_IMAGE ? "image2text" : word;

	buf_char(out, '{');
	wire_string(out, m, "type", type);
	wire_string(out, m, "name", strchr(m->id, '/') + 1);
	write_created(out, m);
	wire_string(out, m, "status", m->flavour % 7 ? "active" : "error");
	wire_string(out, m, "huggingface_url", "https://huggingface.invalid/card");
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	buf_str(out, ",\"vendor\":\"makers\",\"tags\":[],\"use_cases\":[\"text\"],"
		     "\"license\":{\"url\":\"\",\"name\":\"open\",\"type\":\"\"},\"size_b\":44,"
		     "\"quality\":0");
	write_flavor(out, m, type);
	buf_printf(out, ",\"context_window_k\":%jd}", (intmax_t)(m->context_length / 1024));
}

const struct dialect wire_nebius_public = {
	.row = write_family,
	.odd = { .open = "{\"type\":\"text2text\",\"name\":\"odd\",\"status\":\"active\","
			 "\"flavors\":[{",
		 .id_key = "model_id",
		 .to_text = "\"label\":",
		 .to_prices = ",\"max_model_len\":8192,\"quantization\":null,",
		 .to_tail = "",
		 .close = "}]}",
		 .input = "input_price_per_million_tokens",
		 .output = "output_price_per_million_tokens",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
