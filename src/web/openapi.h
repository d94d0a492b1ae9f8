/*
 * openapi: doc/openapi.json, as it was built in.
 *
 * That document is written by hand and says what every route takes and answers; a test walks the table of
 * routes, the document and real replies against each other.
 */
#pragma once
#include "web/http.h"

void openapi_get(struct http_request *q, struct http_reply *r); /* GET /openapi.json */
