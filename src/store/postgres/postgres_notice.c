/*
 * postgres_notice: what is owed to hooks and webhooks, and what came of it.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

/* ---- owed ---- */

static bool insert_notice(struct postgres_store *s, const struct store_notice *n, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, n->at_ms);
	param_i64(&p, n->provider_id);
	param_text(&p, notice_kind_names[n->kind]);
	param_i64(&p, n->endpoint_id);
	param_i64(&p, n->first_change);
	param_i64(&p, n->last_change);
	param_json(&p, n->payload);
	param_ms(&p, n->due_at_ms);
	return postgres_run(s,
			    "INSERT INTO outbox (at, provider_id, kind, endpoint_id, first_change,"
			    " last_change, payload, due_at)"
			    " VALUES ($1, $2, $3, NULLIF($4, 0), NULLIF($5, 0), NULLIF($6, 0), $7,"
			    " $8)",
			    &p, NULL, e);
}

/* Ids in the order of commits, as those of changes. */
bool postgres_save_notice(struct store *base, const struct store_notice *n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_lock(s, "changes", e) && insert_notice(s, n, e);
}

static const char next_sql[] =
	"SELECT o.id, o.at, o.provider_id, p.slug, o.endpoint_id, o.first_change, o.last_change,"
	" o.payload, o.attempts, o.due_at"
	" FROM outbox o LEFT JOIN providers p ON p.id = o.provider_id"
	" WHERE o.done_at IS NULL AND o.kind = $1 AND o.due_at <= $2"
	" ORDER BY o.due_at, o.id LIMIT 1";

static void read_notice(const PGresult *r, struct arena *a, struct store_notice *ret)
{
	ret->id = cell_i64(r, 0, 0);
	ret->at_ms = cell_ms(r, 0, 1);
	ret->provider_id = cell_i64(r, 0, 2);
	ret->provider = cell_copy(r, 0, 3, a);
	ret->endpoint_id = cell_i64(r, 0, 4);
	ret->first_change = cell_i64(r, 0, 5);
	ret->last_change = cell_i64(r, 0, 6);
	ret->payload = cell_copy(r, 0, 7, a);
	ret->attempts = cell_u64(r, 0, 8);
	ret->due_at_ms = cell_ms(r, 0, 9);
}

bool postgres_next_notice(struct store *base, enum notice_kind kind, int64_t due_by_ms,
			  struct arena *a, struct store_notice *ret, bool *ret_found, struct err *e)
{
	struct params p = { 0 };

	param_text(&p, notice_kind_names[kind]);
	param_ms(&p, due_by_ms);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), next_sql, &p, e);

		if (!r)
			return false;
		*ret_found = PQntuples(r) == 1;
		if (*ret_found) {
			*ret = (struct store_notice){ .kind = kind };
			read_notice(r, a, ret);
		}
	}
	return true;
}

/* ---- what came of it ---- */

static bool add_delivery(struct postgres_store *s, const struct store_delivery *d, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, d->notice_id);
	param_ms(&p, d->at_ms);
	param_u64(&p, d->attempt);
	param_i64(&p, d->status);
	param_i64(&p, d->duration_ms);
	param_str(&p, d->error);
	return postgres_run(s,
			    "INSERT INTO deliveries (outbox_id, at, attempt, status, duration_ms,"
			    " error) VALUES ($1, $2, $3, $4, $5, $6)",
			    &p, NULL, e);
}

static bool move_notice(struct postgres_store *s, const struct store_delivery *d, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, d->notice_id);
	param_u64(&p, d->attempt);
	param_ms(&p, d->done ? d->at_ms : d->due_at_ms);
	param_ms(&p, d->done ? d->at_ms : CLOCK_NONE);
	param_str(&p, d->given_up);
	return postgres_run(s,
			    "UPDATE outbox SET attempts = $2, due_at = $3, done_at = $4,"
			    " given_up = $5 WHERE id = $1 AND done_at IS NULL",
			    &p, NULL, e);
}

static bool switch_off(struct postgres_store *s, const struct store_delivery *d, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, d->endpoint_id);
	param_ms(&p, d->at_ms);
	return postgres_run(s,
			    "UPDATE webhook_endpoints SET is_active = false, updated_at = $2"
			    " WHERE id = $1",
			    &p, NULL, e);
}

static bool give_up_the_rest(struct postgres_store *s, const struct store_delivery *d,
			     struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, d->endpoint_id);
	param_ms(&p, d->at_ms);
	param_str(&p, d->given_up);
	return postgres_run(s,
			    "UPDATE outbox SET done_at = $2, given_up = $3"
			    " WHERE endpoint_id = $1 AND done_at IS NULL",
			    &p, NULL, e);
}

static bool write_delivery(struct postgres_store *s, const struct store_delivery *d, struct err *e)
{
	return add_delivery(s, d, e) && move_notice(s, d, e) &&
	       (!d->endpoint_gone || (switch_off(s, d, e) && give_up_the_rest(s, d, e)));
}

bool postgres_save_delivery(struct store *base, const struct store_delivery *d, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	if (s->writing)
		return write_delivery(s, d, e);
	if (!postgres_begin_with(s, NULL, e))
		return false;
	if (write_delivery(s, d, e) && postgres_commit(base, e))
		return true;
	postgres_rollback(base);
	return false;
}

/* ---- endpoints ---- */

bool postgres_load_endpoint(struct store *base, struct str name, struct arena *a,
			    struct store_endpoint *ret, bool *ret_found, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, name);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT id, url, url_print, format, secret_env,"
					       " is_active FROM webhook_endpoints WHERE name = $1",
					       &p, e);

		if (!r)
			return false;
		*ret_found = PQntuples(r) == 1;
		if (*ret_found)
			*ret = (struct store_endpoint){
				.id = cell_i64(r, 0, 0),
				.name = name,
				.url = cell_copy(r, 0, 1, a),
				.url_print = cell_copy(r, 0, 2, a),
				.format = cell_copy(r, 0, 3, a),
				.secret_env = cell_copy(r, 0, 4, a),
				.is_active = cell_bool(r, 0, 5),
			};
	}
	return true;
}

static bool upsert_endpoint(struct postgres_store *s, const struct store_endpoint *given,
			    int64_t now_ms, int64_t *ret_id, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, given->name);
	param_str(&p, given->url);
	param_str(&p, given->url_print);
	param_str(&p, given->format);
	param_str(&p, given->secret_env);
	param_bool(&p, given->is_active);
	param_ms(&p, now_ms);
	{
		RESULT_AUTO(r) = postgres_query(
			s,
			"INSERT INTO webhook_endpoints (name, url, url_print, format, secret_env,"
			" is_active, created_at, updated_at)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
			" ON CONFLICT (name) DO UPDATE SET url = excluded.url,"
			" url_print = excluded.url_print, format = excluded.format,"
			" secret_env = excluded.secret_env, is_active = excluded.is_active,"
			" updated_at = excluded.updated_at RETURNING id",
			&p, e);

		if (!r)
			return false;
		*ret_id = cell_i64(r, 0, 0);
	}
	return true;
}

bool postgres_save_endpoint(struct store *base, const struct store_endpoint *p, int64_t now_ms,
			    int64_t *ret_id, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	int64_t id;

	if (!postgres_begin_with(s, NULL, e))
		return false;
	if (!upsert_endpoint(s, p, now_ms, &id, e) || !postgres_commit(base, e)) {
		postgres_rollback(base);
		return false;
	}
	*ret_id = id;
	return true;
}

/* ---- what a notice tells of ---- */

static const char changes_at_sql[] =
	"SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags"
	" FROM changes c JOIN providers p ON p.id = c.provider_id"
	" WHERE c.provider_id = $1 AND c.at = $2 ORDER BY c.id";

static bool read_change(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			struct store_change_row *ret, struct err *e)
{
	struct str kind = cell_str(r, row, 4);

	*ret = (struct store_change_row){
		.id = cell_i64(r, row, 0),
		.at_ms = cell_ms(r, row, 1),
		.provider = cell_copy(r, row, 2, a),
		.change = {
			.model = cell_copy(r, row, 3, a),
			.field = cell_copy(r, row, 5, a),
			.old_value = cell_copy(r, row, 6, a),
			.new_value = cell_copy(r, row, 7, a),
			.ratio = cell_copy(r, row, 8, a),
			.tags = cell_copy(r, row, 9, a),
		},
	};
	return words_change_kind(kind, &ret->change.kind) ||
	       err_set(e, ERR_DB, "%s: kind of change %lld: %s is none this program knows", s->name,
		       (long long)ret->id, err_quote(kind.at, kind.n));
}

bool postgres_load_changes_at(struct store *base, int64_t provider_id, int64_t at_ms,
			      struct arena *a, struct store_change_row **ret, size_t *ret_n,
			      struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct store_change_row *rows;
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_ms(&p, at_ms);
	{
		RESULT_AUTO(r) = postgres_read(s, changes_at_sql, &p, e);
		size_t n = r ? (size_t)PQntuples(r) : 0;

		if (!r)
			return false;
		rows = arena_array(a, n, struct store_change_row);
		for (size_t i = 0; i < n; i++)
			if (!read_change(s, r, (int)i, a, &rows[i], e))
				return false;
		*ret = rows;
		*ret_n = n;
	}
	return true;
}
