#include "task/quote.h"

#include "task/names.h"

/* ---- which model is meant ---- */

/* The models of one provider by their ids there: how others call them is not asked. */
struct shelf {
	struct store_name *names;
	size_t n;
};

static struct shelf shelf_of(struct store_name *all, size_t n, struct str provider)
{
	struct shelf shelf = { all, 0 };

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(all[i].provider, provider))
			continue;
		shelf.names[shelf.n] = all[i];
		shelf.names[shelf.n++].canonical_id = STR_NONE;
	}
	return shelf;
}

typedef bool same_fn(struct str a, struct str b);

static size_t find(const struct shelf *shelf, same_fn *same, struct str id, struct arena *a,
		   const struct store_name ***ret)
{
	size_t n = 0;

	*ret = arena_array(a, shelf->n, const struct store_name *);
	for (size_t i = 0; i < shelf->n; i++)
		if (same(shelf->names[i].provider_model_id, id))
			(*ret)[n++] = &shelf->names[i];
	return n;
}

static bool unknown_model(const struct shelf *shelf, const struct quote_query *q, struct arena *a,
			  struct err *e)
{
	const struct store_name *alike[NAMES_SHOWN];
	size_t n = names_alike(shelf->names, shelf->n, q->model, a, alike);
	BUF_AUTO(names, 4096);

	names_add(&names, alike, n);
	return err_set(e, ERR_DATA, "%s has no model \"%s\"%s%s",
		       err_quote(q->provider.at, q->provider.n), err_quote(q->model.at, q->model.n),
		       n ? "; most alike: " : ": `assay models` lists what there is",
		       buf_str(&names).at);
}

static bool find_model(const struct shelf *shelf, const struct quote_query *q, struct arena *a,
		       int64_t *ret_id, struct err *e)
{
	const struct store_name **found;
	size_t n = find(shelf, str_eq, q->model, a, &found);
	BUF_AUTO(names, 4096);

	if (n == 0)
		n = find(shelf, str_eq_nocase, q->model, a, &found);
	if (n == 0)
		return unknown_model(shelf, q, a, e);
	names_add(&names, found, n);
	if (n > 1)
		return err_set(e, ERR_DATA, "\"%s\" may be any of %zu models: %s",
			       err_quote(q->model.at, q->model.n), n, buf_str(&names).at);
	*ret_id = found[0]->model_id;
	return true;
}

static bool load_model(struct store *s, const struct quote_query *q, struct arena *a,
		       struct store_past_model *ret, struct err *e)
{
	struct store_name *all;
	struct shelf shelf;
	int64_t id;
	size_t n;

	if (!store_load_names(s, a, &all, &n, e))
		return false;
	shelf = shelf_of(all, n, q->provider);
	if (shelf.n == 0)
		return err_set(e, ERR_DATA, "no model of a provider \"%s\" is stored",
			       err_quote(q->provider.at, q->provider.n));
	return find_model(&shelf, q, a, &id, e) && store_load_past_model(s, id, a, ret, e);
}

/* ---- what was in force ---- */

static bool covers(int64_t from_ms, int64_t to_ms, int64_t at_ms)
{
	return from_ms <= at_ms && (to_ms == CLOCK_NONE || at_ms < to_ms);
}

static const struct store_past_absence *find_absence(const struct store_past_model *past,
						     int64_t at_ms)
{
	for (size_t i = 0; i < past->n_absences; i++)
		if (covers(past->absences[i].from_ms, past->absences[i].to_ms, at_ms))
			return &past->absences[i];
	return NULL;
}

static void take_prices(struct quote *q, int64_t at_ms, struct arena *a)
{
	const struct store_past_model *past = &q->past;

	q->rows = arena_array(a, past->n_prices, const struct store_past_price *);
	q->prices = arena_array(a, past->n_prices, struct price);
	for (size_t i = 0; i < past->n_prices; i++) {
		const struct store_past_price *p = &past->prices[i];

		if (!covers(p->from_ms, p->to_ms, at_ms))
			continue;
		q->rows[q->n] = p;
		q->prices[q->n++] = p->price;
	}
}

static bool was_seen(const struct store_past_model *past, int64_t at_ms, struct err *e)
{
	char first[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];
	const char *id = err_quote(past->provider_model_id.at, past->provider_model_id.n);

	if (past->n_versions == 0)
		return err_set(e, ERR_DATA, "\"%s\" was never seen in a list of its provider", id);
	if (past->versions[0].from_ms <= at_ms)
		return true;
	return err_set(e, ERR_DATA, "\"%s\" was first seen at %s: nothing is known of %s", id,
		       clock_text(past->versions[0].from_ms, first), clock_text(at_ms, at));
}

static bool load_state(struct store *s, const struct store_past_model *past, int64_t at_ms,
		       struct arena *a, struct store_snapshot **ret, struct err *e)
{
	const struct store_snapshot_query q = { .provider = past->provider, .at_ms = at_ms };
	struct store_snapshot *list;
	size_t n;

	if (!store_list_snapshots(s, &q, a, &list, &n, e))
		return false;
	*ret = n ? &list[0] : NULL;
	return true;
}

bool quote_find(struct store *s, const struct quote_query *query, struct arena *a,
		struct quote *ret, struct err *e)
{
	int64_t at_ms = query->use.at_ms;
	struct quote q = { .n = 0 };

	if (!load_model(s, query, a, &q.past, e) || !was_seen(&q.past, at_ms, e) ||
	    !load_state(s, &q.past, at_ms, a, &q.state, e))
		return false;
	q.first_seen_ms = q.past.versions[0].from_ms;
	q.absence = find_absence(&q.past, at_ms);
	take_prices(&q, at_ms, a);
	q.bill = bill_of(q.prices, q.n, &query->use);
	*ret = q;
	return true;
}
