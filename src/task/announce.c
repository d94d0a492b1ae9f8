#include "task/announce.h"

#include "base/clock.h"
#include "base/log.h"
#include "task/announce_job.h"
#include "task/lease.h"

#include <assert.h>
#include <stdlib.h>

enum { LEASE_MS = 15 * 60 * 1000, LEASE_POLL_MS = 100 };

struct announcer {
	struct announce_conf conf;
	struct announce_lane lanes[NOTICE_KINDS];
};

uint64_t announce_left_ms(const struct announce_lane *l)
{
	uint64_t gone_ms = (clock_mono_us() - l->begun_us) / 1000;

	if (!l->pass.within_ms)
		return UINT64_MAX;
	return gone_ms < l->pass.within_ms ? l->pass.within_ms - gone_ms : 0;
}

/* ---- store thread ---- */

/* What came of the last one; unwritten it would be said again and again. */
static bool write_down(struct store *s, struct announce_lane *l, struct err *e)
{
	bool said = l->said;

	l->said = false;
	return !said || store_save_delivery(s, &l->delivery, e);
}

static bool look(struct store *s, struct announce_lane *l, struct err *e)
{
	arena_release(&l->arena);
	l->found = false;
	return store_next_notice(s, l->kind, l->due_by_ms, &l->arena, &l->notice, &l->found, e);
}

static bool hold(struct store *s, struct announce_lane *l, struct err *e)
{
	int64_t lasts_ms = LEASE_MS + (int64_t)l->conf->hook_limit_ms;
	ARENA_AUTO(scratch);
	char since[CLOCK_TEXT_MAX];
	struct store_lease holder;
	struct store_lease mine;
	bool taken;

	if (!lease_take(s, l->lease_name, lasts_ms, &scratch, &taken, &mine, &holder, e))
		return false;
	l->busy = !taken;
	if (taken)
		l->lease = mine;
	else
		(void)err_set(&l->err, ERR_BUSY, "process %lld on %.*s has been at it since %s",
			      (long long)holder.pid, STR_FMT(holder.host),
			      clock_text(holder.taken_at_ms, since));
	return true;
}

/* Best effort: it ends by itself. */
static void let_go(struct store *s, struct announce_lane *l)
{
	struct err e;

	if (l->lease.name.n)
		(void)store_lease_release(s, &l->lease, &e);
	l->lease.name = STR_NONE;
}

/* The lease is written only for something to say; then somebody may just have said it. */
static bool claim(struct store *s, struct announce_lane *l, struct err *e)
{
	if (!look(s, l, e))
		return false;
	return !l->found || (hold(s, l, e) && (l->busy || look(s, l, e)));
}

static void claim_work(struct store *s, void *arg)
{
	struct announce_lane *l = arg;

	l->found = l->busy = false;
	l->failed = !write_down(s, l, &l->err);
	if (!l->failed && l->go_on)
		l->failed = !claim(s, l, &l->err);
	if (l->failed || l->busy)
		l->found = false;
	if (!l->found)
		let_go(s, l);
}

/* ---- loop thread ---- */

static void post_claim(void *arg);
static void begin_pass(struct announce_lane *l);

static void end_pass(struct announce_lane *l)
{
	bool again;

	/* Who would not wait leaves it to the other, who is at it; who did has waited in vain. */
	l->failed = l->failed || (l->busy && l->pass.wait_ms && !l->stopped);
	if (l->failed)
		log_event(LOG_WARN, "notices are left for later",
			  LOG_TEXT("notice", notice_kind_names[l->kind]), LOG_ERR(&l->err));
	again = l->again && !l->stopped && !l->failed;
	l->running = l->again = false;
	if (again) {
		l->pass = l->next_pass;
		begin_pass(l);
		return;
	}
	arena_release(&l->arena);
	l->conf->idle(l->conf->arg);
}

static bool may_wait(const struct announce_lane *l)
{
	return !l->stopped && announce_left_ms(l) > 0 &&
	       clock_mono_us() - l->begun_us < l->pass.wait_ms * 1000;
}

static void claimed(void *arg)
{
	static void (*const say[NOTICE_KINDS])(struct announce_lane *) = {
		[NOTICE_HOOK] = announce_hook,
		[NOTICE_WEBHOOK] = announce_webhook,
	};
	struct announce_lane *l = arg;

	if (l->found)
		say[l->kind](l);
	else if (l->busy && may_wait(l))
		loop_after(l->conf->loop, LEASE_POLL_MS, post_claim, l);
	else
		end_pass(l);
}

static void post_claim(void *arg)
{
	struct announce_lane *l = arg;

	l->go_on = !l->stopped && announce_left_ms(l) > 0;
	store_thread_post(l->conf->store, claim_work, claimed, l);
}

void announce_said(struct announce_lane *l)
{
	l->delivery.notice_id = l->notice.id;
	l->delivery.endpoint_id = l->notice.endpoint_id;
	l->delivery.attempt = l->notice.attempts + 1;
	l->delivery.duration_ms = l->report.duration_ms;
	l->delivery.status = l->report.status;
	l->delivery.error = l->report.why;
	l->said = true;
	l->report.kind = l->kind;
	l->report.notice = l->notice.id;
	l->report.provider = l->notice.provider;
	l->report.attempt = l->delivery.attempt;
	l->report.due_at_ms = l->delivery.due_at_ms;
	l->conf->report(l->conf->arg, &l->report);
	post_claim(l);
}

static void begin_pass(struct announce_lane *l)
{
	l->running = true;
	l->begun_us = clock_mono_us();
	l->due_by_ms = clock_now_ms();
	post_claim(l);
}

void announce_start(struct announcer *a, enum notice_kind kind, struct announce_pass pass)
{
	struct announce_lane *l = &a->lanes[kind];

	if (l->running) {
		l->again = true;
		l->next_pass = pass;
		return;
	}
	l->pass = pass;
	begin_pass(l);
}

bool announce_is_running(const struct announcer *a, enum notice_kind kind)
{
	return a->lanes[kind].running;
}

void announce_stop(struct announcer *a)
{
	for (size_t i = 0; i < NOTICE_KINDS; i++)
		a->lanes[i].stopped = true;
}

bool announce_has_failed(const struct announcer *a)
{
	for (size_t i = 0; i < NOTICE_KINDS; i++)
		if (a->lanes[i].failed)
			return true;
	return false;
}

struct announcer *announcer_create(const struct announce_conf *conf)
{
	static const char *const names[NOTICE_KINDS] = {
		[NOTICE_HOOK] = "announce:hook",
		[NOTICE_WEBHOOK] = "announce:webhook",
	};
	struct announcer *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->conf = *conf;
	for (size_t i = 0; i < NOTICE_KINDS; i++)
		a->lanes[i] = (struct announce_lane){
			.conf = &a->conf,
			.kind = (enum notice_kind)i,
			.lease_name = str_of(names[i]),
		};
	return a;
}

void announcer_destroy(struct announcer *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < NOTICE_KINDS; i++) {
		assert(!a->lanes[i].running);
		arena_release(&a->lanes[i].arena);
	}
	free(a);
}
