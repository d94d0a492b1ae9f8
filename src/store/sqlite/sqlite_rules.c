/*
 * sqlite_rules: absences, incidents and former values, for the rules over time.
 */
#include "store/rules.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

/* ---- absences ---- */

#define ABSENCE_COLUMNS                                                               \
	" x.model_id, m.provider_model_id, x.gone_from, x.incident_id, x.removed_at," \
	" v.deprecated_at FROM absences x"
#define ABSENCE_JOINS                               \
	" CROSS JOIN models m ON m.id = x.model_id" \
	" LEFT JOIN model_versions v ON v.model_id = x.model_id AND v.seen_to IS NULL"

/* Pending ones of all providers are few: their index is walked (CROSS JOIN holds to that), not the models. */
static const char pending_sql[] =
	"SELECT (SELECT count(*) FROM absences INDEXED BY absences_pending"
	"  WHERE gone_to IS NULL AND removed_at IS NULL)," ABSENCE_COLUMNS
	" INDEXED BY absences_pending" ABSENCE_JOINS
	" WHERE x.gone_to IS NULL AND x.removed_at IS NULL AND m.provider_id = ?1"
	" ORDER BY m.provider_model_id";

static const char absence_sql[] =
	"SELECT NULL," ABSENCE_COLUMNS ABSENCE_JOINS " WHERE x.model_id = ?1 AND x.gone_to IS NULL";

static void read_absence(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_absence *x = item;

	*x = (struct store_absence){
		.model_id = sqlite3_column_int64(st, 1),
		.model = column_copy(st, 2, a),
		.gone_from_ms = sqlite3_column_int64(st, 3),
		.incident_id = sqlite3_column_int64(st, 4),
		.removed_at_ms = column_ms(st, 5),
		.deprecated_at_ms = column_ms(st, 6),
	};
}

bool sqlite_load_pending(struct store *base, int64_t provider_id, struct arena *a,
			 struct store_absence **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list pending = { pending_sql, sizeof(**ret), read_absence };
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(
		       s, sqlite_read_list(s, &pending, provider_id, a, (void **)ret, ret_n, e), e);
}

static bool read_absences(struct sqlite_store *s, const int64_t *model_ids, size_t n,
			  struct arena *a, struct store_absence *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, absence_sql, e);
	bool row;

	if (!st)
		return false;
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct store_absence){ 0 };
		bind_i64(st, 1, model_ids[i]);
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (row)
			read_absence(st, a, &ret[i]);
		(void)sqlite3_reset(st);
	}
	return true;
}

bool sqlite_load_absences(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			  struct store_absence *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_absences(s, model_ids, n, a, ret, e), e);
}

/* ---- complete fetches ---- */

/* Instants ascend with the ids: what is older than asked for begins behind the first that is. */
static const char fetches_sql[] =
	"SELECT (SELECT count(*) FROM snapshots WHERE provider_id = ?1 AND id > o.id),"
	" s.first_at, s.syncs - s.unheard FROM (SELECT ifnull((SELECT id FROM snapshots"
	"  WHERE provider_id = ?1 AND first_at < ?2 ORDER BY id DESC LIMIT 1), 0) AS id) o"
	" JOIN snapshots s ON s.provider_id = ?1 AND s.id > o.id ORDER BY s.id DESC";

static bool read_fetches(struct sqlite_store *s, int64_t provider_id, int64_t since_ms,
			 struct arena *a, struct store_fetches **ret, size_t *ret_n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, fetches_sql, e);
	struct store_fetches *list = NULL;
	size_t n = 0;
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_i64(st, 2, since_ms);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		if (!list)
			list = arena_array(a, (size_t)column_u64(st, 0), struct store_fetches);
		list[n++] =
			(struct store_fetches){ sqlite3_column_int64(st, 1), column_u64(st, 2) };
	}
	*ret = list;
	*ret_n = n;
	return true;
}

bool sqlite_load_fetches(struct store *base, int64_t provider_id, int64_t since_ms, struct arena *a,
			 struct store_fetches **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_fetches(s, provider_id, since_ms, a, ret, ret_n, e), e);
}

/* ---- what it was before ---- */

static const char previous_sql[] =
	"SELECT old FROM changes INDEXED BY changes_by_model"
	" WHERE model_id = (SELECT id FROM models WHERE provider_id = ?1"
	"  AND provider_model_id = ?2) AND field = ?3 ORDER BY id DESC LIMIT 1";

static bool read_previous(struct sqlite_store *s, int64_t provider_id,
			  const struct store_field *fields, size_t n, struct arena *a,
			  struct store_previous *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, previous_sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct store_previous){ 0 };
		bind_str(st, 2, fields[i].model);
		bind_str(st, 3, fields[i].field);
		if (!sqlite_next(s, st, &ret[i].found, e))
			return false;
		if (ret[i].found)
			ret[i].old_value = column_copy(st, 0, a);
		(void)sqlite3_reset(st);
	}
	return true;
}

bool sqlite_load_previous(struct store *base, int64_t provider_id, const struct store_field *fields,
			  size_t n, struct arena *a, struct store_previous *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_previous(s, provider_id, fields, n, a, ret, e), e);
}

/* ---- incidents ---- */

static const char incidents_sql[] =
	"SELECT (SELECT count(*) FROM incidents WHERE provider_id = ?1 AND closed_at IS NULL),"
	" id, kind = 'missing', opened_at, members, returned"
	" FROM incidents WHERE provider_id = ?1 AND closed_at IS NULL ORDER BY id";

static void read_incident(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_incident *i = item;

	(void)a;
	*i = (struct store_incident){
		.id = sqlite3_column_int64(st, 1),
		.kind = sqlite3_column_int(st, 2) ? INCIDENT_MISSING : INCIDENT_SUSPECT,
		.opened_at_ms = sqlite3_column_int64(st, 3),
		.members = column_u64(st, 4),
		.returned = column_u64(st, 5),
	};
}

bool sqlite_load_incidents(struct store *base, int64_t provider_id, struct arena *a,
			   struct store_incident **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list open = { incidents_sql, sizeof(**ret), read_incident };
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(
		       s, sqlite_read_list(s, &open, provider_id, a, (void **)ret, ret_n, e), e);
}

bool sqlite_open_incident(struct store *base, int64_t provider_id, enum store_incident_kind kind,
			  int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO incidents (provider_id, kind, opened_at,"
				       " members) VALUES (?1, ?2, ?3, ?4)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_text(st, 2, store_incident_kinds[kind]);
	bind_i64(st, 3, at_ms);
	bind_u64(st, 4, members);
	if (!sqlite_run(s, st, e))
		return false;
	*ret_id = sqlite3_last_insert_rowid(s->db);
	return true;
}

bool sqlite_step_incident(struct store *base, const struct store_incident_step *step, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE incidents SET kind = ifnull(?2, kind),"
				       " members = members + ?3, returned = returned + ?4,"
				       " closed_at = ifnull(?5, closed_at) WHERE id = ?1",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, step->id);
	bind_text(st, 2, step->adopt ? store_incident_kinds[INCIDENT_MISSING] : NULL);
	bind_i64(st, 3, step->members);
	bind_u64(st, 4, step->returned);
	bind_ms(st, 5, step->closed_at_ms);
	if (!sqlite_run(s, st, e))
		return false;
	if (sqlite3_changes64(s->db) == 1)
		return true;
	return err_set(e, ERR_DB, "sqlite:%s: there is no incident %lld", s->path,
		       (long long)step->id);
}
