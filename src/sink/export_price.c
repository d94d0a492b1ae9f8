#include "sink/export_price.h"

/* ---- conditions ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Counts are whole: >=200001 is >200000, and who writes it so means that. */
static void take_threshold(struct export_when *w, struct str term)
{
	enum { ROUND = 1000 };
	size_t skip = term.n > 1 && term.at[1] == '=' ? 2 : 1;

	w->inclusive = skip == 2;
	w->unknown |=
		!str_to_i64((struct str){ term.at + skip, term.n - skip }, 0, INT64_MAX, &w->above);
	if (w->inclusive && w->above % ROUND == 1) {
		w->inclusive = false;
		w->above--;
	}
}

/* By its first bytes, as in core/condition.h. */
static void take_term(struct export_when *w, struct str term)
{
	char first = term.n ? term.at[0] : '\0';

	if (first == '>')
		take_threshold(w, term);
	else if (is_digit(first) && memchr(term.at, ':', term.n))
		w->hours = true;
	else if (is_digit(first))
		w->ttl = term;
	else if (str_eq(term, STR("discount")))
		w->discount = true;
	else if (first && str_is_none(w->service))
		w->service = term;
	else
		w->unknown = true;
}

struct export_when export_when(struct str condition)
{
	struct export_when w = { .above = EXPORT_ALWAYS };
	struct str rest = condition, term;

	while (rest.n > 0) {
		bool whole = str_cut(&rest, ']', &term) && term.n > 0 && term.at[0] == '[';

		if (whole)
			take_term(&w, (struct str){ term.at + 1, term.n - 1 });
		else
			rest.n = 0;
		w.unknown |= !whole;
	}
	return w;
}

/* ---- amounts ---- */

static bool is_valid(const struct price *p, int64_t at_ms)
{
	return (p->valid_from_ms == CLOCK_NONE || p->valid_from_ms <= at_ms) &&
	       (p->valid_to_ms == CLOCK_NONE || at_ms < p->valid_to_ms);
}

struct str export_amount(const struct price *p, int64_t at_ms)
{
	if (!is_valid(p, at_ms) || p->state == PRICE_DYNAMIC)
		return STR_NONE;
	if (p->state == PRICE_FREE)
		return STR("0");
	return str_eq(p->currency, STR("USD")) ? p->amount : STR_NONE;
}

/* Of two plain prices the one with the higher threshold applies, then the discounted one. */
static bool beats(const struct export_when *a, const struct export_when *b)
{
	if (a->above != b->above)
		return a->above > b->above;
	if (a->inclusive != b->inclusive)
		return !a->inclusive;
	if (a->discount != b->discount)
		return a->discount;
	return str_is_none(a->ttl) && !str_is_none(b->ttl);
}

static bool is_plain(const struct export_when *w)
{
	return !w->hours && !w->unknown && str_is_none(w->service) &&
	       (str_is_none(w->ttl) || str_eq(w->ttl, STR("5m")));
}

struct str export_plain_amount(const struct model *m, enum meter meter, int64_t above,
			       int64_t at_ms)
{
	const struct price *best = NULL;
	struct export_when best_when = { 0 };

	for (size_t i = 0; i < m->n_prices; i++) {
		const struct price *p = &m->prices[i];
		struct export_when w;

		if (p->meter != meter || !is_valid(p, at_ms))
			continue;
		w = export_when(p->condition);
		if (!is_plain(&w) || w.above > above || (best && !beats(&w, &best_when)))
			continue;
		best = p;
		best_when = w;
	}
	return best ? export_amount(best, at_ms) : STR_NONE;
}

/* ---- numbers ---- */

static bool shift_by(struct dec *d, int shift, struct err *e)
{
	struct dec ten, tenth;

	dec_from_u64(10, &ten);
	if (!dec_parse(STR("0.1"), &tenth, e))
		return false;
	for (; shift > 0; shift--)
		if (!dec_mul(d, &ten, d, e))
			return false;
	for (; shift < 0; shift++)
		if (!dec_mul(d, &tenth, d, e))
			return false;
	return true;
}

struct str export_number(struct str amount, int shift, char to[DEC_TEXT_MAX])
{
	struct dec d;
	struct err e;

	/* What somebody wrote into the database by hand need not be a number. */
	if (str_is_none(amount) || !dec_parse(amount, &d, &e) || d.negative ||
	    !shift_by(&d, shift, &e))
		return STR_NONE;
	return (struct str){ to, dec_print(&d, to) };
}
