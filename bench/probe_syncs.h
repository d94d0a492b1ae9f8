/* SPDX-License-Identifier: MIT */
/*
 * probe_syncs: syncs of one large list, one after another, on the loop, pool and store
 * thread of the process that probes.
 */
#pragma once
#include "base/loop.h"
#include "probe_plan.h"
#include "store/thread.h"

/* plan->lists NULL: nothing happens, here and below. */
void syncs_start(struct loop *l, struct store_thread *store, const struct plan *plan);
/* After the one that runs; the loop ends only then. */
void syncs_stop(void);
unsigned syncs_done(void);
