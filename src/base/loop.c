#include "base/loop.h"

#include <assert.h>
#include <stdlib.h>

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_async_t wake; /* not counted as alive unless held */
	unsigned holds;
	bool stopped;

	uv_mutex_t lock;
	struct post *first, **last; /* under lock: posted, not yet run */
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

static struct post *take_posts(struct loop *l)
{
	struct post *all;

	uv_mutex_lock(&l->lock);
	all = l->first;
	l->first = NULL;
	l->last = &l->first;
	uv_mutex_unlock(&l->lock);
	return all;
}

/* What a post posts runs in the next round, so that sockets get their turn between. */
static bool run_posts(struct loop *l)
{
	struct post *p = take_posts(l);
	bool any = p != NULL;

	while (p) {
		struct post *next = p->next;
		struct post now = *p;

		free(p);
		now.fn(now.arg);
		p = next;
	}
	return any;
}

static void on_wake(uv_async_t *wake)
{
	(void)run_posts(wake->data);
}

struct loop *loop_create(void)
{
	struct loop *l = must_alloc(sizeof(*l));

	*l = (struct loop){ .last = &l->first };
	must(uv_loop_init(&l->uv));
	must(uv_mutex_init(&l->lock));
	must(uv_async_init(&l->uv, &l->wake, on_wake));
	l->wake.data = l;
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
	uv_mutex_destroy(&l->lock);
	free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
	return &l->uv;
}

void loop_run(struct loop *l)
{
	/* A post that came before the end is not lost, held or not. */
	do
		(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	while (!l->stopped && run_posts(l));
	l->stopped = false;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
	uv_stop(&l->uv);
}

void loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	struct post *p = must_alloc(sizeof(*p));

	*p = (struct post){ NULL, fn, arg };
	uv_mutex_lock(&l->lock);
	*l->last = p;
	l->last = &p->next;
	/* Under the lock: once it is free, the loop may run the post and be gone. */
	must(uv_async_send(&l->wake));
	uv_mutex_unlock(&l->lock);
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
	uv_work_t request;
	loop_fn *work, *done;
	void *arg;
};

static void on_work(uv_work_t *request)
{
	struct work *w = request->data;

	w->work(w->arg);
}

static void on_worked(uv_work_t *request, int status)
{
	struct work w = *(struct work *)request->data;

	assert(status == 0); /* nobody cancels work */
	free(request->data);
	w.done(w.arg);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *arg)
{
	struct work *w = must_alloc(sizeof(*w));

	*w = (struct work){ .work = work, .done = done, .arg = arg };
	w->request.data = w;
	must(uv_queue_work(&l->uv, &w->request, on_work, on_worked));
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
