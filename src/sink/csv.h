/*
 * csv: the rows that probes leave for people, and the file that collects them.
 *
 * 14 columns, RFC 4180 by libcsv, LF, UTF-8, no NUL.  Every cell is bounded and free of
 * registered secrets (base/secret.h); headers were masked by name before (base/mask.h).
 * Numbers and stamps stand bare, all else in quotes.
 *
 * The file: whole rows only, and no row of anybody's is destroyed.  Who appends says so first in the lock
 * file, and takes that back when it is committed: rows that he was killed over, and he alone, are cut off by
 * him when he opens the file again.  All other whole rows are kept and counted, whoever wrote them: a former
 * tracker, another database.  What stands behind the last whole row is put aside (PATH.aside-N); a file with
 * another header, or in which something else stands between whole rows, is moved aside as it is.
 * Whoever writes or renames holds the lock (PATH.lock, which stays).
 *
 * What is said in the lock file outlives the process, not the power: rows that a power cut left there
 * uncommitted may be kept.
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
/* A cell of another writer's, as it is: in quotes where ours are, and where it needs them. */
void csv_add_cell(struct str text, unsigned column, struct buf *out);
/* The header line with its end. */
extern const char csv_header[];

/* ---- the file ---- */

struct csv_lock;
/* Waits for another holder, 10 s at most (ERR_BUSY). */
bool csv_lock(struct csv_lock **ret, struct str path, struct err *e);
void csv_unlock(struct csv_lock *l); /* NULL is fine */

struct csv_file;

/* What a database knows of the file. */
struct csv_known {
	struct str ledger; /* a word that no other database has for it; CSV_LEDGER_MAX bytes */
	uint64_t end;      /* so much is committed; 0: it does not know it */
};
enum { CSV_LEDGER_MAX = 63 };

/* How a file was found. */
struct csv_found {
	uint64_t end;     /* where the next row goes */
	struct str aside; /* where another file was moved that stood in its place, or absent */
	/*
	 * Its rows were counted, because `known.end` was not known, is not there, or is not
	 * the end: they are all that there is, whatever was committed.
	 */
	bool counted;
	uint64_t rows;
	uint64_t piece_bytes; /* behind them, of what is no whole row ... */
	struct str piece;     /* ... and where that was put; absent: there was none */
	bool anew;            /* rows or header were written otherwise, and are as ours now */
	int64_t first_cycle_ms, last_cycle_ms; /* CLOCK_NONE: no rows */
};
/*
 * Open or create, and put right; `lock` is held as long as it is open.  Where rows are missing that were
 * committed, they are gone: *ret is open at the last whole row, and ret_found->counted tells.  ERR_IO names
 * the file.
 */
bool csv_open(struct csv_file **ret, struct str path, const struct csv_lock *lock,
	      const struct csv_known *known, struct arena *a, struct csv_found *ret_found,
	      struct err *e);
void csv_close(struct csv_file *f); /* NULL is fine */
/* All or nothing: on the disk when it returns, taken back when it fails. */
bool csv_append(struct csv_file *f, struct str rows, struct err *e);
/* The last append is committed.  Without this or the next, whoever opens it goes by `known`. */
void csv_keep(struct csv_file *f);
/* The last append goes again: what should have been committed with it was not. */
void csv_take_back(struct csv_file *f);

/* Rename, and it is on the disk; under the lock.  ERR_IO, also where a file of the new name is. */
bool csv_rotate(struct str path, struct str rotated_path, struct err *e);
