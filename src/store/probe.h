/*
 * probe: what probes leave behind, what they may cost, what follows for health.
 *
 * A sample is committed together with where its row stands in the CSV buffer, or, where
 * that could not be written, with the row itself (the spool).  So whoever is killed when:
 * each completed probe is in the buffer, in a batch or in the spool exactly once
 * (task/record.h).
 *
 * Money is reserved before it is spent: the worst case of each request in one
 * transaction, settled to what was really used in the transaction of its sample.  A
 * reservation whose process died stays what it is: nobody knows what was charged.
 *
 * Part of the interface of store.h, with its rules.
 */
#pragma once
#include "core/health.h"
#include "core/recipe.h"
#include "core/sample.h"
#include "store/store.h"

/* ---- samples ---- */

struct store_sample {
	const struct sample *sample;
	/*
	 * Settled with it: to sample.cost; where that is not known the worst case stays; where nothing was
	 * sent (no attempts) it is released.  0, or one that is not open any more: a cost is written without.
	 */
	int64_t reservation_id;
	int64_t csv_file_id; /* 0: none is written */
	uint64_t csv_end;    /* where its row ends there ... */
	struct str csv_row;  /* ... or, when csv_end is 0, the row, for the spool */
};
/* Inside a transaction.  model_id is looked up by (provider, provider_model_id) where it is 0. */
bool store_save_samples(struct store *s, const struct store_sample *samples, size_t n,
			struct err *e);

/* For `assay probe --json`, the API and people: in the order in which they began, the newest last. */
struct store_sample_query {
	struct str provider, provider_model_id, hf_model; /* or absent */
	int64_t since_ms;                                 /* started at or after; CLOCK_NONE: all */
	/*
	 * Those behind this one in that order, or before it; 0: all.  Samples go in the order in which they began:
	 * behind one that is gone lies all that is left, and before it nothing.
	 */
	int64_t after_id, before_id;
	uint64_t limit; /* the newest so many; 0: all */
	bool oldest;    /* the oldest so many instead */
};
typedef bool store_sample_fn(void *arg, int64_t id, const struct sample *s, struct err *e);
bool store_list_samples(struct store *s, const struct store_sample_query *q, store_sample_fn *fn,
			void *arg, struct err *e);

/*
 * What is known of samples only when others have ended, too; each in a transaction of its own.  They
 * are found among those started since `since_ms`, by the computer's clock.
 */
struct store_agreement {
	struct str group_key, provider, provider_model_id;
	int agrees; /* 0, 1 */
};
/* Of samples whose agreement is not known yet; one that is not there: nothing. */
bool store_save_agreement(struct store *s, int64_t since_ms, const struct store_agreement *rows,
			  size_t n, struct err *e);
/* None of that cycle counts for health. */
bool store_discount_cycle(struct store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e);

/* ---- the CSV buffer and its batches ---- */

/*
 * One CSV file: the open buffer of a path (batch absent), or a batch on its way to the
 * dataset.  `end` is how much of it is committed.
 */
struct store_csv_file {
	int64_t id;
	struct str host, path; /* of the buffer; one open row per host and path */
	int64_t begun_at_ms;
	uint64_t end, rows;
	int64_t first_cycle_ms, last_cycle_ms; /* CLOCK_NONE: no rows */
	struct str batch;                      /* its id; absent: the open buffer */
	struct str rotated_path;               /* where it was, or is to be, renamed to */
	struct str target;                     /* path in the dataset, fixed at the first attempt */
	uint64_t attempts;
	struct str last_error;
	struct str commit_url; /* of a batch that is done */
	int64_t done_at_ms;    /* CLOCK_NONE: not yet in the dataset */
};
/* The open one of that host and path, inserted when there is none.  Inside a transaction. */
bool store_open_csv_file(struct store *s, struct str host, struct str path, int64_t now_ms,
			 struct arena *a, struct store_csv_file *ret, struct err *e);
/* All members but id, host, path, begun_at.  Inside a transaction. */
bool store_save_csv_file(struct store *s, const struct store_csv_file *f, struct err *e);

struct store_csv_stray {
	struct str path;
	uint64_t rows;
};
/* Buffers of that host under other paths that hold rows, or that rows wait for. */
bool store_load_strays(struct store *s, struct str host, struct str path, struct arena *a,
		       struct store_csv_stray **ret, size_t *ret_n, struct err *e);

/* Batches of that host (their files are there), or (absent) of all, that are not done, oldest first. */
bool store_load_batches(struct store *s, struct str host, struct arena *a,
			struct store_csv_file **ret, size_t *ret_n, struct err *e);

/* Rows that wait for a file that can be written, oldest first. */
struct store_spooled {
	int64_t sample_id;
	struct str row; /* with its line end */
	int64_t cycle_at_ms;
};
bool store_load_spool(struct store *s, struct str host, struct str path, uint64_t limit,
		      struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e);
/* They stand in that file now, each up to its end.  Inside a transaction. */
bool store_unspool(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		   int64_t csv_file_id, struct err *e);

/* ---- what repeats ---- */

/* State of something that repeats across processes (table jobs), JSON or absent.  Inside a transaction a part of it. */
bool store_load_job(struct store *s, const char *name, struct arena *a, struct str *ret_state,
		    struct err *e);
bool store_save_job(struct store *s, const char *name, int64_t now_ms, struct str state,
		    struct str error, struct err *e);

/* ---- money ---- */

struct store_budget {
	int64_t day_begin_ms;         /* UTC midnight */
	bool has_total, has_provider; /* else there is no limit */
	struct dec total, provider;   /* USD per day */
};
struct store_reservation {
	struct str provider;
	struct dec amount; /* the worst case, USD */
	struct str price_source;
	bool granted; /* answered */
	int64_t id;   /* answered: 0 where not granted */
};
/* In order, each while it fits; a transaction of its own, exact also beside other processes. */
bool store_reserve(struct store *s, const struct store_budget *b, int64_t now_ms,
		   struct store_reservation *r, size_t n, struct err *e);
/*
 * What was not sent after all costs nothing; one that is settled stays what it is.  Inside a
 * transaction a part of it.
 */
bool store_release_reservations(struct store *s, const int64_t *ids, size_t n, struct err *e);
/* Spent and reserved since the UTC day of that instant began, USD; of one provider, or (absent) of all. */
bool store_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		 struct err *e);

/* ---- recipes that were learned ---- */

struct store_correction {
	struct str provider, provider_model_id;
	struct recipe recipe;
	struct str reason;
	int64_t learned_at_ms;
};
bool store_load_corrections(struct store *s, struct arena *a, struct store_correction **ret,
			    size_t *ret_n, struct err *e);
/* In place of the one there is; inside a transaction a part of it. */
bool store_save_correction(struct store *s, const struct store_correction *c, struct err *e);

/* ---- which endpoints there are ---- */

/* A listed, active model of an active provider, for picking. */
struct store_endpoint_row {
	int64_t model_id;
	struct str provider, provider_model_id, canonical_id, hugging_face_id, modality;
	struct str pricing_prompt, pricing_completion; /* or absent */
	int64_t context_length;                        /* -1: not said */
	int64_t last_probed_ms;                        /* CLOCK_NONE: never */
};
/* Of one provider or (absent) of all; ordered by provider, id. */
bool store_load_endpoints(struct store *s, struct str provider, struct arena *a,
			  struct store_endpoint_row **ret, size_t *ret_n, struct err *e);

/* ---- health ---- */

/*
 * Health of every model and provider of which there is a sample since `since_ms`, or whose
 * health is not unknown: by core/health.h, written to `models` and `providers` where it moved,
 * each move of status a row of health_history.  A transaction of its own.  *ret_moved: anything was written.
 */
bool store_update_health(struct store *s, const struct health_conf *conf, int64_t now_ms,
			 bool *ret_moved, struct err *e);
