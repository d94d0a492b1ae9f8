#include "cmd/sync_setup.h"

#include "base/clock.h"
#include "base/log.h"

enum { MIB_BITS = 20 };

bool sync_setup_open(struct sync_setup *s, const struct cmd_context *c, struct loop *l,
		     struct str hook, struct str cache_dir, struct err *e)
{
	const struct settings *set = c->settings;
	struct fetch_conf fetch = cmd_fetch_conf(set);

	*s = (struct sync_setup){
		.conf = {
			.loop = l,
			.body_max = (size_t)set->body_max_mib << MIB_BITS,
			.cache_dir = str_is_none(cache_dir) ? set->cache_dir : cache_dir,
			.lease_wait_ms = (uint64_t)set->lease_wait_ms,
			.removal = {
				.fetches = (uint64_t)set->removed_after_fetches,
				.hold_ms = set->removed_after_ms,
				.incident_hold_ms = set->incident_after_ms,
			},
			.accept_after = (uint64_t)set->accept_after_fetches,
		},
	};
	if (!notices_init(&s->notices, c, hook, e) ||
	    !cmd_fetcher(set, l, &fetch, &s->conf.fetcher, e))
		return false;
	s->conf.tokens = tokens_create(l, s->conf.fetcher);
	return true;
}

/*
 * Aliases that cannot be read end the command before anything is fetched.  Canonical
 * ids that cannot be written (somebody keeps a provider locked) are no reason to miss
 * prices: its own sync, or the next one, works them out.
 */
static bool prepare_identity(struct sync_setup *s, struct store *store, struct err *e)
{
	const struct cmd_context *c = s->notices.c;

	if (!identity_rules_load(c->settings->aliases, store, c->arena, &s->identity, e))
		return false;
	s->conf.identity = &s->identity;
	if (store && !identity_refresh(store, &s->identity, clock_now_ms(), e))
		log_event(LOG_WARN, e->text, LOG_TEXT("kind", err_kind_name(e->kind)));
	return true;
}

bool sync_setup_follow(struct sync_setup *s, struct store *store, struct err *e)
{
	if (!prepare_identity(s, store, e) || (store && !notices_follow(&s->notices, store, e)))
		return false;
	s->conf.notice = notices_owed(&s->notices);
	return true;
}

void sync_setup_start(struct sync_setup *s, struct store_thread *store, loop_fn *idle, void *arg)
{
	s->conf.store = store;
	notices_open(&s->notices, s->conf.loop, store, s->conf.fetcher, idle, arg);
}

bool sync_setup_store(struct sync_setup *s, struct store *store, loop_fn *idle, void *arg,
		      struct err *e)
{
	if (!sync_setup_follow(s, store, e)) {
		store_close(store);
		return false;
	}
	if (store)
		sync_setup_start(s, store_thread_start(s->conf.loop, store), idle, arg);
	return true;
}

void sync_setup_close(struct sync_setup *s)
{
	store_thread_stop(s->conf.store);
	fetcher_destroy(s->conf.fetcher);
	tokens_destroy(s->conf.tokens);
	notices_close(&s->notices);
}
