/*
 * What every back end owes of notices (store/notice.h).
 */
#include "store/kit.h"

#include "store/notice.h"

struct fixture {
	KIT_FIXTURE;
	int64_t provider, endpoint;
};

static struct store_endpoint endpoint(void)
{
	return (struct store_endpoint){ .name = STR("default"),
					.url = STR("https://a.test"),
					.url_print = STR("print"),
					.format = STR("cloudevents"),
					.secret_env = STR("SECRET"),
					.is_active = true };
}

static int setup(void **state)
{
	struct fixture *f;
	struct store_provider p = { .slug = STR("acme"), .name = STR("Acme") };
	struct store_endpoint at = endpoint();
	bool is_active;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &f->provider, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
	OK(store_save_endpoint(f->store, &at, T0, &f->endpoint, &f->e));
	return 0;
}

static void owe(struct fixture *f, enum notice_kind kind, int64_t at_ms, const char *payload)
{
	struct store_notice n = { .kind = kind,
				  .at_ms = at_ms,
				  .provider_id = f->provider,
				  .payload = str_of(payload),
				  .due_at_ms = at_ms };

	if (kind == NOTICE_WEBHOOK) {
		n.endpoint_id = f->endpoint;
		n.first_change = 5000000001;
		n.last_change = 5000000007;
	}
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_notice(f->store, &n, &f->e));
	OK(store_commit(f->store, &f->e));
}

static bool next(struct fixture *f, enum notice_kind kind, int64_t by_ms, struct store_notice *ret)
{
	bool found;

	OK(store_next_notice(f->store, kind, by_ms, &f->a, ret, &found, &f->e));
	return found;
}

static void test_the_oldest_that_is_due_comes_first(void **state)
{
	struct fixture *f = *state;
	struct store_notice n;

	assert_false(next(f, NOTICE_HOOK, CLOCK_LAST, &n));
	owe(f, NOTICE_HOOK, T0 + 2, "{\"n\":2}");
	owe(f, NOTICE_HOOK, T0 + 1, "{\"n\":1}");
	owe(f, NOTICE_WEBHOOK, T0, "{\"n\":0}");
	assert_false(next(f, NOTICE_HOOK, T0, &n));
	assert_true(next(f, NOTICE_HOOK, T0 + 5, &n));
	assert_str(n.payload, "{\"n\":1}");
	assert_str(n.provider, "acme");
	assert_int_equal(n.at_ms, T0 + 1);
	assert_int_equal(n.endpoint_id, 0);
	assert_int_equal(n.first_change, 0);
	assert_true(next(f, NOTICE_WEBHOOK, T0, &n));
	assert_int_equal(n.endpoint_id, f->endpoint);
	assert_int_equal(n.first_change, 5000000001);
	assert_int_equal(n.last_change, 5000000007);
	assert_int_equal(n.attempts, 0);
	assert_int_equal(n.due_at_ms, T0);
	assert_query(
		"SELECT count(*) FROM outbox WHERE first_change IS NULL AND endpoint_id IS NULL",
		"2\n");
}

static void test_a_rollback_owes_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_notice n = { .kind = NOTICE_HOOK,
				  .at_ms = T0,
				  .provider_id = f->provider,
				  .payload = STR("{}"),
				  .due_at_ms = T0 };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_notice(f->store, &n, &f->e));
	store_rollback(f->store);
	assert_query("SELECT count(*) FROM outbox", "0\n");
	/* What is no JSON is refused. */
	n.payload = STR("{");
	OK(store_begin(f->store, "acme", &f->e));
	assert_false(store_save_notice(f->store, &n, &f->e));
	store_rollback(f->store);
}

static void test_attempts_move_a_notice(void **state)
{
	struct fixture *f = *state;
	struct store_delivery d = { .at_ms = T0 + 10,
				    .attempt = 1,
				    .status = 500,
				    .duration_ms = 7,
				    .error = STR("HTTP 500"),
				    .due_at_ms = T0 + 1000 };
	struct store_notice n;

	owe(f, NOTICE_WEBHOOK, T0, "{}");
	assert_true(next(f, NOTICE_WEBHOOK, T0, &n));
	d.notice_id = n.id;
	OK(store_save_delivery(f->store, &d, &f->e));
	assert_false(next(f, NOTICE_WEBHOOK, T0 + 999, &n));
	assert_true(next(f, NOTICE_WEBHOOK, T0 + 1000, &n));
	assert_int_equal(n.attempts, 1);
	d = (struct store_delivery){
		.notice_id = n.id, .at_ms = T0 + 1000, .attempt = 2, .status = 204, .done = true
	};
	OK(store_save_delivery(f->store, &d, &f->e));
	assert_false(next(f, NOTICE_WEBHOOK, T0 + 1000000, &n));
	assert_query("SELECT attempt, status, duration_ms, error FROM deliveries ORDER BY id",
		     "1|500|7|HTTP 500\n2|204|0|-\n");
	assert_query("SELECT attempts, given_up FROM outbox WHERE done_at IS NOT NULL", "2|-\n");
	/* What is done stays so: somebody else may have been quicker. */
	d.done = false;
	d.due_at_ms = T0;
	OK(store_save_delivery(f->store, &d, &f->e));
	assert_false(next(f, NOTICE_WEBHOOK, T0 + 1000000, &n));
}

static void test_a_delivery_is_part_of_its_transaction(void **state)
{
	struct fixture *f = *state;
	struct store_delivery d = { .at_ms = T0, .attempt = 1, .done = true };
	struct store_notice n;

	owe(f, NOTICE_HOOK, T0, "{}");
	assert_true(next(f, NOTICE_HOOK, T0, &n));
	d.notice_id = n.id;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_delivery(f->store, &d, &f->e));
	store_rollback(f->store);
	assert_true(next(f, NOTICE_HOOK, T0, &n));
	/* One of nobody's notice is refused, and leaves nothing open. */
	d.notice_id = 4711;
	assert_false(store_save_delivery(f->store, &d, &f->e));
	d.notice_id = n.id;
	OK(store_save_delivery(f->store, &d, &f->e));
}

static void test_an_endpoint_that_is_gone(void **state)
{
	struct fixture *f = *state;
	struct store_delivery d = { .at_ms = T0 + 1,
				    .attempt = 1,
				    .status = 410,
				    .done = true,
				    .given_up = STR("gone"),
				    .endpoint_gone = true };
	struct store_endpoint at = endpoint();
	struct store_notice n;
	int64_t id;
	bool found;

	owe(f, NOTICE_WEBHOOK, T0, "{}");
	owe(f, NOTICE_WEBHOOK, T0, "{}");
	owe(f, NOTICE_HOOK, T0, "{}");
	assert_true(next(f, NOTICE_WEBHOOK, T0, &n));
	d.notice_id = n.id;
	d.endpoint_id = n.endpoint_id;
	OK(store_save_delivery(f->store, &d, &f->e));
	assert_false(next(f, NOTICE_WEBHOOK, T0 + 1000, &n));
	assert_true(next(f, NOTICE_HOOK, T0, &n));
	assert_query("SELECT attempts, given_up FROM outbox WHERE done_at IS NOT NULL ORDER BY id",
		     "1|gone\n0|gone\n");
	OK(store_load_endpoint(f->store, STR("default"), &f->a, &at, &found, &f->e));
	assert_true(found);
	assert_false(at.is_active);
	assert_int_equal(at.id, f->endpoint);
	assert_str(at.url, "https://a.test");
	assert_str(at.url_print, "print");
	/* Put in its place it is the same row. */
	at.is_active = true;
	at.url = STR("https://b.test");
	OK(store_save_endpoint(f->store, &at, T0 + 5, &id, &f->e));
	assert_int_equal(id, f->endpoint);
	assert_query("SELECT name, url, is_active FROM webhook_endpoints",
		     "default|https://b.test|1\n");
	OK(store_load_endpoint(f->store, STR("other"), &f->a, &at, &found, &f->e));
	assert_false(found);
}

static void test_changes_of_one_sync(void **state)
{
	struct fixture *f = *state;
	struct catalog c = { STR("acme"), arena_array(&f->a, 1, struct model), 1 };
	struct contract_counts counts = { 0 };
	struct store_change_row *rows;
	size_t n;

	c.models[0] = contract_model(&f->a, "acme/large", "0.000003", "0.000015");
	OK(contract_sync(f->store, &c, T0 + 1, &counts, &f->e));
	c.models[0] = contract_model(&f->a, "acme/large", "0.000006", "0.00003");
	OK(contract_sync(f->store, &c, T0 + 2, &counts, &f->e));
	OK(store_load_changes_at(f->store, f->provider, T0 + 2, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 2);
	assert_true(rows[0].id < rows[1].id);
	assert_int_equal(rows[0].at_ms, T0 + 2);
	assert_int_equal(rows[0].change.kind, CHANGE_PRICE);
	assert_str(rows[0].provider, "acme");
	assert_str(rows[0].change.old_value, "0.000003");
	assert_str(rows[0].change.ratio, "2");
	OK(store_load_changes_at(f->store, f->provider, T0 + 3, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_changes_at(f->store, f->provider + 1, T0 + 2, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_the_oldest_that_is_due_comes_first),
		TEST(test_a_rollback_owes_nothing),
		TEST(test_attempts_move_a_notice),
		TEST(test_a_delivery_is_part_of_its_transaction),
		TEST(test_an_endpoint_that_is_gone),
		TEST(test_changes_of_one_sync),
	};

	return KIT_RUN("notice", tests);
}
