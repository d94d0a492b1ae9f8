#include "base/pool.h"

#include "base/sched.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
	struct job *next;
	pool_fn *fn;
	void *arg;
};

struct pool {
	const char *name;
	sem_t tokens;                 /* one a job, at the end one a thread */
	_Atomic(struct job *) newest; /* posted and not yet looked at, the newest first */
	atomic_size_t waiting;

	pthread_mutex_t taking; /* of what follows; the threads' alone */
	struct job *first;      /* in order; older than those above */

	pthread_mutex_t starting; /* of what follows */
	atomic_uint n;
	unsigned most;
	bool ending;
	pthread_t threads[];
};

/* ---- taking ---- */

static struct job *in_order(struct job *newest)
{
	struct job *first = NULL;

	while (newest) {
		struct job *before = newest->next;

		newest->next = first;
		first = newest;
		newest = before;
	}
	return first;
}

/* Of who has a token: the oldest job, or NULL when only the end's tokens are left. */
static struct job *take(struct pool *p)
{
	struct job *job;

	(void)pthread_mutex_lock(&p->taking);
	if (!p->first)
		p->first = in_order(atomic_exchange(&p->newest, NULL));
	job = p->first;
	if (job)
		p->first = job->next;
	(void)pthread_mutex_unlock(&p->taking);
	return job;
}

static void wait_for_token(struct pool *p)
{
	while (sem_wait(&p->tokens) != 0)
		assert(errno == EINTR);
}

/* ---- threads ---- */

static void *work(void *arg)
{
	struct pool *p = arg;

	(void)pthread_setname_np(pthread_self(), p->name);
	sched_step_back();
	for (;;) {
		struct job *job;

		wait_for_token(p);
		job = take(p);
		if (!job)
			return NULL;
		p->waiting--;
		job->fn(job->arg);
		free(job);
	}
}

/* Signals are the loop's business: the new thread takes none, for it inherits the mask. */
static void start_without_signals(struct pool *p)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&p->threads[p->n], NULL, work, p) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	p->n++;
}

/* One more a job until all are there: who needs one thread only does not pay for more. */
static void start_another(struct pool *p)
{
	(void)pthread_mutex_lock(&p->starting);
	if (p->n < p->most && !p->ending)
		start_without_signals(p);
	(void)pthread_mutex_unlock(&p->starting);
}

/* ---- jobs ---- */

void pool_post(struct pool *p, pool_fn *fn, void *arg)
{
	struct job *before = atomic_load(&p->newest);
	struct job *job = malloc(sizeof(*job));

	if (!job)
		abort();
	*job = (struct job){ before, fn, arg };
	p->waiting++;
	while (!atomic_compare_exchange_weak(&p->newest, &before, job))
		job->next = before;
	if (sem_post(&p->tokens) != 0)
		abort();
	if (p->n < p->most)
		start_another(p);
}

size_t pool_waiting(const struct pool *p)
{
	return p->waiting;
}

/* ---- life ---- */

struct pool *pool_create(const char *name, unsigned threads)
{
	struct pool *p = calloc(1, sizeof(*p) + threads * sizeof(p->threads[0]));

	assert(threads > 0);
	if (!p || sem_init(&p->tokens, 0, 0) != 0)
		abort();
	p->name = name;
	p->most = threads;
	(void)pthread_mutex_init(&p->taking, NULL);
	(void)pthread_mutex_init(&p->starting, NULL);
	return p;
}

void pool_destroy(struct pool *p)
{
	if (!p)
		return;
	(void)pthread_mutex_lock(&p->starting);
	p->ending = true;
	(void)pthread_mutex_unlock(&p->starting);
	for (unsigned i = 0; i < p->n; i++)
		(void)sem_post(&p->tokens);
	for (unsigned i = 0; i < p->n; i++)
		(void)pthread_join(p->threads[i], NULL);
	assert(!p->first && !p->newest);
	(void)pthread_mutex_destroy(&p->starting);
	(void)pthread_mutex_destroy(&p->taking);
	(void)sem_destroy(&p->tokens);
	free(p);
}
