/*
 * announce: the arrow from the outbox to the world.
 *
 *	store.outbox ▶ sink.hook, sink.exec | sink.webhook, net.fetch ▶ store.deliveries
 *
 * Hooks and webhooks are two lanes that do not wait for each other; in each of them one
 * notice after another, the one first that has been due for longest.  While a
 * process works on a lane it holds that lane's lease, so that nothing is run by two at once;
 * killed, it leaves the notice due: at least once, and the same id each time.
 *
 * A hook is run once, whatever becomes of it.  A webhook is tried ten times in about
 * three days (sink/webhook.h), by whoever passes by when it is due; 410 switches the
 * endpoint off.  No failure here is a failure of the sync.
 */
#pragma once
#include "base/loop.h"
#include "net/fetch.h"
#include "store/notice.h"
#include "store/thread.h"

enum announce_outcome {
	ANNOUNCED,         /* the hook was run; the webhook was taken */
	ANNOUNCE_NOT_RUN,  /* the hook wants the state before, and there is none */
	ANNOUNCE_AGAIN,    /* not taken: due again later */
	ANNOUNCE_GIVEN_UP, /* not taken, and not tried again */
};

/* One attempt. */
struct announce_report {
	enum notice_kind kind;
	int64_t notice; /* its row in outbox */
	struct str id;  /* its webhook-id, ASSAY_NOTICE_ID */
	struct str provider;
	enum announce_outcome outcome;
	uint64_t attempt;
	int64_t status; /* HTTP status, exit code; -1: none */
	struct str why; /* absent: all is well */
	int64_t duration_ms;
	int64_t due_at_ms;     /* ANNOUNCE_AGAIN */
	struct str output;     /* of a hook, its beginning */
	uint64_t output_bytes; /* of all of it */
};
/* On the loop thread; good until it returns. */
typedef void announce_fn(void *arg, const struct announce_report *r);

struct announce_conf {
	struct loop *loop;
	struct store_thread *store;
	struct str hook; /* command; absent: hooks wait for somebody who has one */
	uint64_t hook_limit_ms;
	char *const *environment; /* a hook's, to which the notice's is added */
	struct fetcher *fetcher;
	struct str url; /* of the webhook; absent: webhooks wait */
	struct str key; /* that it is signed with: sink/webhook.h */
	bool allow_private;
	announce_fn *report;
	loop_fn *idle; /* a pass has ended (perhaps for want of a lease), on the loop thread */
	void *arg;
};

struct announcer;

/* Copies the configuration, not its strings. */
struct announcer *announcer_create(const struct announce_conf *conf);
void announcer_destroy(struct announcer *a); /* no pass may be running; NULL is fine */

/* One pass over a lane: what is due at its start, each once. */
struct announce_pass {
	uint64_t within_ms; /* nothing is begun or waited for after that; 0: no limit */
	uint64_t wait_ms;   /* for another process that has the lane */
};
/* While a pass of that lane is running: it looks once more when it has come to its end. */
void announce_start(struct announcer *a, enum notice_kind kind, struct announce_pass pass);
bool announce_is_running(const struct announcer *a, enum notice_kind kind);
/* Ends passes after what they are at; what is under way is not broken off. */
void announce_stop(struct announcer *a);

/* A pass ended early: the database refused, or it waited in vain; the log has said why. */
bool announce_has_failed(const struct announcer *a);

/*
 * The endpoint that a URL stands for, before anything is owed to it: a row of
 * webhook_endpoints, made or brought up to date.  *ret_id 0: it answered 410 and is switched
 * off, until the URL is another.
 */
bool announce_endpoint(struct store *s, struct str url, int64_t *ret_id, struct err *e);
