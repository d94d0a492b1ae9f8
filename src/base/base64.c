#include "base/base64.h"

static const char usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void add(struct buf *out, const char *alphabet, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i < 3 ? n - i : 3;
		unsigned group = (unsigned)at[i] << 16;

		group |= left > 1 ? (unsigned)at[i + 1] << 8 : 0;
		group |= left > 2 ? at[i + 2] : 0;
		for (size_t k = 0; k <= left; k++)
			buf_add_char(out, alphabet[group >> (18 - 6 * k) & 63]);
	}
}

void base64url_add(struct buf *out, const void *bytes, size_t n)
{
	add(out, for_urls, bytes, n);
}

void base64_add(struct buf *out, const void *bytes, size_t n)
{
	add(out, usual, bytes, n);
	for (size_t k = n % 3; k && k < 3; k++)
		buf_add_char(out, '=');
}

static struct str without_padding(struct str text)
{
	size_t padded = text.n % 4 == 0 ? 2 : 0;

	for (; padded && text.n && text.at[text.n - 1] == '='; padded--)
		text.n--;
	return text;
}

bool base64_decode(struct str text, struct arena *a, struct str *ret)
{
	unsigned char *out = arena_alloc(a, text.n + 1);
	unsigned group = 0;
	unsigned bits = 0;
	size_t n = 0;

	text = without_padding(text);
	for (size_t i = 0; i < text.n; i++) {
		const char *found = text.at[i] ? strchr(usual, text.at[i]) : NULL;

		if (!found)
			return false;
		group = group << 6 | (unsigned)(found - usual);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (unsigned char)(group >> bits);
		}
	}
	/* A lone letter is no byte, and what is left over is nothing. */
	if (text.n % 4 == 1 || (group & ((1U << bits) - 1)))
		return false;
	*ret = (struct str){ (const char *)out, n };
	return true;
}
