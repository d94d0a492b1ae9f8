#include "web/exchange.h"

enum { BLOCK = 16 * 1024 };

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
	long n = x->reply.stream(x->reply.stream_arg, out, room);
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

struct MHD_Response *stream_response(struct exchange *x)
{
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, more, x, NULL);
}

void stream_forget(struct exchange *x)
{
	struct server *s = x->server;
	struct stream *t = &x->stream;

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
