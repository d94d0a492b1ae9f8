/* The loop: posts from other threads, work, timers that neither spin nor run early. */
#include "base/clock.h"
#include "base/loop.h"

#include "unit.h"
#include <pthread.h>
#include <stdlib.h>

static void nothing_to_wait_for_ends_at_once(void **state)
{
	struct loop *l = loop_create();

	(void)state;
	loop_run(l);
	loop_run(l);
	loop_destroy(l);
	loop_destroy(NULL);
}

struct order {
	struct loop *loop;
	int seen[8];
	int n;
};

struct note {
	struct order *in;
	int number;
};

static void note_it(void *arg)
{
	struct note *note = arg;

	note->in->seen[note->in->n++] = note->number;
}

static void posts_run_in_order_even_when_nobody_holds(void **state)
{
	struct order o = { .loop = loop_create() };
	struct note notes[3] = { { &o, 1 }, { &o, 2 }, { &o, 3 } };

	(void)state;
	for (int i = 0; i < 3; i++)
		loop_post(o.loop, note_it, &notes[i]);
	assert_int_equal(o.n, 0);
	loop_run(o.loop);
	assert_int_equal(o.n, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(o.seen[i], i + 1);
	loop_destroy(o.loop);
}

static void post_another(void *arg)
{
	struct note *note = arg;

	note_it(note);
	if (note->in->n < 5)
		loop_post(note->in->loop, post_another, note);
}

static void a_post_may_post(void **state)
{
	struct order o = { .loop = loop_create() };
	struct note note = { &o, 1 };

	(void)state;
	loop_post(o.loop, post_another, &note);
	loop_run(o.loop);
	assert_int_equal(o.n, 5);
	loop_destroy(o.loop);
}

static void posts_never_run_are_not_leaked(void **state)
{
	struct loop *l = loop_create();

	(void)state;
	loop_post(l, note_it, NULL);
	loop_destroy(l);
}

enum { POSTERS = 4, POSTS_EACH = 5000 };

struct poster {
	struct loop *loop;
	pthread_t thread;
	int next; /* what the loop expects from it next; loop thread only */
	bool wrong;
};

struct numbered {
	struct poster *from;
	int number;
};

static void take_number(void *arg)
{
	struct numbered *n = arg;

	if (n->number != n->from->next++)
		n->from->wrong = true;
	if (n->from->next == POSTS_EACH)
		loop_release(n->from->loop);
	free(n);
}

static void *poster_main(void *arg)
{
	struct poster *p = arg;

	for (int i = 0; i < POSTS_EACH; i++) {
		struct numbered *n = malloc(sizeof(*n));

		if (!n)
			abort();
		*n = (struct numbered){ p, i };
		loop_post(p->loop, take_number, n);
	}
	return NULL;
}

static void threads_post_in_order_and_hold_keeps_the_loop(void **state)
{
	struct loop *l = loop_create();
	struct poster posters[POSTERS] = { 0 };

	(void)state;
	for (int i = 0; i < POSTERS; i++) {
		posters[i].loop = l;
		loop_hold(l);
		assert_int_equal(pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]),
				 0);
	}
	loop_run(l);
	for (int i = 0; i < POSTERS; i++) {
		assert_int_equal(posters[i].next, POSTS_EACH);
		assert_false(posters[i].wrong);
		pthread_join(posters[i].thread, NULL);
	}
	loop_destroy(l);
}

static void count_post(void *arg)
{
	((struct poster *)arg)->next++;
}

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (int i = 0; i < POSTS_EACH; i++)
		loop_post(p->loop, count_post, p);
	return NULL;
}

/* The loop has nothing to wait for and ends again and again, also while somebody is posting. */
static void posts_of_those_who_do_not_hold_are_not_lost(void **state)
{
	struct loop *l = loop_create();
	struct poster p = { .loop = l };

	(void)state;
	assert_int_equal(pthread_create(&p.thread, NULL, post_all, &p), 0);
	while (p.next < POSTS_EACH)
		loop_run(l);
	pthread_join(p.thread, NULL);
	loop_run(l);
	assert_int_equal(p.next, POSTS_EACH);
	loop_destroy(l);
}

struct job {
	pthread_t loop_thread, work_thread, done_thread;
	int value;
};

static void work_on(void *arg)
{
	struct job *j = arg;

	j->work_thread = pthread_self();
	j->value = 42;
}

static void work_done(void *arg)
{
	struct job *j = arg;

	j->done_thread = pthread_self();
	j->value++;
}

static void work_runs_elsewhere_and_comes_back(void **state)
{
	struct loop *l = loop_create();
	struct job jobs[50] = { 0 };

	(void)state;
	for (int i = 0; i < 50; i++)
		loop_work(l, work_on, work_done, &jobs[i]);
	loop_run(l);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(jobs[i].value, 43);
		assert_false(pthread_equal(jobs[i].work_thread, pthread_self()));
		assert_true(pthread_equal(jobs[i].done_thread, pthread_self()));
	}
	loop_destroy(l);
}

struct round {
	struct loop *loop;
	int left;
};

static void nothing(void *arg)
{
	(void)arg;
}

static void again(void *arg)
{
	struct round *r = arg;

	if (r->left-- > 0)
		loop_work(r->loop, nothing, again, r);
}

/* Nobody holds the loop but the work itself, and each loop has threads of its own. */
static void work_may_follow_from_work(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct round r = { loop_create(), 20 };

		again(&r);
		loop_run(r.loop);
		assert_int_equal(r.left, -1);
		loop_destroy(r.loop);
	}
}

static void work_that_nobody_waits_for_is_done_all_the_same(void **state)
{
	struct loop *l = loop_create();
	struct job jobs[50] = { 0 };

	(void)state;
	for (int i = 0; i < 50; i++)
		loop_work(l, work_on, NULL, &jobs[i]);
	loop_run(l);
	loop_destroy(l);
	for (int i = 0; i < 50; i++)
		assert_int_equal(jobs[i].value, 42);
}

struct ticking {
	struct loop *loop;
	uint64_t until_us;
	unsigned ticks;
};

static void tick(void *arg)
{
	struct ticking *t = arg;

	t->ticks++;
	if (clock_mono_us() < t->until_us)
		loop_after(t->loop, 0, tick, t);
}

/* libuv 1.44 alone: tens of millions of runs in one round, sockets starved (libuv#4245). */
static void a_zero_delay_does_not_spin(void **state)
{
	struct ticking t = { .loop = loop_create(), .until_us = clock_mono_us() + 100000 };

	(void)state;
	loop_after(t.loop, 0, tick, &t);
	loop_run(t.loop);
	assert_in_range(t.ticks, 1, 110); /* fewer where the machine is busy */
	loop_destroy(t.loop);
}

static void busy_for(uint64_t us)
{
	uint64_t until = clock_mono_us() + us;

	while (clock_mono_us() < until)
		;
}

static void note_time(void *arg)
{
	*(uint64_t *)arg = clock_mono_us();
}

/* The loop's own clock stands still while a callback runs. */
static void a_timer_set_late_in_a_long_callback_is_not_early(void **state)
{
	struct loop *l = loop_create();
	uint64_t set_us;
	uint64_t ran_us = 0;

	(void)state;
	uv_update_time(loop_uv(l));
	busy_for(50000);
	set_us = clock_mono_us();
	loop_after(l, 20, note_time, &ran_us);
	loop_run(l);
	assert_true(ran_us >= set_us + 20000);
	loop_destroy(l);
}

static void stop_it(void *arg)
{
	loop_stop(arg);
}

static void stop_ends_one_run_only(void **state)
{
	struct loop *l = loop_create();
	uint64_t ran_us = 0;

	(void)state;
	loop_after(l, 50, note_time, &ran_us);
	loop_after(l, 1, stop_it, l);
	loop_run(l);
	assert_int_equal(ran_us, 0);
	loop_run(l);
	assert_int_not_equal(ran_us, 0);
	loop_destroy(l);
}

static void *post_stop(void *arg)
{
	busy_for(2000);
	loop_post(arg, stop_it, arg);
	return NULL;
}

static void another_thread_stops_it_by_a_post(void **state)
{
	struct loop *l = loop_create();
	pthread_t thread;

	(void)state;
	loop_hold(l);
	assert_int_equal(pthread_create(&thread, NULL, post_stop, l), 0);
	loop_run(l);
	loop_release(l);
	pthread_join(thread, NULL);
	loop_destroy(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_wait_for_ends_at_once),
		cmocka_unit_test(posts_run_in_order_even_when_nobody_holds),
		cmocka_unit_test(a_post_may_post),
		cmocka_unit_test(posts_never_run_are_not_leaked),
		cmocka_unit_test(threads_post_in_order_and_hold_keeps_the_loop),
		cmocka_unit_test(posts_of_those_who_do_not_hold_are_not_lost),
		cmocka_unit_test(work_runs_elsewhere_and_comes_back),
		cmocka_unit_test(work_may_follow_from_work),
		cmocka_unit_test(work_that_nobody_waits_for_is_done_all_the_same),
		cmocka_unit_test(a_zero_delay_does_not_spin),
		cmocka_unit_test(a_timer_set_late_in_a_long_callback_is_not_early),
		cmocka_unit_test(stop_ends_one_run_only),
		cmocka_unit_test(another_thread_stops_it_by_a_post),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
