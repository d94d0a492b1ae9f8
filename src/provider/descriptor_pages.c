#include "provider/descriptor_build.h"

enum { FORM_MEMBERS_MAX = 5, FIRST_MAX = 1000000, IDS_MAX = 1000 };

static const struct {
	const char *name;
	enum pages_form form;
	const char *known[FORM_MEMBERS_MAX];
} forms[] = {
	{ "token", PAGES_TOKEN, { "form", "next", "parameter", "more", NULL } },
	{ "number", PAGES_NUMBER, { "form", "parameter", "first", "total_pages", NULL } },
	{ "url", PAGES_URL, { "form", "next", NULL } },
	{ "link", PAGES_LINK, { "form", NULL } },
	{ "ids", PAGES_IDS, { "form", "parameter", "size", NULL } },
};

/* The object, once its form has said which members it may have. */
static bool parse_form(const struct strict *s, yyjson_val *v, struct str where,
		       struct strict_obj *ret, struct pages *pages)
{
	yyjson_val *form = yyjson_is_obj(v) ? yyjson_obj_get(v, "form") : NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!yyjson_equals_str(form, forms[i].name))
			continue;
		pages->form = forms[i].form;
		return strict_object(s, v, where, forms[i].known, ret);
	}
	return strict_free_object(s, v, where) &&
	       strict_fail(s, strict_where(s, where, "form"),
			   "expected token, number, url, link or ids");
}

static bool parse_first(const struct strict_obj *o, unsigned *ret)
{
	yyjson_val *v = yyjson_obj_get(o->v, "first");
	int64_t n = 1;

	if (v && (!yyjson_is_raw(v) || !str_to_i64(json_raw(v), 0, FIRST_MAX, &n)))
		return strict_fail(o->s, strict_where(o->s, o->where, "first"),
				   "expected the number of the first page");
	*ret = (unsigned)n;
	return true;
}

/* A pointer that must be there and lead into the page. */
static bool parse_next(const struct strict_obj *o, struct str *ret)
{
	return build_pointer(o, "next", ret) &&
	       (!str_is_none(*ret) ||
		strict_fail(o->s, strict_where(o->s, o->where, "next"), "missing"));
}

bool build_pages(const struct strict_obj *list, struct pages *ret)
{
	yyjson_val *v = yyjson_obj_get(list->v, "pages");
	struct pages pages = { .form = PAGES_NONE };
	struct strict_obj o;
	bool leads;
	bool asks;

	if (!v)
		return true;
	if (!parse_form(list->s, v, strict_where(list->s, list->where, "pages"), &o, &pages))
		return false;
	leads = pages.form == PAGES_TOKEN || pages.form == PAGES_URL;
	asks = pages.form == PAGES_TOKEN || pages.form == PAGES_NUMBER || pages.form == PAGES_IDS;
	if ((leads && !parse_next(&o, &pages.next)) || !build_pointer(&o, "more", &pages.more) ||
	    !build_pointer(&o, "total_pages", &pages.total_pages) ||
	    !strict_str(&o, "parameter", asks, &pages.parameter) ||
	    !parse_first(&o, &pages.first) || !strict_count(&o, "size", IDS_MAX, &pages.size))
		return false;
	if (pages.form == PAGES_IDS && pages.size == 0)
		return strict_fail(o.s, strict_where(o.s, o.where, "size"), "missing");
	*ret = pages;
	return true;
}
