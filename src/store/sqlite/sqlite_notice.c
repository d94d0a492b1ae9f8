/*
 * sqlite_notice: what is owed to hooks and webhooks, and what came of it.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

/* ---- owed ---- */

static void bind_id(sqlite3_stmt *st, int at, int64_t id)
{
	if (id)
		bind_i64(st, at, id);
}

bool sqlite_save_notice(struct store *base, const struct store_notice *n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO outbox (at, provider_id, kind, endpoint_id,"
				       " first_change, last_change, payload, due_at)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, n->at_ms);
	bind_i64(st, 2, n->provider_id);
	bind_text(st, 3, notice_kind_names[n->kind]);
	bind_id(st, 4, n->endpoint_id);
	bind_id(st, 5, n->first_change);
	bind_id(st, 6, n->last_change);
	bind_str(st, 7, n->payload);
	bind_i64(st, 8, n->due_at_ms);
	return sqlite_run(s, st, e);
}

static const char next_sql[] =
	"SELECT o.id, o.at, o.provider_id, p.slug, o.endpoint_id, o.first_change, o.last_change,"
	" o.payload, o.attempts, o.due_at"
	" FROM outbox o LEFT JOIN providers p ON p.id = o.provider_id"
	" WHERE o.done_at IS NULL AND o.kind = ?1 AND o.due_at <= ?2"
	" ORDER BY o.due_at, o.id LIMIT 1";

static void read_notice(sqlite3_stmt *st, struct arena *a, struct store_notice *ret)
{
	ret->id = sqlite3_column_int64(st, 0);
	ret->at_ms = sqlite3_column_int64(st, 1);
	ret->provider_id = sqlite3_column_int64(st, 2);
	ret->provider = column_copy(st, 3, a);
	ret->endpoint_id = sqlite3_column_int64(st, 4);
	ret->first_change = sqlite3_column_int64(st, 5);
	ret->last_change = sqlite3_column_int64(st, 6);
	ret->payload = column_copy(st, 7, a);
	ret->attempts = column_u64(st, 8);
	ret->due_at_ms = sqlite3_column_int64(st, 9);
}

static bool next_notice(struct sqlite_store *s, enum notice_kind kind, int64_t due_by_ms,
			struct arena *a, struct store_notice *ret, bool *ret_found, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, next_sql, e);
	bool row;

	if (!st)
		return false;
	bind_text(st, 1, notice_kind_names[kind]);
	bind_i64(st, 2, due_by_ms);
	if (!sqlite_next(s, st, &row, e))
		return false;
	*ret_found = row;
	if (row) {
		*ret = (struct store_notice){ .kind = kind };
		read_notice(st, a, ret);
	}
	return true;
}

bool sqlite_next_notice(struct store *base, enum notice_kind kind, int64_t due_by_ms,
			struct arena *a, struct store_notice *ret, bool *ret_found, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, next_notice(s, kind, due_by_ms, a, ret, ret_found, e), e);
}

/* ---- what came of it ---- */

static bool add_delivery(struct sqlite_store *s, const struct store_delivery *d, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO deliveries (outbox_id, at, attempt, status,"
				       " duration_ms, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, d->notice_id);
	bind_i64(st, 2, d->at_ms);
	bind_u64(st, 3, d->attempt);
	bind_i64(st, 4, d->status);
	bind_i64(st, 5, d->duration_ms);
	bind_str(st, 6, d->error);
	return sqlite_run(s, st, e);
}

static bool move_notice(struct sqlite_store *s, const struct store_delivery *d, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE outbox SET attempts = ?2, due_at = ?3, done_at = ?4,"
				       " given_up = ?5 WHERE id = ?1 AND done_at IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, d->notice_id);
	bind_u64(st, 2, d->attempt);
	bind_i64(st, 3, d->done ? d->at_ms : d->due_at_ms);
	bind_ms(st, 4, d->done ? d->at_ms : CLOCK_NONE);
	bind_str(st, 5, d->given_up);
	return sqlite_run(s, st, e);
}

static bool switch_off(struct sqlite_store *s, const struct store_delivery *d, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE webhook_endpoints SET is_active = 0,"
				       " updated_at = ?2 WHERE id = ?1",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, d->endpoint_id);
	bind_i64(st, 2, d->at_ms);
	return sqlite_run(s, st, e);
}

static bool give_up_the_rest(struct sqlite_store *s, const struct store_delivery *d, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE outbox SET done_at = ?2, given_up = ?3"
				       " WHERE endpoint_id = ?1 AND done_at IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, d->endpoint_id);
	bind_i64(st, 2, d->at_ms);
	bind_str(st, 3, d->given_up);
	return sqlite_run(s, st, e);
}

static bool write_delivery(struct sqlite_store *s, const struct store_delivery *d, struct err *e)
{
	return add_delivery(s, d, e) && move_notice(s, d, e) &&
	       (!d->endpoint_gone || (switch_off(s, d, e) && give_up_the_rest(s, d, e)));
}

bool sqlite_save_delivery(struct store *base, const struct store_delivery *d, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own;

	return sqlite_write_begin(s, &own, e) &&
	       sqlite_write_end(s, own, write_delivery(s, d, e), e);
}

/* ---- endpoints ---- */

static bool load_endpoint(struct sqlite_store *s, struct str name, struct arena *a,
			  struct store_endpoint *ret, bool *ret_found, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT id, url, url_print, format, secret_env, is_active"
				       " FROM webhook_endpoints WHERE name = ?1",
				       e);
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, name);
	if (!sqlite_next(s, st, &row, e))
		return false;
	*ret_found = row;
	if (row)
		*ret = (struct store_endpoint){
			.id = sqlite3_column_int64(st, 0),
			.name = name,
			.url = column_copy(st, 1, a),
			.url_print = column_copy(st, 2, a),
			.format = column_copy(st, 3, a),
			.secret_env = column_copy(st, 4, a),
			.is_active = sqlite3_column_int(st, 5) != 0,
		};
	return true;
}

bool sqlite_load_endpoint(struct store *base, struct str name, struct arena *a,
			  struct store_endpoint *ret, bool *ret_found, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, load_endpoint(s, name, a, ret, ret_found, e), e);
}

bool sqlite_save_endpoint(struct store *base, const struct store_endpoint *p, int64_t now_ms,
			  int64_t *ret_id, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) =
		sqlite_prepare(s,
			       "INSERT INTO webhook_endpoints (name, url, url_print, format,"
			       " secret_env, is_active, created_at, updated_at)"
			       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)"
			       " ON CONFLICT (name) DO UPDATE SET url = excluded.url,"
			       " url_print = excluded.url_print, format = excluded.format,"
			       " secret_env = excluded.secret_env, is_active = excluded.is_active,"
			       " updated_at = excluded.updated_at RETURNING id",
			       e);
	bool row;
	int64_t id;

	if (!st)
		return false;
	bind_str(st, 1, p->name);
	bind_str(st, 2, p->url);
	bind_str(st, 3, p->url_print);
	bind_str(st, 4, p->format);
	bind_str(st, 5, p->secret_env);
	bind_flag(st, 6, p->is_active);
	bind_i64(st, 7, now_ms);
	if (!sqlite_next(s, st, &row, e))
		return false;
	id = sqlite3_column_int64(st, 0);
	if (!sqlite_next(s, st, &row, e)) /* written when the statement has ended */
		return false;
	*ret_id = id;
	return true;
}

/* ---- what a notice tells of ---- */

/* By time: few syncs begin in one millisecond, and a provider's changes are many. */
static const char changes_at_sql[] =
	"SELECT count(*) OVER (), c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new,"
	" c.ratio, c.tags FROM changes c JOIN providers p ON p.id = c.provider_id"
	" WHERE +c.provider_id = ?1 AND c.at = ?2 ORDER BY c.id";

static bool read_change(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a,
			struct store_change_row *ret, struct err *e)
{
	struct str kind = column_str(st, 5);

	*ret = (struct store_change_row){
		.id = sqlite3_column_int64(st, 1),
		.at_ms = sqlite3_column_int64(st, 2),
		.provider = column_copy(st, 3, a),
		.change = {
			.model = column_copy(st, 4, a),
			.field = column_copy(st, 6, a),
			.old_value = column_copy(st, 7, a),
			.new_value = column_copy(st, 8, a),
			.ratio = column_copy(st, 9, a),
			.tags = column_copy(st, 10, a),
		},
	};
	return words_change_kind(kind, &ret->change.kind) ||
	       err_set(e, ERR_DB, "sqlite:%s: kind of change %lld: %s is none this program knows",
		       s->path, (long long)ret->id, err_quote(kind.at, kind.n));
}

static bool load_changes_at(struct sqlite_store *s, int64_t provider_id, int64_t at_ms,
			    struct arena *a, struct store_change_row **ret, size_t *ret_n,
			    struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, changes_at_sql, e);
	struct store_change_row *rows = NULL;
	size_t n = 0;
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, provider_id);
	bind_i64(st, 2, at_ms);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		if (!rows)
			rows = arena_array(a, column_u64(st, 0), struct store_change_row);
		if (!read_change(s, st, a, &rows[n++], e))
			return false;
	}
	*ret = rows;
	*ret_n = n;
	return true;
}

bool sqlite_load_changes_at(struct store *base, int64_t provider_id, int64_t at_ms, struct arena *a,
			    struct store_change_row **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, load_changes_at(s, provider_id, at_ms, a, ret, ret_n, e), e);
}
