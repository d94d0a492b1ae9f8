/*
 * Who may sync a provider just now.
 *
 * Asking is short: it never waits inside the store thread, where other providers'
 * commits queue; the loop asks again (sync.c).
 */
#include "task/lease.h"
#include "task/sync_job.h"

/* Longer than any sync takes; a holder that died on another host blocks for so long at most. */
enum { LEASE_MS = 15 * 60 * 1000 };

static bool take(struct store *s, struct sync_job *job, bool *ret_taken, struct err *e)
{
	struct str name = arena_printf(&job->arena, "sync:%.*s", STR_FMT(job->d->slug));

	return lease_take(s, name, LEASE_MS, &job->arena, ret_taken, &job->lease, &job->holder, e);
}

static void load_state(struct store *s, struct sync_job *job)
{
	struct err e;
	bool active = true;

	job->known_last_ms = CLOCK_NONE;
	if (!store_provider_find(s, job->d->slug, &job->provider_id, &active, &e) ||
	    (job->provider_id &&
	     !store_load_state(s, job->provider_id, &job->arena, &job->state, &e)))
		sync_fail(job, FETCH_FAILED, &e);
	else if (!active)
		job->report.outcome = SYNC_INACTIVE;
	if (job->state.has_snapshot)
		job->known_last_ms = job->state.snapshot_last_ms;
}

/* What was committed while we waited is what we were going to fetch. */
static bool has_moved(const struct sync_job *job, int64_t known_last_ms)
{
	return job->waiting_since_us != 0 && job->state.has_snapshot &&
	       job->state.snapshot_last_ms != known_last_ms;
}

bool sync_take_up(struct store *s, struct sync_job *job)
{
	int64_t known_last_ms = job->known_last_ms;
	struct err e;
	bool taken;

	if (!take(s, job, &taken, &e)) {
		sync_fail(job, FETCH_FAILED, &e);
		return true;
	}
	/* Not taken, it is loaded all the same: to see what moves until it is. */
	if (taken || job->waiting_since_us == 0)
		load_state(s, job);
	if (job->report.outcome == SYNC_DONE && !taken)
		return false;
	if (job->report.outcome == SYNC_DONE && has_moved(job, known_last_ms))
		sync_overtaken(job);
	if (job->report.outcome != SYNC_DONE)
		sync_give_back(s, job);
	return true;
}

void sync_give_back(struct store *s, struct sync_job *job)
{
	struct err e;

	if (job->lease.name.n)
		(void)store_lease_release(s, &job->lease, &e);
}
