#include "provider/descriptor_list.h"

#include "core/condition.h"

/* What is being built, passed down so that every step can name its place. */
struct builder {
	const struct strict *s;
	struct list *list;
	/* price_defaults */
	struct str unit;
	const struct sentinel *sentinels;
	size_t n_sentinels;
	unsigned noise;
};

static bool add_slot(const struct builder *b, struct plan *plan, struct str pointer,
		     struct str where, unsigned *ret)
{
	if (plan_add(plan, pointer, ret, b->s->e))
		return true;
	return err_wrap(b->s->e, "%.*s", STR_FMT(where));
}

/* Member `key`: one pointer or several. */
static bool parse_place(const struct builder *b, struct plan *plan, const struct strict_obj *o,
			const char *key, struct place *ret)
{
	struct str where = strict_where(b->s, o->where, key);
	struct str *pointers;
	size_t n;

	if (!strict_strs(o, key, &pointers, &n))
		return false;
	if (n > ALTERNATIVES_MAX)
		return strict_fail(b->s, where, "more alternatives than a place has room for");
	for (size_t i = 0; i < n; i++)
		if (!add_slot(b, plan, pointers[i], where, &ret->slots[i]))
			return false;
	ret->n = n;
	return true;
}

/* ---- fields ---- */

static bool parse_date_format(const struct strict_obj *o, enum date_format *ret)
{
	static const char *const names[] = {
		[DATE_UNIX] = "unix",
		[DATE_UNIX_MS] = "unix_ms",
		[DATE_RFC3339] = "rfc3339",
		[DATE_DAY] = "date",
	};
	struct str word = STR_NONE;

	if (!strict_str(o, "format", true, &word))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(word, str_of(names[i]))) {
			*ret = (enum date_format)i;
			return true;
		}
	}
	return strict_fail(o->s, strict_where(o->s, o->where, "format"),
			   "expected unix, unix_ms, rfc3339 or date");
}

static bool parse_date(const struct builder *b, const struct strict_obj *fields, const char *key,
		       struct date_field *ret)
{
	static const char *const known[] = { "at", "format", "absent", NULL };
	yyjson_val *v = yyjson_obj_get(fields->v, key);
	struct strict_obj o;

	if (!v)
		return true;
	if (!strict_object(b->s, v, strict_where(b->s, fields->where, key), known, &o) ||
	    !parse_place(b, b->list->plan, &o, "at", &ret->place))
		return false;
	return (ret->place.n > 0 || strict_fail(b->s, o.where, "a date needs an \"at\"")) &&
	       parse_date_format(&o, &ret->format) &&
	       strict_strs(&o, "absent", &ret->absent, &ret->n_absent);
}

static bool parse_fields(const struct builder *b, yyjson_val *v, struct str where)
{
	static const char *const known[] = { "id",
					     "name",
					     "description",
					     "context_length",
					     "max_output_tokens",
					     "modality",
					     "architecture",
					     "quantization",
					     "hugging_face_id",
					     "replaced_by",
					     "created",
					     "deprecated_at",
					     NULL };
	struct list *l = b->list;
	struct plan *p = l->plan;
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o))
		return false;
	if (!parse_place(b, p, &o, "id", &l->id) || !parse_place(b, p, &o, "name", &l->name_) ||
	    !parse_place(b, p, &o, "description", &l->description) ||
	    !parse_place(b, p, &o, "context_length", &l->context_length) ||
	    !parse_place(b, p, &o, "max_output_tokens", &l->max_output_tokens) ||
	    !parse_place(b, p, &o, "modality", &l->modality) ||
	    !parse_place(b, p, &o, "architecture", &l->architecture) ||
	    !parse_place(b, p, &o, "quantization", &l->quantization) ||
	    !parse_place(b, p, &o, "hugging_face_id", &l->hugging_face_id) ||
	    !parse_place(b, p, &o, "replaced_by", &l->replaced_by) ||
	    !parse_date(b, &o, "created", &l->created) ||
	    !parse_date(b, &o, "deprecated_at", &l->deprecated_at))
		return false;
	return l->id.n > 0 || strict_fail(b->s, where, "a list needs an \"id\"");
}

/* ---- tests and capabilities ---- */

static bool parse_test(const struct builder *b, yyjson_val *v, struct str where, struct test *ret)
{
	static const char *const known[] = { "at", "has", NULL };
	struct str pointer = STR_NONE;
	struct strict_obj o;

	if (yyjson_is_str(v)) {
		pointer = json_str(v, b->s->a);
	} else if (!strict_object(b->s, v, where, known, &o) ||
		   !strict_str(&o, "at", true, &pointer) ||
		   !strict_str(&o, "has", false, &ret->has)) {
		return false;
	}
	ret->mapped = true;
	return add_slot(b, b->list->plan, pointer, where, &ret->slot);
}

static bool parse_capabilities(const struct builder *b, yyjson_val *v, struct str where)
{
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!v)
		return true;
	if (!strict_free_object(b->s, v, where))
		return false;
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct str at = strict_where(b->s, where, yyjson_get_str(key));
		enum capability which;

		if (!capability_parse(json_raw(key), &which))
			return strict_fail(b->s, at, "is not a capability");
		if (!parse_test(b, yyjson_obj_iter_get_val(key), at, &b->list->capabilities[which]))
			return false;
	}
	return true;
}

static bool parse_keep(const struct builder *b, yyjson_val *v, struct str where)
{
	struct kept *kept;
	yyjson_obj_iter members;
	yyjson_val *key;
	size_t n = 0;

	if (!v)
		return true;
	if (!strict_free_object(b->s, v, where))
		return false;
	kept = arena_array(b->s->a, yyjson_obj_size(v) + 1, struct kept);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		yyjson_val *pointer = yyjson_obj_iter_get_val(key);
		struct str at = strict_where(b->s, where, yyjson_get_str(key));

		if (!yyjson_is_str(pointer))
			return strict_fail(b->s, at, "expected a JSON Pointer");
		if (yyjson_equals_str(key, MODEL_CREATED_KEY) ||
		    yyjson_equals_str(key, MODEL_HUGGING_FACE_KEY))
			return strict_fail(b->s, at, "is a field: name it under \"fields\"");
		kept[n].key = arena_str(b->s->a, json_str(key, b->s->a));
		if (!add_slot(b, b->list->plan, json_str(pointer, b->s->a), at, &kept[n].slot))
			return false;
		n++;
	}
	b->list->kept = kept;
	b->list->n_kept = n;
	return true;
}

/* ---- prices ---- */

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
	return add_slot(b, b->list->plan, pointer, strict_where(b->s, o->where, "times"),
			&f->base_slot);
}

static bool parse_price(const struct builder *b, yyjson_val *v, struct str where,
			struct price_field *ret)
{
	static const char *const known[] = { "meter",     "at",        "unit",
					     "condition", "required",  "noise",
					     "times",     "sentinels", "zero_unpublished_unless",
					     NULL };
	struct price_field f = { .sentinels = b->sentinels,
				 .n_sentinels = b->n_sentinels,
				 .noise = b->noise };
	struct str unit = b->unit;
	yyjson_val *zero;
	struct strict_obj o;

	if (!strict_object(b->s, v, where, known, &o) || !parse_meter(&o, &f.meter) ||
	    !strict_str(&o, "at", true, &f.pointer) || !strict_str(&o, "unit", false, &unit) ||
	    !parse_condition(&o, &f.condition) ||
	    !strict_bool(&o, "required", false, &f.required) ||
	    !strict_count(&o, "noise", 17, &f.noise) || !parse_base(b, &o, &f) ||
	    !parse_sentinels(b, &o, &f.sentinels, &f.n_sentinels))
		return false;
	if (str_is_none(unit))
		return strict_fail(b->s, where, "a price needs a \"unit\"");
	if (!unit_parse(unit, f.meter, &f.unit, b->s->e))
		return err_wrap(b->s->e, "%.*s", STR_FMT(where));
	zero = yyjson_obj_get(v, "zero_unpublished_unless");
	if (zero && !parse_test(b, zero, strict_where(b->s, where, "zero_unpublished_unless"),
				&f.zero_counts))
		return false;
	f.source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name), STR_FMT(f.pointer));
	*ret = f;
	return add_slot(b, b->list->plan, f.pointer, where, &ret->slot);
}

/* Two prices of one key would make one of them disappear. */
static bool check_keys(const struct builder *b, const struct price_field *prices, size_t n,
		       struct str where)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (prices[i].meter == prices[j].meter &&
			    str_eq(prices[i].condition, prices[j].condition))
				return err_set(b->s->e, ERR_CONFIG,
					       "%.*s: prices %zu and %zu have the same meter and "
					       "condition",
					       STR_FMT(where), j, i);
	return true;
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

		if (!str_starts(f.pointer, prefix) || f.multiplied)
			continue;
		f.source = arena_printf(b->s->a, "%.*s#%.*s", STR_FMT(b->list->name),
					STR_FMT(plan_pointer(b->list->plan, ov->slot)));
		f.pointer.at += keys_of.n;
		f.pointer.n -= keys_of.n;
		f.required = false;
		f.zero_counts.mapped = false;
		if (!add_slot(b, ov->plan, f.pointer, where, &f.slot))
			return false;
		prices[n++] = f;
	}
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
	    !parse_place(b, ov->plan, &o, "from", &ov->window_from) ||
	    !parse_place(b, ov->plan, &o, "to", &ov->window_to) ||
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
	       parse_place(b, ov->plan, &o, "above", &ov->above) &&
	       parse_place(b, ov->plan, &o, "at_least", &ov->at_least) &&
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
	       add_slot(b, b->list->plan, pointer, where, &ov->slot) &&
	       parse_conditions(b, yyjson_obj_get(v, "conditions"),
				strict_where(b->s, where, "conditions"), ov) &&
	       reroot_prices(b, keys_of, where, ov);
}

/* ---- the list ---- */

static bool parse_closed(const struct builder *b, const struct strict_obj *o)
{
	struct str *pointers;
	size_t n;

	if (!strict_strs(o, "closed", &pointers, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!plan_close(b->list->plan, pointers[i], b->s->e))
			return err_wrap(b->s->e, "%.*s/closed", STR_FMT(o->where));
	if (!strict_strs(o, "ignore", &pointers, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!plan_ignore(b->list->plan, pointers[i], b->s->e))
			return err_wrap(b->s->e, "%.*s/ignore", STR_FMT(o->where));
	return true;
}

/* A pointer into the whole document; it goes into no plan of rows. */
static bool parse_pointer(const struct strict_obj *o, const char *key, struct str *ret)
{
	unsigned slot;

	return strict_str(o, key, false, ret) &&
	       (str_is_none(*ret) || plan_add(plan_create(o->s->a), *ret, &slot, o->s->e) ||
		err_wrap(o->s->e, "%.*s", STR_FMT(strict_where(o->s, o->where, key))));
}

static bool parse_frame(const struct strict_obj *o, struct list *l)
{
	l->required = true;
	l->rows = STR("");
	return strict_str(o, "name", true, &l->name) && strict_str(o, "url", true, &l->url) &&
	       strict_bool(o, "required", false, &l->required) &&
	       parse_pointer(o, "rows", &l->rows) && parse_pointer(o, "total", &l->total) &&
	       parse_pointer(o, "next", &l->next) &&
	       (str_starts(l->url, STR("https://")) ||
		strict_fail(o->s, strict_where(o->s, o->where, "url"), "must begin with https://"));
}

bool descriptor_parse_list(const struct strict *s, yyjson_val *v, struct str where,
			   struct list *ret)
{
	static const char *const known[] = { "name",           "url",          "required",
					     "rows",           "total",        "next",
					     "fields",         "capabilities", "keep",
					     "price_defaults", "prices",       "overrides",
					     "closed",         "ignore",       NULL };
	struct builder b = { .s = s, .list = ret };
	struct strict_obj o;

	ret->plan = plan_create(s->a);
	return strict_object(s, v, where, known, &o) && parse_frame(&o, ret) &&
	       parse_fields(&b, yyjson_obj_get(v, "fields"), strict_where(s, where, "fields")) &&
	       parse_capabilities(&b, yyjson_obj_get(v, "capabilities"),
				  strict_where(s, where, "capabilities")) &&
	       parse_keep(&b, yyjson_obj_get(v, "keep"), strict_where(s, where, "keep")) &&
	       parse_price_defaults(&b, yyjson_obj_get(v, "price_defaults"),
				    strict_where(s, where, "price_defaults")) &&
	       parse_prices(&b, yyjson_obj_get(v, "prices"), strict_where(s, where, "prices")) &&
	       parse_overrides(&b, yyjson_obj_get(v, "overrides"),
			       strict_where(s, where, "overrides")) &&
	       parse_closed(&b, &o);
}
