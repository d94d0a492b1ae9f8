/* SPDX-License-Identifier: MIT */
/*
 * Hyperbolic's list (GET /v1/models), shape of 2026: `created` is the time of the answer, prices
 * are numbers per 1M tokens with the noise of binary floats, null or 0 where a row has none.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12, FIRST_ANSWER_S = 1790000000 };

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (p)
		wire_member(out, key, decimal_shift(wire_noise(m, p, DIGITS), MILLION),
			    NUMBER_PLAIN);
	else
		buf_printf(out, ",\"%s\":%s", key, wire_draw(m, "none", 3) ? "null" : "0");
}

static void write_count_or_null(struct buf *out, const char *key, int64_t n)
{
	if (n)
		wire_count(out, key, n);
	else
		buf_printf(out, ",\"%s\":null", key);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_count(out, "created", FIRST_ANSWER_S + (int64_t)(s->version % 100000000));
	wire_string(out, m, "owned_by", "Makers");
	write_count_or_null(out, "number_of_inference_nodes", (int64_t)(m->flavour % 4) + m->edits);
	wire_bool(out, "supports_chat", true);
	wire_bool(out, "supports_image_input", m->able & ABLE_VISION);
	wire_bool(out, "supports_tools", m->able & ABLE_TOOLS);
	write_count_or_null(out, "context_length", m->context_length);
	write_price(out, m, "input_price", METER_INPUT_TOKEN);
	write_price(out, m, "output_price", METER_OUTPUT_TOKEN);
	buf_char(out, '}');
}

const struct dialect wire_hyperbolic = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"owned_by\":",
		 .to_prices = ",\"created\":1790000000,\"context_length\":8192,"
			      "\"supports_chat\":true,",
		 .to_tail = "",
		 .close = "}",
		 .input = "input_price",
		 .output = "output_price",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
