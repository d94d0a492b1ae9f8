#include "base/cell.h"
#include "sink/export_form.h"

#include <inttypes.h>
#include <stdio.h>

enum { COUNT_MAX = 24 };

static void begin(struct export_writer *w)
{
	buf_add_str(w->json.out,
		    STR("provider,provider_model_id,canonical_id,model_name,modality,quantization,"
			"context_length,max_output_tokens,capabilities,deprecated_at,replaced_by,"
			"first_seen_at,meter,condition,state,amount,currency,unit\r\n"));
}

static void put(struct export_writer *w, struct str s)
{
	cell_add(w->json.out, s, false);
}

static void put_count(struct export_writer *w, int64_t n)
{
	char text[COUNT_MAX];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	put(w, n == MODEL_NO_COUNT ? STR_NONE : str_of(text));
}

static void put_instant(struct export_writer *w, int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	put(w, ms == CLOCK_NONE ? STR_NONE : str_of(clock_text(ms, text)));
}

static void put_capabilities(struct export_writer *w, struct capabilities c)
{
	ARENA_AUTO(a);

	put(w, c.said ? capabilities_text(c, &a) : STR_NONE);
}

static void put_model(struct export_writer *w, const struct export_model *m)
{
	const struct model *model = m->model;

	put(w, w->provider->slug);
	put(w, model->id);
	put(w, m->canonical_id);
	put(w, model->name);
	put(w, model->modality);
	put(w, model->quantization);
	put_count(w, model->context_length);
	put_count(w, model->max_output_tokens);
	put_capabilities(w, model->capabilities);
	put_instant(w, model->deprecated_at_ms);
	put(w, model->replaced_by);
	put_instant(w, m->first_seen_ms);
}

static void put_price(struct export_writer *w, const struct price *p)
{
	put(w, str_of(meters[p->meter].name));
	put(w, p->condition);
	put(w, str_of(price_state_names[p->state]));
	put(w, p->state == PRICE_DYNAMIC ? STR_NONE : p->amount);
	put(w, p->state == PRICE_DYNAMIC ? STR_NONE : p->currency);
	cell_add(w->json.out, str_of(meters[p->meter].unit), true);
}

/* A row a price; a model without prices has one, too. */
static void add(struct export_writer *w, const struct export_model *m)
{
	for (size_t i = 0; i < m->model->n_prices; i++) {
		put_model(w, m);
		put_price(w, &m->model->prices[i]);
	}
	if (m->model->n_prices == 0) {
		put_model(w, m);
		buf_add_str(w->json.out, STR(",,,,,\r\n"));
	}
}

const struct export_form export_form_csv = { .begin = begin, .add = add };
