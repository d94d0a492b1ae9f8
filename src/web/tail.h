/*
 * tail: the newest changes, as events ready to be sent, shared by all streams of /events.
 *
 * However many streams there are, the database is asked once when somebody may have written, and no
 * connection is held between two askings.  The newest TAIL_EVENTS are kept in memory; who is further behind
 * (a client that comes back after a day) reads pages out of the database until it is not.  Ids ascend in the
 * order of commits, so "after that id" misses nothing and says nothing twice.
 *
 * Threads: any.
 */
#pragma once
#include "core/change.h"
#include "web/reads.h"

enum {
	TAIL_EVENTS = 1024,
	TAIL_BYTES = 1024 * 1024, /* of those kept, but one is */
	TAIL_PAGE = 200,          /* changes of one reading by who is behind */
	TAIL_READ_BYTES = 64 * 1024,
	TAIL_LOOK_MS = 100, /* no two lookings within that */
};

struct tail;

struct tail *tail_create(struct reads *r); /* keeps r */
void tail_destroy(struct tail *t);         /* NULL is fine */

struct tail_wish {
	struct str provider; /* slug, or absent */
	const bool *kinds;   /* [CHANGE_KINDS]; NULL: all */
};

/* Is there something new?  *ret_new: the others should know. */
bool tail_look(struct tail *t, bool *ret_new, struct err *e);
/*
 * Appends the events that fit behind *at, about TAIL_READ_BYTES of them at most, and moves *at to where it has read.
 * Nothing appended: there is nothing more that the last looking knew of.
 */
bool tail_read(struct tail *t, const struct tail_wish *w, int64_t *at, struct buf *out,
	       struct err *e);
