#include "provider/same_id.h"

#include <stdlib.h>

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
				skips_add(skips, a, c->models[i].id, STR("duplicate id"));
		i += n;
	}
	c->n = kept;
}

/* ---- modes ---- */

/* A row and its mode. */
struct mode_row {
	const struct model *model;
	struct str mode;
	size_t at; /* in the document */
};

static int by_id_and_mode(const void *x, const void *y)
{
	const struct mode_row *a = x;
	const struct mode_row *b = y;
	int c = str_cmp(a->model->id, b->model->id);

	if (c == 0)
		c = str_cmp(a->mode, b->mode);
	return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* How many rows have the id of the first. */
static size_t rows_of_id(const struct mode_row *rows, size_t n)
{
	size_t same = 1;

	while (same < n && str_eq(rows[same].model->id, rows->model->id))
		same++;
	return same;
}

/* Equal rows of one mode are one; false where two disagree. */
static bool merge_equal(struct mode_row *rows, size_t *n_io)
{
	size_t kept = 1;

	for (size_t i = 1; i < *n_io; i++) {
		if (!str_eq(rows[i].mode, rows[kept - 1].mode))
			rows[kept++] = rows[i];
		else if (!same_model(rows[i].model, rows[kept - 1].model))
			return false;
	}
	*n_io = kept;
	return true;
}

/* The row of the mode "", which sorts first, or of all the first in the document. */
static const struct model *base_of(const struct mode_row *rows, size_t n)
{
	const struct mode_row *base = rows;

	for (size_t i = 1; i < n && rows->mode.n > 0; i++)
		if (rows[i].at < base->at)
			base = &rows[i];
	return base->model;
}

static int price_order(const void *x, const void *y)
{
	return price_cmp(x, y);
}

/* All prices of all modes; false where two of them have one key. */
static bool gather_prices(const struct mode_row *rows, size_t n, struct arena *a, struct model *m)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += rows[i].model->n_prices;
	m->prices = arena_array(a, total + 1, struct price);
	m->n_prices = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rows[i].model->n_prices; k++)
			m->prices[m->n_prices++] = rows[i].model->prices[k];
	qsort(m->prices, total, sizeof(*m->prices), price_order);
	for (size_t i = 1; i < total; i++)
		if (price_cmp(&m->prices[i - 1], &m->prices[i]) == 0)
			return false;
	return true;
}

/* The rows of one id, which are one model; or none, where they disagree. */
static bool merge_modes(struct mode_row *rows, size_t n, struct arena *a, struct model *ret)
{
	if (!merge_equal(rows, &n))
		return false;
	*ret = *base_of(rows, n);
	return n == 1 || gather_prices(rows, n, a, ret);
}

static void merge_all_modes(struct gathered *g, struct arena *a, struct catalog *ret)
{
	struct mode_row *rows = arena_array(a, g->n + 1, struct mode_row);
	struct model *models = arena_array(a, g->n + 1, struct model);
	size_t kept = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct catalog one = { .models = &g->models[i], .n = 1 };

		catalog_sort(&one); /* its prices, to be compared */
		rows[i] = (struct mode_row){ &g->models[i], g->modes[i], i };
	}
	qsort(rows, g->n, sizeof(*rows), by_id_and_mode);
	for (size_t i = 0; i < g->n;) {
		size_t n = rows_of_id(&rows[i], g->n - i);

		if (merge_modes(&rows[i], n, a, &models[kept]))
			kept++;
		else
			for (size_t k = 0; k < n; k++)
				skips_add(&g->skips, a, rows[i].model->id, STR("duplicate id"));
		i += n;
	}
	*ret = (struct catalog){ .models = models, .n = kept };
}

/* ---- all of it ---- */

void same_id_merge(const struct list *l, struct gathered *g, struct arena *a, struct catalog *ret)
{
	if (l->modes.n_words) {
		merge_all_modes(g, a, ret);
		catalog_sort(ret);
		return;
	}
	*ret = (struct catalog){ .models = g->models, .n = g->n };
	catalog_sort(ret);
	merge_duplicates(&g->skips, ret, a);
}
