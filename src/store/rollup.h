/*
 * rollup: samples ▶ what is kept of an hour of them.  Pure, but for the step at the end, which the back ends share.
 *
 * Times are kept to three significant digits, with how often each came (a *digest*): that is bounded, is the same in
 * every database, and two of them can be added up, in any order, without losing anything more.  Percentiles are
 * nearest rank, of the samples that ended well (core/health.h): how long a time-out takes is a setting of ours.
 */
#pragma once
#include "base/buf.h"
#include "store/expire.h"
#include "store/probe.h"

/* What is read of a sample. */
struct rollup_sample {
	int64_t id, started_at_ms;
	struct str provider, provider_model_id;
	enum outcome outcome;
	bool counted;
	int64_t duration_us, first_content_us; /* STAMP_NONE: none */
	int64_t output_tokens;                 /* below 0: not reported */
	struct str cost;                       /* or absent */
	bool disagrees;
	bool stays; /* its row of CSV waits */
};

struct rollup_time {
	int64_t us;
	uint64_t times;
};
struct rollup_times { /* ascending, each once */
	struct rollup_time *at;
	size_t n;
};
enum rollup_what { ROLLUP_DURATION, ROLLUP_FIRST_CONTENT, ROLLUP_WHATS };

/* A row of sample_rollups. */
struct rollup {
	struct str provider, provider_model_id;
	int64_t bucket_ms;
	uint64_t samples, ok, disagreed, counted, well, output_tokens;
	bool has_cost;
	struct dec cost;
	struct rollup_times times[ROLLUP_WHATS];
	uint64_t outcomes[OUTCOMES];
};

/*
 * Those that do not stay, added up, sorted by provider, model, hour.  `samples` are put in another order; texts are
 * not copied.
 */
bool rollup_make(struct rollup_sample *samples, size_t n, struct arena *a, struct rollup **ret,
		 size_t *ret_n, struct err *e);

/* What stands in the row of that hour already, in addition. */
struct rollup_stored {
	uint64_t samples, ok, disagreed, counted, well, output_tokens;
	struct str cost, digest; /* or absent */
};
/* ERR_DB: its digest is not one of ours; the sentence says which rollup. */
bool rollup_add(struct rollup *r, const struct rollup_stored *stored, struct arena *a,
		struct err *e);

/* Of those times, 1 to 100; -1: there are none. */
int64_t rollup_percentile(const struct rollup_times *t, unsigned percent);
/* As the columns have them: duration_p50, _p95, _p99, first_content_p50, _p95. */
enum { ROLLUP_PERCENTILES = 5 };
void rollup_percentiles(const struct rollup *r, int64_t ret[ROLLUP_PERCENTILES]);
void rollup_print_digest(const struct rollup *r, struct buf *out);

/* An outcome as the column has it; ERR_DB. */
bool rollup_outcome(struct str word, enum outcome *ret, struct err *e);

/* ---- one step of store_expire_samples() ---- */

struct rollup_due { /* in the order in which they began */
	struct rollup_sample *samples;
	size_t n;
};

/* What a back end brings.  All is called inside one transaction. */
struct rollup_tables {
	bool (*load_due)(struct store *s, const struct store_expiry *x, struct arena *a,
			 struct rollup_due *ret, struct err *e);
	/* rollup_add() for each of which there is a row. */
	bool (*add_stored)(struct store *s, struct rollup *rollups, size_t n, struct arena *a,
			   struct err *e);
	bool (*save)(struct store *s, const struct rollup *rollups, size_t n, struct err *e);
	/* The samples themselves; what refers to them stays. */
	bool (*take_away)(struct store *s, const struct rollup_sample *samples, size_t n,
			  struct err *e);
};
bool rollup_step(struct store *s, const struct rollup_tables *t, const struct store_expiry *x,
		 struct store_expired *ret, struct err *e);
