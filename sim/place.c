/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <stdio.h>
#include <string.h>

#define ROUTER "router.huggingface.co"

static const struct place places[] = {
	{ "aihubmix", .host = "aihubmix.com", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "aimo", .host = "beta.aimo.network", .path = "/api/v1/chat/completions",
	  .form = &form_openai, .complain = complain_broker },
	{ "alibaba", .host = "dashscope-intl.aliyuncs.com",
	  .path = "/compatible-mode/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "anannas", .host = "api.anannas.ai", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "anthropic", .host = "api.anthropic.com", .path = "/v1/messages", .form = &form_anthropic,
	  .complain = complain_anthropic, .key_header = "x-api-key",
	  .demands = "anthropic-version" },
	{ "baseten", .router = "baseten", .route = { "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_text },
	{ "cerebras", .router = "cerebras", .host = "api.cerebras.ai",
	  .path = "/v1/chat/completions", .route = { "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "chutes", .host = "llm.chutes.ai", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_detail },
	{ "cloudflare-workers-ai", .host = "api.cloudflare.com",
	  .path = "/client/v4/accounts/*/ai/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "cohere", .router = "cohere", .host = "api.cohere.com", .path = "/v2/chat",
	  .route = { "compatibility/v1/chat/completions" }, .form = &form_cohere,
	  .complain = complain_message },
	{ "deepinfra", .router = "deepinfra", .host = "api.deepinfra.com",
	  .path = "/v1/openai/chat/completions", .route = { "v1/openai/chat/completions" },
	  .form = &form_openai, .complain = complain_detail },
	{ "deepseek", .host = "api.deepseek.com", .path = "/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "featherless", .router = "featherless-ai", .host = "api.featherless.ai",
	  .path = "/v1/chat/completions", .route = { "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "fireworks", .router = "fireworks-ai", .host = "api.fireworks.ai",
	  .path = "/inference/v1/chat/completions",
	  .route = { "inference/v1/chat/completions", "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "google", .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/openai/chat/completions", .form = &form_openai,
	  .complain = complain_google },
	{ "groq", .router = "groq", .host = "api.groq.com", .path = "/openai/v1/chat/completions",
	  .route = { "openai/v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "helicone", .host = "ai-gateway.helicone.ai", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_openai },
	{ "hf-inference", .router = "hf-inference", .route = { "models/*/v1/chat/completions" },
	  .form = &form_openai, .complain = complain_typed },
	{ "huggingface", .host = ROUTER, .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_text },
	{ "hyperbolic", .host = "api.hyperbolic.xyz", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_detail },
	{ "minimax", .host = "api.minimax.io", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "mistral", .host = "api.mistral.ai", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_message },
	{ "moonshot", .host = "api.moonshot.ai", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_openai },
	{ "near", .host = "cloud-api.near.ai", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "nebius", .host = "api.tokenfactory.nebius.com", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_detail },
	{ "novita", .router = "novita", .host = "api.novita.ai",
	  .path = "/openai/v1/chat/completions", .route = { "v3/openai/chat/completions" },
	  .form = &form_openai, .complain = complain_code },
	{ "nscale", .router = "nscale", .route = { "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "openai", .host = "api.openai.com", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "openrouter", .host = "openrouter.ai", .path = "/api/v1/chat/completions",
	  .form = &form_openai, .complain = complain_broker },
	{ "ovhcloud", .router = "ovhcloud", .route = { "v1/chat/completions" },
	  .form = &form_openai, .complain = complain_message },
	{ "poe", .host = "api.poe.com", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_openai },
	{ "publicai", .router = "publicai", .route = { "v1/chat/completions" },
	  .form = &form_openai, .complain = complain_openai },
	{ "requesty", .host = "router.requesty.ai", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_openai },
	{ "sambanova", .host = "api.sambanova.ai", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_openai },
	{ "scaleway", .router = "scaleway", .route = { "v1/chat/completions" },
	  .form = &form_openai, .complain = complain_openai },
	{ "together", .router = "together", .host = "api.together.xyz",
	  .path = "/v1/chat/completions", .route = { "v1/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
	{ "venice", .host = "api.venice.ai", .path = "/api/v1/chat/completions",
	  .form = &form_openai, .complain = complain_text },
	{ "vercel-ai-gateway", .host = "ai-gateway.vercel.sh", .path = "/v1/chat/completions",
	  .form = &form_openai, .complain = complain_openai },
	{ "xai", .host = "api.x.ai", .path = "/v1/chat/completions", .form = &form_openai,
	  .complain = complain_xai },
	{ "zai", .router = "zai-org", .host = "api.z.ai", .path = "/api/paas/v4/chat/completions",
	  .route = { "api/paas/v4/chat/completions" }, .form = &form_openai,
	  .complain = complain_openai },
};

enum { PLACES = sizeof(places) / sizeof(places[0]), ROUTES = 2 };

const char *via_name(enum via v)
{
	return v == VIA_ROUTER ? "router" : "direct";
}

const struct place *place_routed(const char *router)
{
	for (size_t i = 0; i < PLACES; i++)
		if (places[i].router && !strcmp(places[i].router, router))
			return &places[i];
	return NULL;
}

/* `*` stands for what is not empty; what it stood for goes to `star`. */
static bool fits(const char *pattern, const char *path, char star[PLACE_PATH])
{
	const char *at = strchr(pattern, '*');
	size_t head = at ? (size_t)(at - pattern) : strlen(pattern), n = strlen(path);
	size_t tail = at ? strlen(at + 1) : 0;

	if (!at)
		return !strcmp(pattern, path);
	if (n <= head + tail || strncmp(pattern, path, head) != 0 ||
	    strcmp(path + n - tail, at + 1) != 0)
		return false;
	snprintf(star, PLACE_PATH, "%.*s", (int)(n - head - tail), path + head);
	return true;
}

/* /PROVIDER/ROUTE: a provider that is not known has any route that looks like one. */
static bool find_routed(const char *path, struct asked_place *out)
{
	static const char tail[] = "/chat/completions";
	size_t n = strcspn(path + 1, "/"), whole = strlen(path);
	const char *route = path + 1 + n + 1;

	if (!path[1 + n] || !n)
		return false;
	out->via = VIA_ROUTER;
	snprintf(out->name, sizeof(out->name), "%.*s", (int)n, path + 1);
	out->place = place_routed(out->name);
	if (!out->place) {
		out->routed = whole >= sizeof(tail) - 1 &&
			      !strcmp(path + whole - (sizeof(tail) - 1), tail);
		return out->routed;
	}
	for (size_t i = 0; i < ROUTES && !out->routed && out->place->route[i]; i++)
		out->routed = fits(out->place->route[i], route, out->model);
	return true;
}

bool place_find(const char *path, struct asked_place *out)
{
	size_t n = strcspn(path + 1, "/");
	char account[PLACE_PATH];

	*out = (struct asked_place){ .via = VIA_DIRECT };
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *p = &places[i];

		if (!p->host || strlen(p->host) != n || strncmp(path + 1, p->host, n) != 0 ||
		    !fits(p->path, path + 1 + n, account))
			continue;
		out->place = p;
		out->routed = true;
		snprintf(out->name, sizeof(out->name), "%s", p->name);
		return true;
	}
	if (n != sizeof(ROUTER) - 1 || strncmp(path + 1, ROUTER, n) != 0)
		return false;
	return find_routed(path + 1 + n, out);
}
