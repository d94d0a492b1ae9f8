/* SPDX-License-Identifier: MIT */
/*
 * The router of Hugging Face (GET /v1/models), shape of summer 2026: an element per model that
 * holds its providers, each with its own price (USD per 1M tokens, float noise), context and
 * capabilities, all of which may be absent; what it measured of them changes every time.
 */
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum { MILLION = 6, DIGITS = 12 };

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	wire_member(out, key,
		    decimal_shift(wire_noise(m, wire_price(m, meter, NULL), DIGITS), MILLION),
		    wire_draw(m, key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	if (!m->price_count)
		return;
	wire_raw(out, "pricing", "{");
	write_price(out, m, "input", METER_INPUT_TOKEN);
	write_price(out, m, "output", METER_OUTPUT_TOKEN);
	buf_char(out, '}');
	if (m->traits & TRAIT_FREE)
		wire_bool(out, "is_free", true);
}

static void write_provider(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_comma(out);
	buf_char(out, '{');
	wire_string(out, m, "provider", m->host);
	wire_string(out, m, "status", m->flavour % 12 ? "live" : "error");
	if (m->context_length)
		wire_nullable(out, "context_length", m->context_length);
	write_pricing(out, m);
	if (shop_says(s, m, SAYS_ABLE)) {
		wire_bool(out, "supports_tools", m->able & ABLE_TOOLS);
		wire_bool(out, "supports_structured_output", m->able & ABLE_STRUCTURED_OUTPUTS);
	}
	if (m->flavour & 2 || m->edits)
		buf_printf(out,
			   ",\"first_token_latency_ms\":%zu.4"
			   ",\"throughput\":%zu.69124008437934",
			   wire_draw(m, "latency", 900) + m->edits, wire_draw(m, "speed", 200));
	wire_bool(out, "is_model_author", m->flavour % 10 == 0);
	buf_char(out, '}');
}

static void write_element(struct buf *out, const struct shop *s, const struct model *const *rows,
			  size_t count)
{
	const struct model *m = rows[0];
	char *owner = sim_format("%.*s", (int)strcspn(m->sold, "/"), m->sold);

	buf_char(out, '{');
	wire_string(out, m, "id", m->sold);
	wire_string(out, m, "object", "model");
	wire_nullable(out, "created", m->created_s);
	wire_string(out, m, "owned_by", owner);
	wire_raw(out, "architecture", "{");
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	buf_char(out, '}');
	wire_raw(out, "providers", "[");
	for (size_t i = 0; i < count; i++)
		write_provider(out, s, rows[i]);
	buf_str(out, "]}");
	free(owner);
}

const struct dialect wire_huggingface = {
	.element = write_element,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"object\":\"model\",\"created\":1760000000,\"owned_by\":",
		 .to_prices = ",\"architecture\":{\"input_modalities\":[\"text\"]"
			      ",\"output_modalities\":[\"text\"]}"
			      ",\"providers\":[{\"provider\":\"odd\",\"status\":\"live\""
			      ",\"pricing\":{",
		 .to_tail = "}}]",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
