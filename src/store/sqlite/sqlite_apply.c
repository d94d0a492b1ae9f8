/*
 * sqlite_apply: everything one complete fetch changes.
 *
 * Order matters where an index is unique over open rows: what ends is closed
 * before its successor opens.  Statements are prepared once and run per row;
 * every value is bound where it lies, and the few texts that are made (times,
 * hashes, capabilities) are made into buffers on the stack.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

#include <assert.h>

struct apply {
	struct sqlite_store *s;
	const struct store_batch *b;
	struct arena scratch;    /* released with the batch */
	char at[CLOCK_TEXT_MAX]; /* b->at_ms */
	int64_t *model_ids;      /* [b->n_writes] */
	int64_t snapshot_id;     /* the open one, 0: none yet */
	struct hash snapshot;
	int64_t last_complete_ms; /* CLOCK_NONE: none yet */
};

/* ---- models ---- */

/* Parameters of both statements that write a row of `models`. */
enum {
	P_PROVIDER = 1,
	P_ID,
	P_NAME,
	P_DESCRIPTION,
	P_CONTEXT,
	P_MAX_OUTPUT,
	P_MODALITY,
	P_ARCHITECTURE,
	P_QUANTIZATION,
	P_PROMPT,
	P_COMPLETION,
	P_IMAGE,
	P_REQUEST,
	P_STREAMING,
	P_FUNCTION_CALLING,
	P_VISION,
	P_DEPRECATED_AT,
	P_REPLACED_BY,
	P_CONTENT,
	P_METADATA,
	P_AT,
	P_CANONICAL,
	P_EVIDENCE,
	P_ROW, /* of the update only */
};

static const char insert_model_sql[] =
	"INSERT INTO models (provider_id, provider_model_id, model_name, description,"
	" context_length, max_output_tokens, modality, architecture, quantization,"
	" pricing_prompt, pricing_completion, pricing_image, pricing_request,"
	" supports_streaming, supports_function_calling, supports_vision,"
	" deprecated_at, replaced_by, content_hash, metadata,"
	" is_active, first_seen_at, last_seen_at, created_at, updated_at,"
	" canonical_id, canonical_evidence)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
	" ?18, ?19, ?20, 1, ?21, ?21, ?21, ?21, ?22, ?23)";

/* is_active is the operator's.  The provider is compared: an id of another one hits no row. */
static const char update_model_sql[] =
	"UPDATE models SET model_name = ?3, description = ?4, context_length = ?5,"
	" max_output_tokens = ?6, modality = ?7, architecture = ?8, quantization = ?9,"
	" pricing_prompt = ?10, pricing_completion = ?11, pricing_image = ?12,"
	" pricing_request = ?13, supports_streaming = ?14, supports_function_calling = ?15,"
	" supports_vision = ?16, deprecated_at = ?17, replaced_by = ?18, content_hash = ?19,"
	" metadata = ?20, updated_at = ?21, canonical_id = ?22, canonical_evidence = ?23"
	" WHERE id = ?24 AND provider_id = ?1 AND provider_model_id = ?2";

/* Columns of `models` that show the unconditional price of one meter. */
static const struct {
	int at;
	enum meter meter;
} price_columns[] = {
	{ P_PROMPT, METER_INPUT_TOKEN },
	{ P_COMPLETION, METER_OUTPUT_TOKEN },
	{ P_IMAGE, METER_INPUT_IMAGE },
	{ P_REQUEST, METER_REQUEST },
};

static const struct {
	int at;
	enum capability capability;
} capability_columns[] = {
	{ P_STREAMING, CAP_STREAMING },
	{ P_FUNCTION_CALLING, CAP_FUNCTION_CALLING },
	{ P_VISION, CAP_VISION },
};

/* `text` keeps the instant. */
static void bind_columns(sqlite3_stmt *st, const struct model *m, char text[CLOCK_TEXT_MAX])
{
	bind_str(st, P_ID, m->id);
	/* Users order and search by the name, so there is always one. */
	bind_str(st, P_NAME, str_is_none(m->name) ? m->id : m->name);
	bind_str(st, P_DESCRIPTION, m->description);
	bind_count(st, P_CONTEXT, m->context_length);
	bind_count(st, P_MAX_OUTPUT, m->max_output_tokens);
	bind_str(st, P_MODALITY, m->modality);
	bind_str(st, P_ARCHITECTURE, m->architecture);
	bind_str(st, P_QUANTIZATION, m->quantization);
	bind_str(st, P_REPLACED_BY, m->replaced_by);
	bind_time(st, P_DEPRECATED_AT, m->deprecated_at_ms, text);
	for (size_t i = 0; i < sizeof(price_columns) / sizeof(price_columns[0]); i++)
		bind_str(st, price_columns[i].at, words_price_shown(m, price_columns[i].meter));
	for (size_t i = 0; i < sizeof(capability_columns) / sizeof(capability_columns[0]); i++)
		bind_flag(st, capability_columns[i].at,
			  capabilities_get(m->capabilities, capability_columns[i].capability));
}

/* One model's row, by either statement. */
static bool write_row(struct apply *ap, sqlite3_stmt *st, const struct store_model_write *w,
		      struct err *e)
{
	char content[HASH_TEXT_MAX], deprecated[CLOCK_TEXT_MAX];

	bind_i64(st, P_PROVIDER, ap->b->provider_id);
	bind_columns(st, w->shown ? w->shown : w->model, deprecated);
	bind_hash(st, P_CONTENT, &w->content, content);
	bind_str(st, P_METADATA, w->model->metadata);
	bind_text(st, P_AT, ap->at);
	bind_str(st, P_CANONICAL, w->canonical_id);
	bind_str(st, P_EVIDENCE, w->canonical_evidence);
	if (w->id != 0)
		bind_i64(st, P_ROW, w->id);
	return sqlite_run(ap->s, st, e);
}

/* An id that hits no row is one that did not come from this provider's rows. */
static bool one_row_written(struct apply *ap, int64_t id, struct err *e)
{
	if (sqlite3_changes64(ap->s->db) == 1)
		return true;
	return err_set(e, ERR_DB, "sqlite:%s: no open row of model %lld to write", ap->s->path,
		       (long long)id);
}

static bool write_models(struct apply *ap, struct err *e)
{
	STMT_AUTO(insert) = sqlite_prepare(ap->s, insert_model_sql, e);
	STMT_AUTO(update) = insert ? sqlite_prepare(ap->s, update_model_sql, e) : NULL;

	if (!update)
		return false;
	for (size_t i = 0; i < ap->b->n_writes; i++) {
		const struct store_model_write *w = &ap->b->writes[i];

		if (!write_row(ap, w->id ? update : insert, w, e))
			return false;
		if (w->id && !one_row_written(ap, w->id, e))
			return false;
		ap->model_ids[i] = w->id ? w->id : sqlite3_last_insert_rowid(ap->s->db);
	}
	return true;
}

static const char show_model_sql[] =
	"UPDATE models SET model_name = ?3, description = ?4, context_length = ?5,"
	" max_output_tokens = ?6, modality = ?7, architecture = ?8, quantization = ?9,"
	" pricing_prompt = ?10, pricing_completion = ?11, pricing_image = ?12,"
	" pricing_request = ?13, supports_streaming = ?14, supports_function_calling = ?15,"
	" supports_vision = ?16, deprecated_at = ?17, replaced_by = ?18, updated_at = ?21"
	" WHERE id = ?24 AND provider_id = ?1 AND provider_model_id = ?2";

bool sqlite_save_shown(struct store *base, int64_t provider_id, int64_t at_ms,
		       const struct store_shown *rows, size_t n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, show_model_sql, e);
	char at[CLOCK_TEXT_MAX], deprecated[CLOCK_TEXT_MAX];
	struct apply ap = { .s = s };

	if (!st)
		return false;
	(void)clock_text(at_ms, at);
	for (size_t i = 0; i < n; i++) {
		bind_i64(st, P_PROVIDER, provider_id);
		bind_columns(st, rows[i].shown, deprecated);
		bind_text(st, P_AT, at);
		bind_i64(st, P_ROW, rows[i].model_id);
		if (!sqlite_run(s, st, e) || !one_row_written(&ap, rows[i].model_id, e))
			return false;
	}
	return true;
}

/* ---- versions ---- */

static const char close_version_sql[] =
	"UPDATE model_versions SET seen_to = ?2 WHERE model_id = ?1 AND seen_to IS NULL";

static const char insert_version_sql[] =
	"INSERT INTO model_versions (model_id, seen_from, name, context_length, max_output_tokens,"
	" modality, capabilities, quantization, deprecated_at, replaced_by)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

static bool insert_version(struct apply *ap, sqlite3_stmt *st, int64_t model_id,
			   const struct model *m, struct err *e)
{
	struct str capabilities = STR_NONE;

	if (m->capabilities.said)
		capabilities = capabilities_text(m->capabilities, &ap->scratch);
	bind_i64(st, 1, model_id);
	bind_i64(st, 2, ap->b->at_ms);
	bind_str(st, 3, m->name);
	bind_count(st, 4, m->context_length);
	bind_count(st, 5, m->max_output_tokens);
	bind_str(st, 6, m->modality);
	bind_str(st, 7, capabilities);
	bind_str(st, 8, m->quantization);
	bind_ms(st, 9, m->deprecated_at_ms);
	bind_str(st, 10, m->replaced_by);
	return sqlite_run(ap->s, st, e);
}

static bool close_row(struct apply *ap, sqlite3_stmt *st, int64_t id, struct err *e)
{
	bind_i64(st, 1, id);
	bind_i64(st, 2, ap->b->at_ms);
	return sqlite_run(ap->s, st, e);
}

static bool write_versions(struct apply *ap, struct err *e)
{
	STMT_AUTO(end) = sqlite_prepare(ap->s, close_version_sql, e);
	STMT_AUTO(insert) = end ? sqlite_prepare(ap->s, insert_version_sql, e) : NULL;

	if (!insert)
		return false;
	for (size_t i = 0; i < ap->b->n_writes; i++) {
		const struct store_model_write *w = &ap->b->writes[i];

		if (w->id && !w->new_version)
			continue;
		/* Closes none where an operator put the row into `models`: then this is the first. */
		if (w->id && !close_row(ap, end, w->id, e))
			return false;
		if (!insert_version(ap, insert, ap->model_ids[i], w->model, e))
			return false;
	}
	return true;
}

/* ---- prices ---- */

static const char close_price_sql[] =
	"UPDATE prices SET seen_to = ?2 WHERE id = ?1 AND seen_to IS NULL";

static const char insert_price_sql[] =
	"INSERT INTO prices (model_id, meter, condition, state, amount, currency, raw, unit,"
	" source, valid_from, valid_to, seen_from, suspect)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

static bool close_prices(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s, close_price_sql, e);

	if (!st)
		return false;
	for (size_t i = 0; i < ap->b->n_price_closes; i++) {
		if (!close_row(ap, st, ap->b->price_closes[i], e))
			return false;
		if (sqlite3_changes64(ap->s->db) != 1)
			return err_set(e, ERR_DB, "sqlite:%s: price %lld is not open", ap->s->path,
				       (long long)ap->b->price_closes[i]);
	}
	return true;
}

static bool insert_price(struct apply *ap, sqlite3_stmt *st, const struct store_price_open *o,
			 struct err *e)
{
	const struct price *p = o->price;

	assert(o->write < ap->b->n_writes);
	bind_i64(st, 1, ap->model_ids[o->write]);
	bind_text(st, 2, meters[p->meter].name);
	bind_str(st, 3, p->condition);
	bind_text(st, 4, price_state_names[p->state]);
	bind_str(st, 5, p->amount);
	bind_str(st, 6, p->currency);
	bind_str(st, 7, p->raw);
	bind_str(st, 8, p->unit);
	bind_str(st, 9, p->source);
	bind_ms(st, 10, p->valid_from_ms);
	bind_ms(st, 11, p->valid_to_ms);
	bind_i64(st, 12, ap->b->at_ms);
	bind_str(st, 13, o->suspect);
	return sqlite_run(ap->s, st, e);
}

static bool open_prices(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s, insert_price_sql, e);

	if (!st)
		return false;
	for (size_t i = 0; i < ap->b->n_price_opens; i++)
		if (!insert_price(ap, st, &ap->b->price_opens[i], e))
			return false;
	return true;
}

/* ---- presence ---- */

/* Run for each id: ?1 the id, ?2 the instant as text, ?3 the text last_seen_at becomes. */
static bool mark_models(struct apply *ap, const char *sql, const int64_t *ids, size_t n,
			struct str seen, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s, sql, e);

	if (!st)
		return false;
	bind_text(st, 2, ap->at);
	bind_str(st, 3, seen);
	bind_i64(st, 4, ap->b->provider_id);
	for (size_t i = 0; i < n; i++) {
		bind_i64(st, 1, ids[i]);
		if (!sqlite_run(ap->s, st, e) || !one_row_written(ap, ids[i], e))
			return false;
	}
	return true;
}

static bool mark_absences(struct apply *ap, const char *sql, const int64_t *ids, size_t n,
			  struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s, sql, e);

	if (!st)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!close_row(ap, st, ids[i], e))
			return false;
	return true;
}

static bool open_absences(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s,
				       "INSERT INTO absences (model_id, gone_from, incident_id)"
				       " VALUES (?1, ?2, nullif(?3, 0))",
				       e);
	const int64_t *incidents = ap->b->missing_incidents;

	if (!st)
		return false;
	for (size_t i = 0; i < ap->b->n_missing; i++) {
		bind_i64(st, 3, incidents ? incidents[i] : 0);
		if (!close_row(ap, st, ap->b->missing[i], e))
			return false;
	}
	return true;
}

/* A missing model was last seen in the fetch before this one: from here on nobody else knows. */
static bool mark_missing(struct apply *ap, struct err *e)
{
	char text[CLOCK_TEXT_MAX];
	struct str seen = STR_NONE;

	if (ap->last_complete_ms != CLOCK_NONE)
		seen = str_of(clock_text(ap->last_complete_ms, text));
	return mark_models(ap,
			   "UPDATE models SET missing_since = ?2, updated_at = ?2,"
			   " last_seen_at = ifnull(?3, last_seen_at)"
			   " WHERE id = ?1 AND provider_id = ?4 AND missing_since IS NULL",
			   ap->b->missing, ap->b->n_missing, seen, e) &&
	       open_absences(ap, e);
}

/* After mark_missing(): a removal may be confirmed at once. */
static bool mark_removed(struct apply *ap, struct err *e)
{
	return mark_absences(ap,
			     "UPDATE absences SET removed_at = ?2,"
			     " was_active = (SELECT is_active FROM models WHERE id = ?1)"
			     " WHERE model_id = ?1 AND gone_to IS NULL AND removed_at IS NULL",
			     ap->b->removed, ap->b->n_removed, e) &&
	       mark_models(ap,
			   "UPDATE models SET is_active = 0, updated_at = ?2"
			   " WHERE id = ?1 AND provider_id = ?4 AND missing_since IS NOT NULL",
			   ap->b->removed, ap->b->n_removed, STR_NONE, e);
}

/* A removal took is_active away: the return gives it back to a model that had it. */
static bool mark_returned(struct apply *ap, struct err *e)
{
	return mark_models(ap,
			   "UPDATE models SET missing_since = NULL, updated_at = ?2,"
			   " last_seen_at = ?3, is_active = max(is_active,"
			   " EXISTS (SELECT 1 FROM absences WHERE model_id = ?1"
			   "  AND gone_to IS NULL AND removed_at IS NOT NULL AND was_active))"
			   " WHERE id = ?1 AND provider_id = ?4 AND missing_since IS NOT NULL",
			   ap->b->returned, ap->b->n_returned, str_of(ap->at), e) &&
	       mark_absences(ap,
			     "UPDATE absences SET gone_to = ?2"
			     " WHERE model_id = ?1 AND gone_to IS NULL",
			     ap->b->returned, ap->b->n_returned, e);
}

/* ---- changes ---- */

static const char insert_change_sql[] =
	"INSERT INTO changes (at, provider_id, model, kind, field, old, new, ratio, tags, model_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT id FROM models"
	"  WHERE provider_id = ?2 AND provider_model_id = ?3))";

static bool insert_changes(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s, insert_change_sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, ap->b->at_ms);
	bind_i64(st, 2, ap->b->provider_id);
	for (size_t i = 0; i < ap->b->n_changes; i++) {
		const struct change *c = &ap->b->changes[i];

		bind_str(st, 3, c->model);
		bind_text(st, 4, change_kind_names[c->kind]);
		bind_str(st, 5, c->field);
		bind_str(st, 6, c->old_value);
		bind_str(st, 7, c->new_value);
		bind_str(st, 8, c->ratio);
		bind_str(st, 9, c->tags);
		if (!sqlite_run(ap->s, st, e))
			return false;
	}
	return true;
}

/* ---- the snapshot ---- */

static bool find_snapshot(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s,
				       "SELECT id, last_at, hash FROM snapshots"
				       " WHERE provider_id = ?1 ORDER BY id DESC LIMIT 1",
				       e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, ap->b->provider_id);
	if (!sqlite_next(ap->s, st, &row, e))
		return false;
	if (!row)
		return true;
	ap->snapshot_id = sqlite3_column_int64(st, 0);
	ap->last_complete_ms = sqlite3_column_int64(st, 1);
	(void)column_hash(st, 2, &ap->snapshot);
	return true;
}

/* The same state seen once more. */
static bool extend_snapshot(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s,
				       "UPDATE snapshots SET last_at = ?2,"
				       " syncs = syncs + ?4, unheard = unheard + ?5,"
				       " key_fingerprint = ?3"
				       " WHERE id = ?1",
				       e);

	if (!st)
		return false;
	bind_str(st, 3, ap->b->key);
	bind_i64(st, 4, !ap->b->not_fetched);
	bind_i64(st, 5, ap->b->unheard);
	return close_row(ap, st, ap->snapshot_id, e);
}

static bool open_snapshot(struct apply *ap, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(ap->s,
				       "INSERT INTO snapshots (provider_id, hash, first_at,"
				       " last_at, syncs, models, prices, prev_id,"
				       " key_fingerprint, unheard)"
				       " VALUES (?1, ?2, ?3, ?3, ?8, ?4, ?5, ?6, ?7, ?9)",
				       e);
	char hash[HASH_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, ap->b->provider_id);
	bind_hash(st, 2, &ap->b->snapshot, hash);
	bind_i64(st, 3, ap->b->at_ms);
	bind_u64(st, 4, ap->b->snapshot_models);
	bind_u64(st, 5, ap->b->snapshot_prices);
	if (ap->snapshot_id)
		bind_i64(st, 6, ap->snapshot_id);
	bind_str(st, 7, ap->b->key);
	bind_i64(st, 8, !ap->b->not_fetched);
	bind_i64(st, 9, ap->b->unheard);
	return sqlite_run(ap->s, st, e);
}

static bool write_snapshot(struct apply *ap, struct err *e)
{
	bool same = ap->snapshot_id &&
		    memcmp(&ap->snapshot, &ap->b->snapshot, sizeof(ap->snapshot)) == 0;

	return same ? extend_snapshot(ap, e) : open_snapshot(ap, e);
}

bool sqlite_apply(struct store *base, const struct store_batch *b, struct err *e)
{
	struct apply ap = {
		.s = sqlite_of(base),
		.b = b,
		.scratch = ARENA_INIT,
		.last_complete_ms = CLOCK_NONE,
	};
	bool ok;

	(void)clock_text(b->at_ms, ap.at);
	ap.model_ids = arena_array(&ap.scratch, b->n_writes, int64_t);
	ok = find_snapshot(&ap, e) && close_prices(&ap, e) && write_models(&ap, e) &&
	     write_versions(&ap, e) && open_prices(&ap, e) && mark_missing(&ap, e) &&
	     mark_removed(&ap, e) && mark_returned(&ap, e) && insert_changes(&ap, e) &&
	     write_snapshot(&ap, e);
	arena_release(&ap.scratch);
	return ok;
}
