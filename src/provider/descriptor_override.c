#include "provider/descriptor_build.h"

/* Is it read from entries?  Not what is made of numbers beside it, or has a threshold of its own. */
static bool is_plain(const struct price_field *f)
{
	return !f->multiplied && !f->reduced && !f->scaled && f->threshold == THRESHOLD_NONE;
}

/* One place under `keys_of`, found again by the same key inside an entry. */
static bool reroot(const struct builder *b, const struct price_field *from, struct str keys_of,
		   struct str where, struct price_field *ret)
{
	struct overrides *ov = &b->list->overrides;
	struct price_field f = *from;

	f.source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name),
				STR_FMT(list_pointer(b->list, ov->slot)));
	f.pointer.at += keys_of.n;
	f.pointer.n -= keys_of.n;
	f.required = false;
	f.zero_counts.kind = TEST_NONE;
	f.zero_unused.kind = TEST_NONE;
	f.tiers = NULL;
	f.otherwise = NULL;
	*ret = f;
	return build_entry_slot(b, ov->plan, f.pointer, where, &ret->slot);
}

/* The places of one field that are under `keys_of`, if any. */
static bool reroot_field(const struct builder *b, const struct price_field *f, struct str keys_of,
			 struct str where, struct price_field *room, bool *ret_any)
{
	struct str prefix = arena_printf(b->s->a, "%.*s/", STR_FMT(keys_of));
	struct price_field *last = NULL;

	for (; f; f = f->otherwise) {
		struct price_field *next = room;

		if (!str_starts(f->pointer, prefix) || !is_plain(f))
			continue;
		if (last)
			next = arena_new(b->s->a, struct price_field);
		if (!reroot(b, f, keys_of, where, next))
			return false;
		if (last)
			last->otherwise = next;
		last = next;
	}
	*ret_any = last != NULL;
	return true;
}

/* The prices under `keys_of`. */
static bool reroot_prices(const struct builder *b, struct str keys_of, struct str where,
			  struct overrides *ov)
{
	struct price_field *prices =
		arena_array(b->s->a, b->list->n_prices + 1, struct price_field);
	size_t n = 0;

	for (size_t i = 0; i < b->list->n_prices; i++) {
		bool any;

		if (!reroot_field(b, &b->list->prices[i], keys_of, where, &prices[n], &any))
			return false;
		n += any;
	}
	build_mark_first(prices, n);
	ov->prices = prices;
	ov->n_prices = n;
	if (n == 0 || n > OVERRIDE_PRICES_MAX)
		return strict_fail(b->s, where, "\"keys_of\" names no prices, or too many");
	return plan_close(ov->plan, STR(""), b->s->e);
}

static bool parse_window(const struct builder *b, yyjson_val *v, struct str where,
			 struct overrides *ov)
{
	static const char *const known[] = { "from", "to", "format", NULL };
	struct str format = STR_NONE;
	struct strict_obj o;

	if (!v)
		return true;
	if (!strict_object(b->s, v, where, known, &o) ||
	    !build_place(b, ov->plan, &o, "from", &ov->window_from) ||
	    !build_place(b, ov->plan, &o, "to", &ov->window_to) ||
	    !strict_str(&o, "format", true, &format))
		return false;
	if (!str_eq(format, STR("HHMM")) || !ov->window_from.n || !ov->window_to.n)
		return strict_fail(b->s, where,
				   "expected \"from\", \"to\" and \"format\": \"HHMM\"");
	return true;
}

static bool parse_conditions(const struct builder *b, yyjson_val *v, struct str where,
			     struct overrides *ov)
{
	static const char *const known[] = { "above", "at_least", "window", NULL };
	struct strict_obj o;

	return strict_object(b->s, v, where, known, &o) &&
	       build_place(b, ov->plan, &o, "above", &ov->above) &&
	       build_place(b, ov->plan, &o, "at_least", &ov->at_least) &&
	       parse_window(b, yyjson_obj_get(v, "window"), strict_where(b->s, where, "window"),
			    ov);
}

bool build_overrides(const struct builder *b, const struct strict_obj *list)
{
	static const char *const known[] = { "at", "keys_of", "conditions", NULL };
	struct str where = strict_where(b->s, list->where, "overrides");
	yyjson_val *v = yyjson_obj_get(list->v, "overrides");
	struct overrides *ov = &b->list->overrides;
	struct str pointer = STR_NONE;
	struct str keys_of = STR_NONE;
	struct strict_obj o;

	if (!v)
		return true;
	ov->mapped = true;
	ov->plan = plan_create(b->s->a);
	return strict_object(b->s, v, where, known, &o) && strict_str(&o, "at", true, &pointer) &&
	       strict_str(&o, "keys_of", true, &keys_of) &&
	       build_slot(b, pointer, where, &ov->slot) &&
	       parse_conditions(b, yyjson_obj_get(v, "conditions"),
				strict_where(b->s, where, "conditions"), ov) &&
	       reroot_prices(b, keys_of, where, ov);
}
