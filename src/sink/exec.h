/*
 * exec: run a shell command to its end, bounded in time and in what it may say.
 *
 * /bin/sh -c COMMAND in our directory, in a session of its own, standard input
 * /dev/null, output and errors in one pipe, no other descriptor of ours.  It is over
 * when the shell has ended and nobody holds the pipe any more.  When that takes
 * longer than the limit the whole group is told to end (SIGTERM) and, 2 s
 * later, killed: also what the shell left behind.  Who puts himself into the background
 * and his output elsewhere is left alone.
 *
 * Blocking: for a pool thread, never the loop's.  The command has the thread's priority (base/pool.h).
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct exec_request {
	const char *command;
	char *const *environment;
	uint64_t limit_ms;
};

struct exec_result {
	int exit_code; /* of the shell, -1: a signal ended it */
	int signal;    /* or 0 */
	bool killed;   /* it took longer than the limit */
	uint64_t output_bytes;
	uint64_t duration_ms;
};

/* Of the output as much as `output` takes, the rest is counted.  ERR_IO: it could not be started. */
bool exec_run(const struct exec_request *r, struct buf *output, struct exec_result *ret,
	      struct err *e);
