/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { LASTS_S = 7 * 24 * 3600, BEGAN_S = 24 * 3600, BLOCK = 16 * 1024 };

struct tls {
	SSL_CTX *ctx;
};

struct tls_session {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
};

/* --- the certificate --- */

static void extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext || !X509_add_ext(cert, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

static X509 *sign_itself(EVP_PKEY *key, const char *addr)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	char *names = sim_format("DNS:localhost,IP:127.0.0.1,IP:%s", addr);
	uint64_t serial;

	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		abort();
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1 | 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -BEGAN_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), LASTS_S);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"marketsim", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	extend(cert, NID_subject_alt_name, names);
	extend(cert, NID_subject_key_identifier, "hash");
	if (!X509_sign(cert, key, EVP_sha256()))
		abort();
	free(names);
	return cert;
}

static bool write_certificate(X509 *cert, const char *file)
{
	FILE *f = fopen(file, "w");
	bool ok = f && PEM_write_X509(f, cert);

	if (f && fclose(f))
		ok = false;
	if (!ok)
		perror("marketsim: --ca-file");
	return ok;
}

struct tls *tls_create(const char *addr, const char *ca_file)
{
	static const unsigned char id[] = "marketsim";
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = sign_itself(key, addr);
	struct tls *t = sim_alloc(sizeof(*t));

	t->ctx = SSL_CTX_new(TLS_server_method());
	if (!t->ctx || SSL_CTX_use_certificate(t->ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(t->ctx, key) != 1)
		abort();
	SSL_CTX_set_session_id_context(t->ctx, id, sizeof(id) - 1);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	if (ca_file && !write_certificate(cert, ca_file)) {
		tls_destroy(t);
		t = NULL;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return t;
}

void tls_destroy(struct tls *t)
{
	if (t)
		SSL_CTX_free(t->ctx);
	free(t);
}

/* --- sessions --- */

struct tls_session *tls_session_create(struct tls *t)
{
	struct tls_session *s = sim_alloc(sizeof(*s));

	s->ssl = SSL_new(t->ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out)
		abort();
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_accept_state(s->ssl);
	return s;
}

void tls_session_destroy(struct tls_session *s)
{
	if (s)
		SSL_free(s->ssl);
	free(s);
}

bool tls_feed(struct tls_session *s, const char *bytes, size_t n, struct buf *plain)
{
	int got, why;

	BIO_write(s->in, bytes, (int)n);
	do {
		buf_reserve(plain, BLOCK);
		got = SSL_read(s->ssl, plain->data + plain->len, BLOCK);
		if (got > 0)
			plain->len += (size_t)got;
	} while (got > 0);
	plain->data[plain->len] = '\0';
	why = SSL_get_error(s->ssl, got);
	ERR_clear_error(); /* the queue is the thread's, and another session would find it */
	return why == SSL_ERROR_WANT_READ;
}

void tls_write(struct tls_session *s, const char *bytes, size_t n)
{
	if (n)
		SSL_write(s->ssl, bytes, (int)n);
}

void tls_end(struct tls_session *s)
{
	SSL_shutdown(s->ssl);
	ERR_clear_error();
}

void tls_take(struct tls_session *s, struct buf *out)
{
	char *bytes;
	long n = BIO_get_mem_data(s->out, &bytes);

	if (n > 0)
		buf_add(out, bytes, (size_t)n);
	(void)BIO_reset(s->out);
}
