/*
 * usage: what the process uses of the machine, as the system says (proc(5)).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct usage {
	int64_t cpu_us; /* user and system, since the process began */
	int64_t resident_bytes, virtual_bytes;
	int64_t descriptors, descriptors_max; /* open; that may be open */
	int64_t threads;
};

/* False where there is no /proc. */
bool usage_now(struct usage *ret);
