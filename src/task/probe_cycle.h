/*
 * probe_cycle: one round of probes, from the list to the verdicts.
 *
 *	list ▶ live, mapped ▶ store: corrections, prices ▶ reserve ▶ calls ▶ agreement ▶ health
 *	loop    worker             store thread                   prober     store thread
 *
 * Whom a cycle asks is Hugging Face's list, through its router, or picked from the
 * catalog (task/probe_pick.h), through each provider's own chat URL and with its own key, or
 * both; then neither waits for the other: without a list, or with nothing to pick, the rest is asked.
 * When the next cycle is due is task/probe_schedule.h's.
 *
 * What is known only when others have ended, too, is laid over samples that are committed
 * already: who agrees with most of his group (as the group ends), and that a cycle in which
 * nobody at all could be reached says nothing about anybody (our own network was away).
 */
#pragma once
#include "core/health.h"
#include "net/fetch.h"
#include "provider/endpoints.h"
#include "provider/registry.h"
#include "task/probe.h"
#include "task/probe_pick.h"

/* A provider of the catalog that can be asked: URLs filled in, and its key. */
struct cycle_access {
	const struct descriptor *provider;
	struct str key; /* absent: it wants none */
};

/* As each probe ends, on the loop; its sample is committed, `agrees` not known yet. */
typedef void cycle_sample_fn(void *arg, const struct sample *s);

struct cycle_report {
	int64_t at_ms;
	bool measured; /* there was somebody to ask; else `err` says why not */
	struct err err;
	bool kept;    /* every sample is committed */
	bool stopped; /* by cycle_stop(): not all were asked */
	bool network_away;
	uint64_t models, calls; /* different ones, by their weights; given to the prober */
	uint64_t ok, wrong, failed;
	uint64_t unmapped, left_out, denied,
		dropped; /* not asked: nobody says where; chosen from the catalog and no chat, no
			    key, …; no budget; stopped or no room */
	bool has_cost;
	struct dec cost; /* USD, of those that have one */
	uint64_t duration_us;
	const struct sample *samples; /* [n], final, in the order of the list */
	size_t n;
};
/* On the loop; good until it returns. */
typedef void cycle_fn(void *arg, const struct cycle_report *r);

/* Outlives the cycles. */
struct cycle_conf {
	struct loop *loop;
	struct store_thread *store;
	struct fetcher *fetcher; /* of lists */
	struct prober *prober;
	const struct registry *registry;
	enum prompt_kind prompt;
	uint64_t max_tokens;
	bool stream, fresh;
	struct health_conf health;

	/* of the Hugging Face list */
	bool trending;
	struct str token, bill_to; /* bill_to may be absent */
	size_t models;             /* of the list */
	size_t body_max;           /* bytes of the list */
	const struct endpoints *endpoints;

	/* of the catalog */
	bool catalog;
	struct pick_query pick;
	const struct cycle_access *accesses;
	size_t n_accesses;

	cycle_sample_fn *sample; /* may be NULL */
	cycle_fn *done;
	void *arg;

	struct cycle_told *told; /* what is said once; made by cycle_told_create() */
};

struct cycle_told *cycle_told_create(void);
void cycle_told_destroy(struct cycle_told *t); /* NULL is fine */

struct cycle;
/* `late_us` after its time.  No retry begins after `deadline_mono_us`.  Ends in one call of `done`, never from inside. */
struct cycle *cycle_start(const struct cycle_conf *conf, int64_t late_us, int64_t deadline_mono_us);
/* Asks nobody else; what runs is the prober's to end (prober_drain() was called). */
void cycle_stop(struct cycle *c);
