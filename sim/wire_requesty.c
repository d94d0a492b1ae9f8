/* SPDX-License-Identifier: MIT */
/*
 * Requesty's list (GET /v1/models), shape of 2026: USD per token in short exponents (3e-7), one flat
 * object a row; `caching_price` is that of writing a cache, `cached_price` that of reading it; 0 where
 * there is none.
 */
#include "wire.h"

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);

	wire_member(out, key, p ? p->amount : (struct decimal){ 0, 0 }, NUMBER_SHORT);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_count(out, "created", m->created_s);
	wire_string(out, m, "owned_by", "system");
	wire_string(out, m, "api", m->flavour & 1 ? "chat" : "messages");
	write_price(out, m, "input_price", METER_INPUT_TOKEN);
	write_price(out, m, "caching_price", METER_CACHE_WRITE_TOKEN);
	write_price(out, m, "cached_price", METER_CACHED_INPUT_TOKEN);
	write_price(out, m, "output_price", METER_OUTPUT_TOKEN);
	wire_count(out, "max_output_tokens", m->max_output);
	wire_count(out, "context_window", m->context_length);
	wire_bool(out, "supports_caching", wire_price(m, METER_CACHED_INPUT_TOKEN, NULL));
	wire_bool(out, "supports_vision", m->able & ABLE_VISION);
	wire_bool(out, "supports_computer_use", m->flavour & 2);
	wire_bool(out, "supports_reasoning", m->able & ABLE_REASONING);
	wire_bool(out, "supports_tool_calling", m->able & ABLE_TOOLS);
	wire_paragraph(out, m, "description");
	buf_char(out, '}');
}

const struct dialect wire_requesty = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"description\":",
		 .to_prices = ",\"created\":1760000000,\"context_window\":8192,"
			      "\"max_output_tokens\":0,\"caching_price\":0,\"cached_price\":0,",
		 .to_tail = "",
		 .close = "}",
		 .input = "input_price",
		 .output = "output_price",
		 .cheap = "1e-6",
		 .ordinary = "2.5e-6",
		 .as_text = false },
};
