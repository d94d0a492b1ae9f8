#include "web/exchange.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	LOOK_MS = 200, /* how exact time-outs are */
	US_PER_MS = 1000,
	NS_PER_MS = 1000000,
	NS_PER_S = 1000000000,
	REPLY_SHARE = 10, /* a whole reply may take so many times the idle time-out */
};

static uint64_t allowed_ms(const struct web_limits *l, const struct connection *c, enum stage stage)
{
	switch (stage) {
	case STAGE_HEADERS:
		return c->used ? l->idle_timeout_ms : l->header_timeout_ms;
	case STAGE_BODY:
		return l->body_timeout_ms;
	case STAGE_REPLY:
		return (uint64_t)l->idle_timeout_ms * REPLY_SHARE;
	case STAGE_BUSY:
	case STAGE_STREAM:
		break;
	}
	return 0;
}

void sweep_enter(const struct server *s, struct connection *c, enum stage stage)
{
	uint64_t ms = allowed_ms(&s->web->conf.limits, c, stage);

	c->deadline_us = ms ? clock_mono_us() + ms * US_PER_MS : 0;
	c->stage = stage;
}

/* Only shut: the library closes, in its own thread. */
static void hang_up_late(struct server *s)
{
	uint64_t now = clock_mono_us();

	for (struct connection *c = s->connections; c; c = c->next) {
		uint64_t deadline = c->deadline_us;

		if (!deadline || deadline > now)
			continue;
		c->deadline_us = 0;
		(void)shutdown(c->fd, SHUT_RDWR);
	}
}

static void nap(struct server *s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)LOOK_MS * NS_PER_MS;
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static void *sweep(void *arg)
{
	struct server *s = arg;
	uint64_t looked = 0;

	pthread_mutex_lock(&s->lock);
	while (s->has_sweeper) {
		if (!s->connections)
			pthread_cond_wait(&s->changed, &s->lock);
		else
			nap(s);
		hang_up_late(s);
		if (clock_mono_us() - looked < HTTP_STREAM_LOOK_MS * (uint64_t)US_PER_MS ||
		    !s->streams)
			continue;
		looked = clock_mono_us();
		stream_wake_all(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void sweep_start(struct server *s)
{
	s->has_sweeper = true;
	if (pthread_create(&s->sweeper, NULL, sweep, s))
		abort();
}

void sweep_stop(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	bool runs = s->has_sweeper;
	s->has_sweeper = false;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (runs)
		pthread_join(s->sweeper, NULL);
}
