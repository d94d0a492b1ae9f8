/* What the Hub answers, read; what of it is refused.  What it is told: tests/flow/test_hub_conformance.py. */
#include "net/hub_wire.h"

#include "unit.h"

static struct hub_entry entry_of(const char *path, uint64_t size)
{
	struct hub_entry entry = { .path = str_of(path), .size = size, .sample = STR("") };

	(void)snprintf(entry.sha256, sizeof(entry.sha256), "sha-%s", path);
	(void)snprintf(entry.git, sizeof(entry.git), "git-%s", path);
	return entry;
}

static void preupload_says_of_each_file_what_is_there(void **state)
{
	struct hub_entry entries[] = { entry_of("a", 3), entry_of("b", 3), entry_of("c", 3),
				       entry_of("d", 3), entry_of("e", 0) };
	ARENA_AUTO(a);
	struct str head;
	struct err e;

	(void)state;
	assert_true(hub_read_preupload(
		STR("{\"files\":["
		    "{\"path\":\"b\",\"uploadMode\":\"lfs\",\"oid\":\"sha-b\"},"
		    "{\"path\":\"a\",\"uploadMode\":\"regular\",\"oid\":\"git-a\"},"
		    "{\"path\":\"c\",\"uploadMode\":\"regular\",\"oid\":\"sha-c\",\"x\":[]},"
		    "{\"path\":\"d\",\"uploadMode\":\"lfs\",\"oid\":\"git-d\",\"shouldIgnore\":true},"
		    "{\"path\":\"e\",\"uploadMode\":\"lfs\"}],\"commitOid\":\"h\"}"),
		entries, 5, &a, &head, &e));
	assert_string_equal(head.at, "h");
	assert_true(entries[0].same && entries[0].there && !entries[0].lfs);
	assert_true(entries[1].same && entries[1].there && entries[1].lfs);
	assert_true(!entries[2].same && entries[2].there && !entries[2].lfs);
	assert_true(!entries[3].same && entries[3].there && entries[3].lfs);
	assert_true(!entries[4].same && !entries[4].there && !entries[4].lfs);
}

static void an_answer_that_does_not_say_it_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"files\":{}}",
		"{\"files\":[{\"path\":\"b\",\"uploadMode\":\"regular\"}]}",
		"{\"files\":[{\"path\":\"a\",\"uploadMode\":\"carrier pigeon\"}]}",
		"{\"files\":[{\"path\":\"a\"}]}",
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hub_entry entry = entry_of("a", 3);
		struct str head;
		struct err e;

		assert_false(hub_read_preupload(str_of(bad[i]), &entry, 1, &a, &head, &e));
		assert_true(e.kind == ERR_PARSE || e.kind == ERR_DATA);
	}
}

static void check_batch(const char *answer, const char *why)
{
	struct hub_entry entry = entry_of("a", 10);
	struct hub_upload *uploads;
	ARENA_AUTO(a);
	long status = 0;
	struct err e;
	size_t n;

	entry.lfs = true;
	if (hub_read_batch(str_of(answer), &entry, 1, &a, &uploads, &n, &status, &e)) {
		assert_null(why);
		assert_int_equal(n, 1);
	} else {
		assert_non_null(why);
		if (!why || !strstr(e.text, why))
			fail_msg("%s", e.text);
	}
}

#define MULTIPART(header)                                                                      \
	"{\"transfer\":\"multipart\",\"objects\":[{\"oid\":\"sha-a\",\"actions\":{\"upload\":" \
	"{\"href\":\"https://s/done\",\"header\":{" header "}}}}]}"

static void parts_must_be_what_the_size_needs(void **state)
{
	(void)state;
	check_batch(MULTIPART("\"chunk_size\":\"5\",\"00001\":\"https://s/1\",\"00002\":\"https://"
			      "s/2\""),
		    NULL);
	check_batch(MULTIPART("\"chunk_size\":\"4\",\"00001\":\"https://s/1\",\"00002\":\"https://"
			      "s/2\""),
		    "2 parts of 4 bytes are not what 10 bytes need");
	check_batch(MULTIPART("\"chunk_size\":\"5\",\"00001\":\"https://s/1\",\"00003\":\"https://"
			      "s/3\""),
		    "part 00002 is missing");
	check_batch(MULTIPART("\"chunk_size\":\"0\",\"00001\":\"https://s/1\""), "chunk_size");
	check_batch(MULTIPART("\"00001\":\"https://s/1\""), "chunk_size");
	check_batch("{\"transfer\":\"basic\",\"objects\":[]}", "does not speak of");
	check_batch("{\"transfer\":\"basic\",\"objects\":[{\"oid\":\"sha-a\",\"actions\":{"
		    "\"upload\":{}}}]}",
		    "without a href");
}

static void an_error_says_what_it_can(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "{\"error\":\"no\"}", "no" },
		{ "{\"error\":\"no\",\"error_description\":\"never\"}", "no: never" },
		{ "{\"message\":\"nope\"}", "nope" },
		{ "{\"error\":{\"message\":\"deep\"}}", NULL },
		{ "{}", NULL },
		{ "<html>", NULL },
		{ "", NULL },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str said = hub_read_error(str_of(cases[i].body), &a);

		assert_true(str_same(said, str_of(cases[i].want)));
	}
}

static void the_reset_is_read_from_a_rate_limit(void **state)
{
	(void)state;
	assert_int_equal(hub_reset_s(STR("\"api\";r=499;t=293")), 293);
	assert_int_equal(hub_reset_s(STR("\"api\"; t=7 ;r=0")), 7);
	assert_int_equal(hub_reset_s(STR("\"api\";r=499")), 0);
	assert_int_equal(hub_reset_s(STR("t=soon")), 0);
	assert_int_equal(hub_reset_s(STR_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preupload_says_of_each_file_what_is_there),
		cmocka_unit_test(an_answer_that_does_not_say_it_is_none),
		cmocka_unit_test(parts_must_be_what_the_size_needs),
		cmocka_unit_test(an_error_says_what_it_can),
		cmocka_unit_test(the_reset_is_read_from_a_rate_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
