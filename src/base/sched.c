#include "base/sched.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NICER_BY = 10, NICEST = 19, SHORT_NS = 100 * 1000 /* the shortest there is */ };

/* sched_setattr(2); glibc 2.36 has no declaration of it. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t slice_ns; /* 0: the usual */
	uint64_t unused[2];
};

static void set(int nice, uint64_t slice_ns)
{
	const struct attributes a = {
		.size = sizeof(a), .policy = SCHED_OTHER, .nice = nice, .slice_ns = slice_ns
	};

	/* Somebody who gave us another policy knows what for. */
	if (sched_getscheduler(0) == SCHED_OTHER)
		(void)syscall(SYS_sched_setattr, 0, &a, 0);
}

void sched_run_soon(void)
{
	set(getpriority(PRIO_PROCESS, 0), SHORT_NS);
}

void sched_step_back(void)
{
	int nice = getpriority(PRIO_PROCESS, (id_t)getpid()) + NICER_BY;

	set(nice < NICEST ? nice : NICEST, 0);
}
