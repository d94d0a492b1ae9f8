#include "task/desk.h"

#include "base/json.h"
#include "core/decimal.h"
#include "core/similar.h"

#include <stdlib.h>

/* Names that a sentence has room for, and from where on one is alike enough to be meant. */
enum { NAMED_MAX = 5, ALIKE = 450, RATIO_DIGITS = 12, DETAIL_MAX = 1 << 20 };

/* ---- what is shown ---- */

const struct store_override *desk_overrides_of(const struct store_override *all, size_t n,
					       struct str provider_model_id, size_t *ret_n)
{
	size_t from = 0, to;

	for (size_t step = n; step > 0;) {
		size_t half = step / 2;

		if (str_cmp(all[from + half].provider_model_id, provider_model_id) < 0) {
			from += half + 1;
			step -= half + 1;
		} else {
			step = half;
		}
	}
	for (to = from; to < n && str_eq(all[to].provider_model_id, provider_model_id);)
		to++;
	*ret_n = to - from;
	return all ? &all[from] : NULL;
}

const struct model *desk_shown(const struct model *m, const struct shown_price *held, size_t n_held,
			       const struct store_override *overrides, size_t n_overrides,
			       struct arena *a)
{
	struct shown_value *values;

	if (n_held + n_overrides == 0)
		return NULL;
	values = arena_array(a, n_overrides, struct shown_value);
	for (size_t i = 0; i < n_overrides; i++)
		values[i] = (struct shown_value){ overrides[i].field, overrides[i].value };
	return shown_model(m, held, n_held, values, n_overrides, a);
}

/* What of a provider differs from what is observed. */
struct layers {
	struct store_review *reviews;
	struct store_override *overrides;
	size_t n_reviews, n_overrides;
};

static bool load_layers(struct store *s, int64_t provider_id, struct arena *a, struct layers *ret,
			struct err *e)
{
	return store_load_reviews(s, REVIEWS_IN_FORCE, provider_id, a, &ret->reviews,
				  &ret->n_reviews, e) &&
	       store_load_overrides(s, provider_id, a, &ret->overrides, &ret->n_overrides, e);
}

static size_t count_held(const struct layers *l, int64_t model_id)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_reviews; i++)
		n += l->reviews[i].model_id == model_id;
	return n;
}

static const struct model *shown_of(const struct layers *l, const struct store_observed *o,
				    struct arena *a)
{
	struct shown_price *held = arena_array(a, count_held(l, o->model_id), struct shown_price);
	const struct store_override *overrides;
	const struct model *shown;
	size_t n_held = 0, n;

	for (size_t i = 0; i < l->n_reviews; i++) {
		const struct store_review *r = &l->reviews[i];

		if (r->model_id == o->model_id)
			held[n_held++] = (struct shown_price){ r->price.meter, r->price.condition,
							       r->accepted };
	}
	overrides = desk_overrides_of(l->overrides, l->n_overrides, o->model.id, &n);
	shown = desk_shown(&o->model, held, n_held, overrides, n, a);
	return shown ? shown : &o->model;
}

/*
 * What is held is asked after what is observed: of a price that a sync puts in between neither knows, where
 * the other way round it would be shown for not being held.
 */
bool desk_load_shown(struct store *s, int64_t provider_id, const int64_t *model_ids, size_t n,
		     struct arena *a, const struct model **ret, struct err *e)
{
	struct store_observed *observed = arena_array(a, n, struct store_observed);
	struct layers layers = { 0 };

	if (!store_load_observed(s, model_ids, n, a, observed, e) ||
	    !load_layers(s, provider_id, a, &layers, e))
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = shown_of(&layers, &observed[i], a);
	return true;
}

bool desk_show(struct store *s, int64_t provider_id, int64_t at_ms, const int64_t *model_ids,
	       size_t n, struct arena *a, struct err *e)
{
	const struct model **shown = arena_array(a, n, const struct model *);
	struct store_shown *rows = arena_array(a, n, struct store_shown);

	if (!desk_load_shown(s, provider_id, model_ids, n, a, shown, e))
		return false;
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct store_shown){ model_ids[i], shown[i] };
	return store_save_shown(s, provider_id, at_ms, rows, n, e);
}

/* ---- reviews ---- */

/* The first row of that id, or where it would stand. */
static size_t first_of(const struct store_elsewhere *rows, size_t n, struct str canonical_id)
{
	size_t from = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (str_cmp(rows[from + half].canonical_id, canonical_id) < 0) {
			from += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return from;
}

/* Asked for each of thousands of prices: it walks and takes memory for rows of that id alone. */
struct price_elsewhere desk_elsewhere(const struct store_elsewhere *rows, size_t n,
				      struct str canonical_id, int64_t provider_id,
				      enum meter meter, struct arena *a)
{
	size_t from = first_of(rows, n, canonical_id), to = from, found = 0;
	struct price_elsewhere w = { 0 };
	struct str *amounts;
	int64_t last = 0;

	while (to < n && str_eq(rows[to].canonical_id, canonical_id))
		to++;
	amounts = arena_array(a, to - from, struct str);
	for (; from < to; from++) {
		if (rows[from].provider_id == provider_id || rows[from].meter != meter)
			continue;
		w.providers += found == 0 || rows[from].provider_id != last;
		last = rows[from].provider_id;
		amounts[found++] = rows[from].amount;
	}
	w.median = price_median(amounts, found, a);
	return w;
}

static struct str ratio_of(const struct store_review *r, struct arena *a)
{
	char text[DEC_TEXT_MAX];
	struct dec before, now, ratio;
	struct err e;

	if (r->price.state != PRICE_PRICED || str_eq(r->accepted, STR("0")) ||
	    !dec_parse(r->accepted, &before, &e) || !dec_parse(r->price.amount, &now, &e) ||
	    !dec_ratio(&now, &before, RATIO_DIGITS, &ratio, &e))
		return STR_NONE;
	return arena_str(a, (struct str){ text, dec_print(&ratio, text) });
}

static bool load_all_elsewhere(struct store *s, const struct store_review *reviews, size_t n,
			       struct arena *a, struct store_elsewhere **ret, size_t *ret_n,
			       struct err *e)
{
	struct str *ids = arena_array(a, n, struct str);
	size_t n_ids = 0, kept = 0;

	*ret_n = 0;
	for (size_t i = 0; i < n; i++)
		if (!str_is_none(reviews[i].canonical_id))
			ids[n_ids++] = reviews[i].canonical_id;
	if (n_ids == 0)
		return true;
	qsort(ids, n_ids, sizeof(*ids), str_order);
	for (size_t i = 0; i < n_ids; i++)
		if (kept == 0 || !str_eq(ids[kept - 1], ids[i]))
			ids[kept++] = ids[i];
	return store_load_elsewhere(s, ids, kept, a, ret, ret_n, e);
}

bool desk_list_reviews(struct store *s, bool all, struct arena *a, struct desk_review **ret,
		       size_t *ret_n, struct err *e)
{
	struct store_elsewhere *elsewhere = NULL;
	struct store_review *reviews;
	struct desk_review *list;
	size_t n, n_elsewhere;

	if (!store_load_reviews(s, all ? REVIEWS_ALL : REVIEWS_WAITING, 0, a, &reviews, &n, e) ||
	    !load_all_elsewhere(s, reviews, n, a, &elsewhere, &n_elsewhere, e))
		return false;
	list = arena_array(a, n, struct desk_review);
	for (size_t i = 0; i < n; i++) {
		const struct store_review *r = &reviews[i];

		list[i] = (struct desk_review){ .review = *r,
						.ratio = ratio_of(r, a),
						.band = price_band(r->price.meter, a) };
		if (!str_is_none(r->canonical_id))
			list[i].elsewhere = desk_elsewhere(elsewhere, n_elsewhere, r->canonical_id,
							   r->provider_id, r->price.meter, a);
	}
	*ret = list;
	*ret_n = n;
	return true;
}

static bool find_review(struct store *s, int64_t id, struct arena *a, struct store_review *ret,
			struct err *e)
{
	char at[CLOCK_TEXT_MAX];
	struct store_review *found;
	size_t n;

	if (!store_load_reviews(s, REVIEWS_ONE, id, a, &found, &n, e))
		return false;
	if (n == 0)
		return err_set(e, ERR_DATA,
			       "there is no review %lld: `assay review` lists what waits",
			       (long long)id);
	if (found->decision != REVIEW_OPEN)
		return err_set(e, ERR_DATA, "review %lld is decided: %s at %s by %s", (long long)id,
			       review_decision_names[found->decision],
			       clock_text(found->decided_at_ms, at),
			       str_is_none(found->decided_by)
				       ? "a sync"
				       : err_quote(found->decided_by.at, found->decided_by.n));
	*ret = *found;
	return true;
}

static struct str price_key(const struct price *p, struct arena *a)
{
	return arena_printf(a, "%s%.*s", meters[p->meter].name, STR_FMT(p->condition));
}

static bool audit(struct store *s, const struct desk_hand *by, const char *action,
		  struct str object, struct buf *detail, struct err *e)
{
	const struct store_audit row = { by->now_ms, by->actor, str_of(action), object,
					 buf_str(detail) };

	return store_save_audit(s, &row, e);
}

/* Before: what was in force; after: what is. */
static bool audit_decision(struct store *s, const struct store_review *r,
			   enum review_decision decision, const struct desk_hand *by,
			   struct arena *a, struct err *e)
{
	bool accepted = decision == REVIEW_ACCEPTED;
	BUF_AUTO(detail, DETAIL_MAX);
	struct json_writer w = { .out = &detail };

	json_open(&w, '{');
	json_add_i64(&w, "review", r->id);
	json_add_str(&w, "price", price_key(&r->price, a));
	json_add_str(&w, "observed", r->price.amount);
	json_add_str(&w, "reason", r->reason);
	json_add_str(&w, "before", r->accepted);
	json_add_str(&w, "after", accepted ? r->price.amount : r->accepted);
	json_close(&w, '}');
	return audit(s, by, accepted ? "review.accept" : "review.refuse",
		     arena_printf(a, "%.*s:%.*s", STR_FMT(r->provider),
				  STR_FMT(r->provider_model_id)),
		     &detail, e);
}

static bool write_decision(struct store *s, const struct store_review *r,
			   enum review_decision decision, const struct desk_hand *by,
			   struct arena *a, struct err *e)
{
	const struct store_review_decide decide = { r->id, decision, r->sightings };
	const struct store_review_batch b = { .provider_id = r->provider_id,
					      .at_ms = by->now_ms,
					      .by = by->actor,
					      .decides = &decide,
					      .n_decides = 1 };

	return store_save_reviews(s, &b, e) &&
	       desk_show(s, r->provider_id, by->now_ms, &r->model_id, 1, a, e) &&
	       audit_decision(s, r, decision, by, a, e);
}

/* `done` is what came of what was written since store_begin(). */
static bool finish(struct store *s, bool done, struct err *e)
{
	if (done && store_commit(s, e))
		return true;
	store_rollback(s);
	return false;
}

bool desk_decide(struct store *s, int64_t review_id, enum review_decision decision,
		 const struct desk_hand *by, struct arena *a, struct store_review *ret,
		 struct err *e)
{
	struct store_review r;

	/* Whose lock it needs; what it is then is looked at anew. */
	if (!find_review(s, review_id, a, &r, e) || !store_begin(s, r.provider.at, e))
		return false;
	if (!finish(s,
		    find_review(s, review_id, a, &r, e) &&
			    write_decision(s, &r, decision, by, a, e),
		    e))
		return false;
	*ret = r;
	return true;
}

/* ---- whose model ---- */

struct alike {
	unsigned score;
	struct str name;
};

static int alike_order(const void *a, const void *b)
{
	const struct alike *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static void add_alike(struct alike *list, size_t *n, struct str name, const struct similar *typed,
		      unsigned least)
{
	struct similar is;
	unsigned score;

	similar_read(&is, name);
	score = similar_score(&is, typed);
	if (score >= least)
		list[(*n)++] = (struct alike){ score, name };
}

static struct str name_alike(struct alike *list, size_t n, size_t most, struct arena *a)
{
	BUF_AUTO(names, 4096);

	if (n)
		qsort(list, n, sizeof(*list), alike_order);
	for (size_t i = 0; i < n && i < most; i++)
		buf_printf(&names, "%s%s", i ? ", " : "",
			   err_quote(list[i].name.at, list[i].name.n));
	return arena_str(a, buf_str(&names));
}

static bool no_such_provider(const struct store_name *names, size_t n, struct str provider,
			     struct arena *a, struct err *e)
{
	enum { PROVIDERS_MAX = 40 };
	struct alike *list = arena_array(a, n, struct alike);
	struct similar typed;
	size_t n_list = 0;

	similar_read(&typed, provider);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !str_eq(names[i].provider, names[i - 1].provider))
			add_alike(list, &n_list, names[i].provider, &typed, 0);
	if (n_list == 0)
		return err_set(e, ERR_DATA, "no model is stored: `assay sync` fetches them");
	return err_set(e, ERR_DATA, "no model of \"%s\" is stored, but of: %s",
		       err_quote(provider.at, provider.n),
		       name_alike(list, n_list, PROVIDERS_MAX, a).at);
}

static bool no_such_model(const struct store_name *names, size_t n, struct str provider,
			  struct str model, struct arena *a, struct err *e)
{
	struct alike *list = arena_array(a, n, struct alike);
	struct similar typed;
	size_t n_list = 0;

	similar_read(&typed, model);
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i].provider, provider))
			add_alike(list, &n_list, names[i].provider_model_id, &typed, ALIKE);
	return err_set(e, ERR_DATA, "%s has no model \"%s\"%s%s",
		       err_quote(provider.at, provider.n), err_quote(model.at, model.n),
		       n_list ? "; most alike: " : ": `assay models` lists what there is",
		       name_alike(list, n_list, NAMED_MAX, a).at);
}

static bool is_provider(const struct store_name *names, size_t n, struct str provider)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i].provider, provider))
			return true;
	return false;
}

static bool find_model(struct store *s, struct str provider, struct str model, struct arena *a,
		       int64_t *ret, struct err *e)
{
	struct store_name *names;
	size_t n;

	if (!store_load_names(s, a, &names, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(names[i].provider, provider) ||
		    !str_eq(names[i].provider_model_id, model))
			continue;
		*ret = names[i].model_id;
		return true;
	}
	if (!is_provider(names, n, provider))
		return no_such_provider(names, n, provider, a, e);
	return no_such_model(names, n, provider, model, a, e);
}

/* ---- overrides ---- */

static bool with_said(struct store *s, const struct store_override *list, size_t n, struct arena *a,
		      struct desk_override *ret, struct err *e)
{
	struct store_observed *observed = arena_array(a, n, struct store_observed);
	int64_t *ids = arena_array(a, n, int64_t);

	for (size_t i = 0; i < n; i++)
		ids[i] = list[i].model_id;
	if (n > 0 && !store_load_observed(s, ids, n, a, observed, e))
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct desk_override){ list[i],
						 shown_said(&observed[i].model, list[i].field, a) };
	return true;
}

static bool check_provider(struct store *s, struct str provider, struct arena *a, struct err *e)
{
	struct store_name *names;
	size_t n;

	return store_load_names(s, a, &names, &n, e) &&
	       (is_provider(names, n, provider) || no_such_provider(names, n, provider, a, e));
}

bool desk_list_overrides(struct store *s, struct str provider, struct arena *a,
			 struct desk_override **ret, size_t *ret_n, struct err *e)
{
	struct store_override *all;
	struct desk_override *list;
	size_t n, kept = 0;

	if ((!str_is_none(provider) && !check_provider(s, provider, a, e)) ||
	    !store_load_overrides(s, 0, a, &all, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_is_none(provider) || str_eq(all[i].provider, provider))
			all[kept++] = all[i];
	list = arena_array(a, kept, struct desk_override);
	if (!with_said(s, all, kept, a, list, e))
		return false;
	*ret = list;
	*ret_n = kept;
	return true;
}

/* What a write needs to know: the model, what is laid over the field now, what the provider says. */
struct target {
	int64_t model_id;
	struct store_override now; /* value absent: nothing */
	struct str said;
	struct store_override_write write;
};

static bool aim(struct store *s, struct target *t, struct arena *a, struct err *e)
{
	struct store_observed observed;
	struct store_override *all;
	const struct store_override *of;
	size_t n;

	if (!store_load_overrides(s, t->write.provider_id, a, &all, &n, e) ||
	    !store_load_observed(s, &t->model_id, 1, a, &observed, e))
		return false;
	of = desk_overrides_of(all, n, t->write.provider_model_id, &n);
	for (size_t i = 0; i < n; i++)
		if (str_eq(of[i].field, t->write.field))
			t->now = of[i];
	t->said = shown_said(&observed.model, t->write.field, a);
	/* All else is in tables of its own. */
	if (str_eq(t->write.field, STR("description")))
		t->write.said = t->said;
	return true;
}

static bool audit_override(struct store *s, const struct target *t, struct str provider,
			   const struct desk_hand *by, struct arena *a, struct err *e)
{
	BUF_AUTO(detail, DETAIL_MAX);
	struct json_writer w = { .out = &detail };

	json_open(&w, '{');
	json_add_str(&w, "field", t->write.field);
	json_add_str(&w, "said", t->said);
	json_add_str(&w, "before", t->now.value);
	json_add_str(&w, "after", t->write.value);
	json_add_str(&w, "reason", t->write.reason);
	json_close(&w, '}');
	return audit(s, by, str_is_none(t->write.value) ? "override.unset" : "override.set",
		     arena_printf(a, "%.*s:%.*s", STR_FMT(provider),
				  STR_FMT(t->write.provider_model_id)),
		     &detail, e);
}

/* The row is shown without the old value while that still says what lies under it. */
static bool lay_over(struct store *s, struct target *t, const struct desk_hand *by, struct arena *a,
		     struct err *e)
{
	struct store_shown shown = { .model_id = t->model_id };
	struct layers layers = { 0 };
	struct store_observed observed;

	if (!store_load_observed(s, &t->model_id, 1, a, &observed, e) ||
	    !store_save_override(s, &t->write, e) ||
	    !load_layers(s, t->write.provider_id, a, &layers, e))
		return false;
	shown.shown = shown_of(&layers, &observed, a);
	return store_save_shown(s, t->write.provider_id, by->now_ms, &shown, 1, e);
}

static bool lay(struct store *s, struct target *t, struct str provider, const struct desk_hand *by,
		struct arena *a, struct err *e)
{
	return lay_over(s, t, by, a, e) && audit_override(s, t, provider, by, a, e);
}

bool desk_lay(struct store *s, int64_t provider_id, int64_t model_id, const struct desk_wish *w,
	      const struct desk_hand *by, struct arena *a, struct str *ret_before, struct err *e)
{
	bool back = str_is_none(w->value);
	struct target t = { .model_id = model_id,
			    .write = { .provider_id = provider_id,
				       .at_ms = by->now_ms,
				       .provider_model_id = w->model,
				       .field = w->field,
				       .reason = back ? STR_NONE : w->reason,
				       .set_by = back ? STR_NONE : by->actor } };

	if (!(back ? shown_check(w->field, e)
		   : shown_parse(w->field, w->value, a, &t.write.value, e)) ||
	    !aim(s, &t, a, e))
		return false;
	*ret_before = str_is_none(t.now.value) ? t.said : t.now.value;
	return (back && str_is_none(t.now.value)) || lay_over(s, &t, by, a, e);
}

static bool begin_write(struct store *s, struct str provider, struct target *t, struct arena *a,
			struct err *e)
{
	bool active;

	if (!find_model(s, provider, t->write.provider_model_id, a, &t->model_id, e) ||
	    !store_begin(s, arena_cstr(a, provider), e))
		return false;
	if (store_provider_find(s, provider, &t->write.provider_id, &active, e) && aim(s, t, a, e))
		return true;
	store_rollback(s);
	return false;
}

static struct desk_override written(const struct target *t, struct str provider)
{
	return (struct desk_override){
		.override = { .model_id = t->model_id,
			      .provider_id = t->write.provider_id,
			      .provider = provider,
			      .provider_model_id = t->write.provider_model_id,
			      .field = t->write.field,
			      .value = t->write.value,
			      .reason = t->write.reason,
			      .set_by = t->write.set_by,
			      .set_at_ms = t->write.at_ms },
		.said = t->said,
	};
}

bool desk_set_override(struct store *s, const struct desk_wish *w, const struct desk_hand *by,
		       struct arena *a, struct desk_override *ret, struct err *e)
{
	struct target t = { .write = { .at_ms = by->now_ms,
				       .provider_model_id = w->model,
				       .field = w->field,
				       .reason = w->reason,
				       .set_by = by->actor } };

	if (!shown_parse(w->field, w->value, a, &t.write.value, e) ||
	    !begin_write(s, w->provider, &t, a, e) ||
	    !finish(s, lay(s, &t, w->provider, by, a, e), e))
		return false;
	*ret = written(&t, w->provider);
	return true;
}

static bool unlay(struct store *s, struct target *t, struct str provider,
		  const struct desk_hand *by, struct arena *a, struct err *e)
{
	if (str_is_none(t->now.value))
		return err_set(e, ERR_DATA, "nothing is laid over %s of %s: `assay override list`",
			       err_quote(t->write.field.at, t->write.field.n),
			       err_quote(t->write.provider_model_id.at,
					 t->write.provider_model_id.n));
	return lay(s, t, provider, by, a, e);
}

bool desk_unset_override(struct store *s, const struct desk_wish *w, const struct desk_hand *by,
			 struct arena *a, struct desk_override *ret, struct err *e)
{
	struct target t = {
		.write = { .at_ms = by->now_ms, .provider_model_id = w->model, .field = w->field }
	};

	if (!shown_check(w->field, e) || !begin_write(s, w->provider, &t, a, e) ||
	    !finish(s, unlay(s, &t, w->provider, by, a, e), e))
		return false;
	*ret = written(&t, w->provider);
	return true;
}
