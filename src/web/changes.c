#include "core/change_json.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/web.h"
#include "web/wish.h"

const struct param changes_params[] = {
	{ "since", PARAM_TIME },
	{ "after", PARAM_INT, .max = INT64_MAX },
	{ "before", PARAM_INT, .min = 2, .max = INT64_MAX },
	{ "provider", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "model", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "kind", PARAM_LIST, .max = WISH_LIST_MAX },
	{ "limit", PARAM_INT, .min = 1, .max = 1000, .default_int = 100 },
	{ 0 },
};

struct asked {
	const struct http_request *q;
	struct http_reply *r;
	struct store_change_query query;
	struct json_writer json;
	uint64_t n;
	int64_t first, last; /* ids */
};

static bool add_change(void *arg, const struct store_change_row *row, struct err *e)
{
	struct asked *g = arg;

	(void)e;
	change_json(&g->json, row->id, row->at_ms, row->provider, &row->change);
	if (g->n++ == 0)
		g->first = row->id;
	g->last = row->id;
	return true;
}

static bool read_changes(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;

	g->json = (struct json_writer){ .out = reply_begin(g->q, g->r) };
	g->n = 0;
	json_open(&g->json, '[');
	if (!store_list_changes(s, &g->query, add_change, g, e))
		return false;
	json_close(&g->json, ']');
	return true;
}

/* GET /changes */
void changes_get(struct http_request *q, struct http_reply *r)
{
	bool kinds[CHANGE_KINDS];
	bool some_kinds;
	int64_t before = http_param_int(q, "before");
	struct asked g = {
		.q = q,
		.r = r,
		.query = {
			.since_ms = http_param_time(q, "since"),
			.after_id = http_param_int(q, "after"),
			.up_to_id = before ? before - 1 : 0,
			.model = http_param(q, "model"),
			.limit = (uint64_t)http_param_int(q, "limit"),
		},
	};
	struct err e;

	if (!wish_provider(q, r, "provider", &g.query.provider) ||
	    !wish_kinds(q, r, "kind", kinds, &some_kinds))
		return;
	g.query.kinds = some_kinds ? kinds : NULL;
	g.query.oldest = wish_oldest(q);
	if (!reads_run(q->web->reads, read_changes, &g, &e)) {
		http_fail_err(r, &e);
		return;
	}
	if (g.n == g.query.limit)
		wish_link(q, r, g.first, g.last);
}
