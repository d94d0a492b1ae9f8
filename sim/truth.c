/* SPDX-License-Identifier: MIT */
#include "truth.h"

#include <stdlib.h>
#include <string.h>

#include "providers.h"
#include "shape.h"

struct line { /* a price and its sort key */
	char condition[TERMS_SIZE];
	const struct price *price;
};

static int by_meter(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(meter_name(x->price->meter), meter_name(y->price->meter));

	return order ? order : strcmp(x->condition, y->condition);
}

static int by_id(const void *a, const void *b)
{
	const struct model *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void write_line(struct buf *out, const struct line *l)
{
	static const char *const states[] = {
		[PRICE_PRICED] = "priced",
		[PRICE_FREE] = "free",
		[PRICE_DYNAMIC] = "dynamic",
	};
	char amount[DECIMAL_TEXT];

	buf_comma(out);
	buf_printf(out, "{\"meter\":\"%s\",\"condition\":\"%s\",\"state\":\"%s\",\"amount\":",
		   meter_name(l->price->meter), l->condition, states[l->price->state]);
	if (l->price->state == PRICE_DYNAMIC) {
		buf_str(out, "null");
	} else {
		price_print(amount, l->price, l->price->amount);
		buf_printf(out, "\"%s\"", amount);
	}
	buf_printf(out, ",\"currency\":\"%s\"}", l->price->currency ? l->price->currency : "USD");
}

static void write_prices(struct buf *out, const struct model *m)
{
	struct line *lines = sim_alloc(m->price_count * sizeof(*lines));

	for (size_t i = 0; i < m->price_count; i++) {
		lines[i].price = &m->prices[i];
		terms_print(lines[i].condition, &m->prices[i].terms);
	}
	qsort(lines, m->price_count, sizeof(*lines), by_meter);
	for (size_t i = 0; i < m->price_count; i++)
		write_line(out, &lines[i]);
	free(lines);
}

static void write_count(struct buf *out, const char *key, int64_t n)
{
	buf_str(out, key);
	if (n)
		buf_uint(out, (uint64_t)n);
	else
		buf_str(out, "null");
}

static void write_text(struct buf *out, const char *key, const char *text)
{
	buf_str(out, key);
	buf_json(out, text, JSON_UTF8);
}

/* A capability that is neither said nor denied is not listed. */
static void write_able(struct buf *out, const struct shop *s, const struct model *m)
{
	static const enum able order[] = {
		ABLE_TOOLS,       ABLE_VISION,       ABLE_REASONING,        ABLE_STRUCTURED_OUTPUTS,
		ABLE_AUDIO_INPUT, ABLE_AUDIO_OUTPUT, ABLE_IMAGE_GENERATION, ABLE_STREAMING,
	};
	const struct shape *sh = s->provider->shape;

	buf_str(out, ",\"capabilities\":{");
	for (size_t i = 0; i < ABLE_COUNT && shop_says(s, m, SAYS_ABLE); i++) {
		bool yes = m->able & order[i];
		uint32_t said = yes ? sh->yes_no | sh->yes_only : sh->yes_no;

		if (!(said & order[i]))
			continue;
		buf_comma(out);
		buf_printf(out, "\"%s\":%s", able_name((unsigned)__builtin_ctz(order[i])),
			   yes ? "true" : "false");
	}
	buf_char(out, '}');
}

void truth_write_model(struct buf *out, const struct shop *s, const struct model *m)
{
	char modality[MODALITY_SIZE], date[DATE_SIZE];
	bool has_modality = shop_says(s, m, SAYS_MODALITY) && m->outputs;
	bool ends = shop_says(s, m, SAYS_DEPRECATION) && model_deprecated(m);

	modality_print(modality, m->inputs, m->outputs);
	date_print(date, m->expires);
	write_text(out, "{\"id\":", m->id);
	write_text(out, ",\"name\":", shop_says(s, m, SAYS_NAME) ? m->name : NULL);
	write_count(out,
		    ",\"context_length\":", shop_says(s, m, SAYS_CONTEXT) ? m->context_length : 0);
	write_count(out, ",\"max_output_tokens\":",
		    shop_says(s, m, SAYS_MAX_OUTPUT) ? m->max_output : 0);
	write_text(out, ",\"modality\":", has_modality ? modality : NULL);
	write_able(out, s, m);
	write_text(out, ",\"quantization\":",
		   shop_says(s, m, SAYS_QUANTIZATION) ? quantization_meaning(m->quantization)
						      : NULL);
	write_text(out, ",\"deprecated_at\":", ends ? date : NULL);
	write_text(out,
		   ",\"replaced_by\":", shop_says(s, m, SAYS_REPLACEMENT) ? m->replaced_by : NULL);
	buf_str(out, ",\"prices\":[");
	write_prices(out, m);
	buf_str(out, "]}");
}

static void write_shop(struct buf *out, const struct shop *s)
{
	size_t count = s->offered.count;
	const struct model **sorted = sim_alloc(count * sizeof(struct model *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = s->offered.models[i];
	qsort(sorted, count, sizeof(struct model *), by_id);
	buf_comma(out);
	buf_printf(out, "\"%s\":{\"models\":[", s->provider->slug);
	for (size_t i = 0; i < count; i++) {
		if (!model_is_offered(sorted[i]))
			continue;
		buf_comma(out);
		truth_write_model(out, s, sorted[i]);
	}
	buf_str(out, "]}");
	free(sorted);
}

void truth_write(struct buf *out, const struct market *m, const struct shop *only)
{
	buf_printf(out, "{\"tick\":%ju,\"providers\":{", (uintmax_t)m->tick);
	for (size_t i = 0; i < providers_count; i++)
		if (!only || only == &m->shops[i])
			write_shop(out, &m->shops[i]);
	buf_str(out, "}}");
}
