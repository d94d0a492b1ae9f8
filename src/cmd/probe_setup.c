#include "cmd/probe_setup.h"

#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "cmd/access.h"
#include "cmd/push.h"
#include "task/record_file.h"

#include <unistd.h>

enum { TOKENS_PER_MILLION = 1000000, KIB = 1024, MAPPING_MAX = 1 << 20, MIB_BITS = 20 };

static bool dollars(struct str text, struct dec *ret, bool *ret_has, struct err *e)
{
	*ret_has = text.n > 0;
	return !*ret_has || dec_parse(text, ret, e);
}

static bool prepare_money(struct probe_setup *p, const struct settings *s, struct err *e)
{
	struct store_budget *b = &p->probe.budget;
	struct dec million;
	struct dec one;
	bool has;

	dec_from_u64(TOKENS_PER_MILLION, &million);
	dec_from_u64(1, &one);
	return dollars(s->probe_budget_usd, &b->total, &b->has_total, e) &&
	       dollars(s->probe_provider_budget_usd, &b->provider, &b->has_provider, e) &&
	       dollars(s->probe_assumed_price_usd, &p->probe.assumed_price, &has, e) &&
	       dec_mul_div(&p->probe.assumed_price, &one, &million, &p->probe.assumed_price, e);
}

static bool prepare_probe(struct probe_setup *p, const struct settings *s, struct err *e)
{
	p->probe = (struct probe_conf){
		.concurrency = (unsigned)s->probe_concurrency,
		.provider_concurrency = (unsigned)s->probe_provider_concurrency,
		.spacing_ms = (uint32_t)s->probe_spacing_ms,
		.jitter_ms = (uint32_t)s->probe_jitter_ms,
		.retries = (unsigned)s->probe_retries,
		.retry_wait_ms = { (uint32_t)s->probe_retry_delay_ms,
				   (uint32_t)s->probe_retry_delay_ms * 3 },
		.connect_timeout_ms = (uint32_t)s->probe_connect_timeout_ms,
		.first_byte_timeout_ms = (uint32_t)s->probe_first_byte_ms,
		.total_timeout_ms = (uint32_t)s->probe_timeout_ms,
		.body_max = (uint64_t)s->probe_body_max_kib * KIB,
	};
	return prepare_money(p, s, e);
}

/* ---- of the catalog ---- */

/* Those that are set up. */
static bool find_accesses(struct probe_setup *p, const struct cmd_context *c, struct err *e)
{
	const struct registry *known = c->registry;
	struct cycle_access *all = arena_array(c->arena, known->n + 1, struct cycle_access);
	struct syncer_access *found;

	if (!access_find_known(c, &found, e))
		return false;
	for (size_t i = 0; i < known->n; i++) {
		const struct sync_access *a = &found[i].access;

		if (str_is_none(found[i].missing))
			all[p->conf.cycle.n_accesses++] = (struct cycle_access){
				descriptor_fill(&known->items[i], a->variables, c->arena), a->key
			};
	}
	p->conf.cycle.accesses = all;
	return true;
}

/* Asked by name, one that is not set up is the user's mistake. */
static bool check_provider(const struct cycle_conf *cycle, const struct cmd_context *c,
			   struct str typed, struct str *ret, struct err *e)
{
	const struct descriptor *d = registry_find(c->registry, typed);
	bool ready = false;

	if (!d)
		return err_set(e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
			       err_quote(typed.at, typed.n),
			       registry_slugs(c->registry, c->arena).at);
	for (size_t k = 0; k < cycle->n_accesses; k++)
		ready = ready || str_eq(cycle->accesses[k].provider->slug, d->slug);
	if (!ready)
		return err_set(e, ERR_USAGE, "%s: API key not configured: set %s", d->slug.at,
			       d->env[0]);
	*ret = d->slug;
	return true;
}

static bool prepare_catalog(struct probe_setup *p, const struct cmd_context *c,
			    const struct pick_query *pick, struct err *e)
{
	struct str *slugs = arena_array(c->arena, pick->n_providers + 1, struct str);
	struct cycle_conf *cycle = &p->conf.cycle;

	if (!find_accesses(p, c, e))
		return false;
	for (size_t i = 0; i < pick->n_providers; i++)
		if (!check_provider(cycle, c, pick->providers[i], &slugs[i], e))
			return false;
	cycle->catalog = true;
	cycle->pick = *pick;
	cycle->pick.providers = slugs;
	return true;
}

/* ---- of Hugging Face's list ---- */

/* They become headers: better one sentence now than 401 in every row. */
static bool check_word(const char *variable, struct str value, struct err *e)
{
	bool ok = value.n == 0 || !strchr("\"'", value.at[0]);

	for (size_t i = 0; i < value.n; i++)
		ok = ok && value.at[i] > 0x20 && value.at[i] <= 0x7e;
	return ok ||
	       err_set(e, ERR_USAGE,
		       "%s (value not shown): expected a word, without blanks or quotes around it",
		       variable);
}

bool probe_endpoints(const struct settings *s, struct arena *a, const char **ret_path,
		     struct endpoints **ret, struct err *e)
{
	bool named = s->endpoint_mapping_path.n > 0;
	const char *path = named ? s->endpoint_mapping_path.at : "provider_mapping.json";
	struct str mapping = STR_NONE;

	*ret_path = named || access(path, F_OK) == 0 ? path : NULL;
	if (*ret_path && !file_read(path, MAPPING_MAX, a, &mapping, e))
		return err_wrap(e, "PROVIDER_ENDPOINT_MAPPING_PATH");
	return endpoints_parse(mapping, path, a, ret, e);
}

static bool prepare_router(struct probe_setup *p, const struct cmd_context *c, struct err *e)
{
	const struct settings *s = c->settings;
	struct cycle_conf *cycle = &p->conf.cycle;
	struct endpoints *known;
	const char *path;

	if (s->hf_token.n == 0)
		return err_set(e, ERR_USAGE,
			       "HF_TOKEN is not set: the Hugging Face cycle makes its calls with "
			       "it (a token that may make calls to inference providers)");
	if (!check_word("HF_TOKEN", s->hf_token, e) || !check_word("HF_BILL_TO", s->hf_bill_to, e))
		return false;
	if (!probe_endpoints(s, c->arena, &path, &known, e))
		return false;
	cycle->trending = true;
	cycle->endpoints = known;
	cycle->token = s->hf_token;
	cycle->bill_to = s->hf_bill_to;
	cycle->models = (size_t)s->models_to_fetch;
	cycle->body_max = (size_t)s->body_max_mib << MIB_BITS;
	return true;
}

/* ---- the whole ---- */

/* What is missing is said once; the rows wait. */
static bool prepare_push(struct probe_setup *p, const struct settings *s, struct err *e)
{
	struct schedule_conf *conf = &p->conf;
	const char *missing;

	if (!push_settings(s, &conf->push_conf, &missing, e))
		return false;
	conf->push = !missing;
	conf->push_every = (uint64_t)s->push_interval_cycles;
	if (missing)
		log_event(LOG_INFO, "probe: nothing is pushed, rows stay in the buffer",
			  LOG_TEXT("missing", missing));
	return true;
}

/* Its rows and its end. */
static void log_push(void *arg, const struct push_report *p, const struct err *e)
{
	(void)arg;
	if (e)
		log_event(LOG_ERROR, "probe: the push failed, its rows are kept",
			  LOG_UINT("batches_left", p->left), LOG_ERR(e));
}

bool probe_setup_init(struct probe_setup *p, const struct cmd_context *c,
		      const struct probe_wish *w, struct err *e)
{
	const struct settings *s = c->settings;

	*p = (struct probe_setup){
		.conf = {
			.interval_ms = s->schedule_interval_ms,
			.cycles = w->cycles,
			.grace_ms = s->probe_grace_ms,
			.place = record_absolute(s->local_csv_path, c->arena),
			.cycle = {
				.registry = c->registry,
				.prompt = (enum prompt_kind)s->probe_prompt,
				.max_tokens = (uint64_t)s->max_tokens_default,
				.stream = w->stream,
				.fresh = w->fresh,
				.health = { .window_ms = s->health_window_ms },
			},
		},
	};
	return prepare_probe(p, s, e) && (!w->catalog || prepare_catalog(p, c, &w->pick, e)) &&
	       (!w->trending || prepare_router(p, c, e)) && prepare_push(p, s, e);
}

bool probe_setup_open(struct probe_setup *p, const struct cmd_context *c, struct loop *l,
		      struct err *e)
{
	const struct settings *s = c->settings;
	struct fetch_conf fetch = cmd_fetch_conf(s);
	const struct asker_conf ask = { .upstream = fetch.upstream,
					.user_agent = fetch.user_agent,
					.ca_file = fetch.ca_file };

	p->conf.cycle.loop = l;
	if (!cmd_fetcher(s, l, &fetch, &p->lists, e) ||
	    !cmd_fetcher(s, l, &fetch, &p->uploads, e) || !asker_create(&p->asker, l, &ask, e))
		return false;
	p->conf.cycle.fetcher = p->lists;
	p->conf.push_fetcher = p->uploads;
	return true;
}

void probe_setup_store(struct probe_setup *p, struct store_thread *store, record_fn *ready,
		       void *arg)
{
	const struct record_conf record = { .csv_path = p->conf.place,
					    .host = str_of(process_self()->host) };

	p->conf.cycle.store = store;
	p->rec = recorder_create(p->conf.cycle.loop, store, &record, ready, arg);
}

void probe_setup_start(struct probe_setup *p)
{
	struct cycle_conf *cycle = &p->conf.cycle;

	p->prober = prober_create(cycle->loop, p->asker, cycle->store, p->rec, &p->probe);
	cycle->prober = p->prober;
	p->conf.rec = p->rec;
	if (!p->conf.pushed)
		p->conf.pushed = log_push;
	p->schedule = schedule_start(&p->conf);
}

void probe_setup_rest(struct probe_setup *p)
{
	schedule_destroy(p->schedule);
	prober_destroy(p->prober);
	p->schedule = NULL;
	p->prober = NULL;
}

void probe_setup_forget(struct probe_setup *p)
{
	recorder_destroy(p->rec);
	p->rec = NULL;
}

void probe_setup_close(struct probe_setup *p)
{
	probe_setup_rest(p);
	asker_destroy(p->asker);
	fetcher_destroy(p->lists);
	fetcher_destroy(p->uploads);
	probe_setup_forget(p);
}
