/* SPDX-License-Identifier: MIT */
/*
 * Cohere's list (GET /v1/models), shape of 2026: rows without an id, the name is it; the context
 * length is a float, 0.0 where there is none; features may be null; pages by token.
 */
#include "wire.h"

#include "providers.h"

static void write_features(struct buf *out, const struct shop *s, const struct model *m)
{
	static const struct able_word words[][5] = {
		{ { ABLE_TOOLS, "tools" },
		  { ABLE_VISION, "vision" },
		  { ABLE_REASONING, "reasoning" },
		  { ABLE_STRUCTURED_OUTPUTS, "json_schema" } },
		{ { ABLE_STRUCTURED_OUTPUTS, "structured_outputs" },
		  { ABLE_REASONING, "reasoning" },
		  { ABLE_TOOLS, "tools" },
		  { ABLE_VISION, "vision" } },
	};

	if (shop_says(s, m, SAYS_ABLE))
		wire_ables(out, m, "features", words[wire_draw(m, "features", 2)],
			   m->flavour & 1 ? "\"json_mode\",\"safety_modes\"" : NULL);
	else if (wire_draw(m, "features", 3))
		buf_str(out, ",\"features\":null");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	const char *word = shape_kind(s->provider->shape, m->kind)->word;

	buf_char(out, '{');
	wire_string(out, m, "name", m->id);
	wire_bool(out, "is_deprecated", m->flavour % 6 == 0);
	buf_printf(out, ",\"endpoints\":[\"%s\"%s],\"finetuned\":false", word,
		   m->flavour & 2 ? ",\"generate\"" : "");
	buf_printf(out, ",\"context_length\":%jd.0", (intmax_t)m->context_length);
	buf_printf(out, ",\"tokenizer_url\":\"https://tokenizers.invalid/%u.json\"", m->edits);
	if (m->flavour & 4)
		buf_printf(out, ",\"default_endpoints\":[\"%s\"]", word);
	else
		buf_str(out, ",\"default_endpoints\":[]");
	write_features(out, s, m);
	if (m->flavour & 8)
		buf_str(out, ",\"sampling_defaults\":{\"temperature\":0.3,\"p\":0.75}");
	buf_char(out, '}');
}

const struct dialect wire_cohere = {
	.row = write_row,
	.open = "{\"models\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "name",
		 .to_text = "\"tokenizer_url\":",
		 .to_prices = ",\"endpoints\":[\"chat\"],\"finetuned\":false,\"features\":null,",
		 .to_tail = "",
		 .close = "}",
		 .input = "context_length",
		 .output = "sampling_defaults",
		 .cheap = "8192.0",
		 .ordinary = "0.5",
		 .as_text = false },
};
