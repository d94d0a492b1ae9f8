/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void *sim_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		abort();
	return p;
}

char *sim_strdup(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(sim_alloc(n), text, n);
}

char *sim_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	return text;
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->room)
		return;
	size_t room = b->room ? b->room : 256;
	while (room < need)
		room *= 2;
	b->data = realloc(b->data, room);
	if (!b->data)
		abort();
	b->room = room;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	buf_reserve(b, n);
	memset(b->data + b->len, c, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_uint(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/* The code point at *text, which is moved past it.  Our own tables are valid UTF-8. */
static uint32_t code_point(const unsigned char **text)
{
	const unsigned char *s = *text;
	unsigned more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
	uint32_t c = more ? s[0] & (0x3fu >> more) : s[0];

	for (unsigned i = 1; i <= more && s[i]; i++)
		c = c << 6 | (s[i] & 0x3f);
	*text += more + 1;
	return c;
}

static void json_escape(struct buf *b, uint32_t c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		buf_printf(b, "\\u%04x", 0xd800 + (c >> 10));
		c = 0xdc00 + (c & 0x3ff);
	}
	buf_printf(b, "\\u%04x", c);
}

void buf_json(struct buf *b, const char *text, enum json_text how)
{
	if (!text) {
		buf_str(b, "null");
		return;
	}
	buf_char(b, '"');
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		if (*s == '"' || *s == '\\' || (*s == '/' && how == JSON_ASCII)) {
			buf_char(b, '\\');
			buf_char(b, (char)*s++);
		} else if (*s == '\n') {
			buf_str(b, "\\n");
			s++;
		} else if (*s < 0x20 || (*s >= 0x80 && how == JSON_ASCII)) {
			json_escape(b, code_point(&s));
		} else {
			size_t run = 1;

			while (s[run] >= 0x20 && s[run] != '"' && s[run] != '\\' &&
			       (how == JSON_UTF8 || (s[run] < 0x80 && s[run] != '/')))
				run++;
			buf_add(b, s, run);
			s += run;
		}
	}
	buf_char(b, '"');
}

void buf_comma(struct buf *b)
{
	if (b->len && b->data[b->len - 1] != '[' && b->data[b->len - 1] != '{')
		buf_char(b, ',');
}

struct blob *blob_from(struct buf *b)
{
	struct blob *blob = sim_alloc(sizeof(*blob));

	*blob = (struct blob){ .refs = 1, .len = b->len, .data = b->data };
	*b = (struct buf){ 0 };
	return blob;
}

struct blob *blob_ref(struct blob *b)
{
	b->refs++;
	return b;
}

void blob_unref(struct blob *b)
{
	if (!b || --b->refs)
		return;
	free(b->data);
	free(b);
}

struct blob *blob_gzip(const struct blob *plain, int level)
{
	enum { GZIP_WINDOW = 15 + 16 };
	z_stream z = { 0 };
	struct buf out = { 0 };

	if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	buf_reserve(&out, deflateBound(&z, (uLong)plain->len));
	z.next_in = (Bytef *)plain->data;
	z.avail_in = (uInt)plain->len;
	z.next_out = (Bytef *)out.data;
	z.avail_out = (uInt)out.room - 1;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out.len = z.total_out;
	deflateEnd(&z);
	return blob_from(&out);
}

uint64_t blob_hash(const struct blob *b)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ b->len;
	size_t i = 0;

	for (; i + 8 <= b->len; i += 8) {
		uint64_t word;

		memcpy(&word, b->data + i, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	for (; i < b->len; i++)
		h = (h ^ (unsigned char)b->data[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}
