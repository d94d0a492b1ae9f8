#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_add(struct buf *out, const void *bytes, size_t n)
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
