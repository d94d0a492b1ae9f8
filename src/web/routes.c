#include "web/handlers.h"
#include "web/route.h"

/* Sorted by path; within a path as enum http_method. */
const struct route routes_table[] = {
	{ HTTP_GET, "/", ROUTE_PUBLIC, index_get, NULL },
	{ HTTP_GET, "/healthz", ROUTE_PUBLIC, health_live, NULL },
	{ HTTP_GET, "/metrics", ROUTE_PUBLIC, metrics_get, NULL },
	{ HTTP_GET, "/readyz", ROUTE_PUBLIC, health_ready, NULL },
};
const size_t routes_n = sizeof(routes_table) / sizeof(routes_table[0]);
