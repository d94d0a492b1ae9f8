/* SPDX-License-Identifier: MIT */
/*
 * hub: dataset repositories as the Hugging Face Hub keeps them, so that uploads have somewhere to go.
 *
 * It plays POST /huggingface.co/api/repos/create, …/api/datasets/NS/NAME/preupload/REV and …/commit/REV,
 * …/datasets/NS/NAME.git/info/lfs/objects/batch and /verify, GET …/resolve/REV/PATH, and the storage that
 * LFS uploads go to, which is another host: /lfs-storage.huggingface.co/….  It believes nothing: a sample
 * must be the file's beginning, a regular file must have been announced as one, an LFS file must lie in the
 * storage with that hash and size, a token must not reach the storage.  What breaks a rule is refused
 * with 400 and kept as a complaint.  One revision, main, to be read
 * by the name of its head as well; xet is never offered.
 *
 * Any token "hf_…" may write, "hf_read…" may only read, others are unknown.  Repositories exist once they were created, by
 * the API or by POST /sim/hub?repo=NS/NAME.
 *
 * Each step can be told to fail (POST /sim/hub/fault): with a status in the Hub's words or in those
 * of a cache in front of it, by a reset or by silence, before it did anything or after it had done all.
 *
 * Its control routes are a table that GET /sim/ lists with the others.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "http.h"

enum hub_step {
	HUB_CREATE,
	HUB_PREUPLOAD,
	HUB_BATCH,
	HUB_PUT,
	HUB_COMPLETE,
	HUB_VERIFY,
	HUB_COMMIT,
	HUB_RESOLVE,
	HUB_STEPS,
	HUB_NOTHING = HUB_STEPS,
};

enum hub_failure {
	HUB_HONEST,
	HUB_STATUS, /* with the Hub's headers and JSON */
	HUB_HTML,   /* a page of what stands in front of it */
	HUB_RESET,  /* nothing was done */
	HUB_HANG,
	HUB_LOST, /* all was done, and the answer never comes: reset … */
	HUB_LATE, /* … or silence */
	HUB_FAILURES,
};

struct hub_fault {
	enum hub_failure kind;
	int status;
	uint64_t times; /* still to come */
	uint64_t retry_after;
};

struct hub_repo;
struct hub_object;

struct hub {
	struct hub_repo *repos;
	struct hub_object *objects; /* of the storage */
	struct hub_fault faults[HUB_STEPS];
	uint64_t lfs_over, part_size;
	uint64_t requests, commits;
	struct buf log, complaints; /* JSON, comma separated */
};

void hub_init(struct hub *h);
void hub_release(struct hub *h);
/* false: it is no place of ours. */
bool hub_serve(struct hub *h, const struct http_request *rq, struct reply *rp);

struct hub_route {
	const char *method, *path;
	void (*run)(struct hub *h, const struct http_request *rq, struct reply *rp);
	const char *parameters, *help;
};
extern const struct hub_route hub_routes[];
extern const size_t hub_routes_n;
/* Of paths that begin with /sim/hub. */
void hub_control(struct hub *h, const struct http_request *rq, struct reply *rp);
