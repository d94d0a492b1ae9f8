#include "core/model.h"

#include <stdlib.h>

const char *const price_state_names[3] = {
	[PRICE_PRICED] = "priced",
	[PRICE_FREE] = "free",
	[PRICE_DYNAMIC] = "dynamic",
};

int price_cmp(const struct price *a, const struct price *b)
{
	/* By name, not by enum: the order is part of the canonical form and must outlive the table. */
	int c = a->meter == b->meter ? 0 : strcmp(meters[a->meter].name, meters[b->meter].name);

	return c ? c : str_cmp(a->condition, b->condition);
}

int model_cmp(const struct model *a, const struct model *b)
{
	return str_cmp(a->id, b->id);
}

static int price_order(const void *a, const void *b)
{
	return price_cmp(a, b);
}

static int model_order(const void *a, const void *b)
{
	return model_cmp(a, b);
}

/* Lists are mostly written in one order already: look before sorting. */
static bool prices_sorted(const struct model *m)
{
	for (size_t i = 1; i < m->n_prices; i++)
		if (price_cmp(&m->prices[i - 1], &m->prices[i]) > 0)
			return false;
	return true;
}

void catalog_sort(struct catalog *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct model *m = &c->models[i];

		if (!prices_sorted(m))
			qsort(m->prices, m->n_prices, sizeof(*m->prices), price_order);
	}
	if (c->n > 1)
		qsort(c->models, c->n, sizeof(*c->models), model_order);
}

const struct price *model_price(const struct model *m, enum meter meter)
{
	for (size_t i = 0; i < m->n_prices; i++)
		if (m->prices[i].meter == meter && m->prices[i].condition.n == 0)
			return &m->prices[i];
	return NULL;
}

bool price_same(const struct price *a, const struct price *b)
{
	return a->state == b->state && str_same(a->amount, b->amount) &&
	       str_eq(a->currency, b->currency) && a->valid_from_ms == b->valid_from_ms &&
	       a->valid_to_ms == b->valid_to_ms;
}
