/*
 * reads: a few read-only connections that handlers share.
 *
 * A connection is taken for one short statement or two and given back: a handler that
 * holds one while it waits for a client would keep SQLite's log growing.  There are as many as
 * threads in the pool; taking waits for a free one, at most READS_WAIT_MS.  Each is opened when it is
 * first needed; one that is dead (a server that went away) is opened anew at the next taking.
 *
 * Threads: any.  Most handlers want reads_run(), which knows what is worth asking again.
 */
#pragma once
#include "store/store.h"

enum { READS_WAIT_MS = 5000 };

struct reads;

struct reads *reads_create(const char *database_url, unsigned n); /* copies the URL */
void reads_destroy(struct reads *r);                              /* all given back; NULL is fine */
/* ERR_BUSY after waiting in vain; else as store_open(STORE_READ). */
bool reads_take(struct reads *r, struct store **ret, struct err *e);
/* `e`: what went wrong with it, or NULL; after ERR_DB it is opened anew. */
void reads_give(struct reads *r, struct store *s, const struct err *e);

/*
 * One reading, from taking to giving back.  `fn` runs again on a new connection when the one it had
 * was dead, and again while somebody's writing is in its way, so it begins by clearing what it fills.
 */
typedef bool reads_fn(struct store *s, void *arg, struct err *e);
bool reads_run(struct reads *r, reads_fn *fn, void *arg, struct err *e);
