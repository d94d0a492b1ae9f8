/*
 * DIR/models_HASH.json of the state that a sync committed (--cache-dir).
 *
 * After the commit, in two steps: the store thread sees whether the file is there and
 * whether what it says is at hand, a worker prints and writes.  A file that cannot be
 * written fails no sync: the state is in the database.
 */
#include "base/file.h"
#include "core/snapshot.h"
#include "store/past.h"
#include "task/sync_job.h"

#include <unistd.h>

static const char *name_of(struct sync_job *job)
{
	char hash[HASH_TEXT_MAX];

	return arena_printf(&job->arena, "models_%s.json", hash_text(&job->report.hash, hash)).at;
}

static void failed(struct sync_job *job, const struct err *e)
{
	job->report.cache_failed = true;
	job->report.cache_err = *e;
	job->cached = NULL;
}

/* Nothing was read this time, or it was lost: the database has it. */
static bool load_state(struct store *s, struct sync_job *job, struct err *e)
{
	struct store_past *past;
	size_t n;

	if (!store_load_past(s, job->d->slug, job->started_at_ms, &job->arena, &past, &n, e))
		return false;
	if (n == 0)
		return err_set(e, ERR_DB, "the state just stored is not there");
	job->cached = &past->catalog;
	return true;
}

void sync_cache_find(struct store *s, struct sync_job *job)
{
	const char *dir = job->conf->cache_dir.at;
	struct str path;
	struct err e;

	if (!dir || job->report.outcome != SYNC_DONE) {
		job->cached = NULL;
		return;
	}
	path = arena_printf(&job->arena, "%s/%s", dir, name_of(job));
	if (access(path.at, F_OK) == 0) {
		job->cached = NULL;
		return;
	}
	if (!job->cached && !load_state(s, job, &e)) {
		(void)err_wrap(&e, "%s", path.at);
		failed(job, &e);
	}
}

void sync_cache_write(void *arg)
{
	struct sync_job *job = arg;
	BUF_AUTO(text, SIZE_MAX / 2);
	struct hash is;
	struct err e;
	bool ok;

	snapshot_print(job->cached, &text);
	hash_bytes(text.at, text.n, &is);
	ok = hash_eq(&is, &job->report.hash)
		     ? file_write(job->conf->cache_dir.at, name_of(job), buf_str(&text), &e)
		     : err_set(&e, ERR_DATA, "%s/%s: the text has another hash",
			       job->conf->cache_dir.at, name_of(job));
	if (!ok)
		failed(job, &e);
}
