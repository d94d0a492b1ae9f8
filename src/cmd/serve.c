#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/process.h"
#include "cmd/access.h"
#include "cmd/serve_setup.h"
#include "cmd/sync_setup.h"
#include "web/route.h"

#include <signal.h>
#include <unistd.h>

static struct str listen_at;
static bool show_routes, verbose;

static const struct option options[] = {
	{ "listen", 0, OPTION_TEXT, &listen_at, "ADDR:PORT",
	  "address and port, as ASSAY_LISTEN; port 0: a free one", NULL },
	{ "routes", 0, OPTION_FLAG, &show_routes, NULL, "list the routes, and end", NULL },
	{ "verbose", 'v', OPTION_FLAG, &verbose, NULL, "log at level debug", NULL },
	{ 0 },
};

enum { SIGNALS = 3, SIGNAL_EXIT = 128 };

struct service {
	struct cmd_context *c;
	struct loop *loop;
	struct sync_setup sync;
	struct syncer *syncer;
	struct view_keeper *views;
	struct counters *counters;
	struct web *web;
	uv_signal_t signals[SIGNALS];
	bool stopping;
};

/* ---- what happens ---- */

static void on_idle(void *arg)
{
	(void)arg;
}

static void on_report(void *arg, const struct sync_report *r)
{
	struct service *s = arg;

	counters_sync(s->counters, r);
	view_refresh(s->views, r->provider->slug);
	if (s->web)
		http_streams_wake(s->web);
	notices_start(&s->sync.notices, NOTICE_HOOK, (struct announce_pass){ 0 });
	notices_start(&s->sync.notices, NOTICE_WEBHOOK, (struct announce_pass){ 0 });
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int number)
{
	struct service *s = handle->data;

	if (number == SIGHUP)
		return;
	if (s->stopping)
		_exit(SIGNAL_EXIT + number);
	s->stopping = true;
	loop_stop(s->loop);
}

static void open_signals(struct service *s)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	/* Whoever reads our output or log may go away; what runs is to end in order. */
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNALS; i++) {
		if (uv_signal_init(loop_uv(s->loop), &s->signals[i]) < 0 ||
		    uv_signal_start(&s->signals[i], on_signal, numbers[i]) < 0)
			abort();
		s->signals[i].data = s;
	}
}

static void close_signals(struct service *s)
{
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
}

/* ---- beginning and end ---- */

static bool open_syncer(struct service *s, struct err *e)
{
	struct syncer_access *accesses;

	if (!access_find_known(s->c, &accesses, e))
		return false;
	s->syncer = syncer_create(&s->sync.conf, (size_t)s->c->settings->sync_concurrency);
	syncer_configure(s->syncer, accesses, s->c->registry->n);
	return true;
}

static bool open_web(struct service *s, struct err *e)
{
	struct web_conf conf;

	serve_web_conf(s->c, &conf);
	conf.loop = s->loop;
	conf.store = s->sync.conf.store;
	conf.syncer = s->syncer;
	conf.views = s->views;
	conf.counters = s->counters;
	conf.listen = listen_at.n ? listen_at : conf.listen;
	conf.listen_fd = notify_listen_fd();
	if (!web_start(&s->web, &conf, e))
		return false;
	buf_printf(s->c->out, "listening on http://%s\n", s->web->address);
	cmd_flush(s->c);
	log_event(LOG_INFO, "listening", LOG_TEXT("address", s->web->address));
	return true;
}

static bool open_all(struct service *s, struct err *e)
{
	struct store *store;

	if (!sync_setup_open(&s->sync, s->c, s->loop, STR_NONE, STR_NONE, e) ||
	    !cmd_open_store(s->c, STORE_WRITE, &store, e))
		return false;
	s->sync.conf.report = on_report;
	s->sync.conf.arg = s;
	if (!sync_setup_store(&s->sync, store, on_idle, s, e) || !open_syncer(s, e))
		return false;
	s->counters = counters_create((size_t)s->c->settings->metrics_series_max);
	s->views = view_keeper_create(s->loop, s->c->settings->database_url.at);
	view_refresh_all(s->views);
	return open_web(s, e);
}

static void close_all(struct service *s)
{
	web_stop(s->web, (uint32_t)s->c->settings->stop_grace_ms);
	if (s->syncer)
		syncer_stop(s->syncer);
	close_signals(s);
	loop_run(s->loop);
	sync_setup_close(&s->sync);
	loop_run(s->loop);
	syncer_destroy(s->syncer);
	view_keeper_destroy(s->views);
	counters_destroy(s->counters);
	loop_destroy(s->loop);
}

static void print_routes(struct buf *out)
{
	for (size_t i = 0; i < routes_n; i++)
		buf_printf(out, "%s %s\n", http_method_names[routes_table[i].method],
			   routes_table[i].pattern);
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct service s = { .c = c };
	struct err e;
	bool ok;

	if (show_routes) {
		print_routes(c->out);
		return CMD_DONE;
	}
	if (clock_is_frozen()) {
		(void)err_set(
			&e, ERR_USAGE,
			"ASSAY_NOW stops the clock, and a service needs one that runs: only an "
			"offset such as +3d is taken");
		return cmd_fail(&e);
	}
	s.loop = loop_create();
	open_signals(&s);
	process_raise_descriptors();
	ok = open_all(&s, &e);
	if (ok) {
		notify_send("READY=1");
		loop_run(s.loop);
		notify_send("STOPPING=1");
	}
	close_all(&s);
	return ok ? CMD_DONE : cmd_fail(&e);
}

const struct cmd cmd_serve = {
	.name = "serve",
	.run = run,
	.needs = NEEDS_REGISTRY,
	.synopsis = "[--listen ADDR:PORT] [OPTIONS]",
	.summary = "run syncs, notices and probes on a schedule, and answer over HTTP",
	.options = options,
	.verbose = &verbose,
};
