#include "web/handlers.h"
#include "web/models.h"
#include "web/providers.h"
#include "web/route.h"

/* Sorted by path; within a path as enum http_method. */
const struct route routes_table[] = {
	{ HTTP_GET, "/", ROUTE_PUBLIC, index_get, NULL },
	{ HTTP_GET, "/admin/audit", ROUTE_ADMIN, admin_audit_get, admin_audit_params },
	{ HTTP_GET, "/admin/jobs", ROUTE_ADMIN, admin_jobs_get, NULL },
	{ HTTP_GET, "/admin/jobs/{id}", ROUTE_ADMIN, admin_job_get, NULL },
	{ HTTP_DELETE, "/admin/jobs/{id}", ROUTE_ADMIN, admin_job_delete, NULL },
	{ HTTP_POST, "/admin/model-sync/all", ROUTE_ADMIN, admin_sync_all_post,
	  admin_sync_all_params },
	{ HTTP_GET, "/admin/model-sync/history", ROUTE_ADMIN, admin_sync_history_get,
	  admin_sync_history_params },
	{ HTTP_POST, "/admin/model-sync/provider/{slug}", ROUTE_ADMIN, admin_sync_one_post,
	  admin_sync_params },
	{ HTTP_GET, "/admin/model-sync/providers", ROUTE_ADMIN, admin_sync_providers_get, NULL },
	{ HTTP_GET, "/admin/model-sync/status", ROUTE_ADMIN, admin_sync_status_get, NULL },
	{ HTTP_PATCH, "/admin/models/{id}", ROUTE_ADMIN, admin_model_patch, NULL },
	{ HTTP_POST, "/admin/models/{id}/activate", ROUTE_ADMIN, admin_model_activate, NULL },
	{ HTTP_POST, "/admin/models/{id}/deactivate", ROUTE_ADMIN, admin_model_deactivate, NULL },
	{ HTTP_PATCH, "/admin/providers/{id}", ROUTE_ADMIN, admin_provider_patch, NULL },
	{ HTTP_POST, "/admin/providers/{id}/activate", ROUTE_ADMIN, admin_provider_activate, NULL },
	{ HTTP_POST, "/admin/providers/{id}/deactivate", ROUTE_ADMIN, admin_provider_deactivate,
	  NULL },
	{ HTTP_POST, "/admin/webhooks/{slug}", ROUTE_WEBHOOK, admin_webhook_post, NULL },
	{ HTTP_GET, "/healthz", ROUTE_PUBLIC, health_live, NULL },
	{ HTTP_GET, "/openapi.json", ROUTE_PUBLIC, openapi_get, NULL },
	{ HTTP_GET, "/models", ROUTE_PUBLIC, models_list, models_list_params },
	{ HTTP_GET, "/models/provider/{slug}", ROUTE_PUBLIC, models_of_provider,
	  models_of_provider_params },
	{ HTTP_GET, "/models/search", ROUTE_PUBLIC, models_search, models_search_params },
	{ HTTP_GET, "/models/stats", ROUTE_PUBLIC, models_stats, models_stats_params },
	{ HTTP_GET, "/models/{id}", ROUTE_PUBLIC, models_one, NULL },
	{ HTTP_GET, "/providers", ROUTE_PUBLIC, providers_list, providers_list_params },
	{ HTTP_GET, "/providers/slug/{slug}", ROUTE_PUBLIC, providers_by_slug, NULL },
	{ HTTP_GET, "/providers/stats", ROUTE_PUBLIC, providers_stats, NULL },
	{ HTTP_GET, "/providers/{id}", ROUTE_PUBLIC, providers_one, NULL },
	{ HTTP_GET, "/readyz", ROUTE_PUBLIC, health_ready, NULL },
	{ HTTP_GET, "/v1/models", ROUTE_PUBLIC, models_openai, NULL },
};
const size_t routes_n = sizeof(routes_table) / sizeof(routes_table[0]);
