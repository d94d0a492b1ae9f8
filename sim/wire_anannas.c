/* SPDX-License-Identifier: MIT */
/*
 * Anannas' list (GET /v1/models): strings in USD per token as its documentation has them, or numbers
 * of an unknown unit under other keys as its users have seen them.
 */
#include "wire.h"

static void write_pricing(struct buf *out, const struct model *m)
{
	if (m->price_count) {
		wire_raw(out, "pricing", "{");
		wire_price_text(out, m, "prompt", METER_INPUT_TOKEN, true);
		wire_price_text(out, m, "completion", METER_OUTPUT_TOKEN, true);
		wire_price_text(out, m, "request", METER_REQUEST, m->flavour & 1);
		buf_char(out, '}');
	} else if (wire_draw(m, "pricing", 4)) {
		buf_printf(out, ",\"pricing\":{\"input\":%zu.25,\"output\":%zu}",
			   wire_draw(m, "input", 5), 1 + wire_draw(m, "output", 20));
	}
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	const struct able_word words[] = {
		{ ABLE_TOOLS, m->flavour & 2 ? "tools" : "function_calling" },
		{ ABLE_VISION, "vision" },
		{ ABLE_REASONING, "reasoning" },
		{ ABLE_STRUCTURED_OUTPUTS, "structured_outputs" },
		{ 0, NULL },
	};

	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_string(out, m, "name", m->name);
	wire_string(out, m, "provider", "makers");
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	wire_nullable(out, m->flavour & 4 ? "context_length" : "context_window", m->context_length);
	if (m->max_output)
		wire_nullable(out, "max_output", m->max_output);
	wire_raw(out, "supported_parameters", "[\"temperature\"]");
	write_pricing(out, m);
	if (shop_says(s, m, SAYS_ABLE))
		wire_ables(out, m, "capabilities", words, m->flavour & 8 ? "\"chat\"" : NULL);
	else if (m->flavour & 8)
		wire_raw(out, "capabilities", "null");
	buf_char(out, '}');
}

const struct dialect wire_anannas = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"context_length\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
