#include "web/web.h"

#include "web/server.h"
#include "web/tail.h"

#include <stdlib.h>

/* ---- epochs ---- */

/* From one web_reconfigure() to the next. */
struct web_epoch {
	struct web_epoch *newer;
	uint64_t number;
	atomic_uint references; /* requests that began in it; and the web's */
};

/* Under the lock, but for the first. */
static void begin_epoch(struct web *w)
{
	struct web_epoch *epoch = calloc(1, sizeof(*epoch));

	if (!epoch)
		abort();
	atomic_init(&epoch->references, 1);
	if (w->epoch) {
		epoch->number = w->epoch->number + 1;
		w->epoch->newer = epoch;
	} else {
		w->oldest = epoch;
	}
	w->epoch = epoch;
}

void web_leave(struct web_epoch *epoch)
{
	if (epoch && atomic_fetch_sub(&epoch->references, 1) == 1)
		free(epoch);
}

struct web_epoch *web_enter(struct web *w)
{
	struct web_epoch *epoch;

	pthread_mutex_lock(&w->lock);
	epoch = w->epoch;
	if (epoch)
		(void)atomic_fetch_add(&epoch->references, 1);
	pthread_mutex_unlock(&w->lock);
	return epoch;
}

/* Under the lock.  Nobody enters one that has passed. */
static void forget_oldest(struct web *w)
{
	struct web_epoch *epoch = w->oldest;

	w->oldest = epoch->newer;
	web_leave(epoch);
}

uint64_t web_oldest(struct web *w)
{
	uint64_t number;

	pthread_mutex_lock(&w->lock);
	while (w->oldest != w->epoch && atomic_load(&w->oldest->references) == 1)
		forget_oldest(w);
	number = w->oldest->number;
	pthread_mutex_unlock(&w->lock);
	return number;
}

/* ---- the web ---- */

bool web_start(struct web **ret, const struct web_conf *conf, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->conf = *conf;
	atomic_init(&w->references, 1);
	pthread_mutex_init(&w->lock, NULL);
	begin_epoch(w);
	w->reads = reads_create(conf->database_url, conf->limits.threads);
	w->tail = tail_create(w->reads);
	w->jobs = jobs_create(conf->syncer);
	w->webhooks = rate_create(conf->limits.webhook_rate);
	if (!server_start(w, &w->server, e)) {
		web_stop(w, 0);
		return false;
	}
	*ret = w;
	return true;
}

void web_stop(struct web *w, uint32_t grace_ms)
{
	if (!w)
		return;
	server_stop(w->server, grace_ms);
	w->stopped = true;
	jobs_destroy(w->jobs);
	rate_destroy(w->webhooks);
	tail_destroy(w->tail);
	reads_destroy(w->reads);
	web_unref(w);
}

struct web *web_ref(struct web *w)
{
	(void)atomic_fetch_add(&w->references, 1);
	return w;
}

void web_unref(struct web *w)
{
	if (atomic_fetch_sub(&w->references, 1) > 1)
		return;
	while (w->oldest)
		forget_oldest(w);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void web_drain(struct web *w)
{
	atomic_store(&w->draining, true);
}

bool web_is_idle(struct web *w)
{
	return atomic_load(&w->references) == 1;
}

uint64_t web_reconfigure(struct web *w, const struct registry *registry, struct str admin_key,
			 struct str webhook_secret)
{
	uint64_t number;

	pthread_mutex_lock(&w->lock);
	w->conf.registry = registry;
	w->conf.webhook_secret = webhook_secret;
	begin_epoch(w);
	number = w->epoch->number;
	pthread_mutex_unlock(&w->lock);
	server_set_key(w->server, admin_key);
	return number;
}

void web_doubt(struct web *w, const struct err *why)
{
	pthread_mutex_lock(&w->lock);
	(void)snprintf(w->doubt, sizeof(w->doubt), "%s", why ? why->text : "");
	pthread_mutex_unlock(&w->lock);
}

bool web_is_doubtful(struct web *w, char to[ERR_TEXT_MAX])
{
	pthread_mutex_lock(&w->lock);
	memcpy(to, w->doubt, ERR_TEXT_MAX);
	pthread_mutex_unlock(&w->lock);
	return to[0] != '\0';
}

const struct registry *web_registry(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	const struct registry *r = w->conf.registry;
	pthread_mutex_unlock(&w->lock);
	return r;
}

struct str web_webhook_secret(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	struct str secret = w->conf.webhook_secret;
	pthread_mutex_unlock(&w->lock);
	return secret;
}

void http_streams_wake(struct web *web)
{
	server_wake_streams(web->server);
}
