#include "web/row.h"

#include "base/json.h"
#include "base/utf8.h"

#include <math.h>

enum { NUMBER_MAX = 24 };

/* Tens of thousands of objects are made at a start: keys are put down with their marks in one piece. */
#define KEY(out, name) buf_add((out), ",\"" name "\":", sizeof(",\"" name "\":") - 1)

static void put_null(struct buf *out)
{
	buf_add(out, "null", 4);
}

static void put_str(struct buf *out, struct str s)
{
	ARENA_AUTO(a);

	if (str_is_none(s))
		put_null(out);
	else
		json_add_quoted(out, utf8_clean(s, &a));
}

static void put_bool(struct buf *out, bool yes)
{
	buf_add_str(out, yes ? STR("true") : STR("false"));
}

static void put_flag(struct buf *out, int flag)
{
	if (flag < 0)
		put_null(out);
	else
		put_bool(out, flag != 0);
}

/* Ids and counts, none of them below 0 unless somebody wrote it so. */
static void put_i64(struct buf *out, int64_t n)
{
	char text[NUMBER_MAX];
	size_t at = sizeof(text);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (n < 0)
		text[--at] = '-';
	buf_add(out, text + at, sizeof(text) - at);
}

static void put_count(struct buf *out, int64_t n)
{
	if (n == MODEL_NO_COUNT)
		put_null(out);
	else
		put_i64(out, n);
}

static void put_measure(struct buf *out, double value)
{
	if (!isfinite(value) || value < 0)
		put_null(out);
	else
		buf_printf(out, "%.10g", value);
}

static void put_json(struct buf *out, struct str text)
{
	buf_add_str(out, str_is_none(text) ? STR("null") : text);
}

/* ---- providers ---- */

static void put_name(struct buf *out, const struct store_shown_provider *p)
{
	buf_add_str(out, STR("{\"id\":"));
	put_i64(out, p->id);
	KEY(out, "name");
	put_str(out, p->name);
	KEY(out, "slug");
	put_str(out, p->slug);
}

void row_tail(struct buf *out, const struct store_shown_provider *p)
{
	KEY(out, "provider");
	put_name(out, p);
	KEY(out, "site_url");
	put_str(out, p->site_url);
	KEY(out, "logo_url");
	put_str(out, p->logo_url);
	KEY(out, "health_status");
	put_str(out, p->health_status);
	KEY(out, "is_active");
	put_bool(out, p->is_active);
	buf_add_str(out, STR("}}"));
}

static void put_places(struct buf *out, const struct store_shown_provider *p)
{
	KEY(out, "description");
	put_str(out, p->description);
	KEY(out, "base_url");
	put_str(out, p->base_url);
	KEY(out, "api_key_env_var");
	put_str(out, p->api_key_env_var);
	KEY(out, "logo_url");
	put_str(out, p->logo_url);
	KEY(out, "site_url");
	put_str(out, p->site_url);
	KEY(out, "status_page_url");
	put_str(out, p->status_page_url);
}

static void put_abilities(struct buf *out, const struct store_shown_provider *p)
{
	KEY(out, "supports_streaming");
	put_flag(out, p->supports_streaming);
	KEY(out, "supports_function_calling");
	put_flag(out, p->supports_function_calling);
	KEY(out, "supports_vision");
	put_flag(out, p->supports_vision);
	KEY(out, "supports_image_generation");
	put_flag(out, p->supports_image_generation);
}

void row_provider(struct buf *out, const struct store_shown_provider *p)
{
	put_name(out, p);
	put_places(out, p);
	KEY(out, "is_active");
	put_bool(out, p->is_active);
	put_abilities(out, p);
	KEY(out, "average_response_time_ms");
	put_measure(out, p->response_ms);
	KEY(out, "health_status");
	put_str(out, p->health_status);
	KEY(out, "last_health_check_at");
	put_str(out, p->last_health_check_at);
	KEY(out, "metadata");
	put_json(out, p->metadata);
	KEY(out, "created_at");
	put_str(out, p->created_at);
	KEY(out, "updated_at");
	put_str(out, p->updated_at);
	buf_add_char(out, '}');
}

/* ---- models ---- */

static void put_identity(struct buf *out, const struct store_shown_model *m)
{
	buf_add_str(out, STR("{\"id\":"));
	put_i64(out, m->id);
	KEY(out, "provider_id");
	put_i64(out, m->provider_id);
	KEY(out, "model_id");
	put_str(out, m->provider_model_id);
	KEY(out, "model_name");
	put_str(out, m->model_name);
	KEY(out, "provider_model_id");
	put_str(out, m->provider_model_id);
	KEY(out, "canonical_id");
	put_str(out, m->canonical_id);
	KEY(out, "description");
	put_str(out, m->description);
}

static void put_shape(struct buf *out, const struct store_shown_model *m)
{
	KEY(out, "context_length");
	put_count(out, m->context_length);
	KEY(out, "max_output_tokens");
	put_count(out, m->max_output_tokens);
	KEY(out, "modality");
	put_str(out, m->modality);
	KEY(out, "architecture");
	put_str(out, m->architecture);
	KEY(out, "quantization");
	put_str(out, m->quantization);
}

static void put_prices(struct buf *out, const struct store_shown_model *m)
{
	KEY(out, "pricing_prompt");
	put_str(out, m->pricing_prompt);
	KEY(out, "pricing_completion");
	put_str(out, m->pricing_completion);
	KEY(out, "pricing_image");
	put_str(out, m->pricing_image);
	KEY(out, "pricing_request");
	put_str(out, m->pricing_request);
}

static void put_service(struct buf *out, const struct store_shown_model *m)
{
	KEY(out, "supports_streaming");
	put_flag(out, m->supports_streaming);
	KEY(out, "supports_function_calling");
	put_flag(out, m->supports_function_calling);
	KEY(out, "supports_vision");
	put_flag(out, m->supports_vision);
	KEY(out, "average_response_time_ms");
	put_measure(out, m->response_ms);
	KEY(out, "health_status");
	put_str(out, m->health_status);
	KEY(out, "last_health_check_at");
	put_str(out, m->last_health_check_at);
	KEY(out, "success_rate");
	put_measure(out, m->success_rate);
}

static size_t put_life(struct buf *out, const struct store_shown_model *m)
{
	size_t last_seen = 0;

	KEY(out, "deprecated_at");
	put_str(out, m->deprecated_at);
	KEY(out, "replaced_by");
	put_str(out, m->replaced_by);
	KEY(out, "is_active");
	put_bool(out, m->is_active);
	KEY(out, "first_seen_at");
	put_str(out, m->first_seen_at);
	KEY(out, "last_seen_at");
	if (!str_is_none(m->last_seen_at))
		last_seen = out->n + 1;
	put_str(out, m->last_seen_at);
	KEY(out, "missing_since");
	put_str(out, m->missing_since);
	KEY(out, "created_at");
	put_str(out, m->created_at);
	KEY(out, "updated_at");
	put_str(out, m->updated_at);
	return last_seen;
}

size_t row_model(struct buf *out, const struct store_shown_model *m, bool metadata)
{
	size_t last_seen;

	put_identity(out, m);
	put_shape(out, m);
	put_prices(out, m);
	put_service(out, m);
	last_seen = put_life(out, m);
	if (metadata) {
		KEY(out, "metadata");
		put_json(out, m->metadata);
	}
	return last_seen;
}
