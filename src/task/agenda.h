/*
 * agenda: what the service does by itself, and when.
 *
 *	sync:SLUG   as often as its provider changes (core/cadence.h), or as somebody said
 *	announce    notices that are due again, or that another process owes
 *	expire      what is too old to be kept line by line
 *	past        how often providers change, read anew
 *	health      of models and providers, whose newest samples grow old also where nobody asks any more
 *	watch       has another process written?  Is the lease ours still?  And what is owed, now and then
 *	lease       of the one service of a database (task/sole.h)
 *
 * The times themselves are task/timetable.h's.  Probes keep their own grid (task/probe_schedule.h),
 * because their stamps are to be true.  What there is to know of a provider's past is read from the
 * database at the start and each hour; in between its syncs are added up here, whoever asked
 * for them.  On the loop thread.
 *
 * One that fails is tried again soon, then ever later.  A service that was stopped, or slept, past a sync's
 * time makes up for it once, also outside of the hours that are set: better late than a day without.
 */
#pragma once
#include "base/zone.h"
#include "core/decimal.h"
#include "provider/registry.h"
#include "store/view.h"
#include "task/expire.h"
#include "task/sole.h"
#include "task/syncer.h"
#include "task/timetable.h"

struct agenda_fixed {
	struct str slug; /* "*": every other one */
	int64_t every_ms;
};
struct agenda_time {
	int hour, minute;
};
/* When syncs are due.  Copied, but for the zone, which stays. */
struct agenda_rules {
	int64_t min_ms, max_ms;
	const struct agenda_fixed *fixed;
	size_t n_fixed;
	/* Hours for those that are synced once a day or less often; NULL: any. */
	const struct zone *zone;
	struct agenda_time from, to; /* to the next `to` after `from` */
	struct str hours;            /* as written, for the reason */
};
/*
 * "openrouter=21600,*=86400", seconds from 1 to AGENDA_SECONDS_MAX; "02:00-04:00 Europe/Berlin", where UTC
 * may be left out.  Absent: none.  ERR_USAGE; `known`: whose slugs may be named.
 */
enum { AGENDA_SECONDS_MAX = 30 * 24 * 60 * 60 };
bool agenda_read_fixed(struct str text, const struct registry *known, struct arena *a,
		       struct agenda_rules *ret, struct err *e);
bool agenda_read_hours(struct str text, struct arena *a, struct agenda_rules *ret, struct err *e);

/* What the database says now and then, for gauges. */
struct agenda_owed {
	struct store_owed owed;
	struct dec spent_today;
	uint64_t reviews; /* held prices that wait for a decision */
};

struct agenda_conf {
	struct loop *loop;
	struct store_thread *store;
	struct syncer *syncer;
	struct timetable *timetable;
	struct sole *sole;
	bool acts; /* else nothing but `watch` and `lease`, which change nothing */
	int64_t watch_ms, expire_ms;
	struct expire_conf expire;
	struct health_conf health;

	/* Each on the loop. */
	void (*late)(void *arg, const char *task, uint64_t late_us);
	/* interval_ms 0: not at all, last_success_ms CLOCK_NONE: never */
	void (*planned)(void *arg, struct str slug, int64_t interval_ms, int64_t last_success_ms);
	void (*notices)(void *arg); /* time to see which are due */
	/* Looked; another process has written since, or `why` the database cannot be relied on, else NULL. */
	void (*watched)(void *arg, bool foreign, const struct err *why);
	void (*owed)(void *arg, const struct agenda_owed *o);
	void (*health_moved)(void *arg);
	void (*lost)(void *arg, const struct err *e); /* another service has the database */
	void *arg;
};

struct agenda;

/* Copies the configuration; nothing happens before agenda_configure(). */
struct agenda *agenda_create(const struct agenda_conf *conf);
/* Whom there is to sync, and how often; also again.  A provider that cannot be asked rests. */
void agenda_configure(struct agenda *a, const struct syncer_access *accesses, size_t n,
		      const struct agenda_rules *rules);
/* A sync has ended, whoever asked for it: from the syncer's conf.report. */
void agenda_synced(struct agenda *a, const struct sync_report *r);
/*
 * Whether that provider is active, as often as it is looked at: one that was deactivated is asked no more, but for a look
 * now and then, and one that is active again is asked at once.
 */
void agenda_hear_active(struct agenda *a, struct str slug, bool is_active);
/* Nothing new begins.  What runs may end: agenda_is_idle(). */
void agenda_stop(struct agenda *a);
bool agenda_is_idle(const struct agenda *a);
void agenda_destroy(struct agenda *a); /* idle; NULL is fine */
