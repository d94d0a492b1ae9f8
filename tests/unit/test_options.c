#include "unit.h"

#include "cmd/options.h"

/* One option of every kind, and what came of a command line. */
struct given {
	bool force;
	bool quiet;
	struct str text;
	uint64_t count, whole;
	struct option_list list;
	struct str format;
	struct option_list rest;
	struct err e;
};

static const char *const formats[] = { "json", "text", NULL };

static bool parse(struct given *g, struct arena *a, const char *const *argv)
{
	const struct option rows[] = {
		{ "force", 'f', OPTION_FLAG, &g->force, NULL, "do it", NULL },
		{ "quiet", 0, OPTION_FLAG, &g->quiet, NULL, "say nothing", NULL },
		{ "text", 't', OPTION_TEXT, &g->text, "TEXT", "some text", NULL },
		{ "count", 'n', OPTION_COUNT, &g->count, "N", "a number", NULL },
		{ "whole", 0, OPTION_WHOLE, &g->whole, "N", "a number, or none", NULL },
		{ "list", 'l', OPTION_LIST, &g->list, "ITEM...", "some items", NULL },
		{ "format", 0, OPTION_WORD, &g->format, "json|text", "a word", formats },
		{ .name = NULL },
	};
	char *copies[16];
	int argc = 0;

	for (; argv[argc]; argc++)
		copies[argc] = arena_cstr(a, str_of(argv[argc]));
	*g = (struct given){ .count = 7 };
	return options_parse(rows, argc, copies, a, &g->rest, &g->e);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void assert_list(const struct option_list *list, const char *want)
{
	BUF_AUTO(got, 1000);

	for (size_t i = 0; i < list->n; i++)
		buf_printf(&got, "%s%.*s", i ? "|" : "", STR_FMT(list->items[i]));
	assert_string_equal(buf_str(&got).at, want);
}

static void accept(struct given *g, struct arena *a, const char *const *argv)
{
	if (!parse(g, a, argv))
		fail_msg("%s", g->e.text);
}

static void test_nothing(void **state)
{
	ARENA_AUTO(a);
	struct given g;

	(void)state;
	accept(&g, &a, (const char *const[]){ NULL });
	assert_false(g.force || g.quiet);
	assert_true(str_is_none(g.text) && str_is_none(g.format));
	assert_int_equal(g.count, 7); /* what stood there stays */
	assert_int_equal(g.list.n + g.rest.n, 0);
}

static void test_forms(void **state)
{
	ARENA_AUTO(a);
	struct given g;

	(void)state;
	accept(&g, &a, ARGV("--force", "--text", "a b", "--count", "12", "--format", "json"));
	assert_true(g.force && !g.quiet);
	assert_true(str_eq(g.text, STR("a b")));
	assert_int_equal(g.count, 12);
	assert_true(str_eq(g.format, STR("json")));
	accept(&g, &a, ARGV("--text=a=b", "--count=1000000000", "--format=text", "--quiet"));
	assert_true(str_eq(g.text, STR("a=b")));
	assert_int_equal(g.count, 1000000000);
	assert_true(str_eq(g.format, STR("text")));
	assert_true(g.quiet);
	accept(&g, &a, ARGV("-f", "-t", "x", "-n", "1", "-l", "y"));
	assert_true(g.force);
	assert_true(str_eq(g.text, STR("x")));
	assert_int_equal(g.count, 1);
	assert_list(&g.list, "y");
	accept(&g, &a, ARGV("--whole", "0"));
	assert_int_equal(g.whole, 0);
	accept(&g, &a, ARGV("--whole=1000000000000000"));
	assert_int_equal(g.whole, 1000000000000000);
	accept(&g, &a, ARGV("--text=", "--text=last"));
	assert_true(str_eq(g.text, STR("last")));
	accept(&g, &a, ARGV("--text="));
	assert_true(str_same(g.text, STR("")));
}

static void test_words(void **state)
{
	ARENA_AUTO(a);
	struct given g;

	(void)state;
	accept(&g, &a, ARGV("one", "-f", "two", "-", "", "--text", "t", "three"));
	assert_list(&g.rest, "one|two|-||three");
	accept(&g, &a, ARGV("one", "--", "--force", "-f", "--", "-x"));
	assert_list(&g.rest, "one|--force|-f|--|-x");
	assert_false(g.force);
	accept(&g, &a, ARGV("--"));
	assert_int_equal(g.rest.n, 0);
}

static void test_lists(void **state)
{
	ARENA_AUTO(a);
	struct given g;

	(void)state;
	accept(&g, &a, ARGV("--list", "a", "b", "c"));
	assert_list(&g.list, "a|b|c");
	accept(&g, &a, ARGV("--list", "a,b", "c", "--force", "d"));
	assert_list(&g.list, "a|b|c");
	assert_list(&g.rest, "d");
	accept(&g, &a, ARGV("--list=a,b", "c"));
	assert_list(&g.list, "a|b");
	assert_list(&g.rest, "c"); /* the form with '=' takes that one word */
	accept(&g, &a, ARGV("--list", "a", "-f", "-l", "b", "--list=c"));
	assert_list(&g.list, "a|b|c");
	accept(&g, &a, ARGV("--list", ", a ,,b, ", ",", "c"));
	assert_list(&g.list, "a|b|c");
	accept(&g, &a, ARGV("--list", "a", "-", "b", "--", "c"));
	assert_list(&g.list, "a|-|b");
	assert_list(&g.rest, "c");
	accept(&g, &a, ARGV("--list", "a", "a"));
	assert_list(&g.list, "a|a");
}

static void refuse(const char *const *argv, const char *why)
{
	ARENA_AUTO(a);
	struct given g;

	if (parse(&g, &a, argv))
		fail_msg("accepted: %s", argv[0]);
	assert_int_equal(g.e.kind, ERR_USAGE);
	if (!strstr(g.e.text, why))
		fail_msg("%s: \"%s\"", g.e.text, why);
}

static void test_unknown(void **state)
{
	(void)state;
	refuse(ARGV("--nosuch"), "unknown option \"--nosuch\"");
	refuse(ARGV("--nosuch=1"), "unknown option");
	refuse(ARGV("--forc"), "unknown option \"--forc\""); /* not abbreviated */
	refuse(ARGV("--Force"), "unknown option");
	refuse(ARGV("---force"), "unknown option");
	refuse(ARGV("--=x"), "unknown option");
	refuse(ARGV("-force"), "unknown option");
	refuse(ARGV("-x"), "unknown option \"-x\"");
	refuse(ARGV("-ft"), "unknown option"); /* not bundled */
	refuse(ARGV("-tx"), "unknown option");
	refuse(ARGV("-n5"), "unknown option");
	refuse(ARGV("-t=x"), "unknown option");
	refuse(ARGV("word", "--nosuch"), "unknown option");
	refuse(ARGV("--\x1b[31m"), "\\x1b"); /* quoted */
}

static void test_values(void **state)
{
	(void)state;
	refuse(ARGV("--text"), "--text needs a value: TEXT");
	refuse(ARGV("-t"), "--text needs a value: TEXT");
	refuse(ARGV("--list"), "--list needs a value: ITEM...");
	refuse(ARGV("--count"), "--count needs a value: N");
	refuse(ARGV("--format"), "--format needs a value: json|text");
	refuse(ARGV("--force=yes"), "--force takes no value");
	refuse(ARGV("--force="), "--force takes no value");
	refuse(ARGV("--count", "0"), "--count: \"0\" is not a number from 1 to 10^9");
	refuse(ARGV("--count=1000000001"), "--count");
	refuse(ARGV("--count=-1"), "--count");
	refuse(ARGV("--count="), "--count");
	refuse(ARGV("--count", "1e3"), "--count");
	refuse(ARGV("--count", "5s"), "--count");
	refuse(ARGV("--whole", "-1"), "--whole: \"-1\" is not a number from 0 to 10^15");
	refuse(ARGV("--whole", "1000000000000001"), "--whole");
	refuse(ARGV("--format", "yaml"), "--format: \"yaml\" is not one of json|text");
	refuse(ARGV("--format="), "--format");
	refuse(ARGV("--format", "JSON"), "--format");
	refuse(ARGV("--format", "jso"), "--format");
}

/* "takes every word up to the next option": an option is no word of a list. */
static void test_list_without_words(void **state)
{
	(void)state;
	refuse(ARGV("--list", "--force"), "--list needs a value: ITEM...");
	refuse(ARGV("-l", "-f"), "--list needs a value: ITEM...");
	refuse(ARGV("--list", "--", "a"), "--list needs a value: ITEM...");
	refuse(ARGV("--list="), "--list needs a value: ITEM...");
	refuse(ARGV("--list", " , "), "--list needs a value: ITEM...");
}

static void test_explains(void **state)
{
	static const struct option rows[] = {
		{ "force", 'f', OPTION_FLAG, NULL, NULL, "do it", NULL },
		{ "list", 0, OPTION_LIST, NULL, "ITEM...", "some items", NULL },
		{ "colour", 0, OPTION_WORD, NULL, "red|green|blue|black", "which", NULL },
		{ .name = NULL },
	};
	BUF_AUTO(out, 1000);

	(void)state;
	options_explain(rows, &out);
	assert_string_equal(out.at, "  -f, --force                  do it\n"
				    "  --list ITEM...               some items\n"
				    "  --colour red|green|blue|black\n"
				    "                               which\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_list_without_words),
		cmocka_unit_test(test_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
