/*
 * metrics: /metrics, in the form that the client would rather have.
 */
#pragma once
#include "base/str.h"

/*
 * Of a header Accept (absent: none was sent): true for OpenMetrics, which must be named and weigh no less than plain
 * text; what names neither gets plain text, as every exporter does.
 */
bool metrics_wants_openmetrics(struct str accept);
