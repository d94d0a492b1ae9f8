/* SPDX-License-Identifier: MIT */
#include "probe_syncs.h"

#include "provider/registry.h"
#include "task/sync.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 512 << 20, HOUR_MS = 3600 * 1000 };

static struct {
	struct arena arena;
	struct sync_conf conf;
	struct identity_rules identity;
	struct sync_access access;
	const struct descriptor *provider;
	struct str move; /* where the market is told to change */
	bool stopping;
	unsigned done;
} s;

static void must(bool ok, const struct err *e)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_probe: %s\n", e->text);
	exit(EXIT_FAILURE);
}

static void close_all(void)
{
	fetcher_destroy(s.conf.fetcher);
	tokens_destroy(s.conf.tokens);
	arena_release(&s.arena);
}

/* In the next round: nobody's callback is running then. */
static void on_over(void *arg)
{
	(void)arg;
	close_all();
}

static void on_moved(void *arg, struct fetch_response *r, const struct err *e)
{
	(void)arg, (void)r;
	must(!e, e);
	if (s.stopping)
		loop_after(s.conf.loop, 0, on_over, NULL);
	else
		sync_start(&s.conf, s.provider, &s.access);
}

/* A list that says what it said before would not be read. */
static void move_market(void)
{
	fetch_start(s.conf.fetcher, &(struct fetch_request){ .url = s.move, .post = STR("") },
		    on_moved, NULL);
}

static void on_report(void *arg, const struct sync_report *r)
{
	(void)arg;
	must(r->outcome == SYNC_DONE && !r->unchanged_body, &r->err);
	s.done++;
	if (s.stopping)
		loop_after(s.conf.loop, 0, on_over, NULL);
	else
		move_market();
}

static void set_up(struct loop *l, struct store_thread *store, const struct plan *plan)
{
	const struct fetch_conf fetch = { .upstream = str_of(plan->lists) };
	struct registry registry;
	struct err e;

	s.conf = (struct sync_conf){
		.loop = l,
		.store = store,
		.identity = &s.identity,
		.body_max = BODY_MAX,
		.removal = { .fetches = 3,
			     .hold_ms = 73 * HOUR_MS,
			     .incident_hold_ms = 168 * HOUR_MS },
		.accept_after = 2,
		.report = on_report,
	};
	s.move = arena_printf(&s.arena, "%s/sim/reprice?provider=openrouter&n=100", plan->lists);
	must(registry_load(NULL, &s.arena, &registry, &e), &e);
	s.provider = registry_find(&registry, STR("openrouter"));
	s.access.variables = arena_array(&s.arena, s.provider->n_variables + 1, struct str);
	must(identity_rules_load(STR_NONE, NULL, &s.arena, &s.identity, &e), &e);
	must(fetcher_create(&s.conf.fetcher, l, &fetch, &e), &e);
	s.conf.tokens = tokens_create(l, s.conf.fetcher);
}

void syncs_start(struct loop *l, struct store_thread *store, const struct plan *plan)
{
	if (!plan->lists)
		return;
	set_up(l, store, plan);

	move_market();
}

void syncs_stop(void)
{
	s.stopping = true;
}

unsigned syncs_done(void)
{
	return s.done;
}
