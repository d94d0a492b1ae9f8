#include "provider/mode.h"

#include "core/condition.h"

static bool find_mode(const struct list *l, yyjson_val **slots, struct str *ret, struct err *e)
{
	struct str pointer = list_pointer(l, l->modes.slot);
	yyjson_val *v = slots[l->modes.slot];
	struct str said = json_raw(v);

	if (!v || yyjson_is_null(v))
		return err_set(e, ERR_DATA, "%.*s is missing", STR_FMT(pointer));
	if (!yyjson_is_str(v))
		return row_wrong_type(l, l->modes.slot, v, "a string", e);
	for (size_t i = 0; i < l->modes.n_words; i++) {
		if (str_eq(l->modes.words[i].said, said)) {
			*ret = l->modes.words[i].means;
			return true;
		}
	}
	return err_set(e, ERR_DATA, "%.*s: \"%s\" is not a mode known here", STR_FMT(pointer),
		       err_quote(said.at, said.n));
}

static bool add_to(struct price *p, struct str mode, struct arena *a, struct err *e)
{
	struct condition both = { .n = 0 };

	if (p->condition.n == 0) {
		p->condition = mode;
		return true;
	}
	if (!condition_add_text(&both, a, p->condition, e) ||
	    !condition_add_text(&both, a, mode, e))
		return false;
	p->condition = condition_text(&both, a);
	return true;
}

bool mode_read(const struct list *l, struct row_scratch *s, struct arena *a, struct model *m,
	       struct str *ret_mode, struct err *e)
{
	struct str mode;

	if (!find_mode(l, s->slots, &mode, e))
		return false;
	for (size_t i = 0; i < m->n_prices && mode.n > 0; i++)
		if (!add_to(&m->prices[i], mode, a, e))
			return err_wrap(e, "mode %.*s", STR_FMT(mode));
	*ret_mode = mode;
	return true;
}
