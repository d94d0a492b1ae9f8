#include "task/quote.h"

#include "base/json.h"
#include "cmd/cmd.h"

#include <inttypes.h>

static struct str provider, at, service, ttl;
static uint64_t counts[METER_COUNT];
static struct option_list more_counts;
static bool batch, json;

static const char *const ttls[] = { "5m", "1h", NULL };

static const struct option options[] = {
	{ "provider", 0, OPTION_TEXT, &provider, "SLUG", "whose price", NULL },
	{ "at", 0, OPTION_TEXT, &at, "T", "at that instant, RFC 3339 or a date (now)", NULL },
	{ "input-tokens", 0, OPTION_WHOLE, &counts[METER_INPUT_TOKEN], "N",
	  "of one request: neither read from a cache nor written to one", NULL },
	{ "output-tokens", 0, OPTION_WHOLE, &counts[METER_OUTPUT_TOKEN], "N",
	  "without those of reasoning where these are given", NULL },
	{ "cached-input-tokens", 0, OPTION_WHOLE, &counts[METER_CACHED_INPUT_TOKEN], "N",
	  "read from a cache", NULL },
	{ "cache-write-tokens", 0, OPTION_WHOLE, &counts[METER_CACHE_WRITE_TOKEN], "N",
	  "written to a cache", NULL },
	{ "reasoning-tokens", 0, OPTION_WHOLE, &counts[METER_REASONING_TOKEN], "N",
	  "thought, not answered", NULL },
	{ "images", 0, OPTION_WHOLE, &counts[METER_INPUT_IMAGE], "N", "sent", NULL },
	{ "requests", 0, OPTION_WHOLE, &counts[METER_REQUEST], "N",
	  "made, where there is a fee for each", NULL },
	{ "web-searches", 0, OPTION_WHOLE, &counts[METER_WEB_SEARCH], "N", "made", NULL },
	{ "count", 0, OPTION_LIST, &more_counts, "METER=N...", "of any meter, by its name", NULL },
	{ "batch", 0, OPTION_FLAG, &batch, NULL, "as --service batch", NULL },
	{ "service", 0, OPTION_TEXT, &service, "TAG", "by its price for [TAG], as priority or flex",
	  NULL },
	{ "cache-ttl", 0, OPTION_WORD, &ttl, "5m|1h", "time to live of what is written to a cache",
	  ttls },
	{ "json", 0, OPTION_FLAG, &json, NULL, "one JSON object", NULL },
	{ 0 },
};

/* ---- what is asked ---- */

static bool read_count(struct str word, struct err *e)
{
	struct str rest = word, name;
	enum meter meter;
	int64_t n;

	if (!str_cut(&rest, '=', &name) || !str_to_i64(rest, 0, OPTION_WHOLE_MAX, &n))
		return err_set(e, ERR_USAGE, "--count: \"%s\" is not METER=N with N up to 10^15",
			       err_quote(word.at, word.n));
	if (!meter_parse(name, &meter))
		return err_set(e, ERR_USAGE, "--count: there is no meter \"%s\"; --help has them",
			       err_quote(name.at, name.n));
	if (counts[meter])
		return err_set(e, ERR_USAGE, "--count: %s is counted twice", meters[meter].name);
	counts[meter] = (uint64_t)n;
	return true;
}

/* A tag as it may stand in a condition; a time to live, which looks alike, has its own option. */
static bool read_service(struct arena *a, struct err *e)
{
	struct condition c = { .n = 0 };
	struct err ignored;

	if (batch && !str_is_none(service))
		return err_set(e, ERR_USAGE, "--batch and --service: one of them");
	if (batch)
		service = STR("batch");
	if (str_is_none(service) ||
	    (service.n > 0 && service.at[0] > '9' && condition_add_tag(&c, a, service, &ignored)))
		return true;
	return err_set(e, ERR_USAGE,
		       "--service: \"%s\" is no tag: lower-case letters, digits and '-'",
		       err_quote(service.at, service.n));
}

static bool read_instant(int64_t *ret_ms, struct err *e)
{
	struct err ignored;

	*ret_ms = clock_now_ms();
	return str_is_none(at) || clock_parse(at, ret_ms, &ignored) ||
	       err_set(e, ERR_USAGE, "--at: \"%s\" is no RFC 3339 instant and no date",
		       err_quote(at.at, at.n));
}

static bool read_query(struct cmd_context *c, struct quote_query *ret, struct err *e)
{
	if (c->words.n != 1 || c->words.items[0].n == 0)
		return err_set(e, ERR_USAGE,
			       "assay price: one MODEL, before --count, which takes all words "
			       "behind it");
	if (provider.n == 0)
		return err_set(e, ERR_USAGE, "assay price: --provider SLUG says whose price");
	for (size_t i = 0; i < more_counts.n; i++)
		if (!read_count(more_counts.items[i], e))
			return false;
	if (!read_service(c->arena, e) || !read_instant(&ret->use.at_ms, e))
		return false;
	ret->provider = cmd_slug(c, provider);
	ret->model = c->words.items[0];
	ret->use.service = service;
	ret->use.ttl = ttl;
	memcpy(ret->use.counts, counts, sizeof(counts));
	return true;
}

/* ---- text ---- */

static struct str dec_text(const struct dec *d, struct arena *a)
{
	char text[DEC_TEXT_MAX];

	return arena_str(a, (struct str){ text, dec_print(d, text) });
}

static struct str instant_text(int64_t ms, struct arena *a)
{
	char text[CLOCK_TEXT_MAX];

	return ms == CLOCK_NONE ? STR("-") : arena_str(a, str_of(clock_text(ms, text)));
}

/* What is counted by the million is read by the million. */
static bool is_small(enum meter meter)
{
	return strcmp(meters[meter].unit, "token") == 0 ||
	       strcmp(meters[meter].unit, "character") == 0;
}

/* "2.5 USD/1M", "0.01 EUR/request", "free", "dynamic", "-" */
static struct str price_text(const struct price *p, struct arena *a)
{
	struct str amount;

	if (!p)
		return STR("-");
	if (p->state == PRICE_DYNAMIC)
		return STR("dynamic");
	if (p->state == PRICE_FREE)
		return STR("free");
	amount = is_small(p->meter) ? cmd_per_million(p->amount, a) : p->amount;
	return arena_printf(a, "%.*s %.*s/%s", STR_FMT(amount), STR_FMT(p->currency),
			    is_small(p->meter) ? "1M" : meters[p->meter].unit);
}

static struct str condition_text_or_dash(const struct price *p)
{
	return p && p->condition.n > 0 ? p->condition : STR("-");
}

static void add_cell(struct buf *out, struct str s, int width)
{
	size_t before = out->n;

	cmd_add_text(out, s);
	buf_printf(out, "%*s",
		   before + (size_t)width > out->n ? (int)(before + (size_t)width - out->n) : 0,
		   "");
	buf_add_char(out, ' ');
}

static void add_heading(struct buf *out, const struct quote *q, int64_t at_ms, struct arena *a)
{
	cmd_add_text(out, q->past.provider);
	buf_add_char(out, ' ');
	cmd_add_text(out, q->past.provider_model_id);
	buf_printf(out, " at %.*s", STR_FMT(instant_text(at_ms, a)));
	if (q->state && at_ms > q->state->last_ms)
		buf_printf(out, ", by the list of %.*s",
			   STR_FMT(instant_text(q->state->last_ms, a)));
	buf_add_char(out, '\n');
	if (!q->absence)
		return;
	buf_printf(out, "Not listed from %.*s", STR_FMT(instant_text(q->absence->from_ms, a)));
	if (q->absence->to_ms == CLOCK_NONE)
		buf_printf(out, " on");
	else
		buf_printf(out, " to %.*s", STR_FMT(instant_text(q->absence->to_ms, a)));
	buf_printf(out, "; what follows are its last prices.\n");
}

/* "1.25 USD", "free", "dynamic", "unpublished" */
static struct str line_amount(const struct bill_line *line, struct arena *a)
{
	if (line->state != BILL_PRICED)
		return str_of(bill_state_names[line->state]);
	return arena_printf(a, "%.*s %.*s", STR_FMT(dec_text(&line->amount, a)),
			    STR_FMT(line->price->currency));
}

/* Why the price of a line is implausible, or absent. */
static struct str suspect_of(const struct quote *q, const struct bill_line *line)
{
	return line->price ? q->rows[line->price - q->prices]->suspect : STR_NONE;
}

static void add_line(struct buf *out, const struct quote *q, const struct bill_line *line,
		     struct arena *a)
{
	add_cell(out, str_of(meters[line->meter].name), 20);
	buf_printf(out, "%12" PRIu64 "  ", line->count);
	add_cell(out, condition_text_or_dash(line->price), 20);
	add_cell(out, price_text(line->price, a), 20);
	add_cell(out, line_amount(line, a), 20);
	cmd_add_text(out, bill_why(&q->bill, line, q->prices, q->n, a));
	if (!str_is_none(suspect_of(q, line))) {
		buf_printf(out, "; suspect: ");
		cmd_add_text(out, suspect_of(q, line));
	}
	buf_add_char(out, '\n');
}

static bool has_amount(const struct bill *b)
{
	return b->state == BILL_PRICED || b->state == BILL_FREE || b->state == BILL_IN_PART;
}

/* Meters of lines without an amount, "output_token, web_search". */
static struct str not_in_total(const struct bill *b, struct arena *a)
{
	struct str list = STR_NONE;

	for (size_t i = 0; i < b->n; i++) {
		const char *name = meters[b->lines[i].meter].name;

		if (b->lines[i].state == BILL_PRICED || b->lines[i].state == BILL_FREE)
			continue;
		list = str_is_none(list) ? str_of(name)
					 : arena_printf(a, "%.*s, %s", STR_FMT(list), name);
	}
	return list;
}

static void add_total(struct buf *out, const struct bill *b, struct arena *a)
{
	buf_printf(out, "TOTAL ");
	if (!has_amount(b)) {
		buf_printf(out, "none: %s\n", bill_state_names[b->state]);
		return;
	}
	buf_printf(out, "%.*s", STR_FMT(dec_text(&b->amount, a)));
	if (!str_is_none(b->currency))
		buf_printf(out, " %.*s", STR_FMT(b->currency));
	if (b->state == BILL_IN_PART)
		buf_printf(out, " in part, without %.*s", STR_FMT(not_in_total(b, a)));
	buf_add_char(out, '\n');
}

/* Who counts tokens alone may not know of it. */
static void add_uncounted_fee(struct buf *out, const struct quote *q, struct arena *a)
{
	const struct price *fee =
		bill_price(q->prices, q->n, METER_REQUEST, &q->bill.request, NULL);

	if (counts[METER_REQUEST] || !fee || fee->state == PRICE_FREE)
		return;
	buf_printf(out, "Not counted: %.*s; --requests 1 does.\n", STR_FMT(price_text(fee, a)));
}

static void add_bill(struct buf *out, const struct quote *q, struct arena *a)
{
	buf_printf(out, "\n%-20s %12s  %-20s %-20s %-20s %s\n", "METER", "COUNT", "CONDITION",
		   "PRICE", "AMOUNT", "WHY");
	for (size_t i = 0; i < q->bill.n; i++)
		add_line(out, q, &q->bill.lines[i], a);
	add_total(out, &q->bill, a);
	add_uncounted_fee(out, q, a);
}

/* Who says so: the token as it stood there, of which unit, in which list and where. */
static void add_source(struct buf *out, const struct store_past_price *row, struct arena *a)
{
	const struct price *p = &row->price;

	buf_add_char(out, '"');
	cmd_add_text(out, p->raw);
	buf_printf(out, "\" in %.*s at ", STR_FMT(p->unit));
	cmd_add_text(out, p->source);
	if (p->valid_from_ms != CLOCK_NONE)
		buf_printf(out, "  valid from %.*s", STR_FMT(instant_text(p->valid_from_ms, a)));
	if (p->valid_to_ms != CLOCK_NONE)
		buf_printf(out, "  valid to %.*s", STR_FMT(instant_text(p->valid_to_ms, a)));
	if (!str_is_none(row->suspect)) {
		buf_printf(out, "  suspect: ");
		cmd_add_text(out, row->suspect);
	}
	buf_add_char(out, '\n');
}

static void add_prices(struct buf *out, const struct quote *q, struct arena *a)
{
	if (q->n == 0) {
		buf_printf(out, "No price was published.\n");
		return;
	}
	buf_printf(out, "%-20s %-20s %-20s %-24s %-24s %s\n", "METER", "CONDITION", "PRICE",
		   "SEEN FROM", "SEEN TO", "PUBLISHED AS");
	for (size_t i = 0; i < q->n; i++) {
		add_cell(out, str_of(meters[q->prices[i].meter].name), 20);
		add_cell(out, condition_text_or_dash(&q->prices[i]), 20);
		add_cell(out, price_text(&q->prices[i], a), 20);
		add_cell(out, instant_text(q->rows[i]->from_ms, a), 24);
		add_cell(out, instant_text(q->rows[i]->to_ms, a), 24);
		add_source(out, q->rows[i], a);
	}
}

static void print_text(struct buf *out, const struct quote *q, const struct bill_use *use)
{
	ARENA_AUTO(a);

	add_heading(out, q, use->at_ms, &a);
	if (q->bill.n > 0)
		add_bill(out, q, &a);
	buf_add_char(out, '\n');
	add_prices(out, q, &a);
}

/* ---- JSON ---- */

static void json_count(struct json_writer *w, const char *key, uint64_t n, struct arena *a)
{
	json_add_str(w, key, arena_printf(a, "%" PRIu64, n));
}

static void json_line(struct json_writer *w, const struct quote *q, const struct bill_line *line,
		      struct arena *a)
{
	const struct price *p = line->price;
	bool known = line->state == BILL_PRICED || line->state == BILL_FREE;

	json_open(w, '{');
	json_add_str(w, "meter", str_of(meters[line->meter].name));
	json_count(w, "count", line->count, a);
	json_add_str(w, "state", str_of(bill_state_names[line->state]));
	json_add_str(w, "charged_as", p ? str_of(meters[p->meter].name) : STR_NONE);
	json_add_str(w, "condition", p ? p->condition : STR_NONE);
	json_add_str(w, "price", p ? p->amount : STR_NONE);
	json_add_str(w, "amount", known ? dec_text(&line->amount, a) : STR_NONE);
	json_add_str(w, "currency", p ? p->currency : STR_NONE);
	json_add_str(w, "suspect", suspect_of(q, line));
	json_add_str(w, "why", bill_why(&q->bill, line, q->prices, q->n, a));
	json_close(w, '}');
}

static void json_bill(struct json_writer *w, const struct quote *q, struct arena *a)
{
	const struct bill *b = &q->bill;

	json_key(w, "bill");
	if (b->n == 0) {
		json_put_raw(w, STR_NONE);
		return;
	}
	json_open(w, '{');
	json_add_str(w, "state", str_of(bill_state_names[b->state]));
	json_add_str(w, "amount", has_amount(b) ? dec_text(&b->amount, a) : STR_NONE);
	json_add_str(w, "currency", b->currency);
	json_count(w, "input_tokens", b->request.input_tokens, a);
	json_add_str(w, "service", b->request.service);
	json_add_str(w, "cache_ttl", b->request.ttl);
	json_key(w, "lines");
	json_open(w, '[');
	for (size_t i = 0; i < b->n; i++)
		json_line(w, q, &b->lines[i], a);
	json_close(w, ']');
	json_close(w, '}');
}

static void json_price(struct json_writer *w, const struct store_past_price *row)
{
	const struct price *p = &row->price;

	json_open(w, '{');
	json_add_str(w, "meter", str_of(meters[p->meter].name));
	json_add_str(w, "condition", p->condition);
	json_add_str(w, "state", str_of(price_state_names[p->state]));
	json_add_str(w, "amount", p->amount);
	json_add_str(w, "currency", p->currency);
	json_add_str(w, "raw", p->raw);
	json_add_str(w, "unit", p->unit);
	json_add_str(w, "source", p->source);
	json_add_instant(w, "seen_from", row->from_ms);
	json_add_instant(w, "seen_to", row->to_ms);
	json_add_instant(w, "valid_from", p->valid_from_ms);
	json_add_instant(w, "valid_to", p->valid_to_ms);
	json_add_str(w, "suspect", row->suspect);
	json_close(w, '}');
}

static void json_state(struct json_writer *w, const struct quote *q)
{
	char hex[HASH_TEXT_MAX];

	json_add_str(w, "snapshot", q->state ? str_of(hash_text(&q->state->hash, hex)) : STR_NONE);
	json_add_instant(w, "list_of", q->state ? q->state->last_ms : CLOCK_NONE);
}

static void print_json(struct buf *out, const struct quote *q, const struct bill_use *use)
{
	struct json_writer w = { .out = out };
	ARENA_AUTO(a);

	json_open(&w, '{');
	json_add_str(&w, "provider", q->past.provider);
	json_add_str(&w, "provider_model_id", q->past.provider_model_id);
	json_add_instant(&w, "at", use->at_ms);
	json_add_bool(&w, "listed", !q->absence);
	json_add_instant(&w, "first_seen", q->first_seen_ms);
	json_add_instant(&w, "absent_from", q->absence ? q->absence->from_ms : CLOCK_NONE);
	json_add_instant(&w, "absent_to", q->absence ? q->absence->to_ms : CLOCK_NONE);
	json_state(&w, q);
	json_bill(&w, q, &a);
	json_key(&w, "prices");
	json_open(&w, '[');
	for (size_t i = 0; i < q->n; i++)
		json_price(&w, q->rows[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_add_char(out, '\n');
}

/* ---- the run ---- */

static enum cmd_exit run(struct cmd_context *c)
{
	struct quote_query q = { 0 };
	struct quote quote;
	struct store *s;
	struct err e;
	bool ok;

	if (!read_query(c, &q, &e) || !cmd_open_store(c, STORE_READ, &s, &e))
		return cmd_fail(&e);
	ok = cmd_check_slug(c, s, q.provider, &e) && quote_find(s, &q, c->arena, &quote, &e);
	store_close(s);
	if (!ok)
		return cmd_fail(&e);
	(json ? print_json : print_text)(c->out, &quote, &q.use);
	return CMD_DONE;
}

const struct cmd cmd_price = {
	.name = "price",
	.run = run,
	.needs = NEEDS_WORDS | NEEDS_REGISTRY,
	.synopsis = "MODEL --provider SLUG [OPTIONS]",
	.summary = "show what a model cost at an instant, under which condition, and who says so",
	.options = options,
	.notes =
		"MODEL is the provider's id.  Without counts the prices of that instant are shown with\n"
		"their conditions; with some, what ONE request cost that used so much, exactly.\n"
		"\n"
		"A threshold ([>N]) asks for all input tokens of the request, from a cache or not, and\n"
		"prices every token of its meter; hours are in UTC; [batch] and the like count when asked\n"
		"for.  Of several that hold, that with more terms applies, then the higher threshold.\n"
		"Tokens of a cache that have no price cost that of input, reasoning that of output; what\n"
		"has none is unpublished, and the total is one in part.  doc/prices.md says all of it.\n"
		"\n"
		"Meters of --count: audio_second, cache_write_token, cached_audio_token,\n"
		"cached_input_token, compute_second, image_pixel_step, input_audio_token,\n"
		"input_character, input_image, input_image_token, input_token, output_audio_second,\n"
		"output_audio_token, output_character, output_image, output_image_token,\n"
		"output_megapixel, output_second, output_token, output_video, reasoning_token, request,\n"
		"video_frame, video_second, web_search.\n"
		"\n"
		"--json: {provider, provider_model_id, at, listed, first_seen, absent_from, absent_to,\n"
		"snapshot, list_of, bill: {state, amount, currency, input_tokens, service, cache_ttl,\n"
		"lines: [{meter, count, state, charged_as, condition, price, amount, currency, suspect,\n"
		"why}]},\n"
		"prices: [{meter, condition, state, amount, currency, raw, unit, source, seen_from,\n"
		"seen_to, valid_from, valid_to, suspect}]}; amounts and counts are exact decimals in\n"
		"strings, prices per ONE unit; bill is null without counts; state of a bill: priced,\n"
		"free, in part, dynamic, unpublished, two currencies, too large.\n",
};
