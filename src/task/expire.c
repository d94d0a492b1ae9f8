#include "task/expire.h"

#include "base/clock.h"
#include "store/expire.h"

#include <stdlib.h>

/*
 * A step of so many rows takes some 70 ms.  Another process that wants to write asks SQLite again every now and then:
 * there has to be a time at which it finds nobody.
 */
enum { STEP_MAX = 1000, PAUSE_MS = 100 };
#define DAY_MS INT64_C(86400000)

struct expirer {
	struct loop *loop;
	struct store_thread *store;
	expire_fn *done;
	void *arg;
	struct expire_report report;
	struct store_expiry samples;
	int64_t payloads_before_ms;
	bool samples_done, payloads_done, stopped, failed;
	struct err err;
};

/* ---- store thread ---- */

static bool step_samples(struct store *s, struct expirer *x, struct err *e)
{
	struct store_expired step;

	if (!store_expire_samples(s, &x->samples, &step, e))
		return false;
	x->report.samples += step.gone;
	x->report.kept += step.seen - step.gone;
	x->samples.after_ms = step.after_ms;
	x->samples.after_id = step.after_id;
	x->samples_done = step.seen < x->samples.limit;
	return true;
}

static bool step_payloads(struct store *s, struct expirer *x, struct err *e)
{
	uint64_t n;

	if (!store_expire_payloads(s, x->payloads_before_ms, x->samples.limit, &n, e))
		return false;
	x->report.payloads += n;
	x->payloads_done = n < x->samples.limit;
	return true;
}

static void step_work(struct store *s, void *arg)
{
	struct expirer *x = arg;

	x->failed = !(x->samples_done ? step_payloads(s, x, &x->err) : step_samples(s, x, &x->err));
}

/* ---- loop ---- */

static void end(struct expirer *x)
{
	x->done(x->arg, &x->report, x->failed ? &x->err : NULL);
	free(x);
}

static void next_step(void *arg);

static void step_done(void *arg)
{
	struct expirer *x = arg;

	if (x->failed || (x->samples_done && x->payloads_done))
		end(x);
	else
		loop_after(x->loop, PAUSE_MS, next_step, x);
}

static void next_step(void *arg)
{
	struct expirer *x = arg;

	if (!x->stopped) {
		store_thread_post(x->store, step_work, step_done, x);
		return;
	}
	x->failed = true;
	(void)err_set(&x->err, ERR_CANCELLED, "stopped before all that is old was seen to");
	end(x);
}

struct expirer *expire_start(struct loop *l, struct store_thread *store,
			     const struct expire_conf *conf, expire_fn *done, void *arg)
{
	struct expirer *x = calloc(1, sizeof(*x));
	int64_t now_ms = clock_now_ms();

	if (!x)
		abort();
	*x = (struct expirer){
		.loop = l,
		.store = store,
		.done = done,
		.arg = arg,
		.samples = { .before_ms = now_ms - conf->samples_days * DAY_MS,
			     .limit = conf->step_max ? conf->step_max : STEP_MAX },
		.payloads_before_ms = now_ms - EXPIRE_PAYLOADS_DAYS * DAY_MS,
		.samples_done = conf->samples_days == 0,
	};
	store_thread_post(store, step_work, step_done, x);
	return x;
}

void expire_stop(struct expirer *x)
{
	x->stopped = true;
}
