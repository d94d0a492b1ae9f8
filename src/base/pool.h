/*
 * pool: a few threads for work that computes or waits for a disk.
 *
 * Jobs begin in the order of posting, as many at once as there are threads; one thread is a
 * queue.  The threads take no signals, have a name, and step back behind the rest of the process
 * (base/sched.h), so that the loop gets its core at once when a socket is ready.  They are not
 * starved, but a machine whose every core is busy with others' work gives them a smaller part.
 *
 * Who posts never waits for a thread of the pool, not even for one that the kernel has
 * put aside in the midst of taking a job: no lock is shared with them, and no condition
 * variable (glibc's makes who signals wait until those have run whom it woke before).
 */
#pragma once
#include <stddef.h>

struct pool;

typedef void pool_fn(void *arg);

/* `name` (15 characters at most) is the threads' and outlives the pool; none is started yet. */
struct pool *pool_create(const char *name, unsigned threads);
/* Finishes what was posted, what those jobs post included; not from a job.  NULL is fine. */
void pool_destroy(struct pool *p);

/* From any thread. */
void pool_post(struct pool *p, pool_fn *fn, void *arg);
/* Jobs that wait for their turn, those at work not counted. */
size_t pool_waiting(const struct pool *p);
