/* The store thread: one after another, and home again on the loop. */
#include "store/contract.h"
#include "store/thread.h"

#include "unit.h"
#include <pthread.h>
#include <unistd.h>

enum { JOBS = 200 };

struct fixture {
	const char *url;
	struct loop *loop;
	struct store_thread *thread;
	pthread_t here;
	int worked[JOBS], n_worked;       /* written by the store thread alone */
	int done[JOBS], n_done;           /* written by the loop thread alone */
	bool worked_here, done_elsewhere; /* likewise */
};

struct job {
	struct fixture *f;
	int number;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct store *s;
	struct err e;
	size_t n;

	*state = f;
	f->url = contract_urls(&n)[0];
	f->here = pthread_self();
	f->loop = loop_create();
	contract_wipe(f->url);
	if (!store_open(&s, f->url, STORE_WRITE, &e))
		return -1;
	f->thread = store_thread_start(f->loop, s);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_thread_stop(f->thread);
	loop_run(f->loop);
	loop_destroy(f->loop);
	contract_tidy();
	free(f);
	return 0;
}

static void work(struct store *s, void *arg)
{
	struct job *job = arg;
	struct fixture *f = job->f;

	(void)s;
	f->worked_here |= pthread_equal(pthread_self(), f->here) != 0;
	f->worked[f->n_worked++] = job->number;
}

static void done(void *arg)
{
	struct job *job = arg;
	struct fixture *f = job->f;

	f->done_elsewhere |= pthread_equal(pthread_self(), f->here) == 0;
	f->done[f->n_done++] = job->number;
}

static void post(struct fixture *f, struct job *jobs)
{
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ f, i };
		store_thread_post(f->thread, work, done, &jobs[i]);
	}
}

static void assert_all_in_order(const struct fixture *f)
{
	assert_false(f->worked_here || f->done_elsewhere);
	assert_int_equal(f->n_worked, JOBS);
	assert_int_equal(f->n_done, JOBS);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(f->worked[i], i);
		assert_int_equal(f->done[i], i);
	}
}

static void test_jobs_run_in_order_and_come_home(void **state)
{
	struct fixture *f = *state;
	struct job jobs[JOBS];

	post(f, jobs);
	loop_run(f->loop); /* until nothing is left to wait for */
	assert_all_in_order(f);
}

static void test_stopping_finishes_what_was_posted(void **state)
{
	struct fixture *f = *state;
	struct job jobs[JOBS];

	post(f, jobs);
	store_thread_stop(f->thread);
	f->thread = NULL;
	assert_int_equal(f->n_worked, JOBS);
	loop_run(f->loop);
	assert_all_in_order(f);
}

static void slow_work(struct store *s, void *arg)
{
	(void)usleep(20000);
	work(s, arg);
}

/* Each job posts the next from its `done`, as a sync of many providers does. */
static void chain(void *arg)
{
	struct job *job = arg;
	struct fixture *f = job->f;

	done(job);
	if (job->number + 1 < JOBS)
		store_thread_post(f->thread, work, chain, job + 1);
}

static void test_a_job_may_follow_from_another(void **state)
{
	struct fixture *f = *state;
	struct job jobs[JOBS];

	for (int i = 0; i < JOBS; i++)
		jobs[i] = (struct job){ f, i };
	store_thread_post(f->thread, slow_work, chain, jobs);
	loop_run(f->loop);
	assert_all_in_order(f);
}

static void test_nobody_need_be_told(void **state)
{
	struct fixture *f = *state;
	struct job job = { f, 7 };

	store_thread_post(f->thread, slow_work, NULL, &job);
	loop_run(f->loop);
	assert_int_equal(f->n_worked, 1);
}

static void sync_job(struct store *s, void *arg)
{
	struct job *job = arg;
	struct model m = contract_bare_model("m");
	struct catalog c = { STR("acme"), &m, 1 };
	struct err e;

	m.context_length = job->number;
	if (contract_sync(s, &c, 1000 + job->number, NULL, &e))
		work(s, arg);
}

static void test_writing(void **state)
{
	struct fixture *f = *state;
	struct job jobs[3];
	char *rows;

	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct job){ f, i };
		store_thread_post(f->thread, sync_job, done, &jobs[i]);
	}
	loop_run(f->loop);
	assert_int_equal(f->n_worked, 3);
	rows = contract_query(f->url, "SELECT context_length FROM model_versions ORDER BY id");
	assert_string_equal(rows, "0\n1\n2\n");
	free(rows);
}

static void test_stopping_nothing(void **state)
{
	(void)state;
	store_thread_stop(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_jobs_run_in_order_and_come_home),
		TEST(test_stopping_finishes_what_was_posted),
		TEST(test_a_job_may_follow_from_another),
		TEST(test_nobody_need_be_told),
		TEST(test_writing),
		cmocka_unit_test(test_stopping_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
