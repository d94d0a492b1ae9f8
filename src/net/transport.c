#include "net/transport.h"

#include <assert.h>
#include <stdlib.h>

struct transport {
	CURLM *multi;
	uv_loop_t *uv;
	uv_timer_t timer;
	uv_idle_t kick;   /* "as soon as possible" */
	unsigned handles; /* of the two, not yet closed */
	unsigned running;
	bool closing;
};

/* One socket that libcurl wants watched. */
struct watch {
	uv_poll_t poll;
	struct transport *in;
	curl_socket_t fd;
	int events;
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

static void on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_kick(uv_idle_t *kick)
{
	uv_idle_stop(kick);
	act(kick->data, CURL_SOCKET_TIMEOUT, 0);
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

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int what = 0;

	if (status < 0) {
		/*
		 * An error or hang-up at the socket.  libcurl must read to find out which, and
		 * what arrived before it.  libuv has stopped the watch: if libcurl wants it
		 * still, it goes on.
		 */
		what = CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT;
		must(uv_poll_start(&w->poll, w->events, on_ready) == 0);
	}
	what |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	what |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	act(w->in, w->fd, what); /* *w may be closing from here on */
}

static struct watch *watch_create(struct transport *t, curl_socket_t fd)
{
	struct watch *w = malloc(sizeof(*w));

	must(w != NULL);
	*w = (struct watch){ .in = t, .fd = fd };
	must(uv_poll_init_socket(t->uv, &w->poll, fd) == 0);
	w->poll.data = w;
	must(curl_multi_assign(t->multi, fd, w) == CURLM_OK);
	return w;
}

static void free_watch(uv_handle_t *poll)
{
	free(poll->data);
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	static const int events[] = {
		[CURL_POLL_NONE] = 0,
		[CURL_POLL_IN] = UV_READABLE,
		[CURL_POLL_OUT] = UV_WRITABLE,
		[CURL_POLL_INOUT] = UV_READABLE | UV_WRITABLE,
	};
	struct transport *t = arg;
	struct watch *w = assigned;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			uv_close((uv_handle_t *)&w->poll, free_watch);
		return 0;
	}
	if (!w)
		w = watch_create(t, fd);
	w->events = events[what];
	must(uv_poll_start(&w->poll, w->events, on_ready) == 0);
	return 0;
}

struct transport *transport_create(struct loop *l)
{
	enum { IDLE_CONNECTIONS = 64 }; /* the default grows and shrinks with the transfers */
	struct transport *t = malloc(sizeof(*t));

	must(t != NULL);
	*t = (struct transport){ .uv = loop_uv(l), .handles = 2 };
	must(uv_timer_init(t->uv, &t->timer) == 0);
	must(uv_idle_init(t->uv, &t->kick) == 0);
	t->timer.data = t;
	t->kick.data = t;
	t->multi = curl_multi_init();
	must(t->multi != NULL);
	(void)curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	(void)curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	(void)curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
	(void)curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	(void)curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	(void)curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	struct transport *t = handle->data;

	if (--t->handles == 0)
		free(t);
}

void transport_destroy(struct transport *t)
{
	if (!t)
		return;
	assert(t->running == 0);
	t->closing = true;
	(void)curl_multi_cleanup(t->multi); /* closes the idle connections, which calls us back */
	uv_close((uv_handle_t *)&t->timer, on_closed);
	uv_close((uv_handle_t *)&t->kick, on_closed);
}

void transfer_start(struct transport *t, struct transfer *x)
{
	(void)curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	must(curl_multi_add_handle(t->multi, x->easy) == CURLM_OK);
	x->running = true;
	t->running++;
	/* libcurl does not ask for a time-out again that it believes to be set. */
	must(uv_idle_start(&t->kick, on_kick) == 0);
}

void transfer_stop(struct transport *t, struct transfer *x)
{
	if (!x->running)
		return;
	(void)curl_multi_remove_handle(t->multi, x->easy);
	x->running = false;
	t->running--;
}
