#include "base/json.h"
#include "base/process.h"
#include "cmd/cmd.h"
#include "task/desk.h"

#include <inttypes.h>

static bool all, json;

static const struct option options[] = {
	{ "all", 0, OPTION_FLAG, &all, NULL, "list: decided ones, too", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object a line", NULL },
	{ 0 },
};

/* ---- text ---- */

static void add_instant(struct buf *out, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	buf_printf(out, "%s", clock_text(ms, text));
}

/* "0.000001", "free", "2 EUR" */
static void add_amount(struct buf *out, struct str amount, const struct price *p)
{
	if (str_eq(amount, STR("0")))
		buf_printf(out, "free");
	else if (str_eq(p->currency, STR("USD")))
		buf_printf(out, "%.*s", STR_FMT(amount));
	else
		buf_printf(out, "%.*s %.*s", STR_FMT(amount), STR_FMT(p->currency));
}

static void add_price(struct buf *out, const struct store_review *r)
{
	cmd_add_text(out, r->provider);
	buf_add_char(out, ' ');
	cmd_add_text(out, r->provider_model_id);
	buf_printf(out, " %s%.*s", meters[r->price.meter].name, STR_FMT(r->price.condition));
}

static uint64_t left(const struct store_review *r, uint64_t wanted)
{
	return r->sightings < wanted ? wanted - r->sightings : 0;
}

static void add_evidence(struct buf *out, const struct desk_review *d)
{
	buf_printf(out, "    ");
	cmd_add_text(out, d->review.reason);
	buf_printf(out, "\n    band: %.*s; elsewhere: ",
		   STR_FMT(str_is_none(d->band) ? STR("none") : d->band));
	if (str_is_none(d->elsewhere.median))
		buf_printf(out, "nobody known\n");
	else
		buf_printf(out, "median %.*s of %zu provider%s\n", STR_FMT(d->elsewhere.median),
			   d->elsewhere.providers, d->elsewhere.providers == 1 ? "" : "s");
}

static void add_fate(struct buf *out, const struct store_review *r, uint64_t wanted)
{
	buf_printf(out, "    since ");
	add_instant(out, r->opened_at_ms);
	buf_printf(out, ", seen again %" PRIu64 " time%s, ", r->sightings,
		   r->sightings == 1 ? "" : "s");
	if (r->decision == REVIEW_OPEN) {
		if (left(r, wanted) > 0)
			buf_printf(out, "accepted after %" PRIu64 " more", left(r, wanted));
		else
			buf_printf(out, "accepted by the next list that says it itself");
		buf_printf(out, "%s\n", r->is_missing ? "; the model is missing" : "");
		return;
	}
	buf_printf(out, "%s at ",
		   r->decision == REVIEW_AUTO ? "accepted by itself"
					      : review_decision_names[r->decision]);
	add_instant(out, r->decided_at_ms);
	if (!str_is_none(r->decided_by)) {
		buf_printf(out, " by ");
		cmd_add_text(out, r->decided_by);
	}
	buf_add_char(out, '\n');
}

static void print_text(struct buf *out, const struct desk_review *d, uint64_t wanted)
{
	const struct store_review *r = &d->review;

	buf_printf(out, "%" PRId64 "  ", r->id);
	add_price(out, r);
	buf_printf(out, ": ");
	add_amount(out, r->accepted, &r->price);
	buf_printf(out, " -> ");
	add_amount(out, r->price.amount, &r->price);
	if (!str_is_none(d->ratio))
		buf_printf(out, " (x %.*s)", STR_FMT(d->ratio));
	buf_add_char(out, '\n');
	add_evidence(out, d);
	add_fate(out, r, wanted);
}

/* ---- JSON ---- */

static void json_elsewhere(struct json_writer *w, const struct price_elsewhere *e)
{
	json_key(w, "elsewhere");
	json_open(w, '{');
	json_add_str(w, "median", e->median);
	json_add_i64(w, "providers", (int64_t)e->providers);
	json_close(w, '}');
}

static void print_json(struct buf *out, const struct desk_review *d, uint64_t wanted)
{
	const struct store_review *r = &d->review;
	struct json_writer w = { .out = out };
	bool open = r->decision == REVIEW_OPEN;

	json_open(&w, '{');
	json_add_i64(&w, "id", r->id);
	json_add_str(&w, "provider", r->provider);
	json_add_str(&w, "model", r->provider_model_id);
	json_add_str(&w, "meter", str_of(meters[r->price.meter].name));
	json_add_str(&w, "condition", r->price.condition);
	json_add_str(&w, "currency", r->price.currency);
	json_add_str(&w, "accepted", r->accepted);
	json_add_str(&w, "observed", r->price.amount);
	json_add_str(&w, "ratio", d->ratio);
	json_add_str(&w, "reason", r->reason);
	json_add_str(&w, "band", d->band);
	json_elsewhere(&w, &d->elsewhere);
	json_add_instant(&w, "since", r->opened_at_ms);
	json_add_i64(&w, "sightings", (int64_t)r->sightings);
	if (open)
		json_add_i64(&w, "left", (int64_t)left(r, wanted));
	else
		json_add_raw(&w, "left", STR_NONE);
	json_add_str(&w, "decision", open ? STR_NONE : str_of(review_decision_names[r->decision]));
	json_add_instant(&w, "decided_at", r->decided_at_ms);
	json_add_str(&w, "decided_by", r->decided_by);
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

/* ---- the acts ---- */

static bool list(struct cmd_context *c, struct err *e)
{
	uint64_t wanted = (uint64_t)c->settings->accept_after_fetches;
	struct desk_review *reviews;
	struct store *s;
	size_t n;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &s, e))
		return false;
	ok = desk_list_reviews(s, all, c->arena, &reviews, &n, e);
	store_close(s);
	if (!ok)
		return false;
	for (size_t i = 0; i < n; i++)
		(json ? print_json : print_text)(c->out, &reviews[i], wanted);
	if (n == 0 && !json)
		buf_printf(c->out, "no price is held\n");
	return true;
}

static void print_decision(struct buf *out, const struct store_review *r, bool accepted)
{
	add_price(out, r);
	buf_printf(out, ": ");
	add_amount(out, accepted ? r->price.amount : r->accepted, &r->price);
	if (accepted) {
		buf_printf(out, " accepted, was ");
		add_amount(out, r->accepted, &r->price);
	} else {
		buf_printf(out, " stays until the provider says something else than ");
		add_amount(out, r->price.amount, &r->price);
	}
	buf_add_char(out, '\n');
}

static void json_decision(struct buf *out, const struct store_review *r, bool accepted)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_i64(&w, "id", r->id);
	json_add_str(&w, "decision", accepted ? STR("accepted") : STR("refused"));
	json_add_str(&w, "provider", r->provider);
	json_add_str(&w, "model", r->provider_model_id);
	json_add_str(&w, "in_force", accepted ? r->price.amount : r->accepted);
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static bool decide(struct cmd_context *c, bool accepted, struct err *e)
{
	char user[PROCESS_USER_MAX];
	const struct desk_hand by = { str_of(process_user(user)), clock_now_ms() };
	struct store_review r;
	struct store *s;
	int64_t id;
	bool ok;

	if (c->words.n != 2 || !str_to_i64(c->words.items[1], 1, INT64_MAX, &id))
		return err_set(e, ERR_USAGE, "assay review %s: one ID, as `assay review` shows it",
			       accepted ? "accept" : "refuse");
	if (!cmd_open_store(c, STORE_WRITE, &s, e))
		return false;
	ok = desk_decide(s, id, accepted ? REVIEW_ACCEPTED : REVIEW_REFUSED, &by, c->arena, &r, e);
	store_close(s);
	if (ok)
		(json ? json_decision : print_decision)(c->out, &r, accepted);
	return ok;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct str act = c->words.n ? c->words.items[0] : STR("list");
	struct err e;
	bool ok;

	if (str_eq(act, STR("list")) && c->words.n <= 1)
		ok = list(c, &e);
	else if (str_eq(act, STR("accept")) || str_eq(act, STR("refuse")))
		ok = decide(c, str_eq(act, STR("accept")), &e);
	else
		ok = err_set(&e, ERR_USAGE,
			     "assay review: list, accept ID or refuse ID, not \"%s\"",
			     err_quote(c->words.items[c->words.n - 1].at,
				       c->words.items[c->words.n - 1].n));
	return ok ? CMD_DONE : cmd_fail(&e);
}

const struct cmd cmd_review = {
	.name = "review",
	.run = run,
	.needs = NEEDS_WORDS,
	.synopsis = "[list | accept ID | refuse ID] [OPTIONS]",
	.summary = "decide about prices that are held because they are not credible",
	.options = options,
	.notes =
		"A price is held when it moves by ten times or more, crosses between priced and free,\n"
		"leaves the band of its meter or lies a hundred times away from the median of the same\n"
		"weights at other providers.  `prices` shows what the provider says, `models` what was\n"
		"accepted last.  A refused price stays refused until the provider says something else;\n"
		"one that nobody decides is accepted when ASSAY_ACCEPT_AFTER_FETCHES later complete\n"
		"fetches have repeated it.  Amounts are per ONE unit of the meter, in USD where no\n"
		"currency stands.\n"
		"\n"
		"--json, list: {id, provider, model, meter, condition, currency, accepted, observed,\n"
		"ratio, reason, band, elsewhere: {median, providers}, since, sightings, left, decision,\n"
		"decided_at, decided_by}; accept, refuse: {id, decision, provider, model, in_force}.\n",
};
