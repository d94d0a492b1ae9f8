#include "web/wish.h"

#include "base/query.h"
#include "web/web.h"

#include <inttypes.h>

/* ---- providers ---- */

/* Of one that no descriptor knows any more there may still be rows. */
static bool is_stored(const struct http_request *q, struct str slug)
{
	const struct view *v = view_get(q->web->conf.views);
	bool found = v && view_find_slug(v, slug);

	if (v)
		view_put(v);
	return found;
}

static bool find_provider(const struct http_request *q, struct http_reply *r, const char *name,
			  struct str typed, struct str *ret)
{
	const struct registry *registry = web_registry(q->web);
	const struct descriptor *d = registry_find(registry, typed);

	if (!d && !is_stored(q, typed)) {
		http_fail(r, HTTP_UNPROCESSABLE, "%s: \"%s\" is no provider; there are: %s", name,
			  err_quote(typed.at, typed.n), registry_slugs(registry, q->arena).at);
		return false;
	}
	*ret = d ? d->slug : typed;
	return true;
}

bool wish_provider(const struct http_request *q, struct http_reply *r, const char *name,
		   struct str *ret)
{
	struct str typed = http_param(q, name);

	*ret = STR_NONE;
	return str_is_none(typed) || find_provider(q, r, name, typed, ret);
}

bool wish_providers(const struct http_request *q, struct http_reply *r, const char *name,
		    struct str **ret, size_t *ret_n)
{
	size_t n = http_params(q, name, ret);

	for (size_t i = 0; i < n; i++)
		if (!find_provider(q, r, name, (*ret)[i], &(*ret)[i]))
			return false;
	*ret_n = n;
	return true;
}

/* ---- kinds ---- */

static bool find_kind(struct str name, size_t *ret)
{
	for (size_t i = 0; i < CHANGE_KINDS; i++) {
		if (str_eq(name, str_of(change_kind_names[i]))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void refuse_kind(struct http_reply *r, const char *name, struct str typed)
{
	enum { KNOWN_MAX = 1024 };
	BUF_AUTO(known, KNOWN_MAX);

	for (size_t i = 0; i < CHANGE_KINDS; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", change_kind_names[i]);
	http_fail(r, HTTP_UNPROCESSABLE, "%s: \"%s\" is no kind of change; there are: %s", name,
		  err_quote(typed.at, typed.n), buf_str(&known).at);
}

bool wish_kinds(const struct http_request *q, struct http_reply *r, const char *name,
		bool ret[CHANGE_KINDS], bool *ret_any)
{
	struct str *typed;
	size_t n = http_params(q, name, &typed);
	size_t kind = 0;

	memset(ret, 0, CHANGE_KINDS * sizeof(ret[0]));
	for (size_t i = 0; i < n; i++) {
		if (!find_kind(typed[i], &kind)) {
			refuse_kind(r, name, typed[i]);
			return false;
		}
		ret[kind] = true;
	}
	*ret_any = n > 0;
	return true;
}

/* ---- links ---- */

struct str wish_url(const struct http_request *q)
{
	struct str url = q->path;

	for (size_t i = 0; i < q->n_params; i++)
		url = arena_printf(q->arena, "%.*s%c%.*s=%.*s", STR_FMT(url), i ? '&' : '?',
				   STR_FMT(query_encoded(q->params[i].name, q->arena)),
				   STR_FMT(query_encoded(q->params[i].value, q->arena)));
	return url;
}

/* ---- pages ---- */

static bool is_sent(const struct http_request *q, const char *name)
{
	return !str_is_none(http_param(q, name));
}

bool wish_oldest(const struct http_request *q)
{
	return is_sent(q, "after") || (is_sent(q, "since") && !is_sent(q, "before"));
}

void wish_link(const struct http_request *q, struct http_reply *r, int64_t first, int64_t last)
{
	bool oldest = wish_oldest(q);
	struct str id = arena_printf(q->arena, "%" PRId64, oldest ? last : first);
	struct str url =
		query_set(wish_url(q), oldest ? STR("after") : STR("before"), id, q->arena);

	http_header(r, "Link",
		    arena_printf(q->arena, "<%.*s>; rel=\"%s\"", STR_FMT(url),
				 oldest ? "next" : "prev"));
}
