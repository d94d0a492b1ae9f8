/*
 * wish: what a request wishes for, where several routes mean the same by it.
 *
 * Each of these looks at one parameter of the query, which the route declares.  False: what was sent is
 * none, and the reply says 422 with what there is.  Not here: types and ranges, which the server checks.
 */
#pragma once
#include "core/change.h"
#include "web/http.h"

enum { WISH_TEXT_MAX = 512, WISH_LIST_MAX = 2048 }; /* characters of a parameter */

/* A slug, or an alias of one or its name on Hugging Face's router, which become it; absent: not sent. */
bool wish_provider(const struct http_request *q, struct http_reply *r, const char *name,
		   struct str *ret);
/* Also one that only that router has, by its name there: if it was measured or may be. */
bool wish_measured_provider(const struct http_request *q, struct http_reply *r, const char *name,
			    struct str *ret);
/* Several, or none. */
bool wish_providers(const struct http_request *q, struct http_reply *r, const char *name,
		    struct str **ret, size_t *ret_n);
/* Kinds of changes; *ret_any false: none was sent, and all are meant. */
bool wish_kinds(const struct http_request *q, struct http_reply *r, const char *name,
		bool ret[CHANGE_KINDS], bool *ret_any);

/*
 * A list that ascends by `since`, `after` and `before`, the last two being ids of rows in it: with since or after its
 * oldest that fit, and whoever reads on reads towards now; else, or with before, its newest.
 */
bool wish_oldest(const struct http_request *q);
/* Of such a list, where there may be more: Link, by its first and last row, to the page that follows or precedes. */
void wish_link(const struct http_request *q, struct http_reply *r, int64_t first, int64_t last);

/* Path and query of this request, encoded anew: for links to it and, with query_set(), to what is near. */
struct str wish_url(const struct http_request *q);
