/* SPDX-License-Identifier: MIT */
#include "providers.h"

#include <string.h>

#include "market.h"

const struct provider providers[] = {
	{
		.slug = "openrouter",
		.host = "openrouter.ai",
		.path = "/api/v1/models",
		.write = wire_openrouter,
		.auth = AUTH_NONE,
		.share_percent = 100,
		.variants = TRAIT_FREE | TRAIT_BATCH | TRAIT_ALIAS,
		.quirks = "prices are strings in USD per token; -1 = decided at call time; tiers "
			  "and UTC windows in pricing.overrides; image \"0\" on rows that take "
			  "no images",
	},
};

const size_t providers_count = sizeof(providers) / sizeof(providers[0]);

const struct provider *provider_at(const char *host, const char *path)
{
	for (size_t i = 0; i < providers_count; i++)
		if (!strcmp(providers[i].host, host) && !strcmp(providers[i].path, path))
			return &providers[i];
	return NULL;
}
