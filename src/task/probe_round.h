/*
 * probe_round: one cycle while it lives; shared by the files of this arrow (probe_cycle.c
 * the order of steps, probe_list.c Hugging Face's list, probe_plan.c the calls that follow from it or
 * from the catalog, probe_verdict.c what is known at the end) and by nobody else.
 */
#pragma once
#include "provider/trending.h"
#include "task/probe_cycle.h"

/* Those who are asked the same; their calls stand side by side. */
struct cycle_group {
	size_t first, n;
	size_t left; /* that have not ended */
};

struct cycle_call {
	struct cycle *cycle;
	struct cycle_group *group;
	size_t at; /* among calls */
	bool has_sample, kept;
};

struct cycle {
	const struct cycle_conf *conf;
	struct arena arena;
	struct cycle_report report;
	int64_t deadline_us;
	int64_t began_us;
	int64_t began_real_ms;
	bool stopping;
	bool failed;
	struct err err;

	/* the list */
	bool fallback; /* the documented form is being asked */
	size_t page;   /* of models-json, from 0 */
	bool last_page;
	unsigned char *wire;
	size_t wire_n;
	enum fetch_encoding encoding;
	struct trending_model *models;
	size_t n_models;

	/* the plan */
	struct pick *picks;
	struct pick_skip *pick_skips;
	size_t n_picks, n_pick_skips;
	struct probe_call *calls;
	struct cycle_call *states; /* [n_calls] */
	struct sample *samples;    /* [n_calls] */
	size_t n_calls;
	struct cycle_group *groups;
	size_t n_groups;
	size_t left; /* calls that have not ended */
};

/* ---- probe_list.c; `cycle_listed`, `cycle_unlisted` or `cycle_fail` follows on the loop ---- */

void cycle_list(struct cycle *c);

/* ---- probe_plan.c; store thread ---- */

bool cycle_plan(struct store *s, struct cycle *c, struct err *e);
/* Has it been said already?  Remembers. */
bool cycle_told(struct cycle_told *t, struct str what);

/* ---- probe_verdict.c ---- */

/* All of the group have ended. */
void cycle_agree(struct cycle *c, const struct cycle_group *g);
/* Was nobody reached at all? */
bool cycle_is_cut_off(const struct cycle *c);

/* ---- probe_cycle.c ---- */

void cycle_listed(struct cycle *c);
/* There is no list; with the catalog the cycle goes on. */
void cycle_unlisted(struct cycle *c, const struct err *e);
void cycle_fail(struct cycle *c, const struct err *e);
