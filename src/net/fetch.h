/*
 * fetch: get a document over HTTP, whole or not at all.
 *
 * libcurl's multi interface on the loop.  A fetch ends in exactly one call of
 * its callback, on the loop thread, with either a response (any status) or an
 * error.  The body arrives as the wire carried it: `encoding` says whether it
 * is gzip; inflating is net/decode.h's work, on another thread, so that a large
 * list never blocks the loop.
 *
 * Promises: connect and total time-outs; a stalled transfer is a time-out; at
 * most body_max wire bytes; a body cut short is an error, never a short body;
 * retries with exponential back-off and jitter on network errors, time-outs,
 * 429 (Retry-After honoured up to 60 s) and 5xx, never on another 4xx; at most
 * 5 redirects, https to https (or as the first URL), and the key never goes to
 * another host, scheme or port, nor out again after it once stayed behind;
 * HTTP/2 where TLS offers it.  What is left after the last attempt is delivered:
 * a 503 is a response with its status.  ERR_HTTP is an answer that cannot be
 * used: Retry-After above 60 s (given up at once), a redirect that is refused.
 *
 * An attempt is the first URL and the redirects from it; total time-out and
 * duration are of one attempt.  `attempts` counts requests, redirects included.
 *
 * ASSAY_UPSTREAM (conf.upstream) sends https://HOST/PATH to UPSTREAM/HOST/PATH
 * and switches proxies off.  The upstream must be loopback or https.
 *
 * Not here: JSON, providers, whether a document is complete.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fingerprint.h"
#include "base/loop.h"

/* A time-out or body_max of 0 means the value named here. */
struct fetch_conf {
	struct str upstream;         /* ASSAY_UPSTREAM without trailing '/', or absent */
	uint32_t connect_timeout_ms; /* 10 s */
	uint32_t total_timeout_ms;   /* 120 s, one attempt */
	uint32_t stall_timeout_ms;   /* 30 s without a byte between sending and the end */
	uint64_t body_max;           /* wire bytes; 256 MiB */
	uint32_t retries;            /* attempts after the first; 2 */
	uint32_t backoff_ms;         /* 1 s; doubled each time, ± 25 % jitter */
	struct str user_agent;       /* "assay/0.1 (+https://…)" */
	struct str ca_file;          /* PEM bundle to trust (SSL_CERT_FILE), absent: the system's */
};

enum fetch_encoding { FETCH_IDENTITY, FETCH_GZIP };

/* `n` bytes of a file, from `offset` on. */
struct fetch_file {
	struct str path;
	uint64_t offset, n;
};

struct fetch_header {
	struct str name, value; /* value is secret where `secret` */
	bool secret;            /* sent to the first host only, never shown */
};

struct fetch_request {
	struct str url; /* https://HOST/PATH[?QUERY] as the world knows it */
	const struct fetch_header *headers;
	size_t n_headers;
	struct str if_none_match; /* validators of the last accepted body, or absent */
	struct str if_modified_since;
	/*
	 * A body to POST, or absent: GET.  Taken for a secret: no redirect is followed with it
	 * (ERR_HTTP), and our copies of it and of the answer's body are overwritten.  Retries
	 * are as ever: the server must not mind being asked twice.  `headers` say its type.
	 */
	struct str post;
	/*
	 * Or a part of a file to PUT (path absent: none), of known length and never in chunks.
	 * It is read while it is sent, on the loop: meant for files of ours that were just
	 * written or read, which the system has in memory.  No redirect is followed with it
	 * (ERR_HTTP).  ERR_IO: it cannot be read, or is shorter by then; not tried again.
	 */
	struct fetch_file put;
	uint32_t timeout_ms; /* of the attempt; 0: the configuration's */
	bool once;           /* one attempt; 429 and 5xx are answers as any other */
	bool direct;         /* ASSAY_UPSTREAM and proxies do not apply */
	bool status_only;    /* the body is not waited for: once it begins, all is said */
	/*
	 * Never connect to an address that is not public (net/address.h), whatever the name
	 * resolves to: ERR_HTTP.  Implies that proxies do not apply.
	 */
	bool public_only;
};

struct fetch_response {
	long status; /* 200, 304, 404 … */
	/*
	 * malloc'd, FETCH_PADDING spare zero bytes behind: take it over with
	 * fetch_take_body(), else it is freed (after a POST: wiped) after the callback.  Of another
	 * encoding than gzip: ERR_DATA at 2xx, at other statuses no body.
	 */
	unsigned char *body;
	size_t body_n;
	struct hash wire_hash; /* fingerprint of the body as it came, before any inflating */
	enum fetch_encoding encoding;
	/* Good until the callback returns; absent if not sent. */
	struct str etag, last_modified, content_type;
	struct str link; /* every header Link, joined by commas */
	/* Of the Hugging Face Hub: X-Request-Id, X-Error-Code, X-Error-Message, RateLimit. */
	struct str request_id, error_code, error_message, rate_limit;
	uint64_t retry_after_s; /* of a Retry-After, 0: none */
	int64_t max_age_s;      /* of a Cache-Control, -1: not said */
	unsigned attempts;      /* requests really sent */
	uint64_t wire_bytes;    /* body bytes received in the last attempt */
	uint64_t duration_us;   /* of the last attempt, on the monotonic clock */
};

enum { FETCH_PADDING = 16 }; /* room for in-situ JSON parsing behind the body */

/*
 * `e` is NULL for an answer.  Else `r` tells what there was before it failed:
 * status (-1: none), retry_after_s, attempts, wire_bytes, duration_us; no body, no headers.
 */
typedef void fetch_fn(void *arg, struct fetch_response *r, const struct err *e);

struct fetcher;

/* Checks the upstream; copies the configuration's strings. */
bool fetcher_create(struct fetcher **ret, struct loop *l, const struct fetch_conf *conf,
		    struct err *e);
/* Running fetches end with ERR_CANCELLED. */
void fetcher_destroy(struct fetcher *f);
/* The same, and it goes on being used.  Not from inside a callback of its. */
void fetcher_cancel(struct fetcher *f);

struct fetch;

/*
 * Copies what it needs of the request.  `done` is never called from inside.  What is
 * returned is good until `done` is called, and only for fetch_cancel().
 */
struct fetch *fetch_start(struct fetcher *in, const struct fetch_request *r, fetch_fn *done,
			  void *arg);
/* Give this one up: `done` comes with ERR_CANCELLED, never from inside.  Twice is once. */
void fetch_cancel(struct fetch *f);

/*
 * The URL that `reference` names in a document of `url`, when it has the same scheme,
 * host and port; else ERR_HTTP.  On any thread.
 */
bool fetch_same_origin(const struct fetcher *f, struct str url, struct str reference,
		       struct arena *a, struct str *ret, struct err *e);

unsigned char *fetch_take_body(struct fetch_response *r); /* the caller frees it with free() */

/* https://HOST/PATH → UPSTREAM/HOST/PATH; other URLs and no upstream: unchanged.  Into `out`. */
void fetch_rewrite_url(struct str upstream, struct str url, struct buf *out);
/* http(s) on a loopback address, or https anywhere; no user-info, query or fragment. */
bool fetch_check_upstream(struct str upstream, struct err *e);
