/*
 * push: the arrow from a rotated batch to the dataset.
 *
 *	rotate ▶ batches, oldest first ▶ net.hub commit ▶ done is committed ▶ file deleted
 *
 * A batch is deleted only after its commit is confirmed; whatever fails, it is kept and comes
 * first the next time.  A fixed target name is a true append: head's file is fetched, the rows
 * are added, parentCommit guards it; rows that are there already are not added again.
 */
#pragma once
#include "net/hub.h"
#include "task/record.h"

struct push_conf {
	struct hub_conf hub;
	struct str target; /* HF_DATASET_TARGET_FILENAME */
	struct str csv_path, host;
	bool rotate; /* the open buffer, too */
};

struct push_report {
	uint64_t batches, rows; /* pushed */
	uint64_t left;          /* batches that wait still */
	struct str commit_url;  /* of the last one, or absent */
};
typedef void push_fn(void *arg, const struct push_report *r, const struct err *e);

/* Ends in one call of `done` on the loop.  One at a time per database and host (lease "push"). */
void push_start(struct loop *l, struct store_thread *store, struct fetcher *f,
		const struct push_conf *conf, push_fn *done, void *arg);
