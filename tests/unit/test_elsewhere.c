/*
 * What others take for the same weights, asked for each price of a provider that moves all of
 * them at once.
 */
#include "unit.h"

#include "task/desk.h"

#include <stdio.h>

enum { IDS = 2000, PROVIDERS = 4 };

static struct store_elsewhere rows[IDS * PROVIDERS];
static char names[IDS][16];

/* Sorted by canonical id and provider: providers 1 … 4, whose prices are 1 … 4. */
static void fill(void)
{
	static const char *const amounts[PROVIDERS] = { "1", "2", "3", "4" };

	for (size_t i = 0; i < IDS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "acme/m%04zu", i);
		for (size_t k = 0; k < PROVIDERS; k++)
			rows[i * PROVIDERS + k] = (struct store_elsewhere){
				.canonical_id = str_of(names[i]),
				.provider_id = (int64_t)k + 1,
				.meter = METER_INPUT_TOKEN,
				.amount = str_of(amounts[k]),
			};
	}
}

static struct price_elsewhere ask(const char *id, int64_t provider_id, enum meter meter,
				  struct arena *a)
{
	return desk_elsewhere(rows, IDS * PROVIDERS, str_of(id), provider_id, meter, a);
}

static void test_of_the_others(void **state)
{
	static const char *const ids[] = { "acme/m0000", "acme/m0777", "acme/m1999" };
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct price_elsewhere w = ask(ids[i], 4, METER_INPUT_TOKEN, &a);

		assert_true(str_eq(w.median, STR("2")) && w.providers == 3);
		w = ask(ids[i], 9, METER_INPUT_TOKEN, &a);
		assert_true(str_eq(w.median, STR("2.5")) && w.providers == 4);
		w = ask(ids[i], 4, METER_OUTPUT_TOKEN, &a);
		assert_true(str_is_none(w.median) && w.providers == 0);
	}
	assert_true(str_is_none(ask("acme/a", 1, METER_INPUT_TOKEN, &a).median));
	assert_true(str_is_none(ask("acme/m0777x", 1, METER_INPUT_TOKEN, &a).median));
	assert_true(str_is_none(ask("acme/z", 1, METER_INPUT_TOKEN, &a).median));
}

/* Memory is of the answers' size and not of all the rows' each time. */
static void test_memory(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < IDS; i++)
		(void)ask(names[i], 1, METER_INPUT_TOKEN, &a);
	assert_in_range(a.taken, 1, IDS * 512);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_others),
		cmocka_unit_test(test_memory),
	};

	fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
