/*
 * sync_print: what `assay sync` tells: lines as providers end, or one JSON
 * object at the end; warnings and failures go to the log.
 */
#pragma once
#include "base/json.h"
#include "cmd/cmd.h"
#include "task/sync.h"

struct sync_print {
	struct buf *out;
	struct arena *arena;
	bool json, colour, dry_run;

	/* private */
	struct buf objects, errors, left_out; /* JSON, comma-separated; sync_print_begin() */
	uint64_t providers, failed, fetched, transformed, skipped, synced;
};

/* After the public members are set. */
void sync_print_begin(struct sync_print *p);
void sync_print_report(struct sync_print *p, const struct sync_report *r);
/* A provider that was not asked at all. */
void sync_print_left_out(struct sync_print *p, const struct descriptor *d, const char *why);
/* The summary; the exit code. */
enum cmd_exit sync_print_end(struct sync_print *p);
