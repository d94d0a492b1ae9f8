/* Rewriting, the upstream's check and the rule about redirects. */
#include "net/url.h"

#include "unit.h"

static void check_rewrite(struct str upstream, const char *url, const char *expected)
{
	BUF_AUTO(out, 4096);

	fetch_rewrite_url(upstream, str_of(url), &out);
	assert_string_equal(out.at, expected);
}

static void https_is_rewritten(void **state)
{
	struct str up = STR("http://127.0.0.1:9000");

	(void)state;
	check_rewrite(up, "https://a.example/v1/models?x=1&y=2",
		      "http://127.0.0.1:9000/a.example/v1/models?x=1&y=2");
	check_rewrite(up, "HTTPS://a.example/v1", "http://127.0.0.1:9000/a.example/v1");
	check_rewrite(up, "https://a.example:8443/", "http://127.0.0.1:9000/a.example:8443/");
	check_rewrite(up, "https://a.example", "http://127.0.0.1:9000/a.example/");
	check_rewrite(up, "https://a.example?q", "http://127.0.0.1:9000/a.example/?q");
	check_rewrite(STR("https://mirror.example/m/"), "https://a.example/x",
		      "https://mirror.example/m/a.example/x");
}

static void other_urls_are_left_alone(void **state)
{
	struct str up = STR("http://127.0.0.1:9000");

	(void)state;
	check_rewrite(up, "http://127.0.0.1:7000/hook", "http://127.0.0.1:7000/hook");
	check_rewrite(up, "ftp://a.example/", "ftp://a.example/");
	check_rewrite(up, "https:", "https:");
	check_rewrite(STR_NONE, "https://a.example/v1", "https://a.example/v1");
}

static void upstream_is_loopback_or_https(void **state)
{
	static const char *const good[] = {
		"http://127.0.0.1:9000",      "http://127.8.9.10",
		"http://localhost:1",         "http://[::1]:80",
		"https://127.0.0.1:9000",     "https://mirror.example",
		"https://mirror.example/sub",
	};
	static const char *const bad[] = {
		"",
		"127.0.0.1:9000",
		"http://10.0.0.1",
		"http://mirror.example",
		"http://127.0.0.1.example",
		"http://localhost.example",
		"http://[::2]",
		"http://0.0.0.0",
		"ftp://127.0.0.1",
		"https://user@mirror.example",
		"https://user:password@mirror.example",
		"https://mirror.example/?q",
		"https://mirror.example/#f",
		"https://mirror example",
		"https://",
		"file:///etc/passwd",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!fetch_check_upstream(str_of(good[i]), &e))
			fail_msg("%s: %s", good[i], e.text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (fetch_check_upstream(str_of(bad[i]), &e))
			fail_msg("\"%s\" was accepted", bad[i]);
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_null(strstr(e.text, "password"));
	}
}

static void urls_are_http_without_user(void **state)
{
	static const char *const bad[] = {
		"",         "a.example/x",  "ftp://a.example/", "https://u:p@a.example/",
		"https://", "javascript:1", "https://a b/",
	};
	struct url u = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (url_init(&u, str_of(bad[i]), &e))
			fail_msg("\"%s\" was accepted", bad[i]);
		assert_int_equal(e.kind, ERR_CONFIG);
	}
	assert_false(url_init(&u, (struct str){ "https://a.example/\0x", 20 }, &e));
	assert_true(url_init(&u, STR("https://A.Example/x/../y?k=v#f"), &e));
	assert_string_equal(u.text, "https://A.Example/y?k=v");
	assert_string_equal(u.origin, "https://a.example:443");
	assert_true(url_is_https(&u));
	url_release(&u);
	url_release(&u);
}

static bool same(const char *a, const char *b)
{
	struct url x;
	struct url y;
	struct err e;
	bool is;

	assert_true(url_init(&x, str_of(a), &e));
	assert_true(url_init(&y, str_of(b), &e));
	is = url_same_origin(&x, &y);
	url_release(&x);
	url_release(&y);
	return is;
}

static void origin_is_scheme_host_and_port(void **state)
{
	(void)state;
	assert_true(same("https://a.example/x", "https://A.EXAMPLE:443/y?z"));
	assert_false(same("https://a.example/", "http://a.example/"));
	assert_false(same("https://a.example/", "https://a.example:444/"));
	assert_false(same("https://a.example/", "https://b.example/"));
	assert_false(same("https://a.example/", "https://a.example.evil/"));
	assert_false(same("http://a.example:443/", "https://a.example/"));
}

/* `expected`: where it leads, or NULL and the refusal's words. */
static void check_follow(const char *from, const char *location, struct str upstream,
			 const char *expected, const char *words)
{
	struct url here;
	struct url there = { 0 };
	struct err e = { 0 };
	bool ok;

	assert_true(url_init(&here, str_of(from), &e));
	ok = url_follow(&here, str_of(location), upstream, &there, &e);
	if (ok != (expected != NULL))
		fail_msg("%s → %s: %s", from, location, ok ? there.text : e.text);
	if (ok) {
		assert_string_equal(there.text, expected);
	} else {
		assert_int_equal(e.kind, ERR_HTTP);
		if (!words || !strstr(e.text, words))
			fail_msg("\"%s\" lacks \"%s\"", e.text, words);
	}
	url_release(&here);
	url_release(&there);
}

static void redirects_resolve_as_usual(void **state)
{
	const char *from = "https://a.example/v1/models?k=1";

	(void)state;
	check_follow(from, "list", STR_NONE, "https://a.example/v1/list", NULL);
	check_follow(from, "/v2/models", STR_NONE, "https://a.example/v2/models", NULL);
	check_follow(from, "../v2/x#f", STR_NONE, "https://a.example/v2/x", NULL);
	check_follow(from, "?page=2", STR_NONE, "https://a.example/v1/models?page=2", NULL);
	check_follow(from, "//b.example/x", STR_NONE, "https://b.example/x", NULL);
	check_follow(from, "https://b.example:8443/x y", STR_NONE, "https://b.example:8443/x%20y",
		     NULL);
	check_follow("http://a.example/", "https://a.example/", STR_NONE, "https://a.example/",
		     NULL);
	check_follow("http://a.example/", "http://b.example/", STR_NONE, "http://b.example/", NULL);
}

static void bad_redirects_are_refused(void **state)
{
	const char *from = "https://a.example/v1/models";

	(void)state;
	check_follow(from, "http://a.example/v1/models", STR_NONE, NULL, "https to http");
	check_follow(from, "ftp://a.example/", STR_NONE, NULL, "redirect: not a");
	check_follow(from, "file:///etc/passwd", STR_NONE, NULL, "redirect: not a");
	check_follow(from, "https://u:secret@a.example/", STR_NONE, NULL, "redirect: not a");
	check_follow(from, "https://", STR_NONE, NULL, "redirect: not a");
}

static void encoding_does_not_make_a_redirect_longer_than_a_url_may_be(void **state)
{
	static char spaces[60 * 1024];

	(void)state;
	memset(spaces, ' ', sizeof(spaces) - 1);
	spaces[0] = '/';
	spaces[sizeof(spaces) - 2] = 'x';
	check_follow("https://a.example/", spaces, STR_NONE, NULL, "redirect: not a");
}

static void redirects_through_an_upstream(void **state)
{
	struct str up = STR("http://127.0.0.1:9000");
	const char *from = "https://a.example/v1/models";

	(void)state;
	check_follow(from, "/v2", up, "https://a.example/v2", NULL);
	check_follow(from, "https://b.example/x", up, "https://b.example/x", NULL);
	check_follow(from, "http://127.0.0.1:9000/a.example/v2?q", up, "https://a.example/v2?q",
		     NULL);
	check_follow(from, "http://127.0.0.1:9000/b.example/v2", up, NULL, "upstream itself");
	check_follow(from, "http://127.0.0.1:9000/a.example.evil/", up, NULL, "upstream itself");
	check_follow(from, "http://127.0.0.1:9000/a.example", up, NULL, "upstream itself");
	check_follow(from, "http://127.0.0.1:9000/", up, NULL, "upstream itself");
	check_follow(from, "http://127.0.0.1:9001/a.example/", up, NULL, "https to http");
	check_follow("https://a.example:8443/", "http://127.0.0.1:9000/a.example:8443/x", up,
		     "https://a.example:8443/x", NULL);
	check_follow(from, "https://mirror.example/m/a.example/x", STR("https://mirror.example/m/"),
		     "https://a.example/x", NULL);
	check_follow(from, "https://mirror.example/a.example/x", STR("https://mirror.example/m"),
		     NULL, "upstream itself");
	/* http is not rewritten, so there the upstream's address is an address like any other. */
	check_follow("http://127.0.0.1:9000/x", "/y", up, "http://127.0.0.1:9000/y", NULL);
}

static void wire_url_hides_nothing(void **state)
{
	struct url u;
	struct err e;
	char *wire;

	(void)state;
	assert_true(url_init(&u, STR("https://a.example/x?key=k"), &e));
	wire = url_wire(&u, STR("http://127.0.0.1:9000"));
	assert_string_equal(wire, "http://127.0.0.1:9000/a.example/x?key=k");
	wipe_free(wire);
	wire = url_wire(&u, STR_NONE);
	assert_string_equal(wire, "https://a.example/x?key=k");
	wipe_free(wire);
	url_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(https_is_rewritten),
		cmocka_unit_test(other_urls_are_left_alone),
		cmocka_unit_test(upstream_is_loopback_or_https),
		cmocka_unit_test(urls_are_http_without_user),
		cmocka_unit_test(origin_is_scheme_host_and_port),
		cmocka_unit_test(redirects_resolve_as_usual),
		cmocka_unit_test(bad_redirects_are_refused),
		cmocka_unit_test(encoding_does_not_make_a_redirect_longer_than_a_url_may_be),
		cmocka_unit_test(redirects_through_an_upstream),
		cmocka_unit_test(wire_url_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
