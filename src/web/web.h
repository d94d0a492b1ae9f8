/*
 * web: the service over HTTP: what `assay serve` shows and takes.
 *
 *	libmicrohttpd's epoll threads ▶ web/server (limits, framing, key) ▶ route ▶ handler
 *	      handler ▶ view (memory), reads (read-only connections), loop (syncs, edits) ▶ reply
 *
 * It is made and ended on the loop's thread.  What handlers need stands here; each of them uses a part of
 * it.  Not here: the wiring of a daemon (cmd/serve.c), the schedules (task/timetable.h).
 */
#pragma once
#include "base/loop.h"
#include "provider/registry.h"
#include "store/thread.h"
#include "task/syncer.h"
#include "task/timetable.h"
#include "web/counters.h"
#include "web/http.h"
#include "web/jobs.h"
#include "web/rate.h"
#include "web/reads.h"
#include "web/view.h"

#include <pthread.h>
#include <stdatomic.h>

/* Every one a setting with a default (conf/settings_table.c, part "serve"). */
struct web_limits {
	uint32_t threads;           /* of the pool; 2 */
	uint32_t connections;       /* in all; 1000 */
	uint32_t connections_peer;  /* from one address; 100 */
	uint32_t line_max;          /* bytes of the request line; 8192 */
	uint32_t headers_max;       /* bytes of all headers; 16384 */
	uint32_t body_max;          /* bytes; 1 MiB */
	uint32_t header_timeout_ms; /* from accept to the last header; 10 s */
	uint32_t body_timeout_ms;   /* until the last byte of the body; 30 s */
	uint32_t idle_timeout_ms; /* between requests, and for a client that does not read; 60 s */
	uint32_t reply_max;       /* bytes of one answer that is no stream; 64 MiB */
	uint32_t streams_max;     /* /events at once; 100 */
	uint32_t admin_rate;      /* failures of one address before it is made to wait; 10 */
	uint32_t webhook_rate;    /* webhooks a minute and provider; 30 */
};

struct web_conf {
	struct loop *loop;
	struct store_thread *store;
	const char *database_url; /* for read-only connections */
	struct syncer *syncer;
	struct view_keeper *views;
	struct counters *counters;
	/* What is due when and why, for the status: asked on the loop alone; NULL: no schedules. */
	const struct timetable *timetable;
	const struct registry *registry;
	struct str admin_key;      /* absent: admin routes answer 503 */
	struct str webhook_secret; /* of incoming ones: ASSAY_INCOMING_SECRET; absent: 503 */
	struct str cors_origin;    /* "*" or origins, with commas; absent: none */
	struct str
		hosts; /* names that Host may have besides those listened on and loopback, comma-separated; "*": any */
	struct str listen; /* "127.0.0.1:8000", "[::1]:0", "localhost:80" */
	int listen_fd;     /* of socket activation; -1: none */
	struct web_limits limits;
	uint32_t metrics_series_max; /* per metric; 2000 */
};

/* As handlers use it; the server's own part is private to web/server.c. */
struct web {
	struct web_conf conf;
	struct reads *reads;
	struct tail *tail; /* web/tail.h: of /events */
	struct jobs *jobs;
	struct rate *webhooks; /* of each provider; the loop's */
	struct server *server;
	bool stopped; /* for the loop: only the memory is left */
	atomic_bool draining;
	atomic_uint references;
	char address[64]; /* really listened on: "127.0.0.1:8000" */
	/* Of what web_reconfigure() exchanges, and of `doubt`: ask by the functions below. */
	pthread_mutex_t lock;
	struct web_epoch *epoch, *oldest; /* under it */
	char doubt[ERR_TEXT_MAX];         /* why the database cannot be relied on, "": it can */
};

/* Listens and serves from here on.  ERR_USAGE: an address that is none; ERR_IO: it is taken … */
bool web_start(struct web **ret, const struct web_conf *conf, struct err *e);
/* No new connections; what is being answered has `grace_ms`; then all is closed.  Blocks the loop for at most that long. */
void web_stop(struct web *w, uint32_t grace_ms); /* NULL is fine */
/*
 * Who works for a request when its handler has returned keeps this memory, and looks whether the service was
 * `stopped` meanwhile.  From any thread.
 */
struct web *web_ref(struct web *w); /* w */
void web_unref(struct web *w);
/* It is about to stop: /readyz says so from now on. */
void web_drain(struct web *w);
/* Why the database cannot be relied on, NULL: it can.  /readyz says so. */
void web_doubt(struct web *w, const struct err *why);
/* Nobody waits for an answer that the loop owes. */
bool web_is_idle(struct web *w);
/*
 * After SIGHUP: these may have changed; the registry, the keys.  Handlers may still look at what was given before:
 * it must stay until no request of its time is there any more, which is when web_oldest() is greater than
 * the number that was returned with it; of what web_start() got that is 0.
 */
uint64_t web_reconfigure(struct web *w, const struct registry *registry, struct str admin_key,
			 struct str webhook_secret);
uint64_t web_oldest(struct web *w);
/* For the server: a request looks at what holds between the two, and at what comes meanwhile. */
struct web_epoch *web_enter(struct web *w);
void web_leave(
	struct web_epoch *epoch); /* from any thread, also when the web is gone; NULL is fine */

/* For handlers, from any thread: what holds now. */
const struct registry *web_registry(struct web *w);
struct str web_webhook_secret(struct web *w); /* absent: none is configured */
/* As web_doubt() was told; false: it can be relied on. */
bool web_is_doubtful(struct web *w, char to[ERR_TEXT_MAX]);
