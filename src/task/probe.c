/*
 * Who begins when: a queue a provider, and of those the one first that may begin
 * next.  Waiting is a timerfd's, because the loop's own timers know milliseconds only.
 */
#include "task/probe.h"

#include "base/clock.h"
#include "base/fingerprint.h"
#include "task/probe_job.h"

#include <assert.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	BEGINS_A_ROUND = 32, /* then sockets get their turn: a stamp waits for no queue */
	BODY_MAX = 1 << 20,
	US_PER_MS = 1000,
	US_PER_S = 1000000,
	NS_PER_US = 1000,
};

/* ---- the heap of lanes ---- */

static void put(struct prober *p, size_t at, struct probe_lane *lane)
{
	p->heap[at] = lane;
	lane->heap = at + 1;
}

static void rise(struct prober *p, size_t at)
{
	struct probe_lane *lane = p->heap[at];

	for (; at > 0 && p->heap[(at - 1) / 2]->ready_us > lane->ready_us; at = (at - 1) / 2)
		put(p, at, p->heap[(at - 1) / 2]);
	put(p, at, lane);
}

static void sink(struct prober *p, size_t at)
{
	struct probe_lane *lane = p->heap[at];

	for (size_t child; (child = 2 * at + 1) < p->n_heap; at = child) {
		if (child + 1 < p->n_heap &&
		    p->heap[child + 1]->ready_us < p->heap[child]->ready_us)
			child++;
		if (p->heap[child]->ready_us >= lane->ready_us)
			break;
		put(p, at, p->heap[child]);
	}
	put(p, at, lane);
}

static void heap_remove(struct prober *p, struct probe_lane *lane)
{
	size_t at = lane->heap - 1;
	struct probe_lane *other = p->heap[--p->n_heap];

	lane->heap = 0;
	if (other == lane)
		return;
	put(p, at, other);
	rise(p, at);
	sink(p, other->heap - 1);
}

static void heap_add(struct prober *p, struct probe_lane *lane)
{
	if (p->n_heap == p->room_heap) {
		p->room_heap = p->room_heap ? 2 * p->room_heap : PROBE_BUCKETS;
		p->heap = realloc(p->heap, p->room_heap * sizeof(struct probe_lane *));
		if (!p->heap)
			abort();
	}
	put(p, p->n_heap++, lane);
	rise(p, lane->heap - 1);
}

/* Somebody came or went there: where the lane belongs now. */
static void replace(struct prober *p, struct probe_lane *lane)
{
	unsigned most = p->conf.provider_concurrency;

	if (lane->heap)
		heap_remove(p, lane);
	if (!lane->first || (most && lane->running >= most))
		return;
	lane->ready_us = lane->first->due_us > lane->free_us ? lane->first->due_us : lane->free_us;
	heap_add(p, lane);
}

/* ---- lanes ---- */

static struct probe_lane *lane_of(struct prober *p, struct str provider)
{
	struct probe_lane **bucket;
	struct probe_lane *lane;
	struct hash print;
	char *copy;

	fingerprint_bytes(provider.at, provider.n, &print);
	bucket = &p->lanes[print.bytes[0] % PROBE_BUCKETS];
	lane = *bucket;

	while (lane && !str_eq(lane->provider, provider))
		lane = lane->next;
	if (lane)
		return lane;
	lane = calloc(1, sizeof(*lane) + provider.n + 1);
	if (!lane)
		abort();
	copy = (char *)(lane + 1);
	if (provider.n)
		memcpy(copy, provider.at, provider.n);
	lane->provider = (struct str){ copy, provider.n };
	lane->next = *bucket;
	*bucket = lane;
	return lane;
}

/* By the time that each is due; most come in that order. */
static void lane_insert(struct probe_lane *lane, struct probe_try *t)
{
	struct probe_try **at = &lane->first;

	if (lane->last && lane->last->due_us <= t->due_us)
		at = &lane->last->next;
	while (*at && (*at)->due_us <= t->due_us)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (!t->next)
		lane->last = t;
}

static struct probe_try *lane_take(struct probe_lane *lane)
{
	struct probe_try *t = lane->first;

	lane->first = t->next;
	if (!lane->first)
		lane->last = NULL;
	t->next = NULL;
	return t;
}

/* ---- the alarm ---- */

static bool is_full(const struct prober *p)
{
	return p->conf.concurrency && p->asking >= p->conf.concurrency;
}

/* For the first who may begin; for nobody while all places are taken. */
static void arm(struct prober *p)
{
	struct itimerspec when = { 0 };
	int64_t at_us;

	if (p->n_heap == 0 || is_full(p))
		return;
	at_us = p->heap[0]->ready_us > 1 ? p->heap[0]->ready_us : 1;
	if (p->armed_us && p->armed_us <= at_us)
		return;
	when.it_value.tv_sec = at_us / US_PER_S;
	when.it_value.tv_nsec = at_us % US_PER_S * NS_PER_US;
	if (timerfd_settime(p->alarm_fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
		abort();
	p->armed_us = at_us;
}

static void begin_first(struct prober *p, int64_t now_us)
{
	struct probe_lane *lane = p->heap[0];
	struct probe_try *t = lane_take(lane);

	lane->running++;
	p->asking++;
	lane->free_us = now_us + (int64_t)p->conf.spacing_ms * US_PER_MS;
	replace(p, lane);
	probe_try_begin(t);
}

static void on_alarm(uv_poll_t *alarm, int status, int events)
{
	struct prober *p = alarm->data;
	int64_t now_us = (int64_t)clock_mono_us();
	uint64_t times;

	(void)status;
	(void)events;
	if (read(p->alarm_fd, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return;
	p->armed_us = 0;
	for (unsigned i = 0; i < BEGINS_A_ROUND && p->n_heap && !is_full(p); i++) {
		if (p->heap[0]->ready_us > now_us)
			break;
		begin_first(p, now_us);
	}
	arm(p);
}

void probe_answered(struct probe_try *t)
{
	struct prober *p = t->p;

	p->asking--;
	t->lane->running--;
	replace(p, t->lane);
	arm(p);
}

void probe_queue(struct probe_try *t)
{
	lane_insert(t->lane, t);
	replace(t->p, t->lane);
	arm(t->p);
}

/* ---- calls ---- */

static struct fetch_header *copy_headers(const struct probe_call *c, struct arena *a)
{
	struct fetch_header *all = arena_array(a, c->n_headers + 1, struct fetch_header);

	for (size_t i = 0; i < c->n_headers; i++)
		all[i] = (struct fetch_header){ arena_str(a, c->headers[i].name),
						arena_str(a, c->headers[i].value),
						c->headers[i].secret };
	return all;
}

static struct price *copy_prices(const struct probe_call *c, struct arena *a)
{
	struct price *all = arena_array(a, c->n_prices + 1, struct price);

	for (size_t i = 0; i < c->n_prices; i++) {
		all[i] = c->prices[i];
		all[i].condition = arena_str(a, c->prices[i].condition);
		all[i].amount = arena_str(a, c->prices[i].amount);
		all[i].currency = arena_str(a, c->prices[i].currency);
		all[i].source = arena_str(a, c->prices[i].source);
		all[i].raw = all[i].unit = STR_NONE; /* nobody asks */
	}
	return all;
}

static void copy_call(struct probe_call *to, const struct probe_call *from, struct arena *a)
{
	struct str *strings[] = {
		&to->hf_model,  &to->provider,    &to->provider_name,   &to->provider_model_id,
		&to->url,       &to->via,         &to->recipe.limit,    &to->recipe.add,
		&to->group_key, &to->prompt.text, &to->prompt.expected,
	};

	*to = *from;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_str(a, *strings[i]);
	to->headers = copy_headers(from, a);
	to->prices = copy_prices(from, a);
}

/* One after another toward one provider, each a little off the beat. */
static int64_t plan(struct prober *p, struct probe_lane *lane)
{
	int64_t now_us = (int64_t)clock_mono_us();
	int64_t gap_us = (int64_t)p->conf.spacing_ms * US_PER_MS;
	int64_t at_us;

	if (p->conf.jitter_ms)
		gap_us += (int64_t)(chance_next(&p->chance) %
				    ((uint64_t)p->conf.jitter_ms * US_PER_MS + 1));
	at_us = lane->planned_us ? lane->planned_us + gap_us : now_us;
	return at_us > now_us ? at_us : now_us;
}

static void give_up(void *arg)
{
	probe_try_give_up(arg);
}

void prober_call(struct prober *p, const struct probe_call *c, probe_fn *done, void *arg)
{
	struct probe_try *t = calloc(1, sizeof(*t));
	const struct recipe_ask ask = { .model = c->provider_model_id,
					.prompt = c->prompt.text,
					.max_tokens = c->max_tokens,
					.stream = c->stream };

	if (!t)
		abort();
	assert(!c->denied);
	t->p = p;
	t->done = done;
	t->arg = arg;
	copy_call(&t->call, c, &t->arena);
	t->body = BUF_INIT(BODY_MAX);
	recipe_body(&t->call.recipe, &ask, &t->body);
	t->reservation_id = c->reservation_id;
	t->lane = lane_of(p, t->call.provider);
	t->intended_us = c->intended_mono_us ? c->intended_mono_us : plan(p, t->lane);
	t->lane->planned_us = t->due_us = t->intended_us;
	p->calls++;
	loop_hold(p->loop);
	if (p->draining)
		loop_post(p->loop, give_up, t);
	else
		probe_queue(t);
}

/* ---- the end ---- */

struct given_up {
	struct probe_try *first;
};

static void give_up_all(void *arg)
{
	struct given_up *all = arg;
	struct probe_try *t = all->first;

	while (t) {
		struct probe_try *next = t->next;

		t->next = NULL;
		probe_try_give_up(t);
		t = next;
	}
	free(all);
}

void prober_drain(struct prober *p)
{
	struct given_up *all = calloc(1, sizeof(*all));
	struct probe_try **last;

	if (!all)
		abort();
	last = &all->first;
	p->draining = true;
	for (size_t i = 0; i < PROBE_BUCKETS; i++) {
		for (struct probe_lane *lane = p->lanes[i]; lane; lane = lane->next) {
			*last = lane->first;
			if (lane->last)
				last = &lane->last->next;
			lane->first = lane->last = NULL;
			replace(p, lane);
		}
	}
	loop_post(p->loop, give_up_all, all);
}

void prober_cancel(struct prober *p)
{
	prober_drain(p);
	asker_cancel(p->asker);
}

size_t prober_running(const struct prober *p)
{
	return p->calls;
}

struct prober *prober_create(struct loop *l, struct asker *asker, struct store_thread *store,
			     struct recorder *rec, const struct probe_conf *conf)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->loop = l;
	p->asker = asker;
	p->store = store;
	p->rec = rec;
	p->conf = *conf;
	p->to_read_last = &p->to_read;
	chance_seed(&p->chance);
	p->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	p->alarm.data = p;
	if (p->alarm_fd < 0 || uv_poll_init(loop_uv(l), &p->alarm, p->alarm_fd) < 0 ||
	    uv_poll_start(&p->alarm, UV_READABLE, on_alarm) < 0)
		abort();
	uv_unref((uv_handle_t *)&p->alarm); /* calls keep the loop alive */
	return p;
}

static void free_prober(uv_handle_t *alarm)
{
	struct prober *p = alarm->data;

	for (size_t i = 0; i < PROBE_BUCKETS; i++) {
		for (struct probe_lane *lane = p->lanes[i], *next; lane; lane = next) {
			next = lane->next;
			free(lane);
		}
	}
	(void)close(p->alarm_fd);
	free(p->heap);
	free(p);
}

void prober_destroy(struct prober *p)
{
	if (!p)
		return;
	assert(p->calls == 0);
	probe_forget_releases(p);
	probe_free_over(p);
	(void)uv_poll_stop(&p->alarm);
	uv_close((uv_handle_t *)&p->alarm, free_prober);
}
