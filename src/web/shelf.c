#include "web/shelf.h"

#include "provider/registry.h"

#include <inttypes.h>

enum { TAG_BYTES = 16 }; /* of a name, in a tag */

static void let_go(void *arg)
{
	view_put(arg);
}

const char *const shelf_health_words[] = { "healthy", "degraded", "down", "unknown", NULL };

const struct view *shelf_take(const struct http_request *q, struct http_reply *r)
{
	const struct view *v = view_get(q->web->conf.views);

	if (v)
		return v;
	http_fail(r, HTTP_UNAVAILABLE, "the catalog is being loaded: ask again in a moment");
	http_header(r, "Retry-After", STR("1"));
	return NULL;
}

void shelf_send(struct http_reply *r, const struct view *v, const struct http_piece *pieces,
		size_t n)
{
	r->pieces = pieces;
	r->n_pieces = n;
	r->release = let_go;
	/* Whoever releases it gets it as it was given out. */
	r->release_arg = v->references;
}

void shelf_send_text(const struct http_request *q, struct http_reply *r, const struct view *v,
		     struct str text)
{
	struct http_piece *piece = arena_new(q->arena, struct http_piece);

	*piece = (struct http_piece){ text.at, text.n };
	shelf_send(r, v, piece, 1);
}

bool shelf_is_fresh(const struct http_request *q, struct http_reply *r, const struct view *v,
		    const struct hash *name)
{
	char text[HASH_TEXT_MAX];
	struct str tag = { hash_text(name, text), (size_t)2 * TAG_BYTES };

	if (!http_is_fresh(q, r, arena_str(q->arena, tag)))
		return false;
	view_put(v);
	return true;
}

const struct view_segment *shelf_find_provider(const struct http_request *q, const struct view *v,
					       struct str name)
{
	const struct view_segment *g = view_find_slug(v, name);
	const struct descriptor *d = g ? NULL : registry_find_named(web_registry(q->web), name);

	return d ? view_find_slug(v, d->slug) : g;
}

void shelf_no_provider(const struct http_request *q, struct http_reply *r, const struct view *v,
		       struct str slug)
{
	struct str known = STR("");

	for (size_t i = 0; i < v->n; i++)
		known = arena_printf(q->arena, "%.*s%s%.*s", STR_FMT(known), i ? ", " : "",
				     STR_FMT(v->segments[i]->slug));
	http_fail(r, HTTP_NOT_FOUND, "no provider is called %s; there are: %.*s",
		  err_quote(slug.at, slug.n), STR_FMT(known));
	view_put(v);
}

bool shelf_path_id(const struct http_request *q, struct http_reply *r, int64_t *ret)
{
	if (str_to_i64(q->pieces[0], 1, INT64_MAX, ret))
		return true;
	http_fail(r, HTTP_UNPROCESSABLE, "id: %s is no number from 1 on",
		  err_quote(q->pieces[0].at, q->pieces[0].n));
	return false;
}

void shelf_pages(const struct http_request *q, struct http_reply *r, uint64_t total)
{
	uint64_t limit = (uint64_t)http_param_int(q, "limit");
	uint64_t offset = (uint64_t)http_param_int(q, "offset");

	http_header(r, "X-Total-Count", arena_printf(q->arena, "%" PRIu64, total));
	http_link_pages(q, r, offset, limit, offset < total && total - offset > limit);
}
