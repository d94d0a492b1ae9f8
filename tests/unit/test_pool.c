/* The pool: every job once, never more at once than threads, and an end that loses none. */
#include "base/pool.h"

#include "unit.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { JOBS = 500, MOST = 3 };

static atomic_int n_done;

static void count(void *arg)
{
	(void)arg;
	n_done++;
}

static void ending_finishes_what_was_posted(void **state)
{
	struct pool *p = pool_create("pool", MOST);

	(void)state;
	n_done = 0;
	for (int i = 0; i < JOBS; i++)
		pool_post(p, count, NULL);
	pool_destroy(p);
	assert_int_equal(n_done, JOBS);
	pool_destroy(pool_create("pool", MOST)); /* nothing was posted */
	pool_destroy(NULL);
}

static void count_and_post(void *arg)
{
	struct pool *p = arg;

	if (++n_done < JOBS)
		pool_post(p, count_and_post, p);
}

static void ending_finishes_what_jobs_post_meanwhile(void **state)
{
	struct pool *p = pool_create("pool", MOST);

	(void)state;
	n_done = 0;
	pool_post(p, count_and_post, p);
	pool_destroy(p);
	assert_int_equal(n_done, JOBS);
}

struct order {
	int next;
	bool wrong;
};

struct place {
	struct order *in;
	int number;
};

static void take_place(void *arg)
{
	struct place *at = arg;

	at->in->wrong |= at->in->next++ != at->number;
}

static void one_thread_keeps_the_order(void **state)
{
	struct pool *p = pool_create("queue", 1);
	struct place places[JOBS];
	struct order o = { 0 };

	(void)state;
	for (int i = 0; i < JOBS; i++) {
		places[i] = (struct place){ &o, i };
		pool_post(p, take_place, &places[i]);
	}
	pool_destroy(p);
	assert_int_equal(o.next, JOBS);
	assert_false(o.wrong);
}

struct meeting {
	sem_t come, go;
	atomic_int here, most;
};

static void meet(void *arg)
{
	struct meeting *m = arg;
	int here = ++m->here;

	if (here > m->most)
		m->most = here;
	assert_int_equal(sem_post(&m->come), 0);
	assert_int_equal(sem_wait(&m->go), 0);
	m->here--;
}

/* Each of them waits until all are there, and no thread more is started for the others. */
static void as_many_at_once_as_there_are_threads(void **state)
{
	struct pool *p = pool_create("pool", MOST);
	struct meeting m = { .here = 0 };

	(void)state;
	assert_int_equal(sem_init(&m.come, 0, 0), 0);
	assert_int_equal(sem_init(&m.go, 0, 0), 0);
	for (int i = 0; i < 2 * MOST; i++)
		pool_post(p, meet, &m);
	for (int i = 0; i < MOST; i++)
		assert_int_equal(sem_wait(&m.come), 0);
	assert_int_equal(m.most, MOST);
	assert_int_equal(pool_waiting(p), MOST);
	for (int i = 0; i < 2 * MOST; i++)
		assert_int_equal(sem_post(&m.go), 0);
	pool_destroy(p);
	assert_int_equal(m.most, MOST);
	(void)sem_destroy(&m.come);
	(void)sem_destroy(&m.go);
}

static void *post_some(void *arg)
{
	for (int i = 0; i < JOBS; i++)
		pool_post(arg, count, NULL);
	return NULL;
}

static void many_may_post_at_once(void **state)
{
	struct pool *p = pool_create("pool", MOST);
	pthread_t posters[MOST];

	(void)state;
	n_done = 0;
	for (int i = 0; i < MOST; i++)
		assert_int_equal(pthread_create(&posters[i], NULL, post_some, p), 0);
	for (int i = 0; i < MOST; i++)
		(void)pthread_join(posters[i], NULL);
	pool_destroy(p);
	assert_int_equal(n_done, MOST * JOBS);
}

struct seen {
	sigset_t mask;
	char name[16];
	int priority;
};

static void look(void *arg)
{
	struct seen *s = arg;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
	(void)pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
	s->priority = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void a_thread_steps_back_and_takes_no_signals(void **state)
{
	struct pool *p = pool_create("looker", 1);
	struct seen s = { 0 };
	int ours = getpriority(PRIO_PROCESS, 0);

	(void)state;
	pool_post(p, look, &s);
	pool_destroy(p);
	assert_string_equal(s.name, "looker");
	assert_int_equal(sigismember(&s.mask, SIGTERM), 1);
	assert_int_equal(s.priority, ours + 10 < 19 ? ours + 10 : 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ending_finishes_what_was_posted),
		cmocka_unit_test(ending_finishes_what_jobs_post_meanwhile),
		cmocka_unit_test(one_thread_keeps_the_order),
		cmocka_unit_test(as_many_at_once_as_there_are_threads),
		cmocka_unit_test(many_may_post_at_once),
		cmocka_unit_test(a_thread_steps_back_and_takes_no_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
