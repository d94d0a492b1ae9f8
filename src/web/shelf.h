/*
 * shelf: what handlers that answer out of the view have in common.
 *
 * A handler takes the view, finds what it wants and hands pieces of it to the reply, which holds the view
 * until they are sent.
 */
#pragma once
#include "web/view.h"
#include "web/web.h"

/* NULL: there is none yet, and the reply says 503. */
const struct view *shelf_take(const struct http_request *q, struct http_reply *r);
/* The reply is made of these pieces of the view, or of none; it lets the view go. */
void shelf_send(struct http_reply *r, const struct view *v, const struct http_piece *pieces,
		size_t n);
/* One text of the view. */
void shelf_send_text(const struct http_request *q, struct http_reply *r, const struct view *v,
		     struct str text);
/* The reply has that tag.  True: the client has it already, and the view was let go. */
bool shelf_is_fresh(const struct http_request *q, struct http_reply *r, const struct view *v,
		    const struct hash *name);
/* A provider by its slug, an alias or its name on Hugging Face's router; NULL: none of them is in the view. */
const struct view_segment *shelf_find_provider(const struct http_request *q, const struct view *v,
					       struct str name);
/* 404 that names the ones there are; lets the view go. */
void shelf_no_provider(const struct http_request *q, struct http_reply *r, const struct view *v,
		       struct str slug);
/* A number in the path; false: the reply says 422. */
bool shelf_path_id(const struct http_request *q, struct http_reply *r, int64_t *ret);
/* Header X-Total-Count and links to the pages beside this one. */
void shelf_pages(const struct http_request *q, struct http_reply *r, uint64_t total);

enum { SHELF_LIMIT = 100, SHELF_LIMIT_MAX = 1000 };
extern const char *const shelf_health_words[];
