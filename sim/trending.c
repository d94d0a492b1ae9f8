/* SPDX-License-Identifier: MIT */
#include "trending.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "providers.h"
#include "query.h"
#include "rng.h"

#define PREFIX "/huggingface.co"

enum { ROWS_MAX = 9, PERCENT = 100, LIMIT_MAX = 1000 };

/* --- who there is --- */

struct seller {
	const char *name; /* on the router */
	const char *shop; /* the slug whose ids it has, or NULL */
	const char *task; /* what it does; NULL: chats */
	unsigned weight;
};

static const struct seller sellers[] = {
	{ "together", "together", NULL, 14 },
	{ "novita", "novita", NULL, 13 },
	{ "featherless-ai", "featherless", NULL, 10 },
	{ "fireworks-ai", "fireworks", NULL, 10 },
	{ "deepinfra", "deepinfra", NULL, 7 },
	{ "zai-org", "zai", NULL, 4 },
	{ "groq", "groq", NULL, 4 },
	{ "cerebras", "cerebras", NULL, 3 },
	{ "cohere", NULL, NULL, 2 },
	{ "nscale", NULL, NULL, 2 },
	{ "scaleway", NULL, NULL, 2 },
	{ "ovhcloud", NULL, NULL, 2 },
	{ "publicai", NULL, NULL, 1 },
	{ "baseten", NULL, NULL, 2 },
	{ "hf-inference", NULL, NULL, 2 },
	{ "sambanova", "sambanova", NULL, 1 },
	{ "nebius", "nebius", NULL, 1 },
	{ "brandnew-ai", NULL, NULL, 2 },
	{ "fal-ai", "fal", "text-to-image", 2 },
	{ "wavespeed", NULL, "image-text-to-video", 1 },
	{ "replicate", NULL, "text-to-image", 1 },
};

enum { SELLERS = sizeof(sellers) / sizeof(sellers[0]) };

static const char *const authors[] = { "deepseek-ai", "Qwen",      "meta-llama", "openai",
				       "moonshotai",  "zai-org",   "mistralai",  "google",
				       "MiniMaxAI",   "CohereLabs" };
static const char *const families[] = { "Sim-V4",    "Simwen3.5",   "Slama-4",  "gpt-sims",
					"Simi-K3",   "SLM-5",       "Simstral", "Simma-4",
					"SimMax-M3", "c4ai-simmand" };
static const char *const sizes[] = { "8B", "27B", "70B", "235B-A22B", "32B", "Flash", "Pro" };
static const char *const suffixes[] = { "", "-Instruct", "-Thinking", "-2607" };

#define PICK(words, r) ((words)[rng_below(r, sizeof(words) / sizeof((words)[0]))])

/* --- making them --- */

static const char *draw_status(struct rng *r)
{
	size_t n = rng_below(r, PERCENT);

	return n < 84 ? "live" : n < 88 ? "LIVE" : n < 91 ? NULL : n < 96 ? "error" : "staging";
}

static const char *draw_task(const struct seller *s, struct rng *r)
{
	size_t n = rng_below(r, PERCENT);

	if (s->task)
		return s->task;
	return n < 88   ? "conversational"
	       : n < 92 ? NULL
	       : n < 96 ? "text-generation"
			: "feature-extraction";
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* An id that the provider's own list has, if it is played here and lists chats. */
static char *shop_id(const struct market *m, const char *slug, struct rng *r)
{
	for (size_t i = 0; slug && i < providers_count; i++) {
		const struct shelf *shelf = &m->shops[i].offered;

		if (strcmp(providers[i].slug, slug) != 0 || !shelf->count)
			continue;
		size_t from = rng_below(r, shelf->count);
		for (size_t j = 0; j < shelf->count; j++) {
			const struct model *row = shelf->models[(from + j) % shelf->count];

			if (row->kind == KIND_CHAT && model_is_offered(row))
				return sim_strdup(row->id);
		}
	}
	return NULL;
}

static char *make_id(const struct trending *t, const struct seller *s, const char *model,
		     struct rng *r)
{
	char *id = shop_id(t->market, s->shop, r);

	if (id)
		return id;
	if (!strcmp(s->name, "fireworks-ai"))
		id = sim_format("accounts/fireworks/models/%s", strchr(model, '/') + 1);
	else
		id = sim_strdup(model);
	if (strcmp(s->name, "hf-inference") != 0)
		lower(id);
	return id;
}

static const struct seller *draw_seller(struct rng *r)
{
	size_t weight = 0, n;

	for (size_t i = 0; i < SELLERS; i++)
		weight += sellers[i].weight;
	n = rng_below(r, weight);
	for (size_t i = 0;; i++) {
		if (n < sellers[i].weight)
			return &sellers[i];
		n -= sellers[i].weight;
	}
}

static bool has_row(const struct trending_model *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->rows[i].name, name))
			return true;
	return false;
}

static void add_row(const struct trending *t, struct trending_model *m, struct rng *r)
{
	const struct seller *s = draw_seller(r);
	struct trending_row *row = &m->rows[m->count];

	if (has_row(m, s->name))
		return;
	*row = (struct trending_row){ .name = sim_strdup(s->name),
				      .id = make_id(t, s, m->id, r),
				      .model_status = draw_status(r),
				      .task = draw_task(s, r),
				      .author = rng_chance(r, 5),
				      .flavour = rng_next(r) };
	/* What one form says with one word: not live is told once, here. */
	row->provider_status = rng_chance(r, 95) ? "live" : "staging";
	if (!row->model_status)
		row->provider_status = NULL;
	m->count++;
}

static struct trending_model make_model(const struct trending *t, size_t number)
{
	struct rng r = rng_from(t->seed, "trending", number);
	size_t family = rng_below(&r, sizeof(authors) / sizeof(authors[0]));
	struct trending_model m = { .flavour = rng_next(&r) };
	size_t rows = 1 + rng_below(&r, ROWS_MAX);

	m.id = sim_format("%s/%s.%zu-%s%s", authors[family], families[family], number + 1,
			  PICK(sizes, &r), PICK(suffixes, &r));
	m.rows = sim_alloc(ROWS_MAX * sizeof(*m.rows));
	while (rows--)
		add_row(t, &m, &r);
	return m;
}

static void free_model(struct trending_model *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->rows[i].name);
		free(m->rows[i].id);
	}
	free(m->rows);
	free(m->id);
}

void trending_resize(struct trending *t, size_t count)
{
	while (t->count > count)
		free_model(&t->models[--t->count]);
	t->models = realloc(t->models, (count + 1) * sizeof(*t->models));
	if (!t->models)
		abort();
	for (; t->count < count; t->count++)
		t->models[t->count] = make_model(t, t->count);
}

void trending_init(struct trending *t, uint64_t seed, const struct market *m)
{
	*t = (struct trending){ .seed = seed, .market = m, .page = TRENDING_PAGE };
	trending_resize(t, TRENDING_DEFAULT);
}

void trending_release(struct trending *t)
{
	trending_resize(t, 0);
	free(t->models);
}

bool trending_spelling_by_name(const char *name, enum trending_spelling *out)
{
	static const char *const names[TRENDING_SPELLINGS] = {
		[TRENDING_PROVIDER] = "provider",
		[TRENDING_OLD] = "name",
		[TRENDING_LONE] = "status",
	};

	for (int i = 0; i < TRENDING_SPELLINGS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum trending_spelling)i;
		return true;
	}
	return false;
}

bool trending_sells(const struct trending *t, const char *provider, const char *id)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct trending_model *m = &t->models[i];

		for (size_t j = 0; j < m->count; j++)
			if (!strcmp(m->rows[j].name, provider) && !strcmp(m->rows[j].id, id))
				return true;
	}
	return false;
}

/* --- the forms --- */

static void text(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_comma(out);
	buf_printf(out, "\"%s\":", key);
	buf_json(out, value, JSON_UTF8);
}

static void flag(struct buf *out, const char *key, bool value)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":%s", key, value ? "true" : "false");
}

static bool is_live(const char *status)
{
	return !status || !strcasecmp(status, "live");
}

/* The one status of both: whichever is not live. */
static const char *lone_status(const struct trending_row *r)
{
	bool theirs = is_live(r->model_status) && !is_live(r->provider_status);

	return theirs ? r->provider_status : r->model_status;
}

static void measured(struct buf *out, const struct trending_row *r)
{
	flag(out, "isCheapestPricingOutput", r->flavour % 5 == 0);
	flag(out, "isFastestThroughput", r->flavour % 7 == 0);
	flag(out, "isModelAuthor", r->author);
	if (r->flavour % 4)
		buf_printf(out, ",\"tokensPerSecond\":%ju.9375053819756",
			   (uintmax_t)(r->flavour % 200));
	if (r->flavour % 3)
		buf_printf(out, ",\"pricingOutput\":%ju.5", (uintmax_t)(r->flavour % 9));
	buf_printf(out, ",\"features\":{\"structuredOutput\":%s,\"toolCalling\":%s}",
		   r->flavour & 1 ? "true" : "false", r->flavour & 2 ? "true" : "false");
}

static void card_row(struct buf *out, const struct trending_row *r, enum trending_spelling how)
{
	buf_comma(out);
	buf_char(out, '{');
	text(out, how == TRENDING_OLD ? "name" : "provider", r->name);
	if (how == TRENDING_LONE) {
		text(out, "status", lone_status(r));
	} else {
		text(out, "modelStatus", r->model_status);
		text(out, "providerStatus", r->provider_status);
	}
	text(out, "providerId", r->id);
	text(out, "task", r->task);
	if (how == TRENDING_PROVIDER)
		measured(out, r);
	buf_char(out, '}');
}

static void card(struct buf *out, const struct trending *t, const struct trending_model *m)
{
	char *author = sim_format("%.*s", (int)strcspn(m->id, "/"), m->id);

	buf_comma(out);
	buf_char(out, '{');
	text(out, "author", author);
	buf_printf(out,
		   ",\"authorData\":{\"_id\":\"64f0c0ffee000000%08jx\",\"avatarUrl\":"
		   "\"https://cdn-avatars.huggingface.co/v1/production/uploads/x.png\","
		   "\"fullname\":\"%s\",\"name\":\"%s\",\"type\":\"org\",\"isHf\":false,"
		   "\"isHfAdmin\":false,\"isMod\":false,\"plan\":\"team\",\"followerCount\":%ju,"
		   "\"isUserFollowing\":false}",
		   (uintmax_t)(m->flavour & 0xffffffff), author, author,
		   (uintmax_t)(m->flavour % 90000));
	buf_printf(out, ",\"downloads\":%ju,\"gated\":%s", (uintmax_t)(m->flavour % 9999999),
		   m->flavour % 6 ? "false" : "\"manual\"");
	text(out, "id", m->id);
	buf_str(out, ",\"availableInferenceProviders\":[");
	for (size_t i = 0; i < m->count; i++)
		card_row(out, &m->rows[i], t->spelling);
	buf_printf(out,
		   "],\"lastModified\":\"2026-07-%02juT08:30:00.000Z\",\"likes\":%ju,"
		   "\"pipeline_tag\":\"text-generation\",\"private\":false,\"repoType\":\"model\","
		   "\"isLikedByUser\":false}",
		   (uintmax_t)(m->flavour % 28 + 1), (uintmax_t)(m->flavour % 7000));
	free(author);
}

static struct blob *models_json(const struct trending *t, const char *query, int *status)
{
	struct buf out = { 0 };
	uint64_t p;

	if (!query_number(query, "p", TRENDING_MAX, 0, &p)) {
		*status = 400;
		buf_str(&out, "{\"error\":\"Invalid page\"}");
		return blob_from(&out);
	}
	size_t from = p * t->page, to = from + t->page;
	buf_str(&out, "{\"models\":[");
	for (size_t i = from; i < to && i < t->count; i++)
		card(&out, t, &t->models[i]);
	buf_printf(&out, "],\"numItemsPerPage\":%zu,\"numTotalItems\":%zu,\"pageIndex\":%ju}",
		   t->page, t->count, (uintmax_t)p);
	return blob_from(&out);
}

/* A row of the API's mapping: an element of an array, or a member of an object. */
static void mapping_row(struct buf *out, const struct trending_row *r, bool as_array)
{
	buf_comma(out);
	if (!as_array) {
		buf_json(out, r->name, JSON_UTF8);
		buf_char(out, ':');
	}
	buf_char(out, '{');
	if (as_array)
		text(out, "provider", r->name);
	text(out, "providerId", r->id);
	text(out, "status", lone_status(r));
	text(out, "task", r->task);
	flag(out, "isModelAuthor", r->author);
	buf_char(out, '}');
}

static void api_model(struct buf *out, const struct trending_model *m, bool mapping, bool as_array)
{
	buf_comma(out);
	buf_printf(out, "{\"_id\":\"68f0c0ffee000000%08jx\"", (uintmax_t)(m->flavour & 0xffffffff));
	text(out, "id", m->id);
	if (mapping) {
		buf_printf(out, ",\"inferenceProviderMapping\":%c", as_array ? '[' : '{');
		for (size_t i = 0; i < m->count; i++)
			mapping_row(out, &m->rows[i], as_array);
		buf_char(out, as_array ? ']' : '}');
	} else {
		buf_printf(out, ",\"likes\":%ju,\"trendingScore\":%ju,\"private\":false",
			   (uintmax_t)(m->flavour % 7000), (uintmax_t)(m->flavour % 300));
		text(out, "pipeline_tag", "text-generation");
		text(out, "modelId", m->id);
	}
	buf_char(out, '}');
}

/* expand[]=x, expand%5B%5D=x and expand=x are one. */
static bool expands(const char *query)
{
	static const char *const keys[] = { "expand", "expand[]", "expand%5B%5D", "expand%5b%5d" };
	bool found = false;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !found; i++) {
		char *value = query_text(query, keys[i]);

		found = value && !strcmp(value, "inferenceProviderMapping");
		free(value);
	}
	return found;
}

static struct blob *api_list(const struct trending *t, const char *query, int *status)
{
	struct buf out = { 0 };
	uint64_t limit;

	if (!query_number(query, "limit", LIMIT_MAX, TRENDING_PAGE, &limit)) {
		*status = 400;
		buf_str(&out, "{\"error\":\"Invalid limit\"}");
		return blob_from(&out);
	}
	buf_char(&out, '[');
	for (size_t i = 0; i < limit && i < t->count; i++)
		api_model(&out, &t->models[i], expands(query), true);
	buf_char(&out, ']');
	return blob_from(&out);
}

static struct blob *api_one(const struct trending *t, const char *id, const char *query,
			    int *status)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < t->count && !out.len; i++)
		if (!strcmp(t->models[i].id, id))
			api_model(&out, &t->models[i], expands(query), false);
	if (!out.len) {
		*status = 404;
		buf_str(&out, "{\"error\":\"Repository not found\"}");
	}
	return blob_from(&out);
}

struct blob *trending_document(const struct trending *t, const struct http_request *rq, int *status)
{
	static const char one[] = PREFIX "/api/models/";

	*status = 200;
	if (!strcmp(rq->path, PREFIX "/models-json"))
		return models_json(t, rq->query, status);
	if (!strcmp(rq->path, PREFIX "/api/models"))
		return api_list(t, rq->query, status);
	if (!strncmp(rq->path, one, sizeof(one) - 1))
		return api_one(t, rq->path + sizeof(one) - 1, rq->query, status);
	return NULL;
}

/* --- the truth --- */

static const char *why_not(const struct trending_row *r)
{
	if (!is_live(r->model_status) || !is_live(r->provider_status))
		return "not live";
	if (r->task && strcmp(r->task, "conversational") != 0)
		return "other task";
	return place_routed(r->name) ? NULL : "unknown provider";
}

static void truth_row(struct buf *out, const struct trending_row *r)
{
	const char *why = why_not(r);

	buf_comma(out);
	buf_char(out, '{');
	text(out, "provider", r->name);
	text(out, "provider_id", r->id);
	text(out, "model_status", r->model_status);
	text(out, "provider_status", r->provider_status);
	text(out, "task", r->task);
	flag(out, "call", !why);
	text(out, "why_not", why);
	buf_char(out, '}');
}

static void truth_call(struct buf *out, const struct trending_model *m,
		       const struct trending_row *r)
{
	const char *route = place_routed(r->name)->route[0], *star = strchr(route, '*');
	size_t head = star ? (size_t)(star - route) : strlen(route);
	char *path = sim_format("/router.huggingface.co/%s/%.*s%s%s", r->name, (int)head, route,
				star ? r->id : "", star ? star + 1 : "");

	buf_comma(out);
	buf_char(out, '{');
	text(out, "model", m->id);
	text(out, "provider", r->name);
	text(out, "provider_id", r->id);
	text(out, "path", path);
	buf_char(out, '}');
	free(path);
}

void trending_truth(const struct trending *t, size_t max, struct buf *out)
{
	size_t n = max && max < t->count ? max : t->count;

	buf_str(out, "{\"models\":[");
	for (size_t i = 0; i < n; i++) {
		buf_comma(out);
		buf_char(out, '{');
		text(out, "id", t->models[i].id);
		buf_str(out, ",\"providers\":[");
		for (size_t j = 0; j < t->models[i].count; j++)
			truth_row(out, &t->models[i].rows[j]);
		buf_str(out, "]}");
	}
	buf_str(out, "],\"calls\":[");
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < t->models[i].count; j++)
			if (!why_not(&t->models[i].rows[j]))
				truth_call(out, &t->models[i], &t->models[i].rows[j]);
	buf_str(out, "]}");
}
