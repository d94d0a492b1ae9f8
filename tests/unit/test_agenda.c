/* Whether others have written, and the lease of the one service: what ends it, and what is only tried again. */
#include "task/agenda.h"
#include "unit.h"

#include "store/backend.h"
#include "store/thread.h"

#include <stdlib.h>

enum { US_PER_MS = 1000, ROWS = 8, TRIES = 5 };

/* ---- a clock that a test turns ---- */

static int64_t boot_us, wall_ms;

static int64_t world_boot(void)
{
	return boot_us;
}

static int64_t world_wall(void)
{
	return wall_ms;
}

static uint64_t world_random(void)
{
	return 0;
}

static const struct timetable_world world = { world_boot, world_wall, world_random };

/* ---- a database that answers as a test says ---- */

enum mood { FREE, LOCKED, UNREACHABLE, SOMEBODY_ELSES };

static enum mood mood;
static unsigned asked;
static const char *mark; /* NULL: it is not told */
static struct store_lease wanted;

static bool fake_lease_take(struct store *s, const struct store_lease *want,
			    const struct store_lease *dead, struct arena *a, bool *ret_taken,
			    struct store_lease *ret_holder, struct err *e)
{
	(void)s;
	(void)dead;
	(void)a;
	asked++;
	wanted = *want;
	if (mood == LOCKED)
		return err_set(e, ERR_BUSY, "the database is locked by another process");
	if (mood == UNREACHABLE)
		return err_set(e, ERR_IO, "the database cannot be reached");
	*ret_taken = mood == FREE;
	*ret_holder = *want;
	ret_holder->host = STR("elsewhere.example");
	return true;
}

static bool fake_lease_clock(struct store *s, int64_t *ret_ms, struct err *e)
{
	(void)s;
	(void)e;
	*ret_ms = wall_ms;
	return true;
}

static bool fake_lease_release(struct store *s, const struct store_lease *mine, struct err *e)
{
	(void)s;
	(void)mine;
	(void)e;
	return true;
}

static bool fake_lease_find(struct store *s, struct str name, struct arena *a,
			    struct store_lease *ret, struct err *e)
{
	(void)s;
	(void)name;
	(void)a;
	(void)e;
	*ret = wanted;
	if (mood == SOMEBODY_ELSES)
		ret->host = STR("elsewhere.example");
	return true;
}

static bool fake_mark(struct store *s, struct arena *a, struct str *ret, struct err *e)
{
	(void)s;
	(void)a;
	if (!mark)
		return err_set(e, ERR_BUSY, "not of interest here");
	*ret = str_of(mark);
	return true;
}

/* Nothing is owed, spent or held. */
static bool fake_owed(struct store *s, struct store_owed *ret, struct err *e)
{
	(void)s;
	(void)e;
	*ret = (struct store_owed){ 0 };
	return true;
}

static bool fake_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		       struct err *e)
{
	(void)s;
	(void)provider;
	(void)since_ms;
	(void)e;
	*ret = (struct dec){ 0 };
	return true;
}

static bool fake_reviews(struct store *s, enum store_review_scope scope, int64_t id,
			 struct arena *a, struct store_review **ret, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)scope;
	(void)id;
	(void)a;
	(void)ret;
	(void)e;
	*ret_n = 0;
	return true;
}

static void ignore_owed(void *arg, const struct agenda_owed *o)
{
	(void)arg;
	(void)o;
}

static void fake_close(struct store *s)
{
	(void)s;
}

static const struct store_backend backend = {
	.name = "fake",
	.close = fake_close,
	.mark = fake_mark,
	.load_owed = fake_owed,
	.spent = fake_spent,
	.load_reviews = fake_reviews,
	.lease_clock = fake_lease_clock,
	.lease_find = fake_lease_find,
	.lease_take = fake_lease_take,
	.lease_release = fake_lease_release,
};

/* ---- a service ---- */

struct fixture {
	struct loop *loop;
	struct store store;
	struct store_thread *thread;
	struct timetable *timetable;
	struct agenda *agenda;
	struct sole sole;
	unsigned lost, looks, foreign;
	struct err why;
};

static void on_lost(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->lost++;
	f->why = *e;
}

static void on_watched(void *arg, bool foreign, const struct err *why)
{
	struct fixture *f = arg;

	(void)why;
	f->looks++;
	f->foreign += foreign;
}

enum { WATCH_MS = 7000 };

static void begin_watching(struct fixture *f, int64_t watch_ms)
{
	struct agenda_conf conf = { .watch_ms = watch_ms,
				    .watched = on_watched,
				    .owed = ignore_owed,
				    .lost = on_lost,
				    .sole = &f->sole,
				    .arg = f };
	struct err e;

	*f = (struct fixture){ .store = { &backend } };
	boot_us = INT64_C(3600) * 1000 * US_PER_MS;
	wall_ms = 1800000000000;
	mood = FREE;
	mark = NULL;
	asked = 0;
	assert_true(sole_take(&f->store, &f->sole, &e));
	f->loop = loop_create();
	conf.loop = f->loop;
	conf.store = f->thread = store_thread_start(f->loop, &f->store);
	conf.timetable = f->timetable = timetable_create_in(f->loop, &world);
	f->agenda = agenda_create(&conf);
}

static void begin(struct fixture *f)
{
	begin_watching(f, SOLE_LEASE_MS);
}

static void end(struct fixture *f)
{
	agenda_stop(f->agenda);
	loop_run(f->loop);
	agenda_destroy(f->agenda);
	timetable_destroy(f->timetable);
	store_thread_stop(f->thread);
	loop_run(f->loop);
	loop_destroy(f->loop);
}

/* What was due in that time has happened when it returns. */
static void pass(struct fixture *f, int64_t ms)
{
	boot_us += ms * US_PER_MS;
	wall_ms += ms;
	timetable_run(f->timetable);
	loop_run(f->loop);
}

static int64_t next_in_ms(const struct fixture *f)
{
	struct timetable_row rows[ROWS];
	size_t n = timetable_list(f->timetable, rows, ROWS);

	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].name, STR("lease")))
			return rows[i].due_at_ms - wall_ms;
	fail();
	return 0;
}

/* ---- tests ---- */

static void test_is_renewed_long_before_it_ends(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	pass(&f, SOLE_RENEW_MS);
	assert_int_equal(asked, 2);
	assert_int_equal(f.lost, 0);
	assert_int_equal(next_in_ms(&f), SOLE_RENEW_MS);
	end(&f);
}

/* Whatever keeps the database from answering, nobody else serves for that: it is asked again soon. */
static void survives(enum mood trouble)
{
	struct fixture f;

	begin(&f);
	mood = trouble;
	pass(&f, SOLE_RENEW_MS);
	for (unsigned i = 1; i <= TRIES; i++) {
		assert_int_equal(asked, 1 + i);
		assert_int_equal(f.lost, 0);
		assert_in_range(next_in_ms(&f), 1, SOLE_RENEW_MS / TRIES);
		pass(&f, next_in_ms(&f));
	}
	mood = FREE;
	pass(&f, next_in_ms(&f));
	assert_int_equal(f.lost, 0);
	assert_int_equal(next_in_ms(&f), SOLE_RENEW_MS);
	end(&f);
}

static void test_a_locked_database_is_no_loss(void **state)
{
	(void)state;
	survives(LOCKED);
}

static void test_one_that_is_away_is_no_loss(void **state)
{
	(void)state;
	survives(UNREACHABLE);
}

static void test_somebody_else_is_a_loss(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	mood = LOCKED;
	pass(&f, SOLE_RENEW_MS);
	mood = SOMEBODY_ELSES;
	pass(&f, next_in_ms(&f));
	assert_int_equal(f.lost, 1);
	assert_int_equal(f.why.kind, ERR_BUSY);
	assert_non_null(strstr(f.why.text, "elsewhere.example"));
	end(&f);
}

/* What a service that slept does not notice by renewing it in time. */
static void test_a_loss_is_seen_at_the_next_look(void **state)
{
	struct fixture f;

	(void)state;
	begin_watching(&f, WATCH_MS);
	mark = "1";
	pass(&f, 1);
	assert_int_equal(asked, 1);
	mood = SOMEBODY_ELSES;
	pass(&f, WATCH_MS);
	pass(&f, 1);
	assert_int_equal(f.lost, 1);
	assert_non_null(strstr(f.why.text, "elsewhere.example"));
	end(&f);
}

/* Hosts have clocks of their own. */
static void test_leases_go_by_the_clock_of_the_database(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	wall_ms -= SOLE_LEASE_MS * 4;
	pass(&f, SOLE_RENEW_MS);
	assert_int_equal(wanted.taken_at_ms, wall_ms);
	assert_int_equal(wanted.expires_at_ms, wall_ms + SOLE_LEASE_MS);
	end(&f);
}

/* What is read after the first mark misses nothing: so the first one lets everything be read. */
static void test_the_first_mark_is_another_one(void **state)
{
	struct fixture f;

	(void)state;
	begin_watching(&f, WATCH_MS);
	mark = "1";
	pass(&f, 1);
	assert_int_equal(f.looks, 1);
	assert_int_equal(f.foreign, 1);
	pass(&f, WATCH_MS);
	assert_int_equal(f.looks, 2);
	assert_int_equal(f.foreign, 1);
	mark = "2";
	pass(&f, WATCH_MS);
	assert_int_equal(f.looks, 3);
	assert_int_equal(f.foreign, 2);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_renewed_long_before_it_ends),
		cmocka_unit_test(test_a_locked_database_is_no_loss),
		cmocka_unit_test(test_one_that_is_away_is_no_loss),
		cmocka_unit_test(test_somebody_else_is_a_loss),
		cmocka_unit_test(test_a_loss_is_seen_at_the_next_look),
		cmocka_unit_test(test_leases_go_by_the_clock_of_the_database),
		cmocka_unit_test(test_the_first_mark_is_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
