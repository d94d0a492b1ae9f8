#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "cmd/service.h"

#include <stdlib.h>

/* ---- syncs ---- */

static void log_failure(const struct sync_report *r)
{
	log_event(LOG_WARN, "sync failed", LOG_STR("provider", r->provider->slug),
		  LOG_TEXT("completeness", store_completeness_names[r->completeness]),
		  LOG_INT("status", r->http_status), LOG_UINT("ms", r->duration_us / 1000),
		  LOG_ERR(&r->err));
}

static void log_success(const struct sync_report *r)
{
	log_event(LOG_INFO, "sync", LOG_STR("provider", r->provider->slug),
		  LOG_UINT("models", r->models), LOG_UINT("skipped", r->skipped),
		  LOG_UINT("added", r->added), LOG_UINT("changed", r->changed),
		  LOG_UINT("missing", r->missing), LOG_UINT("returned", r->returned),
		  LOG_BOOL("same_body", r->unchanged_body), LOG_UINT("bytes", r->bytes),
		  LOG_UINT("ms", r->duration_us / 1000));
}

static void log_sync(const struct sync_report *r)
{
	static const char *const others[] = {
		[SYNC_OVERTAKEN] = "sync: another process was first",
		[SYNC_INACTIVE] = "sync: the provider is deactivated",
	};

	if (r->outcome == SYNC_FAILED)
		log_failure(r);
	else if (r->outcome == SYNC_DONE)
		log_success(r);
	else
		log_event(LOG_INFO, others[r->outcome], LOG_STR("provider", r->provider->slug));
	for (size_t i = 0; i < r->n_drift; i++)
		log_event(LOG_WARN, r->drift[i].text.at, LOG_STR("provider", r->provider->slug),
			  LOG_TEXT("kind", "drift"));
	if (r->cache_failed)
		log_event(LOG_ERROR, "sync: models_HASH.json is not written",
			  LOG_STR("provider", r->provider->slug), LOG_ERR(&r->cache_err));
}

/* A first sync that fails leaves a row of the provider, too. */
static bool is_new(const struct service *s, struct str slug)
{
	const struct view *v = view_get(s->views);
	bool is = v && !view_find_slug(v, slug);

	if (v)
		view_put(v);
	return is;
}

void service_on_sync(void *arg, const struct sync_report *r)
{
	struct service *s = arg;

	log_sync(r);
	counters_sync(s->counters, r);
	agenda_synced(s->agenda, r);
	if (r->outcome == SYNC_DONE || r->outcome == SYNC_OVERTAKEN || is_new(s, r->provider->slug))
		view_refresh(s->views, r->provider->slug);
	if (s->web)
		http_streams_wake(s->web);
	service_notify(s);
}

/* ---- the view ---- */

void service_on_view(void *arg, const struct view *v, bool moved, const struct err *e)
{
	struct service *s = arg;

	if (e) {
		log_event(LOG_ERROR, "the catalog cannot be read", LOG_ERR(e));
		return;
	}
	for (size_t i = 0; i < v->n; i++)
		agenda_hear_active(s->agenda, v->segments[i]->slug, v->segments[i]->is_active);
	if (moved && s->web)
		http_streams_wake(s->web);
}

/* ---- notices ---- */

void service_notify(struct service *s)
{
	if (s->stopping)
		return;
	for (int kind = 0; kind < NOTICE_KINDS; kind++)
		notices_start(&s->now->sync.notices, (enum notice_kind)kind,
			      (struct announce_pass){ 0 });
}

void service_on_notice(void *arg, const struct announce_report *r)
{
	struct service *s = arg;

	counters_notice(s->counters, r->kind == NOTICE_HOOK, r->outcome == ANNOUNCED);
}

void service_on_notices_idle(void *arg)
{
	(void)arg;
}

/* ---- the agenda ---- */

static void on_late(void *arg, const char *task, uint64_t late_us)
{
	struct service *s = arg;

	counters_late(s->counters, task, late_us);
}

static void on_planned(void *arg, struct str slug, int64_t interval_ms, int64_t last_success_ms)
{
	struct service *s = arg;

	counters_planned(s->counters, slug, interval_ms, last_success_ms);
}

static void on_notices(void *arg)
{
	service_notify(arg);
}

static void tell_lag(struct service *s)
{
	counters_lag(s->counters, lag_since_us(s->lag, s->lag_told_us));
	s->lag_told_us = clock_mono_us();
}

/* For systemd's WatchdogSec: the loop turns, and the store thread answers it. */
static void beat(void)
{
	if (getenv("WATCHDOG_USEC"))
		notify_send("WATCHDOG=1");
}

static void on_watched(void *arg, bool foreign, const struct err *why)
{
	struct service *s = arg;

	tell_lag(s);
	beat();
	if (!s->web) /* the end */
		return;
	service_forget(s);
	if (s->web)
		web_doubt(s->web, why);
	if (!why)
		view_retry(s->views);
	if (!foreign)
		return;
	view_refresh_all(s->views);
	http_streams_wake(s->web);
	service_notify(s);
}

static void on_owed(void *arg, const struct agenda_owed *o)
{
	struct service *s = arg;
	struct str budget = s->now->c.settings->probe_budget_usd;
	struct counters_owed told = {
		.outbox = { o->owed.outbox[0], o->owed.outbox[1] },
		.outbox_oldest_ms = o->owed.outbox_oldest_ms,
		.spent_today = o->spent_today,
		.store_queue = store_thread_waiting(s->store),
		.csv_rows = o->owed.csv_rows,
		.batches = o->owed.batches,
		.reviews = o->reviews,
	};
	struct err e;

	told.has_budget = budget.n > 0 && dec_parse(budget, &told.budget, &e);
	counters_owed(s->counters, &told);
}

static void on_health_moved(void *arg)
{
	struct service *s = arg;

	view_refresh_all(s->views);
}

/* Another one writes what we write: better none of it twice. */
static void on_lost(void *arg, const struct err *e)
{
	struct service *s = arg;

	if (s->lost.kind == ERR_NONE)
		s->lost = *e;
	service_stop(s);
}

void service_listen(struct service *s, struct agenda_conf *conf)
{
	conf->late = on_late;
	conf->planned = on_planned;
	conf->notices = on_notices;
	conf->watched = on_watched;
	conf->owed = on_owed;
	conf->health_moved = on_health_moved;
	conf->lost = on_lost;
	conf->arg = s;
}
