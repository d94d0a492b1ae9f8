/*
 * How a provider is asked: its key, fixed header lines, what its URLs are completed with.
 */
#include "provider/descriptor_ask.h"

enum { VALUE_MAX = 256, HEADERS_MAX = 16, VARIABLES_MAX = 8 };

/* What HTTP takes as the name of a header, and no URL needs to escape. */
static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return s.n > 0;
}

/* ---- the key ---- */

/* "bearer", "header:NAME" … */
bool descriptor_parse_form(const struct strict *s, struct str form, struct str where,
			   enum auth_form *ret, struct str *ret_name)
{
	static const struct {
		const char *name;
		enum auth_form form;
		bool named;
	} forms[] = {
		{ "none", AUTH_NONE, false },    { "bearer", AUTH_BEARER, false },
		{ "header", AUTH_HEADER, true }, { "query", AUTH_QUERY, true },
		{ "scheme", AUTH_SCHEME, true }, { "google", AUTH_GOOGLE, false },
	};
	struct str word;
	bool named = str_cut(&form, ':', &word);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!str_eq(word, str_of(forms[i].name)) || named != forms[i].named ||
		    (named && !is_name(form)))
			continue;
		*ret = forms[i].form;
		*ret_name = named ? form : STR_NONE;
		return true;
	}
	return strict_fail(s, where,
			   "expected none, bearer, header:NAME, query:NAME, scheme:NAME or google");
}

/* Member "env" of `o`: names of variables, the first one set wins. */
static bool parse_env(const struct strict_obj *o, const char *ret[ENV_NAMES_MAX + 1], size_t *ret_n)
{
	struct str *env;
	size_t n;

	if (!strict_strs(o, "env", &env, &n))
		return false;
	if (n > ENV_NAMES_MAX)
		return strict_fail(o->s, strict_where(o->s, o->where, "env"),
				   "holds too many variables");
	for (size_t i = 0; i < n; i++) {
		if (!is_name(env[i]))
			return strict_fail(o->s, strict_where(o->s, o->where, "env"),
					   "holds what is no name of a variable");
		ret[i] = env[i].at;
	}
	*ret_n = n;
	return true;
}

bool descriptor_parse_auth(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	static const char *const known[] = { "form", "required", "env", "scope", NULL };
	struct str form = STR_NONE;
	struct strict_obj o;
	size_t n;

	if (!strict_object(s, v, STR("/auth"), known, &o) || !strict_str(&o, "form", true, &form) ||
	    !descriptor_parse_form(s, form, STR("/auth/form"), &d->auth, &d->auth_name) ||
	    !strict_bool(&o, "required", false, &d->key_required) ||
	    !strict_str(&o, "scope", false, &d->auth_scope) || !parse_env(&o, d->env, &n))
		return false;
	if ((n == 0) != (d->auth == AUTH_NONE))
		return strict_fail(s, STR("/auth/env"),
				   "expected the key's variables, and none for form none");
	if ((d->auth == AUTH_GOOGLE) != (d->auth_scope.n > 0))
		return strict_fail(s, STR("/auth/scope"), "goes with form google");
	return true;
}

/* ---- fixed header lines ---- */

/* Lines that say what we do, not what the provider wants. */
static bool is_ours(struct str name)
{
	static const char *const ours[] = { "accept-encoding",
					    "authorization",
					    "connection",
					    "content-length",
					    "content-type",
					    "cookie",
					    "expect",
					    "host",
					    "if-modified-since",
					    "if-none-match",
					    "proxy-connection",
					    "range",
					    "te",
					    "trailer",
					    "transfer-encoding",
					    "upgrade",
					    "user-agent" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (str_eq_nocase(name, str_of(ours[i])))
			return true;
	return false;
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] < 0x20 || s.at[i] > 0x7e)
			return false;
	return s.n > 0;
}

bool descriptor_parse_lines(const struct strict *s, yyjson_val *v, struct str where,
			    struct str key_name, struct fixed_header **ret, size_t *ret_n)
{
	struct fixed_header *headers;
	yyjson_obj_iter members;
	yyjson_val *key;
	size_t n = 0;

	if (!strict_free_object(s, v, where))
		return false;
	if (yyjson_obj_size(v) > HEADERS_MAX)
		return strict_fail(s, where, "holds too many");
	headers = arena_array(s->a, yyjson_obj_size(v) + 1, struct fixed_header);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct fixed_header *h = &headers[n++];
		struct str place = strict_where(s, where, yyjson_get_str(key));

		h->name = arena_str(s->a, json_raw(key));
		h->value = arena_str(s->a, json_str(yyjson_obj_iter_get_val(key), s->a));
		if (!is_name(h->name) || is_ours(h->name) || str_eq_nocase(h->name, key_name))
			return strict_fail(s, place, "is no header that may be set here");
		if (str_is_none(h->value) || !is_printable(h->value))
			return strict_fail(s, place, "expected a line of ASCII");
	}
	*ret = headers;
	*ret_n = n;
	return true;
}

bool descriptor_parse_headers(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	struct str key_name = d->auth == AUTH_HEADER ? d->auth_name : STR_NONE;
	struct fixed_header *headers = NULL;

	if (v && !descriptor_parse_lines(s, v, STR("/headers"), key_name, &headers, &d->n_headers))
		return false;
	d->headers = headers;
	return true;
}

/* ---- variables ---- */

bool descriptor_is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];

		if (!is_name((struct str){ &c, 1 }) && c != '.')
			return false;
	}
	/* "..": a step up in the path of a URL. */
	return s.n > 0 && s.n <= VALUE_MAX && !str_eq(s, STR(".")) && !str_eq(s, STR(".."));
}

static bool parse_variable(const struct strict *s, yyjson_val *v, struct str where,
			   struct variable *ret)
{
	static const char *const known[] = { "env", "default", NULL };
	struct strict_obj o;
	size_t n;

	if (!strict_object(s, v, where, known, &o) || !parse_env(&o, ret->env, &n) ||
	    !strict_str(&o, "default", false, &ret->fallback))
		return false;
	if (!str_is_none(ret->fallback) && !descriptor_is_value(ret->fallback))
		return strict_fail(s, strict_where(s, where, "default"),
				   "expected letters, digits, '.', '_' and '-'");
	return n > 0 || strict_fail(s, strict_where(s, where, "env"), "missing");
}

bool descriptor_parse_variables(const struct strict *s, yyjson_val *v, struct descriptor *d)
{
	struct variable *variables;
	yyjson_obj_iter members;
	yyjson_val *key;

	if (!v)
		return true;
	if (!strict_free_object(s, v, STR("/variables")))
		return false;
	if (yyjson_obj_size(v) > VARIABLES_MAX)
		return strict_fail(s, STR("/variables"), "holds too many");
	variables = arena_array(s->a, yyjson_obj_size(v) + 1, struct variable);
	members = yyjson_obj_iter_with(v);
	while ((key = yyjson_obj_iter_next(&members))) {
		struct variable *x = &variables[d->n_variables++];
		struct str where = strict_where(s, STR("/variables"), yyjson_get_str(key));

		x->name = arena_str(s->a, json_raw(key));
		if (!is_name(x->name))
			return strict_fail(s, where, "is no name of a variable");
		if (!parse_variable(s, yyjson_obj_iter_get_val(key), where, x))
			return false;
	}
	d->variables = variables;
	return true;
}

/* ---- their places ---- */

/* The next "{name}" of a URL: what stands before it, and its name; absent: none is left. */
static bool next_place(struct str *rest, struct str *ret_before, struct str *ret_name)
{
	struct str name;

	*ret_name = STR_NONE;
	if (!str_cut(rest, '{', ret_before))
		return true;
	if (!str_cut(rest, '}', &name))
		return false;
	*ret_name = name;
	return true;
}

static size_t find_variable(const struct descriptor *d, struct str name)
{
	size_t i = 0;

	while (i < d->n_variables && !str_eq(d->variables[i].name, name))
		i++;
	return i;
}

static bool check_url(const struct strict *s, const struct descriptor *d, struct str url,
		      struct str where, bool *used)
{
	struct str before;
	struct str name;

	do {
		if (!next_place(&url, &before, &name) ||
		    (!str_is_none(name) && find_variable(d, name) == d->n_variables))
			return strict_fail(s, where,
					   "holds a '{' that does not begin one of /variables");
		if (!str_is_none(name))
			used[find_variable(d, name)] = true;
	} while (!str_is_none(name));
	return true;
}

bool descriptor_check_variables(const struct strict *s, const struct descriptor *d)
{
	bool used[VARIABLES_MAX] = { false };

	if (!check_url(s, d, d->chat.url, STR("/chat/url"), used))
		return false;
	for (size_t i = 0; i < d->n_lists; i++)
		if (!check_url(s, d, d->lists[i].url,
			       strict_where(s, strict_where_index(s, STR("/lists"), i), "url"),
			       used))
			return false;
	for (size_t i = 0; i < d->n_variables; i++)
		if (!used[i])
			return strict_fail(
				s, strict_where(s, STR("/variables"), d->variables[i].name.at),
				"stands in no URL");
	return true;
}

static struct str filled(const struct descriptor *d, const struct str *values, struct str url,
			 struct arena *a)
{
	struct str out = STR("");
	struct str before;
	struct str name;

	if (str_is_none(url))
		return url;
	do {
		(void)next_place(&url, &before, &name);
		out = arena_printf(a, "%.*s%.*s", STR_FMT(out), STR_FMT(before));
		if (!str_is_none(name))
			out = arena_printf(a, "%.*s%.*s", STR_FMT(out),
					   STR_FMT(values[find_variable(d, name)]));
	} while (!str_is_none(name));
	return out;
}

const struct descriptor *descriptor_fill(const struct descriptor *d, const struct str *values,
					 struct arena *a)
{
	struct descriptor *copy;
	struct list *lists;

	if (d->n_variables == 0)
		return d;
	copy = arena_new(a, struct descriptor);
	lists = arena_array(a, d->n_lists, struct list);
	*copy = *d;
	memcpy(lists, d->lists, d->n_lists * sizeof(*lists));
	for (size_t i = 0; i < d->n_lists; i++)
		lists[i].url = filled(d, values, d->lists[i].url, a);
	copy->lists = lists;
	copy->chat.url = filled(d, values, d->chat.url, a);
	return copy;
}

bool descriptor_key_matters(const struct descriptor *d)
{
	bool keyed = false;

	for (size_t i = 0; i < d->n_lists; i++)
		keyed = keyed || d->lists[i].keyed;
	return keyed && d->auth != AUTH_NONE;
}
