/*
 * query: the parameters of a request, decoded and held against what the route declares.  Pure.
 *
 * A parameter that nobody declared is refused: who misspells a filter must not get the whole market for an answer.
 */
#pragma once
#include "web/route.h"

/* %XX (and '+', in a query) as what they stand for; false: no clean UTF-8 text (base/utf8.h) or a broken %XX. */
bool query_decode(struct str s, bool plus, struct arena *a, struct str *ret);
/* Fills q->params; false: r is the refusal (422). */
bool query_read(struct str query, const struct route *route, struct http_request *q,
		struct http_reply *r);
