#include "web/models.h"

#include "base/utf8.h"
#include "web/row.h"
#include "web/shelf.h"
#include "web/view_build.h"

#include <inttypes.h>

enum {
	TEXT_MAX = 200, /* characters of what is searched for, or filtered by */
	STATS_MAX = 1 << 16,
	MODEL_MAX = 32 << 20,
	ALL_MAX = 256 << 20, /* of a list of everything; the server has a limit of its own */
};

/* ---- parameters ---- */

#define ACTIVE_ONLY                                                            \
	{                                                                      \
		.name = "is_active_only", .type = PARAM_BOOL, .default_int = 1 \
	}
#define PAGES                                                                   \
	{ .name = "limit",                                                      \
	  .type = PARAM_INT,                                                    \
	  .min = 1,                                                             \
	  .max = SHELF_LIMIT_MAX,                                               \
	  .default_int = SHELF_LIMIT },                                         \
	{                                                                       \
		.name = "offset", .type = PARAM_INT, .min = 0, .max = INT64_MAX \
	}
#define FILTERS                                                                                \
	{ .name = "provider_id", .type = PARAM_INT, .min = 1, .max = INT64_MAX },              \
		{ .name = "provider_slug", .type = PARAM_TEXT, .max = TEXT_MAX }, ACTIVE_ONLY, \
		{ .name = "health_status", .type = PARAM_WORD, .words = shelf_health_words },  \
	{                                                                                      \
		.name = "modality", .type = PARAM_TEXT, .max = TEXT_MAX                        \
	}

const struct param models_list_params[] = { FILTERS, PAGES, { 0 } };
const struct param models_search_params[] = { { .name = "q", .type = PARAM_TEXT, .max = TEXT_MAX },
					      FILTERS,
					      PAGES,
					      { 0 } };
const struct param models_of_provider_params[] = { ACTIVE_ONLY, PAGES, { 0 } };
const struct param models_stats_params[] = {
	{ .name = "provider_id", .type = PARAM_INT, .min = 1, .max = INT64_MAX },
	{ 0 }
};

/* ---- what is asked for ---- */

struct filter {
	const struct view_segment *only; /* or NULL: all providers */
	bool active_only;
	bool has_health, has_modality;
	enum health health;
	uint16_t modality;
	struct str text; /* lower-case; absent: any */
};

static bool group_fits(const struct filter *f, bool is_active, uint8_t health, uint16_t modality)
{
	return (is_active || !f->active_only) && (!f->has_health || health == f->health) &&
	       (!f->has_modality || modality == f->modality);
}

static bool fits(const struct filter *f, const struct view_model *m)
{
	return group_fits(f, m->is_active, m->health, m->modality);
}

/* ---- pages ---- */

struct page {
	uint64_t skip, room; /* models yet to be passed over, and to be taken */
	struct http_piece *pieces;
	size_t n;
	const char *end; /* of the last piece, comma and all */
};

static void page_open(struct page *p, const struct http_request *q)
{
	p->skip = (uint64_t)http_param_int(q, "offset");
	p->room = (uint64_t)http_param_int(q, "limit");
	p->pieces = arena_array(q->arena, (size_t)p->room + 2, struct http_piece);
	p->pieces[p->n++] = (struct http_piece){ "[", 1 };
	p->end = NULL;
}

/* Objects that lie beside each other are one piece, with their commas. */
static void page_take(struct page *p, const struct view_segment *g, size_t first, size_t n)
{
	const struct view_model *last = &g->models[first + n - 1];
	const char *at = g->text + g->models[first].at;
	const char *end = g->text + last->at + last->n + 1;

	p->room -= n;
	if (p->end == at)
		p->pieces[p->n - 1].n += (size_t)(end - at);
	else
		p->pieces[p->n++] = (struct http_piece){ at, (size_t)(end - at) };
	p->end = end;
}

static void page_close(struct page *p)
{
	if (p->n > 1)
		p->pieces[p->n - 1].n--;
	p->pieces[p->n++] = (struct http_piece){ "]", 1 };
}

static void offer(struct page *p, const struct view_segment *g, size_t model)
{
	if (p->skip)
		p->skip--;
	else if (p->room)
		page_take(p, g, model, 1);
}

/* ---- counting without looking at each model ---- */

static uint64_t count_fitting(const struct filter *f, const struct view_segment *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->n_groups; i++) {
		const struct view_group *group = &g->groups[i];

		if (group_fits(f, group->is_active, group->health, group->modality))
			n += group->n;
	}
	return n;
}

static void take_all(const struct view_segment *g, struct page *p)
{
	size_t from = p->skip < g->n ? (size_t)p->skip : g->n;
	size_t n = p->room < g->n - from ? (size_t)p->room : g->n - from;

	p->skip -= from;
	if (n)
		page_take(p, g, from, n);
}

/* Returns how many there are in the segment. */
static uint64_t take_fitting(const struct filter *f, const struct view_segment *g, struct page *p)
{
	uint64_t n = count_fitting(f, g);

	if (p->skip >= n) {
		p->skip -= n;
		return n;
	}
	if (n == g->n) {
		take_all(g, p);
		return n;
	}
	for (size_t i = 0; i < g->n && p->room; i++)
		if (fits(f, &g->models[i]))
			offer(p, g, i);
	return n;
}

/* ---- searching ---- */

/* The model whose names hold that byte; they lie in the order of the models. */
static size_t model_at(const struct view_segment *g, size_t at)
{
	size_t low = 0, high = g->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (g->models[middle].name_at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static uint64_t take_found(const struct filter *f, const struct view_segment *g, struct page *p)
{
	const char *at = g->words, *end = g->words + g->words_n;
	uint64_t n = 0;

	while (at < end && (at = memmem(at, (size_t)(end - at), f->text.at, f->text.n))) {
		size_t i = model_at(g, (size_t)(at - g->words));
		const struct view_model *m = &g->models[i];

		if (fits(f, m)) {
			offer(p, g, i);
			n++;
		}
		at = g->words + m->name_at + m->name_n;
	}
	return n;
}

static uint64_t take(const struct filter *f, const struct view_segment *g, struct page *p)
{
	return f->text.n ? take_found(f, g, p) : take_fitting(f, g, p);
}

/* ---- the list ---- */

static void send_page(const struct http_request *q, struct http_reply *r, const struct view *v,
		      const struct filter *f)
{
	struct page p = { 0 };
	uint64_t total = 0;

	if (shelf_is_fresh(q, r, v, f->only ? &f->only->name : &v->name))
		return;
	page_open(&p, q);
	if (f->only)
		total = take(f, f->only, &p);
	for (size_t i = 0; !f->only && i < v->n; i++)
		total += take(f, v->segments[i], &p);
	page_close(&p);
	shelf_pages(q, r, total);
	shelf_send(r, v, p.pieces, p.n);
}

static void send_nothing(const struct http_request *q, struct http_reply *r, const struct view *v)
{
	if (shelf_is_fresh(q, r, v, &v->name))
		return;
	shelf_pages(q, r, 0);
	shelf_send_text(q, r, v, STR("[]"));
}

/* False: nothing can fit, for there is no such provider. */
static bool only_provider(const struct http_request *q, const struct view *v,
			  const struct view_segment **ret)
{
	struct str slug = http_param(q, "provider_slug");
	bool has_id = !str_is_none(http_param(q, "provider_id"));
	bool has_slug = !str_is_none(slug);
	const struct view_segment *named = has_slug ? shelf_find_provider(q, v, slug) : NULL;

	*ret = has_id ? view_find_provider(v, http_param_int(q, "provider_id")) : named;
	return (!has_id && !has_slug) || (*ret && (!has_slug || *ret == named));
}

/* False: nothing can fit. */
static bool read_filter(const struct http_request *q, const struct view *v, struct filter *f)
{
	struct str health = http_param(q, "health_status"), modality = http_param(q, "modality");

	*f = (struct filter){
		.active_only = http_param_bool(q, "is_active_only"),
		.has_health = !str_is_none(health),
		.has_modality = !str_is_none(modality),
	};
	if (f->has_health)
		(void)health_parse(health, &f->health);
	if (f->has_modality)
		f->modality = view_find_modality(v, modality);
	return only_provider(q, v, &f->only) &&
	       (!f->has_modality || f->modality != VIEW_NO_MODALITY);
}

void models_list(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);
	struct filter f;

	if (!v)
		return;
	if (read_filter(q, v, &f))
		send_page(q, r, v, &f);
	else
		send_nothing(q, r, v);
}

void models_search(struct http_request *q, struct http_reply *r)
{
	struct str text = http_param(q, "q");
	const struct view *v;
	struct filter f;

	if (!text.n) {
		http_fail(r, HTTP_UNPROCESSABLE, "q: say what to look for in ids and names");
		return;
	}
	v = shelf_take(q, r);
	if (!v)
		return;
	if (read_filter(q, v, &f)) {
		f.text = utf8_lower(text, q->arena);
		send_page(q, r, v, &f);
	} else {
		send_nothing(q, r, v);
	}
}

void models_of_provider(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);
	struct filter f = { 0 };

	if (!v)
		return;
	f.active_only = http_param_bool(q, "is_active_only");
	f.only = shelf_find_provider(q, v, q->pieces[0]);
	if (f.only)
		send_page(q, r, v, &f);
	else
		shelf_no_provider(q, r, v, q->pieces[0]);
}

/* ---- counts ---- */

static void send_zeros(struct http_reply *r, const struct view *v)
{
	r->body = BUF_INIT(STATS_MAX);
	view_count_models(&r->body, NULL, 0, NULL, 0);
	view_put(v);
}

void models_stats(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);
	const struct view_segment *g;

	if (!v)
		return;
	if (shelf_is_fresh(q, r, v, &v->name))
		return;
	if (!only_provider(q, v, &g))
		send_zeros(r, v);
	else
		shelf_send_text(q, r, v, g ? g->stats : v->stats);
}

/* ---- one model ---- */

struct one {
	struct http_request *q;
	struct buf *out;
	struct str provider; /* absent: there is no such model */
};

static bool put_model(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct one *one = arg;

	(void)e;
	(void)row_model(one->out, row, true);
	one->provider = arena_str(one->q->arena, row->provider);
	return true;
}

static bool put_one(struct store *s, int64_t id, struct one *one, struct err *e)
{
	struct store_shown_provider *provider;
	size_t n;

	if (!store_list_shown(s, 0, id, put_model, one, e))
		return false;
	if (str_is_none(one->provider))
		return true;
	if (!store_load_shown_providers(s, one->provider, one->q->arena, &provider, &n, e))
		return false;
	if (n)
		row_tail(one->out, &provider[0]);
	return true;
}

void models_one(struct http_request *q, struct http_reply *r)
{
	struct one one = { .q = q, .out = &r->body };
	struct store *s;
	int64_t id;
	struct err e;
	bool ok;

	if (!shelf_path_id(q, r, &id))
		return;
	if (!reads_take(q->web->reads, &s, &e)) {
		http_fail_err(r, &e);
		return;
	}
	r->body = BUF_INIT(MODEL_MAX);
	ok = put_one(s, id, &one, &e);
	reads_give(q->web->reads, s, ok ? NULL : &e);
	if (!ok)
		http_fail_err(r, &e);
	else if (str_is_none(one.provider))
		http_fail(r, HTTP_NOT_FOUND, "there is no model %" PRId64, id);
}

/* ---- as OpenAI lists models ---- */

/* What stands behind that key in an object of ours, up to the quote that ends it. */
static struct str member(struct str object, struct str key)
{
	const char *at = memmem(object.at, object.n, key.at, key.n);
	const char *end;

	if (!at)
		return STR("");
	at += key.n;
	for (end = at; *end != '"'; end++)
		if (*end == '\\')
			end++;
	return (struct str){ at, (size_t)(end - at) };
}

static int64_t created_s(struct str object)
{
	int64_t ms = 0;
	struct err ignored;

	(void)clock_parse(member(object, STR(",\"first_seen_at\":\"")), &ms, &ignored);
	return ms / 1000;
}

static void put_openai(struct buf *out, const struct view_segment *g, const struct view_model *m)
{
	struct str object = { g->text + m->at, m->n };

	buf_add_str(out, out->at[out->n - 1] == '[' ? STR("{\"id\":\"") : STR(",{\"id\":\""));
	buf_add_str(out, g->slug);
	buf_add_char(out, '/');
	buf_add_str(out, member(object, STR(",\"model_id\":\"")));
	buf_printf(out, "\",\"object\":\"model\",\"created\":%" PRId64 ",\"owned_by\":\"%.*s\"}",
		   created_s(object), STR_FMT(g->slug));
}

/* An id is ours to choose: the provider's slug in front tells offers of the same model apart. */
void models_openai(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);

	if (!v || shelf_is_fresh(q, r, v, &v->name))
		return;
	r->body = BUF_INIT(ALL_MAX);
	buf_add_str(&r->body, STR("{\"object\":\"list\",\"data\":["));
	for (size_t i = 0; i < v->n; i++)
		for (size_t m = 0; m < v->segments[i]->n; m++)
			if (v->segments[i]->models[m].is_active &&
			    !v->segments[i]->models[m].is_missing)
				put_openai(&r->body, v->segments[i], &v->segments[i]->models[m]);
	buf_add_str(&r->body, STR("]}"));
	view_put(v);
}
