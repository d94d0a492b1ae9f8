/*
 * A commit:
 *
 *	describe ─▶ preupload … ─▶ batch ─▶ PUT, or PUT part … and complete ─▶ … ─▶ write ─▶ commit
 *	  pool        ▲     │                                                        pool
 *	              └─ create
 *
 * An attempt is all of it behind describe (net/hub_job.h).
 */
#include "net/hub.h"

#include "net/hub_file.h"
#include "net/hub_job.h"
#include "net/hub_wire.h"

#include <assert.h>
#include <stdlib.h>

struct commit_job {
	struct hub_job base;
	hub_fn *done;
	void *arg;
	struct hub_commit commit;
	struct hub_file *files; /* commit.files */
	struct hub_entry *entries;
	struct str git_attributes;
	bool created;
	bool already;
	struct hub_result result; /* commit_… alone */

	struct err err; /* of work on the pool */
	bool failed;

	/* of an attempt */
	size_t chunk; /* the first entry of this preupload */
	struct str head;
	struct hub_upload *uploads;
	size_t n_uploads, upload, part; /* that is being sent */
	struct str *etags;
};

static struct commit_job *commit_of(struct hub_job *j)
{
	return (struct commit_job *)j;
}

/* ---- what may be asked ---- */

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return s.n > 0 && s.at[0] != '.';
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] <= 0x20 || s.at[i] > 0x7e)
			return false;
	return str_starts(s, STR("hf_"));
}

bool hub_check(const struct hub_conf *conf, struct err *e)
{
	struct str name = conf->repo;
	struct str owner;

	if (!str_is_none(conf->token) && !is_token(conf->token))
		return err_set(e, ERR_CONFIG,
			       "the token does not begin with \"hf_\", or holds blanks");
	return (str_cut(&name, '/', &owner) && is_name(owner) && is_name(name)) ||
	       err_set(e, ERR_CONFIG, "\"%s\" is not OWNER/NAME",
		       err_quote(conf->repo.at, conf->repo.n));
}

/* ---- preupload, create ---- */

#define JSON_TYPE "application/json"
#define LFS_TYPE  "application/vnd.git-lfs+json"

static hub_answered_fn preuploaded;
static hub_answered_fn was_created;

static size_t chunk_n(const struct commit_job *c)
{
	size_t left = c->commit.n_files - c->chunk;

	return left < HUB_CHUNK ? left : HUB_CHUNK;
}

static void preupload(struct commit_job *c)
{
	static const struct hub_step step = {
		.name = "preupload",
		.type = JSON_TYPE,
		.token = true,
		.answered = preuploaded,
	};

	hub_write_preupload(c->entries + c->chunk, chunk_n(c), c->git_attributes, &c->base.body);
	hub_ask(&c->base, &step, hub_api_url(&c->base, "preupload", c->commit.pull_request), NULL);
}

static void create(struct commit_job *c)
{
	static const struct hub_step step = {
		.name = "creating the dataset",
		.type = JSON_TYPE,
		.token = true,
		.answered = was_created,
	};
	struct hub_job *j = &c->base;

	c->created = true;
	hub_write_create(j->conf.repo, &j->body);
	hub_ask(j, &step,
		arena_printf(&j->attempt, "%.*s/api/repos/create", STR_FMT(j->conf.endpoint)),
		NULL);
}

static void was_created(struct hub_job *j, struct fetch_response *r)
{
	(void)r;
	commit_of(j)->chunk = 0;
	preupload(commit_of(j));
}

/* Missing: made once.  Made by somebody else meanwhile: good as well. */
static bool refused(struct hub_job *j, struct fetch_response *r)
{
	struct commit_job *c = commit_of(j);

	if (j->step->answered == was_created && r->status == 409)
		was_created(j, r);
	else if (hub_is_missing(r) && c->commit.create && !c->created)
		create(c);
	else
		return false;
	return true;
}

/* ---- storage ---- */

static void upload_next(struct commit_job *c);
static void write_commit(struct commit_job *c);
static hub_answered_fn batched;
static hub_answered_fn was_put;
static hub_answered_fn part_was_put;

static bool wants_lfs(const struct commit_job *c)
{
	for (size_t i = 0; i < c->commit.n_files; i++)
		if (c->entries[i].lfs && !c->entries[i].same)
			return true;
	return false;
}

static void batch(struct commit_job *c)
{
	static const struct hub_step step = {
		.name = "LFS batch",
		.type = LFS_TYPE,
		.accept = LFS_TYPE,
		.token = true,
		.answered = batched,
	};
	struct hub_job *j = &c->base;

	hub_write_batch(c->entries, c->commit.n_files,
			c->commit.pull_request ? STR_NONE : j->conf.revision, &j->body);
	hub_ask(j, &step,
		arena_printf(&j->attempt, "%.*s/datasets/%.*s.git/info/lfs/objects/batch",
			     STR_FMT(j->conf.endpoint), STR_FMT(j->conf.repo)),
		NULL);
}

static void batched(struct hub_job *j, struct fetch_response *r)
{
	struct commit_job *c = commit_of(j);
	struct err e;

	j->request_id = arena_str(&j->attempt, r->request_id);
	c->upload = 0;
	if (hub_read_batch(hub_body(r), c->entries, c->commit.n_files, &j->attempt, &c->uploads,
			   &c->n_uploads, &j->status, &e))
		upload_next(c);
	else
		hub_fail(j, &e);
}

/* Nothing goes to storage in the open, unless the Hub itself is asked so. */
static bool is_safe(const struct commit_job *c, struct str href)
{
	return str_starts(href, STR("https://")) ||
	       str_starts(c->base.conf.endpoint, STR("http://"));
}

static bool may_send(const struct commit_job *c, struct str href, struct err *e)
{
	const struct hub_file *file = &c->files[c->uploads[c->upload].entry];

	if (!is_safe(c, href))
		return err_set(e, ERR_DATA, "storage is not behind https");
	return !str_is_none(file->local) ||
	       err_set(e, ERR_LIMIT, "\"%s\" must go through LFS, but is no local file",
		       err_quote(file->path.at, file->path.n));
}

static void send_bytes(struct commit_job *c, const struct hub_step *step, struct str href,
		       uint64_t offset, uint64_t n)
{
	const struct hub_file *file = &c->files[c->uploads[c->upload].entry];
	const struct fetch_file put = { file->local, offset, n };
	struct err e;

	c->base.step = step;
	if (may_send(c, href, &e))
		hub_ask(&c->base, step, href, &put);
	else
		hub_fail(&c->base, &e);
}

static void upload_part(struct commit_job *c)
{
	static const struct hub_step step = {
		.name = "LFS part",
		.storage = true,
		.answered = part_was_put,
	};
	const struct hub_upload *u = &c->uploads[c->upload];
	uint64_t offset = c->part * u->part_size;
	uint64_t left = c->entries[u->entry].size - offset;

	send_bytes(c, &step, u->parts[c->part], offset, left < u->part_size ? left : u->part_size);
}

static void complete(struct commit_job *c)
{
	static const struct hub_step step = {
		.name = "LFS completion",
		.type = LFS_TYPE,
		.accept = LFS_TYPE,
		.storage = true,
		.answered = was_put,
	};
	const struct hub_upload *u = &c->uploads[c->upload];

	hub_write_completion(&c->entries[u->entry], c->etags, u->n_parts, &c->base.body);
	hub_ask(&c->base, &step, u->href, NULL);
}

static void part_was_put(struct hub_job *j, struct fetch_response *r)
{
	struct commit_job *c = commit_of(j);
	struct err e;

	if (r->etag.n == 0) {
		(void)err_set(&e, ERR_DATA, "an answer without an ETag");
		hub_fail(j, &e);
		return;
	}
	c->etags[c->part++] = arena_str(&j->attempt, r->etag);
	if (c->part < c->uploads[c->upload].n_parts)
		upload_part(c);
	else
		complete(c);
}

static void was_put(struct hub_job *j, struct fetch_response *r)
{
	struct commit_job *c = commit_of(j);

	(void)r;
	c->upload++;
	upload_next(c);
}

static void upload_next(struct commit_job *c)
{
	static const struct hub_step whole = {
		.name = "LFS upload",
		.request_id = true,
		.storage = true,
		.answered = was_put,
	};
	const struct hub_upload *u = &c->uploads[c->upload];

	c->part = 0;
	if (c->upload == c->n_uploads) {
		write_commit(c);
	} else if (u->part_size) {
		c->etags = arena_array(&c->base.attempt, u->n_parts, struct str);
		upload_part(c);
	} else {
		send_bytes(c, &whole, u->href, 0, c->entries[u->entry].size);
	}
}

/* ---- commit ---- */

static hub_answered_fn committed;

static bool is_left_out(const struct commit_job *c, size_t i)
{
	return c->entries[i].same || (c->files[i].if_absent && c->entries[i].there);
}

static struct str title_of(struct commit_job *c)
{
	if (!str_is_none(c->commit.title))
		return c->commit.title;
	if (c->commit.n_files == 1)
		return arena_printf(&c->base.attempt, "Add %.*s", STR_FMT(c->files[0].path));
	return arena_printf(&c->base.attempt, "Add %zu files", c->commit.n_files);
}

static bool write_lines(struct commit_job *c, struct err *e)
{
	struct buf *body = &c->base.body;

	hub_write_header(title_of(c), c->commit.description, c->commit.parent, body);
	for (size_t i = 0; i < c->commit.n_files; i++) {
		ARENA_AUTO(a);
		struct str bytes;

		if (is_left_out(c, i))
			continue;
		if (c->entries[i].lfs) {
			hub_write_lfs_file(&c->entries[i], body);
			continue;
		}
		if (!hub_file_read(&c->files[i], &c->entries[i], &a, &bytes, e))
			return false;
		hub_write_file(&c->entries[i], bytes, body);
	}
	return !buf_overflowed(body) || err_set(e, ERR_LIMIT, "too large for one commit");
}

static void write_work(void *arg)
{
	struct commit_job *c = arg;

	c->failed = !write_lines(c, &c->err);
}

static void written(void *arg)
{
	static const struct hub_step step = {
		.name = "commit",
		.type = "application/x-ndjson",
		.token = true,
		.answered = committed,
	};
	struct commit_job *c = arg;

	c->base.step = &step;
	if (c->failed)
		hub_fail(&c->base, &c->err);
	else
		hub_ask(&c->base, &step, hub_api_url(&c->base, "commit", c->commit.pull_request),
			NULL);
}

static void write_commit(struct commit_job *c)
{
	loop_work(c->base.loop, write_work, written, c);
}

static void committed(struct hub_job *j, struct fetch_response *r)
{
	struct hub_result *to = &commit_of(j)->result;
	struct err e;

	if (hub_read_commit(hub_body(r), &j->attempt, &to->commit_oid, &to->commit_url,
			    &to->pull_request_url, &e)) {
		hub_end(j);
		return;
	}
	/* It may have happened all the same: to begin anew is to look. */
	j->status = r->status;
	j->try_later = true;
	hub_fail(j, &e);
}

static bool nothing_to_commit(const struct commit_job *c)
{
	for (size_t i = 0; i < c->commit.n_files; i++)
		if (!is_left_out(c, i))
			return false;
	return true;
}

static void end_already(struct commit_job *c)
{
	const struct hub_conf *conf = &c->base.conf;

	c->already = true;
	c->result.commit_oid = c->head;
	c->result.commit_url =
		arena_printf(&c->base.attempt, "%.*s/datasets/%.*s/commit/%.*s",
			     STR_FMT(conf->endpoint), STR_FMT(conf->repo), STR_FMT(c->head));
	hub_end(&c->base);
}

static void preuploaded(struct hub_job *j, struct fetch_response *r)
{
	struct commit_job *c = commit_of(j);
	struct err e;

	if (!hub_read_preupload(hub_body(r), c->entries + c->chunk, chunk_n(c), &j->attempt,
				&c->head, &e)) {
		hub_fail(j, &e);
		return;
	}
	c->chunk += chunk_n(c);
	if (c->chunk < c->commit.n_files)
		preupload(c);
	else if (nothing_to_commit(c))
		end_already(c);
	else if (wants_lfs(c))
		batch(c);
	else
		write_commit(c);
}

/* ---- beginning and end ---- */

static void begin(struct hub_job *j)
{
	struct commit_job *c = commit_of(j);

	c->chunk = 0;
	preupload(c);
}

static void end(struct hub_job *j, const struct err *e)
{
	struct commit_job *c = commit_of(j);
	struct hub_result r = c->result;

	r.already = c->already;
	r.status = j->status;
	r.stale = j->stale;
	r.try_later = j->try_later;
	r.retry_after_s = j->retry_after_s;
	c->done(c->arg, &r, e);
	hub_job_release(j);
	free(c);
}

static bool describe(struct commit_job *c, struct err *e)
{
	struct arena *a = &c->base.arena;

	if (!hub_check(&c->base.conf, e))
		return false;
	c->entries = arena_array(a, c->commit.n_files, struct hub_entry);
	for (size_t i = 0; i < c->commit.n_files; i++) {
		if (!hub_file_describe(&c->files[i], a, &c->entries[i], e))
			return false;
		if (str_eq(c->files[i].path, STR(".gitattributes")) &&
		    !hub_file_read(&c->files[i], &c->entries[i], a, &c->git_attributes, e))
			return false;
	}
	return true;
}

static void describe_work(void *arg)
{
	struct commit_job *c = arg;

	c->failed = !describe(c, &c->err);
}

static void described(void *arg)
{
	struct commit_job *c = arg;

	if (c->failed)
		end(&c->base, &c->err);
	else
		hub_begin(&c->base);
}

static void copy_commit(struct commit_job *to, const struct hub_commit *c)
{
	struct arena *a = &to->base.arena;

	to->files = arena_array(a, c->n_files, struct hub_file);
	for (size_t i = 0; i < c->n_files; i++)
		to->files[i] = (struct hub_file){
			.path = arena_str(a, c->files[i].path),
			.content = c->files[i].content,
			.local = arena_str(a, c->files[i].local),
			.if_absent = c->files[i].if_absent,
		};
	to->commit = *c;
	to->commit.files = to->files;
	to->commit.title = arena_str(a, c->title);
	to->commit.description = arena_str(a, c->description);
	to->commit.parent = arena_str(a, c->parent);
}

void hub_commit(struct fetcher *f, struct loop *l, const struct hub_conf *conf,
		const struct hub_commit *c, hub_fn *done, void *arg)
{
	static const struct hub_kind kind = { begin, refused, end };
	struct commit_job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	assert(c->n_files > 0);
	hub_job_init(&job->base, &kind, f, l, conf);
	job->done = done;
	job->arg = arg;
	copy_commit(job, c);
	loop_work(l, describe_work, described, job);
}
