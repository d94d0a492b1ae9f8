#include "unit.h"

#include "core/fold.h"

enum { MODELS = 20 };

/* Models of both states, and what is told of them. */
struct fixture {
	struct arena a;
	struct model models[MODELS];
	struct price prices[MODELS];
	const struct model *both[MODELS];
	size_t n;
	struct changes list;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->n = MODELS;
	for (size_t i = 0; i < MODELS; i++) {
		f->models[i] = (struct model){ .id = arena_printf(&f->a, "acme/%02zu", i),
					       .context_length = MODEL_NO_COUNT,
					       .max_output_tokens = MODEL_NO_COUNT,
					       .deprecated_at_ms = CLOCK_NONE };
		f->both[i] = &f->models[i];
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_release(&f->a);
	free(f);
	return 0;
}

/* The first `n` models get a price per request. */
static void give_prices(struct fixture *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		f->prices[i] = (struct price){ .meter = METER_REQUEST,
					       .state = PRICE_PRICED,
					       .condition = STR("[batch]"),
					       .amount = STR("0.5"),
					       .currency = STR("USD") };
		f->models[i].prices = &f->prices[i];
		f->models[i].n_prices = 1;
	}
}

static struct change *tell(struct fixture *f, size_t model, enum change_kind kind,
			   const char *field, const char *before, const char *after)
{
	changes_add(&f->list, &f->a,
		    (struct change){ .kind = kind,
				     .model = f->models[model].id,
				     .field = str_of(field),
				     .old_value = str_of(before),
				     .new_value = str_of(after) });
	return &f->list.items[f->list.n - 1];
}

static void tell_prices(struct fixture *f, size_t from, size_t n, const char *before,
			const char *after)
{
	for (size_t i = from; i < from + n; i++)
		(void)tell(f, i, CHANGE_PRICE, "request[batch]", before, after);
}

static void fold(struct fixture *f)
{
	changes_fold(&f->list, f->both, f->n, &f->a);
}

static void assert_schema(const struct change *c, const char *field, const char *before,
			  const char *after)
{
	assert_int_equal(c->kind, CHANGE_SCHEMA);
	assert_true(str_is_none(c->model));
	assert_true(str_eq(c->field, str_of(field)));
	assert_true(str_eq(c->old_value, str_of(before)));
	assert_true(str_eq(c->new_value, str_of(after)));
}

static void test_a_fifth_is_one_change(void **state)
{
	struct fixture *f = *state;

	give_prices(f, 4);
	(void)tell(f, 9, CHANGE_RENAMED, "name", "A", "B");
	tell_prices(f, 0, 4, "unpublished", "0.5");
	(void)tell(f, 0, CHANGE_PRICE, "input_token", "unpublished", "1");
	fold(f);
	assert_int_equal(f->list.n, 3);
	assert_schema(&f->list.items[0], "request[batch]", "0 of 20 rows", "4 of 20 rows");
	assert_int_equal(f->list.items[1].kind, CHANGE_RENAMED);
	assert_true(str_eq(f->list.items[2].field, STR("input_token")));
}

static void test_fewer_stay(void **state)
{
	struct fixture *f = *state;

	give_prices(f, 3);
	tell_prices(f, 0, 3, "unpublished", "0.5");
	fold(f);
	assert_int_equal(f->list.n, 3);
	assert_int_equal(f->list.items[0].kind, CHANGE_PRICE);
}

static void test_two_rows_are_few_whatever_their_part(void **state)
{
	struct fixture *f = *state;

	f->n = 2;
	give_prices(f, 2);
	tell_prices(f, 0, 2, "unpublished", "0.5");
	fold(f);
	assert_int_equal(f->list.n, 2);
	f->n = 3;
	give_prices(f, 3);
	tell_prices(f, 2, 1, "unpublished", "dynamic");
	fold(f);
	assert_int_equal(f->list.n, 1);
	assert_schema(&f->list.items[0], "request[batch]", "0 of 3 rows", "3 of 3 rows");
}

static void test_vanishing_and_appearing_are_counted_apart(void **state)
{
	struct fixture *f = *state;

	give_prices(f, 5);
	tell_prices(f, 0, 2, "unpublished", "0.5");
	tell_prices(f, 6, 2, "0.5", "unpublished");
	fold(f);
	assert_int_equal(f->list.n, 4);
	tell_prices(f, 8, 6, "0.5", "unpublished");
	fold(f);
	assert_int_equal(f->list.n, 3);
	assert_schema(&f->list.items[0], "request[batch]", "11 of 20 rows", "5 of 20 rows");
	assert_true(str_eq(f->list.items[1].old_value, STR("unpublished")));
}

static void test_a_move_is_none(void **state)
{
	struct fixture *f = *state;

	give_prices(f, MODELS);
	tell_prices(f, 0, MODELS, "0.25", "0.5");
	for (size_t i = 0; i < MODELS; i++)
		(void)tell(f, i, CHANGE_CONTEXT, "context_length", "1", "2");
	fold(f);
	assert_int_equal(f->list.n, 2 * MODELS);
}

static void test_columns(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 10; i++) {
		f->models[i].modality = STR("text->text");
		(void)tell(f, i, CHANGE_CAPABILITY, "modality", NULL, "text->text");
		(void)tell(f, i, CHANGE_DEPRECATED, "deprecated_at", NULL,
			   "2027-01-01T00:00:00.000Z");
		(void)tell(f, i, CHANGE_REPLACED, "replaced_by", "acme/old", NULL);
	}
	fold(f);
	assert_int_equal(f->list.n, 21);
	assert_schema(&f->list.items[0], "modality", "0 of 20 rows", "10 of 20 rows");
}

static void test_other_models_neither_count_nor_give_way(void **state)
{
	struct fixture *f = *state;

	f->n = 10; /* those behind are new, or were away */
	give_prices(f, 12);
	tell_prices(f, 1, 1, "unpublished", "0.5");
	tell_prices(f, 10, 2, "unpublished", "0.5");
	fold(f);
	assert_int_equal(f->list.n, 3);
	tell_prices(f, 2, 2, "unpublished", "0.5");
	fold(f);
	assert_int_equal(f->list.n, 3);
	assert_schema(&f->list.items[0], "request[batch]", "7 of 10 rows", "10 of 10 rows");
	assert_true(str_eq(f->list.items[1].model, f->models[10].id));
}

static void test_what_is_tagged_is_told_besides(void **state)
{
	struct fixture *f = *state;

	give_prices(f, 6);
	tell_prices(f, 0, 6, "unpublished", "0.5");
	change_add_tag(&f->list.items[3], STR("suspect"), &f->a);
	fold(f);
	assert_int_equal(f->list.n, 2);
	assert_schema(&f->list.items[0], "request[batch]", "0 of 20 rows", "6 of 20 rows");
	assert_true(str_eq(f->list.items[1].model, f->models[3].id));
}

static void test_nothing_is_nothing(void **state)
{
	struct fixture *f = *state;

	changes_fold(&f->list, NULL, 0, &f->a);
	assert_int_equal(f->list.n, 0);
	tell_prices(f, 0, 5, "unpublished", "0.5");
	changes_fold(&f->list, NULL, 0, &f->a);
	assert_int_equal(f->list.n, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_fifth_is_one_change),
		TEST(test_fewer_stay),
		TEST(test_two_rows_are_few_whatever_their_part),
		TEST(test_vanishing_and_appearing_are_counted_apart),
		TEST(test_a_move_is_none),
		TEST(test_columns),
		TEST(test_other_models_neither_count_nor_give_way),
		TEST(test_what_is_tagged_is_told_besides),
		TEST(test_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
