/*
 * What is new about a provider's documents, each thing told once: the shape of
 * their rows, and what the reader did not understand in them.
 *
 * Read and remembered inside the sync's transaction, so that a fetch that is not
 * kept teaches nothing.  A list that was not read is left as it was.
 */
#include "base/secret.h"
#include "base/utf8.h"
#include "provider/notes.h"
#include "task/sync_job.h"

#include <stdlib.h>

enum {
	EXAMPLE_MAX = 40, /* bytes */
	NOTE_MAX = 480,   /* bytes of a note that is remembered: it is a key of the database */
	NOTES_KNOWN_MAX = 1000, /* remembered of one provider: what comes then is told each time */
};

/* What comes of going through the lists. */
struct learnt {
	struct sync_job *job;
	struct store_shapes known;
	struct drift_found *found; /* [lists] */
	bool *looked;              /* [lists]: it was read */
	struct store_shape *shapes, *changed;
	struct store_place *places;
	struct store_drift *drift;
	struct sync_drift *told;
	size_t n_shapes, n_changed, n_places, n_drift;
};

/* ---- foreign bytes ---- */

/* A provider may echo our key: `text` without it, at most `room` bytes. */
static struct str masked(struct str text, size_t room, struct arena *a, bool *ret_cut)
{
	char *out = arena_alloc(a, room);

	return (struct str){ out, secret_mask_into(text, out, room, ret_cut) };
}

static struct str shown_example(struct str raw, struct arena *a)
{
	bool cut;
	struct str text;

	if (str_is_none(raw))
		return raw;
	text = masked(raw, EXAMPLE_MAX, a, &cut);
	/* Not in the middle of a character. */
	while (cut && text.n && !utf8_is_clean(text) && text.n + 4 > EXAMPLE_MAX)
		text.n--;
	text = utf8_clean(text, a);
	return cut ? arena_printf(a, "%.*s…", STR_FMT(text)) : text;
}

/* A member whose very name is one of our keys is nobody's business. */
static bool is_secret(struct str path, struct arena *a)
{
	bool cut;

	return !str_eq(masked(path, path.n + 1, a, &cut), path);
}

/* ---- shapes ---- */

static const struct store_shape *known_shape(const struct learnt *l, struct str list)
{
	for (size_t i = 0; i < l->known.n_shapes; i++)
		if (str_eq(l->known.shapes[i].list, list))
			return &l->known.shapes[i];
	return NULL;
}

/* What is remembered of one list, in the words of provider/. */
static struct shape_place *known_places(const struct learnt *l, struct str list, size_t *ret_n)
{
	struct shape_place *places =
		arena_array(&l->job->arena, l->known.n_places + 1, struct shape_place);
	size_t n = 0;

	for (size_t i = 0; i < l->known.n_places; i++) {
		const struct store_place *p = &l->known.places[i];

		if (str_eq(p->list, list))
			places[n++] = (struct shape_place){
				.path = p->path,
				.types = shape_types_parse(p->types),
				.usual = shape_types_parse(p->usual),
				.rows = p->rows,
				.of = p->of,
				.vanished = p->vanished,
			};
	}
	*ret_n = n;
	return places;
}

static void add_place(struct learnt *l, struct str list, const struct shape_place *p)
{
	struct arena *a = &l->job->arena;

	if (is_secret(p->path, a))
		return;
	l->places[l->n_places++] = (struct store_place){
		.list = list,
		.path = p->path,
		.types = shape_types_text(p->types, a),
		.usual = shape_types_text(p->usual, a),
		.rows = p->rows,
		.of = p->of,
		.vanished = p->vanished,
	};
}

static void add_drift(struct learnt *l, struct str list, const struct drift *found)
{
	struct arena *a = &l->job->arena;
	struct sync_drift *told = &l->told[l->n_drift];

	if (is_secret(found->path, a))
		return;
	*told = (struct sync_drift){ .list = list, .drift = *found };
	told->drift.example = shown_example(found->example, a);
	told->text = drift_text(&told->drift, a);
	if (l->job->d->n_lists > 1)
		told->text = arena_printf(a, "list %.*s: %.*s", STR_FMT(list), STR_FMT(told->text));
	l->drift[l->n_drift++] = (struct store_drift){
		.list = list,
		.path = found->path,
		.kind = str_of(drift_kind_names[found->kind]),
		.closed = found->closed,
		.before = shape_types_text(found->before, a),
		.after = shape_types_text(found->after, a),
		.rows = found->rows,
		.of = found->of,
		.example = told->drift.example,
	};
}

static void add_shape(struct learnt *l, struct str list, const struct drift_found *f)
{
	const struct store_shape *before = known_shape(l, list);
	struct store_shape now = { list, f->fingerprint, f->n_live };

	l->shapes[l->n_shapes++] = now;
	if (!before || !hash_eq(&before->fingerprint, &now.fingerprint))
		l->changed[l->n_changed++] = now;
}

static void look(struct learnt *l, size_t i)
{
	struct sync_job *job = l->job;
	const struct list *list = &job->d->lists[i];
	struct shape_place *known = NULL;
	size_t n_known = 0;

	if (!job->reading.shapes[i])
		return;
	if (known_shape(l, list->name))
		known = known_places(l, list->name, &n_known);
	l->looked[i] = drift_find(job->reading.shapes[i], known, n_known, list->closed,
				  list->n_closed, &job->arena, &l->found[i]);
	if (!l->looked[i])
		sync_add_note(job, arena_printf(&job->arena,
						"list %.*s: too many different places in its rows "
						"over time: its shape is not watched any more",
						STR_FMT(list->name)));
}

static void allocate(struct learnt *l)
{
	struct arena *a = &l->job->arena;
	size_t n_lists = l->job->d->n_lists;
	size_t n_places = 0;
	size_t n_drift = 0;

	for (size_t i = 0; i < n_lists; i++) {
		n_places += l->found[i].n_places;
		n_drift += l->found[i].n;
	}
	l->shapes = arena_array(a, n_lists, struct store_shape);
	l->changed = arena_array(a, n_lists, struct store_shape);
	l->places = arena_array(a, n_places + 1, struct store_place);
	l->drift = arena_array(a, n_drift + 1, struct store_drift);
	l->told = arena_array(a, n_drift + 1, struct sync_drift);
}

static void find_drift(struct learnt *l)
{
	struct sync_job *job = l->job;
	size_t n_lists = job->d->n_lists;

	l->found = arena_array(&job->arena, n_lists, struct drift_found);
	l->looked = arena_array(&job->arena, n_lists, bool);
	for (size_t i = 0; i < n_lists; i++)
		look(l, i);
	allocate(l);
	for (size_t i = 0; i < n_lists; i++) {
		struct str list = job->d->lists[i].name;

		if (!l->looked[i])
			continue;
		add_shape(l, list, &l->found[i]);
		for (size_t k = 0; k < l->found[i].n_places; k++)
			add_place(l, list, &l->found[i].places[k]);
		for (size_t k = 0; k < l->found[i].n; k++)
			add_drift(l, list, &l->found[i].items[k]);
	}
}

/* ---- notes ---- */

static bool is_among(struct str s, const struct str *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(items[i], s))
			return true;
	return false;
}

/* Which of the notes that need telling once were told before; the others are to be remembered. */
static void find_notes(struct learnt *l, struct str **ret_new, size_t *ret_n)
{
	struct sync_job *job = l->job;
	struct arena *a = &job->arena;
	bool *known = arena_array(a, job->report.n_notes + 1, bool);
	struct str *fresh = arena_array(a, job->n_told_once + 1, struct str);
	size_t n = 0;

	for (size_t i = 0; i < job->n_told_once; i++) {
		bool cut;
		struct str key = masked(note_key(job->report.notes[i], a), NOTE_MAX, a, &cut);

		key = utf8_clean(key, a);
		known[i] = l->known.n_notes && bsearch(&key, l->known.notes, l->known.n_notes,
						       sizeof(key), str_order) != NULL;
		if (!known[i] && l->known.n_notes + n < NOTES_KNOWN_MAX && !is_among(key, fresh, n))
			fresh[n++] = key;
	}
	job->report.notes_known = known;
	*ret_new = fresh;
	*ret_n = n;
}

/* ---- both ---- */

bool sync_drift_find(struct store *s, struct sync_job *job, struct err *e)
{
	struct learnt l = { .job = job };
	struct str *notes;
	size_t n_notes;

	if (!store_load_shapes(s, job->provider_id, &job->arena, &l.known, e))
		return false;
	find_drift(&l);
	find_notes(&l, &notes, &n_notes);
	job->report.shapes = l.shapes;
	job->report.n_shapes = l.n_shapes;
	job->report.drift = l.told;
	job->report.n_drift = l.n_drift;
	job->drift = (struct store_shape_batch){
		.provider_id = job->provider_id,
		.at_ms = job->started_at_ms,
		.shapes = l.changed,
		.n_shapes = l.n_changed,
		.places = l.places,
		.n_places = l.n_places,
		.drift = l.drift,
		.n_drift = l.n_drift,
		.notes = notes,
		.n_notes = n_notes,
	};
	return true;
}

bool sync_drift_save(struct store *s, struct sync_job *job, struct err *e)
{
	const struct store_shape_batch *b = &job->drift;

	return b->n_shapes + b->n_places + b->n_drift + b->n_notes == 0 ||
	       store_save_shapes(s, b, e);
}
