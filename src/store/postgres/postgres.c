/*
 * postgres: statements, transactions, and what is said when they fail.
 *
 * A writer holds the lock of its provider from BEGIN on, so that what it reads
 * afterwards (READ COMMITTED: every statement sees what is committed by then)
 * is what it writes upon.  Readers take no lock and see one state (REPEATABLE
 * READ).  A commit is on disk when it returns, whatever the role's settings
 * are; a commit whose answer is lost is reported as such and never repeated.
 */
#include "store/postgres/postgres.h"

#include "store/postgres/postgres_bind.h"

#include <assert.h>
#include <endian.h>
#include <poll.h>
#include <sys/socket.h>

int postgres_lock_wait_ms = 10000;
int postgres_answer_wait_ms = 300000;

/* ---- errors ---- */

static bool state_is(const char *state, const char *expected)
{
	return state && strcmp(state, expected) == 0;
}

/* Somebody else is at it: asking again may help. */
static bool is_busy(const struct postgres_store *s, const char *state)
{
	return state_is(state, "55P03") ||               /* lock_timeout */
	       state_is(state, "40P01") ||               /* deadlock */
	       state_is(state, "40001") ||               /* serialization */
	       (s->waiting && state_is(state, "57014")); /* statement_timeout, in a lock's queue */
}

static void result_words(const PGresult *r, struct buf *out)
{
	const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

	buf_printf(out, "%s", primary ? primary : PQresultErrorMessage(r));
	if (detail)
		buf_printf(out, " (%s)", detail);
}

bool postgres_fail(struct postgres_store *s, const PGresult *r, struct err *e)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	char words[ERR_TEXT_MAX];
	BUF_AUTO(raw, 65536);

	if (r && *PQresultErrorMessage(r))
		result_words(r, &raw);
	else
		buf_printf(&raw, "%s",
			   s->conn ? PQerrorMessage(s->conn) : "there is no connection");
	postgres_words(s, raw.at, words);
	if (s->silent)
		return err_set(e, ERR_DB, "%s: no answer within %d s: the connection was given up",
			       s->name, postgres_answer_wait_ms / 1000);
	if (is_busy(s, state))
		return err_set(e, ERR_BUSY, "%s: somebody else keeps it locked (%s)", s->name,
			       words);
	return err_set(e, ERR_DB, "%s: %s", s->name, words);
}

/* ---- statements ---- */

static bool is_good(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/*
 * Send what is unsent and read until there is a result; false: the connection is
 * broken.  It is when nothing moved for too long: the kernel of a server whose
 * process is stopped answers for it, as does a pool in between.
 */
static bool wait_for_result(struct postgres_store *s)
{
	int unsent;

	while ((unsent = PQflush(s->conn)) > 0 || (unsent == 0 && PQisBusy(s->conn))) {
		struct pollfd p = { .fd = PQsocket(s->conn),
				    .events = (short)(unsent ? POLLIN | POLLOUT : POLLIN) };

		if (poll(&p, 1, postgres_answer_wait_ms) == 0) {
			s->silent = true;
			(void)shutdown(p.fd, SHUT_RDWR);
		}
		if (!PQconsumeInput(s->conn))
			return false;
	}
	return true;
}

/* The last result of what was sent; of several failures the first, which says why. */
static PGresult *answer(struct postgres_store *s, int sent)
{
	PGresult *last = NULL, *r;

	while (sent && wait_for_result(s)) {
		r = PQgetResult(s->conn);
		if (!r)
			return last;
		if (last && !is_good(last)) {
			PQclear(r);
		} else {
			PQclear(last);
			last = r;
		}
	}
	/* Of several statements the first may have gone well. */
	if (last && is_good(last)) {
		PQclear(last);
		last = NULL;
	}
	return last;
}

static PGresult *say(struct postgres_store *s, const char *sql)
{
	return answer(s, PQsendQuery(s->conn, sql));
}

PGresult *postgres_query(struct postgres_store *s, const char *sql, const struct params *p,
			 struct err *e)
{
	static const struct params none;
	int binary[PARAMS];
	PGresult *r;

	if (!p)
		p = &none;
	for (int i = 0; i < p->n; i++)
		binary[i] = 1;
	r = answer(s, PQsendQueryParams(s->conn, sql, p->n, p->types, p->values, p->lengths, binary,
					1));
	if (r && is_good(r))
		return r;
	(void)postgres_fail(s, r, e);
	PQclear(r);
	return NULL;
}

bool postgres_run(struct postgres_store *s, const char *sql, const struct params *p,
		  uint64_t *ret_n, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, sql, p, e);
	int64_t n = 0;

	if (!r)
		return false;
	(void)str_to_i64(str_of(PQcmdTuples(r)), 0, INT64_MAX, &n);
	if (ret_n)
		*ret_n = (uint64_t)n;
	return true;
}

bool postgres_exec(struct postgres_store *s, const char *sql, struct err *e)
{
	RESULT_AUTO(r) = say(s, sql);

	return (r && is_good(r)) || postgres_fail(s, r, e);
}

/* ---- transactions ---- */

int64_t postgres_lock_key(const char *schema, const char *name)
{
	BUF_AUTO(text, 65536);
	struct hash h;
	uint64_t key;

	buf_printf(&text, "assay:%s:%s", schema, name);
	hash_bytes(text.at, text.n, &h);
	memcpy(&key, h.bytes, sizeof(key));
	return (int64_t)be64toh(key);
}

/* What is half done ends; the connection stays if it still works. */
static void abandon(struct postgres_store *s)
{
	s->writing = s->reading = s->waiting = false;
	if (s->conn && postgres_is_alive(s) && PQtransactionStatus(s->conn) != PQTRANS_IDLE)
		PQclear(say(s, "ROLLBACK"));
	if (!postgres_is_alive(s))
		postgres_disconnect(s);
}

/*
 * Statements that begin a transaction.  When the connection turns out to be dead
 * nothing is lost yet, so they are said again on a new one.
 */
static bool begin(struct postgres_store *s, const char *sql, struct err *e)
{
	if (postgres_is_alive(s)) {
		if (postgres_exec(s, sql, e))
			return true;
		if (postgres_is_alive(s)) {
			abandon(s);
			return false;
		}
	}
	if (!postgres_reconnect(s, e))
		return false;
	if (postgres_exec(s, sql, e))
		return true;
	abandon(s);
	return false;
}

bool postgres_begin_with(struct postgres_store *s, const char *lock, struct err *e)
{
	BUF_AUTO(sql, 4096);

	assert(s->mode == STORE_WRITE && !s->writing && !s->reading);
	/*
	 * One round trip.  synchronous_commit: a role may have it off, a database
	 * may demand more than "on".  idle_in_transaction…: what a client that
	 * vanished without a word leaves locked.
	 */
	buf_printf(&sql,
		   "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
		   "SET LOCAL lock_timeout = %d;"
		   "SET LOCAL idle_in_transaction_session_timeout = 300000;"
		   "SELECT set_config('synchronous_commit', 'on', true)"
		   " WHERE current_setting('synchronous_commit') IN ('off', 'local');",
		   postgres_lock_wait_ms);
	if (lock)
		buf_printf(&sql, "SELECT pg_advisory_xact_lock(%lld)",
			   (long long)postgres_lock_key(s->schema, lock));
	s->waiting = true;
	if (!begin(s, sql.at, e)) {
		s->waiting = false;
		return false;
	}
	s->waiting = false;
	s->writing = true;
	return true;
}

bool postgres_lock(struct postgres_store *s, const char *lock, struct err *e)
{
	struct params p = { 0 };
	bool ok;

	param_i64(&p, postgres_lock_key(s->schema, lock));
	s->waiting = true;
	ok = postgres_run(s, "SELECT pg_advisory_xact_lock($1)", &p, NULL, e);
	s->waiting = false;
	return ok;
}

static bool commit_said(struct postgres_store *s, PGresult *r, struct err *e)
{
	/* COMMIT of a transaction in which something failed succeeds, as a rollback. */
	if (r && is_good(r) && strcmp(PQcmdStatus(r), "COMMIT") == 0)
		return true;
	if (r && is_good(r))
		return err_set(e, ERR_DB, "%s: the transaction had failed: nothing was written",
			       s->name);
	(void)postgres_fail(s, r, e);
	if (!postgres_is_alive(s))
		err_add_context(e,
				"the connection was lost during the commit: whether it was"
				" written is unknown, the next sync compares with what is there");
	return false;
}

bool postgres_commit(struct store *base, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool ok;

	assert(s->writing);
	{
		RESULT_AUTO(r) = say(s, "COMMIT");

		ok = commit_said(s, r, e);
	}
	abandon(s);
	return ok;
}

void postgres_rollback(struct store *base)
{
	struct postgres_store *s = postgres_of(base);

	if (s->writing)
		abandon(s);
}

bool postgres_write_begin(struct postgres_store *s, bool *ret_own, struct err *e)
{
	*ret_own = !s->writing;
	return !*ret_own || postgres_begin_with(s, NULL, e);
}

bool postgres_write_end(struct postgres_store *s, bool own, bool ok, struct err *e)
{
	if (!own)
		return ok;
	if (ok && postgres_commit(&s->base, e))
		return true;
	postgres_rollback(&s->base);
	return false;
}

bool postgres_read_begin(struct postgres_store *s, struct err *e)
{
	BUF_AUTO(sql, 4096);

	assert(!s->reading);
	if (s->writing)
		return true;
	/* Somebody may lock a table against readers too: no reason to wait for ever. */
	buf_printf(&sql,
		   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
		   "SET LOCAL lock_timeout = %d",
		   postgres_lock_wait_ms);
	if (!begin(s, sql.at, e))
		return false;
	s->reading = true;
	return true;
}

bool postgres_read_end(struct postgres_store *s, bool ok, struct err *e)
{
	(void)e;
	if (s->reading)
		abandon(s); /* nothing was written */
	return ok;
}

PGresult *postgres_read(struct postgres_store *s, const char *sql, const struct params *p,
			struct err *e)
{
	PGresult *r;

	if (!postgres_read_begin(s, e))
		return NULL;
	r = postgres_query(s, sql, p, e);
	(void)postgres_read_end(s, r != NULL, e);
	return r;
}

bool postgres_read_list(struct store *base, const struct postgres_list *l, const struct params *p,
			struct arena *a, void **ret, size_t *ret_n, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base), l->sql, p, e);
	size_t n;
	char *items;

	if (!r)
		return false;
	n = (size_t)PQntuples(r);
	items = arena_alloc(a, n * l->size);
	for (size_t i = 0; i < n; i++)
		l->read(r, (int)i, a, items + l->size * i);
	*ret = items;
	*ret_n = n;
	return true;
}

/* ---- the back end ---- */

static void postgres_close(struct store *base)
{
	struct postgres_store *s = postgres_of(base);

	postgres_disconnect(s);
	postgres_url_free(s->url);
	free(s->name);
	free(s->schema);
	free(s);
}

static bool open_as(struct postgres_store *s, const char *url, struct err *e)
{
	return postgres_url_read(s, url, e) && postgres_connect(s, e) &&
	       postgres_schema_find(s, e) &&
	       (s->mode == STORE_READ ? postgres_schema_check(s, e) : postgres_migrate(s, e));
}

static bool postgres_open(struct store **ret, const char *url, enum store_mode mode, struct err *e)
{
	struct postgres_store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->base.backend = &store_postgres;
	s->mode = mode;
	if (!open_as(s, url, e)) {
		postgres_close(&s->base);
		return false;
	}
	*ret = &s->base;
	return true;
}

static bool postgres_version(struct store *base, int *ret, int *latest, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	*latest = postgres_schema_latest();
	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, postgres_schema_version(s, ret, e), e);
}

static bool postgres_begin(struct store *base, const char *slug, struct err *e)
{
	BUF_AUTO(lock, 4096);

	buf_printf(&lock, "sync:%s", slug);
	return postgres_begin_with(postgres_of(base), lock.at, e);
}

const struct store_backend store_postgres = {
	.name = "postgres",
	.open = postgres_open,
	.close = postgres_close,
	.schema_version = postgres_version,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.provider_follow = postgres_provider_follow,
	.provider_find = postgres_provider_find,
	.load_state = postgres_load_state,
	.load_document = postgres_load_document,
	.load_rows = postgres_load_rows,
	.load_observed = postgres_load_observed,
	.apply = postgres_apply,
	.save_document = postgres_save_document,
	.save_run = postgres_save_run,
	.expire_runs = postgres_expire_runs,
	.expire_samples = postgres_expire_samples,
	.expire_payloads = postgres_expire_payloads,
	.load_shapes = postgres_load_shapes,
	.save_shapes = postgres_save_shapes,
	.lease_clock = postgres_lease_clock,
	.lease_find = postgres_lease_find,
	.lease_take = postgres_lease_take,
	.lease_release = postgres_lease_release,
	.load_identity_states = postgres_load_identity_states,
	.load_identities = postgres_load_identities,
	.save_identities = postgres_save_identities,
	.load_aliases = postgres_load_aliases,
	.load_names = postgres_load_names,
	.load_offers = postgres_load_offers,
	.load_reviews = postgres_load_reviews,
	.load_elsewhere = postgres_load_elsewhere,
	.save_reviews = postgres_save_reviews,
	.save_shown = postgres_save_shown,
	.load_overrides = postgres_load_overrides,
	.save_override = postgres_save_override,
	.save_said = postgres_save_said,
	.save_active = postgres_save_active,
	.edit_provider = postgres_edit_provider,
	.save_audit = postgres_save_audit,
	.save_notice = postgres_save_notice,
	.next_notice = postgres_next_notice,
	.save_delivery = postgres_save_delivery,
	.load_endpoint = postgres_load_endpoint,
	.save_endpoint = postgres_save_endpoint,
	.load_changes_at = postgres_load_changes_at,
	.list_providers = postgres_list_providers,
	.list_models = postgres_list_models,
	.list_changes = postgres_list_changes,
	.newest_change = postgres_newest_change,
	.list_drift = postgres_list_drift,
	.totals = postgres_totals,
	.load_pending = postgres_load_pending,
	.load_absences = postgres_load_absences,
	.load_fetches = postgres_load_fetches,
	.load_previous = postgres_load_previous,
	.load_incidents = postgres_load_incidents,
	.open_incident = postgres_open_incident,
	.step_incident = postgres_step_incident,
	.list_snapshots = postgres_list_snapshots,
	.load_past = postgres_load_past,
	.load_moves = postgres_load_moves,
	.load_past_model = postgres_load_past_model,
	.save_samples = postgres_save_samples,
	.list_samples = postgres_list_samples,
	.open_csv_file = postgres_open_csv_file,
	.save_csv_file = postgres_save_csv_file,
	.load_batches = postgres_load_batches,
	.load_strays = postgres_load_strays,
	.load_spool = postgres_load_spool,
	.unspool = postgres_unspool,
	.load_job = postgres_load_job,
	.save_job = postgres_save_job,
	.reserve = postgres_reserve,
	.release_reservations = postgres_release_reservations,
	.spent = postgres_spent,
	.load_corrections = postgres_load_corrections,
	.save_correction = postgres_save_correction,
	.load_endpoints = postgres_load_endpoints,
	.update_health = postgres_update_health,
	.save_agreement = postgres_save_agreement,
	.discount_cycle = postgres_discount_cycle,
	.load_shown_providers = postgres_load_shown_providers,
	.list_shown = postgres_list_shown,
	.mark = postgres_mark,
	.load_health = postgres_load_health,
	.load_runs = postgres_load_runs,
	.load_visits = postgres_load_visits,
	.load_owed = postgres_load_owed,
	.load_audit = postgres_load_audit,
	.take_receipt = postgres_take_receipt,
	.drop_receipt = postgres_drop_receipt,
};
