#include "net/transport.h"

#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH_MAX = 1024 };

struct transport {
	CURLM *multi;
	int epoll;
	uv_poll_t poll; /* of it; keeps the loop alive while sockets are watched */
	uv_timer_t timer;
	uv_idle_t kick;   /* "as soon as possible" */
	unsigned handles; /* of the three, not yet closed */
	unsigned running, watched;
	uint64_t stamp_us;
	bool closing;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* `done` may start and stop transfers and even destroy the transport. */
static void report_done(struct transport *t)
{
	CURLMsg *m;
	int left;

	while (!t->closing && (m = curl_multi_info_read(t->multi, &left))) {
		CURLcode code = m->data.result;
		char *private = NULL;
		struct transfer *x;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		x = (struct transfer *)(void *)private;
		transfer_stop(t, x);
		x->done(x->arg, code);
	}
}

static void act(struct transport *t, curl_socket_t fd, int what)
{
	int running;

	(void)curl_multi_socket_action(t->multi, fd, what, &running);
	report_done(t);
}

static void act_now(struct transport *t)
{
	t->stamp_us = clock_mono_us();
	act(t, CURL_SOCKET_TIMEOUT, 0);
}

static void on_timer(uv_timer_t *timer)
{
	act_now(timer->data);
}

static void on_kick(uv_idle_t *kick)
{
	uv_idle_stop(kick);
	act_now(kick->data);
}

/* A time-out of 0 is an idle handle: libuv 1.44 spins on a zero timer (libuv#4245). */
static int on_timeout_wanted(CURLM *multi, long ms, void *arg)
{
	struct transport *t = arg;

	(void)multi;
	uv_timer_stop(&t->timer);
	uv_idle_stop(&t->kick);
	if (ms == 0)
		must(uv_idle_start(&t->kick, on_kick) == 0);
	else if (ms > 0)
		loop_timer_start(&t->timer, on_timer, (uint64_t)ms);
	return 0;
}

/*
 * An error or hang-up: libcurl must read to find out which, and what arrived before it.  An event
 * of a descriptor that was closed and opened again within this batch does no harm: it
 * is tried, and there is nothing to read.
 */
static int what_happened(uint32_t events)
{
	int what = 0;

	what |= events & EPOLLIN ? CURL_CSELECT_IN : 0;
	what |= events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
	if (events & (EPOLLERR | EPOLLHUP))
		what = CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT;
	return what;
}

void transport_catch_up(struct transport *t)
{
	struct epoll_event ready[BATCH_MAX];
	int n = epoll_wait(t->epoll, ready, BATCH_MAX, 0);

	t->stamp_us = clock_mono_us();
	for (int i = 0; i < n && !t->closing; i++)
		act(t, ready[i].data.fd, what_happened(ready[i].events));
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	transport_catch_up(poll->data);
}

static void watch(struct transport *t, curl_socket_t fd, uint32_t events, bool again)
{
	struct epoll_event wanted = { .events = events, .data.fd = fd };

	must(epoll_ctl(t->epoll, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &wanted) == 0);
	if (again)
		return;
	must(curl_multi_assign(t->multi, fd, t) == CURLM_OK);
	if (t->watched++ == 0)
		uv_ref((uv_handle_t *)&t->poll);
}

static void unwatch(struct transport *t, curl_socket_t fd)
{
	struct epoll_event none = { 0 };

	(void)epoll_ctl(t->epoll, EPOLL_CTL_DEL, fd, &none); /* or it is closed already */
	if (--t->watched == 0)
		uv_unref((uv_handle_t *)&t->poll);
}

/* `assigned`: this socket is being watched. */
static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	static const uint32_t events[] = {
		[CURL_POLL_NONE] = 0,
		[CURL_POLL_IN] = EPOLLIN,
		[CURL_POLL_OUT] = EPOLLOUT,
		[CURL_POLL_INOUT] = EPOLLIN | EPOLLOUT,
	};

	(void)easy;
	if (what != CURL_POLL_REMOVE)
		watch(arg, fd, events[what], assigned != NULL);
	else if (assigned)
		unwatch(arg, fd);
	return 0;
}

static void watch_epoll(struct transport *t, uv_loop_t *uv)
{
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	must(t->epoll >= 0);
	must(uv_poll_init(uv, &t->poll, t->epoll) == 0);
	t->poll.data = t;
	must(uv_poll_start(&t->poll, UV_READABLE, on_ready) == 0);
	uv_unref((uv_handle_t *)&t->poll);
}

struct transport *transport_create(struct loop *l, unsigned connections_max)
{
	struct transport *t = malloc(sizeof(*t));

	must(t != NULL);
	*t = (struct transport){ .handles = 3 };
	watch_epoll(t, loop_uv(l));
	must(uv_timer_init(loop_uv(l), &t->timer) == 0);
	must(uv_idle_init(loop_uv(l), &t->kick) == 0);
	t->timer.data = t;
	t->kick.data = t;
	t->multi = curl_multi_init();
	must(t->multi != NULL);
	(void)curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	(void)curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	(void)curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
	(void)curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	(void)curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	/* The default grows and shrinks with the transfers. */
	(void)curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	struct transport *t = handle->data;

	if (--t->handles > 0)
		return;
	close(t->epoll);
	free(t);
}

void transport_destroy(struct transport *t)
{
	if (!t)
		return;
	assert(t->running == 0);
	t->closing = true;
	(void)curl_multi_cleanup(t->multi); /* closes the idle connections, which calls us back */
	uv_close((uv_handle_t *)&t->poll, on_closed);
	uv_close((uv_handle_t *)&t->timer, on_closed);
	uv_close((uv_handle_t *)&t->kick, on_closed);
}

static void add(struct transport *t, struct transfer *x)
{
	(void)curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	must(curl_multi_add_handle(t->multi, x->easy) == CURLM_OK);
	x->running = true;
	t->running++;
}

void transfer_start(struct transport *t, struct transfer *x)
{
	add(t, x);
	/* libcurl does not ask for a time-out again that it believes to be set. */
	must(uv_idle_start(&t->kick, on_kick) == 0);
}

void transfer_start_now(struct transport *t, struct transfer *x)
{
	add(t, x);
	act_now(t);
}

uint64_t transport_stamp_us(const struct transport *t)
{
	return t->stamp_us;
}

void transfer_stop(struct transport *t, struct transfer *x)
{
	if (!x->running)
		return;
	(void)curl_multi_remove_handle(t->multi, x->easy);
	x->running = false;
	t->running--;
}
