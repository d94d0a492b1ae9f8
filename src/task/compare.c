#include "task/compare.h"

#include "core/identity.h"
#include "task/names.h"

#include <stdlib.h>

/* ---- which model is meant ---- */

/* Names that a rule found. */
struct found {
	const struct store_name **at;
	size_t n;
};

struct search {
	const struct store_name *names;
	size_t n;
	struct str model; /* what was typed */
	struct arena *a;
};

typedef bool rule_fn(const struct store_name *name, struct str text);

static bool is_canonical(const struct store_name *name, struct str text)
{
	return str_eq_nocase(name->canonical_id, text);
}

/* "ID" or "PROVIDER:ID" */
static bool is_providers_id(const struct store_name *name, struct str text)
{
	struct str head = { text.at, name->provider.n }, id = name->provider_model_id;

	if (str_eq_nocase(id, text))
		return true;
	return text.n == head.n + 1 + id.n && text.at[head.n] == ':' &&
	       str_eq_nocase(head, name->provider) &&
	       str_eq_nocase(id, (struct str){ text.at + head.n + 1, id.n });
}

static bool is_name_in_canonical(const struct store_name *name, struct str text)
{
	struct str rest = name->canonical_id, org;

	return !str_is_none(rest) && str_cut(&rest, '/', &org) && str_eq_nocase(rest, text);
}

static bool has_part(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_eq_nocase((struct str){ s.at + i, part.n }, part))
			return true;
	return false;
}

static bool is_in_ids(const struct store_name *name, struct str text)
{
	return has_part(name->canonical_id, text) || has_part(name->provider_model_id, text);
}

static struct found find(const struct search *q, rule_fn *rule, struct str text)
{
	struct found f = { arena_array(q->a, q->n, const struct store_name *), 0 };

	for (size_t i = 0; i < q->n; i++)
		if (rule(&q->names[i], text))
			f.at[f.n++] = &q->names[i];
	return f;
}

/* What the rules of identity make of the text, as `row` gives it; absent when nobody has that. */
static struct found find_identity(const struct search *q, struct identity_row row)
{
	struct identity is = identity_of(&row, NULL, q->a);

	if (str_is_none(is.canonical))
		return (struct found){ 0 };
	return find(q, is_canonical, is.canonical);
}

/* The rules one after another: the first that finds something. */
static struct found search(const struct search *q)
{
	const struct identity_row as_hub = { STR(""), STR(""), q->model };
	const struct identity_row as_id = { STR(""), q->model, STR_NONE };
	struct found f = find(q, is_canonical, q->model);

	if (f.n == 0)
		f = find(q, is_providers_id, q->model);
	if (f.n == 0)
		f = find_identity(q, as_hub);
	if (f.n == 0)
		f = find_identity(q, as_id);
	if (f.n == 0)
		f = find(q, is_name_in_canonical, q->model);
	if (f.n == 0)
		f = find(q, is_in_ids, q->model);
	return f;
}

static int key_order(const void *a, const void *b)
{
	return names_key_cmp(*(const struct store_name *const *)a,
			     *(const struct store_name *const *)b);
}

/* One name a key, those with a canonical id first. */
static void each_key_once(struct found *f)
{
	size_t n = 0;

	if (f->n)
		qsort(f->at, f->n, sizeof(*f->at), key_order);
	for (size_t i = 0; i < f->n; i++)
		if (n == 0 || key_order(&f->at[n - 1], &f->at[i]) != 0)
			f->at[n++] = f->at[i];
	f->n = n;
}

static bool several(const struct search *q, const struct found *f, struct err *e)
{
	BUF_AUTO(names, 4096);

	names_add(&names, f->at, f->n);
	return err_set(e, ERR_DATA, "\"%s\" may be any of %zu models: %s",
		       err_quote(q->model.at, q->model.n), f->n, buf_str(&names).at);
}

static bool unknown(const struct search *q, struct err *e)
{
	const struct store_name *alike[NAMES_SHOWN];
	size_t n = names_alike(q->names, q->n, q->model, q->a, alike);
	BUF_AUTO(names, 4096);

	names_add(&names, alike, n);
	return err_set(e, ERR_DATA, "nobody stored offers \"%s\"%s%s",
		       err_quote(q->model.at, q->model.n),
		       n ? "; most alike: " : ": `assay models` lists what there is",
		       buf_str(&names).at);
}

static bool find_model(const struct search *q, const struct store_name **ret, struct err *e)
{
	struct found f = search(q);

	each_key_once(&f);
	if (f.n == 0)
		return unknown(q, e);
	/* An id that one provider's evidence matches, and another's does not. */
	if (f.n > 1 && !(f.n == 2 && !str_is_none(f.at[0]->canonical_id) &&
			 str_is_none(f.at[1]->canonical_id) &&
			 str_eq_nocase(f.at[1]->provider_model_id, q->model)))
		return several(q, &f, e);
	*ret = f.at[0];
	return true;
}

/* ---- its offers ---- */

static bool is_asked(const struct compare_query *q, struct str provider)
{
	for (size_t i = 0; i < q->n_providers; i++)
		if (str_eq(q->providers[i], provider))
			return true;
	return q->n_providers == 0;
}

static bool is_same_model(const struct store_name *a, const struct store_name *b)
{
	return str_same(a->canonical_id, b->canonical_id) && str_eq(names_key(a), names_key(b));
}

static bool nobody_asked(const struct search *q, const struct store_name *model, struct err *e)
{
	BUF_AUTO(names, 4096);
	struct str last = STR_NONE;

	for (size_t i = 0; i < q->n; i++) {
		if (!is_same_model(&q->names[i], model) || str_eq(last, q->names[i].provider))
			continue;
		buf_printf(&names, "%s%s", last.n ? ", " : "",
			   err_quote(q->names[i].provider.at, q->names[i].provider.n));
		last = q->names[i].provider;
	}
	return err_set(e, ERR_DATA, "none of these providers offers \"%s\", but: %s",
		       err_quote(names_key(model).at, names_key(model).n), buf_str(&names).at);
}

static bool load_offers(struct store *s, const struct search *names, const struct compare_query *q,
			const struct store_name *model, struct comparison *ret, struct err *e)
{
	int64_t *ids = arena_array(names->a, names->n, int64_t);

	for (size_t i = 0; i < names->n; i++)
		if (is_same_model(&names->names[i], model) && is_asked(q, names->names[i].provider))
			ids[ret->n++] = names->names[i].model_id;
	if (ret->n == 0)
		return nobody_asked(names, model, e);
	ret->offers = arena_array(names->a, ret->n, struct store_offer);
	return store_load_offers(s, ids, ret->n, names->a, ret->offers, e);
}

struct ranked {
	struct store_offer offer;
	struct offer_cost cost;
};

static int rank_order(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	bool gone = x->offer.missing_since_ms != CLOCK_NONE;
	int c = gone - (y->offer.missing_since_ms != CLOCK_NONE);

	if (c == 0)
		c = offer_cost_cmp(&x->cost, &y->cost);
	if (c == 0)
		c = str_cmp(x->offer.provider, y->offer.provider);
	return c ? c : str_cmp(x->offer.observed.model.id, y->offer.observed.model.id);
}

static void rank(struct comparison *c, const struct offer_use *use, struct arena *a)
{
	struct ranked *all = arena_array(a, c->n, struct ranked);

	c->costs = arena_array(a, c->n, struct offer_cost);
	for (size_t i = 0; i < c->n; i++)
		all[i] = (struct ranked){ c->offers[i],
					  offer_cost(&c->offers[i].observed.model, use) };
	qsort(all, c->n, sizeof(*all), rank_order);
	for (size_t i = 0; i < c->n; i++) {
		c->offers[i] = all[i].offer;
		c->costs[i] = all[i].cost;
	}
}

bool compare_models(struct store *s, const struct compare_query *q, struct arena *a,
		    struct comparison *ret, struct err *e)
{
	struct search names = { .model = q->model, .a = a };
	const struct store_name *model = NULL;
	struct comparison c = { .n = 0 };
	struct store_name *all;

	if (!store_load_names(s, a, &all, &names.n, e))
		return false;
	names.names = all;
	if (!find_model(&names, &model, e) || !load_offers(s, &names, q, model, &c, e))
		return false;
	c.canonical_id = model->canonical_id;
	rank(&c, &q->use, a);
	*ret = c;
	return true;
}
