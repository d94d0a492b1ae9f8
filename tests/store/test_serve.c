/*
 * What every back end owes the service besides the catalog: store/view.h (moves of health, runs, visits, what is
 * owed, the audit log) and store/receipt.h.
 */
#include "store/kit.h"
#include "store/samples.h"

#include "store/desk.h"
#include "store/expire.h"
#include "store/notice.h"
#include "store/probe.h"
#include "store/receipt.h"
#include "store/view.h"

#define HOUR INT64_C(3600000)

struct fixture {
	KIT_FIXTURE;
	int64_t acme, zeta;
};

static int setup(void **state)
{
	struct fixture *f;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->acme = kit_provider(f->store, "acme");
	f->zeta = kit_provider(f->store, "zeta");
	return 0;
}

/* ---- moves of health ---- */

static void probe(struct fixture *f, const char *id, int64_t at_ms, enum outcome outcome)
{
	const struct health_conf conf = { .window_ms = HOUR };
	struct sample s = samples_bare("acme", id, at_ms, outcome);
	const struct store_sample w = { .sample = &s };
	bool moved;

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, &w, 1, &f->e));
	OK(store_commit(f->store, &f->e));
	OK(store_update_health(f->store, &conf, at_ms, &moved, &f->e));
}

static struct store_health_row *moves(struct fixture *f, int64_t provider_id, int64_t model_id,
				      int64_t since_ms, uint64_t limit, size_t *ret_n)
{
	const struct store_health_query q = { provider_id, model_id, since_ms, limit };
	struct store_health_row *rows;

	OK(store_load_health(f->store, &q, &f->a, &rows, ret_n, &f->e));
	return rows;
}

static void test_moves_of_health_come_newest_first(void **state)
{
	struct fixture *f = *state;
	struct model models[] = { contract_bare_model("a"), contract_bare_model("b") };
	struct catalog c = { STR("acme"), models, 2 };
	struct store_health_row *rows;
	struct store_row *models_rows;
	int64_t a, b;
	size_t n;

	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	OK(store_load_rows(f->store, f->acme, &f->a, &models_rows, &n, &f->e));
	a = models_rows[0].id;
	b = models_rows[1].id;
	probe(f, "a", T0 + 1, OUTCOME_OK);
	probe(f, "a", T0 + 2, OUTCOME_RESET);
	probe(f, "b", T0 + 3, OUTCOME_RESET);
	rows = moves(f, 0, a, CLOCK_NONE, 0, &n);
	assert_int_equal(n, 2);
	assert_str(rows[0].status, "degraded");
	assert_int_equal(rows[0].at_ms, T0 + 2);
	assert_true(rows[0].success_rate == 0.5 && rows[0].response_ms == 2.5);
	assert_str(rows[0].reason, "some probes failed");
	assert_str(rows[1].status, "healthy");
	assert_true(rows[0].id > rows[1].id);
	/* What is not known is not 0. */
	rows = moves(f, f->acme, b, T0 + 3, 9, &n);
	assert_int_equal(n, 1);
	assert_true(rows[0].success_rate == 0 && rows[0].response_ms < 0);
	/* The provider's own, and none of its models'. */
	rows = moves(f, f->acme, 0, 0, 1, &n);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].at_ms, T0 + 2);
	(void)moves(f, f->acme, 0, T0 + 4, 0, &n);
	assert_int_equal(n, 0);
	(void)moves(f, f->zeta, 0, 0, 0, &n);
	assert_int_equal(n, 0);
	(void)moves(f, 0, 12345, 0, 0, &n);
	assert_int_equal(n, 0);
}

/* ---- runs ---- */

static void save_run(struct fixture *f, struct store_run r)
{
	if (!r.provider_id)
		r.provider_id = f->acme;
	if (!r.ended_at_ms)
		r.ended_at_ms = r.started_at_ms + 7;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_run(f->store, &r, &f->e));
	OK(store_commit(f->store, &f->e));
}

static struct store_run full_run(void)
{
	struct store_run r = {
		.started_at_ms = T0,
		.ended_at_ms = T0 + 1234,
		.completeness = FETCH_PARTIAL,
		.http_status = 502,
		.bytes = 5000000001,
		.attempts = 3,
		.fetched = 11,
		.transformed = 12,
		.skipped = 13,
		.written = 14,
		.prices_written = 15,
		.added = 16,
		.changed = 17,
		.missing = 18,
		.returned = 19,
		.unchanged = true,
		.has_snapshot = true,
		.keep = KEEP_A_MONTH,
		.error_kind = STR("http"),
		.error = STR("HTTP 502"),
		.notes = STR("[{\"id\":\"x\",\"reason\":\"y\"}]"),
	};

	hash_bytes("state", 5, &r.snapshot);
	return r;
}

static void test_a_run_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct store_run r = full_run();
	struct store_run_row *rows;
	size_t n;

	save_run(f, r);
	OK(store_load_runs(f->store, STR_NONE, 0, 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_true(rows[0].id > 0);
	assert_str(rows[0].provider, "acme");
	assert_str(rows[0].run.error_kind, "http");
	assert_str(rows[0].run.error, "HTTP 502");
	assert_str(rows[0].run.notes, "[{\"id\":\"x\",\"reason\":\"y\"}]");
	assert_true(hash_eq(&rows[0].run.snapshot, &r.snapshot));
	/* All that is left are numbers. */
	r.provider_id = f->acme;
	r.error_kind = r.error = r.notes = STR_NONE;
	rows[0].run.error_kind = rows[0].run.error = rows[0].run.notes = STR_NONE;
	assert_memory_equal(&rows[0].run, &r, sizeof(r));
}

static void test_the_newest_runs_come_first_page_by_page(void **state)
{
	struct fixture *f = *state;
	struct store_run_row *rows;
	size_t n;

	for (int i = 0; i < 6; i++)
		save_run(f, (struct store_run){ .provider_id = i % 2 ? f->zeta : f->acme,
						.started_at_ms = T0 + i,
						.http_status = -1 });
	OK(store_load_runs(f->store, STR_NONE, 2, 1, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].run.started_at_ms, T0 + 4);
	assert_str(rows[0].provider, "acme");
	assert_int_equal(rows[0].run.http_status, -1);
	assert_str(rows[0].run.error, NULL);
	assert_false(rows[0].run.has_snapshot);
	assert_int_equal(rows[1].run.started_at_ms, T0 + 3);
	OK(store_load_runs(f->store, STR("zeta"), 0, 1, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].run.started_at_ms, T0 + 3);
	assert_int_equal(rows[1].run.started_at_ms, T0 + 1);
	OK(store_load_runs(f->store, STR("zeta"), 0, 3, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_runs(f->store, STR("nobody' OR 1=1"), 0, 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- visits ---- */

static void visit(struct fixture *f, int64_t at_ms, bool moved, bool unchanged)
{
	save_run(f, (struct store_run){ .started_at_ms = at_ms,
					.completeness = FETCH_COMPLETE,
					.has_snapshot = moved,
					.unchanged = unchanged,
					.keep = moved ? KEEP_A_MONTH : KEEP_A_DAY });
}

static struct store_visits visits_of_acme(struct fixture *f, int64_t since_ms)
{
	struct store_visits *v;
	size_t n;

	OK(store_load_visits(f->store, since_ms, &f->a, &v, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(v[0].provider, "acme");
	assert_str(v[1].provider, "zeta");
	assert_int_equal(v[1].visits, 0);
	assert_int_equal(v[1].first_ms, CLOCK_NONE);
	assert_int_equal(v[1].last_run_ms, CLOCK_NONE);
	return v[0];
}

static void test_visits_are_counted(void **state)
{
	struct fixture *f = *state;
	struct store_visits v = visits_of_acme(f, T0);

	assert_int_equal(v.visits, 0);
	assert_int_equal(v.last_ms, CLOCK_NONE);
	assert_int_equal(v.failures, 0);
	visit(f, T0, true, false); /* the first: what it changed, it changed before */
	visit(f, T0 + 1 * HOUR, false, true);
	visit(f, T0 + 2 * HOUR, true, false);
	visit(f, T0 + 3 * HOUR, false, false);
	save_run(f, (struct store_run){ .started_at_ms = T0 + 4 * HOUR,
					.completeness = FETCH_FAILED });
	save_run(f, (struct store_run){ .started_at_ms = T0 + 5 * HOUR,
					.completeness = FETCH_PARTIAL });
	v = visits_of_acme(f, T0);
	assert_int_equal(v.visits, 4);
	assert_int_equal(v.changed, 1);
	assert_int_equal(v.cheap, 1);
	assert_int_equal(v.first_ms, T0);
	assert_int_equal(v.last_ms, T0 + 3 * HOUR);
	assert_int_equal(v.last_run_ms, T0 + 5 * HOUR);
	assert_int_equal(v.failures, 2);
	/* A list that is suspect was fetched. */
	save_run(f, (struct store_run){ .started_at_ms = T0 + 6 * HOUR,
					.completeness = FETCH_SUSPECT });
	v = visits_of_acme(f, T0);
	assert_int_equal(v.failures, 0);
	assert_int_equal(v.visits, 4);
	/* Whole days: that of `since` from its midnight on. */
	assert_int_equal(visits_of_acme(f, T0 + 3 * HOUR).visits, 4);
	v = visits_of_acme(f, T0 + DAY_MS);
	assert_int_equal(v.visits, 0);
	assert_int_equal(v.last_run_ms, T0 + 6 * HOUR);
}

/* Quiet runs become days (store/expire.h) before those that found something do. */
static void test_visits_that_became_days_count_as_well(void **state)
{
	struct fixture *f = *state;
	struct model model = contract_bare_model("a");
	struct catalog c = { STR("acme"), &model, 1 };
	struct store_visits before, after;

	OK(contract_sync(f->store, &c, T0, NULL, &f->e)); /* since when there is a state */
	for (int i = 0; i < 60; i++)
		visit(f, T0 + i * HOUR, i % 20 == 0, i % 2);
	before = visits_of_acme(f, T0);
	assert_int_equal(before.visits, 60);
	assert_int_equal(before.changed, 2);
	assert_int_equal(before.cheap, 30);
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_expire_runs(f->store, f->acme, T0 + 70 * HOUR, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT count(*) > 1, sum(runs) > 40 FROM sync_days", "1|1\n");
	after = visits_of_acme(f, T0);
	assert_int_equal(after.visits, 60);
	assert_int_equal(after.changed, 2);
	assert_int_equal(after.cheap, 30);
	assert_int_equal(after.first_ms, T0);
	assert_int_equal(after.last_ms, T0 + 59 * HOUR);
}

/* ---- owed ---- */

static void owe(struct fixture *f, enum notice_kind kind, int64_t at_ms)
{
	const struct store_notice n = { .kind = kind,
					.at_ms = at_ms,
					.provider_id = f->acme,
					.payload = STR("{}"),
					.due_at_ms = at_ms };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_notice(f->store, &n, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_what_is_owed(void **state)
{
	struct store_delivery d = { .at_ms = T0 + 9, .attempt = 1, .status = 0, .done = true };
	struct fixture *f = *state;
	struct store_notice n;
	struct store_owed o;
	bool found;

	OK(store_load_owed(f->store, &o, &f->e));
	assert_int_equal(o.outbox[NOTICE_HOOK] + o.outbox[NOTICE_WEBHOOK] + o.csv_rows + o.batches,
			 0);
	assert_int_equal(o.outbox_oldest_ms, CLOCK_NONE);
	owe(f, NOTICE_HOOK, T0 + 1);
	owe(f, NOTICE_WEBHOOK, T0 + 2);
	owe(f, NOTICE_WEBHOOK, T0 + 3);
	OK(store_load_owed(f->store, &o, &f->e));
	assert_int_equal(o.outbox[NOTICE_HOOK], 1);
	assert_int_equal(o.outbox[NOTICE_WEBHOOK], 2);
	assert_int_equal(o.outbox_oldest_ms, T0 + 1);
	OK(store_next_notice(f->store, NOTICE_HOOK, T0 + 5, &f->a, &n, &found, &f->e));
	d.notice_id = n.id;
	OK(store_save_delivery(f->store, &d, &f->e));
	OK(store_load_owed(f->store, &o, &f->e));
	assert_int_equal(o.outbox[NOTICE_HOOK], 0);
	assert_int_equal(o.outbox_oldest_ms, T0 + 2);
}

/* A batch of 40 rows, a buffer of 2, and one row that waits in the spool. */
static struct store_csv_file save_csv(struct fixture *f)
{
	struct sample s = samples_bare("acme", "a", T0, OUTCOME_OK);
	struct store_sample w = { .sample = &s, .csv_row = STR("row\r\n") };
	struct store_csv_file buffer, batch;

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_open_csv_file(f->store, STR("h"), STR("/p"), T0, &f->a, &batch, &f->e));
	batch.rows = 40;
	batch.batch = STR("h-1");
	OK(store_save_csv_file(f->store, &batch, &f->e));
	OK(store_open_csv_file(f->store, STR("h"), STR("/p"), T0, &f->a, &buffer, &f->e));
	buffer.rows = 2;
	OK(store_save_csv_file(f->store, &buffer, &f->e));
	w.csv_file_id = buffer.id;
	OK(store_save_samples(f->store, &w, 1, &f->e));
	OK(store_commit(f->store, &f->e));
	return batch;
}

static void test_rows_of_csv_that_are_not_pushed(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file batch = save_csv(f);
	struct store_owed o;

	OK(store_load_owed(f->store, &o, &f->e));
	assert_int_equal(o.csv_rows, 43);
	assert_int_equal(o.batches, 1);
	batch.done_at_ms = T0 + 5;
	OK(store_begin(f->store, "push", &f->e));
	OK(store_save_csv_file(f->store, &batch, &f->e));
	OK(store_commit(f->store, &f->e));
	OK(store_load_owed(f->store, &o, &f->e));
	assert_int_equal(o.csv_rows, 3);
	assert_int_equal(o.batches, 0);
}

/* ---- audit ---- */

static void test_the_audit_log_newest_first(void **state)
{
	struct store_audit entry = { .actor = STR("api"), .action = STR("api.sync") };
	struct store_audit_row *rows;
	struct fixture *f = *state;
	size_t n;

	OK(store_begin(f->store, "acme", &f->e));
	for (int i = 0; i < 5; i++) {
		entry.at_ms = T0 + i;
		entry.object = i == 3 ? STR("acme") : STR_NONE;
		entry.detail = i == 3 ? STR("{\"address\":\"::1\"}") : STR_NONE;
		OK(store_save_audit(f->store, &entry, &f->e));
	}
	OK(store_commit(f->store, &f->e));
	OK(store_load_audit(f->store, 2, 1, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].at_ms, T0 + 3);
	assert_str(rows[0].actor, "api");
	assert_str(rows[0].action, "api.sync");
	assert_str(rows[0].object, "acme");
	assert_str(rows[0].detail, "{\"address\":\"::1\"}");
	assert_int_equal(rows[1].at_ms, T0 + 2);
	assert_str(rows[1].object, NULL);
	assert_str(rows[1].detail, NULL);
	OK(store_load_audit(f->store, 0, 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 5);
	OK(store_load_audit(f->store, 0, 5, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- webhooks that were taken ---- */

static bool take(struct fixture *f, const char *provider, const char *id, int64_t at_ms)
{
	bool is_new = false;

	OK(store_take_receipt(f->store, str_of(provider), str_of(id), at_ms, HOUR, &is_new, &f->e));
	return is_new;
}

static void test_a_webhook_is_taken_once(void **state)
{
	struct fixture *f = *state;

	assert_true(take(f, "acme", "msg_1", T0));
	assert_false(take(f, "acme", "msg_1", T0));
	assert_true(take(f, "acme", "msg_2", T0 + 1));
	assert_true(take(f, "zeta", "msg_1", T0 + 1));
	/* After a restart it is known still. */
	store_close(f->store);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	assert_false(take(f, "acme", "msg_1", T0 + HOUR));
	assert_query("SELECT count(*) FROM webhook_receipts", "3\n");
	/* Until it is too old to be believed. */
	assert_true(take(f, "acme", "msg_1", T0 + HOUR + 1));
	assert_query("SELECT provider, webhook_id FROM webhook_receipts ORDER BY id",
		     "acme|msg_2\nzeta|msg_1\nacme|msg_1\n");
}

static void test_a_webhook_of_a_rollback_was_not_taken(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->store, "acme", &f->e));
	assert_true(take(f, "acme", "msg_1", T0));
	store_rollback(f->store);
	assert_true(take(f, "acme", "msg_1", T0));
	OK(store_begin(f->store, "acme", &f->e));
	assert_false(take(f, "acme", "msg_1", T0));
	OK(store_commit(f->store, &f->e));
}

static void drop(struct fixture *f, const char *provider, const char *id)
{
	OK(store_drop_receipt(f->store, str_of(provider), str_of(id), &f->e));
}

static void test_a_webhook_that_came_to_nothing_may_come_again(void **state)
{
	struct fixture *f = *state;

	drop(f, "acme", "msg_1"); /* none yet */
	assert_true(take(f, "acme", "msg_1", T0));
	assert_true(take(f, "acme", "msg_2", T0));
	assert_true(take(f, "zeta", "msg_1", T0));
	drop(f, "acme", "msg_1");
	assert_query("SELECT provider, webhook_id FROM webhook_receipts ORDER BY id",
		     "acme|msg_2\nzeta|msg_1\n");
	assert_true(take(f, "acme", "msg_1", T0));
	/* As a part of a transaction that is given up it stays taken. */
	OK(store_begin(f->store, "acme", &f->e));
	drop(f, "acme", "msg_1");
	store_rollback(f->store);
	assert_false(take(f, "acme", "msg_1", T0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_moves_of_health_come_newest_first),
		TEST(test_a_run_comes_back_whole),
		TEST(test_the_newest_runs_come_first_page_by_page),
		TEST(test_visits_are_counted),
		TEST(test_visits_that_became_days_count_as_well),
		TEST(test_what_is_owed),
		TEST(test_rows_of_csv_that_are_not_pushed),
		TEST(test_the_audit_log_newest_first),
		TEST(test_a_webhook_is_taken_once),
		TEST(test_a_webhook_of_a_rollback_was_not_taken),
		TEST(test_a_webhook_that_came_to_nothing_may_come_again),
	};

	return KIT_RUN("serve", tests);
}
