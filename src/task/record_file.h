/*
 * record_file: the store thread's half of task/record.h: file and database, kept in step.
 *
 * What is committed of the file stands in the database.  A row is appended first and committed then, and what
 * the one who was killed in between appended is cut off by the next one who opens it (sink/csv.h).
 * Other whole rows that the database does not know, of a former tracker or of another database that fills the same
 * file, become rows of the buffer: whoever rotates it first pushes them all.
 *
 * A buffer is its file, not the spelling of its path: the path is the canonical one, and what a database of before
 * knows under other spellings is joined with it when it is opened.
 */
#pragma once
#include "sink/csv.h"
#include "store/probe.h"

/* Where rows go, and how it went with that; made once, the store thread's from then on. */
struct record_place {
	struct str host;
	struct str path;       /* of record_absolute(); absent: no CSV */
	bool file_failed;      /* said, and not yet taken back */
	bool may_spool;        /* rows may wait in the database */
	struct csv_lock *lock; /* while it is held */
};
/*
 * The canonical path: absolute, without links, "." and "..", also of a file that is not there yet.  The database
 * knows no other.
 */
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
