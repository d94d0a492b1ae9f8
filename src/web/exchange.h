/*
 * exchange: what the server knows of a connection and of the request on it; private to web/server*.c.
 *
 * A connection is known from accept to close; it is in the server's list, for the sweeper.  An exchange is one request and
 * its reply: made with the request line, ended by whoever is last of the server (the connection went on or away)
 * and, where the handler called http_wait(), whoever promised the answer.
 */
#pragma once
#include "web/auth.h"
#include "web/origin.h"
#include "web/server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

enum stage {
	STAGE_HEADERS, /* from accept, or from the end of the request before */
	STAGE_BODY,
	STAGE_BUSY, /* a handler runs, or somebody promised an answer */
	STAGE_REPLY,
	STAGE_STREAM,
};

struct connection {
	struct connection *next, *previous;
	struct exchange *exchange; /* NULL between requests */
	int fd;
	/* Written by the connection's own thread without the lock: the sweeper may be late by one look. */
	_Atomic enum stage stage;
	_Atomic uint64_t deadline_us; /* of the stage; 0: none */
	bool used;                    /* a request was answered on it */
	char peer[INET6_ADDRSTRLEN];
};

/* What somebody promised. */
struct http_wait {
	bool promised, answered;
	bool given_up;  /* the server says 503 instead: what is answered now is thrown away */
	bool abandoned; /* the server is done with the exchange: who answers frees it */
};

struct stream {
	struct stream *next, *previous; /* of the server's list */
	struct exchange *exchange;
	bool listed;
	bool asleep;                  /* suspended until it is woken */
	struct stream_packer *packer; /* NULL: it is sent as it is */
};

struct exchange {
	struct server *server;
	struct connection *connection;
	struct MHD_Connection *mhd;
	struct arena arena;
	struct http_request request;
	struct http_reply reply;
	struct web_epoch *epoch; /* NULL: it looks at nothing of it any more */
	struct http_wait wait;
	struct stream stream;
	struct buf body;
	struct str target; /* path and query as they came */
	struct str authorization, origin, host, accept_encoding, content_length, transfer_encoding;
	bool checked; /* the first call of the library is over */
	const struct route *route;
	uint64_t begun_us;
	uint64_t sent;
	int status; /* as sent; 0: nothing was */
	bool close; /* what follows on this connection cannot be trusted */
	const char *method_name;
};

struct server {
	struct web *web;
	struct MHD_Daemon *daemon;
	struct auth *auth;
	struct unmoved *unmoved;
	struct origin_rules origins;
	pthread_t sweeper;
	bool has_sweeper;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	struct connection *connections;
	struct stream *streams;
	size_t n_streams;
	size_t n_exchanges;
	bool gave_up;          /* whoever waits for an answer gets none */
	uint64_t wakes;        /* how often streams were woken */
	_Atomic bool stopping; /* read without it */
};

/* server_reply.c: hand x->reply to the library.  MHD_NO: the connection is to be closed. */
enum MHD_Result reply_send(struct exchange *x);
/* server_unmoved.c.  A key is all that tells one 304 from another. */
struct unmoved *unmoved_create(void);
void unmoved_destroy(struct unmoved *u); /* NULL is fine */
/* False: there is none of that key yet. */
bool unmoved_queue(struct unmoved *u, struct str key, struct MHD_Connection *mhd,
		   enum MHD_Result *ret);
void unmoved_keep(struct unmoved *u, struct str key, struct MHD_Response *m); /* takes it over */
/* server_stream.c */
bool stream_begin(struct exchange *x); /* false: there are too many */
/* `packed`: as gzip; for finite ones, what goes in comes out late. */
struct MHD_Response *stream_response(struct exchange *x, bool packed);
void stream_forget(struct exchange *x);
void stream_wake_all(struct server *s); /* under the lock */
/* server_sweep.c */
void sweep_start(struct server *s);
void sweep_stop(struct server *s);
void sweep_enter(const struct server *s, struct connection *c, enum stage stage);
/* server_check.c: what is about HTTP itself.  False: x->reply says why. */
bool check_head(struct exchange *x, const char *method, const char *version);
bool check_route(struct exchange *x);
