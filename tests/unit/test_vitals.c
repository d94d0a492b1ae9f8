#include "unit.h"

#include "base/clock.h"
#include "store/vitals.h"

enum { ROWS = 8 };

struct given {
	struct vitals_sample samples[ROWS];
	struct vitals_row providers[2], models[ROWS];
	struct vitals_input in;
};

static void add(struct given *g, const char *provider, int64_t model_id, int64_t at_ms,
		enum outcome outcome)
{
	assert_true(g->in.n_samples < ROWS);
	g->samples[g->in.n_samples++] = (struct vitals_sample){
		.provider = str_of(provider),
		.model_id = model_id,
		.point = { at_ms, outcome, true, 2000 },
	};
}

/* Two providers that are unknown, and no model that is not. */
static void init(struct given *g)
{
	*g = (struct given){ 0 };
	g->providers[0] = (struct vitals_row){ .provider_id = 1,
					       .provider = STR("acme"),
					       .checked_at_ms = CLOCK_NONE };
	g->providers[1] = (struct vitals_row){ .provider_id = 2,
					       .provider = STR("zeta"),
					       .checked_at_ms = CLOCK_NONE };
	g->in = (struct vitals_input){ .samples = g->samples,
				       .providers = g->providers,
				       .n_providers = 2,
				       .models = g->models };
}

static struct vitals_write *judge(struct given *g, struct arena *a, size_t expected)
{
	struct vitals_write *writes;
	size_t n;

	vitals_judge(&g->in, a, &writes, &n);
	assert_int_equal(n, expected);
	return writes;
}

/* As if it had been written. */
static void know(struct given *g, const struct vitals_write *w)
{
	struct vitals_row *row =
		w->model_id ? &g->models[g->in.n_models++] : &g->providers[w->provider_id - 1];

	row->model_id = w->model_id;
	row->status = w->verdict.status;
	row->has_rate = w->model_id && w->verdict.has_rate;
	row->success_rate = w->verdict.success_rate;
	row->has_response = w->verdict.has_response;
	row->response_ms = w->verdict.response_ms;
	row->checked_at_ms = w->checked_at_ms;
}

static void test_only_what_moved_is_written(void **state)
{
	struct vitals_write *w;
	struct given g;
	ARENA_AUTO(a);

	(void)state;
	init(&g);
	(void)judge(&g, &a, 0);
	add(&g, "acme", 7, 20, OUTCOME_OK);
	add(&g, "acme", 7, 10, OUTCOME_TLS);
	add(&g, "acme", 8, 30, OUTCOME_UNAUTHORIZED);
	w = judge(&g, &a, 2);
	assert_int_equal(w[0].model_id, 7);
	assert_int_equal(w[0].verdict.status, HEALTH_DEGRADED);
	assert_int_equal(w[0].checked_at_ms, 20);
	assert_true(w[0].moved);
	assert_int_equal(w[1].model_id, 0);
	assert_int_equal(w[1].provider_id, 1);
	assert_int_equal(w[1].checked_at_ms, 30);
	know(&g, &w[0]);
	know(&g, &w[1]);
	(void)judge(&g, &a, 0);
	/* Another time that was needed, the same status. */
	g.samples[0].point.duration_us = 4000;
	w = judge(&g, &a, 2);
	assert_false(w[0].moved || w[1].moved);
	assert_true(w[0].verdict.response_ms == 4.0);
	g.samples[0].point.duration_us = 2000;
	g.samples[0].point.at_ms = 21;
	(void)judge(&g, &a, 1);
}

static void test_what_is_not_heard_of_is_forgotten(void **state)
{
	struct vitals_write *w;
	struct given g;
	ARENA_AUTO(a);

	(void)state;
	init(&g);
	for (int i = 0; i < 3; i++)
		g.models[i] = (struct vitals_row){ .provider_id = 1,
						   .model_id = 5 + i,
						   .status = HEALTH_DOWN,
						   .has_rate = true,
						   .checked_at_ms = 3 };
	g.in.n_models = 3;
	add(&g, "acme", 6, 9, OUTCOME_OK);
	w = judge(&g, &a, 4);
	assert_int_equal(w[0].model_id, 6);
	assert_int_equal(w[0].verdict.status, HEALTH_HEALTHY);
	assert_int_equal(w[2].model_id, 5);
	assert_int_equal(w[3].model_id, 7);
	assert_int_equal(w[3].verdict.status, HEALTH_UNKNOWN);
	assert_false(w[3].verdict.has_rate);
	assert_true(w[3].moved);
	assert_int_equal(w[3].checked_at_ms, CLOCK_NONE);
}

static void test_a_provider_is_judged_by_its_own(void **state)
{
	struct vitals_write *w;
	struct given g;
	ARENA_AUTO(a);

	(void)state;
	init(&g);
	add(&g, "aaa", 0, 9, OUTCOME_TLS);
	add(&g, "acme", 7, 9, OUTCOME_OK);
	add(&g, "m", 0, 9, OUTCOME_TLS);
	add(&g, "zeta", 0, 8, OUTCOME_OK);
	add(&g, "zeta", 9, 9, OUTCOME_OK);
	add(&g, "zzz", 0, 9, OUTCOME_TLS);
	w = judge(&g, &a, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(w[i].verdict.status, HEALTH_HEALTHY);
	assert_int_equal(w[3].provider_id, 2);
	assert_int_equal(w[3].verdict.counted, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_moved_is_written),
		cmocka_unit_test(test_what_is_not_heard_of_is_forgotten),
		cmocka_unit_test(test_a_provider_is_judged_by_its_own),
	};

	return cmocka_run_group_tests_name("vitals", tests, NULL, NULL);
}
