#include "web/providers.h"

#include "web/shelf.h"

#include <inttypes.h>

const struct param providers_list_params[] = {
	{ .name = "is_active_only", .type = PARAM_BOOL, .default_int = 1 },
	{ .name = "health_status", .type = PARAM_WORD, .words = shelf_health_words },
	{ .name = "limit",
	  .type = PARAM_INT,
	  .min = 1,
	  .max = SHELF_LIMIT_MAX,
	  .default_int = SHELF_LIMIT },
	{ .name = "offset", .type = PARAM_INT, .min = 0, .max = INT64_MAX },
	{ 0 }
};

static bool fits(const struct view_segment *g, bool active_only, struct str health)
{
	return (g->is_active || !active_only) &&
	       (str_is_none(health) || str_eq(health, str_of(health_names[g->health])));
}

static void add(struct http_piece *pieces, size_t *n, struct str object)
{
	pieces[*n] = *n ? (struct http_piece){ ",", 1 } : (struct http_piece){ "[", 1 };
	pieces[*n + 1] = (struct http_piece){ object.at, object.n };
	*n += 2;
}

static void send_list(const struct http_request *q, struct http_reply *r, const struct view *v)
{
	struct http_piece *pieces = arena_array(q->arena, 2 * v->n + 2, struct http_piece);
	uint64_t offset = (uint64_t)http_param_int(q, "offset");
	uint64_t end = offset + (uint64_t)http_param_int(q, "limit");
	bool active_only = http_param_bool(q, "is_active_only");
	struct str health = http_param(q, "health_status");
	uint64_t total = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (!fits(v->segments[i], active_only, health))
			continue;
		if (total >= offset && total < end)
			add(pieces, &n, v->segments[i]->provider);
		total++;
	}
	if (n == 0)
		pieces[n++] = (struct http_piece){ "[", 1 };
	pieces[n++] = (struct http_piece){ "]", 1 };
	shelf_pages(q, r, total);
	shelf_send(r, v, pieces, n);
}

void providers_list(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);

	if (v && !shelf_is_fresh(q, r, v, &v->name))
		send_list(q, r, v);
}

void providers_stats(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);

	if (v && !shelf_is_fresh(q, r, v, &v->name))
		shelf_send_text(q, r, v, v->providers_stats);
}

static void send_one(const struct http_request *q, struct http_reply *r, const struct view *v,
		     const struct view_segment *g)
{
	if (!shelf_is_fresh(q, r, v, &g->name))
		shelf_send_text(q, r, v, g->provider);
}

void providers_one(struct http_request *q, struct http_reply *r)
{
	const struct view *v;
	const struct view_segment *g;
	int64_t id;

	if (!shelf_path_id(q, r, &id))
		return;
	v = shelf_take(q, r);
	if (!v)
		return;
	g = view_find_provider(v, id);
	if (g) {
		send_one(q, r, v, g);
	} else {
		view_put(v);
		http_fail(r, HTTP_NOT_FOUND, "there is no provider %" PRId64, id);
	}
}

void providers_by_slug(struct http_request *q, struct http_reply *r)
{
	const struct view *v = shelf_take(q, r);
	const struct view_segment *g;

	if (!v)
		return;
	g = shelf_find_provider(q, v, q->pieces[0]);
	if (g)
		send_one(q, r, v, g);
	else
		shelf_no_provider(q, r, v, q->pieces[0]);
}
