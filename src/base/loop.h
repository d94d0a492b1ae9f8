/*
 * loop: the event loop of the process, libuv wrapped as thinly as it allows.
 *
 * One thread runs it: timers, signals and every socket we open outwards.  It
 * never touches a disk and never parses, so its time stamps are true.  Work
 * that computes goes to the pool (loop_work), work that writes goes to the
 * store thread (store/thread.h), and both come back by loop_post().
 */
#pragma once
#include "base/err.h"

#include <stdint.h>
#include <uv.h>

struct loop;

typedef void loop_fn(void *arg);

struct loop *loop_create(void);    /* aborts when the system has no descriptors left */
void loop_destroy(struct loop *l); /* all handles must be closed; NULL is fine */
uv_loop_t *loop_uv(struct loop *l);

/* Until nothing is left to wait for, or loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* From any thread (alone of all these): run fn(arg) on the loop thread, in order of posting. */
void loop_post(struct loop *l, loop_fn *fn, void *arg);

/*
 * Posts keep the loop alive only while somebody says that one may come:
 * call hold before handing work to another thread, release in what comes back.
 */
void loop_hold(struct loop *l);
void loop_release(struct loop *l);

/*
 * On a thread of the loop's pool (base/pool.h) run `work`, then on the loop thread `done`.
 * NULL: nobody is told, and who runs the loop does not wait; it has ended when the loop is destroyed.
 */
void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *arg);

/*
 * Start, or start again, a timer of the caller's own (uv_timer_init), once.  Never
 * early, never in the round that is running: use it instead of uv_timer_start().
 */
void loop_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t delay_ms);

/* Once, after `delay_ms`; the timer frees itself.  Not cancellable: for back-off waits. */
void loop_after(struct loop *l, uint64_t delay_ms, loop_fn *fn, void *arg);
