/*
 * api_rate: asks an HTTP server so many times a second, whether those before have been answered or not, and says how long
 * answers took.  A time counts from when the request was due, so that a server that stands still is not excused.
 *
 * usage: bench_api_rate PORT RATE SECONDS CONNECTIONS TARGETS
 * TARGETS: a file with a request target a line, asked in an order of chance.  Prints JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, CONNECTIONS_MAX = 1024, EVENTS = 64, TARGET_MAX = 4096 };
#define S_NS INT64_C(1000000000)

struct connection {
	int fd;
	int64_t due_ns; /* of the request that is on its way */
	char head[HEAD_MAX + 1];
	size_t head_n;
	bool in_body;
	size_t body_left;
};

static struct connection connections[CONNECTIONS_MAX];
/* In turn, so that none of them is left alone for long: a ring. */
static struct connection *idle[CONNECTIONS_MAX];
static size_t first_idle, n_idle;
static char **targets;
static size_t n_targets;
static int64_t *latencies_ns;
static size_t n_done, n_bad;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_api_rate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * S_NS + t.tv_nsec;
}

static void put_idle(struct connection *c)
{
	idle[(first_idle + n_idle++) % CONNECTIONS_MAX] = c;
}

static struct connection *take_idle(void)
{
	struct connection *c = idle[first_idle];

	first_idle = (first_idle + 1) % CONNECTIONS_MAX;
	n_idle--;
	return c;
}

static void read_targets(const char *path)
{
	FILE *f = fopen(path, "r");
	char text[TARGET_MAX];

	must(f != NULL, path);
	while (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		targets = realloc(targets, (n_targets + 1) * sizeof(*targets));
		must(targets && (targets[n_targets++] = strdup(text)), "memory");
	}
	(void)fclose(f);
	must(n_targets > 0, "no targets");
}

static void open_connection(struct connection *c, int epoll, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int yes = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	must(connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll");
	put_idle(c);
}

/* The same order in every run: xorshift. */
static uint64_t chance(void)
{
	static uint64_t state = 88172645463325252U;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void ask(struct connection *c, int64_t due_ns)
{
	char text[TARGET_MAX + 128];
	int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
			 targets[chance() % n_targets]);

	c->due_ns = due_ns;
	c->head_n = 0;
	c->in_body = false;
	must(write(c->fd, text, (size_t)n) == n, "write");
}

static void finish(struct connection *c)
{
	latencies_ns[n_done++] = now_ns() - c->due_ns;
	if (strncmp(c->head, "HTTP/1.1 200", strlen("HTTP/1.1 200")) != 0)
		n_bad++;
	put_idle(c);
}

/* The head is whole: what follows of the body, and how much is to come. */
static void begin_body(struct connection *c)
{
	char *end = strstr(c->head, "\r\n\r\n");
	char *length = strcasestr(c->head, "\r\nContent-Length:");

	if (!end)
		return;
	must(length && length < end, "an answer without a length");
	c->in_body = true;
	c->body_left = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) -
		       (c->head_n - (size_t)(end + 4 - c->head));
}

static void take_head(struct connection *c)
{
	ssize_t n = read(c->fd, c->head + c->head_n, HEAD_MAX - c->head_n);

	must(n > 0, "a connection was closed");
	c->head_n += (size_t)n;
	c->head[c->head_n] = '\0';
	begin_body(c);
	must(c->in_body || c->head_n < HEAD_MAX, "a head too long");
}

static void take_body(struct connection *c)
{
	static char dump[1 << 18];
	ssize_t n = read(c->fd, dump, c->body_left < sizeof(dump) ? c->body_left : sizeof(dump));

	must(n > 0, "a connection was closed");
	c->body_left -= (size_t)n;
}

static void take(struct connection *c)
{
	if (c->in_body)
		take_body(c);
	else
		take_head(c);
	if (c->in_body && c->body_left == 0)
		finish(c);
}

static void wait_until(int epoll, int64_t due_ns)
{
	struct epoll_event events[EVENTS];
	int64_t left = due_ns - now_ns();
	struct timespec t = { 0 };
	int n;

	if (left > 0)
		t = (struct timespec){ left / S_NS, left % S_NS };
	n = epoll_pwait2(epoll, events, EVENTS, &t, NULL);
	for (int i = 0; i < n; i++)
		take(events[i].data.ptr);
}

static void run(int epoll, int64_t rate, size_t n)
{
	int64_t from = now_ns() + S_NS / 10;
	size_t sent = 0;

	while (n_done < n) {
		int64_t due = from + (int64_t)sent * S_NS / rate;

		while (sent < n && n_idle && now_ns() >= due) {
			ask(take_idle(), due);
			sent++;
			due = from + (int64_t)sent * S_NS / rate;
		}
		wait_until(epoll, sent < n && n_idle ? due : now_ns() + S_NS);
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double at(double part)
{
	return (double)latencies_ns[(size_t)((double)(n_done - 1) * part)] / 1e3;
}

/* Where it is allowed: that this program came late is not what is to be measured. */
static void go_first(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_FIFO, &first);
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(0);
	int64_t rate;
	size_t n;

	must(argc == 6 && epoll >= 0,
	     "usage: bench_api_rate PORT RATE SECONDS CONNECTIONS TARGETS");
	rate = strtol(argv[2], NULL, 10);
	n = (size_t)rate * strtoul(argv[3], NULL, 10);
	latencies_ns = calloc(n, sizeof(*latencies_ns));
	must(latencies_ns != NULL, "memory");
	read_targets(argv[5]);
	for (size_t i = 0; i < strtoul(argv[4], NULL, 10) && i < CONNECTIONS_MAX; i++)
		open_connection(&connections[i], epoll, (uint16_t)strtoul(argv[1], NULL, 10));
	go_first();
	run(epoll, rate, n);
	qsort(latencies_ns, n_done, sizeof(*latencies_ns), by_size);
	(void)printf("{\"answers\":%zu,\"bad\":%zu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,"
		     "\"p999_us\":%.1f,\"max_us\":%.1f}\n",
		     n_done, n_bad, at(0.5), at(0.9), at(0.99), at(0.999), at(1));
	return 0;
}
