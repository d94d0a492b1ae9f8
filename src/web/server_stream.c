#include "web/exchange.h"

#include <stdlib.h>
#include <zlib.h>

enum { BLOCK = 16 * 1024, WINDOW_GZIP = MAX_WBITS + 16, MEMORY = 8 };

/* ---- gzip ---- */

struct stream_packer {
	z_stream z;
	bool ended; /* all that is to be packed went in */
	char in[BLOCK];
};

static struct stream_packer *packer_create(void)
{
	struct stream_packer *p = calloc(1, sizeof(*p));

	if (!p || deflateInit2(&p->z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_GZIP, MEMORY,
			       Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	return p;
}

static void packer_destroy(struct stream_packer *p)
{
	if (!p)
		return;
	(void)deflateEnd(&p->z);
	free(p);
}

/* False: there is nothing to go in now, or never will be; *ret says as a stream does. */
static bool packer_fill(struct stream_packer *p, const struct http_reply *r, long *ret)
{
	long n = r->stream(r->stream_arg, p->in, sizeof(p->in));

	*ret = n;
	p->ended = n == HTTP_STREAM_END;
	if (n == 0 || n == HTTP_STREAM_BROKEN)
		return false;
	p->z.next_in = (unsigned char *)p->in;
	p->z.avail_in = n > 0 ? (unsigned)n : 0;
	return true;
}

/* As http_stream_fn. */
static long packer_more(struct stream_packer *p, const struct http_reply *r, char *out, size_t room)
{
	long said;

	for (;;) {
		if (!p->z.avail_in && !p->ended && !packer_fill(p, r, &said))
			return said;
		p->z.next_out = (unsigned char *)out;
		p->z.avail_out = (unsigned)room;
		int rc = deflate(&p->z, p->ended ? Z_FINISH : Z_NO_FLUSH);
		if (p->z.avail_out < room)
			return (long)(room - p->z.avail_out);
		if (rc == Z_STREAM_END)
			return HTTP_STREAM_END;
	}
}

/* ---- asleep and awake ---- */

/* Under the server's lock. */
void stream_wake_all(struct server *s)
{
	s->wakes++;
	for (struct stream *t = s->streams; t; t = t->next) {
		if (!t->asleep)
			continue;
		t->asleep = false;
		MHD_resume_connection(t->exchange->mhd);
	}
}

void server_wake_streams(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	stream_wake_all(s);
	pthread_mutex_unlock(&s->lock);
}

/* The library asks for more.  Nothing there: it sleeps until somebody wakes it, unless somebody did meanwhile. */
static ssize_t more(void *arg, uint64_t at, char *out, size_t room)
{
	struct exchange *x = arg;
	struct server *s = x->server;
	uint64_t wakes;
	bool stopping;

	(void)at;
	pthread_mutex_lock(&s->lock);
	wakes = s->wakes;
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	if (stopping && !x->reply.stream_is_finite)
		return MHD_CONTENT_READER_END_OF_STREAM;
	long n = x->stream.packer ? packer_more(x->stream.packer, &x->reply, out, room)
				  : x->reply.stream(x->reply.stream_arg, out, room);
	if (n == HTTP_STREAM_BROKEN)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	x->sent += (uint64_t)n;
	if (n > 0)
		return n;
	pthread_mutex_lock(&s->lock);
	if (s->wakes == wakes) {
		x->stream.asleep = true;
		MHD_suspend_connection(x->mhd);
	}
	pthread_mutex_unlock(&s->lock);
	return 0;
}

bool stream_begin(struct exchange *x)
{
	struct server *s = x->server;
	struct stream *t = &x->stream;

	pthread_mutex_lock(&s->lock);
	bool room = s->n_streams < s->web->conf.limits.streams_max;
	if (room) {
		s->n_streams++;
		t->listed = true;
		t->next = s->streams;
		if (t->next)
			t->next->previous = t;
		s->streams = t;
	}
	pthread_mutex_unlock(&s->lock);
	/* It may go on for days, and what it needs it has copied. */
	web_leave(x->epoch);
	x->epoch = NULL;
	return room;
}

struct MHD_Response *stream_response(struct exchange *x, bool packed)
{
	if (packed)
		x->stream.packer = packer_create();
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, more, x, NULL);
}

void stream_forget(struct exchange *x)
{
	struct server *s = x->server;
	struct stream *t = &x->stream;

	packer_destroy(t->packer);
	t->packer = NULL;
	if (!t->listed)
		return;
	pthread_mutex_lock(&s->lock);
	if (t->next)
		t->next->previous = t->previous;
	if (t->previous)
		t->previous->next = t->next;
	else
		s->streams = t->next;
	s->n_streams--;
	t->listed = false;
	pthread_mutex_unlock(&s->lock);
}
