/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's plain list and those of vendors that add a few members to it, shapes of 2026: openai,
 * alibaba, minimax, zai, moonshot, deepseek.  No prices anywhere.
 */
#include "wire.h"

/* Up to and without the closing brace. */
static void write_head(struct buf *out, const struct model *m, const char *owner)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	wire_string(out, m, "object", "model");
	wire_count(out, "created", m->created_s);
	wire_string(out, m, "owned_by", owner);
}

/* "touched" rows differ in what nobody tracks. */
static void write_tail(struct buf *out, const struct model *m)
{
	if (m->edits)
		wire_count(out, "revision", m->edits);
	buf_char(out, '}');
}

#define PLAIN_LIST(to_text_, to_prices_, input_, output_, cheap_, ordinary_) \
	.open = "{\"object\":\"list\",\"data\":", .close = "}",              \
	.odd = { .open = "{\"object\":\"model\",",                           \
		 .id_key = "id",                                             \
		 .to_text = to_text_,                                        \
		 .to_prices = to_prices_,                                    \
		 .to_tail = "",                                              \
		 .close = "}",                                               \
		 .input = input_,                                            \
		 .output = output_,                                          \
		 .cheap = cheap_,                                            \
		 .ordinary = ordinary_,                                      \
		 .as_text = false }
/* The only number of such a row is the time of its making. */
#define ID_LIST PLAIN_LIST("\"owned_by\":", ",", "created", "revision", "1760000000", "2")

/* --- openai --- */

static void write_openai(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	write_head(out, m, m->flavour & 1 ? "system" : "openai-internal");
	if (m->expires.year)
		buf_printf(out, ",\"shutdown_date\":\"%04d-%02d-%02d\"", m->expires.year,
			   m->expires.month, m->expires.day);
	else if (m->flavour & 2)
		wire_string(out, m, "shutdown_date", NULL);
	write_tail(out, m);
}

const struct dialect wire_openai = { .row = write_openai, ID_LIST };

/* --- alibaba --- */

static void write_alibaba(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	write_head(out, m, "system");
	write_tail(out, m);
}

const struct dialect wire_alibaba = { .row = write_alibaba, ID_LIST };

/* --- minimax --- */

static void write_minimax(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	write_head(out, m, "minimax");
	write_tail(out, m);
}

const struct dialect wire_minimax = { .row = write_minimax, ID_LIST };

/* --- zai --- */

static void write_zai(struct buf *out, const struct shop *s, const struct model *m)
{
	(void)s;
	write_head(out, m, "z-ai");
	write_tail(out, m);
}

const struct dialect wire_zai = { .row = write_zai, ID_LIST };

/* --- moonshot --- */

static void write_moonshot(struct buf *out, const struct shop *s, const struct model *m)
{
	write_head(out, m, "moonshot");
	buf_str(out, ",\"root\":\"\",\"parent\":\"\",\"permission\":[]");
	if (m->context_length)
		wire_count(out, "context_length", m->context_length);
	if (shop_says(s, m, SAYS_ABLE)) {
		wire_bool(out, "supports_image_in", m->able & ABLE_VISION);
		wire_bool(out, "supports_video_in", m->flavour & 1);
		wire_bool(out, "supports_reasoning", m->able & ABLE_REASONING);
	}
	write_tail(out, m);
}

const struct dialect wire_moonshot = {
	.row = write_moonshot,
	PLAIN_LIST("\"owned_by\":", ",\"created\":1760000000,", "context_length", "revision",
		   "8192", "2"),
};

/* --- deepseek --- */

static void write_deepseek(struct buf *out, const struct shop *s, const struct model *m)
{
	buf_char(out, '{');
	wire_string(out, m, "id", m->id);
	buf_str(out, ",\"object\":\"model\",\"owned_by\":\"deepseek\"");
	if (shop_says(s, m, SAYS_CONTEXT)) {
		wire_string(out, m, "name", m->name);
		wire_count(out, "context_window", m->context_length);
		if (m->max_output)
			wire_count(out, "max_output_tokens", m->max_output);
		else if (m->flavour & 1)
			buf_str(out, ",\"max_output_tokens\":null");
		wire_modalities(out, m, "input_modalities", m->inputs);
		wire_modalities(out, m, "output_modalities", m->outputs);
		buf_str(out, ",\"effort\":{\"levels\":[\"high\",\"max\"]},"
			     "\"api_capabilities\":[\"chat\",\"prefix\"]");
	}
	write_tail(out, m);
}

const struct dialect wire_deepseek = {
	.row = write_deepseek,
	PLAIN_LIST("\"name\":", ",\"owned_by\":\"deepseek\",", "context_window",
		   "max_output_tokens", "8192", "4096"),
};
