/*
 * What every back end owes of leases.
 */
#include "store/market.h"

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

static struct store_lease lease_of(int64_t pid, int64_t taken_at_ms)
{
	return (struct store_lease){
		.name = STR("sync:acme"),
		.host = STR("scales"),
		.pid = pid,
		.pid_started = 5000000000,
		.taken_at_ms = taken_at_ms,
		.expires_at_ms = taken_at_ms + 1000,
	};
}

static bool takes(struct fixture *f, struct store_lease want, const struct store_lease *dead,
		  struct store_lease *ret_holder)
{
	bool taken;

	OK(store_lease_take(f->store, &want, dead, &f->a, &taken, ret_holder, &f->e));
	return taken;
}

static void assert_lease(const struct store_lease *found, const struct store_lease *expected)
{
	assert_true(str_eq(found->name, expected->name));
	assert_true(str_eq(found->host, expected->host));
	assert_int_equal(found->pid, expected->pid);
	assert_int_equal(found->pid_started, expected->pid_started);
	assert_int_equal(found->taken_at_ms, expected->taken_at_ms);
	assert_int_equal(found->expires_at_ms, expected->expires_at_ms);
}

static void test_a_lease_is_held_until_it_is_released(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder, other = lease_of(2, T0 + 1);

	assert_true(takes(f, mine, NULL, &holder));
	assert_false(takes(f, other, NULL, &holder));
	assert_lease(&holder, &mine);
	/* Not the other's to give back. */
	OK(store_lease_release(f->store, &other, &f->e));
	assert_false(takes(f, other, NULL, &holder));
	/* A reused pid is another process. */
	other.pid = 1;
	other.pid_started++;
	assert_false(takes(f, other, NULL, &holder));
	OK(store_lease_release(f->store, &mine, &f->e));
	assert_true(takes(f, other, NULL, &holder));
	assert_query("SELECT count(*) FROM leases", "1\n");
}

static void test_a_lease_runs_out_and_is_renewed(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder;

	assert_true(takes(f, mine, NULL, &holder));
	assert_true(takes(f, lease_of(1, T0 + 500), NULL, &holder));
	assert_false(takes(f, lease_of(2, T0 + 1499), NULL, &holder));
	assert_true(takes(f, lease_of(2, T0 + 1500), NULL, &holder));
}

static void test_a_dead_holders_lease_is_free(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), found, holder;

	assert_true(takes(f, mine, NULL, &holder));
	assert_false(takes(f, lease_of(2, T0 + 1), NULL, &found));
	/* Somebody was quicker: the lease is not the dead one's any more. */
	assert_true(takes(f, lease_of(3, T0 + 2), &found, &holder));
	assert_false(takes(f, lease_of(2, T0 + 3), &found, &holder));
	assert_int_equal(holder.pid, 3);
}

static void test_a_release_is_part_of_its_transaction(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder;

	assert_true(takes(f, mine, NULL, &holder));
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_lease_release(f->store, &mine, &f->e));
	store_rollback(f->store);
	assert_false(takes(f, lease_of(2, T0 + 1), NULL, &holder));
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_lease_release(f->store, &mine, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_true(takes(f, lease_of(2, T0 + 1), NULL, &holder));
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_lease_is_held_until_it_is_released),
		TEST(test_a_lease_runs_out_and_is_renewed),
		TEST(test_a_dead_holders_lease_is_free),
		TEST(test_a_release_is_part_of_its_transaction),
	};

	return KIT_RUN("leases", tests);
}
