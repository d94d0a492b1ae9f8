/*
 * thread: the one thread that writes.
 *
 * Jobs run one after another in the order of posting, each with the store to
 * itself; when a job's `work` returns, its `done` runs on the loop thread.  The
 * loop thread never waits for a disk; the disk never waits for a lock of ours.
 */
#pragma once
#include "base/loop.h"
#include "store/store.h"

struct store_thread;

typedef void store_work_fn(struct store *s, void *arg);

/* Takes the store over: from here only jobs may touch it. */
struct store_thread *store_thread_start(struct loop *l, struct store *s);

/* From the loop thread. */
void store_thread_post(struct store_thread *t, store_work_fn *work, loop_fn *done, void *arg);

/* Jobs that wait for their turn, the one at work not counted.  From the loop thread. */
size_t store_thread_waiting(struct store_thread *t);

/* Finish what was posted, stop, close the store.  Not from a job.  NULL is fine. */
void store_thread_stop(struct store_thread *t);
