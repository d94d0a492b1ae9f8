/*
 * sync_print: what `assay sync` tells: lines as providers end, or one JSON
 * object at the end; warnings and failures go to the log.
 */
#pragma once
#include "base/json.h"
#include "cmd/cmd.h"
#include "task/syncer.h"

struct sync_print {
	struct buf *out;
	struct arena *arena;
	bool json, colour, dry_run;

	/* private */
	struct buf objects, errors, left_out; /* JSON, comma-separated; sync_print_begin() */
	uint64_t providers, failed, fetched, transformed, skipped, synced;
	const char **unset; /* variables that are wanted, each once */
	size_t n_unset, n_not_set_up;
};

/* After the public members are set. */
void sync_print_begin(struct sync_print *p);
void sync_print_report(struct sync_print *p, const struct sync_report *r);
/*
 * A provider that was not asked, for a variable is not set.  Usual, and no news to
 * who runs it from cron: all of them are one line of the summary and one of the log.
 */
void sync_print_not_set_up(struct sync_print *p, const struct syncer_access *a);
/* The summary; the exit code. */
enum cmd_exit sync_print_end(struct sync_print *p);
