/* SPDX-License-Identifier: MIT */
/*
 * Anthropic's list (GET /v1/models), shape of 2026: rows of type "model", dates in RFC 3339, 0 where
 * a limit is not known, a capability as an object around a boolean; pages that begin behind an id.
 */
#include "wire.h"

#include <time.h>

static void write_created(struct buf *out, const struct model *m)
{
	char date[32];
	time_t at = m->created_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	wire_string(out, m, "created_at", date);
}

static void write_able(struct buf *out, const char *name, bool able)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":{\"supported\":%s}", name, able ? "true" : "false");
}

static void write_ables(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"capabilities\":{");
	write_able(out, "batch", m->flavour & 1);
	write_able(out, "image_input", m->able & ABLE_VISION);
	write_able(out, "pdf_input", m->flavour & 2);
	write_able(out, "structured_outputs", m->able & ABLE_STRUCTURED_OUTPUTS);
	buf_printf(out,
		   ",\"thinking\":{\"supported\":%s,\"types\":{\"enabled\":{\"supported\":%s}}}}",
		   m->able & ABLE_REASONING ? "true" : "false", m->flavour & 4 ? "true" : "false");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "type", "model");
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "display_name", m->name);
	write_created(out, m);
	if (m->context_length || wire_draw(m, "context", 2))
		wire_count(out, "max_input_tokens", m->context_length);
	else
		buf_str(out, ",\"max_input_tokens\":null");
	wire_count(out, "max_tokens", m->max_output);
	if (shop_says(s, m, SAYS_ABLE))
		write_ables(out, m);
	else
		buf_str(out, ",\"capabilities\":null");
	if (m->edits)
		wire_count(out, "revision", m->edits);
	buf_char(out, '}');
}

const struct dialect wire_anthropic = {
	.row = write_row,
	.open = "{\"data\":",
	.close = "}",
	.odd = { .open = "{\"type\":\"model\",",
		 .id_key = "id",
		 .to_text = "\"display_name\":",
		 .to_prices = ",\"created_at\":\"2026-02-03T00:00:00Z\",",
		 .to_tail = ",\"capabilities\":null",
		 .close = "}",
		 .input = "max_input_tokens",
		 .output = "max_tokens",
		 .cheap = "8192",
		 .ordinary = "4096",
		 .as_text = false },
};
