/* SPDX-License-Identifier: MIT */
#include "providers.h"

#include <string.h>

#include "market.h"

const struct provider providers[] = {
	{
		.slug = "openrouter",
		.lists = { { .name = "models",
			     .host = "openrouter.ai",
			     .path = "/api/v1/models",
			     .dialect = &wire_openrouter } },
		.shape = &shape_openrouter,
		.share_percent = 100,
		.variants = TRAIT_FREE | TRAIT_BATCH | TRAIT_ALIAS,
		.quirks = "prices are strings in USD per token; -1 = decided at call time; tiers "
			  "and UTC windows in pricing.overrides; image \"0\" on rows that take "
			  "no images",
	},
	{
		.slug = "cerebras",
		.lists = { { .name = "models",
			     .host = "api.cerebras.ai",
			     .path = "/public/v1/models",
			     .dialect = &wire_cerebras } },
		.shape = &shape_cerebras,
		.share_percent = 1,
		.rows_min = 3,
		.quirks = "a handful of rows; created 0; modality \"text+vision\"; deprecated is "
			  "a bool without a date",
	},
	{
		.slug = "deepinfra",
		.lists = { { .name = "models",
			     .host = "api.deepinfra.com",
			     .path = "/models/list",
			     .dialect = &wire_deepinfra } },
		.shape = &shape_deepinfra,
		.share_percent = 15,
		.rows_min = 16,
		.quirks =
			"root array; US cents in numbers with exponents; cached, cache write and "
			"service tier prices are multipliers; 0.0 = unfilled beside per-second and "
			"per-character prices; deprecated may lie ahead",
	},
	{
		.slug = "deepinfra-openai",
		.lists = { { .name = "models",
			     .host = "api.deepinfra.com",
			     .path = "/v1/openai/models",
			     .dialect = &wire_deepinfra_openai } },
		.shape = &shape_deepinfra_openai,
		.share_percent = 6,
		.rows_min = 7,
		.quirks = "metadata null in half of the rows; USD per 1M with float noise; cached "
			  "prices are true to 7 digits only",
	},
	{
		.slug = "nebius",
		.lists = { { .name = "models",
			     .host = "api.tokenfactory.nebius.com",
			     .path = "/v1/models",
			     .query = "verbose=true",
			     .dialect = &wire_nebius,
			     .refusal = "{\"detail\":\"no valid API key\"}",
			     .hidden = TRAIT_ASIDE_ONLY },
			   { .name = "public",
			     .host = "tokenfactory.nebius.com",
			     .path = "/api/public/models_info",
			     .dialect = &wire_nebius_public,
			     .hidden = TRAIT_MAIN_ONLY },
			   { .name = "bare",
			     .host = "api.tokenfactory.nebius.com",
			     .path = "/v1/models",
			     .dialect = &wire_nebius_bare,
			     .refusal = "{\"detail\":\"no valid API key\"}",
			     .hidden = TRAIT_ASIDE_ONLY } },
		.shape = &shape_nebius,
		.share_percent = 2,
		.rows_min = 8,
		.quirks = "strings per token, \"0\" and \"0.0\"; without verbose=true no prices; a "
			  "public second list in numbers per 1M holds rows that the first has not",
	},
	{
		.slug = "together",
		.lists = { { .name = "models",
			     .host = "api.together.xyz",
			     .path = "/v1/models",
			     .dialect = &wire_together,
			     .refusal = "{\"error\":{\"message\":\"No API key was sent.\",\"type\":"
					"\"invalid_request_error\",\"param\":null,\"code\":"
					"\"missing_api_key\"}}" } },
		.shape = &shape_together,
		.share_percent = 6,
		.rows_min = 12,
		.quirks =
			"root array; USD per 1M with float noise, per 1M characters on audio rows; "
			"0/0 is free on chat rows and unpriced on image, video, transcribe",
	},
	{
		.slug = "vercel-ai-gateway",
		.lists = { { .name = "models",
			     .host = "ai-gateway.vercel.sh",
			     .path = "/v1/models",
			     .dialect = &wire_vercel } },
		.shape = &shape_vercel,
		.share_percent = 7,
		.rows_min = 13,
		.quirks =
			"strings per token; one created for all; context 0; tags, pricing and its "
			"keys may be absent; tiers begin at a count",
	},
};

const size_t providers_count = sizeof(providers) / sizeof(providers[0]);

static const char *const key_kinds[KEY_KINDS] = {
	[KEY_BEARER] = "bearer",
	[KEY_HEADER] = "header",
	[KEY_SCHEME] = "scheme",
	[KEY_TOKEN] = "token",
};

const char *key_kind_name(enum key_kind k)
{
	return key_kinds[k];
}

bool key_kind_by_name(const char *name, enum key_kind *out)
{
	for (size_t i = 0; i < KEY_KINDS; i++) {
		if (strcmp(key_kinds[i], name) != 0)
			continue;
		*out = (enum key_kind)i;
		return true;
	}
	return false;
}

/* Whether one of the parameters is exactly that. */
static bool asks(const char *query, const char *parameter)
{
	size_t n = strlen(parameter);

	for (const char *at = query; at; at = strchr(at, '&')) {
		at += *at == '&';
		if (!strncmp(at, parameter, n) && (!at[n] || at[n] == '&'))
			return true;
	}
	return false;
}

const struct list *list_at(const char *host, const char *path, const char *query,
			   const struct provider **owner)
{
	for (size_t i = 0; i < providers_count; i++) {
		for (size_t j = 0; j < PROVIDER_LISTS_MAX && providers[i].lists[j].name; j++) {
			const struct list *l = &providers[i].lists[j];

			if (strcmp(l->host, host) != 0 || strcmp(l->path, path) != 0 ||
			    (l->query && !asks(query, l->query)))
				continue;
			*owner = &providers[i];
			return l;
		}
	}
	return NULL;
}

const struct list *list_named(const struct provider *p, const char *name)
{
	for (size_t j = 0; j < PROVIDER_LISTS_MAX && p->lists[j].name; j++)
		if (!name || !strcmp(p->lists[j].name, name))
			return &p->lists[j];
	return NULL;
}
