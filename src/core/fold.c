#include "core/fold.h"

#include <stdlib.h>

enum { FOLD_ROWS = 3, FOLD_PERCENT = 20 };

enum turn { APPEARS, VANISHES, TURNS };

/* A change that makes a key appear or vanish. */
struct turned {
	struct str key;
	enum turn turn;
	size_t at; /* in the list */
};

struct fold {
	struct changes *list;
	const struct model *const *both;
	size_t n_both;
	struct arena *arena;
	struct turned *turned; /* sorted by key */
	size_t n_turned;
	bool *dropped; /* [list->n] */
	struct changes schema;
};

/* ---- keys ---- */

static bool has_name(const struct model *m)
{
	return !str_is_none(m->name);
}

static bool has_context(const struct model *m)
{
	return m->context_length != MODEL_NO_COUNT;
}

static bool has_max_output(const struct model *m)
{
	return m->max_output_tokens != MODEL_NO_COUNT;
}

static bool has_modality(const struct model *m)
{
	return !str_is_none(m->modality);
}

static bool has_capabilities(const struct model *m)
{
	return m->capabilities.said != 0;
}

static bool has_quantization(const struct model *m)
{
	return !str_is_none(m->quantization);
}

static const struct {
	const char *name; /* as in changes.field */
	bool (*is_said)(const struct model *m);
} columns[] = {
	{ "name", has_name },
	{ "context_length", has_context },
	{ "max_output_tokens", has_max_output },
	{ "modality", has_modality },
	{ "capabilities", has_capabilities },
	{ "quantization", has_quantization },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static size_t find_column(struct str key)
{
	size_t i = 0;

	while (i < COLUMNS && !str_eq(key, str_of(columns[i].name)))
		i++;
	return i;
}

static bool has_price(const struct model *m, struct str key)
{
	for (size_t i = 0; i < m->n_prices; i++) {
		struct str meter = str_of(meters[m->prices[i].meter].name);
		struct str condition = { key.at + meter.n, key.n - meter.n };

		if (str_starts(key, meter) && str_eq(condition, m->prices[i].condition))
			return true;
	}
	return false;
}

static bool has_key(const struct model *m, struct str key)
{
	size_t column = find_column(key);

	return column < COLUMNS ? columns[column].is_said(m) : has_price(m, key);
}

/* ---- changes that count ---- */

static bool is_said(const struct change *c, struct str value)
{
	return c->kind == CHANGE_PRICE ? !str_eq(value, STR("unpublished")) : !str_is_none(value);
}

static int id_order(const void *id, const void *model)
{
	return str_cmp(*(const struct str *)id, (*(const struct model *const *)model)->id);
}

/* A model that is new or was away has no change of the document to tell. */
static bool is_of_both(const struct fold *f, const struct change *c)
{
	return f->n_both && bsearch(&c->model, f->both, f->n_both, sizeof(*f->both), id_order);
}

static bool is_turn(const struct fold *f, const struct change *c, enum turn *ret)
{
	bool before = is_said(c, c->old_value);
	bool after = is_said(c, c->new_value);

	if (str_is_none(c->model) || str_is_none(c->field) || before == after ||
	    (c->kind != CHANGE_PRICE && find_column(c->field) == COLUMNS))
		return false;
	*ret = after ? APPEARS : VANISHES;
	return is_of_both(f, c);
}

static int turned_order(const void *a, const void *b)
{
	const struct turned *x = a;
	const struct turned *y = b;
	int c = str_cmp(x->key, y->key);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void find_turned(struct fold *f)
{
	f->turned = arena_array(f->arena, f->list->n + 1, struct turned);
	for (size_t i = 0; i < f->list->n; i++) {
		const struct change *c = &f->list->items[i];
		enum turn turn;

		if (is_turn(f, c, &turn))
			f->turned[f->n_turned++] = (struct turned){ c->field, turn, i };
	}
	qsort(f->turned, f->n_turned, sizeof(*f->turned), turned_order);
}

/* ---- folding ---- */

static bool is_many(const struct fold *f, size_t n)
{
	return n >= FOLD_ROWS && n * 100 >= f->n_both * FOLD_PERCENT;
}

static size_t count_rows(const struct fold *f, struct str key)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_both; i++)
		n += has_key(f->both[i], key);
	return n;
}

/* The turns of one key, of which there are `count` in each direction. */
static void fold_key(struct fold *f, const struct turned *turned, size_t n,
		     const size_t count[TURNS])
{
	size_t after = count_rows(f, turned->key);
	size_t before = after + count[VANISHES] - count[APPEARS];

	for (size_t i = 0; i < n; i++)
		f->dropped[turned[i].at] = is_many(f, count[turned[i].turn]) &&
					   str_is_none(f->list->items[turned[i].at].tags);
	changes_add(
		&f->schema, f->arena,
		(struct change){
			.kind = CHANGE_SCHEMA,
			.field = turned->key,
			.old_value = arena_printf(f->arena, "%zu of %zu rows", before, f->n_both),
			.new_value = arena_printf(f->arena, "%zu of %zu rows", after, f->n_both),
		});
}

static void fold_keys(struct fold *f)
{
	size_t end;

	for (size_t at = 0; at < f->n_turned; at = end) {
		size_t count[TURNS] = { 0 };

		for (end = at; end < f->n_turned && str_eq(f->turned[end].key, f->turned[at].key);
		     end++)
			count[f->turned[end].turn]++;
		if (is_many(f, count[APPEARS]) || is_many(f, count[VANISHES]))
			fold_key(f, &f->turned[at], end - at, count);
	}
}

void changes_fold(struct changes *list, const struct model *const *both, size_t n_both,
		  struct arena *a)
{
	struct fold f = { .list = list, .both = both, .n_both = n_both, .arena = a };

	find_turned(&f);
	if (f.n_turned < FOLD_ROWS)
		return;
	f.dropped = arena_array(a, list->n, bool);
	fold_keys(&f);
	if (f.schema.n == 0)
		return;
	for (size_t i = 0; i < list->n; i++)
		if (!f.dropped[i])
			changes_add(&f.schema, a, list->items[i]);
	*list = f.schema;
}
