#include "store/thread.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>

struct job {
	struct job *next;
	struct loop *loop;
	store_work_fn *work;
	loop_fn *done;
	void *arg;
};

struct store_thread {
	struct loop *loop;
	struct store *store; /* the thread's alone */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	struct job *first, **last; /* last: where the next one is hung */
	size_t n;
	bool stopping;
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

/* The oldest job, or NULL when there is none and never will be. */
static struct job *next_job(struct store_thread *t)
{
	struct job *job;

	(void)pthread_mutex_lock(&t->lock);
	while (!t->first && !t->stopping)
		(void)pthread_cond_wait(&t->news, &t->lock);
	job = t->first;
	if (job) {
		t->first = job->next;
		t->n--;
	}
	if (!t->first)
		t->last = &t->first;
	(void)pthread_mutex_unlock(&t->lock);
	return job;
}

static void *thread_main(void *arg)
{
	struct store_thread *t = arg;
	struct job *job;

	while ((job = next_job(t))) {
		job->work(t->store, job->arg);
		loop_post(t->loop, deliver, job);
	}
	return NULL;
}

/* Signals are the loop's business: the new thread takes none, for it inherits the mask. */
static void start_without_signals(struct store_thread *t)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&t->thread, NULL, thread_main, t) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_setname_np(t->thread, "store");
}

struct store_thread *store_thread_start(struct loop *l, struct store *s)
{
	struct store_thread *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->loop = l;
	t->store = s;
	t->last = &t->first;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->news, NULL);
	start_without_signals(t);
	return t;
}

void store_thread_post(struct store_thread *t, store_work_fn *work, loop_fn *done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	*job = (struct job){ .loop = t->loop, .work = work, .done = done, .arg = arg };
	loop_hold(t->loop);
	(void)pthread_mutex_lock(&t->lock);
	assert(!t->stopping);
	*t->last = job;
	t->last = &job->next;
	t->n++;
	(void)pthread_cond_signal(&t->news);
	(void)pthread_mutex_unlock(&t->lock);
}

size_t store_thread_waiting(struct store_thread *t)
{
	size_t n;

	(void)pthread_mutex_lock(&t->lock);
	n = t->n;
	(void)pthread_mutex_unlock(&t->lock);
	return n;
}

void store_thread_stop(struct store_thread *t)
{
	if (!t)
		return;
	assert(!pthread_equal(pthread_self(), t->thread));
	(void)pthread_mutex_lock(&t->lock);
	t->stopping = true;
	(void)pthread_cond_signal(&t->news);
	(void)pthread_mutex_unlock(&t->lock);
	(void)pthread_join(t->thread, NULL);
	(void)pthread_cond_destroy(&t->news);
	(void)pthread_mutex_destroy(&t->lock);
	store_close(t->store);
	free(t);
}
