/* SPDX-License-Identifier: MIT */
/*
 * SambaNova's list (GET /v1/models), shape of 2026: USD per token, as strings in some rows and as
 * numbers in others; an hourly price beside them that is not for callers.
 */
#include "wire.h"

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (!p)
		return;
	if (wire_draw(m, "pricing", 2))
		wire_member_text(out, key, p->amount);
	else
		wire_member(out, key, p->amount,
			    wire_draw(m, key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	if (m->context_length)
		wire_count(out, "context_length", m->context_length);
	wire_string(out, m, "id", m->id);
	if (m->max_output)
		wire_count(out, "max_completion_tokens", m->max_output);
	wire_string(out, m, "object", "model");
	wire_string(out, m, "owned_by", "no-reply@hosts.invalid");
	if (!(m->traits & TRAIT_UNPRICED)) {
		buf_str(out, ",\"pricing\":{");
		write_price(out, m, "completion", METER_OUTPUT_TOKEN);
		if (m->flavour & 1)
			buf_str(out, ",\"duration_per_hour\":0.99");
		write_price(out, m, "prompt", METER_INPUT_TOKEN);
		buf_char(out, '}');
	}
	buf_printf(out, ",\"sn_metadata\":{\"revision\":%u}}", m->edits);
}

const struct dialect wire_sambanova = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"owned_by\":",
		 .to_prices = ",\"context_length\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
