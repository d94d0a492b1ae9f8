#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/process.h"
#include "cmd/service.h"
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

enum {
	SIGNALS = 3,
	SIGNAL_EXIT = 128,
	US_PER_MS = 1000,
	MS_PER_S = 1000,
	LOOK_AGAIN_MS = 20,
	FAREWELL_MS = 1000
};

struct run {
	struct service s;
	uv_signal_t signals[SIGNALS];
};

/* ---- the end ---- */

static bool nothing_runs(const struct service *s)
{
	return syncer_running(s->syncer) == 0 && agenda_is_idle(s->agenda) && !s->probe_runs &&
	       !s->reloading && service_notices_are_idle(s) && (!s->web || web_is_idle(s->web));
}

static void give_up(struct service *s)
{
	if (s->has_given_up)
		return;
	s->has_given_up = true;
	if (syncer_running(s->syncer))
		log_event(LOG_WARN, "the grace time is over, syncs are given up",
			  LOG_UINT("running", syncer_running(s->syncer)));
	syncer_give_up(s->syncer);
}

/* Twice idle in a row: what has ended may have posted something. */
static void on_look(uv_timer_t *timer)
{
	struct service *s = timer->data;
	uint64_t gone_ms = (clock_mono_us() - s->stopped_us) / US_PER_MS;
	bool was_idle = s->is_idle;

	s->is_idle = nothing_runs(s);
	if (s->is_idle && was_idle) {
		loop_stop(s->loop);
		return;
	}
	if (gone_ms >= (uint64_t)s->c->settings->stop_grace_ms)
		give_up(s);
	loop_timer_start(timer, on_look, LOOK_AGAIN_MS);
}

void service_stop(struct service *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stopped_us = clock_mono_us();
	notify_send("STOPPING=1");
	if (s->web)
		web_drain(s->web);
	log_event(LOG_INFO, "stopping", LOG_UINT("syncs_running", syncer_running(s->syncer)));
	agenda_stop(s->agenda);
	syncer_stop(s->syncer);
	for (struct generation *g = s->now; g; g = g->before)
		if (g->is_open)
			announce_stop(g->sync.notices.announcer);
	service_probe_stop(s);
	loop_timer_start(&s->ending, on_look, 0);
}

/* ---- signals ---- */

/* A second one: what is committed is committed, nothing else is waited for. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct run *r = handle->data;

	if (number == SIGHUP) {
		service_reload(&r->s);
		return;
	}
	if (r->s.stopping)
		_exit(SIGNAL_EXIT + number);
	service_stop(&r->s);
}

/* A SIGHUP that our parent had ignored (nohup) stays so. */
static bool is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void open_signals(struct run *r)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < SIGNALS; i++) {
		bool ignored = numbers[i] == SIGHUP && is_ignored(SIGHUP);

		if (uv_signal_init(loop_uv(r->s.loop), &r->signals[i]) < 0 ||
		    (!ignored && uv_signal_start(&r->signals[i], on_signal, numbers[i]) < 0))
			abort();
		r->signals[i].data = r;
	}
	if (uv_timer_init(loop_uv(r->s.loop), &r->s.ending) < 0)
		abort();
	r->s.ending.data = &r->s;
}

static void close_signals(struct run *r)
{
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&r->signals[i], NULL);
	uv_close((uv_handle_t *)&r->s.ending, NULL);
}

/* ---- the begin ---- */

static void say_what_runs(const struct service *s)
{
	const struct settings *set = s->c->settings;
	uint64_t ready = 0;

	for (size_t i = 0; i < s->c->registry->n; i++)
		ready += str_is_none(s->now->accesses[i].missing);
	if (set->schedule)
		log_event(LOG_INFO, "sync: runs", LOG_UINT("providers", ready),
			  LOG_UINT("not_set_up", s->c->registry->n - ready),
			  LOG_INT("min_s", set->sync_min_ms / MS_PER_S),
			  LOG_INT("max_s", set->sync_max_ms / MS_PER_S));
	else
		log_event(LOG_INFO, "sync: not run", LOG_TEXT("why", "ASSAY_SCHEDULE is off"));
}

/* The database, if nobody else serves it. */
static bool open_store(struct service *s, struct err *e)
{
	struct sync_setup *sync = &s->now->sync;
	struct store *store;

	if (!cmd_open_store(s->c, STORE_WRITE, &store, e))
		return false;
	if (!sole_take(store, &s->sole, e) || !sync_setup_follow(sync, store, e)) {
		sole_release(store, &s->sole);
		store_close(store);
		return false;
	}
	s->store = store_thread_start(s->loop, store);
	sync->conf.report = service_on_sync;
	sync->conf.arg = s;
	sync->notices.attempt = service_on_notice;
	sync_setup_start(sync, s->store, service_on_notices_idle, s);
	return true;
}

static void open_agenda(struct service *s)
{
	const struct settings *set = s->c->settings;
	struct agenda_conf conf = {
		.loop = s->loop,
		.store = s->store,
		.syncer = s->syncer,
		.timetable = s->timetable,
		.sole = &s->sole,
		.acts = set->schedule,
		.watch_ms = set->watch_ms,
		.expire_ms = set->expire_ms,
		.expire = { .samples_days = (unsigned)set->samples_days },
		.health = { .window_ms = set->health_window_ms },
	};

	service_listen(s, &conf);
	s->agenda = agenda_create(&conf);
	agenda_configure(s->agenda, s->now->accesses, s->c->registry->n, &s->now->rules);
}

static void open_tasks(struct service *s)
{
	const struct settings *set = s->c->settings;

	s->lag = lag_create(s->loop);
	s->lag_told_us = clock_mono_us();
	s->counters = counters_create((size_t)set->metrics_series_max);
	s->views = view_keeper_create(s->loop, set->database_url.at);
	view_on_exchange(s->views, service_on_view, s);
	s->syncer = syncer_create(&s->now->sync.conf, (size_t)set->sync_concurrency);
	syncer_configure(s->syncer, s->now->accesses, s->c->registry->n);
	s->timetable = timetable_create(s->loop);
	open_agenda(s);
}

static bool open_web(struct service *s, struct err *e)
{
	struct web_conf conf;

	serve_web_conf(s->c, &conf);
	conf.loop = s->loop;
	conf.store = s->store;
	conf.syncer = s->syncer;
	conf.views = s->views;
	conf.counters = s->counters;
	conf.timetable = s->timetable;
	conf.listen = listen_at.n ? listen_at : conf.listen;
	conf.listen_fd = notify_listen_fd();
	return web_start(&s->web, &conf, e) ||
	       (e->kind == ERR_USAGE && err_wrap(e, listen_at.n ? "--listen" : "ASSAY_LISTEN"));
}

static bool open_all(struct service *s, struct err *e)
{
	if (!service_begin(s, e) || !service_probe_prepare(s, e) || !open_store(s, e))
		return false;
	open_tasks(s);
	return open_web(s, e) && service_probe_start(s, e);
}

/* Others read the port here. */
static void say_where(struct service *s, struct cmd_context *c)
{
	say_what_runs(s);
	buf_printf(c->out, "listening on http://%s\n", s->web->address);
	cmd_flush(c);
	log_event(LOG_INFO, "listening", LOG_TEXT("address", s->web->address));
	notify_send("READY=1");
}

static void give_back(struct store *store, void *arg)
{
	sole_release(store, arg);
}

static void close_all(struct run *r)
{
	struct service *s = &r->s;

	web_stop(s->web, FAREWELL_MS);
	s->web = NULL; /* a sync may still end */
	service_probe_close(s);
	lag_destroy(s->lag);
	if (s->agenda) {
		agenda_stop(s->agenda);
		syncer_stop(s->syncer);
	}
	close_signals(r);
	loop_run(s->loop); /* what was posted, and the view's last load */
	agenda_destroy(s->agenda);
	timetable_destroy(s->timetable);
	syncer_destroy(s->syncer);
	view_keeper_destroy(s->views);
	counters_destroy(s->counters);
	if (s->store)
		store_thread_post(s->store, give_back, NULL, &s->sole);
	service_close(s);
	loop_run(s->loop);
	loop_destroy(s->loop);
}

/* ---- the command ---- */

static void print_routes(struct buf *out)
{
	for (size_t i = 0; i < routes_n; i++)
		buf_printf(out, "%s %s\n", http_method_names[routes_table[i].method],
			   routes_table[i].pattern);
}

static bool check_clock(struct err *e)
{
	return !clock_is_frozen() ||
	       err_set(e, ERR_USAGE,
		       "ASSAY_NOW stops the clock, and a service needs one that runs: an offset "
		       "such as +3d is all it takes");
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct run r = { .s = { .c = c } };
	struct err e;
	bool ok;

	if (show_routes) {
		print_routes(c->out);
		return CMD_DONE;
	}
	if (!check_clock(&e))
		return cmd_fail(&e);
	/* Whoever reads our output or log may go away; what runs is to end in order. */
	(void)signal(SIGPIPE, SIG_IGN);
	process_raise_descriptors();
	r.s.loop = loop_create();
	open_signals(&r);
	ok = open_all(&r.s, &e);
	if (ok) {
		say_where(&r.s, c);
		loop_run(r.s.loop);
	}
	close_all(&r);
	if (r.s.lost.kind != ERR_NONE)
		return cmd_fail(&r.s.lost);
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
	.notes =
		"Syncs follow how often each provider changes, between ASSAY_SYNC_MIN_SECONDS and\n"
		"ASSAY_SYNC_MAX_SECONDS, or as ASSAY_SYNC_SECONDS and ASSAY_SYNC_WINDOW say; the times\n"
		"and their reasons are in /admin/model-sync/status.  Notices that are due are delivered.\n"
		"Probes cost money and need ASSAY_PROBE=on.  ASSAY_SCHEDULE=off: nothing by itself.\n"
		"\n"
		"One service a database: a second one says who has it, exit 1.  SIGHUP reads settings\n"
		"and descriptors again; bad ones are refused by name and the old ones stay.  SIGTERM or\n"
		"SIGINT: nothing new begins, what runs may end (ASSAY_STOP_GRACE_SECONDS, and\n"
		"ASSAY_PROBE_GRACE_SECONDS), exit 0; a second one ends it at once.\n",
};
