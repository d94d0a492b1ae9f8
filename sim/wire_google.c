/* SPDX-License-Identifier: MIT */
/*
 * The list of Google's Gemini API (GET /v1beta/models), shape of 2026: names with a head, limits,
 * sampling defaults as int or float; `thinking` is true or absent; pages by token.
 */
#include "wire.h"

#include <stdlib.h>

#include "providers.h"

static void write_sampling(struct buf *out, const struct model *m)
{
	if (m->flavour % 5 == 0)
		return;
	buf_printf(out, ",\"temperature\":%s,\"topP\":0.95,\"topK\":64",
		   m->flavour & 1 ? "1" : "0.9");
	if (m->flavour & 2)
		buf_str(out, ",\"maxTemperature\":2");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	const char *word = shape_kind(s->provider->shape, m->kind)->word;
	char *name = sim_format("models/%s", m->id);

	buf_char(out, '{');
	wire_string(out, m, "name", name);
	buf_printf(out, ",\"version\":\"%03u\"", 1 + m->edits % 1000);
	wire_string(out, m, "displayName", m->name);
	if (m->flavour % 8)
		wire_paragraph(out, m, "description");
	wire_count(out, "inputTokenLimit", m->context_length);
	if (m->max_output)
		wire_count(out, "outputTokenLimit", m->max_output);
	buf_printf(out, ",\"supportedGenerationMethods\":[\"%s\",\"countTokens\"]", word);
	write_sampling(out, m);
	if (m->able & ABLE_REASONING)
		wire_bool(out, "thinking", true);
	buf_char(out, '}');
	free(name);
}

const struct dialect wire_google = {
	.row = write_row,
	.open = "{\"models\":",
	.close = "}",
	.odd = { .open = "{\"version\":\"001\",",
		 .id_key = "name",
		 .id_head = "models/",
		 .to_text = "\"displayName\":",
		 .to_prices = ",\"supportedGenerationMethods\":[\"generateContent\"],",
		 .to_tail = "",
		 .close = "}",
		 .input = "inputTokenLimit",
		 .output = "outputTokenLimit",
		 .cheap = "8192",
		 .ordinary = "4096",
		 .as_text = false },
};
