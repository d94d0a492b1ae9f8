/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers.h"
#include "query.h"
#include "replay.h"

enum { GZIP_LEVEL = 6 };

static struct venue *open_venue(struct sim *sim, const char *name, struct shop *shop,
				const struct list *list)
{
	if (sim->venue_count == VENUES_MAX)
		return NULL;
	struct venue *v = &sim->venues[sim->venue_count++];
	*v = (struct venue){ .name = sim_strdup(name),
			     .shop = shop,
			     .list = list,
			     .etag = true,
			     .gzip = true,
			     .latency_ms = sim->latency_ms,
			     .paging = list ? list->paging : (struct paging){ 0 },
			     .fault.retry_after_s = -1 };
	if (!list)
		return v;
	v->keyed = list->refusal;
	v->key_kind = list->key.kind;
	v->key_name = list->key.name ? sim_strdup(list->key.name) : NULL;
	v->ids = list->ids ? sim_strdup(list->ids) : NULL;
	v->ids_max = list->ids_max;
	return v;
}

void sim_init(struct sim *sim, uint64_t seed, const struct market_size *size, unsigned latency_ms)
{
	sim->latency_ms = latency_ms;
	market_init(&sim->market, seed, size);
	issuer_init(&sim->issuer);
	trending_init(&sim->trending, seed, &sim->market);
	chat_init(&sim->chat, seed, &sim->market, &sim->trending);
	hub_init(&sim->hub);
	for (size_t i = 0; i < providers_count; i++)
		for (size_t j = 0; j < PROVIDER_LISTS_MAX && providers[i].lists[j].name; j++)
			open_venue(sim, providers[i].slug, &sim->market.shops[i],
				   &providers[i].lists[j]);
}

void sim_release(struct sim *sim)
{
	for (size_t i = 0; i < sim->venue_count; i++) {
		struct venue *v = &sim->venues[i];

		free(v->name);
		free(v->key_name);
		free(v->ids);
		fault_clear(&v->fault);
		blob_unref(v->plain);
		blob_unref(v->gzipped);
	}
	journal_clear(&sim->journal);
	chat_release(&sim->chat);
	trending_release(&sim->trending);
	issuer_release(&sim->issuer);
	hub_release(&sim->hub);
	free(sim->replay_dir);
	market_release(&sim->market);
}

struct venue *sim_venue(struct sim *sim, const char *name, const char *list)
{
	for (size_t i = 0; i < sim->venue_count; i++) {
		struct venue *v = &sim->venues[i];

		if (strcmp(v->name, name) != 0)
			continue;
		if (!list || (v->list && !strcmp(v->list->name, list)))
			return v;
	}
	return strchr(name, '.') && !list ? open_venue(sim, name, NULL, NULL) : NULL;
}

/* --- documents --- */

static struct blob *render(const struct venue *v, const struct page *p)
{
	struct buf out = { 0 };
	struct dialect d = *v->list->dialect;

	if (v->bare) {
		d.open = d.close = NULL;
		d.end = NULL;
	}
	wire_list(&out, &d, v->shop, p);
	return blob_from(&out);
}

static void keep(struct venue *v, struct blob *plain)
{
	blob_unref(v->plain);
	blob_unref(v->gzipped);
	v->plain = plain;
	v->gzipped = NULL;
	v->hash = blob_hash(plain);
}

static struct selection selection_of(const struct list *l)
{
	return (struct selection){ .hidden = l->hidden, .kinds = l->kinds, .prefix = l->prefix };
}

static struct page whole_page(const struct venue *v)
{
	struct selection select = selection_of(v->list);

	return page_whole(v->shop, v->list->dialect, &select);
}

static struct blob *simulated(struct venue *v)
{
	assert(v->shop && v->list); /* a venue that only replays has nothing to render */
	struct page whole = whole_page(v);

	if (!v->plain || v->version != v->shop->version) {
		keep(v, render(v, &whole));
		v->version = v->shop->version;
	}
	return v->plain;
}

/* Kept like a rendered one, so that its gzip variant is made once; the file is read every time, in
 * case somebody edits it. */
static struct blob *replayed(struct venue *v, struct blob *file)
{
	bool same = v->plain && v->plain->len == file->len &&
		    !memcmp(v->plain->data, file->data, file->len);

	if (same)
		blob_unref(file);
	else
		keep(v, file);
	v->version = 0; /* shop versions start at 1 */
	return v->plain;
}

static struct blob *gzipped(struct venue *v)
{
	if (!v->gzipped)
		v->gzipped = blob_gzip(v->plain, GZIP_LEVEL);
	return v->gzipped;
}

/* --- honest answers --- */

static bool accepts_gzip(const struct http_request *rq)
{
	const char *accept = http_header(rq, "accept-encoding");
	const char *at = accept ? strcasestr(accept, "gzip") : NULL;

	if (!at)
		return false;
	at += 4 + strspn(at + 4, " ");
	return strncmp(at, ";q=0", 4) != 0 || (at[4] == '.' && strpbrk(at + 5, "123456789"));
}

static bool matches(const struct http_request *rq, const char *etag)
{
	const char *wanted = http_header(rq, "if-none-match");

	return wanted && (!strcmp(wanted, "*") || strstr(wanted, etag));
}

static void send_document(struct venue *v, const struct http_request *rq, struct reply *rp)
{
	bool gzip = v->gzip && accepts_gzip(rq);
	char etag[40];

	/* A strong validator names bytes, so the variants have different ones. */
	snprintf(etag, sizeof(etag), "\"%016jx%s\"", (uintmax_t)v->hash, gzip ? "-gz" : "");
	if (v->gzip)
		reply_header(rp, "Vary", "Accept-Encoding");
	if (v->etag)
		reply_header(rp, "ETag", etag);
	if (v->etag && matches(rq, etag)) {
		rp->status = 304;
		return;
	}
	reply_header(rp, "Content-Type", "application/json");
	if (gzip)
		reply_header(rp, "Content-Encoding", "gzip");
	rp->body = blob_ref(gzip ? gzipped(v) : v->plain);
	rp->chunked = v->chunked;
}

static void send_error(struct reply *rp, int status, const char *message)
{
	struct buf json = { 0 };

	buf_printf(&json, "{\"error\":{\"code\":%d,\"message\":\"%s\"}}", status, message);
	reply_json(rp, status, &json);
}

/* What stands behind "SCHEME "; NULL when there is nothing. */
static const char *credentials(const struct http_request *rq, const char *scheme)
{
	const char *auth = http_header(rq, "authorization");
	size_t n = strlen(scheme);

	if (!auth || strncmp(auth, scheme, n) != 0 || auth[n] != ' ' || !auth[n + 1])
		return NULL;
	return auth + n + 1;
}

/* Any key will do but for tokens: what it opens is not what is tested here. */
static bool admitted(const struct sim *sim, const struct venue *v, const struct http_request *rq)
{
	const char *shown;

	if (!v->keyed)
		return true;
	switch (v->key_kind) {
	case KEY_HEADER:
		shown = http_header(rq, v->key_name);
		return shown && *shown;
	case KEY_SCHEME:
		return credentials(rq, v->key_name);
	case KEY_TOKEN:
		shown = credentials(rq, "Bearer");
		return shown && issuer_admits(&sim->issuer, shown);
	default:
		return credentials(rq, "Bearer");
	}
}

static void send_refusal(const struct venue *v, struct reply *rp)
{
	const char *text = v->list ? v->list->refusal : NULL;
	struct buf json = { 0 };

	buf_str(&json, text ? text : "{\"error\":\"no valid key\"}");
	reply_header(rp, "WWW-Authenticate", "Bearer");
	reply_json(rp, 401, &json);
}

/* Answers callers who show no key or leave out what is demanded. */
static bool refused(const struct sim *sim, const struct venue *v, const struct http_request *rq,
		    struct reply *rp)
{
	if (!admitted(sim, v, rq))
		send_refusal(v, rp);
	else if (v->list && v->list->demands && !http_header(rq, v->list->demands))
		send_error(rp, 400, "a header is missing");
	else
		return false;
	return true;
}

/* --- faults --- */

static bool send_bent(const struct venue *v, const struct page *honest, struct reply *rp)
{
	struct buf extra = { 0 };
	struct page page = *honest;
	bool bent = fault_page(&v->fault, v->list->dialect, &page, &extra);

	if (bent) {
		rp->body = render(v, &page);
		reply_header(rp, "Content-Type", "application/json");
	}
	buf_release(&extra);
	return bent;
}

/* `page` is NULL for a replayed document, which cannot be bent. */
static bool send_fault(struct venue *v, const struct blob *document, const struct page *page,
		       struct reply *rp)
{
	if (v->fault.kind == FAULT_NONE)
		return false;
	bool sent = fault_send(&v->fault, document, rp) || (page && send_bent(v, page, rp));
	if (v->fault.times && !--v->fault.times)
		fault_clear(&v->fault);
	return sent;
}

/* --- one document, or a page of it --- */

static void answer_whole(struct sim *sim, struct venue *v, const struct http_request *rq,
			 bool replay, struct reply *rp)
{
	struct page page = { 0 };

	if (!replay)
		page = whole_page(v);
	if (send_fault(v, v->plain, replay ? NULL : &page, rp))
		return;
	if (!refused(sim, v, rq, rp))
		send_document(v, rq, rp);
}

/* Pages are rendered anew each time; their validators are there to be misused. */
static void send_page(const struct venue *v, const struct http_request *rq, struct blob *page,
		      struct reply *rp)
{
	bool gzip = v->gzip && accepts_gzip(rq);
	char etag[40];

	snprintf(etag, sizeof(etag), "\"%016jx%s\"", (uintmax_t)blob_hash(page), gzip ? "-gz" : "");
	if (v->etag)
		reply_header(rp, "ETag", etag);
	if (v->etag && matches(rq, etag)) {
		rp->status = 304;
		return;
	}
	reply_header(rp, "Content-Type", "application/json");
	if (gzip)
		reply_header(rp, "Content-Encoding", "gzip");
	rp->body = gzip ? blob_gzip(page, GZIP_LEVEL) : blob_ref(page);
	rp->chunked = v->chunked;
}

static void answer_cut(struct sim *sim, struct venue *v, const struct http_request *rq,
		       const struct paging *paging, const struct paging_place *at, size_t number,
		       struct reply *rp)
{
	struct buf members = { 0 }, link = { 0 };
	struct page page = whole_page(v);
	bool here = !v->fault.page || v->fault.page == number;
	const struct fault none = { 0 };
	struct blob *document;

	paging_cut(paging, at, here ? &v->fault : &none, number, &page, &members, &link);
	document = render(v, &page);
	if (!here || !send_fault(v, document, &page, rp)) {
		if (!refused(sim, v, rq, rp)) {
			if (link.len)
				reply_header(rp, "Link", link.data);
			send_page(v, rq, document, rp);
		}
	}
	blob_unref(document);
	buf_release(&members);
	buf_release(&link);
}

static size_t count_ids(const char *ids)
{
	size_t n = *ids != '\0';

	for (const char *at = ids; (at = strchr(at, ',')); at++)
		n++;
	return n;
}

/* The rows that the caller names, and no others. */
static void answer_ids(struct sim *sim, struct venue *v, const struct http_request *rq,
		       struct reply *rp)
{
	char *ids = query_text(rq->query, v->ids);
	size_t n = ids ? count_ids(ids) : 0;
	struct selection select = selection_of(v->list);

	v->fault.answered++;
	bool here = !v->fault.page || v->fault.page == v->fault.answered;

	select.ids = ids ? ids : "";
	struct page page = page_whole(v->shop, v->list->dialect, &select);
	struct blob *document = render(v, &page);

	if (!here || !send_fault(v, document, &page, rp)) {
		bool refusal = refused(sim, v, rq, rp);

		if (!refusal && (n == 0 || n > v->ids_max))
			send_error(rp, 422, "none or too many ids");
		else if (!refusal)
			send_page(v, rq, document, rp);
	}
	blob_unref(document);
	free(ids);
}

static void answer_page(struct sim *sim, struct venue *v, const struct http_request *rq,
			struct reply *rp)
{
	const struct list *l = v->list;
	struct paging_place at = { l->host, l->path, l->query, v->shop, selection_of(l) };
	struct paging paging = v->paging;
	size_t number = paging_asked(&paging, &at, rq->query);

	if (number)
		answer_cut(sim, v, rq, &paging, &at, number, rp);
	else
		send_error(rp, 400, "no such page");
}

/* --- dispatch --- */

/* The venue of "/HOST/PATH": a simulated provider's, or one of a replayed document. */
static struct venue *venue_at(struct sim *sim, const struct http_request *rq, bool replay)
{
	size_t n = strcspn(rq->path + 1, "/");
	char *host = sim_format("%.*s", (int)n, rq->path + 1);
	const struct provider *p = NULL;
	const struct list *l = list_at(host, rq->path + 1 + n, rq->query, &p);
	struct venue *v = NULL;

	if (l)
		v = sim_venue(sim, p->slug, l->name);
	else if (replay)
		v = sim_venue(sim, host, NULL);
	free(host);
	return v;
}

/* The endpoint fails as lists do, when it is told to under its host's name. */
static void serve_token(struct sim *sim, const struct http_request *rq, struct reply *rp)
{
	struct venue *v = sim_venue(sim, ISSUER_HOST, NULL);
	struct blob *honest;

	if (!v || v->fault.kind == FAULT_NONE) {
		issuer_serve(&sim->issuer, rq, rp);
	} else {
		struct buf json = { 0 };

		buf_str(&json, "{\"access_token\":\"ya29.of-a-fault\",\"expires_in\":3599}");
		honest = blob_from(&json);
		if (!send_fault(v, honest, NULL, rp))
			issuer_serve(&sim->issuer, rq, rp);
		blob_unref(honest);
	}
	rp->ticket = journal_note(&sim->journal, rq, rp->status);
}

/* Faults that the other lists have in their dialects. */
static void send_bent_trending(struct venue *v, bool api, struct reply *rp)
{
	struct buf json = { 0 };

	if (v->fault.kind == FAULT_EMPTY_LIST)
		buf_str(&json, api ? "[]"
				   : "{\"models\":[],\"numItemsPerPage\":30,\"numTotalItems\":0,"
				     "\"pageIndex\":0}");
	else
		buf_str(&json, "{\"message\":\"see /models\",\"numTotalItems\":3}");
	reply_json(rp, 200, &json);
	if (v->fault.times && !--v->fault.times)
		fault_clear(&v->fault);
}

/* A recorded document stands for the simulated one. */
static bool is_recorded(const struct sim *sim, const struct http_request *rq)
{
	struct blob *file =
		sim->replay_dir ? replay_load(sim->replay_dir, rq->path, rq->query) : NULL;

	blob_unref(file);
	return file;
}

bool serve_trending(struct sim *sim, const struct http_request *rq, struct reply *rp)
{
	if (is_recorded(sim, rq))
		return false;
	int status;
	struct blob *document = trending_document(&sim->trending, rq, &status);
	bool api = strstr(rq->path, "/api/");
	struct venue *v =
		document ? sim_venue(sim, api ? "huggingface.co/api" : "huggingface.co", NULL)
			 : NULL;

	if (!v) {
		blob_unref(document);
		return false;
	}
	rp->delay_ms = v->latency_ms;
	if (v->fault.kind == FAULT_EMPTY_LIST || v->fault.kind == FAULT_WRONG_SHAPE) {
		send_bent_trending(v, api, rp);
	} else if (!send_fault(v, document, NULL, rp)) {
		rp->status = status;
		rp->body = blob_ref(document);
		reply_header(rp, "Content-Type", "application/json; charset=utf-8");
	}
	blob_unref(document);
	rp->ticket = journal_note(&sim->journal, rq, rp->status);
	return true;
}

bool serve_provider(struct sim *sim, const struct http_request *rq, struct reply *rp)
{
	if (!strcmp(rq->path, ISSUER_PATH)) {
		serve_token(sim, rq, rp);
		return true;
	}
	struct blob *file =
		sim->replay_dir ? replay_load(sim->replay_dir, rq->path, rq->query) : NULL;
	struct venue *v = venue_at(sim, rq, file);

	if (!v) {
		blob_unref(file);
		return false;
	}
	if (file)
		replayed(v, file);
	else
		simulated(v);
	rp->delay_ms = v->latency_ms;
	if (!strcmp(rq->method, "POST"))
		send_error(rp, 405, "the list is read with GET");
	else if (!file && v->ids)
		answer_ids(sim, v, rq, rp);
	else if (!file && v->paging.words)
		answer_page(sim, v, rq, rp);
	else
		answer_whole(sim, v, rq, file, rp);
	rp->ticket = journal_note(&sim->journal, rq, rp->status);
	return true;
}
