#include "cmd/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "cmd/access.h"
#include "cmd/cmd.h"
#include "cmd/probe_print.h"
#include "cmd/push.h"
#include "task/probe_schedule.h"
#include "task/record_file.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

static bool once, stream, fresh, json, verbose;
static uint64_t cycles, top;
static struct option_list models, providers;
static struct str query, sort;

static const char *const sorts[] = { "oldest", "name", "price", "context", NULL };

static const struct option options[] = {
	{ "once", 0, OPTION_FLAG, &once, NULL, "one cycle", NULL },
	{ "cycles", 0, OPTION_COUNT, &cycles, "N", "so many cycles (until stopped)", NULL },
	{ "models", 0, OPTION_LIST, &models, "ID...",
	  "of the catalog: these, by id, canonical id or Hugging Face id", NULL },
	{ "providers", 0, OPTION_LIST, &providers, "SLUG...", "of the catalog: of these alone",
	  NULL },
	{ "query", 0, OPTION_TEXT, &query, "TEXT", "of the catalog: with TEXT in an id", NULL },
	{ "sort", 0, OPTION_WORD, &sort, "oldest|name|price|context",
	  "of the catalog: which come first (oldest: asked least recently)", sorts },
	{ "top", 0, OPTION_COUNT, &top, "N", "of the catalog: the first N", NULL },
	{ "stream", 0, OPTION_FLAG, &stream, NULL, "ask for a stream: time to the first token",
	  NULL },
	{ "fresh", 0, OPTION_FLAG, &fresh, NULL, "each on a connection of its own", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object a probe, when its cycle has ended",
	  NULL },
	{ "verbose", 'v', OPTION_FLAG, &verbose, NULL, "log at level debug", NULL },
	{ 0 },
};

enum {
	SIGNALS = 2,
	SIGNAL_EXIT = 128,
	TOKENS_PER_MILLION = 1000000,
	KIB = 1024,
	MAPPING_MAX = 1 << 20
};

struct run {
	struct cmd_context *c;
	struct loop *loop;
	struct fetcher *lists, *uploads;
	struct asker *asker;
	struct store_thread *store;
	struct recorder *rec;
	struct prober *prober;
	struct probe_conf probe;
	struct schedule_conf conf;
	struct schedule *schedule;
	struct schedule_end end;
	uv_signal_t signals[SIGNALS];
	bool stopped, ended;
	bool colour;
	struct err err;
};

/* ---- settings ---- */

static bool is_catalog(void)
{
	return models.n || providers.n || query.n || sort.n || top;
}

static bool dollars(struct str text, struct dec *ret, bool *ret_has, struct err *e)
{
	*ret_has = text.n > 0;
	return !*ret_has || dec_parse(text, ret, e);
}

static bool prepare_money(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;
	struct store_budget *b = &r->probe.budget;
	struct dec million;
	struct dec one;
	bool has;

	dec_from_u64(TOKENS_PER_MILLION, &million);
	dec_from_u64(1, &one);
	return dollars(s->probe_budget_usd, &b->total, &b->has_total, e) &&
	       dollars(s->probe_provider_budget_usd, &b->provider, &b->has_provider, e) &&
	       dollars(s->probe_assumed_price_usd, &r->probe.assumed_price, &has, e) &&
	       dec_mul_div(&r->probe.assumed_price, &one, &million, &r->probe.assumed_price, e);
}

static bool prepare_probe(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;

	r->probe = (struct probe_conf){
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
	return prepare_money(r, e);
}

static enum pick_sort sort_of(struct str word)
{
	for (size_t i = 0; sorts[i]; i++)
		if (str_eq(word, str_of(sorts[i])))
			return (enum pick_sort)i;
	return PICK_OLDEST;
}

/* Those that are set up; asked by name, one that is not is the user's mistake. */
static bool find_accesses(struct run *r, struct err *e)
{
	const struct registry *known = r->c->registry;
	struct cycle_access *all = arena_array(r->c->arena, known->n + 1, struct cycle_access);

	for (size_t i = 0; i < known->n; i++) {
		const struct descriptor *d = &known->items[i];
		struct sync_access access;
		const char *missing;

		if (!access_find(r->c, d, &access, &missing, e))
			return false;
		if (!missing)
			all[r->conf.cycle.n_accesses++] = (struct cycle_access){
				descriptor_fill(d, access.variables, r->c->arena), access.key
			};
	}
	r->conf.cycle.accesses = all;
	return true;
}

static bool check_providers(struct run *r, struct err *e)
{
	const struct cycle_conf *c = &r->conf.cycle;

	for (size_t i = 0; i < providers.n; i++) {
		const struct descriptor *d = registry_find(r->c->registry, providers.items[i]);
		bool ready = false;

		if (!d)
			return err_set(e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
				       err_quote(providers.items[i].at, providers.items[i].n),
				       registry_slugs(r->c->registry, r->c->arena).at);
		for (size_t k = 0; k < c->n_accesses; k++)
			ready = ready || str_eq(c->accesses[k].provider->slug, d->slug);
		if (!ready)
			return err_set(e, ERR_USAGE, "%s: API key not configured: set %s",
				       d->slug.at, d->env[0]);
		providers.items[i] = d->slug;
	}
	return true;
}

static bool prepare_catalog(struct run *r, struct err *e)
{
	struct cycle_conf *c = &r->conf.cycle;

	c->catalog = true;
	if (!find_accesses(r, e) || !check_providers(r, e))
		return false;
	c->pick = (struct pick_query){
		.models = models.items,
		.n_models = models.n,
		.providers = providers.items,
		.n_providers = providers.n,
		.text = query,
		.sort = sort_of(sort),
		.top = top,
	};
	return true;
}

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

static bool prepare_router(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;
	struct cycle_conf *c = &r->conf.cycle;
	struct endpoints *known;
	const char *path;

	if (s->hf_token.n == 0)
		return err_set(e, ERR_USAGE,
			       "HF_TOKEN is not set: the Hugging Face cycle makes its calls with "
			       "it (a token that may make calls to inference providers)");
	if (!check_word("HF_TOKEN", s->hf_token, e) || !check_word("HF_BILL_TO", s->hf_bill_to, e))
		return false;
	if (!probe_endpoints(s, r->c->arena, &path, &known, e))
		return false;
	c->endpoints = known;
	c->token = s->hf_token;
	c->bill_to = s->hf_bill_to;
	c->models = (size_t)s->models_to_fetch;
	c->body_max = (size_t)s->body_max_mib << 20;
	return true;
}

/* What is missing is said once; the rows wait. */
static bool prepare_push(struct run *r, struct err *e)
{
	struct schedule_conf *conf = &r->conf;
	const char *missing;

	if (!push_settings(r->c->settings, &conf->push_conf, &missing, e))
		return false;
	conf->push = !missing;
	conf->push_every = (uint64_t)r->c->settings->push_interval_cycles;
	if (missing)
		log_event(LOG_INFO, "probe: nothing is pushed, rows stay in the buffer",
			  LOG_TEXT("missing", missing));
	return true;
}

static bool prepare(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;
	struct schedule_conf *conf = &r->conf;

	conf->interval_ms = s->schedule_interval_ms;
	conf->cycles = once ? 1 : cycles;
	conf->grace_ms = s->probe_grace_ms;
	conf->cycle.registry = r->c->registry;
	conf->cycle.prompt = (enum prompt_kind)s->probe_prompt;
	conf->cycle.max_tokens = (uint64_t)s->max_tokens_default;
	conf->cycle.stream = stream;
	conf->cycle.fresh = fresh;
	conf->cycle.health.window_ms = s->health_window_ms;
	conf->place = record_absolute(s->local_csv_path, r->c->arena);
	return prepare_probe(r, e) &&
	       (is_catalog() ? prepare_catalog(r, e) : prepare_router(r, e)) && prepare_push(r, e);
}

/* ---- what is told ---- */

/* A file on a full disk is another matter: then it is measured on. */
static bool nobody_reads(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

static void tell(struct run *r)
{
	bool failed = r->c->output_failed;

	cmd_flush(r->c);
	if (!failed && r->c->output_failed && nobody_reads())
		schedule_stop(r->schedule);
}

static void on_sample(void *arg, const struct sample *s)
{
	struct run *r = arg;

	if (json)
		return;
	probe_print_sample(r->c->out, s, r->colour);
	tell(r);
}

static void on_cycle(void *arg, const struct cycle_report *report)
{
	struct run *r = arg;

	if (!json)
		probe_print_cycle(r->c->out, report, r->colour);
	for (size_t i = 0; json && i < report->n; i++)
		probe_print_json(r->c->out, &report->samples[i]);
	tell(r);
}

static void on_pushed(void *arg, const struct push_report *p, const struct err *e)
{
	(void)arg;
	if (e)
		log_event(LOG_ERROR, "probe: the push failed, its rows are kept",
			  LOG_UINT("batches_left", p->left), LOG_ERR(e));
}

static void on_ended(void *arg, const struct schedule_end *end)
{
	struct run *r = arg;

	r->end = *end;
	r->ended = true;
	loop_stop(r->loop);
}

/* ---- signals ---- */

/* A second one: what is committed is committed, nothing else is waited for. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct run *r = handle->data;

	if (r->stopped)
		_exit(SIGNAL_EXIT + number);
	r->stopped = true;
	if (r->schedule)
		schedule_stop(r->schedule);
	else
		loop_stop(r->loop);
}

static void open_signals(struct run *r)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT };

	/* Whoever reads our output or log may go away; what runs is to end in order. */
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNALS; i++) {
		if (uv_signal_init(loop_uv(r->loop), &r->signals[i]) < 0 ||
		    uv_signal_start(&r->signals[i], on_signal, numbers[i]) < 0)
			abort();
		r->signals[i].data = r;
		uv_unref((uv_handle_t *)&r->signals[i]);
	}
}

static void close_signals(struct run *r)
{
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&r->signals[i], NULL);
}

/* ---- the run ---- */

static void on_ready(void *arg, const struct err *e)
{
	struct run *r = arg;

	if (e || r->stopped) {
		if (e)
			r->err = *e;
		loop_stop(r->loop);
		return;
	}
	r->prober = prober_create(r->loop, r->asker, r->store, r->rec, &r->probe);
	r->conf.cycle.prober = r->prober;
	r->conf.rec = r->rec;
	r->schedule = schedule_start(&r->conf);
}

static bool open_all(struct run *r, struct err *e)
{
	const struct settings *s = r->c->settings;
	struct fetch_conf fetch = cmd_fetch_conf(s);
	const struct asker_conf ask = { .upstream = fetch.upstream,
					.user_agent = fetch.user_agent,
					.ca_file = fetch.ca_file };
	const struct record_conf record = { .csv_path = r->conf.place,
					    .host = str_of(process_self()->host) };
	struct store *store;

	if (!cmd_fetcher(s, r->loop, &fetch, &r->lists, e) ||
	    !cmd_fetcher(s, r->loop, &fetch, &r->uploads, e) ||
	    !asker_create(&r->asker, r->loop, &ask, e) ||
	    !cmd_open_store(r->c, STORE_WRITE, &store, e))
		return false;
	r->store = store_thread_start(r->loop, store);
	r->conf.cycle.loop = r->loop;
	r->conf.cycle.store = r->store;
	r->conf.cycle.fetcher = r->lists;
	r->conf.push_fetcher = r->uploads;
	r->rec = recorder_create(r->loop, r->store, &record, on_ready, r);
	return true;
}

static void close_all(struct run *r)
{
	schedule_destroy(r->schedule);
	prober_destroy(r->prober);
	asker_destroy(r->asker);
	fetcher_destroy(r->lists);
	fetcher_destroy(r->uploads);
	if (r->rec)
		recorder_destroy(r->rec);
	store_thread_stop(r->store);
	close_signals(r);
}

static enum cmd_exit verdict(const struct run *r)
{
	if (r->err.kind != ERR_NONE)
		return cmd_fail(&r->err);
	if (r->ended && r->end.err.kind == ERR_BUSY)
		return cmd_fail(&r->end.err);
	if (r->ended && r->end.err.kind == ERR_USAGE)
		return CMD_USAGE; /* told by the cycle */
	if (!r->ended || (r->stopped && r->end.kept))
		return CMD_DONE;
	return r->end.ok ? CMD_DONE : CMD_FAILED;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct run r = { .c = c, .colour = cmd_colours() };
	struct err e;
	bool ok;

	if (once && cycles > 1) {
		(void)err_set(&e, ERR_USAGE, "--once is one cycle, --cycles says another number");
		return cmd_fail(&e);
	}
	if (!prepare(&r, &e))
		return cmd_fail(&e);
	r.loop = loop_create();
	r.conf.cycle.sample = on_sample;
	r.conf.cycle.done = on_cycle;
	r.conf.cycle.arg = r.conf.arg = &r;
	r.conf.pushed = on_pushed;
	r.conf.ended = on_ended;
	open_signals(&r);
	process_raise_descriptors();
	ok = open_all(&r, &r.err);
	if (ok) {
		r.err.kind = ERR_NONE;
		loop_run(r.loop);
	}
	close_all(&r);
	loop_run(r.loop);
	loop_destroy(r.loop);
	return verdict(&r);
}

const struct cmd cmd_probe = {
	.name = "probe",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[--once | --cycles N] [OPTIONS]",
	.summary = "ask live endpoints, measure and check their answers, keep and push them",
	.options = options,
	.verbose = &verbose,
	.notes =
		"Without a choice of the catalog: the providers of the first MODELS_TO_FETCH models of\n"
		"Hugging Face's trending list, through its router, with HF_TOKEN.  With --models,\n"
		"--providers, --query, --sort or --top: models of the catalog that `assay sync` stored,\n"
		"through each provider's own chat URL and with its key.  Probes cost money:\n"
		"ASSAY_PROBE_BUDGET_USD bounds it (doc/probing.md).\n"
		"\n"
		"SIGTERM or SIGINT: nothing new is asked, what runs may end, rows are written, a last push\n"
		"is tried, exit 0; a second one ends it at once, and loses nothing that was recorded.\n"
		"Exit 0: the cycle was measured, whatever providers answered; 1: there was no list, or\n"
		"rows could not be kept.\n"
		"\n"
		"--json: {at, cycle_at, model, provider, provider_model_id, status, outcome, fault,\n"
		"duration_ms, ttft_ms, first_byte_ms, first_content_ms, tokens_per_second, attempts,\n"
		"lateness_ms, lag_ms, counted, answer, expected, agrees, input_tokens, output_tokens,\n"
		"cost, price_source, error}; model: the id on Hugging Face, or null; status -1: no HTTP\n"
		"answer; money as strings of dollars.\n",
};
