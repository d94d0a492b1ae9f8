/*
 * sse: a text/event-stream, event by event, by the rules of the WHATWG's HTML
 * standard ("Interpreting an event stream").
 *
 * Lines end with LF, CRLF or CR, also mixed; a byte-order mark at the very
 * beginning is no part of the first line; a line that begins with ':' is a comment;
 * one space behind a field's colon is no part of its value; several `data` lines make
 * one value, joined by LF; an event without a `data` line is none.  `id` and `retry`
 * are for who reconnects, and unread.  Bytes are not looked at beyond that: text may be
 * ill-formed UTF-8.
 *
 * Works on a body that is there as a whole, in one pass.  Where each event ended is
 * told, so that whoever knows when which byte arrived knows when the event did.
 *
 * Beyond the standard, which drops it: an event that the body's end cut off
 * before its blank line is told as well, as one that is not complete; some servers just
 * close.
 */
#pragma once
#include "base/arena.h"

struct sse {
	struct str body;
	size_t at;
};

struct sse_event {
	struct str name; /* of the last `event` line, or absent */
	struct str data; /* in the body, or (several lines) in the arena; never absent */
	size_t end;      /* so many bytes of the body had to be there to know it: up to the CR or LF
			    of its blank line, or all of them */
	bool complete;
};

void sse_begin(struct sse *s, struct str body); /* which must outlive the events */
/* False: there are no more. */
bool sse_next(struct sse *s, struct arena *a, struct sse_event *ret);
