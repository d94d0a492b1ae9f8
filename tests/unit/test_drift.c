#include "shaping.h"

#include "provider/notes.h"

/* What a store would remember of one list. */
struct memory {
	struct arena a;
	struct shape_place places[4096];
	size_t n;
	bool begun;
	struct hash fingerprint;
	size_t written; /* places, by the last look */
};

static void keep(struct memory *m, const struct shape_place *p)
{
	size_t i = 0;

	while (i < m->n && !str_eq(m->places[i].path, p->path))
		i++;
	m->places[i] = *p;
	m->n += i == m->n;
}

/* The sentences told, each with a line feed; a '!' before what is under something closed. */
static const char *look(struct memory *m, const char *rows)
{
	static const struct str closed = { "/pricing", 8 };
	struct shape_place *known =
		m->begun ? arena_array(&m->a, m->n + 1, struct shape_place) : NULL;
	struct shape *now = shape_of(rows, &m->a);
	struct str told = STR("");
	struct drift_found found;

	for (size_t i = 0; m->begun && i < m->n; i++) {
		known[i] = m->places[i];
		known[i].also = NULL;
	}
	assert_true(drift_find(now, known, m->n, &closed, 1, &m->a, &found));
	for (size_t i = 0; i < found.n_places; i++)
		keep(m, &found.places[i]);
	for (size_t i = 0; i < found.n; i++)
		told = arena_printf(&m->a, "%.*s%s%.*s\n", STR_FMT(told),
				    found.items[i].closed ? "!" : "",
				    STR_FMT(drift_text(&found.items[i], &m->a)));
	m->begun = true;
	m->fingerprint = found.fingerprint;
	m->written = found.n_places;
	return told.at;
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct memory));
	return 0;
}

static int teardown(void **state)
{
	struct memory *m = *state;

	arena_release(&m->a);
	free(m);
	return 0;
}

#define ROWS(n, format) many((n), (format), &m->a).at

static void test_the_first_look_tells_nothing(void **state)
{
	struct memory *m = *state;

	assert_string_equal(look(m, ROWS(9, "{\"id\":\"m%d\",\"pricing\":{\"in\":\"0.%d\"}}")), "");
	assert_int_equal(m->written, 3);
}

static void test_the_same_again_writes_nothing(void **state)
{
	struct memory *m = *state;
	struct hash before;

	(void)look(m, ROWS(9, "{\"id\":\"m%d\",\"x\":{\"y\":[1,\"a\"]}}"));
	before = m->fingerprint;
	assert_string_equal(look(m, ROWS(12, "{\"x\":{\"y\":[\"a\",1]},\"id\":\"m%d\"}")), "");
	assert_int_equal(m->written, 0);
	assert_true(hash_eq(&before, &m->fingerprint));
}

static void test_a_new_field_is_told_once(void **state)
{
	struct memory *m = *state;
	struct hash before;

	(void)look(m, "[{\"pricing\":{\"in\":1}},{\"pricing\":{\"in\":2}}]");
	before = m->fingerprint;
	assert_string_equal(
		look(m, "[{\"pricing\":{\"in\":1,\"video\":\"0.5\"}},{\"pricing\":{\"in\":2}}]"),
		"!new field /pricing/video: numeric string \"0.5\" in 1 of 2 rows\n");
	assert_false(hash_eq(&before, &m->fingerprint));
	assert_string_equal(
		look(m, "[{\"pricing\":{\"in\":1,\"video\":\"0.5\"}},{\"pricing\":{\"in\":2}}]"),
		"");
	assert_int_equal(m->written, 0);
}

/* Of an object that comes, goes or comes back only the object. */
static void test_what_is_inside_is_not_told(void **state)
{
	struct memory *m = *state;
	const char *without = ROWS(5, "{\"id\":\"m\"}");
	const char *with = ROWS(5, "{\"id\":\"m\",\"pricing\":{\"in\":0.5,\"deep\":[{\"x\":1}]}}");

	(void)look(m, without);
	assert_string_equal(look(m, with), "new field /pricing: object in 5 of 5 rows\n");
	assert_int_equal(m->written, 5);
	assert_string_equal(look(m, without),
			    "vanished field /pricing: object before, now in none of 5 rows\n");
	assert_int_equal(m->written, 5);
	assert_string_equal(look(m, without), "");
	assert_string_equal(look(m, with), "returned field /pricing: object in 5 of 5 rows\n");
	assert_string_equal(look(m, with), "");
	assert_string_equal(
		look(m, ROWS(5, "{\"id\":\"m\",\"pricing\":\"on request\"}")),
		"changed type of /pricing: string, was object, \"on request\" in 5 of 5 "
		"rows\n");
	assert_string_equal(look(m, with), "changed type of /pricing: object, was string, in 5 of "
					   "5 rows\n");
}

/* The few rows that had it left: no news, and none when it is back. */
static void test_rare_fields_come_and_go(void **state)
{
	struct memory *m = *state;
	const char *plain = ROWS(50, "{\"id\":\"m%d\"}");

	(void)look(m,
		   arena_printf(&m->a, "[{\"rare\":1},{\"two\":1},{\"two\":2},%s", plain + 1).at);
	assert_string_equal(look(m, plain), "");
	assert_int_equal(m->written, 0);
	assert_string_equal(look(m, arena_printf(&m->a, "[{\"rare\":5},%s", plain + 1).at), "");
	assert_int_equal(m->written, 0);
}

/* Of a short list one row is a fifth. */
static void test_short_lists(void **state)
{
	struct memory *m = *state;

	(void)look(m, "[{\"a\":1,\"b\":1},{\"b\":1},{\"b\":1},{\"c\":1}]");
	assert_string_equal(look(m, "[{\"c\":1}]"),
			    "vanished field /b: integer before, now in none of 1 rows\n");
}

static void test_the_bounds_of_usual(void **state)
{
	(void)state;
	assert_true(drift_is_usual(20, 100));
	assert_false(drift_is_usual(19, 100));
	assert_true(drift_is_usual(1, 1));
	assert_true(drift_is_usual(2, 2));
	assert_false(drift_is_usual(2, 3));
	assert_true(drift_is_usual(3, 4));
	assert_false(drift_is_usual(0, 0));
}

/* A field that grew rare is no longer missed, one that grew usual is. */
static void test_usual_follows(void **state)
{
	struct memory *m = *state;
	const char *plain = ROWS(90, "{\"id\":\"m%d\"}");
	struct str with = many(10, "{\"id\":\"n%d\",\"opt\":true}", &m->a);
	struct str rare = arena_printf(&m->a, "%.*s,%s", (int)with.n - 1, with.at, plain + 1);

	(void)look(m, with.at);
	assert_string_equal(look(m, rare.at), "");
	assert_int_equal(m->written, 1);
	assert_string_equal(look(m, plain), "");
	assert_string_equal(look(m, with.at), "");
	assert_int_equal(m->written, 1);
	assert_string_equal(look(m, plain),
			    "vanished field /opt: boolean before, now in none of 90 rows\n");
}

static void test_types_change(void **state)
{
	struct memory *m = *state;

	(void)look(m, ROWS(5, "{\"p\":\"0.%d\",\"n\":5,\"s\":\"word\"}"));
	assert_string_equal(
		look(m, ROWS(5, "{\"p\":0.%d5,\"n\":5,\"s\":\"word\"}")),
		"changed type of /p: number, was numeric string, 0.05 in 5 of 5 rows\n");
	/* That a number has no fraction and a text is a number is nothing new ... */
	assert_string_equal(look(m, ROWS(5, "{\"p\":1%d,\"n\":5,\"s\":\"5\"}")), "");
	/* ... but that a count has one is. */
	assert_string_equal(look(m, ROWS(5, "{\"p\":0.5,\"n\":5.0,\"s\":\"5\"}")),
			    "changed type of /n: number, was integer, 5.0 in 5 of 5 rows\n");
	/* What all rows had left off is a change again when it is back. */
	assert_string_equal(look(m, ROWS(5, "{\"p\":\"0.5\",\"n\":5,\"s\":\"x\"}")),
			    "changed type of /p: numeric string, was number, \"0.5\" in 5 of "
			    "5 rows\n");
}

static void test_one_row_of_another_type(void **state)
{
	struct memory *m = *state;
	const char *plain = ROWS(20, "{\"p\":\"0.%d\"}");
	const char *odd = arena_printf(&m->a, "[{\"p\":\"N/A\"},%s", plain + 1).at;

	(void)look(m, plain);
	assert_string_equal(
		look(m, odd),
		"changed type of /p: numeric string, string, was numeric string, \"N/A\" "
		"in 1 of 21 rows\n");
	assert_string_equal(look(m, plain), "");
	assert_string_equal(look(m, odd), "");
}

/* Where few rows say it, that all were whole was chance. */
static void test_rare_fractions(void **state)
{
	struct memory *m = *state;
	const char *plain = ROWS(20, "{\"n\":%d}");
	const char *rest = arena_printf(&m->a, "},{\"few\":2},%s", plain + 1).at;

	(void)look(m, arena_printf(&m->a, "[{\"few\":1%s", rest).at);
	assert_string_equal(look(m, arena_printf(&m->a, "[{\"few\":1.5%s", rest).at), "");
	assert_string_equal(look(m, arena_printf(&m->a, "[{\"few\":\"1\"%s", rest).at),
			    "changed type of /few: integer, numeric string, was integer, number, "
			    "\"1\" in 1 of 22 rows\n");
}

static void test_null_is_absence(void **state)
{
	struct memory *m = *state;

	(void)look(m, ROWS(5, "{\"id\":\"m%d\",\"p\":1}"));
	assert_string_equal(look(m, "[{\"p\":null},{\"p\":1},{\"p\":1},{\"id\":\"x\",\"p\":1}]"),
			    "");
	assert_string_equal(look(m, ROWS(5, "{\"id\":\"m%d\",\"p\":null,\"q\":null}")),
			    "vanished field /p: integer before, now in none of 5 rows\n");
}

static void test_closed_ones_come_first(void **state)
{
	struct memory *m = *state;

	(void)look(m, "[{\"pricing\":{\"in\":1},\"b\":1}]");
	assert_string_equal(look(m, "[{\"a\":1,\"b\":\"x\",\"pricing\":{\"z\":1,\"in\":1},"
				    "\"pricings\":1}]"),
			    "!new field /pricing/z: integer 1 in 1 of 1 rows\n"
			    "new field /a: integer 1 in 1 of 1 rows\n"
			    "changed type of /b: string, was integer, \"x\" in 1 of 1 rows\n"
			    "new field /pricings: integer 1 in 1 of 1 rows\n");
}

/* Names that turn out to be data, in one document or over time, are told no more. */
static void test_names_become_data(void **state)
{
	struct memory *m = *state;

	(void)look(m, ROWS(40, "{\"m\":{\"k%d\":1}}"));
	assert_string_equal(look(m, ROWS(40, "{\"m\":{\"l%d\":1}}")), "");
	assert_int_equal(m->written, 42); /* 40 ended, the map and its members */
	assert_string_equal(look(m, ROWS(3, "{\"m\":{\"new%d\":1}}")), "");
	assert_int_equal(m->written, 0);
	assert_string_equal(look(m, ROWS(3, "{\"m\":{\"k%d\":\"x\"}}")),
			    "changed type of /m/*: string, was integer, \"x\" in 3 of 3 rows\n");
}

/* What is optional below such names may leave with them. */
static void test_data_is_not_missed(void **state)
{
	struct memory *m = *state;

	(void)look(m, ROWS(70, "{\"m\":{\"k%d\":{\"n\":1}}}"));
	assert_string_equal(look(m, ROWS(70, "{\"m\":{\"k%d\":{}}}")), "");
	assert_string_equal(look(m, ROWS(70, "{\"id\":\"x\"}")),
			    "new field /id: string \"x\" in 70 of 70 rows\n"
			    "vanished field /m: map before, now in none of 70 rows\n");
}

static void test_fingerprints(void **state)
{
	static const char lines[] = "/a\tobject\n/a/c\tnumeric string\n/b\tinteger\n";
	struct memory *m = *state;
	struct hash want;

	(void)look(m, "[{\"b\":1,\"a\":{\"c\":\"1\"}}]");
	hash_bytes(lines, sizeof(lines) - 1, &want);
	assert_true(hash_eq(&m->fingerprint, &want));
}

static void test_too_much_is_not_learnt(void **state)
{
	ARENA_AUTO(a);
	size_t n = DRIFT_KNOWN_MAX + 1;
	struct shape_place *known = arena_array(&a, n, struct shape_place);
	struct drift_found found;

	(void)state;
	for (size_t i = 0; i < n; i++)
		known[i] =
			(struct shape_place){ .path = arena_printf(&a, "/a%zu/b%zu/c%zu", i / 3600,
								   i / 60 % 60, i % 60),
					      .types = 1 };
	assert_false(drift_find(shape_of("[{}]", &a), known, n, NULL, 0, &a, &found));
	assert_false(drift_find(shape_of("[{}]", &a), known, n - 1, NULL, 0, &a, &found));
	assert_true(drift_find(shape_of("[{}]", &a), known, n / 2, NULL, 0, &a, &found));
	for (size_t i = 0; i < n; i++)
		known[i] = (struct shape_place){ .path = arena_printf(&a, "/%zu", i), .types = 1 };
	assert_false(drift_find(shape_of("[{}]", &a), known, n, NULL, 0, &a, &found));
}

static void test_sentences_are_clean(void **state)
{
	struct memory *m = *state;

	(void)look(m, "[{\"a\":1}]");
	assert_string_equal(look(m, "[{\"a\":1,\"e\\u001b[1m\":\"x\\ny\"}]"),
			    "new field /e\\x1b[1m: string \"x\\x0ay\" in 1 of 1 rows\n");
}

/* A note is the same whatever the number of rows. */
static void test_notes_are_known_again(void **state)
{
	ARENA_AUTO(a);
	static const struct {
		const char *text, *key;
	} cases[] = {
		{ "unknown key \"x\" under /p in 3 rows: not read",
		  "unknown key \"x\" under /p: not read" },
		{ "/p in 1 row: not a date", "/p: not a date" },
		{ "/p in 12 rows", "/p" },
		{ "in 5 row, in rows, in 5 ro", "in 5 row, in rows, in 5 ro" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(note_key(str_of(cases[i].text), &a).at, cases[i].key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_the_first_look_tells_nothing),
		TEST(test_the_same_again_writes_nothing),
		TEST(test_a_new_field_is_told_once),
		TEST(test_what_is_inside_is_not_told),
		TEST(test_rare_fields_come_and_go),
		TEST(test_short_lists),
		TEST(test_the_bounds_of_usual),
		TEST(test_usual_follows),
		TEST(test_types_change),
		TEST(test_one_row_of_another_type),
		TEST(test_rare_fractions),
		TEST(test_null_is_absence),
		TEST(test_closed_ones_come_first),
		TEST(test_names_become_data),
		TEST(test_data_is_not_missed),
		TEST(test_fingerprints),
		cmocka_unit_test(test_too_much_is_not_learnt),
		TEST(test_sentences_are_clean),
		cmocka_unit_test(test_notes_are_known_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
