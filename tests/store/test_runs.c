/*
 * What every back end owes of documents and of runs, young and old.
 */
#include "store/market.h"

#include "store/expire.h"

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

/* ---- documents and runs ---- */

static struct hash hash_of(unsigned char byte)
{
	struct hash h;

	memset(&h, byte, sizeof(h));
	return h;
}

static void assert_document(const struct store_document *is, const struct store_document *expected)
{
	assert_true(str_same(is->list, expected->list));
	assert_true(str_same(is->url, expected->url));
	assert_true(str_same(is->encoding, expected->encoding));
	assert_true(str_same(is->etag, expected->etag));
	assert_true(str_same(is->last_modified, expected->last_modified));
	assert_int_equal(is->body_n, expected->body_n);
	assert_memory_equal(&is->body_hash, &expected->body_hash, sizeof(is->body_hash));
	assert_memory_equal(&is->descriptor_hash, &expected->descriptor_hash,
			    sizeof(is->descriptor_hash));
	assert_int_equal(is->reader_version, expected->reader_version);
	assert_int_equal(is->fetched_at_ms, expected->fetched_at_ms);
}

static void save_document(struct fixture *f, int64_t provider_id, const struct store_document *d)
{
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_document(f->store, provider_id, d, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_documents_come_back(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	struct store_document got, d = {
		.list = STR("models"),
		.url = STR("https://acme.test/v1/models"),
		.encoding = STR("gzip"),
		.body = { "\x1f\x8b\0\xff\0z", 6 },
		.body_n = 1ULL << 33,
		.body_hash = hash_of(0xab),
		.etag = STR("W/\"x\""),
		.descriptor_hash = hash_of(1),
		.reader_version = 3,
		.fetched_at_ms = T0,
	};
	struct store_state st;
	bool found;
	int64_t id;

	market_follow(f, &p, T0);
	id = market_provider(f, "acme");
	save_document(f, id, &d);
	d.list = STR("embeddings");
	save_document(f, id, &d);
	d.list = STR("models"); /* replaced */
	d.etag = STR_NONE;
	d.last_modified = STR("Sun, 03 Aug 2025 06:03:00 GMT");
	d.reader_version = 4;
	save_document(f, id, &d);

	st = market_state(f, "acme");
	assert_int_equal(st.n_documents, 2);
	assert_str(st.documents[0].list, "embeddings");
	assert_document(&st.documents[1], &d);
	assert_true(str_is_none(st.documents[1].body));

	OK(store_load_document(f->store, id, d.list, &f->a, &got, &found, &f->e));
	assert_true(found);
	assert_document(&got, &d);
	assert_true(str_same(got.body, d.body));
	OK(store_load_document(f->store, id, STR("none"), &f->a, &got, &found, &f->e));
	assert_false(found);
}

static void test_only_the_newest_run_is_suspect(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	const struct str ids[] = { STR("acme/\"a\""), STR("acme/größer"), STR("") };
	struct store_run suspect = { .started_at_ms = T0,
				     .ended_at_ms = T0 + 5,
				     .completeness = FETCH_SUSPECT,
				     .http_status = 200,
				     .error_kind = STR("suspect"),
				     .error = STR("short list"),
				     .suspect_missing = ids,
				     .n_suspect_missing = 3 };
	struct store_state st;

	market_follow(f, &p, T0);
	market_save_run(f, suspect);
	st = market_state(f, "acme");
	assert_int_equal(st.n_suspect_missing, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(str_same(st.suspect_missing[i], ids[i]));
	market_save_run(f, (struct store_run){ .completeness = FETCH_FAILED, .http_status = -1 });
	market_save_run(f, (struct store_run){ .completeness = FETCH_PARTIAL, .http_status = 200 });
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 3);
	market_save_run(f,
			(struct store_run){ .completeness = FETCH_COMPLETE, .http_status = 200 });
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 0);
	suspect.n_suspect_missing = 1;
	market_save_run(f, suspect);
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 1);
}

static void test_counts_are_of_the_newest_complete_run(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	struct store_state st;

	market_follow(f, &p, T0);
	st = market_state(f, "acme");
	assert_int_equal(st.fetched + st.transformed + st.skipped, 0);
	market_save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE, .fetched = 9 });
	market_save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE,
					       .fetched = 29,
					       .transformed = 19,
					       .skipped = 10 });
	market_save_run(f, (struct store_run){ .completeness = FETCH_SUSPECT, .fetched = 5 });
	market_save_run(f, (struct store_run){ .completeness = FETCH_FAILED });
	st = market_state(f, "acme");
	assert_int_equal(st.fetched, 29);
	assert_int_equal(st.transformed, 19);
	assert_int_equal(st.skipped, 10);
}

/* The same state again, seen with this key. */
static void see_again(struct fixture *f, int64_t at_ms, struct str key)
{
	struct store_state st = market_state(f, "acme");
	struct store_batch b = { .provider_id = market_provider(f, "acme"),
				 .at_ms = at_ms,
				 .snapshot = st.snapshot,
				 .snapshot_models = st.snapshot_models,
				 .snapshot_prices = st.snapshot_prices,
				 .key = key };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_the_key_of_a_state_and_of_a_suspicion(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_run suspect = { .started_at_ms = T0,
				     .completeness = FETCH_SUSPECT,
				     .key = STR("salt:of the suspect") };

	(void)market_sync(f, &c, T0);
	assert_true(str_is_none(market_state(f, "acme").key));
	see_again(f, T0 + DAY_MS, STR("salt:first"));
	assert_str(market_state(f, "acme").key, "salt:first");
	see_again(f, T0 + 2 * DAY_MS, STR("salt:second"));
	assert_str(market_state(f, "acme").key, "salt:second");
	assert_query("SELECT syncs, key_fingerprint FROM snapshots", "3|salt:second\n");
	c.n = 1;
	(void)market_sync(f, &c, T0 + 3 * DAY_MS);
	assert_query("SELECT key_fingerprint FROM snapshots ORDER BY id", "salt:second\n-\n");
	assert_true(str_is_none(market_state(f, "acme").suspect_key));
	market_save_run(f, suspect);
	assert_str(market_state(f, "acme").suspect_key, "salt:of the suspect");
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 0);
	market_save_run(f, (struct store_run){ .completeness = FETCH_FAILED, .key = STR("x") });
	assert_str(market_state(f, "acme").suspect_key, "salt:of the suspect");
	market_save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE });
	assert_true(str_is_none(market_state(f, "acme").suspect_key));
	suspect.key = STR_NONE;
	market_save_run(f, suspect);
	assert_true(str_is_none(market_state(f, "acme").suspect_key));
	assert_query("SELECT completeness, key_fingerprint FROM sync_runs ORDER BY id",
		     "suspect|salt:of the suspect\nfailed|-\ncomplete|-\nsuspect|-\n");
}

static void test_runs_are_kept_and_the_newest_speaks(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	struct store_provider_stat *list;
	struct store_run failed = {
		.started_at_ms = T0,
		.ended_at_ms = T0 + 250,
		.completeness = FETCH_FAILED,
		.http_status = 503,
		.bytes = 1ULL << 40,
		.attempts = 4,
		.error_kind = STR("http"),
		.error = STR("HTTP 503"),
		.notes = STR("[{\"id\":\"x\",\"reason\":\"no price\"}]"),
	};
	size_t n;

	market_follow(f, &p, T0);
	market_save_run(f, failed);
	assert_int_equal(market_totals(f).runs, 1);
	OK(store_list_providers(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 1);
	assert_str(list[0].last_error, "HTTP 503");
	assert_query("SELECT completeness, http_status, bytes, attempts, error_kind, error"
		     " FROM sync_runs",
		     "failed|503|1099511627776|4|http|HTTP 503\n");
	market_save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE,
					       .http_status = 304,
					       .unchanged = true,
					       .has_snapshot = true,
					       .snapshot = hash_of(0x12) });
	OK(store_list_providers(f->store, &f->a, &list, &n, &f->e));
	assert_str(list[0].last_error, NULL);
	assert_int_equal(market_totals(f).runs, 2);
}

/* ---- old runs become days ---- */

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* A run that took 250 ms and 1,000 bytes; one that is kept for a month changed 2 models. */
static struct store_run run_at(int64_t at_ms, enum store_keep keep)
{
	return (struct store_run){ .started_at_ms = at_ms,
				   .ended_at_ms = at_ms + 250,
				   .completeness = FETCH_COMPLETE,
				   .http_status = 200,
				   .bytes = 1000,
				   .unchanged = keep == KEEP_A_DAY,
				   .changed = keep == KEEP_A_DAY ? 0 : 2,
				   .keep = keep };
}

static void expire_at(struct fixture *f, int64_t now_ms)
{
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_expire_runs(f->store, market_provider(f, "acme"), now_ms, &f->e));
	OK(store_commit(f->store, &f->e));
}

#define COUNT_KEPT "SELECT count(*), count(keep_days) FROM sync_runs"
#define SUM_DAYS                                                                                  \
	"SELECT count(*), sum(runs), sum(unchanged), sum(bytes), sum(duration_ms), sum(changed)," \
	" min(runs) FROM sync_days"
#define MIDNIGHT_MS (T0 - T0 % DAY_MS) /* 1754179200000 */

static void test_old_runs_become_days(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	int64_t first_ms = MIDNIGHT_MS + 22 * (int64_t)HOUR_MS;

	market_follow(f, &p, T0);
	/* Four hours across midnight, a change of the state an hour. */
	for (int i = 0; i < 48; i++)
		market_save_run(f, run_at(first_ms + i * 5 * (int64_t)MINUTE_MS,
					  i % 12 == 0 ? KEEP_A_MONTH : KEEP_A_DAY));
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 64 * MINUTE_MS);
	assert_query(COUNT_KEPT, "48|48\n"); /* none is an hour over its day */
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 65 * MINUTE_MS);
	assert_query(COUNT_KEPT, "36|36\n");
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 66 * MINUTE_MS);
	assert_query(SUM_DAYS, "1|12|12|12000|3000|0|12\n");
	expire_at(f, first_ms + 29 * (int64_t)HOUR_MS);
	assert_query(COUNT_KEPT, "5|5\n"); /* the month's, and the newest */
	assert_query(SUM_DAYS, "2|43|43|43000|10750|0|21\n");
	expire_at(f, first_ms + 40 * (int64_t)DAY_MS);
	assert_query(COUNT_KEPT, "1|1\n");
	assert_query(SUM_DAYS, "2|47|43|47000|11750|8|23\n");
	assert_query(
		strncmp(url, "sqlite:", 7) == 0
			? "SELECT day, runs FROM sync_days ORDER BY day"
			: "SELECT (extract(epoch FROM day) * 1000)::bigint, runs FROM sync_days"
			  " ORDER BY day",
		"1754179200000|24\n1754265600000|23\n");
	assert_int_equal(market_totals(f).runs, 48);
}

/* However often somebody syncs: of what says nothing, so many. */
static void test_quiet_runs_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	int n = STORE_EXPIRE_QUIET_MAX + STORE_EXPIRE_QUIET_MORE;
	char expected[64];

	market_follow(f, &p, T0);
	market_save_run(f, run_at(T0, KEEP_A_MONTH));
	for (int i = 0; i < n; i++)
		market_save_run(f, run_at(T0 + i, KEEP_A_DAY));
	expire_at(f, T0 + n);
	assert_query("SELECT count(*) FROM sync_days", "0\n");
	market_save_run(f, run_at(T0 + n, KEEP_A_DAY));
	expire_at(f, T0 + n);
	(void)snprintf(expected, sizeof(expected), "%d|%d\n", STORE_EXPIRE_QUIET_MAX + 1,
		       STORE_EXPIRE_QUIET_MORE + 1);
	assert_query("SELECT (SELECT count(*) FROM sync_runs), (SELECT sum(runs) FROM sync_days)",
		     expected);
	assert_int_equal(market_totals(f).runs, n + 2);
}

static void test_what_was_not_accepted_stays_for_good(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	struct str lacking = STR("acme/gone");
	struct store_run suspect = { .started_at_ms = T0,
				     .completeness = FETCH_SUSPECT,
				     .suspect_missing = &lacking,
				     .n_suspect_missing = 1 };

	market_follow(f, &p, T0 - DAY_MS);
	market_save_run(f, run_at(T0 - DAY_MS, KEEP_A_DAY));
	market_save_run(f, suspect);
	market_save_run(f, (struct store_run){ .started_at_ms = T0, .completeness = FETCH_FAILED });
	market_save_run(f,
			(struct store_run){ .started_at_ms = T0, .completeness = FETCH_PARTIAL });
	expire_at(f, T0 + 400 * (int64_t)DAY_MS);
	assert_query("SELECT completeness FROM sync_runs ORDER BY id",
		     "suspect\nfailed\npartial\n");
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 1);
	/* What settled the suspicion stays as long as nothing newer does. */
	market_save_run(f, run_at(T0 + DAY_MS, KEEP_A_DAY));
	market_save_run(f, (struct store_run){ .started_at_ms = T0 + 2 * (int64_t)DAY_MS,
					       .completeness = FETCH_FAILED });
	expire_at(f, T0 + 400 * (int64_t)DAY_MS);
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 0);
	market_save_run(f, run_at(T0 + 400 * (int64_t)DAY_MS, KEEP_A_DAY));
	expire_at(f, T0 + 401 * (int64_t)DAY_MS);
	assert_query("SELECT completeness FROM sync_runs ORDER BY id",
		     "suspect\nfailed\npartial\nfailed\ncomplete\n");
	assert_int_equal(market_state(f, "acme").n_suspect_missing, 0);
	assert_int_equal(market_totals(f).runs, 7);
}

static void test_each_providers_runs_are_its_own(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	struct store_run other = run_at(T0, KEEP_A_DAY);
	bool is_active;

	market_follow(f, &p, T0);
	p.slug = STR("other");
	OK(store_begin(f->store, "other", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &other.provider_id, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
	for (int i = 0; i < 2; i++) {
		market_save_run(f, run_at(T0, KEEP_A_DAY));
		OK(store_begin(f->store, "other", &f->e));
		OK(store_save_run(f->store, &other, &f->e));
		OK(store_commit(f->store, &f->e));
	}
	expire_at(f, T0 + 2 * (int64_t)DAY_MS);
	assert_query("SELECT p.slug, count(*) FROM sync_runs r JOIN providers p"
		     " ON p.id = r.provider_id GROUP BY p.slug ORDER BY p.slug",
		     "acme|1\nother|2\n");
	assert_query(
		"SELECT p.slug, runs FROM sync_days d JOIN providers p ON p.id = d.provider_id",
		"acme|1\n");
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_documents_come_back),
		TEST(test_only_the_newest_run_is_suspect),
		TEST(test_counts_are_of_the_newest_complete_run),
		TEST(test_the_key_of_a_state_and_of_a_suspicion),
		TEST(test_runs_are_kept_and_the_newest_speaks),
		TEST(test_old_runs_become_days),
		TEST(test_quiet_runs_are_bounded),
		TEST(test_what_was_not_accepted_stays_for_good),
		TEST(test_each_providers_runs_are_its_own),
	};

	return KIT_RUN("runs", tests);
}
