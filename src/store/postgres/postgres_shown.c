/*
 * postgres_shown: tables `models` and `providers` as they are shown.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

static struct str cell_moment(const PGresult *r, int row, int column, char out[CLOCK_TEXT_MAX])
{
	int64_t ms = cell_ms(r, row, column);

	return ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, out));
}

static int cell_yes(const PGresult *r, int row, int column)
{
	return cell_is_null(r, row, column) ? -1 : cell_bool(r, row, column);
}

static double cell_measure(const PGresult *r, int row, int column)
{
	double value;

	return cell_f64(r, row, column, &value) ? value : -1;
}

/* ---- providers ---- */

static const char providers_sql[] =
	"SELECT p.id, p.slug, p.name, p.description, p.base_url, p.api_key_env_var, p.logo_url,"
	" p.site_url, p.status_page_url, p.health_status, p.metadata::text, p.is_active,"
	" p.supports_streaming, p.supports_function_calling, p.supports_vision,"
	" p.supports_image_generation, p.average_response_time_ms, p.last_health_check_at,"
	" p.created_at, p.updated_at,"
	" (SELECT count(*) FROM models m WHERE m.provider_id = p.id)"
	" FROM providers p WHERE $1 IS NULL OR p.slug = $1 ORDER BY p.slug";

static struct str copy_moment(const PGresult *r, int row, int column, struct arena *a)
{
	char text[CLOCK_TEXT_MAX];

	return arena_str(a, cell_moment(r, row, column, text));
}

static void read_provider(const PGresult *r, int row, struct arena *a,
			  struct store_shown_provider *ret)
{
	*ret = (struct store_shown_provider){
		.id = cell_i64(r, row, 0),
		.slug = cell_copy(r, row, 1, a),
		.name = cell_copy(r, row, 2, a),
		.description = cell_copy(r, row, 3, a),
		.base_url = cell_copy(r, row, 4, a),
		.api_key_env_var = cell_copy(r, row, 5, a),
		.logo_url = cell_copy(r, row, 6, a),
		.site_url = cell_copy(r, row, 7, a),
		.status_page_url = cell_copy(r, row, 8, a),
		.health_status = cell_copy(r, row, 9, a),
		.metadata = cell_copy(r, row, 10, a),
		.is_active = cell_bool(r, row, 11),
		.supports_streaming = cell_yes(r, row, 12),
		.supports_function_calling = cell_yes(r, row, 13),
		.supports_vision = cell_yes(r, row, 14),
		.supports_image_generation = cell_yes(r, row, 15),
		.response_ms = cell_measure(r, row, 16),
		.last_health_check_at = copy_moment(r, row, 17, a),
		.created_at = copy_moment(r, row, 18, a),
		.updated_at = copy_moment(r, row, 19, a),
		.models = cell_u64(r, row, 20),
	};
}

bool postgres_load_shown_providers(struct store *base, struct str slug, struct arena *a,
				   struct store_shown_provider **ret, size_t *ret_n, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, slug);

	RESULT_AUTO(r) = postgres_read(postgres_of(base), providers_sql, &p, e);
	struct store_shown_provider *list;

	if (!r)
		return false;
	list = arena_array(a, (size_t)PQntuples(r), struct store_shown_provider);
	for (int i = 0; i < PQntuples(r); i++)
		read_provider(r, i, a, &list[i]);
	*ret = list;
	*ret_n = (size_t)PQntuples(r);
	return true;
}

/* ---- models ---- */

#define SHOWN(metadata, where)                                                                 \
	POSTGRES_CURSOR                                                                        \
	"SELECT m.id, m.provider_id, m.provider_slug, m.provider_model_id, m.model_name,"      \
	" m.canonical_id, m.description, m.modality, m.architecture, m.quantization,"          \
	" m.replaced_by, m.health_status, m.pricing_prompt::text, m.pricing_completion::text," \
	" m.pricing_image::text, m.pricing_request::text, m.context_length,"                   \
	" m.max_output_tokens, m.supports_streaming, m.supports_function_calling,"             \
	" m.supports_vision, m.average_response_time_ms, m.success_rate, m.is_active,"         \
	" m.last_health_check_at, m.deprecated_at, m.first_seen_at, m.last_seen_at,"           \
	" m.missing_since, m.created_at, m.updated_at, " metadata " FROM models_current m " where

static const char shown_of_provider_sql[] =
	SHOWN("NULL::text", "WHERE m.provider_id = $1 AND $2 = 0 ORDER BY m.provider_model_id");
static const char shown_model_sql[] =
	SHOWN("m.metadata::text", "WHERE m.id = $2 AND ($1 = 0 OR m.provider_id = $1)");
static const char shown_all_sql[] =
	SHOWN("NULL::text", "WHERE $1 = 0 AND $2 = 0 ORDER BY m.provider_slug,"
			    " m.provider_model_id");

enum moment {
	CHECKED_AT,
	DEPRECATED_AT,
	FIRST_SEEN_AT,
	LAST_SEEN_AT,
	MISSING_SINCE,
	CREATED_AT,
	UPDATED_AT,
	MOMENTS,
};

enum { FIRST_MOMENT = 24, METADATA = FIRST_MOMENT + MOMENTS };

struct each_shown {
	store_shown_fn *fn;
	void *arg;
	char moments[MOMENTS][CLOCK_TEXT_MAX];
};

static struct str moment(const PGresult *r, int row, enum moment which, struct each_shown *each)
{
	return cell_moment(r, row, FIRST_MOMENT + (int)which, each->moments[which]);
}

static bool read_shown(struct postgres_store *s, void *arg, const PGresult *r, int row,
		       struct err *e)
{
	struct each_shown *each = arg;
	const struct store_shown_model model = {
		.id = cell_i64(r, row, 0),
		.provider_id = cell_i64(r, row, 1),
		.provider = cell_str(r, row, 2),
		.provider_model_id = cell_str(r, row, 3),
		.model_name = cell_str(r, row, 4),
		.canonical_id = cell_str(r, row, 5),
		.description = cell_str(r, row, 6),
		.modality = cell_str(r, row, 7),
		.architecture = cell_str(r, row, 8),
		.quantization = cell_str(r, row, 9),
		.replaced_by = cell_str(r, row, 10),
		.health_status = cell_str(r, row, 11),
		.pricing_prompt = cell_str(r, row, 12),
		.pricing_completion = cell_str(r, row, 13),
		.pricing_image = cell_str(r, row, 14),
		.pricing_request = cell_str(r, row, 15),
		.context_length = cell_count(r, row, 16),
		.max_output_tokens = cell_count(r, row, 17),
		.supports_streaming = cell_yes(r, row, 18),
		.supports_function_calling = cell_yes(r, row, 19),
		.supports_vision = cell_yes(r, row, 20),
		.response_ms = cell_measure(r, row, 21),
		.success_rate = cell_measure(r, row, 22),
		.is_active = cell_bool(r, row, 23),
		.last_health_check_at = moment(r, row, CHECKED_AT, each),
		.deprecated_at = moment(r, row, DEPRECATED_AT, each),
		.first_seen_at = moment(r, row, FIRST_SEEN_AT, each),
		.last_seen_at = moment(r, row, LAST_SEEN_AT, each),
		.missing_since = moment(r, row, MISSING_SINCE, each),
		.created_at = moment(r, row, CREATED_AT, each),
		.updated_at = moment(r, row, UPDATED_AT, each),
		.metadata = cell_str(r, row, METADATA),
	};

	(void)s;
	return each->fn(each->arg, &model, e);
}

static const char *shown_sql(int64_t provider_id, int64_t model_id)
{
	if (model_id)
		return shown_model_sql;
	return provider_id ? shown_of_provider_sql : shown_all_sql;
}

bool postgres_list_shown(struct store *base, int64_t provider_id, int64_t model_id,
			 store_shown_fn *fn, void *arg, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct each_shown each = { .fn = fn, .arg = arg };
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_i64(&p, model_id);
	return postgres_read_begin(s, e) &&
	       postgres_read_end(s,
				 postgres_walk(s, shown_sql(provider_id, model_id), &p, read_shown,
					       &each, e),
				 e);
}

/* ---- the mark ---- */

/* Kept by the server in memory, a second or so behind. */
static const char mark_sql[] =
	"SELECT sum(n_tup_ins)::text || ' ' || sum(n_tup_upd)::text || ' ' || sum(n_tup_del)::text"
	" FROM pg_stat_user_tables WHERE relid IN"
	" ('models'::regclass, 'providers'::regclass, 'snapshots'::regclass)";

bool postgres_mark(struct store *base, struct arena *a, struct str *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base), mark_sql, NULL, e);

	if (!r)
		return false;
	*ret = cell_copy(r, 0, 0, a);
	return true;
}
