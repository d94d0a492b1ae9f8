/*
 * probe: the arrow from an endpoint to a sample.
 *
 *	plan ▶ reserve ▶ net.ask (stamps) ▶ core.chat, core.outcome ▶ record
 *	       store     loop               worker                    store thread
 *
 * A prober takes calls (whom to ask, how, when it was meant to happen), sends each when
 * its turn has come (global and per-provider concurrency, spacing, jitter), repeats
 * what deserves it, and records one sample per call.  It knows nothing of where calls come from:
 * task/probe_cycle.h makes them of Hugging Face's list, task/probe_pick.h of the catalog.
 */
#pragma once
#include "core/prompt.h"
#include "core/recipe.h"
#include "net/ask.h"
#include "task/record.h"

struct prober;

struct probe_conf {
	unsigned concurrency, provider_concurrency; /* at once; 0: unlimited */
	uint32_t spacing_ms, jitter_ms;             /* between begins toward one provider */
	unsigned retries;                           /* 2 */
	uint32_t retry_wait_ms[2];                  /* 1000, 3000; ± 25 % */
	uint32_t connect_timeout_ms, first_byte_timeout_ms, total_timeout_ms;
	uint64_t body_max; /* bytes kept for the CSV */
	struct store_budget budget;
	struct dec assumed_price; /* USD per token of an endpoint without a price */
};

/* One endpoint to ask.  Strings are copied. */
struct probe_call {
	struct str hf_model, provider, provider_name, provider_model_id, url, via;
	int64_t model_id;                   /* 0: look it up */
	const struct fetch_header *headers; /* authorization and what the form wants */
	size_t n_headers;
	struct recipe recipe;
	struct prompt prompt;
	uint64_t max_tokens;
	bool stream;
	int64_t cycle_at_ms;
	int64_t intended_mono_us; /* when it is to begin, clock_mono_us(); 0: now */
	int64_t deadline_mono_us; /* no retry begins after it (end of the cycle); 0: none */
	struct str group_key;
	const struct price *prices; /* of the catalog, for the budget; none: assumed */
	size_t n_prices;
	int64_t reservation_id; /* of its first attempt; 0: no budget */
};

typedef void probe_fn(void *arg, const struct sample *s, const struct err *e); /* loop; committed */

struct prober *prober_create(struct loop *l, struct asker *asker, struct store_thread *store,
			     struct recorder *rec, const struct probe_conf *conf);
void prober_destroy(struct prober *p); /* nothing may be running */
void prober_call(struct prober *p, const struct probe_call *c, probe_fn *done, void *arg);
/* What has not begun is dropped (its reservation released), what runs may end. */
void prober_drain(struct prober *p);
/* What runs ends as cancelled, at once. */
void prober_cancel(struct prober *p);
size_t prober_running(const struct prober *p);
