/* SPDX-License-Identifier: MIT */
#include "truth.h"

#include <stdlib.h>
#include <string.h>

#include "providers.h"

struct line { /* a price and its sort key */
	char condition[64];
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
		decimal_print(amount, l->price->amount);
		buf_printf(out, "\"%s\"", amount);
	}
	buf_str(out, ",\"currency\":\"USD\"}");
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

static const char *yes_no(bool b)
{
	return b ? "true" : "false";
}

static void write_count(struct buf *out, const char *key, int64_t n)
{
	buf_str(out, key);
	if (n)
		buf_uint(out, (uint64_t)n);
	else
		buf_str(out, "null");
}

static void write_model(struct buf *out, const struct model *m)
{
	char modality[128];

	modality_print(modality, m->inputs, m->outputs);
	buf_comma(out);
	buf_str(out, "{\"id\":");
	buf_json(out, m->id, JSON_UTF8);
	buf_str(out, ",\"name\":");
	buf_json(out, m->name, JSON_UTF8);
	write_count(out, ",\"context_length\":", m->context_length);
	write_count(out, ",\"max_output_tokens\":", m->max_output);
	buf_printf(out,
		   ",\"modality\":\"%s\",\"capabilities\":{\"function_calling\":%s,\"vision\":%s,"
		   "\"reasoning\":%s,\"structured_outputs\":%s},\"quantization\":null",
		   modality, yes_no(m->params & PARAM_TOOLS), yes_no(m->inputs & MODALITY_IMAGE),
		   yes_no(m->params & PARAM_REASONING),
		   yes_no(m->params & PARAM_STRUCTURED_OUTPUTS));
	if (model_deprecated(m))
		buf_printf(out, ",\"deprecated_at\":\"%04d-%02d-%02dT00:00:00.000Z\"",
			   m->expires.year, m->expires.month, m->expires.day);
	else
		buf_str(out, ",\"deprecated_at\":null");
	buf_str(out, ",\"replaced_by\":null,\"prices\":[");
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
	for (size_t i = 0; i < count; i++)
		write_model(out, sorted[i]);
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
