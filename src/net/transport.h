/*
 * transport: libcurl's multi interface driven by the loop.
 *
 * Knows sockets and timers, nothing of what is transferred.  A transfer is the
 * caller's: it embeds `struct transfer`, sets up the easy handle and keeps both
 * alive until `done` was called or transfer_stop() returned.  Loop thread only.
 *
 * libcurl's sockets stand in an epoll set of ours, which the loop watches as one
 * descriptor: to watch one more costs one system call, and all that one wake-up found
 * ready shares one stamp, whatever dealing with it takes.
 *
 * Name look-ups: libcurl's threaded resolver takes a thread per transfer on a
 * name that is not cached.  The lists of a sync are a handful per host, so this
 * is left alone; net/ask.h lets one look and the others wait.
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

/* At most so many idle connections are kept. */
struct transport *transport_create(struct loop *l, unsigned connections_max);
/* No transfer may be running; its handles are closed in the next round of the loop. */
void transport_destroy(struct transport *t);

void transfer_start(struct transport *t, struct transfer *x);
/* The same, and everything that can be done at once is: others' `done`, and its own, may be called. */
void transfer_start_now(struct transport *t, struct transfer *x);
void transfer_stop(struct transport *t, struct transfer *x); /* `done` will not be called */

/* When the wake-up, or the timer, that is being dealt with was noticed; clock_mono_us(). */
uint64_t transport_stamp_us(const struct transport *t);
/* Deal with what has arrived meanwhile, before somebody is told that nothing came. */
void transport_catch_up(struct transport *t);
