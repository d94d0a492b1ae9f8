/* SPDX-License-Identifier: MIT */
/*
 * chat_log: the truth about every request that reached a chat endpoint, whatever became of it.
 *
 * The newest LOG_MAX are kept, each under its number, from 1 on.  Stamps are CLOCK_MONOTONIC in
 * microseconds, 0 = did not happen; those of an answer were taken before its bytes were handed to
 * the kernel.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "http.h"
#include "place.h"

enum {
	LOG_MAX = 200000,
	LOG_BLOCK = 1000,
	LOG_BLOCKS = LOG_MAX / LOG_BLOCK,
	LOG_HASH = 17,
	LOG_PROMPT = 96
};

/* One model of one provider. */
struct endpoint {
	char *provider, *model;
	enum via via;
	uint64_t asked, answered, ended; /* requests; with a status; as they were to end */
	struct endpoint *next;
};

struct chat_entry {
	uint64_t number;
	struct endpoint *endpoint;
	const char *outcome, *class; /* static; class NULL: that depends */
	int status;                  /* 0: none was sent */
	bool stream, secure, gone;   /* gone: the client left before the end */
	uint64_t connection, nth, bytes;
	uint64_t accepted_us, read_us, first_us, content_us, last_us, end_us;
	char body[LOG_HASH], headers[LOG_HASH], key[LOG_HASH]; /* digests, hexadecimal */
	char prompt[LOG_PROMPT];
	uint32_t *trace; /* µs behind first_us, of every piece; NULL: not wanted; owned */
	size_t traced, trace_room;
	bool tracing;
};

struct chat_log {
	struct chat_entry *blocks[LOG_BLOCKS]; /* made when reached: nothing is ever moved */
	uint64_t last;
};

/* A new entry, whose number is set. */
struct chat_entry *chat_log_note(struct chat_log *l);
void chat_log_told(struct chat_log *l, uint64_t number, enum telling what, uint64_t at_us);
/* Those with a greater number than `since`, at most so many, as a line of JSON each. */
void chat_log_write(struct buf *out, const struct chat_log *l, uint64_t since, uint64_t most);
void chat_log_clear(struct chat_log *l); /* numbers go on */
void chat_log_release(struct chat_log *l);
/* 16 hexadecimal digits of SHA-256; "" for nothing. */
void chat_digest(char out[LOG_HASH], const char *bytes, size_t n);
