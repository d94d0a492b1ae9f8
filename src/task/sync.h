/*
 * sync: the arrow from a provider's list to the database.
 *
 *	net.fetch ▶ provider.read ▶ core.snapshot ▶ store.rows ▶ core.change ▶ store.apply
 *	 loop        worker          worker          ───────── store thread ──────────
 *
 * One job per provider; jobs run side by side and one's failure never touches
 * another.  Everything that one provider's fetch changes is one transaction.
 * Of a fetch that failed, is partial or suspect nothing is kept but its run.
 *
 * What a provider lists may depend on who asks.  When its key is another than the
 * last time and the list differs, that fetch is suspect, and the next complete one
 * with the same key confirms it.
 *
 * A lease per provider keeps processes from fetching the same list twice at
 * once: who comes second waits, and what the first one committed meanwhile is
 * his result too.  Correctness rests on the transaction alone.
 */
#pragma once
#include "core/change.h"
#include "core/removal.h"
#include "net/fetch.h"
#include "provider/drift.h"
#include "provider/reader.h"
#include "store/thread.h"
#include "task/identity.h"
#include "task/token.h"

/* How it went for one provider. */
enum sync_outcome {
	SYNC_DONE,      /* a complete fetch, committed (or, in a dry run, read) */
	SYNC_FAILED,    /* failed, partial or suspect: `err` says why */
	SYNC_OVERTAKEN, /* another process synced it meanwhile: its result stands */
	SYNC_INACTIVE,  /* an operator deactivated the provider: nothing was asked */
};

/* Something about the shape of a list's rows that was not so before. */
struct sync_drift {
	struct str list;
	struct drift drift; /* the example cut short and free of secrets */
	struct str text;    /* one sentence */
};

struct sync_report {
	const struct descriptor *provider;
	int64_t provider_id; /* row of `providers`; 0: none, or a dry run, which does not look */
	enum sync_outcome outcome;
	struct err err;
	enum store_completeness completeness;

	int http_status; /* -1: none */
	uint64_t bytes;  /* on the wire */
	uint32_t attempts;
	int64_t max_age_s; /* how long the documents are good for, the shortest said; -1: not said */
	uint64_t fetched;  /* rows in the documents */
	uint64_t transformed; /* models read from them */
	uint64_t synced;  /* models whose stored row now equals the provider's; 0 in a dry run */
	uint64_t written; /* rows of `models` really written */
	uint64_t prices_written;
	uint64_t added, changed, missing, returned;
	uint64_t removed;        /* absences that count as removals from this sync on */
	uint64_t models, prices; /* of the state after it */
	bool unchanged_body;     /* the document was the one accepted before */
	bool has_prev;
	struct hash hash, prev;          /* of the state after, and before */
	uint64_t skipped;                /* rows that could not be read ... */
	const struct reader_skip *skips; /* ... and why: all of them, or none if nothing can tell */
	size_t n_skips;
	const struct str *notes;
	const bool *notes_known; /* [n_notes]: told by a sync before this one; NULL: none */
	size_t n_notes;
	const struct sync_drift *drift; /* what matters most first */
	size_t n_drift;
	const struct store_shape *shapes; /* of the lists that were read */
	size_t n_shapes;
	struct changes changes;
	bool cache_failed; /* models_HASH.json could not be written: cache_err, which names it */
	struct err cache_err;
	uint64_t duration_us;
};

/* On the loop thread, once per provider, as each ends; good until it returns. */
typedef void sync_fn(void *arg, const struct sync_report *r);

/* Whom a commit tells (task/sync_notice.h). */
struct sync_notice {
	bool hook;           /* a hook is configured */
	int64_t endpoint_id; /* of the webhook that is active, 0: none */
};

struct sync_conf {
	struct loop *loop;
	struct fetcher *fetcher;
	struct tokens *tokens;                 /* of service accounts; its fetcher is this one */
	struct store_thread *store;            /* NULL: a dry run, nothing is written */
	const struct identity_rules *identity; /* may be NULL in a dry run */
	size_t body_max;                       /* bytes of a document after inflating */
	struct str cache_dir;        /* gets models_HASH.json of each state; absent: no files */
	uint64_t lease_wait_ms;      /* for another process that syncs the same provider */
	struct removal_rule removal; /* when a model that is missing counts as removed */
	uint64_t accept_after;       /* complete fetches that must repeat a held price */
	struct sync_notice notice;
	sync_fn *report;
	void *arg;
};

/* With what a provider is asked; everything is copied, the key never shown. */
struct sync_access {
	struct str key;              /* API key, or credentials of a service account; or absent */
	struct str key_variable;     /* where it is from, for sentences */
	const struct str *variables; /* [d->n_variables], each descriptor_is_value() */
};

struct sync_job;

/*
 * Start one provider.  The caller runs the loop; `conf` and `d` outlive the report, which never
 * comes from inside.  What is returned is good until then, and only for sync_cancel().
 */
struct sync_job *sync_start(const struct sync_conf *conf, const struct descriptor *d,
			    const struct sync_access *access);
/*
 * Give up fetching: the report is that of a failure, ERR_CANCELLED, and comes later.  What has been
 * read and is being committed is committed, and reported as if nothing had been said.
 */
void sync_cancel(struct sync_job *job);
