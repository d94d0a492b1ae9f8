/* SPDX-License-Identifier: MIT */
/*
 * DeepInfra's rich list (GET /models/list), shape of 2026: a bare array; prices in US cents per one
 * unit, as numbers that Python and JavaScript wrote in turn; what is derived from the input price is
 * a multiplier.  `pricing.type` says which fields there are.  A field that the row's type has and
 * nobody filled is 0.0, null or absent.
 */
#include "wire.h"

#include "providers.h"

enum { CENTS = 2 /* 10^2 in a dollar */ };

static enum number form(const struct model *m, const char *key)
{
	static const enum number forms[] = { NUMBER_FLOAT, NUMBER_FLOAT, NUMBER_PLAIN,
					     NUMBER_POWER };

	return forms[wire_draw(m, key, 4)];
}

static void write_cents(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	const struct price *p = wire_price(m, meter, NULL);
	struct decimal none = { 0, 0 };

	if (!p)
		wire_member(out, key, none, form(m, key));
	else
		wire_member(out, key,
			    decimal_shift(p->how == HOW_PLAIN ? p->amount : p->quoted, CENTS),
			    form(m, key));
}

/* The multiplier behind a price; null or nothing where there is none. */
static void write_rate(struct buf *out, const struct model *m, const char *key, enum meter meter,
		       const char *tag)
{
	const struct price *p = wire_price(m, meter, tag);

	if (p) {
		wire_member(out, key, p->quoted, form(m, key));
	} else if (wire_draw(m, key, 3)) {
		buf_comma(out);
		buf_printf(out, "\"%s\":null", key);
	}
}

static void write_explicit(struct buf *out, const struct model *m)
{
	static const char *const tags[] = { "5m", "1h" };

	buf_comma(out);
	if (!wire_price(m, METER_CACHE_WRITE_TOKEN, tags[0])) {
		buf_str(out, "\"rate_per_explicit_cache_write_token\":null,"
			     "\"explicit_cache_granularity_tokens\":null");
		return;
	}
	buf_str(out, "\"rate_per_explicit_cache_write_token\":{");
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		wire_member(out, tags[i], wire_price(m, METER_CACHE_WRITE_TOKEN, tags[i])->quoted,
			    NUMBER_FLOAT);
	buf_str(out, "},\"explicit_cache_granularity_tokens\":512");
}

static void write_tokens(struct buf *out, const struct model *m)
{
	write_cents(out, m, "cents_per_input_token", METER_INPUT_TOKEN);
	write_cents(out, m, "cents_per_output_token", METER_OUTPUT_TOKEN);
	write_rate(out, m, "rate_per_input_token_cached", METER_CACHED_INPUT_TOKEN, NULL);
	write_rate(out, m, "rate_per_input_token_cache_write", METER_CACHE_WRITE_TOKEN, NULL);
	write_rate(out, m, "rate_per_service_tier_priority", METER_INPUT_TOKEN, "priority");
	write_rate(out, m, "rate_per_service_tier_flex", METER_INPUT_TOKEN, "flex");
	write_explicit(out, m);
	buf_str(out, wire_draw(m, "discount", 2) ? ",\"discount\":null,\"discount_ends_at\":null"
						 : ",\"discount\":0.0,\"discount_ends_at\":null");
}

static void write_image(struct buf *out, const struct model *m)
{
	const struct size *s = &m->size;

	write_cents(out, m, "cents_per_image_unit",
		    wire_price(m, METER_IMAGE_PIXEL_STEP, NULL) ? METER_IMAGE_PIXEL_STEP
								: METER_OUTPUT_IMAGE);
	if (s->steps)
		buf_printf(out,
			   ",\"default_width\":%u,\"default_height\":%u"
			   ",\"default_iterations\":%u",
			   s->width, s->height, s->steps);
	else
		buf_str(out, ",\"default_width\":1024,\"default_height\":1024,"
			     "\"default_iterations\":null");
	if (wire_price(m, METER_OUTPUT_IMAGE, NULL))
		write_cents(out, m, "default_price_cents", METER_OUTPUT_IMAGE);
	else
		buf_str(out, wire_draw(m, "default", 2) ? ",\"default_price_cents\":null"
							: ",\"default_price_cents\":0.0");
	buf_printf(out, ",\"usage_from_cost\":%s", m->flavour & 1 ? "true" : "false");
}

/* A row that is charged by one number. */
static const struct single {
	enum meter meter;
	const char *type, *key;
} singles[] = {
	{ METER_VIDEO_SECOND, "output_length", "cents_per_output_sec" },
	{ METER_OUTPUT_AUDIO_SECOND, "output_length", "cents_per_output_sec" },
	{ METER_VIDEO_FRAME, "frame_units", "cents_per_frame_unit" },
	{ METER_INPUT_CHARACTER, "input_character_length", "cents_per_input_chars" },
	{ METER_AUDIO_SECOND, "input_length", "cents_per_input_sec" },
	{ METER_COMPUTE_SECOND, "time", "cents_per_sec" },
};

static void write_single(struct buf *out, const struct model *m)
{
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		const struct single *s = &singles[i];
		bool uptime = s->meter == METER_COMPUTE_SECOND && m->flavour & 1;

		if (!wire_price(m, s->meter, NULL))
			continue;
		wire_string(out, m, "type", uptime ? "uptime" : s->type);
		write_cents(out, m, s->key, s->meter);
		return;
	}
	/* Nothing is published: a number that nobody filled, or one that means nothing here. */
	buf_str(out, m->kind == KIND_OTHER
			     ? "\"type\":\"output_length\",\"cents_per_output_sec\":0.031"
			     : "\"type\":\"input_character_length\",\"cents_per_input_chars\":0.0");
}

static void write_pricing(struct buf *out, const struct model *m)
{
	buf_str(out, ",\"pricing\":{");
	if (m->kind == KIND_IMAGE) {
		wire_string(out, m, "type", "image_units");
		write_image(out, m);
	} else if (wire_price(m, METER_OUTPUT_TOKEN, NULL)) {
		wire_string(out, m, "type", "tokens");
		write_tokens(out, m);
	} else if (wire_price(m, METER_INPUT_TOKEN, NULL)) {
		wire_string(out, m, "type", "input_tokens");
		write_cents(out, m, "cents_per_input_token", METER_INPUT_TOKEN);
	} else {
		write_single(out, m);
	}
	buf_str(out, ",\"short\":\"see the price page\"");
	buf_str(out, m->flavour & 2 ? ",\"full\":null" : ",\"full\":\"about $9.99 in all\"");
	buf_str(out, m->flavour & 4 ? ",\"table\":null}"
				    : ",\"table\":{\"columns\":[\"what\",\"cents\"],"
				      "\"rows\":[[\"anything\",99.5]]}}");
}

static void write_tags(struct buf *out, const struct shop *s, const struct model *m)
{
	static const struct {
		enum able bit;
		const char *tag;
	} tags[] = {
		{ ABLE_VISION, "vision" },
		{ ABLE_TOOLS, "tools" },
		{ ABLE_REASONING, "reasoning" },
	};

	if (!(m->able & s->provider->shape->yes_only) && wire_draw(m, "tags", 3) == 0)
		return;
	buf_str(out, ",\"tags\":[");
	if (wire_price(m, METER_CACHED_INPUT_TOKEN, NULL))
		buf_str(out, "\"prompt_cache\"");
	if (m->kind == KIND_IMAGE)
		buf_str(out, "\"image-gen\""); /* what it is for, no capability of a chat */
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!(m->able & tags[i].bit))
			continue;
		buf_comma(out);
		buf_json(out, tags[i].tag, JSON_UTF8);
	}
	buf_char(out, ']');
}

static void write_limits(struct buf *out, const struct model *m)
{
	if (m->context_length)
		buf_printf(out, ",\"max_tokens\":%jd", (intmax_t)m->context_length);
	else
		buf_str(out, ",\"max_tokens\":null");
	if (m->max_output)
		buf_printf(out, ",\"max_output_tokens\":%jd", (intmax_t)m->max_output);
	else if (m->flavour & 8)
		buf_str(out, ",\"max_output_tokens\":null");
	wire_string(out, m, "replaced_by", m->replaced_by);
	if (m->expires.year)
		buf_printf(out, ",\"deprecated\":%jd", (intmax_t)date_unix(m->expires));
	else
		buf_str(out, ",\"deprecated\":null");
	wire_string(out, m, "quantization", m->quantization);
}

static void write_created(struct buf *out, const struct model *m)
{
	int64_t day = m->created_s / 86400 % 28;

	buf_printf(out, ",\"create_ts\":\"2026-0%u-%02uT%02u:15:00+00:00\"",
		   1 + (unsigned)(m->flavour % 9), 1 + (unsigned)day,
		   (unsigned)(m->created_s / 3600 % 24));
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	const struct kind_row *k = shape_kind(s->provider->shape, m->kind);

	buf_char(out, '{');
	wire_string(out, m, "model_name", m->id);
	wire_string(out, m, "type", k->word);
	wire_string(out, m, "reported_type", k->word);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	buf_str(out, ",\"cover_img_url\":\"https://images.invalid/cover.webp\"");
	write_tags(out, s, m);
	write_pricing(out, m);
	write_limits(out, m);
	buf_str(out, m->flavour & 16 ? ",\"mmlu\":null,\"expected\":null"
				     : ",\"mmlu\":71.5,\"expected\":null");
	buf_printf(out, ",\"private\":%u,\"is_partner\":%s", (unsigned)(m->flavour >> 5 & 1),
		   m->flavour & 64 ? "true" : "false");
	if (m->flavour & 128)
		write_created(out, m);
	buf_char(out, '}');
}

const struct dialect wire_deepinfra = {
	.row = write_row,
	.odd = { .open = "{",
		 .id_key = "model_name",
		 .to_text = "\"type\":\"text-generation\",\"description\":",
		 .to_prices = ",\"tags\":[],\"max_tokens\":8192,\"quantization\":null"
			      ",\"deprecated\":null,\"replaced_by\":null"
			      ",\"pricing\":{\"type\":\"tokens\",",
		 .to_tail = "}",
		 .close = "}",
		 .input = "cents_per_input_token",
		 .output = "cents_per_output_token",
		 .cheap = "1e-04",
		 .ordinary = "0.0002",
		 .as_text = false },
};
