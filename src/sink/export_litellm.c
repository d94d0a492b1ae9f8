#include "sink/export_form.h"
#include "sink/export_price.h"
#include "sink/export_words.h"

#include <inttypes.h>
#include <stdio.h>

enum { THOUSAND = 1000, KEY_MAX = 128, PIXELS = -6 /* of a megapixel, as a power of ten */ };

/* ---- prices ---- */

enum { TIERS = 1 << 0, SERVICES = 1 << 1, BATCHES = 1 << 2 }; /* suffixes that the key may have */

/* Ours by their keys; what is not here has no place there. */
static const struct rate {
	const char *key;
	unsigned suffixes;
	int shift; /* of the point, from our unit to theirs */
} rates[METER_COUNT] = {
	[METER_INPUT_TOKEN] = { "input_cost_per_token", TIERS | SERVICES | BATCHES, 0 },
	[METER_OUTPUT_TOKEN] = { "output_cost_per_token", TIERS | SERVICES | BATCHES, 0 },
	[METER_CACHED_INPUT_TOKEN] = { "cache_read_input_token_cost", TIERS | SERVICES | BATCHES,
				       0 },
	[METER_CACHE_WRITE_TOKEN] = { "cache_creation_input_token_cost", TIERS | SERVICES | BATCHES,
				      0 },
	[METER_REASONING_TOKEN] = { "output_cost_per_reasoning_token", 0, 0 },
	[METER_INPUT_AUDIO_TOKEN] = { "input_cost_per_audio_token", BATCHES, 0 },
	[METER_OUTPUT_AUDIO_TOKEN] = { "output_cost_per_audio_token", 0, 0 },
	[METER_CACHED_AUDIO_TOKEN] = { "cache_read_input_audio_token_cost", 0, 0 },
	[METER_INPUT_IMAGE_TOKEN] = { "input_cost_per_image_token", BATCHES, 0 },
	[METER_OUTPUT_IMAGE_TOKEN] = { "output_cost_per_image_token", 0, 0 },
	[METER_INPUT_IMAGE] = { "input_cost_per_image", 0, 0 },
	[METER_OUTPUT_IMAGE] = { "output_cost_per_image", 0, 0 },
	[METER_OUTPUT_MEGAPIXEL] = { "output_cost_per_pixel", 0, PIXELS },
	[METER_INPUT_CHARACTER] = { "input_cost_per_character", 0, 0 },
	[METER_OUTPUT_CHARACTER] = { "output_cost_per_character", 0, 0 },
	[METER_AUDIO_SECOND] = { "input_cost_per_second", 0, 0 },
	[METER_OUTPUT_AUDIO_SECOND] = { "output_cost_per_second", 0, 0 },
	[METER_OUTPUT_SECOND] = { "output_cost_per_second", 0, 0 },
	[METER_VIDEO_SECOND] = { "output_cost_per_video_per_second", 0, 0 },
	[METER_REQUEST] = { "input_cost_per_request", 0, 0 },
};

static const struct {
	const char *tag, *suffix;
	unsigned of;
} services[] = {
	{ "batch", "_batches", BATCHES },
	{ "flex", "_flex", SERVICES },
	{ "priority", "_priority", SERVICES },
};

/* What stands behind the key under a condition; false: their keys cannot say it. */
static bool suffix_of(const struct rate *rate, enum meter meter, const struct export_when *when,
		      char to[KEY_MAX])
{
	const char *ttl = "", *service = NULL;
	char tier[KEY_MAX / 2] = "";

	if (when->hours || when->unknown)
		return false;
	if (str_eq(when->ttl, STR("1h")) && meter == METER_CACHE_WRITE_TOKEN &&
	    str_is_none(when->service))
		ttl = "_above_1hr";
	else if (!str_is_none(when->ttl) && !str_eq(when->ttl, STR("5m")))
		return false;
	if (when->above != EXPORT_ALWAYS) {
		if (!(rate->suffixes & TIERS) || when->above == 0 || when->above % THOUSAND)
			return false;
		(void)snprintf(tier, sizeof(tier), "_above_%" PRId64 "k_tokens",
			       when->above / THOUSAND);
	}
	if (str_is_none(when->service))
		service = "";
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (str_eq(when->service, str_of(services[i].tag)) &&
		    rate->suffixes & services[i].of)
			service = services[i].suffix;
	if (!service)
		return false;
	(void)snprintf(to, KEY_MAX, "%s%s%s", ttl, tier, service);
	return true;
}

/* One member of an entry. */
struct line {
	char key[KEY_MAX];
	struct str amount;
	int shift;
	struct export_when when;
};

/* Of two prices that would have one key: the one without its "or just as many", the discounted one, the one of any time. */
static bool is_better(const struct export_when *a, const struct export_when *b)
{
	if (a->inclusive != b->inclusive)
		return !a->inclusive;
	if (a->discount != b->discount)
		return a->discount;
	return str_is_none(a->ttl) && !str_is_none(b->ttl);
}

static struct line *find_line(struct line *lines, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i].key, key) == 0)
			return &lines[i];
	return NULL;
}

static size_t put_line(struct line *lines, size_t n, const struct line *line)
{
	struct line *same = find_line(lines, n, line->key);

	if (!same)
		lines[n] = *line;
	else if (is_better(&line->when, &same->when))
		*same = *line;
	return n + !same;
}

static size_t take_price(const struct export_writer *w, const struct price *p, struct line *lines,
			 size_t n)
{
	const struct rate *rate = &rates[p->meter];
	struct line line = { .amount = export_amount(p, w->at_ms),
			     .shift = rate->shift,
			     .when = export_when(p->condition) };
	char suffix[KEY_MAX];

	if (!rate->key || str_is_none(line.amount) ||
	    !suffix_of(rate, p->meter, &line.when, suffix))
		return n;
	if (snprintf(line.key, sizeof(line.key), "%s%s", rate->key, suffix) >= KEY_MAX)
		return n;
	return put_line(lines, n, &line);
}

/* A threshold of another rate is only heard of if that of input tokens has it, too. */
static size_t take_input_tier(const struct export_writer *w, const struct model *m,
			      const struct price *p, struct line *lines, size_t n)
{
	struct line line = { .when = export_when(p->condition) };
	char suffix[KEY_MAX];

	if (line.when.above == EXPORT_ALWAYS || !str_is_none(line.when.service) ||
	    !str_is_none(line.when.ttl) ||
	    !suffix_of(&rates[p->meter], p->meter, &line.when, suffix))
		return n;
	(void)snprintf(line.key, sizeof(line.key), "%s%.64s", rates[METER_INPUT_TOKEN].key, suffix);
	line.amount = export_plain_amount(m, METER_INPUT_TOKEN, line.when.above, w->at_ms);
	if (str_is_none(line.amount) || find_line(lines, n, line.key))
		return n;
	lines[n] = line;
	return n + 1;
}

static void add_searches(struct export_writer *w, const struct model *m)
{
	static const char *const sizes[] = { "search_context_size_low",
					     "search_context_size_medium",
					     "search_context_size_high" };
	char text[DEC_TEXT_MAX];
	struct str amount = export_plain_amount(m, METER_WEB_SEARCH, EXPORT_ALWAYS, w->at_ms);
	struct str number = export_number(amount, 0, text);

	if (str_is_none(number))
		return;
	json_key(&w->json, "search_context_cost_per_query");
	json_open(&w->json, '{');
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		json_add_raw(&w->json, sizes[i], number);
	json_close(&w->json, '}');
}

static void add_prices(struct export_writer *w, const struct model *m)
{
	ARENA_AUTO(a);
	struct line *lines = arena_array(&a, 2 * m->n_prices, struct line);
	char text[DEC_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < m->n_prices; i++)
		n = take_price(w, &m->prices[i], lines, n);
	for (size_t i = 0; i < m->n_prices; i++)
		n = take_input_tier(w, m, &m->prices[i], lines, n);
	for (size_t i = 0; i < n; i++) {
		struct str number = export_number(lines[i].amount, lines[i].shift, text);

		if (!str_is_none(number))
			json_add_raw(&w->json, lines[i].key, number);
	}
	add_searches(w, m);
}

/* ---- what it is ---- */

/* The first row whose words stand in the modality. */
static const struct {
	const char *in, *out; /* NULL: whatever */
	const char *mode;
} modes[] = {
	{ NULL, "embedding", "embedding" },
	{ NULL, "rerank", "rerank" },
	{ "text", "text", "chat" },
	{ "audio", "text", "audio_transcription" },
	{ NULL, "text", "chat" },
	{ NULL, "video", "video_generation" },
	{ NULL, "image", "image_generation" },
	{ NULL, "audio", "audio_speech" },
};

/* Without a modality, what sells tokens of answers is asked by chats. */
static const char *mode_of(const struct model *m)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if ((!modes[i].in || export_has(m->modality, EXPORT_IN, modes[i].in)) &&
		    export_has(m->modality, EXPORT_OUT, modes[i].out))
			return modes[i].mode;
	return model_price(m, METER_OUTPUT_TOKEN) ? "chat" : NULL;
}

static const struct {
	enum capability capability;
	const char *key;
} abilities[] = {
	{ CAP_AUDIO_INPUT, "supports_audio_input" },
	{ CAP_AUDIO_OUTPUT, "supports_audio_output" },
	{ CAP_FUNCTION_CALLING, "supports_function_calling" },
	{ CAP_REASONING, "supports_reasoning" },
	{ CAP_STREAMING, "supports_native_streaming" },
	{ CAP_STRUCTURED_OUTPUTS, "supports_response_schema" },
	{ CAP_VISION, "supports_vision" },
};

static void add_abilities(struct json_writer *j, const struct model *m)
{
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		int is = capabilities_get(m->capabilities, abilities[i].capability);

		if (is >= 0)
			json_add_bool(j, abilities[i].key, is);
	}
}

static void add_side(struct json_writer *j, const char *key, struct str modality,
		     enum export_side side)
{
	static const char *const words[] = { "text", "audio", "image", "video" };
	bool any = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!export_has(modality, side, words[i]))
			continue;
		if (!any) {
			json_key(j, key);
			json_open(j, '[');
		}
		any = true;
		json_put_str(j, str_of(words[i]));
	}
	if (any)
		json_close(j, ']');
}

static void add_count(struct json_writer *j, const char *key, int64_t n)
{
	if (n != MODEL_NO_COUNT)
		json_add_i64(j, key, n);
}

static void add_limits(struct json_writer *j, const struct model *m)
{
	add_count(j, "max_input_tokens", m->context_length);
	add_count(j, "max_output_tokens", m->max_output_tokens);
	add_count(j, "max_tokens",
		  m->max_output_tokens == MODEL_NO_COUNT ? m->context_length
							 : m->max_output_tokens);
}

static void put_key(struct export_writer *w, struct str provider, struct str id)
{
	BUF_AUTO(key, 1 << 16);

	buf_add_str(&key, provider);
	buf_add_char(&key, '/');
	buf_add_str(&key, id);
	json_key_str(&w->json, buf_str(&key));
}

static void add(struct export_writer *w, const struct export_model *m)
{
	const struct export_alias *alias = export_alias(w->provider->slug);
	struct str provider = export_provider_key(w, alias ? alias->litellm : NULL);
	const char *mode = mode_of(m->model);
	struct json_writer *j = &w->json;
	char day[CLOCK_TEXT_MAX];

	put_key(w, provider, m->model->id);
	json_open(j, '{');
	json_add_str(j, "litellm_provider", provider);
	if (mode)
		json_add_str(j, "mode", str_of(mode));
	add_limits(j, m->model);
	add_prices(w, m->model);
	add_side(j, "supported_modalities", m->model->modality, EXPORT_IN);
	add_side(j, "supported_output_modalities", m->model->modality, EXPORT_OUT);
	add_abilities(j, m->model);
	if (m->model->deprecated_at_ms != CLOCK_NONE)
		json_add_str(j, "deprecation_date", export_day(m->model->deprecated_at_ms, day));
	if (!str_is_none(w->provider->doc_url))
		json_add_str(j, "source", w->provider->doc_url);
	json_close(j, '}');
}

const struct export_form export_form_litellm = { .begin = export_begin_object,
						 .add = add,
						 .end = export_end_object };
