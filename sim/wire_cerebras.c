/* SPDX-License-Identifier: MIT */
/*
 * Cerebras' public list (GET /public/v1/models), shape of August 2026: a handful of rows, strings in
 * USD per token, capabilities and parameters as objects of booleans.
 */
#include "wire.h"

static void write_pricing(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"pricing\":{");
	wire_member_text(out, "prompt", wire_price(m, METER_INPUT_TOKEN, NULL)->amount);
	wire_member_text(out, "completion", wire_price(m, METER_OUTPUT_TOKEN, NULL)->amount);
	buf_char(out, '}');
}

static void write_able(struct buf *out, const struct model *m)
{
	bool tools = m->able & ABLE_TOOLS;

	buf_str(out, ",\"capabilities\":{");
	wire_bool(out, "streaming", m->able & ABLE_STREAMING);
	wire_bool(out, "function_calling", tools);
	wire_bool(out, "structured_outputs", m->able & ABLE_STRUCTURED_OUTPUTS);
	wire_bool(out, "vision", m->able & ABLE_VISION);
	wire_bool(out, "json_mode", true);
	wire_bool(out, "tools", tools);
	wire_bool(out, "tool_choice", tools);
	wire_bool(out, "parallel_tool_calls", m->flavour & 1);
	wire_bool(out, "response_format", true);
	wire_bool(out, "reasoning", m->able & ABLE_REASONING);
	buf_str(out, "},\"supported_parameters\":{");
	wire_bool(out, "temperature", true);
	wire_bool(out, "seed", m->flavour & 2);
	wire_bool(out, "logit_bias", m->flavour & 4);
	buf_char(out, '}');
}

static void write_limits(struct buf *out, const struct model *m)
{
	buf_printf(out, ",\"limits\":{\"max_context_length\":%jd", (intmax_t)m->context_length);
	if (m->max_output)
		buf_printf(out, ",\"max_completion_tokens\":%jd", (intmax_t)m->max_output);
	else
		buf_str(out, ",\"max_completion_tokens\":null");
	buf_str(out, ",\"requests_per_minute\":null,\"tokens_per_minute\":null}");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	buf_printf(out, ",\"created\":%jd", m->flavour & 8 ? (intmax_t)m->created_s : 0);
	wire_string(out, m, "owned_by", "Makers");
	wire_string(out, m, "name", m->name);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	if (m->flavour & 16)
		wire_string(out, m, "hugging_face_id", m->flavour & 32 ? m->slug : NULL);
	write_pricing(out, m);
	write_able(out, m);
	buf_printf(out, ",\"architecture\":{\"modality\":\"%s\",\"tokenizer\":\"%s\"",
		   m->inputs & MODALITY_IMAGE ? "text+vision" : "text", m->tokenizer);
	buf_str(out, ",\"instruct_type\":\"turnwise\"}");
	write_limits(out, m);
	buf_str(out, ",\"datacenter_locations\":[]");
	wire_bool(out, "deprecated", m->flavour % 5 == 0);
	wire_bool(out, "preview", m->flavour % 7 == 0);
	wire_string(out, m, "quantization", m->quantization);
	buf_char(out, '}');
}

const struct dialect wire_cerebras = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"created\":0,\"capabilities\":{}"
			      ",\"architecture\":{\"modality\":\"text\"}"
			      ",\"limits\":{\"max_context_length\":8192},\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
