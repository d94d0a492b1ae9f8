/*
 * jobs: syncs that somebody asked for over HTTP.
 *
 * A job is one request: one provider or several, dry or not.  It has an id, tells how far it is, and can be cancelled: what
 * has not begun does not begin, what is being fetched is given up, what is being
 * committed is committed.  Finished ones are kept for a day, at most JOBS_KEPT.  In memory: a job does
 * not outlive the daemon, its runs are in sync_runs.
 *
 * On the loop, but jobs_print(), which any thread may call.
 */
#pragma once
#include "base/buf.h"
#include "task/syncer.h"

enum { JOBS_KEPT = 1000 };

struct jobs;

struct jobs *jobs_create(struct loop *l, struct syncer *s);
void jobs_destroy(struct jobs *j);

struct job_wish {
	const struct descriptor **providers;
	size_t n;
	bool all, dry_run; /* all: the answer is that of /all */
};
/* The job's answer as the sync routes give it: status and body; good until it returns. */
typedef void jobs_fn(void *arg, int status, struct str body);
/* `done` may be NULL.  Returns its id. */
int64_t jobs_start(struct jobs *j, const struct job_wish *w, jobs_fn *done, void *arg);
bool jobs_cancel(struct jobs *j, int64_t id); /* false: there is none, or it has ended */
/* One job (id) or all of them (0) as JSON; false: there is none. */
bool jobs_print(struct jobs *j, int64_t id, struct buf *out);
