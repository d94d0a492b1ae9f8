#include "core/snapshot_read.h"

#include "base/json.h"
#include "core/condition.h"
#include "core/decimal.h"
#include "core/snapshot.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values ---- */

static bool is_wrong(const char *what, yyjson_val *v, struct err *e)
{
	struct str raw = json_raw(v);

	if (raw.n > 0)
		return err_set(e, ERR_DATA, "%s: %s is none", what, err_quote(raw.at, raw.n));
	return err_set(e, ERR_DATA, "%s: %s is none", what, json_type(v));
}

/* A string, not empty where `some`; no NUL, which no name of ours has. */
static bool read_text(const char *what, yyjson_val *v, bool some, struct arena *a, struct str *ret,
		      struct err *e)
{
	struct str text = yyjson_is_str(v) ? json_raw(v) : STR_NONE;

	if (str_is_none(text) || (some && text.n == 0) || memchr(text.at, '\0', text.n))
		return is_wrong(what, v, e);
	*ret = arena_str(a, text);
	return true;
}

static bool read_count(const char *what, yyjson_val *v, int64_t *ret, struct err *e)
{
	if (!yyjson_is_raw(v) || !str_to_i64(json_raw(v), INT64_MIN, INT64_MAX, ret) ||
	    *ret == MODEL_NO_COUNT)
		return is_wrong(what, v, e);
	return true;
}

static bool read_instant(const char *what, yyjson_val *v, int64_t *ret, struct err *e)
{
	struct err unread;

	if (!yyjson_is_str(v) || !clock_parse(json_raw(v), ret, &unread))
		return is_wrong(what, v, e);
	return true;
}

static bool read_capabilities(yyjson_val *v, struct capabilities *ret, struct err *e)
{
	yyjson_arr_iter it = yyjson_arr_iter_with(v);
	enum capability which;
	yyjson_val *item;

	while ((item = yyjson_arr_iter_next(&it))) {
		struct str name = json_raw(item);
		bool no = name.n > 0 && *name.at == '!';

		if (no)
			name = (struct str){ name.at + 1, name.n - 1 };
		if (!yyjson_is_str(item) || !capability_parse(name, &which))
			return is_wrong("capabilities", item, e);
		capabilities_set(ret, which, !no);
	}
	return ret->said != 0 || is_wrong("capabilities", v, e);
}

/* ---- a price: ["METER","CONDITION","STATE","AMOUNT","CURRENCY"] ---- */

enum { P_METER, P_CONDITION, P_STATE, P_AMOUNT, P_CURRENCY, P_MEMBERS };

static bool read_state(yyjson_val *v, enum price_state *ret, struct err *e)
{
	for (size_t i = 0; i < LENGTH(price_state_names); i++)
		if (yyjson_is_str(v) && str_eq(json_raw(v), str_of(price_state_names[i]))) {
			*ret = (enum price_state)i;
			return true;
		}
	return is_wrong("state of a price", v, e);
}

/* Positive when priced, "0" when free, null when dynamic; in the one spelling there is. */
static bool read_amount(yyjson_val *v, struct price *p, struct arena *a, struct err *e)
{
	char text[DEC_TEXT_MAX];
	struct err unread;
	struct dec d;

	if (p->state == PRICE_DYNAMIC)
		return yyjson_is_null(v) || is_wrong("amount of a dynamic price", v, e);
	if (!yyjson_is_str(v) || !dec_parse(json_raw(v), &d, &unread) || d.negative ||
	    dec_is_zero(&d) != (p->state == PRICE_FREE) ||
	    !str_eq(json_raw(v), (struct str){ text, dec_print(&d, text) }))
		return is_wrong("amount of a price", v, e);
	p->amount = arena_str(a, json_raw(v));
	return true;
}

static bool read_price(yyjson_val *v, struct arena *a, struct price *p, struct err *e)
{
	yyjson_val *at[P_MEMBERS];

	if (!yyjson_is_arr(v) || yyjson_arr_size(v) != P_MEMBERS)
		return is_wrong("price", v, e);
	for (size_t i = 0; i < P_MEMBERS; i++)
		at[i] = yyjson_arr_get(v, i);
	*p = (struct price){ .valid_from_ms = CLOCK_NONE, .valid_to_ms = CLOCK_NONE };
	if (!yyjson_is_str(at[P_METER]) || !meter_parse(json_raw(at[P_METER]), &p->meter))
		return is_wrong("meter", at[P_METER], e);
	return read_text("condition", at[P_CONDITION], false, a, &p->condition, e) &&
	       (p->condition.n == 0 || condition_check(p->condition, e)) &&
	       read_state(at[P_STATE], &p->state, e) && read_amount(at[P_AMOUNT], p, a, e) &&
	       read_text("currency", at[P_CURRENCY], true, a, &p->currency, e);
}

static bool read_prices(yyjson_val *v, struct arena *a, struct model *m, struct err *e)
{
	yyjson_arr_iter it = yyjson_arr_iter_with(v);
	yyjson_val *item;

	if (!yyjson_is_arr(v))
		return is_wrong("prices", v, e);
	m->prices = arena_array(a, yyjson_arr_size(v), struct price);
	while ((item = yyjson_arr_iter_next(&it))) {
		struct price *p = &m->prices[m->n_prices];

		if (!read_price(item, a, p, e))
			return false;
		if (m->n_prices++ > 0 && price_cmp(p - 1, p) >= 0)
			return err_set(e, ERR_DATA, "prices are not in the order of their keys");
	}
	return true;
}

/* ---- a model ---- */

static bool read_members(yyjson_val *v, struct arena *a, struct model *m, struct err *e)
{
	const struct {
		const char *key;
		struct str *text;
		int64_t *count;
	} members[] = {
		{ "name", &m->name, NULL },
		{ "context_length", NULL, &m->context_length },
		{ "max_output_tokens", NULL, &m->max_output_tokens },
		{ "modality", &m->modality, NULL },
		{ "quantization", &m->quantization, NULL },
		{ "replaced_by", &m->replaced_by, NULL },
	};
	yyjson_val *item;

	for (size_t i = 0; i < LENGTH(members); i++) {
		item = yyjson_obj_get(v, members[i].key);
		if (item &&
		    !(members[i].text
			      ? read_text(members[i].key, item, false, a, members[i].text, e)
			      : read_count(members[i].key, item, members[i].count, e)))
			return false;
	}
	item = yyjson_obj_get(v, "deprecated_at");
	if (item && !read_instant("deprecated_at", item, &m->deprecated_at_ms, e))
		return false;
	item = yyjson_obj_get(v, "capabilities");
	if (item && !read_capabilities(item, &m->capabilities, e))
		return false;
	item = yyjson_obj_get(v, "prices");
	return !item || read_prices(item, a, m, e);
}

static bool read_model(yyjson_val *v, struct arena *a, struct model *m, struct err *e)
{
	*m = (struct model){ .context_length = MODEL_NO_COUNT,
			     .max_output_tokens = MODEL_NO_COUNT,
			     .deprecated_at_ms = CLOCK_NONE,
			     .created_ms = CLOCK_NONE };
	if (!yyjson_is_obj(v))
		return is_wrong("model", v, e);
	if (!read_text("id", yyjson_obj_get(v, "id"), true, a, &m->id, e))
		return false;
	return read_members(v, a, m, e) || err_wrap(e, "%s", err_quote(m->id.at, m->id.n));
}

static bool read_models(yyjson_val *v, struct arena *a, struct catalog *c, struct err *e)
{
	yyjson_arr_iter it = yyjson_arr_iter_with(v);
	yyjson_val *item;

	if (!yyjson_is_arr(v))
		return is_wrong("models", v, e);
	c->models = arena_array(a, yyjson_arr_size(v), struct model);
	while ((item = yyjson_arr_iter_next(&it))) {
		struct model *m = &c->models[c->n];

		if (!read_model(item, a, m, e))
			return false;
		if (c->n++ > 0 && model_cmp(m - 1, m) >= 0)
			return err_set(e, ERR_DATA, "models are not sorted by id: %s",
				       err_quote(m->id.at, m->id.n));
	}
	return true;
}

static bool read_document(yyjson_val *v, struct arena *a, struct catalog *c, struct err *e)
{
	yyjson_val *version = yyjson_obj_get(v, "assay");

	if (!version)
		return err_set(e, ERR_DATA, "is no models_HASH.json: it has no \"assay\"");
	if (!yyjson_is_raw(version) || !str_eq(json_raw(version), STR("1")))
		return is_wrong("version of the canonical form", version, e);
	return read_text("provider", yyjson_obj_get(v, "provider"), true, a, &c->provider, e) &&
	       read_models(yyjson_obj_get(v, "models"), a, c, e);
}

/* Whatever was not asked for above (another member, white space, an escape) shows here. */
static bool prints_the_same(const struct catalog *c, struct str text, struct err *e)
{
	BUF_AUTO(again, SIZE_MAX / 2);
	size_t same = 0;
	size_t line = 1;

	snapshot_print(c, &again);
	if (str_eq(buf_str(&again), text))
		return true;
	for (; same < text.n && same < again.n && text.at[same] == again.at[same]; same++)
		line += text.at[same] == '\n';
	return err_set(e, ERR_DATA, "line %zu is not as assay writes it: %s", line,
		       err_quote(text.at + same, text.n - same));
}

bool snapshot_read(struct str text, struct arena *a, struct catalog *ret, struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct catalog c = { 0 };

	if (!json_read(text, &doc, e) || !read_document(yyjson_doc_get_root(doc), a, &c, e) ||
	    !prints_the_same(&c, text, e))
		return false;
	*ret = c;
	return true;
}
