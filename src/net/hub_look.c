/*
 * A look: preupload tells the head, then the file is got as it stands in that very commit.
 */
#include "net/decode.h"
#include "net/hub_job.h"
#include "net/hub_wire.h"

#include "base/query.h"

#include <stdlib.h>

struct look_job {
	struct hub_job base;
	hub_seen_fn *done;
	void *arg;
	struct str path;
	uint64_t max;
	struct hub_seen seen;
	bool there; /* by the head's own word */

	/* the file, as it came and as it is */
	unsigned char *body;
	size_t body_n;
	enum fetch_encoding encoding;
	struct document document;
	struct err err;
	bool failed;
};

static struct look_job *look_of(struct hub_job *j)
{
	return (struct look_job *)j;
}

static hub_answered_fn head_came;
static hub_answered_fn file_came;

static void begin(struct hub_job *j)
{
	static const struct hub_step step = {
		.name = "looking at the head",
		.type = "application/json",
		.token = true,
		.answered = head_came,
	};
	struct look_job *k = look_of(j);
	const struct hub_entry entry = { .path = k->path, .sample = STR("") };

	k->seen = (struct hub_seen){ 0 };
	hub_write_preupload(&entry, 1, STR_NONE, &j->body);
	hub_ask(j, &step, hub_api_url(j, "preupload", false), NULL);
}

/* Each name by itself: the slashes between them stay. */
static struct str encoded_path(struct str path, struct arena *a)
{
	BUF_AUTO(out, 1 << 20);
	struct str rest = path;
	struct str name;
	bool more;

	do {
		more = str_cut(&rest, '/', &name);
		buf_add_str(&out, query_encoded(name, a));
		if (more)
			buf_add_char(&out, '/');
	} while (more);
	return arena_str(a, buf_str(&out));
}

static void head_came(struct hub_job *j, struct fetch_response *r)
{
	static const struct hub_step step = {
		.name = "looking at the file there",
		.token = true,
		.answered = file_came,
	};
	struct look_job *k = look_of(j);
	struct hub_entry entry = { .path = k->path };
	struct str path;
	struct err e;

	if (!hub_read_preupload(hub_body(r), &entry, 1, &j->attempt, &k->seen.head, &e) ||
	    (k->seen.head.n == 0 && !err_set(&e, ERR_DATA, "it does not name the head"))) {
		hub_fail(j, &e);
		return;
	}
	k->there = entry.there;
	path = encoded_path(k->path, &j->attempt);
	hub_ask(j, &step,
		arena_printf(&j->attempt, "%.*s/datasets/%.*s/resolve/%.*s/%.*s",
			     STR_FMT(j->conf.endpoint), STR_FMT(j->conf.repo),
			     STR_FMT(k->seen.head), STR_FMT(path)),
		NULL);
}

static void inflate_work(void *arg)
{
	struct look_job *k = arg;

	k->failed = !decode_body(&k->body, k->body_n, k->encoding, (size_t)k->max, &k->document,
				 &k->err);
}

static void inflated(void *arg)
{
	struct look_job *k = arg;

	if (k->failed) {
		hub_fail(&k->base, &k->err);
		return;
	}
	k->seen.found = true;
	k->seen.content = (struct str){ (char *)k->document.at, k->document.n };
	hub_end(&k->base);
}

static void file_came(struct hub_job *j, struct fetch_response *r)
{
	struct look_job *k = look_of(j);
	struct err e;

	if (r->body_n > k->max) {
		(void)err_set(&e, ERR_LIMIT, "it is larger than %llu bytes",
			      (unsigned long long)k->max);
		hub_fail(j, &e);
		return;
	}
	free(k->body);
	k->body_n = r->body_n;
	k->encoding = r->encoding;
	k->body = fetch_take_body(r);
	loop_work(j->loop, inflate_work, inflated, k);
}

/*
 * That there is no such dataset, or no such file in it, is what was to be found out.  Any other
 * 404 is not taken for that, nor is one of a file that the head has: who believed it would write
 * over a file that is there.
 */
static bool refused(struct hub_job *j, struct fetch_response *r)
{
	struct look_job *k = look_of(j);
	bool no_file = j->step->answered == file_came && r->status == 404 && !k->there &&
		       str_eq(r->error_code, STR("EntryNotFound"));

	k->seen.missing = hub_is_missing(r) && !k->there;
	if (no_file || k->seen.missing)
		hub_end(j);
	return no_file || k->seen.missing;
}

static void end(struct hub_job *j, const struct err *e)
{
	struct look_job *k = look_of(j);

	k->seen.status = j->status;
	k->seen.try_later = j->try_later;
	k->seen.retry_after_s = j->retry_after_s;
	k->done(k->arg, &k->seen, e);
	free(k->body);
	free(k->document.at);
	hub_job_release(j);
	free(k);
}

void hub_look(struct fetcher *f, struct loop *l, const struct hub_conf *conf, struct str path,
	      uint64_t max, hub_seen_fn *done, void *arg)
{
	static const struct hub_kind kind = { begin, refused, end };
	struct look_job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	hub_job_init(&job->base, &kind, f, l, conf);
	job->done = done;
	job->arg = arg;
	job->path = arena_str(&job->base.arena, path);
	job->max = max;
	hub_begin(&job->base);
}
