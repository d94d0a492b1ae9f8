#include "web/reads.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	BUSY_TRIES = 5, /* each has waited for the writer already */
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
};

struct slot {
	struct store *store; /* NULL: to be opened */
	bool taken;
};

struct reads {
	char *url;
	pthread_mutex_t lock;
	pthread_cond_t given;
	unsigned n;
	struct slot slots[];
};

struct reads *reads_create(const char *database_url, unsigned n)
{
	struct reads *r = calloc(1, sizeof(*r) + n * sizeof(r->slots[0]));
	pthread_condattr_t monotonic;

	if (!r || !(r->url = strdup(database_url)))
		abort();
	r->n = n;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&r->given, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return r;
}

void reads_destroy(struct reads *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		assert(!r->slots[i].taken);
		store_close(r->slots[i].store);
	}
	(void)pthread_cond_destroy(&r->given);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->url);
	free(r);
}

/* ---- taking and giving ---- */

/* One that is open before one that is not. */
static struct slot *find_free(struct reads *r)
{
	struct slot *found = NULL;

	for (unsigned i = 0; i < r->n; i++)
		if (!r->slots[i].taken && (!found || (!found->store && r->slots[i].store)))
			found = &r->slots[i];
	return found;
}

static struct timespec latest(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += READS_WAIT_MS / MS_PER_S;
	t.tv_nsec += (long)(READS_WAIT_MS % MS_PER_S) * NS_PER_MS;
	return t;
}

static struct slot *take_slot(struct reads *r)
{
	struct timespec until = latest();
	struct slot *slot;
	int rc = 0;

	(void)pthread_mutex_lock(&r->lock);
	while (!(slot = find_free(r)) && rc == 0)
		rc = pthread_cond_timedwait(&r->given, &r->lock, &until);
	if (slot)
		slot->taken = true;
	(void)pthread_mutex_unlock(&r->lock);
	return slot;
}

/* `s`: what lies there from now on. */
static void free_slot(struct reads *r, struct slot *slot, struct store *s)
{
	slot->store = s;
	slot->taken = false;
	(void)pthread_cond_signal(&r->given);
}

/* What a thread has taken it opens alone, but others look for theirs meanwhile. */
static bool open_slot(struct reads *r, struct slot *slot, struct err *e)
{
	struct store *s = NULL;
	bool ok = store_open(&s, r->url, STORE_READ, e);

	(void)pthread_mutex_lock(&r->lock);
	if (ok)
		slot->store = s;
	else
		free_slot(r, slot, NULL);
	(void)pthread_mutex_unlock(&r->lock);
	return ok;
}

bool reads_take(struct reads *r, struct store **ret, struct err *e)
{
	struct slot *slot = take_slot(r);

	if (!slot)
		return err_set(e, ERR_BUSY, "all readers of the database are busy: ask again");
	if (!slot->store && !open_slot(r, slot, e))
		return false;
	*ret = slot->store;
	return true;
}

void reads_give(struct reads *r, struct store *s, const struct err *e)
{
	bool is_dead = e && e->kind == ERR_DB;
	unsigned i = 0;

	(void)pthread_mutex_lock(&r->lock);
	while (i < r->n && (!r->slots[i].taken || r->slots[i].store != s))
		i++;
	assert(i < r->n);
	free_slot(r, &r->slots[i], is_dead ? NULL : s);
	(void)pthread_mutex_unlock(&r->lock);
	if (is_dead)
		store_close(s);
}

/* ---- one reading ---- */

static bool is_passing(const struct err *e, bool *renewed)
{
	bool first = !*renewed;

	*renewed = *renewed || e->kind == ERR_DB;
	return e->kind == ERR_BUSY || (e->kind == ERR_DB && first);
}

bool reads_run(struct reads *r, reads_fn *fn, void *arg, struct err *e)
{
	bool ok = false, again = true, renewed = false;
	struct store *s;

	for (int i = 0; !ok && again && i < BUSY_TRIES; i++) {
		if (!reads_take(r, &s, e))
			return false;
		ok = fn(s, arg, e);
		reads_give(r, s, ok ? NULL : e);
		again = !ok && is_passing(e, &renewed);
	}
	return ok;
}
