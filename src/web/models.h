/*
 * models: what is on the market, over HTTP: pages of the list, counts, one model whole.
 *
 * Pages and counts come out of the view (web/view.h), one model with its metadata out of the database.
 */
#pragma once
#include "web/route.h"

void models_list(struct http_request *q, struct http_reply *r);   /* GET /models */
void models_search(struct http_request *q, struct http_reply *r); /* GET /models/search */
void models_of_provider(struct http_request *q,
			struct http_reply *r);                    /* GET /models/provider/{slug} */
void models_stats(struct http_request *q, struct http_reply *r);  /* GET /models/stats */
void models_one(struct http_request *q, struct http_reply *r);    /* GET /models/{id} */
void models_openai(struct http_request *q, struct http_reply *r); /* GET /v1/models */

extern const struct param models_list_params[], models_search_params[], models_of_provider_params[],
	models_stats_params[];
