/*
 * Whom a cycle asks, where, how, and at which prices.
 */
#include "base/fingerprint.h"
#include "base/log.h"
#include "store/view.h"
#include "task/auth.h"
#include "task/probe_round.h"

#include <stdlib.h>

/* ---- what is said once ---- */

struct cycle_told {
	struct arena arena;
	struct str *items;
	size_t n;
};

struct cycle_told *cycle_told_create(void)
{
	struct cycle_told *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	return t;
}

void cycle_told_destroy(struct cycle_told *t)
{
	if (!t)
		return;
	free(t->items);
	arena_release(&t->arena);
	free(t);
}

bool cycle_told(struct cycle_told *t, struct str what)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->items[i], what))
			return true;
	t->items = realloc(t->items, (t->n + 1) * sizeof(*t->items));
	if (!t->items)
		abort();
	t->items[t->n++] = arena_str(&t->arena, what);
	return false;
}

/* ---- calls ---- */

/* The same for all of a group, another for each cycle and group. */
static struct prompt prompt_of(struct cycle *c, struct str key)
{
	struct hash print;
	uint64_t seed;

	fingerprint_bytes(key.at, key.n, &print);
	memcpy(&seed, print.bytes, sizeof(seed));
	return prompt_make(c->conf->prompt, seed, &c->arena);
}

static struct str key_of(struct cycle *c, struct str model)
{
	return arena_printf(&c->arena, "%lld:%.*s", (long long)c->report.at_ms, STR_FMT(model));
}

static struct probe_call new_call(struct cycle *c)
{
	const struct cycle_conf *conf = c->conf;

	return (struct probe_call){
		.max_tokens = conf->max_tokens,
		.stream = conf->stream,
		.fresh = conf->fresh,
		.cycle_at_ms = c->report.at_ms,
		.deadline_mono_us = c->deadline_us,
	};
}

static void make_room(struct cycle *c, size_t calls, size_t groups)
{
	c->calls = arena_array(&c->arena, calls + 1, struct probe_call);
	c->states = arena_array(&c->arena, calls + 1, struct cycle_call);
	c->samples = arena_array(&c->arena, calls + 1, struct sample);
	c->groups = arena_array(&c->arena, groups + 1, struct cycle_group);
}

static void add_call(struct cycle *c, const struct probe_call *call, struct cycle_group *g)
{
	c->states[c->n_calls] = (struct cycle_call){ c, g, c->n_calls, false, false };
	c->calls[c->n_calls++] = *call;
	g->n++;
	g->left++;
}

static struct cycle_group *new_group(struct cycle *c)
{
	struct cycle_group *g = &c->groups[c->n_groups++];

	g->first = c->n_calls;
	return g;
}

/* ---- Hugging Face ---- */

static size_t router_headers(struct cycle *c, const struct fetch_header **ret)
{
	struct fetch_header *all = arena_array(&c->arena, 3, struct fetch_header);
	size_t n = 0;

	all[n++] = (struct fetch_header){
		STR("Authorization"),
		arena_printf(&c->arena, "Bearer %.*s", STR_FMT(c->conf->token)), true
	};
	all[n++] = (struct fetch_header){ STR("Content-Type"), STR("application/json"), false };
	if (c->conf->bill_to.n)
		all[n++] = (struct fetch_header){ STR("X-HF-Bill-To"), c->conf->bill_to, false };
	*ret = all;
	return n;
}

static void add_routed(struct cycle *c, struct probe_call *call, struct cycle_group *g,
		       const struct trending_provider *p)
{
	const struct descriptor *d = registry_find_routed(c->conf->registry, p->name);

	call->provider = d ? d->slug : p->name;
	call->provider_name = p->name;
	call->provider_model_id = p->provider_id;
	call->url = endpoints_url(c->conf->endpoints, p->name, p->provider_id, &c->arena);
	if (!str_is_none(call->url)) {
		add_call(c, call, g);
		return;
	}
	c->report.unmapped++;
	if (!cycle_told(c->conf->told, p->name))
		log_event(LOG_WARN,
			  "probe: nobody says where this provider is asked: it is skipped "
			  "(PROVIDER_ENDPOINT_MAPPING_PATH)",
			  LOG_STR("provider", p->name), LOG_STR("model", call->hf_model));
}

static void plan_routed(struct cycle *c)
{
	struct probe_call call = new_call(c);

	call.via = STR("router");
	call.recipe = recipe_standard;
	call.n_headers = router_headers(c, &call.headers);
	for (size_t i = 0; i < c->n_models; i++) {
		const struct trending_model *m = &c->models[i];
		struct cycle_group *g = new_group(c);
		struct trending_provider *live =
			arena_array(&c->arena, m->n + 1, struct trending_provider);
		size_t n;

		if (m->n)
			memcpy(live, m->providers, m->n * sizeof(*live));
		n = trending_live(live, m->n);
		call.hf_model = m->id;
		call.group_key = key_of(c, m->id);
		call.prompt = prompt_of(c, call.group_key);
		for (size_t k = 0; k < n; k++)
			add_routed(c, &call, g, &live[k]);
	}
}

/* ---- the catalog ---- */

static const struct cycle_access *access_of(const struct cycle *c, const struct descriptor *d)
{
	for (size_t i = 0; i < c->conf->n_accesses; i++)
		if (c->conf->accesses[i].provider == d)
			return &c->conf->accesses[i];
	return NULL;
}

/* Those of the model's rule, the key and the type of the body. */
static size_t direct_headers(struct cycle *c, const struct pick *p, const struct fetch_header **ret)
{
	const struct chat *chat = &p->provider->chat;
	const struct cycle_access *access = access_of(c, p->provider);
	struct fetch_header *all =
		arena_array(&c->arena, p->rule->n_headers + 2, struct fetch_header);
	size_t n = 0;

	for (size_t i = 0; i < p->rule->n_headers; i++)
		all[n++] = (struct fetch_header){ p->rule->headers[i].name,
						  p->rule->headers[i].value, false };
	all[n++] = (struct fetch_header){ STR("Content-Type"), STR("application/json"), false };
	if (chat->auth != AUTH_NONE && access && access->key.n)
		all[n++] = auth_header(chat->auth, chat->auth_name, access->key, &c->arena);
	*ret = all;
	return n;
}

/* Of an endpoint that no other offers the weights of, nobody can agree with it. */
static struct str weights_of(const struct pick *p)
{
	const struct store_endpoint_row *row = &p->endpoint;

	return str_is_none(row->canonical_id) ? row->hugging_face_id : row->canonical_id;
}

static void fill_direct(struct cycle *c, struct probe_call *call, const struct pick *p)
{
	const struct store_endpoint_row *row = &p->endpoint;
	struct str weights = weights_of(p);
	struct str key;

	call->model_id = row->model_id;
	call->hf_model = row->hugging_face_id;
	call->provider = call->provider_name = p->provider->slug;
	call->provider_model_id = row->provider_model_id;
	call->url = p->provider->chat.url;
	call->recipe = p->rule->recipe;
	call->n_headers = direct_headers(c, p, &call->headers);
	key = key_of(c, str_is_none(weights) ? row->provider_model_id : weights);
	call->group_key = str_is_none(weights) ? STR_NONE : key;
	call->prompt = prompt_of(c, key);
}

/* Picks in the order of their groups, groups in that of their first pick. */
static size_t next_of_group(const struct cycle *c, const bool *taken, size_t from,
			    struct str weights)
{
	for (size_t i = from; i < c->n_picks; i++)
		if (!taken[i] && str_eq(weights_of(&c->picks[i]), weights))
			return i;
	return c->n_picks;
}

static void plan_picked(struct cycle *c)
{
	bool *taken = arena_array(&c->arena, c->n_picks + 1, bool);

	for (size_t i = 0; i < c->n_picks; i++) {
		struct str weights = weights_of(&c->picks[i]);
		struct cycle_group *g;

		if (taken[i])
			continue;
		g = new_group(c);
		for (size_t k = i; k < c->n_picks;) {
			struct probe_call call = new_call(c);

			taken[k] = true;
			call.via = STR("direct");
			fill_direct(c, &call, &c->picks[k]);
			add_call(c, &call, g);
			k = str_is_none(weights) ? c->n_picks
						 : next_of_group(c, taken, k + 1, weights);
		}
	}
}

/* Of a choice by providers or text nobody wonders that it holds embeddings, too; of models that were
 * named one by one each is missed. */
static void tell_skips(struct cycle *c)
{
	enum log_level level = c->conf->pick.n_models ? LOG_WARN : LOG_DEBUG;

	c->report.left_out = c->n_pick_skips;
	for (size_t i = 0; i < c->n_pick_skips; i++) {
		const struct pick_skip *skip = &c->pick_skips[i];

		if (!cycle_told(c->conf->told,
				arena_printf(&c->arena, "%.*s:%.*s", STR_FMT(skip->provider),
					     STR_FMT(skip->model))))
			log_event(level, "probe: not asked", LOG_STR("provider", skip->provider),
				  LOG_STR("model", skip->model), LOG_STR("why", skip->reason));
	}
}

static bool pick(struct store *s, struct cycle *c, struct err *e)
{
	const struct cycle_conf *conf = c->conf;
	const struct descriptor **ready =
		arena_array(&c->arena, conf->n_accesses + 1, const struct descriptor *);
	struct pick_from from = { .providers = ready };
	struct store_endpoint_row *rows;
	struct picked picked;

	for (size_t i = 0; i < conf->n_accesses; i++)
		ready[from.n_providers++] = conf->accesses[i].provider;
	if (!store_load_endpoints(s, STR_NONE, &c->arena, &rows, &from.n, e))
		return false;
	from.rows = rows;
	if (!probe_pick(&from, &conf->pick, &c->arena, &picked, e))
		return false;
	c->picks = picked.picks;
	c->n_picks = picked.n;
	c->pick_skips = picked.skips;
	c->n_pick_skips = picked.n_skips;
	return true;
}

/* ---- what endpoints taught ---- */

static void lay_over(struct cycle *c, const struct store_correction *all, size_t n)
{
	for (size_t i = 0; i < c->n_calls; i++) {
		struct probe_call *call = &c->calls[i];

		for (size_t k = 0; k < n; k++)
			if (all[k].recipe.form == call->recipe.form &&
			    str_eq(all[k].provider, call->provider) &&
			    str_eq(all[k].provider_model_id, call->provider_model_id))
				call->recipe = all[k].recipe;
	}
}

/* ---- prices ---- */

static int order_names(const void *a, const void *b)
{
	const struct store_name *x = a;
	const struct store_name *y = b;
	int c = str_cmp(x->provider, y->provider);

	return c ? c : str_cmp(x->provider_model_id, y->provider_model_id);
}

/* Those that the catalog lists, by their rows. */
static bool find_rows(struct store *s, struct cycle *c, struct err *e)
{
	struct store_name *names;
	size_t n;
	ARENA_AUTO(a);

	if (!store_load_names(s, &a, &names, &n, e))
		return false;
	/* bsearch() wants an array, be it of nothing. */
	for (size_t i = 0; n && i < c->n_calls; i++) {
		struct probe_call *call = &c->calls[i];
		const struct store_name wanted = { .provider = call->provider,
						   .provider_model_id = call->provider_model_id };
		const struct store_name *found =
			bsearch(&wanted, names, n, sizeof(*names), order_names);

		if (found && !call->model_id)
			call->model_id = found->model_id;
	}
	return true;
}

static int order_ids(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t row_ids(const struct cycle *c, int64_t *ret)
{
	size_t n = 0;
	size_t unique = 0;

	for (size_t i = 0; i < c->n_calls; i++)
		if (c->calls[i].model_id)
			ret[n++] = c->calls[i].model_id;
	qsort(ret, n, sizeof(*ret), order_ids);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ret[i] != ret[i - 1])
			ret[unique++] = ret[i];
	return unique;
}

/* Of calls with a row its prices; `off`: those of a row, or a provider, that an operator switched off. */
static bool load_rows(struct store *s, struct cycle *c, bool *off, struct err *e)
{
	int64_t *ids = arena_array(&c->arena, c->n_calls + 1, int64_t);
	size_t n = row_ids(c, ids);
	struct store_offer *rows = arena_array(&c->arena, n + 1, struct store_offer);

	if (n && !store_load_offers(s, ids, n, &c->arena, rows, e))
		return false;
	for (size_t i = 0; n && i < c->n_calls; i++) {
		struct probe_call *call = &c->calls[i];
		const int64_t *at = bsearch(&call->model_id, ids, n, sizeof(*ids), order_ids);

		if (!at)
			continue;
		call->prices = rows[at - ids].observed.model.prices;
		call->n_prices = rows[at - ids].observed.model.n_prices;
		off[i] = !rows[at - ids].is_active;
	}
	return true;
}

/* ---- what an operator switched off ---- */

/* Of endpoints that no catalog lists. */
static bool find_providers_off(struct store *s, const struct cycle *c, bool *off, struct err *e)
{
	struct store_shown_provider *rows;
	size_t n;
	ARENA_AUTO(a);

	if (!store_load_shown_providers(s, STR_NONE, &a, &rows, &n, e))
		return false;
	for (size_t i = 0; i < c->n_calls; i++)
		for (size_t k = 0; k < n; k++)
			if (!rows[k].is_active && str_eq(rows[k].slug, c->calls[i].provider))
				off[i] = true;
	return true;
}

static void leave_out(struct cycle *c, const bool *off)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_groups; i++) {
		struct cycle_group *g = &c->groups[i];
		size_t end = g->first + g->n;
		size_t first = kept;

		for (size_t k = g->first; k < end; k++) {
			if (off[k])
				continue;
			c->calls[kept] = c->calls[k];
			c->states[kept] = (struct cycle_call){ c, g, kept, false, false };
			kept++;
		}
		g->first = first;
		g->n = g->left = kept - first;
	}
	c->report.left_out += c->n_calls - kept;
	c->n_calls = kept;
}

static bool look_up(struct store *s, struct cycle *c, struct err *e)
{
	bool *off = arena_array(&c->arena, c->n_calls + 1, bool);

	if ((c->conf->trending && !find_rows(s, c, e)) || !load_rows(s, c, off, e) ||
	    !find_providers_off(s, c, off, e))
		return false;
	leave_out(c, off);
	return true;
}

/* An empty catalog, or one that has not got what was chosen, is no reason to leave the list alone. */
static bool pick_if_wanted(struct store *s, struct cycle *c, struct err *e)
{
	if (!c->conf->catalog || pick(s, c, e))
		return true;
	if (!c->n_models)
		return false;
	log_event(LOG_WARN, "probe: of the trending models alone", LOG_ERR(e));
	return true;
}

/* Each model, and each pick, may be a group of its own. */
static void make_room_for_all(struct cycle *c)
{
	size_t routed = 0;

	for (size_t i = 0; i < c->n_models; i++)
		routed += c->models[i].n;
	make_room(c, routed + c->n_picks, c->n_models + c->n_picks);
}

bool cycle_plan(struct store *s, struct cycle *c, struct err *e)
{
	struct store_correction *learned;
	size_t n_learned;

	if (!store_load_corrections(s, &c->arena, &learned, &n_learned, e) ||
	    !pick_if_wanted(s, c, e))
		return false;
	make_room_for_all(c);
	plan_routed(c);
	plan_picked(c);
	tell_skips(c);
	lay_over(c, learned, n_learned);
	return look_up(s, c, e);
}
