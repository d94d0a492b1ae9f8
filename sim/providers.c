/* SPDX-License-Identifier: MIT */
#include "providers.h"

#include <string.h>

#include "market.h"

/* One of Vertex' lists. */
#define VERTEX(publisher)                                                                    \
	{                                                                                    \
		.name = publisher, .host = "aiplatform.googleapis.com",                      \
		.path = "/v1beta1/publishers/" publisher "/models", .dialect = &wire_vertex, \
		.refusal = "{\"error\":{\"code\":401,\"message\":\"No token was sent.\","    \
			   "\"status\":\"UNAUTHENTICATED\"}}",                               \
		.key = { KEY_TOKEN }, .prefix = publisher "/", .paging = {                   \
			&paging_google,                                                      \
			100                                                                  \
		}                                                                            \
	}

#define XAI_REFUSAL                                                                \
	"{\"code\":\"The caller does not have the needed credentials\",\"error\":" \
	"\"No key was sent.\"}"

const struct provider providers[] = {
	{
		.slug = "openrouter",
		.lists = { { .name = "models",
			     .host = "openrouter.ai",
			     .path = "/api/v1/models",
			     .dialect = &wire_openrouter } },
		.shape = &shape_openrouter,
		.share_percent = 100,
		.rows_real = 421,
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
		.rows_real = 5,
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
		.rows_real = 379,
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
		.rows_real = 40,
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
		.rows_real = 131,
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
		.rows_real = 297,
		.quirks =
			"strings per token; one created for all; context 0; tags, pricing and its "
			"keys may be absent; tiers begin at a count",
	},
	{
		.slug = "featherless",
		.lists = { { .name = "models",
			     .host = "api.featherless.ai",
			     .path = "/v1/models",
			     .dialect = &wire_featherless } },
		.shape = &shape_featherless,
		.share_percent = 5,
		.rows_min = 8,
		.rows_real = 22000,
		.quirks = "tens of thousands of rows in one body, nearly all without pricing; "
			  "where there is one, strings per token and numbers per 1M with float "
			  "noise side by side, or one of them",
	},
	{
		.slug = "fireworks",
		.lists = { { .name = "serverless",
			     .host = "api.fireworks.ai",
			     .path = "/v1/serverless/models",
			     .dialect = &wire_fireworks,
			     .refusal = "{\"error\":{\"object\":\"error\",\"type\":"
					"\"unauthorized\",\"message\":\"Who is asking?\"}}",
			     .hidden = TRAIT_ASIDE_ONLY },
			   { .name = "models",
			     .host = "api.fireworks.ai",
			     .path = "/v1/accounts/fireworks/models",
			     .dialect = &wire_fireworks_models,
			     .refusal = "{\"error\":{\"object\":\"error\",\"type\":"
					"\"unauthorized\",\"message\":\"Who is asking?\"}}",
			     .hidden = TRAIT_MAIN_ONLY,
			     .paging = { &paging_fireworks, 200 } } },
		.shape = &shape_fireworks,
		.share_percent = 3,
		.rows_min = 10,
		.rows_real = 60,
		.quirks = "an id stands once per mode (standard, fast, priority); prices in an "
			  "array by sku, strings or money objects, null or empty = unpublished; a "
			  "second list in pages has other facts and other rows",
	},
	{
		.slug = "huggingface",
		.lists = { { .name = "models",
			     .host = "router.huggingface.co",
			     .path = "/v1/models",
			     .dialect = &wire_huggingface } },
		.shape = &shape_huggingface,
		.share_percent = 5,
		.rows_min = 10,
		.rows_real = 420,
		.quirks = "an element per model that holds its providers, a row is one of them; "
			  "USD per 1M with float noise; every fact of a provider may be absent",
	},
	{
		.slug = "google-vertex",
		.lists = { VERTEX("google"), VERTEX("anthropic"), VERTEX("meta"),
			   VERTEX("mistralai") },
		.shape = &shape_vertex,
		.share_percent = 3,
		.rows_min = 8,
		.rows_real = 120,
		.quirks = "a list per publisher, in pages; ids are resource names; no prices at "
			  "all; rows without openGenerationAiStudio or requestAccess are no offer",
	},
	{
		.slug = "xai",
		.lists = { { .name = "language",
			     .host = "api.x.ai",
			     .path = "/v1/language-models",
			     .dialect = &wire_xai,
			     .refusal = XAI_REFUSAL,
			     .kinds = 1u << KIND_CHAT },
			   { .name = "images",
			     .host = "api.x.ai",
			     .path = "/v1/image-generation-models",
			     .dialect = &wire_xai_images,
			     .refusal = XAI_REFUSAL,
			     .kinds = 1u << KIND_IMAGE },
			   { .name = "models",
			     .host = "api.x.ai",
			     .path = "/v1/models",
			     .dialect = &wire_xai_models,
			     .refusal = XAI_REFUSAL,
			     .hidden = TRAIT_MAIN_ONLY } },
		.shape = &shape_xai,
		.share_percent = 1,
		.rows_min = 7,
		.rows_real = 15,
		.quirks = "whole numbers of 1e-10 USD, 0 = none; dearer above "
			  "long_context_threshold; images in a list of their own, context in a "
			  "third",
	},
	{
		.slug = "groq",
		.lists = { { .name = "models",
			     .host = "api.groq.com",
			     .path = "/openai/v1/models",
			     .dialect = &wire_groq,
			     .refusal = "{\"error\":{\"message\":\"That is no key.\",\"type\":"
					"\"invalid_request_error\",\"code\":"
					"\"invalid_api_key\"}}" } },
		.shape = &shape_groq,
		.share_percent = 1,
		.rows_min = 9,
		.rows_real = 20,
		.quirks = "strings per token; pricing is absent on rows that nobody priced; "
			  "limits under older and newer keys",
	},
	{
		.slug = "near",
		.lists = { { .name = "models",
			     .host = "cloud-api.near.ai",
			     .path = "/v1/models",
			     .dialect = &wire_near,
			     .hidden = TRAIT_ASIDE_ONLY },
			   { .name = "native",
			     .host = "cloud-api.near.ai",
			     .path = "/v1/model/list",
			     .dialect = &wire_near_native,
			     .hidden = TRAIT_MAIN_ONLY } },
		.shape = &shape_near,
		.share_percent = 2,
		.rows_min = 12,
		.rows_real = 36,
		.quirks = "strings per token beside numbers per 1M in one object; a second list "
			  "of whole numbers and scales, in which alone some rows are priced",
	},
	{
		.slug = "fal",
		.lists = { { .name = "models",
			     .host = "api.fal.ai",
			     .path = "/v1/models",
			     .dialect = &wire_fal,
			     .paging = { &paging_fal, 100 } },
			   { .name = "prices",
			     .host = "api.fal.ai",
			     .path = "/v1/models/pricing",
			     .dialect = &wire_fal_prices,
			     .refusal = "{\"detail\":\"No key was sent.\"}",
			     .key = { KEY_SCHEME, "Key" },
			     .ids = "endpoint_id",
			     .ids_max = 50,
			     .hidden = TRAIT_MAIN_ONLY } },
		.shape = &shape_fal,
		.share_percent = 5,
		.rows_min = 15,
		.rows_real = 1418,
		.quirks = "in pages; prices apart, for fifty ids at a time and with a key, by "
			  "units in words (singular or plural), some of them unknown; a seventh "
			  "of the rows has none",
	},
	{
		.slug = "chutes",
		.lists = { { .name = "models",
			     .host = "llm.chutes.ai",
			     .path = "/v1/models",
			     .dialect = &wire_chutes } },
		.shape = &shape_chutes,
		.share_percent = 2,
		.rows_min = 8,
		.rows_real = 40,
		.quirks = "USD per 1M under keys that elsewhere are per token, with float noise, "
			  "beside another currency; created is when a machine was started",
	},
	{
		.slug = "aimo",
		.lists = { { .name = "models",
			     .host = "beta.aimo.network",
			     .path = "/api/v1/models",
			     .dialect = &wire_aimo,
			     .refusal = "{\"error\":{\"code\":401,\"message\":"
					"\"a key is needed\"}}" } },
		.shape = &shape_aimo,
		.share_percent = 2,
		.rows_min = 12,
		.rows_real = 30,
		.quirks = "an element per model that holds its providers, each a public key; some "
			  "hold none; prices are strings or numbers per token, 0 = not filled in",
	},
	{
		.slug = "anannas",
		.lists = { { .name = "models",
			     .host = "api.anannas.ai",
			     .path = "/v1/models",
			     .dialect = &wire_anannas,
			     .refusal = "{\"error\":{\"message\":\"No key came along.\",\"type\":"
					"\"authentication_error\",\"code\":\"no_key\"}}" } },
		.shape = &shape_anannas,
		.share_percent = 4,
		.rows_min = 7,
		.rows_real = 300,
		.quirks = "strings per token in most rows; in others numbers of an unknown unit "
			  "under input and output: unpublished",
	},
	{
		.slug = "aihubmix",
		.lists = { { .name = "models",
			     .host = "aihubmix.com",
			     .path = "/api/v1/models",
			     .dialect = &wire_aihubmix } },
		.shape = &shape_aihubmix,
		.share_percent = 5,
		.rows_min = 14,
		.rows_real = 804,
		.quirks = "lists are strings with commas, some full-width; USD per 1M for llm, "
			  "embedding and rerank, numbers of their own meaning elsewhere; context 0",
	},
	{
		.slug = "alibaba",
		.lists = { { .name = "models",
			     .host = "dashscope-intl.aliyuncs.com",
			     .path = "/compatible-mode/v1/models",
			     .dialect = &wire_alibaba,
			     .refusal =
				     "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"No key was sent.\",\"param\":null,\"type\":\"invalid_request_error\"},\"request_id\":\"0b1d\"}" } },
		.shape = &shape_ids,
		.share_percent = 1,
		.rows_min = 4,
		.rows_real = 100,
		.quirks = "ids and the time of their making, nothing else",
	},
	{
		.slug = "anthropic",
		.lists = { { .name = "models",
			     .host = "api.anthropic.com",
			     .path = "/v1/models",
			     .dialect = &wire_anthropic,
			     .refusal =
				     "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"x-api-key header is required\"},\"request_id\":\"req_0b1d\"}",
			     .key = { KEY_HEADER, "x-api-key" },
			     .demands = "anthropic-version",
			     .paging = { &paging_after_ids, 4 } } },
		.shape = &shape_anthropic,
		.share_percent = 1,
		.rows_min = 7,
		.rows_real = 12,
		.quirks = "a header of its own for the key and one for the version; limits 0 or "
			  "null = not known; capabilities null; pages begin behind last_id, which "
			  "the last page has too",
	},
	{
		.slug = "cohere",
		.lists = { { .name = "models",
			     .host = "api.cohere.com",
			     .path = "/v1/models",
			     .dialect = &wire_cohere,
			     .refusal = "{\"id\":\"0b1d\",\"message\":\"no api key supplied\"}",
			     .paging = { &paging_cohere, 4 } } },
		.shape = &shape_cohere,
		.share_percent = 1,
		.rows_min = 7,
		.rows_real = 40,
		.quirks = "rows have a name and no id; context_length is a float, 0.0 = none; "
			  "features null, absent or an array; pages by token",
	},
	{
		.slug = "deepseek",
		.lists = { { .name = "models",
			     .host = "api.deepseek.com",
			     .path = "/models",
			     .dialect = &wire_deepseek,
			     .refusal =
				     "{\"error\":{\"message\":\"Authentication Fails (governor)\",\"type\":\"authentication_error\",\"param\":null,\"code\":\"invalid_request_error\"}}" } },
		.shape = &shape_deepseek,
		.share_percent = 1,
		.rows_min = 4,
		.rows_real = 4,
		.quirks = "some rows say their id alone; no time of making",
	},
	{
		.slug = "google",
		.lists = { { .name = "models",
			     .host = "generativelanguage.googleapis.com",
			     .path = "/v1beta/models",
			     .dialect = &wire_google,
			     .refusal =
				     "{\"error\":{\"code\":401,\"message\":\"The request is missing a key.\",\"status\":\"UNAUTHENTICATED\"}}",
			     .key = { KEY_HEADER, "x-goog-api-key" },
			     .paging = { &paging_google, 4 } } },
		.shape = &shape_google,
		.share_percent = 1,
		.rows_min = 7,
		.rows_real = 48,
		.quirks = "ids begin with models/; thinking is true or absent; pages by token, none"
			  " on the last",
	},
	{
		.slug = "minimax",
		.lists = { { .name = "models",
			     .host = "api.minimax.io",
			     .path = "/v1/models",
			     .dialect = &wire_minimax,
			     .refusal =
				     "{\"type\":\"error\",\"error\":{\"type\":\"authorized_error\",\"message\":\"login fail\",\"http_code\":\"401\"},\"request_id\":\"0b1d\"}" } },
		.shape = &shape_ids,
		.share_percent = 1,
		.rows_min = 4,
		.rows_real = 6,
		.quirks = "ids and the time of their making, nothing else",
	},
	{
		.slug = "mistral",
		.lists = { { .name = "models",
			     .host = "api.mistral.ai",
			     .path = "/v1/models",
			     .dialect = &wire_mistral,
			     .refusal = "{\"detail\":\"Unauthorized\"}" } },
		.shape = &shape_mistral,
		.share_percent = 1,
		.rows_min = 10,
		.rows_real = 60,
		.variants = TRAIT_ALIAS,
		.quirks = "a row per alias, some rows twice; max_context_length may be absent; an "
			  "end with a time of day and an heir",
	},
	{
		.slug = "moonshot",
		.lists = { { .name = "models",
			     .host = "api.moonshot.ai",
			     .path = "/v1/models",
			     .dialect = &wire_moonshot,
			     .refusal =
				     "{\"error\":{\"message\":\"Invalid Authentication\",\"type\":\"invalid_authentication_error\"}}" } },
		.shape = &shape_moonshot,
		.share_percent = 1,
		.rows_min = 4,
		.rows_real = 10,
		.quirks = "three booleans, absent in some rows",
	},
	{
		.slug = "openai",
		.lists = { { .name = "models",
			     .host = "api.openai.com",
			     .path = "/v1/models",
			     .dialect = &wire_openai,
			     .refusal =
				     "{\"error\":{\"message\":\"No key was sent.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}" } },
		.shape = &shape_openai,
		.share_percent = 1,
		.rows_min = 5,
		.rows_real = 90,
		.quirks = "shutdown_date is a day, null or absent",
	},
	{
		.slug = "zai",
		.lists = { { .name = "models",
			     .host = "api.z.ai",
			     .path = "/api/paas/v4/models",
			     .dialect = &wire_zai,
			     .refusal =
				     "{\"error\":{\"code\":\"401\",\"message\":\"token expired or incorrect\"}}" } },
		.shape = &shape_ids,
		.share_percent = 1,
		.rows_min = 4,
		.rows_real = 10,
		.quirks = "ids and the time of their making, nothing else; error codes are strings",
	},
	{
		.slug = "cloudflare-workers-ai",
		.lists = { { .name = "models",
			     .host = "api.cloudflare.com",
			     .path = "/client/v4/accounts/*/ai/models/search",
			     .dialect = &wire_cloudflare,
			     .refusal =
				     "{\"success\":false,\"errors\":[{\"code\":10000,\"message\":\"Authentication error\"}],\"messages\":[],\"result\":null}",
			     .paging = { &paging_cloudflare, 4 } } },
		.shape = &shape_cloudflare,
		.share_percent = 1,
		.rows_min = 11,
		.rows_real = 81,
		.quirks = "the name is the id; facts are properties whose numbers and booleans may "
			  "be strings; a price has its unit as text and its currency, null or "
			  "absent = dollars; pages by number",
	},
	{
		.slug = "helicone",
		.lists = { { .name = "models",
			     .host = "jawn.helicone.ai",
			     .path = "/v1/public/model-registry/models",
			     .dialect = &wire_helicone } },
		.shape = &shape_helicone,
		.share_percent = 2,
		.rows_min = 9,
		.rows_real = 200,
		.quirks = "a model has several endpoints with prices of their own; every number is "
			  "a price of one unit x 1e6, with float noise; 0 is said of prompt and "
			  "completion alone; tiers begin at a threshold, the first at 0",
	},
	{
		.slug = "hyperbolic",
		.lists = { { .name = "models",
			     .host = "api.hyperbolic.xyz",
			     .path = "/v1/models",
			     .dialect = &wire_hyperbolic,
			     .refusal = "{\"detail\":\"Could not validate credentials\"}" } },
		.shape = &shape_hyperbolic,
		.share_percent = 1,
		.rows_min = 5,
		.rows_real = 5,
		.quirks = "created is the time of the answer; null or 0 = no price; null = no "
			  "context length; float noise",
	},
	{
		.slug = "novita",
		.lists = { { .name = "models",
			     .host = "api.novita.ai",
			     .path = "/openai/v1/models",
			     .dialect = &wire_novita } },
		.shape = &shape_novita,
		.share_percent = 2,
		.rows_min = 8,
		.rows_real = 144,
		.quirks = "integers of 1e-4 USD per 1M beside decimal strings, in some rows one of "
			  "the two; tiers begin at 0; 0 of a cache is no price",
	},
	{
		.slug = "poe",
		.lists = { { .name = "models",
			     .host = "api.poe.com",
			     .path = "/v1/models",
			     .dialect = &wire_poe } },
		.shape = &shape_poe,
		.share_percent = 3,
		.rows_min = 8,
		.rows_real = 340,
		.quirks = "created in milliseconds; pricing null in half of the rows, else per "
			  "token or per request; the context length in one of two places",
	},
	{
		.slug = "requesty",
		.lists = { { .name = "models",
			     .host = "router.requesty.ai",
			     .path = "/v1/models",
			     .dialect = &wire_requesty } },
		.shape = &shape_requesty,
		.share_percent = 3,
		.rows_min = 5,
		.rows_real = 530,
		.quirks = "numbers per token with short exponents; caching_price is the write, "
			  "cached_price the read, 0 = none; context 0 = not known",
	},
	{
		.slug = "sambanova",
		.lists = { { .name = "models",
			     .host = "api.sambanova.ai",
			     .path = "/v1/models",
			     .dialect = &wire_sambanova } },
		.shape = &shape_sambanova,
		.share_percent = 1,
		.rows_min = 5,
		.rows_real = 15,
		.quirks = "strings or numbers per token by row; duration_per_hour beside them; "
			  "pricing may be absent",
	},
	{
		.slug = "venice",
		.lists = { { .name = "models",
			     .host = "api.venice.ai",
			     .path = "/api/v1/models",
			     .dialect = &wire_venice } },
		.shape = &shape_venice,
		.share_percent = 2,
		.rows_min = 11,
		.rows_real = 90,
		.quirks = "twins usd and diem; a price means tokens on text and embedding rows "
			  "alone; extended prices above a count in the row",
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

/* `*` in the pattern stands for one segment that is not empty. */
static bool fits(const char *pattern, const char *path)
{
	const char *star = strchr(pattern, '*');
	size_t head = star ? (size_t)(star - pattern) : 0;

	if (!star)
		return !strcmp(pattern, path);
	if (strncmp(pattern, path, head) != 0)
		return false;
	size_t segment = strcspn(path + head, "/");
	return segment && !strcmp(star + 1, path + head + segment);
}

const struct list *list_at(const char *host, const char *path, const char *query,
			   const struct provider **owner)
{
	for (size_t i = 0; i < providers_count; i++) {
		for (size_t j = 0; j < PROVIDER_LISTS_MAX && providers[i].lists[j].name; j++) {
			const struct list *l = &providers[i].lists[j];

			if (strcmp(l->host, host) != 0 || !fits(l->path, path) ||
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
