/*
 * providers: who sells on the market, over HTTP, out of the view (web/view.h).
 */
#pragma once
#include "web/route.h"

void providers_list(struct http_request *q, struct http_reply *r);  /* GET /providers */
void providers_stats(struct http_request *q, struct http_reply *r); /* GET /providers/stats */
void providers_one(struct http_request *q, struct http_reply *r);   /* GET /providers/{id} */
void providers_by_slug(struct http_request *q,
		       struct http_reply *r); /* GET /providers/slug/{slug} */

extern const struct param providers_list_params[];
