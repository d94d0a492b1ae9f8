#include "base/process.h"
#include "cmd/probe_print.h"
#include "cmd/probe_setup.h"

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

enum { SIGNALS = 2, SIGNAL_EXIT = 128 };

struct run {
	struct cmd_context *c;
	struct loop *loop;
	struct store_thread *store;
	struct probe_setup setup;
	struct schedule_end end;
	uv_signal_t signals[SIGNALS];
	bool stopped, ended;
	bool colour;
	struct err err;
};

static enum pick_sort sort_of(struct str word)
{
	for (size_t i = 0; sorts[i]; i++)
		if (str_eq(word, str_of(sorts[i])))
			return (enum pick_sort)i;
	return PICK_OLDEST;
}

/* An empty text chooses nothing, and must not choose the cycle that costs money. */
static bool check_query(struct err *e)
{
	return str_is_none(query) || str_trim(query).n > 0 ||
	       err_set(e, ERR_USAGE, "--query: an empty text chooses nothing");
}

static bool prepare(struct run *r, struct err *e)
{
	const bool chosen = models.n || providers.n || query.n || sort.n || top;
	const struct probe_wish wish = {
		.trending = !chosen,
		.catalog = chosen,
		.pick = {
			.models = models.items,
			.n_models = models.n,
			.providers = providers.items,
			.n_providers = providers.n,
			.text = query,
			.sort = sort_of(sort),
			.top = top,
		},
		.stream = stream,
		.fresh = fresh,
		.cycles = once ? 1 : cycles,
	};

	return probe_setup_init(&r->setup, r->c, &wish, e);
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
		schedule_stop(r->setup.schedule);
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
	if (r->setup.schedule)
		schedule_stop(r->setup.schedule);
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
	probe_setup_start(&r->setup);
}

static bool open_all(struct run *r, struct err *e)
{
	struct store *store;

	if (!probe_setup_open(&r->setup, r->c, r->loop, e) ||
	    !cmd_open_store(r->c, STORE_WRITE, &store, e))
		return false;
	r->store = store_thread_start(r->loop, store);
	probe_setup_store(&r->setup, r->store, on_ready, r);
	return true;
}

static void close_all(struct run *r)
{
	probe_setup_close(&r->setup);
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
	if (!check_query(&e) || !prepare(&r, &e))
		return cmd_fail(&e);
	r.loop = loop_create();
	r.setup.conf.cycle.sample = on_sample;
	r.setup.conf.cycle.done = on_cycle;
	r.setup.conf.cycle.arg = r.setup.conf.arg = &r;
	r.setup.conf.ended = on_ended;
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
