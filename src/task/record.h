/*
 * record: the arrow from a finished probe to the CSV buffer and the database.
 *
 *	sample, bodies ▶ csv_format ▶ (lock ▶ append ▶ fsync ▶ store: samples, end ▶ COMMIT)
 *	 worker           worker        ─────────────── store thread ──────────────────
 *
 * Samples that come while a group is being written wait and make the next group: one fsync
 * and one commit for all of them.  A probe is complete when its row is committed; `done` is
 * called then.  The file cannot be written: the rows go to the database's spool in the same
 * transaction, a critical error is logged once until it works again, and they are moved into the
 * file by later groups.  The database cannot be written: the group waits in memory (bounded; beyond it
 * new probes are refused by record_has_room()), and is tried again.
 */
#pragma once
#include "sink/csv.h"
#include "store/probe.h"
#include "store/thread.h"

struct recorder;

struct record_conf {
	struct str csv_path, host; /* path absent: no CSV */
	uint64_t memory_max;       /* bytes that may wait; 0: 64 MiB */
};

struct record_item {
	const struct sample *sample;
	struct str request_body, request_headers, response_body, response_headers;
	bool response_cut;
	int64_t reservation_id;
};
typedef void record_fn(void *arg, const struct err *e); /* loop thread; NULL: committed */

/* Puts file and database right with each other first (store thread), then calls `ready`. */
struct recorder *recorder_create(struct loop *l, struct store_thread *store,
				 const struct record_conf *conf, record_fn *ready, void *arg);
/* Everything must have been committed, or given up. */
void recorder_destroy(struct recorder *r);
bool record_has_room(const struct recorder *r);
/* Copies what it needs. */
void record_sample(struct recorder *r, const struct record_item *item, record_fn *done, void *arg);
/* When all that was given is committed, or cannot be: then rows that wait in memory are told as lost?  No: ERR. */
void record_flush(struct recorder *r, record_fn *done, void *arg);

/*
 * The buffer becomes a batch: its id (HOST-UUID) is committed first, then the rename.  No rows: no batch.
 * On the store thread, beside a recorder of this or another process.
 */
bool record_rotate(struct store *s, struct str host, struct str csv_path, int64_t now_ms,
		   struct arena *a, struct str *ret_batch, struct err *e);
