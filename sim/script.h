/* SPDX-License-Identifier: MIT */
/*
 * script: an answer written out beforehand: bytes, cut into pieces, each with the time at which it
 * is due.
 *
 * The server (http.h) sends it as it stands, head included, so that an answer may be anything, also
 * no HTTP.  Times are microseconds since the request was read whole; pieces stand in their order.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct piece {
	uint64_t due_us;
	size_t from, n; /* of the bytes; several pieces may be the same bytes */
	bool content;   /* with it the client has text or reasoning that it had not */
};

struct script {
	struct buf bytes;
	struct piece *pieces;
	size_t count, room;
	bool doom;          /* the connection stays, and dies of the next request */
	unsigned idle_ms;   /* the connection stays so long, then it is closed; 0 = for good */
	unsigned linger_ms; /* after the last piece, before the end */
};

struct script *script_create(void);
void script_destroy(struct script *s); /* NULL is fine */
/* The bytes that were added to s->bytes since the last piece become the next one; nothing when
 * there are none. */
void script_cut(struct script *s, uint64_t due_us, bool content);
/* That piece once more. */
void script_repeat(struct script *s, uint64_t due_us, size_t piece);
/* Cuts every piece into such of n bytes, each so much later than the one before; what was content
 * is it with its last byte. */
void script_split(struct script *s, size_t n, uint64_t gap_us);
/* What lies beyond so many bytes is not sent. */
void script_truncate(struct script *s, size_t bytes);
/* Puts text before that byte; it is sent with it. */
void script_insert(struct script *s, size_t at, const char *text);
/* These bytes, all at once, instead of what there was. */
void script_replace(struct script *s, uint64_t due_us, const char *bytes, size_t n);
