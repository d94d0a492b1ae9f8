#include "task/timetable.h"
#include "unit.h"

#include "base/clock.h"

#include <string.h>

#define MS     INT64_C(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)

enum { HOURS_MS = 3600 * 1000 };

/* ---- a world that a test turns ---- */

static int64_t boot, wall; /* us since boot, ms of the clock on the wall */
static uint64_t chance;    /* what random() answers */

static int64_t world_boot(void)
{
	return boot;
}

static int64_t world_wall(void)
{
	return wall;
}

static uint64_t world_random(void)
{
	return chance;
}

static const struct timetable_world world = { world_boot, world_wall, world_random };

static void turn(struct timetable *t, int64_t us)
{
	boot += us;
	wall += us / MS;
	timetable_run(t);
}

struct log {
	int runs;
	uint64_t late_us;
	int64_t at_us;
	int64_t wait_ms; /* asked for again after it; 0: rests */
	bool exactly;
};

static void on_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct log *log = arg;

	log->runs++;
	log->late_us = late_us;
	log->at_us = boot;
	if (log->wait_ms && log->exactly)
		timetable_next_exactly(entry, log->wait_ms, STR("again"));
	else if (log->wait_ms)
		timetable_next(entry, log->wait_ms, STR("again"));
}

static struct loop *loop;

static struct timetable *begin(void)
{
	boot = 1000 * MINUTE;
	wall = 1800000000000;
	chance = 0;
	loop = loop_create();
	return timetable_create_in(loop, &world);
}

static void end(struct timetable *t)
{
	timetable_destroy(t);
	loop_run(loop);
	loop_destroy(loop);
}

static struct timetable_row row_of(const struct timetable *t, const char *name)
{
	struct timetable_row rows[64];
	size_t n = timetable_list(t, rows, 64);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name.at, name) == 0)
			return rows[i];
	fail();
	return rows[0];
}

/* ---- tests ---- */

/* Late by whatever, a hundred times: the grid stays where it began. */
static void test_nothing_drifts(void **state)
{
	struct timetable *t = begin();
	struct log log = { .wait_ms = 10000, .exactly = true };
	struct timetable_entry *e = timetable_add(t, STR("watch"), on_due, &log);
	int64_t first = boot;

	(void)state;
	timetable_next_exactly(e, 10000, STR("first"));
	for (int i = 1; i <= 100; i++) {
		int64_t late = (i * 37) % 900 * MS;

		turn(t, first + i * 10 * SECOND + late - boot);
		assert_int_equal(log.runs, i);
		assert_int_equal(log.late_us, late);
	}
	assert_int_equal(row_of(t, "watch").skipped, 0);
	end(t);
}

/* Not a moment too soon. */
static void test_is_not_early(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_entry *e = timetable_add(t, STR("a"), on_due, &log);

	(void)state;
	timetable_next_exactly(e, 5000, STR("x"));
	turn(t, 5 * SECOND - 1);
	assert_int_equal(log.runs, 0);
	turn(t, 1);
	assert_int_equal(log.runs, 1);
	/* It rests until it is asked for again. */
	turn(t, 100 * SECOND);
	assert_int_equal(log.runs, 1);
	assert_true(row_of(t, "a").due_at_ms == CLOCK_NONE);
	end(t);
}

/* A tenth to either side at most, and none of it is added up. */
static void test_chance_keeps_apart_and_does_not_drift(void **state)
{
	struct timetable *t = begin();
	struct log log = { .wait_ms = 100000 };
	struct timetable_entry *e = timetable_add(t, STR("sync:x"), on_due, &log);
	int64_t first = boot;
	int64_t low = 0;
	int64_t high = 0;

	(void)state;
	chance = 12345678901;
	timetable_next(e, 100000, STR("x"));
	for (int i = 1; i <= 200; i++) {
		int64_t off;

		while (log.runs < i) {
			chance = chance * 6364136223846793005U + 1442695040888963407U;
			turn(t, 10 * MS);
		}
		off = log.at_us - (first + (int64_t)i * 100 * SECOND);
		assert_in_range(off + 10 * SECOND, 0, 20 * SECOND + 10 * MS);
		low = off < low ? off : low;
		high = off > high ? off : high;
	}
	assert_true(low < -8 * SECOND && high > 8 * SECOND);
	end(t);
}

/* Three days of sleep: each runs once, within a minute; the others are counted. */
static void test_who_slept_runs_once_and_spread(void **state)
{
	enum { N = 20, PERIODS = 3 * 24 * 12 };
	struct timetable *t = begin();
	struct log logs[N] = { { 0 } };
	int64_t slept_until;
	int at_once = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		char name[16];

		logs[i].wait_ms = 300000;
		logs[i].exactly = true;
		(void)snprintf(name, sizeof(name), "sync:%02d", i);
		timetable_next_exactly(timetable_add(t, str_of(name), on_due, &logs[i]), 300000,
				       STR("x"));
	}
	boot += PERIODS * 5 * MINUTE + MINUTE + SECOND;
	wall += (PERIODS * 5 * MINUTE + MINUTE + SECOND) / MS;
	slept_until = boot;
	for (int i = 0; i < 61; i++) {
		chance = (uint64_t)boot * 2654435761U;
		turn(t, i ? SECOND : 0);
		for (int k = 0; i == 0 && k < N; k++)
			at_once += logs[k].runs;
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(logs[i].runs, 1);
		assert_in_range(logs[i].at_us, slept_until, slept_until + MINUTE + SECOND);
		assert_true(logs[i].late_us >= (uint64_t)((PERIODS - 1) * 5) * MINUTE);
	}
	assert_in_range(at_once, 0, N / 2);
	assert_int_equal(row_of(t, "sync:00").skipped, PERIODS - 1);
	/* And on with the grid. */
	turn(t, 5 * MINUTE - boot % (5 * MINUTE));
	for (int i = 0; i < N; i++)
		assert_int_equal(logs[i].runs, 2);
	end(t);
}

/* Who is late by less than a minute is no sleeper. */
static void test_a_little_late_is_not_spread(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_entry *e = timetable_add(t, STR("a"), on_due, &log);

	(void)state;
	chance = UINT64_MAX;
	timetable_next_exactly(e, 1000, STR("x"));
	turn(t, SECOND + MINUTE);
	assert_int_equal(log.runs, 1);
	assert_int_equal(log.late_us, MINUTE);
	end(t);
}

/* The clock on the wall is set: forward, and what it passed is due; back, and it is not yet. */
static void test_the_wall_clock_may_be_set(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_entry *e = timetable_add(t, STR("sync:daily"), on_due, &log);

	(void)state;
	timetable_next_at(e, wall + 10 * HOURS_MS, STR("at ten"));
	turn(t, 60 * MINUTE);
	assert_int_equal(log.runs, 0);
	wall -= 5 * HOURS_MS; /* 14 h to go */
	turn(t, 13 * 60 * MINUTE);
	assert_int_equal(log.runs, 0);
	wall += HOURS_MS - 30 * 1000;
	turn(t, 0);
	assert_int_equal(log.runs, 0);
	turn(t, 30 * SECOND);
	assert_int_equal(log.runs, 1);
	assert_int_equal(log.late_us, 0);
	end(t);
}

/* An instant long past: soon. */
static void test_an_instant_that_has_passed(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_entry *e = timetable_add(t, STR("a"), on_due, &log);

	(void)state;
	chance = 30 * SECOND;
	timetable_next_at(e, wall - 20 * HOURS_MS, STR("x"));
	turn(t, MS);
	assert_int_equal(log.runs, 0); /* spread */
	turn(t, 30 * SECOND);
	assert_int_equal(log.runs, 1);
	assert_true(log.late_us > (uint64_t)20 * 3600 * SECOND);
	end(t);
}

/* Somebody else did it: the next time is reckoned from there. */
static void test_touched(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_entry *e = timetable_add(t, STR("a"), on_due, &log);

	(void)state;
	timetable_next_exactly(e, 100000, STR("x"));
	turn(t, 60 * SECOND);
	timetable_touch(e);
	timetable_next_exactly(e, 100000, STR("x"));
	turn(t, 99 * SECOND);
	assert_int_equal(log.runs, 0);
	turn(t, SECOND);
	assert_int_equal(log.runs, 1);
	end(t);
}

/* A callback may wish for now again and again: it gets its turn, and others theirs. */
static void test_wait_of_nothing_does_not_spin(void **state)
{
	struct timetable *t = begin();
	struct log greedy = { 0 };
	struct log other = { 0 };
	struct timetable_entry *a = timetable_add(t, STR("greedy"), on_due, &greedy);
	struct timetable_entry *b = timetable_add(t, STR("other"), on_due, &other);

	(void)state;
	timetable_next_exactly(a, 0, STR("x"));
	timetable_next_exactly(b, 1000, STR("x"));
	for (int i = 1; i < 10; i++) {
		turn(t, MS);
		assert_int_equal(greedy.runs, i);
		timetable_next_exactly(a, 0, STR("x"));
	}
	turn(t, SECOND);
	assert_int_equal(other.runs, 1);
	assert_int_equal(row_of(t, "greedy").skipped, 0);
	end(t);
}

/* The heap against the simplest thing that could be right. */
static void test_heap_by_order(void **state)
{
	enum { N = 50, ROUNDS = 2000 };
	struct timetable *t = begin();
	struct log logs[N] = { { 0 } };
	struct timetable_entry *entries[N];
	int64_t due[N];
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < N; i++) {
		entries[i] = timetable_add(t, STR("x"), on_due, &logs[i]);
		due[i] = -1;
	}
	for (int round = 0; round < ROUNDS; round++) {
		int which;
		int64_t wait;

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		which = (int)(seed >> 33) % N;
		wait = (int64_t)(seed >> 40) % 5000 + 1;
		timetable_touch(entries[which]);
		if (wait % 7 == 0) {
			timetable_rest(entries[which], STR("rests"));
			due[which] = -1;
		} else {
			timetable_next_exactly(entries[which], wait, STR("x"));
			due[which] = boot + wait * MS;
		}
		if (round % 3)
			continue;
		turn(t, 300 * MS);
		for (int i = 0; i < N; i++) {
			assert_int_equal(logs[i].runs, due[i] >= 0 && due[i] <= boot);
			if (logs[i].runs)
				due[i] = -1;
			logs[i].runs = 0;
		}
	}
	end(t);
}

/* The earliest first, those that rest last; room for few is the first few. */
static void test_list(void **state)
{
	struct timetable *t = begin();
	struct log log = { 0 };
	struct timetable_row rows[3];
	struct timetable_entry *gone = timetable_add(t, STR("gone"), on_due, &log);

	(void)state;
	timetable_next_exactly(timetable_add(t, STR("c"), on_due, &log), 3000, STR("third"));
	(void)timetable_add(t, STR("rests"), on_due, &log);
	timetable_next_exactly(timetable_add(t, STR("a"), on_due, &log), 1000, STR("first"));
	timetable_next_at(timetable_add(t, STR("b"), on_due, &log), wall + 2000, STR("second"));
	timetable_next_exactly(gone, 1, STR("x"));
	timetable_remove(gone);
	assert_int_equal(timetable_list(t, rows, 3), 4);
	assert_string_equal(rows[0].name.at, "a");
	assert_string_equal(rows[0].reason.at, "first");
	assert_int_equal(rows[0].due_at_ms, wall + 1000);
	assert_true(rows[0].last_at_ms == CLOCK_NONE);
	assert_string_equal(rows[1].name.at, "b");
	assert_int_equal(rows[1].due_at_ms, wall + 2000);
	assert_string_equal(rows[2].name.at, "c");
	turn(t, SECOND);
	assert_int_equal(row_of(t, "a").runs, 1);
	assert_int_equal(row_of(t, "a").last_at_ms, wall);
	end(t);
}

/* With the real clock and the loop: it waits by itself. */
static void stop(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct log *log = arg;

	(void)entry;
	log->runs++;
	log->late_us = late_us;
	loop_release(loop);
}

static void test_the_loop_runs_it(void **state)
{
	struct log log = { 0 };
	struct timetable *t;

	(void)state;
	loop = loop_create();
	t = timetable_create(loop);
	loop_hold(loop);
	timetable_next(timetable_add(t, STR("a"), stop, &log), 20, STR("x"));
	loop_run(loop);
	assert_int_equal(log.runs, 1);
	timetable_destroy(t);
	loop_run(loop);
	loop_destroy(loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_drifts),
		cmocka_unit_test(test_is_not_early),
		cmocka_unit_test(test_chance_keeps_apart_and_does_not_drift),
		cmocka_unit_test(test_who_slept_runs_once_and_spread),
		cmocka_unit_test(test_a_little_late_is_not_spread),
		cmocka_unit_test(test_the_wall_clock_may_be_set),
		cmocka_unit_test(test_an_instant_that_has_passed),
		cmocka_unit_test(test_touched),
		cmocka_unit_test(test_wait_of_nothing_does_not_spin),
		cmocka_unit_test(test_heap_by_order),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_the_loop_runs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
