#include "task/record_file.h"

#include "base/clock.h"
#include "base/log.h"
#include "task/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPOOL_STEP = 64 }; /* rows moved in one transaction */

/* Whoever writes files of CSV in the database waits for others who do. */
static const char turn[] = "csv files";

/* The buffer within one transaction. */
struct buffer {
	struct arena a;
	struct err file_err;   /* why it cannot be written; ERR_NONE */
	struct csv_file *file; /* NULL: then */
	struct store_csv_file row;
};

/* ---- saying it ---- */

static void say_file_failed(struct record_place *p, const struct err *why)
{
	if (!p->file_failed)
		log_event(
			LOG_FATAL,
			"The CSV buffer cannot be written: rows wait in the database until it can",
			LOG_STR("path", p->path), LOG_ERR(why));
	p->file_failed = true;
	p->may_spool = true;
}

static void say_file_works(struct record_place *p)
{
	if (p->file_failed)
		log_event(LOG_INFO, "The CSV buffer is written again", LOG_STR("path", p->path));
	p->file_failed = false;
}

static void say_unknown(const struct record_place *p, const struct store_csv_file *row,
			const struct csv_found *found)
{
	uint64_t bytes = found->end > row->end ? found->end - row->end : 0;

	if (row->end == 0)
		log_event(LOG_INFO,
			  "A CSV buffer that was there is continued: its rows are pushed, too",
			  LOG_STR("path", p->path), LOG_UINT("rows", found->rows));
	else
		log_event(
			LOG_WARN,
			"Rows that this database does not know stand in the CSV buffer: kept, and pushed with it",
			LOG_STR("path", p->path), LOG_UINT("rows", found->rows - row->rows),
			LOG_UINT("bytes", bytes));
}

static void say_found(const struct record_place *p, const struct store_csv_file *row,
		      const struct csv_found *found)
{
	if (!str_is_none(found->aside))
		log_event(LOG_WARN, "Another file stood in place of the CSV buffer: moved aside",
			  LOG_STR("path", p->path), LOG_STR("aside", found->aside));
	if (!str_is_none(found->piece))
		log_event(LOG_WARN, "The CSV buffer ended with what is no whole row: put aside",
			  LOG_STR("path", p->path), LOG_STR("aside", found->piece),
			  LOG_UINT("bytes", found->piece_bytes));
	if (found->anew)
		log_event(LOG_INFO,
			  "The CSV buffer was written otherwise: its rows are as ours now",
			  LOG_STR("path", p->path), LOG_UINT("rows", found->rows));
	if (found->rows > row->rows)
		say_unknown(p, row, found);
	if (row->rows > found->rows && row->end)
		log_event(
			LOG_ERROR,
			"Rows that were committed are gone from the CSV buffer, or pushed by another database",
			LOG_STR("path", p->path), LOG_UINT("rows", row->rows - found->rows));
}

/* ---- an interrupted rotation ---- */

static bool is_at(struct str path, uint64_t size, struct arena *a)
{
	struct stat st;

	return stat(arena_cstr(a, path), &st) == 0 && (uint64_t)st.st_size == size;
}

/* A database of before knew the spelling alone. */
static bool is_same_file(struct str known, const struct record_place *p, struct arena *a)
{
	return str_eq(known, p->path) || str_eq(record_absolute(known, a), p->path);
}

/*
 * A batch that was committed and not renamed: its file still lies in the buffer's place, to the
 * byte.  Only while no buffer is known to lie there.
 */
static bool finish_rotation(struct store *s, const struct record_place *p, struct buffer *b,
			    struct err *e)
{
	struct store_csv_file *batches;
	size_t n;

	if (!store_load_batches(s, p->host, &b->a, &batches, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct store_csv_file *f = &batches[i];

		if (is_same_file(f->path, p, &b->a) && str_is_none(f->commit_url) &&
		    is_at(p->path, f->end, &b->a) &&
		    access(arena_cstr(&b->a, f->rotated_path), F_OK) != 0)
			/* Where it fails, the buffer is not to be touched. */
			(void)csv_rotate(p->path, f->rotated_path, &b->file_err);
	}
	return true;
}

/* ---- the buffer ---- */

static void buffer_release(struct buffer *b)
{
	csv_close(b->file);
	arena_release(&b->a);
}

static bool fail_in_transaction(struct store *s)
{
	store_rollback(s);
	return false;
}

/* Committed by itself, before a row is added to it: from then on it is known. */
static bool adopt(struct store *s, const struct record_place *p, struct buffer *b,
		  const struct csv_found *found, struct err *e)
{
	say_found(p, &b->row, found);
	b->row.end = found->end;
	b->row.rows = found->rows;
	b->row.first_cycle_ms = found->first_cycle_ms;
	b->row.last_cycle_ms = found->last_cycle_ms;
	return store_save_csv_file(s, &b->row, e) && store_commit(s, e) && store_begin(s, turn, e);
}

static bool open_file(struct store *s, const struct record_place *p, struct buffer *b,
		      struct err *e)
{
	struct csv_found found;
	const struct csv_known known = {
		.ledger =
			arena_printf(&b->a, "%" PRId64 "@%" PRId64, b->row.id, b->row.begun_at_ms),
		.end = b->row.end,
	};

	if (known.end == 0 && !finish_rotation(s, p, b, e))
		return false;
	if (b->file_err.kind != ERR_NONE ||
	    !csv_open(&b->file, p->path, p->lock, &known, &b->a, &found, &b->file_err))
		return true;
	return !found.counted || adopt(s, p, b, &found, e);
}

/*
 * BEGIN; the buffer's row and, where it can be written, its file.  `lock_err`: why it is not
 * locked, ERR_NONE: it is.  False: the database refused, and the transaction is over.
 */
static bool buffer_begin(struct store *s, const struct record_place *p, const struct err *lock_err,
			 struct buffer *b, struct err *e)
{
	*b = (struct buffer){ .file_err = *lock_err };
	if (!store_begin(s, turn, e))
		return false;
	if (store_open_csv_file(s, p->host, p->path, clock_now_ms(), &b->a, &b->row, e) &&
	    (b->file_err.kind != ERR_NONE || open_file(s, p, b, e)))
		return true;
	csv_close(b->file);
	b->file = NULL;
	return fail_in_transaction(s);
}

/* False: not on the disk; the file is as before and counts as one that cannot be written. */
static bool buffer_append(struct buffer *b, struct str rows)
{
	if (!b->file)
		return false;
	if (csv_append(b->file, rows, &b->file_err)) {
		b->row.end += rows.n;
		return true;
	}
	csv_close(b->file);
	b->file = NULL;
	return false;
}

static void count_row(struct store_csv_file *f, int64_t cycle_ms)
{
	f->rows++;
	if (f->first_cycle_ms == CLOCK_NONE || cycle_ms < f->first_cycle_ms)
		f->first_cycle_ms = cycle_ms;
	if (cycle_ms > f->last_cycle_ms)
		f->last_cycle_ms = cycle_ms;
}

/* Before COMMIT was tried, what was appended goes again; afterwards nobody knows, and the next one
 * who opens the file goes by what the database says. */
static bool undo(struct store *s, struct buffer *b)
{
	if (b->file)
		csv_take_back(b->file);
	return fail_in_transaction(s);
}

/* ---- rows that waited ---- */

static bool unspool(struct store *s, struct buffer *b, const struct store_spooled *rows, size_t n,
		    struct err *e)
{
	int64_t *ids = arena_array(&b->a, n, int64_t);
	uint64_t *ends = arena_array(&b->a, n, uint64_t);
	uint64_t end = b->row.end;
	BUF_AUTO(text, SIZE_MAX / 2);

	for (size_t i = 0; i < n; i++) {
		buf_add_str(&text, rows[i].row);
		count_row(&b->row, rows[i].cycle_at_ms);
		ids[i] = rows[i].sample_id;
		ends[i] = end + text.n;
	}
	if (!buffer_append(b, buf_str(&text))) {
		store_rollback(s); /* they wait on */
		return true;
	}
	if (!store_unspool(s, ids, ends, n, b->row.id, e) || !store_save_csv_file(s, &b->row, e))
		return undo(s, b);
	if (!store_commit(s, e))
		return fail_in_transaction(s);
	csv_keep(b->file);
	return true;
}

/*
 * One transaction; *ret_moved: how many of those that wait for the buffer of that path.  b->file_err tells whether
 * the file was the reason for none.
 */
static bool move_some(struct store *s, const struct record_place *p, struct str from,
		      struct buffer *b, size_t *ret_moved, struct err *e)
{
	struct store_spooled *rows;
	const struct err locked = { .kind = ERR_NONE };

	*ret_moved = 0;
	if (!buffer_begin(s, p, &locked, b, e))
		return false;
	if (b->file && !store_load_spool(s, p->host, from, SPOOL_STEP, &b->a, &rows, ret_moved, e))
		return fail_in_transaction(s);
	if (*ret_moved == 0)
		return store_commit(s, e) || fail_in_transaction(s);
	return unspool(s, b, rows, *ret_moved, e);
}

/* All of them, oldest first; under the lock.  *ret_file_err: the file cannot be written. */
static bool move_from(struct store *s, const struct record_place *p, struct str from,
		      struct err *ret_file_err, struct err *e)
{
	size_t moved = 1;
	bool ok = true;

	while (ok && moved && ret_file_err->kind == ERR_NONE) {
		struct buffer b;

		ok = move_some(s, p, from, &b, &moved, e);
		*ret_file_err = b.file_err;
		buffer_release(&b);
	}
	return ok;
}

static bool move_spool(struct store *s, struct record_place *p, struct err *ret_file_err,
		       struct err *e)
{
	bool ok = move_from(s, p, p->path, ret_file_err, e);

	if (ok && ret_file_err->kind == ERR_NONE)
		p->may_spool = false;
	return ok;
}

/* ---- other spellings ---- */

/* What stands in the file is the buffer's by now. */
static bool forget(struct store *s, const struct record_place *p, struct str spelling,
		   const struct buffer *b, struct err *e)
{
	struct store_csv_file f;
	ARENA_AUTO(a);

	if (!store_open_csv_file(s, p->host, spelling, clock_now_ms(), &a, &f, e))
		return false;
	if (f.end > b->row.end)
		log_event(LOG_ERROR, "Rows that were committed are gone from the CSV buffer",
			  LOG_STR("path", f.path), LOG_UINT("rows", f.rows));
	f.end = f.rows = 0;
	f.first_cycle_ms = f.last_cycle_ms = CLOCK_NONE;
	return store_save_csv_file(s, &f, e) && store_commit(s, e);
}

static bool join(struct store *s, const struct record_place *p, struct str spelling,
		 struct err *ret_file_err, struct err *e)
{
	const struct err locked = { .kind = ERR_NONE };
	struct buffer b;
	bool ok;

	if (!move_from(s, p, spelling, ret_file_err, e))
		return false;
	if (ret_file_err->kind != ERR_NONE)
		return true;
	ok = buffer_begin(s, p, &locked, &b, e);
	*ret_file_err = b.file_err;
	if (ok && !b.file)
		ok = store_commit(s, e) || fail_in_transaction(s);
	else if (ok)
		ok = forget(s, p, spelling, &b, e) || fail_in_transaction(s);
	buffer_release(&b);
	return ok;
}

/* Rows that a database of before knows, or keeps, under other spellings of the path. */
static bool join_spellings(struct store *s, const struct record_place *p, struct err *ret_file_err,
			   struct err *e)
{
	struct store_csv_stray *strays;
	size_t n;
	ARENA_AUTO(a);

	if (!store_load_strays(s, p->host, p->path, &a, &strays, &n, e))
		return false;
	for (size_t i = 0; i < n && ret_file_err->kind == ERR_NONE; i++)
		if (is_same_file(strays[i].path, p, &a) &&
		    !join(s, p, strays[i].path, ret_file_err, e))
			return false;
	return true;
}

/* After whoever came before, under the lock. */
static bool put_in_order(struct store *s, struct record_place *p, struct err *ret_file_err,
			 struct err *e)
{
	return join_spellings(s, p, ret_file_err, e) &&
	       (ret_file_err->kind != ERR_NONE || move_spool(s, p, ret_file_err, e));
}

/* False: *ret_file_err tells why. */
static bool lock_place(struct record_place *p, struct err *ret_file_err)
{
	p->lock = NULL;
	return csv_lock(&p->lock, p->path, ret_file_err);
}

static void unlock_place(struct record_place *p)
{
	csv_unlock(p->lock);
	p->lock = NULL;
}

/* ---- samples ---- */

struct seek {
	const struct sample *want;
	bool found;
};

static bool look(void *arg, int64_t id, const struct sample *s, struct err *e)
{
	struct seek *k = arg;
	const struct sample *w = k->want;

	(void)id;
	(void)e;
	k->found |= s->started_at_ms == w->started_at_ms && s->cycle_at_ms == w->cycle_at_ms &&
		    s->total_us == w->total_us && s->attempts == w->attempts &&
		    str_eq(s->url, w->url);
	return true;
}

/*
 * All samples of a group share a transaction, so that the first one tells of all.  Looked for
 * in its turn: a server whose answer was lost may be about to commit still, and then it has it.
 */
static bool was_committed(struct store *s, const struct record_group *g, bool *ret, struct err *e)
{
	struct seek k = { g->samples[0].sample, false };
	struct store_sample_query q = { .provider = k.want->provider,
					.provider_model_id = k.want->provider_model_id,
					.since_ms = k.want->started_at_ms };
	bool ok;

	if (!store_begin(s, turn, e))
		return false;
	ok = store_list_samples(s, &q, look, &k, e);
	store_rollback(s);
	*ret = k.found;
	return ok;
}

static bool commit_samples(struct store *s, struct record_group *g, const struct store_sample *rows,
			   struct err *e)
{
	if (!store_save_samples(s, rows, g->n, e))
		return false;
	g->doubtful = true;
	if (!store_commit(s, e))
		return false;
	g->doubtful = false;
	return true;
}

static void add_rows(const struct record_group *g, struct buf *out)
{
	for (size_t i = 0; i < g->n; i++)
		buf_add_str(out, g->samples[i].csv_row);
}

/* Each with its place in the file; where the file failed, with the row itself. */
static const struct store_sample *placed(const struct record_group *g, struct buffer *b,
					 uint64_t begin)
{
	struct store_sample *rows = arena_array(&b->a, g->n, struct store_sample);
	uint64_t end = begin;

	for (size_t i = 0; i < g->n; i++) {
		rows[i] = g->samples[i];
		rows[i].csv_file_id = b->row.id;
		end += rows[i].csv_row.n;
		if (!b->file)
			continue;
		rows[i].csv_end = end;
		count_row(&b->row, rows[i].sample->cycle_at_ms);
	}
	return rows;
}

static bool commit_in_buffer(struct store *s, struct record_group *g, struct buffer *b,
			     struct err *e)
{
	uint64_t begin = b->row.end;
	const struct store_sample *rows;
	BUF_AUTO(text, SIZE_MAX / 2);

	add_rows(g, &text);
	(void)buffer_append(b, buf_str(&text));
	rows = placed(g, b, begin);
	if (b->file && !store_save_csv_file(s, &b->row, e))
		return undo(s, b);
	if (commit_samples(s, g, rows, e)) {
		if (b->file)
			csv_keep(b->file);
		return true;
	}
	return g->doubtful ? fail_in_transaction(s) : undo(s, b);
}

static bool commit_to(struct store *s, struct record_place *p, const struct err *file_err,
		      struct record_group *g, struct err *e)
{
	struct buffer b;
	bool ok = buffer_begin(s, p, file_err, &b, e) && commit_in_buffer(s, g, &b, e);

	if (ok && b.file)
		say_file_works(p);
	else if (ok)
		say_file_failed(p, &b.file_err);
	buffer_release(&b);
	return ok;
}

static bool commit_with_csv(struct store *s, struct record_place *p, struct record_group *g,
			    struct err *e)
{
	struct err file_err = { .kind = ERR_NONE };
	bool locked = lock_place(p, &file_err);
	bool ok;

	/* What waits comes first, so that the file is in order. */
	ok = (!locked || !p->may_spool || move_spool(s, p, &file_err, e)) &&
	     commit_to(s, p, &file_err, g, e);
	unlock_place(p);
	return ok;
}

static bool commit_without_csv(struct store *s, struct record_group *g, struct err *e)
{
	return store_begin(s, turn, e) &&
	       (commit_samples(s, g, g->samples, e) || fail_in_transaction(s));
}

bool record_commit(struct store *s, struct record_place *p, struct record_group *g, struct err *e)
{
	bool done = false;

	if (g->doubtful && !was_committed(s, g, &done, e))
		return false;
	g->doubtful = false;
	return done ||
	       (str_is_none(p->path) ? commit_without_csv(s, g, e) : commit_with_csv(s, p, g, e));
}

bool record_tell_strays(struct store *s, struct str host, struct str path, struct err *e)
{
	const struct record_place here = { .host = host, .path = path };
	struct store_csv_stray *strays;
	size_t n;
	ARENA_AUTO(a);

	if (!store_load_strays(s, host, path, &a, &strays, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_same_file(strays[i].path, &here, &a))
			continue;
		log_event(
			LOG_WARN,
			"Rows are left in another CSV buffer: a push with that LOCAL_CSV_PATH takes them",
			LOG_STR("path", strays[i].path), LOG_UINT("rows", strays[i].rows));
	}
	return true;
}

bool record_recover(struct store *s, struct record_place *p, struct err *e)
{
	struct err file_err = { .kind = ERR_NONE };
	bool ok;

	if (str_is_none(p->path))
		return true;
	ok = !lock_place(p, &file_err) || put_in_order(s, p, &file_err, e);
	unlock_place(p);
	if (ok && file_err.kind != ERR_NONE)
		say_file_failed(p, &file_err);
	return ok && record_tell_strays(s, p->host, p->path, e);
}

/* ---- rotation ---- */

/* HOST-UUID: unique across hosts and restarts, and fit for a file's name. */
static struct str batch_id(struct str host, struct arena *a)
{
	enum { UUID_BYTES = 16, VERSION_AT = 6, VARIANT_AT = 8 };
	unsigned char u[UUID_BYTES];
	char *name = arena_cstr(a, host);

	for (char *c = name; *c; c++) {
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '.' || *c == '-'))
			*c = '-';
	}
	if (getrandom(u, sizeof(u), 0) != (ssize_t)sizeof(u))
		abort();
	u[VERSION_AT] = (unsigned char)((u[VERSION_AT] & 0x0f) | 0x40);
	u[VARIANT_AT] = (unsigned char)((u[VARIANT_AT] & 0x3f) | 0x80);
	return arena_printf(
		a, "%s-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		*name ? name : "host", u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* The batch is committed, then renamed: killed in between, finish_rotation() does it. */
static bool rotate_buffer(struct store *s, const struct record_place *p, struct buffer *b,
			  struct str *ret_batch, struct arena *a, struct err *e)
{
	if (!b->file) {
		*e = b->file_err;
		return fail_in_transaction(s);
	}
	if (b->row.rows == 0) {
		*ret_batch = STR_NONE;
		return store_commit(s, e) || fail_in_transaction(s);
	}
	b->row.batch = batch_id(p->host, a);
	b->row.rotated_path =
		arena_printf(&b->a, "%.*s.%.*s", STR_FMT(p->path), STR_FMT(b->row.batch));
	if (!store_save_csv_file(s, &b->row, e) || !store_commit(s, e))
		return fail_in_transaction(s);
	*ret_batch = b->row.batch;
	return csv_rotate(p->path, b->row.rotated_path, e);
}

static bool rotate_locked(struct store *s, struct record_place *p, struct str *ret_batch,
			  struct arena *a, struct err *e)
{
	const struct err none = { .kind = ERR_NONE };
	struct err file_err = none;
	struct buffer b;
	bool ok;

	if (!put_in_order(s, p, &file_err, e))
		return false;
	ok = buffer_begin(s, p, &none, &b, e) && rotate_buffer(s, p, &b, ret_batch, a, e);
	buffer_release(&b);
	return ok;
}

bool record_rotate(struct store *s, struct str host, struct str csv_path, struct arena *a,
		   struct str *ret_batch, struct err *e)
{
	struct record_place p = { .host = host, .path = record_absolute(csv_path, a) };
	bool ok;

	if (!lock_place(&p, e))
		return false;
	ok = rotate_locked(s, &p, ret_batch, a, e);
	unlock_place(&p);
	return ok;
}
