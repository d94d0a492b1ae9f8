/*
 * postgres_rules: absences, incidents and former values, for the rules over time.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/rules.h"

/* Fields asked for at a time. */
enum { FIELDS_CHUNK = 4096 };

/* ---- absences ---- */

#define ABSENCES_SQL                                                                        \
	"SELECT x.model_id, m.provider_model_id, x.gone_from, x.incident_id, x.removed_at," \
	" v.deprecated_at FROM absences x JOIN models m ON m.id = x.model_id"               \
	" LEFT JOIN model_versions v ON v.model_id = x.model_id AND v.seen_to IS NULL"      \
	" WHERE x.gone_to IS NULL AND "

static const char pending_sql[] =
	ABSENCES_SQL "x.removed_at IS NULL AND m.provider_id = $1 ORDER BY m.provider_model_id";

static const char absences_sql[] = ABSENCES_SQL "x.model_id = ANY($1)";

static void read_absence(const PGresult *r, int row, struct arena *a, struct store_absence *ret)
{
	*ret = (struct store_absence){
		.model_id = cell_i64(r, row, 0),
		.model = cell_copy(r, row, 1, a),
		.gone_from_ms = cell_ms(r, row, 2),
		.incident_id = cell_i64(r, row, 3),
		.removed_at_ms = cell_ms(r, row, 4),
		.deprecated_at_ms = cell_ms(r, row, 5),
	};
}

static struct store_absence *read_all(const PGresult *r, struct arena *a)
{
	struct store_absence *list = arena_array(a, (size_t)PQntuples(r), struct store_absence);

	for (int i = 0; i < PQntuples(r); i++)
		read_absence(r, i, a, &list[i]);
	return list;
}

bool postgres_load_pending(struct store *base, int64_t provider_id, struct arena *a,
			   struct store_absence **ret, size_t *ret_n, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, provider_id);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), pending_sql, &p, e);

		if (!r)
			return false;
		*ret = read_all(r, a);
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

static int absence_order(const void *a, const void *b)
{
	int64_t x = ((const struct store_absence *)a)->model_id;
	int64_t y = ((const struct store_absence *)b)->model_id;

	return (x > y) - (x < y);
}

/* Found in whatever order, told in that of the ids. */
static void in_order(struct store_absence *found, size_t n_found, const int64_t *model_ids,
		     size_t n, struct store_absence *ret)
{
	qsort(found, n_found, sizeof(*found), absence_order);
	for (size_t i = 0; i < n; i++) {
		const struct store_absence wanted = { .model_id = model_ids[i] };
		const struct store_absence *x =
			n_found ? bsearch(&wanted, found, n_found, sizeof(*found), absence_order)
				: NULL;

		ret[i] = x ? *x : (struct store_absence){ 0 };
	}
}

bool postgres_load_absences(struct store *base, const int64_t *model_ids, size_t n, struct arena *a,
			    struct store_absence *ret, struct err *e)
{
	struct params p = { 0 };
	struct array ids;
	PGresult *r;

	if (n == 0)
		return true;
	array_init(&ids, ARRAY_I64);
	for (size_t i = 0; i < n; i++)
		array_i64(&ids, model_ids[i]);
	param_array(&p, &ids);
	r = postgres_read(postgres_of(base), absences_sql, &p, e);
	array_release(&ids);
	if (r)
		in_order(read_all(r, a), (size_t)PQntuples(r), model_ids, n, ret);
	PQclear(r);
	return r != NULL;
}

/* ---- complete fetches ---- */

/* Instants ascend with the ids: what is older than asked for begins behind the first that is. */
static const char fetches_sql[] =
	"SELECT first_at, syncs - unheard FROM snapshots WHERE provider_id = $1 AND id > COALESCE((SELECT id"
	" FROM snapshots WHERE provider_id = $1 AND first_at < $2 ORDER BY id DESC LIMIT 1), 0)"
	" ORDER BY id DESC";

bool postgres_load_fetches(struct store *base, int64_t provider_id, int64_t since_ms,
			   struct arena *a, struct store_fetches **ret, size_t *ret_n,
			   struct err *e)
{
	struct params p = { 0 };
	struct store_fetches *list;

	param_i64(&p, provider_id);
	param_ms(&p, since_ms);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), fetches_sql, &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_fetches);
		for (int i = 0; i < PQntuples(r); i++)
			list[i] = (struct store_fetches){ cell_ms(r, i, 0), cell_u64(r, i, 1) };
		*ret = list;
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

/* ---- what it was before ---- */

static const char previous_sql[] =
	"SELECT u.nth, c.old FROM unnest($2, $3) WITH ORDINALITY AS u (model, field, nth)"
	" CROSS JOIN LATERAL (SELECT old FROM changes WHERE model_id = (SELECT id FROM models"
	"   WHERE provider_id = $1 AND provider_model_id = u.model)"
	"  AND field = u.field ORDER BY model_id DESC, id DESC LIMIT 1) c";

static bool ask_previous(struct postgres_store *s, const struct params *p, struct arena *a,
			 struct store_previous *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, previous_sql, p, e);

	if (!r)
		return false;
	for (int i = 0; i < PQntuples(r); i++)
		ret[cell_i64(r, i, 0) - 1] = (struct store_previous){ true, cell_copy(r, i, 1, a) };
	return true;
}

static bool read_previous(struct postgres_store *s, int64_t provider_id,
			  const struct store_field *fields, size_t n, struct arena *a,
			  struct store_previous *ret, struct err *e)
{
	struct array models, names;
	bool ok = true;

	array_init(&models, ARRAY_TEXT);
	array_init(&names, ARRAY_TEXT);
	for (size_t at = 0; ok && at < n; at += models.n) {
		struct params p = { 0 };

		array_clear(&models);
		array_clear(&names);
		for (size_t i = at; i < n && models.n < FIELDS_CHUNK; i++) {
			array_str(&models, fields[i].model);
			array_str(&names, fields[i].field);
			ret[i] = (struct store_previous){ 0 };
		}
		param_i64(&p, provider_id);
		param_array(&p, &models);
		param_array(&p, &names);
		ok = ask_previous(s, &p, a, &ret[at], e);
	}
	array_release(&models);
	array_release(&names);
	return ok;
}

bool postgres_load_previous(struct store *base, int64_t provider_id,
			    const struct store_field *fields, size_t n, struct arena *a,
			    struct store_previous *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, read_previous(s, provider_id, fields, n, a, ret, e), e);
}

/* ---- incidents ---- */

bool postgres_load_incidents(struct store *base, int64_t provider_id, struct arena *a,
			     struct store_incident **ret, size_t *ret_n, struct err *e)
{
	struct params p = { 0 };
	struct store_incident *list;

	param_i64(&p, provider_id);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT id, kind = 'missing', opened_at, members,"
					       " returned FROM incidents WHERE provider_id = $1"
					       " AND closed_at IS NULL ORDER BY id",
					       &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_incident);
		for (int i = 0; i < PQntuples(r); i++)
			list[i] = (struct store_incident){
				.id = cell_i64(r, i, 0),
				.kind = cell_bool(r, i, 1) ? INCIDENT_MISSING : INCIDENT_SUSPECT,
				.opened_at_ms = cell_ms(r, i, 2),
				.members = cell_u64(r, i, 3),
				.returned = cell_u64(r, i, 4),
			};
		*ret = list;
		*ret_n = (size_t)PQntuples(r);
	}
	return true;
}

bool postgres_open_incident(struct store *base, int64_t provider_id, enum store_incident_kind kind,
			    int64_t at_ms, uint64_t members, int64_t *ret_id, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_text(&p, store_incident_kinds[kind]);
	param_ms(&p, at_ms);
	param_u64(&p, members);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base),
						"INSERT INTO incidents (provider_id, kind,"
						" opened_at, members) VALUES ($1, $2, $3, $4)"
						" RETURNING id",
						&p, e);

		if (!r)
			return false;
		*ret_id = cell_i64(r, 0, 0);
	}
	return true;
}

bool postgres_step_incident(struct store *base, const struct store_incident_step *step,
			    struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct params p = { 0 };
	uint64_t n;

	param_i64(&p, step->id);
	param_text(&p, step->adopt ? store_incident_kinds[INCIDENT_MISSING] : NULL);
	param_i64(&p, step->members);
	param_u64(&p, step->returned);
	param_ms(&p, step->closed_at_ms);
	if (!postgres_run(s,
			  "UPDATE incidents SET kind = COALESCE($2, kind), members = members + $3,"
			  " returned = returned + $4, closed_at = COALESCE($5, closed_at)"
			  " WHERE id = $1",
			  &p, &n, e))
		return false;
	return n == 1 ||
	       err_set(e, ERR_DB, "%s: there is no incident %lld", s->name, (long long)step->id);
}
