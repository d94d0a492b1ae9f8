/*
 * What one page says of the next, and what a chain of them must not be.
 */
#include "unit.h"

#include "base/json.h"
#include "provider/link.h"
#include "provider/pages.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define URL           "https://acme.test/models?size=2"

/* clang-format off: STR() is no constant */
#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}
/* clang-format on */

static const struct list by_token = { .url = TEXT(URL),
				      .rows = TEXT("/data"),
				      .pages = { .form = PAGES_TOKEN,
						 .next = TEXT("/next"),
						 .more = TEXT("/more"),
						 .parameter = TEXT("cursor") } };
static const struct list by_number = {
	.url = TEXT(URL),
	.rows = TEXT("/data"),
	.pages = { .form = PAGES_NUMBER, .parameter = TEXT("page"), .first = 1 }
};
static const struct list by_total = { .url = TEXT(URL),
				      .rows = TEXT("/data"),
				      .pages = { .form = PAGES_NUMBER,
						 .parameter = TEXT("page"),
						 .first = 0,
						 .total_pages = TEXT("/info/pages") } };
static const struct list by_url = { .url = TEXT(URL),
				    .rows = TEXT("/data"),
				    .pages = { .form = PAGES_URL, .next = TEXT("/next") } };
static const struct list by_link = { .url = TEXT(URL),
				     .rows = TEXT(""),
				     .pages = { .form = PAGES_LINK } };

static int64_t said_before; /* by the page before the one that is stepped from */

static bool step(const struct list *l, size_t number, const char *text, const char *link,
		 struct arena *a, struct pages_next *next, struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct page page = { .number = number, .link = str_of(link), .total_pages = said_before };

	if (!json_read(str_of(text), &doc, e))
		fail_msg("%s", e->text);
	page.root = yyjson_doc_get_root(doc);
	return pages_next(l, &page, a, next, e);
}

/* `want`: the URL or reference, NULL at the end. */
static void assert_next(const struct list *l, size_t number, const char *text, const char *link,
			const char *want)
{
	ARENA_AUTO(a);
	struct pages_next next;
	struct err e;

	if (!step(l, number, text, link, &a, &next, &e))
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(next.more, want != NULL);
	if (want && !str_is_none(next.url))
		assert_string_equal(next.url.at, want);
	else if (want)
		assert_string_equal(next.reference.at, want);
}

static void assert_refused(const struct list *l, size_t number, const char *text, const char *link,
			   enum err_kind kind, const char *word)
{
	ARENA_AUTO(a);
	struct pages_next next;
	struct err e;

	if (step(l, number, text, link, &a, &next, &e))
		fail_msg("accepted: %s %s", text, link ? link : "");
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, word))
		fail_msg("\"%s\" lacks \"%s\"", e.text, word);
}

static void test_token(void **state)
{
	(void)state;
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":\"a+/=\"}", NULL,
		    URL "&cursor=a%2B%2F%3D");
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":17}", NULL, URL "&cursor=17");
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":\"x\",\"more\":true}", NULL,
		    URL "&cursor=x");
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":\"x\",\"more\":null}", NULL,
		    URL "&cursor=x");
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":\"x\",\"more\":false}", NULL, NULL);
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":null}", NULL, NULL);
	assert_next(&by_token, 1, "{\"data\":[1],\"next\":\"\",\"more\":false}", NULL, NULL);
	assert_next(&by_token, 1, "{\"data\":[1]}", NULL, NULL);
	assert_refused(&by_token, 1, "{\"data\":[1],\"more\":true}", NULL, ERR_PARTIAL, "/more");
	assert_refused(&by_token, 1, "{\"data\":[1],\"more\":\"yes\"}", NULL, ERR_DATA, "/more");
	assert_refused(&by_token, 1, "{\"data\":[1],\"next\":{}}", NULL, ERR_DATA, "an object");
	assert_refused(&by_token, 1, "{\"data\":[1],\"next\":true}", NULL, ERR_DATA, "/next");
}

static void test_empty_page_that_goes_on(void **state)
{
	struct list counted = by_token;

	(void)state;
	counted.total = STR("/total");
	assert_refused(&by_token, 2, "{\"data\":[],\"next\":17}", NULL, ERR_PARTIAL,
		       "page is empty");
	assert_refused(&by_url, 2, "{\"data\":[],\"next\":\"/b\"}", NULL, ERR_PARTIAL, "is empty");
	assert_refused(&by_link, 2, "[]", "</b>; rel=next", ERR_PARTIAL, "page is empty");
	assert_next(&by_token, 2, "{\"data\":[],\"next\":\"\"}", NULL, NULL);
	assert_next(&counted, 2, "{\"data\":[],\"next\":17,\"total\":9}", NULL, URL "&cursor=17");
	assert_refused(&counted, 2, "{\"data\":[],\"next\":17}", NULL, ERR_PARTIAL, "is empty");
}

static void test_count_that_moves(void **state)
{
	(void)state;
	said_before = 3;
	assert_next(&by_total, 2, "{\"data\":[1],\"info\":{\"pages\":3}}", NULL, URL "&page=2");
	assert_refused(&by_total, 2, "{\"data\":[1],\"info\":{\"pages\":2}}", NULL, ERR_PARTIAL,
		       "the page before it said 3");
	assert_refused(&by_total, 2, "{\"data\":[1],\"info\":{\"pages\":4}}", NULL, ERR_PARTIAL,
		       "says 4 pages");
	said_before = 0;
	assert_refused(&by_total, 1, "{\"data\":[1],\"info\":{\"pages\":0}}", NULL, ERR_PARTIAL,
		       "has rows");
}

static void test_number(void **state)
{
	(void)state;
	assert_next(&by_number, 1, "{\"data\":[1]}", NULL, URL "&page=2");
	assert_next(&by_number, 7, "{\"data\":[1]}", NULL, URL "&page=8");
	assert_next(&by_number, 2, "{\"data\":[]}", NULL, NULL);
	assert_next(&by_total, 1, "{\"data\":[1],\"info\":{\"pages\":2}}", NULL, URL "&page=1");
	assert_next(&by_total, 2, "{\"data\":[1],\"info\":{\"pages\":2}}", NULL, NULL);
	assert_next(&by_total, 1, "{\"data\":[],\"info\":{\"pages\":0}}", NULL, NULL);
	assert_next(&by_total, 2, "{\"data\":[],\"info\":{\"pages\":2}}", NULL, NULL);
	assert_refused(&by_total, 1, "{\"data\":[],\"info\":{\"pages\":2}}", NULL, ERR_PARTIAL,
		       "empty");
	assert_refused(&by_total, 1, "{\"data\":[1]}", NULL, ERR_DATA, "/info/pages");
	assert_refused(&by_total, 1, "{\"data\":[1],\"info\":{\"pages\":-1}}", NULL, ERR_DATA,
		       "count of pages");
	assert_refused(&by_total, 1, "{\"data\":[1],\"info\":{\"pages\":1e3}}", NULL, ERR_DATA,
		       "count of pages");
	assert_refused(&by_total, 1, "{\"data\":[1],\"info\":{\"pages\":1001}}", NULL, ERR_LIMIT,
		       "1001");
}

static void test_first(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(pages_first(&by_number, &a).at, URL "&page=1");
	assert_string_equal(pages_first(&by_total, &a).at, URL "&page=0");
	assert_string_equal(pages_first(&by_token, &a).at, URL);
}

static void test_url(void **state)
{
	(void)state;
	assert_next(&by_url, 1, "{\"data\":[1],\"next\":\"/models?x=1\"}", NULL, "/models?x=1");
	assert_next(&by_url, 1, "{\"data\":[1],\"next\":\"\"}", NULL, NULL);
	assert_next(&by_url, 1, "{\"data\":[1],\"next\":null}", NULL, NULL);
	assert_refused(&by_url, 1, "{\"data\":[1],\"next\":5}", NULL, ERR_DATA, "/next");
}

static void test_pages_without_rows(void **state)
{
	static const struct list *const lists[] = { &by_token, &by_number, &by_total, &by_url };

	(void)state;
	for (size_t i = 0; i < LENGTH(lists); i++) {
		assert_refused(lists[i], 1, "{\"data\":{}}", NULL, ERR_DATA, "/data");
		assert_refused(lists[i], 1, "{\"error\":1}", NULL, ERR_DATA, "/data");
		assert_refused(lists[i], 1, "null", NULL, ERR_DATA, "/data");
	}
	assert_refused(&by_link, 1, "{}", NULL, ERR_DATA, "the document is an object");
}

static void test_limits(void **state)
{
	ARENA_AUTO(a);
	const char *text =
		arena_printf(&a, "{\"data\":[1],\"next\":\"%0*d\"}", PAGE_TOKEN_MAX + 1, 1).at;

	(void)state;
	assert_refused(&by_token, 1, text, NULL, ERR_LIMIT, "longer than");
	assert_refused(&by_url, 1, text, NULL, ERR_LIMIT, "longer than");
	assert_refused(&by_token, PAGES_MAX, "{\"data\":[1],\"next\":\"x\"}", NULL, ERR_LIMIT,
		       "goes on after 1000 pages");
	assert_refused(&by_number, PAGES_MAX, "{\"data\":[1]}", NULL, ERR_LIMIT, "1000 pages");
	assert_next(&by_number, PAGES_MAX, "{\"data\":[]}", NULL, NULL);
}

static void test_link(void **state)
{
	static const struct {
		const char *link, *want;
	} headers[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ " , ,", NULL },
		{ "<https://a.test/?p=2>; rel=\"next\"", "https://a.test/?p=2" },
		{ "<https://a.test/?p=2>;rel=next", "https://a.test/?p=2" },
		{ "<https://a.test/?p=2>;REL=NEXT", "https://a.test/?p=2" },
		{ "</?p=1>; rel=\"first\", </?p=2>; rel=\"next\"", "/?p=2" },
		{ "</?p=2>; rel=\"prefetch next\"", "/?p=2" },
		{ "</?p=2>; rel=\"nextpage\"", NULL },
		{ "</?p=2>; rel=\"last\"; rel=\"next\"", NULL },
		{ "</a,b;c>; title=\"x, y; \\\" rel=next\"; rel=\"next\"", "/a,b;c" },
		{ "</x>; title=\"<y>; rel=next\"", NULL },
		{ "</x>; crossorigin; rel=next", "/x" },
		{ "</x>; rel=next, </y>; rel=next", "/x" },
		{ "</x> ; rel = next ,", "/x" },
		{ "</x>;; rel=next", "/x" },
		{ "</x>; rel=next, ", "/x" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(headers); i++)
		assert_next(&by_link, 1, "[1]", headers[i].link, headers[i].want);
}

static void test_bad_links(void **state)
{
	static const char *const headers[] = {
		"</x",           "/x; rel=next",      "</x>; rel=\"next", "</x>; rel=\"next\\",
		"</x> rel=next", "<x>; rel=next <y>", "rel=next",         "</x>; rel=\"a\\\"",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(headers); i++)
		assert_refused(&by_link, 1, "[1]", headers[i], ERR_DATA, "Link");
}

/* Every prefix and every byte bent: an answer or an error, never more. */
static void test_hostile_links(void **state)
{
	static const char good[] = "</a>; rel=\"first\"; title=\"\\\"\", </b>; rel=\"next\" , </c>";
	struct str target;
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		char *cut = malloc(n + 1); /* of the exact size: a sanitizer sees a byte beyond */

		assert_non_null(cut);
		memcpy(cut, good, n);
		(void)link_next((struct str){ cut, n }, &target, &e);
		for (size_t i = 0; i < n; i++) {
			char was = cut[i];

			for (const char *c = "<>;,\"\\= \xff"; *c; c++) {
				cut[i] = *c;
				(void)link_next((struct str){ cut, n }, &target, &e);
			}
			cut[i] = '\0';
			(void)link_next((struct str){ cut, n }, &target, &e);
			cut[i] = was;
		}
		free(cut);
	}
}

static void assert_end(const struct list *l, const char *text, size_t n, enum err_kind kind)
{
	JSON_DOC_AUTO(doc);
	struct err e = { .kind = ERR_NONE };

	assert_true(json_read(str_of(text), &doc, &e));
	assert_int_equal(pages_check_end(l, yyjson_doc_get_root(doc), n, &e), kind == ERR_NONE);
	assert_int_equal(e.kind, kind);
}

static void test_end(void **state)
{
	(void)state;
	assert_end(&by_token, "{\"data\":[1],\"next\":\"x\"}", 1, ERR_PARTIAL);
	assert_end(&by_token, "{\"data\":[1],\"next\":null}", 1, ERR_NONE);
	assert_end(&by_url, "{\"data\":[1],\"next\":\"/x\"}", 3, ERR_PARTIAL);
	assert_end(&by_total, "{\"data\":[1],\"info\":{\"pages\":2}}", 1, ERR_PARTIAL);
	assert_end(&by_total, "{\"data\":[1],\"info\":{\"pages\":2}}", 2, ERR_NONE);
	assert_end(&by_total, "{\"data\":[1]}", 2, ERR_DATA);
	assert_end(&by_number, "{\"data\":[1]}", 1, ERR_NONE);
	assert_end(&by_link, "[1]", 1, ERR_NONE);
	assert_end(&(struct list){ .rows = STR("") }, "5", 1, ERR_NONE);
}

/* Pages are strings of one-letter ids. */
static bool repeats(const char *const *pages, size_t n, struct err *e)
{
	struct model models[64];
	size_t ends[8];
	size_t k = 0;

	memset(models, 0, sizeof(models));
	for (size_t i = 0; i < n; i++) {
		for (const char *c = pages[i]; *c; c++)
			models[k++].id = (struct str){ c, 1 };
		ends[i] = k;
	}
	return !pages_check_repeats(models, ends, n, e);
}

static void test_repeats(void **state)
{
	struct err e;

	(void)state;
	assert_false(repeats((const char *[]){ "abc" }, 1, &e));
	assert_false(repeats((const char *[]){ "abc", "cde", "f" }, 3, &e));
	assert_false(repeats((const char *[]){ "abc", "", "d", "" }, 4, &e));
	assert_false(repeats((const char *[]){ "aa", "bb" }, 2, &e));
	assert_false(repeats((const char *[]){ "", "", "" }, 3, &e));
	assert_true(repeats((const char *[]){ "abc", "cba" }, 2, &e));
	assert_int_equal(e.kind, ERR_PARTIAL);
	assert_true(repeats((const char *[]){ "ab", "cd", "bc" }, 3, &e));
	assert_non_null(strstr(e.text, "page 3"));
	assert_true(repeats((const char *[]){ "ab", "b", "c" }, 3, &e));
}

/* ---- by ids ---- */

static const struct list by_ids = {
	.url = TEXT(URL),
	.rows = TEXT("/data"),
	.pages = { .form = PAGES_IDS, .parameter = TEXT("id"), .size = 2 }
};

static void test_ids(void **state)
{
	const struct str ids[] = { STR("a/b"), STR("c,d"), STR("e f") };
	ARENA_AUTO(a);
	struct str *urls;
	struct err e;
	size_t n;

	(void)state;
	assert_true(pages_of_ids(&by_ids, ids, 3, &a, &urls, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(urls[0].at, URL "&id=a%2Fb,c%2Cd");
	assert_string_equal(urls[1].at, URL "&id=e%20f");
	assert_true(pages_of_ids(&by_ids, ids, 2, &a, &urls, &n, &e));
	assert_int_equal(n, 1);
	assert_true(pages_of_ids(&by_ids, NULL, 0, &a, &urls, &n, &e));
	assert_int_equal(n, 0);
}

static void test_ids_are_bounded(void **state)
{
	static const struct list many = {
		.url = TEXT(URL),
		.pages = { .form = PAGES_IDS, .parameter = TEXT("id"), .size = 1000 }
	};
	ARENA_AUTO(a);
	struct str *ids = arena_array(&a, 2 * PAGES_MAX + 1, struct str);
	char *text = arena_zalloc(&a, PAGE_TOKEN_MAX + 2, 1);
	struct str *urls;
	struct err e;
	size_t n;

	(void)state;
	memset(text, 'x', PAGE_TOKEN_MAX + 1);
	for (size_t i = 0; i < 2 * PAGES_MAX + 1; i++)
		ids[i] = (struct str){ text, 8 };
	assert_true(pages_of_ids(&by_ids, ids, 2 * PAGES_MAX, &a, &urls, &n, &e));
	assert_int_equal(n, PAGES_MAX);
	assert_false(pages_of_ids(&by_ids, ids, 2 * PAGES_MAX + 1, &a, &urls, &n, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	/* A URL has an end, too. */
	for (size_t i = 0; i < 10; i++)
		ids[i].n = PAGE_TOKEN_MAX / 3;
	assert_true(pages_of_ids(&many, ids, 10, &a, &urls, &n, &e));
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		assert_true(urls[i].n < PAGE_TOKEN_MAX + 100);
	ids[3].n = PAGE_TOKEN_MAX;
	assert_true(pages_of_ids(&many, ids, 10, &a, &urls, &n, &e));
	ids[3].n = PAGE_TOKEN_MAX + 1;
	assert_false(pages_of_ids(&many, ids, 10, &a, &urls, &n, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_empty_page_that_goes_on),
		cmocka_unit_test(test_count_that_moves),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_pages_without_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_bad_links),
		cmocka_unit_test(test_hostile_links),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ids_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
