/*
 * admin: how a handler of the admin surface gets done what its own thread must not do.
 *
 *	handler (a thread of the pool) ▶ loop ▶ store thread ▶ loop ▶ answer
 *
 * A task is one request on that way: made by the handler, in the request's arena, and in one thread at a time.  It
 * holds the service's memory (web_ref()), and between its steps the service may have been stopped: then no step runs
 * any more and the request, if somebody still waits for it, is answered 503.
 */
#pragma once
#include "task/desk.h"
#include "web/web.h"

struct admin_task {
	struct http_request *q;
	struct http_reply reply; /* what it will be answered with */
	struct err err;          /* of admin_on_store(): why `work` failed */
	bool failed;
	void *data; /* the handler's */
	/* Set by `work` that must not stand alone: what takes it back, should the service be stopped before `fn`. */
	bool (*undo)(struct store *s, struct admin_task *t, struct err *e);
	/* private */
	struct web *web;
	struct http_wait *wait;
	void (*step)(struct admin_task *t);
	bool (*work)(struct store *s, struct admin_task *t, struct err *e);
};

typedef void admin_fn(struct admin_task *t);
typedef bool admin_work_fn(struct store *s, struct admin_task *t, struct err *e);

/* From a handler, as the last thing it does: `fn` on the loop. */
void admin_begin(struct http_request *q, void *data, admin_fn *fn);
/* From the loop: `work` on the store thread, then `fn` on the loop. */
void admin_on_store(struct admin_task *t, admin_work_fn *work, admin_fn *fn);
/* From the loop: `fn` once what is asked to be shown by now is shown (web/view.h). */
void admin_when_shown(struct admin_task *t, admin_fn *fn);
/* From the loop; the task is gone. */
void admin_answer(struct admin_task *t);
/* admin_answer() with {"detail": …}. */
void admin_refuse(struct admin_task *t, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* … and with what t->err says. */
void admin_refuse_err(struct admin_task *t);

/* Who decides, for the audit. */
struct desk_hand admin_hand(const struct http_request *q);
/* The provider that the first piece of the path names; NULL: the task was answered 404, naming the known ones. */
const struct descriptor *admin_provider(struct admin_task *t);
/* The same for any slug. */
const struct descriptor *admin_find_provider(struct admin_task *t, struct str slug);
