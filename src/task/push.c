/*
 * The life of a push:
 *
 *	claim ─▶ next batch ─▶ begin ─▶ is there a card? ─┬─────────────────▶ commit ─▶ settle ─▶ next …
 *	store                  store     loop, once        └ look ─▶ join ─▶     loop     store
 *	                                                   (append) loop  pool
 *
 * What fails ends in fail(), which writes it down, and in the end, which gives the lease back.
 */
#include "task/push.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "task/lease.h"
#include "task/push_card.h"
#include "task/push_join.h"
#include "task/record_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LEASE_MS = 15 * 60 * 1000,
	ROUNDS_MAX = 5,            /* of an append that somebody else's commits overtake */
	WAIT_KEPT_S = 60,          /* what the Hub asks for beyond that outlasts the process ... */
	WAIT_KEPT_MAX_S = 60 * 60, /* ... and is not believed beyond that */
	CARD_LOOK_MAX = 1 << 20,
};

#define JOB_NAME "push"
#define CARD     STR("README.md")

static const char turn[] = "csv files"; /* whose lock a transaction about them takes */

struct push {
	struct loop *loop;
	struct store_thread *store;
	struct fetcher *fetcher;
	struct push_conf conf;
	push_fn *done;
	void *arg;

	struct arena arena; /* of the push, and of one batch: */
	struct arena work;
	struct store_lease lease;
	bool held;
	struct err err; /* why it ends; kind ERR_NONE: all is well */

	struct store_csv_file *batches;
	size_t n, at;
	bool card_known, has_card;
	struct push_report report;
	struct push_done *pushed;

	/* of a batch */
	struct err batch_err; /* of a step on another thread */
	bool failed, gone;    /* its file is */
	bool overtaken;       /* another push has done it */
	struct push_join join;
	struct str parent;
	struct buf content; /* of the file at the head */
	unsigned rounds;
	uint64_t retry_after_s;
	struct push_done result;
};

static struct store_csv_file *batch_of(struct push *p)
{
	return &p->batches[p->at];
}

/* By what the setting says now. */
static struct str target_now(struct push *p, const struct store_csv_file *b)
{
	const struct push_target_words words = {
		.batch = b->batch,
		.host = p->conf.host,
		.at_ms = b->last_cycle_ms == CLOCK_NONE ? b->begun_at_ms : b->last_cycle_ms,
	};

	return push_target(p->conf.target, &words, &p->arena);
}

/* ---- claim, on the store thread ---- */

static bool take_lease(struct store *s, struct push *p, struct err *e)
{
	struct str name = arena_printf(&p->arena, JOB_NAME ":%.*s", STR_FMT(p->conf.host));
	char since[CLOCK_TEXT_MAX];
	struct store_lease holder;
	bool taken;

	if (!lease_take(s, name, LEASE_MS, &p->arena, &taken, &p->lease, &holder, e))
		return false;
	p->held = taken;
	return taken || err_set(e, ERR_BUSY, "process %lld on %.*s has been pushing since %s",
				(long long)holder.pid, STR_FMT(holder.host),
				clock_text(holder.taken_at_ms, since));
}

static bool may_ask(struct store *s, struct push *p, struct err *e)
{
	char until[CLOCK_TEXT_MAX];
	JSON_DOC_AUTO(doc);
	struct str state;
	int64_t not_before_ms = 0;
	struct err ignored;

	if (!store_load_job(s, JOB_NAME, &p->work, &state, e))
		return false;
	if (state.n && json_read(state, &doc, &ignored))
		(void)str_to_i64(
			json_raw(yyjson_obj_get(yyjson_doc_get_root(doc), "not_before_ms")), 0,
			INT64_MAX, &not_before_ms);
	return clock_real_ms() >= not_before_ms ||
	       err_set(e, ERR_BUSY, "the Hub asked not to be asked again before %s",
		       clock_text(not_before_ms, until));
}

bool push_count_waiting(struct store *s, struct str host, struct str csv_path, struct arena *a,
			uint64_t *ret, struct err *e)
{
	struct str path = record_absolute(csv_path, a);
	struct store_csv_stray *held; /* all of them: none has that path */
	uint64_t rows = 0;
	size_t n;

	if (!store_load_strays(s, host, STR(""), a, &held, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(record_absolute(held[i].path, a), path))
			rows += held[i].rows;
	*ret = rows;
	return true;
}

/* What is told of it is told as far as it is known. */
static void tell_buffer(struct store *s, struct push *p, const struct err *why)
{
	struct err ignored;

	(void)push_count_waiting(s, p->conf.host, p->conf.csv_path, &p->arena,
				 &p->report.rows_waiting, &ignored);
	p->report.buffer = p->conf.csv_path;
	p->report.buffer_why = arena_str(&p->arena, str_of(why->text));
}

/* A buffer that cannot be rotated is no reason to keep older batches. */
static void rotate(struct store *s, struct push *p)
{
	struct str batch;
	struct err e;

	if (!p->conf.rotate || str_is_none(p->conf.csv_path))
		return;
	if (record_rotate(s, p->conf.host, p->conf.csv_path, &p->work, &batch, &e))
		return;
	tell_buffer(s, p, &e);
	p->err = e;
}

bool push_load_batches(struct store *s, struct str host, struct arena *a,
		       struct store_csv_file **ret, size_t *ret_n, struct err *e)
{
	struct store_csv_file *all;
	size_t kept = 0;
	size_t n;

	if (!store_load_batches(s, STR_NONE, a, &all, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].host, host) ||
		    access(arena_cstr(a, all[i].rotated_path), F_OK) == 0)
			all[kept++] = all[i];
	*ret = all;
	*ret_n = kept;
	return true;
}

static bool claim(struct store *s, struct push *p, struct err *e)
{
	if (!take_lease(s, p, e) || !may_ask(s, p, e))
		return false;
	rotate(s, p);
	if (!push_load_batches(s, p->conf.host, &p->arena, &p->batches, &p->n, e))
		return false;
	p->report.left = p->n;
	p->pushed = arena_array(&p->arena, p->n + 1, struct push_done);
	return true;
}

static void claim_work(struct store *s, void *arg)
{
	struct push *p = arg;
	struct err e;

	if (!claim(s, p, &e))
		p->err = e;
}

/* ---- the end ---- */

static void let_go_work(struct store *s, void *arg)
{
	struct push *p = arg;
	struct err ignored;

	/* Best effort: it ends by itself. */
	if (p->held)
		(void)store_lease_release(s, &p->lease, &ignored);
}

static void ended(void *arg)
{
	struct push *p = arg;

	p->report.done = p->pushed;
	p->done(p->arg, &p->report, p->err.kind == ERR_NONE ? NULL : &p->err);
	if (p->conf.hub.token.n)
		explicit_bzero((void *)(uintptr_t)p->conf.hub.token.at, p->conf.hub.token.n);
	buf_release(&p->content);
	arena_release(&p->work);
	arena_release(&p->arena);
	free(p);
}

static void end(struct push *p)
{
	store_thread_post(p->store, let_go_work, ended, p);
}

/* Where a batch stands behind what the dataset's file holds, while that is uploaded. */
static struct str joined_path(struct push *p)
{
	return arena_printf(&p->work, "%.*s.joined", STR_FMT(batch_of(p)->rotated_path));
}

/* ---- what became of a batch, on the store thread ---- */

/* Still, within the transaction that asks; what is confirmed by now stays it. */
static bool is_waiting(struct store *s, struct push *p, struct store_csv_file *b, bool *ret,
		       struct err *e)
{
	struct store_csv_file *now;
	size_t n;

	if (!store_load_batches(s, STR_NONE, &p->work, &now, &n, e))
		return false;
	while (n && now[n - 1].id != b->id)
		n--;
	*ret = n > 0;
	if (n && str_is_none(b->commit_url))
		b->commit_url = arena_str(&p->arena, now[n - 1].commit_url);
	return true;
}

/*
 * Nothing is written over what another push has done: who is held up for longer than his lease
 * comes back to a batch that is in the dataset and whose file is gone.
 */
static bool save_batch(struct store *s, struct push *p, struct err *e)
{
	struct store_csv_file *b = batch_of(p);
	bool waits;

	if (!store_begin(s, turn, e))
		return false;
	if (is_waiting(s, p, b, &waits, e) && (!waits || store_save_csv_file(s, b, e)) &&
	    store_commit(s, e)) {
		p->overtaken = !waits;
		return true;
	}
	store_rollback(s);
	return false;
}

static void remove_file(struct str path)
{
	ARENA_AUTO(a);
	const char *name = arena_cstr(&a, path);

	if (unlink(name) != 0 && errno != ENOENT)
		log_event(LOG_WARN, "push: a file that is in the dataset by now cannot be deleted",
			  LOG_STR("file", path), LOG_TEXT("err", strerrordesc_np(errno)));
}

/* Confirmed first: killed behind that, the next push goes on here. */
static bool settle(struct store *s, struct push *p, struct err *e)
{
	struct store_csv_file *b = batch_of(p);

	if (str_is_none(b->commit_url)) {
		b->commit_url = arena_str(&p->arena, p->result.commit_url);
		b->last_error = STR_NONE;
		if (!save_batch(s, p, e)) {
			b->commit_url = STR_NONE;
			return false;
		}
	}
	remove_file(b->rotated_path);
	remove_file(joined_path(p)); /* perhaps of somebody who was killed */
	b->done_at_ms = clock_now_ms();
	return save_batch(s, p, e);
}

static void settle_work(struct store *s, void *arg)
{
	struct push *p = arg;

	p->failed = !settle(s, p, &p->batch_err);
}

static void keep_wait(struct store *s, const struct push *p)
{
	BUF_AUTO(state, 256);
	struct json_writer w = { .out = &state };
	uint64_t wait_s = p->retry_after_s;
	struct err ignored;

	if (wait_s <= WAIT_KEPT_S)
		return;
	if (wait_s > WAIT_KEPT_MAX_S)
		wait_s = WAIT_KEPT_MAX_S;
	json_open(&w, '{');
	json_add_i64(&w, "not_before_ms", clock_real_ms() + (int64_t)wait_s * 1000);
	json_close(&w, '}');
	(void)store_save_job(s, JOB_NAME, clock_now_ms(), buf_str(&state),
			     str_of(p->batch_err.text), &ignored);
}

static void note_failure_work(struct store *s, void *arg)
{
	struct push *p = arg;
	struct store_csv_file *b = batch_of(p);
	struct err ignored; /* why the batch failed says more */

	b->last_error = arena_str(&p->arena, str_of(p->batch_err.text));
	(void)save_batch(s, p, &ignored);
	keep_wait(s, p);
	remove_file(joined_path(p));
}

/* ---- from batch to batch ---- */

static void next_batch(struct push *p);

static void failure_noted(void *arg)
{
	struct push *p = arg;

	if (!p->gone) {
		end(p);
		return;
	}
	p->at++;
	next_batch(p);
}

/* In order: what comes later waits, but for a batch that will never be there again. */
static void fail(struct push *p, const struct err *e)
{
	const struct store_csv_file *b = batch_of(p);

	p->batch_err = *e;
	if (p->err.kind == ERR_NONE || !p->gone) {
		p->err = *e;
		(void)err_wrap(&p->err, "batch %.*s", STR_FMT(b->batch));
	}
	store_thread_post(p->store, note_failure_work, failure_noted, p);
}

static void say_pushed(const struct push *p)
{
	const struct push_done *d = &p->result;

	log_event(LOG_INFO, d->already ? "push: was in the dataset already" : "pushed",
		  LOG_STR("batch", d->batch), LOG_UINT("rows", d->rows), LOG_STR("path", d->target),
		  LOG_STR("repo", p->conf.hub.repo), LOG_STR("commit", d->commit_url));
}

static void settled(void *arg)
{
	struct push *p = arg;
	struct push_done *d = &p->result;

	if (p->failed) {
		fail(p, &p->batch_err);
		return;
	}
	*d = (struct push_done){
		.batch = batch_of(p)->batch,
		.target = batch_of(p)->target,
		.rows = batch_of(p)->rows,
		.commit_url = batch_of(p)->commit_url,
		.already = d->already,
	};
	say_pushed(p);
	p->pushed[p->report.n_done++] = *d;
	p->report.batches++;
	p->report.rows += d->rows;
	p->report.left--;
	p->report.commit_url = d->commit_url;
	p->at++;
	next_batch(p);
}

static void in_dataset(struct push *p, bool already, struct str commit_url)
{
	p->result = (struct push_done){ .already = already,
					.commit_url = arena_str(&p->work, commit_url) };
	store_thread_post(p->store, settle_work, settled, p);
}

/* ---- the commit ---- */

static void look(struct push *p);

static void on_committed(void *arg, const struct hub_result *r, const struct err *e)
{
	struct push *p = arg;
	struct err again = e ? *e : (struct err){ 0 };

	p->retry_after_s = r->retry_after_s;
	if (!e) {
		p->has_card = true;
		in_dataset(p, r->already, r->commit_url);
	} else if (r->stale && p->rounds < ROUNDS_MAX) {
		look(p);
	} else {
		fail(p, &again);
	}
}

static struct str title(struct push *p)
{
	char now[CLOCK_TEXT_MAX];

	return arena_printf(&p->work, "Automated metrics upload %s",
			    clock_text(clock_now_ms(), now));
}

static struct str description(struct push *p)
{
	const struct store_csv_file *b = batch_of(p);
	char first[CLOCK_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];

	return arena_printf(&p->work, "%llu rows of the cycles from %s to %s; batch %.*s",
			    (unsigned long long)b->rows, clock_text(b->first_cycle_ms, first),
			    clock_text(b->last_cycle_ms, last), STR_FMT(b->batch));
}

static void commit(struct push *p, struct str local)
{
	const struct store_csv_file *b = batch_of(p);
	struct hub_file files[2] = { { .path = b->target, .local = local },
				     { .path = CARD, .if_absent = true } };
	struct hub_commit c = {
		.files = files,
		.n_files = 1,
		.title = title(p),
		.description = description(p),
		.parent = p->parent,
		.create = true,
	};
	struct str header;
	struct err e;

	if (!p->has_card) {
		if (!push_header(b->rotated_path, &p->work, &header, &e)) {
			fail(p, &e);
			return;
		}
		files[1].content =
			push_card(push_target_pattern(p->conf.target, &p->work), header, &p->work);
		c.n_files = 2;
	}
	hub_commit(p->fetcher, p->loop, &p->conf.hub, &c, on_committed, p);
}

/* ---- adding to a file that is there ---- */

static void join_work(void *arg)
{
	struct push *p = arg;

	p->failed = !push_join(&p->join, &p->batch_err);
}

static void send_batch(struct push *p);

static void retarget_work(struct store *s, void *arg)
{
	struct push *p = arg;
	struct store_csv_file *b = batch_of(p);

	b->target = target_now(p, b);
	p->failed = !save_batch(s, p, &p->batch_err);
}

static void retargeted(void *arg)
{
	struct push *p = arg;

	p->parent = STR_NONE;
	if (p->failed)
		fail(p, &p->batch_err);
	else
		send_batch(p);
}

/*
 * The one remedy that there is has to be known; and where it is set by now, it is taken: these
 * rows are not in that file, for no append makes one so large.
 */
static void fail_append(struct push *p, struct err *e)
{
	if (e->kind == ERR_LIMIT && push_target_is_unique(p->conf.target)) {
		store_thread_post(p->store, retarget_work, retargeted, p);
		return;
	}
	if (e->kind == ERR_LIMIT)
		(void)err_set(
			e, ERR_LIMIT,
			"%.*s would be larger than %d bytes with these rows: set "
			"HF_DATASET_TARGET_FILENAME to a path per batch, such as " PUSH_TARGET_DEFAULT,
			STR_FMT(batch_of(p)->target), PUSH_APPEND_MAX);
	else
		(void)err_wrap(e, "adding to %.*s", STR_FMT(batch_of(p)->target));
	fail(p, e);
}

static struct str head_url(struct push *p)
{
	const struct hub_conf *hub = &p->conf.hub;

	return arena_printf(&p->work, "%.*s/datasets/%.*s/commit/%.*s", STR_FMT(hub->endpoint),
			    STR_FMT(hub->repo), STR_FMT(p->parent));
}

static void on_joined(void *arg)
{
	struct push *p = arg;

	if (p->failed)
		fail_append(p, &p->batch_err);
	else if (p->join.there)
		in_dataset(p, true, head_url(p));
	else
		commit(p, p->join.out);
}

static void on_looked(void *arg, const struct hub_seen *s, const struct err *e)
{
	struct push *p = arg;
	struct store_csv_file *b = batch_of(p);
	struct err why = e ? *e : (struct err){ 0 };

	p->retry_after_s = s->retry_after_s;
	if (e) {
		fail_append(p, &why);
		return;
	}
	p->parent = arena_str(&p->work, s->head);
	if (!s->found || s->content.n == 0) {
		if (b->end <= PUSH_APPEND_MAX) {
			commit(p, b->rotated_path);
			return;
		}
		(void)err_set(&why, ERR_LIMIT, "the batch alone is");
		fail_append(p, &why);
		return;
	}
	buf_clear(&p->content);
	buf_add_str(&p->content, s->content);
	p->join = (struct push_join){
		.batch = b->rotated_path,
		.head = buf_str(&p->content),
		.out = joined_path(p),
		.max = PUSH_APPEND_MAX,
	};
	loop_work(p->loop, join_work, on_joined, p);
}

static void look(struct push *p)
{
	p->rounds++;
	hub_look(p->fetcher, p->loop, &p->conf.hub, batch_of(p)->target, PUSH_APPEND_MAX, on_looked,
		 p);
}

/* ---- the beginning of a batch ---- */

/* The path was given by the first attempt: what the setting says by now may be another thing. */
static bool has_own_path(const struct store_csv_file *b)
{
	return memmem(b->target.at, b->target.n, b->batch.at, b->batch.n) != NULL;
}

static void send_batch(struct push *p)
{
	if (has_own_path(batch_of(p)))
		commit(p, batch_of(p)->rotated_path);
	else
		look(p);
}

static void on_card(void *arg, const struct hub_seen *s, const struct err *e)
{
	struct push *p = arg;
	struct err why = e ? *e : (struct err){ 0 };

	p->retry_after_s = s->retry_after_s;
	/* A card that is too large to be read is one. */
	if (e && e->kind != ERR_LIMIT) {
		fail(p, &why);
		return;
	}
	p->card_known = true;
	p->has_card = e || s->found;
	send_batch(p);
}

static bool begin(struct store *s, struct push *p, struct err *e)
{
	struct store_csv_file *b = batch_of(p);

	if (!take_lease(s, p, e))
		return false;
	if (str_is_none(b->target))
		b->target = target_now(p, b);
	b->attempts++;
	if (!save_batch(s, p, e))
		return false;
	if (p->overtaken)
		return true;
	p->gone = access(arena_cstr(&p->work, b->rotated_path), R_OK) != 0 && errno == ENOENT;
	return !p->gone || err_set(e, ERR_IO, "its file %.*s is gone", STR_FMT(b->rotated_path));
}

static void begin_work(struct store *s, void *arg)
{
	struct push *p = arg;

	p->failed = !begin(s, p, &p->batch_err);
}

static void begun(void *arg)
{
	struct push *p = arg;
	struct err e = p->batch_err;

	if (p->failed) {
		fail(p, &e);
	} else if (p->overtaken) {
		p->report.left--;
		p->at++;
		next_batch(p);
	} else if (p->card_known) {
		send_batch(p);
	} else {
		hub_look(p->fetcher, p->loop, &p->conf.hub, CARD, CARD_LOOK_MAX, on_card, p);
	}
}

static void next_batch(struct push *p)
{
	arena_release(&p->work);
	p->failed = p->gone = p->overtaken = false;
	p->rounds = 0;
	p->retry_after_s = 0;
	p->parent = STR_NONE;
	p->result = (struct push_done){ 0 };
	if (p->at == p->n)
		end(p);
	else if (str_is_none(batch_of(p)->commit_url))
		store_thread_post(p->store, begin_work, begun, p);
	else /* confirmed by somebody who was killed behind that */
		in_dataset(p, true, batch_of(p)->commit_url);
}

static void claimed(void *arg)
{
	struct push *p = arg;

	/* Rotation alone may have failed: then there are batches all the same. */
	if (p->pushed)
		next_batch(p);
	else
		end(p);
}

static void copy_conf(struct push *p, const struct push_conf *conf)
{
	struct arena *a = &p->arena;

	p->conf = *conf;
	p->conf.hub.endpoint = arena_str(a, conf->hub.endpoint);
	p->conf.hub.token = arena_str(a, conf->hub.token);
	p->conf.hub.repo = arena_str(a, conf->hub.repo);
	p->conf.hub.revision = arena_str(a, conf->hub.revision);
	p->conf.target = arena_str(a, conf->target);
	p->conf.csv_path = arena_str(a, conf->csv_path);
	p->content = BUF_INIT(SIZE_MAX / 2); /* net/hub.h bounds it */
	p->conf.host = arena_str(a, conf->host);
}

void push_start(struct loop *l, struct store_thread *store, struct fetcher *f,
		const struct push_conf *conf, push_fn *done, void *arg)
{
	struct push *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	*p = (struct push){ .loop = l, .store = store, .fetcher = f, .done = done, .arg = arg };
	copy_conf(p, conf);
	store_thread_post(store, claim_work, claimed, p);
}
