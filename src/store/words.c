#include "store/words.h"

#include "base/json.h"

/* Index of a name in a list of them; n: none. */
static size_t find(struct str name, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && !str_eq(name, str_of(names[i])))
		i++;
	return i;
}

bool words_price_state(struct str name, enum price_state *ret)
{
	const size_t n = sizeof(price_state_names) / sizeof(price_state_names[0]);
	size_t i = find(name, price_state_names, n);

	if (i < n)
		*ret = (enum price_state)i;
	return i < n;
}

bool words_change_kind(struct str name, enum change_kind *ret)
{
	size_t i = find(name, change_kind_names, CHANGE_KINDS);

	if (i < CHANGE_KINDS)
		*ret = (enum change_kind)i;
	return i < CHANGE_KINDS;
}

bool words_completeness(struct str name, enum store_completeness *ret)
{
	const size_t n = sizeof(store_completeness_names) / sizeof(store_completeness_names[0]);
	size_t i = find(name, store_completeness_names, n);

	if (i < n)
		*ret = (enum store_completeness)i;
	return i < n;
}

struct str words_change_kinds(const bool *kinds, struct buf *out)
{
	if (!kinds)
		return STR_NONE;
	buf_add_char(out, ',');
	for (size_t i = 0; i < CHANGE_KINDS; i++)
		if (kinds[i])
			buf_printf(out, "%s,", change_kind_names[i]);
	return buf_str(out);
}

bool words_decision(struct str name, enum review_decision *ret)
{
	size_t i = str_is_none(name) ? REVIEW_OPEN
				     : find(name, review_decision_names, REVIEW_DECISIONS);

	if (i < REVIEW_DECISIONS)
		*ret = (enum review_decision)i;
	return i < REVIEW_DECISIONS;
}

struct str words_price_shown(const struct model *m, enum meter meter)
{
	const struct price *p = model_price(m, meter);

	if (!p || p->state == PRICE_DYNAMIC)
		return STR_NONE;
	if (p->state == PRICE_FREE)
		return STR("0");
	return str_eq(p->currency, STR("USD")) ? p->amount : STR_NONE;
}

void words_print_ids(struct buf *out, const struct str *ids, size_t n)
{
	struct json_writer w = { .out = out };

	json_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		json_put_str(&w, ids[i]);
	json_close(&w, ']');
}

bool words_parse_ids(struct str text, struct arena *a, struct str **ret, size_t *ret_n,
		     struct err *e)
{
	JSON_DOC_AUTO(doc);
	yyjson_arr_iter it;
	struct str *ids;
	yyjson_val *id;
	size_t n = 0;

	if (!json_read(text, &doc, e))
		return false;
	it = yyjson_arr_iter_with(yyjson_doc_get_root(doc));
	ids = arena_array(a, it.max, struct str);
	while ((id = yyjson_arr_iter_next(&it)))
		ids[n++] = arena_str(a, json_raw(id));
	*ret = ids;
	*ret_n = n;
	return true;
}
