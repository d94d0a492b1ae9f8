/*
 * What every back end owes of money (store/probe.h): a budget is never exceeded, to the last digit.
 */
#include "store/kit.h"
#include "store/samples.h"

#include "store/probe.h"

#include <pthread.h>

#define DAY (T0 - T0 % DAY_MS)

struct fixture {
	KIT_FIXTURE;
	int settled;
};

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

static struct dec dec(const char *text)
{
	struct dec d;
	struct err e;

	assert_true(dec_parse(str_of(text), &d, &e));
	return d;
}

/* Absent: no limit. */
static struct store_budget budget(const char *total, const char *provider)
{
	struct store_budget b = { .day_begin_ms = DAY,
				  .has_total = total != NULL,
				  .has_provider = provider != NULL };

	if (total)
		b.total = dec(total);
	if (provider)
		b.provider = dec(provider);
	return b;
}

static struct store_reservation want(const char *provider, const char *amount)
{
	return (struct store_reservation){ .provider = str_of(provider),
					   .amount = dec(amount),
					   .price_source = STR("catalog") };
}

static struct store_reservation reserve(struct fixture *f, const struct store_budget *b,
					const char *provider, const char *amount)
{
	struct store_reservation r = want(provider, amount);

	OK(store_reserve(f->store, b, T0, &r, 1, &f->e));
	assert_int_equal(r.granted, r.id != 0);
	return r;
}

static void assert_spent(struct fixture *f, const char *provider, const char *expected)
{
	char text[DEC_TEXT_MAX];
	struct dec d;

	OK(store_spent(f->store, str_of(provider), DAY, &d, &f->e));
	(void)dec_print(&d, text);
	assert_string_equal(text, expected);
}

/* A sample that settles it, each at another instant of the day; cost NULL: nobody knows. */
static void settle(struct fixture *f, int64_t id, const char *provider, const char *cost,
		   unsigned attempts)
{
	struct sample s = samples_bare(provider, "m", T0 + f->settled++, OUTCOME_OK);
	const struct store_sample w = { .sample = &s, .reservation_id = id };

	s.attempts = attempts;
	s.has_cost = cost != NULL;
	if (cost)
		s.cost = dec(cost);
	OK(store_begin(f->store, "probe", &f->e));
	OK(store_save_samples(f->store, &w, 1, &f->e));
	OK(store_commit(f->store, &f->e));
}

/* ---- limits ---- */

/* Of doubles three times 0.1 is more than 0.3. */
static void test_a_limit_is_exact(void **state)
{
	struct store_budget b = budget("0.3", NULL);
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_true(reserve(f, &b, "acme", "0.1").granted);
	assert_false(reserve(f, &b, "acme", "0.000000000000000000000000000001").granted);
	assert_true(reserve(f, &b, "acme", "0").granted);
	assert_spent(f, NULL, "0.3");
}

static void test_the_last_digit_counts(void **state)
{
	struct store_budget b = budget("1", NULL);
	struct fixture *f = *state;

	assert_true(reserve(f, &b, "acme", "0.999999999999999999999999999999").granted);
	assert_false(reserve(f, &b, "zeta", "0.000000000000000000000000000002").granted);
	assert_true(reserve(f, &b, "zeta", "0.000000000000000000000000000001").granted);
	assert_spent(f, NULL, "1");
	assert_spent(f, "zeta", "0.000000000000000000000000000001");
}

static void test_each_is_granted_while_it_fits(void **state)
{
	struct store_budget b = budget("0.3", "0.25");
	struct fixture *f = *state;
	struct store_reservation r[] = {
		want("acme", "0.2"),  /* 0.2 */
		want("acme", "0.1"),  /* more than its provider may cost */
		want("zeta", "0.2"),  /* more than all may */
		want("zeta", "0.05"), /* 0.25 */
		want("acme", "0.05"), /* 0.3 */
		want("zeta", "0.01"),
	};
	static const bool granted[] = { true, false, false, true, true, false };

	OK(store_reserve(f->store, &b, T0, r, 6, &f->e));
	for (int i = 0; i < 6; i++) {
		assert_int_equal(r[i].granted, granted[i]);
		assert_int_equal(r[i].id != 0, granted[i]);
	}
	assert_spent(f, "acme", "0.25");
	assert_spent(f, "zeta", "0.05");
	assert_spent(f, "nobody", "0");
	assert_query("SELECT provider, amount, reserved, state, price_source FROM ledger"
		     " ORDER BY id",
		     "acme|0.2|0.2|reserved|catalog\nzeta|0.05|0.05|reserved|catalog\n"
		     "acme|0.05|0.05|reserved|catalog\n");
	/* Each has the id of its own row. */
	settle(f, r[3].id, "zeta", "0.04", 1);
	assert_spent(f, "zeta", "0.04");
	assert_spent(f, NULL, "0.29");
}

static void test_without_limits_all_is_granted(void **state)
{
	struct store_budget b = budget(NULL, NULL);
	struct fixture *f = *state;

	assert_true(reserve(f, &b, "acme", "1000000").granted);
	b = budget(NULL, "5");
	assert_false(reserve(f, &b, "acme", "1").granted);
	assert_true(reserve(f, &b, "zeta", "5").granted);
}

static void test_a_day_is_a_day(void **state)
{
	struct store_budget b = budget("1", NULL);
	struct fixture *f = *state;
	struct store_reservation r = want("acme", "1");
	struct dec d;

	/* In the last millisecond of the day before. */
	b.day_begin_ms = DAY - DAY_MS;
	OK(store_reserve(f->store, &b, DAY - 1, &r, 1, &f->e));
	assert_true(r.granted);
	b.day_begin_ms = DAY;
	assert_spent(f, NULL, "0");
	assert_true(reserve(f, &b, "acme", "0.9").granted);
	/* Settled today, it is still yesterday's. */
	settle(f, r.id, "acme", "0.5", 1);
	assert_spent(f, NULL, "0.9");
	assert_false(reserve(f, &b, "acme", "0.2").granted);
	OK(store_spent(f->store, STR_NONE, DAY - 1, &d, &f->e));
	assert_int_equal(dec_cmp(&d, &(struct dec){ { 14 }, 1, 1, false }), 0);
	assert_query("SELECT provider, amount, requests FROM ledger_days", "acme|0.5|1\n");
}

/* ---- settling ---- */

static void test_what_becomes_of_a_reservation(void **state)
{
	struct store_budget b = budget("1", NULL);
	struct fixture *f = *state;
	struct store_reservation less = reserve(f, &b, "acme", "0.2");
	struct store_reservation unknown = reserve(f, &b, "acme", "0.2");
	struct store_reservation unsent = reserve(f, &b, "acme", "0.2");
	struct store_reservation released = reserve(f, &b, "acme", "0.2");
	struct store_reservation died = reserve(f, &b, "acme", "0.2");

	assert_true(died.granted);
	assert_false(reserve(f, &b, "acme", "0.01").granted);
	settle(f, less.id, "acme", "0.03", 2);
	assert_spent(f, NULL, "0.83");
	settle(f, unknown.id, "acme", NULL, 1);
	assert_spent(f, NULL, "0.83");
	settle(f, unsent.id, "acme", "0.1", 0);
	assert_spent(f, NULL, "0.63");
	OK(store_release_reservations(f->store, &released.id, 1, &f->e));
	assert_spent(f, NULL, "0.43");
	assert_query("SELECT state, amount, reserved, sample_id IS NULL FROM ledger ORDER BY id",
		     "settled|0.03|0.2|0\nsettled|0.2|0.2|0\nreleased|0|0.2|0\n"
		     "released|0|0.2|1\nreserved|0.2|0.2|1\n");
	assert_query("SELECT amount, requests FROM ledger_days", "0.23|2\n");
}

/* What is settled stays what it is, and a sample is never lost for its money. */
static void test_a_reservation_ends_once(void **state)
{
	struct store_budget b = budget("1", NULL);
	struct fixture *f = *state;
	struct store_reservation r = reserve(f, &b, "acme", "0.2");

	settle(f, r.id, "acme", "0.1", 1);
	OK(store_release_reservations(f->store, &r.id, 1, &f->e));
	assert_spent(f, NULL, "0.1");
	settle(f, r.id, "acme", "0.05", 1);
	assert_spent(f, NULL, "0.15");
	settle(f, 4711, "acme", NULL, 1);
	assert_spent(f, NULL, "0.15");
	assert_query("SELECT count(*) FROM samples", "3\n");
}

static void test_without_a_budget_costs_are_written(void **state)
{
	struct fixture *f = *state;

	settle(f, 0, "acme", "0.0000001", 1);
	settle(f, 0, "acme", "0.0000008", 1);
	settle(f, 0, "acme", NULL, 1);
	settle(f, 0, "acme", "7", 0);
	assert_spent(f, NULL, "0.0000009");
	assert_query("SELECT amount, state, reserved FROM ledger ORDER BY id",
		     "0.0000001|settled|-\n0.0000008|settled|-\n");
	assert_query("SELECT provider, amount, requests FROM ledger_days", "acme|0.0000009|2\n");
}

static void test_a_release_is_part_of_its_transaction(void **state)
{
	struct store_budget b = budget("1", NULL);
	struct fixture *f = *state;
	struct store_reservation r = reserve(f, &b, "acme", "0.2");

	OK(store_begin(f->store, "probe", &f->e));
	OK(store_release_reservations(f->store, &r.id, 1, &f->e));
	store_rollback(f->store);
	assert_spent(f, NULL, "0.2");
	OK(store_release_reservations(f->store, NULL, 0, &f->e));
}

/* ---- beside others ---- */

enum { SPENDERS = 4, TRIES = 60, LIMIT_CENTS = 100, CENTS = 3 };

struct spender {
	pthread_t thread;
	int granted;
	struct err e;
	bool ok;
};

/* On a connection of its own: reserves three cents at a time, settles every other one to two. */
static bool spend(struct spender *me, struct store *s)
{
	struct store_budget b = budget("1", NULL);
	struct sample x = samples_bare("acme", "m", T0, OUTCOME_OK);

	x.has_cost = true;
	x.cost = dec("0.02");
	for (int i = 0; i < TRIES; i++) {
		struct store_reservation r = want("acme", "0.03");
		struct store_sample w = { .sample = &x };

		if (!store_reserve(s, &b, T0, &r, 1, &me->e))
			return false;
		me->granted += r.granted;
		if (!r.granted || i % 2)
			continue;
		w.reservation_id = r.id;
		if (!store_begin(s, "probe", &me->e) || !store_save_samples(s, &w, 1, &me->e) ||
		    !store_commit(s, &me->e))
			return false;
	}
	return true;
}

static void *spender(void *arg)
{
	struct spender *me = arg;
	struct store *s;

	me->ok = store_open(&s, url, STORE_WRITE, &me->e);
	if (me->ok) {
		me->ok = spend(me, s);
		store_close(s);
	}
	return NULL;
}

static long number(const char *sql)
{
	char *text = contract_query(url, sql);
	long n = strtol(text, NULL, 10);

	free(text);
	return n;
}

static void test_a_limit_is_never_exceeded(void **state)
{
	struct spender spenders[SPENDERS] = { 0 };
	struct fixture *f = *state;
	long settled, reserved;
	struct dec spent, cents;
	struct str expected;
	int granted = 0;

	for (int i = 0; i < SPENDERS; i++)
		assert_int_equal(pthread_create(&spenders[i].thread, NULL, spender, &spenders[i]),
				 0);
	for (int i = 0; i < SPENDERS; i++) {
		(void)pthread_join(spenders[i].thread, NULL);
		if (!spenders[i].ok)
			fail_msg("%s", spenders[i].e.text);
		granted += spenders[i].granted;
	}
	settled = number("SELECT count(*) FROM ledger WHERE state = 'settled'");
	reserved = number("SELECT count(*) FROM ledger WHERE state = 'reserved'");
	assert_int_equal(settled + reserved, granted);
	assert_true(2 * settled + CENTS * reserved <= LIMIT_CENTS);
	/* And all of it is used: no more fits. */
	assert_true(2 * settled + CENTS * reserved > LIMIT_CENTS - CENTS);
	OK(store_spent(f->store, STR("acme"), DAY, &spent, &f->e));
	expected = arena_printf(&f->a, "%ld.%02ld", (2 * settled + CENTS * reserved) / 100,
				(2 * settled + CENTS * reserved) % 100);
	assert_true(dec_parse(expected, &cents, &f->e));
	assert_int_equal(dec_cmp(&spent, &cents), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_limit_is_exact),
		TEST(test_the_last_digit_counts),
		TEST(test_each_is_granted_while_it_fits),
		TEST(test_without_limits_all_is_granted),
		TEST(test_a_day_is_a_day),
		TEST(test_what_becomes_of_a_reservation),
		TEST(test_a_reservation_ends_once),
		TEST(test_without_a_budget_costs_are_written),
		TEST(test_a_release_is_part_of_its_transaction),
		TEST(test_a_limit_is_never_exceeded),
	};

	return KIT_RUN("money", tests);
}
