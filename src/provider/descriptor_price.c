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

/* ---- a price ---- */

/* What is at one place of a price: where it is, in which form. */
static const char *const place_members[] = { "at",
					     "unit",
					     "noise",
					     "sentinels",
					     "type",
					     "within",
					     "scale",
					     "currency",
					     "money",
					     "zero_unpublished_unless",
					     "zero_unpublished_if",
					     NULL };

static bool parse_type(const struct strict_obj *o, enum token_type *ret)
{
	static const char *const names[] = {
		[TOKEN_STRING] = "string",
		[TOKEN_NUMBER] = "number",
		[TOKEN_INTEGER] = "integer",
	};
	struct str word = STR_NONE;

	if (!strict_str(o, "type", false, &word))
		return false;
	if (str_is_none(word))
		return true;
	for (size_t i = TOKEN_STRING; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(word, str_of(names[i]))) {
			*ret = (enum token_type)i;
			return true;
		}
	}
	return strict_fail(o->s, strict_where(o->s, o->where, "type"),
			   "expected string, number or integer");
}

/* [LOW, HIGH] of the published number. */
static bool parse_within(const struct strict_obj *o, const struct band **ret)
{
	struct str where = strict_where(o->s, o->where, "within");
	struct band *b = arena_new(o->s->a, struct band);
	struct str *ends;
	size_t n;

	if (!yyjson_obj_get(o->v, "within"))
		return true;
	if (!strict_strs(o, "within", &ends, &n))
		return false;
	if (n != 2)
		return strict_fail(o->s, where, "expected the lowest and the highest number");
	b->low_text = ends[0];
	b->high_text = ends[1];
	if (!dec_parse(ends[0], &b->low, o->s->e) || !dec_parse(ends[1], &b->high, o->s->e))
		return err_wrap(o->s->e, "%.*s", STR_FMT(where));
	*ret = b;
	return (!b->low.negative && dec_cmp(&b->low, &b->high) <= 0) ||
	       strict_fail(o->s, where, "nothing lies between them");
}

/* A place in the row that a price is read with; *ret_is_there says whether the member is. */
static bool parse_beside(const struct builder *b, const struct strict_obj *o, const char *key,
			 bool *ret_is_there, unsigned *ret_slot)
{
	struct str pointer = STR_NONE;

	if (!strict_str(o, key, false, &pointer))
		return false;
	if (str_is_none(pointer))
		return true;
	*ret_is_there = true;
	return build_slot(b, pointer, strict_where(b->s, o->where, key), ret_slot);
}

/* In which form the number is there. */
static bool parse_form(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	return parse_type(o, &f->type) && parse_within(o, &f->within) &&
	       strict_bool(o, "money", false, &f->money) &&
	       parse_beside(b, o, "scale", &f->scaled, &f->scale_slot) &&
	       parse_beside(b, o, "currency", &f->has_currency, &f->currency_slot) &&
	       strict_count(o, "noise", 17, &f->noise) &&
	       parse_sentinels(b, o, &f->sentinels, &f->n_sentinels) &&
	       build_test(b, o, "zero_unpublished_unless", &f->zero_counts) &&
	       build_test(b, o, "zero_unpublished_if", &f->zero_unused);
}

/* One place; what it does not say of its own stays as it is in *f. */
static bool parse_place(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	struct str unit = str_is_none(f->unit.text) ? b->unit : f->unit.text;

	if (!strict_str(o, "at", true, &f->pointer) || !strict_str(o, "unit", false, &unit) ||
	    !parse_form(b, o, f))
		return false;
	if (str_is_none(unit))
		return strict_fail(b->s, o->where, "a price needs a \"unit\"");
	if (!unit_parse(unit, f->meter, &f->unit, b->s->e))
		return err_wrap(b->s->e, "%.*s", STR_FMT(o->where));
	f->source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name), STR_FMT(f->pointer));
	return build_slot(b, f->pointer, o->where, &f->slot);
}

/* The places that are read, in order, where what stands before says nothing. */
static bool parse_or(const struct builder *b, const struct strict_obj *o, struct price_field *f)
{
	struct str where = strict_where(b->s, o->where, "or");
	yyjson_val *v = yyjson_obj_get(o->v, "or");
	const struct price_field **last = &f->otherwise;

	if (!strict_list(b->s, v, where))
		return false;
	if (v && yyjson_arr_size(v) == 0)
		return strict_fail(b->s, where, "expected at least one place");
	for (size_t i = 0; i < yyjson_arr_size(v); i++) {
		struct price_field *next = arena_new(b->s->a, struct price_field);
		struct strict_obj ours;

		*next = *f;
		next->type = TOKEN_ANY;
		next->within = NULL;
		next->money = false;
		next->scaled = false;
		next->otherwise = NULL;
		next->tiers = NULL;
		if (!strict_object(b->s, yyjson_arr_get(v, i), strict_where_index(b->s, where, i),
				   place_members, &ours) ||
		    !parse_place(b, &ours, next))
			return false;
		*last = next;
		last = &next->otherwise;
	}
	return true;
}

static bool parse_threshold(const struct builder *b, const struct strict_obj *o,
			    struct price_field *f)
{
	bool above = false;
	bool at_least = false;

	if (!parse_beside(b, o, "above", &above, &f->threshold_slot) ||
	    !parse_beside(b, o, "at_least", &at_least, &f->threshold_slot))
		return false;
	if (above && at_least)
		return strict_fail(b->s, o->where, "either \"above\" or \"at_least\"");
	f->threshold = above ? THRESHOLD_ABOVE : at_least ? THRESHOLD_AT_LEAST : THRESHOLD_NONE;
	return true;
}

/* What cannot stand together, since it would mean two things. */
static bool check_price(const struct builder *b, struct str where, const struct price_field *f)
{
	bool has_form = f->type != TOKEN_ANY || f->within || f->money || f->scaled;

	if (f->multiplied && (has_form || f->otherwise))
		return strict_fail(b->s, where,
				   "what is said of the number would be of two: it has \"times\"");
	if (f->threshold != THRESHOLD_NONE && f->tiers)
		return strict_fail(b->s, where, "tiers have their own thresholds");
	if (f->threshold != THRESHOLD_NONE && memchr(f->condition.at, '>', f->condition.n))
		return strict_fail(b->s, where, "the condition has a threshold already");
	return true;
}

static bool parse_price(const struct builder *b, yyjson_val *v, struct str where,
			struct price_field *ret)
{
	static const char *const known[] = { "meter",
					     "at",
					     "unit",
					     "condition",
					     "required",
					     "noise",
					     "times",
					     "sentinels",
					     "zero_unpublished_unless",
					     "zero_unpublished_if",
					     "when",
					     "per",
					     "less",
					     "until",
					     "tiers",
					     "type",
					     "within",
					     "scale",
					     "currency",
					     "money",
					     "above",
					     "at_least",
					     "or",
					     NULL };
	struct price_field f = { .sentinels = b->sentinels,
				 .n_sentinels = b->n_sentinels,
				 .noise = b->noise };
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !parse_meter(&o, &f.meter) ||
	    !parse_condition(&o, &f.condition) ||
	    !strict_bool(&o, "required", false, &f.required) || !parse_place(b, &o, &f) ||
	    !parse_base(b, &o, &f) || !parse_per(b, &o, &f) || !parse_less(b, &o, &f) ||
	    !build_tests(b, &o, "when", &f.when) || !parse_threshold(b, &o, &f) ||
	    !parse_or(b, &o, &f) || !parse_tiers(b, &o, &f) || !check_price(b, where, &f))
		return false;
	*ret = f;
	return true;
}

/* Can a row not be both?  Known only of words at one place. */
static bool are_exclusive(const struct test *x, const struct test *y)
{
	if (x->kind == TEST_ANY || y->kind == TEST_ANY) {
		const struct test *any = x->kind == TEST_ANY ? x : y;

		for (size_t i = 0; i < any->n_any; i++)
			if (!are_exclusive(&any->any[i], any == x ? y : x))
				return false;
		return true;
	}
	if (x->kind != TEST_IS || y->kind != TEST_IS || x->slot != y->slot)
		return false;
	for (size_t i = 0; i < x->n_words; i++)
		for (size_t j = 0; j < y->n_words; j++)
			if (str_eq(x->words[i], y->words[j]))
				return false;
	return true;
}

static bool same_threshold(const struct price_field *x, const struct price_field *y)
{
	return x->threshold == y->threshold &&
	       (x->threshold == THRESHOLD_NONE || x->threshold_slot == y->threshold_slot);
}

/* Two prices of one key in one row would make one of them disappear. */
static bool check_keys(const struct builder *b, const struct price_field *prices, size_t n,
		       struct str where)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (prices[i].meter == prices[j].meter &&
			    str_eq(prices[i].condition, prices[j].condition) &&
			    same_threshold(&prices[i], &prices[j]) &&
			    !are_exclusive(&prices[i].when, &prices[j].when))
				return err_set(b->s->e, ERR_CONFIG,
					       "%.*s: prices %zu and %zu have the same meter and "
					       "condition",
					       STR_FMT(where), j, i);
	return true;
}

/* Is the place of `x` one of `f` or, of those tried after it, one before `x`? */
static bool reads_before(const struct price_field *f, const struct price_field *x)
{
	for (; f && f != x; f = f->otherwise)
		if (f->slot == x->slot)
			return true;
	return false;
}

void build_mark_first(struct price_field *prices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct price_field *f = &prices[i];

		for (; f; f = (struct price_field *)(uintptr_t)f->otherwise) {
			f->first = true;
			for (size_t j = 0; f->first && j <= i; j++)
				f->first = !reads_before(&prices[j], f);
		}
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
	build_mark_first(prices, n);
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

bool build_prices(struct builder *b, const struct strict_obj *list)
{
	const struct strict *s = b->s;

	return parse_price_defaults(b, yyjson_obj_get(list->v, "price_defaults"),
				    strict_where(s, list->where, "price_defaults")) &&
	       parse_prices(b, yyjson_obj_get(list->v, "prices"),
			    strict_where(s, list->where, "prices")) &&
	       build_overrides(b, list);
}
