#include "provider/rows.h"

#include "base/parallel.h"
#include "base/utf8.h"
#include "provider/mode.h"
#include "provider/pages.h"
#include "provider/row.h"
#include "provider/shape.h"
#include "provider/test.h"

enum {
	WORTH_CUTTING = 1000, /* rows */
	ROWS_MAX = 1000000,   /* of one list: a row of one byte costs us hundreds */
	INNER_MAX = 64 << 20, /* bytes that the rows inside others of one slice may come to */
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
	struct str *modes;    /* beside them, or NULL */
	size_t n;
	struct skips skips;
};

/* ---- skips and notes ---- */

void skips_add(struct skips *s, struct arena *a, struct str id, struct str reason)
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
	skips_add(&sl->skips, &sl->arena, id,
		  arena_str(&sl->arena, utf8_clean(str_of(reason), &sl->arena)));
}

static void count_unknown(void *arg, struct str under, yyjson_val *key)
{
	struct slice *sl = arg;

	notes_add(&sl->scratch->notes, (struct note){ NOTE_UNKNOWN_KEY, under, json_raw(key), 1 },
		  &sl->arena);
}

/* ---- rows ---- */

/* Is it an offer?  Other rows are passed over. */
static bool is_offer(const struct list *l, yyjson_val **slots, bool *ret, struct err *e)
{
	int said = 1;

	if (l->where.kind != TEST_NONE && !test_read(l, &l->where, slots, &said, e))
		return false;
	*ret = said == 1;
	return true;
}

/* A row that was walked: *ret_id as far as it can be told. */
static bool read_walked(struct slice *sl, struct str *ret_id, struct err *e)
{
	const struct list *l = sl->list;
	struct err of_id;
	bool has_id = row_id(l, sl->scratch, &sl->arena, ret_id, &of_id);
	bool offer;

	if (!is_offer(l, sl->scratch->slots, &offer, e))
		return false;
	if (!offer)
		return true;
	if (!has_id) {
		*e = of_id;
		return false;
	}
	if (!row_read(l, sl->scratch, *ret_id, &sl->arena, &sl->models[sl->n], e) ||
	    (sl->modes &&
	     !mode_read(l, sl->scratch, &sl->arena, &sl->models[sl->n], &sl->modes[sl->n], e)))
		return false;
	sl->n++;
	return true;
}

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
	} else if (!read_walked(sl, &id, &e)) {
		skip_row(sl, id, e.text);
	}
}

/* The array of rows proper in a row around them; NULL when it says that there are none. */
static yyjson_val *inner_rows(const struct list *l, yyjson_val *outer)
{
	yyjson_val *v = yyjson_ptr_getn(outer, l->each.at, l->each.n);

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

static void gather(struct gathered *g, struct slice *sl, struct arena *a)
{
	/* Rows left out make gaps: close up. */
	if (sl->n)
		memmove(g->models + g->n, sl->models, sl->n * sizeof(*g->models));
	if (sl->n && g->modes)
		memmove(g->modes + g->n, sl->modes, sl->n * sizeof(*g->modes));
	g->n += sl->n;
	for (size_t i = 0; i < sl->skips.n; i++)
		skips_add(&g->skips, a, sl->skips.items[i].id, sl->skips.items[i].reason);
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
		slices[i].modes = g->modes ? g->modes + (models - g->models) : NULL;
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

bool rows_read(const struct list *l, const struct reader_list *input, struct arena *a,
	       struct gathered *g, struct err *e)
{
	yyjson_val **rows = arena_array(a, input->n_pages, yyjson_val *);
	size_t total = 0;

	for (size_t i = 0; i < input->n_pages; i++) {
		if (!pages_rows(l, yyjson_doc_get_root(input->pages[i]), &rows[i], e))
			return false;
		total += count_rows(l, rows[i]);
	}
	if (total > ROWS_MAX)
		return err_set(e, ERR_DATA, "%zu rows, more than %d", total, ROWS_MAX);
	g->models = arena_alloc(a, (total + 1) * sizeof(*g->models));
	g->shape = shape_create(a, l->each);
	g->modes = l->modes.n_words ? arena_array(a, total + 1, struct str) : NULL;
	g->ends = arena_array(a, input->n_pages, size_t);
	for (size_t i = 0; i < input->n_pages; i++) {
		read_rows(l, rows[i], a, g);
		g->ends[i] = g->n;
	}
	return true;
}
