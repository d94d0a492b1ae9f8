#include "sink/export_form.h"
#include "sink/export_price.h"
#include "sink/export_words.h"

#include <stdlib.h>

enum { PER_MILLION = 6, LONG_CONTEXT = 200000 };

/* ---- providers ---- */

/* A variable there must be: where no descriptor names one, what it would be called. */
static void add_env(struct export_writer *w)
{
	struct str slug = w->provider->slug;
	BUF_AUTO(name, 1 << 12);

	for (size_t i = 0; i < slug.n; i++) {
		bool letter = slug.at[i] >= 'a' && slug.at[i] <= 'z';

		buf_add_char(&name, letter              ? (char)(slug.at[i] - 'a' + 'A')
				    : slug.at[i] == '-' ? '_'
							: slug.at[i]);
	}
	buf_add_str(&name, STR("_API_KEY"));
	json_key(&w->json, "env");
	json_open(&w->json, '[');
	json_put_str(&w->json, w->provider->api_key_env_var.n ? w->provider->api_key_env_var
							      : buf_str(&name));
	json_close(&w->json, ']');
}

/* Of these the first that says something. */
static struct str first_of(struct str a, struct str b, struct str c)
{
	if (a.n)
		return a;
	return b.n ? b : c;
}

static void open_provider(struct export_writer *w)
{
	const struct export_provider *p = w->provider;
	const struct export_alias *alias = export_alias(p->slug);
	struct str key = export_provider_key(w, alias ? alias->models_dev : NULL);
	const char *npm = alias ? alias->npm : NULL;
	struct json_writer *j = &w->json;

	json_key_str(j, key);
	json_open(j, '{');
	json_add_str(j, "id", key);
	add_env(w);
	json_add_str(j, "npm", npm ? str_of(npm) : STR("@ai-sdk/openai-compatible"));
	if (!npm || alias->keeps_api)
		json_add_str(j, "api", str_is_none(p->base_url) ? STR("") : p->base_url);
	json_add_str(j, "name", first_of(p->name, p->slug, p->slug));
	json_add_str(j, "doc", first_of(p->doc_url, p->base_url, p->slug));
	json_key(j, "models");
	json_open(j, '{');
}

static void close_provider(struct export_writer *w)
{
	json_close(&w->json, '}');
	json_close(&w->json, '}');
}

/* ---- prices ---- */

static const struct {
	enum meter meter;
	const char *key;
} rates[] = {
	{ METER_INPUT_TOKEN, "input" },
	{ METER_OUTPUT_TOKEN, "output" },
	{ METER_REASONING_TOKEN, "reasoning" },
	{ METER_CACHED_INPUT_TOKEN, "cache_read" },
	{ METER_CACHE_WRITE_TOKEN, "cache_write" },
	{ METER_INPUT_AUDIO_TOKEN, "input_audio" },
	{ METER_OUTPUT_AUDIO_TOKEN, "output_audio" },
};
enum { RATES = sizeof(rates) / sizeof(rates[0]) };

/* What answers with no tokens has no price of them, and the format wants one. */
static bool answers_nothing(const struct model *m)
{
	return export_has(m->modality, EXPORT_OUT, "embedding") ||
	       export_has(m->modality, EXPORT_OUT, "rerank");
}

static struct str rate(const struct export_writer *w, const struct model *m, enum meter meter,
		       int64_t above)
{
	struct str amount = export_plain_amount(m, meter, above, w->at_ms);

	if (str_is_none(amount) && meter == METER_OUTPUT_TOKEN && answers_nothing(m))
		return STR("0");
	/* The format refuses a price of reasoning where there is none. */
	if (meter == METER_REASONING_TOKEN && capabilities_get(m->capabilities, CAP_REASONING) != 1)
		return STR_NONE;
	return amount;
}

static void add_rates(struct export_writer *w, const struct model *m, int64_t above)
{
	char text[DEC_TEXT_MAX];

	for (size_t i = 0; i < RATES; i++) {
		struct str number =
			export_number(rate(w, m, rates[i].meter, above), PER_MILLION, text);

		if (!str_is_none(number))
			json_add_raw(&w->json, rates[i].key, number);
	}
}

static bool has_cost(const struct export_writer *w, const struct model *m, int64_t above)
{
	char text[DEC_TEXT_MAX];

	return export_number(rate(w, m, METER_INPUT_TOKEN, above), PER_MILLION, text).n &&
	       export_number(rate(w, m, METER_OUTPUT_TOKEN, above), PER_MILLION, text).n;
}

static int size_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Thresholds from which on some rate is another, ascending, each once. */
static size_t find_tiers(const struct export_writer *w, const struct model *m, struct arena *a,
			 int64_t **ret)
{
	int64_t *sizes = arena_array(a, m->n_prices, int64_t);
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < m->n_prices; i++) {
		struct export_when when = export_when(m->prices[i].condition);

		if (when.above != EXPORT_ALWAYS && !when.hours && !when.unknown &&
		    str_is_none(when.service) && has_cost(w, m, when.above))
			sizes[n++] = when.above;
	}
	if (n)
		qsort(sizes, n, sizeof(*sizes), size_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || sizes[kept - 1] != sizes[i])
			sizes[kept++] = sizes[i];
	*ret = sizes;
	return kept;
}

static void add_tier(struct export_writer *w, const struct model *m, int64_t size)
{
	json_open(&w->json, '{');
	add_rates(w, m, size);
	json_key(&w->json, "tier");
	json_open(&w->json, '{');
	json_add_str(&w->json, "type", STR("context"));
	json_add_i64(&w->json, "size", size);
	json_close(&w->json, '}');
	json_close(&w->json, '}');
}

static void add_tiers(struct export_writer *w, const struct model *m)
{
	ARENA_AUTO(a);
	int64_t *sizes;
	size_t n = find_tiers(w, m, &a, &sizes);

	if (n == 0)
		return;
	json_key(&w->json, "tiers");
	json_open(&w->json, '[');
	for (size_t i = 0; i < n; i++)
		add_tier(w, m, sizes[i]);
	json_close(&w->json, ']');
	for (size_t i = 0; i < n; i++) {
		if (sizes[i] != LONG_CONTEXT)
			continue;
		json_key(&w->json, "context_over_200k");
		json_open(&w->json, '{');
		add_rates(w, m, LONG_CONTEXT);
		json_close(&w->json, '}');
	}
}

static void add_cost(struct export_writer *w, const struct model *m)
{
	if (!has_cost(w, m, EXPORT_ALWAYS))
		return;
	json_key(&w->json, "cost");
	json_open(&w->json, '{');
	add_rates(w, m, EXPORT_ALWAYS);
	add_tiers(w, m);
	json_close(&w->json, '}');
}

/* ---- models ---- */

static const struct {
	const char *ours, *theirs;
} modalities[] = {
	{ "text", "text" },   { "audio", "audio" }, { "image", "image" },
	{ "video", "video" }, { "file", "pdf" },
};
enum { MODALITIES = sizeof(modalities) / sizeof(modalities[0]) };

static void add_side(struct json_writer *j, const char *key, struct str modality,
		     enum export_side side)
{
	bool any = false;

	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < MODALITIES; i++) {
		if (!export_has(modality, side, modalities[i].ours))
			continue;
		json_put_str(j, str_of(modalities[i].theirs));
		any = true;
	}
	/* Numbers go out of an embedding: the format calls those text. */
	if (!any)
		json_put_str(j, STR("text"));
	json_close(j, ']');
}

static bool can(const struct model *m, enum capability which)
{
	return capabilities_get(m->capabilities, which) == 1;
}

static bool takes_files(const struct model *m)
{
	return can(m, CAP_VISION) || export_has(m->modality, EXPORT_IN, "image") ||
	       export_has(m->modality, EXPORT_IN, "file");
}

static void add_abilities(struct json_writer *j, const struct model *m)
{
	int structured = capabilities_get(m->capabilities, CAP_STRUCTURED_OUTPUTS);

	json_add_bool(j, "attachment", takes_files(m));
	json_add_bool(j, "reasoning", can(m, CAP_REASONING));
	if (can(m, CAP_REASONING)) {
		json_key(j, "reasoning_options");
		json_open(j, '[');
		json_close(j, ']');
	}
	json_add_bool(j, "tool_call", can(m, CAP_FUNCTION_CALLING));
	if (structured >= 0)
		json_add_bool(j, "structured_output", structured);
}

static void add_days(struct json_writer *j, const struct export_model *m)
{
	int64_t from = m->model->created_ms == CLOCK_NONE ? m->first_seen_ms : m->model->created_ms;
	char text[CLOCK_TEXT_MAX];

	json_add_str(j, "release_date", export_day(from, text));
	json_add_str(j, "last_updated",
		     export_day(m->updated_ms > from ? m->updated_ms : from, text));
}

/* Unknown is 0 there. */
static void add_limit(struct json_writer *j, const struct model *m)
{
	json_key(j, "limit");
	json_open(j, '{');
	json_add_i64(j, "context", m->context_length == MODEL_NO_COUNT ? 0 : m->context_length);
	json_add_i64(j, "output",
		     m->max_output_tokens == MODEL_NO_COUNT ? 0 : m->max_output_tokens);
	json_close(j, '}');
}

static void add(struct export_writer *w, const struct export_model *m)
{
	const struct model *model = m->model;
	struct json_writer *j = &w->json;

	json_key_str(j, model->id);
	json_open(j, '{');
	json_add_str(j, "id", model->id);
	json_add_str(j, "name", first_of(model->name, model->id, model->id));
	json_add_str(j, "description", first_of(model->description, model->name, model->id));
	add_abilities(j, model);
	add_days(j, m);
	json_key(j, "modalities");
	json_open(j, '{');
	add_side(j, "input", model->modality, EXPORT_IN);
	add_side(j, "output", model->modality, EXPORT_OUT);
	json_close(j, '}');
	json_add_bool(j, "open_weights", model->hugging_face_id.n > 0);
	add_cost(w, model);
	add_limit(j, model);
	if (model->deprecated_at_ms != CLOCK_NONE && model->deprecated_at_ms <= w->at_ms)
		json_add_str(j, "status", STR("deprecated"));
	json_close(j, '}');
}

const struct export_form export_form_models_dev = { .begin = export_begin_object,
						    .open = open_provider,
						    .add = add,
						    .close = close_provider,
						    .end = export_end_object };
