/*
 * Hugging Face's list of trending models: the website's form and, when that fails
 * in whatever way, the documented one.
 */
#include "base/log.h"
#include "net/decode.h"
#include "task/probe_round.h"

enum { STATUS_OK = 200 };

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
		ask(c);
	} else {
		(void)err_set(&both, e->kind, "no list of models: models-json: %s; Hub API: %s",
			      c->err.text, e->text);
		cycle_fail(c, &both);
	}
}

static void parse(void *arg)
{
	struct cycle *c = arg;
	struct document doc = { 0 };
	struct err e;

	if (!decode_body(&c->wire, c->wire_n, c->encoding, c->conf->body_max, &doc, &e) ||
	    !trending_parse((struct str){ (const char *)doc.at, doc.n }, c->conf->models, &c->arena,
			    &c->models, &c->n_models, &e)) {
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
	} else {
		cycle_listed(c);
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
	fetch_start(c->conf->fetcher, &q, on_list, c);
}

void cycle_list(struct cycle *c)
{
	ask(c);
}
