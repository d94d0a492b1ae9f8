#include "base/jwt.h"

#include "base/base64.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

/* OpenSSL would ask for a password on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

/* NULL when it is none. */
static EVP_PKEY *read_key(struct str pem)
{
	BIO *in = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.at, (int)pem.n) : NULL;
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	return key;
}

static bool add_signature(EVP_PKEY *key, struct str text, struct buf *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t n = (size_t)EVP_PKEY_get_size(key);
	unsigned char *signature = malloc(n);
	bool ok;

	if (!context || !signature)
		abort();
	ok = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(context, signature, &n, (const unsigned char *)text.at, text.n) == 1;
	if (ok) {
		buf_add_char(out, '.');
		base64url_add(out, signature, n);
	}
	free(signature);
	EVP_MD_CTX_free(context);
	return ok;
}

static bool sign(struct str text, struct str pem, struct buf *out, struct err *e)
{
	EVP_PKEY *key = read_key(pem);
	bool ok;

	if (!key)
		return err_set(e, ERR_CONFIG, "the private key cannot be read");
	if (!EVP_PKEY_is_a(key, "RSA"))
		ok = err_set(e, ERR_CONFIG, "the private key is not an RSA key");
	else
		ok = add_signature(key, text, out) ||
		     err_set(e, ERR_CONFIG, "the private key cannot sign");
	EVP_PKEY_free(key);
	return ok;
}

bool jwt_sign_rs256(struct str header, struct str claims, struct str pem, struct buf *out,
		    struct err *e)
{
	size_t first = out->n;
	bool ok;

	/* At once, so that growing leaves no copy behind: 4 for 3, and a signature of 16384 bits. */
	(void)buf_reserve(out, (header.n + claims.n) / 3 * 4 + 4096);
	base64url_add(out, header.at, header.n);
	buf_add_char(out, '.');
	base64url_add(out, claims.at, claims.n);
	if (buf_overflowed(out))
		return err_set(e, ERR_LIMIT, "the token is too long");
	ok = sign((struct str){ out->at + first, out->n - first }, pem, out, e);
	ERR_clear_error(); /* what OpenSSL noted is nobody else's business */
	return ok;
}
