#include "core/model.h"

#include <stdlib.h>

const char *const price_state_names[3] = {
	[PRICE_PRICED] = "priced",
	[PRICE_FREE] = "free",
	[PRICE_DYNAMIC] = "dynamic",
};

int price_cmp(const struct price *a, const struct price *b)
{
	/* The enum is in the order of the names (core/meter.h). */
	return a->meter == b->meter ? str_cmp(a->condition, b->condition)
				    : (a->meter > b->meter) - (a->meter < b->meter);
}

int model_cmp(const struct model *a, const struct model *b)
{
	return str_cmp(a->id, b->id);
}

/* A handful of prices, mostly in one order already. */
static void sort_prices(struct model *m)
{
	for (size_t i = 1; i < m->n_prices; i++) {
		struct price p = m->prices[i];
		size_t j = i;

		for (; j > 0 && price_cmp(&m->prices[j - 1], &p) > 0; j--)
			m->prices[j] = m->prices[j - 1];
		m->prices[j] = p;
	}
}

struct place {
	struct str id;
	size_t from; /* where the model of this place stands now */
};

static int place_order(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;
	int c = str_cmp(x->id, y->id);

	/* Equal ids keep their order, so that a document reads the same way each time. */
	return c ? c : (x->from > y->from) - (x->from < y->from);
}

/* Each model to its place, along the cycles: a sort that needs no second array of models. */
static void permute(struct model *models, struct place *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct model first = models[i];
		size_t at = i;

		while (places[at].from != i) {
			size_t from = places[at].from;

			models[at] = models[from];
			places[at].from = at;
			at = from;
		}
		models[at] = first;
		places[at].from = at;
	}
}

void catalog_sort(struct catalog *c)
{
	struct place *places = malloc((c->n + 1) * sizeof(*places));

	if (!places)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		sort_prices(&c->models[i]);
		places[i] = (struct place){ c->models[i].id, i };
	}
	if (c->n > 1) {
		qsort(places, c->n, sizeof(*places), place_order);
		permute(c->models, places, c->n);
	}
	free(places);
}

const struct price *model_price(const struct model *m, enum meter meter)
{
	for (size_t i = 0; i < m->n_prices; i++)
		if (m->prices[i].meter == meter && m->prices[i].condition.n == 0)
			return &m->prices[i];
	return NULL;
}

bool price_same_amount(const struct price *a, const struct price *b)
{
	return a->state == b->state && str_same(a->amount, b->amount) &&
	       str_eq(a->currency, b->currency);
}

bool price_same(const struct price *a, const struct price *b)
{
	return price_same_amount(a, b) && a->valid_from_ms == b->valid_from_ms &&
	       a->valid_to_ms == b->valid_to_ms;
}
