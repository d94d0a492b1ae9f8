#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/probe_setup.h"
#include "cmd/push.h"
#include "cmd/serve_setup.h"

#include "base/clock.h"
#include "net/fetch.h"
#include "web/listen.h"

#include <inttypes.h>

enum { PROBE_BODY_MAX = 65536 };

static bool offline;

static const struct option options[] = {
	{ "offline", 0, OPTION_FLAG, &offline, NULL, "do not try whether the providers answer",
	  NULL },
	{ 0 },
};

/* ---- settings and keys ---- */

static void show_settings(struct cmd_context *c)
{
	static const char *const origins[] = {
		[SETTING_DEFAULT] = "default",
		[SETTING_ENVIRONMENT] = "environment",
		[SETTING_FILE] = "file",
	};

	buf_printf(c->out, "settings\n");
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct setting *s = &settings_table[i];
		enum setting_origin origin = settings_origin(c->settings, s->name);

		buf_printf(c->out, "  %-32s %s\n", s->name,
			   origin == SETTING_DEFAULT && !s->default_text ? "not set"
									 : origins[origin]);
	}
}

static void show_key(struct cmd_context *c, const char *const env[], bool needed)
{
	const char *name;

	buf_printf(c->out, "  %-32s %s%s\n", env[0],
		   settings_value(c->settings, env, &name).n ? "present" : "absent",
		   needed ? "" : " (optional)");
}

/* And what URLs are completed with. */
static void show_keys(struct cmd_context *c)
{
	buf_printf(c->out, "keys\n");
	for (size_t i = 0; i < c->registry->n; i++) {
		const struct descriptor *d = &c->registry->items[i];

		if (d->auth != AUTH_NONE)
			show_key(c, d->env, d->key_required);
		for (size_t k = 0; k < d->n_variables; k++)
			show_key(c, d->variables[k].env, str_is_none(d->variables[k].fallback));
	}
}

/* ---- probing ---- */

static bool show_mapping(struct cmd_context *c)
{
	struct endpoints *known;
	const char *path;
	struct err e;
	bool ok = probe_endpoints(c->settings, c->arena, &path, &known, &e);

	if (ok)
		buf_printf(c->out, "  %-32s built in%s%s\n", "endpoints", path ? ", and " : "",
			   path ? path : "");
	else
		buf_printf(c->out, "  %-32s NOT USABLE: %s\n", "endpoints", e.text);
	return ok;
}

static bool show_push(struct cmd_context *c)
{
	struct push_conf conf;
	const char *missing;
	struct err e;
	bool ok = push_settings(c->settings, &conf, &missing, &e);

	if (!ok)
		buf_printf(c->out, "  %-32s NOT USABLE: %s\n", "push", e.text);
	else if (missing)
		buf_printf(c->out, "  %-32s off: %s is not set\n", "push", missing);
	else
		buf_printf(c->out, "  %-32s %.*s\n", "push", STR_FMT(conf.hub.repo));
	return ok;
}

static void show_budget(struct cmd_context *c)
{
	const struct settings *s = c->settings;

	buf_printf(c->out, "  %-32s ", "budget of a day");
	if (s->probe_budget_usd.n == 0 && s->probe_provider_budget_usd.n == 0)
		buf_printf(c->out, "none");
	if (s->probe_budget_usd.n)
		buf_printf(c->out, "$%.*s ", STR_FMT(s->probe_budget_usd));
	if (s->probe_provider_budget_usd.n)
		buf_printf(c->out, "$%.*s of each provider", STR_FMT(s->probe_provider_budget_usd));
	buf_add_char(c->out, '\n');
}

static bool show_probing(struct cmd_context *c)
{
	bool ok;

	buf_printf(c->out, "probing\n  %-32s %s\n", "Hugging Face cycle",
		   c->settings->hf_token.n ? "ready" : "off: HF_TOKEN is not set");
	ok = show_mapping(c);
	ok = show_push(c) && ok;
	show_budget(c);
	return ok;
}

/* ---- the service ---- */

/* What serve would refuse to start with. */
static bool show_service(struct cmd_context *c)
{
	const struct settings *s = c->settings;
	struct agenda_rules rules;
	struct str host;
	struct str port;
	struct err listen;
	struct err schedule;
	bool can_listen = listen_split(s->listen, &host, &port, &listen);
	bool has_rules = serve_agenda_rules(c, &rules, &schedule);

	buf_printf(c->out, "service\n  %-32s %s%s\n", "ASSAY_LISTEN",
		   can_listen ? s->listen.at : "NOT USABLE: ", can_listen ? "" : listen.text);
	buf_printf(c->out, "  %-32s %s%s\n", "times of syncs",
		   has_rules ? "ready" : "NOT USABLE: ", has_rules ? "" : schedule.text);
	return can_listen && has_rules;
}

/* ---- the database ---- */

static bool show_database(struct cmd_context *c)
{
	struct store_totals t;
	struct store *s;
	struct err e;
	int version;
	int latest;
	bool ok;

	buf_printf(c->out, "database\n  %s\n",
		   store_url_redacted(c->settings->database_url.at, c->arena).at);
	if (!cmd_open_store(c, STORE_READ, &s, &e)) {
		buf_printf(c->out, "  NOT USABLE: %s\n", e.text);
		return false;
	}
	ok = store_schema_version(s, &version, &latest, &e) && store_totals(s, &t, &e);
	store_close(s);
	if (!ok) {
		buf_printf(c->out, "  NOT USABLE: %s\n", e.text);
		return false;
	}
	buf_printf(c->out,
		   "  schema %d of %d, %" PRIu64 " providers, %" PRIu64 " models, %" PRIu64
		   " open prices\n",
		   version, latest, t.providers, t.models, t.open_prices);
	return true;
}

/* ---- the world ---- */

struct reach {
	struct cmd_context *c;
	struct loop *loop;
	size_t waiting, failed;
};

struct attempt {
	struct reach *reach;
	const struct descriptor *d;
};

/* Any answer will do: a list longer than we look at, a refused key, even an error. */
static void on_answer(void *arg, struct fetch_response *r, const struct err *e)
{
	struct attempt *a = arg;
	struct buf *out = a->reach->c->out;
	bool reached = r->status > 0;

	buf_printf(out, "  %-32.*s ", STR_FMT(a->d->slug));
	if (reached)
		buf_printf(out, "answers, HTTP %ld\n", r->status);
	else
		buf_printf(out, "NOT REACHED: %s\n", e->text);
	a->reach->failed += !reached;
	if (--a->reach->waiting == 0)
		loop_stop(a->reach->loop);
}

/* Where the first list is; false where that takes a variable that is not there. */
static bool first_url(struct attempt *a, struct str *ret)
{
	struct cmd_context *c = a->reach->c;
	struct sync_access access;
	const char *missing;
	struct err e;

	if (!access_find(c, a->d, &access, &missing, &e)) {
		buf_printf(c->out, "  %-32.*s NOT ASKED: %s\n", STR_FMT(a->d->slug), e.text);
		a->reach->failed++;
		return false;
	}
	for (size_t i = 0; i < a->d->n_variables; i++) {
		if (access.variables[i].n)
			continue;
		buf_printf(c->out, "  %-32.*s not asked: %s is not set\n", STR_FMT(a->d->slug),
			   a->d->variables[i].env[0]);
		return false;
	}
	*ret = descriptor_fill(a->d, access.variables, c->arena)->lists[0].url;
	return true;
}

static void ask_all(struct reach *reach, struct fetcher *f)
{
	const struct registry *known = reach->c->registry;

	reach->waiting = known->n;
	for (size_t i = 0; i < known->n; i++) {
		struct attempt *a = arena_new(reach->c->arena, struct attempt);
		struct fetch_request r = { 0 };

		*a = (struct attempt){ reach, &known->items[i] };
		if (first_url(a, &r.url))
			fetch_start(f, &r, on_answer, a);
		else if (--reach->waiting == 0)
			loop_stop(reach->loop);
	}
}

static bool show_reach(struct cmd_context *c)
{
	const struct settings *s = c->settings;
	struct reach reach = { .c = c, .loop = loop_create() };
	struct fetch_conf conf = cmd_fetch_conf(s);
	struct fetcher *f;
	struct err e;

	/* One short try each: whether somebody answers, not what. */
	conf.total_timeout_ms = conf.connect_timeout_ms * 2;
	conf.stall_timeout_ms = conf.connect_timeout_ms;
	conf.body_max = PROBE_BODY_MAX;
	conf.retries = 0;
	buf_printf(c->out, "reachability\n");
	if (!cmd_fetcher(c->settings, reach.loop, &conf, &f, &e)) {
		buf_printf(c->out, "  %s\n", e.text);
		reach.failed = 1;
	} else {
		ask_all(&reach, f);
		loop_run(reach.loop);
		fetcher_destroy(f);
	}
	loop_run(reach.loop);
	loop_destroy(reach.loop);
	return reach.failed == 0;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct err e;
	bool ok;

	if (!settings_check_database(c->settings, &e))
		return cmd_fail(&e);
	show_settings(c);
	show_keys(c);
	ok = show_probing(c);
	ok = show_service(c) && ok;
	ok = show_database(c) && ok;
	if (!offline)
		ok = show_reach(c) && ok;
	return ok ? CMD_DONE : CMD_FAILED;
}

const struct cmd cmd_check = {
	.name = "check",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[--offline]",
	.summary = "show settings, keys, database and reachability",
	.options = options,
	.notes = "Values of keys are never shown.\n",
};
