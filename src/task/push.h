/*
 * push: the arrow from a rotated batch to the dataset.
 *
 *	rotate ▶ batches, oldest first ▶ net.hub commit ▶ written down ▶ file deleted ▶ done
 *	 store     store                  loop              ────────── store ──────────
 *
 * A batch is deleted only after its commit is confirmed and written down (commit_url); whatever
 * fails, it is kept, says why (last_error) and comes first the next time, under the path that its first
 * attempt gave it.  So a commit whose answer was lost is found again and never doubled, whoever
 * is killed when.
 *
 * A target without {batch} is a true append: the file of that path is fetched as the head has it,
 * the rows are added and committed behind that very head; somebody else's commit in between, and it
 * begins anew.  Rows that are there already are not added again.  A file that would be larger than
 * PUSH_APPEND_MAX is refused, until the setting names a path per batch: then the batch gets one.
 *
 * The card (task/push_card.h) goes into the commit of the first batch that is pushed to a
 * dataset without a README.md.
 *
 * Where the Hub asks not to be asked for more than a minute, that is kept in the database (job "push"),
 * and until then a push fails with ERR_BUSY before any request.
 */
#pragma once
#include "net/hub.h"
#include "task/push_target.h"
#include "task/record.h"

enum { PUSH_APPEND_MAX = 10 * 1000 * 1000 };

struct push_conf {
	struct hub_conf hub;
	struct str target; /* HF_DATASET_TARGET_FILENAME; checked by push_check_target() */
	struct str csv_path, host;
	bool rotate; /* the open buffer, too */
};

/* One batch that is in the dataset by now. */
struct push_done {
	struct str batch, target;
	uint64_t rows;
	struct str commit_url;
	bool already; /* it was there before */
};

struct push_report {
	uint64_t batches, rows; /* pushed */
	uint64_t left;          /* batches that wait still, where that became known */
	struct str commit_url;  /* of the last one, or absent */
	/* The buffer, where it could not be made a batch: its rows, and why. */
	struct str buffer, buffer_why;
	uint64_t rows_waiting;
	const struct push_done *done;
	size_t n_done;
};
/* `r` is never NULL and good until it returns; `e`: why the push ended early, or did not begin. */
typedef void push_fn(void *arg, const struct push_report *r, const struct err *e);

/*
 * The batches that a push from here would see to, oldest first: the host's own, and those whose files
 * lie here, for a container has another name each time that it is made.
 */
bool push_load_batches(struct store *s, struct str host, struct arena *a,
		       struct store_csv_file **ret, size_t *ret_n, struct err *e);

/* Rows of that host's buffer, in the file or in the database, that are in no batch yet. */
bool push_count_waiting(struct store *s, struct str host, struct str csv_path, struct arena *a,
			uint64_t *ret, struct err *e);

/*
 * Ends in one call of `done` on the loop.  One at a time per database and host (lease
 * "push:HOST"; ERR_BUSY).  Copies the configuration.  Logs each batch, not the failure.
 */
void push_start(struct loop *l, struct store_thread *store, struct fetcher *f,
		const struct push_conf *conf, push_fn *done, void *arg);
