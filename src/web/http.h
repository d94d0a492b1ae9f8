/*
 * http: a request as a handler sees it, and what it answers.
 *
 * The server (web/server.h) has checked everything that is about HTTP itself before a handler runs:
 * framing, header sizes, Host, the method, the admin key, the parameters that the route declares.
 * A handler runs on a thread of libmicrohttpd's pool; it may read the view and the database
 * (web/view.h, web/reads.h), and must not wait for anything else: what takes longer is
 * begun on the loop and answered later (http_wait()).
 *
 * Everything in a request, and what a handler takes from its arena, is good until the reply
 * has been handed over.  No text of a request ever reaches SQL, a header or HTML but bound or escaped.
 *
 * Not here: sockets, routes, what the answers say.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

struct web;   /* the service: web/web.h */
struct route; /* web/route.h */

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_METHODS };
extern const char
	*const http_method_names[HTTP_METHODS]; /* HEAD and OPTIONS are the server's own */

/* Statuses by their names, for handlers. */
enum {
	HTTP_OK = 200,
	HTTP_ACCEPTED = 202,
	HTTP_NO_CONTENT = 204,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400,
	HTTP_UNAUTHORIZED = 401,
	HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404,
	HTTP_NOT_ALLOWED = 405,
	HTTP_CONFLICT = 409,
	HTTP_LENGTH_REQUIRED = 411,
	HTTP_TOO_LARGE = 413,
	HTTP_URI_TOO_LONG = 414,
	HTTP_NOT_JSON = 415,
	HTTP_UNPROCESSABLE = 422,
	HTTP_TOO_MANY = 429,
	HTTP_HEADERS_TOO_LARGE = 431,
	HTTP_SERVER_ERROR = 500,
	HTTP_BAD_GATEWAY = 502,
	HTTP_UNAVAILABLE = 503,
};

struct http_param {
	struct str name, value; /* decoded; valid UTF-8 without NUL */
};

enum { HTTP_PIECES_MAX = 4 };

struct http_request {
	struct web *web;
	const struct route *route;
	enum http_method method;
	struct str path; /* as it came, without query; of bytes that may stand in a header */
	struct str pieces[HTTP_PIECES_MAX]; /* what the pattern's {…} stand for, decoded */
	const struct http_param *params; /* of the query, in its order; all declared by the route */
	size_t n_params;
	struct str body; /* whole; absent: none */
	struct str content_type, if_none_match, accept, last_event_id;
	/* Standard Webhooks; absent when not sent. */
	struct str webhook_id, webhook_timestamp, webhook_signature;
	struct str peer;  /* address, for logs and the audit */
	struct str actor; /* of an admin route: who, for the audit; "api" */
	struct arena *arena;
	struct http_wait *waiting; /* the server's */
};

/* The first value of a parameter; absent when it was not sent. */
struct str http_param(const struct http_request *q, const char *name);
/* All values of one that may be repeated; commas separate, too.  Returns how many. */
size_t http_params(const struct http_request *q, const char *name, struct str **ret);
/* As declared by the route, whose default holds when it was not sent. */
int64_t http_param_int(const struct http_request *q, const char *name);
bool http_param_bool(const struct http_request *q, const char *name);
int64_t http_param_time(const struct http_request *q,
			const char *name); /* ms; CLOCK_NONE: not sent */

enum { HTTP_HEADERS_MAX = 8, HTTP_LINK_MAX = 8 * 1024 };
#define HTTP_PACKED_TAG "-gz" /* behind the tag of a body that was sent gzip'd */

/* A piece of a body that lies elsewhere and stays there until http_reply.release is called. */
struct http_piece {
	const void *at;
	size_t n;
};

/*
 * A stream: asked for more whenever there is room.  Returns bytes put into `out`; 0: nothing now, wake it
 * with http_streams_wake(); HTTP_STREAM_END: that was all; HTTP_STREAM_BROKEN: the rest cannot be had, and the
 * connection is cut, so that nobody takes what came for all.  Never blocks for long; holds no reader of the database between calls.
 * It is asked again every HTTP_STREAM_LOOK_MS in any case, so that it can put its beats without a timer.  Nothing
 * of web_registry() is good in it.
 */
enum { HTTP_STREAM_LOOK_MS = 1000, HTTP_STREAM_END = -1, HTTP_STREAM_BROKEN = -2 };
typedef long http_stream_fn(void *arg, char *out, size_t room);

struct http_reply {
	int status;                      /* 200 until somebody says otherwise */
	const char *type;                /* of the body; "application/json" until … */
	struct buf body;                 /* of the handler's making; given to the server */
	const struct http_piece *pieces; /* or these, in this order, in the request's arena */
	size_t n_pieces;
	void (*release)(void *arg); /* once the pieces are sent, or never will be; or NULL */
	void *release_arg;
	http_stream_fn *stream;        /* or this */
	bool stream_is_finite;         /* it may come to its end while the service stops */
	void (*stream_end)(void *arg); /* the connection is gone */
	void *stream_arg;
	struct str
		etag; /* without quotes; absent: none.  If-None-Match, 304 and HEAD are the server's. */
	int64_t max_age_s; /* Cache-Control: max-age; -1: no-store; 0: no-cache */
	struct {
		const char *name;
		struct str value; /* in the arena; a CR or LF in it is a bug of ours */
	} headers[HTTP_HEADERS_MAX];
	size_t n_headers;
};
#define HTTP_REPLY_INIT ((struct http_reply){ .status = HTTP_OK, .type = "application/json" })

/* Gives back what it owns; it is as HTTP_REPLY_INIT afterwards. */
void http_reply_drop(struct http_reply *r);
void http_header(struct http_reply *r, const char *name, struct str value);
/* {"detail": "…"} with that status; what was in the reply before is dropped. */
void http_fail(struct http_reply *r, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for an error of a lower layer: status by its kind (500 ours, 503 ERR_BUSY, 404 ERR_DATA, 422 ERR_USAGE). */
void http_fail_err(struct http_reply *r, const struct err *e);
/* Link: <…>; rel="next", "prev", "first" for limit/offset; `more`: there is a page behind. */
void http_link_pages(const struct http_request *q, struct http_reply *r, uint64_t offset,
		     uint64_t limit, bool more);
/*
 * The reply has this tag: if the client has it already the reply is 304 and true is returned, and
 * the handler need not make a body.
 */
bool http_is_fresh(const struct http_request *q, struct http_reply *r, struct str etag);

/*
 * Answer later.  The handler returns at once, what it put into its reply is ignored; the request and its
 * arena stay until http_answer().  From any thread, exactly once, also when the client is gone by then.
 */
struct http_wait;
struct http_wait *http_wait(struct http_request *q);
void http_answer(struct http_wait *w, struct http_reply *r);

/* From any thread: streams of this service look again whether there is something to send. */
void http_streams_wake(struct web *web);
