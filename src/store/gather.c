#include "store/gather.h"

#include <stdlib.h>

enum { BEFORE, AFTER, SIDES };

/* All that came of one model. */
struct piece {
	int64_t id; /* models.id */
	struct model *version[SIDES];
	struct price *prices[SIDES];
	uint32_t n_prices[SIDES];
	bool absent[SIDES];
};

/* A price before it is known how many its model has; what is not tracked is not there. */
struct loose {
	uint32_t piece;
	unsigned char side;
	struct gather_price price;
};

struct name {
	const struct piece *piece; /* good once all rows were read */
	struct str slug, id;
};

struct gather {
	struct arena *a;
	struct gather_instants at;
	struct piece *pieces; /* in the order they came */
	size_t n_pieces, pieces_room;
	uint32_t *places; /* a hash table: of a piece its number, counted from 1; 0 is free */
	unsigned bits;    /* 2^bits places, at most half of them taken */
	struct loose *loose;
	size_t n_loose, loose_room;
	struct name *names;
	size_t n_names;
	struct str slug, words[8];
};

/* ---- pieces ---- */

/* Ids are given one after another: so they lie here, and a table that is walked is walked here. */
static uint32_t *place_of(const struct gather *g, int64_t id)
{
	size_t mask = ((size_t)1 << g->bits) - 1;
	size_t i = (size_t)id & mask;

	while (g->places[i] != 0 && g->pieces[g->places[i] - 1].id != id)
		i = (i + 1) & mask;
	return &g->places[i];
}

static struct piece *look_up(const struct gather *g, int64_t id)
{
	uint32_t number = *place_of(g, id);

	return number ? &g->pieces[number - 1] : NULL;
}

static void make_table(struct gather *g, unsigned bits)
{
	free(g->places);
	g->bits = bits;
	g->places = calloc((size_t)1 << bits, sizeof(*g->places));
	if (!g->places)
		abort();
	for (size_t i = 0; i < g->n_pieces; i++)
		*place_of(g, g->pieces[i].id) = (uint32_t)i + 1;
}

static void *grow(void *items, size_t *room, size_t size)
{
	*room = *room ? 2 * *room : 1024;
	items = reallocarray(items, *room, size);
	if (!items)
		abort();
	return items;
}

/* Its number; the pieces may move. */
static uint32_t piece_of(struct gather *g, int64_t id)
{
	uint32_t *place = place_of(g, id);

	if (*place)
		return *place - 1;
	if (2 * (g->n_pieces + 1) > (size_t)1 << g->bits) {
		make_table(g, g->bits + 1);
		place = place_of(g, id);
	}
	if (g->n_pieces == g->pieces_room)
		g->pieces = grow(g->pieces, &g->pieces_room, sizeof(*g->pieces));
	g->pieces[g->n_pieces] = (struct piece){ .id = id };
	*place = (uint32_t)++g->n_pieces;
	return *place - 1;
}

static void begin(struct gather *g, struct arena *a, int64_t from_ms, int64_t to_ms)
{
	*g = (struct gather){ .a = a, .at = { from_ms, to_ms } };
	make_table(g, 10);
}

static void end(struct gather *g)
{
	free(g->pieces);
	free(g->places);
	free(g->loose);
	free(g->names);
}

/* ---- rows ---- */

struct gather_instants gather_instants(const struct gather *g)
{
	return g->at;
}

struct arena *gather_arena(struct gather *g)
{
	return g->a;
}

struct str gather_word(struct gather *g, struct str word)
{
	enum { WORDS = sizeof(g->words) / sizeof(g->words[0]) };
	size_t i = 0;

	if (word.n == 0)
		return str_is_none(word) ? word : STR("");
	while (i < WORDS && !str_is_none(g->words[i]) && !str_eq(g->words[i], word))
		i++;
	if (i == WORDS)
		return arena_str(g->a, word);
	if (str_is_none(g->words[i]))
		g->words[i] = arena_str(g->a, word);
	return g->words[i];
}

static int side_of(const struct gather *g, int64_t seen_from_ms)
{
	return seen_from_ms <= g->at.from_ms ? BEFORE : AFTER;
}

static struct model *blank(struct arena *a)
{
	struct model *m = arena_new(a, struct model);

	m->context_length = m->max_output_tokens = MODEL_NO_COUNT;
	m->deprecated_at_ms = m->created_ms = CLOCK_NONE;
	return m;
}

struct model *gather_version(struct gather *g, int64_t model_id, int64_t seen_from_ms)
{
	uint32_t piece = piece_of(g, model_id);

	return g->pieces[piece].version[side_of(g, seen_from_ms)] = blank(g->a);
}

struct gather_price *gather_price(struct gather *g, int64_t model_id, int64_t seen_from_ms)
{
	int side = side_of(g, seen_from_ms);
	uint32_t piece = piece_of(g, model_id);
	struct loose *l;

	if (g->n_loose == g->loose_room)
		g->loose = grow(g->loose, &g->loose_room, sizeof(*g->loose));
	g->pieces[piece].n_prices[side]++;
	l = &g->loose[g->n_loose++];
	*l = (struct loose){ .piece = piece, .side = (unsigned char)side };
	return &l->price;
}

static bool holds(int64_t from_ms, int64_t to_ms, int64_t at_ms)
{
	return from_ms <= at_ms && (to_ms == CLOCK_NONE || at_ms < to_ms);
}

void gather_absence(struct gather *g, int64_t model_id, int64_t gone_from_ms, int64_t gone_to_ms)
{
	uint32_t piece = piece_of(g, model_id);
	bool *absent = g->pieces[piece].absent;

	absent[BEFORE] |= holds(gone_from_ms, gone_to_ms, g->at.from_ms);
	absent[AFTER] |= holds(gone_from_ms, gone_to_ms, g->at.to_ms);
}

void gather_name(struct gather *g, int64_t model_id, struct str slug, struct str id)
{
	const struct piece *p = look_up(g, model_id);

	if (!p)
		return;
	if (!g->names) {
		g->names = reallocarray(NULL, g->n_pieces, sizeof(*g->names));
		if (!g->names)
			abort();
	}
	if (!str_same(g->slug, slug))
		g->slug = arena_str(g->a, slug);
	g->names[g->n_names++] = (struct name){ p, g->slug, arena_str(g->a, id) };
}

/* ---- put together ---- */

/* A handful of prices of one model. */
static void put_price(struct price *prices, size_t n, const struct gather_price *said)
{
	struct price p = {
		.meter = said->meter,
		.state = said->state,
		.condition = said->condition,
		.amount = said->amount,
		.currency = said->currency,
		.valid_from_ms = CLOCK_NONE,
		.valid_to_ms = CLOCK_NONE,
	};

	for (; n > 0 && price_cmp(&prices[n - 1], &p) > 0; n--)
		prices[n] = prices[n - 1];
	prices[n] = p;
}

/* Every price to its model. */
static void put_prices(struct gather *g)
{
	struct price *room = arena_alloc(g->a, g->n_loose * sizeof(*room) + 1);

	for (size_t i = 0; i < g->n_loose; i++) {
		const struct loose *l = &g->loose[i];
		struct piece *p = &g->pieces[l->piece];

		if (!p->prices[l->side]) {
			p->prices[l->side] = room;
			room += p->n_prices[l->side];
			p->n_prices[l->side] = 0;
		}
		put_price(p->prices[l->side], p->n_prices[l->side]++, &l->price);
	}
}

/* The model of one side, out of its row or without one. */
static struct model *side_model(struct gather *g, const struct name *n, int side)
{
	struct model *m = n->piece->version[side];

	if (!m)
		m = blank(g->a);
	m->id = n->id;
	m->prices = n->piece->prices[side];
	m->n_prices = n->piece->n_prices[side];
	return m;
}

/* ---- a state ---- */

static bool find_provider(struct store *s, const struct gather_reader *r, struct str slug,
			  struct gather_scope *scope, bool *ret_known, struct err *e)
{
	*ret_known = true;
	if (str_is_none(slug))
		return true;
	if (!r->provider(s, slug, &scope->provider_id, e))
		return false;
	*ret_known = scope->provider_id != 0;
	return true;
}

static bool read_all(struct store *s, const struct gather_reader *r,
		     const struct gather_scope *scope, struct gather *g, struct err *e)
{
	if (!r->absences(s, g, e) || !r->rows(s, scope, g, e) || !r->names(s, scope, g, e))
		return false;
	put_prices(g);
	return true;
}

/* Names and snapshots are sorted by slug: one walk. */
static void fill_catalogs(struct gather *g, struct store_past *pasts, size_t n)
{
	struct model *models = arena_array(g->a, g->n_names, struct model);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct catalog *c = &pasts[i].catalog;

		c->provider = pasts[i].snapshot.provider;
		c->models = models;
		while (at < g->n_names && str_cmp(g->names[at].slug, c->provider) < 0)
			at++;
		for (; at < g->n_names && str_eq(g->names[at].slug, c->provider); at++) {
			const struct piece *p = g->names[at].piece;

			if (p->version[BEFORE] && !p->absent[BEFORE])
				c->models[c->n++] = *side_model(g, &g->names[at], BEFORE);
		}
		models += c->n;
	}
}

bool gather_past(struct store *s, const struct gather_reader *r, struct str provider, int64_t at_ms,
		 struct arena *a, struct store_past **ret, size_t *ret_n, struct err *e)
{
	struct store_snapshot_query q = { .provider = provider, .at_ms = at_ms };
	struct gather_scope scope = { 0 };
	struct store_snapshot *snapshots;
	struct store_past *pasts;
	struct gather g;
	bool known, ok;
	size_t n;

	if (!find_provider(s, r, provider, &scope, &known, e) ||
	    !r->snapshots(s, &q, a, &snapshots, &n, e))
		return false;
	pasts = arena_array(a, n, struct store_past);
	for (size_t i = 0; i < n; i++)
		pasts[i].snapshot = snapshots[i];
	begin(&g, a, at_ms, at_ms);
	ok = n == 0 || read_all(s, r, &scope, &g, e);
	if (ok) {
		fill_catalogs(&g, pasts, n);
		*ret = pasts;
		*ret_n = n;
	}
	end(&g);
	return ok;
}

/* ---- moves ---- */

/* A model whose version did not move has one on both sides, or never had any. */
static bool is_present(const struct piece *p, int side)
{
	bool moved = p->version[BEFORE] || p->version[AFTER];

	return !p->absent[side] && (!moved || p->version[side]);
}

static int id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* There on this side alone, but not for the first time: most of its rows did not move. */
static bool is_whole_elsewhere(const struct piece *p, int side)
{
	int other = SIDES - 1 - side;
	bool is_born = p->version[side] && !p->version[other];

	return is_present(p, side) && !is_present(p, other) && !is_born;
}

/* Whole, the models of which the rows that moved are not all. */
static bool read_whole(struct store *s, const struct gather_reader *r, const struct gather *moved,
		       int side, struct gather *g, struct err *e)
{
	struct gather_scope scope = { 0 };
	int64_t *ids = reallocarray(NULL, moved->n_names + 1, sizeof(*ids));
	bool ok = true;

	if (!ids)
		abort();
	for (size_t i = 0; i < moved->n_names; i++) {
		const struct piece *p = moved->names[i].piece;

		if (is_whole_elsewhere(p, side))
			ids[scope.n_ids++] = p->id;
	}
	qsort(ids, scope.n_ids, sizeof(*ids), id_order);
	scope.ids = ids;
	if (scope.n_ids > 0)
		ok = r->rows(s, &scope, g, e);
	if (ok)
		put_prices(g);
	free(ids);
	return ok;
}

/* NULL: not there, or never observed. */
static struct model *model_of(struct gather *g, struct gather *whole, const struct name *n,
			      int side)
{
	struct name found = *n;

	if (!is_present(n->piece, side))
		return NULL;
	if (!is_whole_elsewhere(n->piece, side))
		return side_model(g, n, side);
	found.piece = look_up(whole, n->piece->id);
	return found.piece && found.piece->version[BEFORE] ? side_model(whole, &found, BEFORE)
							   : NULL;
}

static void list_moves(struct gather *g, struct gather whole[SIDES], struct store_move **ret,
		       size_t *ret_n)
{
	struct store_move *moves = arena_array(g->a, g->n_names, struct store_move);
	size_t n = 0;

	for (size_t i = 0; i < g->n_names; i++) {
		const struct name *name = &g->names[i];

		moves[n] = (struct store_move){
			.provider = name->slug,
			.before = model_of(g, &whole[BEFORE], name, BEFORE),
			.after = model_of(g, &whole[AFTER], name, AFTER),
		};
		n += moves[n].before || moves[n].after;
	}
	*ret = moves;
	*ret_n = n;
}

bool gather_moves(struct store *s, const struct gather_reader *r, struct str provider,
		  struct gather_instants between, struct arena *a, struct store_move **ret,
		  size_t *ret_n, struct err *e)
{
	struct gather_scope scope = { 0 };
	struct gather moved, whole[SIDES];
	bool known, ok;

	if (!find_provider(s, r, provider, &scope, &known, e))
		return false;
	if (!known || between.from_ms >= between.to_ms) {
		*ret_n = 0;
		return true;
	}
	begin(&moved, a, between.from_ms, between.to_ms);
	begin(&whole[BEFORE], a, between.from_ms, between.from_ms);
	begin(&whole[AFTER], a, between.to_ms, between.to_ms);
	ok = read_all(s, r, &scope, &moved, e) &&
	     read_whole(s, r, &moved, BEFORE, &whole[BEFORE], e) &&
	     read_whole(s, r, &moved, AFTER, &whole[AFTER], e);
	if (ok)
		list_moves(&moved, whole, ret, ret_n);
	end(&moved);
	end(&whole[BEFORE]);
	end(&whole[AFTER]);
	return ok;
}

/* ---- one model ---- */

bool gather_past_model(struct store *s, const struct gather_reader *r, int64_t model_id,
		       struct arena *a, struct store_past_model *ret, struct err *e)
{
	struct store_past_model m = { .model_id = model_id };

	if (!r->model(s, a, &m, e) ||
	    !r->seen(s, GATHER_VERSIONS, model_id, a, (void **)&m.versions, &m.n_versions, e) ||
	    !r->seen(s, GATHER_PRICES, model_id, a, (void **)&m.prices, &m.n_prices, e) ||
	    !r->seen(s, GATHER_ABSENCES, model_id, a, (void **)&m.absences, &m.n_absences, e))
		return false;
	for (size_t i = 0; i < m.n_versions; i++)
		m.versions[i].model.id = m.provider_model_id;
	*ret = m;
	return true;
}
