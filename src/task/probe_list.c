/*
 * Hugging Face's list of trending models: the website's form, page after page until there are
 * enough, and, when that fails in whatever way, the documented one.
 */
#include "base/log.h"
#include "net/decode.h"
#include "task/probe_round.h"

enum { STATUS_OK = 200, TRENDING_PAGE = 30 /* models on a page of models-json */ };

static void ask(struct cycle *c);

static void failed(struct cycle *c, const struct err *e)
{
	struct err both;

	if (c->stopping) {
		cycle_fail(c, e);
	} else if (!c->fallback) {
		log_event(LOG_WARN, "probe: the list failed, asking for its documented form",
			  LOG_TEXT("url", TRENDING_URL), LOG_ERR(e));
		c->err = *e;
		c->fallback = true;
		c->n_models = 0;
		ask(c);
	} else {
		(void)err_set(&both, e->kind, "no list of models: models-json: %s; Hub API: %s",
			      c->err.text, e->text);
		cycle_unlisted(c, &both);
	}
}

static bool is_listed(const struct trending_model *models, size_t n, struct str id)
{
	while (n)
		if (str_eq(models[--n].id, id))
			return true;
	return false;
}

/*
 * What a page brings stands behind what there is.  A model that moved from page to page
 * meanwhile is not asked, and paid for, twice.  Returns how many are new.
 */
static size_t add_models(struct cycle *c, const struct trending_model *page, size_t n)
{
	struct trending_model *all =
		arena_array(&c->arena, c->n_models + n + 1, struct trending_model);
	size_t before = c->n_models;

	if (before)
		memcpy(all, c->models, before * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		if (!is_listed(all, c->n_models, page[i].id))
			all[c->n_models++] = page[i];
	c->models = all;
	return c->n_models - before;
}

static void parse(void *arg)
{
	struct cycle *c = arg;
	struct document doc = { 0 };
	struct trending_model *page;
	struct err e;
	size_t n;

	c->last_page = true;
	if (decode_body(&c->wire, c->wire_n, c->encoding, c->conf->body_max, &doc, &e) &&
	    trending_parse((struct str){ (const char *)doc.at, doc.n },
			   c->conf->models - c->n_models, &c->arena, &page, &n, &e)) {
		/* A page without anything new would come for ever. */
		c->last_page = add_models(c, page, n) == 0 || c->fallback || n < TRENDING_PAGE ||
			       c->n_models == c->conf->models;
	} else {
		c->failed = true;
		c->report.err = e;
	}
	free(doc.at);
	free(c->wire);
	c->wire = NULL;
}

static void on_parsed(void *arg)
{
	struct cycle *c = arg;

	if (c->failed) {
		c->failed = false;
		failed(c, &c->report.err);
	} else if (c->last_page) {
		cycle_listed(c);
	} else {
		c->page++;
		ask(c);
	}
}

static void on_list(void *arg, struct fetch_response *r, const struct err *e)
{
	struct cycle *c = arg;
	struct err status;

	if (e) {
		failed(c, e);
	} else if (r->status != STATUS_OK) {
		(void)err_set(&status, ERR_HTTP, "HTTP %ld", r->status);
		failed(c, &status);
	} else {
		c->wire_n = r->body_n;
		c->encoding = r->encoding;
		c->wire = fetch_take_body(r);
		loop_work(c->conf->loop, parse, on_parsed, c);
	}
}

static void ask(struct cycle *c)
{
	struct fetch_request q = { .url = STR(TRENDING_URL) };

	if (c->fallback)
		q.url = arena_printf(&c->arena, TRENDING_FALLBACK_URL, c->conf->models);
	else if (c->page)
		q.url = arena_printf(&c->arena, TRENDING_URL "&p=%zu", c->page);
	fetch_start(c->conf->fetcher, &q, on_list, c);
}

void cycle_list(struct cycle *c)
{
	ask(c);
}
