/*
 * transport: libcurl's multi interface driven by the loop.
 *
 * Knows sockets and timers, nothing of what is transferred.  A transfer is the
 * caller's: it embeds `struct transfer`, sets up the easy handle and keeps both
 * alive until `done` was called or transfer_stop() returned.  Loop thread only.
 *
 * Name look-ups: libcurl's threaded resolver takes a thread per transfer on a
 * name that is not cached.  The lists of a sync are a handful per host, so this
 * is left alone; a user with hundreds of transfers to one cold name (probes)
 * should resolve once and give the answer to the rest by CURLOPT_RESOLVE, which
 * is an option of the easy handle and needs no change here.
 */
#pragma once
#include "base/loop.h"

#include <curl/curl.h>

struct transport;

typedef void transfer_fn(void *arg, CURLcode code);

struct transfer {
	CURL *easy;
	transfer_fn *done; /* once, never from inside transfer_start() */
	void *arg;
	bool running;
};

struct transport *transport_create(struct loop *l);
/* No transfer may be running; its handles are closed in the next round of the loop. */
void transport_destroy(struct transport *t);

void transfer_start(struct transport *t, struct transfer *x);
void transfer_stop(struct transport *t, struct transfer *x); /* `done` will not be called */
