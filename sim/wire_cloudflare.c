/* SPDX-License-Identifier: MIT */
/*
 * Cloudflare's list (GET /client/v4/accounts/ACCOUNT/ai/models/search), shape of 2026: the name is
 * what callers use, the id is a UUID; facts are properties by name whose values are strings, numbers
 * or arrays; a price has its unit as text and its currency, or none; pages by number.
 */
#include "wire.h"

#include "providers.h"

enum { MILLION = 6, THOUSAND = 3 };

static const struct unit {
	const char *text;
	enum meter meter;
	int places; /* 10^places of ours in it */
} units[] = {
	{ "per M input tokens", METER_INPUT_TOKEN, MILLION },
	{ "per M output tokens", METER_OUTPUT_TOKEN, MILLION },
	{ "per M cached input tokens", METER_CACHED_INPUT_TOKEN, MILLION },
	{ "per 1k characters", METER_INPUT_CHARACTER, THOUSAND },
	{ "per audio minute", METER_AUDIO_SECOND, 0 },
};

static void write_price(struct buf *out, const struct model *m, const struct unit *u)
{
	const struct price *p = wire_price(m, u->meter, NULL);

	if (!p)
		return;
	buf_comma(out);
	buf_printf(out, "{\"unit\":\"%s\"", u->text);
	wire_member(out, "price",
		    decimal_shift(p->how == HOW_PLAIN ? p->amount : p->quoted, u->places),
		    wire_draw(m, u->text, 2) ? NUMBER_FLOAT : NUMBER_PLAIN);
	if (p->currency || wire_draw(m, "currency", 4))
		wire_string(out, m, "currency", p->currency ? p->currency : "USD");
	else if (wire_draw(m, u->text, 3))
		wire_string(out, m, "currency", NULL);
	buf_char(out, '}');
}

static void open_property(struct buf *out, const char *name)
{
	buf_comma(out);
	buf_printf(out, "{\"property_id\":\"%s\",\"value\":", name);
}

static void write_prices(struct buf *out, const struct model *m)
{
	if (!m->price_count && m->kind != KIND_IMAGE)
		return;
	open_property(out, "price");
	buf_char(out, '[');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		write_price(out, m, &units[i]);
	if (m->kind == KIND_IMAGE) /* units that say too little to be compared */
		buf_str(out, "{\"unit\":\"per 512 by 512 tile\",\"price\":0.00005,"
			     "\"currency\":\"USD\"},{\"unit\":\"per step\",\"price\":0.0001,"
			     "\"currency\":\"USD\"}");
	buf_str(out, "]}");
}

static void write_flag(struct buf *out, const struct shop *s, const struct model *m,
		       const char *name, enum able bit)
{
	if (!shop_says(s, m, SAYS_ABLE))
		return;
	open_property(out, name);
	buf_str(out, m->able & bit ? "\"true\"}" : "\"false\"}");
}

static void write_context(struct buf *out, const struct model *m)
{
	const char *quote = wire_draw(m, "context", 2) ? "\"" : "";

	if (!m->context_length)
		return;
	open_property(out, "context_window");
	buf_printf(out, "%s%jd%s}", quote, (intmax_t)m->context_length, quote);
}

static void write_end(struct buf *out, const struct model *m)
{
	if (!m->expires.year)
		return;
	open_property(out, "planned_deprecation_date");
	buf_printf(out, "\"%04d-%02d-%02d\"}", m->expires.year, m->expires.month, m->expires.day);
}

static void write_properties(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_str(out, ",\"properties\":[");
	if (m->flavour & 1)
		buf_str(out, "{\"property_id\":\"async_queue\",\"value\":\"true\"}");
	if (m->flavour & 2)
		write_context(out, m);
	write_prices(out, m);
	if (!(m->flavour & 2))
		write_context(out, m);
	write_flag(out, s, m, "vision", ABLE_VISION);
	write_flag(out, s, m, "function_calling", ABLE_TOOLS);
	write_flag(out, s, m, "reasoning", ABLE_REASONING);
	write_end(out, m);
	open_property(out, "terms");
	buf_str(out, "\"https://terms.invalid/\"}]");
}

/* 2025-08-05 10:27:29.131 */
static void write_created(struct buf *out, const struct model *m)
{
	buf_printf(out, ",\"created_at\":\"2025-%02u-%02u %02u:%02u:09.%03u\"",
		   1 + (unsigned)(m->created_s % 12), 1 + (unsigned)(m->created_s / 12 % 28),
		   (unsigned)(m->created_s / 400 % 24), (unsigned)(m->created_s / 9600 % 60),
		   (unsigned)(m->flavour % 1000));
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_printf(out, "{\"id\":\"%08x-0000-4000-8000-%012x\"", (unsigned)(m->flavour >> 32),
		   (unsigned)m->flavour);
	wire_count(out, "source", 1);
	wire_string(out, m, "name", m->id);
	wire_paragraph(out, m, "description");
	buf_str(out, ",\"task\":{\"id\":\"7e57\",");
	buf_printf(out, "\"name\":\"%s\",\"description\":\"What it is for.\"}",
		   shape_kind(s->provider->shape, m->kind)->word);
	write_created(out, m);
	buf_str(out, ",\"tags\":[]");
	write_properties(out, s, m);
	buf_char(out, '}');
}

const struct dialect wire_cloudflare = {
	.row = write_row,
	.open = "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":",
	.close = "}",
	.odd = { .open = "{\"id\":\"00000000-0000-4000-8000-000000000000\",\"source\":1,",
		 .id_key = "name",
		 .to_text = "\"description\":",
		 .to_prices = ",\"task\":{\"name\":\"Text Generation\"},\"tags\":[],"
			      "\"properties\":[{\"property_id\":\"price\",\"value\":["
			      "{\"unit\":\"per M input tokens\",\"currency\":\"USD\",",
		 .to_tail = "}]}]",
		 .close = "}",
		 .input = "price",
		 /* The other number stands in another object. */
		 .output = "x\":0},{\"unit\":\"per M output tokens\",\"price",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
