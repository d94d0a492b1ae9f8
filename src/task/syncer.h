/*
 * syncer: syncs in a process that stays: at most one a provider at a time, whoever wants it.
 *
 * The schedule, the API and webhooks ask here.  Who asks for a provider that is being synced joins
 * that sync and gets its report; a dry run never joins a real one, nor the other way round: it comes after,
 * as does who knows of something that the list may not have held when it was fetched.
 * No more than `concurrency` run at once; the others wait in the order of asking.
 * On the loop thread.
 */
#pragma once
#include "task/sync.h"

struct syncer;

/* What is known about how a provider may be asked: filled in by who knows the settings. */
struct syncer_access {
	const struct descriptor
		*provider; /* stays as long as the syncer, whatever is configured later */
	struct sync_access access;
	struct str missing; /* the variable that is not set; absent: it can be asked */
	bool missing_is_key;
};

/*
 * `e` NULL: as the report says.  Else there was none: ERR_USAGE not configured (the sentence names the
 * variable), ERR_CANCELLED given up, or the syncer stops.
 */
typedef void syncer_fn(void *arg, const struct sync_report *r, const struct err *e);

/*
 * `conf.report` is called for every sync that ends and was no dry run, before those that wait for it;
 * its store is for syncs that are not dry.
 */
struct syncer *syncer_create(const struct sync_conf *conf, size_t concurrency);
void syncer_destroy(struct syncer *s); /* nothing runs; NULL is fine */
/* Copied.  Syncs that run go on with what they began with. */
void syncer_configure(struct syncer *s, const struct syncer_access *accesses, size_t n);
/* Syncs that begin from here on are by this configuration. */
void syncer_change(struct syncer *s, const struct sync_conf *conf);
/* NULL: not among those configured.  Good until the next syncer_configure(). */
const struct syncer_access *syncer_find(const struct syncer *s, struct str slug);

struct syncer_ticket; /* one wish; good until its `done` */
struct syncer_wish {
	struct str slug; /* until it returns */
	bool dry_run;
	/* A list as it is from now on: no sync that has begun, and may have its list already, is joined. */
	bool fresh;
};
/* `done` (may be NULL) is called once, never from inside. */
struct syncer_ticket *syncer_start(struct syncer *s, const struct syncer_wish *w, syncer_fn *done,
				   void *arg);
/*
 * Whoever else waits for the same sync goes on waiting; nobody else: it is given up.  `done` comes with
 * ERR_CANCELLED, or with the report of a sync that was being committed by then.
 */
void syncer_cancel(struct syncer *s, struct syncer_ticket *t);
bool syncer_is_running(const struct syncer *s, struct str slug);
/* This very wish, and not in the queue any more. */
bool syncer_has_begun(const struct syncer_ticket *t);
size_t syncer_running(const struct syncer *s);
/* Nothing new begins (ERR_CANCELLED); what runs may end. */
void syncer_stop(struct syncer *s);
bool syncer_is_stopped(const struct syncer *s);
/* What runs is given up, too, but for what is being committed. */
void syncer_give_up(struct syncer *s);
