/*
 * webtool: the server of the service with a few routes of its own, for tests of HTTP itself that need no
 * database: small limits, answers that take their time, streams.
 *
 *	webtool NAME=VALUE…      members of struct web_limits; key, cors, hosts, listen, grace_ms
 *
 * It prints where it listens, serves until standard input ends, and says how many promises it kept, and
 * to whom.  What is asked of /last is answered so many milliseconds after that.
 */
#include "web/route.h"
#include "web/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPLY_ROOM = 256 * 1024 * 1024, LINE_ROOM = 256, US_PER_MS = 1000, PROMISES = 64 };

static struct web web;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long published;
static struct promise {
	struct http_wait *wait;
	const struct http_request *q;
} never[PROMISES];
static size_t n_never;
static int streams_open, promises;
static bool ending;
static pthread_cond_t the_end = PTHREAD_COND_INITIALIZER;

static void echo(struct http_request *q, struct http_reply *r)
{
	r->body = BUF_INIT(REPLY_ROOM);
	struct json_writer w = { .out = &r->body };
	json_open(&w, '{');
	json_add_str(&w, "method", str_of(http_method_names[q->method]));
	json_add_str(&w, "path", q->path);
	json_add_str(&w, "piece", q->pieces[0]);
	json_add_str(&w, "peer", q->peer);
	json_add_i64(&w, "body", (int64_t)q->body.n);
	for (size_t i = 0; i < q->n_params; i++)
		json_add_str(&w, arena_cstr(q->arena, q->params[i].name), q->params[i].value);
	json_close(&w, '}');
}

static void big(struct http_request *q, struct http_reply *r)
{
	r->type = "text/plain";
	r->body = BUF_INIT(REPLY_ROOM);
	size_t n = (size_t)http_param_int(q, "n");

	if (!buf_reserve(&r->body, n + 1))
		return;
	memset(r->body.at, 'a', n);
	r->body.n = n;
}

static const char halves[2][8] = { "first, ", "second" };

static void pieces(struct http_request *q, struct http_reply *r)
{
	int64_t times = http_param_int(q, "n");
	struct http_piece *p = arena_array(q->arena, (size_t)times * 2, struct http_piece);

	for (size_t i = 0; i < (size_t)times * 2; i++)
		p[i] = (struct http_piece){ halves[i % 2], strlen(halves[i % 2]) };
	r->type = "text/plain";
	r->pieces = p;
	r->n_pieces = (size_t)times * 2;
	if (http_is_fresh(q, r, STR("tag-1")))
		return;
	http_link_pages(q, r, (uint64_t)http_param_int(q, "offset"), 10, true);
	http_header(r, "X-Total-Count", STR("100"));
}

struct later {
	struct http_wait *wait;
	int64_t ms;
	bool at_the_end;
};

static void promised(int n)
{
	pthread_mutex_lock(&lock);
	promises += n;
	pthread_mutex_unlock(&lock);
}

static void wait_for_the_end(void)
{
	pthread_mutex_lock(&lock);
	while (!ending)
		pthread_cond_wait(&the_end, &lock);
	pthread_mutex_unlock(&lock);
}

static void *answer_later(void *arg)
{
	struct later *l = arg;
	struct http_reply r = HTTP_REPLY_INIT;

	if (l->at_the_end)
		wait_for_the_end();
	(void)usleep((useconds_t)l->ms * US_PER_MS);
	promised(-1);
	r.body = BUF_INIT(LINE_ROOM);
	buf_printf(&r.body, "{\"waited\":%lld}", (long long)l->ms);
	http_answer(l->wait, &r);
	free(l);
	return NULL;
}

static void promise(struct http_request *q, bool at_the_end)
{
	struct later *l = malloc(sizeof(*l));
	pthread_t thread;

	if (!l)
		abort();
	*l = (struct later){ http_wait(q), http_param_int(q, "ms"), at_the_end };
	promised(1);
	if (pthread_create(&thread, NULL, answer_later, l))
		abort();
	pthread_detach(thread);
}

static void wait_a_while(struct http_request *q, struct http_reply *r)
{
	(void)r;
	promise(q, false);
}

static void wait_longer(struct http_request *q, struct http_reply *r)
{
	(void)r;
	promise(q, true);
}

/* Promised, and kept only when the server is gone. */
static void wait_for_ever(struct http_request *q, struct http_reply *r)
{
	(void)r;
	pthread_mutex_lock(&lock);
	if (n_never < PROMISES)
		never[n_never++] = (struct promise){ http_wait(q), q };
	promises++;
	pthread_mutex_unlock(&lock);
}

struct following {
	long at, end;
};

static long read_more(void *arg, char *out, size_t room)
{
	struct following *at = arg;
	long n = 0;

	pthread_mutex_lock(&lock);
	if (at->at >= at->end)
		n = -1;
	else if (at->at < published)
		n = snprintf(out, room, "data: %ld\n\n", ++at->at);
	pthread_mutex_unlock(&lock);
	return n;
}

static void end_reading(void *arg)
{
	free(arg);
	pthread_mutex_lock(&lock);
	streams_open--;
	pthread_mutex_unlock(&lock);
}

static void events(struct http_request *q, struct http_reply *r)
{
	struct following *at = malloc(sizeof(*at));

	if (!at)
		abort();
	pthread_mutex_lock(&lock);
	*at = (struct following){ 0, http_param_int(q, "n") };
	streams_open++;
	pthread_mutex_unlock(&lock);
	r->type = "text/event-stream";
	r->stream = read_more;
	r->stream_arg = at;
	r->stream_end = end_reading;
}

static void say_count(struct http_reply *r, const int *count)
{
	r->body = BUF_INIT(LINE_ROOM);
	pthread_mutex_lock(&lock);
	buf_printf(&r->body, "%d", *count);
	pthread_mutex_unlock(&lock);
}

static void count_streams(struct http_request *q, struct http_reply *r)
{
	(void)q;
	say_count(r, &streams_open);
}

static void count_promises(struct http_request *q, struct http_reply *r)
{
	(void)q;
	say_count(r, &promises);
}

static void publish(struct http_request *q, struct http_reply *r)
{
	pthread_mutex_lock(&lock);
	published++;
	pthread_mutex_unlock(&lock);
	http_streams_wake(q->web);
	r->status = HTTP_NO_CONTENT;
}

static const char *const colours[] = { "red", "green", NULL };
static const struct param echo_params[] = {
	{ "q", PARAM_TEXT, 0, 20, 0, NULL },
	{ "n", PARAM_INT, 0, 1000, 7, NULL },
	{ "dry_run", PARAM_BOOL, 0, 0, 0, NULL },
	{ "since", PARAM_TIME, 0, 0, 0, NULL },
	{ "colour", PARAM_WORD, 0, 0, 0, colours },
	{ "providers", PARAM_LIST, 0, 100, 0, NULL },
	{ 0 },
};
static const struct param size_params[] = {
	{ "n", PARAM_INT, 0, 100000000, 10, NULL },
	{ "offset", PARAM_INT, 0, 1000, 0, NULL },
	{ "colour", PARAM_TEXT, 0, 100, 0, NULL },
	{ 0 },
};
static const struct param ms_params[] = { { "ms", PARAM_INT, 0, 60000, 10, NULL }, { 0 } };

const struct route routes_table[] = {
	{ HTTP_POST, "/admin/thing", ROUTE_ADMIN, echo, echo_params },
	{ HTTP_GET, "/big", ROUTE_PUBLIC, big, size_params },
	{ HTTP_GET, "/echo", ROUTE_PUBLIC, echo, echo_params },
	{ HTTP_POST, "/echo", ROUTE_PUBLIC, echo, echo_params },
	{ HTTP_GET, "/events", ROUTE_PUBLIC, events, size_params },
	{ HTTP_GET, "/last", ROUTE_PUBLIC, wait_longer, ms_params },
	{ HTTP_GET, "/never", ROUTE_PUBLIC, wait_for_ever, NULL },
	{ HTTP_GET, "/pieces", ROUTE_PUBLIC, pieces, size_params },
	{ HTTP_GET, "/promises", ROUTE_PUBLIC, count_promises, NULL },
	{ HTTP_POST, "/publish", ROUTE_PUBLIC, publish, NULL },
	{ HTTP_GET, "/rest/{*}", ROUTE_PUBLIC, echo, NULL },
	{ HTTP_GET, "/streams", ROUTE_PUBLIC, count_streams, NULL },
	{ HTTP_GET, "/things/stats", ROUTE_PUBLIC, echo, NULL },
	{ HTTP_GET, "/things/{id}", ROUTE_PUBLIC, echo, NULL },
	{ HTTP_PATCH, "/things/{id}", ROUTE_ADMIN, echo, NULL },
	{ HTTP_GET, "/wait", ROUTE_PUBLIC, wait_a_while, ms_params },
};
const size_t routes_n = sizeof(routes_table) / sizeof(routes_table[0]);

/* ---- the program ---- */

static uint32_t grace_ms = 5000;

static void set_limit(struct str name, uint32_t value)
{
	struct web_limits *l = &web.conf.limits;
	const struct {
		const char *name;
		uint32_t *at;
	} limits[] = {
		{ "threads", &l->threads },
		{ "connections", &l->connections },
		{ "connections_peer", &l->connections_peer },
		{ "line_max", &l->line_max },
		{ "headers_max", &l->headers_max },
		{ "body_max", &l->body_max },
		{ "header_timeout_ms", &l->header_timeout_ms },
		{ "body_timeout_ms", &l->body_timeout_ms },
		{ "idle_timeout_ms", &l->idle_timeout_ms },
		{ "reply_max", &l->reply_max },
		{ "streams_max", &l->streams_max },
		{ "admin_rate", &l->admin_rate },
		{ "grace_ms", &grace_ms },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (str_eq(name, str_of(limits[i].name))) {
			*limits[i].at = value;
			return;
		}
	abort();
}

static void set(struct str value)
{
	const struct {
		const char *name;
		struct str *at;
	} texts[] = {
		{ "key", &web.conf.admin_key },
		{ "cors", &web.conf.cors_origin },
		{ "hosts", &web.conf.hosts },
		{ "listen", &web.conf.listen },
	};
	struct str name;
	int64_t n;

	(void)str_cut(&value, '=', &name);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (str_eq(name, str_of(texts[i].name))) {
			*texts[i].at = value;
			return;
		}
	if (!str_to_i64(value, 0, UINT32_MAX, &n))
		abort();
	set_limit(name, (uint32_t)n);
}

int main(int argc, char **argv)
{
	struct err e;
	char byte;

	web.conf.listen = STR("127.0.0.1:0");
	web.conf.listen_fd = -1;
	web.conf.limits = (struct web_limits){
		.threads = 2,
		.connections = 200,
		.connections_peer = 100,
		.line_max = 8192,
		.headers_max = 16384,
		.body_max = 1 << 20,
		.header_timeout_ms = 10000,
		.body_timeout_ms = 30000,
		.idle_timeout_ms = 60000,
		.reply_max = 64 << 20,
		.streams_max = 100,
		.admin_rate = 10,
	};
	for (int i = 1; i < argc; i++)
		set(str_of(argv[i]));
	web.conf.counters = counters_create(10);
	if (!server_start(&web, &web.server, &e)) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	(void)printf("%s\n", web.address);
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	pthread_mutex_lock(&lock);
	ending = true;
	pthread_cond_broadcast(&the_end);
	pthread_mutex_unlock(&lock);
	server_stop(web.server, grace_ms);
	(void)printf("kept %zu", n_never);
	for (size_t i = 0; i < n_never; i++) {
		struct http_reply r = HTTP_REPLY_INIT;

		(void)printf(" %.*s", STR_FMT(never[i].q->peer));
		http_answer(never[i].wait, &r);
	}
	(void)printf("\n");
	counters_destroy(web.conf.counters);
	return 0;
}
