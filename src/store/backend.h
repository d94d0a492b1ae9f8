/*
 * backend: what a database must do to serve as a store.
 *
 * One struct of function pointers per back end; store.c chooses by the URL's
 * scheme and forwards.  Each function has the contract of its namesake in
 * store.h.  SQL text lives next to the function that uses it, values are always
 * bound.  A back end embeds `struct store` as its first member.
 */
#pragma once
#include "store/desk.h"
#include "store/expire.h"
#include "store/notice.h"
#include "store/past.h"
#include "store/probe.h"
#include "store/receipt.h"
#include "store/rules.h"
#include "store/store.h"
#include "store/view.h"

struct store_backend {
	const char *name;
	bool (*open)(struct store **ret, const char *url, enum store_mode mode, struct err *e);
	void (*close)(struct store *s);
	bool (*schema_version)(struct store *s, int *ret, int *latest, struct err *e);
	bool (*begin)(struct store *s, const char *slug, struct err *e);
	bool (*commit)(struct store *s, struct err *e);
	void (*rollback)(struct store *s);
	bool (*provider_follow)(struct store *s, const struct store_provider *p, int64_t now_ms,
				int64_t *ret_id, bool *ret_is_active, struct err *e);
	bool (*provider_find)(struct store *s, struct str slug, int64_t *ret_id,
			      bool *ret_is_active, struct err *e);
	bool (*load_state)(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_state *ret, struct err *e);
	bool (*load_document)(struct store *s, int64_t provider_id, struct str list,
			      struct arena *a, struct store_document *ret, bool *ret_found,
			      struct err *e);
	bool (*load_rows)(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_row **ret, size_t *ret_n, struct err *e);
	bool (*load_observed)(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			      struct store_observed *ret, struct err *e);
	bool (*apply)(struct store *s, const struct store_batch *b, struct err *e);
	bool (*save_document)(struct store *s, int64_t provider_id, const struct store_document *d,
			      struct err *e);
	bool (*save_run)(struct store *s, const struct store_run *r, struct err *e);
	bool (*expire_runs)(struct store *s, int64_t provider_id, int64_t now_ms, struct err *e);
	bool (*expire_samples)(struct store *s, const struct store_expiry *x,
			       struct store_expired *ret, struct err *e);
	bool (*expire_payloads)(struct store *s, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
				struct err *e);
	bool (*load_shapes)(struct store *s, int64_t provider_id, struct arena *a,
			    struct store_shapes *ret, struct err *e);
	bool (*save_shapes)(struct store *s, const struct store_shape_batch *b, struct err *e);
	bool (*lease_clock)(struct store *s, int64_t *ret_ms, struct err *e);
	bool (*lease_find)(struct store *s, struct str name, struct arena *a,
			   struct store_lease *ret, struct err *e);
	bool (*lease_take)(struct store *s, const struct store_lease *want,
			   const struct store_lease *dead, struct arena *a, bool *ret_taken,
			   struct store_lease *ret_holder, struct err *e);
	bool (*lease_release)(struct store *s, const struct store_lease *mine, struct err *e);
	bool (*load_identity_states)(struct store *s, struct arena *a,
				     struct store_identity_state **ret, size_t *ret_n,
				     struct err *e);
	bool (*load_identities)(struct store *s, int64_t provider_id, struct arena *a,
				struct store_identity **ret, size_t *ret_n, struct err *e);
	bool (*save_identities)(struct store *s, int64_t provider_id, int64_t at_ms,
				const struct store_identity *rows, size_t n, struct str basis,
				struct err *e);
	bool (*load_aliases)(struct store *s, struct arena *a, struct store_alias **ret,
			     size_t *ret_n, struct err *e);
	bool (*load_names)(struct store *s, struct arena *a, struct store_name **ret, size_t *ret_n,
			   struct err *e);
	bool (*load_offers)(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			    struct store_offer *ret, struct err *e);
	bool (*load_reviews)(struct store *s, enum store_review_scope scope, int64_t id,
			     struct arena *a, struct store_review **ret, size_t *ret_n,
			     struct err *e);
	bool (*load_elsewhere)(struct store *s, const struct str *canonical_ids, size_t n,
			       struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			       struct err *e);
	bool (*save_reviews)(struct store *s, const struct store_review_batch *b, struct err *e);
	bool (*save_shown)(struct store *s, int64_t provider_id, int64_t at_ms,
			   const struct store_shown *rows, size_t n, struct err *e);
	bool (*load_overrides)(struct store *s, int64_t provider_id, struct arena *a,
			       struct store_override **ret, size_t *ret_n, struct err *e);
	bool (*save_override)(struct store *s, const struct store_override_write *w, struct err *e);
	bool (*save_said)(struct store *s, int64_t provider_id, const struct store_said *rows,
			  size_t n, struct err *e);
	bool (*save_active)(struct store *s, const struct store_active *w, struct err *e);
	bool (*edit_provider)(struct store *s, const struct store_provider_edit *w, struct arena *a,
			      struct store_column *ret_before, bool *ret_found, struct err *e);
	bool (*save_audit)(struct store *s, const struct store_audit *row, struct err *e);
	bool (*save_notice)(struct store *s, const struct store_notice *n, struct err *e);
	bool (*next_notice)(struct store *s, enum notice_kind kind, int64_t due_by_ms,
			    struct arena *a, struct store_notice *ret, bool *ret_found,
			    struct err *e);
	bool (*save_delivery)(struct store *s, const struct store_delivery *d, struct err *e);
	bool (*load_endpoint)(struct store *s, struct str name, struct arena *a,
			      struct store_endpoint *ret, bool *ret_found, struct err *e);
	bool (*save_endpoint)(struct store *s, const struct store_endpoint *p, int64_t now_ms,
			      int64_t *ret_id, struct err *e);
	bool (*load_changes_at)(struct store *s, int64_t provider_id, int64_t at_ms,
				struct arena *a, struct store_change_row **ret, size_t *ret_n,
				struct err *e);
	bool (*list_providers)(struct store *s, struct arena *a, struct store_provider_stat **ret,
			       size_t *ret_n, struct err *e);
	bool (*list_models)(struct store *s, const struct store_model_query *q, store_model_fn *fn,
			    void *arg, struct err *e);
	bool (*list_changes)(struct store *s, const struct store_change_query *q,
			     store_change_fn *fn, void *arg, struct err *e);
	bool (*newest_change)(struct store *s, int64_t *ret, struct err *e);
	bool (*list_drift)(struct store *s, struct str provider, uint64_t limit, store_drift_fn *fn,
			   void *arg, struct err *e);
	bool (*totals)(struct store *s, struct store_totals *ret, struct err *e);
	/* rules.h */
	bool (*load_pending)(struct store *s, int64_t provider_id, struct arena *a,
			     struct store_absence **ret, size_t *ret_n, struct err *e);
	bool (*load_absences)(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			      struct store_absence *ret, struct err *e);
	bool (*load_fetches)(struct store *s, int64_t provider_id, int64_t since_ms,
			     struct arena *a, struct store_fetches **ret, size_t *ret_n,
			     struct err *e);
	bool (*load_previous)(struct store *s, int64_t provider_id,
			      const struct store_field *fields, size_t n, struct arena *a,
			      struct store_previous *ret, struct err *e);
	bool (*load_incidents)(struct store *s, int64_t provider_id, struct arena *a,
			       struct store_incident **ret, size_t *ret_n, struct err *e);
	bool (*open_incident)(struct store *s, int64_t provider_id, enum store_incident_kind kind,
			      int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e);
	bool (*step_incident)(struct store *s, const struct store_incident_step *step,
			      struct err *e);
	bool (*list_snapshots)(struct store *s, const struct store_snapshot_query *q,
			       struct arena *a, struct store_snapshot **ret, size_t *ret_n,
			       struct err *e);
	bool (*load_past)(struct store *s, struct str provider, int64_t at_ms, struct arena *a,
			  struct store_past **ret, size_t *ret_n, struct err *e);
	bool (*load_moves)(struct store *s, struct str provider, int64_t from_ms, int64_t to_ms,
			   struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e);
	bool (*load_past_model)(struct store *s, int64_t model_id, struct arena *a,
				struct store_past_model *ret, struct err *e);
	/* probe.h */
	bool (*save_samples)(struct store *s, const struct store_sample *samples, size_t n,
			     struct err *e);
	bool (*list_samples)(struct store *s, const struct store_sample_query *q,
			     store_sample_fn *fn, void *arg, struct err *e);
	bool (*open_csv_file)(struct store *s, struct str host, struct str path, int64_t now_ms,
			      struct arena *a, struct store_csv_file *ret, struct err *e);
	bool (*save_csv_file)(struct store *s, const struct store_csv_file *f, struct err *e);
	bool (*load_batches)(struct store *s, struct str host, struct arena *a,
			     struct store_csv_file **ret, size_t *ret_n, struct err *e);
	bool (*load_strays)(struct store *s, struct str host, struct str path, struct arena *a,
			    struct store_csv_stray **ret, size_t *ret_n, struct err *e);
	bool (*load_spool)(struct store *s, struct str host, struct str path, uint64_t limit,
			   struct arena *a, struct store_spooled **ret, size_t *ret_n,
			   struct err *e);
	bool (*unspool)(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
			int64_t csv_file_id, struct err *e);
	bool (*load_job)(struct store *s, const char *name, struct arena *a, struct str *ret_state,
			 struct err *e);
	bool (*save_job)(struct store *s, const char *name, int64_t now_ms, struct str state,
			 struct str error, struct err *e);
	bool (*reserve)(struct store *s, const struct store_budget *b, int64_t now_ms,
			struct store_reservation *r, size_t n, struct err *e);
	bool (*release_reservations)(struct store *s, const int64_t *ids, size_t n, struct err *e);
	bool (*spent)(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		      struct err *e);
	bool (*load_corrections)(struct store *s, struct arena *a, struct store_correction **ret,
				 size_t *ret_n, struct err *e);
	bool (*save_correction)(struct store *s, const struct store_correction *c, struct err *e);
	bool (*load_endpoints)(struct store *s, struct str provider, struct arena *a,
			       struct store_endpoint_row **ret, size_t *ret_n, struct err *e);
	bool (*update_health)(struct store *s, const struct health_conf *conf, int64_t now_ms,
			      bool *ret_moved, struct err *e);
	bool (*save_agreement)(struct store *s, int64_t since_ms,
			       const struct store_agreement *rows, size_t n, struct err *e);
	bool (*discount_cycle)(struct store *s, int64_t cycle_at_ms, int64_t since_ms,
			       struct err *e);
	/* view.h */
	bool (*load_shown_providers)(struct store *s, struct str slug, struct arena *a,
				     struct store_shown_provider **ret, size_t *ret_n,
				     struct err *e);
	bool (*list_shown)(struct store *s, int64_t provider_id, int64_t model_id,
			   store_shown_fn *fn, void *arg, struct err *e);
	bool (*mark)(struct store *s, struct arena *a, struct str *ret, struct err *e);
	bool (*load_health)(struct store *s, const struct store_health_query *q, struct arena *a,
			    struct store_health_row **ret, size_t *ret_n, struct err *e);
	bool (*load_runs)(struct store *s, struct str provider, uint64_t limit, uint64_t offset,
			  struct arena *a, struct store_run_row **ret, size_t *ret_n,
			  struct err *e);
	bool (*load_visits)(struct store *s, int64_t since_ms, struct arena *a,
			    struct store_visits **ret, size_t *ret_n, struct err *e);
	bool (*load_owed)(struct store *s, struct store_owed *ret, struct err *e);
	bool (*load_audit)(struct store *s, uint64_t limit, uint64_t offset, struct arena *a,
			   struct store_audit_row **ret, size_t *ret_n, struct err *e);
	/* receipt.h */
	bool (*take_receipt)(struct store *s, struct str provider, struct str id, int64_t at_ms,
			     int64_t keep_ms, bool *ret_new, struct err *e);
	bool (*drop_receipt)(struct store *s, struct str provider, struct str id, struct err *e);
};

struct store {
	const struct store_backend *backend;
};

extern const struct store_backend store_postgres, store_sqlite;

/* A numbered step of sql/BACKEND/, embedded at build time, sorted by version. */
struct store_migration {
	int version;
	const char *name; /* "0001_init" */
	const char *sql;
};
extern const struct store_migration store_postgres_migrations[], store_sqlite_migrations[];
extern const int store_postgres_migrations_n, store_sqlite_migrations_n;
