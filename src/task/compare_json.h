/*
 * compare_json: a comparison as one JSON object, the same for `assay compare --json` and the API.
 *
 *	{"canonical_id":…,"input_tokens":…,"output_tokens":…,"offers":[{"provider":…,
 *	 "provider_model_id":…,…,"cost":{"state","amount","currency"},"prices":[{"meter",…}]}]}
 *
 * Amounts are exact decimals in strings; what is not said or not known is null.
 */
#pragma once
#include "base/json.h"
#include "task/compare.h"

void compare_json(struct json_writer *w, const struct comparison *c, const struct offer_use *u);
