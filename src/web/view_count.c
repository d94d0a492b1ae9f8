#include "base/json.h"
#include "web/view_build.h"

#include <stdlib.h>

struct tally {
	int64_t total, active, health[4]; /* by enum health */
};

static void print_tally(struct json_writer *w, const struct tally *t)
{
	json_add_i64(w, "total", t->total);
	json_add_i64(w, "active", t->active);
	json_add_i64(w, "inactive", t->total - t->active);
	json_add_i64(w, "healthy", t->health[HEALTH_HEALTHY]);
	json_add_i64(w, "degraded", t->health[HEALTH_DEGRADED]);
	json_add_i64(w, "down", t->health[HEALTH_DOWN]);
	json_add_i64(w, "unknown", t->health[HEALTH_UNKNOWN]);
}

/* ---- models ---- */

struct modality_count {
	struct str name;
	int64_t n;
};

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct modality_count *)a)->name,
		       ((const struct modality_count *)b)->name);
}

/* The last one is for models that say none; `counts` has one more than there are modalities. */
static void count_segment(const struct view_segment *g, struct tally *t,
			  struct modality_count *counts, size_t n)
{
	for (size_t i = 0; i < g->n_groups; i++) {
		const struct view_group *group = &g->groups[i];

		t->total += group->n;
		t->active += group->is_active ? group->n : 0;
		t->health[group->health] += group->n;
		counts[group->modality < n ? group->modality : n].n += group->n;
	}
}

static void print_modalities(struct json_writer *w, struct modality_count *counts, size_t n)
{
	qsort(counts, n, sizeof(*counts), by_name);
	json_key(w, "by_modality");
	json_open(w, '{');
	for (size_t i = 0; i < n; i++)
		if (counts[i].n)
			json_add_i64(w, counts[i].name.at, counts[i].n);
	json_close(w, '}');
}

void view_count_models(struct buf *out, struct view_segment *const *segments, size_t n,
		       const struct str *modalities, size_t n_modalities)
{
	struct json_writer w = { .out = out };
	struct modality_count *counts = calloc(n_modalities + 1, sizeof(*counts));
	struct tally t = { 0 };

	if (!counts)
		abort();
	for (size_t i = 0; i < n_modalities; i++)
		counts[i].name = modalities[i];
	counts[n_modalities].name = STR("unknown");
	for (size_t i = 0; i < n; i++)
		count_segment(segments[i], &t, counts, n_modalities);
	json_open(&w, '{');
	print_tally(&w, &t);
	print_modalities(&w, counts, n_modalities + 1);
	json_close(&w, '}');
	free(counts);
}

/* ---- providers ---- */

void view_count_providers(struct buf *out, struct view_segment *const *segments, size_t n)
{
	struct json_writer w = { .out = out };
	struct tally t = { .total = (int64_t)n };

	for (size_t i = 0; i < n; i++) {
		t.active += segments[i]->is_active;
		t.health[segments[i]->health]++;
	}
	json_open(&w, '{');
	print_tally(&w, &t);
	json_close(&w, '}');
}
