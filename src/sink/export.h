/*
 * export: the catalog in the shapes that other programs read.  Pure: models in, text out.
 *
 * litellm     model_prices_and_context_window.json of LiteLLM
 * models.dev  api.json of models.dev
 * openai      GET /v1/models of the OpenAI API
 * csv, json   our own: every model, every price, exact
 *
 * Their formats hold doubles; each amount is written as an exact JSON number (its canonical decimal), never
 * rounded.  What a format has no place for is left out: doc/exports.md says what.
 *
 * A text is written piece by piece, so that nobody needs memory for all of it:
 *
 *	export_begin, for each provider (export_open, for each model export_add, export_close), export_end
 *
 * The buffer may be emptied between two calls.
 */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "core/model.h"

enum export_format {
	EXPORT_LITELLM,
	EXPORT_MODELS_DEV,
	EXPORT_OPENAI,
	EXPORT_CSV,
	EXPORT_JSON,
	EXPORT_FORMATS
};
/* "litellm", "models.dev", "openai", "csv", "json"; NULL behind the last. */
extern const char *const export_format_names[EXPORT_FORMATS + 1];
extern const char *const export_types[EXPORT_FORMATS]; /* media types */

struct export_provider {
	struct str slug, name;
	struct str base_url, api_key_env_var, doc_url; /* or absent */
};
struct export_model {
	const struct model *model; /* as it is in force */
	struct str canonical_id;   /* or absent */
	int64_t first_seen_ms;
	int64_t updated_ms; /* when our row of it changed last */
};

struct export_writer {
	enum export_format format;
	int64_t at_ms; /* as of */
	const struct export_provider *providers;
	size_t n_providers;
	const struct export_provider *provider; /* the open one */
	struct json_writer json;                /* and where it goes */
};
/* All providers that will be opened, each at most once; they stay the caller's and where they are. */
void export_begin(struct export_writer *w, enum export_format format,
		  const struct export_provider *providers, size_t n_providers, int64_t at_ms,
		  struct buf *out);
void export_open(struct export_writer *w, size_t provider);
/* Each id once. */
void export_add(struct export_writer *w, const struct export_model *m);
void export_close(struct export_writer *w);
void export_end(struct export_writer *w);
