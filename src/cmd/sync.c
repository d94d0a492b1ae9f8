#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/sync_print.h"
#include "cmd/sync_setup.h"

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
	struct sync_setup setup;
	struct sync_print print;
	bool webhooks_begun;
	const struct descriptor **providers;
	struct syncer_access *accesses; /* [n_providers] */
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

/* Asked by name, a provider without what it needs has failed; among all it is left out. */
static void cannot_ask(struct run *r, const struct syncer_access *a)
{
	struct sync_report report = { .provider = a->provider,
				      .outcome = SYNC_FAILED,
				      .completeness = FETCH_FAILED };

	if (slugs.n == 0) {
		sync_print_not_set_up(&r->print, a);
		return;
	}
	(void)err_set(&report.err, ERR_USAGE, "%s", access_lack(a, r->c->arena).at);
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

	notices_start(&r->setup.notices, NOTICE_HOOK,
		      (struct announce_pass){
			      .wait_ms = inside ? 0 : (uint64_t)r->c->settings->lease_wait_ms });
}

/* All providers have ended: what hooks are left, then webhooks, one attempt each. */
static bool is_over(struct run *r)
{
	if (r->waiting || notices_are_running(&r->setup.notices))
		return false;
	if (!r->webhooks_begun) {
		r->webhooks_begun = true;
		notices_start(&r->setup.notices, NOTICE_WEBHOOK,
			      (struct announce_pass){ .within_ms = WEBHOOKS_MS });
	}
	return !notices_are_running(&r->setup.notices);
}

static void on_idle(void *arg)
{
	struct run *r = arg;

	if (is_over(r))
		loop_stop(r->setup.conf.loop);
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

static void start_all(struct run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_providers; i++) {
		if (str_is_none(r->accesses[i].missing))
			r->accesses[n++] = r->accesses[i];
		else
			cannot_ask(r, &r->accesses[i]);
	}
	r->n_providers = r->waiting = n;
	show_waiting(r);
	start_hooks(r); /* what was left by others comes first */
	for (size_t i = 0; i < n; i++)
		sync_start(&r->setup.conf, r->accesses[i].provider, &r->accesses[i].access);
}

static bool open_all(struct run *r, struct loop *l, struct err *e)
{
	struct store *store = NULL;

	if (!sync_setup_open(&r->setup, r->c, l, hook, cache_dir, e) ||
	    (!dry_run && !cmd_open_store(r->c, STORE_WRITE, &store, e)))
		return false;
	r->setup.conf.report = on_report;
	r->setup.conf.arg = r;
	return sync_setup_store(&r->setup, store, on_idle, r, e);
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
	struct loop *loop;
	struct err e;
	bool ok;

	if (!choose(&r, &e) || !access_find_all(c, r.providers, r.n_providers, &r.accesses, &e))
		return cmd_fail(&e);
	sync_print_begin(&r.print);
	loop = loop_create();
	ok = open_all(&r, loop, &e);
	if (ok) {
		start_all(&r);
		if (!is_over(&r))
			loop_run(loop);
	}
	sync_setup_close(&r.setup);
	loop_run(loop);
	loop_destroy(loop);
	return ok ? sync_print_end(&r.print) : cmd_fail(&e);
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
