/*
 * sqlite_load: what a sync starts from.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

/* ---- state of a provider ---- */

static bool load_snapshot(struct sqlite_store *s, int64_t provider_id, struct arena *a,
			  struct store_state *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT hash, first_at, last_at, models, prices,"
				       " key_fingerprint"
				       " FROM snapshots WHERE provider_id = ?1"
				       " ORDER BY id DESC LIMIT 1",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	if (!sqlite_next(s, st, &ret->has_snapshot, e))
		return false;
	if (!ret->has_snapshot)
		return true;
	(void)column_hash(st, 0, &ret->snapshot);
	ret->snapshot_first_ms = sqlite3_column_int64(st, 1);
	ret->snapshot_last_ms = sqlite3_column_int64(st, 2);
	ret->snapshot_models = column_u64(st, 3);
	ret->snapshot_prices = column_u64(st, 4);
	ret->key = column_copy(st, 5, a);
	return true;
}

/* Columns of a document, its body last. */
#define DOCUMENT_COLUMNS                                                                    \
	"list, url, encoding, body_bytes, body_hash, etag, last_modified, descriptor_hash," \
	" reader_version, fetched_at"
enum { DOCUMENT_BODY = 10 };

static void read_document(sqlite3_stmt *st, struct arena *a, struct store_document *ret)
{
	ret->list = column_copy(st, 0, a);
	ret->url = column_copy(st, 1, a);
	ret->encoding = column_copy(st, 2, a);
	ret->body_n = column_u64(st, 3);
	(void)column_hash(st, 4, &ret->body_hash);
	ret->etag = column_copy(st, 5, a);
	ret->last_modified = column_copy(st, 6, a);
	(void)column_hash(st, 7, &ret->descriptor_hash);
	ret->reader_version = sqlite3_column_int(st, 8);
	ret->fetched_at_ms = sqlite3_column_int64(st, 9);
}

static bool load_documents(struct sqlite_store *s, int64_t provider_id, struct arena *a,
			   struct store_state *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT " DOCUMENT_COLUMNS ", (SELECT count(*)"
				       " FROM documents WHERE provider_id = ?1)"
				       " FROM documents WHERE provider_id = ?1 ORDER BY list",
				       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		if (!ret->documents)
			ret->documents = arena_array(a, (size_t)column_u64(st, DOCUMENT_BODY),
						     struct store_document);
		read_document(st, a, &ret->documents[ret->n_documents++]);
	}
}

/*
 * Of the newest run that had the whole list: a complete one has settled what was
 * suspected before, a failed or partial one says nothing about it.
 */
static bool load_suspicion(struct sqlite_store *s, int64_t provider_id, struct arena *a,
			   struct store_state *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT suspect_missing, key_fingerprint"
				       " FROM sync_runs WHERE provider_id = ?1"
				       " AND completeness IN ('complete', 'suspect')"
				       " ORDER BY id DESC LIMIT 1",
				       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row || str_is_none(column_str(st, 0)))
		return true;
	ret->suspect_key = column_copy(st, 1, a);
	return words_parse_ids(column_str(st, 0), a, &ret->suspect_missing, &ret->n_suspect_missing,
			       e) ||
	       err_wrap(e, "sync_runs.suspect_missing");
}

static bool load_counts(struct sqlite_store *s, int64_t provider_id, struct store_state *ret,
			struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT fetched, transformed, skipped FROM sync_runs"
				       " WHERE provider_id = ?1 AND completeness = 'complete'"
				       " ORDER BY id DESC LIMIT 1",
				       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (row) {
		ret->fetched = column_u64(st, 0);
		ret->transformed = column_u64(st, 1);
		ret->skipped = column_u64(st, 2);
	}
	return true;
}

static bool load_basis(struct sqlite_store *s, int64_t provider_id, struct arena *a,
		       struct store_state *ret, struct err *e)
{
	STMT_AUTO(st) =
		sqlite_prepare(s, "SELECT basis FROM identity_bases WHERE provider_id = ?1", e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (row)
		ret->identity_basis = column_copy(st, 0, a);
	return true;
}

static bool load_parts(struct sqlite_store *s, int64_t provider_id, struct arena *a,
		       struct store_state *ret, struct err *e)
{
	return load_snapshot(s, provider_id, a, ret, e) &&
	       load_documents(s, provider_id, a, ret, e) &&
	       load_suspicion(s, provider_id, a, ret, e) && load_counts(s, provider_id, ret, e) &&
	       load_basis(s, provider_id, a, ret, e);
}

bool sqlite_load_state(struct store *base, int64_t provider_id, struct arena *a,
		       struct store_state *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_state state = { 0 };

	if (!sqlite_read_begin(s, e) ||
	    !sqlite_read_end(s, load_parts(s, provider_id, a, &state, e), e))
		return false;
	*ret = state;
	return true;
}

static bool find_document(struct sqlite_store *s, int64_t provider_id, struct str list,
			  struct arena *a, struct store_document *ret, bool *ret_found,
			  struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT " DOCUMENT_COLUMNS ", body FROM documents"
				       " WHERE provider_id = ?1 AND list = ?2",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_str(st, 2, list);
	if (!sqlite_next(s, st, ret_found, e))
		return false;
	if (*ret_found) {
		read_document(st, a, ret);
		ret->body = column_copy(st, DOCUMENT_BODY, a);
	}
	return true;
}

bool sqlite_load_document(struct store *base, int64_t provider_id, struct str list, struct arena *a,
			  struct store_document *ret, bool *ret_found, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_document document = { 0 };
	bool found = false;

	if (!sqlite_read_begin(s, e) ||
	    !sqlite_read_end(s, find_document(s, provider_id, list, a, &document, &found, e), e))
		return false;
	*ret_found = found;
	if (found)
		*ret = document;
	return true;
}

/* ---- the baseline ---- */

/* INDEXED BY makes it an error, not a slow day, should the index ever stop to cover this. */
static const char rows_sql[] = "SELECT (SELECT count(*) FROM models WHERE provider_id = ?1),"
			       " id, provider_model_id, content_hash, missing_since"
			       " FROM models INDEXED BY models_baseline WHERE provider_id = ?1"
			       " ORDER BY provider_model_id";

static void read_row(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_row *row = item;

	*row = (struct store_row){ .id = sqlite3_column_int64(st, 1),
				   .provider_model_id = column_copy(st, 2, a),
				   .missing_since_ms = column_time(st, 4) };
	(void)column_hash(st, 3, &row->content);
}

bool sqlite_load_rows(struct store *base, int64_t provider_id, struct arena *a,
		      struct store_row **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list rows = { rows_sql, sizeof(**ret), read_row };
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(
		       s, sqlite_read_list(s, &rows, provider_id, a, (void **)ret, ret_n, e), e);
}

/* ---- observed ---- */

static const char version_sql[] =
	"SELECT m.provider_model_id, v.name, v.context_length, v.max_output_tokens, v.modality,"
	" v.capabilities, v.quantization, v.deprecated_at, v.replaced_by,"
	" CASE WHEN o.id IS NULL THEN m.description ELSE o.said END, m.architecture, m.metadata"
	" FROM models m LEFT JOIN model_versions v ON v.model_id = m.id AND v.seen_to IS NULL"
	" LEFT JOIN overrides o ON o.provider_id = m.provider_id"
	"  AND o.provider_model_id = m.provider_model_id AND o.field = 'description'"
	"  AND o.unset_at IS NULL"
	" WHERE m.id = ?1";

static const char prices_sql[] =
	"SELECT id, meter, state, condition, amount, currency, raw, unit, source, valid_from,"
	" valid_to, suspect FROM prices INDEXED BY prices_open"
	" WHERE model_id = ?1 AND seen_to IS NULL ORDER BY meter, condition";

static bool bad_value(struct sqlite_store *s, const char *column, int64_t id, struct str value,
		      struct err *e)
{
	return err_set(e, ERR_DB, "sqlite:%s: %s %lld: %s is none this program knows", s->path,
		       column, (long long)id, err_quote(value.at, value.n));
}

/* A row that an operator put into `models` has no version: nothing of it was ever observed. */
static bool read_version(struct sqlite_store *s, sqlite3_stmt *st, int64_t id, struct arena *a,
			 struct model *m, struct err *e)
{
	struct str capabilities;
	bool row;

	bind_i64(st, 1, id);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_DB, "sqlite:%s: there is no model %lld", s->path,
			       (long long)id);
	m->id = column_copy(st, 0, a);
	m->name = column_copy(st, 1, a);
	m->context_length = column_count(st, 2);
	m->max_output_tokens = column_count(st, 3);
	m->modality = column_copy(st, 4, a);
	capabilities = column_str(st, 5);
	m->quantization = column_copy(st, 6, a);
	m->deprecated_at_ms = column_ms(st, 7);
	m->replaced_by = column_copy(st, 8, a);
	m->description = column_copy(st, 9, a);
	m->architecture = column_copy(st, 10, a);
	m->metadata = column_copy(st, 11, a);
	m->created_ms = CLOCK_NONE;
	if (!str_is_none(capabilities) && !capabilities_from_text(capabilities, &m->capabilities))
		return bad_value(s, "capabilities of model", id, capabilities, e);
	(void)sqlite3_reset(st);
	return true;
}

static bool read_price(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, struct price *ret,
		       struct err *e)
{
	int64_t id = sqlite3_column_int64(st, 0);

	if (!meter_parse(column_str(st, 1), &ret->meter))
		return bad_value(s, "meter of price", id, column_str(st, 1), e);
	if (!words_price_state(column_str(st, 2), &ret->state))
		return bad_value(s, "state of price", id, column_str(st, 2), e);
	ret->condition = column_copy(st, 3, a);
	ret->amount = column_copy(st, 4, a);
	ret->currency = column_copy(st, 5, a);
	ret->raw = column_copy(st, 6, a);
	ret->unit = column_copy(st, 7, a);
	ret->source = column_copy(st, 8, a);
	ret->valid_from_ms = column_ms(st, 9);
	ret->valid_to_ms = column_ms(st, 10);
	return true;
}

/* Prices of one model, collected before it is known how many there are. */
struct price_list {
	struct price *items;
	int64_t *ids;
	struct str *suspect;
	size_t n, room;
};

static void grow(struct price_list *list)
{
	list->room = list->room ? 2 * list->room : 32;
	list->items = reallocarray(list->items, list->room, sizeof(*list->items));
	list->ids = reallocarray(list->ids, list->room, sizeof(*list->ids));
	list->suspect = reallocarray(list->suspect, list->room, sizeof(*list->suspect));
	if (!list->items || !list->ids || !list->suspect)
		abort();
}

static bool read_prices(struct sqlite_store *s, sqlite3_stmt *st, int64_t model_id, struct arena *a,
			struct price_list *list, struct err *e)
{
	bool row;

	list->n = 0;
	bind_i64(st, 1, model_id);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		if (list->n == list->room)
			grow(list);
		list->ids[list->n] = sqlite3_column_int64(st, 0);
		list->suspect[list->n] = column_copy(st, 11, a);
		if (!read_price(s, st, a, &list->items[list->n++], e))
			return false;
	}
	(void)sqlite3_reset(st);
	return true;
}

static void keep_prices(const struct price_list *list, struct arena *a, struct store_observed *ret)
{
	ret->model.n_prices = list->n;
	if (list->n == 0)
		return;
	ret->model.prices = arena_array(a, list->n, struct price);
	ret->price_ids = arena_array(a, list->n, int64_t);
	ret->suspect = arena_array(a, list->n, struct str);
	memcpy(ret->model.prices, list->items, list->n * sizeof(*list->items));
	memcpy(ret->price_ids, list->ids, list->n * sizeof(*list->ids));
	memcpy(ret->suspect, list->suspect, list->n * sizeof(*list->suspect));
}

static bool read_observed(struct sqlite_store *s, const int64_t *ids, size_t n, struct arena *a,
			  struct price_list *list, struct store_observed *ret, struct err *e)
{
	STMT_AUTO(version) = sqlite_prepare(s, version_sql, e);
	STMT_AUTO(prices) = version ? sqlite_prepare(s, prices_sql, e) : NULL;

	if (!prices)
		return false;
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct store_observed){ .model_id = ids[i] };
		if (!read_version(s, version, ids[i], a, &ret[i].model, e) ||
		    !read_prices(s, prices, ids[i], a, list, e))
			return false;
		keep_prices(list, a, &ret[i]);
	}
	return true;
}

bool sqlite_load_observed(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_observed *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct price_list list = { 0 };
	bool ok = sqlite_read_begin(s, e) &&
		  sqlite_read_end(s, read_observed(s, model_ids, n, a, &list, ret, e), e);

	free(list.items);
	free(list.ids);
	free(list.suspect);
	return ok;
}
