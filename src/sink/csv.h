/*
 * csv: the rows that probes leave for people, and the file that collects them.
 *
 * 14 columns, RFC 4180 by libcsv, LF, UTF-8, no NUL.  Every cell is bounded and free of
 * secrets: header values by name (base/mask.h), registered secrets wherever they stand.
 *
 * The file: whole rows only.  What lies beyond the committed end is cut off when it is
 * opened, because nobody committed it; a file with this header that nobody knows is
 * continued (after its last whole row), one with another header is moved aside.  An
 * advisory lock (PATH.lock) is held by whoever writes or renames.
 *
 * Not here: the database (task/record.h joins the two), pushing.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "core/sample.h"

struct csv_row {
	const struct sample *sample;
	struct str request_body;
	struct str request_headers;  /* JSON object, masked */
	struct str response_body;    /* bytes as they came, or absent; any */
	bool response_cut;           /* less was kept: marked at its end */
	struct str response_headers; /* JSON object, masked */
};
/* One row with its line end, appended to `out`. */
void csv_format(const struct csv_row *r, struct buf *out);
/* The header line. */
extern const char csv_header[];

struct csv_file;

/*
 * Open or create, and put right: `end` is what is committed (0 with `known` false: nobody knows the
 * file).  *ret_end: where the next row goes.  ERR_IO names the file; ERR_DATA: it is shorter than
 * what was committed, *ret is open all the same at its last whole row.
 * *ret_aside: where a file with another header was moved, or absent.
 */
bool csv_open(struct csv_file **ret, struct str path, bool known, uint64_t end, struct arena *a,
	      uint64_t *ret_end, struct str *ret_aside, struct err *e);
void csv_close(struct csv_file *f); /* NULL is fine */
/* All or nothing: what was written of it is taken back on failure. */
bool csv_append(struct csv_file *f, struct str rows, uint64_t *ret_end, struct err *e);
bool csv_sync(struct csv_file *f, struct err *e);
/* Back to where it was: the commit failed. */
bool csv_truncate(struct csv_file *f, uint64_t end, struct err *e);

/* Held over append, sync and commit, and over a rotation; blocks.  On any thread, not the loop. */
struct csv_lock;
bool csv_lock(struct csv_lock **ret, struct str path, struct err *e);
void csv_unlock(struct csv_lock *l);
/* Rename, then the folder is synced.  Renamed already is fine. */
bool csv_rotate(struct str path, struct str rotated_path, struct err *e);
