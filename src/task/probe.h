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
	bool stream, fresh; /* fresh: on a connection of its own */
	int64_t cycle_at_ms;
	/*
	 * When it is to begin, clock_mono_us(); 0: as soon as politeness allows.  Spacing and
	 * jitter toward one provider are part of that plan, and no lateness.
	 */
	int64_t intended_mono_us;
	int64_t deadline_mono_us; /* no retry begins after it (end of the cycle); 0: none */
	struct str group_key;
	const struct price *prices; /* of the catalog, for the budget; none: assumed */
	size_t n_prices;
	int64_t reservation_id; /* of its first attempt (prober_reserve()); 0: no budget */
	bool denied; /* prober_reserve(): the budget has no room for it; do not call it */
};

/*
 * On the loop, once per call: the sample is committed and good until this returns.  `e` alone: the call
 * was dropped (ERR_CANCELLED), rows have no room any more (ERR_LIMIT).  Both: measured, but not kept.
 */
typedef void probe_fn(void *arg, const struct sample *s, const struct err *e);

/* `rec` NULL: samples are told and not kept.  The store and what is pointed to outlive the prober. */
struct prober *prober_create(struct loop *l, struct asker *asker, struct store_thread *store,
			     struct recorder *rec, const struct probe_conf *conf);
void prober_destroy(struct prober *p); /* nothing may be running; NULL is fine */

/*
 * The worst case of each call's first attempt, all in one transaction and in order, each while it
 * fits: reservation_id or `denied` is set, then `done` is called, on the loop.  Without a
 * budget nothing is asked of the database.  The calls stay where they are until then.
 */
typedef void prober_reserved_fn(void *arg, const struct err *e);
void prober_reserve(struct prober *p, struct probe_call *calls, size_t n, prober_reserved_fn *done,
		    void *arg);

/* `done` is never called from inside. */
void prober_call(struct prober *p, const struct probe_call *c, probe_fn *done, void *arg);
/* What has not begun is dropped (its reservation released), what runs may end; nothing is repeated. */
void prober_drain(struct prober *p);
/* The same, and what runs ends as cancelled, at once. */
void prober_cancel(struct prober *p);
/* Calls that have not ended. */
size_t prober_running(const struct prober *p);
