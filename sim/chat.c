/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* --- endpoints --- */

void chat_init(struct chat *c, uint64_t seed, struct market *m, const struct trending *t)
{
	*c = (struct chat){ .seed = seed, .market = m, .trending = t, .journal.bodies = true };
}

static struct endpoint *find_endpoint(struct chat *c, enum via via, const char *provider,
				      const char *model)
{
	struct rng r = rng_from(via, provider, 0);
	struct endpoint **at;

	r = rng_from(r.state, model, 0);
	at = &c->buckets[rng_next(&r) % ENDPOINT_BUCKETS];
	while (*at && ((*at)->via != via || strcmp((*at)->provider, provider) != 0 ||
		       strcmp((*at)->model, model) != 0))
		at = &(*at)->next;
	if (!*at) {
		*at = sim_alloc(sizeof(**at));
		(*at)->provider = sim_strdup(provider);
		(*at)->model = sim_strdup(model);
		(*at)->via = via;
	}
	return *at;
}

static void free_endpoints(struct endpoint *e)
{
	while (e) {
		struct endpoint *next = e->next;

		free(e->provider);
		free(e->model);
		free(e);
		e = next;
	}
}

void chat_clear(struct chat *c)
{
	chat_log_clear(&c->log);
	journal_clear(&c->journal);
	for (size_t i = 0; i < ENDPOINT_BUCKETS; i++)
		for (struct endpoint *e = c->buckets[i]; e; e = e->next)
			e->asked = e->answered = e->ended = 0;
	c->most = c->now;
}

void chat_counts(const struct chat *c, struct buf *out)
{
	uint64_t asked = 0, answered = 0, ended = 0;
	struct buf each = { 0 };

	buf_char(&each, '[');
	for (size_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (const struct endpoint *e = c->buckets[i]; e; e = e->next) {
			if (!e->asked)
				continue;
			asked += e->asked;
			answered += e->answered;
			ended += e->ended;
			buf_comma(&each);
			buf_printf(&each, "{\"via\":\"%s\",\"provider\":", via_name(e->via));
			buf_json(&each, e->provider, JSON_UTF8);
			buf_str(&each, ",\"model\":");
			buf_json(&each, e->model, JSON_UTF8);
			buf_printf(&each, ",\"asked\":%ju,\"answered\":%ju,\"ended\":%ju}",
				   (uintmax_t)e->asked, (uintmax_t)e->answered,
				   (uintmax_t)e->ended);
		}
	}
	buf_printf(out,
		   "{\"last\":%ju,\"asked\":%ju,\"answered\":%ju,\"ended\":%ju,\"now\":%ju,"
		   "\"most\":%ju,\"endpoints\":",
		   (uintmax_t)c->log.last, (uintmax_t)asked, (uintmax_t)answered, (uintmax_t)ended,
		   (uintmax_t)c->now, (uintmax_t)c->most);
	buf_add(out, each.data, each.len);
	buf_str(out, "]}");
	buf_release(&each);
}

/* --- whom it holds for --- */

void aim_release(struct aim *a)
{
	free(a->provider);
	free(a->model);
}

static bool aimed_at(const struct aim *a, const struct names *n)
{
	return (!a->provider || !strcmp(a->provider, n->addressed) ||
		(n->slug && !strcmp(a->provider, n->slug))) &&
	       (!a->model || !strcmp(a->model, n->model));
}

static int closeness(const struct aim *a)
{
	return (a->provider ? 2 : 0) + (a->model ? 1 : 0);
}

struct programme chat_programme(const struct chat *c, const struct names *n)
{
	const struct ruling *best = NULL;

	for (size_t i = 0; i < c->ruling_count; i++) {
		const struct ruling *r = &c->rulings[i];

		if (aimed_at(&r->aim, n) && (!best || closeness(&r->aim) > closeness(&best->aim)))
			best = r;
	}
	return best ? best->programme : programme_ordinary();
}

void chat_drop_due(struct chat *c, size_t i)
{
	aim_release(&c->dues[i].aim);
	memmove(&c->dues[i], &c->dues[i + 1], (c->due_count - i - 1) * sizeof(*c->dues));
	c->due_count--;
}

/* The mishap of this request, which is then one less; false: all goes well. */
static bool take_due(struct chat *c, const struct names *n, bool stream, struct rng *rng,
		     struct due *out)
{
	for (size_t i = 0; i < c->due_count; i++) {
		struct due *d = &c->dues[i];

		if (!aimed_at(&d->aim, n) || (d->mishap->stream && !stream) ||
		    (d->mishap->document && stream))
			continue;
		if (d->skip) {
			d->skip--;
			continue;
		}
		if (d->chance < 1 && (double)rng_below(rng, 1000000) >= d->chance * 1e6)
			continue;
		*out = *d;
		if (d->times && !--d->times)
			chat_drop_due(c, i);
		return true;
	}
	return false;
}

/* --- what is asked --- */

/* A request as it was read. */
struct asked {
	const struct http_request *rq;
	struct asked_place at;
	yyjson_doc *doc;
	yyjson_val *root;
	const char *model; /* "": not said */
	char *prompt;      /* owned */
	const char *key;
	bool stream, include_usage;
};

static const char *shown_key(const struct asked *a)
{
	const struct place *p = a->at.place;
	const char *named = p && a->at.via == VIA_DIRECT ? p->key_header : NULL;
	const char *value = http_header(a->rq, named ? named : "authorization");

	if (value && !named)
		value = !strncmp(value, "Bearer ", 7) ? value + 7 : NULL;
	return value ? value : "";
}

/* Text of a message: a string, or an array of parts. */
static void add_content(struct buf *out, yyjson_val *content)
{
	size_t i, n;
	yyjson_val *part;

	if (yyjson_is_str(content))
		buf_str(out, yyjson_get_str(content));
	if (!yyjson_is_arr(content))
		return;
	yyjson_arr_foreach(content, i, n, part)
	{
		const char *text = yyjson_get_str(yyjson_obj_get(part, "text"));

		buf_str(out, text ? text : "");
	}
}

static char *last_message(yyjson_val *root)
{
	yyjson_val *last = yyjson_arr_get_last(yyjson_obj_get(root, "messages"));
	struct buf out = { 0 };

	buf_str(&out, "");
	add_content(&out, yyjson_obj_get(last, "content"));
	return out.data;
}

static void read_request(struct asked *a)
{
	yyjson_val *options;
	const char *model;

	a->doc = yyjson_read(a->rq->body, a->rq->body_n, 0);
	a->root = yyjson_doc_get_root(a->doc);
	model = yyjson_get_str(yyjson_obj_get(a->root, "model"));
	a->model = model ? model : a->at.model;
	a->prompt = last_message(a->root);
	a->stream = yyjson_get_bool(yyjson_obj_get(a->root, "stream"));
	options = yyjson_obj_get(a->root, "stream_options");
	a->include_usage = yyjson_get_bool(yyjson_obj_get(options, "include_usage"));
	a->key = shown_key(a);
}

static uint64_t said_limit(const struct asked *a, const char **name)
{
	static const char *const names[] = { "max_tokens", "max_completion_tokens" };

	for (size_t i = 0; i < 2; i++) {
		yyjson_val *v = yyjson_obj_get(a->root, names[i]);

		if (!v)
			continue;
		*name = names[i];
		return yyjson_get_uint(v);
	}
	*name = NULL;
	return 0;
}

/* --- what is wrong with it --- */

static const struct mishap refusals[] = {
	{ .name = "no_json",
	  .class = "bad_request",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "We could not parse the JSON body of your request." },
	{ .name = "no_model",
	  .class = "bad_request",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "you must provide a model parameter" },
	{ .name = "no_messages",
	  .class = "bad_request",
	  .status = 422,
	  .type = "invalid_request_error",
	  .message = "Field required: messages" },
	{ .name = "no_type",
	  .class = "bad_request",
	  .status = 415,
	  .type = "invalid_request_error",
	  .message = "Unsupported content type, send application/json" },
	{ .name = "no_post",
	  .class = "bad_request",
	  .status = 405,
	  .type = "invalid_request_error",
	  .message = "Method not allowed" },
	{ .name = "no_route",
	  .class = "not_found",
	  .status = 404,
	  .type = "invalid_request_error",
	  .message = "Not found" },
	{ .name = "no_header",
	  .class = "bad_request",
	  .status = 400,
	  .type = "invalid_request_error",
	  .message = "a required header is missing" },
	{ .name = "no_key",
	  .class = "unauthorized",
	  .status = 401,
	  .type = "authentication_error",
	  .code = "invalid_api_key",
	  .message = "Invalid username or password." },
	{ .name = "unknown_model",
	  .class = "not_found",
	  .status = 404,
	  .type = "invalid_request_error",
	  .code = "model_not_found",
	  .message = "The model `{model}` does not exist or you do not have access to it." },
	{ .name = "refused_member",
	  .class = "bad_request",
	  .status = 400,
	  .content_type = "application/json",
	  .body = "{\"error\":{\"message\":\"Unrecognized request argument supplied: {member}\","
		  "\"type\":\"invalid_request_error\",\"param\":\"{member}\",\"code\":null}}" },
	{ .name = "other_limit",
	  .class = "bad_request",
	  .status = 400,
	  .content_type = "application/json",
	  .body = "{\"error\":{\"message\":\"Unsupported parameter: '{member}' is not supported with "
		  "this model. Use '{bound}' instead.\",\"type\":\"invalid_request_error\","
		  "\"param\":\"{member}\",\"code\":\"unsupported_parameter\"}}" },
	{ .name = "limit_small",
	  .class = "bad_request",
	  .status = 400,
	  .content_type = "application/json",
	  .body = "{\"error\":{\"message\":\"Invalid '{member}': integer below minimum value. Expected "
		  "a value >= {bound}.\",\"type\":\"invalid_request_error\",\"param\":\"{member}\","
		  "\"code\":\"integer_below_min_value\"}}" },
	{ .name = "limit_large",
	  .class = "bad_request",
	  .status = 400,
	  .content_type = "application/json",
	  .body = "{\"error\":{\"message\":\"{member} is too large. This model supports at most "
		  "{bound} completion tokens.\",\"type\":\"invalid_request_error\",\"param\":"
		  "\"{member}\",\"code\":\"invalid_value\"}}" },
};

/* Why a request is refused. */
struct refusal {
	const struct mishap *mishap; /* NULL: it is in order */
	const char *member;          /* that is wrong, or "" */
	char bound[PROGRAMME_WORD];  /* what it is to be, or "" */
};

static void refuse(struct refusal *r, const char *name, const char *member, const char *bound)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strcmp(refusals[i].name, name))
			r->mishap = &refusals[i];
	r->member = member;
	snprintf(r->bound, sizeof(r->bound), "%s", bound);
}

static bool key_good(const struct asked *a, const struct programme *p)
{
	return !p->check_key || (*a->key && (!*p->key || !strcmp(p->key, a->key)));
}

static bool model_known(const struct chat *c, const struct asked *a)
{
	const struct shop *shop;

	if (a->at.via == VIA_ROUTER)
		return trending_sells(c->trending, a->at.name, a->model);
	shop = market_shop(c->market, a->at.name);
	for (size_t i = 0; shop && i < shop->offered.count; i++)
		if (!strcmp(shop->offered.models[i]->id, a->model))
			return true;
	return false;
}

static void check_limit(struct refusal *r, const struct asked *a, const struct programme *p)
{
	const char *name;
	uint64_t limit = said_limit(a, &name);
	char bound[PROGRAMME_WORD];

	if (!name)
		return;
	if (*p->limit && strcmp(p->limit, name) != 0) {
		refuse(r, "other_limit", name, p->limit);
	} else if (p->limit_min && limit < p->limit_min) {
		snprintf(bound, sizeof(bound), "%ju", (uintmax_t)p->limit_min);
		refuse(r, "limit_small", name, bound);
	} else if (p->limit_max && limit > p->limit_max) {
		snprintf(bound, sizeof(bound), "%ju", (uintmax_t)p->limit_max);
		refuse(r, "limit_large", name, bound);
	}
}

/* In the order in which servers come across it. */
static void check(const struct chat *c, const struct asked *a, const struct programme *p,
		  struct refusal *r)
{
	const char *type = http_header(a->rq, "content-type");
	const struct place *place = a->at.place;
	bool direct = a->at.via == VIA_DIRECT;
	const char *name = NULL;

	if (strcmp(a->rq->method, "POST") != 0)
		name = "no_post";
	else if (!a->at.routed)
		name = "no_route";
	else if (!key_good(a, p))
		name = "no_key";
	else if (direct && place->demands && !http_header(a->rq, place->demands))
		name = "no_header";
	else if (!type || strncasecmp(type, "application/json", 16) != 0)
		name = "no_type";
	else if (!yyjson_is_obj(a->root))
		name = "no_json";
	else if (!*a->model)
		name = "no_model";
	else if (!yyjson_arr_size(yyjson_obj_get(a->root, "messages")))
		name = "no_messages";
	else if (p->check_model && !model_known(c, a))
		name = "unknown_model";
	else if (*p->refuses && yyjson_obj_get(a->root, p->refuses))
		refuse(r, "refused_member", p->refuses, "");
	else
		check_limit(r, a, p);
	if (name)
		refuse(r, name, "", "");
}

/* --- the answer --- */

static void note_headers(struct chat_entry *e, const struct http_request *rq)
{
	struct buf all = { 0 };

	for (size_t i = 0; i < rq->header_count; i++) {
		buf_str(&all, rq->headers[i].name);
		buf_str(&all, ": ");
		buf_str(&all, rq->headers[i].value);
		buf_char(&all, '\n');
	}
	chat_digest(e->headers, all.data, all.len);
	buf_release(&all);
}

static struct chat_entry *note(struct chat *c, const struct asked *a)
{
	struct chat_entry *e = chat_log_note(&c->log);

	e->endpoint = find_endpoint(c, a->at.via, a->at.name, a->model);
	e->endpoint->asked++;
	e->stream = a->stream;
	e->secure = a->rq->secure;
	e->connection = a->rq->connection;
	e->nth = a->rq->nth;
	e->accepted_us = a->rq->accepted_us;
	e->read_us = a->rq->read_us;
	e->bytes = a->rq->body_n;
	chat_digest(e->body, a->rq->body, a->rq->body_n);
	chat_digest(e->key, a->key, strlen(a->key));
	note_headers(e, a->rq);
	snprintf(e->prompt, sizeof(e->prompt), "%s", a->prompt);
	return e;
}

/* Headers of this endpoint's own. */
static char *own_headers(const struct asked *a, const struct programme *p)
{
	struct buf out = { 0 };

	buf_str(&out, "");
	if (a->at.via == VIA_ROUTER)
		buf_printf(&out, "x-inference-provider: %s\r\n", a->at.name);
	if (p->cookie)
		buf_printf(&out,
			   "Set-Cookie: session=%s-c00k1e; HttpOnly\r\n"
			   "x-key-seen: %s\r\n",
			   a->at.name, a->key);
	return out.data;
}

static const char *ordinary_outcome(const struct programme *p)
{
	static const char *const names[ANSWERS] = {
		[ANSWER_RIGHT] = "ok",    [ANSWER_WRONG] = "wrong_answer",
		[ANSWER_EMPTY] = "empty", [ANSWER_REFUSAL] = "refused",
		[ANSWER_TEXT] = "text",
	};

	return names[p->answer];
}

static struct question question_of(const struct asked *a, const struct programme *p,
				   const char *headers, struct rng *rng)
{
	const struct place *place = a->at.place;
	bool direct = a->at.via == VIA_DIRECT;
	const char *name;

	return (struct question){ .form = direct ? place->form : &form_openai,
				  .complain = place ? place->complain : complain_text,
				  .model = a->model,
				  .prompt = a->prompt,
				  .key = a->key,
				  .member = "",
				  .bound = "",
				  .server = headers,
				  .stream = a->stream,
				  .include_usage = a->include_usage,
				  .close = p->close || a->rq->close,
				  .limit = said_limit(a, &name),
				  .id = rng_next(rng),
				  .latency_us = spread_draw(&p->latency, rng),
				  .rng = rng };
}

static struct script *write_refusal(struct question *q, const struct refusal *r)
{
	if (!strcmp(r->mishap->name, "no_key") && q->complain == complain_text)
		q->server = "WWW-Authenticate: Bearer realm=\"Authentication required\", "
			    "charset=\"UTF-8\"\r\n";
	q->member = r->member;
	q->bound = r->bound;
	return mishap_write(r->mishap, q, 0);
}

static struct script *write_mishap(const struct due *due, struct question *q, struct programme *p,
				   struct reply *rp)
{
	const struct mishap *m = due->mishap;
	struct twist twist = { 0 };
	struct script *s;

	if (m->bend)
		m->bend(p, &twist);
	s = m->status ? mishap_write(m, q, due->retry_after) : answer_write(q, p, &twist);
	if (m->breaks) {
		struct broken b = { s, rp, q->latency_us, !q->close };

		m->breaks(&b);
	}
	return s;
}

static void answer(struct chat *c, struct asked *a, struct reply *rp)
{
	const struct names names = { a->at.name, a->at.place ? a->at.place->name : NULL, a->model };
	struct programme p = chat_programme(c, &names);
	struct chat_entry *e = note(c, a);
	struct rng rng = rng_from(c->seed, e->endpoint->provider, e->endpoint->via);
	struct refusal refusal = { 0 };
	struct due due;
	struct twist none = { 0 };

	rng = rng_from(rng.state, e->endpoint->model, e->endpoint->asked);
	char *headers = own_headers(a, &p);
	struct question q = question_of(a, &p, headers, &rng);

	rp->ticket = e->number;
	rp->ending = q.close ? END_CLOSE : END_KEEP;
	e->status = rp->status = 200;
	e->tracing = p.trace;
	e->outcome = ordinary_outcome(&p);
	/* Whether words are a refusal is a matter of taste. */
	e->class = p.answer == ANSWER_TEXT || p.answer == ANSWER_REFUSAL ? NULL : e->outcome;
	check(c, a, &p, &refusal);
	if (a->rq->doomed) {
		rp->script = script_create();
		rp->ending = END_RESET;
		e->outcome = "dead_connection";
		e->class = "reset";
	} else if (refusal.mishap) {
		rp->script = write_refusal(&q, &refusal);
		e->outcome = refusal.mishap->name;
		e->class = refusal.mishap->class;
		e->status = refusal.mishap->status;
	} else if (take_due(c, &names, a->stream, &rng, &due)) {
		rp->script = write_mishap(&due, &q, &p, rp);
		e->outcome = due.mishap->name;
		e->class = due.mishap->class;
		e->status = due.mishap->status ? due.mishap->status : 200;
	} else {
		rp->script = answer_write(&q, &p, &none);
	}
	free(headers);
}

bool chat_serve(struct chat *c, const struct http_request *rq, struct reply *rp)
{
	struct asked a = { .rq = rq };

	if (!place_find(rq->path, &a.at))
		return false;
	read_request(&a);
	answer(c, &a, rp);
	journal_note(&c->journal, rq, rp->script->count ? 200 : 0);
	if (++c->now > c->most)
		c->most = c->now;
	free(a.prompt);
	yyjson_doc_free(a.doc);
	return true;
}

void chat_told(struct chat *c, uint64_t ticket, enum telling what, uint64_t at_us)
{
	if (what == TOLD_END || what == TOLD_GONE)
		c->now--;
	chat_log_told(&c->log, ticket, what, at_us);
}

void chat_release(struct chat *c)
{
	chat_forget(c);
	free(c->rulings);
	free(c->dues);
	chat_log_release(&c->log);
	journal_clear(&c->journal);
	for (size_t i = 0; i < ENDPOINT_BUCKETS; i++)
		free_endpoints(c->buckets[i]);
}
