/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <string.h>

enum {
	LONG_NAME_BYTES = 10 * 1024 * 1024,
	DEPTH = 100000,
	DIGITS = 10000,
};

#define ROW_TAIL                                                                           \
	",\"top_provider\":{\"context_length\":8192,\"max_completion_tokens\":null,"       \
	"\"is_moderated\":false},\"per_request_limits\":null,\"supported_parameters\":[]," \
	"\"expiration_date\":null"
#define PLAIN_PRICING "{\"prompt\":\"0.000001\",\"completion\":\"0.000002\"}"
#define PLAIN_NAME    "\"Hostile: Row\""

/* A row from raw JSON fragments; id NULL leaves the key out.  The caller may still add members
 * before row_end(). */
static void row_start(struct buf *out, const char *id, const char *name, const char *pricing)
{
	buf_char(out, '{');
	if (id)
		buf_printf(out, "\"id\":\"%s\",", id);
	buf_str(out, "\"name\":");
	buf_str(out, name);
	buf_str(out, ",\"created\":1760000000,\"description\":\"\",\"context_length\":8192,"
		     "\"architecture\":{\"modality\":\"text->text\","
		     "\"input_modalities\":[\"text\"],"
		     "\"output_modalities\":[\"text\"],\"tokenizer\":\"Other\","
		     "\"instruct_type\":null},\"pricing\":");
	buf_str(out, pricing);
	buf_str(out, ROW_TAIL);
}

static void row_end(struct buf *out)
{
	buf_char(out, '}');
}

static void row(struct buf *out, const char *id, const char *name, const char *pricing)
{
	row_start(out, id, name, pricing);
	row_end(out);
}

static void row_prompt(struct buf *out, const char *id, const char *prompt)
{
	struct buf pricing = { 0 };

	buf_printf(&pricing, "{\"prompt\":%s,\"completion\":\"0.000002\"}", prompt);
	row(out, id, PLAIN_NAME, pricing.data);
	buf_release(&pricing);
}

static void write_nul(struct buf *out)
{
	row(out, "hostile/nul\\u0000tail", PLAIN_NAME, PLAIN_PRICING);
}

static void write_longstring(struct buf *out)
{
	struct buf name = { 0 };

	buf_char(&name, '"');
	buf_fill(&name, 'n', LONG_NAME_BYTES);
	buf_char(&name, '"');
	row(out, "hostile/longstring", name.data, PLAIN_PRICING);
	buf_release(&name);
}

static void write_depth(struct buf *out)
{
	row_start(out, "hostile/depth", PLAIN_NAME, PLAIN_PRICING);
	buf_str(out, ",\"abyss\":");
	buf_fill(out, '[', DEPTH);
	buf_fill(out, ']', DEPTH);
	row_end(out);
}

static void write_dupkeys(struct buf *out)
{
	row(out, "hostile/dupkeys", PLAIN_NAME,
	    "{\"prompt\":\"0.000001\",\"completion\":\"0.000002\",\"prompt\":\"0.000009\"}");
}

static void write_utf8(struct buf *out)
{
	row(out, "hostile/utf8", "\"Broken \xff\xfe\xc3( \xed\xa0\x80 name\"", PLAIN_PRICING);
}

static void write_digits(struct buf *out)
{
	struct buf prompt = { 0 };

	buf_str(&prompt, "\"0.");
	buf_fill(&prompt, '3', DIGITS);
	buf_char(&prompt, '"');
	row_prompt(out, "hostile/digits", prompt.data);
	buf_release(&prompt);
}

static void write_exponent(struct buf *out)
{
	row_prompt(out, "hostile/exponent", "\"1e999999\"");
}

static void write_word(struct buf *out)
{
	row_prompt(out, "hostile/word", "\"abc\"");
}

static void write_nullprice(struct buf *out)
{
	row_prompt(out, "hostile/nullprice", "null");
}

static void write_objectprice(struct buf *out)
{
	row_prompt(out, "hostile/objectprice", "{\"amount\":\"0.000001\"}");
}

static void write_noid(struct buf *out)
{
	row(out, NULL, "\"Hostile: Nobody\"", PLAIN_PRICING);
}

static void write_dupid(struct buf *out)
{
	row(out, "hostile/dupid", PLAIN_NAME, PLAIN_PRICING);
	buf_char(out, ',');
	row(out, "hostile/dupid", "\"Hostile: Other Row\"",
	    "{\"prompt\":\"0.000003\",\"completion\":\"0.000004\"}");
}

static const struct part {
	const char *name;
	void (*write)(struct buf *);
	const char *ids; /* as a JSON array */
	size_t rows;
} parts[] = {
	{ "depth", write_depth, "[\"hostile/depth\"]", 1 },
	{ "digits", write_digits, "[\"hostile/digits\"]", 1 },
	{ "dupid", write_dupid, "[\"hostile/dupid\"]", 2 },
	{ "dupkeys", write_dupkeys, "[\"hostile/dupkeys\"]", 1 },
	{ "exponent", write_exponent, "[\"hostile/exponent\"]", 1 },
	{ "longstring", write_longstring, "[\"hostile/longstring\"]", 1 },
	{ "noid", write_noid, "[null]", 1 },
	{ "nul", write_nul, "[\"hostile/nul\\u0000tail\"]", 1 },
	{ "nullprice", write_nullprice, "[\"hostile/nullprice\"]", 1 },
	{ "objectprice", write_objectprice, "[\"hostile/objectprice\"]", 1 },
	{ "utf8", write_utf8, "[\"hostile/utf8\"]", 1 },
	{ "word", write_word, "[\"hostile/word\"]", 1 },
};

static bool wanted(const struct part *p, const char *part)
{
	return !part || !strcmp(p->name, part);
}

bool hostile_known(const char *part)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, part))
			return true;
	return false;
}

size_t hostile_write(struct buf *out, const char *part)
{
	size_t rows = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!wanted(&parts[i], part))
			continue;
		if (rows)
			buf_char(out, ',');
		parts[i].write(out);
		rows += parts[i].rows;
	}
	return rows;
}

void hostile_list(struct buf *out, const char *part)
{
	buf_char(out, '{');
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!wanted(&parts[i], part))
			continue;
		buf_comma(out);
		buf_printf(out, "\"%s\":%s", parts[i].name, parts[i].ids);
	}
	buf_char(out, '}');
}
