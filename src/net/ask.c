/*
 * The life of an ask:
 *
 *	ask_start ─▶ queue ─▶ begin ─▶ send ─▶ on_transferred ─▶ finish ─▶ done
 *	               ▲        │ the name is being looked up          ▲
 *	               └── line of the host ── a time-out, cancelled ──┘
 *
 * Asks begin from an idle handle, as many in one round of the loop as fit into
 * BEGIN_US, so that a burst of thousands does not keep the loop from its sockets:
 * what one waits in the queue is before its begin and in no stamp.
 *
 * libcurl never repeats a request on its own here: it would, silently, when a kept-alive
 * connection turns out dead.  The second send is refused (CURLOPT_PREREQFUNCTION), and so is
 * already the socket for it.
 *
 * Time-outs are ours: libcurl has one code for all of its own.  Before one is declared,
 * what has arrived meanwhile is read: when the loop was late it is not the server who was.
 *
 * Handles are used again and again; an asker's differ in what each request sets anew and
 * in nothing else.  Secrets: our copies of header values and URLs are overwritten, those in
 * libcurl's buffers are freed by libcurl without that.
 */
#include "base/clock.h"
#include "base/lag.h"
#include "net/answer.h"
#include "net/ask_job.h"
#include "net/easy.h"

#include <assert.h>
#include <stdlib.h>

enum {
	CONNECTIONS_MAX = 256,
	SPARES_MAX = 512,
	BEGIN_US = 500,
};

/* ---- the end ---- */

static void stamp_begin(struct ask *k, uint64_t now_us)
{
	if (k->answer->started_mono_us)
		return;
	k->answer->started_mono_us = now_us;
	k->answer->started_at_ms = clock_real_ms();
}

static void leave_line(struct ask *k)
{
	if (!k->line)
		return;
	TAILQ_REMOVE(k->line, k, in_line);
	k->line = NULL;
}

static void join_line(struct ask *k, struct line *line)
{
	assert(!k->line);
	TAILQ_INSERT_TAIL(line, k, in_line);
	k->line = line;
}

static void on_begin(uv_idle_t *beginner);

static void enqueue(struct ask *k)
{
	join_line(k, &k->in->queue);
	if (uv_idle_start(&k->in->beginner, on_begin) != 0)
		abort();
}

void ask_release_name(struct ask *leader, const struct ask_answer *failed)
{
	struct host *h = leader->host;
	struct ask *k;

	if (!h || h->leader != leader)
		return;
	h->leader = NULL;
	while ((k = TAILQ_FIRST(&h->line))) {
		leave_line(k);
		if (failed) {
			k->doomed = true;
			k->answer->end = failed->end;
			k->answer->err = failed->err;
		}
		enqueue(k);
	}
}

static void free_ask(uv_handle_t *timer)
{
	free(timer->data);
}

static void destroy_spare(struct ask *k)
{
	curl_easy_cleanup(k->transfer.easy);
	hasher_destroy(k->hasher);
	uv_close((uv_handle_t *)&k->timer, free_ask);
}

static void recycle(struct ask *k)
{
	struct asker *a = k->in;

	uv_timer_stop(&k->timer);
	TAILQ_REMOVE(&a->all, k, of_all);
	request_release(&k->request);
	k->taken = NULL;
	k->answer = NULL;
	k->uses++;
	if (a->closing || a->n_spares == SPARES_MAX) {
		destroy_spare(k);
		return;
	}
	/* What pointed into the request points nowhere now. */
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_POSTFIELDS, NULL);
	(void)curl_easy_setopt(k->transfer.easy, CURLOPT_URL, NULL);
	TAILQ_INSERT_HEAD(&a->spares, k, of_all);
	a->n_spares++;
}

/* The callback may start asks and destroy the asker: nothing is touched after it. */
static void finish(struct ask *k, uint64_t end_us)
{
	struct ask_answer *r = k->answer;
	ask_fn *done = k->done;
	void *arg = k->arg;

	leave_line(k);
	stamp_begin(k, end_us); /* cancelled before it began */
	r->stamps.end_us = ask_since_begin(k, end_us);
	r->lag_us = lag_since_us(k->in->lag, r->started_mono_us);
	ask_release_name(k, r->end == TRANSPORT_DNS ? r : NULL);
	taken_end(k->taken, k->hasher);
	recycle(k);
	done(arg, r);
}

/* Without an answer, by our decision. */
static void give_up(struct ask *k)
{
	transfer_stop(k->in->transport, &k->transfer);
	if (taken_head_is_whole(k->taken))
		k->answer->status = answer_status(k->transfer.easy);
	finish(k, clock_mono_us());
}

static void on_transferred(void *arg, CURLcode code)
{
	struct ask *k = arg;
	bool good = ask_judge(k, code);

	finish(k, good ? ask_read_us(k) : clock_mono_us());
}

/* ---- time-outs ---- */

static void on_time(uv_timer_t *timer);

static void arm_timer(struct ask *k, uint64_t now_us)
{
	uint32_t limit_ms;
	uint64_t gone_ms = (uint64_t)ask_since_begin(k, now_us) / ASK_US_PER_MS;

	if (ask_next_timeout(k, &limit_ms) < ASK_TIMEOUTS)
		loop_timer_start(&k->timer, on_time, limit_ms > gone_ms ? limit_ms - gone_ms : 0);
}

static void on_time(uv_timer_t *timer)
{
	struct ask *k = timer->data;
	uint64_t now_us = clock_mono_us();
	uint64_t use = k->uses;
	uint32_t limit_ms;
	size_t which;

	transport_catch_up(k->in->transport);
	if (k->uses != use)
		return;
	which = ask_next_timeout(k, &limit_ms);
	if (which == ASK_TIMEOUTS ||
	    ask_since_begin(k, now_us) < (int64_t)limit_ms * ASK_US_PER_MS) {
		arm_timer(k, now_us);
		return;
	}
	ask_say_timeout(k, which, limit_ms);
	give_up(k);
}

/* ---- the begin ---- */

static void begin(struct ask *k)
{
	uint64_t now_us = clock_mono_us();

	stamp_begin(k, now_us);
	if (k->doomed) {
		finish(k, now_us);
		return;
	}
	if (!uv_is_active((uv_handle_t *)&k->timer))
		arm_timer(k, now_us);
	if (k->host->known_until_us <= now_us) {
		if (k->host->leader) {
			join_line(k, &k->host->line);
			return;
		}
		k->host->leader = k;
	}
	ask_send(k);
}

static void on_begin(uv_idle_t *beginner)
{
	struct asker *a = beginner->data;
	uint64_t until_us = clock_mono_us() + BEGIN_US;
	struct ask *k;

	while (!a->closing && (k = TAILQ_FIRST(&a->queue))) {
		leave_line(k);
		begin(k);
		if (clock_mono_us() >= until_us)
			break;
	}
	if (!a->closing && TAILQ_EMPTY(&a->queue))
		uv_idle_stop(beginner);
}

/* ---- start ---- */

static struct ask *create_spare(struct asker *a)
{
	static char identity[] = "Accept-Encoding: identity";
	static char no_expect[] = "Expect:";
	struct ask *k = calloc(1, sizeof(*k));

	if (!k || uv_timer_init(loop_uv(a->loop), &k->timer) != 0)
		abort();
	k->timer.data = k;
	k->in = a;
	k->hasher = hasher_create();
	k->ours[0] = (struct curl_slist){ identity, &k->ours[1] };
	k->ours[1] = (struct curl_slist){ no_expect, NULL };
	ask_set_up_easy(k, on_transferred);
	return k;
}

static struct ask *take_spare(struct asker *a)
{
	struct ask *k = TAILQ_FIRST(&a->spares);

	if (!k)
		return create_spare(a);
	TAILQ_REMOVE(&a->spares, k, of_all);
	a->n_spares--;
	return k;
}

static bool copy_request(struct ask *k, const struct ask_request *q, struct err *e)
{
	const struct fetch_request r = {
		.url = q->url,
		.headers = q->headers,
		.n_headers = q->n_headers,
		.post = str_is_none(q->body) ? STR("") : q->body,
	};

	k->connect_ms = q->connect_timeout_ms;
	k->first_byte_ms = q->first_byte_timeout_ms;
	k->total_ms = q->total_timeout_ms;
	k->fresh = q->fresh;
	return ask_find_place(k, &r, e);
}

static void clear_use(struct ask *k, uint64_t keep_max)
{
	k->taken = taken_create(keep_max);
	k->answer = taken_answer(k->taken);
	k->answer->status = -1;
	k->answer->stamps = (struct stamps){
		STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
		STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE, STAMP_NONE,
	};
	k->host = NULL;
	k->detail[0] = '\0';
	k->sent_us = 0;
	k->doomed = k->looks = k->opened = k->resend_refused = k->no_socket = false;
	k->head_too_long = false;
}

void ask_start(struct asker *a, const struct ask_request *q, ask_fn *done, void *arg)
{
	struct ask *k = take_spare(a);

	assert(!a->closing);
	clear_use(k, q->keep_max);
	k->done = done;
	k->arg = arg;
	/* A bad request is reported from the loop as well, never from here. */
	if (!copy_request(k, q, &k->answer->err)) {
		k->doomed = true;
		k->answer->end = TRANSPORT_CANCELLED;
	}
	TAILQ_INSERT_TAIL(&a->all, k, of_all);
	enqueue(k);
}

/* ---- the asker ---- */

bool asker_create(struct asker **ret, struct loop *l, const struct asker_conf *conf, struct err *e)
{
	struct str agent = conf->user_agent.n ? conf->user_agent : STR("assay");
	struct asker *a;

	easy_global_init();
	if (!str_is_none(conf->upstream) && !fetch_check_upstream(conf->upstream, e))
		return false;
	a = calloc(1, sizeof(*a));
	if (!a || uv_idle_init(loop_uv(l), &a->beginner) != 0)
		abort();
	a->beginner.data = a;
	a->loop = l;
	a->transport = transport_create(l, conf->connections_max ? conf->connections_max
								 : CONNECTIONS_MAX);
	a->lag = lag_create(l);
	a->upstream = arena_str(&a->arena, conf->upstream);
	a->user_agent = arena_cstr(&a->arena, agent);
	a->ca_file = arena_str(&a->arena, conf->ca_file).at;
	TAILQ_INIT(&a->queue);
	TAILQ_INIT(&a->all);
	TAILQ_INIT(&a->spares);
	if (str_is_none(conf->upstream) || str_starts(conf->upstream, STR("https://")))
		ask_read_certificates(a);
	*ret = a;
	return true;
}

static void cancel(struct ask *k)
{
	assert(k->answer); /* it has not ended */
	k->answer->end = TRANSPORT_CANCELLED;
	(void)err_set(&k->answer->err, ERR_CANCELLED, "cancelled");
	give_up(k);
}

/* Those that a callback starts meanwhile stand behind the last and are not meant. */
void asker_cancel(struct asker *a)
{
	size_t n = 0;
	struct ask *k;

	TAILQ_FOREACH(k, &a->all, of_all)
	n++;
	for (; n > 0; n--)
		cancel(TAILQ_FIRST(&a->all));
}

static void free_asker(uv_handle_t *handle)
{
	struct asker *a = handle->data;

	for (struct place *p = a->places; p; p = p->next)
		url_release(&p->url);
	arena_release(&a->arena);
	free(a);
}

void asker_destroy(struct asker *a)
{
	struct ask *k;

	if (!a)
		return;
	a->closing = true;
	while ((k = TAILQ_FIRST(&a->all)))
		cancel(k);
	while ((k = TAILQ_FIRST(&a->spares))) {
		TAILQ_REMOVE(&a->spares, k, of_all);
		destroy_spare(k);
	}
	transport_destroy(a->transport);
	lag_destroy(a->lag);
	uv_close((uv_handle_t *)&a->beginner, free_asker);
}
