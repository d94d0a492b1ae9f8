#include "base/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hasher {
	EVP_MD_CTX *context;
	EVP_MD *algorithm; /* looked up once: the look-up costs as much as hashing a short text */
};

static void must(int ok)
{
	if (ok != 1)
		abort(); /* SHA-256 of memory fails only when memory or the library is broken */
}

static struct hasher *create(const char *algorithm)
{
	struct hasher *h = malloc(sizeof(*h));

	if (!h)
		abort();
	h->algorithm = EVP_MD_fetch(NULL, algorithm, NULL);
	h->context = EVP_MD_CTX_new();
	if (!h->algorithm || !h->context)
		abort();
	must(EVP_DigestInit_ex2(h->context, h->algorithm, NULL));
	return h;
}

struct hasher *hasher_create(void)
{
	return create("SHA256");
}

struct hasher *hasher_create_sha1(void)
{
	return create("SHA1");
}

void hasher_destroy(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->context);
	EVP_MD_free(h->algorithm);
	free(h);
}

void hasher_add(struct hasher *h, const void *bytes, size_t n)
{
	must(EVP_DigestUpdate(h->context, bytes, n));
}

void hasher_end(struct hasher *h, struct hash *ret)
{
	must(EVP_DigestFinal_ex(h->context, ret->bytes, NULL));
	must(EVP_DigestInit_ex2(h->context, h->algorithm, NULL));
}

void hash_bytes(const void *bytes, size_t n, struct hash *ret)
{
	must(EVP_Digest(bytes, n, ret->bytes, NULL, EVP_sha256(), NULL));
}

static const char *to_hex(const unsigned char *bytes, size_t n, char out[HASH_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

const char *hash_text(const struct hash *h, char out[HASH_TEXT_MAX])
{
	return to_hex(h->bytes, HASH_BYTES, out);
}

const char *hasher_end_text(struct hasher *h, char out[HASH_TEXT_MAX])
{
	struct hash hash;

	hasher_end(h, &hash);
	return to_hex(hash.bytes, (size_t)EVP_MD_get_size(h->algorithm), out);
}

/* Value plus one, so that what is not listed is 0. */
static const unsigned char hex_value[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hash_parse(struct str text, struct hash *ret)
{
	const unsigned char *at = (const unsigned char *)text.at;
	struct hash h;

	if (text.n != 2 * HASH_BYTES)
		return false;
	for (size_t i = 0; i < HASH_BYTES; i++) {
		unsigned high = hex_value[at[2 * i]];
		unsigned low = hex_value[at[2 * i + 1]];

		if (!high || !low)
			return false;
		h.bytes[i] = (unsigned char)((high - 1) << 4 | (low - 1));
	}
	*ret = h;
	return true;
}
