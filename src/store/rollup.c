#include "store/rollup.h"

#include "base/json.h"
#include "store/expire.h"

#include <stdlib.h>

enum { DIGITS_3 = 1000, PERCENTS = 100, DECIMAL = 10 };

static const char *const what_names[ROLLUP_WHATS] = {
	[ROLLUP_DURATION] = "duration",
	[ROLLUP_FIRST_CONTENT] = "first_content",
};

/* ---- times ---- */

static int64_t to_three_digits(int64_t us)
{
	int64_t unit = 1;

	while (us / unit >= DIGITS_3)
		unit *= DECIMAL;
	return (us + unit / 2) / unit * unit;
}

static int time_order(const void *a, const void *b)
{
	const struct rollup_time *x = a, *y = b;

	return (x->us > y->us) - (x->us < y->us);
}

/* Sorted, equal ones together. */
static void tidy(struct rollup_times *t)
{
	size_t n = 0;

	if (t->n)
		qsort(t->at, t->n, sizeof(*t->at), time_order);
	for (size_t i = 0; i < t->n; i++) {
		if (n && t->at[n - 1].us == t->at[i].us)
			t->at[n - 1].times += t->at[i].times;
		else
			t->at[n++] = t->at[i];
	}
	t->n = n;
}

int64_t rollup_percentile(const struct rollup_times *t, unsigned percent)
{
	uint64_t all = 0, below = 0, rank;

	for (size_t i = 0; i < t->n; i++)
		all += t->at[i].times;
	if (all == 0)
		return -1;
	rank = (all * percent + PERCENTS - 1) / PERCENTS;
	for (size_t i = 0; i + 1 < t->n; i++) {
		below += t->at[i].times;
		if (below >= rank)
			return t->at[i].us;
	}
	return t->at[t->n - 1].us;
}

void rollup_percentiles(const struct rollup *r, int64_t ret[ROLLUP_PERCENTILES])
{
	static const struct {
		enum rollup_what what;
		unsigned percent;
	} columns[ROLLUP_PERCENTILES] = {
		{ ROLLUP_DURATION, 50 },      { ROLLUP_DURATION, 95 },      { ROLLUP_DURATION, 99 },
		{ ROLLUP_FIRST_CONTENT, 50 }, { ROLLUP_FIRST_CONTENT, 95 },
	};

	for (size_t i = 0; i < ROLLUP_PERCENTILES; i++)
		ret[i] = rollup_percentile(&r->times[columns[i].what], columns[i].percent);
}

/* ---- an hour of samples ---- */

static int64_t hour_of(int64_t at_ms)
{
	return at_ms - at_ms % STORE_ROLLUP_MS;
}

static int sample_order(const void *a, const void *b)
{
	const struct rollup_sample *x = a, *y = b;
	int64_t mine = hour_of(x->started_at_ms), other = hour_of(y->started_at_ms);
	int order;

	if (x->stays != y->stays)
		return x->stays ? 1 : -1;
	order = str_cmp(x->provider, y->provider);
	if (order == 0)
		order = str_cmp(x->provider_model_id, y->provider_model_id);
	return order ? order : (mine > other) - (mine < other);
}

static bool is_of(const struct rollup *r, const struct rollup_sample *s)
{
	return r->bucket_ms == hour_of(s->started_at_ms) && str_eq(r->provider, s->provider) &&
	       str_eq(r->provider_model_id, s->provider_model_id);
}

static bool add_cost(struct rollup *r, struct str cost, struct err *e)
{
	struct dec d, sum;

	if (str_is_none(cost))
		return true;
	if (!dec_parse(cost, &d, e) || !dec_add(&r->cost, &d, &sum, e))
		return false;
	r->cost = sum;
	r->has_cost = true;
	return true;
}

static void add_time(struct rollup_times *t, int64_t us)
{
	if (us >= 0)
		t->at[t->n++] = (struct rollup_time){ to_three_digits(us), 1 };
}

static bool add_sample(struct rollup *r, const struct rollup_sample *s, struct err *e)
{
	const struct health_point point = { .outcome = s->outcome, .counted = s->counted };
	enum health_saying says = health_says(&point);

	r->samples++;
	r->ok += s->outcome == OUTCOME_OK;
	r->disagreed += s->disagrees;
	r->counted += says != HEALTH_SAYS_NOTHING;
	r->well += says == HEALTH_SAYS_WELL;
	r->outcomes[s->outcome]++;
	if (s->output_tokens > 0)
		r->output_tokens += (uint64_t)s->output_tokens;
	if (says == HEALTH_SAYS_WELL) {
		add_time(&r->times[ROLLUP_DURATION], s->duration_us);
		add_time(&r->times[ROLLUP_FIRST_CONTENT], s->first_content_us);
	}
	return add_cost(r, s->cost, e);
}

/* Samples [0, n) are of one endpoint and hour. */
static bool make_one(const struct rollup_sample *samples, size_t n, struct arena *a,
		     struct rollup *ret, struct err *e)
{
	*ret = (struct rollup){
		.provider = samples[0].provider,
		.provider_model_id = samples[0].provider_model_id,
		.bucket_ms = hour_of(samples[0].started_at_ms),
	};
	for (size_t i = 0; i < ROLLUP_WHATS; i++)
		ret->times[i].at = arena_array(a, n, struct rollup_time);
	for (size_t i = 0; i < n; i++)
		if (!add_sample(ret, &samples[i], e))
			return false;
	for (size_t i = 0; i < ROLLUP_WHATS; i++)
		tidy(&ret->times[i]);
	return true;
}

bool rollup_make(struct rollup_sample *samples, size_t n, struct arena *a, struct rollup **ret,
		 size_t *ret_n, struct err *e)
{
	struct rollup *rollups = arena_array(a, n, struct rollup);
	size_t n_rollups = 0, end;

	if (n)
		qsort(samples, n, sizeof(*samples), sample_order);
	for (size_t at = 0; at < n && !samples[at].stays; at = end) {
		const struct rollup first = { .provider = samples[at].provider,
					      .provider_model_id = samples[at].provider_model_id,
					      .bucket_ms = hour_of(samples[at].started_at_ms) };

		end = at + 1;
		while (end < n && !samples[end].stays && is_of(&first, &samples[end]))
			end++;
		if (!make_one(&samples[at], end - at, a, &rollups[n_rollups++], e))
			return false;
	}
	*ret = rollups;
	*ret_n = n_rollups;
	return true;
}

/* ---- the digest ---- */

void rollup_print_digest(const struct rollup *r, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	for (size_t i = 0; i < ROLLUP_WHATS; i++) {
		json_key(&w, what_names[i]);
		json_open(&w, '[');
		for (size_t t = 0; t < r->times[i].n; t++) {
			json_open(&w, '[');
			json_put_i64(&w, r->times[i].at[t].us);
			json_put_i64(&w, (int64_t)r->times[i].at[t].times);
			json_close(&w, ']');
		}
		json_close(&w, ']');
	}
	json_key(&w, "outcomes");
	json_open(&w, '{');
	for (size_t i = 0; i < OUTCOMES; i++)
		if (r->outcomes[i])
			json_add_i64(&w, outcomes[i].name, (int64_t)r->outcomes[i]);
	json_close(&w, '}');
	json_close(&w, '}');
}

static bool not_ours(struct err *e)
{
	return err_set(e, ERR_DB, "the digest is none that this program writes");
}

/* Numbers come as text. */
static bool read_number(yyjson_val *v, int64_t *ret)
{
	char text[32], *end;
	struct str raw = json_raw(v);

	if (!yyjson_is_raw(v) || raw.n >= sizeof(text))
		return false;
	memcpy(text, raw.at, raw.n);
	text[raw.n] = '\0';
	*ret = strtoll(text, &end, DECIMAL);
	return *end == '\0' && *ret >= 0;
}

static bool add_times(struct rollup_times *t, yyjson_val *list, struct arena *a, struct err *e)
{
	size_t more = yyjson_arr_size(list);
	struct rollup_time *both;
	yyjson_arr_iter it;
	yyjson_val *pair;
	int64_t us, times;

	if (!yyjson_is_arr(list))
		return not_ours(e);
	both = arena_array(a, t->n + more, struct rollup_time);
	if (t->n)
		memcpy(both, t->at, t->n * sizeof(*both));
	t->at = both;
	it = yyjson_arr_iter_with(list);
	while ((pair = yyjson_arr_iter_next(&it))) {
		if (!read_number(yyjson_arr_get_first(pair), &us) ||
		    !read_number(yyjson_arr_get_last(pair), &times))
			return not_ours(e);
		t->at[t->n++] = (struct rollup_time){ us, (uint64_t)times };
	}
	tidy(t);
	return true;
}

static bool add_outcomes(struct rollup *r, yyjson_val *counts, struct arena *a, struct err *e)
{
	yyjson_obj_iter it;
	enum outcome outcome;
	yyjson_val *key;
	int64_t times;

	if (!yyjson_is_obj(counts))
		return not_ours(e);
	it = yyjson_obj_iter_with(counts);
	while ((key = yyjson_obj_iter_next(&it))) {
		if (!outcome_parse(json_str(key, a), &outcome) ||
		    !read_number(yyjson_obj_iter_get_val(key), &times))
			return not_ours(e);
		r->outcomes[outcome] += (uint64_t)times;
	}
	return true;
}

static bool add_digest(struct rollup *r, struct str digest, struct arena *a, struct err *e)
{
	JSON_DOC_AUTO(doc);
	yyjson_val *root;

	if (str_is_none(digest))
		return true;
	if (!json_read(digest, &doc, e))
		return false;
	root = yyjson_doc_get_root(doc);
	for (size_t i = 0; i < ROLLUP_WHATS; i++)
		if (!add_times(&r->times[i], yyjson_obj_get(root, what_names[i]), a, e))
			return false;
	return add_outcomes(r, yyjson_obj_get(root, "outcomes"), a, e);
}

bool rollup_add(struct rollup *r, const struct rollup_stored *stored, struct arena *a,
		struct err *e)
{
	r->samples += stored->samples;
	r->ok += stored->ok;
	r->disagreed += stored->disagreed;
	r->counted += stored->counted;
	r->well += stored->well;
	r->output_tokens += stored->output_tokens;
	return (add_cost(r, stored->cost, e) && add_digest(r, stored->digest, a, e)) ||
	       err_wrap(e, "rollup of %s at %s",
			err_quote(r->provider_model_id.at, r->provider_model_id.n),
			err_quote(r->provider.at, r->provider.n));
}

bool rollup_outcome(struct str word, enum outcome *ret, struct err *e)
{
	return outcome_parse(word, ret) ||
	       err_set(e, ERR_DB, "outcome %s of a sample is none this program knows",
		       err_quote(word.at, word.n));
}

/* ---- one step ---- */

static bool roll_up(struct store *s, const struct rollup_tables *t, struct rollup_due *due,
		    struct arena *a, uint64_t *ret_gone, struct err *e)
{
	struct rollup *rollups;
	size_t gone = 0;
	size_t n;

	if (!rollup_make(due->samples, due->n, a, &rollups, &n, e))
		return false;
	while (gone < due->n && !due->samples[gone].stays)
		gone++;
	*ret_gone = gone;
	return n == 0 || (t->add_stored(s, rollups, n, a, e) && t->save(s, rollups, n, e) &&
			  t->take_away(s, due->samples, gone, e));
}

bool rollup_step(struct store *s, const struct rollup_tables *t, const struct store_expiry *x,
		 struct store_expired *ret, struct err *e)
{
	ARENA_AUTO(a);
	struct rollup_due due = { 0 };

	if (!t->load_due(s, x, &a, &due, e))
		return false;
	*ret = (struct store_expired){ .seen = due.n,
				       .after_ms = x->after_ms,
				       .after_id = x->after_id };
	if (due.n) {
		ret->after_ms = due.samples[due.n - 1].started_at_ms;
		ret->after_id = due.samples[due.n - 1].id;
	}
	return roll_up(s, t, &due, &a, &ret->gone, e);
}
