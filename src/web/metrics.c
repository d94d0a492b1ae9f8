#include "web/metrics.h"

#include "web/handlers.h"
#include "web/web.h"

enum { METRICS_MAX = 32 * 1024 * 1024 };

static const char type_text[] = "text/plain; version=0.0.4; charset=utf-8";
static const char type_openmetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";

void metrics_get(struct http_request *q, struct http_reply *r)
{
	bool openmetrics = metrics_wants_openmetrics(q->accept);
	const struct view *v = view_get(q->web->conf.views);

	r->type = openmetrics ? type_openmetrics : type_text;
	r->max_age_s = -1;
	r->body = BUF_INIT(METRICS_MAX);
	http_header(r, "Vary", STR("Accept"));
	counters_print(q->web->conf.counters, v, openmetrics, &r->body);
	if (v)
		view_put(v);
}
