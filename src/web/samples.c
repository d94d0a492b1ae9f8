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
	{ "limit", PARAM_INT, .min = 1, .max = 1000, .default_int = 100 },
	{ 0 },
};

struct asked {
	const struct http_request *q;
	struct http_reply *r;
	struct store_sample_query query;
	struct json_writer json;
};

static bool add_sample(void *arg, int64_t id, const struct sample *s, struct err *e)
{
	struct asked *g = arg;

	(void)e;
	sample_json(&g->json, id, s);
	return true;
}

static bool read_samples(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;

	g->json = (struct json_writer){ .out = reply_begin(g->q, g->r) };
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
			.limit = (uint64_t)http_param_int(q, "limit"),
		},
	};
	struct err e;

	if (!wish_measured_provider(q, r, "provider", &g.query.provider))
		return;
	if (!reads_run(q->web->reads, read_samples, &g, &e)) {
		http_fail_err(r, &e);
		return;
	}
}
