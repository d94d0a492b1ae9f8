#include "provider/endpoints.h"

#include "provider/strict.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { URL_MAX = 2048 };

extern const char endpoints_builtin[];
extern const size_t endpoints_builtin_n;

struct endpoints {
	struct endpoint *items; /* ascending by name */
	size_t n;
};

static const struct str place = { "{providerId}", 12 };

/* ---- a URL ---- */

static bool is_loopback(struct str host, struct arena *a)
{
	struct in_addr v4;

	if (str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("[::1]")))
		return true;
	return inet_pton(AF_INET, arena_cstr(a, host), &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* "HOST[:PORT]" */
static struct str host_of(struct str authority)
{
	const char *end = authority.n && authority.at[0] == '['
				  ? memchr(authority.at, ']', authority.n)
				  : NULL;
	struct str host;

	if (end)
		return (struct str){ authority.at, (size_t)(end - authority.at) + 1 };
	(void)str_cut(&authority, ':', &host);
	return host;
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] <= 0x20 || s.at[i] > 0x7e || strchr("\"'<>\\^`|#", s.at[i]))
			return false;
	return true;
}

/* No brace but those of the place for the id. */
static bool braces_are_right(struct str url)
{
	size_t i = 0;

	while (i < url.n) {
		struct str rest = { url.at + i, url.n - i };

		if (str_starts(rest, place))
			i += place.n;
		else if (rest.at[0] == '{' || rest.at[0] == '}')
			return false;
		else
			i++;
	}
	return true;
}

/* Has its query a parameter whose name says that it is secret?  URLs are written into every row. */
static bool holds_key(struct str url, struct arena *a)
{
	static const char *const words[] = { "key", "token", "secret", "sig", "auth", "pass" };
	struct str query = url;
	struct str part;
	struct str name;
	bool more = str_cut(&query, '?', &part);

	while (more) {
		more = str_cut(&query, '&', &part);
		(void)str_cut(&part, '=', &name);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcasestr(arena_cstr(a, name), words[i]))
				return true;
	}
	return false;
}

/* What is wrong with it, or NULL. */
static const char *url_fault(struct str url, struct arena *a)
{
	bool plain = str_starts(url, STR("http://"));
	struct str authority;
	struct str host;

	if (!plain && !str_starts(url, STR("https://")))
		return "expected https://…";
	if (url.n > URL_MAX || !is_printable(url))
		return "expected a URL of printable ASCII, without quotes and '#'";
	if (!braces_are_right(url))
		return "holds a brace that is not {providerId}'s";
	url.at += plain ? 7 : 8;
	url.n -= plain ? 7 : 8;
	if (!str_cut(&url, '/', &authority))
		return "expected a path behind the host";
	host = host_of(authority);
	if (host.n == 0 || memchr(authority.at, '@', authority.n) ||
	    memchr(authority.at, '{', authority.n))
		return "expected a host behind https://, and nothing but a port with it";
	if (holds_key(url, a))
		return "no key may stand in it: URLs are in every row of the dataset";
	if (plain && !is_loopback(host, a))
		return "http is for loopback only; use https";
	return NULL;
}

/* ---- the table ---- */

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct endpoint *)a)->name, ((const struct endpoint *)b)->name);
}

static struct endpoint *find(const struct endpoints *m, struct str name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->items[i].name, name))
			return &m->items[i];
	return NULL;
}

static bool fail(const char *origin, struct str name, const char *sentence, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: %s: %s", origin, err_quote(name.at, name.n), sentence);
}

static bool put(struct endpoints *m, struct str name, yyjson_val *v, const char *origin,
		struct arena *a, struct err *e)
{
	struct endpoint *old = find(m, name);
	struct str url = json_raw(v);
	const char *fault;

	if (name.n == 0)
		return fail(origin, name, "expected a name", e);
	if (yyjson_is_null(v)) {
		if (old)
			*old = m->items[--m->n];
		return true;
	}
	if (!yyjson_is_str(v))
		return fail(origin, name, "expected a URL or null", e);
	fault = url_fault(url, a);
	if (fault)
		return fail(origin, name, fault, e);
	if (!old)
		old = &m->items[m->n++];
	*old = (struct endpoint){ arena_str(a, name), arena_str(a, url) };
	return true;
}

/* Entries of one document over those that are there. */
static bool lay_over(struct endpoints *m, yyjson_val *root, const char *origin, struct arena *a,
		     struct err *e)
{
	const struct strict s = { a, e };
	yyjson_obj_iter members;
	struct endpoint *items;
	yyjson_val *key;

	if (!yyjson_is_obj(root))
		return err_set(e, ERR_CONFIG, "%s: expected an object of names and URLs", origin);
	if (!strict_free_object(&s, root, STR("")))
		return err_wrap(e, "%s", origin);
	items = arena_array(a, m->n + yyjson_obj_size(root) + 1, struct endpoint);
	if (m->n)
		memcpy(items, m->items, m->n * sizeof(*items));
	m->items = items;
	members = yyjson_obj_iter_with(root);
	while ((key = yyjson_obj_iter_next(&members)))
		if (!put(m, json_raw(key), yyjson_obj_iter_get_val(key), origin, a, e))
			return false;
	return true;
}

static bool read_document(struct endpoints *m, struct str json, const char *origin, struct arena *a,
			  struct err *e)
{
	JSON_DOC_AUTO(doc);

	if (!json_read(json, &doc, e)) {
		e->kind = ERR_CONFIG;
		return err_wrap(e, "%s", origin);
	}
	return lay_over(m, yyjson_doc_get_root(doc), origin, a, e);
}

bool endpoints_parse(struct str file, const char *origin, struct arena *a, struct endpoints **ret,
		     struct err *e)
{
	const struct str builtin = { endpoints_builtin, endpoints_builtin_n };
	struct endpoints *m = arena_new(a, struct endpoints);

	if (!read_document(m, builtin, "built-in endpoints.json", a, e) ||
	    (!str_is_none(file) && !read_document(m, file, origin, a, e)))
		return false;
	qsort(m->items, m->n, sizeof(*m->items), by_name);
	*ret = m;
	return true;
}

size_t endpoints_list(const struct endpoints *m, const struct endpoint **ret)
{
	*ret = m->items;
	return m->n;
}

/* ---- asking it ---- */

/* "a/../b", "." and their like would leave the provider's own path. */
static bool steps_aside(struct str id)
{
	struct str segment;
	bool more;

	do {
		more = str_cut(&id, '/', &segment);
		if (segment.n == 0 || str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
			return true;
	} while (more);
	return false;
}

static void add_escaped(struct buf *out, struct str id)
{
	for (size_t i = 0; i < id.n; i++) {
		unsigned char c = (unsigned char)id.at[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr("-._~/:@!$&'()*+,;=", c)))
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

struct str endpoints_url(const struct endpoints *m, struct str provider, struct str provider_id,
			 struct arena *a)
{
	const struct endpoint *found = find(m, provider);
	const char *at = found ? memmem(found->url.at, found->url.n, place.at, place.n) : NULL;
	struct str rest;

	BUF_AUTO(out, 4 * URL_MAX);

	if (!at)
		return found ? found->url : STR_NONE;
	if (steps_aside(provider_id))
		return STR_NONE;
	rest = found->url;
	for (; at; at = memmem(rest.at, rest.n, place.at, place.n)) {
		size_t before = (size_t)(at - rest.at);

		buf_add(&out, rest.at, before);
		add_escaped(&out, provider_id);
		rest = (struct str){ at + place.n, rest.n - before - place.n };
	}
	buf_add_str(&out, rest);
	return buf_overflowed(&out) ? STR_NONE : arena_str(a, buf_str(&out));
}
