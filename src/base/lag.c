/*
 * libuv adds up the time that it spent waiting, so the end of the last wait is known
 * to the microsecond, also when a callback of somebody else ran first.
 *
 * Kept are only stretches that no later one was as long as: their lengths fall from
 * the first to the last, and the longest since an instant is the first that ended after it.
 */
#include "base/lag.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { STRETCHES = 64, NS_PER_US = 1000 };

struct stretch {
	uint64_t end_us;
	uint64_t us;
};

struct lag {
	uv_prepare_t before_wait;
	uv_loop_t *uv;
	uint64_t prepared_us;    /* when the last wait began */
	uint64_t waited_then_ns; /* all waits before it */
	size_t n;
	struct stretch stretches[STRETCHES];
};

/* When the last wait ended. */
static uint64_t woke_us(const struct lag *g)
{
	return g->prepared_us + (uv_metrics_idle_time(g->uv) - g->waited_then_ns) / NS_PER_US;
}

/* No room: the oldest two become one that is as long as the longer and as late as the later. */
static void make_room(struct lag *g)
{
	g->stretches[1].us = g->stretches[0].us;
	memmove(g->stretches, g->stretches + 1, (STRETCHES - 1) * sizeof(*g->stretches));
	g->n--;
}

static void note(struct lag *g, uint64_t now_us, uint64_t us)
{
	while (g->n > 0 && g->stretches[g->n - 1].us <= us)
		g->n--;
	if (g->n == STRETCHES)
		make_room(g);
	g->stretches[g->n++] = (struct stretch){ now_us, us };
}

static uint64_t between(uint64_t then_us, uint64_t now_us)
{
	return now_us > then_us ? now_us - then_us : 0;
}

static void on_before_wait(uv_prepare_t *handle)
{
	struct lag *g = handle->data;
	uint64_t now_us = clock_mono_us();

	note(g, now_us, between(woke_us(g), now_us));
	g->prepared_us = now_us;
	g->waited_then_ns = uv_metrics_idle_time(g->uv);
}

struct lag *lag_create(struct loop *l)
{
	struct lag *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->uv = loop_uv(l);
	g->prepared_us = clock_mono_us();
	if (uv_loop_configure(g->uv, UV_METRICS_IDLE_TIME) != 0 ||
	    uv_prepare_init(g->uv, &g->before_wait) != 0 ||
	    uv_prepare_start(&g->before_wait, on_before_wait) != 0)
		abort();
	g->before_wait.data = g;
	uv_unref((uv_handle_t *)&g->before_wait);
	return g;
}

static void free_lag(uv_handle_t *handle)
{
	free(handle->data);
}

void lag_destroy(struct lag *g)
{
	if (g)
		uv_close((uv_handle_t *)&g->before_wait, free_lag);
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int64_t lag_since_us(const struct lag *g, uint64_t then_us)
{
	uint64_t now_us = clock_mono_us();
	uint64_t longest = between(longer(woke_us(g), then_us), now_us);
	size_t first = 0;

	while (first < g->n && g->stretches[first].end_us <= then_us)
		first++;
	/* The first may have begun before: what it took since then counts. */
	for (size_t i = first; i < g->n && i < first + 2; i++) {
		uint64_t since = between(then_us, g->stretches[i].end_us);
		uint64_t us = g->stretches[i].us < since ? g->stretches[i].us : since;

		longest = longer(longest, us);
	}
	return (int64_t)longest;
}
