/*
 * view: tables `models` and `providers` as they are shown, and the histories that are asked for beside them.
 * A part of store.h's interface; reading only.
 */
#pragma once
#include "core/health.h"
#include "store/probe.h"
#include "store/store.h"

/* Row of `providers`, whole. */
struct store_shown_provider {
	int64_t id;
	struct str slug, name, description, base_url, api_key_env_var, logo_url, site_url,
		status_page_url, health_status, metadata; /* or absent */
	bool is_active;
	int supports_streaming, supports_function_calling, supports_vision,
		supports_image_generation;                       /* -1 0 1 */
	double response_ms;                                      /* negative: NULL */
	struct str last_health_check_at, created_at, updated_at; /* RFC 3339 */
	uint64_t models;                                         /* rows, missing ones too */
};
/* All (slug absent) or one; sorted by slug. */
bool store_load_shown_providers(struct store *s, struct str slug, struct arena *a,
				struct store_shown_provider **ret, size_t *ret_n, struct err *e);

/* Row of view `models_current`. */
struct store_shown_model {
	int64_t id, provider_id;
	struct str provider, provider_model_id, model_name, canonical_id, description, modality,
		architecture, quantization, replaced_by, health_status;
	struct str metadata; /* kilobytes: only when one model is asked for, else absent */
	struct str pricing_prompt, pricing_completion, pricing_image, pricing_request;
	int64_t context_length, max_output_tokens; /* MODEL_NO_COUNT: NULL */
	int supports_streaming, supports_function_calling, supports_vision; /* -1 0 1 */
	double response_ms, success_rate;                                   /* negative: NULL */
	bool is_active;
	struct str last_health_check_at, deprecated_at, first_seen_at, last_seen_at, missing_since,
		created_at, updated_at; /* RFC 3339; absent: NULL */
};
typedef bool store_shown_fn(void *arg, const struct store_shown_model *row, struct err *e);
/* Of one provider (0: of all), or one model (0: of all); sorted by provider's slug, provider_model_id. */
bool store_list_shown(struct store *s, int64_t provider_id, int64_t model_id, store_shown_fn *fn,
		      void *arg, struct err *e);

/*
 * A text that is another when somebody wrote something since the last call on this store: somebody
 * else than this connection (SQLite: data_version, so ask on the one that writes), or whoever
 * (PostgreSQL: counts of writes to models, providers and snapshots).  Cheap.
 */
bool store_mark(struct store *s, struct arena *a, struct str *ret, struct err *e);

/* Moves of health, newest first; of a model, or (model_id 0) of a provider itself. */
struct store_health_query {
	int64_t provider_id; /* of no account where there is a model */
	int64_t model_id;
	int64_t since_ms; /* CLOCK_NONE: all */
	uint64_t limit;   /* 0: all */
};
struct store_health_row {
	int64_t id, at_ms;
	struct str status, reason;
	double success_rate, response_ms; /* negative: NULL */
};
bool store_load_health(struct store *s, const struct store_health_query *q, struct arena *a,
		       struct store_health_row **ret, size_t *ret_n, struct err *e);

/*
 * Runs of sync that are kept by themselves (store/expire.h), newest first; of one provider or (absent) of all.
 * `limit` 0: all.
 */
struct store_run_row {
	int64_t id;
	struct str provider;
	struct store_run run; /* provider_id, times, counts, error; no suspect_missing, no key */
};
bool store_load_runs(struct store *s, struct str provider, uint64_t limit, uint64_t offset,
		     struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e);

/*
 * For schedules (core/cadence.h): complete fetches, and those that found another state than the visit before them,
 * which the first one cannot have.  Quiet runs are kept as days, so it is whole UTC days that are counted: since_ms's
 * own from its midnight on.  Runs that found something become days, too, after a month: further back `changed` is
 * too small.  A row for every provider, sorted by slug.
 */
struct store_visits {
	struct str provider;
	uint64_t visits, changed;
	uint64_t cheap;            /* visits: 304, or the same body */
	int64_t first_ms, last_ms; /* when visits began; CLOCK_NONE: there are none */
	/* Of whichever day: when the newest run of any outcome began, how many fetches failed (or were partial) behind
	 * the last whole list. */
	int64_t last_run_ms;
	uint64_t failures;
};
bool store_load_visits(struct store *s, int64_t since_ms, struct arena *a,
		       struct store_visits **ret, size_t *ret_n, struct err *e);

/* What is owed and spent, for gauges. */
struct store_owed {
	uint64_t outbox[2];       /* enum notice_kind, not done */
	int64_t outbox_oldest_ms; /* when its changes were; CLOCK_NONE: none */
	uint64_t
		csv_rows; /* not in the dataset yet: in buffers, batches, the spool, of all hosts */
	uint64_t batches; /* not in the dataset yet */
};
bool store_load_owed(struct store *s, struct store_owed *ret, struct err *e);

/* Audit log, newest first.  `limit` 0: all. */
struct store_audit_row {
	int64_t id, at_ms;
	struct str actor, action, object, detail;
};
bool store_load_audit(struct store *s, uint64_t limit, uint64_t offset, struct arena *a,
		      struct store_audit_row **ret, size_t *ret_n, struct err *e);
