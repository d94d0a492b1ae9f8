/*
 * handlers: what web/routes.c leads to, by file.
 *
 * Nobody else calls these.  Parameters of a route stand beside its handler, where they are used.
 */
#pragma once
#include "web/route.h"

/* web/index.c */
route_fn index_get;

/* web/health.c */
route_fn health_live, health_ready;

/* web/admin_sync.c */
route_fn admin_sync_providers_get, admin_sync_one_post, admin_sync_all_post, admin_sync_status_get,
	admin_sync_history_get, admin_audit_get;
extern const struct param admin_sync_params[], admin_sync_all_params[], admin_sync_history_params[],
	admin_audit_params[];

/* web/admin_jobs.c */
route_fn admin_jobs_get, admin_job_get, admin_job_delete;

/* web/admin_edit.c */
route_fn admin_model_patch, admin_model_activate, admin_model_deactivate, admin_provider_patch,
	admin_provider_activate, admin_provider_deactivate;

/* web/admin_webhook.c */
route_fn admin_webhook_post;

/* web/openapi.c */
route_fn openapi_get;

/* web/export.c */
route_fn export_litellm, export_models_dev, export_openai, export_csv, export_json;
extern const struct param export_params[];

/* web/metrics.c */
route_fn metrics_get;

/* web/badge.c, changes.c, compare.c, events.c, feed.c, history.c, samples.c */
route_fn badge_get, changes_get, compare_get, events_get, feed_get, history_get, history_health,
	samples_get;
extern const struct param changes_params[], compare_params[], events_params[], feed_params[],
	history_params[], history_health_params[], samples_params[];
