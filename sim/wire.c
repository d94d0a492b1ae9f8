/* SPDX-License-Identifier: MIT */
/*
 * What the dialects have in common.  Text that nobody tracks is drawn from the row's flavour while
 * writing, so that a row costs no memory for it.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const openings[] = {
	"A patient generalist that was tuned for long working days and short answers.",
	"Built for people who read tables all night; it counts before it speaks.",
	"The smallest member of its family, and the one that is asked most often.",
	"Écrit d’abord, réfléchit ensuite — une voix claire pour les brouillons.",
	"A drafting model with \"quiet\" defaults and a taste for numbered lists.",
	"Trained on harbour logs, recipes and proofs; better at two of the three.",
	"静かな語り口で長い文書をまとめる汎用モデルです。",
	"Made to sit behind other programs: terse, typed, and on time. 🚲",
};

static const char *const clauses[] = {
	" It keeps its place in long files and says so when it has lost it.",
	" Tool calls come back as one object per call, never as prose.",
	" Pictures are read at their full width; captions may be cut.",
	" Use the \\batch\\ lane for work that can wait until morning.",
	" Its makers measured it on their own desk, so measure it on yours.",
	" Answers carry a short plan first when effort is set to high.",
	" Works best below half of its window, like most things do.",
	" Naïve prompts are fine; clever ones are billed the same.",
	"\n\nNotes are kept at [the maker's page](/notes) - identical weights, other hours.",
	" Earlier revisions stay reachable under their dated names…",
};

/* --- which rows, and which of them stand together --- */

struct entry {
	const struct model *model;
	size_t at;    /* place of the row … */
	size_t place; /* … and of the first one of its element */
};

/* Whether `ids` ("a,b,c") holds this one. */
static bool names(const char *ids, const char *id)
{
	size_t n = strlen(id);

	for (const char *at = ids; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, id, n) && (!at[n] || at[n] == ','))
			return true;
	}
	return false;
}

bool wire_selects(const struct selection *s, const struct model *m)
{
	return !(m->traits & s->hidden) && (!s->kinds || s->kinds & 1u << m->kind) &&
	       (!s->prefix || !strncmp(m->id, s->prefix, strlen(s->prefix))) &&
	       (!s->ids || names(s->ids, m->id));
}

static int by_sold(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->model->sold, y->model->sold);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Inside an element by id, so that what is said around its rows does not hang on their order. */
static int by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->place == y->place ? strcmp(x->model->id, y->model->id)
				    : (x->place > y->place) - (x->place < y->place);
}

static void put_together(struct entry *entries, size_t n)
{
	qsort(entries, n, sizeof(*entries), by_sold);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(entries[i].model->sold, entries[i - 1].model->sold))
			entries[i].place = entries[i - 1].place;
	qsort(entries, n, sizeof(*entries), by_place);
}

/* The rows of the list in the order of its elements; to be freed. */
static struct entry *collect(const struct shop *s, const struct dialect *d,
			     const struct selection *select, size_t *count)
{
	struct entry *entries = sim_alloc((s->offered.count + 1) * sizeof(*entries));
	size_t n = 0;

	for (size_t i = 0; i < s->offered.count; i++)
		if (wire_selects(select, s->offered.models[i]))
			entries[n++] = (struct entry){ s->offered.models[i], i, i };
	if (d->element)
		put_together(entries, n);
	*count = n;
	return entries;
}

/* Where the element that begins at `at` ends. */
static size_t element_end(const struct entry *entries, size_t n, size_t at)
{
	size_t end = at + 1;

	while (end < n && entries[end].place == entries[at].place)
		end++;
	return end;
}

struct page page_whole(const struct shop *s, const struct dialect *d,
		       const struct selection *select)
{
	size_t n, rows = 0;
	struct entry *entries = collect(s, d, select, &n);

	for (size_t at = 0; at < n; at = element_end(entries, n, at))
		rows++;
	free(entries);
	return (struct page){ .rows = rows, .total = rows, .counted = true, .select = *select };
}

static void write_element(struct buf *out, const struct dialect *d, const struct shop *s,
			  const struct entry *entries, size_t count)
{
	if (!d->element) {
		d->row(out, s, entries->model);
		return;
	}
	const struct model **rows = sim_alloc(count * sizeof(struct model *));

	for (size_t i = 0; i < count; i++)
		rows[i] = entries[i].model;
	d->element(out, s, rows, count);
	free(rows);
}

/* "[…]" with the rows of the page, or "{…}" where the page wants it wrong. */
static void write_rows(struct buf *out, const struct shop *s, const struct page *p,
		       const struct dialect *d)
{
	size_t n, element = 0;
	struct entry *entries = collect(s, d, &p->select, &n);

	buf_char(out, p->rows_as_object ? '{' : '[');
	for (size_t at = 0, end; at < n; at = end, element++) {
		end = element_end(entries, n, at);
		if (element < p->first || element >= p->first + p->rows)
			continue;
		if (element > p->first)
			buf_char(out, ',');
		if (p->rows_as_object) {
			buf_json(out, entries[at].model->id, JSON_UTF8);
			buf_str(out, ":[");
		}
		write_element(out, d, s, entries + at, end - at);
		if (d->twice && d->twice(entries[at].model)) {
			buf_char(out, ',');
			write_element(out, d, s, entries + at, end - at);
		}
		if (p->rows_as_object)
			buf_char(out, ']');
	}
	if (p->extra && p->extra->len) {
		buf_comma(out);
		buf_add(out, p->extra->data, p->extra->len);
	}
	buf_char(out, p->rows_as_object ? '}' : ']');
	free(entries);
}

void wire_list(struct buf *out, const struct dialect *d, const struct shop *s, const struct page *p)
{
	if (d->open)
		buf_str(out, d->open);
	write_rows(out, s, p, d);
	if (d->open && p->members && p->members->len)
		buf_str(out, p->members->data);
	if (d->end)
		d->end(out, p);
	else if (d->close)
		buf_str(out, d->close);
}

enum json_text wire_text(const struct model *m)
{
	return m->traits & TRAIT_ESCAPES ? JSON_ASCII : JSON_UTF8;
}

void wire_description(struct buf *out, const struct model *m)
{
	struct rng r = rng_from(m->flavour, "description", m->edits);
	struct buf text = { 0 };

	buf_str(&text, openings[rng_below(&r, COUNT(openings))]);
	for (size_t n = 1 + rng_below(&r, 2); n; n--)
		buf_str(&text, clauses[rng_below(&r, COUNT(clauses))]);
	if (m->edits)
		buf_printf(&text, " Note %u.", m->edits);
	buf_json(out, text.data, wire_text(m));
	buf_release(&text);
}

void wire_paragraph(struct buf *out, const struct model *m, const char *key)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":", key);
	wire_description(out, m);
}

size_t wire_draw(const struct model *m, const char *subject, size_t below)
{
	struct rng r = rng_from(m->flavour, subject, 0);

	return rng_below(&r, below);
}

/* --- numbers --- */

static void write_power(struct buf *out, struct decimal d)
{
	char digits[DECIMAL_TEXT];

	decimal_print(digits, (struct decimal){ d.mantissa, 0 });
	buf_printf(out, "%sE-%u", digits, d.exp);
}

/* 45 × 10^-6 → 4.5e-05, or e-5 */
static void write_scientific(struct buf *out, struct decimal d, int exponent_digits)
{
	char digits[DECIMAL_TEXT];

	decimal_print(digits, (struct decimal){ d.mantissa, 0 });
	buf_printf(out, "%c%s%se-%0*d", digits[0], digits[1] ? "." : "", digits + 1,
		   exponent_digits, 1 - decimal_magnitude(d));
}

void wire_number(struct buf *out, struct decimal d, enum number how)
{
	enum { SMALL = -4 /* 0.0000x */, SMALLER = -6 };
	char digits[DECIMAL_TEXT];
	bool small;

	d = decimal_trim(d);
	small = d.mantissa && decimal_magnitude(d) <= SMALL;
	if (small && how == NUMBER_POWER) {
		write_power(out, d);
	} else if (small && how == NUMBER_FLOAT) {
		write_scientific(out, d, 2);
	} else if (small && how == NUMBER_SHORT && decimal_magnitude(d) <= SMALLER) {
		write_scientific(out, d, 1);
	} else {
		decimal_print(digits, d);
		buf_str(out, digits);
		if (how == NUMBER_FLOAT && !d.exp)
			buf_str(out, ".0");
	}
}

void wire_count(struct buf *out, const char *key, int64_t n)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":%jd", key, (intmax_t)n);
}

void wire_bool(struct buf *out, const char *key, bool value)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":%s", key, value ? "true" : "false");
}

void wire_modalities(struct buf *out, const struct model *m, const char *key, uint32_t bits)
{
	size_t turn = wire_draw(m, key, MODALITY_COUNT);

	buf_comma(out);
	buf_printf(out, "\"%s\":[", key);
	for (size_t i = 0; i < MODALITY_COUNT; i++) {
		unsigned bit = (unsigned)((i + turn) % MODALITY_COUNT);

		if (!(bits & 1u << bit))
			continue;
		buf_comma(out);
		buf_json(out, modality_name(bit), JSON_UTF8);
	}
	buf_char(out, ']');
}

void wire_ables(struct buf *out, const struct model *m, const char *key,
		const struct able_word *words, const char *noise)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":[%s", key, noise ? noise : "");
	for (; words->word; words++) {
		if (!(m->able & words->bit))
			continue;
		buf_comma(out);
		buf_json(out, words->word, JSON_UTF8);
	}
	buf_char(out, ']');
}

void wire_member(struct buf *out, const char *key, struct decimal d, enum number how)
{
	buf_comma(out);
	buf_json(out, key, JSON_UTF8);
	buf_char(out, ':');
	wire_number(out, d, how);
}

void wire_string(struct buf *out, const struct model *m, const char *key, const char *text)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":", key);
	buf_json(out, text, wire_text(m));
}

void wire_member_text(struct buf *out, const char *key, struct decimal d)
{
	buf_comma(out);
	buf_json(out, key, JSON_UTF8);
	buf_str(out, ":\"");
	wire_number(out, d, NUMBER_PLAIN);
	buf_char(out, '"');
}

void wire_raw(struct buf *out, const char *key, const char *raw)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":%s", key, raw);
}

void wire_nullable(struct buf *out, const char *key, int64_t n)
{
	if (n)
		wire_count(out, key, n);
	else
		wire_raw(out, key, "null");
}

void wire_features(struct buf *out, const struct model *m)
{
	static const struct able_word words[] = {
		{ ABLE_TOOLS, "tools" },
		{ ABLE_STRUCTURED_OUTPUTS, "structured_outputs" },
		{ ABLE_REASONING, "reasoning" },
		{ 0, NULL },
	};

	wire_ables(out, m, "supported_features", words, m->flavour & 1 ? "\"json_mode\"" : NULL);
}

const struct price *wire_price(const struct model *m, enum meter meter, const char *tag)
{
	struct terms t = { .tag = tag };

	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && terms_same(&m->prices[i].terms, &t))
			return &m->prices[i];
	return NULL;
}

void wire_price_text(struct buf *out, const struct model *m, const char *key, enum meter meter,
		     bool always)
{
	const struct price *p = wire_price(m, meter, NULL);

	if (p || always)
		wire_member_text(out, key, p ? p->amount : (struct decimal){ 0, 0 });
}

struct decimal wire_noise(const struct model *m, const struct price *p, unsigned digits)
{
	struct decimal d = p->amount;

	switch (wire_draw(m, meter_name(p->meter), 6)) {
	case 0:
		return decimal_noisy(d, 16, 1);
	case 1:
		return decimal_noisy(d, 17, -1);
	case 2: /* a price times a rounded multiplier */
		return decimal_noisy(decimal_noisy(d, digits + 3, -3), 17, 2);
	case 3: /* just between two neighbours: the even one is meant */
		return decimal_noisy(d, digits + 1, 5);
	default:
		return d;
	}
}

/* --- oddities --- */

static void odd_number(struct buf *out, const char *key, const char *number, bool as_text)
{
	buf_comma(out);
	buf_printf(out, "\"%s\":%s%s%s", key, as_text ? "\"" : "", number, as_text ? "\"" : "");
}

/* "input":…,"output":… and what is said again. */
static void odd_prices(struct buf *out, const struct oddity *o, const struct odd_form *k)
{
	const char *input = o->price ? o->price : k->cheap;
	bool number = !o->price || o->is_number;

	buf_printf(out, "\"%s\":", k->input);
	if (number && k->as_text)
		buf_char(out, '"');
	buf_str(out, input);
	if (number && k->as_text)
		buf_char(out, '"');
	odd_number(out, k->output, o->output ? o->output : k->ordinary, k->as_text);
	if (o->again)
		odd_number(out, k->input, o->again, k->as_text);
}

void wire_odd_row(struct buf *out, const struct dialect *d, const struct oddity *o)
{
	const struct odd_form *f = &d->odd;

	buf_str(out, f->open);
	if (o->id)
		buf_printf(out, "\"%s\":\"%s%s,", f->id_key, f->id_head ? f->id_head : "",
			   o->id + 1);
	buf_str(out, f->to_text);
	buf_str(out, o->text);
	buf_str(out, f->to_prices);
	odd_prices(out, o, f);
	buf_str(out, f->to_tail);
	if (o->tail)
		buf_str(out, o->tail);
	buf_str(out, f->close);
}
