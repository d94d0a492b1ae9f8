/* What a webhook asks of net/fetch: one attempt, nobody between, no private address, no body. */
#include "fetching.h"

#include <unistd.h>

static struct fetch_request notice(const struct world *w)
{
	return (struct fetch_request){ .url = str_of(w->url), .post = STR("{}"), .once = true };
}

static void once_is_one_attempt_whatever_the_answer(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" });
	get_request(&w, notice(&w));
	check_status(&w, 503);
	assert_int_equal(w.response.retry_after_s, 7);
	SCRIPT(w.server, { .answer = NULL, .then = HTTPD_RESET });
	get_request(&w, notice(&w));
	check_error(&w, ERR_NET, "");
	assert_int_equal(httpd_requests(w.server), 2);
	close_world(&w);
}

static void a_redirect_is_told_and_not_followed(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 307 No\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" });
	get_request(&w, notice(&w));
	check_error(&w, ERR_HTTP, "redirects a POST");
	assert_int_equal(httpd_requests(w.server), 1);
	close_world(&w);
}

static void only_the_status_is_waited_for(void **state)
{
	struct fetch_conf conf = quick();
	struct fetch_request r;
	struct world w;

	(void)state;
	conf.body_max = 1000;
	open_world(&w, conf);
	SCRIPT(w.server, { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
			   .fill = 100000,
			   .fill_every_ms = 10 });
	r = notice(&w);
	r.status_only = true;
	get_request(&w, r);
	check_status(&w, 200);
	r.status_only = false;
	get_request(&w, r);
	check_error(&w, ERR_LIMIT, "larger");
	close_world(&w);
}

static void its_own_time_out_counts(void **state)
{
	struct fetch_request r;
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = NULL, .then = HTTPD_HANG });
	r = notice(&w);
	r.timeout_ms = 50;
	get_request(&w, r);
	check_error(&w, ERR_TIMEOUT, "not complete after 0.05 s");
	close_world(&w);
}

/* Not even connected to; nor on the connection that an earlier request left behind. */
static void a_private_address_is_not_connected_to(void **state)
{
	struct fetch_request r;
	struct world w;

	(void)state;
	open_world(&w, quick());
	SCRIPT(w.server, { .answer = OK_2 });
	r = notice(&w);
	r.public_only = true;
	get_request(&w, r);
	check_error(&w, ERR_HTTP, "not public");
	assert_int_equal(httpd_connections(w.server), 0);
	r.public_only = false;
	get_request(&w, r);
	check_status(&w, 200);
	r.public_only = true;
	get_request(&w, r);
	check_error(&w, ERR_HTTP, "not public");
	assert_int_equal(httpd_requests(w.server), 1);
	close_world(&w);
}

static void direct_knows_no_upstream(void **state)
{
	struct fetch_conf conf = quick();
	struct fetch_request r;
	char upstream[64], refused[64];
	unsigned port;
	struct world w;
	int fd;

	(void)state;
	open_world(&w, conf);
	(void)snprintf(upstream, sizeof(upstream), "http://127.0.0.1:%u", httpd_port(w.server));
	conf.upstream = str_of(upstream);
	use_conf(&w, conf);
	SCRIPT(w.server, { .answer = OK_2 });
	r = notice(&w);
	fd = closed_port(&port);
	(void)snprintf(refused, sizeof(refused), "https://127.0.0.1:%u/hook", port);
	r.url = str_of(refused);
	get_request(&w, r);
	check_status(&w, 200);
	r.direct = true;
	get_request(&w, r);
	check_error(&w, ERR_NET, "127.0.0.1");
	assert_int_equal(httpd_requests(w.server), 1);
	(void)close(fd);
	close_world(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_is_one_attempt_whatever_the_answer),
		cmocka_unit_test(a_redirect_is_told_and_not_followed),
		cmocka_unit_test(only_the_status_is_waited_for),
		cmocka_unit_test(its_own_time_out_counts),
		cmocka_unit_test(a_private_address_is_not_connected_to),
		cmocka_unit_test(direct_knows_no_upstream),
	};

	return cmocka_run_group_tests_name("fetch_notice", tests, NULL, NULL);
}
