#include "web/handlers.h"
#include "web/models.h"
#include "web/providers.h"
#include "web/route.h"

/* Sorted by path; within a path as enum http_method. */
const struct route routes_table[] = {
	{ HTTP_GET, "/", ROUTE_PUBLIC, index_get, NULL },
	{ HTTP_GET, "/badge/{provider}/{*}", ROUTE_PUBLIC, badge_get, NULL },
	{ HTTP_GET, "/changes", ROUTE_PUBLIC, changes_get, changes_params },
	{ HTTP_GET, "/changes.atom", ROUTE_PUBLIC, feed_get, feed_params },
	{ HTTP_GET, "/compare/{*}", ROUTE_PUBLIC, compare_get, compare_params },
	{ HTTP_GET, "/events", ROUTE_PUBLIC, events_get, events_params },
	{ HTTP_GET, "/exports/litellm.json", ROUTE_PUBLIC, export_litellm, export_params },
	{ HTTP_GET, "/exports/models.csv", ROUTE_PUBLIC, export_csv, export_params },
	{ HTTP_GET, "/exports/models.dev.json", ROUTE_PUBLIC, export_models_dev, export_params },
	{ HTTP_GET, "/exports/models.json", ROUTE_PUBLIC, export_json, export_params },
	{ HTTP_GET, "/exports/openai.json", ROUTE_PUBLIC, export_openai, export_params },
	{ HTTP_GET, "/healthz", ROUTE_PUBLIC, health_live, NULL },
	{ HTTP_GET, "/metrics", ROUTE_PUBLIC, metrics_get, NULL },
	{ HTTP_GET, "/models", ROUTE_PUBLIC, models_list, models_list_params },
	{ HTTP_GET, "/models/provider/{slug}", ROUTE_PUBLIC, models_of_provider,
	  models_of_provider_params },
	{ HTTP_GET, "/models/search", ROUTE_PUBLIC, models_search, models_search_params },
	{ HTTP_GET, "/models/stats", ROUTE_PUBLIC, models_stats, models_stats_params },
	{ HTTP_GET, "/models/{id}", ROUTE_PUBLIC, models_one, NULL },
	{ HTTP_GET, "/models/{id}/health/history", ROUTE_PUBLIC, history_health,
	  history_health_params },
	{ HTTP_GET, "/models/{id}/history", ROUTE_PUBLIC, history_get, history_params },
	{ HTTP_GET, "/openapi.json", ROUTE_PUBLIC, openapi_get, NULL },
	{ HTTP_GET, "/providers", ROUTE_PUBLIC, providers_list, providers_list_params },
	{ HTTP_GET, "/providers/slug/{slug}", ROUTE_PUBLIC, providers_by_slug, NULL },
	{ HTTP_GET, "/providers/stats", ROUTE_PUBLIC, providers_stats, NULL },
	{ HTTP_GET, "/providers/{id}", ROUTE_PUBLIC, providers_one, NULL },
	{ HTTP_GET, "/readyz", ROUTE_PUBLIC, health_ready, NULL },
	{ HTTP_GET, "/samples", ROUTE_PUBLIC, samples_get, samples_params },
	{ HTTP_GET, "/v1/models", ROUTE_PUBLIC, models_openai, NULL },
};
const size_t routes_n = sizeof(routes_table) / sizeof(routes_table[0]);
