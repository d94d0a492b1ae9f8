#include "unit.h"

#include "base/clock.h"
#include "provider/descriptor.h"
#include "web/counters.h"
#include "web/metrics.h"
#include "web/view.h"

#include <stdlib.h>

enum { TEXT_MAX = 1 << 22, SERIES_MAX = 2000 };

/* A whole line of the text is there. */
static void expect(struct counters *c, const struct view *v, const char *line)
{
	BUF_AUTO(out, TEXT_MAX);
	size_t n = strlen(line);
	const char *at;

	counters_print(c, v, false, &out);
	at = strstr(out.at, line);
	while (at && !((at == out.at || at[-1] == '\n') && at[n] == '\n'))
		at = strstr(at + 1, line);
	if (!at)
		fail_msg("not there: %s\n%s", line, out.at);
}

static void expect_none(struct counters *c, const char *text)
{
	BUF_AUTO(out, TEXT_MAX);

	counters_print(c, NULL, false, &out);
	if (strstr(out.at, text))
		fail_msg("there: %s", text);
}

static void syncs(void **state)
{
	static const struct {
		enum sync_outcome outcome;
		enum store_completeness completeness;
		const char *line;
	} cases[] = {
		{ SYNC_DONE, FETCH_COMPLETE, "complete" },
		{ SYNC_FAILED, FETCH_PARTIAL, "partial" },
		{ SYNC_FAILED, FETCH_SUSPECT, "suspect" },
		{ SYNC_FAILED, FETCH_FAILED, "failed" },
		{ SYNC_FAILED, FETCH_COMPLETE, "failed" },
		{ SYNC_OVERTAKEN, FETCH_COMPLETE, "overtaken" },
		{ SYNC_INACTIVE, FETCH_COMPLETE, "inactive" },
	};
	struct descriptor d = { .slug = STR("acme") };
	struct counters *c = counters_create(SERIES_MAX);
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sync_report r = { .provider = &d,
					 .outcome = cases[i].outcome,
					 .completeness = cases[i].completeness,
					 .bytes = 100,
					 .duration_us = 1500000 };

		counters_sync(c, &r);
		(void)snprintf(line, sizeof(line),
			       "assay_sync_runs_total{provider=\"acme\",outcome=\"%s\"} %d",
			       cases[i].line, i == 4 ? 2 : 1);
		expect(c, NULL, line);
	}
	expect(c, NULL, "assay_sync_fetched_bytes_total{provider=\"acme\"} 700");
	expect(c, NULL, "assay_sync_duration_seconds_bucket{provider=\"acme\",le=\"1.0\"} 0");
	expect(c, NULL, "assay_sync_duration_seconds_bucket{provider=\"acme\",le=\"2.5\"} 7");
	expect(c, NULL, "assay_sync_duration_seconds_sum{provider=\"acme\"} 10.5");
	counters_destroy(c);
}

static void changes(void **state)
{
	struct change items[] = {
		{ .kind = CHANGE_ADDED },
		{ .kind = CHANGE_PRICE, .tags = STR("[\"suspect\"]") },
		{ .kind = CHANGE_PRICE, .tags = STR("[\"reverted\"]") },
		{ .kind = CHANGE_CONTEXT, .tags = STR("[\"suspect\"]") },
	};
	struct descriptor d = { .slug = STR("acme") };
	struct counters *c = counters_create(SERIES_MAX);
	struct sync_report r = {
		.provider = &d, .prices_written = 5, .skipped = 3, .changes = { items, 4, 4 }
	};

	(void)state;
	clock_freeze(1700000000123);
	counters_sync(c, &r);
	clock_freeze(1700000099000);
	r.outcome = SYNC_FAILED;
	r.completeness = FETCH_FAILED;
	counters_sync(c, &r);
	expect(c, NULL, "assay_changes_total{provider=\"acme\",kind=\"added\"} 1");
	expect(c, NULL, "assay_changes_total{provider=\"acme\",kind=\"price\"} 2");
	expect(c, NULL, "assay_price_moves_held_total{provider=\"acme\"} 1");
	expect(c, NULL, "assay_prices_written_total{provider=\"acme\"} 5");
	expect(c, NULL, "assay_sync_skipped_rows{provider=\"acme\"} 3");
	expect(c, NULL,
	       "assay_sync_last_success_timestamp_seconds{provider=\"acme\"} 1700000000.123");
	clock_freeze(CLOCK_NONE);
	counters_destroy(c);
}

static void plans(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);

	(void)state;
	counters_planned(c, STR("acme"), 300000, CLOCK_NONE);
	expect(c, NULL, "assay_sync_interval_seconds{provider=\"acme\"} 300");
	expect(c, NULL, "assay_sync_runs_total{provider=\"acme\",outcome=\"failed\"} 0");
	expect_none(c, "assay_sync_last_success");
	counters_planned(c, STR("acme"), 301500, 1700000000000);
	expect(c, NULL, "assay_sync_interval_seconds{provider=\"acme\"} 301.5");
	expect(c, NULL, "assay_sync_last_success_timestamp_seconds{provider=\"acme\"} 1700000000");
	counters_destroy(c);
}

static struct sample answered(enum outcome outcome)
{
	return (struct sample){
		.provider = STR("acme"),
		.outcome = outcome,
		.streamed = true,
		.stamps = { .first_reasoning_us = 400000,
			    .first_content_us = 600000,
			    .end_us = 1200000 },
		.tokens = { .input = 10, .output = 20, .reasoning = -1, .cached = -1 },
	};
}

static void samples(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);
	struct sample s = answered(OUTCOME_OK);
	struct err e;

	(void)state;
	s.has_cost = true;
	assert_true(dec_parse(STR("0.0000012349"), &s.cost, &e));
	counters_sample(c, &s);
	counters_sample(c, &s);
	s = answered(OUTCOME_TIMEOUT_TOTAL);
	s.tokens = (struct tokens){ -1, -1, -1, -1 };
	counters_sample(c, &s);
	expect(c, NULL, "assay_probes_total{provider=\"acme\",outcome=\"ok\",fault=\"none\"} 2");
	expect(c, NULL,
	       "assay_probes_total{provider=\"acme\",outcome=\"timeout_total\",fault=\"theirs\"} 1");
	expect(c, NULL, "assay_probe_duration_seconds_count{provider=\"acme\"} 2");
	expect(c, NULL, "assay_probe_duration_seconds_sum{provider=\"acme\"} 2.4");
	expect(c, NULL, "assay_probe_ttft_seconds_sum{provider=\"acme\"} 0.8");
	expect(c, NULL, "assay_probe_tokens_total{provider=\"acme\",kind=\"output\"} 40");
	expect(c, NULL, "assay_probe_cost_dollars_total{provider=\"acme\"} 0.000002468");
	counters_destroy(c);
}

/* A provider that never streams has no time to first token, and not one of 0. */
static void what_is_not_known_has_no_series(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);
	struct sample s = answered(OUTCOME_OK);

	(void)state;
	s.streamed = false;
	counters_sample(c, &s);
	s.streamed = true;
	s.stamps.first_reasoning_us = s.stamps.first_content_us = STAMP_NONE;
	counters_sample(c, &s);
	expect_none(c, "assay_probe_ttft");
	expect_none(c, "assay_probe_cost");
	expect_none(c, "assay_outbox");
	expect_none(c, "assay_models");
	counters_destroy(c);
}

static void owed(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);
	struct counters_owed o = { .outbox = { 3, 4 },
				   .outbox_oldest_ms = 1700000000000,
				   .has_budget = true,
				   .store_queue = 7,
				   .reviews = 2 };
	struct err e;

	(void)state;
	assert_true(dec_parse(STR("12"), &o.budget, &e));
	assert_true(dec_parse(STR("0.25"), &o.spent_today, &e));
	clock_freeze(1700000060500);
	counters_owed(c, &o);
	expect(c, NULL, "assay_outbox_pending{kind=\"hook\"} 3");
	expect(c, NULL, "assay_outbox_pending{kind=\"webhook\"} 4");
	expect(c, NULL, "assay_outbox_oldest_seconds 60.5");
	expect(c, NULL, "assay_probe_budget_dollars 12");
	expect(c, NULL, "assay_probe_spent_dollars 0.25");
	expect(c, NULL, "assay_store_queue_depth 7");
	expect(c, NULL, "assay_reviews_open 2");
	o.has_budget = false;
	o.outbox_oldest_ms = CLOCK_NONE;
	counters_owed(c, &o);
	expect(c, NULL, "assay_outbox_oldest_seconds 0");
	expect_none(c, "assay_probe_budget_dollars");
	clock_freeze(CLOCK_NONE);
	counters_destroy(c);
}

static void requests(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);

	(void)state;
	counters_request(c, "/models", "GET", 200, 2000, 100);
	counters_request(c, "/models", "GET", 304, 600, 0);
	counters_request(c, NULL, "BREW\"", 404, 10, 20);
	expect(c, NULL,
	       "assay_http_requests_total{route=\"/models\",method=\"GET\",status=\"200\"} 1");
	expect(c, NULL,
	       "assay_http_requests_total{route=\"/models\",method=\"GET\",status=\"304\"} 1");
	expect(c, NULL,
	       "assay_http_requests_total{route=\"none\",method=\"other\",status=\"404\"} 1");
	expect(c, NULL,
	       "assay_http_request_duration_seconds_bucket{route=\"/models\",le=\"0.001\"} 1");
	expect(c, NULL, "assay_http_response_bytes_total{route=\"/models\"} 100");
	counters_destroy(c);
}

static void the_rest(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);

	(void)state;
	counters_cycle(c, false);
	counters_cycle(c, true);
	counters_push(c, true, 40);
	counters_push(c, false, 0);
	counters_notice(c, true, true);
	counters_notice(c, false, false);
	counters_late(c, "sync", 20000);
	counters_lag(c, 700);
	expect(c, NULL, "assay_probe_cycles_total{outcome=\"run\"} 1");
	expect(c, NULL, "assay_probe_cycles_total{outcome=\"skipped\"} 1");
	expect(c, NULL, "assay_pushes_total{outcome=\"failed\"} 1");
	expect(c, NULL, "assay_pushed_rows_total 40");
	expect(c, NULL, "assay_notices_total{kind=\"hook\",outcome=\"delivered\"} 1");
	expect(c, NULL, "assay_notices_total{kind=\"webhook\",outcome=\"failed\"} 1");
	expect(c, NULL, "assay_scheduler_lateness_seconds_bucket{task=\"sync\",le=\"0.1\"} 1");
	expect(c, NULL, "assay_loop_lag_seconds_bucket{le=\"0.0005\"} 0");
	expect(c, NULL, "assay_loop_lag_seconds_bucket{le=\"0.001\"} 1");
	counters_destroy(c);
}

static void of_the_view(void **state)
{
	static const struct view_model models[] = {
		{ .is_active = true, .health = HEALTH_HEALTHY },
		{ .is_active = true, .health = HEALTH_DOWN },
		{ .is_active = true, .is_missing = true },
		{ .is_active = false, .is_missing = true, .health = HEALTH_DOWN },
	};
	struct view_segment acme = { .slug = STR("acme"),
				     .is_active = true,
				     .health = HEALTH_DEGRADED,
				     .models = models,
				     .n = 4 };
	struct view_segment zeta = { .slug = STR("zeta") };
	struct view_segment *segments[] = { &acme, &zeta };
	struct view v = { .segments = segments, .n = 2, .loaded_at_ms = 1700000000000 };
	struct counters *c = counters_create(SERIES_MAX);

	(void)state;
	for (int i = 0; i < 2; i++) { /* telling twice is not adding up */
		expect(c, &v, "assay_models{provider=\"acme\",state=\"listed\"} 2");
		expect(c, &v, "assay_models{provider=\"acme\",state=\"missing\"} 1");
		expect(c, &v, "assay_models{provider=\"acme\",state=\"inactive\"} 1");
		expect(c, &v, "assay_models{provider=\"zeta\",state=\"listed\"} 0");
		expect(c, &v, "assay_models_health{provider=\"acme\",status=\"down\"} 1");
		expect(c, &v, "assay_health{provider=\"acme\",status=\"degraded\"} 1");
		expect(c, &v, "assay_health{provider=\"acme\",status=\"down\"} 0");
		expect(c, &v, "assay_providers{state=\"active\"} 1");
		expect(c, &v, "assay_providers{state=\"inactive\"} 1");
		v.name.bytes[0] ^= i == 0;
	}
	expect_none(c, "assay_health{provider=\"zeta\"");
	v.n = 1;
	v.name.bytes[1] = 1;
	expect(c, &v, "assay_models{provider=\"acme\",state=\"listed\"} 2");
	expect_none(c, "zeta");
	counters_destroy(c);
}

static void of_the_process(void **state)
{
	struct counters *c = counters_create(SERIES_MAX);

	(void)state;
	expect(c, NULL, "process_threads 1");
	expect_none(c, "process_open_fds 0\n");
	expect_none(c, "process_resident_memory_bytes 0\n");
	counters_destroy(c);
}

static void which_text(void **state)
{
	static const struct {
		const char *accept; /* NULL: none sent */
		bool openmetrics;
	} cases[] = {
		{ NULL, false },
		{ "", false },
		{ "*/*", false },
		{ "text/plain", false },
		{ "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", false },
		{ "application/openmetrics-text", true },
		{ "Application/OpenMetrics-Text; Version=\"1.0.0\"", true },
		{ "application/openmetrics-text;version=2.0.0", false },
		/* Prometheus 2.42 */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
		  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  true },
		/* Prometheus 3: other versions and parameters besides */
		{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		  "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
		  "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		  true },
		{ "text/plain;version=0.0.4;q=1,*/*;q=0.1", false },
		{ "application/openmetrics-text;q=0.4, text/plain;q=0.5", false },
		{ "application/openmetrics-text;q=0.4, text/*;q=0.5", false },
		{ "text/plain;q=0.5, application/openmetrics-text;q=0.5", true },
		{ "application/openmetrics-text;q=0.5, text/plain;q=0.4, */*;q=0.9", true },
		{ "application/openmetrics-text;q=0", false },
		{ "application/openmetrics-text;q=0.0", false },
		{ "application/openmetrics-text;q=x", false },
		{ "application/openmetrics-text;q=0.12345", false },
		{ ",,;;q=,=", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (metrics_wants_openmetrics(str_of(cases[i].accept)) != cases[i].openmetrics)
			fail_msg("%s", cases[i].accept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syncs),
		cmocka_unit_test(changes),
		cmocka_unit_test(plans),
		cmocka_unit_test(samples),
		cmocka_unit_test(what_is_not_known_has_no_series),
		cmocka_unit_test(owed),
		cmocka_unit_test(requests),
		cmocka_unit_test(the_rest),
		cmocka_unit_test(of_the_view),
		cmocka_unit_test(of_the_process),
		cmocka_unit_test(which_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
