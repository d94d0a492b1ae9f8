#include "store/thread.h"

#include "base/pool.h"

#include <stdlib.h>

struct store_thread {
	struct loop *loop;
	struct store *store; /* the thread's alone */
	struct pool *queue;  /* of one thread */
};

struct job {
	struct store_thread *in;
	struct loop *loop;
	store_work_fn *work;
	loop_fn *done;
	void *arg;
};

/* On the loop thread: the post that store_thread_post() promised has come. */
static void deliver(void *arg)
{
	struct job *job = arg;
	struct loop *loop = job->loop;

	if (job->done)
		job->done(job->arg);
	free(job);
	loop_release(loop);
}

static void run_job(void *arg)
{
	struct job *job = arg;

	job->work(job->in->store, job->arg);
	loop_post(job->loop, deliver, job);
}

struct store_thread *store_thread_start(struct loop *l, struct store *s)
{
	struct store_thread *t = malloc(sizeof(*t));

	if (!t)
		abort();
	*t = (struct store_thread){ l, s, pool_create("store", 1) };
	return t;
}

void store_thread_post(struct store_thread *t, store_work_fn *work, loop_fn *done, void *arg)
{
	struct job *job = malloc(sizeof(*job));

	if (!job)
		abort();
	*job = (struct job){ t, t->loop, work, done, arg };
	loop_hold(t->loop);
	pool_post(t->queue, run_job, job);
}

size_t store_thread_waiting(struct store_thread *t)
{
	return pool_waiting(t->queue);
}

void store_thread_stop(struct store_thread *t)
{
	if (!t)
		return;
	pool_destroy(t->queue);
	store_close(t->store);
	free(t);
}
