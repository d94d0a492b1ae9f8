/* SPDX-License-Identifier: MIT */
/*
 * Novita's list (GET /openai/v1/models), shape of 2026: one price as an integer (1e-4 USD per 1M
 * tokens) and as a decimal string (USD per 1M), both or one of them; tiers that begin at 0 and at
 * which the plain price is said again; 0 stands for a cache that has no price.
 */
#include "wire.h"

enum { MILLION = 6, TICKS = 10 /* 10^10 in a dollar a token */ };
enum form { FORM_BOTH, FORM_TEXT, FORM_TICKS };

static bool is_whole(const struct price *p)
{
	return !decimal_shift(p->amount, TICKS).exp;
}

/* Not every price is a whole number of ticks. */
static enum form form_of(const struct model *m)
{
	enum form form = (enum form)wire_draw(m, "form", 3);

	for (size_t i = 0; i < m->price_count; i++)
		if (form == FORM_TICKS && !is_whole(&m->prices[i]))
			return FORM_TEXT;
	return form;
}

/* "key":{"price_per_m":…,"price_per_m_decimal":"…"}; 0 for NULL. */
static void write_pair(struct buf *out, const char *key, const struct price *p, enum form form)
{
	struct decimal d = p ? p->amount : (struct decimal){ 0, 0 };
	bool ticks = form != FORM_TEXT && (!p || is_whole(p));

	buf_comma(out);
	buf_printf(out, "\"%s\":{", key);
	if (ticks)
		wire_member(out, "price_per_m", decimal_shift(d, TICKS), NUMBER_PLAIN);
	if (form != FORM_TICKS)
		wire_member_text(out, "price_per_m_decimal", decimal_shift(d, MILLION));
	buf_char(out, '}');
}

static void write_plain(struct buf *out, const char *key, const struct price *p, enum form form)
{
	if (form != FORM_TEXT && is_whole(p))
		wire_member(out, key, decimal_shift(p->amount, TICKS), NUMBER_PLAIN);
}

static void write_cache(struct buf *out, const struct model *m, const char *key, enum meter meter,
			enum form form)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (p || wire_draw(m, key, 3) == 0)
		write_pair(out, key, p, form);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	const struct price *input = wire_price(m, METER_INPUT_TOKEN, NULL);
	const struct price *output = wire_price(m, METER_OUTPUT_TOKEN, NULL);
	enum form form = form_of(m);

	if (!input)
		return;
	write_plain(out, "input_token_price_per_m", input, form);
	write_plain(out, "output_token_price_per_m", output, form);
	buf_str(out, ",\"pricing\":{");
	if (form != FORM_TICKS) {
		write_pair(out, "prompt", input, form);
		write_pair(out, "completion", output, form);
	}
	write_cache(out, m, "input_cache_read", METER_CACHED_INPUT_TOKEN, form);
	write_cache(out, m, "input_cache_write", METER_CACHE_WRITE_TOKEN, form);
	buf_char(out, '}');
}

static const struct price *price_from(const struct model *m, enum meter meter, uint32_t from)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && m->prices[i].terms.from_tokens == from)
			return &m->prices[i];
	return NULL;
}

/* Where the next tier begins; 0 = there is none. */
static uint32_t tier_after(const struct model *m, uint32_t from)
{
	uint32_t next = 0;

	for (size_t i = 0; i < m->price_count; i++) {
		uint32_t begin = m->prices[i].terms.from_tokens;

		if (begin > from && (!next || begin < next))
			next = begin;
	}
	return next;
}

static void write_tiers(struct buf *out, const struct model *m)
{
	bool tiered = tier_after(m, 0);
	uint32_t from = 0, next;

	wire_bool(out, "is_tiered_billing", tiered);
	if (!tiered) {
		buf_str(out, m->flavour & 1 ? ",\"tiered_billing_configs\":null" : "");
		return;
	}
	buf_str(out, ",\"tiered_billing_configs\":[");
	do {
		next = tier_after(m, from);
		buf_comma(out);
		/* Some rows count from the first token on. */
		buf_printf(out, "{\"min_tokens\":%u,\"max_tokens\":",
			   from ? from : (uint32_t)(m->flavour & 1));
		if (next)
			buf_uint(out, next);
		else
			buf_str(out, "null");
		buf_str(out, ",\"pricing\":{");
		write_pair(out, "prompt", price_from(m, METER_INPUT_TOKEN, from), FORM_BOTH);
		write_pair(out, "completion", price_from(m, METER_OUTPUT_TOKEN, from), FORM_BOTH);
		buf_str(out, "}}");
		from = next;
	} while (next);
	buf_char(out, ']');
}

static void write_lists(struct buf *out, const struct model *m)
{
	static const struct able_word words[] = {
		{ ABLE_TOOLS, "function-calling" },
		{ ABLE_STRUCTURED_OUTPUTS, "structured-outputs" },
		{ ABLE_REASONING, "reasoning" },
		{ 0, NULL },
	};

	buf_str(out, ",\"endpoints\":[\"chat/completions\",\"completions\"]");
	wire_ables(out, m, "features", words, m->flavour & 2 ? "\"serverless\"" : NULL);
	wire_modalities(out, m, "input_modalities", m->inputs);
	wire_modalities(out, m, "output_modalities", m->outputs);
	buf_str(out, ",\"tags\":[]");
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	bool titled = wire_draw(m, "title", 3) == 0;

	(void)s;
	buf_char(out, '{');
	wire_count(out, "created", m->created_s);
	wire_string(out, m, "id", m->id);
	buf_str(out, ",\"object\":\"model\",\"owned_by\":\"unknown\",\"permission\":null,"
		     "\"root\":\"\",\"parent\":\"\"");
	write_pricing(out, m);
	wire_string(out, m, "title", titled ? m->name : m->slug);
	if (!titled)
		wire_string(out, m, "display_name", m->name);
	wire_paragraph(out, m, "description");
	if (m->context_length)
		wire_count(out, "context_size", m->context_length);
	if (m->max_output)
		wire_count(out, "max_output_tokens", m->max_output);
	wire_count(out, "status", m->flavour % 9 != 0);
	wire_string(out, m, "model_type", "chat");
	write_lists(out, m);
	write_tiers(out, m);
	if (m->quantization)
		wire_string(out, m, "quantization", m->quantization);
	buf_char(out, '}');
}

const struct dialect wire_novita = {
	.row = write_row,
	.open = "{\"data\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "id",
		 .to_text = "\"display_name\":",
		 .to_prices = ",\"created\":1760000000,\"context_size\":8192,\"features\":[],"
			      "\"status\":1,\"model_type\":\"chat\",\"pricing\":{},",
		 .to_tail = "",
		 .close = "}",
		 .input = "input_token_price_per_m",
		 .output = "output_token_price_per_m",
		 .cheap = "10000",
		 .ordinary = "25000",
		 .as_text = false },
};
