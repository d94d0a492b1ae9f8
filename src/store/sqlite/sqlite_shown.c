/*
 * sqlite_shown: tables `models` and `providers` as they are shown.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/*
 * Times of users' tables are text that users may have written: as ours are they pass as they stand,
 * others are read and written anew, and what is no time is none.
 */
static bool is_as_ours(struct str text)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";

	if (text.n != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (form[i] == '0' ? text.at[i] < '0' || text.at[i] > '9' : text.at[i] != form[i])
			return false;
	return true;
}

static struct str column_moment(sqlite3_stmt *st, int at, char out[CLOCK_TEXT_MAX])
{
	struct str text = column_str(st, at);
	int64_t ms;
	struct err ignored;

	if (str_is_none(text) || is_as_ours(text))
		return text;
	return clock_parse(text, &ms, &ignored) ? str_of(clock_text(ms, out)) : STR_NONE;
}

static int column_yes(sqlite3_stmt *st, int at)
{
	return sqlite3_column_type(st, at) == SQLITE_NULL ? -1 : sqlite3_column_int(st, at) != 0;
}

static double column_measure(sqlite3_stmt *st, int at)
{
	double value;

	return column_real(st, at, &value) ? value : -1;
}

/* ---- providers ---- */

static struct str copy_moment(sqlite3_stmt *st, int at, struct arena *a)
{
	char text[CLOCK_TEXT_MAX];

	return arena_str(a, column_moment(st, at, text));
}

static void read_provider(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_shown_provider *p = item;

	*p = (struct store_shown_provider){
		.id = sqlite3_column_int64(st, 1),
		.slug = column_copy(st, 2, a),
		.name = column_copy(st, 3, a),
		.description = column_copy(st, 4, a),
		.base_url = column_copy(st, 5, a),
		.api_key_env_var = column_copy(st, 6, a),
		.logo_url = column_copy(st, 7, a),
		.site_url = column_copy(st, 8, a),
		.status_page_url = column_copy(st, 9, a),
		.health_status = column_copy(st, 10, a),
		.metadata = column_copy(st, 11, a),
		.is_active = sqlite3_column_int(st, 12) != 0,
		.supports_streaming = column_yes(st, 13),
		.supports_function_calling = column_yes(st, 14),
		.supports_vision = column_yes(st, 15),
		.supports_image_generation = column_yes(st, 16),
		.response_ms = column_measure(st, 17),
		.last_health_check_at = copy_moment(st, 18, a),
		.created_at = copy_moment(st, 19, a),
		.updated_at = copy_moment(st, 20, a),
		.models = column_u64(st, 21),
	};
}

static const struct sqlite_list providers_list = {
	.sql = "SELECT count(*) OVER (), p.id, p.slug, p.name, p.description, p.base_url,"
	       " p.api_key_env_var, p.logo_url, p.site_url, p.status_page_url, p.health_status,"
	       " p.metadata, p.is_active, p.supports_streaming, p.supports_function_calling,"
	       " p.supports_vision, p.supports_image_generation, p.average_response_time_ms,"
	       " p.last_health_check_at, p.created_at, p.updated_at,"
	       " (SELECT count(*) FROM models m WHERE m.provider_id = p.id)"
	       " FROM providers p WHERE ?1 IS NULL OR p.slug = ?1 ORDER BY p.slug",
	.size = sizeof(struct store_shown_provider),
	.read = read_provider,
};

static bool read_providers(struct sqlite_store *s, struct str slug, struct arena *a, void **ret,
			   size_t *ret_n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, providers_list.sql, e);

	if (!st)
		return false;
	bind_str(st, 1, slug);
	return sqlite_read_rows(s, st, &providers_list, a, ret, ret_n, e);
}

bool sqlite_load_shown_providers(struct store *base, struct str slug, struct arena *a,
				 struct store_shown_provider **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	void *list = NULL;

	if (!sqlite_read_begin(s, e) ||
	    !sqlite_read_end(s, read_providers(s, slug, a, &list, ret_n, e), e))
		return false;
	*ret = list;
	return true;
}

/* ---- models ---- */

/*
 * Not through view models_current, which looks up a provider's last fetch for each of its models;
 * here that is one look where one provider is asked for.  What is long comes last: SQLite
 * walks through what lies in front of a column in a row.
 */
#define SHOWN(last_at, metadata, where)                                                          \
	"SELECT m.id, m.provider_id, p.slug, m.provider_model_id, m.model_name, m.canonical_id," \
	" m.description, m.modality, m.architecture, m.quantization, m.replaced_by,"             \
	" m.health_status, m.pricing_prompt, m.pricing_completion, m.pricing_image,"             \
	" m.pricing_request, m.context_length, m.max_output_tokens, m.supports_streaming,"       \
	" m.supports_function_calling, m.supports_vision, m.average_response_time_ms,"           \
	" m.success_rate, m.is_active, m.last_health_check_at, m.deprecated_at,"                 \
	" m.first_seen_at, m.last_seen_at, m.missing_since, m.created_at, m.updated_at,"         \
	" (SELECT s.last_at FROM snapshots s WHERE s.provider_id = " last_at                     \
	"  ORDER BY s.id DESC LIMIT 1), " metadata                                               \
	" FROM providers p CROSS JOIN models m ON m.provider_id = p.id " where

static const char shown_of_provider_sql[] =
	SHOWN("?1", "NULL", "WHERE p.id = ?1 ORDER BY m.provider_model_id");
static const char shown_model_sql[] =
	SHOWN("m.provider_id", "m.metadata",
	      "WHERE m.id = ?2 AND p.id = (SELECT provider_id FROM models"
	      " WHERE id = ?2) AND (?1 = 0 OR p.id = ?1)");
static const char shown_all_sql[] = SHOWN("p.id", "NULL", "ORDER BY p.slug, m.provider_model_id");

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

struct moments {
	char text[MOMENTS][CLOCK_TEXT_MAX];
};

enum { FIRST_MOMENT = 24, LAST_AT = FIRST_MOMENT + MOMENTS, METADATA };

static struct str moment(sqlite3_stmt *st, enum moment which, struct moments *m)
{
	return column_moment(st, FIRST_MOMENT + (int)which, m->text[which]);
}

/* Of a listed model the provider's last complete fetch. */
static struct str last_seen(sqlite3_stmt *st, bool is_missing, struct moments *m)
{
	int64_t last_at_ms = column_ms(st, LAST_AT);

	if (is_missing || last_at_ms == CLOCK_NONE)
		return moment(st, LAST_SEEN_AT, m);
	return str_of(clock_text(last_at_ms, m->text[LAST_SEEN_AT]));
}

static void read_shown(sqlite3_stmt *st, struct moments *m, struct store_shown_model *ret)
{
	*ret = (struct store_shown_model){
		.id = sqlite3_column_int64(st, 0),
		.provider_id = sqlite3_column_int64(st, 1),
		.provider = column_str(st, 2),
		.provider_model_id = column_str(st, 3),
		.model_name = column_str(st, 4),
		.canonical_id = column_str(st, 5),
		.description = column_str(st, 6),
		.modality = column_str(st, 7),
		.architecture = column_str(st, 8),
		.quantization = column_str(st, 9),
		.replaced_by = column_str(st, 10),
		.health_status = column_str(st, 11),
		.pricing_prompt = column_str(st, 12),
		.pricing_completion = column_str(st, 13),
		.pricing_image = column_str(st, 14),
		.pricing_request = column_str(st, 15),
		.context_length = column_count(st, 16),
		.max_output_tokens = column_count(st, 17),
		.supports_streaming = column_yes(st, 18),
		.supports_function_calling = column_yes(st, 19),
		.supports_vision = column_yes(st, 20),
		.response_ms = column_measure(st, 21),
		.success_rate = column_measure(st, 22),
		.is_active = sqlite3_column_int(st, 23) != 0,
		.last_health_check_at = moment(st, CHECKED_AT, m),
		.deprecated_at = moment(st, DEPRECATED_AT, m),
		.first_seen_at = moment(st, FIRST_SEEN_AT, m),
		.missing_since = moment(st, MISSING_SINCE, m),
		.created_at = moment(st, CREATED_AT, m),
		.updated_at = moment(st, UPDATED_AT, m),
		.metadata = column_str(st, METADATA),
	};
	ret->last_seen_at = last_seen(st, !str_is_none(ret->missing_since), m);
}

static const char *shown_sql(int64_t provider_id, int64_t model_id)
{
	if (model_id)
		return shown_model_sql;
	return provider_id ? shown_of_provider_sql : shown_all_sql;
}

static bool each_shown(struct sqlite_store *s, int64_t provider_id, int64_t model_id,
		       store_shown_fn *fn, void *arg, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, shown_sql(provider_id, model_id), e);
	struct store_shown_model model;
	struct moments moments;
	bool row;

	if (!st)
		return false;
	if (provider_id || model_id)
		bind_i64(st, 1, provider_id);
	if (model_id)
		bind_i64(st, 2, model_id);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		read_shown(st, &moments, &model);
		if (!fn(arg, &model, e))
			return false;
	}
}

bool sqlite_list_shown(struct store *base, int64_t provider_id, int64_t model_id,
		       store_shown_fn *fn, void *arg, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, each_shown(s, provider_id, model_id, fn, arg, e), e);
}

/* ---- the mark ---- */

/* SQLite goes on reading and writing a file that nobody else finds any more. */
static bool is_in_place(struct sqlite_store *s, struct err *e)
{
	int moved = 0;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
	    !moved)
		return true;
	return err_set(e, ERR_DB,
		       "sqlite:%s: the file was moved away or replaced while it was open: put it "
		       "back, or restart this process",
		       s->path);
}

bool sqlite_mark(struct store *base, struct arena *a, struct str *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, "PRAGMA data_version", e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e) || !is_in_place(s, e))
		return false;
	*ret = column_copy(st, 0, a);
	return true;
}
