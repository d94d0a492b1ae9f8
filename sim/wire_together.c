/* SPDX-License-Identifier: MIT */
/*
 * Together's list (GET /v1/models), shape of 2026: a bare array; numbers in USD per 1M tokens, per
 * 1M characters on audio rows, with the noise of binary floats; every row has the same price keys
 * whether they mean anything for its type or not, and then they are 0.
 */
#include "wire.h"

#include <stdio.h>

#include "providers.h"

enum { MILLION = 6, DIGITS = 12 };

static void write_price(struct buf *out, const struct model *m, const char *key,
			const struct price *p)
{
	struct decimal d =
		p ? decimal_shift(wire_noise(m, p, DIGITS), MILLION) : (struct decimal){ 0, 0 };

	wire_member(out, key, d, wire_draw(m, key, 4) ? NUMBER_PLAIN : NUMBER_FLOAT);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	const struct price *input = wire_price(
		m, m->kind == KIND_SPEECH ? METER_INPUT_CHARACTER : METER_INPUT_TOKEN, NULL);
	const struct price *cached = wire_price(m, METER_CACHED_INPUT_TOKEN, NULL);

	buf_printf(out, ",\"pricing\":{\"hourly\":%s", m->flavour % 6 ? "0" : "4.4999999999999996");
	/* Per minute, as it happens: a number of another unit under the same key. */
	if (m->kind == KIND_TRANSCRIPTION && m->flavour & 1)
		buf_str(out, ",\"input\":0.0015");
	else
		write_price(out, m, "input", input);
	write_price(out, m, "output", wire_price(m, METER_OUTPUT_TOKEN, NULL));
	if (cached || m->flavour & 2)
		write_price(out, m, "cached_input", cached);
	buf_printf(out, ",\"base\":0,\"finetune\":%s}", m->flavour % 10 ? "0" : "0.48");
}

static void write_config(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"config\":{\"chat_template\":null,\"stop\":[\"<turn-end>\"],"
		     "\"bos_token\":null,\"eos_token\":\"<turn-end>\"");
	if (m->max_output)
		buf_printf(out, ",\"max_output_length\":%jd", (intmax_t)m->max_output);
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "https://makers.invalid/cards/%u", m->edits);
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	buf_printf(out, ",\"created\":%jd",
		   wire_draw(m, "created", 8) ? (intmax_t)m->created_s : 0);
	wire_string(out, m, "type", shape_kind(s->provider->shape, m->kind)->word);
	buf_str(out, ",\"running\":false");
	wire_string(out, m, "display_name", m->name);
	if (m->flavour % 9)
		wire_string(out, m, "organization", "Makers’ Row");
	wire_string(out, m, "link", link);
	if (m->flavour & 4)
		wire_string(out, m, "license", m->flavour & 8 ? "open-weights" : NULL);
	if (m->context_length || m->flavour & 16)
		buf_printf(out, ",\"context_length\":%jd", (intmax_t)m->context_length);
	write_config(out, m);
	write_pricing(out, m);
	buf_char(out, '}');
}

const struct dialect wire_together = {
	.row = write_row,
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text =
			 "\"object\":\"model\",\"created\":0,\"type\":\"chat\",\"display_name\":",
		 .to_prices = ",\"context_length\":8192,\"config\":{},\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
