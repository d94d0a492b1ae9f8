/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <stdlib.h>
#include <string.h>

#include "hostile.h"
#include "life.h"
#include "motion.h"
#include "providers.h"
#include "query.h"
#include "replay.h"
#include "truth.h"

enum { COUNT_MAX = 1000000, TIMES_MAX = 1000000, RETRY_AFTER_S_MAX = 100000000 };
#define SECONDS_MAX 99999999999u

/* What one control request works with; `out` is the answer in the making. */
struct call {
	struct sim *sim;
	const struct http_request *rq;
	const char *query;
	struct buf out;
	struct venue *venue; /* of ?provider=, when the route needs one */
	struct shop *shop;
	const char *wrong; /* a sentence: the request is refused with it */
};

static bool number(struct call *c, const char *key, uint64_t max, uint64_t otherwise, uint64_t *out)
{
	if (query_number(c->query, key, max, otherwise, out))
		return true;
	c->wrong = key;
	return false;
}

static void write_events(struct call *c, struct buf *events)
{
	buf_printf(&c->out, "{\"tick\":%ju,\"events\":[", (uintmax_t)c->sim->market.tick);
	buf_add(&c->out, events->data, events->len);
	buf_str(&c->out, "]}");
	buf_release(events);
}

/* Routes for every provider take one as well. */
static bool one_or_all(struct call *c)
{
	if (query_has(c->query, "provider") && !c->shop)
		c->wrong = "provider";
	return !c->wrong;
}

static void do_truth(struct call *c)
{
	if (one_or_all(c))
		truth_write(&c->out, &c->sim->market, c->shop);
}

static void do_advance(struct call *c)
{
	struct buf events = { 0 };
	uint64_t steps;

	if (!one_or_all(c))
		return;
	if (!number(c, "steps", MOTION_STEPS_MAX, 1, &steps))
		return;
	while (steps--)
		motion_step(&c->sim->market, c->shop, &events);
	write_events(c, &events);
}

static void write_life(struct call *c, const char *events)
{
	buf_printf(&c->out, "{\"begins\":\"%s\",\"hours\":%ju,\"events\":[", LIFE_BEGINS,
		   (uintmax_t)life_hours(c->shop));
	buf_str(&c->out, events);
	buf_str(&c->out, "]}");
}

static void do_live(struct call *c)
{
	struct buf events = { 0 };
	uint64_t hours;

	if (!number(c, "hours", LIFE_HOURS_MAX, 12, &hours))
		return;
	life_pass(&c->sim->market, c->shop, hours, &events);
	write_life(c, events.len ? events.data : "");
	buf_release(&events);
}

static void do_log(struct call *c)
{
	write_life(c, life_log(c->shop));
}

static void do_shuffle(struct call *c)
{
	struct buf events = { 0 };

	motion_shuffle(c->shop);
	write_events(c, &events);
}

static void do_touch(struct call *c)
{
	struct buf events = { 0 };

	motion_touch(c->shop);
	write_events(c, &events);
}

static void do_reprice(struct call *c)
{
	struct buf events = { 0 };
	uint64_t n;

	if (!number(c, "n", COUNT_MAX, 1, &n))
		return;
	motion_reprice(&c->sim->market, c->shop, n, &events);
	write_events(c, &events);
}

static void do_remove(struct call *c)
{
	struct buf events = { 0 };
	uint64_t n;

	if (!number(c, "n", COUNT_MAX, 1, &n))
		return;
	motion_remove(&c->sim->market, c->shop, n, &events);
	write_events(c, &events);
}

static void do_restore(struct call *c)
{
	struct buf events = { 0 };

	motion_restore(&c->sim->market, c->shop, &events);
	write_events(c, &events);
}

static bool fault_parameters(struct call *c, struct fault *f)
{
	uint64_t status, retry_after;
	char *kind = query_text(c->query, "kind");
	bool known = kind && fault_by_name(kind, &f->kind);

	free(kind);
	if (!known || (c->venue->list && !fault_fits(f->kind, c->venue->list->dialect))) {
		c->wrong = "kind";
		return false;
	}
	if (!number(c, "status", 599, 503, &status) ||
	    !number(c, "times", TIMES_MAX, 0, &f->times) ||
	    !number(c, "page", COUNT_MAX, 0, &f->page) ||
	    !number(c, "retry_after", RETRY_AFTER_S_MAX, 0, &retry_after))
		return false;
	if (status < 200) {
		c->wrong = "status";
		return false;
	}
	f->status = (int)status;
	f->retry_after_s = query_has(c->query, "retry_after") ? (int64_t)retry_after : -1;
	f->location = query_text(c->query, "location");
	f->part = query_text(c->query, "part");
	if (f->part && !hostile_known(f->part))
		c->wrong = "part";
	if (f->location && strpbrk(f->location, "\r\n"))
		c->wrong = "location";
	return !c->wrong;
}

static void write_venue(struct call *c)
{
	buf_printf(&c->out, "{\"provider\":\"%s\"", c->venue->name);
	if (c->venue->list)
		buf_printf(&c->out, ",\"list\":\"%s\"", c->venue->list->name);
}

static void do_fault(struct call *c)
{
	struct fault f = { .retry_after_s = -1 };

	if (!fault_parameters(c, &f)) {
		fault_clear(&f);
		return;
	}
	fault_clear(&c->venue->fault);
	c->venue->fault = f;
	write_venue(c);
	buf_printf(&c->out, ",\"kind\":\"%s\",\"times\":", fault_name(f.kind));
	if (f.times)
		buf_uint(&c->out, f.times);
	else
		buf_str(&c->out, "null");
	if (f.kind == FAULT_HOSTILE) {
		buf_str(&c->out, ",\"parts\":");
		hostile_list(&c->out, f.part);
	}
	buf_char(&c->out, '}');
}

/* Lists that cannot say it, and replayed documents, come in no such pages. */
static bool paging_parameters(struct call *c, struct paging *p)
{
	char *form = query_text(c->query, "paging");
	uint64_t size;
	const struct list *l = c->venue->list;
	bool known = !form || paging_by_name(form, l ? l->paging.words : NULL, &p->words);

	free(form);
	if (!number(c, "page_size", COUNT_MAX, p->size, &size))
		return false;
	p->size = size;
	if (known && !p->words && l && l->paging.words)
		*p = (struct paging){ l->paging.words, COUNT_MAX }; /* one page of its own sort */
	if (!known || (p->words && (!p->size || !l || !paging_fits(p->words, l->dialect))))
		c->wrong = "paging";
	return !c->wrong;
}

/* "bearer", "header:NAME", "scheme:NAME", "token", or "none". */
static bool key_parameter(struct call *c)
{
	struct venue *v = c->venue;
	char *key = query_text(c->query, "key");
	char *name = key ? strchr(key, ':') : NULL;
	bool none = key && !strcmp(key, "none");
	bool named;

	if (name)
		*name++ = '\0';
	if (key && !none && !key_kind_by_name(key, &v->key_kind))
		c->wrong = "key";
	named = v->key_kind == KEY_HEADER || v->key_kind == KEY_SCHEME;
	if (key && !none && (named != (name && *name) || !v->list))
		c->wrong = "key";
	if (key && !c->wrong) {
		v->keyed = !none;
		free(v->key_name);
		v->key_name = name ? sim_strdup(name) : NULL;
	}
	free(key);
	return !c->wrong;
}

/* The list answers for so many ids at a time, named in that parameter; "": it is a list of all. */
static bool ids_parameters(struct call *c)
{
	struct venue *v = c->venue;
	char *ids = query_text(c->query, "ids");
	uint64_t max;

	if (number(c, "ids_max", COUNT_MAX, v->ids_max, &max))
		v->ids_max = max;
	if (ids && !v->list)
		c->wrong = "ids";
	if (ids && !c->wrong) {
		free(v->ids);
		v->ids = *ids ? sim_strdup(ids) : NULL;
	}
	free(ids);
	return !c->wrong;
}

static void do_config(struct call *c)
{
	struct venue *v = c->venue;
	struct paging paging = v->paging;
	uint64_t etag, gzip, chunked, latency, bare;

	if (!paging_parameters(c, &paging) || !key_parameter(c) || !ids_parameters(c))
		return;

	if (!number(c, "etag", 1, v->etag, &etag) || !number(c, "gzip", 1, v->gzip, &gzip) ||
	    !number(c, "chunked", 1, v->chunked, &chunked) ||
	    !number(c, "bare", 1, v->bare, &bare) ||
	    !number(c, "latency_ms", LATENCY_MS_MAX, v->latency_ms, &latency))
		return;
	v->etag = etag;
	v->gzip = gzip;
	v->chunked = chunked;
	v->bare = bare;
	v->version = 0; /* what was rendered may be another now */
	v->latency_ms = (unsigned)latency;
	v->paging = paging;
	write_venue(c);
	buf_printf(&c->out,
		   ",\"etag\":%d,\"gzip\":%d,\"chunked\":%d,\"bare\":%d,\"latency_ms\":%u,"
		   "\"paging\":\"%s\",\"page_size\":%zu}",
		   v->etag, v->gzip, v->chunked, v->bare, v->latency_ms,
		   paging_name(v->paging.words), v->paging.size);
}

static void do_account(struct call *c)
{
	char *email = query_text(c->query, "email");

	if (!email || !*email ||
	    !issuer_register(&c->sim->issuer, email, c->rq->body, c->rq->body_n))
		c->wrong = email && *email ? "the public key, as the body" : "email";
	free(email);
	issuer_write(&c->out, &c->sim->issuer);
}

static void do_issuer(struct call *c)
{
	struct issuer *is = &c->sim->issuer;
	char *answer = query_text(c->query, "answer");
	uint64_t expires_in, now, expire;

	if (answer && !issuer_answer_by_name(answer, &is->answer))
		c->wrong = "answer";
	free(answer);
	if (!number(c, "expires_in", COUNT_MAX, is->expires_in_s, &expires_in) ||
	    !number(c, "now", SECONDS_MAX, (uint64_t)is->now_s, &now) ||
	    !number(c, "expire", 1, 0, &expire))
		return;
	is->expires_in_s = expires_in;
	is->now_s = (int64_t)now;
	if (expire)
		issuer_expire(is);
	issuer_write(&c->out, is);
}

static void do_requests(struct call *c)
{
	uint64_t clear;

	if (!number(c, "clear", 1, 0, &clear))
		return;
	journal_write(&c->out, &c->sim->journal);
	if (clear)
		journal_clear(&c->sim->journal);
}

static void do_replay(struct call *c)
{
	char *dir = query_text(c->query, "dir");

	if (dir && *dir && !replay_is_dir(dir)) {
		free(dir);
		c->wrong = "dir";
		return;
	}
	free(c->sim->replay_dir);
	c->sim->replay_dir = dir && *dir ? dir : NULL;
	buf_str(&c->out, "{\"dir\":");
	buf_json(&c->out, c->sim->replay_dir, JSON_UTF8);
	buf_char(&c->out, '}');
	if (dir && !*dir)
		free(dir);
}

static void write_list(struct buf *out, const struct list *l)
{
	buf_comma(out);
	buf_printf(out,
		   "{\"name\":\"%s\",\"path\":\"/%s%s\",\"query\":\"%s\",\"key\":%s,"
		   "\"key_kind\":\"%s\",\"key_name\":\"%s\",\"ids\":\"%s\","
		   "\"counts\":%s,\"links\":%s,\"paging\":\"%s\",\"page_size\":%zu}",
		   l->name, l->host, l->path, l->query ? l->query : "",
		   l->refusal ? "true" : "false", key_kind_name(l->key.kind),
		   l->key.name ? l->key.name : "", l->ids ? l->ids : "",
		   l->dialect->counts ? "true" : "false", l->dialect->links ? "true" : "false",
		   paging_name(l->paging.words), l->paging.size);
}

static void do_providers(struct call *c)
{
	buf_char(&c->out, '{');
	for (size_t i = 0; i < providers_count; i++) {
		const struct provider *p = &providers[i];

		buf_comma(&c->out);
		buf_printf(&c->out, "\"%s\":{\"lists\":[", p->slug);
		for (size_t j = 0; j < PROVIDER_LISTS_MAX && p->lists[j].name; j++)
			write_list(&c->out, &p->lists[j]);
		buf_str(&c->out, "],\"quirks\":");
		buf_json(&c->out, p->quirks, JSON_UTF8);
		buf_char(&c->out, '}');
	}
	buf_char(&c->out, '}');
}

static void do_chat(struct call *c)
{
	c->wrong = chat_control(&c->sim->chat, c->rq, &c->out);
}

static void do_chat_log(struct call *c)
{
	uint64_t since, limit, clear;

	if (!number(c, "since", UINT64_MAX, 0, &since) ||
	    !number(c, "limit", LOG_MAX, LOG_MAX, &limit) || !number(c, "clear", 1, 0, &clear))
		return;
	buf_str(&c->out, "");
	chat_log_write(&c->out, &c->sim->chat.log, since, limit);
	if (clear)
		chat_clear(&c->sim->chat);
}

static void do_chat_counts(struct call *c)
{
	chat_counts(&c->sim->chat, &c->out);
}

static void do_chat_help(struct call *c)
{
	chat_help(&c->out);
}

static void do_chat_requests(struct call *c)
{
	journal_write(&c->out, &c->sim->chat.journal);
}

static void do_trending_truth(struct call *c)
{
	uint64_t models;

	if (number(c, "models", TRENDING_MAX, 0, &models))
		trending_truth(&c->sim->trending, models, &c->out);
}

static void do_trending(struct call *c)
{
	struct trending *t = &c->sim->trending;
	char *spelling = query_text(c->query, "spelling");
	uint64_t models, page;

	if (spelling && !trending_spelling_by_name(spelling, &t->spelling))
		c->wrong = "spelling";
	free(spelling);
	if (c->wrong || !number(c, "models", TRENDING_MAX, t->count, &models) ||
	    !number(c, "page", TRENDING_MAX, t->page, &page))
		return;
	trending_resize(t, models);
	t->page = page;
	trending_truth(t, 0, &c->out);
}

static void do_door(struct call *c)
{
	char *kind = query_text(c->query, "kind");
	uint64_t times, tls;
	enum door door;

	if (!kind || !http_door_by_name(kind, &door))
		c->wrong = "kind";
	free(kind);
	if (c->wrong || !number(c, "times", TIMES_MAX, 0, &times) || !number(c, "tls", 1, 0, &tls))
		return;
	struct http_server *server = c->sim->servers[tls];
	if (!server || (door != DOOR_OPEN && !tls && !times)) {
		c->wrong = server ? "times" : "tls"; /* or nobody could open it again */
		return;
	}
	server->door = door;
	server->door_times = times;
	buf_printf(&c->out, "{\"tls\":%ju,\"times\":%ju}", (uintmax_t)tls, (uintmax_t)times);
}

static void do_help(struct call *c);

enum need { NEED_NOTHING, NEED_VENUE, NEED_SHOP };

static const struct route {
	const char *method, *path;
	void (*run)(struct call *);
	enum need need;
	const char *parameters, *help;
} routes[] = {
	{ "GET", "/sim/", do_help, NEED_NOTHING, "", "this list" },
	{ "POST", "/sim/advance", do_advance, NEED_NOTHING, "steps provider",
	  "an ordinary day or more, everywhere or at one provider" },
	{ "POST", "/sim/chat", do_chat, NEED_NOTHING, "provider model outcome times skip chance …",
	  "how chat endpoints answer, or fail; GET /sim/chat/help has all the names; also as a JSON "
	  "object or an array of them in the body; reset=1 forgets what was said before" },
	{ "GET", "/sim/chat/counts", do_chat_counts, NEED_NOTHING, "",
	  "how often each endpoint was asked, answered, ended as it was to" },
	{ "GET", "/sim/chat/help", do_chat_help, NEED_NOTHING, "",
	  "members of a programme, spellings of numbers, outcomes and what an honest reader calls "
	  "them" },
	{ "GET", "/sim/chat/log", do_chat_log, NEED_NOTHING, "since limit clear",
	  "a line of JSON for each request of a chat; stamps are CLOCK_MONOTONIC in us" },
	{ "GET", "/sim/chat/requests", do_chat_requests, NEED_NOTHING, "",
	  "the newest requests of chats whole, with headers and bodies" },
	{ "POST", "/sim/config", do_config, NEED_VENUE,
	  "provider list etag gzip chunked bare latency_ms paging page_size key ids ids_max",
	  "validators, compression, framing, no envelope, delay, pages, which key, rows of chosen "
	  "ids only" },
	{ "POST", "/sim/door", do_door, NEED_NOTHING, "kind times tls",
	  "how the next connections are received, in the clear or with TLS: reset, silent, rude, open" },
	{ "POST", "/sim/fault", do_fault, NEED_VENUE,
	  "provider list kind status times page retry_after location part",
	  "fail so; kind=none clears; without list the provider's first" },
	{ "POST", "/sim/issuer", do_issuer, NEED_NOTHING, "answer expires_in now expire",
	  "what the token endpoint says, its clock; expire=1: no token is good any more" },
	{ "POST", "/sim/live", do_live, NEED_SHOP, "provider hours",
	  "so many hours of the life of a real catalog (12)" },
	{ "GET", "/sim/log", do_log, NEED_SHOP, "provider", "what happened while it lived" },
	{ "GET", "/sim/providers", do_providers, NEED_NOTHING, "", "who is played, and where" },
	{ "POST", "/sim/remove", do_remove, NEED_SHOP, "provider n", "take rows off the list" },
	{ "POST", "/sim/replay", do_replay, NEED_NOTHING, "dir",
	  "serve recorded documents; without dir stop it" },
	{ "POST", "/sim/reprice", do_reprice, NEED_SHOP, "provider n", "change exactly n prices" },
	{ "GET", "/sim/requests", do_requests, NEED_NOTHING, "clear",
	  "what was asked of providers; bytes are those of bodies" },
	{ "POST", "/sim/restore", do_restore, NEED_SHOP, "provider", "bring removed rows back" },
	{ "POST", "/sim/service-account", do_account, NEED_NOTHING, "email",
	  "an account of the token endpoint; the body is its public key in PEM" },
	{ "POST", "/sim/shuffle", do_shuffle, NEED_SHOP, "provider", "new order, same truth" },
	{ "POST", "/sim/touch", do_touch, NEED_SHOP, "provider", "new description, same truth" },
	{ "GET", "/sim/trending", do_trending_truth, NEED_NOTHING, "models",
	  "what is trending, and whom an honest tracker of the first so many models calls" },
	{ "POST", "/sim/trending", do_trending, NEED_NOTHING, "models page spelling",
	  "how many there are, how many on a page, and which words (provider, name, status)" },
	{ "GET", "/sim/truth", do_truth, NEED_NOTHING, "provider", "what is really offered" },
};

static void describe(struct buf *out, const char *method, const char *path, const char *parameters,
		     const char *help)
{
	buf_comma(out);
	buf_printf(out, "{\"method\":\"%s\",\"path\":\"%s\",\"parameters\":\"%s\",\"help\":\"%s\"}",
		   method, path, parameters, help);
}

static void do_help(struct call *c)
{
	buf_char(&c->out, '[');
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		describe(&c->out, routes[i].method, routes[i].path, routes[i].parameters,
			 routes[i].help);
	for (size_t i = 0; i < hub_routes_n; i++)
		describe(&c->out, hub_routes[i].method, hub_routes[i].path,
			 hub_routes[i].parameters, hub_routes[i].help);
	buf_char(&c->out, ']');
}

static void find_provider(struct call *c, enum need need)
{
	char *name = query_text(c->query, "provider");
	char *list = query_text(c->query, "list");

	if (name)
		c->shop = market_shop(&c->sim->market, name);
	if (name && need == NEED_VENUE)
		c->venue = sim_venue(c->sim, name, list);
	if ((need == NEED_SHOP && !c->shop) || (need == NEED_VENUE && !c->venue))
		c->wrong = c->shop ? "list" : "provider";
	free(list);
	free(name);
}

/* With that method if there is one; NULL: no such path. */
static const struct route *route_to(const char *method, const char *path)
{
	const struct route *found = NULL;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (!strcmp(routes[i].path, path) && (!found || !strcmp(routes[i].method, method)))
			found = &routes[i];
	return found;
}

static void refuse(struct reply *rp, int status, const char *why, const char *what)
{
	struct buf json = { 0 };

	buf_str(&json, "{\"error\":\"");
	buf_str(&json, why);
	buf_str(&json, what);
	buf_str(&json, "\"}");
	reply_json(rp, status, &json);
}

void control_answer(struct sim *sim, const struct http_request *rq, struct reply *rp)
{
	const struct route *r = route_to(rq->method, rq->path);
	struct call c = { .sim = sim, .rq = rq, .query = rq->query };

	if (!r) {
		refuse(rp, 404, "no such route; GET /sim/ lists them", "");
		return;
	}
	if (strcmp(r->method, rq->method) != 0) {
		refuse(rp, 405, "this route is called with ", r->method);
		return;
	}
	find_provider(&c, r->need);
	if (!c.wrong)
		r->run(&c);
	if (c.wrong) {
		buf_release(&c.out);
		refuse(rp, 400, "missing, unknown or out of range: ", c.wrong);
		return;
	}
	reply_json(rp, 200, &c.out);
}
