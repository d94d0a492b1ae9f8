#include "cmd/push.h"

#include "base/json.h"
#include "base/process.h"
#include "task/record_file.h"

#include <inttypes.h>
#include <sys/stat.h>

static bool dry_run, json;

static const struct option options[] = {
	{ "dry-run", 0, OPTION_FLAG, &dry_run, NULL,
	  "show what waits and where it would go; ask nobody, change nothing", NULL },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object", NULL },
	{ 0 },
};

/* ---- settings ---- */

static bool wrong(struct err *e, const char *variable)
{
	e->kind = ERR_USAGE;
	return err_wrap(e, "%s", variable);
}

bool push_settings(const struct settings *s, struct push_conf *ret, const char **ret_missing,
		   struct err *e)
{
	struct hub_conf whole = {
		.endpoint = STR("https://huggingface.co"),
		.token = s->hf_hub_token,
		.repo = s->hf_dataset_repo_id,
		.revision = STR("main"),
		.retries = (uint32_t)s->retries,
		.backoff_ms = (uint32_t)s->retry_delay_ms,
	};
	struct hub_conf part = whole;

	*ret_missing = s->hf_hub_token.n == 0         ? "HF_HUB_TOKEN"
		       : s->hf_dataset_repo_id.n == 0 ? "HF_DATASET_REPO_ID"
						      : NULL;
	if (!push_check_target(s->hf_dataset_target_filename, e))
		return wrong(e, "HF_DATASET_TARGET_FILENAME");
	part.repo = STR("anybody/anything");
	if (!hub_check(&part, e))
		return wrong(e, "HF_HUB_TOKEN");
	part.repo = whole.repo;
	if (part.repo.n && !hub_check(&part, e))
		return wrong(e, "HF_DATASET_REPO_ID");
	*ret = (struct push_conf){
		.hub = whole,
		.target = s->hf_dataset_target_filename,
		.csv_path = s->local_csv_path,
		.host = str_of(process_self()->host),
		.rotate = true,
	};
	return true;
}

/* ---- what would be pushed ---- */

static struct str target_of(const struct push_conf *conf, const struct store_csv_file *b,
			    struct arena *a)
{
	struct push_target_words words = {
		.batch = b->batch,
		.host = conf->host,
		.at_ms = b->last_cycle_ms == CLOCK_NONE ? b->begun_at_ms : b->last_cycle_ms,
	};

	return b->target.n ? b->target : push_target(conf->target, &words, a);
}

static void show_batch(struct cmd_context *c, const struct push_conf *conf,
		       const struct store_csv_file *b, struct json_writer *w)
{
	struct str target = target_of(conf, b, c->arena);

	if (!json) {
		buf_printf(c->out, "%.*s: %" PRIu64 " rows → %.*s", STR_FMT(b->batch), b->rows,
			   STR_FMT(target));
		if (b->last_error.n) {
			buf_printf(c->out, "  (%" PRIu64 " attempts: ", b->attempts);
			cmd_add_text(c->out, b->last_error);
			buf_add_char(c->out, ')');
		}
		buf_add_char(c->out, '\n');
		return;
	}
	json_open(w, '{');
	json_add_str(w, "batch", b->batch);
	json_add_str(w, "path", target);
	json_add_i64(w, "rows", (int64_t)b->rows);
	json_add_i64(w, "attempts", (int64_t)b->attempts);
	json_add_str(w, "last_error", b->last_error);
	json_close(w, '}');
}

/*
 * Of the buffer nothing is known without its lock: how long it is, header apart, says enough; where there is none,
 * `rows` may wait for it in the database.
 */
static void show_buffer(struct cmd_context *c, const struct push_conf *conf, uint64_t rows,
			struct json_writer *w)
{
	struct stat st;
	bool there = stat(arena_cstr(c->arena, conf->csv_path), &st) == 0;
	long long rows_bytes = there ? (long long)st.st_size - (long long)strlen(csv_header) : 0;

	if (json) {
		json_add_str(w, "buffer", there ? conf->csv_path : STR_NONE);
		json_add_i64(w, "buffer_bytes", there ? (int64_t)st.st_size : 0);
		json_add_i64(w, "rows_waiting", there ? 0 : (int64_t)rows);
	} else if (rows_bytes > 0) {
		buf_printf(c->out, "%.*s: %lld bytes of rows → %.*s\n", STR_FMT(conf->csv_path),
			   rows_bytes, STR_FMT(conf->target));
	} else if (!there && rows) {
		buf_printf(c->out,
			   "%.*s: %" PRIu64 " rows wait in the database until it can be written\n",
			   STR_FMT(conf->csv_path), rows);
	}
}

static enum cmd_exit show_waiting(struct cmd_context *c, const struct push_conf *conf)
{
	struct json_writer w = { .out = c->out };
	struct store_csv_file *batches;
	struct store *store;
	uint64_t rows = 0;
	struct err e;
	size_t n;
	bool ok;

	if (!cmd_open_store(c, STORE_READ, &store, &e))
		return cmd_fail(&e);
	ok = push_load_batches(store, conf->host, c->arena, &batches, &n, &e) &&
	     push_count_waiting(store, conf->host, conf->csv_path, c->arena, &rows, &e);
	store_close(store);
	if (!ok)
		return cmd_fail(&e);
	if (json) {
		json_open(&w, '{');
		json_add_bool(&w, "dry_run", true);
		json_key(&w, "waiting");
		json_open(&w, '[');
	}
	for (size_t i = 0; i < n; i++)
		show_batch(c, conf, &batches[i], &w);
	if (json)
		json_close(&w, ']');
	show_buffer(c, conf, rows, &w);
	if (json) {
		json_close(&w, '}');
		buf_add_char(c->out, '\n');
	}
	return CMD_DONE;
}

/* ---- pushing ---- */

struct run {
	struct cmd_context *c;
	struct loop *loop;
	struct err err;
	bool failed;
};

static void print_text(struct buf *out, const struct push_report *r)
{
	for (size_t i = 0; i < r->n_done; i++) {
		const struct push_done *d = &r->done[i];

		buf_printf(out, "%.*s: %" PRIu64 " rows %s %.*s\n", STR_FMT(d->batch), d->rows,
			   d->already ? "are in" : "→", STR_FMT(d->target));
		buf_printf(out, "  %.*s\n", STR_FMT(d->commit_url));
	}
	buf_printf(out, "%" PRIu64 " batches with %" PRIu64 " rows pushed, %" PRIu64 " left",
		   r->batches, r->rows, r->left);
	if (r->rows_waiting) {
		buf_printf(out, "; %" PRIu64 " rows wait for ", r->rows_waiting);
		cmd_add_text(out, r->buffer);
		buf_add_str(out, STR(": "));
		cmd_add_text(out, r->buffer_why);
	}
	buf_add_char(out, '\n');
}

static void print_json(struct buf *out, const struct push_report *r, const struct err *e)
{
	struct json_writer w = { .out = out };

	json_open(&w, '{');
	json_add_bool(&w, "success", !e);
	json_add_str(&w, "error", e ? str_of(e->text) : STR_NONE);
	json_add_i64(&w, "batches", (int64_t)r->batches);
	json_add_i64(&w, "rows", (int64_t)r->rows);
	json_add_i64(&w, "left", (int64_t)r->left);
	json_add_i64(&w, "rows_waiting", (int64_t)r->rows_waiting);
	json_key(&w, "pushed");
	json_open(&w, '[');
	for (size_t i = 0; i < r->n_done; i++) {
		json_open(&w, '{');
		json_add_str(&w, "batch", r->done[i].batch);
		json_add_str(&w, "path", r->done[i].target);
		json_add_i64(&w, "rows", (int64_t)r->done[i].rows);
		json_add_str(&w, "commit_url", r->done[i].commit_url);
		json_add_bool(&w, "already", r->done[i].already);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

static void on_pushed(void *arg, const struct push_report *report, const struct err *e)
{
	struct run *r = arg;

	r->failed = e != NULL;
	if (e)
		r->err = *e;
	if (json)
		print_json(r->c->out, report, e);
	else
		print_text(r->c->out, report);
	loop_stop(r->loop);
}

static bool open_store(struct cmd_context *c, const struct push_conf *conf, struct store **ret,
		       struct err *e)
{
	struct str path = record_absolute(conf->csv_path, c->arena);

	if (!cmd_open_store(c, STORE_WRITE, ret, e))
		return false;
	if (record_tell_strays(*ret, conf->host, path, e))
		return true;
	store_close(*ret);
	return false;
}

static enum cmd_exit push(struct cmd_context *c, const struct push_conf *conf)
{
	struct fetch_conf fetch = cmd_fetch_conf(c->settings);
	struct run r = { .c = c, .loop = loop_create() };
	struct store_thread *thread = NULL;
	struct fetcher *fetcher = NULL;
	struct store *store;

	if (!cmd_fetcher(c->settings, r.loop, &fetch, &fetcher, &r.err) ||
	    !open_store(c, conf, &store, &r.err)) {
		r.failed = true;
	} else {
		thread = store_thread_start(r.loop, store);
		push_start(r.loop, thread, fetcher, conf, on_pushed, &r);
		loop_run(r.loop);
	}
	store_thread_stop(thread);
	fetcher_destroy(fetcher);
	loop_run(r.loop);
	loop_destroy(r.loop);
	return r.failed ? cmd_fail(&r.err) : CMD_DONE;
}

static enum cmd_exit run(struct cmd_context *c)
{
	struct push_conf conf;
	const char *missing;
	struct err e;

	if (!push_settings(c->settings, &conf, &missing, &e))
		return cmd_fail(&e);
	if (missing) {
		(void)err_set(&e, ERR_USAGE,
			      "%s is not set: a dataset (HF_DATASET_REPO_ID) and a token that may "
			      "write to it (HF_HUB_TOKEN) are needed",
			      missing);
		return cmd_fail(&e);
	}
	return dry_run ? show_waiting(c, &conf) : push(c, &conf);
}

const struct cmd cmd_push = {
	.name = "push",
	.run = run,
	.synopsis = "[--dry-run] [--json]",
	.summary = "push collected probe rows to the Hugging Face dataset",
	.options = options,
	.notes =
		"The buffer LOCAL_CSV_PATH becomes a batch, then all batches are committed to the\n"
		"dataset HF_DATASET_REPO_ID, oldest first, and deleted once that is confirmed.  What\n"
		"fails is kept and comes first the next time; the exit code is 1 then.  Where the\n"
		"rows go is said by HF_DATASET_TARGET_FILENAME; a path without {batch} is added to.\n",
};
