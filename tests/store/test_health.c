/*
 * What every back end owes of health (store/probe.h); the verdicts are tests/unit/test_health.c's.
 */
#include "store/kit.h"
#include "store/samples.h"

#include "store/probe.h"

#define HOUR INT64_C(3600000)

struct fixture {
	KIT_FIXTURE;
};

static const struct health_conf conf = { .window_ms = HOUR };

static int setup(void **state)
{
	struct fixture *f;
	struct model models[3];
	struct catalog c = { STR("acme"), models, 3 };
	struct catalog other = { STR("zeta"), models, 1 };

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	models[0] = contract_bare_model("a");
	models[1] = contract_bare_model("b");
	models[2] = contract_bare_model("c");
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	OK(contract_sync(f->store, &other, T0, NULL, &f->e));
	return 0;
}

static void probe_as(struct fixture *f, const char *provider, const char *id, int64_t at_ms,
		     enum outcome outcome, bool counted)
{
	struct sample s = samples_bare(provider, id, at_ms, outcome);
	const struct store_sample w = { .sample = &s };

	s.counted = counted;
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, &w, 1, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void probe(struct fixture *f, const char *provider, const char *id, int64_t at_ms,
		  enum outcome outcome)
{
	probe_as(f, provider, id, at_ms, outcome, true);
}

static void update(struct fixture *f, int64_t now_ms)
{
	bool moved;

	OK(store_update_health(f->store, &conf, now_ms, &moved, &f->e));
}

static const char models_sql[] =
	"SELECT p.slug, m.provider_model_id, m.health_status,"
	" CAST(100 * m.success_rate AS INTEGER),"
	" CAST(1000 * m.average_response_time_ms AS INTEGER), m.last_health_check_at"
	" FROM models m JOIN providers p ON p.id = m.provider_id"
	" ORDER BY p.slug, m.provider_model_id";
static const char providers_sql[] =
	"SELECT slug, health_status, CAST(1000 * average_response_time_ms AS INTEGER),"
	" last_health_check_at"
	" FROM providers ORDER BY slug";
static const char history_sql[] =
	"SELECT p.slug, m.provider_model_id, h.status,"
	" CAST(100 * h.success_rate AS INTEGER), CAST(1000 * h.response_ms AS INTEGER), h.reason"
	" FROM health_history h JOIN providers p ON p.id = h.provider_id"
	" LEFT JOIN models m ON m.id = h.model_id ORDER BY h.id";

static void test_without_samples_all_is_unknown(void **state)
{
	struct fixture *f = *state;

	update(f, T0);
	assert_query(models_sql, "acme|a|unknown|-|-|-\nacme|b|unknown|-|-|-\n"
				 "acme|c|unknown|-|-|-\nzeta|a|unknown|-|-|-\n");
	assert_query(providers_sql, "acme|unknown|-|-\nzeta|unknown|-|-\n");
	assert_query(history_sql, "");
}

static void test_what_samples_say_is_written(void **state)
{
	struct fixture *f = *state;

	probe(f, "acme", "a", T0 + 4, OUTCOME_OK);
	probe(f, "acme", "b", T0 + 1, OUTCOME_TIMEOUT_TOTAL);
	probe(f, "acme", "b", T0 + 2, OUTCOME_SERVER_ERROR);
	probe(f, "acme", "b", T0 + 3, OUTCOME_RESET);
	/* Our key, our lateness: nothing is known of c. */
	probe(f, "acme", "c", T0 + 5, OUTCOME_UNAUTHORIZED);
	probe_as(f, "acme", "c", T0 + 6, OUTCOME_TIMEOUT_CONNECT, false);
	update(f, T0 + 10);
	assert_query(models_sql, "acme|a|healthy|100|2500|2025-08-03T06:03:00.127Z\n"
				 "acme|b|down|0|-|2025-08-03T06:03:00.126Z\n"
				 "acme|c|unknown|-|-|-\nzeta|a|unknown|-|-|-\n");
	assert_query(providers_sql, "acme|down|2500|2025-08-03T06:03:00.128Z\nzeta|unknown|-|-\n");
	assert_query(history_sql, "acme|a|healthy|100|2500|probes end well\n"
				  "acme|b|down|0|-|the last three probes failed\n"
				  "acme|-|down|25|2500|most probes failed\n");
}

/* Nothing new, nothing written; what falls out of the window is taken back. */
static void test_what_is_too_old_says_nothing(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	probe(f, "acme", "a", T0, OUTCOME_OK);
	probe(f, "acme", "b", T0 + HOUR, OUTCOME_OK);
	update(f, T0 + HOUR);
	assert_query(models_sql, "acme|a|healthy|100|2500|2025-08-03T06:03:00.123Z\n"
				 "acme|b|healthy|100|2500|2025-08-03T07:03:00.123Z\n"
				 "acme|c|unknown|-|-|-\nzeta|a|unknown|-|-|-\n");
	before = contract_dump(url, "models");
	update(f, T0 + HOUR);
	after = contract_dump(url, "models");
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_query("SELECT count(*) FROM health_history", "3\n");
	update(f, T0 + HOUR + 1);
	/* When it was last looked at is still known. */
	assert_query(models_sql, "acme|a|unknown|-|-|2025-08-03T06:03:00.123Z\n"
				 "acme|b|healthy|100|2500|2025-08-03T07:03:00.123Z\n"
				 "acme|c|unknown|-|-|-\nzeta|a|unknown|-|-|-\n");
	update(f, T0 + 3 * HOUR);
	assert_query(providers_sql, "acme|unknown|-|2025-08-03T07:03:00.123Z\nzeta|unknown|-|-\n");
	assert_query(history_sql, "acme|a|healthy|100|2500|probes end well\n"
				  "acme|b|healthy|100|2500|probes end well\n"
				  "acme|-|healthy|100|2500|probes end well\n"
				  "acme|a|unknown|-|-|no probe says anything\n"
				  "acme|-|unknown|-|-|no probe says anything\n"
				  "acme|b|unknown|-|-|no probe says anything\n");
}

/* The newest ones decide, in whatever order they were written. */
static void test_the_newest_come_first(void **state)
{
	struct fixture *f = *state;

	probe(f, "acme", "a", T0 + 9, OUTCOME_TLS);
	probe(f, "acme", "a", T0 + 8, OUTCOME_EMPTY);
	for (int i = 0; i < 7; i++)
		probe(f, "acme", "a", T0 + i, OUTCOME_OK);
	probe(f, "acme", "a", T0 + 7, OUTCOME_TRUNCATED);
	update(f, T0 + 10);
	assert_query("SELECT count(*) FROM models WHERE health_status = 'down'", "1\n");
	probe(f, "acme", "a", T0 + 10, OUTCOME_OK);
	update(f, T0 + 11);
	assert_query("SELECT count(*) FROM models WHERE health_status = 'degraded'", "1\n");
	assert_query("SELECT count(*) FROM health_history WHERE model_id IS NOT NULL", "2\n");
}

/* What no catalog lists is a part of its provider all the same; a stranger is nobody's. */
static void test_an_unlisted_endpoint_is_its_providers(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		probe(f, "zeta", "unlisted", T0 + i, OUTCOME_OVERLOADED);
	probe(f, "another", "x", T0, OUTCOME_OK);
	probe(f, "zzz", "x", T0, OUTCOME_OK);
	update(f, T0 + 10);
	assert_query(providers_sql, "acme|unknown|-|-\nzeta|down|-|2025-08-03T06:03:00.126Z\n");
	assert_query("SELECT count(*) FROM models WHERE health_status <> 'unknown'", "0\n");
}

/* Health is no change of the catalog: what a sync compares with stays what it was. */
static void test_a_sync_sees_nothing_of_it(void **state)
{
	struct model models[3] = { contract_bare_model("a"), contract_bare_model("b"),
				   contract_bare_model("c") };
	struct catalog c = { STR("acme"), models, 3 };
	struct contract_counts counts;
	struct fixture *f = *state;
	char *before, *after;

	before = contract_query(url, "SELECT updated_at FROM models ORDER BY id");
	probe(f, "acme", "a", T0, OUTCOME_OK);
	update(f, T0);
	after = contract_query(url, "SELECT updated_at FROM models ORDER BY id");
	assert_string_equal(before, after);
	free(before);
	free(after);
	OK(contract_sync(f->store, &c, T0 + HOUR, &counts, &f->e));
	assert_int_equal(counts.written + counts.changes, 0);
	models[0].context_length = 7;
	OK(contract_sync(f->store, &c, T0 + 2 * HOUR, &counts, &f->e));
	assert_int_equal(counts.written, 1);
	assert_query("SELECT count(*) FROM models WHERE health_status = 'healthy'", "1\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_without_samples_all_is_unknown),
		TEST(test_what_samples_say_is_written),
		TEST(test_what_is_too_old_says_nothing),
		TEST(test_the_newest_come_first),
		TEST(test_an_unlisted_endpoint_is_its_providers),
		TEST(test_a_sync_sees_nothing_of_it),
	};

	return KIT_RUN("health", tests);
}
