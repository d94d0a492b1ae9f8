/*
 * jobs: syncs that somebody asked for over HTTP.
 *
 * A job is one request: one provider or several, dry or not.  It has an id, tells how far it is, and can be cancelled: what
 * has not begun does not begin, what is being fetched is given up, what is being
 * committed is committed.  Finished ones are kept for a day, at most JOBS_KEPT.  In memory: a job does
 * not outlive the daemon, its runs are in sync_runs.  An id is never used again, also by the next daemon.
 *
 * On the loop.
 */
#pragma once
#include "base/buf.h"
#include "task/syncer.h"

enum { JOBS_KEPT = 250, JOBS_RUNNING_MAX = 200 };

struct jobs;

struct jobs *jobs_create(struct syncer *s);
/* Those that run are cancelled, and end later, with their `done`; NULL is fine. */
void jobs_destroy(struct jobs *j);

struct job_wish {
	const struct descriptor **providers;
	const int64_t
		*ids; /* [n] rows of `providers` as far as known, else 0: a dry run looks nowhere */
	size_t n;
	bool all, dry_run; /* all: the answer is that of /all */
	bool fresh;        /* as of a wish (task/syncer.h) */
	bool joins; /* a job that runs and is for the same will do: its id is returned, and there is no `done` */
};
/* So many run that none begins. */
bool jobs_are_full(const struct jobs *j);
/* The job's answer as the sync routes give it: status and body; good until it returns. */
typedef void jobs_fn(void *arg, int status, struct str body);
/* `done` may be NULL; it is never called from inside.  Returns its id; 0: too many run already. */
int64_t jobs_start(struct jobs *j, const struct job_wish *w, jobs_fn *done, void *arg);
enum jobs_found { JOB_UNKNOWN, JOB_ENDED, JOB_RUNNING };
enum jobs_found jobs_find(const struct jobs *j, int64_t id);
bool jobs_cancel(struct jobs *j, int64_t id); /* false: there is none, or it has ended */
/* One job, or (id 0) all of them, newest first and without what they are about; false: there is none. */
bool jobs_print(struct jobs *j, int64_t id, struct buf *out);
