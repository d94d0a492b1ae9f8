/* SPDX-License-Identifier: MIT */
/*
 * probe_plan: what both sides of the bench of probes are told, so that they do the same work.
 *
 * Probes begin on a grid, whether those before have ended or not (rate), or all at once
 * (rate 0).  Before them `warm` at once open that many connections; they are not measured.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct plan {
	const char *url;      /* as the world knows it: https://HOST/PATH */
	const char *upstream; /* http[s]://127.0.0.1:PORT */
	const char *ca_file;  /* PEM to trust, or NULL */
	const char *key, *model;
	uint64_t rate; /* per second; 0: all at once */
	uint64_t probes, warm;
	bool fresh, stream;
	/* of ours alone */
	bool whole;        /* up to the committed sample; else net/ask by itself */
	const char *out;   /* a line a probe: see probe.c */
	const char *lists; /* upstream of a market whose lists are synced meanwhile, or NULL */
	const char *dir;   /* of database and CSV; must be given with the two above */
};

/* Exits with a sentence when something is wrong. */
void plan_read(struct plan *p, int argc, char **argv);

enum {
	PLAN_BODY_MAX = 512,
	PLAN_PROMPT_MAX = 96,
	PLAN_TIMEOUT_MS = 120000,
	PLAN_KEEP_MAX = 64 << 10
};
/* "17: Solve this: 123/2*3.2*9": the server's log tells by the number which one it was. */
void plan_prompt(char out[PLAN_PROMPT_MAX], uint64_t number);
/* The JSON of a request; its length. */
int plan_body(const struct plan *p, uint64_t number, char out[PLAN_BODY_MAX]);

uint64_t plan_now_us(void); /* CLOCK_MONOTONIC */
/*
 * When the nth is to begin, 0: not known before `ended` are as many as open connections.  To be asked
 * with every n in turn, and again when that is so.
 */
uint64_t plan_due_us(const struct plan *p, uint64_t n, uint64_t ended);
uint64_t plan_cpu_us(void);   /* of this process so far, all threads */
uint64_t plan_rss_kib(void);  /* resident now */
uint64_t plan_peak_kib(void); /* and at most so far */
/* As many descriptors as we may have; 0: all is well. */
void plan_raise_limit(void);
