#include "task/probe_pick.h"

#include <stdlib.h>
#include <strings.h>

/* ---- what is asked for ---- */

/* Without case, ASCII only. */
static bool holds(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (strncasecmp(s.at + i, part.at, part.n) == 0)
			return true;
	return false;
}

/* "slug:id" */
static bool is_at_provider(const struct store_endpoint_row *r, struct str name)
{
	struct str slug;

	return str_cut(&name, ':', &slug) && str_eq(slug, r->provider) &&
	       str_eq(name, r->provider_model_id);
}

static bool is_called(const struct store_endpoint_row *r, struct str name)
{
	return str_eq(r->provider_model_id, name) || is_at_provider(r, name) ||
	       (r->canonical_id.n && str_eq_nocase(r->canonical_id, name)) ||
	       (r->hugging_face_id.n && str_eq_nocase(r->hugging_face_id, name));
}

static bool is_one_of(struct str s, const struct str *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i], s))
			return true;
	return false;
}

static bool is_of_providers(const struct store_endpoint_row *r, const struct pick_query *q)
{
	return q->n_providers == 0 || is_one_of(r->provider, q->providers, q->n_providers);
}

static bool is_of_models(const struct store_endpoint_row *r, const struct pick_query *q)
{
	for (size_t i = 0; i < q->n_models; i++)
		if (is_called(r, q->models[i]))
			return true;
	return q->n_models == 0;
}

static bool is_of_text(const struct store_endpoint_row *r, const struct pick_query *q)
{
	return q->text.n == 0 || holds(r->provider_model_id, q->text) ||
	       holds(r->canonical_id, q->text) || holds(r->hugging_face_id, q->text);
}

static bool is_wanted(const struct store_endpoint_row *r, const struct pick_query *q)
{
	return is_of_providers(r, q) && is_of_models(r, q) && is_of_text(r, q);
}

/* A name that means nothing is a slip of the pen, not an empty selection. */
static bool check_names(const struct store_endpoint_row *rows, size_t n, const struct pick_query *q,
			struct err *e)
{
	for (size_t i = 0; i < q->n_providers; i++) {
		struct str slug = q->providers[i];
		size_t k = 0;

		while (k < n && !str_eq(rows[k].provider, slug))
			k++;
		if (k == n)
			return err_set(e, ERR_USAGE, "%s: the catalog has no model of it: sync it",
				       err_quote(slug.at, slug.n));
	}
	for (size_t i = 0; i < q->n_models; i++) {
		struct str name = q->models[i];
		size_t k = 0;

		while (k < n && !(is_of_providers(&rows[k], q) && is_called(&rows[k], name)))
			k++;
		if (k == n)
			return err_set(e, ERR_USAGE, "no model of the catalog is called \"%s\"%s",
				       err_quote(name.at, name.n),
				       q->n_providers ? " at these providers" : "");
	}
	return n > 0 || err_set(e, ERR_USAGE, "the catalog is empty: `assay sync` fills it");
}

/* ---- what can be asked ---- */

/* Is it one of the words between '+'? */
static bool has_word(struct str side, struct str wanted)
{
	struct str word;
	bool more;

	do {
		more = str_cut(&side, '+', &word);
		if (str_eq(str_trim(word), wanted))
			return true;
	} while (more);
	return false;
}

/* "text+image->text" is; what says nothing may be. */
static bool is_chat(struct str modality)
{
	const char *arrow = modality.n ? memmem(modality.at, modality.n, "->", 2) : NULL;
	struct str in;
	struct str out;

	if (!arrow)
		return true;
	in = (struct str){ modality.at, (size_t)(arrow - modality.at) };
	out = (struct str){ arrow + 2, modality.n - in.n - 2 };
	return has_word(in, STR("text")) && has_word(out, STR("text"));
}

static const struct descriptor *find_provider(const struct descriptor *const *providers, size_t n,
					      struct str slug)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(providers[i]->slug, slug))
			return providers[i];
	return NULL;
}

/* Why not, or absent. */
static struct str obstacle(const struct pick *p, struct arena *a)
{
	const struct store_endpoint_row *r = &p->endpoint;

	if (!p->provider)
		return STR("no API key of its provider is configured");
	if (str_is_none(p->provider->chat.url))
		return STR("nobody says where its provider is asked for a chat");
	if (p->provider->chat.auth == AUTH_GOOGLE)
		return STR(
			"its provider is asked with a service account's token, which no probe has");
	if (p->provider->chat.auth == AUTH_QUERY)
		return STR("its provider wants the key in the URL, which is written down");
	if (!p->rule->chats)
		return STR("not a chat model, by its provider's descriptor");
	if (!is_chat(r->modality))
		return arena_printf(a, "not a chat model: %s",
				    err_quote(r->modality.at, r->modality.n));
	return STR_NONE;
}

/* ---- the order ---- */

struct ranked {
	struct pick pick;
	size_t turn; /* among those of its provider asked as long ago, from 0 */
	bool priced;
	struct dec price;
};

static int by_name(const void *a, const void *b)
{
	const struct store_endpoint_row *x = &((const struct ranked *)a)->pick.endpoint;
	const struct store_endpoint_row *y = &((const struct ranked *)b)->pick.endpoint;
	int c = str_cmp(x->provider, y->provider);

	return c ? c : str_cmp(x->provider_model_id, y->provider_model_id);
}

static int by_age(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;
	int64_t mine = x->pick.endpoint.last_probed_ms;
	int64_t other = y->pick.endpoint.last_probed_ms;

	if (mine != other)
		return mine < other ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return by_name(a, b);
}

static int by_price(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;
	int c = x->priced && y->priced ? dec_cmp(&x->price, &y->price) : y->priced - x->priced;

	return c ? c : by_name(a, b);
}

static int by_context(const void *a, const void *b)
{
	int64_t mine = ((const struct ranked *)a)->pick.endpoint.context_length;
	int64_t other = ((const struct ranked *)b)->pick.endpoint.context_length;

	if (mine != other)
		return mine > other ? -1 : 1;
	return by_name(a, b);
}

static bool read_price(const struct store_endpoint_row *r, struct dec *ret)
{
	struct err ignored;
	struct dec in;
	struct dec out;

	return r->pricing_prompt.n && r->pricing_completion.n &&
	       dec_parse(r->pricing_prompt, &in, &ignored) &&
	       dec_parse(r->pricing_completion, &out, &ignored) &&
	       dec_add(&in, &out, ret, &ignored);
}

/* By name, so those of one provider stand together. */
static void take_turns(struct ranked *all, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (str_eq(all[i].pick.endpoint.provider, all[i - 1].pick.endpoint.provider))
			all[i].turn = all[i - 1].turn + 1;
}

static void put_in_order(struct ranked *all, size_t n, enum pick_sort sort)
{
	static int (*const orders[])(const void *, const void *) = {
		[PICK_OLDEST] = by_age,
		[PICK_NAME] = by_name,
		[PICK_PRICE] = by_price,
		[PICK_CONTEXT] = by_context,
	};

	if (n == 0)
		return;
	qsort(all, n, sizeof(*all), by_name);
	take_turns(all, n);
	for (size_t i = 0; sort == PICK_PRICE && i < n; i++)
		all[i].priced = read_price(&all[i].pick.endpoint, &all[i].price);
	qsort(all, n, sizeof(*all), orders[sort]);
}

/* A row that was selected goes to the picks or, with the reason, to the skips. */
static void sort_out(const struct pick_from *from, const struct store_endpoint_row *row,
		     struct arena *a, struct ranked *all, struct picked *ret)
{
	struct pick p = { .endpoint = *row,
			  .provider = find_provider(from->providers, from->n_providers,
						    row->provider) };
	struct str reason;

	if (p.provider)
		p.rule = descriptor_recipe(p.provider, row->provider_model_id);
	reason = obstacle(&p, a);
	if (str_is_none(reason))
		all[ret->n++].pick = p;
	else
		ret->skips[ret->n_skips++] =
			(struct pick_skip){ row->provider, row->provider_model_id, reason };
}

bool probe_pick(const struct pick_from *from, const struct pick_query *q, struct arena *a,
		struct picked *ret, struct err *e)
{
	struct ranked *all = arena_array(a, from->n + 1, struct ranked);
	struct picked picked = { .skips = arena_array(a, from->n + 1, struct pick_skip) };

	if (!check_names(from->rows, from->n, q, e))
		return false;
	for (size_t i = 0; i < from->n; i++)
		if (is_wanted(&from->rows[i], q))
			sort_out(from, &from->rows[i], a, all, &picked);
	if (q->text.n && picked.n + picked.n_skips == 0)
		return err_set(e, ERR_USAGE, "nothing that was chosen has \"%s\" in an id",
			       err_quote(q->text.at, q->text.n));
	put_in_order(all, picked.n, q->sort);
	if (q->top && picked.n > q->top)
		picked.n = (size_t)q->top;
	picked.picks = arena_array(a, picked.n + 1, struct pick);
	for (size_t i = 0; i < picked.n; i++)
		picked.picks[i] = all[i].pick;
	*ret = picked;
	return true;
}
