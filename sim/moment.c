/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <stdlib.h>

#include "providers.h"
#include "shape.h"
#include "truth.h"

enum { TRIES = 20 /* draws for a row that fits; then nothing happens */ };

/* --- telling --- */

static void write_member(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, ",\"%s\":", key);
	buf_json(out, text, JSON_UTF8);
}

void moment_tell(struct moment *t, struct event e)
{
	struct buf json = { 0 };

	if (e.model && !model_is_offered(e.model))
		return;
	buf_printf(&json, "{\"hour\":%ju", (uintmax_t)t->life->hours);
	write_member(&json, "provider", t->shop->provider->slug);
	write_member(&json, "kind", e.kind);
	write_member(&json, "model", e.model ? e.model->id : NULL);
	write_member(&json, "field", e.field);
	write_member(&json, "old", e.old);
	write_member(&json, "new", e.new);
	write_member(&json, "cause", e.cause);
	if (e.row) {
		buf_str(&json, ",\"row\":");
		truth_write_model(&json, t->shop, e.model);
	}
	buf_char(&json, '}');
	buf_comma(&t->life->log);
	buf_add(&t->life->log, json.data, json.len);
	buf_comma(t->events);
	buf_add(t->events, json.data, json.len);
	buf_release(&json);
}

void moment_tell_share(struct moment *t, const char *kind, const char *field, const char *cause,
		       size_t n, size_t of)
{
	char *share = sim_format("%zu of %zu", n, of);

	moment_tell(t,
		    (struct event){ .kind = kind, .field = field, .new = share, .cause = cause });
	free(share);
}

static char *price_field(const struct price *p)
{
	char terms[TERMS_SIZE];

	terms_print(terms, &p->terms);
	return sim_format("%s%s", meter_name(p->meter), terms);
}

/* Every amount of the row that is not what was told last. */
void moment_tell_prices(struct moment *t, struct model *m, const char *cause)
{
	char old[DECIMAL_TEXT], new[DECIMAL_TEXT];

	for (size_t i = 0; i < m->price_count; i++) {
		struct price *p = &m->prices[i];
		char *field;

		if (p->state == PRICE_DYNAMIC || decimal_same(p->told, p->amount))
			continue;
		field = price_field(p);
		price_print(old, p, p->told);
		price_print(new, p, p->amount);
		p->told = p->amount;
		moment_tell(t, (struct event){ "price", m, field, old, new, cause, false });
		free(field);
	}
}

void moment_tell_number(struct moment *t, const char *kind, const struct model *m,
			const char *field, int64_t old, int64_t new, const char *cause)
{
	char *before = old ? sim_format("%jd", (intmax_t)old) : NULL;
	char *after = new ? sim_format("%jd", (intmax_t) new) : NULL;

	moment_tell(t, (struct event){ kind, m, field, before, after, cause, false });
	free(before);
	free(after);
}

/* --- chance --- */

size_t moment_below(struct moment *t, size_t n)
{
	return rng_below(&t->shop->rng, n);
}

size_t moment_between(struct moment *t, size_t low, size_t high)
{
	return low + moment_below(t, high - low + 1);
}

bool moment_chance(struct moment *t, unsigned percent)
{
	return rng_chance(&t->shop->rng, percent);
}

struct model *moment_any(struct moment *t)
{
	const struct shelf *offered = &t->shop->offered;

	return offered->count ? offered->models[moment_below(t, offered->count)] : NULL;
}

/* What the hosts of one model share is left alone. */
bool moment_may_move(struct moment *t, const struct model *m, enum says what)
{
	return shop_says(t->shop, m, what) && !(t->shop->provider->shape->shared & what);
}

struct model *moment_any_that(struct moment *t, enum says what, fit_fn *fits)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct model *m = moment_any(t);

		if (m && moment_may_move(t, m, what) && (!fits || fits(t, m)))
			return m;
	}
	return NULL;
}

/* --- what comes of it --- */

int64_t moment_now_s(const struct moment *t)
{
	return LIFE_BEGINS_S + (int64_t)t->life->hours * 3600;
}

void moment_remember(struct life *l, struct due d)
{
	if (l->due_count == l->due_room) {
		l->due_room = l->due_room ? l->due_room * 2 : 64;
		l->dues = realloc(l->dues, l->due_room * sizeof(*l->dues));
		if (!l->dues)
			abort();
	}
	l->dues[l->due_count++] = d;
}

bool shelf_finds(const struct shelf *s, const struct model *m, size_t *at)
{
	for (*at = 0; *at < s->count; ++*at)
		if (s->models[*at] == m)
			return true;
	return false;
}

void moment_take_off(struct moment *t, struct model *m, const char *cause)
{
	size_t at;

	if (!shelf_finds(&t->shop->offered, m, &at))
		return;
	shelf_add(&t->shop->removed, shelf_take(&t->shop->offered, at));
	moment_tell(t, (struct event){ .kind = "removed", .model = m, .cause = cause });
}

void moment_put_back(struct moment *t, struct model *m, const char *cause)
{
	size_t at;

	if (!shelf_finds(&t->shop->removed, m, &at))
		return;
	shelf_add(&t->shop->offered, shelf_take(&t->shop->removed, at));
	moment_tell(t,
		    (struct event){ .kind = "returned", .model = m, .cause = cause, .row = true });
}
