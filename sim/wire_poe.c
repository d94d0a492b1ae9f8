/* SPDX-License-Identifier: MIT */
/*
 * Poe's list (GET /v1/models), shape of January 2026: made in milliseconds; pricing is null in half
 * of the rows, else per token or per request in strings, every other key null; the context length
 * stands in one of two places or in both; a modality in words of its own beside the arrays.
 */
#include "wire.h"

static const struct key {
	const char *name;
	enum meter meter;
} keys[] = {
	{ "prompt", METER_INPUT_TOKEN },
	{ "completion", METER_OUTPUT_TOKEN },
	{ "image", METER_INPUT_IMAGE },
	{ "request", METER_REQUEST },
	{ "input_cache_read", METER_CACHED_INPUT_TOKEN },
	{ "input_cache_write", METER_CACHE_WRITE_TOKEN },
};

static void write_pricing(struct buf *out, const struct model *m)
{
	if (!m->price_count) {
		buf_str(out, ",\"pricing\":null");
		return;
	}
	buf_str(out, ",\"pricing\":{");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct price *p = wire_price(m, keys[i].meter, NULL);

		if (p)
			wire_member_text(out, keys[i].name, p->amount);
		else
			wire_string(out, m, keys[i].name, NULL);
	}
	buf_char(out, '}');
}

/* "text,image->text", in the order in which someone thought of them. */
static void write_side(struct buf *out, uint32_t bits)
{
	const char *comma = "";

	for (unsigned i = 0; i < MODALITY_COUNT; i++) {
		if (!(bits & 1u << i))
			continue;
		buf_printf(out, "%s%s", comma, modality_name(i));
		comma = ",";
	}
}

static void write_architecture(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"architecture\":{");
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	buf_str(out, ",\"modality\":\"");
	write_side(out, m->inputs);
	buf_str(out, "->");
	write_side(out, m->outputs);
	buf_str(out, "\"}");
}

static void write_limits(struct buf *out, const struct model *m)
{
	bool window = m->max_output || (m->context_length && wire_draw(m, "window", 2));

	if (m->context_length && (!window || wire_draw(m, "both", 2)))
		wire_count(out, "context_length", m->context_length);
	else
		wire_string(out, m, "context_length", NULL);
	if (!window) {
		wire_string(out, m, "context_window", NULL);
		return;
	}
	buf_printf(out, ",\"context_window\":{\"context_length\":%jd,\"max_output_tokens\":",
		   (intmax_t)m->context_length);
	if (m->max_output)
		buf_printf(out, "%jd}", (intmax_t)m->max_output);
	else
		buf_str(out, "null}");
}

static void write_metadata(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"metadata\":{");
	wire_string(out, m, "display_name", m->name);
	buf_str(out, m->flavour & 1 ? ",\"image\":null"
				    : ",\"image\":{\"url\":\"https://images.invalid/p.png\"}");
	buf_str(out, ",\"url\":\"https://bots.invalid/p\"}");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_count(out, "created", m->created_s * 1000 + (int64_t)(m->flavour % 1000));
	wire_paragraph(out, m, "description");
	wire_string(out, m, "owned_by", "Makers");
	buf_str(out, ",\"permission\":[]");
	wire_string(out, m, "root", m->id);
	write_architecture(out, m);
	write_metadata(out, m);
	buf_str(out, ",\"parameters\":[]");
	buf_str(out, m->able & ABLE_REASONING
			     ? ",\"reasoning\":{\"budget\":null,\"required\":false}"
			     : ",\"reasoning\":null");
	write_pricing(out, m);
	write_limits(out, m);
	buf_char(out, '}');
}

const struct dialect wire_poe = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"metadata\":{\"display_name\":",
		 .to_prices = "},\"created\":1760000000000,\"context_length\":8192"
			      ",\"architecture\":{\"input_modalities\":[\"text\"]"
			      ",\"output_modalities\":[\"text\"],\"modality\":\"text->text\"}"
			      ",\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "prompt",
		 .output = "completion",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
