/*
 * sqlite: the SQLite back end, seen from inside.  Nobody outside this
 * directory includes it (but tests/store/test_sqlite.c).
 *
 * sqlite.c holds the connection: opening, pragmas, transactions, prepared
 * statements.  The other files hold the SQL, one subject each, and get at the
 * connection through the functions below.
 */
#pragma once
#include "store/backend.h"
#include "store/purse.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { SQLITE_STORE_STATEMENTS = 224 };

struct sqlite_store {
	struct store base;
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	/*
	 * Opened immutable: nobody was writing, so no -wal and -shm may appear on
	 * our account.  `seen` is the file as it was then; see sqlite_read_begin().
	 */
	bool immutable;
	struct stat seen;
	bool reading; /* inside a transaction that sqlite_read_begin() began */
	/* Prepared once, found again by the address of their text, which is a literal. */
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} cache[SQLITE_STORE_STATEMENTS];
	size_t n_cached;
};

static inline struct sqlite_store *sqlite_of(struct store *s)
{
	return (struct sqlite_store *)s;
}

/* What the database just said, as an error: kind by its code, sentence with path and its words. */
bool sqlite_fail(struct sqlite_store *s, struct err *e);

/* A statement ready for binding, NULL on failure.  `sql` is a literal: its address is the key. */
sqlite3_stmt *sqlite_prepare(struct sqlite_store *s, const char *sql, struct err *e);
/* Reset and forget what was bound (it points into the caller's memory). */
void sqlite_done(sqlite3_stmt **stmt);
#define STMT_AUTO(name) sqlite3_stmt *name __attribute__((cleanup(sqlite_done)))

/* Run a statement that gives no rows; it is reset, what is bound stays for the next run. */
bool sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, struct err *e);
/* Next row: *ret_row false at the end. */
bool sqlite_next(struct sqlite_store *s, sqlite3_stmt *st, bool *ret_row, struct err *e);
/* SQL text without values or rows. */
bool sqlite_exec(struct sqlite_store *s, const char *sql, struct err *e);

/* A statement whose column 0 says how many rows it gives, and what a row of it is. */
struct sqlite_list {
	const char *sql;
	size_t size; /* of an item */
	void (*read)(sqlite3_stmt *st, struct arena *a, void *item);
	/* Instead of it, where a row may hold what this program does not know. */
	bool (*parse)(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
		      struct err *e);
};

/* All that the statement, bound by the caller, gives, in the arena; items are zeroed before they are read. */
bool sqlite_read_rows(struct sqlite_store *s, sqlite3_stmt *st, const struct sqlite_list *l,
		      struct arena *a, void **ret, size_t *ret_n, struct err *e);

/* The same of a statement that is prepared here; where it has a parameter that is `of`. */
bool sqlite_read_list(struct sqlite_store *s, const struct sqlite_list *l, int64_t of,
		      struct arena *a, void **ret, size_t *ret_n, struct err *e);

/*
 * Around every reading: all of it sees one state, and takes the read lock once
 * instead of per statement.  Inside a transaction both do nothing.  `ok` is what
 * came of the reading and is passed through; end must be called if and only if
 * begin succeeded.
 *
 * An immutable connection sees neither locks nor writers: begin opens the
 * database anew when somebody began to write since, end says ERR_BUSY when the
 * file changed meanwhile, so that what was read may be torn.
 */
bool sqlite_read_begin(struct sqlite_store *s, struct err *e);
bool sqlite_read_end(struct sqlite_store *s, bool ok, struct err *e);

/*
 * A write that is a transaction of its own, or, inside one, a part of it.  `begin` says which in *ret_own, `end`
 * commits or rolls back what is its own; `ok` is what came of the writing.
 */
bool sqlite_write_begin(struct sqlite_store *s, bool *ret_own, struct err *e);
bool sqlite_write_end(struct sqlite_store *s, bool own, bool ok, struct err *e);

/* How long to wait for somebody else's lock; 10 s unless a test says otherwise. */
void sqlite_wait(struct sqlite_store *s, int wait_ms);

/* sqlite_migrate.c: the schema found, 0: an empty database; ERR_CONFIG when it is not ours. */
bool sqlite_schema_version(struct sqlite_store *s, int *ret, struct err *e);
int sqlite_schema_latest(void);
bool sqlite_migrate(struct sqlite_store *s, struct err *e);
/* A reader's look: neither empty nor older nor newer than this program. */
bool sqlite_schema_check(struct sqlite_store *s, struct err *e);

/* The members of store_sqlite, by the file they live in. */
bool sqlite_provider_follow(struct store *s, const struct store_provider *p, int64_t now_ms,
			    int64_t *ret_id, bool *ret_is_active, struct err *e);
bool sqlite_provider_find(struct store *s, struct str slug, int64_t *ret_id, bool *ret_is_active,
			  struct err *e);

bool sqlite_load_state(struct store *s, int64_t provider_id, struct arena *a,
		       struct store_state *ret, struct err *e);
bool sqlite_load_document(struct store *s, int64_t provider_id, struct str list, struct arena *a,
			  struct store_document *ret, bool *ret_found, struct err *e);
bool sqlite_load_rows(struct store *s, int64_t provider_id, struct arena *a, struct store_row **ret,
		      size_t *ret_n, struct err *e);
bool sqlite_load_observed(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_observed *ret, struct err *e);

bool sqlite_apply(struct store *s, const struct store_batch *b, struct err *e);

bool sqlite_save_document(struct store *s, int64_t provider_id, const struct store_document *d,
			  struct err *e);
bool sqlite_save_run(struct store *s, const struct store_run *r, struct err *e);

bool sqlite_expire_runs(struct store *s, int64_t provider_id, int64_t now_ms, struct err *e);
bool sqlite_expire_samples(struct store *s, const struct store_expiry *x, struct store_expired *ret,
			   struct err *e);
bool sqlite_expire_payloads(struct store *s, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
			    struct err *e);

bool sqlite_load_shapes(struct store *s, int64_t provider_id, struct arena *a,
			struct store_shapes *ret, struct err *e);
bool sqlite_save_shapes(struct store *s, const struct store_shape_batch *b, struct err *e);

bool sqlite_lease_clock(struct store *s, int64_t *ret_ms, struct err *e);
bool sqlite_lease_find(struct store *s, struct str name, struct arena *a, struct store_lease *ret,
		       struct err *e);
bool sqlite_lease_take(struct store *s, const struct store_lease *want,
		       const struct store_lease *dead, struct arena *a, bool *ret_taken,
		       struct store_lease *ret_holder, struct err *e);
bool sqlite_lease_release(struct store *s, const struct store_lease *mine, struct err *e);

bool sqlite_load_identity_states(struct store *s, struct arena *a,
				 struct store_identity_state **ret, size_t *ret_n, struct err *e);
bool sqlite_load_identities(struct store *s, int64_t provider_id, struct arena *a,
			    struct store_identity **ret, size_t *ret_n, struct err *e);
bool sqlite_save_identities(struct store *s, int64_t provider_id, int64_t at_ms,
			    const struct store_identity *rows, size_t n, struct str basis,
			    struct err *e);
bool sqlite_load_aliases(struct store *s, struct arena *a, struct store_alias **ret, size_t *ret_n,
			 struct err *e);
bool sqlite_load_names(struct store *s, struct arena *a, struct store_name **ret, size_t *ret_n,
		       struct err *e);
bool sqlite_load_offers(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			struct store_offer *ret, struct err *e);

bool sqlite_load_reviews(struct store *s, enum store_review_scope scope, int64_t id,
			 struct arena *a, struct store_review **ret, size_t *ret_n, struct err *e);
bool sqlite_load_elsewhere(struct store *s, const struct str *canonical_ids, size_t n,
			   struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			   struct err *e);
bool sqlite_save_reviews(struct store *s, const struct store_review_batch *b, struct err *e);
bool sqlite_save_shown(struct store *s, int64_t provider_id, int64_t at_ms,
		       const struct store_shown *rows, size_t n, struct err *e);
bool sqlite_load_overrides(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_override **ret, size_t *ret_n, struct err *e);
bool sqlite_save_override(struct store *s, const struct store_override_write *w, struct err *e);
bool sqlite_save_said(struct store *s, int64_t provider_id, const struct store_said *rows, size_t n,
		      struct err *e);
bool sqlite_save_active(struct store *s, const struct store_active *w, struct err *e);
bool sqlite_edit_provider(struct store *s, const struct store_provider_edit *w, struct arena *a,
			  struct store_column *ret_before, bool *ret_found, struct err *e);
bool sqlite_save_audit(struct store *s, const struct store_audit *row, struct err *e);
bool sqlite_save_notice(struct store *s, const struct store_notice *n, struct err *e);
bool sqlite_next_notice(struct store *s, enum notice_kind kind, int64_t due_by_ms, struct arena *a,
			struct store_notice *ret, bool *ret_found, struct err *e);
bool sqlite_save_delivery(struct store *s, const struct store_delivery *d, struct err *e);
bool sqlite_load_endpoint(struct store *s, struct str name, struct arena *a,
			  struct store_endpoint *ret, bool *ret_found, struct err *e);
bool sqlite_save_endpoint(struct store *s, const struct store_endpoint *p, int64_t now_ms,
			  int64_t *ret_id, struct err *e);
bool sqlite_load_changes_at(struct store *s, int64_t provider_id, int64_t at_ms, struct arena *a,
			    struct store_change_row **ret, size_t *ret_n, struct err *e);

bool sqlite_list_providers(struct store *s, struct arena *a, struct store_provider_stat **ret,
			   size_t *ret_n, struct err *e);
bool sqlite_list_models(struct store *s, const struct store_model_query *q, store_model_fn *fn,
			void *arg, struct err *e);
bool sqlite_list_changes(struct store *s, const struct store_change_query *q, store_change_fn *fn,
			 void *arg, struct err *e);
bool sqlite_newest_change(struct store *s, int64_t *ret, struct err *e);
bool sqlite_list_drift(struct store *s, struct str provider, uint64_t limit, store_drift_fn *fn,
		       void *arg, struct err *e);
bool sqlite_totals(struct store *s, struct store_totals *ret, struct err *e);

bool sqlite_load_pending(struct store *s, int64_t provider_id, struct arena *a,
			 struct store_absence **ret, size_t *ret_n, struct err *e);
bool sqlite_load_absences(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_absence *ret, struct err *e);
bool sqlite_load_fetches(struct store *s, int64_t provider_id, int64_t since_ms, struct arena *a,
			 struct store_fetches **ret, size_t *ret_n, struct err *e);
bool sqlite_load_previous(struct store *s, int64_t provider_id, const struct store_field *fields,
			  size_t n, struct arena *a, struct store_previous *ret, struct err *e);
bool sqlite_load_incidents(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_incident **ret, size_t *ret_n, struct err *e);
bool sqlite_open_incident(struct store *s, int64_t provider_id, enum store_incident_kind kind,
			  int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e);
bool sqlite_step_incident(struct store *s, const struct store_incident_step *step, struct err *e);
bool sqlite_list_snapshots(struct store *s, const struct store_snapshot_query *q, struct arena *a,
			   struct store_snapshot **ret, size_t *ret_n, struct err *e);
bool sqlite_load_past(struct store *s, struct str provider, int64_t at_ms, struct arena *a,
		      struct store_past **ret, size_t *ret_n, struct err *e);
bool sqlite_load_moves(struct store *s, struct str provider, int64_t from_ms, int64_t to_ms,
		       struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e);
bool sqlite_load_past_model(struct store *s, int64_t model_id, struct arena *a,
			    struct store_past_model *ret, struct err *e);

/* sqlite_money.c: what a sample that was written does to the ledger; what is settled is added to the purse ... */
bool sqlite_settle(struct sqlite_store *s, const struct store_sample *w, int64_t sample_id,
		   struct purse *settled, struct err *e);
/* ... and with all of them to their days. */
bool sqlite_add_to_days(struct sqlite_store *s, const struct purse *settled, struct err *e);

bool sqlite_save_samples(struct store *s, const struct store_sample *samples, size_t n,
			 struct err *e);
bool sqlite_list_samples(struct store *s, const struct store_sample_query *q, store_sample_fn *fn,
			 void *arg, struct err *e);
bool sqlite_open_csv_file(struct store *s, struct str host, struct str path, int64_t now_ms,
			  struct arena *a, struct store_csv_file *ret, struct err *e);
bool sqlite_save_csv_file(struct store *s, const struct store_csv_file *f, struct err *e);
bool sqlite_load_batches(struct store *s, struct str host, struct arena *a,
			 struct store_csv_file **ret, size_t *ret_n, struct err *e);
bool sqlite_load_strays(struct store *s, struct str host, struct str path, struct arena *a,
			struct store_csv_stray **ret, size_t *ret_n, struct err *e);
bool sqlite_load_spool(struct store *s, struct str host, struct str path, uint64_t limit,
		       struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e);
bool sqlite_unspool(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		    int64_t csv_file_id, struct err *e);
bool sqlite_load_job(struct store *s, const char *name, struct arena *a, struct str *ret_state,
		     struct err *e);
bool sqlite_save_job(struct store *s, const char *name, int64_t now_ms, struct str state,
		     struct str error, struct err *e);
bool sqlite_reserve(struct store *s, const struct store_budget *b, int64_t now_ms,
		    struct store_reservation *r, size_t n, struct err *e);
bool sqlite_release_reservations(struct store *s, const int64_t *ids, size_t n, struct err *e);
bool sqlite_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		  struct err *e);
bool sqlite_load_corrections(struct store *s, struct arena *a, struct store_correction **ret,
			     size_t *ret_n, struct err *e);
bool sqlite_save_correction(struct store *s, const struct store_correction *c, struct err *e);
bool sqlite_load_endpoints(struct store *s, struct str provider, struct arena *a,
			   struct store_endpoint_row **ret, size_t *ret_n, struct err *e);
bool sqlite_update_health(struct store *s, const struct health_conf *conf, int64_t now_ms,
			  bool *ret_moved, struct err *e);
bool sqlite_save_agreement(struct store *s, int64_t since_ms, const struct store_agreement *rows,
			   size_t n, struct err *e);
bool sqlite_discount_cycle(struct store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e);

bool sqlite_load_shown_providers(struct store *s, struct str slug, struct arena *a,
				 struct store_shown_provider **ret, size_t *ret_n, struct err *e);
bool sqlite_list_shown(struct store *s, int64_t provider_id, int64_t model_id, store_shown_fn *fn,
		       void *arg, struct err *e);
bool sqlite_mark(struct store *s, struct arena *a, struct str *ret, struct err *e);
bool sqlite_load_health(struct store *s, const struct store_health_query *q, struct arena *a,
			struct store_health_row **ret, size_t *ret_n, struct err *e);
bool sqlite_load_runs(struct store *s, struct str provider, uint64_t limit, uint64_t offset,
		      struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e);
bool sqlite_load_visits(struct store *s, int64_t since_ms, struct arena *a,
			struct store_visits **ret, size_t *ret_n, struct err *e);
bool sqlite_load_owed(struct store *s, struct store_owed *ret, struct err *e);
bool sqlite_load_audit(struct store *s, uint64_t limit, uint64_t offset, struct arena *a,
		       struct store_audit_row **ret, size_t *ret_n, struct err *e);
bool sqlite_take_receipt(struct store *s, struct str provider, struct str id, int64_t at_ms,
			 int64_t keep_ms, bool *ret_new, struct err *e);
bool sqlite_drop_receipt(struct store *s, struct str provider, struct str id, struct err *e);
