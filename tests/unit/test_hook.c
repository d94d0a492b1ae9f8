/* What an operator's command becomes before a shell sees it. */
#include "unit.h"

#include "sink/hook.h"

#define H1  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOW "ASSAY_HASH=" H2
#define H2  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct hook_notice notice(void)
{
	return (struct hook_notice){
		.provider = STR("acme"), .hash = STR(H2), .prev_hash = STR(H1), .id = STR("msg_1")
	};
}

static void check(struct hook_notice n, const char *command, const char *want)
{
	ARENA_AUTO(a);
	const char *got;
	struct err e;

	if (!hook_command(str_of(command), &n, &a, &got, &e))
		fail_msg("%s", e.text);
	assert_string_equal(got, want);
}

static void test_two_hashes_and_nothing_else(void **state)
{
	struct hook_notice first = notice();

	(void)state;
	check(notice(), "echo {hash}", "echo " H2);
	check(notice(), "x {prev_hash}{hash} {hash}", "x " H1 H2 " " H2);
	check(notice(), "{provider} {id} {HASH} {{hash}} {hash {",
	      "{provider} {id} {HASH} {" H2 "} {hash {");
	check(notice(), "", "");
	first.prev_hash = STR_NONE;
	check(first, "[{prev_hash}]", "[]");
	assert_true(hook_needs_prev(STR("a {prev_hash} b")));
	assert_false(hook_needs_prev(STR("a {hash} {prev_hash")));
	assert_false(hook_needs_prev(STR_NONE));
}

/* Whatever came to stand in the database: 64 lower-case digits or nothing. */
static void test_what_is_no_hash_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"$(id)",
		"0123",
		H1 "0",
		H1 "\n",
		"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
		"; rm -rf * ;                                                    "
	};
	ARENA_AUTO(a);
	const char *got;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hook_notice n = notice();

		n.hash = str_of(bad[i]);
		assert_false(hook_command(STR("true"), &n, &a, &got, &e));
		n = notice();
		n.prev_hash = str_of(bad[i]);
		assert_false(hook_command(STR("true"), &n, &a, &got, &e));
		assert_int_equal(e.kind, ERR_DATA);
	}
}

static void test_the_environment(void **state)
{
	char kept[] = "PATH=/bin", odd[] = "ASSAY_HASHES=1", old[] = "ASSAY_HASH=old", bare[] = "X";
	char *given[] = { kept, old, odd, bare, NULL };
	static const char *const want[] = {
		"PATH=/bin",           "ASSAY_HASHES=1",       "X", NOW, "ASSAY_PREV_HASH=",
		"ASSAY_PROVIDER=acme", "ASSAY_NOTICE_ID=msg_1"
	};
	struct hook_notice n = notice();
	char *const *got;
	ARENA_AUTO(a);

	(void)state;
	n.prev_hash = STR_NONE;
	got = hook_environment(given, &n, &a);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_string_equal(got[i], want[i]);
	assert_null(got[sizeof(want) / sizeof(want[0])]);
}

static void test_a_notice_comes_back(void **state)
{
	struct hook_notice n = notice(), got;
	BUF_AUTO(out, 4096);
	ARENA_AUTO(a);
	struct err e;

	(void)state;
	n.prev_hash = STR_NONE;
	hook_format(&n, &out);
	assert_true(hook_parse(buf_str(&out), &a, &got, &e));
	assert_true(str_eq(got.id, n.id) && str_eq(got.hash, n.hash) &&
		    str_eq(got.provider, n.provider) && str_is_none(got.prev_hash));
	assert_false(hook_parse(STR("{"), &a, &got, &e));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_hashes_and_nothing_else),
		cmocka_unit_test(test_what_is_no_hash_is_refused),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_a_notice_comes_back),
	};

	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
