#include "web/handlers.h"
#include "web/route.h"

/* Sorted by path; within a path as enum http_method. */
const struct route routes_table[] = {
	{ HTTP_GET, "/", ROUTE_PUBLIC, index_get, NULL },
	{ HTTP_GET, "/badge/{provider}/{*}", ROUTE_PUBLIC, badge_get, NULL },
	{ HTTP_GET, "/changes", ROUTE_PUBLIC, changes_get, changes_params },
	{ HTTP_GET, "/changes.atom", ROUTE_PUBLIC, feed_get, feed_params },
	{ HTTP_GET, "/compare/{*}", ROUTE_PUBLIC, compare_get, compare_params },
	{ HTTP_GET, "/events", ROUTE_PUBLIC, events_get, events_params },
	{ HTTP_GET, "/healthz", ROUTE_PUBLIC, health_live, NULL },
	{ HTTP_GET, "/models/{id}/health/history", ROUTE_PUBLIC, history_health,
	  history_health_params },
	{ HTTP_GET, "/models/{id}/history", ROUTE_PUBLIC, history_get, history_params },
	{ HTTP_GET, "/readyz", ROUTE_PUBLIC, health_ready, NULL },
	{ HTTP_GET, "/samples", ROUTE_PUBLIC, samples_get, samples_params },
};
const size_t routes_n = sizeof(routes_table) / sizeof(routes_table[0]);
