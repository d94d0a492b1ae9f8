#include "task/timetable.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

#include <assert.h>
#include <time.h>

enum { US_PER_MS = 1000, US_PER_S = 1000000, NS_PER_US = 1000, RESTING = -1, REASON_MAX = 256 };

struct timetable_entry {
	struct timetable *of;
	struct timetable_entry *next; /* of all */
	timetable_fn *fn;
	void *arg;
	char *name;
	char reason[REASON_MAX];

	int heap;         /* its place there, or RESTING */
	int64_t base_us;  /* its last time: when it was due, without what chance added */
	int64_t due_us;   /* when it runs */
	int64_t meant_us; /* when it was meant to, before it was spread */
	int64_t at_ms;    /* of the wall clock; CLOCK_NONE: by base_us */
	int64_t last_at_ms;
	uint64_t runs, skipped;
	bool is_spread;
};

struct timetable {
	struct timetable_world world;
	uv_timer_t timer;
	struct timetable_entry *entries;
	struct timetable_entry **heap; /* [n], room for all entries */
	size_t n, room, n_entries;
	bool is_running;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- the world ---- */

static int64_t boot_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

static uint64_t any_number(void)
{
	uint64_t n = 0;

	(void)uv_random(NULL, NULL, &n, sizeof(n), 0, NULL);
	return n;
}

static const struct timetable_world real_world = { boot_us, clock_now_ms, any_number };

/* ---- the heap ---- */

static void put(struct timetable *t, size_t i, struct timetable_entry *e)
{
	t->heap[i] = e;
	e->heap = (int)i;
}

static void sift_up(struct timetable *t, size_t i)
{
	struct timetable_entry *e = t->heap[i];

	for (size_t up; i > 0 && e->due_us < t->heap[up = (i - 1) / 2]->due_us; i = up)
		put(t, i, t->heap[up]);
	put(t, i, e);
}

static void sift_down(struct timetable *t, size_t i)
{
	struct timetable_entry *e = t->heap[i];

	for (size_t down; (down = 2 * i + 1) < t->n; i = down) {
		if (down + 1 < t->n && t->heap[down + 1]->due_us < t->heap[down]->due_us)
			down++;
		if (e->due_us <= t->heap[down]->due_us)
			break;
		put(t, i, t->heap[down]);
	}
	put(t, i, e);
}

static void take_out(struct timetable_entry *e)
{
	struct timetable *t = e->of;
	size_t i = (size_t)e->heap;
	struct timetable_entry *last;

	if (e->heap == RESTING)
		return;
	e->heap = RESTING;
	last = t->heap[--t->n];
	if (last == e)
		return;
	put(t, i, last);
	sift_up(t, i);
	sift_down(t, (size_t)last->heap);
}

static void put_in(struct timetable_entry *e, int64_t due_us)
{
	struct timetable *t = e->of;

	take_out(e);
	e->due_us = due_us;
	put(t, t->n++, e);
	sift_up(t, t->n - 1);
}

/* ---- the timer ---- */

static void on_time(uv_timer_t *timer)
{
	timetable_run(timer->data);
}

static void wait_for_first(struct timetable *t)
{
	int64_t ms;

	if (t->is_running)
		return;
	if (t->n == 0) {
		(void)uv_timer_stop(&t->timer);
		return;
	}
	ms = (t->heap[0]->due_us - t->world.boot_us()) / US_PER_MS;
	if (ms > TIMETABLE_LOOK_MS)
		ms = TIMETABLE_LOOK_MS;
	loop_timer_start(&t->timer, on_time, ms > 0 ? (uint64_t)ms : 0);
}

/* ---- what is due ---- */

/* The wall clock may have been set: where its instants lie by ours. */
static void look_at_walls(struct timetable *t, int64_t now_us)
{
	int64_t wall_ms = t->world.wall_ms();

	for (struct timetable_entry *e = t->entries; e; e = e->next)
		if (e->heap != RESTING && e->at_ms != CLOCK_NONE && !e->is_spread)
			put_in(e, now_us + (e->at_ms - wall_ms) * US_PER_MS);
}

/* After a sleep all are late at once. */
static bool spread(struct timetable_entry *e, int64_t now_us)
{
	uint64_t chance = e->of->world.random() % ((uint64_t)TIMETABLE_SPREAD_MS * US_PER_MS);

	if (e->is_spread || now_us - e->due_us <= (int64_t)TIMETABLE_SPREAD_MS * US_PER_MS)
		return false;
	e->is_spread = true;
	e->meant_us = e->due_us;
	put_in(e, now_us + (int64_t)chance);
	return true;
}

static void run_entry(struct timetable_entry *e, int64_t now_us)
{
	int64_t meant_us = e->is_spread ? e->meant_us : e->due_us;

	take_out(e);
	if (e->at_ms != CLOCK_NONE)
		e->base_us = meant_us;
	e->at_ms = CLOCK_NONE;
	e->is_spread = false;
	e->runs++;
	e->last_at_ms = e->of->world.wall_ms();
	e->fn(e->arg, e, (uint64_t)(now_us - meant_us));
}

void timetable_run(struct timetable *t)
{
	int64_t now_us = t->world.boot_us();

	t->is_running = true;
	look_at_walls(t, now_us);
	while (t->n && t->heap[0]->due_us <= now_us)
		if (!spread(t->heap[0], now_us))
			run_entry(t->heap[0], now_us);
	t->is_running = false;
	wait_for_first(t);
}

/* ---- the interface ---- */

static void explain(struct timetable_entry *e, struct str reason)
{
	(void)snprintf(e->reason, sizeof(e->reason), "%.*s", STR_FMT(reason));
}

/* Its next time by the grid of `wait_us`; those that lie behind us were slept through. */
static void advance(struct timetable_entry *e, int64_t wait_us, int64_t now_us)
{
	int64_t missed;

	if (wait_us == 0) { /* no grid */
		e->base_us = now_us;
		return;
	}
	e->base_us += wait_us;
	if (e->base_us > now_us)
		return;
	missed = (now_us - e->base_us) / wait_us + 1;
	e->base_us += missed * wait_us;
	e->skipped += (uint64_t)missed;
}

static void next(struct timetable_entry *e, int64_t wait_ms, struct str reason, int64_t part)
{
	int64_t now_us = e->of->world.boot_us();
	int64_t wait_us = wait_ms > 0 ? wait_ms * US_PER_MS : 0;
	int64_t most = part ? wait_us / part : 0;
	int64_t chance = (int64_t)(e->of->world.random() % (uint64_t)(2 * most + 1)) - most;
	int64_t due_us;

	advance(e, wait_us, now_us);
	due_us = e->base_us + chance;
	e->at_ms = CLOCK_NONE;
	e->is_spread = false;
	explain(e, reason);
	put_in(e, due_us > now_us ? due_us : now_us + 1);
	wait_for_first(e->of);
}

void timetable_next(struct timetable_entry *e, int64_t wait_ms, struct str reason)
{
	next(e, wait_ms, reason, TIMETABLE_JITTER);
}

void timetable_next_exactly(struct timetable_entry *e, int64_t wait_ms, struct str reason)
{
	next(e, wait_ms, reason, 0);
}

void timetable_next_at(struct timetable_entry *e, int64_t at_ms, struct str reason)
{
	int64_t ahead_us = (at_ms - e->of->world.wall_ms()) * US_PER_MS;

	e->at_ms = at_ms;
	e->is_spread = false;
	explain(e, reason);
	put_in(e, e->of->world.boot_us() + (ahead_us > 0 ? ahead_us : 1));
	wait_for_first(e->of);
}

void timetable_touch(struct timetable_entry *e)
{
	e->base_us = e->of->world.boot_us();
}

void timetable_recall(struct timetable_entry *e, int64_t at_ms)
{
	if (at_ms > e->last_at_ms)
		e->last_at_ms = at_ms;
}

void timetable_rest(struct timetable_entry *e, struct str reason)
{
	take_out(e);
	explain(e, reason);
	wait_for_first(e->of);
}

struct timetable *timetable_create_in(struct loop *l, const struct timetable_world *w)
{
	struct timetable *t = must(calloc(1, sizeof(*t)));

	t->world = *w;
	if (uv_timer_init(loop_uv(l), &t->timer) < 0)
		abort();
	t->timer.data = t;
	uv_unref((uv_handle_t *)&t->timer);
	return t;
}

struct timetable *timetable_create(struct loop *l)
{
	return timetable_create_in(l, &real_world);
}

static void free_timetable(uv_handle_t *timer)
{
	struct timetable *t = timer->data;

	free(t->heap);
	free(t);
}

static void free_entry(struct timetable_entry *e)
{
	free(e->name);
	free(e);
}

void timetable_destroy(struct timetable *t)
{
	if (!t)
		return;
	for (struct timetable_entry *e = t->entries, *after; e; e = after) {
		after = e->next;
		free_entry(e);
	}
	uv_close((uv_handle_t *)&t->timer, free_timetable);
}

struct timetable_entry *timetable_add(struct timetable *t, struct str name, timetable_fn *fn,
				      void *arg)
{
	struct timetable_entry *e = must(calloc(1, sizeof(*e)));

	*e = (struct timetable_entry){ .of = t,
				       .next = t->entries,
				       .fn = fn,
				       .arg = arg,
				       .name = must(strndup(name.at, name.n)),
				       .heap = RESTING,
				       .base_us = t->world.boot_us(),
				       .at_ms = CLOCK_NONE,
				       .last_at_ms = CLOCK_NONE };
	t->entries = e;
	if (++t->n_entries > t->room) {
		t->room = 2 * t->n_entries;
		t->heap = must(realloc(t->heap, t->room * sizeof(struct timetable_entry *)));
	}
	return e;
}

void timetable_remove(struct timetable_entry *e)
{
	struct timetable *t = e->of;
	struct timetable_entry **at = &t->entries;

	take_out(e);
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->n_entries--;
	free_entry(e);
	wait_for_first(t);
}

/* ---- the status ---- */

static struct timetable_row row_of(const struct timetable_entry *e)
{
	int64_t ahead_us = e->due_us - e->of->world.boot_us();

	return (struct timetable_row){
		.name = str_of(e->name),
		.reason = str_of(e->reason),
		.due_at_ms = e->heap == RESTING ? CLOCK_NONE
			     : e->at_ms != CLOCK_NONE
				     ? e->at_ms
				     : e->of->world.wall_ms() + ahead_us / US_PER_MS,
		.last_at_ms = e->last_at_ms,
		.runs = e->runs,
		.skipped = e->skipped,
	};
}

/* Those that rest come last. */
static bool is_before(const struct timetable_row *a, const struct timetable_row *b)
{
	if (a->due_at_ms == b->due_at_ms)
		return str_cmp(a->name, b->name) < 0;
	return b->due_at_ms == CLOCK_NONE ||
	       (a->due_at_ms != CLOCK_NONE && a->due_at_ms < b->due_at_ms);
}

size_t timetable_list(const struct timetable *t, struct timetable_row *ret, size_t room)
{
	size_t n = 0;

	for (const struct timetable_entry *e = t->entries; e; e = e->next) {
		struct timetable_row row = row_of(e);
		size_t i = n < room ? n++ : room;

		if (i == room) {
			if (room == 0 || !is_before(&row, &ret[room - 1]))
				continue;
			i = room - 1;
		}
		for (; i > 0 && is_before(&row, &ret[i - 1]); i--)
			ret[i] = ret[i - 1];
		ret[i] = row;
	}
	return t->n_entries;
}
