/*
 * The life of an ask:
 *
 *	ask_start ─▶ queue ─▶ begin ─▶ send ─▶ on_transferred ─▶ finish ─▶ done
 *	               ▲        │ the name is being looked up          ▲
 *	               └── line of the host ── a time-out, cancelled ──┘
 *
 * Asks begin from an idle handle, as many in one round of the loop as fit into
 * BEGIN_US, so that a burst of thousands does not keep the loop from its sockets:
 * what one waits in the queue is before its begin and in no stamp.
 *
 * libcurl never repeats a request on its own here: it would, silently, when a kept-alive
 * connection turns out dead.  The second send is refused (CURLOPT_PREREQFUNCTION), and so is
 * already the socket for it.
 *
 * Time-outs are ours: libcurl has one code for all of its own.  Before one is declared,
 * what has arrived meanwhile is read: when the loop was late it is not the server who was.
 *
 * Handles are used again and again; an asker's differ in what each request sets anew and
 * in nothing else.  Secrets: our copies of header values and URLs are overwritten, those in
 * libcurl's buffers are freed by libcurl without that.
 */
#include "net/ask.h"

#include "base/clock.h"
#include "base/lag.h"
#include "net/answer.h"
#include "net/ask_take.h"
#include "net/easy.h"
#include "net/request.h"
#include "net/transport.h"
#include "net/url.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 256,
	SPARES_MAX = 512,
	PLACES_MAX = 256,
	BEGIN_US = 500,
	READ_ROOM = 16 * 1024,            /* one read of libcurl's; each handle has its own */
	NAME_KNOWN_US = 55 * 1000 * 1000, /* a little less than libcurl remembers it */
	US_PER_MS = 1000,
};

TAILQ_HEAD(line, ask);
TAILQ_HEAD(asks, ask);

/* One look-up at a time of one name: the others stand in line for it. */
struct host {
	struct host *next;
	char *origin;
	uint64_t known_until_us;
	struct ask *leader; /* who looks, or NULL */
	struct line line;
};

/* A URL that was asked before; to parse it again would be a tenth of all our work. */
struct place {
	struct place *next;
	struct str text;
	struct url url;
};

struct asker {
	struct loop *loop;
	struct transport *transport;
	struct lag *lag;
	struct arena arena; /* strings of the configuration, NUL-terminated */
	const char *user_agent, *ca_file;
	struct str upstream;
	uv_idle_t beginner;
	struct line queue; /* to be begun */
	struct asks all, spares;
	size_t n_spares;
	struct host *hosts;
	struct place *places;
	size_t n_places;
	bool closing;
};

struct ask {
	struct asker *in;
	TAILQ_ENTRY(ask) of_all;  /* or of the spares */
	TAILQ_ENTRY(ask) in_line; /* of `line` */
	struct line *line;        /* or NULL */
	uint64_t uses;            /* one that ended and began anew is another ask */

	/* kept from one use to the next */
	uv_timer_t timer;
	struct transfer transfer;
	struct hasher *hasher;
	struct curl_slist ours[2];
	char detail[CURL_ERROR_SIZE]; /* libcurl's words */

	/* of this use */
	ask_fn *done;
	void *arg;
	struct request request;
	struct host *host;
	struct taken *taken;
	struct ask_answer *answer; /* in it */
	uint32_t connect_ms, first_byte_ms, total_ms;
	uint64_t sent_us;
	bool doomed; /* it ends as `answer` says already, without being sent */
	bool fresh, looks, opened, resend_refused, no_socket, head_too_long;
};

/* ---- the end ---- */

static int64_t since_begin(const struct ask *k, uint64_t us)
{
	uint64_t begun_us = k->answer->started_mono_us;

	return us > begun_us ? (int64_t)(us - begun_us) : 0;
}

static void stamp_begin(struct ask *k, uint64_t now_us)
{
	if (k->answer->started_mono_us)
		return;
	k->answer->started_mono_us = now_us;
	k->answer->started_at_ms = clock_real_ms();
}

/* When what is being dealt with was read: now, where it came in the very round that sent the request. */
static uint64_t read_us(const struct ask *k)
{
	uint64_t us = transport_stamp_us(k->in->transport);

	return us > k->sent_us ? us : clock_mono_us();
}

static void leave_line(struct ask *k)
{
	if (!k->line)
		return;
	TAILQ_REMOVE(k->line, k, in_line);
	k->line = NULL;
}

static void join_line(struct ask *k, struct line *line)
{
	assert(!k->line);
	TAILQ_INSERT_TAIL(line, k, in_line);
	k->line = line;
}

static void on_begin(uv_idle_t *beginner);

static void enqueue(struct ask *k)
{
	join_line(k, &k->in->queue);
	if (uv_idle_start(&k->in->beginner, on_begin) != 0)
		abort();
}

/* `failed`: the name does not exist, for the others neither; NULL: they go on. */
static void release_name(struct ask *leader, const struct ask_answer *failed)
{
	struct host *h = leader->host;
	struct ask *k;

	if (!h || h->leader != leader)
		return;
	h->leader = NULL;
	while ((k = TAILQ_FIRST(&h->line))) {
		leave_line(k);
		if (failed) {
			k->doomed = true;
			k->answer->end = failed->end;
			k->answer->err = failed->err;
		}
		enqueue(k);
	}
}

static void free_ask(uv_handle_t *timer)
{
	free(timer->data);
}

static void destroy_spare(struct ask *k)
{
	curl_easy_cleanup(k->transfer.easy);
	hasher_destroy(k->hasher);
	uv_close((uv_handle_t *)&k->timer, free_ask);
}

static void recycle(struct ask *k)
{
	struct asker *a = k->in;

	uv_timer_stop(&k->timer);
	TAILQ_REMOVE(&a->all, k, of_all);
	request_release(&k->request);
	k->taken = NULL;
	k->answer = NULL;
	k->uses++;
	if (a->closing || a->n_spares == SPARES_MAX) {
		destroy_spare(k);
		return;
	}
	/* What pointed into the request points nowhere now. */
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_POSTFIELDS, NULL);
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_URL, NULL);
	TAILQ_INSERT_HEAD(&a->spares, k, of_all);
	a->n_spares++;
}

/* The callback may start asks and destroy the asker: nothing is touched after it. */
static void finish(struct ask *k, uint64_t end_us)
{
	struct ask_answer *r = k->answer;
	ask_fn *done = k->done;
	void *arg = k->arg;

	leave_line(k);
	stamp_begin(k, end_us); /* cancelled before it began */
	r->stamps.end_us = since_begin(k, end_us);
	r->lag_us = lag_since_us(k->in->lag, r->started_mono_us);
	release_name(k, r->end == TRANSPORT_DNS ? r : NULL);
	taken_end(k->taken, k->hasher);
	recycle(k);
	done(arg, r);
}

/* Without an answer, by our decision. */
static void give_up(struct ask *k)
{
	transfer_stop(k->in->transport, &k->transfer);
	if (taken_head_is_whole(k->taken))
		k->answer->status = answer_status(k->transfer.easy);
	finish(k, clock_mono_us());
}

/* ---- how libcurl says it ended ---- */

/* `unsent`, `headless`, `in_body`: before the request, before the head was whole, behind it. */
static const struct ending {
	CURLcode code;
	enum transport_end unsent, headless, in_body;
} endings[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, TRANSPORT_DNS, TRANSPORT_DNS, TRANSPORT_DNS },
	{ CURLE_COULDNT_RESOLVE_PROXY, TRANSPORT_DNS, TRANSPORT_DNS, TRANSPORT_DNS },
	{ CURLE_COULDNT_CONNECT, TRANSPORT_CONNECT, TRANSPORT_CONNECT, TRANSPORT_CONNECT },
	{ CURLE_SSL_CONNECT_ERROR, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CACERT_BADFILE, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CIPHER, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_SSL_CERTPROBLEM, TRANSPORT_TLS, TRANSPORT_TLS, TRANSPORT_TLS },
	{ CURLE_GOT_NOTHING, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_SEND_ERROR, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_RECV_ERROR, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	{ CURLE_PARTIAL_FILE, TRANSPORT_CONNECT, TRANSPORT_RESET, TRANSPORT_CUT },
	/* And what else there may be. */
	{ CURLE_OK, TRANSPORT_CONNECT, TRANSPORT_PROTOCOL, TRANSPORT_PROTOCOL },
};

static enum transport_end end_of(const struct ask *k, CURLcode code)
{
	const struct ending *t = endings;

	while (t->code != code && t->code != CURLE_OK)
		t++;
	if (!k->sent_us)
		return t->unsent;
	/* libcurl has one code for a broken connection and for a broken chunk. */
	if (code == CURLE_RECV_ERROR && strstr(k->detail, "chunk"))
		return TRANSPORT_PROTOCOL;
	return taken_head_is_whole(k->taken) ? t->in_body : t->headless;
}

static bool answer_is_good(struct ask *k)
{
	enum fetch_encoding encoding;
	struct ask_answer *r = k->answer;

	if (!taken_head_is_whole(k->taken)) {
		r->end = TRANSPORT_RESET;
		return err_set(&r->err, ERR_NET, "connection closed within the headers");
	}
	r->end = TRANSPORT_PROTOCOL;
	if (!answer_encoding(k->transfer.easy, &encoding, &r->err))
		return false;
	if (encoding != FETCH_IDENTITY)
		return err_set(&r->err, ERR_DATA, "content encoding \"gzip\" was not asked for");
	r->end = TRANSPORT_COMPLETE;
	return true;
}

static const struct {
	enum transport_end end;
	const char *words;
} timeouts[] = {
	{ TRANSPORT_TIMEOUT_CONNECT, "no connection" },
	{ TRANSPORT_TIMEOUT_FIRST_BYTE, "no byte of an answer" },
	{ TRANSPORT_TIMEOUT_TOTAL, "no complete answer" },
};
enum { TIMEOUTS = sizeof(timeouts) / sizeof(*timeouts) };

static void say_timeout(struct ask *k, size_t which, uint32_t limit_ms)
{
	k->answer->end = timeouts[which].end;
	(void)err_set(&k->answer->err, ERR_TIMEOUT, "%s within %g s", timeouts[which].words,
		      limit_ms / 1000.0);
}

static void say_failure(struct ask *k, CURLcode code)
{
	struct ask_answer *r = k->answer;
	bool again;

	if (k->no_socket) {
		r->end = TRANSPORT_CANCELLED;
		(void)err_set(&r->err, ERR_IO, "this machine has no descriptor left for a socket");
	} else if (k->resend_refused) {
		r->end = TRANSPORT_RESET;
		(void)err_set(&r->err, ERR_NET, "connection closed before an answer");
	} else if (k->head_too_long) {
		r->end = TRANSPORT_PROTOCOL;
		(void)err_set(&r->err, ERR_LIMIT, "more than %d bytes of headers", HEAD_MAX);
	} else if (code == CURLE_OPERATION_TIMEDOUT && !k->sent_us) {
		say_timeout(k, 0, k->connect_ms); /* libcurl's timer was first */
	} else {
		r->end = end_of(k, code);
		answer_failure(k->transfer.easy, code, k->detail, &again, &r->err);
	}
}

static void on_transferred(void *arg, CURLcode code)
{
	struct ask *k = arg;
	struct ask_answer *r = k->answer;
	bool good = code == CURLE_OK && answer_is_good(k);

	if (!good && code != CURLE_OK)
		say_failure(k, code);
	if (taken_head_is_whole(k->taken)) {
		r->status = answer_status(k->transfer.easy);
		r->retry_after_s = answer_retry_after_s(k->transfer.easy);
	}
	finish(k, good ? read_us(k) : clock_mono_us());
}

/* ---- time-outs ---- */

/* The next of them that can come, or TIMEOUTS. */
static size_t next_timeout(const struct ask *k, uint32_t *ret_ms)
{
	const uint32_t limits[TIMEOUTS] = {
		k->sent_us ? 0 : k->connect_ms,
		k->answer->stamps.first_byte_us == STAMP_NONE ? k->first_byte_ms : 0,
		k->total_ms,
	};
	size_t next = TIMEOUTS;

	*ret_ms = UINT32_MAX;
	for (size_t i = 0; i < TIMEOUTS; i++)
		if (limits[i] && limits[i] < *ret_ms) {
			next = i;
			*ret_ms = limits[i];
		}
	return next;
}

static void on_time(uv_timer_t *timer);

static void arm_timer(struct ask *k, uint64_t now_us)
{
	uint32_t limit_ms;
	uint64_t gone_ms = (uint64_t)since_begin(k, now_us) / US_PER_MS;

	if (next_timeout(k, &limit_ms) < TIMEOUTS)
		loop_timer_start(&k->timer, on_time, limit_ms > gone_ms ? limit_ms - gone_ms : 0);
}

static void on_time(uv_timer_t *timer)
{
	struct ask *k = timer->data;
	uint64_t now_us = clock_mono_us();
	uint64_t use = k->uses;
	uint32_t limit_ms;
	size_t which;

	transport_catch_up(k->in->transport);
	if (k->uses != use)
		return;
	which = next_timeout(k, &limit_ms);
	if (which == TIMEOUTS || since_begin(k, now_us) < (int64_t)limit_ms * US_PER_MS) {
		arm_timer(k, now_us);
		return;
	}
	say_timeout(k, which, limit_ms);
	give_up(k);
}

/* ---- what libcurl calls ---- */

static size_t on_header(char *at, size_t size, size_t n, void *arg)
{
	struct ask *k = arg;

	if (taken_header(k->taken, (struct str){ at, size * n }, since_begin(k, read_us(k))))
		return size * n;
	k->head_too_long = true;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *at, size_t size, size_t n, void *arg)
{
	struct ask *k = arg;
	curl_off_t announced = -1;

	if (k->answer->body_bytes == 0)
		(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
					&announced);
	taken_body(k->taken, (struct str){ at, size * n }, announced, since_begin(k, read_us(k)),
		   k->hasher);
	return size * n;
}

/* Only when libcurl does not remember the name. */
static int on_look_up(void *resolver, void *reserved, void *arg)
{
	struct ask *k = arg;

	(void)resolver, (void)reserved;
	k->looks = true;
	return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct ask *k = arg;
	uint64_t now_us = clock_mono_us();
	curl_socket_t fd;

	(void)purpose;
	if (k->sent_us) {
		k->resend_refused = true;
		return CURL_SOCKET_BAD;
	}
	if (k->looks && !k->opened) {
		k->answer->stamps.dns_us = since_begin(k, now_us);
		k->host->known_until_us = now_us + NAME_KNOWN_US;
	}
	k->opened = true;
	release_name(k, NULL);
	fd = easy_open_socket(address);
	k->no_socket |= fd < 0 && (errno == EMFILE || errno == ENFILE);
	return fd;
}

/* How long TLS took libcurl knows; it ended now. */
static void stamp_connection(struct ask *k, uint64_t now_us)
{
	struct stamps *s = &k->answer->stamps;
	curl_off_t connected_us = 0;
	curl_off_t secured_us = 0;

	if (!k->opened)
		return;
	s->connected_us = since_begin(k, now_us);
	if (!str_starts(str_of(k->host->origin), STR("https://")))
		return;
	(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	(void)curl_easy_getinfo(k->transfer.easy, CURLINFO_APPCONNECT_TIME_T, &secured_us);
	s->tls_us = s->connected_us;
	if (secured_us > connected_us && secured_us - connected_us < s->tls_us)
		s->connected_us -= secured_us - connected_us;
}

static int on_before_send(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct ask *k = arg;
	uint64_t now_us = clock_mono_us();

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (k->sent_us) {
		k->resend_refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	release_name(k, NULL); /* nobody had to be looked up */
	k->sent_us = now_us;
	k->answer->sends = 1;
	k->answer->reused = !k->opened;
	stamp_connection(k, now_us);
	k->answer->stamps.sent_us = since_begin(k, now_us);
	return CURL_PREREQFUNC_OK;
}

/* ---- the begin ---- */

static struct curl_slist *headers_of(struct ask *k)
{
	k->ours[1].next = request_headers(&k->request, true);
	return k->ours;
}

static void send_request(struct ask *k)
{
	CURL *easy = k->transfer.easy;
	char *wire = url_wire(&k->request.url, k->in->upstream);

	easy_set_text(easy, CURLOPT_URL, wire);
	wipe_free(wire);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_of(k));
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, k->request.post);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)k->request.post_n);
	easy_set_long(easy, CURLOPT_FRESH_CONNECT, k->fresh);
	easy_set_long(easy, CURLOPT_FORBID_REUSE, k->fresh);
	/* Ours comes first; libcurl shares it out among the addresses of a name. */
	easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)k->connect_ms);
	transfer_start_now(k->in->transport, &k->transfer);
}

static void begin(struct ask *k)
{
	uint64_t now_us = clock_mono_us();

	stamp_begin(k, now_us);
	if (k->doomed) {
		finish(k, now_us);
		return;
	}
	if (!uv_is_active((uv_handle_t *)&k->timer))
		arm_timer(k, now_us);
	if (k->host->known_until_us <= now_us) {
		if (k->host->leader) {
			join_line(k, &k->host->line);
			return;
		}
		k->host->leader = k;
	}
	send_request(k);
}

static void on_begin(uv_idle_t *beginner)
{
	struct asker *a = beginner->data;
	uint64_t until_us = clock_mono_us() + BEGIN_US;
	struct ask *k;

	while (!a->closing && (k = TAILQ_FIRST(&a->queue))) {
		leave_line(k);
		begin(k);
		if (clock_mono_us() >= until_us)
			break;
	}
	if (!a->closing && TAILQ_EMPTY(&a->queue))
		uv_idle_stop(beginner);
}

/* ---- start ---- */

static void set_up_easy(struct ask *k)
{
	const struct asker *a = k->in;
	CURL *easy = easy_create(a->ca_file);

	k->transfer = (struct transfer){ .easy = easy, .done = on_transferred, .arg = k };
	easy_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	easy_set_long(easy, CURLOPT_BUFFERSIZE, READ_ROOM);
	easy_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, READ_ROOM);
	easy_set_long(easy, CURLOPT_POST, 1);
	easy_set_text(easy, CURLOPT_USERAGENT, a->user_agent);
	/* http_proxy would divert a loopback upstream, too. */
	if (!str_is_none(a->upstream))
		easy_set_text(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, k->detail);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_send);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_look_up);
	(void)curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, k);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, k);
}

static struct ask *create_spare(struct asker *a)
{
	static char identity[] = "Accept-Encoding: identity";
	static char no_expect[] = "Expect:";
	struct ask *k = calloc(1, sizeof(*k));

	if (!k || uv_timer_init(loop_uv(a->loop), &k->timer) != 0)
		abort();
	k->timer.data = k;
	k->in = a;
	k->hasher = hasher_create();
	k->ours[0] = (struct curl_slist){ identity, &k->ours[1] };
	k->ours[1] = (struct curl_slist){ no_expect, NULL };
	set_up_easy(k);
	return k;
}

static struct ask *take_spare(struct asker *a)
{
	struct ask *k = TAILQ_FIRST(&a->spares);

	if (!k)
		return create_spare(a);
	TAILQ_REMOVE(&a->spares, k, of_all);
	a->n_spares--;
	return k;
}

static struct host *host_of(struct asker *a, const struct url *u)
{
	const char *origin =
		str_is_none(a->upstream) || !url_is_https(u) ? u->origin : a->upstream.at;
	struct host *h = a->hosts;

	while (h && strcmp(h->origin, origin) != 0)
		h = h->next;
	if (h)
		return h;
	h = arena_new(&a->arena, struct host);
	h->origin = arena_cstr(&a->arena, str_of(origin));
	TAILQ_INIT(&h->line);
	h->next = a->hosts;
	a->hosts = h;
	return h;
}

static const struct place *place_of(const struct asker *a, struct str text)
{
	const struct place *p = a->places;

	while (p && !str_eq(p->text, text))
		p = p->next;
	return p;
}

/* One with a query may hold a key and is not remembered. */
static void remember_place(struct asker *a, struct str text, const struct url *u)
{
	struct place *p;

	if (a->n_places == PLACES_MAX || memchr(text.at, '?', text.n))
		return;
	a->n_places++;
	p = arena_new(&a->arena, struct place);
	p->text = arena_str(&a->arena, text);
	url_copy(&p->url, u);
	p->next = a->places;
	a->places = p;
}

static bool parse_request(struct ask *k, const struct fetch_request *r, struct err *e)
{
	const struct place *known = place_of(k->in, r->url);

	if (known)
		return request_init_at(&k->request, r, &known->url, e);
	if (!request_init(&k->request, r, e))
		return false;
	remember_place(k->in, r->url, &k->request.url);
	return true;
}

static bool copy_request(struct ask *k, const struct ask_request *q, struct err *e)
{
	const struct fetch_request r = {
		.url = q->url,
		.headers = q->headers,
		.n_headers = q->n_headers,
		.post = str_is_none(q->body) ? STR("") : q->body,
	};

	k->connect_ms = q->connect_timeout_ms;
	k->first_byte_ms = q->first_byte_timeout_ms;
	k->total_ms = q->total_timeout_ms;
	k->fresh = q->fresh;
	if (!parse_request(k, &r, e))
		return false;
	if (!url_is_https(&k->request.url) && !url_is_loopback(&k->request.url))
		return err_set(e, ERR_CONFIG, "http is for loopback only; use https");
	k->host = host_of(k->in, &k->request.url);
	return true;
}

static void clear_use(struct ask *k, uint64_t keep_max)
{
	k->taken = taken_create(keep_max);
	k->answer = taken_answer(k->taken);
	k->answer->status = -1;
	k->answer->stamps = (struct stamps){
		STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
		STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
	};
	k->host = NULL;
	k->detail[0] = '\0';
	k->sent_us = 0;
	k->doomed = k->looks = k->opened = k->resend_refused = k->no_socket = false;
	k->head_too_long = false;
}

void ask_start(struct asker *a, const struct ask_request *q, ask_fn *done, void *arg)
{
	struct ask *k = take_spare(a);

	assert(!a->closing);
	clear_use(k, q->keep_max);
	k->done = done;
	k->arg = arg;
	/* A bad request is reported from the loop as well, never from here. */
	if (!copy_request(k, q, &k->answer->err)) {
		k->doomed = true;
		k->answer->end = TRANSPORT_CANCELLED;
	}
	TAILQ_INSERT_TAIL(&a->all, k, of_all);
	enqueue(k);
}

/* ---- certificates ---- */

static void on_nobody(void *arg, CURLcode code)
{
	(void)arg, (void)code;
}

/* Begin TLS with the listener at `url`, who accepts nobody. */
static void begin_tls(struct asker *a, const char *url)
{
	enum { STEPS = 3 }; /* connected, hello sent, and one to spare */
	CURL *easy = easy_create(a->ca_file);
	struct transfer nobody = { .easy = easy, .done = on_nobody };

	easy_set_text(easy, CURLOPT_URL, url);
	easy_set_text(easy, CURLOPT_PROXY, "");
	transfer_start_now(a->transport, &nobody);
	for (int i = 0; i < STEPS; i++)
		transport_catch_up(a->transport);
	transfer_stop(a->transport, &nobody);
	curl_easy_cleanup(easy);
}

/*
 * libcurl reads the trusted certificates at the first connection that needs them, and takes 20 ms of
 * the loop for it, in which no stamp is true.  So one is begun now and given up.
 */
static void read_certificates(struct asker *a)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &size) == 0) {
		(void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", ntohs(at.sin_port));
		begin_tls(a, url);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- the asker ---- */

bool asker_create(struct asker **ret, struct loop *l, const struct asker_conf *conf, struct err *e)
{
	struct str agent = conf->user_agent.n ? conf->user_agent : STR("assay");
	struct asker *a;

	easy_global_init();
	if (!str_is_none(conf->upstream) && !fetch_check_upstream(conf->upstream, e))
		return false;
	a = calloc(1, sizeof(*a));
	if (!a || uv_idle_init(loop_uv(l), &a->beginner) != 0)
		abort();
	a->beginner.data = a;
	a->loop = l;
	a->transport = transport_create(l, conf->connections_max ? conf->connections_max
								 : CONNECTIONS_MAX);
	a->lag = lag_create(l);
	a->upstream = arena_str(&a->arena, conf->upstream);
	a->user_agent = arena_cstr(&a->arena, agent);
	a->ca_file = arena_str(&a->arena, conf->ca_file).at;
	TAILQ_INIT(&a->queue);
	TAILQ_INIT(&a->all);
	TAILQ_INIT(&a->spares);
	if (str_is_none(conf->upstream) || str_starts(conf->upstream, STR("https://")))
		read_certificates(a);
	*ret = a;
	return true;
}

static void cancel(struct ask *k)
{
	assert(k->answer); /* it has not ended */
	k->answer->end = TRANSPORT_CANCELLED;
	(void)err_set(&k->answer->err, ERR_CANCELLED, "cancelled");
	give_up(k);
}

/* Those that a callback starts meanwhile stand behind the last and are not meant. */
void asker_cancel(struct asker *a)
{
	size_t n = 0;
	struct ask *k;

	TAILQ_FOREACH(k, &a->all, of_all)
	n++;
	for (; n > 0; n--)
		cancel(TAILQ_FIRST(&a->all));
}

static void free_asker(uv_handle_t *handle)
{
	struct asker *a = handle->data;

	for (struct place *p = a->places; p; p = p->next)
		url_release(&p->url);
	arena_release(&a->arena);
	free(a);
}

void asker_destroy(struct asker *a)
{
	struct ask *k;

	if (!a)
		return;
	a->closing = true;
	while ((k = TAILQ_FIRST(&a->all)))
		cancel(k);
	while ((k = TAILQ_FIRST(&a->spares))) {
		TAILQ_REMOVE(&a->spares, k, of_all);
		destroy_spare(k);
	}
	transport_destroy(a->transport);
	lag_destroy(a->lag);
	uv_close((uv_handle_t *)&a->beginner, free_asker);
}
