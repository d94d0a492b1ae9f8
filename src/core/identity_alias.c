#include "base/json.h"
#include "core/identity.h"
#include "core/identity_facts.h"

#include <stdlib.h>

static int alias_order(const void *a, const void *b)
{
	return str_cmp(((const struct identity_alias *)a)->alias,
		       ((const struct identity_alias *)b)->alias);
}

static const struct identity_alias *find(const struct identity_aliases *aliases, struct str alias)
{
	struct identity_alias key = { .alias = alias };

	return aliases->n
		       ? bsearch(&key, aliases->at, aliases->n, sizeof(aliases->at[0]), alias_order)
		       : NULL;
}

const struct identity_alias *identity_alias_find(const struct identity_aliases *aliases,
						 struct str provider, struct str id,
						 struct arena *a)
{
	const struct identity_alias *own;
	struct str key;

	if (!aliases || aliases->n == 0)
		return NULL;
	key = identity_lower(id, a);
	own = find(aliases, arena_printf(a, "%.*s:%.*s", STR_FMT(provider), STR_FMT(key)));
	return own ? own : find(aliases, key);
}

bool identity_alias_read(struct str alias, struct str canonical, struct arena *a,
			 struct identity_alias *ret, struct err *e)
{
	struct identity_row row = { STR(""), STR(""), canonical };
	struct identity is;

	if (alias.n == 0 || alias.n > IDENTITY_TEXT_MAX)
		return err_set(e, ERR_CONFIG, "alias \"%s\": between 1 and %d bytes",
			       err_quote(alias.at, alias.n), IDENTITY_TEXT_MAX);
	*ret = (struct identity_alias){ identity_lower(alias, a), STR_NONE };
	if (str_is_none(canonical))
		return true;
	is = identity_of(&row, NULL, a);
	if (str_is_none(is.canonical))
		return err_set(e, ERR_CONFIG, "alias \"%s\": \"%s\" is not a canonical id",
			       err_quote(alias.at, alias.n), err_quote(canonical.at, canonical.n));
	if (!str_eq(is.canonical, canonical))
		return err_set(e, ERR_CONFIG, "alias \"%s\": \"%s\" is canonically \"%s\"",
			       err_quote(alias.at, alias.n), err_quote(canonical.at, canonical.n),
			       err_quote(is.canonical.at, is.canonical.n));
	ret->canonical = is.canonical; /* the same bytes, but not the caller's */
	return true;
}

static bool read_entry(yyjson_val *key, yyjson_val *value, struct arena *a,
		       struct identity_alias *ret, struct err *e)
{
	struct str alias = json_str(key, a);

	if (!yyjson_is_str(value) && !yyjson_is_null(value))
		return err_set(e, ERR_CONFIG, "alias \"%s\": a canonical id or null, not %s",
			       err_quote(alias.at, alias.n), json_type(value));
	return identity_alias_read(alias, json_str(value, a), a, ret, e);
}

bool identity_aliases_sort(struct identity_aliases *aliases, struct err *e)
{
	if (aliases->n)
		qsort(aliases->at, aliases->n, sizeof(aliases->at[0]), alias_order);
	for (size_t i = 1; i < aliases->n; i++) {
		struct str alias = aliases->at[i].alias;

		if (str_eq(alias, aliases->at[i - 1].alias))
			return err_set(e, ERR_CONFIG, "alias \"%s\" twice",
				       err_quote(alias.at, alias.n));
	}
	return true;
}

struct identity_aliases identity_aliases_join(const struct identity_aliases *first,
					      const struct identity_aliases *second,
					      struct arena *a)
{
	struct identity_aliases all = { arena_array(a, first->n + second->n, struct identity_alias),
					0 };
	size_t i = 0, j = 0;

	while (i < first->n || j < second->n) {
		int c = i == first->n    ? 1
			: j == second->n ? -1
					 : alias_order(&first->at[i], &second->at[j]);

		all.at[all.n++] = c <= 0 ? first->at[i] : second->at[j];
		i += c <= 0;
		j += c >= 0;
	}
	return all;
}

bool identity_aliases_read(struct str json, struct arena *a, struct identity_aliases *ret,
			   struct err *e)
{
	JSON_DOC_AUTO(doc);
	struct identity_aliases all = { 0 };
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!json_read(json, &doc, e))
		return err_wrap(e, "aliases");
	if (!yyjson_is_obj(yyjson_doc_get_root(doc)))
		return err_set(e, ERR_CONFIG, "aliases: an object, not %s",
			       json_type(yyjson_doc_get_root(doc)));
	all.at = arena_array(a, yyjson_obj_size(yyjson_doc_get_root(doc)) + 1,
			     struct identity_alias);
	members = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
	while ((key = yyjson_obj_iter_next(&members))) {
		if (!read_entry(key, yyjson_obj_iter_get_val(key), a, &all.at[all.n], e))
			return false;
		all.n++;
	}
	if (!identity_aliases_sort(&all, e))
		return false;
	*ret = all;
	return true;
}
