/*
 * record: the arrow from a finished probe to the CSV buffer and the database.
 *
 *	sample, bodies ▶ csv_format ▶ (lock ▶ append ▶ fsync ▶ store: samples, end ▶ COMMIT)
 *	 loop: copied     pool          ─────────────── store thread ──────────────────
 *
 * One fsync and one commit serve a group of samples.  The first after a quiet time goes at once;
 * what comes within pace_ms of it waits for the next group, unless somebody hurries or flushes, or
 * half of memory_max waits.  A probe is complete when its row is committed; `done` is called then.  The file cannot be written: the rows go to the database's spool in the same
 * transaction, a critical error is logged once until it works again, and they are moved into the
 * file, oldest first, before the next rows.  The database cannot be written: the group waits in
 * memory and is tried again after a pause, for as long as it takes; what comes meanwhile waits
 * behind it, and once more waits than memory_max, record_has_room() says that no more should
 * be probed.  A commit whose answer was lost is looked for before it is tried again.
 *
 * Files of the buffer: PATH, PATH.lock (stays; what is being appended), PATH.BATCH (rotated), PATH.aside-N
 * (another file that stood in its place, or what stood behind its rows).
 */
#pragma once
#include "sink/csv.h"
#include "store/probe.h"
#include "store/thread.h"

struct recorder;

struct record_conf {
	struct str csv_path, host; /* path absent: no CSV */
	uint64_t memory_max;       /* bytes that may wait; 0: 64 MiB */
	uint32_t pace_ms;          /* from the begin of one group to the next; 0: 100 */
};

struct record_item {
	const struct sample *sample;
	struct str request_body, request_headers, response_body, response_headers;
	bool response_cut;
	int64_t reservation_id;
};
/*
 * On the loop thread.  NULL: committed.  ERR_BUSY: the database does not take it just now; it waits in
 * memory and is tried again, of which record_flush() tells the end.  ERR_CANCELLED: given up.
 */
typedef void record_fn(void *arg, const struct err *e);

/*
 * Puts file and database right with each other first (store thread), then calls `ready`: with what
 * the database said, should it not be readable.  Samples may come before that.
 */
struct recorder *recorder_create(struct loop *l, struct store_thread *store,
				 const struct record_conf *conf, record_fn *ready, void *arg);
/*
 * After a record_flush() that has ended, on the loop.  What could not be committed is given up, and
 * that is logged: nothing keeps it any more.
 */
void recorder_destroy(struct recorder *r);
bool record_has_room(const struct recorder *r);
/* Copies what it needs and masks secrets in it, in the database's texts, too; `done` (or NULL) is called once. */
void record_sample(struct recorder *r, const struct record_item *item, record_fn *done, void *arg);
/* Nobody else comes soon: what was given begins its way now. */
void record_hurry(struct recorder *r);
/*
 * When all that was given is committed; with an error when what waits was tried once more in
 * vain.  It waits on then, and may be flushed again.
 */
void record_flush(struct recorder *r, record_fn *done, void *arg);

/*
 * The buffer becomes a batch: its id (HOST-UUID) and new name are committed first, then it is
 * renamed; a rotation that was interrupted is finished first.  Rows that wait in the database
 * are moved into it before.  No rows: no batch (*ret_batch absent).
 * On the store thread, beside a recorder of this or another process.
 */
bool record_rotate(struct store *s, struct str host, struct str csv_path, struct arena *a,
		   struct str *ret_batch, struct err *e);
