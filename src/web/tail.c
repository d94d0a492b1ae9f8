#include "web/tail.h"

#include "core/change_json.h"

#include <inttypes.h>
#include <pthread.h>

enum { US_PER_MS = 1000, EVENT_MAX = 256 * 1024 * 1024 };

struct event {
	int64_t id;
	enum change_kind kind;
	struct str provider, text; /* both in one piece of memory, which begins with the text */
};

struct tail {
	struct reads *reads;
	pthread_mutex_t lock; /* of all that follows */
	bool looking;
	uint64_t looked_us;
	int64_t after, newest; /* what is kept are all changes behind `after` up to `newest` */
	bool knows;            /* newest */
	struct event kept[TAIL_EVENTS];
	size_t first, n, bytes;
};

struct tail *tail_create(struct reads *r)
{
	struct tail *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->reads = r;
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

/* ---- what is kept ---- */

static struct event *kept(struct tail *t, size_t i)
{
	return &t->kept[(t->first + i) % TAIL_EVENTS];
}

static void free_event(struct event *v)
{
	free((void *)(uintptr_t)v->text.at);
}

static void drop_oldest(struct tail *t)
{
	struct event *oldest = kept(t, 0);

	t->after = oldest->id;
	t->bytes -= oldest->text.n;
	free_event(oldest);
	t->first = (t->first + 1) % TAIL_EVENTS;
	t->n--;
}

static void keep(struct tail *t, const struct event *v)
{
	while (t->n == TAIL_EVENTS || (t->n && t->bytes + v->text.n > TAIL_BYTES))
		drop_oldest(t);
	*kept(t, t->n++) = *v;
	t->bytes += v->text.n;
}

static void forget(struct tail *t, int64_t after)
{
	while (t->n)
		drop_oldest(t);
	t->after = after;
}

void tail_destroy(struct tail *t)
{
	if (!t)
		return;
	forget(t, 0);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- events ---- */

static void add_event(struct buf *out, const struct store_change_row *row)
{
	struct json_writer w = { .out = out };

	buf_printf(out, "id: %" PRId64 "\nevent: change\ndata: ", row->id);
	change_json(&w, row->id, row->at_ms, row->provider, &row->change);
	buf_add_str(out, STR("\n\n"));
}

static struct event make_event(const struct store_change_row *row)
{
	struct buf out = BUF_INIT(EVENT_MAX);
	size_t n;

	add_event(&out, row);
	n = out.n;
	buf_add_str(&out, row->provider);
	return (struct event){
		.id = row->id,
		.kind = row->change.kind,
		.text = { out.at, n },
		.provider = { out.at + n, out.n - n },
	};
}

/* ---- looking ---- */

struct look {
	int64_t after; /* what is known */
	bool knows;
	int64_t newest;
	struct event *items; /* [TAIL_EVENTS], or NULL */
	size_t n;
};

static void empty_look(struct look *l)
{
	for (size_t i = 0; i < l->n; i++)
		free_event(&l->items[i]);
	l->n = 0;
}

static bool on_change(void *arg, const struct store_change_row *row, struct err *e)
{
	struct look *l = arg;

	(void)e;
	l->items[l->n++] = make_event(row);
	return true;
}

static bool read_new(struct store *s, void *arg, struct err *e)
{
	struct look *l = arg;
	struct store_change_query q = { .since_ms = CLOCK_NONE, .limit = TAIL_EVENTS };

	empty_look(l);
	if (!store_newest_change(s, &l->newest, e))
		return false;
	if (!l->knows || l->newest <= l->after)
		return true;
	if (!l->items && !(l->items = calloc(TAIL_EVENTS, sizeof(*l->items))))
		abort();
	q.after_id = l->after;
	q.up_to_id = l->newest;
	return store_list_changes(s, &q, on_change, l, e);
}

/* As many as can be kept: there may be more before them, which are read out of the database. */
static void take_in(struct tail *t, struct look *l)
{
	if (!l->knows || l->newest < l->after)
		forget(t, l->newest);
	else if (l->n == TAIL_EVENTS)
		forget(t, l->items[0].id - 1);
	for (size_t i = 0; i < l->n; i++)
		keep(t, &l->items[i]);
	l->n = 0;
	t->newest = l->newest;
	t->knows = true;
}

static bool begin_look(struct tail *t, struct look *l)
{
	uint64_t now_us = clock_mono_us();
	bool due;

	(void)pthread_mutex_lock(&t->lock);
	due = !t->looking && (!t->knows || now_us - t->looked_us >= TAIL_LOOK_MS * US_PER_MS);
	if (due) {
		t->looking = true;
		t->looked_us = now_us;
	}
	*l = (struct look){ .after = t->newest, .knows = t->knows };
	(void)pthread_mutex_unlock(&t->lock);
	return due;
}

bool tail_look(struct tail *t, bool *ret_new, struct err *e)
{
	struct look l;
	bool ok;

	*ret_new = false;
	if (!begin_look(t, &l))
		return true;
	ok = reads_run(t->reads, read_new, &l, e);
	(void)pthread_mutex_lock(&t->lock);
	t->looking = false;
	if (ok) {
		*ret_new = !l.knows || l.newest != l.after;
		take_in(t, &l);
	}
	(void)pthread_mutex_unlock(&t->lock);
	empty_look(&l);
	free(l.items);
	return ok;
}

/* ---- reading ---- */

struct page {
	const struct tail_wish *wish;
	int64_t at, up_to, last;
	uint64_t n;
	struct buf *out;
	size_t before; /* bytes that were there */
};

static bool on_page(void *arg, const struct store_change_row *row, struct err *e)
{
	struct page *p = arg;

	(void)e;
	add_event(p->out, row);
	p->last = row->id;
	p->n++;
	return true;
}

static bool read_page(struct store *s, void *arg, struct err *e)
{
	struct page *p = arg;
	struct store_change_query q = {
		.since_ms = CLOCK_NONE,
		.after_id = p->at,
		.up_to_id = p->up_to,
		.provider = p->wish->provider,
		.kinds = p->wish->kinds,
		.limit = TAIL_PAGE,
		.oldest = true,
	};

	p->n = 0;
	p->out->n = p->before;
	return store_list_changes(s, &q, on_page, p, e);
}

/* Until something fits or what is kept begins. */
static bool read_pages(struct tail *t, struct page *p, int64_t *at, struct err *e)
{
	if (!reads_run(t->reads, read_page, p, e))
		return false;
	*at = p->n == TAIL_PAGE ? p->last : p->up_to;
	return true;
}

static bool fits(const struct tail_wish *w, const struct event *v)
{
	return (str_is_none(w->provider) || str_eq(w->provider, v->provider)) &&
	       (!w->kinds || w->kinds[v->kind]);
}

/* Of what is kept the first behind that id. */
static size_t find_after(struct tail *t, int64_t id)
{
	size_t from = 0;
	size_t to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (kept(t, middle)->id > id)
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

static void copy_kept(struct tail *t, const struct tail_wish *w, int64_t *at, struct buf *out)
{
	for (size_t i = find_after(t, *at); i < t->n && out->n < TAIL_READ_BYTES; i++) {
		const struct event *v = kept(t, i);

		if (fits(w, v))
			buf_add_str(out, v->text);
		*at = v->id;
	}
}

bool tail_read(struct tail *t, const struct tail_wish *w, int64_t *at, struct buf *out,
	       struct err *e)
{
	struct page p = { .wish = w, .at = *at, .out = out, .before = out->n };
	bool behind;

	(void)pthread_mutex_lock(&t->lock);
	behind = t->knows && *at < t->after;
	p.up_to = t->after;
	if (t->knows && !behind)
		copy_kept(t, w, at, out);
	(void)pthread_mutex_unlock(&t->lock);
	return !behind || read_pages(t, &p, at, e);
}
