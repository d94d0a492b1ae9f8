#include "base/log.h"
#include "cmd/notices.h"

#include <signal.h>

enum { LOOK_EVERY_MS = 2000, LOOK_AFTER_FAILURE_MS = 30 * 1000 };

static bool once, json;

static const struct option options[] = {
	{ "once", 0, OPTION_FLAG, &once, NULL, "deliver what is due, then end", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object per attempt", NULL },
	{ 0 },
};

struct run {
	struct cmd_context *c;
	struct notices notices;
	struct loop *loop;
	struct store_thread *store;
	struct fetcher *fetcher;
	uv_signal_t signals[2];
	uv_timer_t timer;
	bool stopping;
};

static void look(struct run *r)
{
	struct announce_pass pass = {
		.wait_ms = once ? (uint64_t)r->c->settings->lease_wait_ms : 0,
	};

	for (int kind = 0; kind < NOTICE_KINDS; kind++)
		if (!announce_is_running(r->notices.announcer, (enum notice_kind)kind))
			notices_start(&r->notices, (enum notice_kind)kind, pass);
}

static void on_time(uv_timer_t *timer)
{
	struct run *r = timer->data;
	bool failed = announce_has_failed(r->notices.announcer);

	look(r);
	loop_timer_start(timer, on_time, failed ? LOOK_AFTER_FAILURE_MS : LOOK_EVERY_MS);
}

static void on_idle(void *arg)
{
	struct run *r = arg;

	cmd_flush(r->c);
	if ((once || r->stopping) && !notices_are_running(&r->notices))
		loop_stop(r->loop);
}

/* What is under way is brought to its end: a hook by its limit, a webhook within 15 s. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct run *r = handle->data;

	(void)number;
	r->stopping = true;
	announce_stop(r->notices.announcer);
	if (notices_are_running(&r->notices))
		log_say(LOG_INFO, "stopping after what is under way");
	else
		loop_stop(r->loop);
}

static void watch(struct run *r)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)uv_signal_init(loop_uv(r->loop), &r->signals[i]);
		r->signals[i].data = r;
		(void)uv_signal_start(&r->signals[i], on_signal, numbers[i]);
	}
	(void)uv_timer_init(loop_uv(r->loop), &r->timer);
	r->timer.data = r;
	if (once)
		look(r);
	else
		on_time(&r->timer);
}

static void unwatch(struct run *r)
{
	uv_close((uv_handle_t *)&r->signals[0], NULL);
	uv_close((uv_handle_t *)&r->signals[1], NULL);
	uv_close((uv_handle_t *)&r->timer, NULL);
}

static bool open_all(struct run *r, struct err *e)
{
	struct fetch_conf fetch = cmd_fetch_conf(r->c->settings);
	struct store *store;

	if (!cmd_fetcher(r->c->settings, r->loop, &fetch, &r->fetcher, e) ||
	    !cmd_open_store(r->c, STORE_WRITE, &store, e))
		return false;
	if (!notices_follow(&r->notices, store, e)) {
		store_close(store);
		return false;
	}
	r->store = store_thread_start(r->loop, store);
	return true;
}

static enum cmd_exit deliver(struct run *r)
{
	struct err e;
	bool failed;

	if (!open_all(r, &e))
		return cmd_fail(&e);
	notices_open(&r->notices, r->loop, r->store, r->fetcher, on_idle, r);
	watch(r);
	loop_run(r->loop);
	unwatch(r);
	failed = once && (r->notices.failed || announce_has_failed(r->notices.announcer));
	return failed ? CMD_FAILED : CMD_DONE;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct run r = { .c = c, .notices = { .show = true, .json = json } };
	enum cmd_exit code;
	struct err e;

	if (!notices_init(&r.notices, c, STR_NONE, &e))
		return cmd_fail(&e);
	if (!notices_has(&r.notices, NOTICE_HOOK) && !notices_has(&r.notices, NOTICE_WEBHOOK)) {
		(void)err_set(&e, ERR_USAGE,
			      "there is nobody to tell: set ASSAY_EXEC_ON_CHANGE or "
			      "ASSAY_WEBHOOK_URL");
		return cmd_fail(&e);
	}
	r.loop = loop_create();
	code = deliver(&r);
	store_thread_stop(r.store);
	fetcher_destroy(r.fetcher);
	notices_close(&r.notices);
	loop_run(r.loop);
	loop_destroy(r.loop);
	return code;
}

const struct cmd cmd_announce = {
	.name = "announce",
	.run = run,
	.synopsis = "[--once] [--json]",
	.summary = "deliver the notices that are due: hooks and webhooks",
	.options = options,
	.notes =
		"A notice is owed from the sync that saw the change until it is delivered, at least\n"
		"once; a webhook that is not taken is tried ten times in about three days.  Without\n"
		"--once it goes on until SIGINT or SIGTERM.  With it the exit code is 1 when something\n"
		"that was due could not be delivered.\n",
};
