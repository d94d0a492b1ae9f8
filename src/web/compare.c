#include "task/compare_json.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/web.h"
#include "web/wish.h"

const struct param compare_params[] = {
	{ "providers", PARAM_LIST, .max = WISH_LIST_MAX },
	{ "input_tokens", PARAM_INT, .max = OFFER_TOKENS_MAX },
	{ "output_tokens", PARAM_INT, .max = OFFER_TOKENS_MAX },
	{ 0 },
};

struct asked {
	struct compare_query query;
	struct arena *arena;
	struct comparison comparison;
};

static bool read_offers(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;

	return compare_models(s, &g->query, g->arena, &g->comparison, e);
}

static uint64_t tokens(const struct http_request *q, const char *name)
{
	bool said = !str_is_none(http_param(q, name));

	return said ? (uint64_t)http_param_int(q, name) : OFFER_NOT_SAID;
}

/* GET /compare/{*} */
void compare_get(struct http_request *q, struct http_reply *r)
{
	struct asked g = { .arena = q->arena };
	struct str *providers;
	struct err e;

	if (!wish_providers(q, r, "providers", &providers, &g.query.n_providers))
		return;
	g.query.providers = providers;
	g.query.model = q->pieces[0];
	if (!offer_use_of(tokens(q, "input_tokens"), tokens(q, "output_tokens"), &g.query.use)) {
		http_fail(r, HTTP_UNPROCESSABLE,
			  "input_tokens and output_tokens are both 0: say how many, or neither");
		return;
	}
	if (!reads_run(q->web->reads, read_offers, &g, &e)) {
		http_fail_err(r, &e);
		return;
	}
	struct json_writer w = { .out = reply_begin(q, r) };
	compare_json(&w, &g.comparison, &g.query.use);
}
