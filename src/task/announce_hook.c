/*
 * A hook: one command, run once, whatever it answers.
 */
#include "base/clock.h"
#include "sink/exec.h"
#include "sink/hook.h"
#include "task/announce_job.h"

enum { OUTPUT_KEPT = 16 * 1024 };

/* ---- pool thread ---- */

static struct str why_not_well(struct announce_lane *l, const struct exec_result *r)
{
	if (r->killed)
		return arena_printf(&l->arena, "not over after %g s, killed",
				    (double)l->conf->hook_limit_ms / 1000.0);
	if (r->signal)
		return arena_printf(&l->arena, "ended by signal %d", r->signal);
	return r->exit_code ? arena_printf(&l->arena, "exit code %d", r->exit_code) : STR_NONE;
}

static bool run(struct announce_lane *l, const struct hook_notice *n, struct err *e)
{
	struct exec_request request = {
		.environment = hook_environment(l->conf->environment, n, &l->arena),
		.limit_ms = l->conf->hook_limit_ms,
	};
	BUF_AUTO(output, OUTPUT_KEPT);
	struct exec_result result;

	if (!hook_command(l->conf->hook, n, &l->arena, &request.command, e) ||
	    !exec_run(&request, &output, &result, e))
		return false;
	l->report.status = result.exit_code;
	l->report.why = why_not_well(l, &result);
	l->report.duration_ms = (int64_t)result.duration_ms;
	l->report.output = arena_str(&l->arena, buf_str(&output));
	l->report.output_bytes = result.output_bytes;
	return true;
}

static void run_work(void *arg)
{
	struct announce_lane *l = arg;
	struct hook_notice n;
	struct err e;
	bool ok = hook_parse(l->notice.payload, &l->arena, &n, &e);

	l->report = (struct announce_report){ .outcome = ANNOUNCED, .status = -1 };
	if (ok) {
		l->report.id = n.id;
		/* What names the provider is ours, but it is the database that said it. */
		n.provider = l->notice.provider;
	}
	if (ok && str_is_none(n.prev_hash) && hook_needs_prev(l->conf->hook)) {
		l->report.outcome = ANNOUNCE_NOT_RUN;
		l->report.why = STR("there is no previous snapshot for {prev_hash}");
	} else if (!ok || !run(l, &n, &e)) {
		l->report.why = arena_str(&l->arena, str_of(e.text));
	}
}

/* ---- loop thread ---- */

static void was_run(void *arg)
{
	struct announce_lane *l = arg;

	l->delivery = (struct store_delivery){ .at_ms = clock_now_ms(), .done = true };
	announce_said(l);
}

void announce_hook(struct announce_lane *l)
{
	loop_work(l->conf->loop, run_work, was_run, l);
}
