#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "cmd/access.h"
#include "cmd/service.h"

#include <unistd.h>

enum { NOTIFY_MAX = 64 };

/* ---- one generation ---- */

/* What the settings say, and what leads outwards; the store comes later. */
static bool open_generation(struct generation *g, struct loop *l, struct err *e)
{
	g->is_open = true;
	return access_find_known(&g->c, &g->accesses, e) &&
	       serve_agenda_rules(&g->c, &g->rules, e) &&
	       sync_setup_open(&g->sync, &g->c, l, STR_NONE, STR_NONE, e);
}

static void close_generation(struct generation *g)
{
	if (g->is_open)
		sync_setup_close(&g->sync);
	g->is_open = false;
}

/* Memory and all: nothing was ever begun with it. */
static void drop_generation(struct generation *g)
{
	close_generation(g);
	settings_release(&g->settings);
	arena_release(&g->arena);
	free(g);
}

static struct generation *new_generation(void)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	return g;
}

/* ---- the first ---- */

bool service_begin(struct service *s, struct err *e)
{
	struct generation *g = new_generation();

	g->c = *s->c;
	s->now = g;
	return open_generation(g, s->loop, e);
}

/* ---- another one ---- */

static bool read_all(struct generation *g, const struct service *s, struct err *e)
{
	if (!settings_load(&g->settings, environ, e))
		return false;
	g->c = *s->c;
	g->c.settings = &g->settings;
	g->c.registry = &g->registry;
	g->c.arena = &g->arena;
	return registry_load(g->settings.providers_dir.at, &g->arena, &g->registry, e) &&
	       open_generation(g, s->loop, e);
}

static bool same_access(const struct syncer_access *a, const struct syncer_access *b)
{
	bool same = str_eq(a->provider->slug, b->provider->slug) &&
		    hash_eq(&a->provider->hash, &b->provider->hash) &&
		    str_eq(a->access.key, b->access.key) && str_eq(a->missing, b->missing);

	for (size_t i = 0; same && i < a->provider->n_variables; i++)
		same = str_eq(a->access.variables[i], b->access.variables[i]);
	return same;
}

/* Then the new one is let go, so that signals that come each night (log rotation) cost nothing. */
static bool says_the_same(const struct generation *a, const struct generation *b)
{
	bool same = a->c.registry->n == b->c.registry->n &&
		    str_eq(a->sync.identity.basis, b->sync.identity.basis);

	for (size_t i = 0; same && i < settings_table_n; i++)
		same = !settings_differ(a->c.settings, b->c.settings, &settings_table[i]);
	for (size_t i = 0; same && i < a->c.registry->n; i++)
		same = same_access(&a->accesses[i], &b->accesses[i]);
	return same;
}

/* Against what the service began with, for that is in force whatever was read since. */
static void warn_of_others(const struct settings *first, const struct settings *then)
{
	for (size_t i = 0; i < settings_table_n; i++) {
		const struct setting *row = &settings_table[i];
		bool later = row->flags & SETTING_AT_START || strcmp(row->part, "probe") == 0 ||
			     strcmp(row->part, "push") == 0;

		if (later && settings_differ(first, then, row))
			log_event(LOG_WARN, "reload: this setting is read when the service starts",
				  LOG_TEXT("setting", row->name));
	}
}

static void pass_on_warnings(const struct settings *then)
{
	for (size_t i = 0; i < then->n_warnings; i++)
		log_event(LOG_WARN, then->warnings[i].at, LOG_TEXT("kind", "settings"));
}

static void install(struct service *s, struct generation *g)
{
	const struct settings *set = &g->settings;

	pass_on_warnings(set);
	g->sync.conf.report = service_on_sync;
	g->sync.conf.arg = s;
	g->sync.notices.attempt = service_on_notice;
	sync_setup_start(&g->sync, s->store, service_on_notices_idle, s);
	g->before = s->now;
	s->now = g;
	syncer_change(s->syncer, &g->sync.conf);
	syncer_configure(s->syncer, g->accesses, g->registry.n);
	agenda_configure(s->agenda, g->accesses, g->registry.n, &g->rules);
	g->epoch = web_reconfigure(s->web, &g->registry, set->admin_api_key, set->incoming_secret);
	log_event(LOG_INFO, "reload: settings and descriptors were read anew",
		  LOG_UINT("providers", g->registry.n));
}

struct reloading {
	struct service *s;
	struct generation *next;
	struct err err;
	bool ok;
};

static void follow(struct store *store, void *arg)
{
	struct reloading *r = arg;

	r->ok = sync_setup_follow(&r->next->sync, store, &r->err);
}

static void refuse(struct generation *g, const struct err *e)
{
	log_event(LOG_ERROR, "reload: refused, all stays as it was", LOG_ERR(e));
	drop_generation(g);
}

static void end_reload(struct service *s)
{
	s->reloading = false;
	notify_send("READY=1");
	if (s->reload_again && !s->stopping)
		service_reload(s);
}

static void on_followed(void *arg)
{
	struct reloading *r = arg;
	struct service *s = r->s;

	if (r->ok)
		warn_of_others(s->c->settings, &r->next->settings);
	if (!r->ok) {
		refuse(r->next, &r->err);
	} else if (s->stopping || says_the_same(s->now, r->next)) {
		log_say(LOG_INFO, "reload: nothing has changed");
		drop_generation(r->next);
	} else {
		install(s, r->next);
		service_forget(s); /* else many in a row are all there until the next look */
	}
	free(r);
	end_reload(s);
}

static void say_reloading(void)
{
	char state[NOTIFY_MAX];

	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		       (unsigned long long)clock_mono_us());
	notify_send(state);
}

void service_reload(struct service *s)
{
	struct reloading *r;
	struct generation *g;
	struct err e;

	s->reload_again = s->reloading;
	if (s->reloading || s->stopping)
		return;
	say_reloading();
	s->reloading = true;
	g = new_generation();
	if (!read_all(g, s, &e)) {
		refuse(g, &e);
		end_reload(s);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	*r = (struct reloading){ .s = s, .next = g };
	store_thread_post(s->store, follow, on_followed, r);
}

/* ---- former ones ---- */

static bool is_quiet(const struct generation *g)
{
	return !g->is_open || !notices_are_running(&g->sync.notices);
}

bool service_notices_are_idle(const struct service *s)
{
	bool idle = true;

	for (const struct generation *g = s->now; g; g = g->before)
		idle = idle && is_quiet(g);
	return idle;
}

static void close_former(struct service *s)
{
	for (struct generation *g = s->now->before; g; g = g->before) {
		if (!g->is_open || !is_quiet(g))
			continue;
		g->sync.conf.store = NULL; /* the newest has it */
		close_generation(g);
	}
}

static struct generation **oldest_of(struct service *s)
{
	struct generation **at = &s->now;

	while ((*at)->before)
		at = &(*at)->before;
	return at;
}

/* No sync of theirs runs, nobody is to be told by them, and no request can have seen them. */
static void drop_former(struct service *s)
{
	uint64_t seen = web_oldest(s->web);
	struct generation **at = oldest_of(s);

	while (*at != s->now && !(*at)->is_open && (*at)->epoch < seen) {
		drop_generation(*at);
		*at = NULL;
		at = oldest_of(s);
	}
}

void service_forget(struct service *s)
{
	if (syncer_running(s->syncer) > 0)
		return;
	close_former(s);
	drop_former(s);
}

void service_close(struct service *s)
{
	struct generation *before;

	for (struct generation *g = s->now; g; g = g->before) {
		g->sync.conf.store = g == s->now ? s->store : NULL;
		close_generation(g);
	}
	for (struct generation *g = s->now; g; g = before) {
		before = g->before;
		drop_generation(g);
	}
	s->now = NULL;
}
