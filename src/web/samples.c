#include "core/sample_json.h"
#include "store/probe.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/web.h"
#include "web/wish.h"

const struct param samples_params[] = {
	{ "provider", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "model", PARAM_TEXT, .max = WISH_TEXT_MAX },
	{ "since", PARAM_TIME },
	{ "after", PARAM_INT, .max = INT64_MAX },
	{ "before", PARAM_INT, .min = 1, .max = INT64_MAX },
	{ "limit", PARAM_INT, .min = 1, .max = 1000, .default_int = 100 },
	{ 0 },
};

struct asked {
	const struct http_request *q;
	struct http_reply *r;
	struct store_sample_query query;
	struct json_writer json;
	uint64_t n;
	int64_t first, last; /* ids */
};

static bool add_sample(void *arg, int64_t id, const struct sample *s, struct err *e)
{
	struct asked *g = arg;

	(void)e;
	sample_json(&g->json, id, s);
	if (g->n++ == 0)
		g->first = id;
	g->last = id;
	return true;
}

static bool read_samples(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;

	g->json = (struct json_writer){ .out = reply_begin(g->q, g->r) };
	g->n = 0;
	json_open(&g->json, '[');
	if (!store_list_samples(s, &g->query, add_sample, g, e))
		return false;
	json_close(&g->json, ']');
	return true;
}

/* GET /samples */
void samples_get(struct http_request *q, struct http_reply *r)
{
	struct asked g = {
		.q = q,
		.r = r,
		.query = {
			.provider_model_id = http_param(q, "model"),
			.since_ms = http_param_time(q, "since"),
			.after_id = http_param_int(q, "after"),
			.before_id = http_param_int(q, "before"),
			.limit = (uint64_t)http_param_int(q, "limit"),
		},
	};
	struct err e;

	if (!wish_measured_provider(q, r, "provider", &g.query.provider))
		return;
	g.query.oldest = wish_oldest(q);
	if (!reads_run(q->web->reads, read_samples, &g, &e)) {
		http_fail_err(r, &e);
		return;
	}
	if (g.n == g.query.limit)
		wish_link(q, r, g.first, g.last);
}
