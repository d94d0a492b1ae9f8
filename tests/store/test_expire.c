/*
 * What every back end owes of expiry (store/expire.h): samples that become hours, payloads that are emptied.  The
 * truth is reckoned by the database's own SQL before anything goes.  Then the pass over all of it (task/expire.h).
 */
#include "store/kit.h"
#include "store/samples.h"

#include "store/expire.h"
#include "store/notice.h"
#include "store/probe.h"
#include "task/expire.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR   INT64_C(3600000)
#define BEGUN  (T0 - T0 % HOUR) /* the first hour of samples */
#define HOURS  12
#define BEFORE (BEGUN + 10 * HOUR) /* so long they are old */

enum { SAMPLES = 400 };

struct fixture {
	KIT_FIXTURE;
};

static void end(void *fixture)
{
	(void)fixture;
	clock_freeze(CLOCK_NONE);
}

static int setup(void **state)
{
	struct fixture *f;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	f->end = end;
	(void)kit_provider(f->store, "acme");
	return 0;
}

/* ---- samples ---- */

static void save(struct fixture *f, const struct store_sample *samples, size_t n)
{
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, samples, n, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void save_one(struct fixture *f, const char *id, int64_t at_ms)
{
	struct sample s = samples_bare("acme", id, at_ms, OUTCOME_OK);

	save(f, &(const struct store_sample){ .sample = &s }, 1);
}

/* Everything that a rollup looks at varies. */
static struct sample any_sample(struct contract_random *r)
{
	static const char *const ids[] = { "a", "b/b", "c", "d", "\303\251" };
	static const enum outcome ends[] = { OUTCOME_OK,           OUTCOME_OK,
					     OUTCOME_OK,           OUTCOME_WRONG_ANSWER,
					     OUTCOME_REFUSED,      OUTCOME_TIMEOUT_TOTAL,
					     OUTCOME_UNAUTHORIZED, OUTCOME_SERVER_ERROR };
	static const char *const costs[] = { "0.0000006000000000000000001", "0", "1234567.5",
					     "0.50" };
	struct sample s =
		samples_bare(contract_below(r, 4) ? "acme" : "zeta", ids[contract_below(r, 5)],
			     BEGUN + contract_below(r, HOURS * HOUR), ends[contract_below(r, 8)]);
	uint32_t scale = contract_below(r, 24);
	struct err e;

	s.stamps.end_us = (int64_t)contract_below(r, 1000000) << scale;
	if (contract_below(r, 2))
		s.stamps.first_content_us = s.stamps.end_us / 3;
	if (contract_below(r, 2))
		s.tokens.output = contract_below(r, 500);
	s.agrees = (int)contract_below(r, 3) - 1;
	s.counted = contract_below(r, 8) != 0;
	s.has_cost = contract_below(r, 2);
	s.price_source = STR("catalog");
	if (s.has_cost)
		assert_true(dec_parse(str_of(costs[contract_below(r, 4)]), &s.cost, &e));
	return s;
}

static void save_many(struct fixture *f, uint64_t seed)
{
	struct contract_random r = { seed };
	struct store_sample writes[SAMPLES];
	struct sample samples[SAMPLES];

	for (int i = 0; i < SAMPLES; i++) {
		samples[i] = any_sample(&r);
		writes[i] = (struct store_sample){ .sample = &samples[i] };
	}
	save(f, writes, SAMPLES);
}

static uint64_t expire_by(struct fixture *f, uint64_t limit, uint64_t *ret_steps)
{
	struct store_expiry x = { .before_ms = BEFORE, .limit = limit };
	struct store_expired step;
	uint64_t gone = 0;

	*ret_steps = 0;
	do {
		OK(store_expire_samples(f->store, &x, &step, &f->e));
		assert_true(step.seen <= limit && step.gone <= step.seen);
		gone += step.gone;
		x.after_ms = step.after_ms;
		x.after_id = step.after_id;
		++*ret_steps;
	} while (step.seen == limit);
	return gone;
}

static uint64_t expire(struct fixture *f)
{
	uint64_t steps;

	return expire_by(f, 1000, &steps);
}

/* ---- the truth ---- */

static bool is_sqlite(void)
{
	return strncmp(url, "sqlite:", 7) == 0;
}

/* Instants as numbers, in either database. */
static const char *ms_of(const char *column)
{
	static char text[4][128];
	static unsigned next;
	char *to = text[next++ % 4];

	(void)snprintf(to, sizeof(text[0]),
		       is_sqlite() ? "%s" : "CAST(extract(epoch FROM %s) * 1000 AS BIGINT)",
		       column);
	return to;
}

/* What ended well, and says something: core/health.h in words of SQL. */
#define COUNTS "CAST(counted AS INTEGER) = 1 AND outcome <> 'unauthorized'"
#define WELL   "CAST(counted AS INTEGER) = 1 AND outcome IN ('ok', 'wrong_answer', 'refused')"

static void exec(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void exec(const char *format, ...)
{
	char sql[4096];
	va_list args;

	va_start(args, format);
	assert_true(vsnprintf(sql, sizeof(sql), format, args) < (int)sizeof(sql));
	va_end(args);
	contract_exec(url, sql);
}

/* The old samples' sums and ranks, before they go. */
static void make_truth(void)
{
	contract_exec(url, "DROP TABLE IF EXISTS truth");
	contract_exec(url, "DROP TABLE IF EXISTS ranks");
	exec("CREATE TABLE truth AS SELECT provider, provider_model_id AS model,"
	     " %s / 3600000 AS hour, count(*) AS samples,"
	     " sum(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok,"
	     " sum(CASE WHEN CAST(agrees AS INTEGER) = 0 THEN 1 ELSE 0 END) AS disagreed,"
	     " sum(CASE WHEN " COUNTS " THEN 1 ELSE 0 END) AS counted,"
	     " sum(CASE WHEN " WELL " THEN 1 ELSE 0 END) AS well,"
	     " coalesce(sum(output_tokens), 0) AS tokens,"
	     " sum(CAST(cost AS REAL)) AS cost FROM samples WHERE %s < %lld"
	     " GROUP BY provider, provider_model_id, %s / 3600000",
	     ms_of("started_at"), ms_of("started_at"), (long long)BEFORE, ms_of("started_at"));
	exec("CREATE TABLE ranks AS SELECT provider, provider_model_id AS model,"
	     " %s / 3600000 AS hour, duration_us AS us,"
	     " row_number() OVER (PARTITION BY provider, provider_model_id, %s / 3600000"
	     "  ORDER BY duration_us) AS rank,"
	     " count(*) OVER (PARTITION BY provider, provider_model_id, %s / 3600000) AS n"
	     " FROM samples WHERE " WELL " AND %s < %lld",
	     ms_of("started_at"), ms_of("started_at"), ms_of("started_at"), ms_of("started_at"),
	     (long long)BEFORE);
}

/* Three digits are off by half of the third: half a percent, or nothing below 1000. */
static void assert_percentile(const char *column, int percent)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM ranks k JOIN sample_rollups r"
		       " ON r.provider = k.provider AND r.provider_model_id = k.model"
		       " AND %s / 3600000 = k.hour WHERE k.rank = (k.n * %d + 99) / 100"
		       " AND abs(r.%s - k.us) * 200 > k.us",
		       ms_of("r.bucket"), percent, column);
	assert_query(sql, "0\n");
}

static void assert_truth(void)
{
	char sql[2048];

	(void)snprintf(
		sql, sizeof(sql),
		"SELECT count(*) FROM truth t JOIN sample_rollups r ON r.provider = t.provider"
		" AND r.provider_model_id = t.model AND %s = t.hour * 3600000"
		" AND r.width_ms = 3600000 AND r.samples = t.samples AND r.ok = t.ok"
		" AND r.disagreed = t.disagreed AND r.counted = t.counted AND r.well = t.well"
		" AND r.output_tokens = t.tokens"
		" AND (r.cost IS NULL) = (t.cost IS NULL)"
		" AND coalesce(abs(CAST(r.cost AS REAL) - t.cost), 0) <= 0.001 * coalesce(t.cost, 0)",
		ms_of("r.bucket"));
	{
		char *right = contract_query(url, sql);

		assert_query("SELECT count(*) FROM truth", right);
		assert_query("SELECT count(*) FROM sample_rollups", right);
		free(right);
	}
	assert_percentile("duration_p50", 50);
	assert_percentile("duration_p95", 95);
	assert_percentile("duration_p99", 99);
	assert_query(
		"SELECT count(*) FROM sample_rollups WHERE (duration_p50 IS NULL) <> (well = 0)",
		"0\n");
}

/* Of rollups all but their ids. */
static char *dump_rollups(void)
{
	return contract_query(url,
			      "SELECT provider, provider_model_id, bucket, width_ms, samples, ok,"
			      " disagreed, counted, well, duration_p50, duration_p95,"
			      " duration_p99, first_content_p50, first_content_p95,"
			      " output_tokens, CAST(cost AS TEXT), CAST(digest AS TEXT)"
			      " FROM sample_rollups"
			      " ORDER BY provider, provider_model_id, bucket");
}

static void test_old_samples_become_hours(void **state)
{
	struct fixture *f = *state;
	uint64_t steps, gone;
	char *young;

	save_many(f, 7);
	make_truth();
	young = contract_query(url,
			       "SELECT count(*) - (SELECT sum(samples) FROM truth) FROM samples");
	gone = expire_by(f, 1000, &steps);
	assert_int_equal(steps, 1);
	assert_true(gone > SAMPLES / 2 && gone < SAMPLES);
	assert_truth();
	assert_query("SELECT count(*) FROM samples", young);
	free(young);
}

/* In whatever pieces an hour goes. */
static void test_the_size_of_a_step_does_not_matter(void **state)
{
	struct fixture *f = *state;
	char *whole, *pieces;
	uint64_t steps;

	save_many(f, 8);
	(void)expire(f);
	whole = dump_rollups();
	contract_exec(url, "DELETE FROM sample_rollups");
	contract_exec(url, "UPDATE ledger SET sample_id = NULL");
	contract_exec(url, "DELETE FROM samples");
	save_many(f, 8);
	make_truth();
	(void)expire_by(f, 7, &steps);
	assert_true(steps > 40);
	pieces = dump_rollups();
	assert_string_equal(pieces, whole);
	assert_truth();
	free(whole);
	free(pieces);
}

static void test_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	save_many(f, 9);
	(void)expire(f);
	before = contract_dump(url, "sample_rollups");
	assert_int_equal(expire(f), 0);
	after = contract_dump(url, "sample_rollups");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_who_comes_late_is_added(void **state)
{
	struct fixture *f = *state;

	save_one(f, "a", BEGUN);
	assert_int_equal(expire(f), 1);
	save_one(f, "a", BEGUN + 1);
	assert_int_equal(expire(f), 1);
	assert_query("SELECT samples, ok, well, duration_p99 FROM sample_rollups", "2|2|2|2500\n");
}

/* What was spent stays, line by line. */
static void test_the_ledger_stays(void **state)
{
	struct fixture *f = *state;
	struct dec before, after;
	char *rows, *days;

	save_many(f, 10);
	rows = contract_query(url, "SELECT count(*), sum(CAST(amount AS REAL)) FROM ledger");
	days = contract_dump(url, "ledger_days");
	OK(store_spent(f->store, STR_NONE, BEGUN - DAY_MS, &before, &f->e));
	(void)expire(f);
	assert_query("SELECT count(*), sum(CAST(amount AS REAL)) FROM ledger", rows);
	OK(store_spent(f->store, STR_NONE, BEGUN - DAY_MS, &after, &f->e));
	assert_int_equal(dec_cmp(&before, &after), 0);
	{
		char *days_after = contract_dump(url, "ledger_days");

		assert_string_equal(days, days_after);
		free(days_after);
	}
	assert_query("SELECT count(*) FROM ledger WHERE sample_id IS NOT NULL AND sample_id NOT IN"
		     " (SELECT id FROM samples)",
		     "0\n");
	assert_query("SELECT count(*) > 0 FROM ledger WHERE sample_id IS NULL", "1\n");
	free(rows);
	free(days);
}

/* ---- rows of CSV ---- */

static struct store_csv_file open_file(struct fixture *f)
{
	struct store_csv_file file;

	OK(store_open_csv_file(f->store, STR("h"), STR("/p"), T0, &f->a, &file, &f->e));
	return file;
}

/* Of three samples the row of one stands in a batch, of one it is in the spool, of one in the open buffer. */
static void save_with_rows(struct fixture *f, struct store_csv_file *batch,
			   struct store_csv_file *buffer)
{
	struct sample s[] = { samples_bare("acme", "batch", BEGUN, OUTCOME_OK),
			      samples_bare("acme", "spool", BEGUN + 1, OUTCOME_OK),
			      samples_bare("acme", "buffer", BEGUN + 2, OUTCOME_OK) };
	struct store_sample w[] = { { .sample = &s[0], .csv_end = 10 },
				    { .sample = &s[1], .csv_row = STR("row\r\n") },
				    { .sample = &s[2], .csv_end = 20 } };

	OK(store_begin(f->store, "probe", &f->e));
	*batch = open_file(f);
	batch->batch = STR("h-1");
	OK(store_save_csv_file(f->store, batch, &f->e));
	*buffer = open_file(f);
	w[0].csv_file_id = batch->id;
	w[1].csv_file_id = w[2].csv_file_id = buffer->id;
	OK(store_save_samples(f->store, w, 3, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void unspool(struct fixture *f, int64_t csv_file_id)
{
	struct store_spooled *spooled;
	uint64_t end = 30;
	size_t n;

	OK(store_load_spool(f->store, STR("h"), STR("/p"), 0, &f->a, &spooled, &n, &f->e));
	assert_int_equal(n, 1);
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_unspool(f->store, &spooled[0].sample_id, &end, 1, csv_file_id, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_a_row_of_csv_that_waits_keeps_its_sample(void **state)
{
	struct fixture *f = *state;
	struct store_csv_file batch, buffer;

	save_with_rows(f, &batch, &buffer);
	assert_int_equal(expire(f), 1);
	assert_query("SELECT provider_model_id FROM samples ORDER BY id", "batch\nspool\n");
	assert_int_equal(expire(f), 0);
	batch.done_at_ms = T0; /* it is in the dataset */
	OK(store_begin(f->store, "push", &f->e));
	OK(store_save_csv_file(f->store, &batch, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_int_equal(expire(f), 1);
	unspool(f, buffer.id);
	assert_int_equal(expire(f), 1);
	assert_query("SELECT count(*) FROM samples", "0\n");
	assert_query("SELECT provider_model_id, samples FROM sample_rollups ORDER BY 1",
		     "batch|1\nbuffer|1\nspool|1\n");
}

/* Those that stay are gone past, however many there are. */
static void test_what_stays_is_in_nobodys_way(void **state)
{
	struct fixture *f = *state;
	struct store_sample w[20];
	struct sample s[20];
	uint64_t steps;

	OK(store_begin(f->store, "probe", &f->e));
	for (int i = 0; i < 20; i++) {
		s[i] = samples_bare("acme", "a", BEGUN + i / 5, OUTCOME_OK);
		w[i] = (struct store_sample){ .sample = &s[i] };
		if (i < 15) {
			w[i].csv_file_id = open_file(f).id;
			w[i].csv_row = STR("row\r\n");
		}
	}
	OK(store_save_samples(f->store, w, 20, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_int_equal(expire_by(f, 4, &steps), 5);
	assert_int_equal(steps, 6);
	assert_query("SELECT count(*) FROM samples", "15\n");
}

static void test_a_digest_that_is_not_ours_stops_it(void **state)
{
	struct store_expiry x = { .before_ms = BEFORE, .limit = 10 };
	struct fixture *f = *state;
	struct store_expired step;

	save_one(f, "a", BEGUN);
	(void)expire(f);
	contract_exec(url, "UPDATE sample_rollups SET digest = '{\"what\":1}'");
	save_one(f, "b", BEGUN);
	save_one(f, "a", BEGUN + 1);
	FAILS(store_expire_samples(f->store, &x, &step, &f->e), ERR_DB);
	assert_non_null(strstr(f->e.text, "rollup of a at acme"));
	assert_query("SELECT count(*) FROM samples", "2\n");
	assert_query("SELECT count(*), sum(samples) FROM sample_rollups", "1|1\n");
}

/* ---- whoever is killed, and whoever comes at the same time ---- */

static pid_t expire_in_child(uint64_t limit)
{
	pid_t child = fork();

	if (child == 0) {
		struct fixture f = { 0 };
		uint64_t steps;

		if (!store_open(&f.store, url, STORE_WRITE, &f.e))
			_exit(1);
		(void)expire_by(&f, limit, &steps);
		_exit(0);
	}
	return child;
}

/* Samples that are there and samples that were added up; and what they cost. */
static void assert_all_there(const char *expected)
{
	assert_query("SELECT (SELECT count(*) FROM samples)"
		     " + (SELECT coalesce(sum(samples), 0) FROM sample_rollups)",
		     expected);
}

static void test_whoever_is_killed_loses_nothing(void **state)
{
	enum { TIMES = 12 };
	struct contract_random r = { 3 };
	struct fixture *f = *state;
	char expected[32];
	int killed = 0;

	store_close(f->store);
	f->store = NULL;
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	save_many(f, 11);
	make_truth();
	store_close(f->store);
	f->store = NULL;
	(void)snprintf(expected, sizeof(expected), "%d\n", SAMPLES);
	for (int i = 0; i < TIMES; i++) {
		pid_t child = expire_in_child(3);
		int status;

		(void)usleep(5000 + contract_below(&r, 40000));
		(void)kill(child, SIGKILL);
		(void)waitpid(child, &status, 0);
		killed += WIFSIGNALED(status);
		assert_all_there(expected);
	}
	print_message("killed %d times\n", killed);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	(void)expire(f);
	assert_truth();
}

static void test_two_at_a_time_count_nothing_twice(void **state)
{
	struct fixture *f = *state;
	pid_t child[2];
	int status;

	save_many(f, 12);
	make_truth();
	store_close(f->store);
	f->store = NULL;
	for (int i = 0; i < 2; i++)
		child[i] = expire_in_child(5);
	for (int i = 0; i < 2; i++) {
		(void)waitpid(child[i], &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_truth();
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	assert_int_equal(expire(f), 0);
}

/* ---- notices ---- */

static void owe(struct fixture *f, int64_t at_ms, const char *payload)
{
	const struct store_notice n = { .kind = NOTICE_HOOK,
					.at_ms = at_ms,
					.provider_id = 1,
					.payload = str_of(payload),
					.due_at_ms = at_ms };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_notice(f->store, &n, &f->e));
	OK(store_commit(f->store, &f->e));
}

/* The oldest that is due is delivered at that time, or given up. */
static void deliver(struct fixture *f, int64_t at_ms, const char *given_up)
{
	struct store_delivery d = { .at_ms = at_ms,
				    .attempt = 1,
				    .done = true,
				    .given_up = given_up ? str_of(given_up) : STR_NONE };
	struct store_notice n;
	bool found;

	OK(store_next_notice(f->store, NOTICE_HOOK, CLOCK_LAST, &f->a, &n, &found, &f->e));
	assert_true(found);
	d.notice_id = n.id;
	OK(store_save_delivery(f->store, &d, &f->e));
}

static uint64_t empty(struct fixture *f, int64_t before_ms, uint64_t limit)
{
	uint64_t n;

	OK(store_expire_payloads(f->store, before_ms, limit, &n, &f->e));
	return n;
}

static void test_delivered_payloads_are_emptied(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 6; i++)
		owe(f, T0 + i, "{\"n\":1}");
	deliver(f, T0 + 10, NULL);
	deliver(f, T0 + 11, NULL);
	deliver(f, T0 + 12, "HTTP 410");
	deliver(f, T0 + 13, NULL);
	deliver(f, T0 + 20, NULL);
	assert_int_equal(empty(f, T0 + 20, 2), 2);
	assert_int_equal(empty(f, T0 + 20, 2), 1);
	assert_int_equal(empty(f, T0 + 20, 2), 0);
	assert_query(
		"SELECT CAST(payload AS TEXT), done_at IS NULL, given_up FROM outbox ORDER BY id",
		"{}|0|-\n{}|0|-\n{\"n\":1}|0|HTTP 410\n{}|0|-\n{\"n\":1}|0|-\n{\"n\":1}|1|-\n");
	assert_query("SELECT count(*) FROM deliveries", "5\n");
}

/* ---- a pass ---- */

struct pass {
	struct fixture *f;
	struct loop *loop;
	struct store_thread *thread;
	struct expirer *expirer;
	struct expire_report report;
	enum err_kind kind;
	int ended, steps, others;
	bool failed, stop;
};

static void pass_ended(void *arg, const struct expire_report *r, const struct err *e)
{
	struct pass *p = arg;

	p->ended++;
	p->report = *r;
	p->failed = e != NULL;
	if (e)
		p->kind = e->kind;
	p->expirer = NULL;
}

static void other_work(struct store *s, void *arg)
{
	(void)s;
	(void)arg;
}

/* Somebody else's job, again and again while the pass goes on. */
static void other_done(void *arg)
{
	struct pass *p = arg;

	if (p->ended)
		return;
	p->others++;
	if (p->stop)
		expire_stop(p->expirer);
	store_thread_post(p->thread, other_work, other_done, p);
}

static struct pass run_pass(struct fixture *f, const struct expire_conf *conf, bool stop)
{
	struct pass p = { .f = f, .stop = stop };

	clock_freeze(BEFORE + (int64_t)(conf->samples_days ? conf->samples_days : 90) * DAY_MS);
	p.loop = loop_create();
	p.thread = store_thread_start(p.loop, f->store);
	f->store = NULL;
	p.expirer = expire_start(p.loop, p.thread, conf, pass_ended, &p);
	assert_int_equal(p.ended, 0);
	store_thread_post(p.thread, other_work, other_done, &p);
	loop_run(p.loop);
	store_thread_stop(p.thread);
	loop_destroy(p.loop);
	clock_freeze(CLOCK_NONE);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	assert_int_equal(p.ended, 1);
	return p;
}

static void test_a_pass_sees_to_all_that_is_old(void **state)
{
	const struct expire_conf conf = { .samples_days = 90, .step_max = 150 };
	struct fixture *f = *state;
	struct pass p;
	char *old;

	save_many(f, 13);
	owe(f, T0, "{\"n\":1}");
	deliver(f, T0, NULL);
	make_truth();
	old = contract_query(url, "SELECT sum(samples) FROM truth");
	p = run_pass(f, &conf, false);
	assert_false(p.failed);
	assert_int_equal(p.report.samples, strtoll(old, NULL, 10));
	assert_int_equal(p.report.kept, 0);
	assert_int_equal(p.report.payloads, 1);
	assert_true(p.others > 3); /* between the steps */
	assert_truth();
	free(old);
}

static void test_a_pass_that_is_stopped_says_so(void **state)
{
	const struct expire_conf conf = { .samples_days = 90, .step_max = 10 };
	struct fixture *f = *state;
	char expected[32];
	struct pass p;

	save_many(f, 14);
	p = run_pass(f, &conf, true);
	assert_true(p.failed);
	assert_int_equal(p.kind, ERR_CANCELLED);
	assert_int_equal(p.report.samples, 10);
	(void)snprintf(expected, sizeof(expected), "%d\n", SAMPLES);
	assert_all_there(expected);
}

static void test_a_pass_may_leave_samples_alone(void **state)
{
	const struct expire_conf conf = { .samples_days = 0 };
	struct fixture *f = *state;
	struct pass p;

	save_one(f, "a", BEGUN);
	owe(f, T0, "{\"n\":1}");
	deliver(f, T0, NULL);
	p = run_pass(f, &conf, false);
	assert_false(p.failed);
	assert_int_equal(p.report.samples + p.report.kept, 0);
	assert_int_equal(p.report.payloads, 1);
	assert_query("SELECT count(*) FROM samples", "1\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_old_samples_become_hours),
		TEST(test_the_size_of_a_step_does_not_matter),
		TEST(test_again_changes_nothing),
		TEST(test_who_comes_late_is_added),
		TEST(test_the_ledger_stays),
		TEST(test_a_row_of_csv_that_waits_keeps_its_sample),
		TEST(test_what_stays_is_in_nobodys_way),
		TEST(test_a_digest_that_is_not_ours_stops_it),
		TEST(test_whoever_is_killed_loses_nothing),
		TEST(test_two_at_a_time_count_nothing_twice),
		TEST(test_delivered_payloads_are_emptied),
		TEST(test_a_pass_sees_to_all_that_is_old),
		TEST(test_a_pass_that_is_stopped_says_so),
		TEST(test_a_pass_may_leave_samples_alone),
	};

	return KIT_RUN("expire", tests);
}
