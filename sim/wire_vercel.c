/* SPDX-License-Identifier: MIT */
/*
 * Vercel AI Gateway's list (GET /v1/models), shape of 2026: strings in USD per token, one `created`
 * for all rows, 0 for what does not apply; tags, pricing and most keys of it come and go.  Tiers are
 * arrays beside or instead of the plain key, from a count (inclusive) to a count (exclusive).
 */
#include "wire.h"

#include "providers.h"

static const struct key {
	const char *plain, *tiers;
	enum meter meter;
} keys[] = {
	{ "input", "input_tiers", METER_INPUT_TOKEN },
	{ "output", "output_tiers", METER_OUTPUT_TOKEN },
	{ "input_cache_read", "input_cache_read_tiers", METER_CACHED_INPUT_TOKEN },
	{ "input_cache_write", "input_cache_write_tiers", METER_CACHE_WRITE_TOKEN },
	{ "image", NULL, METER_OUTPUT_IMAGE },
	{ "transcription_duration_cost_per_second", NULL, METER_AUDIO_SECOND },
	{ "speech_input_character_cost", NULL, METER_INPUT_CHARACTER },
};

/* The price of the meter that begins at the lowest count above `after`; NULL when none does. */
static const struct price *next_tier(const struct model *m, enum meter meter, uint32_t after)
{
	const struct price *found = NULL;

	for (size_t i = 0; i < m->price_count; i++) {
		const struct price *p = &m->prices[i];

		if (p->meter == meter && p->terms.from_tokens > after &&
		    (!found || p->terms.from_tokens < found->terms.from_tokens))
			found = p;
	}
	return found;
}

static void write_tiers(struct buf *out, const struct model *m, const struct key *k,
			const struct price *base)
{
	const struct price *p = base;

	buf_comma(out);
	buf_printf(out, "\"%s\":[", k->tiers);
	while (p) {
		const struct price *next = next_tier(m, k->meter, p->terms.from_tokens);

		buf_comma(out);
		buf_char(out, '{');
		wire_member_text(out, "cost", p->amount);
		if (p != base || wire_draw(m, k->tiers, 2))
			buf_printf(out, ",\"min\":%u", p->terms.from_tokens);
		if (next)
			buf_printf(out, ",\"max\":%u", next->terms.from_tokens);
		buf_char(out, '}');
		p = next;
	}
	buf_char(out, ']');
}

/* Newer keys whose unit nobody is sure of. */
static void write_others(struct buf *out, const struct model *m)
{
	if (m->kind == KIND_VIDEO && !(m->traits & TRAIT_UNPRICED)) {
		buf_comma(out);
		buf_str(out, "\"video_duration_pricing\":[{\"resolution\":\"720p\",\"audio\":false,"
			     "\"cost_per_second\":\"0.09\"}]");
	}
	if (m->kind == KIND_CHAT && m->flavour % 5 == 0) {
		buf_comma(out);
		buf_str(out, "\"web_search\":\"7\"");
	}
	if (m->kind == KIND_OTHER) {
		buf_comma(out);
		buf_str(out, "\"realtime_client_message_cost\":\"0.0003\","
			     "\"audio_input_token_cost\":\"0.00003\"");
	}
}

static void write_pricing(struct buf *out, const struct model *m)
{
	if (m->traits & TRAIT_UNPRICED && m->flavour & 1)
		return;
	buf_str(out, ",\"pricing\":{");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct price *p = wire_price(m, keys[i].meter, NULL);
		bool tiers = p && next_tier(m, keys[i].meter, 0);

		if (p && !(tiers && wire_draw(m, keys[i].plain, 3) == 0))
			wire_member_text(out, keys[i].plain, p->amount);
		if (tiers)
			write_tiers(out, m, &keys[i], p);
		if (!p && keys[i].meter == METER_OUTPUT_TOKEN && m->kind == KIND_EMBEDDING)
			wire_member_text(out, keys[i].plain, (struct decimal){ 0, 0 });
	}
	if (!(m->traits & TRAIT_UNPRICED))
		write_others(out, m);
	buf_char(out, '}');
}

static void write_tags(struct buf *out, const struct shop *s, const struct model *m)
{
	static const struct {
		enum able bit;
		const char *tag;
	} tags[] = {
		{ ABLE_TOOLS, "tool-use" },
		{ ABLE_VISION, "vision" },
		{ ABLE_REASONING, "reasoning" },
		{ ABLE_IMAGE_GENERATION, "image-generation" },
	};

	if (!shop_says(s, m, SAYS_ABLE))
		return;
	buf_str(out, ",\"tags\":[");
	if (m->flavour & 2)
		buf_str(out, "\"file-input\"");
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!(m->able & tags[i].bit))
			continue;
		buf_comma(out);
		buf_json(out, tags[i].tag, JSON_UTF8);
	}
	buf_char(out, ']');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	buf_str(out, ",\"object\":\"model\",\"created\":1761000000");
	if (m->flavour & 4)
		buf_printf(out, ",\"released\":%jd", m->flavour & 8 ? (intmax_t)m->created_s : 0);
	wire_string(out, m, "owned_by", "makers");
	wire_string(out, m, "name", m->name);
	buf_str(out, ",\"description\":");
	wire_description(out, m);
	buf_printf(out, ",\"context_window\":%jd,\"max_tokens\":%jd", (intmax_t)m->context_length,
		   (intmax_t)m->max_output);
	wire_string(out, m, "type", shape_kind(s->provider->shape, m->kind)->word);
	write_tags(out, s, m);
	write_pricing(out, m);
	buf_char(out, '}');
}

const struct dialect wire_vercel = {
	.row = write_row,
	.open = "{\"object\":\"list\",\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"name\":",
		 .to_prices = ",\"created\":1761000000,\"context_window\":8192"
			      ",\"max_tokens\":0,\"type\":\"language\",\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "0.000001",
		 .ordinary = "0.000002",
		 .as_text = true },
};
