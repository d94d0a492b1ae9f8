/*
 * route: every route of the service, one row each.
 *
 * The table is what the server dispatches by, what checks parameters, what `assay serve --routes`
 * prints, and what a test holds against openapi.json.  A handler never parses a parameter by
 * itself: it is declared here, with its type, range and default.
 *
 * Patterns: "/models/{id}"; a last "{*}" takes the rest of the path, slashes included.  Literal
 * pieces win over {…}.  Adding a route: a row here, a handler in the file of its subject, its path in
 * doc/openapi.json.
 */
#pragma once
#include "web/http.h"

enum route_access {
	ROUTE_PUBLIC,
	ROUTE_ADMIN,   /* Authorization: Bearer ADMIN_API_KEY; 503 where none is configured */
	ROUTE_WEBHOOK, /* signed; the handler looks at it */
};

enum param_type {
	PARAM_TEXT, /* at most `max` characters */
	PARAM_INT,  /* min..max, default_int */
	PARAM_BOOL, /* true, false, 1, 0; default_int */
	PARAM_TIME, /* RFC 3339 or a date */
	PARAM_WORD, /* one of `words` */
	PARAM_LIST, /* texts; may be repeated, commas separate */
};

struct param {
	const char *name; /* NULL ends a list */
	enum param_type type;
	int64_t min, max, default_int;
	const char *const *words; /* NULL-terminated */
};

typedef void route_fn(struct http_request *q, struct http_reply *r);

struct route {
	enum http_method method;
	const char *pattern;
	enum route_access access;
	route_fn *handler;
	const struct param *params; /* or NULL: none */
	/* Others pass unread: asked by programs that add some of their own.  Else they are refused by name. */
	bool lets_pass;
};

extern const struct route routes_table[];
extern const size_t routes_n;

/*
 * The route of a path and method.  NULL and *ret_methods 0: nobody knows the path; else a bit
 * (1 << enum http_method) per method that it has.  `pieces` are as they came, not decoded.
 */
const struct route *route_find(enum http_method method, struct str path,
			       struct str pieces[HTTP_PIECES_MAX], unsigned *ret_methods);
