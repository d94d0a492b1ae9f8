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

/* web/openapi.c */
route_fn openapi_get;
