/* SPDX-License-Identifier: MIT */
/*
 * DeepInfra's OpenAI-style list (GET /v1/openai/models), shape of April 2026: all that is worth
 * knowing is below `metadata`, which is null in half of the rows; USD per 1M tokens with the noise
 * of binary floats, cached prices true to seven digits.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12, CACHED_DIGITS = 7 };

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter,
			unsigned digits)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (p)
		wire_member(out, key, decimal_shift(wire_noise(m, p, digits), MILLION),
			    wire_draw(m, key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
}

static void write_metadata(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"metadata\":{\"description\":");
	wire_description(out, m);
	if (m->context_length)
		buf_printf(out, ",\"context_length\":%jd", (intmax_t)m->context_length);
	if (m->max_output)
		buf_printf(out, ",\"max_tokens\":%jd", (intmax_t)m->max_output);
	buf_str(out, ",\"pricing\":{");
	write_price(out, m, "input_tokens", METER_INPUT_TOKEN, DIGITS);
	write_price(out, m, "output_tokens", METER_OUTPUT_TOKEN, DIGITS);
	write_price(out, m, "cache_read_tokens", METER_CACHED_INPUT_TOKEN, CACHED_DIGITS);
	buf_str(out, "},\"tags\":[");
	if (m->able & ABLE_VISION)
		buf_str(out, "\"vision\"");
	if (m->able & ABLE_REASONING) {
		buf_comma(out);
		buf_str(out, "\"reasoning\"");
	}
	buf_str(out, "]}");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_str(out, "{\"id\":");
	buf_json(out, m->id, wire_text(m));
	buf_str(out, ",\"object\":\"model\",\"created\":0,\"owned_by\":\"deepinfra\",\"root\":");
	buf_json(out, m->id, wire_text(m));
	buf_str(out, ",\"parent\":null");
	if (m->unsaid)
		buf_printf(out, ",\"metadata\":null,\"revision\":%u", m->edits);
	else
		write_metadata(out, m);
	buf_char(out, '}');
}

const struct dialect wire_deepinfra_openai = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"created\":0,\"metadata\":{\"description\":",
		 .to_prices = ",\"context_length\":8192,\"tags\":[],\"pricing\":{",
		 .to_tail = "}}",
		 .close = "}",
		 .input = "input_tokens",
		 .output = "output_tokens",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
