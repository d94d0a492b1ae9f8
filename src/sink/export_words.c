#include "sink/export_words.h"

#define COMPATIBLE NULL, false

/* Sorted by slug.  Without a row a provider has its own name everywhere. */
static const struct export_alias aliases[] = {
	{ "alibaba", "dashscope", NULL, COMPATIBLE },
	{ "anthropic", NULL, NULL, "@ai-sdk/anthropic", false },
	{ "cloudflare-workers-ai", "cloudflare", NULL, COMPATIBLE },
	{ "cohere", "cohere_chat", NULL, "@ai-sdk/cohere", false },
	{ "fal", "fal_ai", NULL, COMPATIBLE },
	{ "featherless", "featherless_ai", NULL, COMPATIBLE },
	{ "fireworks", "fireworks_ai", "fireworks-ai", COMPATIBLE },
	{ "google", "gemini", NULL, "@ai-sdk/google", false },
	{ "google-vertex", "vertex_ai", NULL, "@ai-sdk/google-vertex", false },
	{ "moonshot", NULL, "moonshotai", COMPATIBLE },
	{ "near", NULL, "nearai", COMPATIBLE },
	{ "novita", NULL, "novita-ai", COMPATIBLE },
	{ "openai", NULL, NULL, "@ai-sdk/openai", false },
	{ "openrouter", NULL, NULL, "@openrouter/ai-sdk-provider", true },
	{ "together", "together_ai", "togetherai", COMPATIBLE },
	{ "vercel-ai-gateway", "vercel_ai_gateway", "vercel", "@ai-sdk/gateway", false },
};
enum { ALIASES = sizeof(aliases) / sizeof(aliases[0]) };

const struct export_alias *export_alias(struct str slug)
{
	for (size_t i = 0; i < ALIASES; i++)
		if (str_eq(slug, str_of(aliases[i].slug)))
			return &aliases[i];
	return NULL;
}

struct str export_provider_key(const struct export_writer *w, const char *theirs)
{
	struct str key = theirs ? str_of(theirs) : w->provider->slug;

	for (size_t i = 0; i < w->n_providers; i++)
		if (&w->providers[i] != w->provider && str_eq(w->providers[i].slug, key))
			return w->provider->slug;
	return key;
}

bool export_has(struct str modality, enum export_side side, const char *word)
{
	const char *arrow = modality.n ? memmem(modality.at, modality.n, "->", 2) : NULL;
	struct str rest = modality, item;
	bool more = true;

	if (!arrow)
		return false;
	rest.n = (size_t)(arrow - modality.at);
	if (side == EXPORT_OUT)
		rest = (struct str){ arrow + 2, modality.n - rest.n - 2 };
	while (more) {
		more = str_cut(&rest, '+', &item);
		if (str_eq(item, str_of(word)))
			return true;
	}
	return false;
}

struct str export_day(int64_t ms, char to[CLOCK_TEXT_MAX])
{
	enum { DAY = sizeof("2026-08-22") - 1 };

	return (struct str){ clock_text(ms, to), DAY };
}
