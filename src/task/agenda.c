#include "task/agenda.h"

#include "base/clock.h"
#include "base/fingerprint.h"
#include "base/log.h"
#include "core/cadence.h"
#include "store/desk.h"
#include "store/probe.h"
#include "task/lease.h"

#include <assert.h>

enum {
	MS_PER_S = 1000,
	DAY_MS = 24 * 60 * 60 * MS_PER_S,
	PAST_MS = 14 * DAY_MS, /* looked back on: longer ago it was another market */
	PAST_EVERY_MS = 60 * 60 * MS_PER_S,
	NOTICES_EVERY_MS = 30 * MS_PER_S,
	OWED_EVERY_MS = 15 * MS_PER_S,
	RESTING_MS = 5 * 60 * MS_PER_S, /* a provider that was deactivated */
	/* A lease that could not be renewed: many times before it ends. */
	RENEW_AGAIN_MS = 30 * MS_PER_S,
	HEALTH_EVERY_MS = 5 * 60 * MS_PER_S,
};

/* A provider. */
struct plan {
	struct agenda *of;
	struct plan *next;
	struct str slug;
	struct timetable_entry *entry;
	struct syncer_ticket *ticket; /* the sync that its time has begun */
	bool is_known;                /* among those configured */
	bool is_inactive;
	struct store_visits past;
	int64_t max_age_ms;
};

struct looking {
	struct agenda *of;
	struct arena arena;
	bool ok, wants_owed, is_sole;
	struct err err;
	struct str mark;
	struct agenda_owed owed;
};

struct agenda {
	struct agenda_conf conf;
	struct arena arena;       /* of plans */
	struct arena rules_arena; /* of rules */
	struct agenda_rules rules;
	struct plan *plans;
	struct timetable_entry *past, *notices, *expire, *health, *watch, *lease;
	struct expirer *expirer;
	struct str mark;  /* malloc'd; absent: not looked yet */
	bool is_doubtful; /* it could not be looked at last time, which was told */
	int64_t owed_at_us;
	unsigned running; /* jobs of the store thread */
	bool has_past, stopping;
};

/* ---- when a provider's next sync is ---- */

static const struct agenda_fixed *fixed_of(const struct agenda_rules *r, struct str slug)
{
	const struct agenda_fixed *others = NULL;

	for (size_t i = 0; i < r->n_fixed; i++) {
		if (str_eq(r->fixed[i].slug, slug))
			return &r->fixed[i];
		if (str_eq(r->fixed[i].slug, STR("*")))
			others = &r->fixed[i];
	}
	return others;
}

static void think(const struct plan *p, struct cadence *ret)
{
	const struct agenda_rules *r = &p->of->rules;
	const struct agenda_fixed *fixed = fixed_of(r, p->slug);
	const struct store_visits *v = &p->past;
	const struct cadence_input in = {
		.visits = v->visits,
		.changed = v->changed,
		.span_ms = v->visits ? v->last_ms - v->first_ms : 0,
		.max_age_ms = p->max_age_ms,
		.cheap = v->cheap > 0 && v->cheap * 2 >= v->visits - v->changed,
		.failures = v->failures,
		.min_ms = r->min_ms,
		.max_ms = r->max_ms,
	};

	ret->changes_per_day = -1;
	ret->interval_ms = fixed ? fixed->every_ms : RESTING_MS;
	if (p->is_inactive)
		cadence_say(ret->reason, RESTING_MS, "deactivated, looked at again");
	else if (fixed)
		cadence_say(ret->reason, fixed->every_ms, "ASSAY_SYNC_SECONDS");
	else
		cadence_of(&in, ret);
}

/* A provider's own moment in those hours, the same each day. */
static int64_t moment(const struct plan *p, int64_t interval_ms)
{
	const struct agenda_rules *r = &p->of->rules;
	int64_t after = p->past.last_run_ms + interval_ms - DAY_MS + 1;
	int64_t begin = zone_next(r->zone, after, r->from.hour, r->from.minute);
	int64_t end = zone_next(r->zone, begin + 1, r->to.hour, r->to.minute);
	struct hash chance;

	fingerprint_bytes(p->slug.at, p->slug.n, &chance);
	return begin + (int64_t)((uint64_t)(chance.bytes[0] << 8 | chance.bytes[1]) *
					 (uint64_t)(end - begin) >>
				 16);
}

static void rest(struct plan *p, struct str why)
{
	timetable_rest(p->entry, why);
	p->of->conf.planned(p->of->conf.arg, p->slug, 0, p->past.last_ms);
}

/* How long after its last run it would be due, at the start of the service. */
static int64_t still_ms(const struct plan *p, int64_t interval_ms)
{
	int64_t left;

	if (p->past.last_run_ms == CLOCK_NONE)
		return 0;
	left = p->past.last_run_ms + interval_ms - clock_now_ms();
	if (left < 0)
		return 0;
	return left < interval_ms ? left : interval_ms;
}

static void plan_next(struct plan *p, bool at_start)
{
	struct agenda *a = p->of;
	char reason[CADENCE_REASON_MAX * 2];
	struct cadence c;

	if (p->ticket || a->stopping || !p->is_known)
		return;
	think(p, &c);
	a->conf.planned(a->conf.arg, p->slug, c.interval_ms, p->past.last_ms);
	if (a->rules.zone && c.interval_ms >= DAY_MS && p->past.last_run_ms != CLOCK_NONE) {
		(void)snprintf(reason, sizeof(reason), "%s, %.*s", c.reason,
			       STR_FMT(a->rules.hours));
		timetable_next_at(p->entry, moment(p, c.interval_ms), str_of(reason));
		return;
	}
	if (at_start)
		timetable_touch(p->entry);
	timetable_next(p->entry, at_start ? still_ms(p, c.interval_ms) : c.interval_ms,
		       str_of(c.reason));
}

/* ---- syncs ---- */

/* What there was to learn of it agenda_synced() has heard. */
static void on_synced(void *arg, const struct sync_report *r, const struct err *e)
{
	struct plan *p = arg;

	(void)r;
	p->ticket = NULL;
	if (e && e->kind == ERR_USAGE)
		rest(p, str_of(e->text));
	else
		plan_next(p, false);
}

static void on_sync_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct plan *p = arg;
	struct agenda *a = p->of;
	const struct syncer_wish wish = { .slug = p->slug };

	(void)entry;
	a->conf.late(a->conf.arg, "sync", late_us);
	p->ticket = syncer_start(a->conf.syncer, &wish, on_synced, p);
}

static struct plan *plan_of(const struct agenda *a, struct str slug)
{
	struct plan *p = a->plans;

	while (p && !str_eq(p->slug, slug))
		p = p->next;
	return p;
}

/* The same that the database would say, were it asked. */
static void add_up(struct store_visits *v, const struct sync_report *r)
{
	int64_t now = clock_now_ms();

	if (r->outcome == SYNC_INACTIVE || r->err.kind == ERR_CANCELLED)
		return;
	v->last_run_ms = now;
	if (r->outcome == SYNC_FAILED) {
		v->failures += r->completeness != FETCH_SUSPECT;
		return;
	}
	v->failures = 0;
	v->changed += v->visits > 0 && r->has_prev && !hash_eq(&r->hash, &r->prev);
	v->cheap += r->unchanged_body;
	if (v->visits++ == 0)
		v->first_ms = now;
	v->last_ms = now;
}

void agenda_synced(struct agenda *a, const struct sync_report *r)
{
	struct plan *p = plan_of(a, r->provider->slug);

	if (!p)
		return;
	p->is_inactive = r->outcome == SYNC_INACTIVE;
	add_up(&p->past, r);
	if (r->max_age_s >= 0)
		p->max_age_ms = r->max_age_s * MS_PER_S;
	if (p->ticket || !a->conf.acts)
		return;
	/* Somebody else asked for it: the next time is reckoned from here. */
	timetable_touch(p->entry);
	timetable_recall(p->entry, p->past.last_run_ms);
	plan_next(p, false);
}

/* ---- what the database knows of the past ---- */

struct recalling {
	struct agenda *of;
	struct arena arena;
	struct store_visits *rows;
	size_t n;
	struct err err;
	bool ok;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void recall(struct store *s, void *arg)
{
	struct recalling *r = arg;

	r->ok = store_load_visits(s, clock_now_ms() - PAST_MS, &r->arena, &r->rows, &r->n, &r->err);
}

void agenda_hear_active(struct agenda *a, struct str slug, bool is_active)
{
	struct plan *p = plan_of(a, slug);

	if (!p || p->is_inactive == !is_active)
		return;
	p->is_inactive = !is_active;
	if (p->ticket || a->stopping || !a->has_past || !p->is_known)
		return;
	timetable_touch(p->entry);
	if (is_active)
		timetable_next_exactly(p->entry, 0, STR("activated again"));
	else
		plan_next(p, false);
}

static void plan_all(struct agenda *a, bool at_start)
{
	for (struct plan *p = a->plans; p; p = p->next)
		plan_next(p, at_start);
}

static void on_recalled(void *arg)
{
	struct recalling *r = arg;
	struct agenda *a = r->of;

	a->running--;
	for (size_t i = 0; r->ok && i < r->n; i++) {
		struct plan *p = plan_of(a, r->rows[i].provider);

		if (!p)
			continue;
		p->past = r->rows[i];
		p->past.provider = p->slug;
		timetable_recall(p->entry, p->past.last_run_ms);
	}
	if (!r->ok)
		log_event(LOG_WARN, "schedule: what is known of providers cannot be read",
			  LOG_ERR(&r->err));
	if (!a->has_past)
		plan_all(a, true);
	a->has_past = true;
	arena_release(&r->arena);
	free(r);
}

static void look_back(struct agenda *a)
{
	struct recalling *r = must(calloc(1, sizeof(*r)));

	r->of = a;
	a->running++;
	store_thread_post(a->conf.store, recall, on_recalled, r);
}

static void on_past_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	(void)late_us;
	look_back(arg);
	timetable_next(entry, PAST_EVERY_MS, STR("how often providers change is read anew"));
}

/* ---- notices ---- */

static void on_notices_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct agenda *a = arg;

	a->conf.late(a->conf.arg, "announce", late_us);
	a->conf.notices(a->conf.arg);
	timetable_next(entry, NOTICES_EVERY_MS, STR("notices that are due again"));
}

/* ---- expiry ---- */

static void expire_later(struct agenda *a)
{
	if (!a->stopping)
		timetable_next(a->expire, a->conf.expire_ms,
			       STR("samples older than ASSAY_SAMPLES_DAYS are added up"));
}

static void on_expired(void *arg, const struct expire_report *r, const struct err *e)
{
	struct agenda *a = arg;

	a->expirer = NULL;
	if (e && e->kind != ERR_CANCELLED)
		log_event(LOG_WARN, "expire: not all that is old was seen to", LOG_ERR(e));
	if (r->samples || r->payloads)
		log_event(LOG_INFO, "expire", LOG_UINT("samples", r->samples),
			  LOG_UINT("kept", r->kept), LOG_UINT("payloads", r->payloads));
	expire_later(a);
}

static void on_expire_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct agenda *a = arg;

	(void)entry;
	a->conf.late(a->conf.arg, "expire", late_us);
	a->expirer = expire_start(a->conf.loop, a->conf.store, &a->conf.expire, on_expired, a);
}

/* ---- health ---- */

struct judging {
	struct agenda *of;
	struct err err;
	bool ok, moved;
};

static void judge(struct store *s, void *arg)
{
	struct judging *j = arg;

	j->ok = store_update_health(s, &j->of->conf.health, clock_now_ms(), &j->moved, &j->err);
}

static void judge_later(struct agenda *a)
{
	int64_t window_ms = a->conf.health.window_ms;

	if (!a->stopping)
		timetable_next(a->health, window_ms < HEALTH_EVERY_MS ? window_ms : HEALTH_EVERY_MS,
			       STR("samples leave ASSAY_HEALTH_WINDOW_MINUTES"));
}

static void on_judged(void *arg)
{
	struct judging *j = arg;
	struct agenda *a = j->of;

	a->running--;
	if (!j->ok)
		log_event(LOG_WARN, "health is not up to date", LOG_ERR(&j->err));
	else if (j->moved)
		a->conf.health_moved(a->conf.arg);
	judge_later(a);
	free(j);
}

static void on_health_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct agenda *a = arg;
	struct judging *j = must(calloc(1, sizeof(*j)));

	(void)entry;
	(void)late_us;
	j->of = a;
	a->running++;
	store_thread_post(a->conf.store, judge, on_judged, j);
}

/* ---- watching ---- */

static bool load_owed(struct store *s, struct looking *l)
{
	int64_t now = clock_now_ms();
	struct store_review *reviews;
	size_t n;

	if (!store_load_owed(s, &l->owed.owed, &l->err) ||
	    !store_spent(s, STR_NONE, now - now % DAY_MS, &l->owed.spent_today, &l->err) ||
	    !store_load_reviews(s, REVIEWS_WAITING, 0, &l->arena, &reviews, &n, &l->err))
		return false;
	l->owed.reviews = n;
	return true;
}

static void look(struct store *s, void *arg)
{
	struct looking *l = arg;

	l->ok = store_mark(s, &l->arena, &l->mark, &l->err) &&
		lease_is_ours(s, &l->of->conf.sole->lease, &l->is_sole, &l->err) &&
		(!l->wants_owed || load_owed(s, l));
}

/* The first one is another than none: what is read after it misses nothing. */
static bool keep_mark(struct agenda *a, struct str mark)
{
	bool is_other = !str_eq(a->mark, mark);

	free((char *)(uintptr_t)a->mark.at);
	a->mark = (struct str){ must(strndup(mark.at, mark.n)), mark.n };
	return is_other;
}

/* Once when it begins, once when it is over: it is looked at every few seconds. */
static void tell_looked(struct agenda *a, const struct looking *l)
{
	if (l->ok == !a->is_doubtful)
		return;
	a->is_doubtful = !l->ok;
	if (l->ok)
		log_say(LOG_INFO, "the database is in order again");
	else
		log_event(LOG_ERROR, "the database cannot be relied on", LOG_ERR(&l->err));
}

static void on_looked(void *arg)
{
	struct looking *l = arg;
	struct agenda *a = l->of;

	a->running--;
	tell_looked(a, l);
	a->conf.watched(a->conf.arg, l->ok && keep_mark(a, l->mark), l->ok ? NULL : &l->err);
	if (l->ok && l->wants_owed)
		a->conf.owed(a->conf.arg, &l->owed);
	if (l->ok && !l->is_sole && !a->stopping)
		timetable_next_exactly(a->lease, 0, STR("somebody else has it"));
	if (!a->stopping)
		timetable_next_exactly(a->watch, a->conf.watch_ms,
				       STR("whether another process has written"));
	arena_release(&l->arena);
	free(l);
}

static void on_watch_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct agenda *a = arg;
	struct looking *l = must(calloc(1, sizeof(*l)));
	int64_t now_us = (int64_t)clock_mono_us();

	(void)entry;
	(void)late_us;
	l->of = a;
	l->wants_owed =
		a->owed_at_us == 0 || now_us - a->owed_at_us >= (int64_t)OWED_EVERY_MS * MS_PER_S;
	if (l->wants_owed)
		a->owed_at_us = now_us;
	a->running++;
	store_thread_post(a->conf.store, look, on_looked, l);
}

/* ---- the lease ---- */

struct renewing {
	struct agenda *of;
	struct err err;
	bool ok;
};

static void renew(struct store *s, void *arg)
{
	struct renewing *r = arg;

	r->ok = sole_take(s, r->of->conf.sole, &r->err);
}

static void on_renewed(void *arg)
{
	struct renewing *r = arg;
	struct agenda *a = r->of;

	a->running--;
	if (!r->ok && a->conf.sole->taken_by_other)
		a->conf.lost(a->conf.arg, &r->err);
	else if (!r->ok) /* also by a lock on the database: nobody else has it for that */
		log_event(LOG_WARN, "the lease of the service is not renewed", LOG_ERR(&r->err));
	if (!a->stopping)
		timetable_next_exactly(a->lease, r->ok ? SOLE_RENEW_MS : RENEW_AGAIN_MS,
				       STR("one service a database"));
	free(r);
}

static void on_lease_due(void *arg, struct timetable_entry *entry, uint64_t late_us)
{
	struct agenda *a = arg;
	struct renewing *r = must(calloc(1, sizeof(*r)));

	(void)entry;
	(void)late_us;
	r->of = a;
	a->running++;
	store_thread_post(a->conf.store, renew, on_renewed, r);
}

/* ---- the interface ---- */

static struct timetable_entry *add(struct agenda *a, const char *name, timetable_fn *fn)
{
	return timetable_add(a->conf.timetable, str_of(name), fn, a);
}

struct agenda *agenda_create(const struct agenda_conf *conf)
{
	struct agenda *a = must(calloc(1, sizeof(*a)));

	a->conf = *conf;
	a->watch = add(a, "watch", on_watch_due);
	a->lease = add(a, "lease", on_lease_due);
	timetable_next_exactly(a->watch, 0, STR("whether another process has written"));
	timetable_next_exactly(a->lease, SOLE_RENEW_MS, STR("one service a database"));
	if (!conf->acts)
		return a;
	a->past = add(a, "past", on_past_due);
	a->notices = add(a, "announce", on_notices_due);
	a->expire = add(a, "expire", on_expire_due);
	timetable_next(a->past, PAST_EVERY_MS, STR("how often providers change is read anew"));
	timetable_next(a->notices, 0, STR("what was left by others"));
	a->health = add(a, "health", on_health_due);
	timetable_next(a->health, 0, STR("samples that grew old meanwhile"));
	expire_later(a);
	return a;
}

static struct plan *plan_for(struct agenda *a, struct str slug)
{
	struct plan *p = plan_of(a, slug);

	if (p)
		return p;
	p = arena_new(&a->arena, struct plan);
	*p = (struct plan){ .of = a,
			    .next = a->plans,
			    .slug = arena_str(&a->arena, slug),
			    .past = { .first_ms = CLOCK_NONE,
				      .last_ms = CLOCK_NONE,
				      .last_run_ms = CLOCK_NONE },
			    .max_age_ms = -1 };
	p->entry =
		timetable_add(a->conf.timetable,
			      arena_printf(&a->arena, "sync:%.*s", STR_FMT(slug)), on_sync_due, p);
	a->plans = p;
	return p;
}

static void copy_rules(struct agenda *a, const struct agenda_rules *rules)
{
	struct agenda_fixed *fixed;

	arena_release(&a->rules_arena);
	a->rules = *rules;
	fixed = arena_array(&a->rules_arena, rules->n_fixed + 1, struct agenda_fixed);
	for (size_t i = 0; i < rules->n_fixed; i++)
		fixed[i] = (struct agenda_fixed){ arena_str(&a->rules_arena, rules->fixed[i].slug),
						  rules->fixed[i].every_ms };
	a->rules.fixed = fixed;
	a->rules.hours = arena_str(&a->rules_arena, rules->hours);
}

static void follow(struct agenda *a, const struct syncer_access *access)
{
	struct plan *p = plan_for(a, access->provider->slug);

	p->is_known = str_is_none(access->missing);
	if (!p->is_known)
		rest(p, arena_printf(&a->rules_arena, "%s: set %.*s",
				     access->missing_is_key ? "API key not configured"
							    : "not configured",
				     STR_FMT(access->missing)));
}

void agenda_configure(struct agenda *a, const struct syncer_access *accesses, size_t n,
		      const struct agenda_rules *rules)
{
	if (!a->conf.acts)
		return;
	copy_rules(a, rules);
	for (struct plan *p = a->plans; p; p = p->next) {
		p->is_known = false;
		rest(p, STR("no descriptor"));
	}
	for (size_t i = 0; i < n; i++)
		follow(a, &accesses[i]);
	/* Also when it was known before: a provider may have come that was synced by others. */
	a->has_past = false;
	look_back(a);
}

void agenda_stop(struct agenda *a)
{
	struct timetable_entry *const own[] = { a->past,   a->notices, a->expire,
						a->health, a->watch,   a->lease };

	a->stopping = true;
	for (struct plan *p = a->plans; p; p = p->next)
		timetable_rest(p->entry, STR("the service is stopping"));
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i])
			timetable_rest(own[i], STR("the service is stopping"));
	if (a->expirer)
		expire_stop(a->expirer);
}

bool agenda_is_idle(const struct agenda *a)
{
	const struct plan *p = a->plans;

	while (p && !p->ticket)
		p = p->next;
	return !p && a->running == 0 && !a->expirer;
}

void agenda_destroy(struct agenda *a)
{
	if (!a)
		return;
	assert(agenda_is_idle(a));
	free((char *)(uintptr_t)a->mark.at);
	arena_release(&a->rules_arena);
	arena_release(&a->arena);
	free(a);
}
