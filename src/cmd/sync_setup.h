/*
 * sync_setup: what syncs need, made of the settings, for `assay sync` and the service alike.
 *
 *	sync_setup_open() ▶ sync_setup_store() ▶ conf.report, conf.arg: the caller's ▶ … ▶ sync_setup_close()
 */
#pragma once
#include "cmd/cmd.h"
#include "cmd/notices.h"
#include "task/sync.h"
#include "task/syncer.h"

struct sync_setup {
	struct sync_conf conf;
	struct notices notices;
	struct identity_rules identity;
};

/*
 * Looks at the settings and opens what leads outwards; `hook`, `cache_dir`: of the command line,
 * which wins, or absent.  Whether it fails or not, sync_setup_close() is due.
 */
bool sync_setup_open(struct sync_setup *s, const struct cmd_context *c, struct loop *l,
		     struct str hook, struct str cache_dir, struct err *e);
/*
 * Takes the store over, also when it fails; NULL: a dry run.  conf.store is its thread from here
 * on, and notices can be delivered: `idle` as in struct announce_conf.
 */
bool sync_setup_store(struct sync_setup *s, struct store *store, loop_fn *idle, void *arg,
		      struct err *e);
/*
 * The same in two steps, for who has a store thread already: the first on that thread (or before there is
 * one), the second on the loop.
 */
bool sync_setup_follow(struct sync_setup *s, struct store *store, struct err *e);
void sync_setup_start(struct sync_setup *s, struct store_thread *store, loop_fn *idle, void *arg);
/* Nothing runs any more.  Stops conf.store, if there is one.  The loop has some closing left to do. */
void sync_setup_close(struct sync_setup *s);
