/*
 * process: which process we are, and whether another one is gone.
 *
 * A process is named by its host's name, its pid and the instant it started
 * (clock ticks since boot), because pids are used again.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

struct process {
	char host[256];
	int64_t pid, started; /* started 0: the system does not say */
};

/* Ourselves; asked of the system once. */
const struct process *process_self(void);

enum { PROCESS_USER_MAX = 256 };
/* Who runs it: the login name, or "uid 1000" where the system knows none; returns `out`. */
const char *process_user(char out[PROCESS_USER_MAX]);

/*
 * Is that process certainly gone?  Also when its parent has not yet asked how it
 * ended, which in a container may be never.  False where it lives, where its host is not
 * ours, and where the system does not say.
 */
bool process_is_gone(struct str host, int64_t pid, int64_t started);

/* As many descriptors as the system lets us have: a burst of connections takes one each. */
void process_raise_descriptors(void);
