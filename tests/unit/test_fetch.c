/* What comes of a fetch: answers, broken and silent servers, limits, retries. */
#include "fetching.h"

#include "base/clock.h"
#include "net/decode.h"
#include "net/retry.h"

#include <arpa/inet.h>
#include <libdeflate.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- answers ---- */

static void an_answer_comes_whole_with_its_headers(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 200 OK\r\nETag: \"e1\"\r\n"
			   "Last-Modified: Sat, 01 Aug 2026 00:00:00 GMT\r\n"
			   "Content-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
		 .delay_ms = 20 });
	get(&w);
	check_status(&w, 200);
	assert_string_equal(w.body, "hello");
	assert_string_equal(w.etag, "\"e1\"");
	assert_string_equal(w.last_modified, "Sat, 01 Aug 2026 00:00:00 GMT");
	assert_string_equal(w.content_type, "application/json");
	assert_int_equal(w.response.attempts, 1);
	assert_int_equal(w.response.wire_bytes, 5);
	assert_in_range(w.response.duration_us, 20000, MUCH_MS * 1000);
	close_world(&w);
}

static void every_link_header_is_handed_over(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nLink: </a>; rel=first\r\n"
				     "link: </b>; rel=next, </c>\r\nContent-Length: 0\r\n\r\n" });
	get(&w);
	check_status(&w, 200);
	assert_string_equal(w.link, "</a>; rel=first, </b>; rel=next, </c>");
	SCRIPT(w.server, { .answer = OK_2 });
	get(&w);
	assert_string_equal(w.link, "");
	close_world(&w);
}

static void assert_leads(const struct fetcher *f, const char *reference, const char *want)
{
	ARENA_AUTO(a);
	struct str ret = STR("untouched");
	struct err e;
	bool ok = fetch_same_origin(f, STR("https://api.test/v1/models?page=1"), str_of(reference),
				    &a, &ret, &e);

	assert_string_equal(ret.at, want ? want : "untouched");
	assert_int_equal(ok, want != NULL);
	if (!ok)
		assert_int_equal(e.kind, ERR_HTTP);
}

static void a_reference_leads_to_the_same_origin_or_nowhere(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	assert_leads(w.fetcher, "?page=2", "https://api.test/v1/models?page=2");
	assert_leads(w.fetcher, "/v2?a=b#c", "https://api.test/v2?a=b");
	assert_leads(w.fetcher, "https://API.test:443/x", "https://API.test/x");
	assert_leads(w.fetcher, "//api.test/x", "https://api.test/x");
	assert_leads(w.fetcher, "", NULL);
	assert_leads(w.fetcher, "http://api.test/x", NULL);
	assert_leads(w.fetcher, "https://api.test:444/x", NULL);
	assert_leads(w.fetcher, "https://api.test.evil/x", NULL);
	assert_leads(w.fetcher, "https://user@api.test/x", NULL);
	assert_leads(w.fetcher, "//evil.test/x", NULL);
	assert_leads(w.fetcher, "file:///etc/passwd", NULL);
	assert_leads(w.fetcher, "http://[", NULL);
	close_world(&w);
}

static void the_request_says_who_asks_and_what_it_reads(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	get(&w);
	assert_true(request_has(&w, 0, "GET /v1/models?key=" KEY " HTTP/1.1\r\n"));
	assert_true(request_has(&w, 0, "\r\nUser-Agent: assay/test (+https://assay.example)\r\n"));
	assert_true(request_has(&w, 0, "\r\nAccept-Encoding: gzip\r\n"));
	assert_true(request_has(&w, 0, "\r\nAuthorization: Bearer " KEY "\r\n"));
	assert_true(request_has(&w, 0, "\r\nX-Plain: yes\r\n"));
	assert_false(request_has(&w, 0, "Expect"));
	assert_false(request_has(&w, 0, "If-None-Match"));
	assert_false(request_has(&w, 0, "Upgrade"));
	assert_string_equal(w.etag, "");
	close_world(&w);
}

static void validators_are_sent_and_304_is_an_answer(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = "HTTP/1.1 304 Not Modified\r\nETag: \"e1\"\r\n"
				     "Content-Encoding: br\r\n\r\n" });
	get_request(&w, (struct fetch_request){
				.url = str_of(w.url),
				.if_none_match = STR("\"e1\""),
				.if_modified_since = STR("Sat, 01 Aug 2026 00:00:00 GMT"),
			});
	check_status(&w, 304);
	assert_int_equal(w.response.body_n, 0);
	assert_true(request_has(&w, 0, "\r\nIf-None-Match: \"e1\"\r\n"));
	assert_true(request_has(&w, 0, "\r\nIf-Modified-Since: Sat, 01 Aug 2026 00:00:00 GMT\r\n"));
	close_world(&w);
}

static void decode_on_done(void *arg, struct fetch_response *r, const struct err *e)
{
	struct world *w = arg;
	struct document d;
	unsigned char *body;
	size_t n;

	assert_null(e);
	assert_int_equal(r->encoding, FETCH_GZIP);
	n = r->body_n;
	body = fetch_take_body(r);
	assert_null(r->body);
	assert_memory_equal(body, "\x1f\x8b", 2);
	assert_true(decode_body(&body, n, r->encoding, 1000, &d, &w->error));
	(void)snprintf(w->body, sizeof(w->body), "%.*s", (int)d.n, (char *)d.at);
	free(d.at);
}

static void gzip_arrives_as_it_was_sent(void **state)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	char packed[200];
	char answer[400];
	size_t n = libdeflate_gzip_compress(c, "hello", 5, packed, sizeof(packed));
	int head =
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nContent-Encoding: GZIP\r\nContent-Length: %zu\r\n\r\n",
			 n);
	struct world w;

	(void)state;
	libdeflate_free_compressor(c);
	memcpy(answer + head, packed, n);
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = answer, .n = (size_t)head + n });
	fetch_start(w.fetcher, &(struct fetch_request){ .url = str_of(w.url) }, decode_on_done, &w);
	loop_run(w.loop);
	assert_string_equal(w.body, "hello");
	close_world(&w);
}

static void other_encodings_are_an_error_by_name(void **state)
{
	static const char *const codings[] = { "br", "deflate", "gzip, br", "gzip, gzip",
					       "gzip\r\nContent-Encoding: zstd" };
	char answer[200];
	struct world w;

	(void)state;
	open_world(&w, quick());
	for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
		(void)snprintf(
			answer, sizeof(answer),
			"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: 2\r\n\r\n{}",
			codings[i]);
		SCRIPT(w.server, { .answer = answer });
		get(&w);
		check_error(&w, ERR_DATA, i < 4 ? codings[i] : "zstd");
		assert_int_equal(httpd_requests(w.server), i + 1); /* not retried */
	}
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n"
				     "Content-Length: 2\r\n\r\n{}" });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.encoding, FETCH_IDENTITY);
	/* Of an answer that is no document, the status matters. */
	SCRIPT(w.server, { .answer = "HTTP/1.1 403 No\r\nContent-Encoding: br\r\n"
				     "Content-Length: 2\r\n\r\n??" });
	get(&w);
	check_status(&w, 403);
	assert_int_equal(w.response.body_n, 0);
	close_world(&w);
}

static void chunks_are_put_together(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				     "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" });
	get(&w);
	check_status(&w, 200);
	assert_string_equal(w.body, "hello");
	close_world(&w);
}

/* ---- cut, broken, silent ---- */

/* Each broken twice, then whole: a short body must never come out. */
static void check_broken_is_retried(struct httpd_step broken, const char *words)
{
	struct fetch_conf once = quick();
	struct world w;

	open_world(&w, quick());
	SCRIPT(w.server, broken, broken, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_string_equal(w.body, "{}");
	assert_int_equal(w.response.attempts, httpd_requests(w.server));
	close_world(&w);

	once.retries = 1;
	open_world(&w, once);
	SCRIPT(w.server, broken);
	get(&w);
	check_error(&w, ERR_NET, words);
	check_error(&w, ERR_NET, "(2 attempts)");
	close_world(&w);
}

static void a_body_shorter_than_announced_is_no_body(void **state)
{
	(void)state;
	check_broken_is_retried(
		(struct httpd_step){ .answer =
					     "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
				     .then = HTTPD_CLOSE },
		"cut short");
}

static void a_missing_last_chunk_is_no_body(void **state)
{
	(void)state;
	check_broken_is_retried(
		(struct httpd_step){
			.answer =
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
			.then = HTTPD_CLOSE },
		"cut short");
}

static void a_bad_chunk_is_no_body(void **state)
{
	(void)state;
	check_broken_is_retried(
		(struct httpd_step){
			.answer =
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
			.then = HTTPD_CLOSE },
		"broken while reading");
}

static void a_reset_in_the_body(void **state)
{
	(void)state;
	check_broken_is_retried(
		(struct httpd_step){ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
				     .fill = 1000,
				     .then = HTTPD_RESET },
		"connection reset");
}

static void a_reset_before_any_answer(void **state)
{
	(void)state;
	check_broken_is_retried((struct httpd_step){ .then = HTTPD_RESET }, "connection reset");
}

static void a_close_before_any_answer(void **state)
{
	(void)state;
	check_broken_is_retried((struct httpd_step){ .then = HTTPD_CLOSE },
				"connection closed before an answer");
}

static void an_answer_that_is_not_http(void **state)
{
	(void)state;
	check_broken_is_retried((struct httpd_step){ .answer = "220 smtp.example ESMTP\r\n",
						     .then = HTTPD_CLOSE },
				"not HTTP");
}

/* Whether the reset beats the request's last byte is up to the scheduler. */
static void a_reset_at_accept(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .unread = true, .then = HTTPD_RESET }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(httpd_requests(w.server), 1);
	close_world(&w);
}

static void nobody_listens(void **state)
{
	unsigned port;
	int fd = closed_port(&port);
	char url[64];
	struct world w;

	(void)state;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	open_world(&w, quick());
	get_url(&w, url);
	check_error(&w, ERR_NET, "could not connect: Connection refused (3 attempts)");
	close_world(&w);
	close(fd);
}

/* With its backlog full, Linux drops further SYNs: a host that does not answer. */
static int fill_backlog(int listener, unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void a_connection_that_does_not_come_about(void **state)
{
	struct fetch_conf conf = quick();
	uint64_t start_us = clock_mono_us();
	unsigned port;
	int listener = closed_port(&port);
	int filler = fill_backlog(listener, port);
	char url[64];
	struct world w;

	(void)state;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	conf.connect_timeout_ms = 150;
	conf.retries = 1;
	open_world(&w, conf);
	get_url(&w, url);
	check_error(&w, ERR_TIMEOUT, "no connection within 0.15 s (2 attempts)");
	assert_in_range(ms_since(start_us), 300, MUCH_MS);
	close_world(&w);
	close(filler);
	close(listener);
}

static void a_host_that_does_not_exist(void **state)
{
	struct fetch_conf conf = quick();
	struct world w;

	(void)state;
	conf.total_timeout_ms = 300;
	conf.retries = 0;
	open_world(&w, conf);
	get_url(&w, "http://nosuch.invalid/?key=" KEY);
	/* A resolver without network may take its time; that nobody waits for it: test_transport.c. */
	assert_true(w.error.kind == ERR_NET || w.error.kind == ERR_TIMEOUT);
	assert_true(str_starts(str_of(w.error.text), STR("nosuch.invalid: ")));
	if (w.error.kind == ERR_NET)
		assert_string_equal(w.error.text, "nosuch.invalid: could not resolve host");
	close_world(&w);
}

static void a_server_that_falls_silent(void **state)
{
	static const struct httpd_step silent[] = {
		{ .then = HTTPD_HANG },
		{ .answer = "HTTP/1.1 200 OK\r\nContent-Le", .then = HTTPD_HANG },
		{ .answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		  .then = HTTPD_HANG },
	};
	struct fetch_conf conf = quick();
	uint64_t start_us = clock_mono_us();
	struct world w;

	(void)state;
	conf.stall_timeout_ms = 100;
	open_world(&w, conf);
	httpd_script(w.server, silent, 3);
	get(&w);
	check_error(&w, ERR_TIMEOUT, "no byte for 0.1 s (3 attempts)");
	while (httpd_requests(w.server) < 3) /* the last one it may be about to read */
		assert_in_range(ms_since(start_us), 0, MUCH_MS);
	assert_in_range(ms_since(start_us), 300, MUCH_MS);
	conf.stall_timeout_ms = 1000;
	use_conf(&w, conf);
	SCRIPT(w.server, silent[2], { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 2);
	close_world(&w);
}

static void slow_is_not_silent_but_has_an_end(void **state)
{
	struct fetch_conf conf = quick();
	uint64_t start_us;
	struct world w;

	(void)state;
	conf.stall_timeout_ms = 1000;
	conf.retries = 0;
	open_world(&w, conf);
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n",
			   .fill = 40,
			   .fill_every_ms = 30 });
	get(&w);
	check_status(&w, 200);
	conf.total_timeout_ms = 600;
	use_conf(&w, conf);
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
			   .fill = 1000,
			   .fill_every_ms = 30 });
	start_us = clock_mono_us();
	get(&w);
	check_error(&w, ERR_TIMEOUT, "not complete after 0.6 s");
	assert_in_range(ms_since(start_us), 590, MUCH_MS);
	close_world(&w);
}

static void redirects_share_one_total_time_out(void **state)
{
	struct fetch_conf conf = quick();
	uint64_t start_us = clock_mono_us();
	struct world w;

	(void)state;
	conf.total_timeout_ms = 500;
	conf.retries = 0;
	open_world(&w, conf);
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
		 .delay_ms = 450 });
	get(&w);
	check_error(&w, ERR_TIMEOUT, "not complete after 0.5 s");
	assert_in_range(ms_since(start_us), 490, MUCH_MS);
	close_world(&w);
}

/* ---- limits ---- */

static void a_body_over_the_limit(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", .fill = 1 << 20 },
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
		 .fill = (1 << 20) + 1,
		 .then = HTTPD_CLOSE },
	       { .answer = "HTTP/1.1 200 OK\r\n\r\n", .fill = 3 << 20, .then = HTTPD_CLOSE },
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n",
		 .fill = 3 << 20,
		 .then = HTTPD_CLOSE });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.body_n, 1 << 20);
	for (size_t i = 1; i < 4; i++) {
		get(&w);
		check_error(&w, ERR_LIMIT, "larger than 1048576 bytes");
		assert_int_equal(httpd_requests(w.server), i + 1); /* not retried */
	}
	close_world(&w);
}

static void on_round(uv_prepare_t *before_wait)
{
	++*(unsigned *)before_wait->data;
}

/* libcurl would read on for as long as the server keeps up. */
static void a_large_body_leaves_others_their_turn(void **state)
{
	enum { LARGE = 16 << 20, A_ROUND_MOST = 1 << 20 };
	struct world w;
	struct fetch_conf conf = quick();
	uv_prepare_t before_wait;
	unsigned rounds = 0;

	(void)state;
	conf.body_max = LARGE;
	open_world(&w, conf);
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 16777216\r\n\r\n", .fill = LARGE });
	assert_int_equal(uv_prepare_init(loop_uv(w.loop), &before_wait), 0);
	before_wait.data = &rounds;
	assert_int_equal(uv_prepare_start(&before_wait, on_round), 0);
	uv_unref((uv_handle_t *)&before_wait);
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.body_n, LARGE);
	assert_true(rounds >= LARGE / A_ROUND_MOST);
	uv_close((uv_handle_t *)&before_wait, NULL);
	close_world(&w);
}

static void a_body_of_unknown_length_ends_with_the_connection(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 200 OK\r\n\r\n", .fill = 300000, .then = HTTPD_CLOSE });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.body_n, 300000);
	assert_int_equal(w.response.wire_bytes, 300000);
	close_world(&w);
}

static void endless_headers(void **state)
{
	static char answer[1 << 20];
	size_t n = 0;
	struct world w;

	(void)state;
	n += (size_t)snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\n");
	while (n < sizeof(answer) - 100)
		n += (size_t)snprintf(answer + n, sizeof(answer) - n, "X-H: %080d\r\n", 0);
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = answer, .n = n, .then = HTTPD_CLOSE });
	get(&w);
	check_error(&w, ERR_LIMIT, "more than 262144 bytes of headers");
	assert_int_equal(httpd_requests(w.server), 1);
	close_world(&w);
}

static void a_bad_request_is_told_from_the_loop(void **state)
{
	const struct fetch_header smuggled = { STR("Authorization"), STR("x\r\nHost: " KEY), true };
	struct world w;

	(void)state;
	open_world(&w, quick());
	get_request(&w, (struct fetch_request){ .url = STR("ftp://a.example/" KEY) });
	assert_int_equal(w.error.kind, ERR_CONFIG);
	get_request(&w, (struct fetch_request){
				.url = str_of(w.url), .headers = &smuggled, .n_headers = 1 });
	check_error(&w, ERR_CONFIG, "\"Authorization\" holds a control character");
	assert_int_equal(httpd_requests(w.server), 0);
	close_world(&w);
}

/* ---- statuses and retries ---- */

static void server_errors_are_retried(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = UNAVAILABLE },
	       { .answer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n" }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 3);
	assert_string_equal(w.body, "{}"); /* nothing of the bodies before */
	close_world(&w);
}

static void the_last_answer_is_delivered_whatever_it_says(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = UNAVAILABLE });
	get(&w);
	check_status(&w, 503);
	assert_string_equal(w.body, "busy");
	assert_int_equal(w.response.attempts, 3);
	assert_int_equal(httpd_requests(w.server), 3);
	close_world(&w);
}

static void other_refusals_are_not_retried(void **state)
{
	static const long statuses[] = { 400, 401, 403, 404, 410, 300 };
	char answer[100];
	struct world w;

	(void)state;
	open_world(&w, quick());
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		(void)snprintf(answer, sizeof(answer),
			       "HTTP/1.1 %ld No\r\nContent-Length: 3\r\n\r\nno!", statuses[i]);
		SCRIPT(w.server, { .answer = answer });
		get(&w);
		check_status(&w, statuses[i]);
		assert_string_equal(w.body, "no!");
		assert_int_equal(httpd_requests(w.server), i + 1);
	}
	close_world(&w);
}

static void retry_after_is_waited_for(void **state)
{
	uint64_t start_us = clock_mono_us(), took_us;
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" },
	       { .answer = "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" },
	       { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 3);
	took_us = clock_mono_us() - start_us;
	assert_in_range(took_us, 1000000, MUCH_MS * 1000);
	assert_in_range(w.response.duration_us, 0, took_us - 1000000); /* of the last attempt */
	close_world(&w);
}

static void a_date_is_read_by_the_clock_of_the_server(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 429 Slow\r\nRetry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
			   "Content-Length: 0\r\n\r\n" },
	       { .answer =
			 "HTTP/1.1 429 Slow\r\nDate: Sun, 01 Jan 2040 00:00:07 GMT\r\n"
			 "Retry-After: Sun, 01 Jan 2040 00:00:07 GMT\r\nContent-Length: 0\r\n\r\n" },
	       { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 3);
	SCRIPT(w.server, { .answer = "HTTP/1.1 429 Slow\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
				     "Retry-After: Sat, 01 Jan 2000 00:02:00 GMT\r\n"
				     "Content-Length: 0\r\n\r\n" });
	get(&w);
	check_error(&w, ERR_HTTP, "asks to wait 120 s");
	close_world(&w);
}

static void a_wait_too_long_is_given_up_at_once(void **state)
{
	static const char *const waits[] = { "61", "86400", "99999999999999999999999",
					     "Fri, 01 Jan 2038 00:00:00 GMT" };
	char answer[200];
	struct world w;

	(void)state;
	open_world(&w, quick());
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		(void)snprintf(answer, sizeof(answer),
			       "HTTP/1.1 %s\r\nRetry-After: %s\r\n"
			       "Content-Length: 0\r\n\r\n",
			       i % 2 ? "503 Off" : "429 Slow", waits[i]);
		SCRIPT(w.server, { .answer = answer });
		get(&w);
		check_error(&w, ERR_HTTP,
			    i % 2 ? "HTTP 503, and asks to wait" : "HTTP 429, and asks to wait");
		assert_int_equal(httpd_requests(w.server), i + 1);
	}
	close_world(&w);
}

/* ---- POST ---- */

static void post(struct world *w, struct str body)
{
	const struct fetch_header type = { STR("Content-Type"), STR("text/plain"), false };

	get_request(
		w, (struct fetch_request){
			   .url = str_of(w->url), .headers = &type, .n_headers = 1, .post = body });
}

static bool ends_with(struct world *w, size_t i, const char *body)
{
	return str_ends(str_of(httpd_request(w->server, i)), str_of(body));
}

static void a_post_carries_its_body(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	post(&w, STR("a=1&b=" KEY));
	check_status(&w, 200);
	assert_string_equal(w.body, "{}");
	assert_true(request_has(&w, 0, "POST /v1/models?key=" KEY " HTTP/1.1\r\n"));
	assert_true(request_has(&w, 0, "\r\nContent-Type: text/plain\r\n"));
	assert_true(ends_with(&w, 0, "\r\n\r\na=1&b=" KEY));
	assert_false(request_has(&w, 0, "Accept-Encoding"));
	assert_false(request_has(&w, 0, "Expect"));
	post(&w, STR(""));
	check_status(&w, 200);
	assert_true(request_has(&w, 1, "POST "));
	assert_true(request_has(&w, 1, "\r\nContent-Length: 0\r\n"));
	get(&w);
	assert_true(request_has(&w, 2, "GET "));
	close_world(&w);
}

static void a_post_is_retried_with_its_body(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = UNAVAILABLE }, { .then = HTTPD_RESET }, { .answer = OK_2 });
	post(&w, STR("a=1"));
	check_status(&w, 200);
	assert_int_equal(w.response.attempts, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(ends_with(&w, i, "\r\n\r\na=1"));
	SCRIPT(w.server, { .answer = "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno" });
	post(&w, STR("a=1"));
	check_status(&w, 400);
	assert_string_equal(w.body, "no");
	assert_int_equal(httpd_requests(w.server), 4);
	close_world(&w);
}

static void a_post_goes_nowhere_else(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 307 Temporary\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 308 Permanent\r\nLocation: //127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
	};
	struct world w;

	(void)state;
	open_world(&w, quick());
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		SCRIPT(w.server, { .answer = answers[i] });
		post(&w, STR("a=" KEY));
		check_error(&w, ERR_HTTP, "it redirects a POST, which is not followed");
		assert_int_equal(httpd_requests(w.server), i + 1);
	}
	close_world(&w);
}

static void waits_double_with_jitter(void **state)
{
	struct chance c;
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;

	(void)state;
	chance_seed(&c);
	for (int i = 0; i < 2000; i++) {
		uint64_t first = retry_wait_ms(1000, 1, 0, &c);

		least = first < least ? first : least;
		most = first > most ? first : most;
		assert_in_range(first, 750, 1250);
		assert_in_range(retry_wait_ms(1000, 2, 0, &c), 1500, 2500);
		assert_in_range(retry_wait_ms(1000, 3, 0, &c), 3000, 5000);
		assert_in_range(retry_wait_ms(1000, 1, 7, &c), 7000, 7000);
		assert_in_range(retry_wait_ms(UINT32_MAX, 99, 0, &c), 45000, 75000);
		assert_int_equal(retry_wait_ms(0, 1, 0, &c), 0);
	}
	assert_true(least < 800 && most > 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_whole_with_its_headers),
		cmocka_unit_test(every_link_header_is_handed_over),
		cmocka_unit_test(a_reference_leads_to_the_same_origin_or_nowhere),
		cmocka_unit_test(the_request_says_who_asks_and_what_it_reads),
		cmocka_unit_test(validators_are_sent_and_304_is_an_answer),
		cmocka_unit_test(gzip_arrives_as_it_was_sent),
		cmocka_unit_test(other_encodings_are_an_error_by_name),
		cmocka_unit_test(chunks_are_put_together),
		cmocka_unit_test(a_body_shorter_than_announced_is_no_body),
		cmocka_unit_test(a_missing_last_chunk_is_no_body),
		cmocka_unit_test(a_bad_chunk_is_no_body),
		cmocka_unit_test(a_reset_in_the_body),
		cmocka_unit_test(a_reset_before_any_answer),
		cmocka_unit_test(a_close_before_any_answer),
		cmocka_unit_test(an_answer_that_is_not_http),
		cmocka_unit_test(a_reset_at_accept),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(a_connection_that_does_not_come_about),
		cmocka_unit_test(a_host_that_does_not_exist),
		cmocka_unit_test(a_server_that_falls_silent),
		cmocka_unit_test(slow_is_not_silent_but_has_an_end),
		cmocka_unit_test(redirects_share_one_total_time_out),
		cmocka_unit_test(a_body_over_the_limit),
		cmocka_unit_test(a_large_body_leaves_others_their_turn),
		cmocka_unit_test(a_body_of_unknown_length_ends_with_the_connection),
		cmocka_unit_test(endless_headers),
		cmocka_unit_test(a_bad_request_is_told_from_the_loop),
		cmocka_unit_test(server_errors_are_retried),
		cmocka_unit_test(the_last_answer_is_delivered_whatever_it_says),
		cmocka_unit_test(other_refusals_are_not_retried),
		cmocka_unit_test(retry_after_is_waited_for),
		cmocka_unit_test(a_date_is_read_by_the_clock_of_the_server),
		cmocka_unit_test(a_wait_too_long_is_given_up_at_once),
		cmocka_unit_test(a_post_carries_its_body),
		cmocka_unit_test(a_post_is_retried_with_its_body),
		cmocka_unit_test(a_post_goes_nowhere_else),
		cmocka_unit_test(waits_double_with_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
