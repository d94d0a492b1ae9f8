#include "task/export.h"

#include "base/log.h"
#include "web/handlers.h"
#include "web/web.h"
#include "web/wish.h"

#include <stdlib.h>

enum { PIECE_MAX = 64 << 20 /* of a few hundred models; only a bound */ };

const struct param export_params[] = {
	{ "providers", PARAM_LIST, .max = WISH_LIST_MAX },
	{ 0 },
};

/* One client's; it outlives the request's arena. */
struct stream {
	struct reads *reads;
	struct exporter *exporter;
	struct buf piece;
	size_t sent; /* of the piece */
	bool more;   /* behind it */
};

static void stream_end(void *arg)
{
	struct stream *t = arg;

	exporter_destroy(t->exporter);
	buf_release(&t->piece);
	free(t);
}

static bool read_piece(struct store *s, void *arg, struct err *e)
{
	struct stream *t = arg;

	return exporter_step(t->exporter, s, &t->more, e) &&
	       (!buf_overflowed(&t->piece) ||
		err_set(e, ERR_LIMIT, "a piece of the export is larger than anybody expected"));
}

/* The status is sent by now: who has half an export must see that it is half. */
static bool next_piece(struct stream *t)
{
	struct err e;

	t->sent = 0;
	buf_clear(&t->piece);
	if (reads_run(t->reads, read_piece, t, &e))
		return true;
	log_event(LOG_ERROR, "an export broke off", LOG_TEXT("err", e.text));
	return false;
}

static long stream_more(void *arg, char *out, size_t room)
{
	struct stream *t = arg;
	size_t n;

	while (t->sent == t->piece.n) {
		if (!t->more)
			return HTTP_STREAM_END;
		if (!next_piece(t))
			return HTTP_STREAM_BROKEN;
	}
	n = t->piece.n - t->sent;
	n = n < room ? n : room;
	memcpy(out, t->piece.at + t->sent, n);
	t->sent += n;
	return (long)n;
}

struct beginning {
	struct stream *stream;
	struct export_query query;
};

static bool read_beginning(struct store *s, void *arg, struct err *e)
{
	struct beginning *b = arg;

	buf_clear(&b->stream->piece);
	exporter_destroy(b->stream->exporter);
	b->stream->exporter = NULL;
	return exporter_create(&b->stream->exporter, s, &b->query, &b->stream->piece, e) &&
	       read_piece(s, b->stream, e);
}

static void answer(struct http_request *q, struct http_reply *r, enum export_format format)
{
	struct beginning b = { .query = { .format = format } };
	struct str *providers;
	struct err e;

	if (!wish_providers(q, r, "providers", &providers, &b.query.n_providers))
		return;
	b.query.providers = providers;
	b.stream = calloc(1, sizeof(*b.stream));
	if (!b.stream)
		abort();
	b.stream->reads = q->web->reads;
	b.stream->piece = BUF_INIT(PIECE_MAX);
	if (!reads_run(q->web->reads, read_beginning, &b, &e)) {
		stream_end(b.stream);
		http_fail_err(r, &e);
		return;
	}
	r->type = export_types[format];
	r->stream = stream_more;
	r->stream_is_finite = true;
	r->stream_end = stream_end;
	r->stream_arg = b.stream;
}

void export_litellm(struct http_request *q, struct http_reply *r)
{
	answer(q, r, EXPORT_LITELLM);
}

void export_models_dev(struct http_request *q, struct http_reply *r)
{
	answer(q, r, EXPORT_MODELS_DEV);
}

void export_openai(struct http_request *q, struct http_reply *r)
{
	answer(q, r, EXPORT_OPENAI);
}

void export_csv(struct http_request *q, struct http_reply *r)
{
	answer(q, r, EXPORT_CSV);
}

void export_json(struct http_request *q, struct http_reply *r)
{
	answer(q, r, EXPORT_JSON);
}
