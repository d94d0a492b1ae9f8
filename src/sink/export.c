#include "sink/export.h"

#include "sink/export_form.h"

const char *const export_format_names[EXPORT_FORMATS + 1] = {
	[EXPORT_LITELLM] = "litellm", [EXPORT_MODELS_DEV] = "models.dev",
	[EXPORT_OPENAI] = "openai",   [EXPORT_CSV] = "csv",
	[EXPORT_JSON] = "json",
};
const char *const export_types[EXPORT_FORMATS] = {
	[EXPORT_LITELLM] = "application/json", [EXPORT_MODELS_DEV] = "application/json",
	[EXPORT_OPENAI] = "application/json",  [EXPORT_CSV] = "text/csv; charset=utf-8",
	[EXPORT_JSON] = "application/json",
};

static const struct export_form *const forms[] = {
	[EXPORT_LITELLM] = &export_form_litellm, [EXPORT_MODELS_DEV] = &export_form_models_dev,
	[EXPORT_OPENAI] = &export_form_openai,   [EXPORT_CSV] = &export_form_csv,
	[EXPORT_JSON] = &export_form_json,
};

void export_begin_object(struct export_writer *w)
{
	json_open(&w->json, '{');
}

void export_end_object(struct export_writer *w)
{
	json_close(&w->json, '}');
	buf_add_char(w->json.out, '\n');
}

static void step(struct export_writer *w, void (*fn)(struct export_writer *w))
{
	if (fn)
		fn(w);
}

void export_begin(struct export_writer *w, enum export_format format,
		  const struct export_provider *providers, size_t n_providers, int64_t at_ms,
		  struct buf *out)
{
	*w = (struct export_writer){
		.format = format,
		.at_ms = at_ms,
		.providers = providers,
		.n_providers = n_providers,
		.json = { .out = out },
	};
	step(w, forms[format]->begin);
}

void export_open(struct export_writer *w, size_t provider)
{
	w->provider = &w->providers[provider];
	step(w, forms[w->format]->open);
}

void export_add(struct export_writer *w, const struct export_model *m)
{
	forms[w->format]->add(w, m);
}

void export_close(struct export_writer *w)
{
	step(w, forms[w->format]->close);
}

void export_end(struct export_writer *w)
{
	step(w, forms[w->format]->end);
}
