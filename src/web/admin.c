#include "web/admin.h"

enum { SENTENCE_MAX = 4096 };

/* ---- from thread to thread ---- */

static void end(struct admin_task *t)
{
	struct http_reply reply = t->reply;
	struct web *w = t->web;

	/* The arena that the task is in goes with the answer, perhaps before http_answer() returns. */
	http_answer(t->wait, &reply);
	web_unref(w);
}

/* The store outlives the web: what was posted to it before is done, and so is this. */
static void stop(struct admin_task *t)
{
	admin_work_fn *undo = t->undo;

	if (undo) {
		t->undo = NULL;
		admin_on_store(t, undo, stop);
		return;
	}
	http_fail(&t->reply, HTTP_UNAVAILABLE, "the service is stopping");
	end(t);
}

static void next_step(void *arg)
{
	struct admin_task *t = arg;

	if (t->web->stopped)
		stop(t);
	else
		t->step(t);
}

void admin_begin(struct http_request *q, void *data, admin_fn *fn)
{
	struct admin_task *t = arena_new(q->arena, struct admin_task);

	*t = (struct admin_task){
		.q = q, .reply = HTTP_REPLY_INIT, .data = data, .web = web_ref(q->web), .step = fn
	};
	t->wait = http_wait(q);
	loop_post(t->web->conf.loop, next_step, t);
}

static void run_work(struct store *s, void *arg)
{
	struct admin_task *t = arg;

	t->failed = !t->work(s, t, &t->err);
}

void admin_on_store(struct admin_task *t, admin_work_fn *work, admin_fn *fn)
{
	t->work = work;
	t->step = fn;
	store_thread_post(t->web->conf.store, run_work, next_step, t);
}

void admin_when_shown(struct admin_task *t, admin_fn *fn)
{
	t->step = fn;
	if (t->web->stopped)
		next_step(t);
	else
		view_when_settled(t->web->conf.views, next_step, t);
}

void admin_answer(struct admin_task *t)
{
	end(t);
}

void admin_refuse(struct admin_task *t, int status, const char *format, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	http_fail(&t->reply, status, "%s", sentence);
	end(t);
}

void admin_refuse_err(struct admin_task *t)
{
	http_fail_err(&t->reply, &t->err);
	end(t);
}

/* ---- what many of them need ---- */

struct desk_hand admin_hand(const struct http_request *q)
{
	return (struct desk_hand){ .actor = q->actor, .now_ms = clock_now_ms() };
}

const struct descriptor *admin_find_provider(struct admin_task *t, struct str slug)
{
	const struct registry *known = web_registry(t->web);
	const struct descriptor *d = registry_find(known, slug);

	if (!d)
		admin_refuse(t, HTTP_NOT_FOUND, "unknown provider \"%s\"; known are: %s",
			     err_quote(slug.at, slug.n), registry_slugs(known, t->q->arena).at);
	return d;
}

const struct descriptor *admin_provider(struct admin_task *t)
{
	return admin_find_provider(t, t->q->pieces[0]);
}
