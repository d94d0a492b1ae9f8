/* Redirects, with and without an upstream, and who gets to see the key. */
#include "fetching.h"

#include <unistd.h>

/* ---- redirects ---- */

static void redirect_to(char *answer, size_t size, int status, const char *location)
{
	(void)snprintf(answer, size,
		       "HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nmoved",
		       status, location);
}

static void redirects_on_one_host_keep_the_key(void **state)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	char answer[5][200];
	struct world w;

	(void)state;
	open_world(&w, quick());
	for (int i = 0; i < 5; i++)
		redirect_to(answer[i], sizeof(answer[i]), statuses[i],
			    i == 4 ? "end?page=2" : "/next");
	SCRIPT(w.server, { .answer = answer[0] }, { .answer = answer[1] }, { .answer = answer[2] },
	       { .answer = answer[3] }, { .answer = answer[4] }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_string_equal(w.body, "{}");
	assert_int_equal(w.response.attempts, 6);
	assert_true(request_has(&w, 5, "GET /end?page=2 HTTP/1.1\r\n"));
	assert_true(request_has(&w, 5, "Authorization: Bearer " KEY));
	assert_int_equal(httpd_connections(w.server), 1);
	close_world(&w);
}

static void the_key_stays_behind_on_another_port(void **state)
{
	struct httpd *other = httpd_start();
	char away[200];
	char back[200];
	char url[100];
	struct world w;

	(void)state;
	open_world(&w, quick());
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/there", httpd_port(other));
	redirect_to(away, sizeof(away), 307, url);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/back", httpd_port(w.server));
	redirect_to(back, sizeof(back), 307, url);
	SCRIPT(other, { .answer = back });
	SCRIPT(w.server, { .answer = away }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_true(request_has(&w, 0, "Authorization"));
	assert_null(strstr(httpd_request(other, 0), KEY));
	assert_non_null(strstr(httpd_request(other, 0), "X-Plain: yes"));
	assert_false(request_has(&w, 1, "Authorization")); /* nor when a stranger sends us back */
	httpd_stop(other);
	close_world(&w);
}

static void the_key_stays_behind_on_another_host(void **state)
{
	char away[200];
	char url[100];
	struct world w;

	(void)state;
	open_world(&w, quick());
	(void)snprintf(url, sizeof(url), "http://localhost:%u/there", httpd_port(w.server));
	redirect_to(away, sizeof(away), 302, url);
	SCRIPT(w.server, { .answer = away }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_true(request_has(&w, 1, "Host: localhost"));
	assert_false(request_has(&w, 1, "Authorization"));
	close_world(&w);
}

static void a_retry_begins_at_the_first_url_with_the_key(void **state)
{
	char away[200];
	char url[100];
	struct world w;

	(void)state;
	open_world(&w, quick());
	(void)snprintf(url, sizeof(url), "http://localhost:%u/there", httpd_port(w.server));
	redirect_to(away, sizeof(away), 302, url);
	SCRIPT(w.server, { .answer = away }, { .answer = UNAVAILABLE }, { .answer = OK_2 });
	get(&w);
	check_status(&w, 200);
	assert_true(request_has(&w, 2, "GET /v1/models"));
	assert_true(request_has(&w, 2, "Authorization"));
	assert_int_equal(w.response.attempts, 3);
	close_world(&w);
}

static void a_circle_of_redirects_ends(void **state)
{
	char answer[200];
	struct world w;

	(void)state;
	open_world(&w, quick());
	redirect_to(answer, sizeof(answer), 302, "/again");
	SCRIPT(w.server, { .answer = answer });
	get(&w);
	check_error(&w, ERR_HTTP, "more than 5 redirects");
	assert_int_equal(httpd_requests(w.server), 6);
	close_world(&w);
}

static void a_redirect_to_nowhere(void **state)
{
	char answer[200];
	struct world w;

	(void)state;
	open_world(&w, quick());
	redirect_to(answer, sizeof(answer), 302, "ftp://127.0.0.1/");
	SCRIPT(w.server, { .answer = answer },
	       { .answer = "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nlost" });
	get(&w);
	check_error(&w, ERR_HTTP, "redirect: not a");
	get(&w); /* without a Location it is just an answer */
	check_status(&w, 302);
	assert_string_equal(w.body, "lost");
	close_world(&w);
}

/* ---- upstream ---- */

static void open_upstream_world(struct world *w)
{
	static char upstream[64];
	struct fetch_conf conf = quick();

	open_world(w, conf);
	(void)snprintf(upstream, sizeof(upstream), "http://127.0.0.1:%u", httpd_port(w->server));
	conf.upstream = str_of(upstream);
	use_conf(w, conf);
	memset(upstream, 'x', sizeof(upstream)); /* it has its own copy */
}

static void an_upstream_stands_in_for_the_world(void **state)
{
	struct world w;

	(void)state;
	open_upstream_world(&w);
	SCRIPT(w.server, { .answer = OK_2 });
	get_url(&w, "https://openrouter.ai/api/v1/models?x=1");
	check_status(&w, 200);
	assert_true(request_has(&w, 0, "GET /openrouter.ai/api/v1/models?x=1 HTTP/1.1\r\n"));
	assert_true(request_has(&w, 0, "Authorization: Bearer " KEY));
	get(&w); /* http is not rewritten */
	assert_true(request_has(&w, 1, "GET /v1/models"));
	close_world(&w);
}

static void redirects_through_the_upstream_follow_the_world(void **state)
{
	char spelled[64];
	char self[200];
	struct world w;

	(void)state;
	open_upstream_world(&w);
	(void)snprintf(spelled, sizeof(spelled), "http://127.0.0.1:%u/openrouter.ai/c",
		       httpd_port(w.server));
	redirect_to(self, sizeof(self), 302, spelled);
	SCRIPT(w.server,
	       { .answer = "HTTP/1.1 302 F\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n" },
	       { .answer = self },
	       { .answer = "HTTP/1.1 302 F\r\nLocation: https://other.example/d\r\n"
			   "Content-Length: 0\r\n\r\n" },
	       { .answer = OK_2 });
	get_url(&w, "https://openrouter.ai/a");
	check_status(&w, 200);
	assert_true(request_has(&w, 1, "GET /openrouter.ai/b "));
	assert_true(request_has(&w, 2, "GET /openrouter.ai/c "));
	assert_true(request_has(&w, 2, "Authorization"));
	assert_true(request_has(&w, 3, "GET /other.example/d "));
	assert_false(request_has(&w, 3, "Authorization"));
	close_world(&w);
}

static void https_does_not_become_http(void **state)
{
	char location[100];
	char answer[300];
	struct world w;

	(void)state;
	open_upstream_world(&w);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(location, sizeof(location), "http://127.0.0.1:%u/login",
			       httpd_port(w.server));
		redirect_to(answer, sizeof(answer), 301,
			    i == 0 ? "http://openrouter.ai/a" : location);
		SCRIPT(w.server, { .answer = answer });
		get_url(&w, "https://openrouter.ai/a");
		assert_int_equal(w.error.kind, ERR_HTTP);
		assert_non_null(strstr(w.error.text, "refused"));
		assert_true(
			str_starts(str_of(w.error.text), STR("openrouter.ai (through 127.0.0.1:")));
		assert_int_equal(httpd_requests(w.server), i + 1);
	}
	close_world(&w);
}

static void an_upstream_switches_proxies_off(void **state)
{
	static char dead_http[] = "http_proxy=http://127.0.0.1:1";
	static char dead_all[] = "ALL_PROXY=http://127.0.0.1:1";
	static char *const dead[] = { dead_http, dead_all, NULL };
	char **before = environ;
	struct world w;

	(void)state;
	open_upstream_world(&w);
	SCRIPT(w.server, { .answer = OK_2 });
	environ = (char **)(uintptr_t)dead;
	get_url(&w, "https://openrouter.ai/a");
	environ = before;
	check_status(&w, 200);
	close_world(&w);
}

static void a_bad_upstream_is_refused_at_once(void **state)
{
	struct fetch_conf conf = quick();
	struct loop *l = loop_create();
	struct fetcher *f = NULL;
	struct err e;

	(void)state;
	conf.upstream = STR("http://mirror.example");
	assert_false(fetcher_create(&f, l, &conf, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_null(f);
	loop_destroy(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redirects_on_one_host_keep_the_key),
		cmocka_unit_test(the_key_stays_behind_on_another_port),
		cmocka_unit_test(the_key_stays_behind_on_another_host),
		cmocka_unit_test(a_retry_begins_at_the_first_url_with_the_key),
		cmocka_unit_test(a_circle_of_redirects_ends),
		cmocka_unit_test(a_redirect_to_nowhere),
		cmocka_unit_test(an_upstream_stands_in_for_the_world),
		cmocka_unit_test(redirects_through_the_upstream_follow_the_world),
		cmocka_unit_test(https_does_not_become_http),
		cmocka_unit_test(an_upstream_switches_proxies_off),
		cmocka_unit_test(a_bad_upstream_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
