/* SPDX-License-Identifier: MIT */
/*
 * Groq's list (GET /openai/v1/models), shape of summer 2026: OpenAI's fields, Groq's own and those
 * of a provider of OpenRouter side by side; strings in USD per token; no pricing at all on rows
 * that nobody priced.
 */
#include "wire.h"

static void write_pricing(struct buf *out, const struct model *m)
{
	if (!m->price_count)
		return;
	wire_raw(out, "pricing", "{");
	wire_price_text(out, m, "prompt", METER_INPUT_TOKEN, true);
	wire_price_text(out, m, "completion", METER_OUTPUT_TOKEN, true);
	wire_price_text(out, m, "input_cache_read", METER_CACHED_INPUT_TOKEN, false);
	wire_price_text(out, m, "request", METER_REQUEST, m->flavour & 2);
	wire_price_text(out, m, "image", METER_INPUT_IMAGE, m->flavour & 4);
	buf_char(out, '}');
}

static void write_limits(struct buf *out, const struct model *m)
{
	bool older = m->flavour % 4 == 0;

	wire_nullable(out, "context_window", m->context_length);
	wire_nullable(out, "max_completion_tokens", m->max_output);
	if (older)
		return;
	wire_nullable(out, "context_length", m->context_length);
	wire_nullable(out, "max_output_length", m->max_output);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "owned_by", "Makers");
	wire_bool(out, "active", m->flavour % 9);
	wire_raw(out, "public_apps", m->flavour & 8 ? "[]" : "null");
	wire_string(out, m, "name", m->name);
	write_limits(out, m);
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	wire_features(out, m);
	wire_nullable(out, "revision", m->edits);
	write_pricing(out, m);
	buf_char(out, '}');
}

const struct dialect wire_groq = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"created\":1760000000,\"name\":",
		 .to_prices = ",\"active\":true,\"context_window\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
