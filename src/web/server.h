/*
 * server: HTTP itself, on libmicrohttpd's threads; private to web/.
 *
 * It listens, limits, checks, finds the route, runs the handler and sends what that answers, at once, later
 * (http_wait()) or bit by bit (a stream).  What of it is a pure function lies beside: web/frame.h (is this one
 * request and no other?), web/origin.h (may this page ask?), web/auth.h (the key).
 *
 *	accept ▶ [connection] ▶ request line ▶ [exchange] ▶ headers ▶ checks ▶ body ▶ handler ▶ reply ▶ [end]
 *
 * A sweeper thread closes connections whose headers or body do not come in time, for the library's own time-out
 * begins anew with every byte.
 */
#pragma once
#include "web/web.h"

struct server;

/* Uses w->conf, which must stay; fills w->address.  Requests may come before it returns. */
bool server_start(struct web *w, struct server **ret, struct err *e);
void server_stop(struct server *s, uint32_t grace_ms); /* NULL is fine */
void server_set_key(struct server *s, struct str admin_key);
void server_wake_streams(struct server *s);
