#include "base/json.h"
#include "core/bill.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * One line in, one line out, both JSON, for tests/flow/test_price.py:
 *
 *	{"prices":[{"meter","condition","state","amount","currency","from","to"}…],
 *	 "counts":{METER:"N"…},"at":"MS","service","ttl"}
 *	{"state","amount","currency","lines":[{"meter","state","amount","condition","as","rival"}…]}
 */
static struct str member(yyjson_val *v, const char *key)
{
	return json_raw(yyjson_obj_get(v, key));
}

static int64_t number(struct str text)
{
	int64_t n;

	if (!str_to_i64(text, 0, INT64_MAX, &n))
		abort();
	return n;
}

static int64_t instant(struct str text)
{
	return str_is_none(text) ? CLOCK_NONE : number(text);
}

static enum meter meter_of(struct str name)
{
	enum meter m;

	if (!meter_parse(name, &m))
		abort();
	return m;
}

static enum price_state state_of(struct str name)
{
	for (int i = 0; i < 3; i++)
		if (str_eq(name, str_of(price_state_names[i])))
			return (enum price_state)i;
	abort();
}

static struct price *read_prices(yyjson_val *list, struct arena *a, size_t *ret_n)
{
	struct price *prices = arena_array(a, yyjson_arr_size(list), struct price);
	size_t i, n;
	yyjson_val *v;

	yyjson_arr_foreach(list, i, n, v)
	{
		prices[i] = (struct price){
			.meter = meter_of(member(v, "meter")),
			.condition = member(v, "condition"),
			.state = state_of(member(v, "state")),
			.amount = member(v, "amount"),
			.currency = member(v, "currency"),
			.valid_from_ms = instant(member(v, "from")),
			.valid_to_ms = instant(member(v, "to")),
		};
	}
	*ret_n = yyjson_arr_size(list);
	return prices;
}

static struct bill_use read_use(yyjson_val *in)
{
	struct bill_use use = {
		.at_ms = number(member(in, "at")),
		.service = member(in, "service"),
		.ttl = member(in, "ttl"),
	};
	size_t i, n;
	yyjson_val *key, *v;

	yyjson_obj_foreach(yyjson_obj_get(in, "counts"), i, n, key, v)
	{
		use.counts[meter_of(json_raw(key))] = (uint64_t)number(json_raw(v));
	}
	return use;
}

static void add_amount(struct json_writer *w, const struct dec *amount)
{
	char text[DEC_TEXT_MAX];

	json_add_str(w, "amount", (struct str){ text, dec_print(amount, text) });
}

static void add_line(struct json_writer *w, const struct bill_line *line)
{
	json_open(w, '{');
	json_add_str(w, "meter", str_of(meters[line->meter].name));
	json_add_str(w, "state", str_of(bill_state_names[line->state]));
	add_amount(w, &line->amount);
	json_add_str(w, "condition", line->price ? line->price->condition : STR_NONE);
	json_add_str(w, "as", line->price ? str_of(meters[line->price->meter].name) : STR_NONE);
	json_add_str(w, "rival", line->rival ? line->rival->condition : STR_NONE);
	json_close(w, '}');
}

static void answer(yyjson_val *in, struct arena *a, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct bill_use use = read_use(in);
	size_t n;
	struct price *prices = read_prices(yyjson_obj_get(in, "prices"), a, &n);
	struct bill b = bill_of(prices, n, &use);

	json_open(&w, '{');
	json_add_str(&w, "state", str_of(bill_state_names[b.state]));
	add_amount(&w, &b.amount);
	json_add_str(&w, "currency", b.currency);
	json_key(&w, "lines");
	json_open(&w, '[');
	for (size_t i = 0; i < b.n; i++)
		add_line(&w, &b.lines[i]);
	json_close(&w, ']');
	json_close(&w, '}');
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		ARENA_AUTO(a);
		BUF_AUTO(out, 1 << 20);
		JSON_DOC_AUTO(doc);
		struct err e;

		if (!json_read((struct str){ line, (size_t)n }, &doc, &e))
			abort();
		answer(yyjson_doc_get_root(doc), &a, &out);
		if (puts(buf_str(&out).at) < 0)
			return EXIT_FAILURE;
	}
	free(line);
	return EXIT_SUCCESS;
}
