/* Origins: which names are ours, which pages may read and change.  What may be configured: test_settings.c. */
#include "unit.h"

#include "web/origin.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *hosts, *host;
	bool ok;
} names[] = {
	{ NULL, "localhost:8000", true },
	{ NULL, "10.0.0.7", false },
	{ "assay.example", "Assay.example", true },
	{ "assay.example", "assay.example:8443", true },
	{ "assay.example", "evil.example", false },
	{ "assay.example", "assay.example.evil.example", false },
	/* A port in the setting is not compared. */
	{ "assay.example:8443", "assay.example:8443", true },
	{ "assay.example:8443", "assay.example", true },
	{ "assay.example:8443", "evil.example:8443", false },
	{ "a.example, 10.0.0.7:80 ,b.example", "10.0.0.7:8000", true },
	{ "a.example, 10.0.0.7:80 ,b.example", "b.example", true },
	{ "10.0.0.7", "10.0.0.8", false },
	{ "fd00::1", "[fd00::1]:8000", true },
	{ "[fd00::1]", "[fd00::1]", true },
	{ "[fd00::1]:80", "[fd00::1]:8000", true },
	{ "[fd00::1]:80", "[fd00::2]:80", false },
	{ "*", "anything.example:1", true },
};

static void our_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct origin_rules r = { .listened = STR("127.0.0.1"),
					  .hosts = str_of(names[i].hosts) };

		if (origin_host_ok(&r, str_of(names[i].host)) != names[i].ok)
			fail_msg("%s, %s", names[i].hosts ? names[i].hosts : "none", names[i].host);
	}
}

static const struct {
	const char *cors, *origin;
	bool read, change;
} pages[] = {
	{ NULL, "https://a.example", false, false },
	{ "*", "https://a.example", true, false },
	{ "https://a.example", "https://a.example", true, true },
	{ "https://a.example", "https://b.example", false, false },
	{ "https://a.example", "https://a.example:8443", false, false },
	{ "https://a.example, https://b.example:8443", "https://a.example", true, true },
	{ "https://a.example, https://b.example:8443", "https://b.example:8443", true, true },
	{ "https://a.example, https://b.example:8443", "https://b.example", false, false },
	/* Our own page. */
	{ NULL, "http://localhost:8000", false, true },
};

static void pages_of_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(pages); i++) {
		struct origin_rules r = { .cors = str_of(pages[i].cors) };
		struct str origin = str_of(pages[i].origin);

		if (origin_may_read(&r, origin) != pages[i].read ||
		    origin_may_change(&r, origin, STR("localhost:8000")) != pages[i].change)
			fail_msg("%s, %s", pages[i].cors ? pages[i].cors : "none", pages[i].origin);
	}
}

static void who_says_no_origin_may_change_and_is_told_nothing(void **state)
{
	struct origin_rules r = { .cors = STR("*") };

	(void)state;
	assert_true(origin_may_change(&r, STR_NONE, STR("localhost")));
	assert_false(origin_may_read(&r, STR_NONE));
	assert_false(origin_may_read(&r, STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_names),
		cmocka_unit_test(pages_of_others),
		cmocka_unit_test(who_says_no_origin_may_change_and_is_told_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
