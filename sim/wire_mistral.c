/* SPDX-License-Identifier: MIT */
/*
 * Mistral's list (GET /v1/models), shape of 2026: a row per alias that names the others, some rows
 * twice; an end as an instant, with an heir.
 */
#include "wire.h"

static void write_aliases(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"aliases\":[");
	if (m->alias_id)
		buf_json(out, m->alias_id, wire_text(m));
	buf_char(out, ']');
}

static void write_able(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"capabilities\":{");
	wire_bool(out, "completion_chat", m->kind == KIND_CHAT);
	wire_bool(out, "completion_fim", m->flavour & 1);
	wire_bool(out, "function_calling", m->able & ABLE_TOOLS);
	wire_bool(out, "fine_tuning", m->flavour & 2);
	wire_bool(out, "vision", m->able & ABLE_VISION);
	wire_bool(out, "ocr", false);
	buf_char(out, '}');
}

static void write_end(struct buf *out, const struct model *m)
{
	const struct date *d = &m->expires;

	if (d->year)
		buf_printf(out, ",\"deprecation\":\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", d->year,
			   d->month, d->day, d->second / 3600, d->second / 60 % 60, d->second % 60);
	else
		buf_str(out, ",\"deprecation\":null");
	wire_string(out, m, "deprecation_replacement_model", m->replaced_by);
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_count(out, "created", m->created_s);
	wire_string(out, m, "owned_by", "mistralai");
	write_able(out, m);
	wire_string(out, m, "name", m->name);
	wire_paragraph(out, m, "description");
	if (m->context_length)
		wire_count(out, "max_context_length", m->context_length);
	write_aliases(out, m);
	write_end(out, m);
	buf_str(out, m->flavour & 4 ? ",\"default_model_temperature\":0.3"
				    : ",\"default_model_temperature\":null");
	wire_string(out, m, "type", "base");
	buf_char(out, '}');
}

static bool stands_twice(const struct model *m)
{
	return wire_draw(m, "twice", 4) == 0;
}

const struct dialect wire_mistral = {
	.row = write_row,
	.twice = stands_twice,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{\"object\":\"model\",",
		 .id_key = "id",
		 .to_text = "\"created\":1760000000,\"name\":",
		 .to_prices = ",\"aliases\":[],\"deprecation\":null,\"capabilities\":{},",
		 .to_tail = "",
		 .close = "}",
		 .input = "max_context_length",
		 .output = "default_model_temperature",
		 .cheap = "8192",
		 .ordinary = "0.5",
		 .as_text = false },
};
