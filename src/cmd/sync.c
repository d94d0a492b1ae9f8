#include "task/sync.h"

#include "base/json.h"
#include "base/log.h"
#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/notices.h"
#include "cmd/sync_print.h"

#include <unistd.h>

static struct option_list slugs;
static struct str cache_dir;
static bool dry_run, verbose, json;
static struct str hook;

enum { WEBHOOKS_MS = 10 * 1000 }; /* for all that are due at the end of a sync */

static const struct option options[] = {
	{ "providers", 0, OPTION_LIST, &slugs, "SLUG...", "only these (all)", NULL },
	{ "dry-run", 0, OPTION_FLAG, &dry_run, NULL, "fetch and read, write nothing at all", NULL },
	{ "cache-dir", 0, OPTION_TEXT, &cache_dir, "DIR",
	  "also write DIR/models_HASH.json of each state", NULL },
	{ "verbose", 'v', OPTION_FLAG, &verbose, NULL, "log at level debug", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object at the end", NULL },
	{ "exec-on-change", 0, OPTION_TEXT, &hook, "CMD",
	  "run by /bin/sh per changed provider, with {hash} and {prev_hash}", NULL },
	{ 0 },
};

struct run {
	struct cmd_context *c;
	struct sync_conf conf;
	struct identity_rules identity;
	struct sync_print print;
	struct notices notices;
	bool webhooks_begun;
	const struct descriptor **providers;
	struct sync_access *accesses; /* [n_providers] */
	const char **missing;         /* [n_providers]: a variable, or NULL */
	size_t n_providers;
	size_t waiting;
};

/* ---- which providers ---- */

static bool choose(struct run *r, struct err *e)
{
	const struct registry *known = r->c->registry;

	r->providers = arena_array(r->c->arena, known->n + slugs.n + 1, const struct descriptor *);
	for (size_t i = 0; slugs.n == 0 && i < known->n; i++)
		r->providers[r->n_providers++] = &known->items[i];
	for (size_t i = 0; i < slugs.n; i++) {
		const struct descriptor *d = registry_find(known, slugs.items[i]);
		bool twice = false;

		if (!d)
			return err_set(e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
				       err_quote(slugs.items[i].at, slugs.items[i].n),
				       registry_slugs(known, r->c->arena).at);
		for (size_t k = 0; k < r->n_providers; k++)
			twice = twice || r->providers[k] == d;
		if (!twice)
			r->providers[r->n_providers++] = d;
	}
	return true;
}

/* A value that is wrong is the user's mistake: nothing is asked of anybody. */
static bool find_accesses(struct run *r, struct err *e)
{
	r->accesses = arena_array(r->c->arena, r->n_providers + 1, struct sync_access);
	r->missing = arena_array(r->c->arena, r->n_providers + 1, const char *);
	for (size_t i = 0; i < r->n_providers; i++)
		if (!access_find(r->c, r->providers[i], &r->accesses[i], &r->missing[i], e))
			return false;
	return true;
}

/* Asked by name, a provider without what it needs has failed; among all it is left out. */
static void cannot_ask(struct run *r, const struct descriptor *d, const char *missing)
{
	struct sync_report report = { .provider = d,
				      .outcome = SYNC_FAILED,
				      .completeness = FETCH_FAILED };

	if (slugs.n == 0) {
		sync_print_not_set_up(&r->print, d, missing);
		return;
	}
	(void)err_set(&report.err, ERR_USAGE, "%s: set %s",
		      access_is_key(d, missing) ? "API key not configured" : "not configured",
		      missing);
	sync_print_report(&r->print, &report);
}

/* ---- progress ---- */

static void show_waiting(const struct run *r)
{
	if (!cmd_is_terminal(STDERR_FILENO) || json)
		return;
	if (r->waiting)
		(void)fprintf(stderr, "\r\033[K%zu of %zu providers …", r->n_providers - r->waiting,
			      r->n_providers);
	else
		(void)fprintf(stderr, "\r\033[K");
	(void)fflush(stderr);
}

static void erase_waiting(void)
{
	if (cmd_is_terminal(STDERR_FILENO) && !json)
		(void)fprintf(stderr, "\r\033[K");
}

/* ---- notices ---- */

/*
 * Inside a hook somebody holds the lane until this very process has ended: then what we owe is
 * his to run.
 */
static void start_hooks(struct run *r)
{
	bool inside = getenv("ASSAY_NOTICE_ID") != NULL;

	notices_start(&r->notices, NOTICE_HOOK,
		      (struct announce_pass){
			      .wait_ms = inside ? 0 : (uint64_t)r->c->settings->lease_wait_ms });
}

/* All providers have ended: what hooks are left, then webhooks, one attempt each. */
static bool is_over(struct run *r)
{
	if (r->waiting || notices_are_running(&r->notices))
		return false;
	if (!r->webhooks_begun) {
		r->webhooks_begun = true;
		notices_start(&r->notices, NOTICE_WEBHOOK,
			      (struct announce_pass){ .within_ms = WEBHOOKS_MS });
	}
	return !notices_are_running(&r->notices);
}

static void on_idle(void *arg)
{
	struct run *r = arg;

	if (is_over(r))
		loop_stop(r->conf.loop);
}

static void on_report(void *arg, const struct sync_report *report)
{
	struct run *r = arg;

	erase_waiting();
	sync_print_report(&r->print, report);
	if (!json)
		cmd_flush(r->c);
	r->waiting--;
	show_waiting(r);
	start_hooks(r);
	on_idle(r);
}

/* ---- the run ---- */

/*
 * Aliases that cannot be read end the command before anything is fetched.  Canonical
 * ids that cannot be written (somebody keeps a provider locked) are no reason to miss
 * prices: its own sync, or the next one, works them out.
 */
static bool prepare_identity(struct run *r, struct store *store, struct err *e)
{
	if (!identity_rules_load(r->c->settings->aliases, store, r->c->arena, &r->identity, e))
		return false;
	r->conf.identity = &r->identity;
	if (store && !identity_refresh(store, &r->identity, clock_now_ms(), e))
		log_event(LOG_WARN, e->text, LOG_TEXT("kind", err_kind_name(e->kind)));
	return true;
}

static bool open_store(struct run *r, struct err *e)
{
	struct store *store = NULL;

	if (!dry_run && !cmd_open_store(r->c, STORE_WRITE, &store, e))
		return false;
	if (!prepare_identity(r, store, e) || (store && !notices_follow(&r->notices, store, e))) {
		store_close(store);
		return false;
	}
	if (!store)
		return true;
	r->conf.notice = notices_owed(&r->notices);
	r->conf.store = store_thread_start(r->conf.loop, store);
	notices_open(&r->notices, r->conf.loop, r->conf.store, r->conf.fetcher, on_idle, r);
	return true;
}

static bool open_outside(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;
	struct fetch_conf fetch = cmd_fetch_conf(s);

	r->conf.body_max = (size_t)s->body_max_mib << 20;
	r->conf.cache_dir = str_is_none(cache_dir) ? s->cache_dir : cache_dir;
	r->conf.lease_wait_ms = (uint64_t)s->lease_wait_ms;
	r->conf.removal = (struct removal_rule){
		.fetches = (uint64_t)s->removed_after_fetches,
		.hold_ms = s->removed_after_ms,
		.incident_hold_ms = s->incident_after_ms,
	};
	r->conf.accept_after = (uint64_t)s->accept_after_fetches;
	if (!cmd_fetcher(s, r->conf.loop, &fetch, &r->conf.fetcher, e))
		return false;
	r->conf.tokens = tokens_create(r->conf.loop, r->conf.fetcher);
	return open_store(r, e);
}

static void start_all(struct run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_providers; i++) {
		if (r->missing[i]) {
			cannot_ask(r, r->providers[i], r->missing[i]);
			continue;
		}
		r->accesses[n] = r->accesses[i];
		r->providers[n++] = r->providers[i];
	}
	r->n_providers = r->waiting = n;
	show_waiting(r);
	start_hooks(r); /* what was left by others comes first */
	for (size_t i = 0; i < n; i++)
		sync_start(&r->conf, r->providers[i], &r->accesses[i]);
}

static enum cmd_exit run_all(struct run *r)
{
	struct err e;
	bool ok = open_outside(r, &e);

	if (ok) {
		start_all(r);
		if (!is_over(r))
			loop_run(r->conf.loop);
	}
	store_thread_stop(r->conf.store);
	fetcher_destroy(r->conf.fetcher);
	tokens_destroy(r->conf.tokens);
	notices_close(&r->notices);
	return ok ? sync_print_end(&r->print) : cmd_fail(&e);
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct run r = {
		.c = c,
		.print = { .out = c->out,
			   .json = json,
			   .colour = cmd_colours(),
			   .dry_run = dry_run,
			   .arena = c->arena },
	};
	enum cmd_exit code;
	struct err e;

	if (!choose(&r, &e) || !find_accesses(&r, &e) || !notices_init(&r.notices, c, hook, &e))
		return cmd_fail(&e);
	sync_print_begin(&r.print);
	r.conf.loop = loop_create();
	r.conf.report = on_report;
	r.conf.arg = &r;
	code = run_all(&r);
	loop_run(r.conf.loop);
	loop_destroy(r.conf.loop);
	return code;
}

const struct cmd cmd_sync = {
	.name = "sync",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[--providers SLUG...] [OPTIONS]",
	.summary = "fetch the providers' lists and store what they offer",
	.options = options,
	.verbose = &verbose,
	.notes =
		"Each provider is one transaction; one that fails is reported by name and cause,\n"
		"touches no other and makes the exit code 1.  One without its key is left out, and\n"
		"fails when it is asked by name.  A hook runs as soon as its provider is stored; how\n"
		"it ends is logged and is no failure of the sync (doc/notices.md).\n\n"
		"The name of models_HASH.json is what sha256sum says of it, and `assay diff` compares\n"
		"two of them; one that is there already is left.\n"
		"\n"
		"--json: {success, message, details, providers: [{provider, hash, prev_hash, changed,\n"
		"counts, skipped, notes, drift, events: [{event, provider, model, details: {FIELD:\n"
		"{old, new, ratio, tags}}}]}]}; event: added, removed, returned, modified; all but the\n"
		"last have kind (of removed: missing, or removed when confirmed) and tags instead of\n"
		"fields.  A provider that failed is in details.errors alone.\n",
};
