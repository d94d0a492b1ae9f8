/*
 * service: a running `assay serve`, as the parts of its wiring see it.
 *
 *	serve.c          begin, signals, the end
 *	service_hear.c   what happens in it, and who is told
 *	service_probe.c  its probes
 *	service_reload.c settings and descriptors, read again
 */
#pragma once
#include "base/lag.h"
#include "cmd/probe_setup.h"
#include "cmd/serve_setup.h"
#include "cmd/sync_setup.h"
#include "task/agenda.h"

/* Settings and descriptors as they were read once, and what was made of them. */
struct generation {
	struct generation *before; /* kept while what it began may still point into it */
	uint64_t epoch;            /* of web_reconfigure() */
	struct arena arena;
	struct settings settings; /* of one that was read by a running service */
	struct registry registry;
	struct cmd_context c;
	struct syncer_access *accesses; /* [c.registry->n] */
	struct agenda_rules rules;
	struct sync_setup sync;
	bool is_open; /* sync is */
};

struct service {
	const struct cmd_context *c; /* of the command: its output, the first settings */
	struct loop *loop;
	struct generation *now;
	struct store_thread *store;
	struct sole sole;
	struct syncer *syncer;
	struct timetable *timetable;
	struct agenda *agenda;
	struct view_keeper *views;
	struct counters *counters;
	struct web *web;
	struct lag *lag;
	uint64_t lag_told_us;

	struct probe_setup probe;
	bool probe_is_open, probe_runs;
	bool probe_is_ready; /* its recorder is */
	bool probe_waits;    /* it could not run, which was said; it is tried again */
	struct timetable_entry *probe_again;

	bool stopping, reloading, reload_again;
	struct err lost;   /* why it had to stop by itself */
	uv_timer_t ending; /* looks whether what runs has ended */
	uint64_t stopped_us;
	bool is_idle, has_given_up;
};

/* ---- service_hear.c ---- */

void service_on_sync(void *arg, const struct sync_report *r);
void service_on_notice(void *arg, const struct announce_report *r);
void service_on_notices_idle(void *arg);
void service_on_view(void *arg, const struct view *v, bool moved, const struct err *e);
/* Its hooks and webhooks that are due. */
void service_notify(struct service *s);
/* The members of `conf` that call us. */
void service_listen(struct service *s, struct agenda_conf *conf);

/* ---- service_probe.c ---- */

/* Whether there are to be probes; says which, and why not the others.  Nothing is opened yet. */
bool service_probe_prepare(struct service *s, struct err *e);
bool service_probe_start(struct service *s, struct err *e);
void service_probe_stop(struct service *s);
void service_probe_close(struct service *s);

/* ---- service_reload.c ---- */

/* Made of the command's own settings. */
bool service_begin(struct service *s, struct err *e);
/* Reads all of them again and puts them in the place of what there is, or says why not. */
void service_reload(struct service *s);
/* What former ones kept open, as soon as nothing of theirs runs; and their memory, oldest first. */
void service_forget(struct service *s);
/* At the end, the store thread included. */
void service_close(struct service *s);
/* Nothing of any of them runs. */
bool service_notices_are_idle(const struct service *s);

/* ---- serve.c ---- */

/* In order: what runs may end. */
void service_stop(struct service *s);
