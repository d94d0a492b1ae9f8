#include "task/probe_cycle.h"

#include "base/clock.h"
#include "base/log.h"
#include "task/probe_round.h"

#include <assert.h>

enum { IDS_MAX = LOG_LINE_MAX / 2 };

/* ---- the end ---- */

static void release(struct cycle *c)
{
	free(c->wire);
	arena_release(&c->arena);
	free(c);
}

static void log_end(const struct cycle_report *r)
{
	if (!r->measured) {
		log_event(LOG_ERROR, "probe: the cycle is skipped", LOG_ERR(&r->err));
		return;
	}
	log_event(LOG_INFO, "probe: cycle ended", LOG_UINT("calls", r->calls),
		  LOG_UINT("ok", r->ok), LOG_UINT("wrong", r->wrong), LOG_UINT("failed", r->failed),
		  LOG_UINT("unmapped", r->unmapped), LOG_UINT("left_out", r->left_out),
		  LOG_UINT("denied", r->denied), LOG_UINT("dropped", r->dropped),
		  LOG_BOOL("network_away", r->network_away),
		  LOG_INT("ms", (int64_t)(r->duration_us / 1000)));
}

static void over(struct cycle *c)
{
	struct cycle_report *r = &c->report;
	const struct cycle_conf *conf = c->conf;

	r->duration_us = clock_mono_us() - (uint64_t)c->began_us;
	r->stopped = c->stopping;
	if (!c->stopping || r->measured)
		log_end(r);
	conf->done(conf->arg, r);
	release(c);
}

static void over_later(void *arg)
{
	over(arg);
}

void cycle_fail(struct cycle *c, const struct err *e)
{
	c->report.err = *e;
	c->report.measured = false;
	loop_post(c->conf->loop, over_later, c);
}

static void save_verdicts(struct store *s, void *arg)
{
	struct cycle *c = arg;
	bool moved;

	c->failed = (c->report.network_away &&
		     !store_discount_cycle(s, c->report.at_ms, c->began_real_ms, &c->err)) ||
		    !store_update_health(s, &c->conf->health, clock_now_ms(), &moved, &c->err);
}

static void on_verdicts(void *arg)
{
	struct cycle *c = arg;

	if (c->failed)
		log_event(LOG_ERROR, "probe: health is not up to date", LOG_ERR(&c->err));
	over(c);
}

/* Samples stand side by side in the report, those that were never measured left out. */
static void gather(struct cycle *c)
{
	struct sample *all = arena_array(&c->arena, c->n_calls + 1, struct sample);
	struct cycle_report *r = &c->report;
	struct err e;

	for (size_t i = 0; i < c->n_calls; i++) {
		if (!c->states[i].has_sample)
			continue;
		all[r->n] = c->samples[i];
		all[r->n].counted = all[r->n].counted && !r->network_away;
		r->n++;
		if (c->samples[i].has_cost && dec_add(&r->cost, &c->samples[i].cost, &r->cost, &e))
			r->has_cost = true;
	}
	r->samples = all;
}

static void all_ended(struct cycle *c)
{
	struct cycle_report *r = &c->report;

	r->network_away = cycle_is_cut_off(c);
	if (r->network_away)
		log_say(LOG_ERROR, "probe: nobody could be reached: our own network is taken to be "
				   "away, and this cycle says nothing about health");
	gather(c);
	store_thread_post(c->conf->store, save_verdicts, on_verdicts, c);
}

/* ---- calls ---- */

static void copy_sample(struct sample *to, const struct sample *from, struct arena *a)
{
	struct str *strings[] = {
		&to->hf_model, &to->provider, &to->provider_name, &to->provider_model_id,
		&to->via,      &to->url,      &to->error,         &to->finish,
		&to->answer,   &to->expected, &to->group_key,     &to->price_source,
	};

	*to = *from;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_str(a, *strings[i]);
}

static void log_failed(const struct sample *s)
{
	log_event(LOG_WARN, "probe: call failed", LOG_STR("model", s->hf_model),
		  LOG_STR("provider", s->provider), LOG_STR("id", s->provider_model_id),
		  LOG_TEXT("outcome", outcomes[s->outcome].name), LOG_INT("status", s->status),
		  LOG_UINT("attempts", s->attempts), LOG_STR("why", s->error));
}

static void count(struct cycle_report *r, const struct sample *s)
{
	switch (s->outcome) {
	case OUTCOME_OK:
		r->ok++;
		break;
	case OUTCOME_WRONG_ANSWER:
	case OUTCOME_REFUSED:
		r->wrong++;
		break;
	default:
		r->failed++;
		log_failed(s);
	}
}

static void take_sample(struct cycle_call *state, const struct sample *s, bool kept)
{
	struct cycle *c = state->cycle;

	state->has_sample = true;
	state->kept = kept;
	copy_sample(&c->samples[state->at], s, &c->arena);
	count(&c->report, s);
	if (c->conf->sample)
		c->conf->sample(c->conf->arg, s);
}

static void on_call(void *arg, const struct sample *s, const struct err *e)
{
	struct cycle_call *state = arg;
	struct cycle *c = state->cycle;

	if (s)
		take_sample(state, s, !e);
	else
		c->report.dropped++;
	/* ERR_BUSY: it waits in memory, and the last flush will tell. */
	if (e && e->kind != ERR_CANCELLED && e->kind != ERR_BUSY) {
		c->report.kept = false;
		log_event(LOG_ERROR, "probe: a row is not kept",
			  LOG_STR("provider", c->calls[state->at].provider), LOG_ERR(e));
	}
	if (--state->group->left == 0)
		cycle_agree(c, state->group);
	if (--c->left == 0)
		all_ended(c);
}

static void log_denied(struct cycle *c, size_t at)
{
	const struct probe_call *call = &c->calls[at];

	for (size_t i = 0; i < at; i++)
		if (c->calls[i].denied && str_eq(c->calls[i].provider, call->provider))
			return;
	log_event(LOG_WARN, "probe: the budget has no room for what it may cost at worst",
		  LOG_STR("provider", call->provider));
}

static void on_reserved(void *arg, const struct err *e)
{
	struct cycle *c = arg;

	if (e) {
		cycle_fail(c, e);
		return;
	}
	c->left = 1; /* ourselves, until all are given out */
	for (size_t i = 0; i < c->n_calls; i++) {
		if (c->calls[i].denied) {
			c->report.denied++;
			c->states[i].group->left--;
			log_denied(c, i);
			continue;
		}
		c->left++;
		c->report.calls++;
		prober_call(c->conf->prober, &c->calls[i], on_call, &c->states[i]);
	}
	log_event(LOG_INFO, "probe: calls", LOG_UINT("calls", c->report.calls));
	if (--c->left == 0)
		all_ended(c);
}

/* ---- the plan ---- */

static void plan(struct store *s, void *arg)
{
	struct cycle *c = arg;

	c->failed = !cycle_plan(s, c, &c->err);
}

static void on_planned(void *arg)
{
	struct cycle *c = arg;

	if (c->failed) {
		cycle_fail(c, &c->err);
		return;
	}
	c->report.measured = c->report.kept = true;
	c->report.models = c->n_groups;
	if (c->stopping)
		over(c);
	else
		prober_reserve(c->conf->prober, c->calls, c->n_calls, on_reserved, c);
}

static void log_models(const struct cycle *c)
{
	BUF_AUTO(ids, IDS_MAX);

	for (size_t i = 0; i < c->n_models; i++) {
		buf_add_str(&ids, i ? STR(", ") : STR(""));
		buf_add_str(&ids, c->models[i].id);
	}
	log_event(LOG_INFO, "probe: models", LOG_UINT("models", c->n_models),
		  LOG_STR("ids", buf_str(&ids)));
}

void cycle_listed(struct cycle *c)
{
	log_models(c);
	store_thread_post(c->conf->store, plan, on_planned, c);
}

void cycle_unlisted(struct cycle *c, const struct err *e)
{
	if (!c->conf->catalog) {
		cycle_fail(c, e);
		return;
	}
	log_event(LOG_ERROR, "probe: without the trending models, of the catalog alone",
		  LOG_ERR(e));
	c->n_models = 0;
	store_thread_post(c->conf->store, plan, on_planned, c);
}

/* ---- the begin ---- */

static void begin(void *arg)
{
	struct cycle *c = arg;

	if (c->conf->trending)
		cycle_list(c);
	else
		store_thread_post(c->conf->store, plan, on_planned, c);
}

static const char *kind_of(const struct cycle_conf *conf)
{
	if (!conf->trending)
		return "catalog";
	return conf->catalog ? "hugging face, catalog" : "hugging face";
}

struct cycle *cycle_start(const struct cycle_conf *conf, int64_t late_us, int64_t deadline_mono_us)
{
	struct cycle *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->conf = conf;
	c->deadline_us = deadline_mono_us;
	c->began_us = (int64_t)clock_mono_us();
	c->began_real_ms = clock_real_ms();
	c->report.at_ms = clock_now_ms();
	log_event(LOG_INFO, "probe: cycle begins", LOG_TEXT("of", kind_of(conf)),
		  LOG_INT("late_ms", late_us / 1000));
	loop_post(conf->loop, begin, c);
	return c;
}

void cycle_stop(struct cycle *c)
{
	c->stopping = true;
}
