/*
 * The members of a descriptor that say how its provider is asked.
 */
#include "unit.h"

#include "provider/descriptor.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BEARER        "\"form\": \"bearer\", \"env\": \"ACME_KEY\""
#define URL           "https://acme.test/models"

/* What a case says; NULL: nothing. */
struct said {
	const char *auth;                 /* members of it */
	const char *more;                 /* members of the provider, each with a comma behind */
	const char *url, *list, *further; /* of the first list; members of either */
};

static bool parse(struct said x, struct arena *a, struct descriptor *d, struct err *e)
{
	struct str json = arena_printf(
		a,
		"{ \"slug\": \"acme\", \"name\": \"Acme\", \"base_url\": \"https://acme.test\","
		" \"auth\": { %s }, %s \"lists\": ["
		" { \"name\": \"models\", \"url\": \"%s\", %s \"fields\": { \"id\": \"/id\" } },"
		" { \"name\": \"prices\", \"url\": \"https://acme.test/prices\","
		"   \"required\": false, %s \"fields\": { \"id\": \"/id\" } } ] }",
		x.auth ? x.auth : BEARER, x.more ? x.more : "", x.url ? x.url : URL,
		x.list ? x.list : "", x.further ? x.further : "");

	return descriptor_parse(json, STR("acme.json"), a, d, e);
}

static struct descriptor good(struct said x, struct arena *a)
{
	struct descriptor d;
	struct err e;

	if (!parse(x, a, &d, &e))
		fail_msg("%s", e.text);
	return d;
}

static void refused(struct said x, const char *pointer, const char *sentence)
{
	ARENA_AUTO(a);
	struct descriptor d;
	struct err e;

	if (parse(x, &a, &d, &e))
		fail_msg("accepted: not %s ... %s", pointer, sentence);
	assert_int_equal(e.kind, ERR_CONFIG);
	if (!str_starts(str_of(e.text), arena_printf(&a, "acme.json: %s", pointer)) ||
	    !strstr(e.text, sentence))
		fail_msg("\"%s\" does not say %s ... %s", e.text, pointer, sentence);
}

/* ---- the key ---- */

static void test_forms(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d = good((struct said){ .auth = "\"form\": \"scheme:Key\","
							  " \"env\": \"ACME_KEY\"" },
				   &a);

	(void)state;
	assert_int_equal(d.auth, AUTH_SCHEME);
	assert_string_equal(d.auth_name.at, "Key");
	d = good(
		(struct said){ .auth = "\"form\": \"google\", \"scope\": \"https://acme.test/all\","
				       " \"env\": [\"A\", \"B\"]" },
		&a);
	assert_int_equal(d.auth, AUTH_GOOGLE);
	assert_string_equal(d.auth_scope.at, "https://acme.test/all");
	assert_true(str_is_none(good((struct said){ 0 }, &a).auth_scope));
}

static void test_mistakes_in_forms(void **state)
{
	(void)state;
	refused((struct said){ .auth = "\"form\": \"scheme\", \"env\": \"A\"" }, "/auth/form",
		"scheme:NAME or google");
	refused((struct said){ .auth = "\"form\": \"scheme:A B\", \"env\": \"A\"" }, "/auth/form",
		"scheme:NAME");
	refused((struct said){ .auth = "\"form\": \"google:x\", \"env\": \"A\"" }, "/auth/form",
		"google");
	refused((struct said){ .auth = "\"form\": \"google\", \"env\": \"A\"" }, "/auth/scope",
		"goes with form google");
	refused((struct said){ .auth = BEARER ", \"scope\": \"x\"" }, "/auth/scope",
		"goes with form google");
	refused((struct said){ .auth = "\"form\": \"google\", \"scope\": \"x\"" }, "/auth/env", "");
}

static void test_lists_that_need_the_key(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d = good((struct said){ .further = "\"auth\": \"required\"," }, &a);

	(void)state;
	assert_true(d.lists[1].keyed && d.lists[1].key_needed);
	assert_true(d.lists[0].keyed && !d.lists[0].key_needed);
	assert_true(descriptor_key_matters(&d));
	d = good((struct said){ .list = "\"auth\": false,", .further = "\"auth\": false," }, &a);
	assert_false(descriptor_key_matters(&d));
	d = good((struct said){ .auth = "\"form\": \"none\"" }, &a);
	assert_false(descriptor_key_matters(&d));
	d = good((struct said){ .auth = BEARER ", \"required\": true",
				.list = "\"auth\": \"required\"," },
		 &a);
	assert_true(d.lists[0].key_needed);
	refused((struct said){ .list = "\"auth\": \"required\"," }, "/lists/0/auth",
		"makes the key required");
	refused((struct said){ .auth = "\"form\": \"none\"", .further = "\"auth\": \"required\"," },
		"/lists/1/auth", "");
	refused((struct said){ .further = "\"auth\": \"needed\"," }, "/lists/1/auth",
		"expected true or false, or \"required\"");
	refused((struct said){ .further = "\"auth\": null," }, "/lists/1/auth", "expected true");
}

/* ---- headers ---- */

static void test_headers(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d =
		good((struct said){ .more = "\"headers\": { \"acme-version\": \"2026-01-01\","
					    " \"X_Two\": \"a b\" }," },
		     &a);

	(void)state;
	assert_int_equal(d.n_headers, 2);
	assert_string_equal(d.headers[0].name.at, "acme-version");
	assert_string_equal(d.headers[0].value.at, "2026-01-01");
	assert_string_equal(d.headers[1].value.at, "a b");
}

static void test_mistakes_in_headers(void **state)
{
	static const struct {
		const char *more, *pointer, *sentence;
	} wrong[] = {
		{ "[]", "/headers", "" },
		{ "{ \"A B\": \"x\" }", "/headers/A B", "no header" },
		{ "{ \"\": \"x\" }", "/headers/", "no header" },
		{ "{ \"authorization\": \"x\" }", "/headers/authorization", "no header" },
		{ "{ \"Accept-Encoding\": \"br\" }", "/headers/Accept-Encoding", "no header" },
		{ "{ \"Host\": \"x\" }", "/headers/Host", "no header" },
		{ "{ \"a\": \"x\", \"a\": \"y\" }", "/headers/a", "twice" },
		{ "{ \"a\": 1 }", "/headers/a", "ASCII" },
		{ "{ \"a\": \"\" }", "/headers/a", "ASCII" },
		{ "{ \"a\": \"x\\r\\nb: y\" }", "/headers/a", "ASCII" },
		{ "{ \"a\": \"gr\\u00fcn\" }", "/headers/a", "ASCII" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		ARENA_AUTO(a);

		refused(
			(struct said){
				.more = arena_printf(&a, "\"headers\": %s,", wrong[i].more).at },
			wrong[i].pointer, wrong[i].sentence);
	}
	refused((struct said){ .auth = "\"form\": \"header:x-key\", \"env\": \"A\"",
			       .more = "\"headers\": { \"X-Key\": \"1\" }," },
		"/headers/X-Key", "no header");
}

/* ---- variables ---- */

#define ACCOUNT                                                                    \
	"\"variables\": { \"account\": { \"env\": [\"ACME_ACCOUNT\", \"ACME\"] }," \
	" \"region\": { \"env\": \"ACME_REGION\", \"default\": \"eu-1\" } },"
#define PLACES "https://acme.test/{region}/of/{account}/models?a={account}"

static void test_variables(void **state)
{
	const struct str values[] = { STR("me_2"), STR("x.y") };
	ARENA_AUTO(a);
	struct descriptor d =
		good((struct said){ .more = ACCOUNT
				    "\"chat\": { \"url\": \"https://acme.test/{account}\" },",
				    .url = PLACES },
		     &a);
	const struct descriptor *filled = descriptor_fill(&d, values, &a);

	(void)state;
	assert_int_equal(d.n_variables, 2);
	assert_string_equal(d.variables[0].name.at, "account");
	assert_string_equal(d.variables[0].env[1], "ACME");
	assert_null(d.variables[0].env[2]);
	assert_true(str_is_none(d.variables[0].fallback));
	assert_string_equal(d.variables[1].fallback.at, "eu-1");
	assert_string_equal(filled->lists[0].url.at, "https://acme.test/x.y/of/me_2/models?a=me_2");
	assert_string_equal(filled->lists[1].url.at, "https://acme.test/prices");
	assert_string_equal(filled->chat.url.at, "https://acme.test/me_2");
	assert_string_equal(d.lists[0].url.at, PLACES);
	d = good((struct said){ 0 }, &a);
	assert_ptr_equal(descriptor_fill(&d, NULL, &a), &d);
}

static void test_mistakes_in_variables(void **state)
{
	static const struct said wrong[] = {
		{ .url = "https://acme.test/{account}" },
		{ .more = ACCOUNT, .url = PLACES "{" },
		{ .more = ACCOUNT, .url = PLACES "{}" },
		{ .more = ACCOUNT, .url = PLACES "{account" },
		{ .more = ACCOUNT, .url = PLACES "{acc{ount}" },
		{ .more = ACCOUNT, .url = PLACES "{other}" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++)
		refused(wrong[i], "/lists/0/url", "does not begin one of /variables");
	refused((struct said){ .more = "\"chat\": { \"url\": \"https://acme.test/{x}\" }," },
		"/chat/url", "does not begin");
	refused((struct said){ .more = ACCOUNT, .url = "https://acme.test/{region}" },
		"/variables/account", "stands in no URL");
	refused((struct said){ .more = "\"variables\": { \"a\": {} },",
			       .url = "https://acme.test/{a}" },
		"/variables/a/env", "missing");
	refused((struct said){ .more = "\"variables\": { \"a b\": { \"env\": \"A\" } },",
			       .url = "https://acme.test/{a b}" },
		"/variables/a b", "no name");
	refused((struct said){ .more = "\"variables\": { \"a\": { \"env\": \"A\","
				       " \"default\": \"x/y\" } },",
			       .url = "https://acme.test/{a}" },
		"/variables/a/default", "expected letters");
	refused((struct said){ .more = "\"variables\": { \"a\": { \"env\": \"A\","
				       " \"secret\": true } },",
			       .url = "https://acme.test/{a}" },
		"/variables/a/secret", "not a member");
}

static void test_values(void **state)
{
	static const char *const good_ones[] = { "a", "Z9", "0123abcdef", "a.b", "..a", "-", "_" };
	static const char *const bad_ones[] = { "",    ".",        "..",  "a/b", "a b",
						"a?b", "a#b",      "a%b", "a&b", "{a}",
						"a@b", "\xc3\xa9", "a\n" };
	char longest[258];

	(void)state;
	for (size_t i = 0; i < LENGTH(good_ones); i++)
		assert_true(descriptor_is_value(str_of(good_ones[i])));
	for (size_t i = 0; i < LENGTH(bad_ones); i++)
		assert_false(descriptor_is_value(str_of(bad_ones[i])));
	memset(longest, 'a', sizeof(longest));
	assert_true(descriptor_is_value((struct str){ longest, 256 }));
	assert_false(descriptor_is_value((struct str){ longest, 257 }));
}

/* ---- asked by ids ---- */

#define IDS "\"pages\": { \"form\": \"ids\", \"parameter\": \"endpoint_id\", \"size\": 50 },"

static void test_ids(void **state)
{
	ARENA_AUTO(a);
	struct descriptor d = good((struct said){ .further = IDS }, &a);

	(void)state;
	assert_int_equal(d.lists[1].pages.form, PAGES_IDS);
	assert_int_equal(d.lists[1].pages.size, 50);
	assert_string_equal(d.lists[1].pages.parameter.at, "endpoint_id");
}

static void test_mistakes_in_ids(void **state)
{
	(void)state;
	refused((struct said){ .list = IDS }, "/lists/0/pages/form", "first list");
	refused((struct said){ .further = IDS " \"total\": \"/total\"," }, "/lists/1/total",
		"has none");
	refused((struct said){ .further =
				       "\"pages\": { \"form\": \"ids\", \"parameter\": \"x\" }," },
		"/lists/1/pages/size", "missing");
	refused((struct said){ .further = "\"pages\": { \"form\": \"ids\", \"size\": 5 }," },
		"/lists/1/pages/parameter", "missing");
	refused((struct said){ .further = "\"pages\": { \"form\": \"ids\", \"parameter\": \"x\","
					  " \"size\": 1001 }," },
		"/lists/1/pages/size", "");
	refused((struct said){ .further = "\"pages\": { \"form\": \"ids\", \"parameter\": \"x\","
					  " \"size\": 5, \"next\": \"/n\" }," },
		"/lists/1/pages/next", "not a member");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_mistakes_in_forms),
		cmocka_unit_test(test_lists_that_need_the_key),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_mistakes_in_headers),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_mistakes_in_variables),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_mistakes_in_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
