#include "task/names.h"

#include "core/similar.h"

#include <stdlib.h>

/* From where on one is alike enough to be meant. */
enum { ALIKE = 450 };

struct str names_key(const struct store_name *name)
{
	return str_is_none(name->canonical_id) ? name->provider_model_id : name->canonical_id;
}

int names_key_cmp(const struct store_name *a, const struct store_name *b)
{
	int c = str_is_none(a->canonical_id) - str_is_none(b->canonical_id);

	return c ? c : str_cmp(names_key(a), names_key(b));
}

void names_add(struct buf *out, const struct store_name *const *names, size_t n)
{
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		struct str key = names_key(names[i]);

		buf_printf(out, "%s%s", i ? ", " : "", err_quote(key.at, key.n));
	}
	if (n > NAMES_SHOWN)
		buf_printf(out, " and %zu more", n - NAMES_SHOWN);
}

struct alike {
	unsigned score;
	const struct store_name *name;
};

static int alike_order(const void *a, const void *b)
{
	const struct alike *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return str_cmp(names_key(x->name), names_key(y->name));
}

/* The better of what a name's two ids have in common with what was typed. */
static unsigned score(const struct store_name *name, const struct similar *typed)
{
	const struct str ids[] = { name->canonical_id, name->provider_model_id };
	unsigned best = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct similar is;
		unsigned s;

		similar_read(&is, ids[i]);
		s = similar_score(&is, typed);
		best = s > best ? s : best;
	}
	return best;
}

static bool is_among(const struct store_name *const *names, size_t n, const struct store_name *name)
{
	for (size_t i = 0; i < n; i++)
		if (names_key_cmp(names[i], name) == 0)
			return true;
	return false;
}

size_t names_alike(const struct store_name *names, size_t n, struct str typed, struct arena *a,
		   const struct store_name *ret[NAMES_SHOWN])
{
	struct alike *all = arena_array(a, n, struct alike);
	size_t n_all = 0, found = 0;
	struct similar is;

	similar_read(&is, typed);
	for (size_t i = 0; i < n; i++) {
		unsigned s = score(&names[i], &is);

		if (s >= ALIKE)
			all[n_all++] = (struct alike){ s, &names[i] };
	}
	if (n_all)
		qsort(all, n_all, sizeof(*all), alike_order);
	for (size_t i = 0; i < n_all && found < NAMES_SHOWN; i++)
		if (!is_among(ret, found, all[i].name))
			ret[found++] = all[i].name;
	return found;
}
