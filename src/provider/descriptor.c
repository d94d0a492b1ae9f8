#include "provider/descriptor.h"

#include "provider/descriptor_ask.h"
#include "provider/descriptor_chat.h"
#include "provider/descriptor_list.h"

static bool is_slug(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0)))
			return false;
	}
	return s.n > 0 && s.n <= 64;
}

static bool parse_supports(const struct strict *s, yyjson_val *v, struct capabilities *ret)
{
	static const char *const known[] = { "streaming", "function_calling", "vision",
					     "image_generation", NULL };
	struct strict_obj o;

	if (!v)
		return true;
	if (!strict_object(s, v, STR("/supports"), known, &o))
		return false;
	for (size_t i = 0; known[i]; i++) {
		enum capability which;
		bool yes = false;

		if (!yyjson_obj_get(v, known[i]))
			continue;
		if (!strict_bool(&o, known[i], true, &yes) ||
		    !capability_parse(str_of(known[i]), &which))
			return false;
		capabilities_set(ret, which, yes);
	}
	return true;
}

static bool parse_lists(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	size_t n = yyjson_arr_size(v);
	struct list *lists = arena_array(s->a, n + 1, struct list);

	if (!strict_list(s, v, STR("/lists")))
		return false;
	if (n == 0)
		return strict_fail(s, STR("/lists"), "expected at least one list");
	for (size_t i = 0; i < n; i++)
		if (!descriptor_parse_list(s, yyjson_arr_get(v, i),
					   strict_where_index(s, STR("/lists"), i), &lists[i]))
			return false;
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(lists[i].name, lists[j].name))
				return strict_fail(s, STR("/lists"), "two lists of one name");
	if (!lists[0].required)
		return strict_fail(s, STR("/lists/0"), "the first list cannot be optional");
	if (lists[0].adds)
		return strict_fail(s, STR("/lists/0/adds"),
				   "the first list makes the models as it is");
	if (lists[0].pages.form == PAGES_IDS)
		return strict_fail(s, STR("/lists/0/pages/form"),
				   "the first list cannot be asked for the ids it names");
	d->lists = lists;
	d->n_lists = n;
	return true;
}

static bool check_keys(const struct strict *s, const struct descriptor *d)
{
	if (d->key_required && !descriptor_key_matters(d))
		return strict_fail(s, STR("/auth/required"), "no list is asked with the key");
	for (size_t i = 0; i < d->n_lists; i++)
		if (d->lists[i].key_needed &&
		    (d->auth == AUTH_NONE || (d->lists[i].required && !d->key_required)))
			return strict_fail(
				s, strict_where(s, strict_where_index(s, STR("/lists"), i), "auth"),
				"a required list that needs the key makes the key required");
	return true;
}

static bool parse_facts(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	static const char *const known[] = { "fact", "sure", "since", "source", NULL };
	size_t n = yyjson_arr_size(v);
	struct fact *facts = arena_array(s->a, n + 1, struct fact);

	if (!strict_list(s, v, STR("/facts")))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct str where = strict_where_index(s, STR("/facts"), i);
		struct strict_obj o;

		if (!strict_object(s, yyjson_arr_get(v, i), where, known, &o) ||
		    !strict_str(&o, "fact", true, &facts[i].fact) ||
		    !strict_str(&o, "sure", true, &facts[i].sure) ||
		    !strict_str(&o, "since", true, &facts[i].since) ||
		    !strict_str(&o, "source", true, &facts[i].source))
			return false;
		if (facts[i].sure.n != 1 || !strchr("ABCU", facts[i].sure.at[0]))
			return strict_fail(s, strict_where(s, where, "sure"),
					   "expected A, B, C or U");
	}
	d->facts = facts;
	d->n_facts = n;
	return true;
}

static bool parse_identity(const struct strict_obj *o, struct descriptor *d)
{
	if (!strict_str(o, "slug", true, &d->slug) || !strict_str(o, "name", true, &d->name) ||
	    !strict_str(o, "description", false, &d->description) ||
	    !strict_str(o, "site_url", false, &d->site_url) ||
	    !strict_str(o, "base_url", true, &d->base_url) ||
	    !strict_str(o, "logo_url", false, &d->logo_url) ||
	    !strict_str(o, "status_page_url", false, &d->status_page_url) ||
	    !strict_str(o, "hub_name", false, &d->hub_name) ||
	    !strict_str(o, "docs", false, &d->docs_url) ||
	    !strict_strs(o, "quirks", &d->quirks, &d->n_quirks) ||
	    !strict_strs(o, "aliases", &d->aliases, &d->n_aliases))
		return false;
	for (size_t i = 0; i < d->n_quirks; i++)
		if (d->quirks[i].n == 0)
			return strict_fail(o->s, STR("/quirks"), "holds a sentence without words");
	return is_slug(d->slug) ||
	       strict_fail(o->s, STR("/slug"), "expected lower-case letters, digits and '-'");
}

bool descriptor_parse(struct str json, struct str origin, struct arena *a, struct descriptor *ret,
		      struct err *e)
{
	static const char *const known[] = { "slug",
					     "name",
					     "description",
					     "site_url",
					     "base_url",
					     "logo_url",
					     "status_page_url",
					     "hub_name",
					     "docs",
					     "quirks",
					     "aliases",
					     "supports",
					     "auth",
					     "headers",
					     "variables",
					     "chat",
					     "lists",
					     "facts",
					     NULL };
	struct strict s = { a, e };
	struct descriptor d = { .origin = origin };
	struct strict_obj o;
	JSON_DOC_AUTO(doc);
	yyjson_val *root;

	if (!json_read(json, &doc, e))
		return err_wrap(e, "%.*s", STR_FMT(origin));
	root = yyjson_doc_get_root(doc);
	if (!strict_object(&s, root, STR(""), known, &o) || !parse_identity(&o, &d) ||
	    !parse_supports(&s, yyjson_obj_get(root, "supports"), &d.supports) ||
	    !descriptor_parse_auth(&s, yyjson_obj_get(root, "auth"), &d) ||
	    !descriptor_parse_headers(&s, yyjson_obj_get(root, "headers"), &d) ||
	    !descriptor_parse_variables(&s, yyjson_obj_get(root, "variables"), &d) ||
	    !descriptor_parse_chat(&s, yyjson_obj_get(root, "chat"), &d) ||
	    !parse_lists(&s, yyjson_obj_get(root, "lists"), &d) || !check_keys(&s, &d) ||
	    !descriptor_check_variables(&s, &d) ||
	    !parse_facts(&s, yyjson_obj_get(root, "facts"), &d)) {
		/* Whatever part of it is wrong, a unit or a date: it is the file's mistake. */
		e->kind = ERR_CONFIG;
		return err_wrap(e, "%.*s", STR_FMT(origin));
	}
	hash_bytes(json.at, json.n, &d.hash);
	*ret = d;
	return true;
}
