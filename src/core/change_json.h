/*
 * change_json: one change as one JSON object, the same wherever it leaves us:
 * `assay changes --json`, a webhook, an API.
 *
 *	{"id":7,"at":"2026-08-22T14:03:00.000Z","provider":"acme","model":"a/b","kind":"price",
 *	 "field":"input_token","old":"0.5","new":"1","ratio":"2","tags":["suspect"]}
 *
 * What is absent is null; tags are always an array.
 */
#pragma once
#include "base/json.h"
#include "core/change.h"

void change_json(struct json_writer *w, int64_t id, int64_t at_ms, struct str provider,
		 const struct change *c);
