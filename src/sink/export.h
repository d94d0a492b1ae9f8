/*
 * export: the catalog in the shapes that other programs read.  Pure: rows in, text out.
 *
 * litellm     model_prices_and_context_window.json of LiteLLM
 * models.dev  api.json of models.dev
 * openai      GET /v1/models of the OpenAI API
 * csv, json   our own: every model, every price, exact
 *
 * Their formats hold doubles; we write each amount as an exact JSON number (its canonical decimal), never rounded.  Conditions that a
 * format has no place for are left out, and said so in doc/exports.md.
 */
#pragma once
#include "base/buf.h"
#include "core/model.h"

enum export_format {
	EXPORT_LITELLM,
	EXPORT_MODELS_DEV,
	EXPORT_OPENAI,
	EXPORT_CSV,
	EXPORT_JSON,
	EXPORT_FORMATS
};
extern const char *const
	export_format_names[EXPORT_FORMATS]; /* "litellm", "models.dev", "openai", "csv", "json" */
extern const char *const export_types[EXPORT_FORMATS]; /* media types */

struct export_provider {
	struct str slug, name, base_url, api_key_env_var, doc_url; /* or absent */
};
struct export_row {
	size_t provider; /* index into providers */
	const struct model *model;
	struct str canonical_id;
	int64_t first_seen_ms;
};
/* Rows sorted by provider, id. */
struct export_catalog {
	const struct export_provider *providers;
	size_t n_providers;
	const struct export_row *rows;
	size_t n_rows;
	int64_t at_ms; /* as of */
};
void export_print(const struct export_catalog *c, enum export_format format, struct buf *out);
