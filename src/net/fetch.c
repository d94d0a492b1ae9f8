/*
 * The life of a fetch:
 *
 *	fetch_start ─▶ waiting ─▶ begin_attempt ─▶ send ─▶ on_transferred ─▶ done
 *	                  ▲                         ▲            │  │
 *	                  └────── back-off ─────────┼────────────┘  │
 *	                                            └── redirect ◀──┘
 *
 * One uv timer serves a fetch all along: the wait before an attempt, then the
 * watch for a stall.  libcurl never repeats a request on its own here: it would,
 * silently, when a kept-alive connection turns out dead (CURLOPT_PREREQFUNCTION
 * sees the second send and aborts it), and then `attempts` would not be true.
 *
 * Secrets: our copies of header values and URLs are overwritten.  libcurl's
 * request buffer and URL copies are freed by libcurl without that.
 */
#include "net/fetch.h"

#include "base/clock.h"
#include "net/answer.h"
#include "net/easy.h"
#include "net/request.h"
#include "net/retry.h"
#include "net/transport.h"
#include "net/url.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	REDIRECTS_MAX = 5,
	FIRST_ROOM_MAX = 16 << 20, /* at most this much on the word of a Content-Length */
	IDLE_CONNECTIONS = 64,
	ANSWER_ROOM = 64 * 1024, /* of an answer to a POST: growing would leave copies */
};

struct fetcher {
	struct loop *loop;
	struct transport *transport;
	struct fetch_conf conf;   /* its strings are ours, NUL-terminated */
	struct str upstream_name; /* "127.0.0.1:9000" of conf.upstream, for sentences */
	struct chance chance;
	struct fetch *fetches;
};

struct fetch {
	struct fetcher *in;
	struct fetch *next, **back; /* in->fetches */
	fetch_fn *done;
	void *arg;
	uv_timer_t timer;
	struct transfer transfer;
	char detail[CURL_ERROR_SIZE]; /* libcurl's words */

	struct request request;

	/* of all attempts */
	unsigned attempts; /* begun */
	unsigned requests; /* sent */

	/* of this attempt */
	struct url here; /* where the redirects have led */
	unsigned redirects;
	bool secrets_stay; /* another origin was asked: no secret goes out any more */
	uint64_t begun_us;

	/* of this request */
	struct err failure; /* why we made libcurl stop, if we did */
	bool sent, resend_refused;
	bool enough;          /* the body began, and its beginning is all that was wanted */
	bool address_refused; /* one that is not public */
	uint64_t byte_us;     /* when the last byte was seen to move */
	uint64_t put_sent;    /* of request.put_n */
	curl_off_t uploaded;  /* at the last look */
	size_t header_bytes;
	struct buf body;
	struct fingerprinter *fingerprinter; /* of the body, as it comes in */
};

/* ---- the end ---- */

static void free_fetch(uv_handle_t *timer)
{
	free(timer->data);
}

static void unlink_fetch(struct fetch *f)
{
	*f->back = f->next;
	if (f->next)
		f->next->back = f->back;
}

/* What answers a POST may be a secret as well. */
static void wipe_body(const struct fetch *f, void *at, size_t n)
{
	if (f->request.post && at)
		explicit_bzero(at, n);
}

static void release(struct fetch *f)
{
	curl_easy_cleanup(f->transfer.easy);
	wipe_body(f, f->body.at, f->body.room);
	request_release(&f->request);
	url_release(&f->here);
	buf_release(&f->body);
	fingerprinter_destroy(f->fingerprinter);
	uv_close((uv_handle_t *)&f->timer, free_fetch);
}

/* The callback may destroy the fetcher: nothing of it is touched afterwards. */
static void end(struct fetch *f, struct fetch_response *r, const struct err *e)
{
	unlink_fetch(f);
	f->done(f->arg, r, e);
	wipe_body(f, r->body, r->body_n);
	free(r->body);
	release(f);
}

static struct str upstream_of(const struct fetch *f)
{
	return f->request.direct ? STR_NONE : f->in->conf.upstream;
}

/* "openrouter.ai: …", and what stands in for it where there is an upstream. */
static void name_host(const struct fetch *f, struct err *e)
{
	const struct url *u = f->here.host ? &f->here : &f->request.url;

	if (!u->host)
		return;
	if (!str_is_none(upstream_of(f)) && url_is_https(u))
		(void)err_wrap(e, "%s (through %.*s)", err_quote(u->host, strlen(u->host)),
			       STR_FMT(f->in->upstream_name));
	else
		(void)err_wrap(e, "%s", err_quote(u->host, strlen(u->host)));
}

static uint64_t since_us(uint64_t then_us)
{
	return clock_mono_us() - then_us;
}

static void end_with_error(struct fetch *f, struct err *e)
{
	struct fetch_response told = {
		.status = answer_status(f->transfer.easy),
		.retry_after_s = answer_retry_after_s(f->transfer.easy),
		.attempts = f->requests,
		.wire_bytes = f->body.n,
		.duration_us = f->begun_us ? since_us(f->begun_us) : 0,
	};
	struct err last = *e;

	name_host(f, &last);
	if (f->attempts > 1) {
		struct err once = last;

		(void)err_set(&last, once.kind, "%s (%u attempts)", once.text, f->attempts);
	}
	end(f, &told, &last);
}

/* The padding goes behind the body, which leaves the buffer for the response. */
static void move_body(struct fetch *f, struct fetch_response *r)
{
	static const unsigned char padding[FETCH_PADDING];

	r->body_n = f->body.n;
	buf_add(&f->body, padding, sizeof(padding));
	assert(!buf_overflowed(&f->body));
	r->body = (unsigned char *)f->body.at;
	f->body = BUF_INIT(f->body.max);
}

static void deliver(struct fetch *f, long status)
{
	CURL *easy = f->transfer.easy;
	BUF_AUTO(link, 2 * ANSWER_HEADERS_MAX);
	struct fetch_response r = {
		.status = status,
		.etag = answer_header(easy, "ETag"),
		.last_modified = answer_header(easy, "Last-Modified"),
		.content_type = answer_header(easy, "Content-Type"),
		.request_id = answer_header(easy, "X-Request-Id"),
		.error_code = answer_header(easy, "X-Error-Code"),
		.error_message = answer_header(easy, "X-Error-Message"),
		.rate_limit = answer_header(easy, "RateLimit"),
		.retry_after_s = answer_retry_after_s(easy),
		.max_age_s = answer_max_age_s(easy),
		.attempts = f->requests,
		.wire_bytes = f->body.n,
		.duration_us = since_us(f->begun_us),
	};
	struct err e;

	if (!f->enough && !answer_encoding(easy, &r.encoding, &e)) {
		if (status >= 200 && status < 300) {
			end_with_error(f, &e);
			return;
		}
		buf_clear(&f->body); /* the status says enough */
	}
	answer_headers(easy, "Link", &link);
	r.link = link.n ? buf_str(&link) : STR_NONE;
	fingerprinter_end(f->fingerprinter, &r.wire_hash);
	move_body(f, &r);
	end(f, &r, NULL);
}

unsigned char *fetch_take_body(struct fetch_response *r)
{
	unsigned char *body = r->body;

	r->body = NULL;
	return body;
}

bool fetch_same_origin(const struct fetcher *f, struct str url, struct str reference,
		       struct arena *a, struct str *ret, struct err *e)
{
	struct url from;
	struct url to = { 0 };
	bool ok;

	if (!url_init(&from, url, e))
		return false;
	/* Not quoted whole: a key may stand in it, and a cut one is not masked any more. */
	if (!url_follow(&from, reference, f->conf.upstream, &to, e))
		ok = err_set(e, ERR_HTTP, "not a URL that may be followed");
	else
		ok = url_same_origin(&from, &to) ||
		     err_set(e, ERR_HTTP, "\"%s\" is another scheme, host or port",
			     err_quote(to.origin, strlen(to.origin)));
	if (ok)
		*ret = arena_str(a, str_of(to.text));
	url_release(&from);
	url_release(&to);
	return ok;
}

/* ---- one request ---- */

/* Stop libcurl from inside its callback: the value it takes for "no". */
static size_t refuse(struct fetch *f)
{
	assert(f->failure.kind != ERR_NONE);
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *at, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	(void)at;
	f->byte_us = clock_mono_us();
	f->header_bytes += size * n;
	if (f->header_bytes > ANSWER_HEADERS_MAX) {
		(void)err_set(&f->failure, ERR_LIMIT, "more than %d bytes of headers",
			      ANSWER_HEADERS_MAX);
		return refuse(f);
	}
	return size * n;
}

static bool body_fits(struct fetch *f, uint64_t bytes)
{
	uint64_t max = f->in->conf.body_max;

	return bytes <= max - f->body.n ||
	       err_set(&f->failure, ERR_LIMIT, "the body is larger than %llu bytes",
		       (unsigned long long)max);
}

/* Room for what the Content-Length says, if that is believable. */
static bool expect_announced(struct fetch *f)
{
	curl_off_t announced = -1;

	(void)curl_easy_getinfo(f->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	if (announced <= 0)
		return true;
	if (!body_fits(f, (uint64_t)announced))
		return false;
	if (announced <= FIRST_ROOM_MAX)
		(void)buf_reserve(&f->body, (size_t)announced + FETCH_PADDING);
	return true;
}

static size_t on_body(char *at, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;
	size_t bytes = size * n;

	f->byte_us = clock_mono_us();
	if (f->request.status_only) {
		f->enough = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if ((f->body.n == 0 && !expect_announced(f)) || !body_fits(f, bytes))
		return refuse(f);
	buf_add(&f->body, at, bytes);
	/* Here the bytes are in the cache and the sender is busy: it costs no time of its own. */
	fingerprinter_add(f->fingerprinter, at, bytes);
	return bytes;
}

static int on_before_send(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct fetch *f = arg;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (f->sent) {
		f->resend_refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	f->sent = true;
	f->requests++;
	f->byte_us = clock_mono_us();
	return CURL_PREREQFUNC_OK;
}

/* libcurl reads the file through this: at most what was promised, and no less. */
static size_t on_put(char *to, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;
	uint64_t left = f->request.put_n - f->put_sent;
	size_t room = size * n < left ? size * n : (size_t)left;
	ssize_t got;

	if (room == 0)
		return 0;
	got = pread(f->request.put_fd, to, room, (off_t)(f->request.put_offset + f->put_sent));
	if (got <= 0) {
		(void)err_errno(&f->failure, ERR_IO, got < 0 ? errno : ENODATA,
				"the file that is sent, behind %llu bytes",
				(unsigned long long)f->put_sent);
		return CURL_READFUNC_ABORT;
	}
	f->put_sent += (uint64_t)got;
	f->byte_us = clock_mono_us();
	return (size_t)got;
}

static void on_transferred(void *arg, CURLcode code);

/* A body from memory goes out without a callback of ours. */
static void note_upload(struct fetch *f)
{
	curl_off_t uploaded = 0;

	(void)curl_easy_getinfo(f->transfer.easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	if (uploaded != f->uploaded)
		f->byte_us = clock_mono_us();
	f->uploaded = uploaded;
}

static void on_stall_check(uv_timer_t *timer)
{
	struct fetch *f = timer->data;
	uint32_t limit_ms = f->in->conf.stall_timeout_ms;
	uint64_t idle_ms;

	note_upload(f);
	idle_ms = f->sent ? since_us(f->byte_us) / 1000 : 0;

	if (idle_ms < limit_ms) {
		loop_timer_start(timer, on_stall_check, limit_ms - idle_ms);
		return;
	}
	(void)err_set(&f->failure, ERR_TIMEOUT, "no byte for %g s", limit_ms / 1000.0);
	transfer_stop(f->in->transport, &f->transfer);
	on_transferred(f, CURLE_OPERATION_TIMEDOUT);
}

static void fail(struct fetch *f, struct err *e, bool again, bool at_once);

static uint32_t total_timeout_ms(const struct fetch *f)
{
	return f->request.timeout_ms ? f->request.timeout_ms : f->in->conf.total_timeout_ms;
}

/* What is left of the attempt's time; 0 is none. */
static long time_left_ms(const struct fetch *f)
{
	uint64_t gone_ms = since_us(f->begun_us) / 1000;
	uint32_t total_ms = total_timeout_ms(f);

	return gone_ms < total_ms ? (long)(total_ms - gone_ms) : 0;
}

static bool total_timeout(const struct fetch *f, struct err *e)
{
	return err_set(e, ERR_TIMEOUT, "not complete after %g s", total_timeout_ms(f) / 1000.0);
}

static void point_at(struct fetch *f)
{
	CURL *easy = f->transfer.easy;
	char *wire = url_wire(&f->here, upstream_of(f));

	easy_set_text(easy, CURLOPT_URL, wire);
	/* Wait for a connection that may turn out shareable, instead of opening a herd of them;
	   without TLS there is no HTTP/2 here and waiting would put one behind the other. */
	easy_set_long(easy, CURLOPT_PIPEWAIT, str_starts(str_of(wire), STR("https://")));
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
			       request_headers(&f->request, !f->secrets_stay));
	wipe_free(wire);
}

static void send_request(struct fetch *f)
{
	long left_ms = time_left_ms(f);
	struct err e;

	if (left_ms == 0) {
		total_timeout(f, &e);
		fail(f, &e, true, false);
		return;
	}
	f->failure.kind = ERR_NONE;
	f->sent = f->resend_refused = f->enough = f->address_refused = false;
	f->header_bytes = 0;
	f->put_sent = 0;
	f->uploaded = 0;
	f->detail[0] = '\0';
	buf_clear(&f->body);
	if (f->request.post)
		(void)buf_reserve(&f->body, f->body.max < ANSWER_ROOM ? f->body.max : ANSWER_ROOM);
	fingerprinter_destroy(f->fingerprinter);
	f->fingerprinter = fingerprinter_create();
	point_at(f);
	easy_set_long(f->transfer.easy, CURLOPT_TIMEOUT_MS, left_ms);
	transfer_start(f->in->transport, &f->transfer);
	loop_timer_start(&f->timer, on_stall_check, f->in->conf.stall_timeout_ms);
}

/* ---- an attempt, and what follows from its outcome ---- */

static void begin_attempt(uv_timer_t *timer)
{
	struct fetch *f = timer->data;

	if (f->failure.kind != ERR_NONE && f->attempts == 0) {
		end_with_error(f, &f->failure); /* the request itself was no good */
		return;
	}
	f->attempts++;
	f->redirects = 0;
	f->secrets_stay = false;
	f->begun_us = clock_mono_us();
	url_release(&f->here);
	url_copy(&f->here, &f->request.url);
	send_request(f);
}

static bool attempts_left(const struct fetch *f)
{
	return !f->request.once && f->attempts <= f->in->conf.retries;
}

static void wait_and_retry(struct fetch *f, uint64_t asked_s)
{
	uint64_t wait_ms =
		retry_wait_ms(f->in->conf.backoff_ms, f->attempts, asked_s, &f->in->chance);

	loop_timer_start(&f->timer, begin_attempt, wait_ms);
}

/* No answer, or none that can be used. */
static void fail(struct fetch *f, struct err *e, bool again, bool at_once)
{
	if (!again || !attempts_left(f))
		end_with_error(f, e);
	else if (at_once)
		loop_timer_start(&f->timer, begin_attempt, 0);
	else
		wait_and_retry(f, 0);
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool next_hop(struct fetch *f, struct str location, struct err *e)
{
	struct url target;

	if (f->redirects == REDIRECTS_MAX)
		return err_set(e, ERR_HTTP, "more than %d redirects", REDIRECTS_MAX);
	if (!url_follow(&f->here, location, upstream_of(f), &target, e))
		return false;
	f->redirects++;
	f->secrets_stay |= !url_same_origin(&target, &f->request.url);
	url_release(&f->here);
	f->here = target;
	return true;
}

static void follow(struct fetch *f, struct str location)
{
	struct err e;

	if (request_has_body(&f->request))
		(void)err_set(&e, ERR_HTTP, "it redirects a %s, which is not followed",
			      f->request.post ? "POST" : "PUT");
	else if (next_hop(f, location, &e)) {
		send_request(f);
		return;
	}
	fail(f, &e, false, false);
}

static void retry_answer(struct fetch *f, long status)
{
	uint64_t asked_s = answer_retry_after_s(f->transfer.easy);
	struct err e;

	if (asked_s > RETRY_AFTER_MAX_S) {
		(void)err_set(&e, ERR_HTTP, "HTTP %ld, and asks to wait %llu s", status,
			      (unsigned long long)asked_s);
		fail(f, &e, false, false);
	} else if (attempts_left(f)) {
		wait_and_retry(f, asked_s);
	} else {
		deliver(f, status);
	}
}

static void on_answer(struct fetch *f)
{
	struct str location = answer_header(f->transfer.easy, "Location");
	long status = 0;

	(void)curl_easy_getinfo(f->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	if (is_redirect(status) && location.n > 0)
		follow(f, location);
	else if (retry_status(status) && !f->request.once)
		retry_answer(f, status);
	else
		deliver(f, status);
}

/* libcurl has one code for its time-outs: which of them it was, we know. */
static void name_timeout(const struct fetch *f, struct err *e)
{
	if (f->sent || time_left_ms(f) == 0)
		total_timeout(f, e);
	else
		(void)err_set(e, ERR_TIMEOUT, "no connection within %g s",
			      f->in->conf.connect_timeout_ms / 1000.0);
}

static void on_failure(struct fetch *f, CURLcode code)
{
	bool again = true;
	struct err e;

	if (f->failure.kind != ERR_NONE) {
		e = f->failure;
		again = e.kind == ERR_TIMEOUT;
	} else if (f->address_refused) {
		again = err_set(&e, ERR_HTTP, "its address is not public");
	} else if (f->resend_refused) {
		(void)err_set(&e, ERR_NET, "connection closed before an answer");
	} else {
		answer_failure(f->transfer.easy, code, f->detail, &again, &e);
		if (e.kind == ERR_TIMEOUT)
			name_timeout(f, &e);
	}
	/* A kept-alive connection that died while idle says nothing against the server. */
	fail(f, &e, again, f->resend_refused);
}

static void on_transferred(void *arg, CURLcode code)
{
	struct fetch *f = arg;

	uv_timer_stop(&f->timer);
	if (code == CURLE_OK || f->enough)
		on_answer(f);
	else
		on_failure(f, code);
}

/* ---- start ---- */

static void set_up_easy(struct fetch *f, bool direct)
{
	const struct fetch_conf *c = &f->in->conf;
	CURL *easy = easy_create(c->ca_file.at);

	f->transfer = (struct transfer){ .easy = easy, .done = on_transferred, .arg = f };
	easy_set_text(easy, CURLOPT_USERAGENT, c->user_agent.at);
	easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
	/* http_proxy would divert a loopback upstream, too (decisions.md 30). */
	if (!str_is_none(c->upstream) || direct)
		easy_set_text(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, f->detail);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, f);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, f);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_send);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, f);
}

/* libcurl reads the body where it is, at each attempt anew. */
static void set_up_post(struct fetch *f)
{
	CURL *easy = f->transfer.easy;

	if (!f->request.post)
		return;
	easy_set_long(easy, CURLOPT_POST, 1);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->request.post_n);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, f->request.post);
}

static void set_up_put(struct fetch *f)
{
	CURL *easy = f->transfer.easy;

	if (f->request.put_fd < 0)
		return;
	easy_set_long(easy, CURLOPT_UPLOAD, 1);
	(void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)f->request.put_n);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_put);
	(void)curl_easy_setopt(easy, CURLOPT_READDATA, f);
}

static void link_fetch(struct fetch *f)
{
	f->back = &f->in->fetches;
	f->next = f->in->fetches;
	if (f->next)
		f->next->back = &f->next;
	f->in->fetches = f;
}

struct fetch *fetch_start(struct fetcher *in, const struct fetch_request *r, fetch_fn *done,
			  void *arg)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	*f = (struct fetch){ .in = in, .done = done, .arg = arg };
	f->body = BUF_INIT((size_t)in->conf.body_max + FETCH_PADDING);
	link_fetch(f);
	if (uv_timer_init(loop_uv(in->loop), &f->timer) != 0)
		abort();
	f->timer.data = f;
	set_up_easy(f, r->direct);
	if (r->public_only)
		easy_public_only(f->transfer.easy, &f->address_refused);
	/* A bad request is reported from the loop as well, never from here. */
	if (request_init(&f->request, r, &f->failure)) {
		set_up_post(f);
		set_up_put(f);
	}
	loop_timer_start(&f->timer, begin_attempt, 0);
	return f;
}

/* ---- the end of one, on request ---- */

static void cancel(struct fetch *f)
{
	struct err e;

	transfer_stop(f->in->transport, &f->transfer);
	(void)err_set(&e, ERR_CANCELLED, "cancelled");
	end_with_error(f, &e);
}

static void cancel_later(uv_timer_t *timer)
{
	cancel(timer->data);
}

void fetch_cancel(struct fetch *f)
{
	transfer_stop(f->in->transport, &f->transfer);
	loop_timer_start(&f->timer, cancel_later, 0);
}

/* ---- the fetcher ---- */

static struct str copy_str(struct str s)
{
	char *copy = str_is_none(s) ? NULL : strndup(s.at, s.n);

	if (!copy && !str_is_none(s))
		abort();
	return str_of(copy);
}

static void free_str(struct str s)
{
	free((void *)(uintptr_t)s.at);
}

static void default_u32(uint32_t *value, uint32_t fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void copy_conf(struct fetcher *f, const struct fetch_conf *conf)
{
	const uint64_t body_max = UINT64_C(256) << 20;
	struct fetch_conf *c = &f->conf;
	struct str name;

	*c = *conf;
	c->upstream = copy_str(conf->upstream);
	c->user_agent = copy_str(conf->user_agent.n ? conf->user_agent : STR("assay"));
	c->ca_file = copy_str(conf->ca_file);
	default_u32(&c->connect_timeout_ms, 10 * 1000);
	default_u32(&c->total_timeout_ms, 120 * 1000);
	default_u32(&c->stall_timeout_ms, 30 * 1000);
	if (c->body_max == 0)
		c->body_max = body_max;
	/* The third part of "https://NAME/…"; that it looks so has been checked. */
	name = c->upstream;
	for (int i = 0; i < 3; i++)
		(void)str_cut(&name, '/', &f->upstream_name);
}

bool fetcher_create(struct fetcher **ret, struct loop *l, const struct fetch_conf *conf,
		    struct err *e)
{
	struct fetcher *f;

	easy_global_init();
	if (!str_is_none(conf->upstream) && !fetch_check_upstream(conf->upstream, e))
		return false;
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->loop = l;
	f->transport = transport_create(l, IDLE_CONNECTIONS);
	chance_seed(&f->chance);
	copy_conf(f, conf);
	*ret = f;
	return true;
}

/* Taken off the list first: what a callback starts anew is not cancelled with them. */
void fetcher_cancel(struct fetcher *f)
{
	struct fetch *all = f->fetches;

	f->fetches = NULL;
	if (all)
		all->back = &all;
	while (all)
		cancel(all);
}

void fetcher_destroy(struct fetcher *f)
{
	if (!f)
		return;
	while (f->fetches)
		cancel(f->fetches);
	transport_destroy(f->transport);
	free_str(f->conf.upstream);
	free_str(f->conf.user_agent);
	free_str(f->conf.ca_file);
	free(f);
}
