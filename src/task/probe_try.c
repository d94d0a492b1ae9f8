/*
 * The life of one call: attempts, what lies between them, and its end.
 */
#include "base/clock.h"
#include "base/log.h"
#include "task/probe_job.h"

/* A stream takes some 300 bytes a token: what is looked into is more than what the CSV gets. */
enum { READ_MAX = 4 << 20 };
enum { US_PER_MS = 1000, RETRY_AFTER_LONGEST_S = 60, STATUS_RATE_LIMITED = 429 };

/* ---- the end ---- */

static void free_all(void *arg)
{
	struct probe_try *t = arg;

	while (t) {
		struct probe_try *next = t->next;

		if (t->answer)
			ask_answer_release(t->answer);
		buf_release(&t->request_headers);
		buf_release(&t->response_headers);
		arena_release(&t->read_arena);
		buf_release(&t->body);
		arena_release(&t->arena);
		free(t);
		t = next;
	}
}

void probe_free_over(struct prober *p)
{
	struct probe_try *over = p->over;

	p->over = NULL;
	p->n_over = 0;
	free_all(over);
}

static void free_elsewhere(struct prober *p)
{
	struct probe_try *over = p->over;

	p->over = NULL;
	p->n_over = 0;
	loop_work(p->loop, free_all, NULL, over);
}

void probe_try_release(struct probe_try *t)
{
	struct prober *p = t->p;

	for (size_t i = 0; i < t->call.n_headers; i++)
		if (t->call.headers[i].secret && t->call.headers[i].value.n)
			explicit_bzero((char *)(uintptr_t)t->call.headers[i].value.at,
				       t->call.headers[i].value.n);
	t->next = p->over;
	p->over = t;
	if (++p->n_over == PROBE_FREE_AT)
		free_elsewhere(p);
	p->calls--;
	loop_release(p->loop);
}

static void end(struct probe_try *t, const struct sample *s, const struct err *e)
{
	t->done(t->arg, s, e);
	probe_try_release(t);
}

/* Once nobody but the recorder has calls left, it has nobody to wait for. */
static void hurry_last(struct prober *p)
{
	if (p->kept > 0 && p->kept == p->calls)
		record_hurry(p->rec);
}

static void drop(struct probe_try *t)
{
	struct prober *p = t->p;

	probe_release(p, t->reservation_id);
	end(t, NULL, &t->error);
	hurry_last(p);
}

static void on_recorded(void *arg, const struct err *e)
{
	struct probe_try *t = arg;

	t->p->kept--;
	end(t, &t->sample, e);
}

/* What is of the whole and not of its latest attempt. */
static void complete(struct probe_try *t)
{
	const struct probe_call *c = &t->call;
	struct sample *s = &t->sample;

	s->hf_model = c->hf_model;
	s->provider = c->provider;
	s->provider_name = c->provider_name;
	s->provider_model_id = c->provider_model_id;
	s->model_id = c->model_id;
	s->via = c->via;
	s->url = c->url;
	s->cycle_at_ms = c->cycle_at_ms;
	s->lateness_us = t->first_begin_us - t->intended_us;
	s->intended_at_ms = t->first_begin_ms - s->lateness_us / US_PER_MS;
	s->expected = c->prompt.expected;
	s->agrees = -1;
	s->group_key = c->group_key;
	s->request_bytes = t->body.n;
	s->attempts = t->sent;
	s->waited_ms = (int64_t)(t->waited_us / US_PER_MS);
	s->total_us = t->ended_us - t->first_begin_us;
}

/* One that was reserved for an attempt that never left is not this sample's to settle. */
static int64_t reservation_of(struct probe_try *t)
{
	int64_t id = t->reservation_id;

	if (id == 0 || t->answer->sends > 0 || t->sent == 0)
		return id;
	probe_release(t->p, id);
	return 0;
}

/* More is read of an answer than is written down of it. */
static struct str body_for_csv(const struct probe_try *t, bool *ret_cut)
{
	const struct ask_answer *r = t->answer;
	struct str body = r->status >= 0 ? r->body : STR_NONE;
	uint64_t most = t->p->conf.body_max;

	*ret_cut = r->cut || body.n > most;
	if (body.n > most)
		body.n = (size_t)most;
	return body;
}

static void finish(struct probe_try *t)
{
	bool cut;
	struct str body = body_for_csv(t, &cut);

	complete(t);
	if (!t->p->rec) {
		end(t, &t->sample, NULL);
		return;
	}
	t->p->kept++;
	record_sample(t->p->rec,
		      &(struct record_item){
			      .sample = &t->sample,
			      .request_body = buf_str(&t->body),
			      .request_headers = buf_str(&t->request_headers),
			      .response_body = body,
			      .response_headers = buf_str(&t->response_headers),
			      .response_cut = cut,
			      .reservation_id = reservation_of(t),
		      },
		      on_recorded, t);
	hurry_last(t->p);
}

void probe_try_give_up(struct probe_try *t)
{
	if (t->answer) {
		finish(t);
		return;
	}
	if (t->error.kind == ERR_NONE)
		(void)err_set(&t->error, ERR_CANCELLED, "not asked: stopping");
	drop(t);
}

/* ---- once more ---- */

/* Is it of the kind that passes? */
static bool may_pass(const struct ask_answer *r)
{
	switch (r->end) {
	case TRANSPORT_DNS:
	case TRANSPORT_CONNECT:
	case TRANSPORT_TLS:
	case TRANSPORT_TIMEOUT_CONNECT:
	case TRANSPORT_TIMEOUT_FIRST_BYTE:
	case TRANSPORT_TIMEOUT_TOTAL:
	case TRANSPORT_RESET:
	case TRANSPORT_CUT:
		return r->status != STATUS_RATE_LIMITED || r->retry_after_s > 0;
	case TRANSPORT_COMPLETE:
		/* 429 says itself until when; who does not say wants no second call. */
		return r->status == STATUS_RATE_LIMITED ? r->retry_after_s > 0
							: retry_status(r->status);
	case TRANSPORT_PROTOCOL:
	case TRANSPORT_CANCELLED:
		break;
	}
	return false;
}

/* ± 25 % */
static int64_t wait_us(struct probe_try *t)
{
	const struct probe_conf *conf = &t->p->conf;
	unsigned nth = t->begun > 1;
	uint64_t base_us = (uint64_t)conf->retry_wait_ms[nth] * US_PER_MS;
	uint64_t us = base_us - base_us / 4 + chance_next(&t->p->chance) % (base_us / 2 + 1);
	uint64_t asked_us = t->answer->retry_after_s * US_PER_MS * US_PER_MS;

	return (int64_t)(us > asked_us ? us : asked_us);
}

static bool shall_repeat(struct probe_try *t, int64_t *ret_wait_us)
{
	const struct ask_answer *r = t->answer;
	int64_t deadline_us = t->call.deadline_mono_us;

	if (t->p->draining || t->begun > t->p->conf.retries || !may_pass(r) ||
	    r->retry_after_s > RETRY_AFTER_LONGEST_S)
		return false;
	*ret_wait_us = wait_us(t);
	return !deadline_us || (int64_t)clock_mono_us() + *ret_wait_us < deadline_us;
}

static void on_granted(struct probe_try *t, bool granted)
{
	if (granted && !t->p->draining) {
		probe_queue(t);
		return;
	}
	if (granted) {
		probe_release(t->p, t->reservation_id);
		t->reservation_id = 0;
	}
	finish(t);
}

/* What was reserved for an attempt that never left serves the next one. */
static void repeat(struct probe_try *t, int64_t us)
{
	const struct ask_answer *r = t->answer;

	log_event(LOG_DEBUG, "probe: again", LOG_STR("model", t->call.hf_model),
		  LOG_STR("provider", t->call.provider),
		  LOG_TEXT("outcome", outcomes[t->sample.outcome].name),
		  LOG_INT("status", r->status), LOG_INT("wait_ms", us / US_PER_MS));
	t->due_us = (int64_t)clock_mono_us() + us;
	if (probe_has_budget(t->p) && r->sends > 0)
		probe_reserve_again(t, on_granted);
	else
		probe_queue(t);
}

/* ---- what a 400 taught ---- */

struct lesson {
	struct arena arena;
	struct store_correction c;
	bool ok;
	struct err err;
};

static void save_lesson(struct store *s, void *arg)
{
	struct lesson *l = arg;

	l->ok = store_save_correction(s, &l->c, &l->err);
}

static void on_lesson_saved(void *arg)
{
	struct lesson *l = arg;

	if (l->ok)
		log_event(LOG_INFO, "probe: learned how it wants to be asked",
			  LOG_STR("provider", l->c.provider),
			  LOG_STR("model", l->c.provider_model_id), LOG_STR("why", l->c.reason));
	else
		log_event(LOG_ERROR, "probe: what was learned is not kept", LOG_ERR(&l->err));
	arena_release(&l->arena);
	free(l);
}

static void learn(struct probe_try *t)
{
	struct lesson *l;

	if (!t->p->store || str_is_none(t->corrected_why))
		return;
	l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->c = (struct store_correction){
		.provider = arena_str(&l->arena, t->call.provider),
		.provider_model_id = arena_str(&l->arena, t->call.provider_model_id),
		.recipe = t->corrected,
		.reason = arena_str(&l->arena, t->corrected_why),
		.learned_at_ms = clock_now_ms(),
	};
	l->c.recipe.limit = arena_str(&l->arena, t->corrected.limit);
	l->c.recipe.add = arena_str(&l->arena, t->corrected.add);
	store_thread_post(t->p->store, save_lesson, on_lesson_saved, l);
}

/* ---- reading ---- */

struct reading {
	struct prober *p;
	struct probe_try *first;
};

static void start_reading(struct prober *p);

static void read_all(void *arg)
{
	const struct reading *r = arg;

	for (struct probe_try *t = r->first; t; t = t->next)
		probe_read(t);
}

static void on_all_read(void *arg)
{
	struct reading *r = arg;
	struct probe_try *t = r->first;
	struct prober *p = r->p;

	free(r);
	p->readers--;
	start_reading(p);
	while (t) {
		struct probe_try *next = t->next;
		int64_t us;

		t->next = NULL;
		learn(t);
		if (shall_repeat(t, &us))
			repeat(t, us);
		else
			finish(t);
		t = next;
	}
}

/* Under load many go to the worker at once: what costs is to wake it. */
static void start_reading(struct prober *p)
{
	struct probe_try **last = &p->to_read;
	struct reading *r;

	if (!p->to_read || p->readers == PROBE_READERS)
		return;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->p = p;
	r->first = p->to_read;
	for (unsigned i = 0; i < PROBE_READ_MAX && *last; i++)
		last = &(*last)->next;
	p->to_read = *last;
	*last = NULL;
	if (!p->to_read)
		p->to_read_last = &p->to_read;
	p->readers++;
	loop_work(p->loop, read_all, on_all_read, r);
}

static void on_answer(void *arg, struct ask_answer *r)
{
	struct probe_try *t = arg;
	struct prober *p = t->p;

	t->answer = r;
	t->sent += r->sends;
	if (t->begun == 1) { /* behind others that were begun in the same round */
		t->first_begin_us = (int64_t)r->started_mono_us;
		t->first_begin_ms = r->started_at_ms;
	}
	t->ended_us = (int64_t)clock_mono_us();
	probe_answered(t);
	*p->to_read_last = t;
	p->to_read_last = &t->next;
	start_reading(p);
}

/* ---- an attempt ---- */

static void forget_attempt(struct probe_try *t)
{
	if (t->answer)
		ask_answer_release(t->answer);
	t->answer = NULL;
	buf_release(&t->request_headers);
	buf_release(&t->response_headers);
	arena_release(&t->read_arena);
	t->corrected_why = STR_NONE;
}

static void refuse(void *arg)
{
	struct probe_try *t = arg;

	probe_answered(t);
	probe_try_give_up(t);
}

void probe_try_begin(struct probe_try *t)
{
	const struct probe_conf *conf = &t->p->conf;
	int64_t now_us = (int64_t)clock_mono_us();

	if (t->p->rec && !record_has_room(t->p->rec)) {
		(void)err_set(&t->error, ERR_LIMIT,
			      "not asked: rows that cannot be kept wait already");
		loop_post(t->p->loop, refuse, t);
		return;
	}
	forget_attempt(t);
	if (t->begun++ == 0) {
		t->first_begin_us = now_us;
		t->first_begin_ms = clock_real_ms();
	} else {
		t->waited_us += (uint64_t)(now_us - t->ended_us);
	}
	ask_start(t->p->asker,
		  &(struct ask_request){
			  .url = t->call.url,
			  .headers = t->call.headers,
			  .n_headers = t->call.n_headers,
			  .body = buf_str(&t->body),
			  .connect_timeout_ms = conf->connect_timeout_ms,
			  .first_byte_timeout_ms = conf->first_byte_timeout_ms,
			  .total_timeout_ms = conf->total_timeout_ms,
			  .keep_max = conf->body_max > READ_MAX ? conf->body_max : READ_MAX,
			  .fresh = t->call.fresh,
		  },
		  on_answer, t);
}
