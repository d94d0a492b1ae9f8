#include "unit.h"

#include "base/arena.h"
#include "web/route.h"

/* Of the service's own table. */

enum { PATH_ROOM = 256 };

/* "/models/{id}/history" → "/models/x/history"; a rest is two pieces. */
static struct str example(struct arena *a, const char *pattern)
{
	char *out = arena_alloc(a, PATH_ROOM);
	size_t n = 0;

	for (const char *at = pattern; *at; at++) {
		if (*at == '{') {
			const char *piece = at[1] == '*' ? "x/y" : "x";

			memcpy(out + n, piece, strlen(piece));
			n += strlen(piece);
			at = strchr(at, '}');
		} else {
			out[n++] = *at;
		}
	}
	return (struct str){ out, n };
}

static void test_every_row_is_found_by_its_path(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_in_range(routes_n, 20, 200);
	for (size_t i = 0; i < routes_n; i++) {
		struct str pieces[HTTP_PIECES_MAX];
		unsigned methods;
		const struct route *found =
			route_find(routes_table[i].method, example(&a, routes_table[i].pattern),
				   pieces, &methods);

		if (found != &routes_table[i])
			fail_msg("%s leads to %s", routes_table[i].pattern,
				 found ? found->pattern : "nothing");
		assert_true(methods & 1U << routes_table[i].method);
	}
}

static void test_the_table_is_sorted_and_each_row_is_its_own(void **state)
{
	(void)state;
	for (size_t i = 1; i < routes_n; i++) {
		const struct route *one = &routes_table[i - 1];
		const struct route *two = &routes_table[i];
		int order = strcmp(one->pattern, two->pattern);

		if (order > 0 || (order == 0 && one->method >= two->method))
			fail_msg("%s stands before %s", one->pattern, two->pattern);
	}
}

/* Nothing changes anything by a GET, and nothing that changes something is open to everybody. */
static void test_what_changes_something_wants_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_n; i++) {
		const struct route *r = &routes_table[i];
		bool admin = strncmp(r->pattern, "/admin/", 7) == 0;

		assert_non_null(r->handler);
		assert_true(admin == (r->access != ROUTE_PUBLIC));
		assert_true(admin || r->method == HTTP_GET);
		assert_true(r->access != ROUTE_WEBHOOK || strstr(r->pattern, "/webhooks/"));
	}
}

static void check_param(const struct route *r, const struct param *p)
{
	for (const struct param *other = r->params; other < p; other++)
		assert_string_not_equal(other->name, p->name);
	switch (p->type) {
	case PARAM_INT:
		/* 0 may stand for "not sent" where it is none of the values. */
		if (p->min > p->max || p->default_int > p->max ||
		    (p->default_int && p->default_int < p->min))
			fail_msg("%s %s: its default is none", r->pattern, p->name);
		break;
	case PARAM_BOOL:
		assert_in_range(p->default_int, 0, 1);
		break;
	case PARAM_WORD:
		assert_non_null(p->words);
		break;
	case PARAM_TEXT:
	case PARAM_TIME:
	case PARAM_LIST:
		break;
	}
}

static void test_declared_parameters_make_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < routes_n; i++)
		for (const struct param *p = routes_table[i].params; p && p->name; p++)
			check_param(&routes_table[i], p);
}

static void test_literal_pieces_win(void **state)
{
	struct str pieces[HTTP_PIECES_MAX];
	unsigned methods;

	(void)state;
	const struct route *r = route_find(HTTP_GET, STR("/models/stats"), pieces, &methods);
	assert_string_equal(r->pattern, "/models/stats");
	r = route_find(HTTP_GET, STR("/models/statz"), pieces, &methods);
	assert_string_equal(r->pattern, "/models/{id}");
	assert_true(str_eq(pieces[0], STR("statz")));
	r = route_find(HTTP_GET, STR("/compare/a/b%2Fc/"), pieces, &methods);
	assert_string_equal(r->pattern, "/compare/{*}");
	assert_true(str_eq(pieces[0], STR("a/b%2Fc/")));
	assert_null(route_find(HTTP_GET, STR("/models/"), pieces, &methods));
	assert_int_equal(methods, 0);
	assert_null(route_find(HTTP_GET, STR("/compare/"), pieces, &methods));
	assert_null(route_find(HTTP_GET, STR(""), pieces, &methods));
	assert_null(route_find(HTTP_POST, STR("/models/stats"), pieces, &methods));
	assert_int_equal(methods, 1U << HTTP_GET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_found_by_its_path),
		cmocka_unit_test(test_the_table_is_sorted_and_each_row_is_its_own),
		cmocka_unit_test(test_what_changes_something_wants_a_key),
		cmocka_unit_test(test_declared_parameters_make_sense),
		cmocka_unit_test(test_literal_pieces_win),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
