/* SPDX-License-Identifier: MIT */
/*
 * Chutes' list (GET /v1/models), shape of 2026: vLLM's fields and more; numbers in USD per 1M
 * tokens under keys that elsewhere mean USD per token, with the noise of binary floats, and once
 * more beside another currency; `created` is when a machine was started.
 */
#include "wire.h"

enum { MILLION = 6, DIGITS = 12 };

static const struct key {
	const char *key, *twin;
	enum meter meter;
} keys[] = {
	{ "prompt", "input", METER_INPUT_TOKEN },
	{ "completion", "output", METER_OUTPUT_TOKEN },
	{ "input_cache_read", "input_cache_read", METER_CACHED_INPUT_TOKEN },
};

static void write_pricing(struct buf *out, const struct model *m)
{
	wire_raw(out, "pricing", "{");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct price *p = wire_price(m, keys[i].meter, NULL);

		if (p)
			wire_member(out, keys[i].key,
				    decimal_shift(wire_noise(m, p, DIGITS), MILLION),
				    wire_draw(m, keys[i].key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
	}
	buf_char(out, '}');
}

/* What nobody reads: the same with a rate of exchange. */
static void write_twins(struct buf *out, const struct model *m)
{
	wire_raw(out, "price", "{");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct price *p = wire_price(m, keys[i].meter, NULL);

		if (!p)
			continue;
		wire_raw(out, keys[i].twin, "{");
		wire_member(out, "usd", decimal_shift(p->amount, MILLION), NUMBER_FLOAT);
		wire_member(out, "tao", decimal_product(p->amount, (struct decimal){ 3171, 0 }),
			    NUMBER_FLOAT);
		buf_char(out, '}');
	}
	buf_char(out, '}');
}

static void write_limits(struct buf *out, const struct model *m)
{
	if (wire_draw(m, "served", 4))
		wire_nullable(out, "context_length", m->context_length);
	wire_nullable(out, "max_model_len", m->context_length);
	if (m->max_output || m->flavour & 4)
		wire_nullable(out, "max_output_length", m->max_output);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "root", m->id);
	buf_printf(out, ",\"object\":\"model\",\"created\":%jd,\"owned_by\":\"sglang\"",
		   (intmax_t)m->created_s + m->edits);
	buf_str(out, ",\"parent\":null,\"permission\":[]");
	buf_printf(out, ",\"chute_id\":\"%08x-0000-4000-8000-%012jx\"", (unsigned)m->flavour,
		   (uintmax_t)(m->flavour >> 16));
	if (m->price_count) {
		write_pricing(out, m);
		write_twins(out, m);
	}
	write_limits(out, m);
	if (!(m->unsaid & SAYS_QUANTIZATION))
		wire_string(out, m, "quantization", m->quantization);
	if (!(m->unsaid & SAYS_MODALITY)) {
		wire_modalities(out, m, "input_modalities", m->inputs);
		wire_modalities(out, m, "output_modalities", m->outputs);
	}
	if (!(m->unsaid & SAYS_ABLE))
		wire_features(out, m);
	wire_bool(out, "confidential_compute", m->flavour % 3);
	buf_char(out, '}');
}

const struct dialect wire_chutes = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"root\":",
		 .to_prices = ",\"max_model_len\":8192,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
