#include "core/plausible.h"

#include "base/buf.h"
#include "core/decimal.h"

#include <stdlib.h>

enum { RATIO_DIGITS = 12, SENTENCE_MAX = 1024 };

static bool below(const struct dec *value, const char *bound)
{
	struct dec d;
	struct err e;

	return bound && dec_parse(str_of(bound), &d, &e) && dec_cmp(value, &d) < 0;
}

static bool above(const struct dec *value, const char *bound)
{
	struct dec d;
	struct err e;

	return bound && dec_parse(str_of(bound), &d, &e) && dec_cmp(value, &d) > 0;
}

struct str price_implausible(const struct price *p)
{
	const struct meter_info *m = &meters[p->meter];
	struct dec amount;
	struct err e;

	/* Bands are in dollars; nothing is known of other currencies. */
	if (p->state != PRICE_PRICED || !str_eq(p->currency, STR("USD")) ||
	    !dec_parse(p->amount, &amount, &e))
		return STR_NONE;
	if (below(&amount, m->low))
		return STR("below the band of its meter");
	if (above(&amount, m->high))
		return STR("above the band of its meter");
	return STR_NONE;
}

struct str price_band(enum meter meter, struct arena *a)
{
	const struct meter_info *m = &meters[meter];

	if (m->low && m->high)
		return arena_printf(a, "%s to %s USD per %s", m->low, m->high, m->unit);
	if (m->high)
		return arena_printf(a, "up to %s USD per %s", m->high, m->unit);
	return m->low ? arena_printf(a, "from %s USD per %s", m->low, m->unit) : STR_NONE;
}

/* ---- the median ---- */

static int amount_order(const void *a, const void *b)
{
	struct dec x, y;
	struct err e;

	if (!dec_parse(*(const struct str *)a, &x, &e) ||
	    !dec_parse(*(const struct str *)b, &y, &e))
		return str_order(a, b);
	return dec_cmp(&x, &y);
}

/* Half of the sum; what leaves the limits of a decimal is the lower one, which is as good. */
static struct str half_way(struct str low, struct str high, struct arena *a)
{
	char text[DEC_TEXT_MAX];
	struct dec x, y, half;
	struct err e;

	if (!dec_parse(low, &x, &e) || !dec_parse(high, &y, &e) ||
	    !dec_parse(STR("0.5"), &half, &e) || !dec_add(&x, &y, &x, &e) ||
	    !dec_mul(&x, &half, &x, &e))
		return low;
	return arena_str(a, (struct str){ text, dec_print(&x, text) });
}

struct str price_median(struct str *amounts, size_t n, struct arena *a)
{
	if (n == 0)
		return STR_NONE;
	qsort(amounts, n, sizeof(*amounts), amount_order);
	return n % 2 ? amounts[n / 2] : half_way(amounts[n / 2 - 1], amounts[n / 2], a);
}

/* ---- a move ---- */

/* Is the one at least `times` the other, either way? */
static bool is_far(const struct dec *x, const struct dec *y, unsigned times)
{
	struct dec factor, more;
	struct err e;

	dec_from_u64(times, &factor);
	if (dec_cmp(x, y) < 0) {
		const struct dec *swap = x;

		x = y;
		y = swap;
	}
	/* A product beyond the limits is larger than any amount. */
	return dec_mul(y, &factor, &more, &e) && dec_cmp(x, &more) >= 0;
}

/* "12.5 times"; of what a decimal cannot hold no number. */
static void add_times(struct buf *out, const struct dec *now, const struct dec *before)
{
	char text[DEC_TEXT_MAX];
	struct dec ratio;
	struct err e;

	if (dec_ratio(now, before, RATIO_DIGITS, &ratio, &e) && dec_print(&ratio, text))
		buf_printf(out, "%s times", text);
	else
		buf_printf(out, "far from");
}

static void next_reason(struct buf *out)
{
	if (out->n)
		buf_printf(out, "; ");
}

static void judge_move(struct buf *out, const struct price *before, const struct price *now)
{
	struct dec x, y;
	struct err e;

	if (now->state == PRICE_FREE) {
		buf_printf(out, "free, accepted is %.*s", STR_FMT(before->amount));
		return;
	}
	if (before->state == PRICE_FREE) {
		buf_printf(out, "priced, accepted is free");
		return;
	}
	if (!dec_parse(before->amount, &x, &e) || !dec_parse(now->amount, &y, &e) ||
	    !is_far(&y, &x, PLAUSIBLE_MOVE))
		return;
	add_times(out, &y, &x);
	buf_printf(out, " the accepted %.*s", STR_FMT(before->amount));
}

static void judge_band(struct buf *out, const struct price *now, struct arena *a)
{
	struct str why = price_implausible(now);
	struct str band = price_band(now->meter, a);

	if (str_is_none(why))
		return;
	next_reason(out);
	buf_printf(out, "%.*s (%.*s)", STR_FMT(why), STR_FMT(band));
}

static void judge_elsewhere(struct buf *out, const struct price *now,
			    const struct price_elsewhere *w)
{
	struct dec x, y;
	struct err e;

	if (str_is_none(w->median) || now->state != PRICE_PRICED ||
	    !str_eq(now->currency, STR("USD")) || !dec_parse(w->median, &x, &e) ||
	    !dec_parse(now->amount, &y, &e) || !is_far(&y, &x, PLAUSIBLE_ELSEWHERE))
		return;
	next_reason(out);
	add_times(out, &y, &x);
	buf_printf(out, " the median of %zu other provider%s, %.*s", w->providers,
		   w->providers == 1 ? "" : "s", STR_FMT(w->median));
}

/* Nothing costs nothing in every currency. */
static bool comparable(const struct price *before, const struct price *now)
{
	return before->state != PRICE_DYNAMIC && now->state != PRICE_DYNAMIC &&
	       (before->state == PRICE_FREE || str_eq(before->currency, now->currency));
}

struct str price_move_implausible(const struct price *in_force, const struct price *now,
				  const struct price_elsewhere *elsewhere, struct arena *a)
{
	BUF_AUTO(out, SENTENCE_MAX);

	if (!comparable(in_force, now) ||
	    (in_force->state == now->state && str_same(in_force->amount, now->amount)))
		return STR_NONE;
	judge_move(&out, in_force, now);
	judge_band(&out, now, a);
	judge_elsewhere(&out, now, elsewhere);
	return out.n ? arena_str(a, buf_str(&out)) : STR_NONE;
}
