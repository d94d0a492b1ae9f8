/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

enum {
	PIECE_MAX = 256 * 1024,
	/* A reset discards what the client has not read yet: let the first half arrive. */
	RESET_AFTER_MS = 30,
	BACKLOG = 8192, /* the kernel takes what it allows of it */
	NS_PER_US = 1000,
	US_PER_MS = 1000,
};

/* One request at a time: bytes that arrive meanwhile wait in `in`. */
struct conn {
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	struct http_server *server;
	struct buf in;
	bool busy; /* a reply is under way */
	bool closing;
	unsigned handles; /* still to be closed by libuv */
	void (*on_timer)(struct conn *);
	void (*on_written)(struct conn *, int status);
	struct tls_session *tls; /* NULL: in the clear */
	uint64_t number, nth, accepted_us, read_us;
	uint64_t asked_us; /* the request that is being answered was read */
	bool doomed;

	struct reply reply;
	bool head_only, ended, close_after;
	uint64_t at, end; /* of the body, in bytes sent; repeats included */
	size_t piece;     /* bytes of the body in the write under way */
	size_t played;    /* pieces of the script */
	struct buf head;
	char chunk_line[24];
};

static void pump(struct conn *c);
static void take_requests(struct conn *c);

void reply_init(struct reply *rp)
{
	*rp = (struct reply){ .status = 200, .send_max = SIZE_MAX };
}

void reply_header(struct reply *rp, const char *name, const char *value)
{
	buf_printf(&rp->headers, "%s: %s\r\n", name, value);
}

void reply_json(struct reply *rp, int status, struct buf *json)
{
	rp->status = status;
	rp->body = blob_from(json);
	reply_header(rp, "Content-Type", "application/json");
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 402, "Payment Required" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 529, "Site is overloaded" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unnamed";
}

uint64_t http_now_us(void)
{
	return uv_hrtime() / NS_PER_US;
}

const char *http_header(const struct http_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->header_count; i++)
		if (!strcmp(rq->headers[i].name, name))
			return rq->headers[i].value;
	return NULL;
}

static void drop_reply(struct conn *c)
{
	blob_unref(c->reply.body);
	buf_release(&c->reply.headers);
	buf_release(&c->head);
	script_destroy(c->reply.script);
	reply_init(&c->reply);
}

static void tell(struct conn *c, enum telling what, uint64_t at_us)
{
	c->server->told(c->server->ctx, c->reply.ticket, what, at_us);
}

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	if (--c->handles)
		return;
	drop_reply(c);
	buf_release(&c->in);
	tls_session_destroy(c->tls);
	free(c);
}

static void conn_close(struct conn *c, bool reset)
{
	if (c->closing)
		return;
	c->closing = true;
	if (c->busy && c->reply.script && !c->ended)
		tell(c, TOLD_GONE, http_now_us());
	uv_close((uv_handle_t *)&c->timer, on_closed);
	if (!reset || uv_tcp_close_reset(&c->tcp, on_closed))
		uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void conn_reset(struct conn *c)
{
	conn_close(c, true);
}

static void on_timer(uv_timer_t *t)
{
	struct conn *c = t->data;

	c->on_timer(c);
}

static void later(struct conn *c, unsigned ms, void (*fn)(struct conn *))
{
	c->on_timer = fn;
	uv_timer_start(&c->timer, on_timer, ms, 0);
}

/* --- sending --- */

/* Bytes as they go on the wire under TLS; libuv keeps the order of writes. */
struct cipher {
	uv_write_t write;
	struct conn *conn;
	struct buf bytes;
	bool answers; /* part of a reply, not TLS' own */
};

static void on_cipher_written(uv_write_t *w, int status)
{
	struct cipher *x = w->data;
	struct conn *c = x->conn;
	bool answers = x->answers;

	buf_release(&x->bytes);
	free(x);
	if (answers)
		c->on_written(c, status);
	else if (status < 0)
		conn_close(c, false);
}

/* What the session has to say; false: nothing. */
static bool send_cipher(struct conn *c, bool answers)
{
	struct cipher *x = sim_alloc(sizeof(*x));

	tls_take(c->tls, &x->bytes);
	if (!x->bytes.len) {
		free(x);
		return false;
	}
	x->conn = c;
	x->answers = answers;
	x->write.data = x;
	uv_buf_t bytes = uv_buf_init(x->bytes.data, (unsigned)x->bytes.len);
	if (!uv_write(&x->write, (uv_stream_t *)&c->tcp, &bytes, 1, on_cipher_written))
		return true;
	buf_release(&x->bytes);
	free(x);
	return false;
}

static void on_plain_written(uv_write_t *w, int status)
{
	struct conn *c = w->data;

	c->on_written(c, status);
}

static void conn_write(struct conn *c, const uv_buf_t *bufs, unsigned n,
		       void (*done)(struct conn *, int status))
{
	bool sent;

	c->on_written = done;
	if (c->tls) {
		for (unsigned i = 0; i < n; i++)
			tls_write(c->tls, bufs[i].base, bufs[i].len);
		sent = send_cipher(c, true);
	} else {
		c->write.data = c;
		sent = !uv_write(&c->write, (uv_stream_t *)&c->tcp, bufs, n, on_plain_written);
	}
	if (!sent)
		conn_close(c, false);
}

static void on_farewell(struct conn *c, int status)
{
	(void)status;
	conn_close(c, false);
}

/* In order: under TLS with a word that nothing more comes. */
static void conn_end(struct conn *c)
{
	if (!c->tls) {
		conn_close(c, false);
		return;
	}
	tls_end(c->tls);
	conn_write(c, NULL, 0, on_farewell);
}

static void finish(struct conn *c)
{
	enum ending ending =
		c->close_after && c->reply.ending == END_KEEP ? END_CLOSE : c->reply.ending;

	switch (ending) {
	case END_KEEP:
		if (c->reply.script) {
			c->doomed = c->reply.script->doom;
			if (c->reply.script->idle_ms)
				later(c, c->reply.script->idle_ms, conn_end);
		}
		drop_reply(c);
		c->busy = false;
		take_requests(c);
		return;
	case END_CLOSE:
		conn_end(c);
		return;
	case END_RESET:
		later(c, c->reply.status ? RESET_AFTER_MS : 0, conn_reset);
		return;
	case END_HANG:
		return;
	}
}

static void on_written(struct conn *c, int status)
{
	if (status < 0 || c->closing) {
		conn_close(c, false);
		return;
	}
	if (c->piece)
		c->server->sent(c->server->ctx, c->reply.ticket, c->piece);
	buf_release(&c->head);
	if (c->ended)
		finish(c);
	else if (c->reply.drip_ms)
		later(c, c->reply.drip_ms, pump);
	else
		pump(c);
}

/* The next bytes of the body: a slice of the blob, which may go round. */
static uv_buf_t next_piece(struct conn *c)
{
	const struct blob *body = c->reply.body;
	uint64_t left = c->end - c->at;
	size_t max = c->reply.drip_ms ? 1 : PIECE_MAX;

	if (!left)
		return uv_buf_init(NULL, 0);
	size_t from = c->reply.repeat_from, offset = (size_t)c->at;
	if (c->at >= body->len)
		offset = from + (size_t)((c->at - body->len) % (body->len - from));
	size_t n = body->len - offset;
	if (n > max)
		n = max;
	if (n > left)
		n = (size_t)left;
	c->at += n;
	return uv_buf_init(body->data + offset, (unsigned)n);
}

/* Sends head (first time), one piece and, when chunked, its frame. */
static void pump(struct conn *c)
{
	static char crlf[] = "\r\n", last[] = "0\r\n\r\n";
	uv_buf_t bufs[5];
	unsigned n = 0;
	uv_buf_t piece = next_piece(c);
	bool chunk = c->reply.chunked && piece.len;

	c->piece = piece.len;
	c->ended = c->at == c->end;
	if (c->head.len)
		bufs[n++] = uv_buf_init(c->head.data, (unsigned)c->head.len);
	if (chunk) {
		int len = snprintf(c->chunk_line, sizeof(c->chunk_line), "%zx\r\n", piece.len);

		bufs[n++] = uv_buf_init(c->chunk_line, (unsigned)len);
	}
	if (piece.len)
		bufs[n++] = piece;
	if (chunk)
		bufs[n++] = uv_buf_init(crlf, 2);
	if (c->ended && c->reply.chunked && !c->reply.no_last_chunk && !c->head_only)
		bufs[n++] = uv_buf_init(last, 5);
	if (!n) {
		finish(c);
		return;
	}
	conn_write(c, bufs, n, on_written);
}

static void write_head(struct conn *c)
{
	const struct reply *rp = &c->reply;
	size_t length = rp->body ? rp->body->len : 0;

	if (!rp->status)
		return;
	buf_printf(&c->head, "HTTP/1.1 %d %s\r\n", rp->status, http_reason(rp->status));
	if (rp->chunked)
		buf_str(&c->head, "Transfer-Encoding: chunked\r\n");
	else if (rp->status != 204 && rp->status != 304)
		buf_printf(&c->head, "Content-Length: %zu\r\n", length);
	if (rp->headers.len)
		buf_add(&c->head, rp->headers.data, rp->headers.len);
	if (c->close_after || rp->ending == END_CLOSE)
		buf_str(&c->head, "Connection: close\r\n");
	buf_str(&c->head, "\r\n");
}

static void start_reply(struct conn *c)
{
	struct reply *rp = &c->reply;

	write_head(c);
	c->at = 0;
	c->end = rp->body ? rp->body->len : 0;
	if (c->end && rp->repeat)
		c->end = rp->repeat;
	if (c->end > rp->send_max)
		c->end = rp->send_max;
	if (c->head_only || !rp->status || rp->status == 204 || rp->status == 304)
		c->end = 0;
	if (rp->delay_ms)
		later(c, rp->delay_ms, pump);
	else
		pump(c);
}

/* --- a script --- */

static void play(struct conn *c);

static void script_end(struct conn *c)
{
	c->ended = c->reply.ending != END_HANG;
	if (c->ended)
		tell(c, TOLD_END, http_now_us());
	finish(c);
}

static void on_piece_written(struct conn *c, int status)
{
	if (status < 0 || c->closing)
		conn_close(c, false);
	else
		play(c);
}

/* Both clocks of libuv are one, in other units; rounded up, so that nothing comes too early. */
static void wait_until(struct conn *c, uint64_t us)
{
	uint64_t ms = (us + US_PER_MS - 1) / US_PER_MS, now = uv_now(c->server->loop);

	later(c, ms > now ? (unsigned)(ms - now) : 1, play);
}

/* The next piece, now or when it is due. */
static void play(struct conn *c)
{
	struct script *s = c->reply.script;
	uint64_t now = http_now_us();

	if (c->played == s->count) {
		if (s->linger_ms)
			later(c, s->linger_ms, script_end);
		else
			script_end(c);
		return;
	}
	const struct piece *p = &s->pieces[c->played];
	if (c->asked_us + p->due_us > now) {
		wait_until(c, c->asked_us + p->due_us);
		return;
	}
	uv_buf_t bytes = uv_buf_init(s->bytes.data + p->from, (unsigned)p->n);
	c->played++;
	tell(c, p->content ? TOLD_CONTENT : TOLD_PIECE, now);
	conn_write(c, &bytes, 1, on_piece_written);
}

static void start_script(struct conn *c)
{
	c->played = 0;
	c->ended = false;
	c->reply.status = c->reply.script->count ? c->reply.status : 0;
	play(c);
}

/* --- reading --- */

static void refuse(struct conn *c, int status)
{
	struct buf json = { 0 };

	c->busy = true;
	c->close_after = true;
	c->head_only = false;
	reply_init(&c->reply);
	buf_printf(&json, "{\"error\":\"%s\"}", http_reason(status));
	reply_json(&c->reply, status, &json);
	start_reply(c);
}

static bool parse_header(struct http_request *rq, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon || colon == line || rq->header_count == HTTP_HEADERS_MAX)
		return false;
	*colon = '\0';
	for (char *s = line; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	char *value = colon + 1 + strspn(colon + 1, " \t");
	size_t n = strlen(value);
	while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		value[--n] = '\0';
	rq->headers[rq->header_count++] = (struct http_header){ line, value };
	return true;
}

/* Cuts the head in place. */
static bool parse_head(char *head, struct http_request *rq)
{
	char *line_end = strstr(head, "\r\n"), *rest = line_end + 2;

	*line_end = '\0';
	rq->method = head;
	rq->path = strchr(head, ' ');
	if (!rq->path)
		return false;
	*rq->path++ = '\0';
	char *version = strchr(rq->path, ' ');
	if (!version || strncmp(version + 1, "HTTP/1.", 7) != 0 || *rq->path != '/')
		return false;
	*version = '\0';
	rq->close = version[8] == '0';
	rq->query = strchr(rq->path, '?');
	if (rq->query)
		*rq->query++ = '\0';
	else
		rq->query = version; /* the empty text */
	while (*rest && strncmp(rest, "\r\n", 2) != 0) {
		char *end = strstr(rest, "\r\n");

		*end = '\0';
		if (!parse_header(rq, rest))
			return false;
		rest = end + 2;
	}
	const char *connection = http_header(rq, "connection");
	if (connection && !strcasecmp(connection, "close"))
		rq->close = true;
	return true;
}

static void answer(struct conn *c, struct http_request *rq)
{
	rq->connection = c->number;
	rq->nth = ++c->nth;
	rq->accepted_us = c->accepted_us;
	rq->read_us = c->asked_us = c->read_us;
	rq->secure = c->tls;
	rq->doomed = c->doomed;
	c->doomed = false;
	uv_timer_stop(&c->timer);
	c->busy = true;
	c->head_only = !strcmp(rq->method, "HEAD");
	c->close_after = rq->close;
	reply_init(&c->reply);
	c->server->answer(c->server->ctx, rq, &c->reply);
	if (c->reply.script)
		start_script(c);
	else
		start_reply(c);
}

/* True when a whole request stood in the buffer and was answered or refused. */
static bool take_request(struct conn *c)
{
	struct http_request rq = { 0 };
	const char *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
	size_t head = end ? (size_t)(end - c->in.data) + 4 : c->in.len;
	uint64_t body = 0;

	if (head > HTTP_HEAD_MAX)
		return refuse(c, 431), true;
	if (!end)
		return false;
	struct buf text = { 0 }; /* parsing cuts it, and it may have to be parsed again */
	buf_add(&text, c->in.data, head);
	int bad = strlen(text.data) != head || !parse_head(text.data, &rq) ? 400 : 0;
	const char *length = bad ? NULL : http_header(&rq, "content-length");
	if (!bad && http_header(&rq, "transfer-encoding"))
		bad = 411;
	else if (length && !number_parse(length, HTTP_BODY_MAX, &body))
		bad = 413;
	bool whole = bad || c->in.len >= head + body;
	if (bad) {
		refuse(c, bad);
	} else if (whole) {
		struct buf sent = { 0 };

		buf_add(&sent, c->in.data + head, body);
		rq.body = body ? sent.data : "";
		rq.body_n = body;
		memmove(c->in.data, c->in.data + head + body, c->in.len - head - body);
		c->in.len -= head + body;
		answer(c, &rq);
		buf_release(&sent);
	}
	buf_release(&text);
	return whole;
}

static void take_requests(struct conn *c)
{
	if (!c->busy && !c->closing)
		take_request(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
	static char shared[64 * 1024]; /* emptied by on_read before the next call */

	(void)h;
	(void)suggested;
	*out = uv_buf_init(shared, sizeof(shared));
}

/* false: this is no TLS, or the client cannot bear our certificate. */
static bool take_bytes(struct conn *c, const char *bytes, size_t n)
{
	bool ok = true;

	if (!c->tls) {
		buf_add(&c->in, bytes, n);
	} else {
		ok = tls_feed(c->tls, bytes, n, &c->in);
		send_cipher(c, false);
	}
	return ok;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct conn *c = stream->data;

	c->read_us = http_now_us();
	if (n < 0) {
		conn_close(c, false);
		return;
	}
	if (c->in.len > HTTP_HEAD_MAX + HTTP_BODY_MAX) {
		conn_close(c, true);
		return;
	}
	if (take_bytes(c, bytes->base, (size_t)n))
		take_requests(c);
	else
		conn_close(c, false);
}

bool http_door_by_name(const char *name, enum door *out)
{
	static const char *const names[DOORS] = {
		[DOOR_OPEN] = "open",
		[DOOR_RESET] = "reset",
		[DOOR_SILENT] = "silent",
		[DOOR_RUDE] = "rude",
	};

	for (int i = 0; i < DOORS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum door)i;
		return true;
	}
	return false;
}

static enum door take_door(struct http_server *s)
{
	enum door door = s->door;

	if (door != DOOR_OPEN && s->door_times && !--s->door_times)
		s->door = DOOR_OPEN;
	return door;
}

/* A new connection meets the door. */
static void receive(struct conn *c)
{
	static char rude[] = "220 mail.example.com ESMTP Postfix\r\n";
	uv_buf_t bytes = uv_buf_init(rude, sizeof(rude) - 1);

	switch (take_door(c->server)) {
	case DOOR_RESET:
		conn_close(c, true);
		return;
	case DOOR_SILENT:
		return;
	case DOOR_RUDE:
		tls_session_destroy(c->tls);
		c->tls = NULL;
		conn_write(c, &bytes, 1, on_farewell);
		return;
	default:
		if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
			conn_close(c, false);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct http_server *s = listener->data;

	if (status < 0)
		return;
	struct conn *c = sim_alloc(sizeof(*c));
	c->server = s;
	c->handles = 2;
	c->number = ++s->connections;
	c->accepted_us = http_now_us();
	c->tls = s->tls ? tls_session_create(s->tls) : NULL;
	reply_init(&c->reply);
	uv_tcp_init(s->loop, &c->tcp);
	uv_timer_init(s->loop, &c->timer);
	c->tcp.data = c->timer.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp)) {
		conn_close(c, false);
		return;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	receive(c);
}

int http_listen(struct http_server *s, const char *addr, int *port)
{
	struct sockaddr_in to;
	int size = sizeof(to);
	int rc = uv_ip4_addr(addr, *port, &to);

	uv_tcp_init(s->loop, &s->tcp);
	s->tcp.data = s;
	if (!rc)
		rc = uv_tcp_bind(&s->tcp, (const struct sockaddr *)&to, 0);
	if (!rc)
		rc = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
	if (!rc)
		rc = uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&to, &size);
	if (!rc)
		*port = ntohs(to.sin_port);
	return rc;
}
