/*
 * hub: a Hugging Face dataset, written to.
 *
 * The requests of the official client (same order, paths, bodies): preupload, regular or LFS (basic,
 * multipart, already there), NDJSON commit, create when missing.  Every retry looks
 * before it writes: a commit whose answer was lost may have happened.  (wire facts: doc/probing.md)
 */
#pragma once
#include "net/fetch.h"

struct hub_conf {
	struct str endpoint; /* "https://huggingface.co" */
	struct str token;    /* secret */
	struct str repo;     /* "OWNER/NAME" */
	struct str revision; /* "main" */
};

struct hub_file {
	struct str path;    /* in the dataset */
	struct str content; /* or absent: */
	struct str local;   /* a file that is read while it is sent */
};

struct hub_commit {
	const struct hub_file *files;
	size_t n_files;
	struct str title, description;
	struct str parent; /* parentCommit, or absent */
	bool create;       /* the repository, when it is missing */
};

struct hub_result {
	bool already; /* nothing to commit: head has these bytes */
	struct str commit_oid, commit_url;
	long status;    /* of the request that failed; -1: no answer */
	bool stale;     /* 412: somebody else committed; take the new head and try again */
	bool try_later; /* 429, 5xx, network: nothing is wrong with the request */
	uint64_t retry_after_s;
};
typedef void hub_fn(void *arg, const struct hub_result *r, const struct err *e);

/* Ends in one call of `done` on the loop. */
void hub_commit(struct fetcher *f, struct loop *l, const struct hub_conf *conf,
		const struct hub_commit *c, hub_fn *done, void *arg);
