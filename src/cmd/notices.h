/*
 * notices: hooks and webhooks as the settings want them, for the commands that owe and
 * deliver them, and what is told of each attempt.
 */
#pragma once
#include "cmd/cmd.h"
#include "store/thread.h"
#include "task/announce.h"
#include "task/sync.h"

struct notices {
	const struct cmd_context *c;
	struct str hook; /* command, or absent */
	struct str key;  /* of the webhook, absent: there is none */
	int64_t endpoint_id;
	struct announcer *announcer;
	bool show, json;      /* tell of each attempt on c->out, too */
	uint64_t failed;      /* attempts after which a notice was not delivered */
	announce_fn *attempt; /* told of each, too, with notices_open()'s arg; or NULL */

	/* private */
	loop_fn *idle;
	void *arg;
};

/*
 * `hook`: of the command line, which wins over the setting; or absent.  ERR_USAGE for a
 * webhook without a secret.
 */
bool notices_init(struct notices *n, const struct cmd_context *c, struct str hook, struct err *e);
/* The webhook's row, before anything is owed to it. */
bool notices_follow(struct notices *n, struct store *s, struct err *e);
/* Whom a sync is to tell. */
struct sync_notice notices_owed(const struct notices *n);

/* Ready to deliver; `idle` as in struct announce_conf. */
void notices_open(struct notices *n, struct loop *l, struct store_thread *store,
		  struct fetcher *fetcher, loop_fn *idle, void *arg);
void notices_close(struct notices *n);

bool notices_has(const struct notices *n, enum notice_kind kind);
/* A pass, if there is anybody to tell in that way. */
void notices_start(struct notices *n, enum notice_kind kind, struct announce_pass pass);
bool notices_are_running(const struct notices *n);
