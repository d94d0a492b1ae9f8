#include "core/bill.h"

const char *const bill_state_names[7] = {
	"priced", "free", "dynamic", "unpublished", "too large", "in part", "two currencies",
};

/* What goes into a model as tokens, from a cache or not. */
static const enum meter input_meters[] = {
	METER_INPUT_TOKEN,       METER_CACHED_INPUT_TOKEN, METER_CACHE_WRITE_TOKEN,
	METER_INPUT_AUDIO_TOKEN, METER_CACHED_AUDIO_TOKEN, METER_INPUT_IMAGE_TOKEN,
};

/* Charged as another where there is no price of its own. */
static const struct {
	enum meter meter, as;
} substitutes[] = {
	{ METER_CACHED_INPUT_TOKEN, METER_INPUT_TOKEN },
	{ METER_CACHE_WRITE_TOKEN, METER_INPUT_TOKEN },
	{ METER_REASONING_TOKEN, METER_OUTPUT_TOKEN },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

uint64_t bill_input_tokens(const struct bill_use *use)
{
	uint64_t n = 0;

	for (size_t i = 0; i < LENGTH(input_meters); i++)
		n += use->counts[input_meters[i]];
	return n;
}

static struct condition_case request_of(const struct bill_use *use)
{
	return (struct condition_case){
		.at_ms = use->at_ms,
		.input_tokens = bill_input_tokens(use),
		.service = use->service,
		.ttl = use->ttl,
	};
}

/* ---- which price applies ---- */

/* As the provider states it. */
static bool is_valid(const struct price *p, int64_t at_ms)
{
	if (at_ms == CLOCK_NONE)
		return true;
	return (p->valid_from_ms == CLOCK_NONE || p->valid_from_ms <= at_ms) &&
	       (p->valid_to_ms == CLOCK_NONE || at_ms < p->valid_to_ms);
}

const struct price *bill_price(const struct price *prices, size_t n, enum meter meter,
			       const struct condition_case *request, const struct price **ret_rival)
{
	const struct price *best = NULL, *rival = NULL;
	struct condition_fit best_fit = { 0 }, fit;

	for (size_t i = 0; i < n; i++) {
		int order;

		if (prices[i].meter != meter || !is_valid(&prices[i], request->at_ms) ||
		    !condition_holds(prices[i].condition, request, &fit))
			continue;
		order = best ? condition_fit_cmp(&fit, &best_fit) : 1;
		if (order > 0) {
			best = &prices[i];
			best_fit = fit;
			rival = NULL;
		} else if (order == 0 && !rival) {
			rival = &prices[i];
		}
	}
	if (ret_rival)
		*ret_rival = rival;
	return best;
}

/* Would one apply if the time to live were stated? */
static bool needs_ttl(const struct price *prices, size_t n, enum meter meter,
		      struct condition_case request)
{
	if (request.ttl.n > 0)
		return false;
	request.any_ttl = true;
	return bill_price(prices, n, meter, &request, NULL) != NULL;
}

static const struct price *substitute(const struct price *prices, size_t n, enum meter meter,
				      const struct condition_case *request,
				      const struct price **ret_rival)
{
	for (size_t i = 0; i < LENGTH(substitutes); i++)
		if (substitutes[i].meter == meter)
			return bill_price(prices, n, substitutes[i].as, request, ret_rival);
	return NULL;
}

/* ---- a line ---- */

static enum bill_state charge(struct bill_line *line)
{
	struct dec amount, count;
	struct err ignored;

	if (!line->price)
		return BILL_UNPUBLISHED;
	if (line->price->state == PRICE_DYNAMIC)
		return BILL_DYNAMIC;
	if (line->price->state == PRICE_FREE)
		return BILL_FREE;
	dec_from_u64(line->count, &count);
	if (!dec_parse(line->price->amount, &amount, &ignored) ||
	    !dec_mul(&amount, &count, &amount, &ignored))
		return BILL_TOO_LARGE;
	line->amount = amount;
	return BILL_PRICED;
}

static struct bill_line line_of(const struct price *prices, size_t n, enum meter meter,
				uint64_t count, const struct condition_case *request)
{
	struct bill_line line = { .meter = meter, .count = count };

	line.price = bill_price(prices, n, meter, request, &line.rival);
	if (!line.price) {
		line.needs_ttl = needs_ttl(prices, n, meter, *request);
		if (!line.needs_ttl)
			line.price = substitute(prices, n, meter, request, &line.rival);
	}
	line.state = charge(&line);
	return line;
}

/* ---- the total ---- */

static bool has_state(const struct bill *b, enum bill_state state)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->lines[i].state == state)
			return true;
	return false;
}

/* Adds what costs something.  Priced, or why there is no sum. */
static enum bill_state add_up(struct bill *b)
{
	struct err ignored;

	for (size_t i = 0; i < b->n; i++) {
		const struct bill_line *line = &b->lines[i];

		if (line->state != BILL_PRICED)
			continue;
		if (!str_is_none(b->currency) && !str_eq(b->currency, line->price->currency))
			return BILL_MIXED;
		b->currency = line->price->currency;
		if (!dec_add(&b->amount, &line->amount, &b->amount, &ignored))
			return BILL_TOO_LARGE;
	}
	return BILL_PRICED;
}

static enum bill_state total_state(const struct bill *b)
{
	bool known = has_state(b, BILL_PRICED) || has_state(b, BILL_FREE);
	bool dynamic = has_state(b, BILL_DYNAMIC), large = has_state(b, BILL_TOO_LARGE);

	if (known && (dynamic || large || has_state(b, BILL_UNPUBLISHED)))
		return BILL_IN_PART;
	if (known)
		return has_state(b, BILL_PRICED) ? BILL_PRICED : BILL_FREE;
	return dynamic ? BILL_DYNAMIC : large ? BILL_TOO_LARGE : BILL_UNPUBLISHED;
}

static void set_total(struct bill *b)
{
	static const struct dec zero = { 0 };

	b->state = add_up(b);
	if (b->state == BILL_PRICED) {
		b->state = total_state(b);
		return;
	}
	b->amount = zero;
	b->currency = STR_NONE;
}

struct bill bill_of(const struct price *prices, size_t n, const struct bill_use *use)
{
	struct bill b = { .request = request_of(use) };

	for (int m = 0; m < METER_COUNT; m++)
		if (use->counts[m])
			b.lines[b.n++] =
				line_of(prices, n, (enum meter)m, use->counts[m], &b.request);
	set_total(&b);
	return b;
}

/* ---- why ---- */

static void add(struct str *why, struct str more, struct arena *a)
{
	*why = str_is_none(*why) ? more
				 : arena_printf(a, "%.*s; %.*s", STR_FMT(*why), STR_FMT(more));
}

/* The conditions of a meter's prices but those of one, "[batch], [>200000]"; absent: there are none. */
static struct str conditions_but(const struct price *prices, size_t n, enum meter meter,
				 const struct price *but, struct arena *a)
{
	struct str list = STR_NONE;

	for (size_t i = 0; i < n; i++) {
		struct str is = prices[i].condition;

		if (prices[i].meter != meter || &prices[i] == but || is.n == 0)
			continue;
		list = str_is_none(list)
			       ? is
			       : arena_printf(a, "%.*s, %.*s", STR_FMT(list), STR_FMT(is));
	}
	return list;
}

static bool has_term(struct str condition, struct str tag, struct arena *a)
{
	struct condition c = { .n = 0 };
	struct err ignored;

	if (!condition_add_text(&c, a, condition, &ignored))
		return false;
	for (size_t i = 0; i < c.n; i++)
		if (str_eq(c.term[i], tag))
			return true;
	return false;
}

static bool has_any(const struct price *prices, size_t n, enum meter meter)
{
	for (size_t i = 0; i < n; i++)
		if (prices[i].meter == meter)
			return true;
	return false;
}

static struct str why_unpublished(const struct bill_line *line, struct str others, bool is_listed,
				  struct arena *a)
{
	const char *name = meters[line->meter].name;

	if (line->needs_ttl)
		return arena_printf(a, "%s has a price by the time to live alone: %.*s", name,
				    STR_FMT(others));
	if (!str_is_none(others))
		return arena_printf(a, "%s has a price under %.*s alone", name, STR_FMT(others));
	return arena_printf(a, "%s has no %s price", name, is_listed ? "valid" : "published");
}

struct str bill_why(const struct bill *b, const struct bill_line *line, const struct price *prices,
		    size_t n, struct arena *a)
{
	const struct price *p = line->price;
	struct str why = STR_NONE, others;

	if (!p) {
		others = conditions_but(prices, n, line->meter, NULL, a);
		return why_unpublished(line, others, has_any(prices, n, line->meter), a);
	}
	others = conditions_but(prices, n, p->meter, p, a);
	if (p->meter != line->meter)
		add(&why,
		    arena_printf(a, "no price of %s applies, so charged as %s",
				 meters[line->meter].name, meters[p->meter].name),
		    a);
	if (b->request.service.n > 0 && !has_term(p->condition, b->request.service, a) &&
	    !(line->rival && has_term(line->rival->condition, b->request.service, a)))
		add(&why, arena_printf(a, "no price for [%.*s]", STR_FMT(b->request.service)), a);
	if (p->condition.n > 0)
		add(&why, condition_why(p->condition, &b->request, a), a);
	else if (str_is_none(others))
		add(&why, STR("its one price"), a);
	else
		add(&why, arena_printf(a, "of %.*s none applies", STR_FMT(others)), a);
	if (line->rival)
		add(&why,
		    arena_printf(a, "%.*s applies with the same right",
				 STR_FMT(line->rival->condition)),
		    a);
	return why;
}
