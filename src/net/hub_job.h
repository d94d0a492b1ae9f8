/*
 * hub_job: asking the Hub one thing after another, and beginning anew.
 *
 * What a commit and a look have in common.  Either embeds struct hub_job as its first
 * member; an attempt is begun by `begin`, asks by hub_ask(), goes on in the `answered` of
 * each step, and ends in hub_end() or in one of the two fails.  Loop thread.
 */
#pragma once
#include "net/hub.h"
#include "net/retry.h"

struct hub_job;
typedef void hub_answered_fn(struct hub_job *j, struct fetch_response *r); /* a 2xx */

/* A kind of request. */
struct hub_step {
	const char *name;          /* for sentences */
	const char *type, *accept; /* or NULL */
	bool token;                /* carries ours */
	bool request_id;           /* carries hub_job.request_id */
	bool storage;              /* is none of the Hub's own */
	hub_answered_fn *answered;
};

struct hub_kind {
	void (*begin)(struct hub_job *j);
	/* Any other answer; false: it is a failure like another. */
	bool (*refused)(struct hub_job *j, struct fetch_response *r);
	void (*end)(struct hub_job *j, const struct err *e); /* tells, and destroys */
};

struct hub_job {
	const struct hub_kind *kind;
	struct fetcher *fetcher;
	struct loop *loop;
	struct hub_conf conf;
	struct arena arena;   /* of the job, */
	struct arena attempt; /* of an attempt */
	struct chance chance;
	unsigned attempts;

	const struct hub_step *step; /* that is asked */
	struct buf body;             /* of the next request; empty: GET */
	struct str request_id;

	/* how the attempt failed: as in struct hub_result */
	long status;
	bool stale, try_later;
	uint64_t retry_after_s;
};

void hub_job_init(struct hub_job *j, const struct hub_kind *kind, struct fetcher *f, struct loop *l,
		  const struct hub_conf *conf);
void hub_job_release(struct hub_job *j);

void hub_begin(struct hub_job *j);
void hub_end(struct hub_job *j); /* well */
/* By what the members say of it: anew after a while, or for good.  *e gets the step's name in front. */
void hub_fail(struct hub_job *j, struct err *e);

/* Of the endpoint's API: WHAT/REVISION. */
struct str hub_api_url(struct hub_job *j, const char *what, bool pull_request);
/* Sends j->body, or `put` instead. */
void hub_ask(struct hub_job *j, const struct hub_step *step, struct str url,
	     const struct fetch_file *put);
/* The body of an answer that is for us to read; empty where it is absurdly long. */
struct str hub_body(const struct fetch_response *r);
bool hub_is_missing(const struct fetch_response *r); /* the repository */
