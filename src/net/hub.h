/*
 * hub: a Hugging Face dataset, written to and looked at.
 *
 * The requests of the official client, in its order, with its paths and bodies:
 *
 *	preupload ▶ (LFS batch ▶ PUT whole or in parts) ▶ commit
 *
 * and creation of the repository between, where it is missing.  Which files go through LFS
 * the Hub says; storage `xet` is not offered.
 *
 * Looks before it writes: preupload tells which content the dataset has, and a file that is
 * there with the same bytes is left out of the commit.  So whatever failed, to begin anew
 * is safe, also behind a commit whose answer was lost: an attempt here is all of it, from
 * preupload on.  Tried again are no answer, 408, 409, 429 (after as long as the Hub says, up
 * to a minute), 5xx, and a storage that takes no more what it had promised to take (403).
 *
 * The token goes to the endpoint alone, never to storage.
 *
 * Not here: what is in the files, when to push (task/push.h).
 */
#pragma once
#include "net/fetch.h"

struct hub_conf {
	struct str endpoint; /* "https://huggingface.co", without trailing '/' */
	struct str token;    /* secret, "hf_…"; absent: asked without one */
	struct str repo;     /* "OWNER/NAME" */
	struct str revision; /* "main" */
	uint32_t retries;    /* attempts after the first */
	uint32_t backoff_ms; /* before the first retry; doubled each time, ± 25 % */
};
/* ERR_CONFIG: a token that is none, a repo that is not OWNER/NAME.  Never shows the token. */
bool hub_check(const struct hub_conf *conf, struct err *e);

struct hub_file {
	struct str path;    /* in the dataset */
	struct str content; /* or absent: */
	struct str local;   /* a file, read while it is sent; must stay as it is */
	bool if_absent;     /* left out where the dataset has a file of that path */
};

struct hub_commit {
	const struct hub_file *files;
	size_t n_files;
	struct str title;       /* absent: "Add PATH", "Add N files" */
	struct str description; /* or absent */
	struct str parent;      /* the commit that it must follow; or absent: any */
	bool create;            /* the repository, when it is missing */
	bool pull_request;      /* propose it instead */
};

struct hub_result {
	bool already;                      /* nothing to commit: the dataset has these bytes */
	struct str commit_oid, commit_url; /* where `already`: the head, which has them */
	struct str pull_request_url;       /* or absent */
	long status;                       /* of the request that failed; -1: no answer */
	bool stale;             /* `parent` is not the head any more (412): look and try again */
	bool try_later;         /* nothing is wrong with the request; tried in vain by now */
	uint64_t retry_after_s; /* not before; 0: not said */
};
/* `e`: ERR_HTTP refused, ERR_NET or ERR_TIMEOUT no answer, ERR_IO a local file, ERR_DATA, ERR_CONFIG. */
typedef void hub_fn(void *arg, const struct hub_result *r, const struct err *e);

/* Ends in one call of `done` on the loop, never from inside.  Copies what it needs but file contents. */
void hub_commit(struct fetcher *f, struct loop *l, const struct hub_conf *conf,
		const struct hub_commit *c, hub_fn *done, void *arg);

/* What stands at the head of a revision. */
struct hub_seen {
	bool missing;       /* there is no such dataset (or the token may not see it) */
	struct str head;    /* the commit */
	bool found;         /* it has a file of that path: */
	struct str content; /* its bytes */
	long status;        /* these as in struct hub_result */
	bool try_later;
	uint64_t retry_after_s;
};
typedef void hub_seen_fn(void *arg, const struct hub_seen *s, const struct err *e);

/* One file at the head; the same promises.  ERR_LIMIT: larger than `max` bytes. */
void hub_look(struct fetcher *f, struct loop *l, const struct hub_conf *conf, struct str path,
	      uint64_t max, hub_seen_fn *done, void *arg);
