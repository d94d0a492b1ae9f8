/*
 * record_file: the store thread's half of task/record.h: file and database, kept in step.
 *
 * What is committed of the file stands in the database; whatever else the file holds is cut
 * off by the next one who opens it.  So a row is appended first and committed then, and
 * whoever is killed in between leaves nothing that counts.
 */
#pragma once
#include "sink/csv.h"
#include "store/probe.h"

/* Where rows go, and how it went with that; made once, the store thread's from then on. */
struct record_place {
	struct str host;
	struct str path;  /* absolute; absent: no CSV */
	bool file_failed; /* said, and not yet taken back */
	bool may_spool;   /* rows may wait in the database */
};
/* Relative paths are laid against the working directory: the database knows no other. */
struct str record_absolute(struct str path, struct arena *a);

/* After whoever was killed: a rotation is finished, the file is cut to its end, waiting rows are moved.
 * A file that cannot be written is no failure: it is logged, and rows wait in the database. */
bool record_recover(struct store *s, struct record_place *p, struct err *e);

/* Warns of rows in other buffers of this host: nobody looks there any more. */
bool record_tell_strays(struct store *s, struct str host, struct str path, struct err *e);

struct record_group {
	struct store_sample
		*samples; /* csv_row holds the row; the rest about the CSV is filled in here */
	size_t n;
	bool doubtful; /* a commit of it failed: it may have happened all the same */
};
/* One transaction.  On failure nothing is committed, as far as is known; to be called again. */
bool record_commit(struct store *s, struct record_place *p, struct record_group *g, struct err *e);
