/*
 * postgres_apply: everything one complete fetch changes.
 *
 * Rows go in by thousands: one array a column, `INSERT ... SELECT unnest(...)`.
 * Updates are written the same way, and how many rows they hit is compared with
 * how many there should be.
 *
 * Order matters where an index is unique over open rows: what ends is closed
 * before its successor opens.  Changes come last but for the snapshot, because
 * their ids are drawn under a lock that all providers share.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

#include <assert.h>

/* Rows of one statement.  More are not faster, a few hundred are a fifth slower. */
enum { CHUNK = 2000, COLUMNS = 24 };

struct apply {
	struct postgres_store *s;
	const struct store_batch *b;
	struct arena scratch; /* released with the batch */
	struct array columns[COLUMNS];
	int64_t *model_ids;  /* [b->n_writes] */
	int64_t snapshot_id; /* the open one, 0: none yet */
	struct hash snapshot;
	int64_t last_complete_ms; /* CLOCK_NONE: none yet */
};

/* ---- rows by thousands ---- */

/* What a statement takes for each row: a letter per array, in the order of its parameters. */
static void begin_rows(struct apply *ap, const char *letters)
{
	static const char known[] = "tjibm";
	static const enum array_type types[] = { ARRAY_TEXT, ARRAY_JSON, ARRAY_I64, ARRAY_BOOL,
						 ARRAY_TIME };

	assert(strlen(letters) <= COLUMNS);
	for (size_t i = 0; letters[i]; i++) {
		const char *at = strchr(known, letters[i]);

		assert(at);
		array_release(&ap->columns[i]);
		array_init(&ap->columns[i], types[at - known]);
	}
}

static void clear_rows(struct apply *ap, size_t n_columns)
{
	for (size_t i = 0; i < n_columns; i++)
		array_clear(&ap->columns[i]);
}

/* $1: the instant, $2: the provider, $3: its last complete fetch or NULL, $4 …: the columns. */
static void param_rows(struct apply *ap, struct params *p, size_t n_columns)
{
	*p = (struct params){ 0 };
	param_ms(p, ap->b->at_ms);
	param_i64(p, ap->b->provider_id);
	param_ms(p, ap->last_complete_ms);
	for (size_t i = 0; i < n_columns; i++)
		param_array(p, &ap->columns[i]);
}

/*
 * Write the rows collected; when fewer were hit than collected that is an error,
 * said with `what` (NULL: it is none).
 */
static bool write_rows(struct apply *ap, const char *sql, size_t n_columns, const char *what,
		       struct err *e)
{
	struct params p;
	uint64_t n;

	if (ap->columns[0].n == 0)
		return true;
	param_rows(ap, &p, n_columns);
	if (!postgres_run(ap->s, sql, &p, &n, e))
		return false;
	if (what && n != ap->columns[0].n)
		return err_set(e, ERR_DB, "%s: %llu of %u %s", ap->s->name,
			       (unsigned long long)(ap->columns[0].n - n), ap->columns[0].n, what);
	clear_rows(ap, n_columns);
	return true;
}

/* The same statement for each of a list of ids. */
static bool write_ids(struct apply *ap, const char *sql, const int64_t *ids, size_t n,
		      const char *what, struct err *e)
{
	begin_rows(ap, "i");
	for (size_t i = 0; i < n; i++) {
		array_i64(&ap->columns[0], ids[i]);
		if (ap->columns[0].n == CHUNK && !write_rows(ap, sql, 1, what, e))
			return false;
	}
	return write_rows(ap, sql, 1, what, e);
}

/* ---- models ---- */

/* Columns of both statements that write `models`; the update has the row's id besides. */
enum {
	C_ID,
	C_NAME,
	C_DESCRIPTION,
	C_MODALITY,
	C_ARCHITECTURE,
	C_QUANTIZATION,
	C_REPLACED_BY,
	C_CONTENT,
	C_CONTEXT,
	C_MAX_OUTPUT,
	C_STREAMING,
	C_FUNCTION_CALLING,
	C_VISION,
	C_DEPRECATED_AT,
	C_PROMPT,
	C_COMPLETION,
	C_IMAGE,
	C_REQUEST,
	C_METADATA,
	C_CANONICAL,
	C_EVIDENCE,
	C_ROW,
};
static const char model_letters[] = "ttttttttiibbbmttttjtti";

static const char insert_models_sql[] =
	"INSERT INTO models (provider_id, is_active, first_seen_at, last_seen_at, created_at,"
	" updated_at, provider_model_id, model_name, description, modality, architecture,"
	" quantization, replaced_by, content_hash, context_length, max_output_tokens,"
	" supports_streaming, supports_function_calling, supports_vision, deprecated_at,"
	" pricing_prompt, pricing_completion, pricing_image, pricing_request, metadata,"
	" canonical_id, canonical_evidence)"
	" SELECT $2, TRUE, $1, $1, $1, $1, unnest($4), unnest($5), unnest($6), unnest($7),"
	" unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14),"
	" unnest($15), unnest($16), unnest($17), unnest($18)::numeric, unnest($19)::numeric,"
	" unnest($20)::numeric, unnest($21)::numeric, unnest($22), unnest($23),"
	" unnest($24)"
	" RETURNING id, provider_model_id";

/* is_active is the operator's.  The provider is compared: an id of another one hits no row. */
static const char update_models_sql[] =
	"UPDATE models m SET model_name = u.name, description = u.description,"
	" modality = u.modality, architecture = u.architecture, quantization = u.quantization,"
	" replaced_by = u.replaced_by, content_hash = u.content,"
	" context_length = u.context_length, max_output_tokens = u.max_output_tokens,"
	" supports_streaming = u.streaming, supports_function_calling = u.function_calling,"
	" supports_vision = u.vision, deprecated_at = u.deprecated_at,"
	" pricing_prompt = u.prompt::numeric, pricing_completion = u.completion::numeric,"
	" pricing_image = u.image::numeric, pricing_request = u.request::numeric,"
	" metadata = u.metadata, canonical_id = u.canonical, canonical_evidence = u.evidence,"
	" updated_at = $1"
	" FROM (SELECT unnest($4) AS provider_model_id, unnest($5) AS name,"
	"  unnest($6) AS description, unnest($7) AS modality, unnest($8) AS architecture,"
	"  unnest($9) AS quantization, unnest($10) AS replaced_by, unnest($11) AS content,"
	"  unnest($12) AS context_length, unnest($13) AS max_output_tokens,"
	"  unnest($14) AS streaming, unnest($15) AS function_calling, unnest($16) AS vision,"
	"  unnest($17) AS deprecated_at, unnest($18) AS prompt, unnest($19) AS completion,"
	"  unnest($20) AS image, unnest($21) AS request, unnest($22) AS metadata,"
	"  unnest($23) AS canonical, unnest($24) AS evidence, unnest($25) AS id) u"
	" WHERE m.id = u.id AND m.provider_id = $2 AND m.provider_model_id = u.provider_model_id";

/* Columns of `models` that show the unconditional price of one meter. */
static const struct {
	int at;
	enum meter meter;
} price_columns[] = {
	{ C_PROMPT, METER_INPUT_TOKEN },
	{ C_COMPLETION, METER_OUTPUT_TOKEN },
	{ C_IMAGE, METER_INPUT_IMAGE },
	{ C_REQUEST, METER_REQUEST },
};

static const struct {
	int at;
	enum capability capability;
} capability_columns[] = {
	{ C_STREAMING, CAP_STREAMING },
	{ C_FUNCTION_CALLING, CAP_FUNCTION_CALLING },
	{ C_VISION, CAP_VISION },
};

static void add_model(struct apply *ap, const struct store_model_write *w)
{
	const struct model *m = w->shown ? w->shown : w->model;
	struct array *c = ap->columns;
	char content[HASH_TEXT_MAX];

	array_str(&c[C_ID], m->id);
	/* Users order and search by the name, so there is always one. */
	array_str(&c[C_NAME], str_is_none(m->name) ? m->id : m->name);
	array_str(&c[C_DESCRIPTION], m->description);
	array_str(&c[C_MODALITY], m->modality);
	array_str(&c[C_ARCHITECTURE], m->architecture);
	array_str(&c[C_QUANTIZATION], m->quantization);
	array_str(&c[C_REPLACED_BY], m->replaced_by);
	array_str(&c[C_CONTENT], (struct str){ hash_text(&w->content, content), 2 * HASH_BYTES });
	array_count(&c[C_CONTEXT], m->context_length);
	array_count(&c[C_MAX_OUTPUT], m->max_output_tokens);
	array_ms(&c[C_DEPRECATED_AT], m->deprecated_at_ms);
	array_str(&c[C_METADATA], w->model->metadata);
	array_str(&c[C_CANONICAL], w->canonical_id);
	array_str(&c[C_EVIDENCE], w->canonical_evidence);
	for (size_t i = 0; i < sizeof(price_columns) / sizeof(price_columns[0]); i++)
		array_str(&c[price_columns[i].at], words_price_shown(m, price_columns[i].meter));
	for (size_t i = 0; i < sizeof(capability_columns) / sizeof(capability_columns[0]); i++)
		array_flag(&c[capability_columns[i].at],
			   capabilities_get(m->capabilities, capability_columns[i].capability));
}

/* Which write a row that comes back belongs to: rows are not promised to keep their order. */
struct key {
	struct str id;
	size_t write;
};

static int key_order(const void *a, const void *b)
{
	return str_cmp(((const struct key *)a)->id, ((const struct key *)b)->id);
}

static bool keep_ids(struct apply *ap, const PGresult *r, struct key *keys, size_t n, struct err *e)
{
	qsort(keys, n, sizeof(*keys), key_order);
	for (int i = 0; i < PQntuples(r); i++) {
		const struct key wanted = { cell_str(r, i, 1), 0 };
		const struct key *k = bsearch(&wanted, keys, n, sizeof(*keys), key_order);

		if (!k)
			return err_set(e, ERR_DB, "%s: a row came back as %s, which nobody wrote",
				       ap->s->name, err_quote(wanted.id.at, wanted.id.n));
		ap->model_ids[k->write] = cell_i64(r, i, 0);
	}
	return true;
}

static bool insert_chunk(struct apply *ap, struct key *keys, struct err *e)
{
	size_t n = ap->columns[0].n;
	struct params p;

	if (n == 0)
		return true;
	param_rows(ap, &p, C_ROW);
	{
		RESULT_AUTO(r) = postgres_query(ap->s, insert_models_sql, &p, e);

		if (!r)
			return false;
		/* A trigger of somebody's may have thrown rows away. */
		if ((size_t)PQntuples(r) != n)
			return err_set(e, ERR_DB, "%s: %zu of %zu new models were not written",
				       ap->s->name, n - (size_t)PQntuples(r), n);
		if (!keep_ids(ap, r, keys, n, e))
			return false;
	}
	clear_rows(ap, C_ROW);
	return true;
}

static bool insert_models(struct apply *ap, struct err *e)
{
	struct key *keys = arena_array(&ap->scratch, CHUNK, struct key);

	begin_rows(ap, model_letters);
	for (size_t i = 0; i < ap->b->n_writes; i++) {
		const struct store_model_write *w = &ap->b->writes[i];

		if (w->id)
			continue;
		keys[ap->columns[0].n] = (struct key){ w->model->id, i };
		add_model(ap, w);
		if (ap->columns[0].n == CHUNK && !insert_chunk(ap, keys, e))
			return false;
	}
	return insert_chunk(ap, keys, e);
}

static bool update_models(struct apply *ap, struct err *e)
{
	static const char what[] = "models to write have no row";

	begin_rows(ap, model_letters);
	for (size_t i = 0; i < ap->b->n_writes; i++) {
		const struct store_model_write *w = &ap->b->writes[i];

		if (!w->id)
			continue;
		ap->model_ids[i] = w->id;
		add_model(ap, w);
		array_i64(&ap->columns[C_ROW], w->id);
		if (ap->columns[0].n == CHUNK &&
		    !write_rows(ap, update_models_sql, C_ROW + 1, what, e))
			return false;
	}
	return write_rows(ap, update_models_sql, C_ROW + 1, what, e);
}

/* The same parameters; content, metadata and identity stay as they are. */
static const char show_models_sql[] =
	"UPDATE models m SET model_name = u.name, description = u.description,"
	" modality = u.modality, architecture = u.architecture, quantization = u.quantization,"
	" replaced_by = u.replaced_by, context_length = u.context_length,"
	" max_output_tokens = u.max_output_tokens, supports_streaming = u.streaming,"
	" supports_function_calling = u.function_calling, supports_vision = u.vision,"
	" deprecated_at = u.deprecated_at, pricing_prompt = u.prompt::numeric,"
	" pricing_completion = u.completion::numeric, pricing_image = u.image::numeric,"
	" pricing_request = u.request::numeric, updated_at = $1"
	" FROM (SELECT unnest($4) AS provider_model_id, unnest($5) AS name,"
	"  unnest($6) AS description, unnest($7) AS modality, unnest($8) AS architecture,"
	"  unnest($9) AS quantization, unnest($10) AS replaced_by,"
	"  unnest($12) AS context_length, unnest($13) AS max_output_tokens,"
	"  unnest($14) AS streaming, unnest($15) AS function_calling, unnest($16) AS vision,"
	"  unnest($17) AS deprecated_at, unnest($18) AS prompt, unnest($19) AS completion,"
	"  unnest($20) AS image, unnest($21) AS request, unnest($25) AS id) u"
	" WHERE m.id = u.id AND m.provider_id = $2 AND m.provider_model_id = u.provider_model_id";

static bool show_models(struct apply *ap, const struct store_shown *rows, size_t n, struct err *e)
{
	static const char what[] = "models to show have no row";

	begin_rows(ap, model_letters);
	for (size_t i = 0; i < n; i++) {
		const struct store_model_write w = { .id = rows[i].model_id,
						     .model = rows[i].shown };

		add_model(ap, &w);
		array_i64(&ap->columns[C_ROW], w.id);
		if (ap->columns[0].n == CHUNK &&
		    !write_rows(ap, show_models_sql, C_ROW + 1, what, e))
			return false;
	}
	return write_rows(ap, show_models_sql, C_ROW + 1, what, e);
}

bool postgres_save_shown(struct store *base, int64_t provider_id, int64_t at_ms,
			 const struct store_shown *rows, size_t n, struct err *e)
{
	const struct store_batch b = { .provider_id = provider_id, .at_ms = at_ms };
	struct apply ap = { .s = postgres_of(base),
			    .b = &b,
			    .scratch = ARENA_INIT,
			    .last_complete_ms = CLOCK_NONE };
	bool ok = show_models(&ap, rows, n, e);

	for (size_t i = 0; i < COLUMNS; i++)
		array_release(&ap.columns[i]);
	arena_release(&ap.scratch);
	return ok;
}

/* ---- versions ---- */

static bool has_new_version(const struct store_model_write *w)
{
	return !w->id || w->new_version;
}

/* Closes none where an operator put the row into `models`: then the next is the first. */
static bool close_versions(struct apply *ap, struct err *e)
{
	int64_t *ids = arena_array(&ap->scratch, ap->b->n_writes, int64_t);
	size_t n = 0;

	for (size_t i = 0; i < ap->b->n_writes; i++)
		if (ap->b->writes[i].id && ap->b->writes[i].new_version)
			ids[n++] = ap->b->writes[i].id;
	return write_ids(ap,
			 "UPDATE model_versions SET seen_to = $1"
			 " WHERE model_id = ANY($4) AND seen_to IS NULL",
			 ids, n, NULL, e);
}

static const char insert_versions_sql[] =
	"INSERT INTO model_versions (seen_from, model_id, name, context_length, max_output_tokens,"
	" modality, capabilities, quantization, deprecated_at, replaced_by)"
	" SELECT $1, unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9),"
	" unnest($10), unnest($11), unnest($12)";

static void add_version(struct apply *ap, int64_t model_id, const struct model *m)
{
	struct array *c = ap->columns;
	struct str capabilities = STR_NONE;

	if (m->capabilities.said)
		capabilities = capabilities_text(m->capabilities, &ap->scratch);
	array_i64(&c[0], model_id);
	array_str(&c[1], m->name);
	array_count(&c[2], m->context_length);
	array_count(&c[3], m->max_output_tokens);
	array_str(&c[4], m->modality);
	array_str(&c[5], capabilities);
	array_str(&c[6], m->quantization);
	array_ms(&c[7], m->deprecated_at_ms);
	array_str(&c[8], m->replaced_by);
}

static bool open_versions(struct apply *ap, struct err *e)
{
	static const char letters[] = "itiitttmt", what[] = "versions were not written";

	begin_rows(ap, letters);
	for (size_t i = 0; i < ap->b->n_writes; i++) {
		if (!has_new_version(&ap->b->writes[i]))
			continue;
		add_version(ap, ap->model_ids[i], ap->b->writes[i].model);
		if (ap->columns[0].n == CHUNK &&
		    !write_rows(ap, insert_versions_sql, strlen(letters), what, e))
			return false;
	}
	return write_rows(ap, insert_versions_sql, strlen(letters), what, e);
}

/* ---- prices ---- */

static bool close_prices(struct apply *ap, struct err *e)
{
	return write_ids(ap,
			 "UPDATE prices SET seen_to = $1 WHERE id = ANY($4) AND seen_to IS NULL",
			 ap->b->price_closes, ap->b->n_price_closes, "prices to close are not open",
			 e);
}

static const char insert_prices_sql[] =
	"INSERT INTO prices (seen_from, model_id, meter, condition, state, amount, currency, raw,"
	" unit, source, valid_from, valid_to, suspect)"
	" SELECT $1, unnest($4), unnest($5), unnest($6), unnest($7), unnest($8)::numeric,"
	" unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14),"
	" unnest($15)";

static void add_price(struct apply *ap, const struct store_price_open *o)
{
	const struct price *p = o->price;
	struct array *c = ap->columns;

	assert(o->write < ap->b->n_writes);
	array_i64(&c[0], ap->model_ids[o->write]);
	array_str(&c[1], str_of(meters[p->meter].name));
	array_str(&c[2], p->condition);
	array_str(&c[3], str_of(price_state_names[p->state]));
	array_str(&c[4], p->amount);
	array_str(&c[5], p->currency);
	array_str(&c[6], p->raw);
	array_str(&c[7], p->unit);
	array_str(&c[8], p->source);
	array_ms(&c[9], p->valid_from_ms);
	array_ms(&c[10], p->valid_to_ms);
	array_str(&c[11], o->suspect);
}

static bool open_prices(struct apply *ap, struct err *e)
{
	static const char letters[] = "ittttttttmmt", what[] = "prices were not written";

	begin_rows(ap, letters);
	for (size_t i = 0; i < ap->b->n_price_opens; i++) {
		add_price(ap, &ap->b->price_opens[i]);
		if (ap->columns[0].n == CHUNK &&
		    !write_rows(ap, insert_prices_sql, strlen(letters), what, e))
			return false;
	}
	return write_rows(ap, insert_prices_sql, strlen(letters), what, e);
}

/* ---- presence ---- */

static bool open_absences(struct apply *ap, struct err *e)
{
	static const char sql[] = "INSERT INTO absences (model_id, gone_from, incident_id)"
				  " SELECT unnest($4), $1, NULLIF(unnest($5), 0)";
	static const char what[] = "absences were not written";
	const int64_t *incidents = ap->b->missing_incidents;

	begin_rows(ap, "ii");
	for (size_t i = 0; i < ap->b->n_missing; i++) {
		array_i64(&ap->columns[0], ap->b->missing[i]);
		array_i64(&ap->columns[1], incidents ? incidents[i] : 0);
		if (ap->columns[0].n == CHUNK && !write_rows(ap, sql, 2, what, e))
			return false;
	}
	return write_rows(ap, sql, 2, what, e);
}

/* A missing model was last seen in the fetch before this one: from here on nobody else knows. */
static bool mark_missing(struct apply *ap, struct err *e)
{
	return write_ids(ap,
			 "UPDATE models SET missing_since = $1, updated_at = $1,"
			 " last_seen_at = COALESCE($3, last_seen_at)"
			 " WHERE id = ANY($4) AND provider_id = $2 AND missing_since IS NULL",
			 ap->b->missing, ap->b->n_missing, "models to miss are not there", e) &&
	       open_absences(ap, e);
}

/* After mark_missing(): a removal may be confirmed at once. */
static bool mark_removed(struct apply *ap, struct err *e)
{
	return write_ids(ap,
			 "UPDATE absences x SET removed_at = $1, was_active = m.is_active"
			 " FROM models m WHERE m.id = x.model_id AND x.model_id = ANY($4)"
			 " AND x.gone_to IS NULL AND x.removed_at IS NULL",
			 ap->b->removed, ap->b->n_removed, NULL, e) &&
	       write_ids(ap,
			 "UPDATE models SET is_active = FALSE, updated_at = $1"
			 " WHERE id = ANY($4) AND provider_id = $2 AND missing_since IS NOT NULL",
			 ap->b->removed, ap->b->n_removed, "models to remove are not missing", e);
}

/* A removal took is_active away: the return gives it back to a model that had it. */
static bool mark_returned(struct apply *ap, struct err *e)
{
	return write_ids(ap,
			 "UPDATE models m SET missing_since = NULL, updated_at = $1,"
			 " last_seen_at = $1, is_active = m.is_active OR EXISTS ("
			 "SELECT 1 FROM absences WHERE model_id = m.id AND gone_to IS NULL"
			 " AND removed_at IS NOT NULL AND was_active)"
			 " WHERE id = ANY($4) AND provider_id = $2 AND missing_since IS NOT NULL",
			 ap->b->returned, ap->b->n_returned,
			 "models that returned were not missing", e) &&
	       write_ids(ap,
			 "UPDATE absences SET gone_to = $1"
			 " WHERE model_id = ANY($4) AND gone_to IS NULL",
			 ap->b->returned, ap->b->n_returned, NULL, e);
}

/* ---- changes ---- */

static const char insert_changes_sql[] =
	"INSERT INTO changes (at, provider_id, model, kind, field, old, new, ratio, tags, model_id)"
	" SELECT $1, $2, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags::json,"
	" (SELECT id FROM models WHERE provider_id = $2 AND provider_model_id = c.model)"
	" FROM unnest($4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY"
	" AS c (model, kind, field, old, new, ratio, tags, nth) ORDER BY c.nth";

static void add_change(struct apply *ap, const struct change *change)
{
	struct array *c = ap->columns;

	array_str(&c[0], change->model);
	array_str(&c[1], str_of(change_kind_names[change->kind]));
	array_str(&c[2], change->field);
	array_str(&c[3], change->old_value);
	array_str(&c[4], change->new_value);
	array_str(&c[5], change->ratio);
	array_str(&c[6], change->tags);
}

static bool insert_changes(struct apply *ap, struct err *e)
{
	static const char letters[] = "ttttttt", what[] = "changes were not written";

	if (ap->b->n_changes == 0)
		return true;
	/*
	 * From here to COMMIT one after another: ids are drawn in the order of commits, so
	 * that who reads on from the last id he saw skips none of a slower transaction.
	 */
	if (!postgres_lock(ap->s, "changes", e))
		return false;
	begin_rows(ap, letters);
	for (size_t i = 0; i < ap->b->n_changes; i++) {
		add_change(ap, &ap->b->changes[i]);
		if (ap->columns[0].n == CHUNK &&
		    !write_rows(ap, insert_changes_sql, strlen(letters), what, e))
			return false;
	}
	return write_rows(ap, insert_changes_sql, strlen(letters), what, e);
}

/* ---- the snapshot ---- */

static bool find_snapshot(struct apply *ap, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, ap->b->provider_id);
	{
		RESULT_AUTO(r) = postgres_query(ap->s,
						"SELECT id, last_at, hash FROM snapshots"
						" WHERE provider_id = $1 ORDER BY id DESC LIMIT 1",
						&p, e);

		if (!r)
			return false;
		if (PQntuples(r) == 0)
			return true;
		ap->snapshot_id = cell_i64(r, 0, 0);
		ap->last_complete_ms = cell_ms(r, 0, 1);
		(void)cell_hash(r, 0, 2, &ap->snapshot);
	}
	return true;
}

/* The same state seen once more. */
static bool extend_snapshot(struct apply *ap, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, ap->snapshot_id);
	param_ms(&p, ap->b->at_ms);
	param_str(&p, ap->b->key);
	param_i64(&p, !ap->b->not_fetched);
	param_i64(&p, ap->b->unheard);
	return postgres_run(ap->s,
			    "UPDATE snapshots SET last_at = $2, syncs = syncs + $4,"
			    " unheard = unheard + $5, key_fingerprint = $3 WHERE id = $1",
			    &p, NULL, e);
}

static bool open_snapshot(struct apply *ap, struct err *e)
{
	struct params p = { 0 };
	char hash[HASH_TEXT_MAX];

	param_i64(&p, ap->b->provider_id);
	param_hash(&p, &ap->b->snapshot, hash);
	param_ms(&p, ap->b->at_ms);
	param_u64(&p, ap->b->snapshot_models);
	param_u64(&p, ap->b->snapshot_prices);
	param_i64(&p, ap->snapshot_id);
	param_str(&p, ap->b->key);
	param_i64(&p, !ap->b->not_fetched);
	param_i64(&p, ap->b->unheard);
	return postgres_run(ap->s,
			    "INSERT INTO snapshots (provider_id, hash, first_at, last_at, syncs,"
			    " models, prices, prev_id, key_fingerprint, unheard)"
			    " VALUES ($1, $2, $3, $3, $8, $4, $5, NULLIF($6, 0), $7, $9)",
			    &p, NULL, e);
}

static bool write_snapshot(struct apply *ap, struct err *e)
{
	bool same = ap->snapshot_id && hash_eq(&ap->snapshot, &ap->b->snapshot);

	return same ? extend_snapshot(ap, e) : open_snapshot(ap, e);
}

bool postgres_apply(struct store *base, const struct store_batch *b, struct err *e)
{
	struct apply ap = {
		.s = postgres_of(base),
		.b = b,
		.scratch = ARENA_INIT,
		.last_complete_ms = CLOCK_NONE,
	};
	bool ok;

	ap.model_ids = arena_array(&ap.scratch, b->n_writes, int64_t);
	ok = find_snapshot(&ap, e) && close_prices(&ap, e) && insert_models(&ap, e) &&
	     update_models(&ap, e) && close_versions(&ap, e) && open_versions(&ap, e) &&
	     open_prices(&ap, e) && mark_missing(&ap, e) && mark_removed(&ap, e) &&
	     mark_returned(&ap, e) && insert_changes(&ap, e) && write_snapshot(&ap, e);
	for (size_t i = 0; i < COLUMNS; i++)
		array_release(&ap.columns[i]);
	arena_release(&ap.scratch);
	return ok;
}
