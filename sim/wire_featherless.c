/* SPDX-License-Identifier: MIT */
/*
 * Featherless' list (GET /v1/models), shape of autumn 2026: tens of thousands of rows in one body,
 * sold by the month, so that hardly one has prices; those that do have strings in USD per token,
 * numbers in USD per 1M tokens, or both.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12 };

static void write_number(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	wire_member(out, key,
		    decimal_shift(wire_noise(m, wire_price(m, meter, NULL), DIGITS), MILLION),
		    wire_draw(m, key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	size_t form = wire_draw(m, "pricing", 3);

	wire_raw(out, "pricing", "{");
	if (form != 1) {
		wire_price_text(out, m, "prompt", METER_INPUT_TOKEN, true);
		wire_price_text(out, m, "completion", METER_OUTPUT_TOKEN, true);
	}
	wire_price_text(out, m, "image", METER_INPUT_IMAGE, true);
	wire_price_text(out, m, "request", METER_REQUEST, true);
	if (form != 0) {
		write_number(out, m, "input", METER_INPUT_TOKEN);
		write_number(out, m, "output", METER_OUTPUT_TOKEN);
	}
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "name", m->name);
	wire_string(out, m, "owned_by", "makers");
	buf_printf(out, ",\"model_class\":\"%s-%zub\"", m->tokenizer,
		   7 + wire_draw(m, "class", 80));
	wire_nullable(out, "context_length", m->context_length);
	wire_nullable(out, "max_completion_tokens", m->max_output);
	wire_bool(out, "is_gated", m->flavour & 1);
	wire_bool(out, "available_on_current_plan", m->flavour & 2);
	wire_string(out, m, "status", "active");
	if (shop_says(s, m, SAYS_ABLE)) {
		wire_raw(out, "features", "{");
		wire_bool(out, "tool_use", m->able & ABLE_TOOLS);
		wire_bool(out, "vision", m->able & ABLE_VISION);
		wire_bool(out, "streaming", true);
		buf_char(out, '}');
	}
	buf_printf(out, ",\"concurrency_cost\":%zu", 1 + wire_draw(m, "cost", 4) + m->edits);
	if (m->price_count)
		write_pricing(out, m);
	buf_char(out, '}');
}

const struct dialect wire_featherless = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"created\":1760000000,\"model_class\":\"odd\""
			      ",\"context_length\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
