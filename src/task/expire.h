/*
 * expire: the arrow from what is too old to be kept line by line to what is kept of it.
 *
 *	samples, hour by hour ▶ sample_rollups;  payloads of delivered notices ▶ {}
 *
 * One pass looks at all that is old, in many small steps: each is a job of the store thread and a transaction, with
 * a pause behind it, so that a sync or a sample, of this process or another, waits for one step at most.  Whoever is killed when: what a step committed is done, the
 * rest is what the next pass finds.  Runs of syncs are no concern of this (store/expire.h).
 */
#pragma once
#include "store/thread.h"

enum {
	EXPIRE_SAMPLES_DAYS = 90,  /* default of ASSAY_SAMPLES_DAYS */
	EXPIRE_PAYLOADS_DAYS = 30, /* of notices, behind their delivery */
};

struct expire_conf {
	unsigned samples_days; /* 0: samples are kept for good */
	uint64_t step_max;     /* rows of one step; 0: 1000 */
};

struct expire_report {
	uint64_t samples;  /* added up */
	uint64_t kept;     /* old ones that wait for their row of CSV to be pushed */
	uint64_t payloads; /* emptied */
};
/* `r`: also of a pass that ended early, which `e` (else NULL) tells of; ERR_CANCELLED: it was stopped. */
typedef void expire_fn(void *arg, const struct expire_report *r, const struct err *e);

struct expirer;

/*
 * Of what is old by now.  On the loop; ends in one call of `done` there, never from inside, after which it is gone.
 * A step that somebody else's lock keeps waiting for too long ends the pass (ERR_BUSY).
 */
struct expirer *expire_start(struct loop *l, struct store_thread *store,
			     const struct expire_conf *conf, expire_fn *done, void *arg);
/* No step more than the one that runs. */
void expire_stop(struct expirer *x);
