/* SPDX-License-Identifier: MIT */
/*
 * http: a small HTTP/1.1 server on libuv that can also misbehave on purpose.
 *
 * One handler answers every request at once by filling a reply; the server sends it, keeps the
 * connection alive and reads the next request.  What an honest server never does (promise more
 * bytes than it sends, leave out the last chunk, reset) are plain members of struct reply: the
 * server obeys, it does not know why.  An answer whose pieces have their times is a script
 * (script.h), and the server tells when it sent each.
 * Stamps are CLOCK_MONOTONIC in microseconds, taken before the bytes are handed on.
 * Bounded: request head 64 KiB (431), body 64 MiB (413); request bodies need a content-length (411).
 * TLS where the server was given it (tls.h); no HTTP/2, no trailers.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "buf.h"
#include "script.h"
#include "tls.h"

enum { HTTP_HEAD_MAX = 64 * 1024, HTTP_BODY_MAX = 64 * 1024 * 1024, HTTP_HEADERS_MAX = 200 };

struct http_header {
	char *name; /* lowercased */
	char *value;
};

struct http_request {
	char *method, *path, *query; /* query without '?', "" when there is none */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	const char *body; /* NUL behind it */
	size_t body_n;
	bool close; /* the client asked for it */

	uint64_t connection, nth; /* number of the connection, and of the request on it; from 1 */
	uint64_t accepted_us, read_us; /* the connection was; the last byte of the request */
	bool secure;
	bool doomed; /* the script before said that the connection dies of this request */
};

enum ending {
	END_KEEP,  /* an honest end: the connection stays */
	END_CLOSE, /* orderly close after the last byte */
	END_RESET, /* RST */
	END_HANG,  /* nothing more happens until the client leaves */
};

struct reply {
	int status;         /* 0: not even a head */
	struct buf headers; /* further "Name: value\r\n" lines */
	struct blob *body;  /* one reference, given up when sent; NULL = empty */
	size_t send_max;    /* send at most so many bytes of it */
	uint64_t repeat;    /* go round in the body until so many bytes are sent in all … */
	size_t repeat_from; /* … each later round beginning here */
	bool chunked;       /* else content-length: the length of the whole body */
	bool no_last_chunk;
	unsigned drip_ms;  /* one byte per so many ms; 0 = as fast as it goes */
	unsigned delay_ms; /* before the first byte */
	enum ending ending;
	uint64_t ticket;       /* given back with every http_sent and http_told */
	struct script *script; /* given up to the server; then all but ending is ignored */
};

enum telling {
	TOLD_PIECE,   /* a piece is about to be handed to the kernel */
	TOLD_CONTENT, /* one with content */
	TOLD_END,     /* the answer ended as it was to */
	TOLD_GONE,    /* the client left before */
};

typedef void http_answer(void *ctx, const struct http_request *rq, struct reply *rp);
/* So many more bytes of a body reached the kernel. */
typedef void http_sent(void *ctx, uint64_t ticket, size_t bytes);
/* What becomes of a script. */
typedef void http_told(void *ctx, uint64_t ticket, enum telling what, uint64_t at_us);

/* How new connections are received. */
enum door {
	DOOR_OPEN,
	DOOR_RESET,  /* reset as soon as they are there */
	DOOR_SILENT, /* nobody reads what they send; no handshake */
	DOOR_RUDE,   /* answered with what is neither TLS nor HTTP, and closed */
	DOORS
};

struct http_server {
	uv_tcp_t tcp;
	uv_loop_t *loop;
	http_answer *answer;
	http_sent *sent;
	http_told *told;
	void *ctx;
	struct tls *tls;      /* NULL: in the clear */
	uint64_t connections; /* ever accepted */
	enum door door;       /* for so many; 0 = until it is opened again */
	uint64_t door_times;
};

/* Listens; 0 or a libuv error.  *port is the one the kernel chose. */
int http_listen(struct http_server *s, const char *addr, int *port);

const char *http_header(const struct http_request *rq, const char *name); /* NULL when absent */
void reply_init(struct reply *rp);
void reply_header(struct reply *rp, const char *name, const char *value);
void reply_json(struct reply *rp, int status, struct buf *json); /* takes the bytes */
const char *http_reason(int status);
bool http_door_by_name(const char *name, enum door *out);
uint64_t http_now_us(void);
