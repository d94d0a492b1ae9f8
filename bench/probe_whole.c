/* SPDX-License-Identifier: MIT */
#include "probe_whole.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_TOKENS = 512 };

static struct arena arena;
static struct recorder *recorder;
static struct prober *prober;
static loop_fn *on_ready;
static struct str bearer;
static int64_t cycle_at_ms;

static void on_recorder_ready(void *arg, const struct err *e)
{
	(void)arg;
	if (e) {
		(void)fprintf(stderr, "bench_probe: %s\n", e->text);
		exit(EXIT_FAILURE);
	}
	on_ready(NULL);
}

void whole_open(const struct plan *plan, struct loop *l, struct asker *asker,
		struct store_thread *store, loop_fn *ready)
{
	const struct record_conf record = {
		.csv_path = arena_printf(&arena, "%s/probe.csv", plan->dir),
		.host = STR("bench"),
	};
	const struct probe_conf conf = {
		.connect_timeout_ms = PLAN_TIMEOUT_MS,
		.first_byte_timeout_ms = PLAN_TIMEOUT_MS,
		.total_timeout_ms = PLAN_TIMEOUT_MS,
		.body_max = PLAN_KEEP_MAX,
	};

	on_ready = ready;
	bearer = arena_printf(&arena, "Bearer %s", plan->key);
	cycle_at_ms = clock_now_ms();
	recorder = recorder_create(l, store, &record, on_recorder_ready, NULL);
	prober = prober_create(l, asker, store, recorder, &conf);
}

void whole_send(const struct plan *plan, uint64_t number, uint64_t due_us, probe_fn *done,
		void *arg)
{
	const struct fetch_header headers[] = {
		{ STR("Authorization"), bearer, true },
		{ STR("Content-Type"), STR("application/json"), false },
	};
	char text[PLAN_PROMPT_MAX];

	plan_prompt(text, number);
	prober_call(prober,
		    &(struct probe_call){
			    .hf_model = str_of(plan->model),
			    .provider = STR("groq"),
			    .provider_name = STR("groq"),
			    .provider_model_id = str_of(plan->model),
			    .url = str_of(plan->url),
			    .via = STR("router"),
			    .headers = headers,
			    .n_headers = sizeof(headers) / sizeof(*headers),
			    .recipe = { .limit = STR("max_tokens") },
			    .prompt = { .text = str_of(text), .expected = STR("1771.2") },
			    .max_tokens = MAX_TOKENS,
			    .stream = plan->stream,
			    .fresh = plan->fresh,
			    .cycle_at_ms = cycle_at_ms,
			    .intended_mono_us = (int64_t)due_us,
		    },
		    done, arg);
}

void whole_close(void)
{
	prober_destroy(prober);
	recorder_destroy(recorder);
	arena_release(&arena);
}
