#include "base/keyprint.h"

#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SALT_BYTES = 16, SALT_TEXT = 2 * SALT_BYTES };

#define NO_KEY STR("none")

/* The salt goes in as its text, which is random all the same. */
static void mac(struct str salt, struct str key, struct hash *ret)
{
	unsigned n = sizeof(ret->bytes);

	if (!HMAC(EVP_sha256(), salt.at, (int)salt.n, (const unsigned char *)key.at, key.n,
		  ret->bytes, &n))
		abort(); /* of memory: it fails only when there is none */
}

struct str keyprint_make(struct str key, struct arena *a)
{
	struct hash random = { 0 };
	char salt[HASH_TEXT_MAX];
	char text[HASH_TEXT_MAX];
	struct hash h;

	if (key.n == 0)
		return NO_KEY;
	if (getrandom(random.bytes, SALT_BYTES, 0) != SALT_BYTES)
		abort();
	(void)hash_text(&random, salt);
	mac((struct str){ salt, SALT_TEXT }, key, &h);
	return arena_printf(a, "%.*s:%s", SALT_TEXT, salt, hash_text(&h, text));
}

bool keyprint_matches(struct str print, struct str key)
{
	struct hash ours;
	struct hash kept;
	struct str salt;

	if (key.n == 0)
		return str_eq(print, NO_KEY);
	if (!str_cut(&print, ':', &salt) || salt.n != SALT_TEXT || !hash_parse(print, &kept))
		return false;
	mac(salt, key, &ours);
	return CRYPTO_memcmp(ours.bytes, kept.bytes, sizeof(ours.bytes)) == 0;
}
