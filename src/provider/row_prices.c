/*
 * The prices of one row: which fields are read, under which condition.
 */
#include "core/condition.h"
#include "provider/price.h"

enum { TIERS_MAX = 32 };

/* ---- entries of an array inside the row ---- */

static bool check_array(yyjson_val *v, struct str pointer, struct err *e)
{
	return yyjson_is_arr(v) || err_set(e, ERR_DATA, "%.*s is %s, an array was expected",
					   STR_FMT(pointer), json_type(v));
}

static bool check_entry(yyjson_val *entry, struct str pointer, size_t index, struct err *e)
{
	return yyjson_is_obj(entry) ||
	       err_set(e, ERR_DATA, "%.*s/%zu is %s, an object was expected", STR_FMT(pointer),
		       index, json_type(entry));
}

/* A whole number in an entry.  *ret stays as it is where none stands there; *ret_there says so. */
static bool entry_count(const struct plan *plan, const struct place *p, yyjson_val **slots,
			int64_t max, int64_t *ret, bool *ret_there, struct err *e)
{
	unsigned slot;
	yyjson_val *v = row_at(p, slots, &slot);
	int64_t n;

	*ret_there = v != NULL;
	if (!v)
		return true;
	if (!row_count(v, &n) || n > max)
		return err_set(e, ERR_DATA, "%.*s is not a whole number in range",
			       STR_FMT(plan_pointer(plan, slot)));
	*ret = n;
	return true;
}

/* The condition of an entry and that of the field in it, both. */
static bool join_condition(const struct condition *entry, struct str entry_text, struct str own,
			   struct arena *a, struct str *ret, struct err *e)
{
	struct condition both = *entry;

	*ret = entry_text;
	if (own.n == 0)
		return true;
	if (!condition_add_text(&both, a, own, e))
		return false;
	*ret = condition_text(&both, a);
	return true;
}

static void unknown_key(void *arg, struct str under, yyjson_val *key)
{
	(void)under;
	*(yyjson_val **)arg = key;
}

/*
 * A key that we do not know may be a condition that we do not know: then the
 * prices beside it would be wrong, so the whole row is left out.
 */
static bool walk_entry(const struct plan *plan, yyjson_val *entry, yyjson_val **slots,
		       struct err *e)
{
	yyjson_val *unknown = NULL;

	if (!plan_walk(plan, entry, slots, unknown_key, &unknown, e))
		return false;
	if (unknown)
		return err_set(e, ERR_DATA, "unknown key \"%s\"",
			       err_quote(yyjson_get_str(unknown), yyjson_get_len(unknown)));
	return true;
}

/* ---- tiers ---- */

struct tier {
	int64_t from, to; /* input tokens; to: INT64_MAX for no end */
	yyjson_val *cost;
	size_t entry; /* in the document */
};

static bool read_tier(const struct tiers *t, yyjson_val *entry, yyjson_val **slots,
		      struct tier *ret, struct err *e)
{
	bool there;

	*ret = (struct tier){ .to = INT64_MAX };
	if (!walk_entry(t->plan, entry, slots, e) ||
	    !entry_count(t->plan, &t->from, slots, INT64_MAX - 1, &ret->from, &there, e) ||
	    !entry_count(t->plan, &t->to, slots, INT64_MAX - 1, &ret->to, &there, e))
		return false;
	ret->cost = slots[t->cost];
	if (!ret->cost || yyjson_is_null(ret->cost))
		return err_set(e, ERR_DATA, "%.*s is missing",
			       STR_FMT(plan_pointer(t->plan, t->cost)));
	return ret->to > ret->from || err_set(e, ERR_DATA, "a tier that ends before it begins");
}

/* By their beginnings. */
static void insert_tier(struct tier *tiers, size_t n, struct tier t)
{
	for (; n > 0 && tiers[n - 1].from > t.from; n--)
		tiers[n] = tiers[n - 1];
	tiers[n] = t;
}

/* From 0 on, each where the one before ends: what else is charged would be a guess. */
static bool check_tiers(const struct tier *tiers, size_t n, struct err *e)
{
	/* No call has less than one token. */
	if (tiers[0].from > 1)
		return err_set(e, ERR_DATA, "the first tier begins at %lld, not at 0",
			       (long long)tiers[0].from);
	for (size_t i = 1; i < n; i++)
		if (tiers[i].from != tiers[i - 1].to)
			return err_set(
				e, ERR_DATA,
				"the tier from %lld does not begin where the one before ends",
				(long long)tiers[i].from);
	return true;
}

static bool load_tiers(const struct tiers *t, struct str pointer, struct row_scratch *s,
		       struct tier *ret, size_t *ret_n, struct err *e)
{
	yyjson_arr_iter entries = yyjson_arr_iter_with(s->slots[t->slot]);
	yyjson_val *entry;
	size_t n = 0;

	for (; (entry = yyjson_arr_iter_next(&entries)); n++) {
		struct tier one;

		if (n == TIERS_MAX)
			return err_set(e, ERR_DATA, "%.*s holds more than %d tiers",
				       STR_FMT(pointer), TIERS_MAX);
		if (!check_entry(entry, pointer, n, e))
			return false;
		if (!read_tier(t, entry, s->entry_slots, &one, e))
			return err_wrap(e, "%.*s/%zu", STR_FMT(pointer), n);
		one.entry = n;
		insert_tier(ret, n, one);
	}
	*ret_n = n;
	return n == 0 || check_tiers(ret, n, e) || err_wrap(e, "%.*s", STR_FMT(pointer));
}

/* Where the row states a price that its first tier states too. */
static struct str stated_at(const struct price_field *f, yyjson_val **slots)
{
	while (f->otherwise && !price_stands(f, slots))
		f = f->otherwise;
	return f->pointer;
}

/* The field as it is said in an entry. */
static struct price_field field_of_entry(const struct price_field *f)
{
	struct price_field ret = *f;

	ret.pointer = plan_pointer(f->tiers->plan, f->tiers->cost);
	ret.source = f->tiers->source;
	return ret;
}

/* The first tier is the unconditional price; where the row states that too, both must agree. */
static bool read_first_tier(const struct list *l, const struct price_field *f, yyjson_val *cost,
			    struct row_scratch *s, struct arena *a, struct err *e)
{
	struct pricing in = { l, s, a, s->slots, f->condition };
	struct price_field ours = field_of_entry(f);
	struct price stated;
	struct price p;
	bool is_stated;
	bool is_price;

	if (!price_make(&in, &ours, cost, &p, &is_price, e) ||
	    !price_first(&in, f, &stated, &is_stated, e))
		return false;
	if (!is_stated)
		return !is_price || price_put(s, &p, false, e);
	return (is_price && price_same_amount(&p, &stated)) ||
	       err_set(e, ERR_DATA, "the tier from 0 is not what %.*s says",
		       STR_FMT(stated_at(f, s->slots)));
}

static bool read_higher_tier(const struct list *l, const struct price_field *f,
			     const struct tier *t, struct row_scratch *s, struct arena *a,
			     struct err *e)
{
	struct pricing in = { l, s, a, s->slots, STR("") };
	struct price_field ours = field_of_entry(f);
	struct condition c = { .n = 0 };
	struct price p;
	bool is_price;

	if (!condition_add_above(&c, a, t->from, true, e) ||
	    !join_condition(&c, condition_text(&c, a), f->condition, a, &in.condition, e) ||
	    !price_make(&in, &ours, t->cost, &p, &is_price, e))
		return false;
	return !is_price || price_put(s, &p, false, e);
}

static bool read_all_tiers(const struct list *l, const struct price_field *f, struct str pointer,
			   struct row_scratch *s, struct arena *a, struct err *e)
{
	struct tier tiers[TIERS_MAX];
	size_t n = 0;

	if (!load_tiers(f->tiers, pointer, s, tiers, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(i == 0 ? read_first_tier(l, f, tiers[i].cost, s, a, e)
			     : read_higher_tier(l, f, &tiers[i], s, a, e)))
			return err_wrap(e, "%.*s/%zu", STR_FMT(pointer), tiers[i].entry);
	return true;
}

static bool read_tiers(const struct list *l, const struct price_field *f, struct row_scratch *s,
		       struct arena *a, struct err *e)
{
	struct str pointer = list_pointer(l, f->tiers->slot);
	yyjson_val *v = s->slots[f->tiers->slot];
	bool here;

	if (!v || yyjson_is_null(v))
		return true;
	if (!check_array(v, pointer, e) || !price_applies(l, f, s, &here, e))
		return false;
	if (here)
		return read_all_tiers(l, f, pointer, s, a, e);
	if (yyjson_arr_size(v) > 0)
		notes_add(&s->notes, (struct note){ NOTE_NO_SUCH_PRICE, pointer, STR_NONE, 1 }, a);
	return true;
}

/* ---- overrides ---- */

/* 1030 → 630 minutes. */
static bool hhmm(const struct overrides *o, const struct place *p, yyjson_val **slots,
		 int *ret_minute, bool *ret_there, struct err *e)
{
	int64_t n = 0;

	if (!entry_count(o->plan, p, slots, 2400, &n, ret_there, e))
		return false;
	if (n % 100 >= 60)
		return err_set(e, ERR_DATA, "%d is not an hour of the day", (int)n);
	*ret_minute = (int)(n / 100 * 60 + n % 100);
	return true;
}

static bool add_above(const struct overrides *o, yyjson_val **slots, struct condition *c,
		      struct arena *a, struct err *e)
{
	int64_t tokens;
	bool there;

	return entry_count(o->plan, &o->above, slots, INT64_MAX, &tokens, &there, e) &&
	       (!there || condition_add_above(c, a, tokens, false, e));
}

/* From 0 tokens on is always, which is written as no condition. */
static bool add_at_least(const struct overrides *o, yyjson_val **slots, struct condition *c,
			 struct arena *a, bool *ret_always, struct err *e)
{
	int64_t tokens = 0;
	bool there;

	if (!entry_count(o->plan, &o->at_least, slots, INT64_MAX, &tokens, &there, e))
		return false;
	*ret_always = there && tokens == 0;
	return tokens == 0 || condition_add_above(c, a, tokens, true, e);
}

static bool add_window(const struct overrides *o, yyjson_val **slots, struct condition *c,
		       struct arena *a, struct err *e)
{
	bool has_from;
	bool has_to;
	int from;
	int to;

	if (!hhmm(o, &o->window_from, slots, &from, &has_from, e) ||
	    !hhmm(o, &o->window_to, slots, &to, &has_to, e))
		return false;
	if (has_from != has_to)
		return err_set(e, ERR_DATA, "a window with one end");
	return !has_from || condition_add_window(c, a, from, to, e);
}

static bool read_entry(const struct list *l, yyjson_val *entry, struct row_scratch *s,
		       struct arena *a, struct err *e)
{
	const struct overrides *o = &l->overrides;
	struct condition c = { .n = 0 };
	struct str text;
	bool always;

	if (!walk_entry(o->plan, entry, s->entry_slots, e) ||
	    !add_above(o, s->entry_slots, &c, a, e) ||
	    !add_at_least(o, s->entry_slots, &c, a, &always, e) ||
	    !add_window(o, s->entry_slots, &c, a, e))
		return false;
	if (c.n == 0 && !always)
		return err_set(e, ERR_DATA, "an entry without a condition");
	text = condition_text(&c, a);
	for (size_t i = 0; i < o->n_prices; i++) {
		const struct price_field *f = &o->prices[i];
		struct pricing in = { l, s, a, s->entry_slots, STR("") };

		if (price_any_stands(f, s->entry_slots) &&
		    (!join_condition(&c, text, f->condition, a, &in.condition, e) ||
		     !price_read(&in, o->prices, o->n_prices, f, e)))
			return false;
	}
	return true;
}

static bool read_overrides(const struct list *l, struct row_scratch *s, struct arena *a,
			   struct err *e)
{
	const struct overrides *o = &l->overrides;
	struct str pointer = list_pointer(l, o->slot);
	yyjson_val *v = s->slots[o->slot];
	yyjson_arr_iter entries;
	yyjson_val *entry;
	size_t i = 0;

	if (!v || yyjson_is_null(v))
		return true;
	if (!check_array(v, pointer, e))
		return false;
	entries = yyjson_arr_iter_with(v);
	for (; (entry = yyjson_arr_iter_next(&entries)); i++) {
		if (!check_entry(entry, pointer, i, e))
			return false;
		if (!read_entry(l, entry, s, a, e))
			return err_wrap(e, "%.*s/%zu", STR_FMT(pointer), i);
	}
	return true;
}

/* ---- the row ---- */

static bool read_plain(const struct list *l, const struct price_field *f, struct row_scratch *s,
		       struct arena *a, struct err *e)
{
	struct pricing in = { l, s, a, s->slots, f->condition };
	bool here;

	if (price_any_stands(f, s->slots))
		return price_read(&in, l->prices, l->n_prices, f, e);
	if (!f->required)
		return true;
	return price_applies(l, f, s, &here, e) &&
	       (!here || err_set(e, ERR_DATA, "%.*s is missing", STR_FMT(f->pointer)));
}

static bool read_base_prices(const struct list *l, struct row_scratch *s, struct arena *a,
			     struct err *e)
{
	for (size_t i = 0; i < l->n_prices; i++) {
		const struct price_field *f = &l->prices[i];

		if (!read_plain(l, f, s, a, e) || (f->tiers && !read_tiers(l, f, s, a, e)))
			return false;
	}
	return true;
}

bool row_prices(const struct list *l, struct row_scratch *s, struct arena *a, struct err *e)
{
	s->n_prices = 0;
	return read_base_prices(l, s, a, e) && (!l->overrides.mapped || read_overrides(l, s, a, e));
}
