#include "store/kit.h"

const char *url;

static void must(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->text);
}

struct store *kit_open(void)
{
	struct store *s = NULL;
	struct err e;

	contract_wipe(url);
	must(store_open(&s, url, STORE_WRITE, &e), &e);
	return s;
}

void kit_close(struct store *s, struct arena *a)
{
	store_close(s);
	arena_release(a);
	contract_wipe(url);
}

int kit_setup(void **state, size_t size)
{
	struct kit *k = calloc(1, size);

	*state = k;
	k->store = kit_open();
	return 0;
}

int kit_teardown(void **state)
{
	struct kit *k = *state;

	if (k->end)
		k->end(k);
	kit_close(k->store, &k->a);
	free(k);
	return 0;
}

int64_t kit_provider(struct store *s, const char *slug)
{
	struct store_provider p = { .slug = str_of(slug), .name = str_of(slug) };
	bool is_active;
	struct err e;
	int64_t id = 0;

	must(store_begin(s, slug, &e), &e);
	must(store_provider_follow(s, &p, T0, &id, &is_active, &e), &e);
	must(store_commit(s, &e), &e);
	return id;
}

void assert_str(struct str s, const char *expected)
{
	if (str_is_none(s) != !expected || !str_eq(s, str_of(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), expected ? expected : "(absent)");
}

void assert_query(const char *sql, const char *expected)
{
	char *rows = contract_query(url, sql);

	assert_string_equal(rows, expected);
	free(rows);
}

int kit_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
	const char *const *urls;
	int failed = 0;
	size_t n_urls;

	urls = contract_urls(&n_urls);
	for (size_t i = 0; i < n_urls; i++) {
		ARENA_AUTO(a);

		url = urls[i];
		(void)printf("database %.*s\n", STR_FMT(store_url_redacted(url, &a)));
		failed += _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	}
	contract_tidy();
	return failed;
}
