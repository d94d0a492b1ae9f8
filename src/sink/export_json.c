#include "sink/export_form.h"

static void add_instant(struct json_writer *j, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	json_add_str(j, key, ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, text)));
}

static void add_count(struct json_writer *j, const char *key, int64_t n)
{
	if (n == MODEL_NO_COUNT)
		json_add_raw(j, key, STR_NONE);
	else
		json_add_i64(j, key, n);
}

static void begin(struct export_writer *w)
{
	json_open(&w->json, '{');
	add_instant(&w->json, "at", w->at_ms);
	json_key(&w->json, "providers");
	json_open(&w->json, '[');
}

static void open_provider(struct export_writer *w)
{
	json_open(&w->json, '{');
	json_add_str(&w->json, "slug", w->provider->slug);
	json_add_str(&w->json, "name", w->provider->name);
	json_add_str(&w->json, "base_url", w->provider->base_url);
	json_key(&w->json, "models");
	json_open(&w->json, '[');
}

/* Those that the provider says something about. */
static void add_capabilities(struct json_writer *j, struct capabilities c)
{
	json_key(j, "capabilities");
	json_open(j, '{');
	for (enum capability i = 0; i < CAP_COUNT; i++) {
		int is = capabilities_get(c, i);

		if (is >= 0)
			json_add_bool(j, capability_names[i], is);
	}
	json_close(j, '}');
}

static void add_price(struct json_writer *j, const struct price *p)
{
	bool dynamic = p->state == PRICE_DYNAMIC;

	json_open(j, '{');
	json_add_str(j, "meter", str_of(meters[p->meter].name));
	json_add_str(j, "condition", p->condition);
	json_add_str(j, "state", str_of(price_state_names[p->state]));
	json_add_str(j, "amount", dynamic ? STR_NONE : p->amount);
	json_add_str(j, "currency", dynamic ? STR_NONE : p->currency);
	add_instant(j, "valid_from", p->valid_from_ms);
	add_instant(j, "valid_to", p->valid_to_ms);
	json_close(j, '}');
}

static void add(struct export_writer *w, const struct export_model *m)
{
	const struct model *model = m->model;
	struct json_writer *j = &w->json;

	json_open(j, '{');
	json_add_str(j, "id", model->id);
	json_add_str(j, "canonical_id", m->canonical_id);
	json_add_str(j, "name", model->name);
	json_add_str(j, "description", model->description);
	json_add_str(j, "modality", model->modality);
	json_add_str(j, "architecture", model->architecture);
	json_add_str(j, "quantization", model->quantization);
	add_count(j, "context_length", model->context_length);
	add_count(j, "max_output_tokens", model->max_output_tokens);
	add_capabilities(j, model->capabilities);
	add_instant(j, "created_at", model->created_ms);
	add_instant(j, "deprecated_at", model->deprecated_at_ms);
	json_add_str(j, "replaced_by", model->replaced_by);
	add_instant(j, "first_seen_at", m->first_seen_ms);
	json_key(j, "prices");
	json_open(j, '[');
	for (size_t i = 0; i < model->n_prices; i++)
		add_price(j, &model->prices[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void close_provider(struct export_writer *w)
{
	json_close(&w->json, ']');
	json_close(&w->json, '}');
}

static void end(struct export_writer *w)
{
	json_close(&w->json, ']');
	json_close(&w->json, '}');
	buf_add_char(w->json.out, '\n');
}

const struct export_form export_form_json = { .begin = begin,
					      .open = open_provider,
					      .add = add,
					      .close = close_provider,
					      .end = end };
