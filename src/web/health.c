#include "web/handlers.h"
#include "web/web.h"

enum { HEALTH_MAX = 4096 };

static void say(struct http_reply *r, const char *status)
{
	r->max_age_s = -1;
	r->body = BUF_INIT(HEALTH_MAX);
	struct json_writer w = { .out = &r->body };
	json_open(&w, '{');
	json_add_str(&w, "status", str_of(status));
	json_close(&w, '}');
}

/* The process answers; nothing else is looked at, so that nobody restarts it for the database's sake. */
void health_live(struct http_request *q, struct http_reply *r)
{
	(void)q;
	say(r, "ok");
}

/*
 * Ready: the catalog was loaded, from a database whose schema is ours (store_open() refuses others), and nobody
 * has asked us to stop.  And it can be relied on, as far as the last look says (task/agenda.h).
 */
void health_ready(struct http_request *q, struct http_reply *r)
{
	char doubt[ERR_TEXT_MAX];
	const struct view *v;

	if (atomic_load(&q->web->draining)) {
		http_fail(r, HTTP_UNAVAILABLE, "the service is stopping");
		return;
	}
	if (web_is_doubtful(q->web, doubt)) {
		http_fail(r, HTTP_UNAVAILABLE, "%s", doubt);
		return;
	}
	v = view_get(q->web->conf.views);
	if (!v) {
		http_fail(r, HTTP_UNAVAILABLE, "the catalog is being loaded");
		return;
	}
	view_put(v);
	say(r, "ready");
}
