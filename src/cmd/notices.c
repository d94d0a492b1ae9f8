#include "cmd/notices.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "net/url.h"
#include "sink/webhook.h"

#include <inttypes.h>
#include <unistd.h>

/* Better now than at each attempt. */
static bool check_url(struct str text, struct err *e)
{
	struct url u;

	if (!url_init(&u, text, e)) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "ASSAY_WEBHOOK_URL");
	}
	url_release(&u);
	return true;
}

bool notices_init(struct notices *n, const struct cmd_context *c, struct str hook, struct err *e)
{
	const struct settings *s = c->settings;

	n->c = c;
	n->hook = hook.n ? hook : s->exec_on_change;
	return s->webhook_url.n == 0 || (check_url(s->webhook_url, e) &&
					 webhook_key(s->webhook_secret, c->arena, &n->key, e));
}

bool notices_has(const struct notices *n, enum notice_kind kind)
{
	return kind == NOTICE_HOOK ? n->hook.n > 0 : n->key.n > 0;
}

bool notices_follow(struct notices *n, struct store *s, struct err *e)
{
	return !notices_has(n, NOTICE_WEBHOOK) ||
	       announce_endpoint(s, n->c->settings->webhook_url, &n->endpoint_id, e);
}

struct sync_notice notices_owed(const struct notices *n)
{
	return (struct sync_notice){
		.hook = notices_has(n, NOTICE_HOOK),
		.endpoint_id = n->endpoint_id,
	};
}

/* ---- telling ---- */

static const char *const outcome_names[] = {
	[ANNOUNCED] = "delivered",
	[ANNOUNCE_NOT_RUN] = "not run",
	[ANNOUNCE_AGAIN] = "failed",
	[ANNOUNCE_GIVEN_UP] = "given up",
};

static void log_hook(const struct announce_report *r)
{
	bool well = str_is_none(r->why) || r->outcome == ANNOUNCE_NOT_RUN;

	log_event(well ? LOG_INFO : LOG_WARN, well ? "hook" : "the hook failed",
		  LOG_STR("provider", r->provider), LOG_STR("notice", r->id),
		  LOG_TEXT("outcome", outcome_names[r->outcome]), LOG_STR("why", r->why),
		  LOG_INT("exit", r->status), LOG_INT("ms", r->duration_ms),
		  LOG_UINT("output_bytes", r->output_bytes), LOG_STR("output", r->output));
}

static void log_webhook(const struct announce_report *r)
{
	static const enum log_level levels[] = {
		[ANNOUNCED] = LOG_INFO,
		[ANNOUNCE_NOT_RUN] = LOG_INFO,
		[ANNOUNCE_AGAIN] = LOG_WARN,
		[ANNOUNCE_GIVEN_UP] = LOG_ERROR,
	};
	char due[CLOCK_TEXT_MAX];

	log_event(levels[r->outcome], "webhook", LOG_STR("provider", r->provider),
		  LOG_STR("notice", r->id), LOG_TEXT("outcome", outcome_names[r->outcome]),
		  LOG_STR("why", r->why), LOG_UINT("attempt", r->attempt),
		  LOG_INT("status", r->status), LOG_INT("ms", r->duration_ms),
		  LOG_TEXT("due",
			   r->outcome == ANNOUNCE_AGAIN ? clock_text(r->due_at_ms, due) : NULL));
}

static void print_json(struct buf *out, const struct announce_report *r)
{
	struct json_writer w = { .out = out };
	char due[CLOCK_TEXT_MAX];

	json_open(&w, '{');
	json_add_str(&w, "notice", r->id);
	json_add_str(&w, "kind", str_of(notice_kind_names[r->kind]));
	json_add_str(&w, "provider", r->provider);
	json_add_str(&w, "outcome", str_of(outcome_names[r->outcome]));
	json_add_i64(&w, "attempt", (int64_t)r->attempt);
	json_add_i64(&w, "status", r->status);
	json_add_str(&w, "error", r->why);
	json_add_i64(&w, "duration_ms", r->duration_ms);
	json_add_str(&w, "due",
		     r->outcome == ANNOUNCE_AGAIN ? str_of(clock_text(r->due_at_ms, due))
						  : STR_NONE);
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static void print_text(struct buf *out, const struct announce_report *r)
{
	char due[CLOCK_TEXT_MAX];

	buf_printf(out, "%s %.*s %.*s: %s", notice_kind_names[r->kind], STR_FMT(r->provider),
		   STR_FMT(r->id), outcome_names[r->outcome]);
	if (!str_is_none(r->why)) {
		buf_add_str(out, STR(": "));
		cmd_add_text(out, r->why);
	}
	if (r->outcome == ANNOUNCE_AGAIN)
		buf_printf(out, "; attempt %" PRIu64 ", again at %s", r->attempt,
			   clock_text(r->due_at_ms, due));
	buf_add_char(out, '\n');
}

static void on_attempt(void *arg, const struct announce_report *r)
{
	struct notices *n = arg;

	n->failed += r->outcome == ANNOUNCE_AGAIN || r->outcome == ANNOUNCE_GIVEN_UP;
	if (n->attempt)
		n->attempt(n->arg, r);
	if (r->kind == NOTICE_HOOK)
		log_hook(r);
	else
		log_webhook(r);
	if (n->show && n->json)
		print_json(n->c->out, r);
	else if (n->show)
		print_text(n->c->out, r);
}

static void on_idle(void *arg)
{
	struct notices *n = arg;

	n->idle(n->arg);
}

/* ---- delivering ---- */

void notices_open(struct notices *n, struct loop *l, struct store_thread *store,
		  struct fetcher *fetcher, loop_fn *idle, void *arg)
{
	const struct settings *s = n->c->settings;
	struct announce_conf conf = {
		.loop = l,
		.store = store,
		.hook = n->hook,
		.hook_limit_ms = (uint64_t)s->hook_timeout_ms,
		.environment = environ,
		.fetcher = fetcher,
		.url = s->webhook_url,
		.key = n->key,
		.allow_private = s->webhook_allow_private,
		.report = on_attempt,
		.idle = on_idle,
		.arg = n,
	};

	n->idle = idle;
	n->arg = arg;
	n->announcer = announcer_create(&conf);
}

void notices_close(struct notices *n)
{
	announcer_destroy(n->announcer);
	n->announcer = NULL;
}

void notices_start(struct notices *n, enum notice_kind kind, struct announce_pass pass)
{
	if (n->announcer && notices_has(n, kind))
		announce_start(n->announcer, kind, pass);
}

bool notices_are_running(const struct notices *n)
{
	return n->announcer && (announce_is_running(n->announcer, NOTICE_HOOK) ||
				announce_is_running(n->announcer, NOTICE_WEBHOOK));
}
