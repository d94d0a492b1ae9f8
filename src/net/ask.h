/*
 * ask: one POST, measured.
 *
 * Where net/fetch.h gets a document whole or not at all, ask tells how an answer
 * came: when each point was reached and when each piece of the body arrived, also
 * of an answer that failed half way.  One attempt, no redirect, no retry, never
 * sent twice: a kept-alive connection that dies under the request is
 * TRANSPORT_RESET and the caller decides.  HTTP/1.1, `Accept-Encoding: identity`.
 *
 * Stamps are taken on the loop at the first callback after the wait for sockets
 * (all reads of one wake-up share it; what comes in the very round that sent the
 * request is stamped where it is read), before anything is parsed; nothing here
 * looks into a body.  A cold name is looked up once, others wait for it.
 *
 * An attempt begins when libcurl is told, or when it starts to wait for another's look-up of
 * its host's name; a burst begins a few at a time, so that sockets get their turn, and
 * who asks sees the wait in started_mono_us.  TRANSPORT_CANCELLED is also what is our own
 * fault: a request that cannot be sent as it is (ERR_CONFIG), no descriptor left (ERR_IO).
 *
 * ASSAY_UPSTREAM applies as in net/fetch.h.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "core/sample.h"
#include "net/fetch.h"

struct asker;

struct asker_conf {
	struct str upstream, user_agent, ca_file; /* as in struct fetch_conf; copied */
	unsigned connections_max;                 /* kept alive at most; 0: 256 */
};

struct ask_request {
	struct str url; /* https://HOST/PATH, http only toward loopback */
	const struct fetch_header *headers;
	size_t n_headers;
	struct str body;
	/* From the begin; 0: none.  The first that passes while its point is not reached ends it. */
	uint32_t connect_timeout_ms;    /* name, connection, TLS */
	uint32_t first_byte_timeout_ms; /* the first line of the answer */
	uint32_t total_timeout_ms;
	uint64_t keep_max; /* bytes of the body that are kept; the rest is counted and hashed */
	bool fresh;        /* on a new connection, which is closed afterwards */
};

struct ask_answer {
	enum transport_end end;
	struct err err; /* unless TRANSPORT_COMPLETE: in words that name no URL, header or key */
	int64_t status; /* -1: none came */
	int64_t started_at_ms;    /* wall, never frozen */
	uint64_t started_mono_us; /* clock_mono_us() */
	struct stamps stamps;     /* those of the transport; the others STAMP_NONE */
	int64_t lag_us;           /* base/lag.h */
	bool reused;
	unsigned sends; /* requests put on a wire: 0 or 1 */
	struct str
		head; /* status line and headers as they came, CRLF; of the last answer (not a 1xx) */
	struct str
		body; /* what was kept; the bytes behind it are FETCH_PADDING zeros, in-situ parsing may write */
	uint64_t body_bytes;   /* all that came */
	bool cut;              /* less was kept than came */
	struct hash body_hash; /* SHA-256 of all that came; zero: nothing did */
	const struct arrival
		*arrivals; /* ascending; the last ones share an entry beyond 64 Ki of them */
	size_t n_arrivals;
	uint64_t retry_after_s; /* of Retry-After, 0: none */
};

/*
 * Once, on the loop, never from inside ask_start().  The answer and all it points to are
 * the callee's from then on: ask_answer_release(), on any thread.
 */
typedef void ask_fn(void *arg, struct ask_answer *r);

bool asker_create(struct asker **ret, struct loop *l, const struct asker_conf *conf, struct err *e);
/* What runs ends with TRANSPORT_CANCELLED. */
void asker_destroy(struct asker *a);

/* Copies what it needs of the request. */
void ask_start(struct asker *a, const struct ask_request *q, ask_fn *done, void *arg);
void ask_answer_release(struct ask_answer *r);

/* Ends all that run with TRANSPORT_CANCELLED. */
void asker_cancel(struct asker *a);
