/*
 * history: what was observed of one model, and how it did.
 */
#include "core/change_json.h"
#include "store/past.h"
#include "store/view.h"
#include "web/handlers.h"
#include "web/reply.h"
#include "web/shelf.h"
#include "web/wish.h"

enum { CHANGES_MAX = 10000, CHANGES_DEFAULT = 1000, HEALTH_ROWS_MAX = 1000, HEALTH_ROWS = 100 };

const struct param history_params[] = {
	{ "limit", PARAM_INT, .min = 1, .max = CHANGES_MAX, .default_int = CHANGES_DEFAULT },
	{ 0 },
};
const struct param history_health_params[] = {
	{ "since", PARAM_TIME },
	{ "limit", PARAM_INT, .min = 1, .max = HEALTH_ROWS_MAX, .default_int = HEALTH_ROWS },
	{ 0 },
};

/* ---- versions, prices, absences, changes ---- */

static void add_version(struct json_writer *w, const struct store_past_version *v)
{
	ARENA_AUTO(a);

	json_open(w, '{');
	json_add_instant(w, "seen_from", v->from_ms);
	json_add_instant(w, "seen_to", v->to_ms);
	json_add_str(w, "model_name", v->model.name);
	json_add_known(w, "context_length", v->model.context_length);
	json_add_known(w, "max_output_tokens", v->model.max_output_tokens);
	json_add_str(w, "modality", v->model.modality);
	json_add_str(w, "capabilities",
		     v->model.capabilities.said ? capabilities_text(v->model.capabilities, &a)
						: STR_NONE);
	json_add_str(w, "quantization", v->model.quantization);
	json_add_instant(w, "deprecated_at", v->model.deprecated_at_ms);
	json_add_str(w, "replaced_by", v->model.replaced_by);
	json_close(w, '}');
}

static void add_price(struct json_writer *w, const struct store_past_price *p)
{
	json_open(w, '{');
	json_add_instant(w, "seen_from", p->from_ms);
	json_add_instant(w, "seen_to", p->to_ms);
	json_add_str(w, "meter", str_of(meters[p->price.meter].name));
	json_add_str(w, "condition", p->price.condition);
	json_add_str(w, "state", str_of(price_state_names[p->price.state]));
	json_add_str(w, "amount", p->price.amount);
	json_add_str(w, "currency", p->price.currency);
	json_add_instant(w, "valid_from", p->price.valid_from_ms);
	json_add_instant(w, "valid_to", p->price.valid_to_ms);
	json_add_str(w, "raw", p->price.raw);
	json_add_str(w, "unit", p->price.unit);
	json_add_str(w, "source", p->price.source);
	json_add_str(w, "suspect", p->suspect);
	json_close(w, '}');
}

static void add_absence(struct json_writer *w, const struct store_past_absence *absence)
{
	json_open(w, '{');
	json_add_instant(w, "gone_from", absence->from_ms);
	json_add_instant(w, "gone_to", absence->to_ms);
	json_add_instant(w, "removed_at", absence->removed_ms);
	json_close(w, '}');
}

static void add_past(struct json_writer *w, const struct store_past_model *m)
{
	json_add_i64(w, "id", m->model_id);
	json_add_str(w, "provider", m->provider);
	json_add_str(w, "provider_model_id", m->provider_model_id);
	json_key(w, "versions");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_versions; i++)
		add_version(w, &m->versions[i]);
	json_close(w, ']');
	json_key(w, "prices");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_prices; i++)
		add_price(w, &m->prices[i]);
	json_close(w, ']');
	json_key(w, "absences");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_absences; i++)
		add_absence(w, &m->absences[i]);
	json_close(w, ']');
}

struct asked {
	const struct http_request *q;
	struct http_reply *r;
	int64_t model_id;
	struct json_writer json;
};

static bool add_change(void *arg, const struct store_change_row *row, struct err *e)
{
	struct asked *g = arg;

	(void)e;
	change_json(&g->json, row->id, row->at_ms, row->provider, &row->change);
	return true;
}

static bool read_history(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;
	struct json_writer *w = &g->json;
	struct store_change_query changes = {
		.since_ms = CLOCK_NONE,
		.limit = (uint64_t)http_param_int(g->q, "limit"),
	};
	struct store_past_model m;

	if (!store_load_past_model(s, g->model_id, g->q->arena, &m, e))
		return false;
	*w = (struct json_writer){ .out = reply_begin(g->q, g->r) };
	json_open(w, '{');
	add_past(w, &m);
	json_key(w, "changes");
	json_open(w, '[');
	changes.provider = m.provider;
	changes.model = m.provider_model_id;
	if (!store_list_changes(s, &changes, add_change, g, e))
		return false;
	json_close(w, ']');
	json_close(w, '}');
	return true;
}

/* ---- health ---- */

/* A double of the database, with so many decimals; negative: not known. */
static void add_double(struct json_writer *w, const char *key, double value, unsigned decimals)
{
	double scale = 1;

	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	json_add_decimal(w, key, value < 0 ? -1 : (int64_t)(value * scale + 0.5), decimals);
}

static void add_move(struct json_writer *w, const struct store_health_row *row)
{
	enum { RATE_DECIMALS = 6, MS_DECIMALS = 3 };

	json_open(w, '{');
	json_add_instant(w, "at", row->at_ms);
	json_add_str(w, "health_status", row->status);
	json_add_str(w, "reason", row->reason);
	add_double(w, "success_rate", row->success_rate, RATE_DECIMALS);
	add_double(w, "average_response_time_ms", row->response_ms, MS_DECIMALS);
	json_close(w, '}');
}

static bool find_row(void *arg, const struct store_shown_model *row, struct err *e)
{
	int64_t *provider_id = arg;

	(void)e;
	*provider_id = row->provider_id;
	return true;
}

static bool read_health(struct store *s, void *arg, struct err *e)
{
	struct asked *g = arg;
	const struct store_health_query query = {
		.model_id = g->model_id,
		.since_ms = http_param_time(g->q, "since"),
		.limit = (uint64_t)http_param_int(g->q, "limit"),
	};
	struct json_writer *w = &g->json;
	struct store_health_row *rows;
	int64_t provider_id = 0;
	size_t n;

	if (!store_list_shown(s, 0, g->model_id, find_row, &provider_id, e))
		return false;
	if (!provider_id)
		return err_set(e, ERR_DATA, "there is no model %lld", (long long)g->model_id);
	if (!store_load_health(s, &query, g->q->arena, &rows, &n, e))
		return false;
	*w = (struct json_writer){ .out = reply_begin(g->q, g->r) };
	json_open(w, '[');
	for (size_t i = 0; i < n; i++)
		add_move(w, &rows[i]);
	json_close(w, ']');
	return true;
}

/* ---- handlers ---- */

static void answer(struct http_request *q, struct http_reply *r, reads_fn *fn)
{
	struct asked g = { .q = q, .r = r };
	struct err e;

	if (!shelf_path_id(q, r, &g.model_id))
		return;
	if (!reads_run(q->web->reads, fn, &g, &e))
		http_fail_err(r, &e);
}

/* GET /models/{id}/history */
void history_get(struct http_request *q, struct http_reply *r)
{
	answer(q, r, read_history);
}

/* GET /models/{id}/health/history */
void history_health(struct http_request *q, struct http_reply *r)
{
	answer(q, r, read_health);
}
