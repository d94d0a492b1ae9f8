/* SPDX-License-Identifier: MIT */
#include "history_market.h"

#include "base/fingerprint.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t market_below(struct market *m, uint64_t n)
{
	uint64_t z = m->random += 0x9e3779b97f4a7c15;

	assert(n > 0);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % n;
}

static bool chance(struct market *m, uint64_t percent)
{
	return market_below(m, 100) < percent;
}

#define PICK(m, words) (words)[market_below(m, sizeof(words) / sizeof((words)[0]))]

/* ---- one model ---- */

static const char *const vendors[] = { "acme-labs", "northwind", "quartz", "meridian-ai",
				       "beryl",     "openfjord", "zephyr", "kitebird" };
static const char *const families[] = { "Granite", "Lumen", "Heron", "Basalt", "Sable", "Onyx" };
static const char *const sorts[] = { "instruct", "chat", "coder", "thinking", "vl", "base" };
static const char *const contexts[] = { "8192", "32768", "131072", "200000", "1048576" };

/* In the order of prices. */
static const struct {
	enum meter meter;
	const char *condition, *source;
	unsigned percent; /* of the models have it: four prices on average */
} kinds[OFFER_PRICES] = {
	{ METER_CACHE_WRITE_TOKEN, "", "models#/pricing/cache_write", 30 },
	{ METER_CACHED_INPUT_TOKEN, "", "models#/pricing/cache_read", 80 },
	{ METER_INPUT_TOKEN, "", "models#/pricing/input", 100 },
	{ METER_INPUT_TOKEN, "[batch]", "models#/pricing/batch/input", 45 },
	{ METER_OUTPUT_TOKEN, "", "models#/pricing/output", 100 },
	{ METER_OUTPUT_TOKEN, "[batch]", "models#/pricing/batch/output", 45 },
};

static struct str dollars(struct market *m, uint32_t units, int decimals)
{
	char text[32];
	uint32_t whole = 1;
	int n;

	for (int i = 0; i < decimals; i++)
		whole *= 10;
	n = snprintf(text, sizeof(text), "%u.%0*u", units / whole, decimals, units % whole);
	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	return arena_str(&m->arena, (struct str){ text, (size_t)n });
}

static void set_price(struct market *m, struct offer *o, size_t i, uint32_t milli)
{
	o->before[i] = o->milli[i];
	o->milli[i] = milli;
	o->prices[i].amount = dollars(m, milli, 9);
	o->prices[i].raw = dollars(m, milli, 3);
}

static void set_prices(struct market *m, struct offer *o)
{
	size_t n = 0;

	for (size_t k = 0; k < OFFER_PRICES; k++) {
		if (!chance(m, kinds[k].percent))
			continue;
		o->prices[n] = (struct price){ .meter = kinds[k].meter,
					       .state = PRICE_PRICED,
					       .condition = str_of(kinds[k].condition),
					       .currency = STR("USD"),
					       .unit = STR("USD per 1M tokens"),
					       .source = str_of(kinds[k].source),
					       .valid_from_ms = CLOCK_NONE,
					       .valid_to_ms = CLOCK_NONE };
		set_price(m, o, n, 20 + (uint32_t)market_below(m, 20000));
		o->before[n] = o->milli[n];
		n++;
	}
	o->model.prices = o->prices;
	o->model.n_prices = n;
}

static void render(struct market *m, struct offer *o)
{
	BUF_AUTO(line, 1 << 20);

	snapshot_add_model(&line, &o->model);
	o->line = arena_str(&m->arena, buf_str(&line));
	fingerprint_bytes(line.at, line.n, &o->content);
}

static struct str filler(struct market *m, const char *begin, size_t n, const char *end)
{
	BUF_AUTO(out, 4096);

	buf_printf(&out, "%s", begin);
	while (out.n < n)
		buf_printf(&out, "%s%s %s", out.n == strlen(begin) ? "" : ", ", PICK(m, families),
			   PICK(m, sorts));
	buf_printf(&out, "%s", end);
	return arena_str(&m->arena, buf_str(&out));
}

static struct offer *make_offer(struct market *m, bool is_priced)
{
	struct offer *o = arena_new(&m->arena, struct offer);
	const char *vendor = PICK(m, vendors), *family = PICK(m, families), *sort = PICK(m, sorts);
	unsigned size = 1 + (unsigned)market_below(m, 400);
	size_t number = m->n_offers++;

	o->model = (struct model){
		.id = arena_printf(&m->arena, "%s/%s-%ub-%s-%05zu", vendor, family, size, sort,
				   number),
		.name = arena_printf(&m->arena, "%s %uB %s %05zu", family, size, sort, number),
		.context_length = strtol(PICK(m, contexts), NULL, 10),
		.max_output_tokens = chance(m, 60) ? 16384 : MODEL_NO_COUNT,
		.modality = chance(m, 80) ? STR("text->text") : STR("text+image->text"),
		.deprecated_at_ms = CLOCK_NONE,
		.created_ms = CLOCK_NONE,
		.description =
			chance(m, 15) ? filler(m, "", 40 + market_below(m, 240), ".") : STR_NONE,
		.architecture = STR("Transformer"),
		.metadata = filler(m, "{\"tags\":\"", 45 + market_below(m, 200), "\"}"),
	};
	capabilities_set(&o->model.capabilities, CAP_FUNCTION_CALLING, chance(m, 70));
	capabilities_set(&o->model.capabilities, CAP_REASONING, chance(m, 40));
	capabilities_set(&o->model.capabilities, CAP_STREAMING, true);
	if (chance(m, 60))
		o->canonical_id =
			arena_printf(&m->arena, "%s/%s-%ub-%s", vendor, family, size, sort);
	o->canonical_evidence =
		arena_printf(&m->arena, "hugging face id \"%s/%s-%ub\"", vendor, family, size);
	if (is_priced)
		set_prices(m, o);
	m->n_listed++;
	o->listed = true;
	o->touched_at_ms = CLOCK_NONE;
	render(m, o);
	return o;
}

/* ---- who sells it ---- */

static size_t place_of(const struct seller *s, struct str id)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (str_cmp(s->offers[mid]->model.id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void add_offer(struct seller *s, struct offer *o)
{
	size_t at = place_of(s, o->model.id);

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->offers = reallocarray(s->offers, s->room, sizeof(struct offer *));
		if (!s->offers)
			abort();
	}
	memmove(&s->offers[at + 1], &s->offers[at], (s->n - at) * sizeof(struct offer *));
	s->offers[at] = o;
	s->n++;
}

/* How many models each of the real ones lists. */
static const unsigned sizes[] = { 19420, 1252, 710, 468, 372, 371, 335, 300, 265, 262, 177, 127,
				  116,   88,   82,  79,  79,  72,  53,  49,  42,  35,  35,  30,
				  29,    22,   18,  13,  13,  11,  9,   9,   5,   4,   4,   4 };

void market_open(struct market *m, uint64_t seed, size_t sellers, size_t offers)
{
	enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
	size_t all = 0;

	*m = (struct market){ .random = seed, .n_sellers = sellers < SIZES ? sellers : SIZES };
	m->sellers = arena_array(&m->arena, m->n_sellers, struct seller);
	for (size_t i = 0; i < m->n_sellers; i++)
		all += sizes[i];
	for (size_t i = 0; i < m->n_sellers; i++) {
		struct seller *s = &m->sellers[i];

		s->slug = arena_printf(&m->arena, "gateway-%02zu", i + 1);
		s->is_priced = i > 0;
		for (size_t n = (sizes[i] * offers + all / 2) / all; n > 0; n--)
			add_offer(s, make_offer(m, s->is_priced));
	}
}

void market_close(struct market *m)
{
	for (size_t i = 0; i < m->n_sellers; i++)
		free(m->sellers[i].offers);
	free(m->later);
	arena_release(&m->arena);
}

/* ---- what moves ---- */

static const struct {
	enum move_kind kind;
	unsigned percent;
} frequencies[] = { { MOVE_PRICE, 76 },
		    { MOVE_CONTEXT, 8 },
		    { MOVE_CAPABILITY, 4 },
		    { MOVE_GO, 6 },
		    { MOVE_ADD, 6 } };

static enum move_kind any_kind(struct market *m)
{
	unsigned at = (unsigned)market_below(m, 100);

	for (size_t i = 0; i < sizeof(frequencies) / sizeof(frequencies[0]); i++) {
		if (at < frequencies[i].percent)
			return frequencies[i].kind;
		at -= frequencies[i].percent;
	}
	return MOVE_PRICE;
}

/* Sellers by the number of their models. */
static size_t weight(const struct seller *s, enum move_kind kind)
{
	return kind == MOVE_PRICE && !s->is_priced ? 0 : s->n;
}

static struct seller *any_seller(struct market *m, enum move_kind kind)
{
	size_t all = 0, at;

	for (size_t i = 0; i < m->n_sellers; i++)
		all += weight(&m->sellers[i], kind);
	at = market_below(m, all);
	for (size_t i = 0;; i++) {
		if (at < weight(&m->sellers[i], kind))
			return &m->sellers[i];
		at -= weight(&m->sellers[i], kind);
	}
}

/* What a seller moves in one edit of his list: three models on average, in the same way. */
static size_t any_moves(struct market *m, int64_t from_ms, struct move *ret, size_t room)
{
	struct move move = { .at_ms = from_ms + (int64_t)market_below(m, MARKET_DAY_MS) };
	size_t n = 0;

	move.kind = any_kind(m);
	move.seller = any_seller(m, move.kind);
	do {
		if (move.kind != MOVE_ADD)
			move.offer = move.seller->offers[market_below(m, move.seller->n)];
		if (move.kind == MOVE_ADD || move.offer->listed)
			ret[n++] = move;
	} while (n < room && market_below(m, 3) != 0);
	return n;
}

static void plan(struct market *m, const struct move *first, enum move_kind kind, int64_t later_ms)
{
	if (m->n_later == m->later_room) {
		m->later_room = m->later_room ? 2 * m->later_room : 256;
		m->later = reallocarray(m->later, m->later_room, sizeof(*m->later));
		if (!m->later)
			abort();
	}
	m->later[m->n_later++] = (struct move){ .at_ms = first->at_ms + later_ms,
						.seller = first->seller,
						.offer = first->offer,
						.kind = kind };
}

static int by_time(const void *a, const void *b)
{
	const struct move *x = a, *y = b;

	return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

static size_t take_due(struct market *m, int64_t until_ms, struct move *ret)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < m->n_later; i++) {
		if (m->later[i].at_ms < until_ms)
			ret[n++] = m->later[i];
		else
			m->later[kept++] = m->later[i];
	}
	m->n_later = kept;
	return n;
}

struct move *market_day(struct market *m, int64_t from_ms, size_t *ret_n)
{
	static struct move *moves;
	size_t wanted = m->n_listed / 100, n;

	moves = reallocarray(moves, wanted + 2 * m->n_later + 1, sizeof(*moves));
	if (!moves)
		abort();
	n = take_due(m, from_ms + MARKET_DAY_MS, moves);
	for (size_t i = 0; i < n; i++)
		wanted += moves[i].kind == MOVE_REMOVED;
	while (n < wanted)
		n += any_moves(m, from_ms, moves + n, wanted - n);
	qsort(moves, n, sizeof(*moves), by_time);
	*ret_n = n;
	return moves;
}

/* Half of the moves are of one price, half of input and output alike. */
static void reprice(struct market *m, struct offer *o)
{
	uint32_t percent = 60 + (uint32_t)market_below(m, 90);
	size_t one = market_below(m, o->model.n_prices);
	bool both = chance(m, 50);

	for (size_t i = 0; i < o->model.n_prices; i++) {
		bool plain =
			o->prices[i].condition.n == 0 && (o->prices[i].meter == METER_INPUT_TOKEN ||
							  o->prices[i].meter == METER_OUTPUT_TOKEN);
		uint32_t milli = o->milli[i] * percent / 100 + 1;

		if (both ? plain : i == one)
			set_price(m, o, i, milli == o->milli[i] ? milli + 1 : milli);
	}
}

static bool go_back(struct market *m, struct offer *o)
{
	bool any = false;

	for (size_t i = 0; i < o->model.n_prices; i++)
		if (o->before[i] != o->milli[i]) {
			set_price(m, o, i, o->before[i]);
			any = true;
		}
	return any;
}

static bool move_listed(struct market *m, struct move *move)
{
	struct offer *o = move->offer;

	switch (move->kind) {
	case MOVE_PRICE:
		reprice(m, o);
		if (chance(m, 15))
			plan(m, move, MOVE_REVERT, (1 + (int64_t)market_below(m, 96)) * 3600000);
		return true;
	case MOVE_REVERT:
		return go_back(m, o);
	case MOVE_CONTEXT:
		o->model.context_length = o->model.context_length == 131072 ? 262144 : 131072;
		return true;
	case MOVE_CAPABILITY:
		capabilities_set(&o->model.capabilities, CAP_VISION,
				 capabilities_get(o->model.capabilities, CAP_VISION) != 1);
		return true;
	default:
		return false;
	}
}

static bool go(struct market *m, struct move *move)
{
	move->offer->listed = false;
	m->n_listed--;
	if (chance(m, 17))
		plan(m, move, MOVE_RETURN, (1 + (int64_t)market_below(m, 240)) * 3600000);
	plan(m, move, MOVE_REMOVED, 73LL * 3600000);
	return true;
}

static bool do_move(struct market *m, struct move *move)
{
	assert(move->offer || move->kind == MOVE_ADD);
	switch (move->kind) {
	case MOVE_GO:
		return move->offer->listed && go(m, move);
	case MOVE_REMOVED:
		return !move->offer->listed;
	case MOVE_RETURN:
		m->n_listed++;
		move->offer->listed = true;
		return true;
	case MOVE_ADD:
		move->offer = make_offer(m, move->seller->is_priced);
		add_offer(move->seller, move->offer);
		return true;
	default:
		return move->offer->listed && move_listed(m, move);
	}
}

bool market_move(struct market *m, struct move *move)
{
	if (move->offer && move->offer->touched_at_ms == move->at_ms)
		return false;
	if (!do_move(m, move))
		return false;
	move->offer->touched_at_ms = move->at_ms;
	render(m, move->offer);
	return true;
}

/* ---- its name ---- */

void market_name(const struct seller *s, struct hash *ret)
{
	struct hasher *h = hasher_create();
	const char *separator = "\n";
	BUF_AUTO(head, 1024);

	buf_printf(&head, "{\"assay\":1,\"provider\":\"%.*s\",\"models\":[", STR_FMT(s->slug));
	hasher_add(h, head.at, head.n);
	for (size_t i = 0; i < s->n; i++) {
		if (!s->offers[i]->listed)
			continue;
		hasher_add(h, separator, strlen(separator));
		hasher_add(h, s->offers[i]->line.at, s->offers[i]->line.n);
		separator = ",\n";
	}
	hasher_add(h, "\n]}\n", 4);
	hasher_end(h, ret);
	hasher_destroy(h);
}

void market_count(const struct seller *s, uint64_t *ret_models, uint64_t *ret_prices)
{
	*ret_models = *ret_prices = 0;
	for (size_t i = 0; i < s->n; i++) {
		*ret_models += s->offers[i]->listed;
		*ret_prices += s->offers[i]->listed ? s->offers[i]->model.n_prices : 0;
	}
}
