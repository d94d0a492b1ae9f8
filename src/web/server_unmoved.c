/*
 * 304s: those of one tag are alike, so each is made once and queued again and again.  A number of them is kept, a newer
 * one in the place of an older.
 */
#include "web/exchange.h"

#include "base/fingerprint.h"

#include <stdlib.h>

enum { SLOTS = 256, KEY_MAX = 128 };

struct prepared {
	char key[KEY_MAX];
	size_t n; /* 0: none */
	struct MHD_Response *response;
};

struct unmoved {
	pthread_mutex_t lock; /* of all that follows */
	struct prepared slots[SLOTS];
};

struct unmoved *unmoved_create(void)
{
	struct unmoved *u = calloc(1, sizeof(*u));

	if (!u || pthread_mutex_init(&u->lock, NULL) != 0)
		abort();
	return u;
}

void unmoved_destroy(struct unmoved *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		if (u->slots[i].n)
			MHD_destroy_response(u->slots[i].response);
	(void)pthread_mutex_destroy(&u->lock);
	free(u);
}

static struct prepared *slot_of(struct unmoved *u, struct str key)
{
	struct hash h;

	fingerprint_bytes(key.at, key.n, &h);
	return &u->slots[h.bytes[0] % SLOTS];
}

bool unmoved_queue(struct unmoved *u, struct str key, struct MHD_Connection *mhd,
		   enum MHD_Result *ret)
{
	struct prepared *slot = slot_of(u, key);
	bool found;

	(void)pthread_mutex_lock(&u->lock);
	found = slot->n && str_eq((struct str){ slot->key, slot->n }, key);
	if (found) /* under the lock: the library counts itself in */
		*ret = MHD_queue_response(mhd, HTTP_NOT_MODIFIED, slot->response);
	(void)pthread_mutex_unlock(&u->lock);
	return found;
}

void unmoved_keep(struct unmoved *u, struct str key, struct MHD_Response *m)
{
	struct prepared *slot = slot_of(u, key);
	struct MHD_Response *old = m;

	(void)pthread_mutex_lock(&u->lock);
	if (key.n <= KEY_MAX) {
		old = slot->n ? slot->response : NULL;
		memcpy(slot->key, key.at, key.n);
		slot->n = key.n;
		slot->response = m;
	}
	(void)pthread_mutex_unlock(&u->lock);
	if (old)
		MHD_destroy_response(old);
}
