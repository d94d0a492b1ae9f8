/* SPDX-License-Identifier: MIT */
/*
 * Fal's lists: GET /v1/models, shape of April 2026, endpoints by category; and GET
 * /v1/models/pricing, which wants a key and names the unit of a price in words, singular or plural,
 * some of which nobody else uses.
 */
#include "providers.h"
#include "wire.h"

enum { THOUSAND = 3 };

/* --- /v1/models --- */

/* Some kinds have several words. */
static const char *category(const struct shop *s, const struct model *m)
{
	static const struct {
		enum kind kind;
		const char *words[3];
	} others[] = {
		{ KIND_SPEECH, { "text-to-speech", "text-to-audio", "text-to-speech" } },
		{ KIND_AUDIO_EDIT, { "audio-to-audio", "speech-to-speech", "audio-to-audio" } },
		{ KIND_MESH, { "image-to-3d", "text-to-3d", "3d-to-3d" } },
		{ KIND_OTHER, { "json", "unknown", "json" } },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].kind == m->kind)
			return others[i].words[m->flavour % 3];
	return shape_kind(s->provider->shape, m->kind)->word;
}

static void write_date(struct buf *out, const char *key, const struct model *m, unsigned ms)
{
	wire_raw(out, key, "");
	buf_printf(out, "\"2026-0%u-%02uT%02u:20:09.%03uZ\"", 1 + (unsigned)(m->flavour % 9),
		   1 + (unsigned)(m->created_s / 86400 % 28), (unsigned)(m->created_s / 3600 % 24),
		   ms);
}

static void write_metadata(struct buf *out, const struct shop *s, const struct model *m)
{
	wire_raw(out, "metadata", "{");
	wire_string(out, m, "display_name", m->name);
	wire_string(out, m, "category", category(s, m));
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	wire_string(out, m, "status", m->flavour % 15 ? "active" : "deprecated");
	wire_raw(out, "tags", m->flavour & 1 ? "[]" : "[\"tidal\",\"slow\"]");
	write_date(out, "updated_at", m, m->edits % 1000);
	wire_bool(out, "is_favorited", false);
	wire_string(out, m, "thumbnail_url", "https://images.invalid/thumb.webp");
	wire_string(out, m, "model_url", "https://run.invalid/endpoint");
	if (m->flavour % 30)
		wire_string(out, m, "license_type", "commercial");
	write_date(out, "date", m, (unsigned)(m->flavour >> 8) % 1000);
	if (m->flavour % 8)
		wire_raw(out, "group", "{\"key\":\"tides\",\"label\":\"Tide Tables\"}");
	wire_bool(out, "highlighted", m->flavour & 2);
	if (m->flavour % 25)
		wire_string(out, m, "kind", m->kind == KIND_TRAINING ? "training" : "inference");
	wire_bool(out, "pinned", false);
	if (m->flavour & 4)
		wire_raw(out, "duration_estimate", "12");
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "endpoint_id", m->id);
	write_metadata(out, s, m);
	buf_char(out, '}');
}

const struct dialect wire_fal = {
	.row = write_row,
	.open = "{\"models\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "endpoint_id",
		 .to_text = "\"metadata\":{\"category\":\"text-to-image\",\"status\":\"active\""
			    ",\"date\":\"2026-02-03T04:05:06.789Z\",\"display_name\":",
		 .to_prices = "},\"odd\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "unit_price",
		 .output = "other_price",
		 .cheap = "0.01",
		 .ordinary = "0.02",
		 .as_text = false },
};

/* --- /v1/models/pricing --- */

static const struct unit {
	enum meter meter;
	enum how how;
	const char *one, *many;
	int shift; /* the published number is of 10^shift units */
} units[] = {
	{ METER_OUTPUT_IMAGE, HOW_PLAIN, "image", "images", 0 },
	{ METER_OUTPUT_MEGAPIXEL, HOW_PLAIN, "megapixel", "megapixels", 0 },
	{ METER_OUTPUT_SECOND, HOW_PLAIN, "second", "seconds", 0 },
	{ METER_OUTPUT_SECOND, HOW_PER_MINUTE, "minute", "minutes", 0 },
	{ METER_OUTPUT_VIDEO, HOW_PLAIN, "video", "videos", 0 },
	{ METER_INPUT_CHARACTER, HOW_PLAIN, "1000 characters", "1000 characters", THOUSAND },
	{ METER_REQUEST, HOW_PLAIN, "request", "requests", 0 },
	{ METER_COMPUTE_SECOND, HOW_PLAIN, "compute second", "compute seconds", 0 },
};

static const struct unit *unit_of(const struct price *p)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].meter == p->meter && units[i].how == p->how)
			return &units[i];
	return NULL;
}

static void write_charge(struct buf *out, const struct model *m)
{
	const struct price *p = m->price_count ? &m->prices[0] : NULL;
	const struct unit *u = p ? unit_of(p) : NULL;

	if (!u) { /* of a unit that means something to them alone */
		wire_raw(out, "unit_price", "1");
		wire_string(out, m, "unit", m->flavour & 1 ? "credits" : "units");
		return;
	}
	wire_member(out, "unit_price",
		    decimal_shift(p->how == HOW_PLAIN ? p->amount : p->quoted, u->shift),
		    wire_draw(m, "form", 3) ? NUMBER_PLAIN : NUMBER_FLOAT);
	wire_string(out, m, "unit", m->flavour & 8 ? u->many : u->one);
}

static void write_price(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	buf_char(out, '{');
	wire_string(out, m, "endpoint_id", m->id);
	write_charge(out, m);
	wire_string(out, m, "currency", "USD");
	buf_char(out, '}');
}

const struct dialect wire_fal_prices = {
	.row = write_price,
	.open = "{\"prices\":",
	.close = ",\"next_cursor\":null,\"has_more\":false}",
	.odd = { .open = "{",
		 .id_key = "endpoint_id",
		 .to_text = "\"currency\":\"USD\",\"unit\":",
		 .to_prices = ",",
		 .to_tail = "",
		 .close = "}",
		 .input = "unit_price",
		 .output = "other_price",
		 .cheap = "0.01",
		 .ordinary = "0.02",
		 .as_text = false },
};
