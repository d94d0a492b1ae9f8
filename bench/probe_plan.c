/* SPDX-License-Identifier: MIT */
#include "probe_plan.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { US_PER_S = 1000000, PAUSE_US = 200 * 1000, DECIMAL = 10 };

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_probe: %s %s\n", what, why);
	exit(EXIT_FAILURE);
}

static uint64_t number(const char *name, const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, DECIMAL);

	if (*text == '\0' || *end != '\0')
		die(name, "must be a whole number");
	return n;
}

void plan_read(struct plan *p, int argc, char **argv)
{
	enum {
		URL,
		UPSTREAM,
		CA_FILE,
		KEY,
		MODEL,

		OUT,
		LISTS,
		DIR,
		RATE,
		PROBES,
		WARM,
		FRESH,
		STREAM,
		WHOLE
	};
	static const struct option options[] = {
		{ "url", required_argument, NULL, URL },
		{ "upstream", required_argument, NULL, UPSTREAM },
		{ "ca-file", required_argument, NULL, CA_FILE },
		{ "key", required_argument, NULL, KEY },
		{ "model", required_argument, NULL, MODEL },
		{ "out", required_argument, NULL, OUT },
		{ "lists", required_argument, NULL, LISTS },
		{ "dir", required_argument, NULL, DIR },
		{ "rate", required_argument, NULL, RATE },
		{ "probes", required_argument, NULL, PROBES },
		{ "warm", required_argument, NULL, WARM },
		{ "fresh", no_argument, NULL, FRESH },
		{ "stream", no_argument, NULL, STREAM },
		{ "whole", no_argument, NULL, WHOLE },
		{ 0 },
	};
	const char **texts[] = { &p->url,   &p->upstream, &p->ca_file, &p->key,
				 &p->model, &p->out,      &p->lists,   &p->dir };
	uint64_t *numbers[] = { &p->rate, &p->probes, &p->warm };
	bool *flags[] = { &p->fresh, &p->stream, &p->whole };
	int i;

	*p = (struct plan){ .key = "sk-bench", .model = "m", .probes = 1 };
	while ((i = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (i == '?')
			exit(EXIT_FAILURE);
		if (i < RATE)
			*texts[i] = optarg;
		else if (i < FRESH)
			*numbers[i - RATE] = number(options[i].name, optarg);
		else
			*flags[i - FRESH] = true;
	}
	if (!p->url || !p->upstream || optind < argc)
		die("--url and --upstream", "must be given, and nothing but options");
	if ((p->whole || p->lists) && !p->dir)
		die("--dir", "must be given with --whole and --lists");
	if (p->probes == 0)
		die("--probes", "must be 1 or more");
	plan_raise_limit();
}

void plan_prompt(char out[PLAN_PROMPT_MAX], uint64_t n)
{
	(void)snprintf(out, PLAN_PROMPT_MAX, "%ju: Solve this: 123/2*3.2*9", (uintmax_t)n);
}

int plan_body(const struct plan *p, uint64_t n, char out[PLAN_BODY_MAX])
{
	char prompt[PLAN_PROMPT_MAX];

	plan_prompt(prompt, n);
	return snprintf(out, PLAN_BODY_MAX,
			"{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"max_tokens\":512,"
			"\"model\":\"%s\",\"stream\":%s}",
			prompt, p->model, p->stream ? "true" : "false");
}

uint64_t plan_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
}

uint64_t plan_due_us(const struct plan *p, uint64_t n, uint64_t ended)
{
	static uint64_t warm_us, grid_us;

	if (!warm_us)
		warm_us = plan_now_us();
	if (n < p->warm)
		return warm_us;
	if (ended < p->warm)
		return 0;
	if (!grid_us)
		grid_us = plan_now_us() + PAUSE_US;
	return grid_us + (p->rate ? (n - p->warm) * US_PER_S / p->rate : 0);
}

uint64_t plan_cpu_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * US_PER_S +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static uint64_t status_kib(const char *name)
{
	char line[256];
	uint64_t kib = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoull(line + strlen(name), NULL, DECIMAL);
	if (f)
		(void)fclose(f);
	return kib;
}

uint64_t plan_rss_kib(void)
{
	return status_kib("VmRSS:");
}

uint64_t plan_peak_kib(void)
{
	return status_kib("VmHWM:");
}

void plan_raise_limit(void)
{
	struct rlimit r;

	(void)getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}
