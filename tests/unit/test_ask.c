/* What comes of one measured POST: the stamps, every end, and that nothing is sent twice. */
#include "net/ask.h"

#include "base/clock.h"
#include "fetching.h"
#include "net/ask_take.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MUCH_US = 60 * 1000 * 1000 }; /* no test is about haste */

#define BODY "{\"model\":\"m\"}"

struct field {
	struct loop *loop;
	struct asker *asker;
	struct httpd *server;
	char url[128];
	struct ask_request request; /* what ask() sends */
	unsigned calls;
	struct ask_answer *last;
};

static void set_up(struct field *f)
{
	static const struct fetch_header headers[] = {
		{ { "Authorization", 13 }, { "Bearer " KEY, 7 + sizeof(KEY) - 1 }, true },
		{ { "Content-Type", 12 }, { "application/json", 16 }, false },
	};
	const struct asker_conf conf = { .user_agent = STR("assay/test") };
	struct err e;

	*f = (struct field){ .loop = loop_create(), .server = httpd_start() };
	if (!asker_create(&f->asker, f->loop, &conf, &e))
		fail_msg("%s", e.text);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/v1/chat?key=" KEY,
		       httpd_port(f->server));
	f->request = (struct ask_request){
		.url = str_of(f->url),
		.headers = headers,
		.n_headers = 2,
		.body = STR(BODY),
		.connect_timeout_ms = 20000,
		.first_byte_timeout_ms = 20000,
		.total_timeout_ms = 30000,
		.keep_max = 1 << 16,
	};
}

static void tear_down(struct field *f)
{
	ask_answer_release(f->last);
	asker_destroy(f->asker);
	loop_destroy(f->loop);
	httpd_stop(f->server);
}

static void on_asked(void *arg, struct ask_answer *r)
{
	static const char zeros[FETCH_PADDING];
	struct field *f = arg;

	f->calls++;
	ask_answer_release(f->last);
	f->last = r;
	assert_non_null(r->body.at);
	assert_memory_equal(r->body.at + r->body.n, zeros, FETCH_PADDING);
	assert_int_equal(r->err.kind == ERR_NONE, r->end == TRANSPORT_COMPLETE);
	assert_null(strstr(r->err.text, KEY));
	assert_null(strstr(r->err.text, "127.0.0.1"));
}

static struct ask_answer *ask(struct field *f)
{
	unsigned before = f->calls;

	ask_start(f->asker, &f->request, on_asked, f);
	assert_int_equal(f->calls, before); /* never from inside */
	loop_run(f->loop);
	assert_int_equal(f->calls, before + 1);
	return f->last;
}

static void assert_end(const struct ask_answer *r, enum transport_end end)
{
	if (r->end != end)
		fail_msg("end %d and not %d: \"%s\"", r->end, end, r->err.text);
}

static void assert_text(struct str s, const char *want)
{
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.at, want, s.n);
}

/* Those that were reached ascend. */
static void assert_monotone(const struct ask_answer *r)
{
	const struct stamps *s = &r->stamps;
	const int64_t order[] = { 0,          s->dns_us,        s->connected_us, s->tls_us,
				  s->sent_us, s->first_byte_us, s->end_us };
	int64_t before = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (order[i] == STAMP_NONE)
			continue;
		assert_true(order[i] >= before);
		before = order[i];
	}
	for (size_t i = 0; i < r->n_arrivals; i++) {
		assert_true(r->arrivals[i].us >= (i ? r->arrivals[i - 1].us : s->first_byte_us));
		assert_true(r->arrivals[i].us <= s->end_us);
		assert_true(i == 0 || r->arrivals[i].end > r->arrivals[i - 1].end);
	}
	assert_int_equal(s->first_event_us, STAMP_NONE);
	assert_int_equal(s->last_token_us, STAMP_NONE);
}

/* ---- an answer ---- */

static void an_answer_comes_with_its_stamps(void **state)
{
	struct field f;
	struct ask_answer *r;
	struct hash want;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello",
			   .delay_ms = 30 });
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_int_equal(r->status, 200);
	assert_int_equal(r->sends, 1);
	assert_false(r->reused);
	assert_text(r->head, "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\n");
	assert_text(r->body, "hello");
	assert_false(r->cut);
	hash_bytes("hello", 5, &want);
	assert_true(hash_eq(&r->body_hash, &want));
	assert_monotone(r);
	assert_in_range(r->stamps.first_byte_us, 30000, MUCH_US);
	assert_true(r->stamps.dns_us >= 0 && r->stamps.connected_us >= 0);
	assert_int_equal(r->stamps.tls_us, STAMP_NONE);
	assert_true(clock_real_ms() - r->started_at_ms < 10000);

	r = ask(&f);
	assert_true(r->reused);
	assert_int_equal(r->stamps.dns_us, STAMP_NONE);
	assert_int_equal(r->stamps.connected_us, STAMP_NONE);
	assert_true(r->stamps.sent_us >= 0);
	assert_int_equal(httpd_connections(f.server), 1);
	tear_down(&f);
}

static void the_request_is_what_was_given(void **state)
{
	struct field f;
	const char *seen;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2 });
	assert_end(ask(&f), TRANSPORT_COMPLETE);
	seen = httpd_request(f.server, 0);
	assert_true(str_starts(str_of(seen), STR("POST /v1/chat?key=" KEY " HTTP/1.1\r\n")));
	assert_non_null(strstr(seen, "\r\nAuthorization: Bearer " KEY "\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(seen, "\r\nAccept-Encoding: identity\r\n"));
	assert_non_null(strstr(seen, "\r\nUser-Agent: assay/test\r\n"));
	assert_null(strstr(seen, "Expect"));
	assert_null(strstr(seen, "Upgrade"));
	assert_true(str_ends(str_of(seen), STR("\r\n\r\n" BODY)));
	tear_down(&f);
}

static void fresh_is_a_connection_of_its_own(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2 });
	(void)ask(&f);
	f.request.fresh = true;
	assert_false(ask(&f)->reused);
	f.request.fresh = false;
	assert_true(ask(&f)->reused); /* the first one's: the second's was closed */
	assert_int_equal(httpd_connections(f.server), 2);
	tear_down(&f);
}

static void what_1xx_says_is_forgotten(void **state)
{
	struct field f;
	struct ask_answer *r;

	(void)state;
	set_up(&f);
	SCRIPT(f.server,
	       { .answer =
			 "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\n"
			 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n" },
	       { .answer = "HTTP/1.1 100 Continue\r\n\r\n", .then = HTTPD_CLOSE });
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_int_equal(r->status, 201);
	assert_text(r->head, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_text(r->body, "abcde");
	r = ask(&f);
	assert_end(r, TRANSPORT_RESET); /* an interim answer is none */
	assert_int_equal(r->status, -1);
	assert_int_equal(r->head.n, 0);
	assert_int_equal(r->stamps.first_byte_us, STAMP_NONE);
	tear_down(&f);
}

static void every_status_is_an_answer(void **state)
{
	struct field f;
	struct ask_answer *r;

	(void)state;
	set_up(&f);
	SCRIPT(f.server,
	       { .answer = "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy" },
	       { .answer = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" });
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_int_equal(r->status, 429);
	assert_int_equal(r->retry_after_s, 7);
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_int_equal(r->status, 302);
	assert_int_equal(r->body_bytes, 0);
	assert_true(hash_eq(&r->body_hash, &(struct hash){ 0 }));
	assert_int_equal(httpd_requests(f.server), 2); /* nobody followed it */
	tear_down(&f);
}

/* ---- the body ---- */

static void only_so_much_is_kept_and_all_is_hashed(void **state)
{
	enum { ALL = 100000, KEPT = 1000 };
	struct field f;
	struct ask_answer *r;
	struct hash want;
	char *all = malloc(ALL);

	(void)state;
	assert_non_null(all);
	memset(all, 'x', ALL);
	hash_bytes(all, ALL, &want);
	set_up(&f);
	f.request.keep_max = KEPT;
	SCRIPT(f.server,
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", .fill = ALL });
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_int_equal(r->body.n, KEPT);
	assert_memory_equal(r->body.at, all, KEPT);
	assert_true(r->cut);
	assert_int_equal(r->body_bytes, ALL);
	assert_true(hash_eq(&r->body_hash, &want));
	f.request.keep_max = ALL;
	r = ask(&f);
	assert_false(r->cut);
	assert_int_equal(r->body.n, ALL);
	free(all);
	tear_down(&f);
}

static void pieces_are_stamped_as_they_come(void **state)
{
	struct field f;
	struct ask_answer *r;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
			   .fill = 3,
			   .fill_every_ms = 30 });
	r = ask(&f);
	assert_end(r, TRANSPORT_COMPLETE);
	assert_monotone(r);
	assert_in_range(r->n_arrivals, 1, 3);
	assert_int_equal(r->arrivals[r->n_arrivals - 1].end, 3);
	assert_true(r->arrivals[r->n_arrivals - 1].us >= 90000);
	assert_true(r->stamps.first_byte_us <= r->arrivals[0].us);
	tear_down(&f);
}

static void beyond_their_number_arrivals_share_an_entry(void **state)
{
	struct hasher *h = hasher_create();
	struct taken *t = taken_create(16);
	struct ask_answer *r = taken_answer(t);

	(void)state;
	for (int64_t i = 1; i <= ARRIVALS_MAX + 10; i++)
		taken_body(t, STR("x"), -1, i, h);
	taken_body(t, STR("yz"), -1, ARRIVALS_MAX + 10, h);
	taken_end(t, h);
	assert_int_equal(r->n_arrivals, ARRIVALS_MAX);
	assert_int_equal(r->arrivals[9].end, 10);
	assert_int_equal(r->arrivals[ARRIVALS_MAX - 1].end, ARRIVALS_MAX + 12);
	assert_int_equal(r->arrivals[ARRIVALS_MAX - 1].us, ARRIVALS_MAX + 10);
	ask_answer_release(r);
	hasher_destroy(h);
}

/* ---- every end ---- */

static void the_ways_in_which_a_server_ends_it(void **state)
{
	static const struct {
		struct httpd_step step;
		enum transport_end end;
		int64_t status;
	} cases[] = {
		{ { .then = HTTPD_CLOSE }, TRANSPORT_RESET, -1 },
		{ { .then = HTTPD_RESET }, TRANSPORT_RESET, -1 },
		{ { .answer = "HTTP/1.1 200 OK\r\nContent-Le", .then = HTTPD_CLOSE },
		  TRANSPORT_RESET,
		  -1 },
		{ { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
		    .then = HTTPD_CLOSE },
		  TRANSPORT_CUT,
		  200 },
		{ { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		    .then = HTTPD_CLOSE },
		  TRANSPORT_CUT,
		  200 },
		{ { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
		    .then = HTTPD_CLOSE },
		  TRANSPORT_PROTOCOL,
		  200 },
		{ { .answer = "SSH-2.0-x\r\n\r\n", .then = HTTPD_CLOSE }, TRANSPORT_PROTOCOL, -1 },
		{ { .answer =
			    "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx" },
		  TRANSPORT_PROTOCOL,
		  200 },
		{ { .answer =
			    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx" },
		  TRANSPORT_PROTOCOL,
		  200 },
		{ { .answer = "HTTP/1.1 200 OK\r\n\r\nto the end", .then = HTTPD_CLOSE },
		  TRANSPORT_COMPLETE,
		  200 },
	};
	struct field f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		httpd_script(f.server, &cases[i].step, 1);
		assert_end(ask(&f), cases[i].end);
		assert_int_equal(f.last->status, cases[i].status);
		assert_int_equal(f.last->sends, 1);
		assert_monotone(f.last);
		assert_int_equal(httpd_requests(f.server), i + 1);
	}
	tear_down(&f);
}

static void a_head_without_end_is_refused(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = "HTTP/1.1 200 OK\r\nX: ", .fill = 2 * HEAD_MAX });
	assert_end(ask(&f), TRANSPORT_PROTOCOL);
	tear_down(&f);
}

static void nobody_listens(void **state)
{
	struct field f;
	unsigned port;
	int fd;

	(void)state;
	set_up(&f);
	fd = closed_port(&port);
	(void)snprintf(f.url, sizeof(f.url), "http://127.0.0.1:%u/", port);
	f.request.url = str_of(f.url);
	assert_end(ask(&f), TRANSPORT_CONNECT);
	assert_int_equal(f.last->sends, 0);
	assert_int_equal(f.last->stamps.sent_us, STAMP_NONE);
	assert_non_null(strstr(f.last->err.text, "refused"));
	close(fd);
	tear_down(&f);
}

static void tls_that_fails_and_tls_that_hangs(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	(void)snprintf(f.url, sizeof(f.url), "https://127.0.0.1:%u/", httpd_port(f.server));
	f.request.url = str_of(f.url);
	SCRIPT(f.server,
	       { .answer = "no TLS here, sorry\r\n", .unread = true, .then = HTTPD_CLOSE },
	       { .unread = true, .then = HTTPD_HANG });
	assert_end(ask(&f), TRANSPORT_TLS);
	assert_int_equal(f.last->sends, 0);
	f.request.connect_timeout_ms = 150;
	assert_end(ask(&f), TRANSPORT_TIMEOUT_CONNECT);
	assert_int_equal(f.last->sends, 0);
	assert_in_range(f.last->stamps.end_us, 150000, MUCH_US);
	assert_string_equal(f.last->err.text, "no connection within 0.15 s");
	tear_down(&f);
}

static void time_runs_out(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	f.request.first_byte_timeout_ms = 300;
	SCRIPT(f.server, { .then = HTTPD_HANG },
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .then = HTTPD_HANG });
	assert_end(ask(&f), TRANSPORT_TIMEOUT_FIRST_BYTE);
	assert_int_equal(f.last->sends, 1);
	assert_in_range(f.last->stamps.end_us, 300000, MUCH_US);
	f.request.first_byte_timeout_ms = 1000;
	f.request.total_timeout_ms = 1200; /* the first byte is there: its time-out is no more */
	assert_end(ask(&f), TRANSPORT_TIMEOUT_TOTAL);
	assert_int_equal(f.last->status, 200);
	assert_text(f.last->body, "abc");
	assert_in_range(f.last->stamps.end_us, 1200000, MUCH_US);
	assert_int_equal(httpd_requests(f.server), 2);
	tear_down(&f);
}

static void requests_that_cannot_be_sent(void **state)
{
	static const char *const urls[] = { "http://api.test/", "ftp://127.0.0.1/", "",
					    "https://u@h/" };
	const struct fetch_header bad = { STR("X"), STR("a\r\nb"), false };
	struct field f;

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		f.request.url = str_of(urls[i]);
		assert_end(ask(&f), TRANSPORT_CANCELLED);
		assert_int_equal(f.last->err.kind, ERR_CONFIG);
		assert_int_equal(f.last->sends, 0);
	}
	f.request.url = str_of(f.url);
	f.request.headers = &bad;
	f.request.n_headers = 1;
	assert_end(ask(&f), TRANSPORT_CANCELLED);
	tear_down(&f);
}

static void without_descriptors_it_is_our_own_fault(void **state)
{
	struct rlimit before;
	struct rlimit none;
	struct field f;

	(void)state;
	set_up(&f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	(void)ask(&f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_end(f.last, TRANSPORT_CANCELLED);
	assert_int_equal(f.last->err.kind, ERR_IO);
	SCRIPT(f.server, { .answer = OK_2 });
	assert_end(ask(&f), TRANSPORT_COMPLETE);
	tear_down(&f);
}

/* ---- never twice ---- */

static void a_kept_connection_that_dies_under_a_request_is_not_asked_again(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2 }, { .then = HTTPD_CLOSE }, { .answer = OK_2 },
	       { .then = HTTPD_RESET }, { .answer = OK_2 });
	assert_end(ask(&f), TRANSPORT_COMPLETE);
	for (unsigned i = 0; i < 2; i++) {
		assert_end(ask(&f), TRANSPORT_RESET);
		assert_true(f.last->reused);
		assert_int_equal(f.last->sends, 1);
		assert_int_equal(httpd_requests(f.server), 2 * i + 2);
		assert_int_equal(httpd_connections(f.server), i + 1); /* nor even connected */
		assert_end(ask(&f), TRANSPORT_COMPLETE);
		assert_false(f.last->reused);
	}
	tear_down(&f);
}

/* With another idle connection at hand libcurl would take that one, without a new socket. */
static void nor_on_another_kept_connection(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2, .delay_ms = 50 }, { .answer = OK_2, .delay_ms = 50 },
	       { .then = HTTPD_CLOSE }, { .answer = OK_2 });
	ask_start(f.asker, &f.request, on_asked, &f);
	ask_start(f.asker, &f.request, on_asked, &f);
	loop_run(f.loop);
	assert_int_equal(httpd_connections(f.server), 2);
	assert_end(ask(&f), TRANSPORT_RESET);
	assert_int_equal(f.last->sends, 1);
	assert_int_equal(httpd_requests(f.server), 3);
	tear_down(&f);
}

static void one_that_died_while_idle_is_replaced(void **state)
{
	struct field f;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2, .then = HTTPD_CLOSE }, { .answer = OK_2 });
	(void)ask(&f);
	(void)poll(NULL, 0, 300);
	assert_end(ask(&f), TRANSPORT_COMPLETE);
	assert_false(f.last->reused);
	assert_int_equal(f.last->sends, 1);
	assert_int_equal(httpd_requests(f.server), 2);
	tear_down(&f);
}

/* ---- names ---- */

static atomic_int lookups, lookup_ms = 100;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's names are reserved */
int getaddrinfo(const char *restrict name, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	bool ours = name && strcmp(name, "slow.example") == 0;

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (name && strstr(name, ".example")) {
		atomic_fetch_add(&lookups, 1);
		(void)poll(NULL, 0, atomic_load(&lookup_ms));
		if (!ours)
			return EAI_NONAME;
	}
	return real(ours ? "127.0.0.1" : name, service, hints, ret);
}

struct tally {
	unsigned calls, looked, end[TRANSPORT_CANCELLED + 1];
	int64_t longest_us;
};

static void count(void *arg, struct ask_answer *r)
{
	struct tally *t = arg;

	t->calls++;
	t->looked += r->stamps.dns_us != STAMP_NONE;
	t->end[r->end]++;
	if (r->stamps.end_us > t->longest_us)
		t->longest_us = r->stamps.end_us;
	ask_answer_release(r);
}

static struct tally ask_many(struct field *f, unsigned n)
{
	struct tally t = { 0 };

	for (unsigned i = 0; i < n; i++)
		ask_start(f->asker, &f->request, count, &t);
	loop_run(f->loop);
	assert_int_equal(t.calls, n);
	return t;
}

static void one_looks_up_a_name_for_all(void **state)
{
	enum { MANY = 50 };
	struct field f;
	struct tally t;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = "no TLS\r\n", .unread = true, .then = HTTPD_CLOSE });
	(void)snprintf(f.url, sizeof(f.url), "https://slow.example:%u/", httpd_port(f.server));
	f.request.url = str_of(f.url);
	f.request.first_byte_timeout_ms = 0;
	atomic_store(&lookups, 0);
	t = ask_many(&f, MANY);
	assert_int_equal(t.end[TRANSPORT_TLS], MANY);
	assert_int_equal(t.looked, 1);
	assert_int_equal(atomic_load(&lookups), 1);
	assert_int_equal(httpd_connections(f.server), MANY);
	(void)ask_many(&f, 1);
	assert_int_equal(atomic_load(&lookups), 1); /* it is remembered */

	f.request.url = STR("https://none.example/");
	t = ask_many(&f, MANY);
	assert_int_equal(t.end[TRANSPORT_DNS], MANY);
	assert_int_equal(t.looked, 0);
	assert_int_equal(atomic_load(&lookups), 2);
	assert_in_range(t.longest_us, 100000, MUCH_US);
	tear_down(&f);
}

static void a_slow_look_up_is_a_time_out_for_all(void **state)
{
	struct field f;
	struct tally t;

	(void)state;
	set_up(&f);
	f.request.url = STR("https://other.example/");
	f.request.connect_timeout_ms = 40;
	atomic_store(&lookup_ms, 1000);
	t = ask_many(&f, 20);
	assert_int_equal(t.end[TRANSPORT_TIMEOUT_CONNECT], 20);
	assert_in_range(t.longest_us, 40000, MUCH_US);
	tear_down(&f);
	(void)poll(NULL, 0, 1100); /* libcurl's thread is still at it */
	atomic_store(&lookup_ms, 100);
}

/* ---- the loop that was away ---- */

static void sleep_ms(void *arg)
{
	(void)poll(NULL, 0, *(int *)arg);
}

static void a_blocked_loop_is_seen_and_forgotten(void **state)
{
	struct field f;
	int away_ms = 1500;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2, .delay_ms = 60 }, { .answer = OK_2, .delay_ms = 20 });
	loop_after(f.loop, 20, sleep_ms, &away_ms);
	(void)ask(&f);
	assert_end(f.last, TRANSPORT_COMPLETE);
	assert_in_range(f.last->lag_us, 1495000, MUCH_US);
	(void)ask(&f);
	assert_in_range(f.last->lag_us, 0, 1490000); /* those were before it began */
	tear_down(&f);
}

struct nap {
	struct loop *loop;
	int ms;
};

/* Where sockets are dealt with, so that timers come before them when it is over. */
static void sleep_among_sockets(void *arg)
{
	struct nap *n = arg;

	loop_post(n->loop, sleep_ms, &n->ms);
}

/* The answer was there in time, and nobody was there to read it. */
static void a_late_loop_declares_no_time_out(void **state)
{
	struct field f;
	struct nap nap = { .ms = 1500 };

	(void)state;
	set_up(&f);
	nap.loop = f.loop;
	SCRIPT(f.server, { .answer = OK_2 }, { .answer = OK_2, .delay_ms = 60 });
	(void)ask(&f); /* on a kept connection no timer of libcurl's looks first */
	f.request.first_byte_timeout_ms = 1000;
	loop_after(f.loop, 10, sleep_among_sockets, &nap);
	(void)ask(&f);
	assert_end(f.last, TRANSPORT_COMPLETE);
	assert_in_range(f.last->lag_us, 1400000, MUCH_US);
	tear_down(&f);
}

/* ---- many, and the end ---- */

static void a_burst_is_sent_once_each(void **state)
{
	enum { MANY = 300 };
	struct field f;
	struct tally t;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2, .delay_ms = 20 });
	t = ask_many(&f, MANY);
	assert_int_equal(t.end[TRANSPORT_COMPLETE], MANY);
	assert_int_equal(httpd_requests(f.server), MANY);
	assert_int_equal(ask_many(&f, MANY).end[TRANSPORT_COMPLETE], MANY);
	assert_in_range(httpd_connections(f.server), 1, 2 * MANY - 1); /* some were kept */
	tear_down(&f);
}

static void cancel_all(void *arg)
{
	asker_cancel(((struct field *)arg)->asker);
}

static void cancelling_ends_what_runs(void **state)
{
	struct field f;
	struct tally t;

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .then = HTTPD_HANG });
	loop_after(f.loop, 40, cancel_all, &f);
	t = ask_many(&f, 5);
	assert_int_equal(t.end[TRANSPORT_CANCELLED], 5);
	f.request.url = STR("https://slow.example/"); /* one looks, the others wait */
	atomic_store(&lookup_ms, 1000);
	loop_after(f.loop, 20, cancel_all, &f);
	t = ask_many(&f, 5);
	assert_int_equal(t.end[TRANSPORT_CANCELLED], 5);
	f.request.url = str_of(f.url);
	SCRIPT(f.server, { .answer = OK_2 });
	assert_end(ask(&f), TRANSPORT_COMPLETE);
	tear_down(&f);
	(void)poll(NULL, 0, 1100);
	atomic_store(&lookup_ms, 100);
}

static void destroying_cancels_and_a_callback_may_do_it(void **state)
{
	struct field f;
	struct tally t = { 0 };

	(void)state;
	set_up(&f);
	ask_start(f.asker, &f.request, count, &t);
	ask_start(f.asker, &f.request, count, &t);
	asker_destroy(f.asker);
	f.asker = NULL;
	assert_int_equal(t.end[TRANSPORT_CANCELLED], 2);
	tear_down(&f);
}

static void destroy_on_answer(void *arg, struct ask_answer *r)
{
	struct field *f = arg;

	on_asked(arg, r);
	asker_destroy(f->asker);
	f->asker = NULL;
}

static void a_callback_may_destroy_the_asker(void **state)
{
	struct field f;
	struct tally t = { 0 };

	(void)state;
	set_up(&f);
	SCRIPT(f.server, { .answer = OK_2 }, { .then = HTTPD_HANG });
	ask_start(f.asker, &f.request, destroy_on_answer, &f);
	ask_start(f.asker, &f.request, count, &t);
	loop_run(f.loop);
	assert_int_equal(f.calls, 1);
	assert_int_equal(t.calls, 1);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_with_its_stamps),
		cmocka_unit_test(the_request_is_what_was_given),
		cmocka_unit_test(fresh_is_a_connection_of_its_own),
		cmocka_unit_test(what_1xx_says_is_forgotten),
		cmocka_unit_test(every_status_is_an_answer),
		cmocka_unit_test(only_so_much_is_kept_and_all_is_hashed),
		cmocka_unit_test(pieces_are_stamped_as_they_come),
		cmocka_unit_test(beyond_their_number_arrivals_share_an_entry),
		cmocka_unit_test(the_ways_in_which_a_server_ends_it),
		cmocka_unit_test(a_head_without_end_is_refused),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(tls_that_fails_and_tls_that_hangs),
		cmocka_unit_test(time_runs_out),
		cmocka_unit_test(requests_that_cannot_be_sent),
		cmocka_unit_test(without_descriptors_it_is_our_own_fault),
		cmocka_unit_test(a_kept_connection_that_dies_under_a_request_is_not_asked_again),
		cmocka_unit_test(nor_on_another_kept_connection),
		cmocka_unit_test(one_that_died_while_idle_is_replaced),
		cmocka_unit_test(one_looks_up_a_name_for_all),
		cmocka_unit_test(a_slow_look_up_is_a_time_out_for_all),
		cmocka_unit_test(a_blocked_loop_is_seen_and_forgotten),
		cmocka_unit_test(a_late_loop_declares_no_time_out),
		cmocka_unit_test(a_burst_is_sent_once_each),
		cmocka_unit_test(cancelling_ends_what_runs),
		cmocka_unit_test(destroying_cancels_and_a_callback_may_do_it),
		cmocka_unit_test(a_callback_may_destroy_the_asker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
