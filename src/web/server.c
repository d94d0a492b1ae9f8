#include "web/exchange.h"
#include "web/listen.h"
#include "web/route.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	NS_PER_MS = 1000000,
	MS_PER_S = 1000,
	POOL_SPARE =
		16 *
		1024, /* of a connection's memory, beside what a request may have: for the reply's head */
	DESCRIPTORS_SPARE = 512, /* for files, databases and what is asked outwards */
	FAREWELL_MS = 200,       /* for the last words to those who are given up */
};

/* Exchanges that somebody promised to answer may live longer than their server. */
static pthread_mutex_t promises = PTHREAD_MUTEX_INITIALIZER;

/* --- exchanges --- */

static struct exchange *exchange_begin(struct server *s, struct connection *c,
				       struct MHD_Connection *mhd, struct str target)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	x->server = s;
	x->epoch = web_enter(s->web);
	x->connection = c;
	x->mhd = mhd;
	x->reply = HTTP_REPLY_INIT;
	x->begun_us = clock_mono_us();
	x->target = arena_str(&x->arena, target);
	x->stream.exchange = x;
	x->request =
		(struct http_request){ .web = s->web,
				       .arena = &x->arena,
				       .waiting = &x->wait,
				       /* A promised answer may come after the connection went. */
				       .peer = arena_str(&x->arena, str_of(c->peer)),
				       .actor = STR("api") };
	pthread_mutex_lock(&s->lock);
	c->exchange = x;
	s->n_exchanges++;
	pthread_mutex_unlock(&s->lock);
	return x;
}

static void exchange_free(struct exchange *x)
{
	http_reply_drop(&x->reply);
	web_leave(x->epoch);
	buf_release(&x->body);
	arena_release(&x->arena);
	free(x);
}

static void count(struct exchange *x)
{
	uint64_t us = clock_mono_us() - x->begun_us;

	if (!x->status)
		return;
	counters_request(x->server->web->conf.counters, x->route ? x->route->pattern : "none",
			 x->method_name, x->status, us, x->sent);
	if (log_enabled(LOG_DEBUG))
		log_event(LOG_DEBUG, "request", LOG_TEXT("method", x->method_name),
			  LOG_STR("path", x->request.path), LOG_INT("status", x->status),
			  LOG_UINT("us", us), LOG_UINT("bytes", x->sent),
			  LOG_TEXT("peer", x->connection->peer));
}

/* The server's part of it is over. */
static void exchange_end(struct exchange *x)
{
	struct server *s = x->server;
	bool promised;

	count(x);
	stream_forget(x);
	x->connection->used = true;
	sweep_enter(s, x->connection, STAGE_HEADERS);
	pthread_mutex_lock(&s->lock);
	x->connection->exchange = NULL;
	s->n_exchanges--;
	if (s->stopping)
		pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);

	pthread_mutex_lock(&promises);
	promised = x->wait.promised && !x->wait.answered;
	x->wait.abandoned = promised;
	pthread_mutex_unlock(&promises);
	if (!promised)
		exchange_free(x);
}

/* --- answering later --- */

static struct exchange *exchange_of(struct http_wait *w)
{
	return (struct exchange *)(void *)((char *)w - offsetof(struct exchange, wait));
}

/* Under the locks: it hears that there will be no answer. */
static void give_up_on(struct exchange *x)
{
	x->wait.given_up = true;
	MHD_resume_connection(x->mhd);
}

struct http_wait *http_wait(struct http_request *q)
{
	struct exchange *x = exchange_of(q->waiting);
	struct server *s = x->server;

	pthread_mutex_lock(&s->lock);
	pthread_mutex_lock(&promises);
	x->wait.promised = true;
	MHD_suspend_connection(x->mhd);
	if (s->gave_up)
		give_up_on(x);
	pthread_mutex_unlock(&promises);
	pthread_mutex_unlock(&s->lock);
	return &x->wait;
}

void http_answer(struct http_wait *w, struct http_reply *r)
{
	struct exchange *x = exchange_of(w);

	pthread_mutex_lock(&promises);
	assert(w->promised && !w->answered);
	bool abandoned = w->abandoned;
	bool late = abandoned || w->given_up;
	w->answered = true;
	if (late) {
		http_reply_drop(r);
	} else {
		http_reply_drop(&x->reply);
		x->reply = *r;
		/* Before: `r` may be in the request's arena, which goes as soon as it is sent. */
		*r = HTTP_REPLY_INIT;
		MHD_resume_connection(x->mhd);
	}
	pthread_mutex_unlock(&promises);
	if (abandoned)
		exchange_free(x);
}

/* --- what the library calls --- */

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void name_peer(struct connection *c, const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, a, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, c->peer, sizeof(c->peer));
	} else if (a->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, a, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], c->peer, sizeof(c->peer));
		else
			inet_ntop(AF_INET6, &in6.sin6_addr, c->peer, sizeof(c->peer));
	}
}

static void connection_begin(struct server *s, struct MHD_Connection *mhd, void **context)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	name_peer(c, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
	sweep_enter(s, c, STAGE_HEADERS);
	pthread_mutex_lock(&s->lock);
	c->next = s->connections;
	if (c->next)
		c->next->previous = c;
	else
		pthread_cond_broadcast(&s->changed); /* the sweeper slept */
	s->connections = c;
	pthread_mutex_unlock(&s->lock);
	*context = c;
}

static void connection_end(struct server *s, struct connection *c)
{
	pthread_mutex_lock(&s->lock);
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		s->connections = c->next;
	pthread_mutex_unlock(&s->lock);
	free(c);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begin(arg, mhd, context);
	else
		connection_end(arg, *context);
}

static enum MHD_Result on_accept(void *arg, const struct sockaddr *peer, socklen_t n)
{
	const struct server *s = arg;

	(void)peer, (void)n;
	return s->stopping ? MHD_NO : MHD_YES;
}

/* The request line; the library cuts and decodes it behind our back once we return. */
static void *on_line(void *arg, const char *target, struct MHD_Connection *mhd)
{
	return exchange_begin(arg, connection_of(mhd), mhd, str_of(target ? target : ""));
}

static void run(struct exchange *x)
{
	x->request.body = x->body.n ? buf_str(&x->body) : STR_NONE;
	if (!check_route(x))
		return;
	sweep_enter(x->server, x->connection, STAGE_BUSY);
	x->route->handler(&x->request, &x->reply);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *bytes,
				  size_t *n, void **context)
{
	struct exchange *x = *context;

	(void)arg, (void)mhd, (void)url;
	if (!x->checked) {
		x->checked = true;
		if (!check_head(x, method, version))
			return reply_send(x);
		sweep_enter(x->server, x->connection, STAGE_BODY);
		return MHD_YES;
	}
	if (*n) {
		buf_add(&x->body, bytes, *n);
		*n = 0;
		return MHD_YES;
	}
	if (x->wait.promised) /* and kept: woken by http_answer() or at the end */
		return reply_send(x);
	run(x);
	return x->wait.promised ? MHD_YES : reply_send(x);
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode why)
{
	(void)arg, (void)mhd, (void)why;
	if (*context)
		exchange_end(*context);
	*context = NULL;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *format,
							 va_list args)
{
	char text[ERR_TEXT_MAX];

	(void)arg;
	(void)vsnprintf(text, sizeof(text), format, args);
	log_event(LOG_DEBUG, "libmicrohttpd", LOG_STR("said", str_trim(str_of(text))));
}

/* --- start and stop --- */

static struct MHD_Daemon *start_daemon(struct server *s, int fd)
{
	const struct web_limits *l = &s->web->conf.limits;
	/* No more than that: the library overwrites all of it after each request. */
	size_t memory = (size_t)l->line_max + l->headers_max + POOL_SPARE;
	unsigned idle_s = (l->idle_timeout_ms + MS_PER_S - 1) / MS_PER_S;
	unsigned flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	return MHD_start_daemon(
		flags, 0, on_accept, s, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
		l->threads > 1 ? l->threads : 0U, MHD_OPTION_CONNECTION_LIMIT,
		l->connections < l->threads ? l->threads : l->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, l->connections_peer,
		MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
		MHD_OPTION_URI_LOG_CALLBACK, on_line, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

static bool begin_listening(struct server *s, int *ret_fd, struct err *e)
{
	const struct web_conf *conf = &s->web->conf;
	struct str port;
	bool loopback;
	struct err none;

	*ret_fd = conf->listen_fd;
	if (*ret_fd < 0 && !listen_open(conf->listen, ret_fd, e))
		return false;
	if (!listen_name(*ret_fd, s->web->address, sizeof(s->web->address), &loopback)) {
		(void)close(*ret_fd);
		return err_set(e, ERR_USAGE, "the socket handed over is no TCP socket");
	}
	s->origins.hosts = conf->hosts;
	s->origins.cors = conf->cors_origin;
	s->origins.any_address = !loopback;
	if (!listen_split(conf->listen, &s->origins.listened, &port, &none))
		s->origins.listened = STR_NONE;
	return true;
}

/* Each connection is a descriptor; the soft limit is often 1024. */
static void allow_descriptors(uint32_t connections)
{
	rlim_t want = (rlim_t)connections + DESCRIPTORS_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void init_lock(struct server *s)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool server_start(struct web *w, struct server **ret, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	int fd;

	if (!s)
		abort();
	s->web = w;
	init_lock(s);
	s->unmoved = unmoved_create();
	s->auth = auth_create(w->conf.admin_key, w->conf.limits.admin_rate);
	*ret = s;
	if (!begin_listening(s, &fd, e)) {
		server_stop(s, 0);
		*ret = NULL;
		return false;
	}
	allow_descriptors(w->conf.limits.connections);
	sweep_start(s);
	s->daemon = start_daemon(s, fd);
	if (!s->daemon) {
		err_errno(e, ERR_IO, errno, "cannot serve on %s", w->address);
		(void)close(fd);
		server_stop(s, 0);
		*ret = NULL;
		return false;
	}
	return true;
}

static bool wait_for_ends(struct server *s, uint32_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / MS_PER_S;
	until.tv_nsec += (long)(ms % MS_PER_S) * NS_PER_MS;
	if (until.tv_nsec >= (long)MS_PER_S * NS_PER_MS) {
		until.tv_nsec -= (long)MS_PER_S * NS_PER_MS;
		until.tv_sec++;
	}
	int failed = 0;
	while (s->n_exchanges && !failed)
		failed = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	return !s->n_exchanges;
}

/* Under the lock: those who were promised an answer, or will be, hear that there will be none. */
static void give_up(struct server *s)
{
	s->gave_up = true;
	for (struct connection *c = s->connections; c; c = c->next) {
		struct exchange *x = c->exchange;

		if (!x)
			continue;
		pthread_mutex_lock(&promises);
		if (x->wait.promised && !x->wait.answered && !x->wait.given_up)
			give_up_on(x);
		pthread_mutex_unlock(&promises);
	}
}

static void hang_up_idle(struct server *s)
{
	for (struct connection *c = s->connections; c; c = c->next)
		if (c->stage == STAGE_HEADERS && !c->exchange)
			(void)shutdown(c->fd, SHUT_RDWR);
}

void server_stop(struct server *s, uint32_t grace_ms)
{
	if (!s)
		return;
	if (s->daemon) {
		pthread_mutex_lock(&s->lock);
		s->stopping = true;
		hang_up_idle(s);
		pthread_mutex_unlock(&s->lock);
		server_wake_streams(s);
		pthread_mutex_lock(&s->lock);
		bool all_ended = wait_for_ends(s, grace_ms);

		give_up(s);
		if (!all_ended)
			(void)wait_for_ends(s, FAREWELL_MS);
		pthread_mutex_unlock(&s->lock);
		sweep_stop(s);
		server_wake_streams(s);
		MHD_stop_daemon(s->daemon);
	} else {
		sweep_stop(s);
	}
	auth_destroy(s->auth);
	unmoved_destroy(s->unmoved);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void server_set_key(struct server *s, struct str admin_key)
{
	auth_set_key(s->auth, admin_key);
}
