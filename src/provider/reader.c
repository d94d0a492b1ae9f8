#include "provider/reader.h"

#include "provider/join.h"
#include "provider/pages.h"
#include "provider/same_id.h"

#include <stdlib.h>

/* ---- notes ---- */

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

static bool check_whole(const struct list *l, const struct reader_list *input,
			const struct gathered *g, struct err *e)
{
	for (size_t i = 0; i < input->n_pages; i++) {
		yyjson_val *root = yyjson_doc_get_root(input->pages[i]);

		if (!check_total(l, root, g->rows, e))
			return false;
		if ((i + 1 == input->n_pages || l->pages.form == PAGES_IDS) &&
		    (!check_end(l, root, e) || !pages_check_end(l, root, i + 1, e)))
			return false;
	}
	/* Whoever is asked for some ids may say more than was asked. */
	return l->pages.form == PAGES_IDS ||
	       pages_check_repeats(g->models, g->ends, input->n_pages, e);
}

/* ---- rows left out ---- */

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
	if (!rows_read(l, input, a, g, e) || !check_whole(l, input, g, e))
		return err_wrap(e, "list %.*s", STR_FMT(l->name));
	same_id_merge(l, g, a, ret);
	return true;
}

/* ---- optional lists ---- */

bool reader_gap_concerns(const struct reader_gap *g, struct str id)
{
	return !join_find(&g->said, id) &&
	       (g->any || bsearch(&id, g->unread, g->n_unread, sizeof(id), str_order));
}

/*
 * What such a list could not say costs the models that are there no more than what
 * it says; but a model of its own, or one that nobody can name, it would cost whole.
 */
static void mark_optional(const struct list *l, const struct catalog *so_far, struct skips *skips,
			  struct arena *a)
{
	for (size_t i = 0; i < skips->n; i++) {
		struct reader_skip *skip = &skips->items[i];

		skip->optional =
			!l->adds || (!str_is_none(skip->id) && join_find(so_far, skip->id));
		skip->reason =
			arena_printf(a, "list %.*s: %.*s", STR_FMT(l->name), STR_FMT(skip->reason));
	}
}

static void add_gap(struct reading *r, const struct list *l, const struct catalog *said,
		    const struct skips *skips, bool any, struct arena *a)
{
	struct reader_gap *g = &r->gaps[r->n_gaps++];

	*g = (struct reader_gap){ .list = l, .said = *said, .any = any };
	g->unread = ids_of(skips->items, skips->n, true, a, &g->n_unread);
	for (size_t i = 0; i < skips->n; i++)
		g->any = g->any || str_is_none(skips->items[i].id);
}

/*
 * Whoever is asked for ids and answers with nothing may have nothing to say of any
 * of them, or have lost what it said: which of the two, the answer does not show.
 */
static bool has_empty_answer(const struct list *l, struct gathered *g, size_t n_pages,
			     struct arena *a)
{
	bool found = false;

	for (size_t i = 0; l->pages.form == PAGES_IDS && i < n_pages; i++)
		found = found || g->ends[i] == (i > 0 ? g->ends[i - 1] : 0);
	if (found)
		notes_add(&g->notes,
			  (struct note){ NOTE_EMPTY_ANSWER,
					 arena_printf(a, "%slist %.*s",
						      l->required ? "" : "optional ",
						      STR_FMT(l->name)),
					 STR_NONE, 1 },
			  a);
	return found;
}

/* What a required list could not say leaves the whole model out. */
static void add_skips(struct reading *r, struct skips *all, const struct skips *more,
		      struct arena *a)
{
	for (size_t i = 0; i < more->n; i++) {
		skips_add(all, a, more->items[i].id, more->items[i].reason);
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
		bool empty;

		if (lists[i].n_pages == 0) {
			r->gaps[r->n_gaps++] =
				(struct reader_gap){ .list = &d->lists[i], .any = true };
			r->n_unheard += d->lists[i].adds;
			continue;
		}
		if (!read_list(&d->lists[i], &lists[i], a, g, &c, e))
			return false;
		if (i > 0 && g->rows == 0)
			return err_set(e, ERR_DATA, "list %.*s: the list is empty",
				       STR_FMT(d->lists[i].name));
		empty = has_empty_answer(&d->lists[i], g, lists[i].n_pages, a);
		if (!d->lists[i].required && g->skips.n)
			mark_optional(&d->lists[i], &r->catalog, &g->skips, a);
		if (empty || (!d->lists[i].required && g->skips.n))
			add_gap(r, &d->lists[i], &c, &g->skips, empty, a);
		add_skips(r, &skips, &g->skips, a);
		tell_notes(r, &g->notes, a);
		take_shape(r, i, &d->lists[i], g->shape, a);
		if (i == 0) {
			r->catalog = c;
			r->rows = g->rows;
		} else {
			join_list(&r->catalog, &c, d->lists[i].adds, a);
			r->rows += d->lists[i].adds ? g->rows : 0;
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
