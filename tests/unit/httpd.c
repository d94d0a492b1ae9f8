#include "httpd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	STEPS_MAX = 16,
	ANSWERS_MAX = 256,
	CONNECTIONS_MAX = 1024,
	REQUESTS_MAX = 1024,
	HEAD_MAX = 64 * 1024
};

struct connection {
	struct httpd *in;
	pthread_t thread;
	int fd;
	bool open; /* under in->lock */
};

struct httpd {
	int listener;
	unsigned port;
	pthread_t acceptor;

	pthread_mutex_t lock; /* for all below */
	struct httpd_step steps[STEPS_MAX];
	size_t n_steps, steps_taken;
	char *answers[ANSWERS_MAX]; /* of all scripts: a thread may still be sending an old one */
	size_t n_answers;
	struct connection connections[CONNECTIONS_MAX];
	size_t n_connections;
	char *requests[REQUESTS_MAX];
	size_t n_requests;
};

static const struct httpd_step not_found = {
	.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct httpd_step step_at(struct httpd *h, size_t i)
{
	if (h->n_steps == 0)
		return not_found;
	return h->steps[i < h->n_steps ? i : h->n_steps - 1];
}

static struct httpd_step take_step(struct httpd *h)
{
	struct httpd_step s;

	pthread_mutex_lock(&h->lock);
	s = step_at(h, h->steps_taken++);
	pthread_mutex_unlock(&h->lock);
	return s;
}

static bool next_is_unread(struct httpd *h)
{
	bool unread;

	pthread_mutex_lock(&h->lock);
	unread = step_at(h, h->steps_taken).unread;
	pthread_mutex_unlock(&h->lock);
	return unread;
}

static void record(struct httpd *h, const char *head)
{
	pthread_mutex_lock(&h->lock);
	must(h->n_requests < REQUESTS_MAX);
	h->requests[h->n_requests] = strdup(head);
	must(h->requests[h->n_requests++] != NULL);
	pthread_mutex_unlock(&h->lock);
}

/* As long as the head says, behind it. */
static bool read_body(int fd, char *head, size_t n)
{
	const char *length = strcasestr(head, "\r\nContent-Length:");
	size_t left = length ? strtoul(length + 17, NULL, 10) : 0;

	must(left < HEAD_MAX - n);
	head[n + left] = '\0';
	return left == 0 || recv(fd, head + n, left, MSG_WAITALL) == (ssize_t)left;
}

/* Byte by byte: what follows a request belongs to the next one. */
static bool read_head(int fd, char *head)
{
	size_t n = 0;

	while (n + 1 < HEAD_MAX) {
		if (recv(fd, head + n, 1, 0) != 1)
			return false;
		head[++n] = '\0';
		if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
			return read_body(fd, head, n);
	}
	return false;
}

static bool send_all(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool send_fill(int fd, size_t n, unsigned every_ms)
{
	char piece[65536];
	bool ok = true;

	memset(piece, 'x', sizeof(piece));
	while (ok && n > 0) {
		size_t part = every_ms ? 1 : n < sizeof(piece) ? n : sizeof(piece);

		if (every_ms)
			(void)poll(NULL, 0, (int)every_ms);
		ok = send_all(fd, piece, part);
		n -= part;
	}
	return ok;
}

static void wait_for_the_end(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) == 1)
		;
}

/* False: this connection is over. */
static bool perform(int fd, struct httpd_step s)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	size_t n = s.n ? s.n : s.answer ? strlen(s.answer) : 0;

	if (s.delay_ms)
		(void)poll(NULL, 0, (int)s.delay_ms);
	if (!send_all(fd, s.answer, n) || !send_fill(fd, s.fill, s.fill_every_ms))
		return false;
	switch (s.then) {
	case HTTPD_KEEP:
		return true;
	case HTTPD_CLOSE:
		return false;
	case HTTPD_RESET:
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return false;
	case HTTPD_HANG:
		wait_for_the_end(fd);
		return false;
	}
	return false;
}

static void serve(struct httpd *h, int fd)
{
	char *head = malloc(HEAD_MAX);

	must(head != NULL);
	if (next_is_unread(h) && !perform(fd, take_step(h)))
		goto out;
	while (read_head(fd, head)) {
		record(h, head);
		if (!perform(fd, take_step(h)))
			break;
	}
out:
	free(head);
}

static void *connection_main(void *arg)
{
	struct connection *c = arg;

	serve(c->in, c->fd);
	pthread_mutex_lock(&c->in->lock);
	c->open = false;
	close(c->fd);
	pthread_mutex_unlock(&c->in->lock);
	return NULL;
}

static void *acceptor_main(void *arg)
{
	struct httpd *h = arg;
	int fd;

	while ((fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct connection *c;

		pthread_mutex_lock(&h->lock);
		must(h->n_connections < CONNECTIONS_MAX);
		c = &h->connections[h->n_connections++];
		*c = (struct connection){ .in = h, .fd = fd, .open = true };
		must(pthread_create(&c->thread, NULL, connection_main, c) == 0);
		pthread_mutex_unlock(&h->lock);
	}
	return NULL;
}

struct httpd *httpd_start(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(at);
	struct httpd *h = calloc(1, sizeof(*h));

	must(h != NULL);
	must(pthread_mutex_init(&h->lock, NULL) == 0);
	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(h->listener >= 0);
	must(bind(h->listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	must(listen(h->listener, 1024) == 0);
	must(getsockname(h->listener, (struct sockaddr *)&at, &size) == 0);
	h->port = ntohs(at.sin_port);
	must(pthread_create(&h->acceptor, NULL, acceptor_main, h) == 0);
	return h;
}

void httpd_stop(struct httpd *h)
{
	(void)shutdown(h->listener, SHUT_RDWR);
	(void)pthread_join(h->acceptor, NULL);
	close(h->listener);
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n_connections; i++)
		if (h->connections[i].open)
			(void)shutdown(h->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < h->n_connections; i++)
		(void)pthread_join(h->connections[i].thread, NULL);
	for (size_t i = 0; i < h->n_requests; i++)
		free(h->requests[i]);
	for (size_t i = 0; i < h->n_answers; i++)
		free(h->answers[i]);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

unsigned httpd_port(const struct httpd *h)
{
	return h->port;
}

static void keep_answer(struct httpd *h, struct httpd_step *s)
{
	char *copy;

	if (!s->answer)
		return;
	if (s->n == 0)
		s->n = strlen(s->answer);
	copy = malloc(s->n + 1);
	must(copy != NULL && h->n_answers < ANSWERS_MAX);
	memcpy(copy, s->answer, s->n);
	s->answer = h->answers[h->n_answers++] = copy;
}

void httpd_script(struct httpd *h, const struct httpd_step *steps, size_t n)
{
	pthread_mutex_lock(&h->lock);
	must(n <= STEPS_MAX);
	memcpy(h->steps, steps, n * sizeof(*steps));
	for (size_t i = 0; i < n; i++)
		keep_answer(h, &h->steps[i]);
	h->n_steps = n;
	h->steps_taken = 0;
	pthread_mutex_unlock(&h->lock);
}

size_t httpd_requests(struct httpd *h)
{
	size_t n;

	pthread_mutex_lock(&h->lock);
	n = h->n_requests;
	pthread_mutex_unlock(&h->lock);
	return n;
}

size_t httpd_connections(struct httpd *h)
{
	size_t n;

	pthread_mutex_lock(&h->lock);
	n = h->n_connections;
	pthread_mutex_unlock(&h->lock);
	return n;
}

const char *httpd_request(struct httpd *h, size_t i)
{
	const char *head;

	pthread_mutex_lock(&h->lock);
	head = i < h->n_requests ? h->requests[i] : "";
	pthread_mutex_unlock(&h->lock);
	return head;
}
