#include "task/compare_json.h"

/* Decimals of a rate in millionths, of milliseconds in microseconds. */
enum { MILLIONTHS = 6, THOUSANDTHS = 3 };

/* What probes found. */
static void add_measured(struct json_writer *w, const struct store_offer *o)
{
	json_add_str(w, "health_status", o->health);
	json_add_decimal(w, "success_rate", o->success_ppm, MILLIONTHS);
	json_add_decimal(w, "average_response_time_ms", o->response_us, THOUSANDTHS);
	json_add_instant(w, "last_health_check_at", o->checked_at_ms);
}

static void add_per_million(struct json_writer *w, const struct model *m)
{
	static const struct {
		enum meter meter;
		const char *member;
	} shown[] = {
		{ METER_INPUT_TOKEN, "input_per_1m" },
		{ METER_OUTPUT_TOKEN, "output_per_1m" },
		{ METER_CACHED_INPUT_TOKEN, "cached_input_per_1m" },
	};
	ARENA_AUTO(a);

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct price *p = model_price(m, shown[i].meter);

		json_add_str(w, shown[i].member,
			     p && p->state != PRICE_DYNAMIC ? offer_per_million(p->amount, &a)
							    : STR_NONE);
	}
}

static void add_cost(struct json_writer *w, const struct offer_cost *c)
{
	bool known = c->state <= OFFER_IN_PART;
	char amount[DEC_TEXT_MAX];

	json_key(w, "cost");
	json_open(w, '{');
	json_add_str(w, "state", str_of(offer_state_names[c->state]));
	json_add_str(w, "amount",
		     known ? (struct str){ amount, dec_print(&c->amount, amount) } : STR_NONE);
	json_add_str(w, "currency", known ? c->currency : STR_NONE);
	json_close(w, '}');
}

static void add_price(struct json_writer *w, const struct price *p, struct str suspect)
{
	json_open(w, '{');
	json_add_str(w, "meter", str_of(meters[p->meter].name));
	json_add_str(w, "condition", p->condition);
	json_add_str(w, "state", str_of(price_state_names[p->state]));
	json_add_str(w, "amount", p->amount);
	json_add_str(w, "currency", p->currency);
	json_add_str(w, "suspect", suspect);
	json_close(w, '}');
}

static void add_prices(struct json_writer *w, const struct store_offer *o)
{
	const struct model *m = &o->observed.model;

	json_key(w, "prices");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_prices; i++)
		add_price(w, &m->prices[i], o->observed.suspect[i]);
	json_close(w, ']');
}

static void add_offer(struct json_writer *w, const struct store_offer *o,
		      const struct offer_cost *cost)
{
	const struct model *m = &o->observed.model;

	json_open(w, '{');
	json_add_str(w, "provider", o->provider);
	json_add_str(w, "provider_model_id", m->id);
	json_add_str(w, "canonical_evidence", o->canonical_evidence);
	json_add_known(w, "context_length", m->context_length);
	json_add_known(w, "max_output_tokens", m->max_output_tokens);
	json_add_str(w, "modality", m->modality);
	json_add_str(w, "quantization", m->quantization);
	json_add_bool(w, "is_active", o->is_active);
	json_add_instant(w, "missing_since", o->missing_since_ms);
	json_add_instant(w, "deprecated_at", m->deprecated_at_ms);
	json_add_str(w, "replaced_by", m->replaced_by);
	add_measured(w, o);
	add_per_million(w, m);
	add_cost(w, cost);
	add_prices(w, o);
	json_close(w, '}');
}

void compare_json(struct json_writer *w, const struct comparison *c, const struct offer_use *u)
{
	json_open(w, '{');
	json_add_str(w, "canonical_id", c->canonical_id);
	json_add_i64(w, "input_tokens", (int64_t)u->input_tokens);
	json_add_i64(w, "output_tokens", (int64_t)u->output_tokens);
	json_key(w, "offers");
	json_open(w, '[');
	for (size_t i = 0; i < c->n; i++)
		add_offer(w, &c->offers[i], &c->costs[i]);
	json_close(w, ']');
	json_close(w, '}');
}
