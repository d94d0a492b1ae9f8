/*
 * What every back end owes of the shapes of documents (store_load_shapes() and its kin).
 */
#include "store/kit.h"

struct fixture {
	KIT_FIXTURE;
	int64_t provider;
};

static int setup(void **state)
{
	struct fixture *f;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->provider = kit_provider(f->store, "acme");
	return 0;
}

static void save(struct fixture *f, struct store_shape_batch b, int64_t at_ms)
{
	if (b.provider_id == 0)
		b.provider_id = f->provider;
	b.at_ms = at_ms;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_shapes(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
}

static struct store_shapes load(struct fixture *f, int64_t provider_id)
{
	struct store_shapes s;

	OK(store_load_shapes(f->store, provider_id, &f->a, &s, &f->e));
	return s;
}

static const struct store_place prompt = {
	.list = { "models", 6 },
	.path = { "/pricing/prompt", 15 },
	.types = { "numeric string, string", 22 },
	.usual = { "numeric string", 14 },
	.rows = 420,
	.of = 421,
};

static bool place_eq(const struct store_place *a, const struct store_place *b)
{
	return str_same(a->list, b->list) && str_same(a->path, b->path) &&
	       str_same(a->types, b->types) && str_same(a->usual, b->usual) && a->rows == b->rows &&
	       a->of == b->of && a->vanished == b->vanished;
}

static void test_nothing_is_known(void **state)
{
	struct fixture *f = *state;
	struct store_shapes s = load(f, f->provider);

	assert_int_equal(s.n_shapes + s.n_places + s.n_notes, 0);
	s = load(f, 99);
	assert_int_equal(s.n_shapes + s.n_places + s.n_notes, 0);
}

static void test_places_come_back(void **state)
{
	struct fixture *f = *state;
	struct store_place places[] = { prompt, prompt, prompt };
	struct store_shape shape = { STR("models"), { { 7, 8 } }, 3 };
	struct str notes[] = { STR("unknown key \"é\""), STR("a note") };
	struct store_shapes s;

	places[1].list = STR("public");
	places[2].path = STR("/größe/*/~1");
	places[2].usual = STR("");
	places[2].vanished = true;
	save(f,
	     (struct store_shape_batch){ .shapes = &shape,
					 .n_shapes = 1,
					 .places = places,
					 .n_places = 3,
					 .notes = notes,
					 .n_notes = 2 },
	     T0);
	s = load(f, f->provider);
	assert_int_equal(s.n_shapes, 1);
	assert_true(str_same(s.shapes[0].list, shape.list));
	assert_true(hash_eq(&s.shapes[0].fingerprint, &shape.fingerprint));
	assert_int_equal(s.shapes[0].places, 3);
	assert_int_equal(s.n_places, 3);
	for (size_t i = 0; i < 3; i++) {
		size_t found = 0;

		for (size_t k = 0; k < 3; k++)
			found += place_eq(&places[i], &s.places[k]);
		assert_int_equal(found, 1);
	}
	assert_int_equal(s.n_notes, 2);
	assert_true(str_same(s.notes[0], notes[1]));
	assert_true(str_same(s.notes[1], notes[0]));
	assert_int_equal(load(f, kit_provider(f->store, "other")).n_places, 0);
}

/* A row keeps when it was first seen, and says when it changed and went. */
static void test_places_are_replaced(void **state)
{
	struct fixture *f = *state;
	struct store_place place = prompt;
	struct store_shape shape = { STR("models"), { { 1 } }, 1 };
	struct store_shape_batch b = {
		.shapes = &shape, .n_shapes = 1, .places = &place, .n_places = 1
	};
	struct store_shapes s;

	save(f, b, T0);
	shape.fingerprint.bytes[0] = 2;
	place.vanished = true;
	place.rows = 0;
	save(f, b, T0 + DAY_MS);
	s = load(f, f->provider);
	assert_int_equal(s.n_places, 1);
	assert_true(place_eq(&s.places[0], &place));
	assert_int_equal(s.shapes[0].fingerprint.bytes[0], 2);
	assert_query("SELECT count(*) FROM document_places WHERE first_at < changed_at"
		     " AND vanished_at = changed_at",
		     "1\n");
	assert_query("SELECT count(*) FROM document_shapes WHERE first_at < changed_at", "1\n");
	place.vanished = false;
	save(f, b, T0 + 2 * DAY_MS);
	assert_query("SELECT count(*) FROM document_places WHERE vanished_at IS NULL", "1\n");
}

/* ---- the history ---- */

static bool add_line(void *arg, const struct store_drift_row *row, struct err *e)
{
	const struct store_drift *d = &row->drift;
	char at[CLOCK_TEXT_MAX];

	(void)e;
	buf_printf(arg, "%s %.*s %.*s %.*s %.*s %d '%.*s' '%.*s' %llu/%llu %.*s\n",
		   clock_text(row->at_ms, at), STR_FMT(row->provider), STR_FMT(d->list),
		   STR_FMT(d->kind), STR_FMT(d->path), d->closed, STR_FMT(d->before),
		   STR_FMT(d->after), (unsigned long long)d->rows, (unsigned long long)d->of,
		   STR_FMT(str_is_none(d->example) ? STR("-") : d->example));
	return true;
}

static void assert_drift(struct fixture *f, struct str of, uint64_t limit, const char *expected)
{
	struct buf out = BUF_INIT(1 << 20);

	OK(store_list_drift(f->store, of, limit, add_line, &out, &f->e));
	buf_add(&out, "", 0);
	assert_string_equal(out.at ? out.at : "", expected);
	buf_release(&out);
}

static const struct store_drift drift[] = {
	{ { "models", 6 },
	  { "/pricing/video", 14 },
	  { "new", 3 },
	  true,
	  { "", 0 },
	  { "number", 6 },
	  3,
	  421,
	  { "0.5", 3 } },
	{ { "models", 6 },
	  { "/name", 5 },
	  { "vanished", 8 },
	  false,
	  { "string", 6 },
	  { "", 0 },
	  0,
	  421,
	  { NULL, 0 } },
};

#define FIRST  "2025-08-03T06:03:00.123Z acme models new /pricing/video 1 '' 'number' 3/421 0.5\n"
#define SECOND "2025-08-03T06:03:00.123Z acme models vanished /name 0 'string' '' 0/421 -\n"
#define THIRD  "2025-08-04T06:03:00.123Z other models new /pricing/video 1 '' 'number' 3/421 0.5\n"

static void test_drift_is_listed_newest_first(void **state)
{
	struct fixture *f = *state;

	assert_drift(f, STR_NONE, 0, "");
	save(f, (struct store_shape_batch){ .drift = drift, .n_drift = 2 }, T0);
	save(f,
	     (struct store_shape_batch){
		     .provider_id = kit_provider(f->store, "other"), .drift = drift, .n_drift = 1 },
	     T0 + DAY_MS);
	assert_drift(f, STR_NONE, 0, THIRD SECOND FIRST);
	assert_drift(f, STR_NONE, 2, THIRD SECOND);
	assert_drift(f, STR("acme"), 0, SECOND FIRST);
	assert_drift(f, STR("nobody"), 0, "");
}

static bool refuse(void *arg, const struct store_drift_row *row, struct err *e)
{
	(void)row;
	++*(int *)arg;
	return err_set(e, ERR_DATA, "enough");
}

static void test_listing_stops_when_told(void **state)
{
	struct fixture *f = *state;
	int rows = 0;

	save(f, (struct store_shape_batch){ .drift = drift, .n_drift = 2 }, T0);
	assert_false(store_list_drift(f->store, STR_NONE, 0, refuse, &rows, &f->e));
	assert_int_equal(rows, 1);
	assert_string_equal(f->e.text, "enough");
	assert_drift(f, STR_NONE, 1, SECOND);
}

/* ---- transactions ---- */

static void test_a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_shape shape = { STR("models"), { { 1 } }, 1 };
	struct str note = STR("a note");
	struct store_shape_batch b = { .provider_id = f->provider,
				       .at_ms = T0,
				       .shapes = &shape,
				       .n_shapes = 1,
				       .places = &prompt,
				       .n_places = 1,
				       .drift = drift,
				       .n_drift = 2,
				       .notes = &note,
				       .n_notes = 1 };
	struct store_shapes s;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_shapes(f->store, &b, &f->e));
	s = load(f, f->provider);
	assert_int_equal(s.n_places, 1); /* seen inside */
	store_rollback(f->store);
	s = load(f, f->provider);
	assert_int_equal(s.n_shapes + s.n_places + s.n_notes, 0);
	assert_drift(f, STR_NONE, 0, "");
}

static void test_words_that_are_none_are_refused(void **state)
{
	struct fixture *f = *state;
	struct store_drift odd = drift[0];
	struct store_shape_batch b = {
		.provider_id = f->provider, .at_ms = T0, .drift = &odd, .n_drift = 1
	};

	odd.kind = STR("odd");
	OK(store_begin(f->store, "acme", &f->e));
	assert_false(store_save_shapes(f->store, &b, &f->e));
	assert_int_equal(f->e.kind, ERR_DB);
	store_rollback(f->store);
	assert_drift(f, STR_NONE, 0, "");
}

/* ---- the migration ---- */

static void test_the_schema_before_is_migrated(void **state)
{
	struct fixture *f = *state;
	int version, latest;

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	contract_make_old(url, 1);
	contract_exec(url, "INSERT INTO providers (slug, name) VALUES ('acme', 'By hand')");
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	OK(store_schema_version(f->store, &version, &latest, &f->e));
	assert_int_equal(version, latest);
	assert_query("SELECT name FROM providers", "By hand\n");
	f->provider = kit_provider(f->store, "acme");
	test_places_come_back(state);
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_known),
		TEST(test_places_come_back),
		TEST(test_places_are_replaced),
		TEST(test_drift_is_listed_newest_first),
		TEST(test_listing_stops_when_told),
		TEST(test_a_rollback_leaves_nothing),
		TEST(test_words_that_are_none_are_refused),
		TEST(test_the_schema_before_is_migrated),
	};

	return KIT_RUN("shapes", tests);
}
