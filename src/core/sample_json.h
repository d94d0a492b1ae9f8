/*
 * sample_json: one sample as one JSON object, the same wherever it leaves us:
 * `assay probe --json`, an API.
 *
 *	{"at":"2026-08-22T14:03:00.000Z","cycle_at":…,"model":"a/b","provider":"acme",…,
 *	 "outcome":"ok","fault":"none","duration_ms":812.345,"ttft_ms":null,…,"cost":"0.0001",…}
 *
 * Times are milliseconds with three decimals; what was not reached or is not known is null.
 */
#pragma once
#include "base/json.h"
#include "core/sample.h"

/* `id`: its row's, the first member; 0: it has none (yet), nor a member. */
void sample_json(struct json_writer *w, int64_t id, const struct sample *s);
