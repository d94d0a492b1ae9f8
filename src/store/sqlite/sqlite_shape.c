/*
 * sqlite_shape: what is remembered of the shape of a provider's documents.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* ---- reading ---- */

static void read_shape(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_shape *shape = item;

	*shape = (struct store_shape){ .list = column_copy(st, 1, a), .places = column_u64(st, 3) };
	(void)column_hash(st, 2, &shape->fingerprint);
}

static const struct sqlite_list shapes = {
	"SELECT count(*) OVER (), list, fingerprint, places"
	" FROM document_shapes WHERE provider_id = ?1",
	sizeof(struct store_shape),
	read_shape,
};

static void read_place(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_place *)item = (struct store_place){
		.list = column_copy(st, 1, a),
		.path = column_copy(st, 2, a),
		.types = column_copy(st, 3, a),
		.usual = column_copy(st, 4, a),
		.rows = column_u64(st, 5),
		.of = column_u64(st, 6),
		.vanished = column_ms(st, 7) != CLOCK_NONE,
	};
}

static const struct sqlite_list places = {
	"SELECT count(*) OVER (), list, path, types, usual, stood_in, of_rows, vanished_at"
	" FROM document_places WHERE provider_id = ?1",
	sizeof(struct store_place),
	read_place,
};

static void read_note(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct str *)item = column_copy(st, 1, a);
}

static const struct sqlite_list notes = {
	"SELECT count(*) OVER (), note FROM known_notes WHERE provider_id = ?1 ORDER BY note",
	sizeof(struct str),
	read_note,
};

static bool load_parts(struct sqlite_store *s, int64_t provider_id, struct arena *a,
		       struct store_shapes *ret, struct err *e)
{
	return sqlite_read_list(s, &shapes, provider_id, a, (void **)&ret->shapes, &ret->n_shapes,
				e) &&
	       sqlite_read_list(s, &places, provider_id, a, (void **)&ret->places, &ret->n_places,
				e) &&
	       sqlite_read_list(s, &notes, provider_id, a, (void **)&ret->notes, &ret->n_notes, e);
}

bool sqlite_load_shapes(struct store *base, int64_t provider_id, struct arena *a,
			struct store_shapes *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_shapes found = { 0 };

	if (!sqlite_read_begin(s, e) ||
	    !sqlite_read_end(s, load_parts(s, provider_id, a, &found, e), e))
		return false;
	*ret = found;
	return true;
}

/* ---- writing ---- */

static bool save_shapes(struct sqlite_store *s, const struct store_shape_batch *b, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO document_shapes (provider_id, list,"
				       " fingerprint, places, first_at, changed_at)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?5)"
				       " ON CONFLICT (provider_id, list) DO UPDATE SET"
				       " fingerprint = excluded.fingerprint,"
				       " places = excluded.places,"
				       " changed_at = excluded.changed_at",
				       e);
	char hash[HASH_TEXT_MAX];

	for (size_t i = 0; st && i < b->n_shapes; i++) {
		bind_i64(st, 1, b->provider_id);
		bind_str(st, 2, b->shapes[i].list);
		bind_hash(st, 3, &b->shapes[i].fingerprint, hash);
		bind_u64(st, 4, b->shapes[i].places);
		bind_i64(st, 5, b->at_ms);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return st != NULL;
}

static bool save_places(struct sqlite_store *s, const struct store_shape_batch *b, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO document_places (provider_id, list, path,"
				       " types, usual, stood_in, of_rows, first_at, changed_at,"
				       " vanished_at)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)"
				       " ON CONFLICT (provider_id, list, path) DO UPDATE SET"
				       " types = excluded.types, usual = excluded.usual,"
				       " stood_in = excluded.stood_in, of_rows = excluded.of_rows,"
				       " changed_at = excluded.changed_at,"
				       " vanished_at = excluded.vanished_at",
				       e);

	for (size_t i = 0; st && i < b->n_places; i++) {
		const struct store_place *p = &b->places[i];

		bind_i64(st, 1, b->provider_id);
		bind_str(st, 2, p->list);
		bind_str(st, 3, p->path);
		bind_str(st, 4, p->types);
		bind_str(st, 5, p->usual);
		bind_u64(st, 6, p->rows);
		bind_u64(st, 7, p->of);
		bind_i64(st, 8, b->at_ms);
		bind_ms(st, 9, p->vanished ? b->at_ms : CLOCK_NONE);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return st != NULL;
}

static bool save_drift(struct sqlite_store *s, const struct store_shape_batch *b, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO schema_drift (at, provider_id, list, path,"
				       " kind, closed, old_types, new_types, stood_in, of_rows,"
				       " example)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
				       e);

	for (size_t i = 0; st && i < b->n_drift; i++) {
		const struct store_drift *d = &b->drift[i];

		bind_i64(st, 1, b->at_ms);
		bind_i64(st, 2, b->provider_id);
		bind_str(st, 3, d->list);
		bind_str(st, 4, d->path);
		bind_str(st, 5, d->kind);
		bind_i64(st, 6, d->closed);
		bind_str(st, 7, d->before);
		bind_str(st, 8, d->after);
		bind_u64(st, 9, d->rows);
		bind_u64(st, 10, d->of);
		bind_str(st, 11, d->example);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return st != NULL;
}

static bool save_notes(struct sqlite_store *s, const struct store_shape_batch *b, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO known_notes (provider_id, note, first_at)"
				       " VALUES (?1, ?2, ?3)",
				       e);

	for (size_t i = 0; st && i < b->n_notes; i++) {
		bind_i64(st, 1, b->provider_id);
		bind_str(st, 2, b->notes[i]);
		bind_i64(st, 3, b->at_ms);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return st != NULL;
}

bool sqlite_save_shapes(struct store *base, const struct store_shape_batch *b, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return save_shapes(s, b, e) && save_places(s, b, e) && save_drift(s, b, e) &&
	       save_notes(s, b, e);
}
