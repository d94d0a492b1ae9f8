/*
 * POST /admin/webhooks/{slug}: a provider, or somebody's pipeline, says that it published, and is synced.
 *
 * Standard Webhooks: the message is signed with a secret that both sides know, over its id, its time and its body.  One
 * that was recorded and is sent again does nothing: too old after a while, and until then its id is in the
 * database, where a restart does not forget it.
 */
#include "base/json.h"
#include "sink/webhook.h"
#include "task/edit.h"
#include "web/admin.h"
#include "web/handlers.h"
#include "web/jobs.h"
#include "web/rate.h"

#include <inttypes.h>
#include <openssl/crypto.h>

enum {
	ID_MAX = 256,
	SIGNATURES_MAX = 16,
	APART_S = 300, /* between their clock and ours */
	MS_PER_S = 1000,
	/* Longer than a signature holds: from the earliest moment that it is taken to the last. */
	KEEP_MS = 3 * APART_S * MS_PER_S,
	DETAIL_MAX = 4096,
};

/* ---- is it theirs? ---- */

static bool refuse(struct http_reply *r, const char *sentence)
{
	http_fail(r, HTTP_UNAUTHORIZED, "%s", sentence);
	return false;
}

static bool check_time(const struct http_request *q, struct http_reply *r, int64_t *ret_s)
{
	int64_t now_s = clock_now_ms() / MS_PER_S;

	if (!str_to_i64(q->webhook_timestamp, 0, CLOCK_LAST / MS_PER_S, ret_s))
		return refuse(r, "webhook-timestamp is no number of seconds since 1970");
	if (*ret_s < now_s - APART_S || *ret_s > now_s + APART_S)
		return refuse(r, "webhook-timestamp is more than five minutes from now");
	return true;
}

/* Of several ("v1,… v1,…", while secrets are exchanged) one has to be right. */
static bool any_is(struct str signatures, struct str right)
{
	bool found = false;
	bool more = true;

	for (int i = 0; more && i < SIGNATURES_MAX; i++) {
		struct str one;

		more = str_cut(&signatures, ' ', &one);
		if (one.n == right.n && CRYPTO_memcmp(one.at, right.at, right.n) == 0)
			found = true;
	}
	return found;
}

static bool check_signature(const struct http_request *q, struct http_reply *r, int64_t time_s)
{
	BUF_AUTO(right, DETAIL_MAX);
	struct str key;
	struct err e;

	if (!webhook_key(web_webhook_secret(q->web), q->arena, &key, &e)) {
		http_fail(r, HTTP_UNAVAILABLE, "ASSAY_INCOMING_SECRET is set to no secret");
		return false;
	}
	webhook_sign(key, q->webhook_id, time_s, q->body, &right);
	return any_is(q->webhook_signature, buf_str(&right)) ||
	       refuse(r, "webhook-signature does not fit this message");
}

/* What is signed is "id.time.body": with a dot in it, a recorded message could be cut into another one of a new id. */
static bool check_id(struct str id, struct http_reply *r)
{
	if (id.n > ID_MAX)
		return refuse(r, "webhook-id is longer than 256 characters");
	for (size_t i = 0; i < id.n; i++)
		if (id.at[i] == '.' || id.at[i] < ' ' || id.at[i] > '~')
			return refuse(r, "webhook-id holds what is no printable ASCII, or a dot");
	return true;
}

static bool is_theirs(const struct http_request *q, struct http_reply *r)
{
	int64_t time_s;

	if (web_webhook_secret(q->web).n == 0) {
		http_fail(r, HTTP_UNAVAILABLE, "ASSAY_INCOMING_SECRET is not set");
		return false;
	}
	if (!q->webhook_id.n || !q->webhook_timestamp.n || !q->webhook_signature.n)
		return refuse(r, "webhook-id, webhook-timestamp and webhook-signature are needed");
	return check_id(q->webhook_id, r) && check_time(q, r, &time_s) &&
	       check_signature(q, r, time_s);
}

/* ---- is it new, and not too often? ---- */

struct message {
	const struct descriptor *provider;
	bool is_new;
};

static struct edit_message message_of(const struct admin_task *t, struct str action)
{
	const struct message *m = t->data;
	BUF_AUTO(detail, DETAIL_MAX);
	struct json_writer w = { .out = &detail };

	json_open(&w, '{');
	json_add_str(&w, "webhook_id", t->q->webhook_id);
	json_add_str(&w, "peer", t->q->peer);
	json_close(&w, '}');
	return (struct edit_message){ .action = action,
				      .provider = m->provider->slug,
				      .id = t->q->webhook_id,
				      .detail = arena_str(t->q->arena, buf_str(&detail)),
				      .keep_ms = KEEP_MS };
}

static struct desk_hand hand(void)
{
	return (struct desk_hand){ .actor = STR("webhook"), .now_ms = clock_now_ms() };
}

/* Nothing came of it: it may be sent again. */
static bool drop_receipt(struct store *s, struct admin_task *t, struct err *e)
{
	const struct edit_message message = message_of(t, STR("webhook.dropped"));
	const struct desk_hand by = hand();

	return edit_drop_message(s, &message, &by, e);
}

static bool take_receipt(struct store *s, struct admin_task *t, struct err *e)
{
	const struct edit_message message = message_of(t, STR("webhook.sync"));
	const struct desk_hand by = hand();
	struct message *m = t->data;

	if (!edit_take_message(s, &message, &by, &m->is_new, e))
		return false;
	t->undo = m->is_new ? drop_receipt : NULL;
	return true;
}

static void answer_taken(struct admin_task *t, int64_t job)
{
	const struct message *m = t->data;
	struct json_writer w = { .out = &t->reply.body };

	t->reply.status = HTTP_ACCEPTED;
	t->reply.body = BUF_INIT(DETAIL_MAX);
	json_open(&w, '{');
	json_add_bool(&w, "success", true);
	json_add_str(&w, "message",
		     arena_printf(t->q->arena, "Sync of %.*s started", STR_FMT(m->provider->slug)));
	json_key(&w, "details");
	json_open(&w, '{');
	json_add_str(&w, "provider", m->provider->slug);
	json_add_i64(&w, "job", job);
	json_close(&w, '}');
	json_close(&w, '}');
	admin_answer(t);
}

static bool unavailable(struct admin_task *t, const char *sentence)
{
	http_fail(&t->reply, HTTP_UNAVAILABLE, "%s", sentence);
	http_header(&t->reply, "Retry-After", STR("10"));
	return false;
}

/* As far as it is shown. */
static bool is_deactivated(const struct admin_task *t, struct str slug)
{
	const struct view *v = view_get(t->web->conf.views);
	const struct view_segment *g = v ? view_find_slug(v, slug) : NULL;
	bool deactivated = g && !g->is_active;

	if (v)
		view_put(v);
	return deactivated;
}

static bool refuse_sync(struct admin_task *t, const char *why)
{
	const struct message *m = t->data;

	http_fail(&t->reply, HTTP_CONFLICT, "%.*s: %s", STR_FMT(m->provider->slug), why);
	return false;
}

/* A sync would begin now, and not be left out; else the reply says why not. */
static bool would_begin(struct admin_task *t)
{
	const struct message *m = t->data;
	const struct syncer *s = t->web->conf.syncer;
	const struct syncer_access *access = syncer_find(s, m->provider->slug);

	if (syncer_is_stopped(s))
		return unavailable(t, "the service is stopping");
	if (jobs_are_full(t->web->jobs))
		return unavailable(t, arena_printf(t->q->arena, "%d jobs are running already",
						   JOBS_RUNNING_MAX)
					      .at);
	if (!access || !str_is_none(access->missing))
		return refuse_sync(t, "API key not configured");
	return !is_deactivated(t, m->provider->slug) || refuse_sync(t, "deactivated");
}

/* What hinders it came while it was written down. */
static void drop(struct admin_task *t)
{
	t->undo = NULL;
	admin_on_store(t, drop_receipt, admin_answer);
}

static void start_sync(struct admin_task *t)
{
	struct message *m = t->data;
	const int64_t nobody = 0;
	/* What was published may be on no list that is being read by now. */
	const struct job_wish wish = {
		.providers = &m->provider, .ids = &nobody, .n = 1, .fresh = true
	};

	if (!t->failed && m->is_new && would_begin(t)) {
		t->undo = NULL;
		answer_taken(t, jobs_start(t->web->jobs, &wish, NULL, NULL));
		return;
	}
	rate_give_back(t->web->webhooks, m->provider->slug);
	if (t->failed)
		admin_refuse_err(t);
	else if (!m->is_new)
		admin_refuse(t, HTTP_CONFLICT, "this message was taken already");
	else
		drop(t);
}

static void refuse_often(struct admin_task *t, uint64_t wait_s)
{
	http_fail(&t->reply, HTTP_TOO_MANY, "more than %u webhooks a minute",
		  t->web->conf.limits.webhook_rate);
	http_header(&t->reply, "Retry-After", arena_printf(t->q->arena, "%" PRIu64, wait_s));
	admin_answer(t);
}

static void take(struct admin_task *t)
{
	struct message *m = t->data;
	uint64_t wait_s;

	m->provider = admin_provider(t);
	if (!m->provider)
		return;
	if (!would_begin(t))
		admin_answer(t);
	else if (!rate_take(t->web->webhooks, m->provider->slug, clock_mono_us(), &wait_s))
		refuse_often(t, wait_s);
	else
		admin_on_store(t, take_receipt, start_sync);
}

void admin_webhook_post(struct http_request *q, struct http_reply *r)
{
	if (is_theirs(q, r))
		admin_begin(q, arena_new(q->arena, struct message), take);
}
