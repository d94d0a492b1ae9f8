/* SPDX-License-Identifier: MIT */
/*
 * probe_whole: probes through everything: prober, reading, CSV, committed sample.
 */
#pragma once
#include "probe_plan.h"
#include "task/probe.h"

/* Into the database of `store` and DIR/probe.csv; `ready` is called on the loop. */
void whole_open(const struct plan *plan, struct loop *l, struct asker *asker,
		struct store_thread *store, loop_fn *ready);
void whole_send(const struct plan *plan, uint64_t number, uint64_t due_us, probe_fn *done,
		void *arg);
void whole_close(void); /* nothing may be running */
