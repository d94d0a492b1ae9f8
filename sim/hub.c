/* SPDX-License-Identifier: MIT */
#include "hub.h"

#include <stdlib.h>
#include <string.h>

#include "hub_steps.h"
#include "query.h"

#define HUB_HOST     "/huggingface.co/"
#define STORAGE_HOST "/lfs-storage.huggingface.co/"

enum { LFS_OVER = 10 * 1024 * 1024, PART_SIZE = 5 * 1024 * 1024, PART_MIN = 1024 };

void hub_init(struct hub *h)
{
	*h = (struct hub){ .lfs_over = LFS_OVER, .part_size = PART_SIZE };
}

void hub_release(struct hub *h)
{
	hub_store_release(h);
	buf_release(&h->log);
	buf_release(&h->complaints);
}

/* --- what may go wrong --- */

static const char *const step_names[HUB_STEPS + 1] = {
	"create", "preupload", "batch", "put", "complete", "verify", "commit", "resolve", "other",
};
static const char *const failure_names[HUB_FAILURES] = {
	"none", "status", "html", "reset", "hang", "lost", "late",
};

static int by_name(const char *const *names, int n, const char *name)
{
	for (int i = 0; name && i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static const char *words_of(int status)
{
	switch (status) {
	case 401:
		return "Invalid credentials in Authorization header";
	case 409:
		return "Conflict";
	case 412:
		return "A commit has happened since. Please refresh and try again.";
	case 429:
		return "We had to rate limit you, you hit the quota of 1000 api requests per 5 "
		       "minutes period.";
	default:
		return "Internal Error - We're working hard to fix this as soon as possible!";
	}
}

/* True: it failed before anything was done. */
static bool fails_before(struct hub_call *c, const struct hub_fault *f)
{
	struct buf html = { 0 };

	switch (f->kind) {
	case HUB_STATUS:
		if (f->retry_after) {
			char *s = sim_format("%ju", (uintmax_t)f->retry_after);

			reply_header(c->rp, "Retry-After", s);
			free(s);
		}
		hub_refuse(c, f->status, NULL, words_of(f->status));
		return true;
	case HUB_HTML:
		buf_printf(&html, "<html><body><h1>%d</h1>cache</body></html>", f->status);
		c->rp->status = f->status;
		c->rp->body = blob_from(&html);
		reply_header(c->rp, "Content-Type", "text/html");
		return true;
	case HUB_RESET:
	case HUB_HANG:
		c->rp->status = 0;
		c->rp->ending = f->kind == HUB_RESET ? END_RESET : END_HANG;
		return true;
	default:
		return false;
	}
}

/* All was done, and nobody hears of it. */
static void fails_after(struct hub_call *c, enum hub_failure kind)
{
	if (kind != HUB_LOST && kind != HUB_LATE)
		return;
	blob_unref(c->rp->body);
	c->rp->body = NULL;
	buf_release(&c->rp->headers);
	c->rp->status = 0;
	c->rp->ending = kind == HUB_LOST ? END_RESET : END_HANG;
}

/* --- routes --- */

static const struct route {
	const char *method, *prefix;
	const char *mark; /* stands behind NS/NAME; what follows it is REV[/REST], or REST alone */
	bool has_revision;
	enum hub_step step;
	void (*run)(struct hub_call *);
} routes[] = {
	{ "POST", HUB_HOST "api/repos/create", NULL, false, HUB_CREATE, hub_create },
	{ "POST", HUB_HOST "api/datasets/", "/preupload/", true, HUB_PREUPLOAD, hub_preupload },
	{ "POST", HUB_HOST "api/datasets/", "/commit/", true, HUB_COMMIT, hub_commit },
	{ "POST", HUB_HOST "datasets/", ".git/info/lfs/objects/batch", false, HUB_BATCH,
	  hub_batch },
	{ "POST", HUB_HOST "datasets/", ".git/info/lfs/objects/verify", false, HUB_VERIFY,
	  hub_verify },
	{ "GET", HUB_HOST "datasets/", "/resolve/", true, HUB_RESOLVE, hub_resolve },
	{ "PUT", STORAGE_HOST "put/", NULL, false, HUB_PUT, hub_put },
	{ "POST", STORAGE_HOST "complete/", NULL, false, HUB_COMPLETE, hub_complete },
	{ "GET", STORAGE_HOST "get/", NULL, false, HUB_NOTHING, hub_fetch_object },
};

/* What a path says, decoded; freed by release_place(). */
struct place {
	char *repo, *revision, *rest;
};

static char *decoded(const char *text, size_t n)
{
	char *pair = sim_format("x=%.*s", (int)n, text);
	char *value;

	/* '+' is itself in a path, and '&' divides nothing there. */
	struct buf safe = { 0 };
	for (const char *s = pair; *s; s++) {
		if (*s == '+')
			buf_str(&safe, "%2B");
		else if (*s == '&')
			buf_str(&safe, "%26");
		else
			buf_char(&safe, *s);
	}
	value = query_text(safe.data, "x");
	buf_release(&safe);
	free(pair);
	return value;
}

static bool place_of(const struct route *t, const char *path, struct place *to)
{
	const char *name = path + strlen(t->prefix);
	const char *mark = t->mark ? strstr(name, t->mark) : name;

	if (!mark)
		return false;
	const char *rest = t->mark ? mark + strlen(t->mark) : name;
	size_t revision = t->has_revision ? strcspn(rest, "/") : 0;
	to->repo = sim_format("%.*s", (int)(mark - name), name);
	to->revision = decoded(rest, revision);
	rest += revision;
	to->rest = decoded(rest + (*rest == '/'), strlen(rest + (*rest == '/')));
	return true;
}

static void release_place(const struct place *p)
{
	free(p->repo);
	free(p->revision);
	free(p->rest);
}

static void note(struct hub *h, const struct route *t, const struct hub_call *c,
		 const struct hub_fault *f)
{
	struct buf *out = &h->log;

	if (out->len)
		buf_char(out, ',');
	buf_printf(out, "{\"n\":%ju,\"step\":\"%s\",\"method\":\"%s\",\"path\":",
		   (uintmax_t)++h->requests, step_names[t->step], c->rq->method);
	buf_json(out, c->rq->path, JSON_UTF8);
	buf_str(out, ",\"query\":");
	buf_json(out, c->rq->query, JSON_UTF8);
	buf_printf(out, ",\"status\":%d,\"fault\":\"%s\",\"bytes\":%zu,\"headers\":[",
		   c->rp->status, failure_names[f->kind], c->rq->body_n);
	for (size_t i = 0; i < c->rq->header_count; i++) {
		buf_comma(out);
		buf_json(out, c->rq->headers[i].name, JSON_UTF8);
	}
	buf_str(out, "]}");
}

static void run(struct hub *h, const struct route *t, struct hub_call *c)
{
	static const struct hub_fault honest;
	struct hub_fault f =
		t->step < HUB_STEPS && h->faults[t->step].times ? h->faults[t->step] : honest;

	if (f.kind != HUB_HONEST)
		h->faults[t->step].times--;
	if (!fails_before(c, &f)) {
		t->run(c);
		fails_after(c, f.kind);
	}
	note(h, t, c, &f);
}

bool hub_serve(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *t = &routes[i];
		struct place p = { 0 };

		if (strcmp(t->method, rq->method) != 0 ||
		    strncmp(rq->path, t->prefix, strlen(t->prefix)) != 0 ||
		    !place_of(t, rq->path, &p))
			continue;
		struct hub_call c = {
			h, rq, rp, p.repo, p.revision ? p.revision : "", p.rest ? p.rest : ""
		};
		run(h, t, &c);
		release_place(&p);
		return true;
	}
	return false;
}

/* --- control --- */

static void wrong(struct reply *rp, const char *what)
{
	struct buf json = { 0 };

	buf_printf(&json, "{\"error\":\"missing, unknown or out of range: %s\"}", what);
	reply_json(rp, 400, &json);
}

static void write_files(struct buf *out, const struct hub_file *f)
{
	for (; f; f = f->next) {
		buf_comma(out);
		buf_str(out, "{\"path\":");
		buf_json(out, f->path, JSON_UTF8);
		buf_printf(out, ",\"size\":%ju,\"sha256\":\"%s\",\"lfs\":%s}", (uintmax_t)f->size,
			   f->sha256, f->lfs ? "true" : "false");
	}
}

static void tell(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	struct buf out = { 0 };

	(void)rq;
	buf_str(&out, "{\"repos\":{");
	for (const struct hub_repo *r = h->repos; r; r = r->next) {
		buf_comma(&out);
		buf_json(&out, r->name, JSON_UTF8);
		buf_printf(&out, ":{\"head\":\"%s\",\"commits\":[%s],\"files\":[", r->head,
			   r->commits.len ? r->commits.data : "");
		write_files(&out, r->files);
		buf_str(&out, "]}");
	}
	buf_printf(&out, "},\"requests\":%ju,\"complaints\":[%s]}", (uintmax_t)h->requests,
		   h->complaints.len ? h->complaints.data : "");
	reply_json(rp, 200, &out);
}

static void configure(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	char *repo = query_text(rq->query, "repo");
	uint64_t reset = 0;

	if (!query_number(rq->query, "reset", 1, 0, &reset)) {
		wrong(rp, "reset");
	} else {
		if (reset) {
			hub_release(h);
			hub_init(h);
		}
		if (!query_number(rq->query, "lfs_over", UINT32_MAX, h->lfs_over, &h->lfs_over) ||
		    !query_number(rq->query, "part_size", UINT32_MAX, h->part_size,
				  &h->part_size) ||
		    h->part_size < PART_MIN) {
			wrong(rp, "lfs_over or part_size");
		} else {
			if (repo && !hub_repo(h, repo))
				(void)hub_repo_create(h, repo);
			tell(h, rq, rp);
		}
	}
	free(repo);
}

static void set_fault(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	char *step_name = query_text(rq->query, "step");
	char *kind_name = query_text(rq->query, "kind");
	int step = by_name(step_names, HUB_STEPS, step_name);
	int kind = by_name(failure_names, HUB_FAILURES, kind_name);
	uint64_t status = 0, times = 0, retry_after = 0;
	struct buf json = { 0 };

	if (step < 0 || kind < 0 || !query_number(rq->query, "status", 599, 500, &status) ||
	    !query_number(rq->query, "times", UINT32_MAX, 1, &times) ||
	    !query_number(rq->query, "retry_after", 86400, 0, &retry_after)) {
		wrong(rp, "step, kind, status, times or retry_after");
	} else {
		h->faults[step] = (struct hub_fault){ (enum hub_failure)kind, (int)status, times,
						      retry_after };
		buf_str(&json, "{}");
		reply_json(rp, 200, &json);
	}
	free(step_name);
	free(kind_name);
}

static void tell_log(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	struct buf json = { 0 };

	buf_printf(&json, "[%s]", h->log.len ? h->log.data : "");
	reply_json(rp, 200, &json);
	if (query_has(rq->query, "clear"))
		buf_release(&h->log);
}

/* Somebody else's commit. */
static void put_file(struct hub *h, struct hub_repo *r, const char *path,
		     const struct http_request *rq, struct reply *rp)
{
	struct buf bytes = { 0 };
	struct blob *blob;

	buf_add(&bytes, rq->body, rq->body_n);
	blob = blob_from(&bytes);
	hub_file_put(r, path, blob, false);
	blob_unref(blob);
	hub_repo_commit(h, r, "somebody else's", NULL, "[]");
	tell(h, rq, rp);
}

static void file_at_head(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	char *name = query_text(rq->query, "repo");
	char *path = query_text(rq->query, "path");
	struct hub_repo *r = name ? hub_repo(h, name) : NULL;
	const struct hub_file *f = r && path ? hub_file(r->files, path) : NULL;

	if (r && path && !strcmp(rq->method, "POST"))
		put_file(h, r, path, rq, rp);
	else if (f)
		rp->body = blob_ref(f->bytes);
	else
		wrong(rp, "repo or path");
	free(name);
	free(path);
}

const struct hub_route hub_routes[] = {
	{ "GET", "/sim/hub", tell, "", "the Hub's repositories, commits, files and complaints" },
	{ "POST", "/sim/hub", configure, "repo lfs_over part_size reset",
	  "a repository of it; how large files go to the storage; reset=1 forgets everything" },
	{ "POST", "/sim/hub/fault", set_fault, "step kind status times retry_after",
	  "a step of an upload fails so; kind=none clears" },
	{ "GET", "/sim/hub/file", file_at_head, "repo path", "the bytes at head" },
	{ "POST", "/sim/hub/file", file_at_head, "repo path",
	  "somebody else commits the request's body there" },
	{ "GET", "/sim/hub/log", tell_log, "clear", "what it was asked" },
};
const size_t hub_routes_n = sizeof(hub_routes) / sizeof(hub_routes[0]);

void hub_control(struct hub *h, const struct http_request *rq, struct reply *rp)
{
	for (size_t i = 0; i < hub_routes_n; i++) {
		const struct hub_route *r = &hub_routes[i];

		if (!strcmp(r->path, rq->path) && !strcmp(r->method, rq->method)) {
			r->run(h, rq, rp);
			return;
		}
	}
	wrong(rp, "route");
}
