/*
 * csv: the rows that probes leave for people, and the file that collects them.
 *
 * 14 columns, RFC 4180 by libcsv, LF, UTF-8, no NUL.  Every cell is bounded and free of
 * registered secrets (base/secret.h); headers were masked by name before (base/mask.h).
 * Numbers and stamps stand bare, all else in quotes.
 *
 * The file: whole rows only.  What lies beyond the committed end is cut off when it is
 * opened, because nobody committed it; a file with this header that nobody knows is
 * continued after its last whole row; one with another header, or in which something else
 * stands between whole rows, is moved aside as it is.  Whoever writes or renames holds the
 * lock (PATH.lock, which stays).
 *
 * Blocks as long as the disk does: not on the loop.  Not here: the database (task/record.h
 * joins the two), pushing.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/sample.h"

/* ---- rows ---- */

struct csv_row {
	const struct sample *sample;
	struct str request_body;
	struct str request_headers;  /* JSON object, masked; absent: {} */
	struct str response_body;    /* bytes as they came, or absent; any */
	bool response_cut;           /* less was kept: marked at its end */
	struct str response_headers; /* JSON object, masked; absent: {} */
};
/* One row with its line end, appended to `out`.  Any thread; work for the pool. */
void csv_format(const struct csv_row *r, struct buf *out);
/* The header line with its end. */
extern const char csv_header[];

/* ---- the file ---- */

struct csv_lock;
/* Waits for another holder, 10 s at most (ERR_BUSY). */
bool csv_lock(struct csv_lock **ret, struct str path, struct err *e);
void csv_unlock(struct csv_lock *l); /* NULL is fine */

struct csv_file;

/* How a file was found. */
struct csv_found {
	uint64_t end;     /* where the next row goes */
	struct str aside; /* where another file was moved that stood in its place, or absent */
	/*
	 * Its rows were counted, because `end` was not known or is not there: they are
	 * all that there is, whatever was committed.
	 */
	bool counted;
	uint64_t rows;
	uint64_t cut; /* bytes behind them, of a row without its end: gone */
	int64_t first_cycle_ms, last_cycle_ms; /* CLOCK_NONE: no rows */
};
/*
 * Open or create, and put right; under the lock.  `end` is what is committed of it, 0: nobody
 * knows the file.  Where rows are missing that were committed, they are gone: *ret is open at the last
 * whole row, and ret_found->counted tells.  ERR_IO names the file.
 */
bool csv_open(struct csv_file **ret, struct str path, uint64_t end, struct arena *a,
	      struct csv_found *ret_found, struct err *e);
void csv_close(struct csv_file *f); /* NULL is fine */
/* All or nothing: on the disk when it returns, taken back when it fails. */
bool csv_append(struct csv_file *f, struct str rows, struct err *e);
/* The last append goes again: what should have been committed with it was not. */
void csv_take_back(struct csv_file *f);

/* Rename, and it is on the disk; under the lock.  ERR_IO, also where a file of the new name is. */
bool csv_rotate(struct str path, struct str rotated_path, struct err *e);
