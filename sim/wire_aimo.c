/* SPDX-License-Identifier: MIT */
/*
 * AIMO's list (GET /api/v1/models): an element per model that holds its providers, each named by a
 * public key, with prices in USD per token, strings or numbers; 0 is not filled in.  A model that
 * nobody sells has no providers.
 */
#include "wire.h"

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);
	struct decimal d = p ? p->amount : (struct decimal){ 0, 0 };

	if (wire_draw(m, "form", 2))
		wire_member_text(out, key, d);
	else
		wire_member(out, key, d, wire_draw(m, key, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
}

static void write_provider(struct buf *out, const struct model *m)
{
	buf_comma(out);
	buf_char(out, '{');
	wire_string(out, m, "id", m->host);
	wire_string(out, m, "name", "a provider");
	wire_raw(out, "pricing", "{");
	write_price(out, m, "prompt", METER_INPUT_TOKEN);
	write_price(out, m, "completion", METER_OUTPUT_TOKEN);
	buf_str(out, "}}");
}

static void write_element(struct buf *out, const struct shop *s, const struct model *const *rows,
			  size_t count)
{
	const struct model *m = rows[0];
	unsigned edits = 0;

	buf_char(out, '{');
	wire_string(out, m, "name", m->sold);
	if (shop_says(s, m, SAYS_NAME))
		wire_string(out, m, "display_name", m->name);
	if (m->context_length || m->flavour & 1)
		wire_nullable(out, "context_length", m->context_length);
	if (m->flavour & 2)
		wire_nullable(out, "created", m->created_s);
	if (shop_says(s, m, SAYS_MODALITY)) {
		wire_raw(out, "architecture", "{");
		wire_modalities(out, m, "input_modalities", m->inputs);
		wire_modalities(out, m, "output_modalities", m->outputs);
		buf_char(out, '}');
	}
	wire_raw(out, "providers", "[");
	for (size_t i = 0; i < count; i++) {
		edits += rows[i]->edits;
		if (model_is_offered(rows[i]))
			write_provider(out, rows[i]);
	}
	buf_printf(out, "],\"revision\":%u}", edits);
}

const struct dialect wire_aimo = {
	.element = write_element,
	.open = "{\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "name",
		 .to_text = "\"display_name\":",
		 .to_prices = ",\"context_length\":8192,\"providers\":[{\"id\":\"odd\""
			      ",\"pricing\":{",
		 .to_tail = "}}]",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
