#include "task/compare.h"

#include "cmd/cmd.h"
#include "task/compare_json.h"

#include <inttypes.h>

enum { US_PER_MS = 1000 };

static struct option_list providers;
static uint64_t input_tokens = OFFER_NOT_SAID, output_tokens = OFFER_NOT_SAID;
static bool json;

static const struct option options[] = {
	{ "providers", 0, OPTION_LIST, &providers, "SLUG...", "only offers of these (all)", NULL },
	{ "input-tokens", 0, OPTION_WHOLE, &input_tokens, "N", "order by what a request costs ...",
	  NULL },
	{ "output-tokens", 0, OPTION_WHOLE, &output_tokens, "M", "... with so many tokens", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object", NULL },
	{ 0 },
};

/* ---- prices ---- */

/* Columns of the table. */
static const enum meter shown[] = { METER_INPUT_TOKEN, METER_OUTPUT_TOKEN,
				    METER_CACHED_INPUT_TOKEN };
enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

static const struct price *find_price(const struct model *m, enum meter meter, struct str condition)
{
	for (size_t i = 0; i < m->n_prices; i++)
		if (m->prices[i].meter == meter && str_eq(m->prices[i].condition, condition))
			return &m->prices[i];
	return NULL;
}

/* "2.5", "2.5 EUR", "dynamic", "-" */
static struct str price_text(const struct price *p, struct arena *a)
{
	struct str amount;

	if (!p)
		return STR("-");
	if (p->state == PRICE_DYNAMIC)
		return STR("dynamic");
	amount = cmd_per_million(p->amount, a);
	return p->state == PRICE_FREE || str_eq(p->currency, STR("USD"))
		       ? amount
		       : arena_printf(a, "%.*s %.*s", STR_FMT(amount), STR_FMT(p->currency));
}

static struct str amount_text(const struct dec *d, struct arena *a)
{
	char text[DEC_TEXT_MAX];

	return arena_str(a, (struct str){ text, dec_print(d, text) });
}

/* "0.0125", "0.01+" for what has a price only in part. */
static struct str cost_text(const struct offer_cost *c, struct arena *a)
{
	bool dollars = str_eq(c->currency, STR("USD"));

	if (c->state == OFFER_DYNAMIC)
		return STR("dynamic");
	if (c->state == OFFER_UNPRICED)
		return STR("-");
	return arena_printf(a, "%.*s%s%s%.*s", STR_FMT(amount_text(&c->amount, a)),
			    c->state == OFFER_IN_PART ? "+" : "", dollars ? "" : " ",
			    dollars ? 0 : (int)c->currency.n, c->currency.at);
}

/* ---- text ---- */

static bool is_suspect(const struct store_offer *o)
{
	for (size_t i = 0; i < o->observed.model.n_prices; i++)
		if (!str_is_none(o->observed.suspect[i]))
			return true;
	return false;
}

static void add_state(struct buf *out, const struct store_offer *o)
{
	const struct model *m = &o->observed.model;
	char day[CLOCK_TEXT_MAX];

	if (o->missing_since_ms != CLOCK_NONE)
		buf_printf(out, "  missing since %.10s", clock_text(o->missing_since_ms, day));
	if (m->deprecated_at_ms != CLOCK_NONE)
		buf_printf(out, "  deprecated %.10s", clock_text(m->deprecated_at_ms, day));
	if (!o->is_active)
		buf_printf(out, "  inactive");
	if (is_suspect(o))
		buf_printf(out, "  suspect price");
}

static void add_cell(struct buf *out, struct str s, int width)
{
	size_t before = out->n;

	cmd_add_text(out, s);
	buf_printf(out, "%*s",
		   before + (size_t)width > out->n ? (int)(before + (size_t)width - out->n) : 0,
		   "");
}

static void add_count(struct buf *out, int64_t n)
{
	if (n == MODEL_NO_COUNT)
		buf_printf(out, " %9s", "-");
	else
		buf_printf(out, " %9" PRId64, n);
}

/* What probes found: "healthy       812.4" ms. */
static void add_measured(struct buf *out, const struct store_offer *o)
{
	bool known = !str_eq(o->health, STR("unknown"));

	buf_printf(out, " %-8.*s", STR_FMT(known ? o->health : STR("-")));
	if (o->response_us < 0)
		buf_printf(out, " %10s", "-");
	else
		buf_printf(out, " %10.1f", (double)o->response_us / US_PER_MS);
}

static void add_prices(struct buf *out, const struct model *m, struct str condition)
{
	ARENA_AUTO(a);

	for (size_t i = 0; i < SHOWN; i++) {
		struct str text = price_text(find_price(m, shown[i], condition), &a);

		buf_printf(out, " %12.*s", STR_FMT(text));
	}
}

static bool has_column(enum meter meter)
{
	for (size_t i = 0; i < SHOWN; i++)
		if (shown[i] == meter)
			return true;
	return false;
}

/* Of the prices of the columns the first under its condition. */
static bool begins_condition(const struct model *m, size_t at)
{
	struct str condition = m->prices[at].condition;

	for (size_t i = 0; i < at; i++)
		if (has_column(m->prices[i].meter) && str_eq(m->prices[i].condition, condition))
			return false;
	return condition.n > 0 && has_column(m->prices[at].meter);
}

static void add_conditions(struct buf *out, const struct model *m)
{
	for (size_t i = 0; i < m->n_prices; i++) {
		if (!begins_condition(m, i))
			continue;
		buf_printf(out, "%-18s   %-46.*s", "", STR_FMT(m->prices[i].condition));
		add_prices(out, m, m->prices[i].condition);
		buf_add_char(out, '\n');
	}
}

static void add_offer(struct buf *out, const struct store_offer *o, const struct offer_cost *cost)
{
	const struct model *m = &o->observed.model;
	ARENA_AUTO(a);
	struct str cost_is = cost_text(cost, &a);

	add_cell(out, o->provider, 18);
	buf_add_char(out, ' ');
	add_cell(out, m->id, 48);
	add_prices(out, m, STR(""));
	buf_printf(out, " %12.*s", STR_FMT(cost_is));
	add_count(out, m->context_length);
	add_count(out, m->max_output_tokens);
	add_measured(out, o);
	buf_add_char(out, ' ');
	cmd_add_text(out, str_is_none(m->quantization) ? STR("-") : m->quantization);
	add_state(out, o);
	buf_add_char(out, '\n');
	add_conditions(out, m);
}

static void add_heading(struct buf *out, const struct comparison *c, const struct offer_use *u)
{
	if (str_is_none(c->canonical_id)) {
		cmd_add_text(out, c->offers[0].observed.model.id);
		buf_printf(out, ": not comparable, for it is matched with no other model (");
		cmd_add_text(out, c->offers[0].canonical_evidence);
		buf_printf(out, ")\n");
	} else {
		cmd_add_text(out, c->canonical_id);
		buf_printf(out, ": %zu offer%s\n", c->n, c->n == 1 ? "" : "s");
	}
	buf_printf(
		out,
		"Prices per 1M tokens, in USD where no currency stands; cheapest first, by the COST "
		"of %" PRIu64 " input and %" PRIu64 " output tokens.\n\n",
		u->input_tokens, u->output_tokens);
	buf_printf(out, "%-18s %-48s %12s %12s %12s %12s %9s %9s %-8s %10s %s\n", "PROVIDER",
		   "MODEL", "IN/1M", "OUT/1M", "CACHED/1M", "COST", "CONTEXT", "MAX OUT", "HEALTH",
		   "LATENCY ms", "QUANTIZATION");
}

static void print_text(struct buf *out, const struct comparison *c, const struct offer_use *u)
{
	add_heading(out, c, u);
	for (size_t i = 0; i < c->n; i++)
		add_offer(out, &c->offers[i], &c->costs[i]);
}

/* ---- JSON ---- */

static void print_json(struct buf *out, const struct comparison *c, const struct offer_use *u)
{
	struct json_writer w = { .out = out };

	compare_json(&w, c, u);
	buf_add_char(out, '\n');
}

/* ---- the run ---- */

static enum cmd_exit run(struct cmd_context *c)
{
	struct compare_query q = { 0 };
	struct comparison comparison;
	struct store *s;
	struct err e;
	bool ok = true;

	if (c->words.n != 1 || c->words.items[0].n == 0) {
		(void)err_set(&e, ERR_USAGE,
			      "assay compare: one MODEL, before --providers, which takes all words "
			      "behind it");
		return cmd_fail(&e);
	}
	if (!offer_use_of(input_tokens, output_tokens, &q.use)) {
		(void)err_set(&e, ERR_USAGE,
			      "--input-tokens and --output-tokens are both 0: say how many, or "
			      "neither");
		return cmd_fail(&e);
	}
	q.model = c->words.items[0];
	q.providers = providers.items;
	q.n_providers = providers.n;
	if (!cmd_open_store(c, STORE_READ, &s, &e))
		return cmd_fail(&e);
	for (size_t i = 0; ok && i < providers.n; i++) {
		providers.items[i] = cmd_slug(c, providers.items[i]);
		ok = cmd_check_slug(c, s, providers.items[i], &e);
	}
	ok = ok && compare_models(s, &q, c->arena, &comparison, &e);
	store_close(s);
	if (!ok)
		return cmd_fail(&e);
	(json ? print_json : print_text)(c->out, &comparison, &q.use);
	return CMD_DONE;
}

const struct cmd cmd_compare = {
	.name = "compare",
	.run = run,
	.needs = NEEDS_WORDS | NEEDS_REGISTRY,
	.synopsis = "MODEL [OPTIONS]",
	.summary = "show who offers a model, cheapest first",
	.options = options,
	.notes =
		"MODEL is a canonical id, an id of Hugging Face or of a provider (PROVIDER:ID where\n"
		"several write it), or a part that only one model has.  Offers of one canonical id are\n"
		"the same weights; `assay models --json` shows it for every model.\n"
		"\n"
		"COST is the price of one million input and one million output tokens, or of one\n"
		"request with the tokens given (one given alone: the other is 0), by the tier ([>N])\n"
		"that its input reaches; prices by\n"
		"the hour, of batches and the like never count, nor does a fee per request.  Free comes\n"
		"first; then what costs in USD, then in other currencies; then what publishes a price\n"
		"for input or output alone (a +), what is priced at call time, what has no price; ties\n"
		"by provider and id; and at the very end what is not listed any more.\n"
		"\n"
		"HEALTH and LATENCY are what probes of that endpoint found lately (doc/probing.md).\n"
		"\n"
		"--json: {canonical_id, input_tokens, output_tokens, offers: [{provider,\n"
		"provider_model_id, canonical_evidence, context_length, max_output_tokens, modality,\n"
		"quantization, is_active, missing_since, deprecated_at, replaced_by, health_status,\n"
		"success_rate, average_response_time_ms, last_health_check_at, input_per_1m,\n"
		"output_per_1m, cached_input_per_1m, cost: {state, amount, currency}, prices: [{meter,\n"
		"condition, state, amount, currency, suspect}]}]}; amounts are exact decimals in\n"
		"strings, those of prices per ONE unit; state of a cost: priced, in part, dynamic,\n"
		"unpublished; null: not said.\n",
};
