/* SPDX-License-Identifier: MIT */
/*
 * AiHubMix' list (GET /api/v1/models), shape of July 2026: lists are strings with commas, a few of
 * them full-width; numbers in USD per 1M tokens for some types, of their own meaning for others; 0
 * is an unknown context.
 */
#include "providers.h"
#include "wire.h"

enum { MILLION = 6 };

/* --- lists in strings --- */

struct words {
	struct buf text;
	const char *separator;
};

static struct words words_of(const struct model *m)
{
	return (struct words){ .separator = wire_draw(m, "comma", 8)    ? ","
					    : wire_draw(m, "narrow", 2) ? ", "
									: "\uff0c" };
}

static void say(struct words *w, bool really, const char *word)
{
	if (!really)
		return;
	if (w->text.len)
		buf_str(&w->text, w->separator);
	buf_str(&w->text, word);
}

static void write_words(struct buf *out, const struct model *m, const char *key, struct words *w)
{
	wire_string(out, m, key, w->text.len ? w->text.data : "");
	buf_release(&w->text);
}

static void write_lists(struct buf *out, const struct shop *s, const struct model *m)
{
	struct words types = words_of(m), features = words_of(m), inputs = words_of(m);
	const char *type = shape_kind(s->provider->shape, m->kind)->word;

	say(&types, *type, type);
	say(&types, m->kind == KIND_CHAT && m->flavour & 1, "search");
	if (*type || m->flavour & 2)
		write_words(out, m, "types", &types);
	buf_release(&types.text);
	if (!shop_says(s, m, SAYS_ABLE))
		return;
	say(&features, m->able & ABLE_REASONING, "thinking");
	say(&features, m->flavour & 4, "web");
	say(&features, m->able & ABLE_TOOLS, m->flavour & 8 ? "tools" : "function_calling");
	say(&features, m->able & ABLE_TOOLS && m->flavour & 16, "long_context");
	say(&features, m->able & ABLE_STRUCTURED_OUTPUTS, "structured_outputs");
	write_words(out, m, "features", &features);
	say(&inputs, true, "text");
	say(&inputs, m->able & ABLE_VISION, "image");
	say(&inputs, m->flavour & 32, "pdf");
	say(&inputs, m->able & ABLE_AUDIO_INPUT, "audio");
	write_words(out, m, "input_modalities", &inputs);
}

/* --- prices --- */

static void write_price(struct buf *out, const struct model *m, const char *key, enum meter meter)
{
	wire_member(out, key, decimal_shift(wire_price(m, meter, NULL)->amount, MILLION),
		    NUMBER_PLAIN);
}

static void write_pricing(struct buf *out, const struct model *m)
{
	wire_raw(out, "pricing", "{");
	if (!m->price_count) /* of whatever such a row is charged by */
		buf_printf(out, "\"input\":%zu.5,\"output\":%zu", wire_draw(m, "input", 9),
			   wire_draw(m, "output", 40));
	else
		write_price(out, m, "input", METER_INPUT_TOKEN);
	if (wire_price(m, METER_OUTPUT_TOKEN, NULL))
		write_price(out, m, "output", METER_OUTPUT_TOKEN);
	else if (m->price_count)
		wire_raw(out, "output", "0");
	if (wire_price(m, METER_CACHED_INPUT_TOKEN, NULL))
		write_price(out, m, "cache_read", METER_CACHED_INPUT_TOKEN);
	if (wire_price(m, METER_CACHE_WRITE_TOKEN, NULL))
		write_price(out, m, "cache_write", METER_CACHE_WRITE_TOKEN);
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "model_id", m->id);
	if (shop_says(s, m, SAYS_NAME))
		wire_string(out, m, "model_name", m->name);
	buf_printf(out, ",\"developer_id\":%zu,\"desc\":", 1 + wire_draw(m, "developer", 40));
	if (m->flavour & 64 || m->edits)
		wire_description(out, m);
	else
		buf_str(out, "\"\"");
	write_pricing(out, m);
	write_lists(out, s, m);
	buf_printf(out, ",\"context_length\":%jd,\"max_output\":%jd}", (intmax_t)m->context_length,
		   (intmax_t)m->max_output);
}

const struct dialect wire_aihubmix = {
	.row = write_row,
	.open = "{\"data\":",
	.close = ",\"message\":\"\",\"success\":true}",
	.odd = { .open = "{",
		 .id_key = "model_id",
		 .to_text = "\"developer_id\":1,\"model_name\":",
		 .to_prices = ",\"desc\":\"\",\"types\":\"llm\",\"features\":\"\""
			      ",\"input_modalities\":\"text\",\"context_length\":8192"
			      ",\"max_output\":0,\"pricing\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
