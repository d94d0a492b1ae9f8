#include "store/store.h"

#include "store/backend.h"

const char *const store_completeness_names[4] = {
	[FETCH_COMPLETE] = "complete",
	[FETCH_PARTIAL] = "partial",
	[FETCH_SUSPECT] = "suspect",
	[FETCH_FAILED] = "failed",
};

const char *const review_decision_names[REVIEW_DECISIONS] = {
	[REVIEW_OPEN] = "suspect", [REVIEW_ACCEPTED] = "accepted",     [REVIEW_REFUSED] = "refused",
	[REVIEW_AUTO] = "auto",    [REVIEW_SUPERSEDED] = "superseded",
};

const char *const notice_kind_names[NOTICE_KINDS] = {
	[NOTICE_HOOK] = "hook",
	[NOTICE_WEBHOOK] = "webhook",
};

/* ---- URLs ---- */

static const struct scheme {
	const char *name;
	const struct store_backend *backend;
} schemes[] = {
	{ "sqlite:", &store_sqlite },
	{ "postgres:", &store_postgres },
	{ "postgresql:", &store_postgres },
};

static const struct scheme *scheme_of(const char *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(url, schemes[i].name, strlen(schemes[i].name)) == 0)
			return &schemes[i];
	return NULL;
}

/* Parameters of a connection string that are secret. */
static const char *const secret_keys[] = { "password", "passfile", "sslpassword" };

static bool is_secret(struct str pair)
{
	struct str key;

	(void)str_cut(&pair, '=', &key);
	for (size_t i = 0; i < sizeof(secret_keys) / sizeof(secret_keys[0]); i++)
		if (str_eq_nocase(key, str_of(secret_keys[i])))
			return true;
	return false;
}

/* "a=1&password=x" → "a=1&password=***" */
static struct str query_redacted(struct str query, struct arena *a)
{
	struct str out = STR("");
	struct str pair, key;
	bool more = true;

	while (more) {
		more = str_cut(&query, '&', &pair);
		if (is_secret(pair)) {
			(void)str_cut(&pair, '=', &key);
			out = arena_printf(a, "%.*s%.*s=***", STR_FMT(out), STR_FMT(key));
		} else {
			out = arena_printf(a, "%.*s%.*s", STR_FMT(out), STR_FMT(pair));
		}
		if (more)
			out = arena_printf(a, "%.*s&", STR_FMT(out));
	}
	return out;
}

/*
 * "user:secret@host/db" → "user:***@host/db".  The LAST '@' ends the secret:
 * people put passwords in unescaped, and too much hidden is better than a part
 * of one shown.
 */
static struct str authority_redacted(struct str rest, struct arena *a)
{
	const char *at = memrchr(rest.at, '@', rest.n);
	struct str user_info, user, host;

	if (!at)
		return rest;
	user_info = (struct str){ rest.at, (size_t)(at - rest.at) };
	host = (struct str){ at + 1, rest.n - user_info.n - 1 };
	if (!str_cut(&user_info, ':', &user))
		return rest;
	return arena_printf(a, "%.*s:***@%.*s", STR_FMT(user), STR_FMT(host));
}

struct str store_url_redacted(const char *url, struct arena *a)
{
	const struct scheme *scheme = scheme_of(url);
	struct str rest, head;

	if (!scheme)
		return STR("(neither sqlite: nor postgresql:)");
	if (scheme->backend == &store_sqlite)
		return arena_str(a, str_of(url));
	rest = str_of(url + strlen(scheme->name));
	if (!str_starts(rest, STR("//")))
		return arena_printf(a, "%s***", scheme->name);
	rest = authority_redacted((struct str){ rest.at + 2, rest.n - 2 }, a);
	if (!str_cut(&rest, '?', &head))
		return arena_printf(a, "%s//%.*s", scheme->name, STR_FMT(head));
	rest = query_redacted(rest, a);
	return arena_printf(a, "%s//%.*s?%.*s", scheme->name, STR_FMT(head), STR_FMT(rest));
}

bool store_open(struct store **ret, const char *url, enum store_mode mode, struct err *e)
{
	const struct scheme *scheme = scheme_of(url);

	if (!scheme)
		return err_set(e, ERR_USAGE,
			       "the database URL is none of sqlite:PATH,"
			       " sqlite:///PATH, postgresql://…");
	return scheme->backend->open(ret, url, mode, e);
}

void store_close(struct store *s)
{
	if (s)
		s->backend->close(s);
}

/* ---- everything else is the back end's ---- */

bool store_schema_version(struct store *s, int *ret, int *latest, struct err *e)
{
	return s->backend->schema_version(s, ret, latest, e);
}

bool store_begin(struct store *s, const char *slug, struct err *e)
{
	return s->backend->begin(s, slug, e);
}

bool store_commit(struct store *s, struct err *e)
{
	return s->backend->commit(s, e);
}

void store_rollback(struct store *s)
{
	s->backend->rollback(s);
}

bool store_provider_follow(struct store *s, const struct store_provider *p, int64_t now_ms,
			   int64_t *ret_id, bool *ret_is_active, struct err *e)
{
	return s->backend->provider_follow(s, p, now_ms, ret_id, ret_is_active, e);
}

bool store_provider_find(struct store *s, struct str slug, int64_t *ret_id, bool *ret_is_active,
			 struct err *e)
{
	return s->backend->provider_find(s, slug, ret_id, ret_is_active, e);
}

bool store_load_state(struct store *s, int64_t provider_id, struct arena *a,
		      struct store_state *ret, struct err *e)
{
	return s->backend->load_state(s, provider_id, a, ret, e);
}

bool store_load_document(struct store *s, int64_t provider_id, struct str list, struct arena *a,
			 struct store_document *ret, bool *ret_found, struct err *e)
{
	return s->backend->load_document(s, provider_id, list, a, ret, ret_found, e);
}

bool store_load_rows(struct store *s, int64_t provider_id, struct arena *a, struct store_row **ret,
		     size_t *ret_n, struct err *e)
{
	return s->backend->load_rows(s, provider_id, a, ret, ret_n, e);
}

bool store_load_observed(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			 struct store_observed *ret, struct err *e)
{
	return s->backend->load_observed(s, model_ids, n, a, ret, e);
}

bool store_apply(struct store *s, const struct store_batch *b, struct err *e)
{
	return s->backend->apply(s, b, e);
}

bool store_save_document(struct store *s, int64_t provider_id, const struct store_document *d,
			 struct err *e)
{
	return s->backend->save_document(s, provider_id, d, e);
}

bool store_save_run(struct store *s, const struct store_run *r, struct err *e)
{
	return s->backend->save_run(s, r, e);
}

bool store_expire_runs(struct store *s, int64_t provider_id, int64_t now_ms, struct err *e)
{
	return s->backend->expire_runs(s, provider_id, now_ms, e);
}

bool store_expire_samples(struct store *s, const struct store_expiry *x, struct store_expired *ret,
			  struct err *e)
{
	return s->backend->expire_samples(s, x, ret, e);
}

bool store_expire_payloads(struct store *s, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
			   struct err *e)
{
	return s->backend->expire_payloads(s, before_ms, limit, ret_n, e);
}

bool store_load_shapes(struct store *s, int64_t provider_id, struct arena *a,
		       struct store_shapes *ret, struct err *e)
{
	return s->backend->load_shapes(s, provider_id, a, ret, e);
}

bool store_save_shapes(struct store *s, const struct store_shape_batch *b, struct err *e)
{
	return s->backend->save_shapes(s, b, e);
}

bool store_lease_clock(struct store *s, int64_t *ret_ms, struct err *e)
{
	return s->backend->lease_clock(s, ret_ms, e);
}

bool store_lease_find(struct store *s, struct str name, struct arena *a, struct store_lease *ret,
		      struct err *e)
{
	return s->backend->lease_find(s, name, a, ret, e);
}

bool store_lease_take(struct store *s, const struct store_lease *want,
		      const struct store_lease *dead, struct arena *a, bool *ret_taken,
		      struct store_lease *ret_holder, struct err *e)
{
	return s->backend->lease_take(s, want, dead, a, ret_taken, ret_holder, e);
}

bool store_lease_release(struct store *s, const struct store_lease *mine, struct err *e)
{
	return s->backend->lease_release(s, mine, e);
}

bool store_load_identity_states(struct store *s, struct arena *a, struct store_identity_state **ret,
				size_t *ret_n, struct err *e)
{
	return s->backend->load_identity_states(s, a, ret, ret_n, e);
}

bool store_load_identities(struct store *s, int64_t provider_id, struct arena *a,
			   struct store_identity **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_identities(s, provider_id, a, ret, ret_n, e);
}

bool store_save_identities(struct store *s, int64_t provider_id, int64_t at_ms,
			   const struct store_identity *rows, size_t n, struct str basis,
			   struct err *e)
{
	return s->backend->save_identities(s, provider_id, at_ms, rows, n, basis, e);
}

bool store_load_aliases(struct store *s, struct arena *a, struct store_alias **ret, size_t *ret_n,
			struct err *e)
{
	return s->backend->load_aliases(s, a, ret, ret_n, e);
}

bool store_load_names(struct store *s, struct arena *a, struct store_name **ret, size_t *ret_n,
		      struct err *e)
{
	return s->backend->load_names(s, a, ret, ret_n, e);
}

bool store_load_offers(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
		       struct store_offer *ret, struct err *e)
{
	return s->backend->load_offers(s, model_ids, n, a, ret, e);
}

bool store_load_reviews(struct store *s, enum store_review_scope scope, int64_t id, struct arena *a,
			struct store_review **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_reviews(s, scope, id, a, ret, ret_n, e);
}

bool store_load_elsewhere(struct store *s, const struct str *canonical_ids, size_t n,
			  struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			  struct err *e)
{
	return s->backend->load_elsewhere(s, canonical_ids, n, a, ret, ret_n, e);
}

bool store_save_reviews(struct store *s, const struct store_review_batch *b, struct err *e)
{
	return s->backend->save_reviews(s, b, e);
}

bool store_save_shown(struct store *s, int64_t provider_id, int64_t at_ms,
		      const struct store_shown *rows, size_t n, struct err *e)
{
	return s->backend->save_shown(s, provider_id, at_ms, rows, n, e);
}

bool store_load_overrides(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_override **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_overrides(s, provider_id, a, ret, ret_n, e);
}

bool store_save_override(struct store *s, const struct store_override_write *w, struct err *e)
{
	return s->backend->save_override(s, w, e);
}

bool store_save_said(struct store *s, int64_t provider_id, const struct store_said *rows, size_t n,
		     struct err *e)
{
	return s->backend->save_said(s, provider_id, rows, n, e);
}

bool store_save_active(struct store *s, const struct store_active *w, struct err *e)
{
	return s->backend->save_active(s, w, e);
}

bool store_edit_provider(struct store *s, const struct store_provider_edit *w, struct arena *a,
			 struct store_column *ret_before, bool *ret_found, struct err *e)
{
	return s->backend->edit_provider(s, w, a, ret_before, ret_found, e);
}

bool store_save_audit(struct store *s, const struct store_audit *row, struct err *e)
{
	return s->backend->save_audit(s, row, e);
}

bool store_save_notice(struct store *s, const struct store_notice *n, struct err *e)
{
	return s->backend->save_notice(s, n, e);
}

bool store_next_notice(struct store *s, enum notice_kind kind, int64_t due_by_ms, struct arena *a,
		       struct store_notice *ret, bool *ret_found, struct err *e)
{
	return s->backend->next_notice(s, kind, due_by_ms, a, ret, ret_found, e);
}

bool store_save_delivery(struct store *s, const struct store_delivery *d, struct err *e)
{
	return s->backend->save_delivery(s, d, e);
}

bool store_load_endpoint(struct store *s, struct str name, struct arena *a,
			 struct store_endpoint *ret, bool *ret_found, struct err *e)
{
	return s->backend->load_endpoint(s, name, a, ret, ret_found, e);
}

bool store_save_endpoint(struct store *s, const struct store_endpoint *p, int64_t now_ms,
			 int64_t *ret_id, struct err *e)
{
	return s->backend->save_endpoint(s, p, now_ms, ret_id, e);
}

bool store_load_changes_at(struct store *s, int64_t provider_id, int64_t at_ms, struct arena *a,
			   struct store_change_row **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_changes_at(s, provider_id, at_ms, a, ret, ret_n, e);
}

bool store_list_providers(struct store *s, struct arena *a, struct store_provider_stat **ret,
			  size_t *ret_n, struct err *e)
{
	return s->backend->list_providers(s, a, ret, ret_n, e);
}

bool store_list_models(struct store *s, const struct store_model_query *q, store_model_fn *fn,
		       void *arg, struct err *e)
{
	return s->backend->list_models(s, q, fn, arg, e);
}

bool store_list_changes(struct store *s, const struct store_change_query *q, store_change_fn *fn,
			void *arg, struct err *e)
{
	return s->backend->list_changes(s, q, fn, arg, e);
}

bool store_newest_change(struct store *s, int64_t *ret, struct err *e)
{
	return s->backend->newest_change(s, ret, e);
}

bool store_list_drift(struct store *s, struct str provider, uint64_t limit, store_drift_fn *fn,
		      void *arg, struct err *e)
{
	return s->backend->list_drift(s, provider, limit, fn, arg, e);
}

bool store_totals(struct store *s, struct store_totals *ret, struct err *e)
{
	return s->backend->totals(s, ret, e);
}

/* ---- rules.h ---- */

const char *const store_incident_kinds[INCIDENT_KINDS] = {
	[INCIDENT_SUSPECT] = "suspect",
	[INCIDENT_MISSING] = "missing",
};

bool store_load_pending(struct store *s, int64_t provider_id, struct arena *a,
			struct store_absence **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_pending(s, provider_id, a, ret, ret_n, e);
}

bool store_load_absences(struct store *s, const int64_t *model_ids, size_t n, struct arena *a,
			 struct store_absence *ret, struct err *e)
{
	return s->backend->load_absences(s, model_ids, n, a, ret, e);
}

bool store_load_fetches(struct store *s, int64_t provider_id, int64_t since_ms, struct arena *a,
			struct store_fetches **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_fetches(s, provider_id, since_ms, a, ret, ret_n, e);
}

bool store_load_previous(struct store *s, int64_t provider_id, const struct store_field *fields,
			 size_t n, struct arena *a, struct store_previous *ret, struct err *e)
{
	return s->backend->load_previous(s, provider_id, fields, n, a, ret, e);
}

bool store_load_incidents(struct store *s, int64_t provider_id, struct arena *a,
			  struct store_incident **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_incidents(s, provider_id, a, ret, ret_n, e);
}

bool store_open_incident(struct store *s, int64_t provider_id, enum store_incident_kind kind,
			 int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e)
{
	return s->backend->open_incident(s, provider_id, kind, at_ms, members, ret_id, e);
}

bool store_step_incident(struct store *s, const struct store_incident_step *step, struct err *e)
{
	return s->backend->step_incident(s, step, e);
}

/* ---- past.h ---- */

bool store_list_snapshots(struct store *s, const struct store_snapshot_query *q, struct arena *a,
			  struct store_snapshot **ret, size_t *ret_n, struct err *e)
{
	return s->backend->list_snapshots(s, q, a, ret, ret_n, e);
}

bool store_load_past(struct store *s, struct str provider, int64_t at_ms, struct arena *a,
		     struct store_past **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_past(s, provider, at_ms, a, ret, ret_n, e);
}

bool store_load_moves(struct store *s, struct str provider, int64_t from_ms, int64_t to_ms,
		      struct arena *a, struct store_move **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_moves(s, provider, from_ms, to_ms, a, ret, ret_n, e);
}

bool store_load_past_model(struct store *s, int64_t model_id, struct arena *a,
			   struct store_past_model *ret, struct err *e)
{
	return s->backend->load_past_model(s, model_id, a, ret, e);
}

/* ---- probe.h ---- */

bool store_save_samples(struct store *s, const struct store_sample *samples, size_t n,
			struct err *e)
{
	return s->backend->save_samples(s, samples, n, e);
}

bool store_list_samples(struct store *s, const struct store_sample_query *q, store_sample_fn *fn,
			void *arg, struct err *e)
{
	return s->backend->list_samples(s, q, fn, arg, e);
}

bool store_open_csv_file(struct store *s, struct str host, struct str path, int64_t now_ms,
			 struct arena *a, struct store_csv_file *ret, struct err *e)
{
	return s->backend->open_csv_file(s, host, path, now_ms, a, ret, e);
}

bool store_save_csv_file(struct store *s, const struct store_csv_file *f, struct err *e)
{
	return s->backend->save_csv_file(s, f, e);
}

bool store_load_batches(struct store *s, struct str host, struct arena *a,
			struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_batches(s, host, a, ret, ret_n, e);
}

bool store_load_strays(struct store *s, struct str host, struct str path, struct arena *a,
		       struct store_csv_stray **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_strays(s, host, path, a, ret, ret_n, e);
}

bool store_load_spool(struct store *s, struct str host, struct str path, uint64_t limit,
		      struct arena *a, struct store_spooled **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_spool(s, host, path, limit, a, ret, ret_n, e);
}

bool store_unspool(struct store *s, const int64_t *sample_ids, const uint64_t *ends, size_t n,
		   int64_t csv_file_id, struct err *e)
{
	return s->backend->unspool(s, sample_ids, ends, n, csv_file_id, e);
}

bool store_load_job(struct store *s, const char *name, struct arena *a, struct str *ret_state,
		    struct err *e)
{
	return s->backend->load_job(s, name, a, ret_state, e);
}

bool store_save_job(struct store *s, const char *name, int64_t now_ms, struct str state,
		    struct str error, struct err *e)
{
	return s->backend->save_job(s, name, now_ms, state, error, e);
}

bool store_reserve(struct store *s, const struct store_budget *b, int64_t now_ms,
		   struct store_reservation *r, size_t n, struct err *e)
{
	return s->backend->reserve(s, b, now_ms, r, n, e);
}

bool store_release_reservations(struct store *s, const int64_t *ids, size_t n, struct err *e)
{
	return s->backend->release_reservations(s, ids, n, e);
}

bool store_spent(struct store *s, struct str provider, int64_t since_ms, struct dec *ret,
		 struct err *e)
{
	return s->backend->spent(s, provider, since_ms, ret, e);
}

bool store_load_corrections(struct store *s, struct arena *a, struct store_correction **ret,
			    size_t *ret_n, struct err *e)
{
	return s->backend->load_corrections(s, a, ret, ret_n, e);
}

bool store_save_correction(struct store *s, const struct store_correction *c, struct err *e)
{
	return s->backend->save_correction(s, c, e);
}

bool store_load_endpoints(struct store *s, struct str provider, struct arena *a,
			  struct store_endpoint_row **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_endpoints(s, provider, a, ret, ret_n, e);
}

bool store_update_health(struct store *s, const struct health_conf *conf, int64_t now_ms,
			 bool *ret_moved, struct err *e)
{
	return s->backend->update_health(s, conf, now_ms, ret_moved, e);
}

bool store_save_agreement(struct store *s, int64_t since_ms, const struct store_agreement *rows,
			  size_t n, struct err *e)
{
	return s->backend->save_agreement(s, since_ms, rows, n, e);
}

bool store_discount_cycle(struct store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e)
{
	return s->backend->discount_cycle(s, cycle_at_ms, since_ms, e);
}

/* ---- view.h ---- */

bool store_load_shown_providers(struct store *s, struct str slug, struct arena *a,
				struct store_shown_provider **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_shown_providers(s, slug, a, ret, ret_n, e);
}

bool store_list_shown(struct store *s, int64_t provider_id, int64_t model_id, store_shown_fn *fn,
		      void *arg, struct err *e)
{
	return s->backend->list_shown(s, provider_id, model_id, fn, arg, e);
}

bool store_mark(struct store *s, struct arena *a, struct str *ret, struct err *e)
{
	return s->backend->mark(s, a, ret, e);
}

bool store_load_health(struct store *s, const struct store_health_query *q, struct arena *a,
		       struct store_health_row **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_health(s, q, a, ret, ret_n, e);
}

bool store_load_runs(struct store *s, struct str provider, uint64_t limit, uint64_t offset,
		     struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_runs(s, provider, limit, offset, a, ret, ret_n, e);
}

bool store_load_visits(struct store *s, int64_t since_ms, struct arena *a,
		       struct store_visits **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_visits(s, since_ms, a, ret, ret_n, e);
}

bool store_load_owed(struct store *s, struct store_owed *ret, struct err *e)
{
	return s->backend->load_owed(s, ret, e);
}

bool store_load_audit(struct store *s, uint64_t limit, uint64_t offset, struct arena *a,
		      struct store_audit_row **ret, size_t *ret_n, struct err *e)
{
	return s->backend->load_audit(s, limit, offset, a, ret, ret_n, e);
}

bool store_take_receipt(struct store *s, struct str provider, struct str id, int64_t at_ms,
			int64_t keep_ms, bool *ret_new, struct err *e)
{
	return s->backend->take_receipt(s, provider, id, at_ms, keep_ms, ret_new, e);
}

bool store_drop_receipt(struct store *s, struct str provider, struct str id, struct err *e)
{
	return s->backend->drop_receipt(s, provider, id, e);
}
