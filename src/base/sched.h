/*
 * sched: how soon the kernel lets the calling thread run; all of it wishes, none an error.
 *
 * Priority alone does not get a thread that wakes up its core: since Linux 6.6 who runs may
 * finish his slice (milliseconds) first.  One who asks for short slices is let in before
 * (since 6.12); it gets no more of the core than before.  No privilege is needed for either.
 */
#pragma once

/* Runs as soon as it wakes up, and for short stretches. */
void sched_run_soon(void);
/* Makes place for the rest of the process: nice + 10 to that of its first thread, slices as usual. */
void sched_step_back(void);
