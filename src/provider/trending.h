/*
 * trending: the models that Hugging Face lists as trending, and who serves them.
 *
 * Two documents say it, models-json and the Hub API's list; both become the same
 * thing.  Spellings differ and all are read: `name` or `provider`, `modelStatus` and
 * `providerStatus` or one `status` that stands for both, an array or an object keyed by
 * provider.  (wire facts: doc/probing.md)
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define TRENDING_URL                                                                             \
	"https://huggingface.co/models-json?inference_provider=all&pipeline_tag=text-generation" \
	"&sort=trending&withCount=true"
/* Asked for when that fails; %zu: how many models. */
#define TRENDING_FALLBACK_URL                                                                   \
	"https://huggingface.co/api/models?inference_provider=all&pipeline_tag=text-generation" \
	"&sort=trendingScore&limit=%zu&expand%%5B%%5D=inferenceProviderMapping"

struct trending_provider {
	struct str name, provider_id;
	struct str model_status, provider_status, task; /* absent: not said */
};
struct trending_model {
	struct str id;
	struct trending_provider *providers; /* in their order */
	size_t n;
};

/*
 * The first `max` models of a document of either form, in its order.  ERR_DATA: no JSON, or no
 * list of models; an empty list is none of these.  A model without an id, or a provider
 * without name or id, is left out, as is one whose id is longer than any or holds what is no
 * text: it would stand in URLs, logs and rows.
 */
bool trending_parse(struct str json, size_t max, struct arena *a, struct trending_model **ret,
		    size_t *ret_n, struct err *e);

/*
 * Live and conversational: statuses without case, absent ones count, an absent task too; the
 * same id of one provider once.  Returns how many are kept, in front, in their order.
 */
size_t trending_live(struct trending_provider *providers, size_t n);
