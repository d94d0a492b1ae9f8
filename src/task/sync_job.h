/*
 * sync_job: one provider's sync while it runs; shared by the files of this
 * arrow (sync.c the order of steps, sync_lease.c who may, sync_ask.c with what the
 * provider is asked, sync_pages.c a list in pages, sync_read.c the worker's part,
 * sync_commit.c the store thread's, sync_hold.c which prices are held, sync_rules.c the
 * rules over time, sync_drift.c what is new about the documents) and by nobody else.
 *
 * A job is in one thread at a time: loop → store (state) → loop (fetch) → worker
 * (read) → store (commit) → loop (report), each handing it on by a post.
 */
#pragma once
#include "base/json.h"
#include "net/decode.h"
#include "task/sync.h"

/* One list of the descriptor on its way. */
struct sync_list {
	struct sync_job *job;
	const struct list *list;
	struct store_document
		*last;          /* what was accepted before and may still be relied on, or NULL */
	const struct str *urls; /* of form ids: what is asked for */
	size_t n_urls;
	uint64_t token;                   /* that it was asked with last, of a service account */
	bool asked_again;                 /* because that was refused ... */
	void (*ask)(struct sync_list *l); /* ... in this way */
	struct fetch *fetch;              /* on its way, or NULL */
	bool not_modified;                /* 304 */
	bool failed;
	bool not_asked; /* failed, for it needs a key and there is none */
	struct err err;
	unsigned char *wire; /* malloc'd, as it came */
	size_t wire_n;
	struct hash wire_hash;
	enum fetch_encoding encoding;
	struct str etag, last_modified; /* in the job's arena */
	char *bytes;                    /* malloc'd document, parsed in place */
	yyjson_doc *doc;
	struct sync_pages *pages;       /* instead of wire, bytes and doc, or NULL */
	bool same;                      /* its body is the accepted one */
	struct store_document document; /* to be saved */
};

struct sync_job {
	const struct sync_conf *conf;
	const struct descriptor *d;
	struct arena arena;
	struct sync_report report;
	struct sync_list *lists;      /* [n_lists] */
	size_t n_lists;               /* d->n_lists */
	size_t waiting;               /* fetches still out */
	bool by_ids;                  /* of lists that are asked by ids */
	struct fetch_header *headers; /* [d->n_headers + 1]; the last one is the key's, or empty */
	struct str key, key_variable; /* as in struct sync_access */
	struct str account;           /* who asks: the key, or the service account's name */
	struct str key_print;         /* of it, or absent: no key matters; once it is committed */
	uint64_t token;               /* serial of the one in the headers, 0: none */
	bool token_kept;              /* it was good once: if it is refused, another may help */
	loop_fn *ready;
	int64_t started_at_ms;
	uint64_t started_us;
	struct store_lease lease;  /* name empty: not ours */
	struct store_lease holder; /* who had it when we asked last */
	uint64_t waiting_since_us; /* for the lease; 0: did not have to */
	bool taken_up;             /* the lease is ours, or the job has ended */
	bool cancelled;            /* somebody gave it up ... */
	bool committing;           /* ... which is of no account from here on */
	int64_t provider_id;
	struct store_state state; /* before the fetch; read again inside the transaction */
	int64_t known_last_ms;    /* of the snapshot before the fetch, CLOCK_NONE: there was none */
	bool whole_same;          /* every list's body is the accepted one */
	struct reading reading;
	size_t n_told_once; /* of reading.notes the first so many, which need telling once */
	struct store_shape_batch drift; /* what is to be remembered of it */
	struct snapshot snapshot;
	const struct str *suspect_missing; /* ids lacking, when the fetch is suspect */
	size_t n_suspect_missing;
	bool shrunk;                  /* it is suspect for what it lacks */
	struct changes corrections;   /* what our own reading was corrected in */
	struct hash moved_from;       /* the state before, as corrected */
	const struct catalog *cached; /* the state committed, to be written to a file; or NULL */
	struct reader_list *kept; /* documents read again: a correction's strings point into them */
	size_t n_kept;
	struct reading reread; /* what they give, if they can be read */
	bool has_reread;
};

/* ---- sync_job.c: what every step may do ---- */

/* One more note of this sync. */
void sync_add_note(struct sync_job *job, struct str text);
/* The failure of a job, once; *e is copied. */
void sync_fail(struct sync_job *job, enum store_completeness completeness, const struct err *e);
/* The other's result is at least as new as ours: it stands, and ours leaves no trace. */
void sync_overtaken(struct sync_job *job);
/* A document's kept body, inflated; the caller frees ret->at. */
bool sync_unpack(const struct store_document *d, size_t max, struct document *ret, struct err *e);

/* ---- sync_ask.c: loop thread ---- */

void sync_ask_init(struct sync_job *job, const struct sync_access *access);
void sync_ask_release(struct sync_job *job);
/* Once the provider can be asked, or the job has failed; perhaps from inside. */
void sync_ask_ready(struct sync_job *job, loop_fn *ready);
/* False: the list needs a key, and there is none. */
bool sync_may_ask(const struct sync_list *l, struct err *e);
/* What to ask for, with the key where it may go; no condition. */
struct fetch_request sync_request(struct sync_list *l, struct str url);
/*
 * A token that was good before is refused: get another and ask once more by `ask`.
 * False: the answer is what it is.
 */
bool sync_ask_again(struct sync_list *l, const struct fetch_response *r,
		    void (*ask)(struct sync_list *));

/* ---- sync.c: of a list in pages, too ---- */

/* Loop thread.  Counts it; takes the body over, or l->failed. */
void sync_take_answer(struct sync_list *l, struct fetch_response *r, const struct err *e);
/* Loop thread: this list is here, or failed. */
void sync_list_fetched(struct sync_list *l);

/* Worker: into l->document, packed unless it came as `gzip`. */
void sync_keep_document(struct sync_list *l, struct str plain, struct str gzip);

/* ---- sync_drift.c ---- */

/*
 * Inside the transaction: what the documents look like against what is remembered,
 * and which notes were told before, into the report and job->drift.
 */
bool sync_drift_find(struct store *s, struct sync_job *job, struct err *e);
bool sync_drift_save(struct store *s, struct sync_job *job, struct err *e);

/* ---- sync_commit.c ---- */

/*
 * What the documents kept give if they are read today.  They are read once a job; after a
 * failure they count as not found.
 */
bool sync_reread(struct store *s, struct sync_job *job, struct reading *ret, bool *ret_found,
		 struct err *e);

/* ---- the steps ---- */

/* Worker: decode, hash, parse, normalise.  On failure report.err is set. */
bool sync_read(struct sync_job *job);
/*
 * Worker, while nothing is being fetched: the ids of the first list, and what lists of
 * form ids are to be asked for.  On failure report.err is set.
 */
bool sync_read_ids(struct sync_job *job);
/* Parsed apart, for the bytes are to be kept; only half surrogates are mended in them. */
bool sync_parse_apart(char *bytes, size_t n, yyjson_doc **ret, struct err *e);

/*
 * Store thread: take the lease and load what is known.  False: somebody else
 * has it (job->holder), ask again later.  True is also the end of the job by
 * failure, by deactivation or because the other's result stands.
 */
bool sync_take_up(struct store *s, struct sync_job *job);
/* Best effort, outside a transaction: what ended without a commit gives the lease back. */
void sync_give_back(struct store *s, struct sync_job *job);

/* Store thread: the transaction, or the row of a failed run. */
void sync_commit(struct store *s, struct sync_job *job);

/*
 * Store thread, after the commit: job->cached is NULL when no file is to be written.  Then
 * the worker's part.  A failure goes into the report.
 */
void sync_cache_find(struct store *s, struct sync_job *job);
void sync_cache_write(void *arg);
