#include "store/vitals.h"

#include "base/clock.h"

#include <stdlib.h>

struct judging {
	const struct vitals_input *in;
	struct health_point *points; /* of the provider at hand */
	size_t n_points;
	struct vitals_write *writes;
	size_t n;
	bool *judged; /* [in->n_models] */
	uint64_t models, models_down;
};

/* ---- writes ---- */

static bool same_number(bool has, double value, bool had, double before)
{
	return has == had && (!has || value == before);
}

static bool is_same(const struct vitals_row *row, const struct health_verdict *v,
		    int64_t checked_at_ms)
{
	return row->status == v->status &&
	       (row->model_id == 0 ||
		same_number(v->has_rate, v->success_rate, row->has_rate, row->success_rate)) &&
	       same_number(v->has_response, v->response_ms, row->has_response, row->response_ms) &&
	       (checked_at_ms == CLOCK_NONE || checked_at_ms == row->checked_at_ms);
}

static void write_unless_same(struct judging *j, const struct vitals_row *row,
			      const struct health_verdict *v, int64_t checked_at_ms)
{
	if (is_same(row, v, checked_at_ms))
		return;
	j->writes[j->n++] = (struct vitals_write){
		.provider_id = row->provider_id,
		.model_id = row->model_id,
		.verdict = *v,
		.checked_at_ms = checked_at_ms,
		.moved = row->status != v->status,
	};
}

/* The newest of them; where nothing was said nothing was checked. */
static int64_t checked_at(const struct health_point *points, size_t n,
			  const struct health_verdict *v)
{
	int64_t newest = CLOCK_NONE;

	for (size_t i = 0; v->counted && i < n; i++)
		if (points[i].at_ms > newest)
			newest = points[i].at_ms;
	return newest;
}

/* ---- models ---- */

static int by_model(const void *a, const void *b)
{
	int64_t x = ((const struct vitals_row *)a)->model_id;
	int64_t y = ((const struct vitals_row *)b)->model_id;

	return (x > y) - (x < y);
}

static void judge_model(struct judging *j, int64_t model_id, const struct health_point *points,
			size_t n)
{
	const struct vitals_row unknown = { .model_id = model_id, .checked_at_ms = CLOCK_NONE };
	const struct vitals_row *row = NULL;
	struct health_verdict v;

	if (j->in->n_models)
		row = bsearch(&unknown, j->in->models, j->in->n_models, sizeof(*row), by_model);
	if (row)
		j->judged[row - j->in->models] = true;
	health_of(points, n, &v);
	j->models += v.status != HEALTH_UNKNOWN;
	j->models_down += v.status == HEALTH_DOWN;
	if (row || v.status != HEALTH_UNKNOWN)
		write_unless_same(j, row ? row : &unknown, &v, checked_at(points, n, &v));
}

/* Those of which there is no sample any more. */
static void forget_models(struct judging *j)
{
	struct health_verdict nothing;

	health_of(NULL, 0, &nothing);
	for (size_t i = 0; i < j->in->n_models; i++)
		if (!j->judged[i])
			write_unless_same(j, &j->in->models[i], &nothing, CLOCK_NONE);
}

/* ---- providers ---- */

/* All samples of one provider, model by model; returns where the next one's begin. */
static size_t judge_models(struct judging *j, size_t at)
{
	const struct vitals_sample *samples = j->in->samples;
	size_t begin = at;

	j->n_points = 0;
	j->models = j->models_down = 0;
	while (at < j->in->n_samples && str_eq(samples[at].provider, samples[begin].provider)) {
		int64_t model_id = samples[at].model_id;
		size_t first = j->n_points;

		for (; at < j->in->n_samples && samples[at].model_id == model_id &&
		       str_eq(samples[at].provider, samples[begin].provider);
		     at++)
			j->points[j->n_points++] = samples[at].point;
		if (model_id)
			judge_model(j, model_id, &j->points[first], j->n_points - first);
	}
	return at;
}

static void judge_provider(struct judging *j, const struct vitals_row *row)
{
	struct health_verdict v;

	health_of_provider(j->points, j->n_points, j->models, j->models_down, &v);
	write_unless_same(j, row, &v, checked_at(j->points, j->n_points, &v));
}

/* Both are in order of the slug: providers without samples have no points. */
static void judge_providers(struct judging *j)
{
	size_t at = 0, i = 0;

	while (i < j->in->n_providers || at < j->in->n_samples) {
		int c = i == j->in->n_providers  ? 1
			: at == j->in->n_samples ? -1
						 : str_cmp(j->in->providers[i].provider,
							   j->in->samples[at].provider);

		j->n_points = j->models = j->models_down = 0;
		if (c >= 0)
			at = judge_models(j, at);
		if (c <= 0)
			judge_provider(j, &j->in->providers[i++]);
	}
}

/* No more than these can be written. */
static size_t groups_of(const struct vitals_input *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_samples; i++)
		n += i == 0 || in->samples[i].model_id != in->samples[i - 1].model_id ||
		     !str_eq(in->samples[i].provider, in->samples[i - 1].provider);
	return n;
}

void vitals_judge(const struct vitals_input *in, struct arena *a, struct vitals_write **ret,
		  size_t *ret_n)
{
	struct judging j = {
		.in = in,
		.points = arena_array(a, in->n_samples, struct health_point),
		.writes = arena_array(a, groups_of(in) + in->n_providers + in->n_models,
				      struct vitals_write),
		.judged = arena_array(a, in->n_models, bool),
	};

	judge_providers(&j);
	forget_models(&j);
	*ret = j.writes;
	*ret_n = j.n;
}
