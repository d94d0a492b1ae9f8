/*
 * postgres: the PostgreSQL back end, seen from inside.  Nobody outside this
 * directory includes it (but tests/store/test_postgres.c).
 *
 * postgres.c holds transactions, reading and what is said when something
 * fails; postgres_connect.c the connection, how it is made and made again;
 * postgres_bind.h values in and out.  The other files hold the SQL, one subject
 * each, and get at the connection through the functions below.
 *
 * Nothing is kept in a session: statements are unnamed, settings and locks end
 * with their transaction, there is no LISTEN and no temporary table.  So a pool
 * that hands a connection out per transaction may stand in between.
 *
 * The schema is the first one of search_path.  Names in SQL have none in front.
 */
#pragma once
#include "store/backend.h"
#include "store/purse.h"

#include <libpq-fe.h>

struct postgres_store {
	struct store base;
	PGconn *conn; /* NULL while there is none */
	struct postgres_url *url;
	char *name;   /* "postgresql://user@host/db", for sentences */
	char *schema; /* where our tables are, or are to be */
	enum store_mode mode;
	bool writing;        /* inside postgres_begin_with()'s transaction */
	bool reading;        /* inside a transaction that postgres_read_begin() began */
	bool waiting;        /* for somebody else's lock */
	bool silent;         /* nothing came for too long: the connection is given up */
	uint64_t gave_up_us; /* when connecting again was last given up; 0: never */
};

static inline struct postgres_store *postgres_of(struct store *s)
{
	return (struct postgres_store *)s;
}

/* ---- statements ---- */

static inline void postgres_result_free(PGresult **r)
{
	PQclear(*r);
}
#define RESULT_AUTO(name) PGresult *name __attribute__((cleanup(postgres_result_free)))

struct params; /* postgres_bind.h */

/* One statement with its values (NULL: none); NULL on failure.  Columns come in binary. */
PGresult *postgres_query(struct postgres_store *s, const char *sql, const struct params *p,
			 struct err *e);
/* The same without rows; *ret_n (unless NULL) is how many it wrote. */
bool postgres_run(struct postgres_store *s, const char *sql, const struct params *p,
		  uint64_t *ret_n, struct err *e);
/* SQL text without values or rows; several statements are one round trip. */
bool postgres_exec(struct postgres_store *s, const char *sql, struct err *e);

/*
 * What the database (r NULL: the connection) just said, as an error: kind by its
 * SQLSTATE, one line with our name for the database and its words.
 */
bool postgres_fail(struct postgres_store *s, const PGresult *r, struct err *e);

/* ---- transactions ---- */

/*
 * Around a reading of several statements: all of it sees one state, and nobody's
 * lock is waited for longer than a writer would.  Inside a write transaction both do nothing.  `ok` is what came of the reading and is passed through; end
 * must be called if and only if begin succeeded.
 */
bool postgres_read_begin(struct postgres_store *s, struct err *e);
bool postgres_read_end(struct postgres_store *s, bool ok, struct err *e);

/* A reading of one statement, between a begin and an end of its own; as postgres_query(). */
PGresult *postgres_read(struct postgres_store *s, const char *sql, const struct params *p,
			struct err *e);

/*
 * A list may be longer than what should lie in memory at once: it is read through a cursor,
 * which `sql` declares with this in front, between a postgres_read_begin() and an end.
 */
#define POSTGRES_CURSOR "DECLARE assay_list NO SCROLL CURSOR FOR "
typedef bool postgres_row_fn(struct postgres_store *s, void *each, const PGresult *r, int row,
			     struct err *e);
bool postgres_walk(struct postgres_store *s, const char *sql, const struct params *p,
		   postgres_row_fn *fn, void *each, struct err *e);

/* A statement, and what a row of it is. */
struct postgres_list {
	const char *sql;
	size_t size; /* of an item */
	void (*read)(const PGresult *r, int row, struct arena *a, void *item);
};
/* All that it gives, in the arena; as postgres_read(). */
bool postgres_read_list(struct store *base, const struct postgres_list *l, const struct params *p,
			struct arena *a, void **ret, size_t *ret_n, struct err *e);

/*
 * A write transaction that holds the lock of that name (NULL: none): "sync:SLUG",
 * "migrate".  On a connection that turns out to be dead it is begun again on a
 * new one; from then on a lost connection is a lost transaction.
 */
bool postgres_begin_with(struct postgres_store *s, const char *lock, struct err *e);
/* Wait for one more lock inside the transaction. */
bool postgres_lock(struct postgres_store *s, const char *lock, struct err *e);
bool postgres_commit(struct store *base, struct err *e);
void postgres_rollback(struct store *base);

/*
 * A write that is a transaction of its own, or, inside one, a part of it.  `begin` says which in *ret_own, `end`
 * commits or rolls back what is its own; `ok` is what came of the writing.
 */
bool postgres_write_begin(struct postgres_store *s, bool *ret_own, struct err *e);
bool postgres_write_end(struct postgres_store *s, bool own, bool ok, struct err *e);

/*
 * Advisory locks are 64-bit numbers that everybody in a database shares.  Ours are
 * the first 8 bytes, big-endian, of SHA-256("assay:SCHEMA:NAME"); in SQL:
 * ('x' || left(encode(sha256('assay:public:sync:acme'), 'hex'), 16))::bit(64)::bigint
 */
int64_t postgres_lock_key(const char *schema, const char *name);
/* How long to wait for somebody else's lock; 10 s unless a test says otherwise. */
extern int postgres_lock_wait_ms;
/* And for anything at all to come of a statement, longer than each of ours takes; likewise 5 minutes. */
extern int postgres_answer_wait_ms;

/* ---- postgres_connect.c ---- */

/* The URL read, with the defaults that it leaves open; also sets s->name. */
bool postgres_url_read(struct postgres_store *s, const char *url, struct err *e);
void postgres_url_free(struct postgres_url *u);
/* A first connection.  A server that is starting up is waited for, one that is not there is not. */
bool postgres_connect(struct postgres_store *s, struct err *e);
/*
 * In place of a lost one: tries again, ever more slowly, for up to 10 s; after that
 * has failed, only once a call for a while.
 */
bool postgres_reconnect(struct postgres_store *s, struct err *e);
void postgres_disconnect(struct postgres_store *s);
bool postgres_is_alive(const struct postgres_store *s);
/* libpq's or the server's words on one line, without what is secret in them. */
void postgres_words(const struct postgres_store *s, const char *words, char out[ERR_TEXT_MAX]);

/* ---- postgres_migrate.c ---- */

/* Find out which schema is ours: s->schema. */
bool postgres_schema_find(struct postgres_store *s, struct err *e);
/* The version found, 0: nothing of ours there; ERR_CONFIG when it is taken by somebody else's. */
bool postgres_schema_version(struct postgres_store *s, int *ret, struct err *e);
int postgres_schema_latest(void);
bool postgres_migrate(struct postgres_store *s, struct err *e);
/* A reader's look: neither absent nor older nor newer than this program. */
bool postgres_schema_check(struct postgres_store *s, struct err *e);

/* ---- the members of store_postgres, by the file they live in ---- */

bool postgres_provider_follow(struct store *s, const struct store_provider *p, int64_t now_ms,
			      int64_t *ret_id, bool *ret_is_active, struct err *e);
bool postgres_provider_find(struct store *s, struct str slug, int64_t *ret_id, bool *ret_is_active,
			    struct err *e);

bool postgres_load_state(struct store *s, int64_t provider_id, struct arena *a,
			 struct store_state *ret, struct err *e);
bool postgres_load_document(struct store *s, int64_t provider_id, struct str list, struct arena *a,
			    struct store_document *ret, bool *ret_found, struct err *e);
bool postgres_load_rows(struct store *s, int64_t provider_id, struct arena *a,
			struct store_row **ret, size_t *ret_n, struct err *e);
bool postgres_load_observed(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			    struct store_observed *ret, struct err *e);

bool postgres_apply(struct store *s, const struct store_batch *b, struct err *e);

bool postgres_save_document(struct store *s, int64_t provider_id, const struct store_document *d,
			    struct err *e);
bool postgres_save_run(struct store *s, const struct store_run *r, struct err *e);

bool postgres_expire_runs(struct store *s, int64_t provider_id, int64_t now_ms, struct err *e);
bool postgres_expire_samples(struct store *s, const struct store_expiry *x,
			     struct store_expired *ret, struct err *e);
bool postgres_expire_payloads(struct store *s, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
			      struct err *e);

bool postgres_load_shapes(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_shapes *ret, struct err *e);
bool postgres_save_shapes(struct store *s, const struct store_shape_batch *b, struct err *e);

bool postgres_lease_clock(struct store *s, int64_t *ret_ms, struct err *e);
bool postgres_lease_find(struct store *s, struct str name, struct arena *a, struct store_lease *ret,
			 struct err *e);
bool postgres_lease_take(struct store *s, const struct store_lease *want,
			 const struct store_lease *dead, struct arena *a, bool *ret_taken,
			 struct store_lease *ret_holder, struct err *e);
bool postgres_lease_release(struct store *s, const struct store_lease *mine, struct err *e);

bool postgres_load_identity_states(struct store *s, struct arena *a,
				   struct store_identity_state **ret, size_t *ret_n, struct err *e);
bool postgres_load_identities(struct store *s, int64_t provider_id, struct arena *a,
			      struct store_identity **ret, size_t *ret_n, struct err *e);
bool postgres_save_identities(struct store *s, int64_t provider_id, int64_t at_ms,
			      const struct store_identity *rows, size_t n, struct str basis,
			      struct err *e);
bool postgres_load_aliases(struct store *s, struct arena *a, struct store_alias **ret,
			   size_t *ret_n, struct err *e);
bool postgres_load_names(struct store *s, struct arena *a, struct store_name **ret, size_t *ret_n,
			 struct err *e);
bool postgres_load_offers(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_offer *ret, struct err *e);

bool postgres_load_reviews(struct store *s, enum store_review_scope scope, int64_t id,
			   struct arena *a, struct store_review **ret, size_t *ret_n,
			   struct err *e);
bool postgres_load_elsewhere(struct store *s, const struct str *canonical_ids, size_t n,
			     struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			     struct err *e);
bool postgres_save_reviews(struct store *s, const struct store_review_batch *b, struct err *e);
bool postgres_save_shown(struct store *s, int64_t provider_id, int64_t at_ms,
			 const struct store_shown *rows, size_t n, struct err *e);
bool postgres_load_overrides(struct store *s, int64_t provider_id, struct arena *a,
			     struct store_override **ret, size_t *ret_n, struct err *e);
bool postgres_save_override(struct store *s, const struct store_override_write *w, struct err *e);
bool postgres_save_said(struct store *s, int64_t provider_id, const struct store_said *rows,
			size_t n, struct err *e);
bool postgres_save_active(struct store *s, const struct store_active *w, struct err *e);
bool postgres_edit_provider(struct store *s, const struct store_provider_edit *w, struct arena *a,
			    struct store_column *ret_before, bool *ret_found, struct err *e);
bool postgres_save_audit(struct store *s, const struct store_audit *row, struct err *e);
bool postgres_save_notice(struct store *s, const struct store_notice *n, struct err *e);
bool postgres_next_notice(struct store *s, enum notice_kind kind, int64_t due_by_ms,
			  struct arena *a, struct store_notice *ret, bool *ret_found,
			  struct err *e);
bool postgres_save_delivery(struct store *s, const struct store_delivery *d, struct err *e);
bool postgres_load_endpoint(struct store *s, struct str name, struct arena *a,
			    struct store_endpoint *ret, bool *ret_found, struct err *e);
bool postgres_save_endpoint(struct store *s, const struct store_endpoint *p, int64_t now_ms,
			    int64_t *ret_id, struct err *e);
bool postgres_load_changes_at(struct store *s, int64_t provider_id, int64_t at_ms, struct arena *a,
			      struct store_change_row **ret, size_t *ret_n, struct err *e);

bool postgres_list_providers(struct store *s, struct arena *a, struct store_provider_stat **ret,
			     size_t *ret_n, struct err *e);
bool postgres_list_models(struct store *s, const struct store_model_query *q, store_model_fn *fn,
			  void *arg, struct err *e);
bool postgres_list_changes(struct store *s, const struct store_change_query *q, store_change_fn *fn,
			   void *arg, struct err *e);
bool postgres_newest_change(struct store *s, int64_t *ret, struct err *e);
bool postgres_list_drift(struct store *s, struct str provider, uint64_t limit, store_drift_fn *fn,
			 void *arg, struct err *e);
bool postgres_totals(struct store *s, struct store_totals *ret, struct err *e);

bool postgres_load_pending(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_absence **ret, size_t *ret_n, struct err *e);
bool postgres_load_absences(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			    struct store_absence *ret, struct err *e);
bool postgres_load_fetches(struct store *s, int64_t provider_id, int64_t since_ms, struct arena *a,
			   struct store_fetches **ret, size_t *ret_n, struct err *e);
bool postgres_load_previous(struct store *s, int64_t provider_id, const struct store_field *fields,
			    size_t n, struct arena *a, struct store_previous *ret, struct err *e);
bool postgres_load_incidents(struct store *s, int64_t provider_id, struct arena *a,
			     struct store_incident **ret, size_t *ret_n, struct err *e);
bool postgres_open_incident(struct store *s, int64_t provider_id, enum store_incident_kind kind,
			    int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e);
bool postgres_step_incident(struct store *s, const struct store_incident_step *step, struct err *e);
bool postgres_list_snapshots(struct store *s, const struct store_snapshot_query *q, struct arena *a,
			     struct store_snapshot **ret, size_t *ret_n, struct err *e);
bool postgres_load_past(struct store *s, struct str provider, int64_t at_ms, struct arena *a,
			struct store_past **ret, size_t *ret_n, struct err *e);
bool postgres_load_moves(struct store *s, struct str provider, int64_t from_ms, int64_t to_ms,
			 struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e);
bool postgres_load_past_model(struct store *s, int64_t model_id, struct arena *a,
			      struct store_past_model *ret, struct err *e);

/* postgres_money.c: what samples that were written (their ids beside them) do to the ledger. */
bool postgres_settle(struct postgres_store *s, const struct store_sample *samples,
		     const int64_t *sample_ids, size_t n, struct err *e);

bool postgres_save_samples(struct store *s, const struct store_sample *samples, size_t n,
			   struct err *e);
bool postgres_list_samples(struct store *s, const struct store_sample_query *q, store_sample_fn *fn,
			   void *arg, struct err *e);
bool postgres_open_csv_file(struct store *s, struct str host, struct str path, int64_t now_ms,
			    struct arena *a, struct store_csv_file *ret, struct err *e);
bool postgres_save_csv_file(struct store *s, const struct store_csv_file *f, struct err *e);
bool postgres_load_batches(struct store *s, struct str host, struct arena *a,
			   struct store_csv_file **ret, size_t *ret_n, struct err *e);
bool postgres_load_strays(struct store *s, struct str host, struct str path, struct arena *a,
			  struct store_csv_stray **ret, size_t *ret_n, struct err *e);
bool postgres_load_spool(struct store *s, struct str host, struct str path, uint64_t limit,
			 struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e);
bool postgres_unspool(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		      int64_t csv_file_id, struct err *e);
bool postgres_load_job(struct store *s, const char *name, struct arena *a, struct str *ret_state,
		       struct err *e);
bool postgres_save_job(struct store *s, const char *name, int64_t now_ms, struct str state,
		       struct str error, struct err *e);
bool postgres_reserve(struct store *s, const struct store_budget *b, int64_t now_ms,
		      struct store_reservation *r, size_t n, struct err *e);
bool postgres_release_reservations(struct store *s, const int64_t *ids, size_t n, struct err *e);
bool postgres_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		    struct err *e);
bool postgres_load_corrections(struct store *s, struct arena *a, struct store_correction **ret,
			       size_t *ret_n, struct err *e);
bool postgres_save_correction(struct store *s, const struct store_correction *c, struct err *e);
bool postgres_load_endpoints(struct store *s, struct str provider, struct arena *a,
			     struct store_endpoint_row **ret, size_t *ret_n, struct err *e);
bool postgres_update_health(struct store *s, const struct health_conf *conf, int64_t now_ms,
			    bool *ret_moved, struct err *e);
bool postgres_save_agreement(struct store *s, int64_t since_ms, const struct store_agreement *rows,
			     size_t n, struct err *e);
bool postgres_discount_cycle(struct store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e);

bool postgres_load_shown_providers(struct store *s, struct str slug, struct arena *a,
				   struct store_shown_provider **ret, size_t *ret_n, struct err *e);
bool postgres_list_shown(struct store *s, int64_t provider_id, int64_t model_id, store_shown_fn *fn,
			 void *arg, struct err *e);
bool postgres_mark(struct store *s, struct arena *a, struct str *ret, struct err *e);
bool postgres_load_health(struct store *s, const struct store_health_query *q, struct arena *a,
			  struct store_health_row **ret, size_t *ret_n, struct err *e);
bool postgres_load_runs(struct store *s, struct str provider, uint64_t limit, uint64_t offset,
			struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e);
bool postgres_load_visits(struct store *s, int64_t since_ms, struct arena *a,
			  struct store_visits **ret, size_t *ret_n, struct err *e);
bool postgres_load_owed(struct store *s, struct store_owed *ret, struct err *e);
bool postgres_load_audit(struct store *s, uint64_t limit, uint64_t offset, struct arena *a,
			 struct store_audit_row **ret, size_t *ret_n, struct err *e);
bool postgres_take_receipt(struct store *s, struct str provider, struct str id, int64_t at_ms,
			   int64_t keep_ms, bool *ret_new, struct err *e);
bool postgres_drop_receipt(struct store *s, struct str provider, struct str id, struct err *e);
