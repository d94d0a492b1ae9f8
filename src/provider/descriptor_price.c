#include "core/condition.h"
#include "provider/descriptor_build.h"

static bool parse_sentinel(const struct builder *b, yyjson_val *key, yyjson_val *v,
			   struct str where, struct sentinel *ret)
{
	static const char *const words[] = {
		[SENTINEL_DYNAMIC] = "dynamic",
		[SENTINEL_UNPUBLISHED] = "unpublished",
		[SENTINEL_FREE] = "free",
	};

	if (!dec_parse(json_raw(key), &ret->value, b->s->e))
		return err_wrap(b->s->e, "%.*s", STR_FMT(where));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (yyjson_equals_str(v, words[i])) {
			ret->meaning = (enum sentinel_meaning)i;
			return true;
		}
	}
	return strict_fail(b->s, where, "expected dynamic, unpublished or free");
}

static bool parse_sentinels(const struct builder *b, const struct strict_obj *o,
			    const struct sentinel **ret, size_t *ret_n)
{
	yyjson_val *v = yyjson_obj_get(o->v, "sentinels");
	struct str where = strict_where(b->s, o->where, "sentinels");
	struct sentinel *items;
	yyjson_obj_iter members;
	yyjson_val *key;
	size_t n = 0;

	if (!v)
		return true;
	if (!strict_free_object(b->s, v, where))
		return false;
	items = arena_array(b->s->a, yyjson_obj_size(v) + 1, struct sentinel);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		if (!parse_sentinel(b, key, yyjson_obj_iter_get_val(key), where, &items[n]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (dec_cmp(&items[i].value, &items[n].value) == 0)
				return strict_fail(b->s, where, "one value stands twice");
		n++;
	}
	*ret = items;
	*ret_n = n;
	return true;
}

static bool parse_meter(const struct strict_obj *o, enum meter *ret)
{
	struct str name = STR_NONE;

	if (!strict_str(o, "meter", true, &name))
		return false;
	return meter_parse(name, ret) ||
	       strict_fail(o->s, strict_where(o->s, o->where, "meter"), "is not a meter");
}

static bool parse_condition(const struct strict_obj *o, struct str *ret)
{
	*ret = STR("");
	if (!strict_str(o, "condition", false, ret))
		return false;
	return condition_check(*ret, o->s->e) || err_wrap(o->s->e, "%.*s", STR_FMT(o->where));
}

/* A factor's own token is a plain number; its unit is the unit of the price it multiplies. */
static bool parse_base(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	struct str pointer = STR_NONE;

	if (!strict_str(o, "times", false, &pointer))
		return false;
	if (str_is_none(pointer))
		return true;
	f->multiplied = true;
	return build_slot(b, pointer, strict_where(b->s, o->where, "times"), &f->base_slot);
}

static bool parse_per(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	struct str where = strict_where(b->s, o->where, "per");
	struct str *pointers;

	if (!strict_strs(o, "per", &pointers, &f->n_per))
		return false;
	if (f->n_per > FACTORS_MAX)
		return strict_fail(b->s, where, "more factors than there is room for");
	for (size_t i = 0; i < f->n_per; i++)
		if (!build_slot(b, pointers[i], where, &f->per[i]))
			return false;
	return true;
}

/* A part that is taken off, and until when. */
static bool parse_less(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	struct str pointer = STR_NONE;

	if (!strict_str(o, "less", false, &pointer) || !build_date(b, o, "until", &f->until))
		return false;
	f->reduced = !str_is_none(pointer);
	if (!f->reduced)
		return f->until.place.n == 0 ||
		       strict_fail(b->s, strict_where(b->s, o->where, "until"),
				   "says how long a \"less\" holds, and there is none");
	return build_slot(b, pointer, strict_where(b->s, o->where, "less"), &f->less_slot);
}

static bool parse_tiers(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	static const char *const known[] = { "at", "cost", "from", "to", NULL };
	struct str where = strict_where(b->s, o->where, "tiers");
	yyjson_val *v = yyjson_obj_get(o->v, "tiers");
	struct tiers *t = arena_new(b->s->a, struct tiers);
	struct str pointer = STR_NONE;
	struct str cost = STR_NONE;
	struct strict_obj ours;

	if (!v)
		return true;
	t->plan = plan_create(b->s->a);
	if (!strict_object(b->s, v, where, known, &ours) ||
	    !strict_str(&ours, "at", true, &pointer) || !strict_str(&ours, "cost", true, &cost) ||
	    !build_slot(b, pointer, where, &t->slot) ||
	    !build_entry_slot(b, t->plan, cost, where, &t->cost) ||
	    !build_place(b, t->plan, &ours, "from", &t->from) ||
	    !build_place(b, t->plan, &ours, "to", &t->to) || !plan_close(t->plan, STR(""), b->s->e))
		return false;
	t->source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name), STR_FMT(pointer));
	f->tiers = t;
	return (t->from.n > 0 && t->to.n > 0) ||
	       strict_fail(b->s, where, "expected \"from\" and \"to\"");
}

/* What the number at a place is. */
static bool parse_meaning(const struct builder *b, const struct strict_obj *o,
			  struct price_field *f)
{
	struct str unit = b->unit;

	if (!parse_meter(o, &f->meter) || !strict_str(o, "at", true, &f->pointer) ||
	    !strict_str(o, "unit", false, &unit) || !parse_condition(o, &f->condition) ||
	    !strict_bool(o, "required", false, &f->required) ||
	    !strict_count(o, "noise", 17, &f->noise) ||
	    !parse_sentinels(b, o, &f->sentinels, &f->n_sentinels))
		return false;
	if (str_is_none(unit))
		return strict_fail(b->s, o->where, "a price needs a \"unit\"");
	return unit_parse(unit, f->meter, &f->unit, b->s->e) ||
	       err_wrap(b->s->e, "%.*s", STR_FMT(o->where));
}

static bool parse_price(const struct builder *b, yyjson_val *v, struct str where,
			struct price_field *ret)
{
	static const char *const known[] = { "meter",     "at",        "unit",
					     "condition", "required",  "noise",
					     "times",     "sentinels", "zero_unpublished_unless",
					     "when",      "per",       "less",
					     "until",     "tiers",     NULL };
	struct price_field f = { .sentinels = b->sentinels,
				 .n_sentinels = b->n_sentinels,
				 .noise = b->noise };
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !parse_meaning(b, &o, &f) ||
	    !parse_base(b, &o, &f) || !parse_per(b, &o, &f) || !parse_less(b, &o, &f) ||
	    !parse_tiers(b, &o, &f) ||
	    !build_test(b, &o, "zero_unpublished_unless", &f.zero_counts) ||
	    !build_test(b, &o, "when", &f.when) || !build_slot(b, f.pointer, where, &f.slot))
		return false;
	f.source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name), STR_FMT(f.pointer));
	*ret = f;
	return true;
}

/* Can a row not be both?  Known only of words at one place. */
static bool are_exclusive(const struct test *x, const struct test *y)
{
	if (x->kind != TEST_IS || y->kind != TEST_IS || x->slot != y->slot)
		return false;
	for (size_t i = 0; i < x->n_words; i++)
		for (size_t j = 0; j < y->n_words; j++)
			if (str_eq(x->words[i], y->words[j]))
				return false;
	return true;
}

/* Two prices of one key in one row would make one of them disappear. */
static bool check_keys(const struct builder *b, const struct price_field *prices, size_t n,
		       struct str where)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (prices[i].meter == prices[j].meter &&
			    str_eq(prices[i].condition, prices[j].condition) &&
			    !are_exclusive(&prices[i].when, &prices[j].when))
				return err_set(b->s->e, ERR_CONFIG,
					       "%.*s: prices %zu and %zu have the same meter and "
					       "condition",
					       STR_FMT(where), j, i);
	return true;
}

static void mark_first(struct price_field *prices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		prices[i].first = true;
		for (size_t j = 0; j < i; j++)
			if (prices[i].slot == prices[j].slot)
				prices[i].first = false;
	}
}

static bool parse_prices(struct builder *b, yyjson_val *v, struct str where)
{
	size_t n = yyjson_arr_size(v);
	struct price_field *prices = arena_array(b->s->a, n + 1, struct price_field);

	if (!strict_list(b->s, v, where))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!parse_price(b, yyjson_arr_get(v, i), strict_where_index(b->s, where, i),
				 &prices[i]))
			return false;
	mark_first(prices, n);
	b->list->prices = prices;
	b->list->n_prices = n;
	return check_keys(b, prices, n, where);
}

static bool parse_price_defaults(struct builder *b, yyjson_val *v, struct str where)
{
	static const char *const known[] = { "unit", "sentinels", "noise", NULL };
	struct strict_obj o;

	if (!v)
		return true;
	return strict_object(b->s, v, where, known, &o) &&
	       strict_str(&o, "unit", false, &b->unit) &&
	       strict_count(&o, "noise", 17, &b->noise) &&
	       parse_sentinels(b, &o, &b->sentinels, &b->n_sentinels);
}

/* ---- overrides ---- */

/* The prices under `keys_of`, found again by the same keys inside an entry. */
static bool reroot_prices(const struct builder *b, struct str keys_of, struct str where,
			  struct overrides *ov)
{
	struct str prefix = arena_printf(b->s->a, "%.*s/", STR_FMT(keys_of));
	struct price_field *prices =
		arena_array(b->s->a, b->list->n_prices + 1, struct price_field);
	size_t n = 0;

	for (size_t i = 0; i < b->list->n_prices; i++) {
		struct price_field f = b->list->prices[i];

		if (!str_starts(f.pointer, prefix) || f.multiplied || f.reduced)
			continue;
		f.source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name),
					STR_FMT(list_pointer(b->list, ov->slot)));
		f.pointer.at += keys_of.n;
		f.pointer.n -= keys_of.n;
		f.required = false;
		f.zero_counts.kind = TEST_NONE;
		f.tiers = NULL;
		if (!build_entry_slot(b, ov->plan, f.pointer, where, &f.slot))
			return false;
		prices[n++] = f;
	}
	mark_first(prices, n);
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

static bool parse_overrides(const struct builder *b, yyjson_val *v, struct str where)
{
	static const char *const known[] = { "at", "keys_of", "conditions", NULL };
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

bool build_prices(struct builder *b, const struct strict_obj *list)
{
	const struct strict *s = b->s;

	return parse_price_defaults(b, yyjson_obj_get(list->v, "price_defaults"),
				    strict_where(s, list->where, "price_defaults")) &&
	       parse_prices(b, yyjson_obj_get(list->v, "prices"),
			    strict_where(s, list->where, "prices")) &&
	       parse_overrides(b, yyjson_obj_get(list->v, "overrides"),
			       strict_where(s, list->where, "overrides"));
}
