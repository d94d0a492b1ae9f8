/*
 * events: changes as they are committed, as server-sent events (WHATWG HTML, 9.2).
 *
 *	: hello             at once, with the id that the stream begins behind, and retry
 *	id, event, data     a change each, in the order of commits
 *	: beat              when nothing else was sent for a while, so that nobody takes us for gone
 *
 * Who comes back with Last-Event-ID gets what came after it, also from a daemon started since.  An id
 * that stands alone moves the client's without an event: so one that filters, or that has not had an
 * event yet, begins where it was, too.
 */
#include "base/log.h"
#include "web/handlers.h"
#include "web/tail.h"
#include "web/web.h"
#include "web/wish.h"

#include <inttypes.h>

enum { BEAT_MS = 15000, RETRY_MS = 5000, US_PER_MS = 1000, PENDING_MAX = 256 * 1024 * 1024 };

const struct param events_params[] = {
	{ "after", PARAM_INT, .max = INT64_MAX },
	{ "provider", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "kind", PARAM_LIST, .max = WISH_LIST_MAX },
	{ 0 },
};

struct stream {
	struct web *web;
	struct arena arena; /* of the wish */
	struct tail_wish wish;
	bool kinds[CHANGE_KINDS];
	int64_t at;         /* all up to that change was looked at ... */
	int64_t said;       /* ... and up to that one the client knows it */
	struct buf pending; /* to be sent, from `sent` on */
	size_t sent;
	uint64_t sent_us; /* when something was sent last */
	bool failing;
};

/* ---- what to send ---- */

/* Once until it goes well again. */
static void note(struct stream *s, bool ok, const struct err *e)
{
	if (!ok && !s->failing)
		log_event(LOG_WARN, "a stream of changes cannot read them", LOG_ERR(e));
	s->failing = !ok;
}

static void read_on(struct stream *s)
{
	struct tail *t = s->web->tail;
	struct err e;
	int64_t from;
	bool ok;

	do {
		from = s->at;
		ok = tail_read(t, &s->wish, &s->at, &s->pending, &e);
	} while (ok && !s->pending.n && s->at != from);
	note(s, ok, &e);
}

static void look(struct stream *s)
{
	struct err e;
	bool is_new;
	bool ok = tail_look(s->web->tail, &is_new, &e);

	note(s, ok, &e);
	if (is_new) {
		http_streams_wake(s->web);
		read_on(s);
	}
}

static void beat(struct stream *s)
{
	if (clock_mono_us() - s->sent_us < (uint64_t)BEAT_MS * US_PER_MS)
		return;
	if (s->said != s->at)
		buf_printf(&s->pending, "id: %" PRId64 "\n", s->at);
	buf_add_str(&s->pending, STR(": beat\n\n"));
}

static void find_more(struct stream *s)
{
	buf_clear(&s->pending);
	s->sent = 0;
	read_on(s);
	if (!s->pending.n)
		look(s);
	if (!s->pending.n)
		beat(s);
}

static long send_some(void *arg, char *out, size_t room)
{
	struct stream *s = arg;
	size_t n;

	if (s->sent == s->pending.n)
		find_more(s);
	n = s->pending.n - s->sent;
	n = n < room ? n : room;
	if (n == 0)
		return 0;
	memcpy(out, s->pending.at + s->sent, n);
	s->sent += n;
	s->said = s->at;
	s->sent_us = clock_mono_us();
	return (long)n;
}

static void end(void *arg)
{
	struct stream *s = arg;

	buf_release(&s->pending);
	arena_release(&s->arena);
	free(s);
}

/* ---- where to begin ---- */

static bool read_newest(struct store *s, void *arg, struct err *e)
{
	return store_newest_change(s, arg, e);
}

/* A browser that comes back asks with the query of the first time: what it has seen since counts more. */
static bool find_begin(const struct http_request *q, struct http_reply *r, int64_t *ret)
{
	int64_t newest = 0;
	struct err e;

	if (!reads_run(q->web->reads, read_newest, &newest, &e)) {
		http_fail_err(r, &e);
		return false;
	}
	*ret = str_is_none(http_param(q, "after")) ? newest : http_param_int(q, "after");
	if (q->last_event_id.n && !str_to_i64(q->last_event_id, 0, INT64_MAX, ret)) {
		http_fail(r, HTTP_UNPROCESSABLE, "Last-Event-ID: \"%s\" is no id of a change",
			  err_quote(q->last_event_id.at, q->last_event_id.n));
		return false;
	}
	/* Beyond all there is: it was of another database. */
	*ret = *ret > newest ? newest : *ret;
	return true;
}

/* GET /events */
void events_get(struct http_request *q, struct http_reply *r)
{
	struct str provider;
	bool kinds[CHANGE_KINDS];
	bool some_kinds;
	int64_t begin;
	struct stream *s;

	if (!wish_provider(q, r, "provider", &provider) ||
	    !wish_kinds(q, r, "kind", kinds, &some_kinds) || !find_begin(q, r, &begin))
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->web = q->web;
	s->wish.provider = arena_str(&s->arena, provider);
	memcpy(s->kinds, kinds, sizeof(kinds));
	s->wish.kinds = some_kinds ? s->kinds : NULL;
	s->at = begin;
	s->pending = BUF_INIT(PENDING_MAX);
	buf_printf(&s->pending, ": hello\nretry: %d\nid: %" PRId64 "\n\n", RETRY_MS, begin);
	r->type = "text/event-stream";
	http_header(r, "X-Accel-Buffering", STR("no"));
	r->stream = send_some;
	r->stream_end = end;
	r->stream_arg = s;
}
