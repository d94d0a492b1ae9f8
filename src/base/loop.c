#include "base/loop.h"

#include "base/pool.h"
#include "base/sched.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { POOL_THREADS = 4 };

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

/*
 * Posts are pushed on a list without a lock, the newest first: a thread that is put aside in the midst of
 * posting keeps nobody from it, the loop least of all.  Whoever pushes on the empty list rings, and
 * nobody takes from it but who has heard that: so one wake-up serves all that were posted
 * till then, and when the last post is taken no thread is left that would touch the loop.
 */
struct loop {
	uv_loop_t uv;
	_Atomic(struct post *) newest;
	int bell;       /* an eventfd */
	uv_poll_t wake; /* of it; not counted as alive unless held */
	unsigned holds;
	bool stopped;
	struct pool *pool; /* NULL: no work yet */
};

/* What can fail here is memory and descriptors: nothing runs without them. */
static void must(int rc)
{
	if (rc < 0)
		abort();
}

static void *must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	return p;
}

/* In the order of posting. */
static struct post *take_posts(struct loop *l)
{
	struct post *newest = atomic_exchange(&l->newest, NULL);
	struct post *first = NULL;

	while (newest) {
		struct post *before = newest->next;

		newest->next = first;
		first = newest;
		newest = before;
	}
	return first;
}

/* What a post posts runs in the next round, so that sockets get their turn between. */
static void run_posts(struct loop *l)
{
	struct post *p = take_posts(l);

	while (p) {
		struct post *next = p->next;
		struct post now = *p;

		free(p);
		now.fn(now.arg);
		p = next;
	}
}

static void on_wake(uv_poll_t *wake, int status, int events)
{
	struct loop *l = wake->data;
	uint64_t times;

	(void)status, (void)events;
	if (read(l->bell, &times, sizeof(times)) == (ssize_t)sizeof(times))
		run_posts(l);
}

/* The bell of a post that is there has rung, or rings any moment. */
static bool run_last_posts(struct loop *l)
{
	struct pollfd bell = { .fd = l->bell, .events = POLLIN };

	if (!atomic_load(&l->newest))
		return false;
	while (poll(&bell, 1, -1) < 0)
		assert(errno == EINTR);
	on_wake(&l->wake, 0, UV_READABLE);
	return true;
}

struct loop *loop_create(void)
{
	struct loop *l = must_alloc(sizeof(*l));

	*l = (struct loop){ .holds = 0 };
	must(uv_loop_init(&l->uv));
	l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(l->bell);
	must(uv_poll_init(&l->uv, &l->wake, l->bell));
	l->wake.data = l;
	must(uv_poll_start(&l->wake, UV_READABLE, on_wake));
	uv_unref((uv_handle_t *)&l->wake);
	return l;
}

void loop_destroy(struct loop *l)
{
	/* Closing takes one round, and a close callback may close one more handle. */
	enum { CLOSING_ROUNDS = 8 };
	int rc = UV_EBUSY;

	if (!l)
		return;
	assert(l->holds == 0);
	pool_destroy(l->pool);
	uv_close((uv_handle_t *)&l->wake, NULL);
	for (int i = 0; i < CLOSING_ROUNDS && rc == UV_EBUSY; i++) {
		(void)uv_run(&l->uv, UV_RUN_NOWAIT);
		rc = uv_loop_close(&l->uv);
	}
	assert(rc == 0);
	for (struct post *p = take_posts(l), *next; p; p = next) {
		next = p->next;
		free(p);
	}
	(void)close(l->bell);
	free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
	return &l->uv;
}

void loop_run(struct loop *l)
{
	sched_run_soon();
	/* A post that came before the end is not lost, held or not. */
	do
		(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	while (!l->stopped && run_last_posts(l));
	l->stopped = false;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
	uv_stop(&l->uv);
}

void loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	static const uint64_t once = 1;
	struct post *p = must_alloc(sizeof(*p));
	struct post *before = atomic_load(&l->newest);
	int bell = l->bell;

	*p = (struct post){ before, fn, arg };
	while (!atomic_compare_exchange_weak(&l->newest, &before, p))
		p->next = before;
	/* Where another rings the loop may have run it and be gone by now. */
	if (!before && write(bell, &once, sizeof(once)) != (ssize_t)sizeof(once))
		abort();
}

void loop_hold(struct loop *l)
{
	if (l->holds++ == 0)
		uv_ref((uv_handle_t *)&l->wake);
}

void loop_release(struct loop *l)
{
	assert(l->holds > 0);
	if (--l->holds == 0)
		uv_unref((uv_handle_t *)&l->wake);
}

struct work {
	struct loop *loop;
	loop_fn *work, *done;
	void *arg;
};

static void worked(void *arg)
{
	struct work w = *(struct work *)arg;

	free(arg);
	w.done(w.arg);
	loop_release(w.loop);
}

static void work_now(void *arg)
{
	struct work *w = arg;

	w->work(w->arg);
	if (w->done)
		loop_post(w->loop, worked, w);
	else
		free(w);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *arg)
{
	struct work *w = must_alloc(sizeof(*w));

	*w = (struct work){ l, work, done, arg };
	if (!l->pool)
		l->pool = pool_create("pool", POOL_THREADS);
	if (done)
		loop_hold(l);
	pool_post(l->pool, work_now, w);
}

/*
 * libuv counts from the loop's cached time, which is behind by what the running
 * callback took; and a delay of 0 set from a timer callback runs in the same
 * round, for ever (libuv 1.44, libuv#4245): hence the lag and the 1.
 */
void loop_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t delay_ms)
{
	enum { NS_PER_MS = 1000000 };
	uint64_t cached_ms = uv_now(timer->loop);
	uint64_t now_ms = uv_hrtime() / NS_PER_MS;
	uint64_t lag_ms = now_ms > cached_ms ? now_ms - cached_ms : 0;

	must(uv_timer_start(timer, fn, delay_ms + lag_ms + 1, 0));
}

struct later {
	uv_timer_t timer;
	loop_fn *fn;
	void *arg;
};

static void free_later(uv_handle_t *timer)
{
	free(timer->data);
}

static void on_later(uv_timer_t *timer)
{
	struct later *t = timer->data;

	uv_close((uv_handle_t *)timer, free_later);
	t->fn(t->arg);
}

void loop_after(struct loop *l, uint64_t delay_ms, loop_fn *fn, void *arg)
{
	struct later *t = must_alloc(sizeof(*t));

	*t = (struct later){ .fn = fn, .arg = arg };
	must(uv_timer_init(&l->uv, &t->timer));
	t->timer.data = t;
	loop_timer_start(&t->timer, on_later, delay_ms);
}
