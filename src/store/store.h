/*
 * store: what we remember.  One interface, several back ends (store/backend.h),
 * one contract suite (tests/store) that each of them passes unchanged.
 *
 * Words: *observed* is what a provider last said, the open rows of
 * model_versions and prices; a sync compares with it and with nothing else.
 * Table `models` is derived from it for the users' own SQL (less what is held,
 * with an operator's values laid over: store/desk.h) and keeps what an operator
 * set (is_active).  Nothing is ever deleted: rows are closed
 * (seen_to) and models go missing (missing_since).  But for runs that have
 * nothing more to say (store/expire.h).
 *
 * Blocking; a struct store belongs to one thread at a time.  Reading while
 * somebody else writes can fail with ERR_BUSY: ask again.  All writing goes
 * through the store thread (store/thread.h).  Memory handed out comes from the
 * caller's arena and stays good until that is released.  Times are wall
 * milliseconds; CLOCK_NONE is NULL.  Every failure is ERR_DB with the
 * database's own words, unless it says otherwise, and after a failure inside a
 * transaction the caller rolls back: nothing half-written is ever left.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "core/change.h"
#include "core/snapshot.h"

struct store;

enum store_mode {
	STORE_READ,  /* never writes a byte, leaves no file behind; refuses a missing database
			(ERR_IO) and an old schema (ERR_CONFIG) with a sentence */
	STORE_WRITE, /* creates the database if need be and migrates it under a lock */
};

/*
 * `url`: sqlite:PATH, sqlite:///PATH (absolute), postgres://…, postgresql://….
 * The password in it is never part of an error.  ERR_USAGE for a URL that is
 * none of these, ERR_CONFIG for a database that holds tables `providers` or
 * `models` that are not ours, or a schema newer than this program.
 */
bool store_open(struct store **ret, const char *url, enum store_mode mode, struct err *e);
void store_close(struct store *s); /* NULL is fine */
/* Version of the schema found; `latest` what this program brings. */
bool store_schema_version(struct store *s, int *ret, int *latest, struct err *e);
/* For a URL: "sqlite:assay.db", "postgresql://user:***@host/db"; for people and logs. */
struct str store_url_redacted(const char *url, struct arena *a);

/* ---- one provider's sync: a transaction ---- */

/* Facts of a descriptor that row `providers` is created from and follows. */
struct store_provider {
	struct str slug, name, description, base_url, api_key_env_var, logo_url, site_url,
		status_page_url;
	int supports_streaming, supports_function_calling, supports_vision,
		supports_image_generation; /* -1 0 1 */
};

/*
 * Begin (SQLite BEGIN IMMEDIATE; PostgreSQL a transaction and the provider's
 * advisory lock).  ERR_BUSY when somebody else keeps it locked past the wait.
 */
bool store_begin(struct store *s, const char *slug, struct err *e);
bool store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s); /* outside a transaction: nothing */

/*
 * The provider's row, created when missing.  A column follows the descriptor
 * unless an operator changed it: it is rewritten only while it still holds what
 * a descriptor put there (metadata.descriptor remembers that).  A row that
 * already says the same is not written.
 */
bool store_provider_follow(struct store *s, const struct store_provider *p, int64_t now_ms,
			   int64_t *ret_id, bool *ret_is_active, struct err *e);
/* Without writing: id 0 and active when there is no such row. */
bool store_provider_find(struct store *s, struct str slug, int64_t *ret_id, bool *ret_is_active,
			 struct err *e);

/* What the last accepted fetch of one list left behind; also says what a validator may be used for. */
struct store_document {
	struct str list; /* name of the list in the descriptor */
	struct str url;
	struct str encoding;   /* of the stored body: "gzip" */
	struct str body;       /* compressed; absent when read with store_load_state() */
	uint64_t body_n;       /* bytes before compression */
	struct hash body_hash; /* fingerprint of the document before compression */
	struct str etag, last_modified;
	struct hash descriptor_hash; /* descriptor that read it ... */
	int reader_version;          /* ... and reader */
	int64_t fetched_at_ms;
};

enum store_completeness { FETCH_COMPLETE, FETCH_PARTIAL, FETCH_SUSPECT, FETCH_FAILED };
extern const char *const store_completeness_names[4];

struct store_state {
	bool has_snapshot;
	struct hash snapshot; /* the open one */
	int64_t snapshot_first_ms, snapshot_last_ms;
	uint64_t snapshot_models;
	uint64_t snapshot_prices;
	struct str key; /* print of the key it was fetched with last (base/keyprint.h), or absent */
	struct store_document *documents; /* without bodies */
	size_t n_documents;
	/* Of the newest complete run: rows of the list, models read from them, rows left out; all 0: there is none. */
	uint64_t fetched, transformed, skipped;
	/*
	 * Of the newest complete or suspect run, when that was a suspect one: the ids it lacked,
	 * and the print of its key, or absent.
	 */
	struct str *suspect_missing;
	size_t n_suspect_missing;
	struct str suspect_key;
	struct str identity_basis; /* see store_save_identities(); absent: none yet */
};

bool store_load_state(struct store *s, int64_t provider_id, struct arena *a,
		      struct store_state *ret, struct err *e);
/* One list's document with its body; *ret_found false when there is none. */
bool store_load_document(struct store *s, int64_t provider_id, struct str list, struct arena *a,
			 struct store_document *ret, bool *ret_found, struct err *e);

/* Every model ever seen of a provider, sorted by id (bytewise).  Read from an index alone. */
struct store_row {
	int64_t id;
	struct str provider_model_id;
	struct hash content;      /* snapshot.content as last written */
	int64_t missing_since_ms; /* CLOCK_NONE: present in the last complete fetch */
};
bool store_load_rows(struct store *s, int64_t provider_id, struct arena *a, struct store_row **ret,
		     size_t *ret_n, struct err *e);

/*
 * What is observed of given models: the tracked columns and the open prices; and
 * what is stored besides, out of `models`.
 */
struct store_observed {
	int64_t model_id;
	struct model model;  /* hugging_face_id and created only inside metadata */
	int64_t *price_ids;  /* [model.n_prices], beside model.prices (sorted by key) */
	struct str *suspect; /* [model.n_prices]: why the price is implausible, or absent */
};
bool store_load_observed(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			 struct store_observed *ret /* [n], same order */, struct err *e);

/* One batch: everything one complete fetch changes.  Arrays may be NULL when their count is 0. */
struct store_model_write {
	int64_t id; /* 0: a new model, inserted with is_active true */
	const struct model *model;
	struct hash content;
	bool new_version; /* a tracked column (not only a price) differs: close the open
				      version, open another; always so for a new model */
	struct str canonical_id, canonical_evidence; /* evidence absent: not looked at */
	/* Out of it come the columns of `models`, out of `model` all else; NULL: the same. */
	const struct model *shown;
};
struct store_price_open {
	size_t write; /* index into writes: whose price it is */
	const struct price *price;
	struct str suspect; /* why it is implausible, or absent */
};
struct store_batch {
	int64_t provider_id;
	int64_t at_ms; /* seen_from / seen_to / first_seen_at / missing_since … */
	const struct store_model_write *writes;
	size_t n_writes;
	const int64_t *price_closes; /* prices.id whose seen_to becomes at_ms */
	size_t n_price_closes;
	const struct store_price_open *price_opens;
	size_t n_price_opens;
	const int64_t *missing; /* models.id: missing_since = at_ms, an absence opens */
	size_t n_missing;
	const int64_t *missing_incidents; /* [n_missing]: with which incident, 0: none; or NULL */
	/* models.id: missing_since = NULL, the absence ends, is_active as before a removal. */
	const int64_t *returned;
	size_t n_returned;
	/*
	 * models.id of absences that count as removed from now on: is_active = false, what it
	 * was is kept with the absence.  Some may be among `missing`.
	 */
	const int64_t *removed;
	size_t n_removed;
	const struct change *changes;
	size_t n_changes;
	/*
	 * The state after this fetch.  Same hash as the open snapshot: one UPDATE
	 * of it (last_at, times); another: that one stays as it is and a row opens.
	 */
	struct hash snapshot;
	uint64_t snapshot_models, snapshot_prices;
	struct str key; /* print of the key, or absent: goes into the snapshot's row in any case */
	bool not_fetched; /* our own correction: no fetch is counted for the snapshot */
	bool unheard; /* whichever model may be offered unread: no fetch that any was not found by */
};
bool store_apply(struct store *s, const struct store_batch *b, struct err *e);

/* Insert or replace the provider's document of that list. */
bool store_save_document(struct store *s, int64_t provider_id, const struct store_document *d,
			 struct err *e);

/* How many days a run is kept by itself before it is added to its day's (store/expire.h). */
enum store_keep { KEEP_FOR_GOOD = 0, KEEP_A_DAY = 1, KEEP_A_MONTH = 30 };

/* One row of sync_runs. */
struct store_run {
	int64_t provider_id;
	int64_t started_at_ms, ended_at_ms;
	enum store_completeness completeness;
	int http_status; /* -1: no HTTP answer */
	uint64_t bytes;  /* on the wire */
	uint32_t attempts;
	uint64_t fetched, transformed, skipped, written, prices_written;
	uint64_t added, changed, missing, returned;
	bool unchanged;    /* the whole body was the one accepted before */
	bool has_snapshot; /* it opened one */
	struct hash snapshot;
	enum store_keep keep;
	struct str error_kind, error; /* absent when complete */
	struct str notes; /* JSON array of {"id","reason"} skips and warnings, or absent */
	const struct str *suspect_missing; /* suspect runs: ids that were lacking */
	size_t n_suspect_missing;
	struct str key; /* suspect runs: print of the key, or absent */
};
bool store_save_run(struct store *s, const struct store_run *r, struct err *e);

/* ---- what a provider's documents look like ---- */

/*
 * The words are provider/shape.h's and provider/drift.h's: the store keeps them and
 * looks into none.
 */
struct store_shape { /* of one list */
	struct str list;
	struct hash fingerprint;
	uint64_t places; /* not vanished */
};
struct store_place {
	struct str list, path;
	struct str types, usual; /* texts */
	uint64_t rows, of;
	bool vanished;
};
struct store_drift {
	struct str list, path, kind; /* kind: new, type, vanished, returned */
	bool closed;
	struct str before, after; /* types */
	uint64_t rows, of;
	struct str example; /* or absent */
};
struct store_shapes {
	struct store_shape *shapes;
	size_t n_shapes;
	struct store_place *places; /* vanished ones too, in no order */
	size_t n_places;
	struct str *notes; /* told already, sorted */
	size_t n_notes;
};
bool store_load_shapes(struct store *s, int64_t provider_id, struct arena *a,
		       struct store_shapes *ret, struct err *e);

/* What one complete fetch changes in that.  Arrays may be NULL when their count is 0. */
struct store_shape_batch {
	int64_t provider_id;
	int64_t at_ms;
	const struct store_shape *shapes; /* inserted, or put in place of what is there */
	size_t n_shapes;
	const struct store_place *places; /* likewise; each (list, path) once */
	size_t n_places;
	const struct store_drift *drift;
	size_t n_drift;
	const struct str *notes; /* none of them told before, each once */
	size_t n_notes;
};
bool store_save_shapes(struct store *s, const struct store_shape_batch *b, struct err *e);

/* ---- leases: a courtesy between processes ---- */

/*
 * Who does what just now, so that others wait instead of doing it twice.
 * Correctness never rests on a lease: the transaction sees to that.
 */
struct store_lease {
	struct str name; /* "sync:SLUG" */
	struct str host;
	int64_t pid, pid_started;           /* pid_started tells a reused pid apart */
	int64_t taken_at_ms, expires_at_ms; /* by store_lease_clock() */
};

/* One clock for all who ask for leases, whatever their own ones say: the server's, or the computer's; never turned. */
bool store_lease_clock(struct store *s, int64_t *ret_ms, struct err *e);
/* Who has it, or had it last; host absent: nobody ever did. */
bool store_lease_find(struct store *s, struct str name, struct arena *a, struct store_lease *ret,
		      struct err *e);

/*
 * Take `want` when it is free: nobody has it, it ran out by want->taken_at_ms,
 * it is this process's own, or it is exactly `dead`, a holder that the caller
 * found gone (NULL: none).  Not inside a transaction; durable at once.
 * *ret_taken false: *ret_holder says who has it.
 */
bool store_lease_take(struct store *s, const struct store_lease *want,
		      const struct store_lease *dead, struct arena *a, bool *ret_taken,
		      struct store_lease *ret_holder, struct err *e);
/* Inside a transaction a part of it.  A lease that somebody else has by now stays his. */
bool store_lease_release(struct store *s, const struct store_lease *mine, struct err *e);

/* ---- identity: which weights a row offers (core/identity.h); no change, in no hash ---- */

/* What the canonical ids of a provider's models were worked out with. */
struct store_identity_state {
	int64_t provider_id;
	struct str provider; /* slug */
	struct str basis;    /* absent: never worked out */
	bool has_new;        /* some row was never looked at */
};
bool store_load_identity_states(struct store *s, struct arena *a, struct store_identity_state **ret,
				size_t *ret_n, struct err *e);

/* A model's evidence, and what was made of it. */
struct store_identity {
	int64_t model_id;
	struct str provider_model_id, hugging_face_id;
	struct str canonical_id, canonical_evidence; /* evidence absent: not looked at */
};
/* Every model ever seen of a provider, sorted by id (bytewise). */
bool store_load_identities(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_identity **ret, size_t *ret_n, struct err *e);
/*
 * Inside a transaction: the last two members of these rows, and the basis of all
 * of the provider's.  A row that already says the same need not be among them.
 */
bool store_save_identities(struct store *s, int64_t provider_id, int64_t at_ms,
			   const struct store_identity *rows, size_t n, struct str basis,
			   struct err *e);

/* The open rows of table `aliases`, which an operator writes. */
struct store_alias {
	int64_t id;
	struct str alias;
	struct str provider;     /* slug; absent: whichever */
	struct str canonical_id; /* empty: to stay unmatched */
};
bool store_load_aliases(struct store *s, struct arena *a, struct store_alias **ret, size_t *ret_n,
			struct err *e);

/* ---- reading, for commands ---- */

struct store_provider_stat {
	struct str slug, name;
	bool is_active;
	uint64_t models, active, missing, prices; /* prices: open rows */
	bool has_snapshot;
	struct hash snapshot;
	int64_t last_complete_ms; /* CLOCK_NONE: never */
	struct str last_error;    /* of the newest run, absent when it was complete */
};
bool store_list_providers(struct store *s, struct arena *a, struct store_provider_stat **ret,
			  size_t *ret_n, struct err *e);

enum store_model_sort { SORT_NAME, SORT_PRICE, SORT_CONTEXT };
struct store_model_query {
	struct str text;     /* substring of id or name, case-insensitive; absent: all */
	struct str provider; /* slug, or absent */
	struct str modality; /* exact, or absent */
	enum store_model_sort
		sort;   /* price: unknown last; context: largest first; ties by provider, id */
	uint64_t limit; /* 0: all */
};
struct store_model_row {
	struct str provider, provider_model_id, canonical_id, name, modality, quantization;
	struct str pricing_prompt, pricing_completion, pricing_image,
		pricing_request;                   /* absent: NULL */
	int64_t context_length, max_output_tokens; /* MODEL_NO_COUNT: NULL */
	int64_t missing_since_ms, deprecated_at_ms, first_seen_ms, last_seen_ms;
	bool is_active; /* the row and its provider */
};
typedef bool store_model_fn(void *arg, const struct store_model_row *row, struct err *e);
/*
 * Calls `fn` per row; stops and fails when it returns false.  The row is good
 * during the call, and `fn` may not use the store.  The same for changes.
 */
bool store_list_models(struct store *s, const struct store_model_query *q, store_model_fn *fn,
		       void *arg, struct err *e);

/* Every model by its names, sorted by provider, id. */
struct store_name {
	int64_t model_id;
	struct str provider, provider_model_id;
	struct str canonical_id; /* absent: matched with no other */
};
bool store_load_names(struct store *s, struct arena *a, struct store_name **ret, size_t *ret_n,
		      struct err *e);

/* What is known of given models, to be held against each other. */
struct store_offer {
	struct store_observed observed;
	struct str provider; /* slug */
	struct str canonical_evidence;
	int64_t missing_since_ms; /* CLOCK_NONE: listed */
	bool is_active;           /* the row and its provider */
	/* What probes found (core/health.h). */
	struct str health;     /* "healthy", …, "unknown" */
	int64_t success_ppm;   /* of a million that count, those that ended well; -1: not known */
	int64_t response_us;   /* mean time of those; -1: not known */
	int64_t checked_at_ms; /* the newest sample; CLOCK_NONE: never */
};
bool store_load_offers(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
		       struct store_offer *ret /* [n], same order */, struct err *e);

struct store_change_row {
	int64_t id, at_ms;
	struct str provider;
	struct change change;
};
typedef bool store_change_fn(void *arg, const struct store_change_row *row, struct err *e);
struct store_change_query {
	int64_t since_ms;    /* at or after that; CLOCK_NONE: all */
	int64_t after_id;    /* greater than that; 0: all */
	int64_t up_to_id;    /* that one and smaller; 0: all */
	struct str provider; /* slug, or absent */
	struct str model;    /* provider_model_id, or absent */
	const bool *kinds;   /* [CHANGE_KINDS]: these; NULL: all */
	bool undelivered;    /* only those for which a notice is still owed */
	uint64_t limit;      /* only the newest so many; 0: all */
	bool oldest;         /* the oldest so many instead */
};
/* Ascending by id. */
bool store_list_changes(struct store *s, const struct store_change_query *q, store_change_fn *fn,
			void *arg, struct err *e);
/* The greatest id of a change, 0: there is none.  Ids ascend in the order of commits. */
bool store_newest_change(struct store *s, int64_t *ret, struct err *e);

struct store_drift_row {
	int64_t id, at_ms;
	struct str provider;
	struct store_drift drift;
};
typedef bool store_drift_fn(void *arg, const struct store_drift_row *row, struct err *e);
/* Of one provider or (absent) of all, the newest first.  `limit` 0: all. */
bool store_list_drift(struct store *s, struct str provider, uint64_t limit, store_drift_fn *fn,
		      void *arg, struct err *e);

/* Totals of table rows, for `assay check` and the demo.  runs: also those added up into days. */
struct store_totals {
	uint64_t providers, models, open_prices, versions, snapshots, changes, runs;
};
bool store_totals(struct store *s, struct store_totals *ret, struct err *e);
