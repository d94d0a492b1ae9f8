/* SPDX-License-Identifier: MIT */
/*
 * Google Vertex AI's lists (GET /v1beta1/publishers/PUBLISHER/models), one a publisher: names,
 * stages and what may be done with a model, protobuf's JSON.  No prices, no context.  A model that
 * one must run oneself is listed and no offer.
 */
#include <string.h>

#include "wire.h"

#define REFERENCES \
	"{\"references\":{\"r\":{\"uri\":\"https://console.invalid/m\"}},\"title\":\"Open\"}"

static void write_actions(struct buf *out, const struct model *m)
{
	bool managed = model_is_offered(m);

	wire_raw(out, "supportedActions", "{");
	if (m->flavour & 1)
		wire_raw(out, "openNotebook", REFERENCES);
	if (managed && m->flavour & 2)
		wire_raw(out, "requestAccess", REFERENCES);
	if (managed && (m->flavour & 4 || !(m->flavour & 2)))
		wire_raw(out, "openGenerationAiStudio", REFERENCES);
	if (!managed && m->flavour & 8)
		wire_raw(
			out, "deploy",
			"{\"modelDisplayName\":\"own\",\"dedicatedResources\":{\"minReplicaCount\":1}}");
	if (!managed && m->flavour & 16)
		wire_raw(out, "requestAccess", "null");
	buf_char(out, '}');
}

static void write_row(struct buf *out, const struct shop *s, const struct model *m)
{
	static const char *const stages[] = { "GA", "PUBLIC_PREVIEW", "EXPERIMENTAL" };
	int n = (int)strcspn(m->id, "/");

	(void)s;
	buf_printf(out, "{\"name\":\"publishers/%.*s/models/%s\"", n, m->id, m->id + n + 1);
	buf_printf(out, ",\"versionId\":\"%03u\"", 1 + m->edits);
	wire_string(out, m, "openSourceCategory",
		    model_is_offered(m) ? "PROPRIETARY" : "THIRD_PARTY_OWNED_OSS");
	if (m->flavour & 32 || !model_is_offered(m))
		write_actions(out, m);
	else
		wire_raw(out, "supportedActions", "{\"openGenerationAiStudio\":{}}");
	wire_string(out, m, "launchStage", stages[m->flavour % 3]);
	if (m->flavour & 64)
		wire_raw(out, "predictSchemata", "{\"instanceSchemaUri\":\"gs://invalid/i.yaml\"}");
	wire_string(out, m, "versionState", "VERSION_STATE_STABLE");
	buf_char(out, '}');
}

const struct dialect wire_vertex = {
	.row = write_row,
	.open = "{\"publisherModels\":",
	.close = "}",
	.odd = { .open = "{",
		 .id_key = "name",
		 .id_head = "publishers/google/models/",
		 .to_text = "\"versionId\":",
		 .to_prices = ",\"supportedActions\":{\"requestAccess\":{}},\"odd\":{",
		 .to_tail = "}",
		 .close = "}",
		 .input = "input",
		 .output = "output",
		 .cheap = "1",
		 .ordinary = "2.5",
		 .as_text = false },
};
