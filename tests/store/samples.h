/*
 * samples: probes' outcomes for the suites of the store.
 */
#pragma once
#include "store/probe.h"

/* A streamed, direct probe of which everything is said, each number another one. */
struct sample samples_full(void);
/* One that says no more than it must. */
struct sample samples_bare(const char *provider, const char *id, int64_t started_at_ms,
			   enum outcome outcome);
