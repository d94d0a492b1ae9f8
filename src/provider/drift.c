#include "provider/drift.h"

#include "base/buf.h"
#include "base/err.h"

#include <stdlib.h>

enum { USUAL_PERCENT = 20, USUAL_ROWS = 3 };

const char *const drift_kind_names[4] = {
	[DRIFT_NEW] = "new",
	[DRIFT_TYPE] = "type",
	[DRIFT_VANISHED] = "vanished",
	[DRIFT_RETURNED] = "returned",
};

bool drift_is_usual(uint64_t rows, uint64_t of)
{
	return rows > 0 && rows * 100 >= of * USUAL_PERCENT && (rows >= USUAL_ROWS || rows == of);
}

/* What is growing while the places are walked through. */
struct search {
	struct arena *a;
	const struct shape *shape;
	const struct str *closed;
	size_t n_closed;
	bool quiet; /* nothing was remembered */
	size_t room, places_room;
	struct buf lines; /* path and types of each live place */
	struct drift_found found;
};

/* Where in the rows we are. */
struct at {
	struct str path;
	uint64_t of;  /* rows that could have it */
	bool silent;  /* something around it is told already */
	bool in_data; /* below a map: how often something stands there says nothing */
};

/* ---- what is found ---- */

/* What may stand where these do without being told. */
static unsigned covered(unsigned types)
{
	if (types & SHAPE_BIT(SHAPE_NUMBER))
		types |= SHAPE_BIT(SHAPE_INTEGER);
	if (types & SHAPE_BIT(SHAPE_STRING))
		types |= SHAPE_BIT(SHAPE_NUMERIC_STRING);
	return types;
}

static bool is_closed(const struct search *s, struct str path)
{
	for (size_t i = 0; i < s->n_closed; i++)
		if (str_starts(path, s->closed[i]) && path.n > s->closed[i].n &&
		    path.at[s->closed[i].n] == '/')
			return true;
	return false;
}

/* What may have stood there when these do now. */
static unsigned covering(unsigned types)
{
	if (types & SHAPE_BIT(SHAPE_INTEGER))
		types |= SHAPE_BIT(SHAPE_NUMBER);
	if (types & SHAPE_BIT(SHAPE_NUMERIC_STRING))
		types |= SHAPE_BIT(SHAPE_STRING);
	return types;
}

/* The types that it is about: of a changed type those that are new. */
static unsigned told_types(const struct drift *d)
{
	return d->kind == DRIFT_TYPE ? d->after & ~covered(d->before) : d->after;
}

static struct str example_of(const struct shape_node *n, unsigned types)
{
	for (unsigned i = 0; i < SHAPE_TYPES; i++)
		if (types & SHAPE_BIT(i) && !str_is_none(n->examples[i]))
			return n->examples[i];
	return STR_NONE;
}

static uint64_t rows_of(const struct shape_node *n, const struct at *at, const struct drift *d)
{
	uint64_t rows = d->kind == DRIFT_TYPE ? 0 : n->rows;

	for (unsigned i = 0; d->kind == DRIFT_TYPE && i < SHAPE_TYPES; i++)
		if (told_types(d) & SHAPE_BIT(i))
			rows += n->rows_as[i];
	return rows < at->of ? rows : at->of;
}

static void tell(struct search *s, const struct at *at, const struct shape_node *n,
		 enum drift_kind kind, unsigned before, unsigned after)
{
	struct drift_found *f = &s->found;
	struct drift *d;

	if (s->quiet || at->silent)
		return;
	if (f->n == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		d = arena_array(s->a, s->room, struct drift);
		if (f->n)
			memcpy(d, f->items, f->n * sizeof(*d));
		f->items = d;
	}
	d = &f->items[f->n++];
	*d = (struct drift){
		.kind = kind,
		.path = at->path,
		.closed = is_closed(s, at->path),
		.before = before,
		.after = after,
		.of = at->of,
	};
	d->rows = rows_of(n, at, d);
	d->example = example_of(n, told_types(d));
}

static void write_place(struct search *s, const struct shape_place *place)
{
	struct drift_found *f = &s->found;

	if (f->n_places == s->places_room) {
		struct shape_place *grown;

		s->places_room = s->places_room ? s->places_room * 2 : 64;
		grown = arena_array(s->a, s->places_room, struct shape_place);
		if (f->n_places)
			memcpy(grown, f->places, f->n_places * sizeof(*grown));
		f->places = grown;
	}
	f->places[f->n_places++] = *place;
}

/* ---- one place ---- */

static unsigned usual_types(const struct shape_node *n, const struct at *at)
{
	unsigned usual = 0;

	for (unsigned i = 0; !at->in_data && i < SHAPE_TYPES; i++)
		if (drift_is_usual(n->rows_as[i], at->of))
			usual |= SHAPE_BIT(i);
	return usual;
}

/* A map is an object whose names are data. */
static unsigned as_kind(const struct shape_node *n, unsigned types)
{
	bool object = types & (SHAPE_BIT(SHAPE_OBJECT) | SHAPE_BIT(SHAPE_MAP));

	types &= ~(SHAPE_BIT(SHAPE_OBJECT) | SHAPE_BIT(SHAPE_MAP));
	if (!object)
		return types;
	return types | (n->is_map ? SHAPE_BIT(SHAPE_MAP) : SHAPE_BIT(SHAPE_OBJECT));
}

/*
 * What is remembered of a node; *ret_stored: under its own path.  Places that have
 * become one because their names turned out to be data are put together, and end as
 * what they were.
 */
static bool remembered(struct search *s, const struct shape_node *n, const struct at *at,
		       struct shape_place *ret, bool *ret_stored)
{
	bool found = false;
	bool live = false;

	*ret_stored = false;
	*ret = (struct shape_place){ .path = at->path };
	for (const struct shape_place *p = n->known; p; p = p->also) {
		bool own = str_eq(p->path, at->path);
		struct shape_place ended = *p;

		found = true;
		*ret_stored = *ret_stored || own;
		if (p->vanished && !own)
			continue;
		if (!p->vanished) {
			live = true;
			ret->types |= p->types;
			ret->usual |= p->usual;
		}
		if (own) {
			ret->types |= p->types;
			ret->rows = p->rows;
			ret->of = p->of;
		} else {
			ended.vanished = true;
			write_place(s, &ended);
		}
	}
	ret->vanished = !live;
	return found;
}

static bool is_usual(const struct shape_place *p, const struct at *at)
{
	return !at->in_data && drift_is_usual(p->rows, p->of);
}

static struct shape_place place_now(const struct shape_node *n, const struct at *at, unsigned types)
{
	return (struct shape_place){
		.path = at->path,
		.types = types,
		.usual = as_kind(n, usual_types(n, at)),
		.rows = n->rows < at->of ? n->rows : at->of,
		.of = at->of,
	};
}

/* It stands in some row.  Says whether something was found, so that what is below is silent. */
static bool compare_present(struct search *s, const struct shape_node *n, const struct at *at,
			    bool known, const struct shape_place *before, struct shape_place *after)
{
	unsigned types = as_kind(n, n->types);
	unsigned old = as_kind(n, before->types);
	unsigned gone = as_kind(n, before->usual) & ~covering(types);
	unsigned expected = covered(old);

	*after = place_now(n, at, types);
	if (!known || before->vanished) {
		tell(s, at, n, known ? DRIFT_RETURNED : DRIFT_NEW, known ? old : 0, types);
		return true;
	}
	after->types = (old | types) & ~gone;
	/* That a number here and there has a fraction says little, unless many had none. */
	if (old & SHAPE_BIT(SHAPE_INTEGER) && !(before->usual & SHAPE_BIT(SHAPE_INTEGER)))
		expected |= SHAPE_BIT(SHAPE_NUMBER);
	if (!(types & ~expected))
		return false;
	tell(s, at, n, DRIFT_TYPE, old, types);
	return ((types & ~old) | (old & ~types)) &
	       (SHAPE_BIT(SHAPE_ARRAY) | SHAPE_BIT(SHAPE_OBJECT) | SHAPE_BIT(SHAPE_MAP));
}

/* It stands in none. */
static bool compare_absent(struct search *s, const struct shape_node *n, const struct at *at,
			   const struct shape_place *before, struct shape_place *after)
{
	*after = *before;
	if (before->vanished || at->of == 0 || !is_usual(before, at))
		return false;
	tell(s, at, n, DRIFT_VANISHED, before->types, 0);
	after->vanished = true;
	return true;
}

static bool differs(const struct shape_node *n, const struct at *at, const struct shape_place *a,
		    const struct shape_place *b)
{
	return a->types != b->types || a->vanished != b->vanished ||
	       (n->types && (a->usual != b->usual || is_usual(a, at) != is_usual(b, at)));
}

static void add_line(struct search *s, const struct shape_place *p)
{
	struct str types = shape_types_text(p->types, s->a);

	buf_printf(&s->lines, "%.*s\t%.*s\n", STR_FMT(p->path), STR_FMT(types));
	s->found.n_live++;
}

/* ---- all of them ---- */

static void visit_children(struct search *s, const struct shape_node *n, const struct at *at);

static void visit(struct search *s, const struct shape_node *n, const struct at *at)
{
	struct at below = *at;
	struct shape_place before;
	struct shape_place after = { 0 };
	bool stored;
	bool known = remembered(s, n, at, &before, &stored);

	if (n->types)
		below.silent |= compare_present(s, n, at, known, &before, &after);
	else if (known)
		below.silent |= compare_absent(s, n, at, &before, &after);
	if (n->types || known) {
		if (!stored || differs(n, at, &before, &after))
			write_place(s, &after);
		if (!after.vanished)
			add_line(s, &after);
	}
	below.in_data = at->in_data || n->is_map;
	visit_children(s, n, &below);
}

static void visit_children(struct search *s, const struct shape_node *n, const struct at *at)
{
	for (const struct shape_node *c = n->children; c; c = c->next) {
		struct at below = *at;

		below.path = shape_path(at->path, c->key, s->a);
		if (c->begins_rows)
			below.of = s->shape->inner_rows;
		visit(s, c, &below);
	}
}

/* Maps first: what is remembered of their members by name belongs to all of them. */
static bool recall(struct shape *now, struct shape_place *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct shape_node *map = NULL;

		if (known[i].types & SHAPE_BIT(SHAPE_MAP))
			map = shape_node_at(now, known[i].path);
		if (map)
			shape_make_map(now, map);
	}
	for (size_t i = 0; i < n; i++) {
		struct shape_node *node = shape_node_at(now, known[i].path);

		if (!node)
			return false;
		known[i].also = node->known;
		node->known = &known[i];
	}
	return true;
}

static int drift_order(const void *x, const void *y)
{
	const struct drift *a = x;
	const struct drift *b = y;

	return a->closed != b->closed ? b->closed - a->closed : str_cmp(a->path, b->path);
}

static int line_order(const void *x, const void *y)
{
	return str_order(x, y);
}

static void fingerprint(struct search *s)
{
	struct str *lines = arena_array(s->a, s->found.n_live + 1, struct str);
	struct hasher *h = hasher_create();
	struct str rest = buf_str(&s->lines);

	for (size_t i = 0; i < s->found.n_live; i++)
		(void)str_cut(&rest, '\n', &lines[i]);
	qsort(lines, s->found.n_live, sizeof(*lines), line_order);
	for (size_t i = 0; i < s->found.n_live; i++) {
		hasher_add(h, lines[i].at, lines[i].n);
		hasher_add(h, "\n", 1);
	}
	hasher_end(h, &s->found.fingerprint);
	hasher_destroy(h);
}

bool drift_find(struct shape *now, struct shape_place *known, size_t n_known,
		const struct str *closed, size_t n_closed, struct arena *a, struct drift_found *ret)
{
	struct search s = {
		.a = a,
		.shape = now,
		.closed = closed,
		.n_closed = n_closed,
		.quiet = known == NULL,
		.lines = BUF_INIT(SIZE_MAX / 2),
	};
	const struct at top = { .of = now->rows };

	if (n_known > DRIFT_KNOWN_MAX || (known && !recall(now, known, n_known)))
		return false;
	visit_children(&s, &now->root, &top);
	if (s.found.n)
		qsort(s.found.items, s.found.n, sizeof(*s.found.items), drift_order);
	fingerprint(&s);
	buf_release(&s.lines);
	*ret = s.found;
	return true;
}

/* ---- for people ---- */

static const char *quoted_path(const struct drift *d)
{
	return err_quote(d->path.at, d->path.n);
}

/* " 0.5", quoted when it is a string; nothing when there is none. */
static struct str shown_example(const struct drift *d, struct arena *a)
{
	bool number = told_types(d) & (SHAPE_BIT(SHAPE_INTEGER) | SHAPE_BIT(SHAPE_NUMBER));
	const char *quote = number ? "" : "\"";

	if (str_is_none(d->example))
		return STR("");
	return arena_printf(a, " %s%s%s", quote, err_quote(d->example.at, d->example.n), quote);
}

struct str drift_text(const struct drift *d, struct arena *a)
{
	struct str before = shape_types_text(d->before, a);
	struct str after = shape_types_text(d->after, a);
	struct str example = shown_example(d, a);
	struct str rows = arena_printf(a, "in %llu of %llu rows", (unsigned long long)d->rows,
				       (unsigned long long)d->of);

	switch (d->kind) {
	case DRIFT_NEW:
		return arena_printf(a, "new field %s: %.*s%.*s %.*s", quoted_path(d),
				    STR_FMT(after), STR_FMT(example), STR_FMT(rows));
	case DRIFT_TYPE:
		return arena_printf(a, "changed type of %s: %.*s, was %.*s,%.*s %.*s",
				    quoted_path(d), STR_FMT(after), STR_FMT(before),
				    STR_FMT(example), STR_FMT(rows));
	case DRIFT_VANISHED:
		return arena_printf(a, "vanished field %s: %.*s before, now in none of %llu rows",
				    quoted_path(d), STR_FMT(before), (unsigned long long)d->of);
	case DRIFT_RETURNED:
		return arena_printf(a, "returned field %s: %.*s%.*s %.*s", quoted_path(d),
				    STR_FMT(after), STR_FMT(example), STR_FMT(rows));
	}
	return STR("");
}
