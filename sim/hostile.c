/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <string.h>

enum {
	LONG_NAME_BYTES = 10 * 1024 * 1024,
	DEPTH = 100000,
	DIGITS = 10000,
};

#define PLAIN_NAME "\"Hostile: Row\""

static void write_nul(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d, &(struct oddity){ "\"hostile/nul\\u0000tail\"", PLAIN_NAME });
}

static void write_longstring(struct buf *out, const struct dialect *d)
{
	struct buf name = { 0 };

	buf_char(&name, '"');
	buf_fill(&name, 'n', LONG_NAME_BYTES);
	buf_char(&name, '"');
	wire_odd_row(out, d, &(struct oddity){ "\"hostile/longstring\"", name.data });
	buf_release(&name);
}

static void write_depth(struct buf *out, const struct dialect *d)
{
	struct buf tail = { 0 };

	buf_str(&tail, ",\"abyss\":");
	buf_fill(&tail, '[', DEPTH);
	buf_fill(&tail, ']', DEPTH);
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/depth\"", PLAIN_NAME, .tail = tail.data });
	buf_release(&tail);
}

static void write_dupkeys(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/dupkeys\"", PLAIN_NAME, .again = "0.000009" });
}

static void write_utf8(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/utf8\"",
				       "\"Broken \xff\xfe\xc3( \xed\xa0\x80 name\"" });
}

static void write_digits(struct buf *out, const struct dialect *d)
{
	struct buf digits = { 0 };

	buf_str(&digits, "0.");
	buf_fill(&digits, '3', DIGITS);
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/digits\"", PLAIN_NAME, .price = digits.data,
				       .is_number = true });
	buf_release(&digits);
}

static void write_exponent(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/exponent\"", PLAIN_NAME, .price = "1e999999",
				       .is_number = true });
}

static void write_word(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/word\"", PLAIN_NAME, .price = "\"abc\"" });
}

static void write_nullprice(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/nullprice\"", PLAIN_NAME, .price = "null" });
}

static void write_objectprice(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/objectprice\"", PLAIN_NAME,
				       .price = "{\"amount\":\"0.000001\"}" });
}

static void write_noid(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d, &(struct oddity){ NULL, "\"Hostile: Nobody\"" });
}

static void write_dupid(struct buf *out, const struct dialect *d)
{
	wire_odd_row(out, d, &(struct oddity){ "\"hostile/dupid\"", PLAIN_NAME });
	buf_char(out, ',');
	wire_odd_row(out, d,
		     &(struct oddity){ "\"hostile/dupid\"", "\"Hostile: Other Row\"",
				       .price = "0.000003", .is_number = true,
				       .output = "0.000004" });
}

static const struct part {
	const char *name;
	void (*write)(struct buf *, const struct dialect *);
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

size_t hostile_write(struct buf *out, const struct dialect *d, const char *part)
{
	size_t rows = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!wanted(&parts[i], part))
			continue;
		if (rows)
			buf_char(out, ',');
		parts[i].write(out, d);
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
