/*
 * Jobs on request: which there are, how far one is, and that it be given up.
 */
#include "task/edit.h"
#include "web/admin.h"
#include "web/handlers.h"
#include "web/jobs.h"
#include "web/reply.h"
#include "web/shelf.h"

#include <inttypes.h>

static void tell(struct admin_task *t, int64_t id)
{
	if (!jobs_print(t->web->jobs, id, reply_begin(t->q, &t->reply))) {
		admin_refuse(t, HTTP_NOT_FOUND, "there is no job %" PRId64, id);
		return;
	}
	admin_answer(t);
}

static void tell_all(struct admin_task *t)
{
	tell(t, 0);
}

/* GET /admin/jobs */
void admin_jobs_get(struct http_request *q, struct http_reply *r)
{
	(void)r;
	admin_begin(q, NULL, tell_all);
}

static void tell_one(struct admin_task *t)
{
	tell(t, *(const int64_t *)t->data);
}

static void begin_one(struct http_request *q, struct http_reply *r, admin_fn *fn)
{
	int64_t *id = arena_new(q->arena, int64_t);

	if (shelf_path_id(q, r, id))
		admin_begin(q, id, fn);
}

/* GET /admin/jobs/{id} */
void admin_job_get(struct http_request *q, struct http_reply *r)
{
	begin_one(q, r, tell_one);
}

static bool write_audit(struct store *s, struct admin_task *t, struct err *e)
{
	const struct desk_hand by = admin_hand(t->q);
	struct str job = arena_printf(t->q->arena, "job:%" PRId64, *(const int64_t *)t->data);
	struct str detail = arena_printf(t->q->arena, "{\"peer\":\"%.*s\"}", STR_FMT(t->q->peer));

	return edit_note(s, &by, STR("api.job.cancel"), job, detail, e);
}

/* It may have ended while that was written. */
static void cancel(struct admin_task *t)
{
	int64_t id = *(const int64_t *)t->data;

	if (t->failed) {
		admin_refuse_err(t);
		return;
	}
	(void)jobs_cancel(t->web->jobs, id);
	tell(t, id);
}

static void ask_to_cancel(struct admin_task *t)
{
	int64_t id = *(const int64_t *)t->data;

	switch (jobs_find(t->web->jobs, id)) {
	case JOB_RUNNING:
		admin_on_store(t, write_audit, cancel);
		return;
	case JOB_ENDED:
		admin_refuse(t, HTTP_CONFLICT, "job %" PRId64 " has ended", id);
		return;
	case JOB_UNKNOWN:
		break;
	}
	admin_refuse(t, HTTP_NOT_FOUND, "there is no job %" PRId64, id);
}

/* DELETE /admin/jobs/{id} */
void admin_job_delete(struct http_request *q, struct http_reply *r)
{
	begin_one(q, r, ask_to_cancel);
}
