/* The lease of the one service: what ends the service, and what is only tried again. */
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

static bool fake_lease_take(struct store *s, const struct store_lease *want,
			    const struct store_lease *dead, struct arena *a, bool *ret_taken,
			    struct store_lease *ret_holder, struct err *e)
{
	(void)s;
	(void)dead;
	(void)a;
	asked++;
	if (mood == LOCKED)
		return err_set(e, ERR_BUSY, "the database is locked by another process");
	if (mood == UNREACHABLE)
		return err_set(e, ERR_IO, "the database cannot be reached");
	*ret_taken = mood == FREE;
	*ret_holder = *want;
	ret_holder->host = STR("elsewhere.example");
	return true;
}

static bool fake_lease_release(struct store *s, const struct store_lease *mine, struct err *e)
{
	(void)s;
	(void)mine;
	(void)e;
	return true;
}

static bool fake_mark(struct store *s, struct arena *a, struct str *ret, struct err *e)
{
	(void)s;
	(void)a;
	(void)ret;
	return err_set(e, ERR_BUSY, "not of interest here");
}

static void fake_close(struct store *s)
{
	(void)s;
}

static const struct store_backend backend = {
	.name = "fake",
	.close = fake_close,
	.mark = fake_mark,
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
	unsigned lost;
	struct err why;
};

static void on_lost(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	f->lost++;
	f->why = *e;
}

static void ignore_watched(void *arg, bool foreign, const struct err *why)
{
	(void)arg;
	(void)foreign;
	(void)why;
}

static void begin(struct fixture *f)
{
	struct agenda_conf conf = { .watch_ms = SOLE_LEASE_MS,
				    .watched = ignore_watched,
				    .lost = on_lost,
				    .sole = &f->sole,
				    .arg = f };
	struct err e;

	*f = (struct fixture){ .store = { &backend } };
	boot_us = INT64_C(3600) * 1000 * US_PER_MS;
	wall_ms = 1800000000000;
	mood = FREE;
	asked = 0;
	assert_true(sole_take(&f->store, &f->sole, &e));
	f->loop = loop_create();
	conf.loop = f->loop;
	conf.store = f->thread = store_thread_start(f->loop, &f->store);
	conf.timetable = f->timetable = timetable_create_in(f->loop, &world);
	f->agenda = agenda_create(&conf);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_renewed_long_before_it_ends),
		cmocka_unit_test(test_a_locked_database_is_no_loss),
		cmocka_unit_test(test_one_that_is_away_is_no_loss),
		cmocka_unit_test(test_somebody_else_is_a_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
