#include "provider/reader.h"

#include "base/parallel.h"
#include "base/utf8.h"
#include "provider/join.h"
#include "provider/pages.h"
#include "provider/row.h"

#include <stdlib.h>

enum {
	WORTH_CUTTING = 1000, /* rows */
	ROWS_MAX = 1000000,   /* of one list: a row of one byte costs us hundreds */
	INNER_MAX = 64 << 20, /* bytes that the rows inside others of one slice may come to */
};

struct skips {
	struct reader_skip *items;
	size_t n, room;
};

/*
 * Consecutive rows of one list, read apart from the others: a large list is read
 * in several slices at once.  Everything that is written belongs to the slice.
 */
struct slice {
	const struct list *list;
	yyjson_val *first;
	size_t n_rows; /* elements of the list's array */
	struct arena arena;
	struct row_scratch *scratch;
	struct arena shape_arena; /* does not outlive it: pages are many */
	struct shape *shape;
	struct model *models; /* its part of the list's */
	size_t n;
	struct skips skips;
};

/* ---- skips and notes ---- */

static void add_skip(struct skips *s, struct arena *a, struct str id, struct str reason)
{
	if (s->n == s->room) {
		struct reader_skip *grown;

		s->room = s->room ? s->room * 2 : 16;
		grown = arena_array(a, s->room, struct reader_skip);
		if (s->n)
			memcpy(grown, s->items, s->n * sizeof(*grown));
		s->items = grown;
	}
	s->items[s->n++] = (struct reader_skip){ .id = id, .reason = reason };
}

static void skip_row(struct slice *sl, struct str id, const char *reason)
{
	add_skip(&sl->skips, &sl->arena, id,
		 arena_str(&sl->arena, utf8_clean(str_of(reason), &sl->arena)));
}

static void count_unknown(void *arg, struct str under, yyjson_val *key)
{
	struct slice *sl = arg;

	notes_add(&sl->scratch->notes, (struct note){ NOTE_UNKNOWN_KEY, under, json_raw(key), 1 },
		  &sl->arena);
}

static void tell_notes(struct reading *r, const struct notes *more, struct arena *a)
{
	struct str *notes = arena_array(a, r->n_notes + more->n + 1, struct str);

	if (r->n_notes)
		memcpy(notes, r->notes, r->n_notes * sizeof(*notes));
	for (size_t i = 0; i < more->n; i++)
		notes[r->n_notes++] = note_text(&more->items[i], a);
	r->notes = notes;
}

/* ---- the frame of a document ---- */

static yyjson_val *member_at(yyjson_val *root, struct str pointer)
{
	return pointer.n ? yyjson_ptr_getn(root, pointer.at, pointer.n) : root;
}

static bool check_total(const struct list *l, yyjson_val *root, size_t rows, struct err *e)
{
	yyjson_val *v = l->total.n ? member_at(root, l->total) : NULL;
	int64_t total;

	if (!v || yyjson_is_null(v))
		return true;
	if (!str_to_i64(json_raw(v), 0, INT64_MAX, &total))
		return err_set(e, ERR_DATA, "%.*s is not a count", STR_FMT(l->total));
	if ((uint64_t)total != rows)
		return err_set(e, ERR_PARTIAL, "%.*s says %lld rows, the document holds %zu",
			       STR_FMT(l->total), (long long)total, rows);
	return true;
}

static bool check_end(const struct list *l, yyjson_val *root, struct err *e)
{
	yyjson_val *v = l->next.n ? member_at(root, l->next) : NULL;
	struct str text = json_raw(v);

	if (!v || yyjson_is_null(v) || (yyjson_is_str(v) && text.n == 0))
		return true;
	return err_set(e, ERR_PARTIAL, "the list goes on at %.*s \"%s\" and was not followed",
		       STR_FMT(l->next), err_quote(text.at, text.n));
}

static bool rows_of(const struct list *l, yyjson_doc *doc, yyjson_val **ret, struct err *e)
{
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_val *rows = member_at(root, l->rows);

	if (!yyjson_is_arr(rows))
		return err_set(e, ERR_DATA, "%s is %s, the list of models was expected",
			       l->rows.n ? l->rows.at : "the document", json_type(rows));
	*ret = rows;
	return true;
}

/* ---- rows ---- */

static void read_row(struct slice *sl, yyjson_val *row)
{
	struct str id = STR_NONE;
	struct err e;

	if (!yyjson_is_obj(row)) {
		(void)err_set(&e, ERR_DATA, "the row is %s, an object was expected",
			      json_type(row));
		skip_row(sl, id, e.text);
	} else if (!plan_walk(sl->list->plan, row, sl->scratch->slots, count_unknown, sl, &e)) {
		struct err ignored;

		/* The walk stopped half-way; what it saw of the id still names the row, unless
		 * it is the id itself that stands twice. */
		if (!row_id_is_twice(sl->list, row))
			(void)row_id(sl->list, sl->scratch, &sl->arena, &id, &ignored);
		skip_row(sl, id, e.text);
	} else if (!row_id(sl->list, sl->scratch, &sl->arena, &id, &e) ||
		   !row_read(sl->list, sl->scratch, id, &sl->arena, &sl->models[sl->n], &e)) {
		skip_row(sl, id, e.text);
	} else {
		sl->n++;
	}
}

/* The array of rows proper in a row around them; NULL when it says that there are none. */
static yyjson_val *inner_rows(const struct list *l, yyjson_val *outer)
{
	yyjson_val *v = member_at(outer, l->each);

	return yyjson_is_null(v) ? NULL : v;
}

/* The inner rows of one row around them.  Which models are lost with it is not known. */
static void read_outer(struct slice *sl, yyjson_val *outer)
{
	const struct list *l = sl->list;
	yyjson_val *rows = inner_rows(l, outer);
	yyjson_arr_iter each;
	yyjson_val *row;
	struct err e;

	if (!yyjson_is_obj(outer)) {
		(void)err_set(&e, ERR_DATA, "the row is %s, an object was expected",
			      json_type(outer));
		skip_row(sl, STR_NONE, e.text);
		return;
	}
	if (!plan_walk(l->outer, outer, sl->scratch->slots + OUTER_SLOTS, count_unknown, sl, &e) ||
	    (rows && !yyjson_is_arr(rows) &&
	     !err_set(&e, ERR_DATA, "..%.*s is %s, an array was expected", STR_FMT(l->each),
		      json_type(rows)))) {
		skip_row(sl, STR_NONE, e.text);
		return;
	}
	each = yyjson_arr_iter_with(rows);
	while ((row = yyjson_arr_iter_next(&each))) {
		/* What each of them repeats of the row around is not bounded by the document. */
		if (sl->arena.taken > INNER_MAX)
			skip_row(sl, STR_NONE, "what rows repeat of those around them is too much");
		else
			read_row(sl, row);
	}
}

/* How many rows one element of the list's array may hold. */
static size_t rows_in(const struct list *l, yyjson_val *element)
{
	return l->outer ? yyjson_arr_size(inner_rows(l, element)) : 1;
}

static unsigned entry_slots(const struct list *l)
{
	unsigned most = l->overrides.mapped ? plan_slots(l->overrides.plan) : 0;

	for (size_t i = 0; i < l->n_prices; i++)
		if (l->prices[i].tiers && plan_slots(l->prices[i].tiers->plan) > most)
			most = plan_slots(l->prices[i].tiers->plan);
	return most;
}

static void read_slice(void *piece)
{
	struct slice *sl = piece;
	const struct list *l = sl->list;
	struct arena *a = &sl->arena;
	yyjson_val *row = sl->first;

	sl->scratch = arena_new(a, struct row_scratch);
	sl->shape = shape_create(&sl->shape_arena, l->each);
	sl->scratch->metadata = BUF_INIT(ROW_METADATA_MAX);
	sl->scratch->slots =
		arena_array(a,
			    l->outer ? OUTER_SLOTS + plan_slots(l->outer) : plan_slots(l->plan) + 1,
			    yyjson_val *);
	sl->scratch->entry_slots = arena_array(a, entry_slots(l) + 1, yyjson_val *);
	for (size_t i = 0; i < sl->n_rows; i++) {
		if (l->outer)
			read_outer(sl, row);
		else
			read_row(sl, row);
		shape_add(sl->shape, row);
		row = unsafe_yyjson_get_next(row);
	}
	buf_release(&sl->scratch->metadata);
}

/* What was read of one list so far. */
struct gathered {
	struct model *models; /* room for every row of every page */
	size_t n;
	size_t *ends; /* of each page, in `models` */
	struct skips skips;
	struct notes notes;
	struct shape *shape;
	size_t rows;
};

static void gather(struct gathered *g, struct slice *sl, struct arena *a)
{
	/* Rows left out make gaps: close up. */
	if (sl->n)
		memmove(g->models + g->n, sl->models, sl->n * sizeof(*g->models));
	g->n += sl->n;
	for (size_t i = 0; i < sl->skips.n; i++)
		add_skip(&g->skips, a, sl->skips.items[i].id, sl->skips.items[i].reason);
	notes_gather(&g->notes, &sl->scratch->notes, a);
	shape_gather(g->shape, sl->shape);
	arena_release(&sl->shape_arena);
	arena_adopt(a, &sl->arena);
}

/* All rows of one page, in slices; `g` has room for them. */
static void read_rows(const struct list *l, yyjson_val *rows, struct arena *a, struct gathered *g)
{
	size_t total = yyjson_arr_size(rows);
	size_t n = total < WORTH_CUTTING ? 1 : PARALLEL_MAX;
	struct slice *slices = arena_array(a, n, struct slice);
	yyjson_val *row = yyjson_arr_get_first(rows);
	struct model *models = g->models + g->n;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t end = total * (i + 1) / n;

		slices[i].list = l;
		slices[i].first = row;
		slices[i].n_rows = end - at;
		slices[i].models = models;
		for (; at < end; at++) {
			models += rows_in(l, row);
			row = unsafe_yyjson_get_next(row);
		}
	}
	g->rows += (size_t)(models - (g->models + g->n));
	parallel_run(read_slice, slices, sizeof(*slices), n);
	for (size_t i = 0; i < n; i++)
		gather(g, &slices[i], a);
}

static size_t count_rows(const struct list *l, yyjson_val *rows)
{
	yyjson_arr_iter elements = yyjson_arr_iter_with(rows);
	yyjson_val *element;
	size_t n = 0;

	if (!l->outer)
		return yyjson_arr_size(rows);
	while ((element = yyjson_arr_iter_next(&elements)))
		n += rows_in(l, element);
	return n;
}

static bool read_pages(const struct list *l, const struct reader_list *input, struct arena *a,
		       struct gathered *g, struct err *e)
{
	yyjson_val **rows = arena_array(a, input->n_pages, yyjson_val *);
	size_t total = 0;

	for (size_t i = 0; i < input->n_pages; i++) {
		if (!rows_of(l, input->pages[i], &rows[i], e))
			return false;
		total += count_rows(l, rows[i]);
	}
	if (total > ROWS_MAX)
		return err_set(e, ERR_DATA, "%zu rows, more than %d", total, ROWS_MAX);
	g->models = arena_alloc(a, (total + 1) * sizeof(*g->models));
	g->shape = shape_create(a, l->each);
	g->ends = arena_array(a, input->n_pages, size_t);
	for (size_t i = 0; i < input->n_pages; i++) {
		read_rows(l, rows[i], a, g);
		g->ends[i] = g->n;
	}
	return true;
}

static bool check_whole(const struct list *l, const struct reader_list *input,
			const struct gathered *g, struct err *e)
{
	for (size_t i = 0; i < input->n_pages; i++) {
		yyjson_val *root = yyjson_doc_get_root(input->pages[i]);

		if (!check_total(l, root, g->rows, e))
			return false;
		if (i + 1 == input->n_pages &&
		    (!check_end(l, root, e) || !pages_check_end(l, root, i + 1, e)))
			return false;
	}
	return pages_check_repeats(g->models, g->ends, input->n_pages, e);
}

/* ---- duplicates ---- */

static bool same_model(const struct model *x, const struct model *y)
{
	BUF_AUTO(a, SIZE_MAX / 2);
	BUF_AUTO(b, SIZE_MAX / 2);

	snapshot_add_model(&a, x);
	snapshot_add_model(&b, y);
	return str_eq(buf_str(&a), buf_str(&b));
}

/* The run of rows with one id from `i` on; *ret_same: all of them say the same. */
static size_t run_of(const struct catalog *c, size_t i, bool *ret_same)
{
	size_t n = 1;

	*ret_same = true;
	while (i + n < c->n && str_eq(c->models[i].id, c->models[i + n].id)) {
		*ret_same = *ret_same && same_model(&c->models[i], &c->models[i + n]);
		n++;
	}
	return n;
}

/* Equal rows of one id are one model; rows that disagree are none. */
static void merge_duplicates(struct skips *skips, struct catalog *c, struct arena *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n;) {
		bool same;
		size_t n = run_of(c, i, &same);

		if (same)
			c->models[kept++] = c->models[i];
		else
			for (size_t k = 0; k < n; k++)
				add_skip(skips, a, c->models[i].id, STR("duplicate id"));
		i += n;
	}
	c->n = kept;
}

static struct str *ids_of(const struct reader_skip *skips, size_t n_skips, bool optional,
			  struct arena *a, size_t *ret_n)
{
	struct str *ids = arena_array(a, n_skips + 1, struct str);
	size_t n = 0;

	for (size_t i = 0; i < n_skips; i++)
		if (!str_is_none(skips[i].id) && skips[i].optional == optional)
			ids[n++] = skips[i].id;
	qsort(ids, n, sizeof(*ids), str_order);
	*ret_n = n;
	return ids;
}

struct str *reader_skipped_ids(const struct reading *r, struct arena *a, size_t *ret_n)
{
	return ids_of(r->skips, r->n_skips, false, a, ret_n);
}

/*
 * A row left out of a required list casts doubt on every other row and list that
 * speaks of the same id: none of it is used, what was observed before stands.
 */
static void drop_skipped(const struct reading *r, struct catalog *c, struct arena *a)
{
	size_t n;
	struct str *ids = reader_skipped_ids(r, a, &n);
	size_t kept = 0;
	size_t k = 0;

	for (size_t i = 0; i < c->n; i++) {
		while (k < n && str_cmp(ids[k], c->models[i].id) < 0)
			k++;
		if (k == n || !str_eq(ids[k], c->models[i].id))
			c->models[kept++] = c->models[i];
	}
	c->n = kept;
}

/* ---- the whole ---- */

static bool read_list(const struct list *l, const struct reader_list *input, struct arena *a,
		      struct gathered *g, struct catalog *ret, struct err *e)
{
	if (!read_pages(l, input, a, g, e) || !check_whole(l, input, g, e))
		return err_wrap(e, "list %.*s", STR_FMT(l->name));
	*ret = (struct catalog){ .models = g->models, .n = g->n };
	catalog_sort(ret);
	merge_duplicates(&g->skips, ret, a);
	return true;
}

/* ---- optional lists ---- */

bool reader_gap_concerns(const struct reader_gap *g, struct str id)
{
	return !join_find(&g->said, id) &&
	       (g->any || bsearch(&id, g->unread, g->n_unread, sizeof(id), str_order));
}

/* What such a list could not say costs its models no more than what it says. */
static void mark_optional(const struct list *l, struct skips *skips, struct arena *a)
{
	for (size_t i = 0; i < skips->n; i++) {
		struct reader_skip *skip = &skips->items[i];

		skip->optional = true;
		skip->reason =
			arena_printf(a, "list %.*s: %.*s", STR_FMT(l->name), STR_FMT(skip->reason));
	}
}

static void add_gap(struct reading *r, const struct list *l, const struct catalog *said,
		    const struct skips *skips, struct arena *a)
{
	struct reader_gap *g = &r->gaps[r->n_gaps++];

	*g = (struct reader_gap){ .list = l, .said = *said };
	g->unread = ids_of(skips->items, skips->n, true, a, &g->n_unread);
	for (size_t i = 0; i < skips->n; i++)
		g->any = g->any || str_is_none(skips->items[i].id);
}

/* What a required list could not say leaves the whole model out. */
static void add_skips(struct reading *r, struct skips *all, const struct skips *more,
		      struct arena *a)
{
	for (size_t i = 0; i < more->n; i++) {
		add_skip(all, a, more->items[i].id, more->items[i].reason);
		all->items[all->n - 1].optional = more->items[i].optional;
		r->n_nameless += str_is_none(more->items[i].id) && !more->items[i].optional;
	}
	r->skips = all->items;
	r->n_skips = all->n;
}

static void take_shape(struct reading *r, size_t list, const struct list *l, struct shape *shape,
		       struct arena *a)
{
	struct notes notes = { 0 };

	if (!shape || !shape_is_too_large(shape)) {
		r->shapes[list] = shape;
		return;
	}
	notes_add(&notes, (struct note){ NOTE_NO_SHAPE, l->name, STR_NONE, 1 }, a);
	tell_notes(r, &notes, a);
}

static bool read_lists(const struct descriptor *d, const struct reader_list *lists, struct arena *a,
		       struct reading *r, struct err *e)
{
	struct skips skips = { 0 };

	for (size_t i = 0; i < d->n_lists; i++) {
		struct gathered *g = arena_new(a, struct gathered);
		struct catalog c;

		if (lists[i].n_pages == 0) {
			r->gaps[r->n_gaps++] =
				(struct reader_gap){ .list = &d->lists[i], .any = true };
			continue;
		}
		if (!read_list(&d->lists[i], &lists[i], a, g, &c, e))
			return false;
		if (i > 0 && g->rows == 0)
			return err_set(e, ERR_DATA, "list %.*s: the list is empty",
				       STR_FMT(d->lists[i].name));
		if (!d->lists[i].required && g->skips.n) {
			mark_optional(&d->lists[i], &g->skips, a);
			add_gap(r, &d->lists[i], &c, &g->skips, a);
		}
		add_skips(r, &skips, &g->skips, a);
		tell_notes(r, &g->notes, a);
		take_shape(r, i, &d->lists[i], g->shape, a);
		if (i == 0) {
			r->catalog = c;
			r->rows = g->rows;
		} else {
			join_list(&r->catalog, &c, a);
		}
	}
	return true;
}

bool reader_read(const struct descriptor *d, const struct reader_list *lists, struct arena *a,
		 struct reading *ret, struct err *e)
{
	struct reading r = { 0 };

	r.gaps = arena_array(a, d->n_lists, struct reader_gap);
	r.shapes = arena_array(a, d->n_lists, struct shape *);
	if (!read_lists(d, lists, a, &r, e))
		return false;
	drop_skipped(&r, &r.catalog, a);
	r.catalog.provider = d->slug;
	*ret = r;
	return true;
}
