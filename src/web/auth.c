#include "web/auth.h"

#include "base/hash.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	PEERS = 1024, /* remembered; a new one takes the place of its hash */
	FORGET_S = 300,
	WAIT_MAX_S = 60,
	PEER_MAX = 48,
	US_PER_S = 1000000,
};

struct failures {
	char peer[PEER_MAX];
	uint64_t last_us;
	uint32_t n;
};

struct auth {
	pthread_mutex_t lock;
	struct hash key;
	bool has_key;
	uint32_t rate;
	struct failures failures[PEERS];
};

bool auth_same(const unsigned char a[32], const unsigned char b[32])
{
	return CRYPTO_memcmp(a, b, HASH_BYTES) == 0;
}

void auth_set_key(struct auth *a, struct str key)
{
	pthread_mutex_lock(&a->lock);
	a->has_key = key.n > 0;
	hash_bytes(key.at ? key.at : "", key.n, &a->key);
	pthread_mutex_unlock(&a->lock);
}

struct auth *auth_create(struct str key, uint32_t rate)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	pthread_mutex_init(&a->lock, NULL);
	a->rate = rate;
	auth_set_key(a, key);
	return a;
}

void auth_destroy(struct auth *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	OPENSSL_cleanse(a, sizeof(*a));
	free(a);
}

/* "Bearer KEY", the scheme in any case of letters. */
static bool bearer(struct str authorization, struct str *ret)
{
	struct str rest = str_trim(authorization);
	struct str scheme;

	if (!str_cut(&rest, ' ', &scheme) || !str_eq_nocase(scheme, STR("bearer")))
		return false;
	*ret = str_trim(rest);
	return ret->n > 0;
}

static struct failures *failures_of(struct auth *a, struct str peer, uint64_t now_us)
{
	struct hash h;
	struct failures *f;

	hash_bytes(peer.at, peer.n, &h);
	f = &a->failures[(h.bytes[0] << 8 | h.bytes[1]) % PEERS];
	if (!str_eq(str_of(f->peer), peer) || now_us - f->last_us > FORGET_S * (uint64_t)US_PER_S) {
		*f = (struct failures){ 0 };
		size_t n = peer.n < PEER_MAX - 1 ? peer.n : PEER_MAX - 1;

		memcpy(f->peer, peer.at, n);
	}
	return f;
}

/* Beyond the allowed ones each failure makes the wait twice as long. */
static enum auth_verdict fail(struct auth *a, struct str peer, uint64_t now_us,
			      unsigned *ret_wait_s)
{
	struct failures *f = failures_of(a, peer, now_us);
	uint32_t beyond = f->n >= a->rate ? f->n - a->rate + 1 : 0;

	f->n++;
	f->last_us = now_us;
	if (!beyond)
		return AUTH_WRONG;
	*ret_wait_s = beyond < 6 ? 1U << beyond : WAIT_MAX_S;
	return AUTH_WAIT;
}

enum auth_verdict auth_check(struct auth *a, struct str authorization, struct str peer,
			     uint64_t now_us, unsigned *ret_wait_s)
{
	struct str given = STR_NONE;
	struct hash digest;
	enum auth_verdict verdict = AUTH_OK;
	bool has = bearer(authorization, &given);

	hash_bytes(given.at ? given.at : "", given.n, &digest);
	pthread_mutex_lock(&a->lock);
	if (!a->has_key)
		verdict = AUTH_NO_KEY;
	else if (!has)
		verdict = AUTH_MISSING;
	else if (!auth_same(digest.bytes, a->key.bytes))
		verdict = fail(a, peer, now_us, ret_wait_s);
	pthread_mutex_unlock(&a->lock);
	return verdict;
}
