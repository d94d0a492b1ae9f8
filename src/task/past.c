#include "task/past.h"

#include "base/file.h"
#include "core/market.h"
#include "core/snapshot_read.h"

#include <stdlib.h>

enum {
	PREFIX_MIN = 4,
	NAMED_MAX = 4, /* candidates that a sentence has room for */
	NAMED_DIGITS = 12,
	FILE_MAX = 256 << 20,
};

/* ---- what was typed ---- */

static bool is_path(struct str typed)
{
	return str_ends(typed, STR(".json")) || (typed.n > 0 && memchr(typed.at, '/', typed.n));
}

static bool is_hex(struct str typed)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	for (size_t i = 0; i < typed.n; i++)
		if (!memchr(digits, typed.at[i], sizeof(digits) - 1))
			return false;
	return typed.n > 0;
}

bool past_is_of_files(const struct past_query *q)
{
	return is_path(q->before) && is_path(q->after);
}

static struct str lower(struct str s, struct arena *a)
{
	struct str copy = arena_str(a, s);
	char *at = arena_cstr(a, copy);

	for (size_t i = 0; i < s.n; i++)
		if (at[i] >= 'A' && at[i] <= 'F')
			at[i] = (char)(at[i] - 'A' + 'a');
	return (struct str){ at, s.n };
}

static bool list(struct store *s, struct store_snapshot_query q, struct arena *a,
		 struct store_snapshot **ret, size_t *ret_n, struct err *e)
{
	return store_list_snapshots(s, &q, a, ret, ret_n, e);
}

/* ---- a hash ---- */

/* "3f2a9c01d2e4 (acme, 2026-08-22T14:03:00.000Z)", so many different ones of them. */
static struct str name_states(const struct store_snapshot *all, size_t n, size_t max,
			      struct arena *a)
{
	struct str out = STR("");
	size_t named = 0;

	for (size_t i = 0; i < n && named < max; i++) {
		char hash[HASH_TEXT_MAX], at[CLOCK_TEXT_MAX];
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice = twice || hash_eq(&all[k].hash, &all[i].hash);
		if (twice)
			continue;
		out = arena_printf(a, "%.*s%s%.*s (%.*s, %s)", STR_FMT(out), named ? ", " : "",
				   NAMED_DIGITS, hash_text(&all[i].hash, hash),
				   STR_FMT(all[i].provider), clock_text(all[i].first_ms, at));
		named++;
	}
	return out;
}

static size_t count_states(const struct store_snapshot *all, size_t n)
{
	size_t different = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !hash_eq(&all[k].hash, &all[i].hash))
			k++;
		different += k == i;
	}
	return different;
}

static bool is_unknown(struct store *s, struct str typed, struct arena *a, struct err *e)
{
	struct store_snapshot *all;
	size_t n;

	if (!list(s, (struct store_snapshot_query){ .at_ms = CLOCK_NONE, .limit = NAMED_MAX }, a,
		  &all, &n, e))
		return false;
	if (n == 0)
		return err_set(e, ERR_USAGE, "no state %s: none was stored yet (assay sync)",
			       err_quote(typed.at, typed.n));
	return err_set(e, ERR_USAGE,
		       "no state has a hash that begins with %s; the newest are %s; assay "
		       "snapshots lists them all",
		       err_quote(typed.at, typed.n), name_states(all, n, NAMED_MAX, a).at);
}

/* The newest time that it was in force at all. */
static const struct store_snapshot *in_force(const struct store_snapshot *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].until_ms == CLOCK_NONE || all[i].until_ms > all[i].first_ms)
			return &all[i];
	return NULL;
}

static bool find_state(struct store *s, struct past_moment *m, struct arena *a, struct err *e)
{
	struct store_snapshot_query q = { .prefix = lower(m->typed, a), .at_ms = CLOCK_NONE };
	const struct store_snapshot *found;
	struct store_snapshot *all;
	size_t n;

	if (m->typed.n < PREFIX_MIN || m->typed.n >= HASH_TEXT_MAX)
		return err_set(e, ERR_USAGE, "%s: a hash has %d digits, and %d of them at least",
			       err_quote(m->typed.at, m->typed.n), HASH_TEXT_MAX - 1, PREFIX_MIN);
	if (!list(s, q, a, &all, &n, e))
		return false;
	if (n == 0)
		return is_unknown(s, m->typed, a, e);
	if (count_states(all, n) > 1)
		return err_set(e, ERR_USAGE, "%s is the beginning of %zu hashes: %s%s",
			       err_quote(m->typed.at, m->typed.n), count_states(all, n),
			       name_states(all, n, NAMED_MAX, a).at,
			       count_states(all, n) > NAMED_MAX ? ", …" : "");
	found = in_force(all, n);
	if (!found)
		return err_set(e, ERR_USAGE,
			       "%s was never in force: it was corrected as of the moment it began "
			       "(the reader learned to read that document better)",
			       name_states(all, n, 1, a).at);
	m->at_ms = found->first_ms;
	m->provider = found->provider;
	m->hash = found->hash;
	return true;
}

/* ---- a file, a time ---- */

static bool read_file(struct past_moment *m, struct arena *a, struct err *e)
{
	struct str text;

	m->is_file = true;
	if (!file_read(arena_cstr(a, m->typed), FILE_MAX, a, &text, e))
		return false;
	if (!snapshot_read(text, a, &m->catalog, e))
		return err_wrap(e, "%s", err_quote(m->typed.at, m->typed.n));
	m->provider = m->catalog.provider;
	hash_bytes(text.at, text.n, &m->hash);
	return true;
}

static bool resolve(struct store *s, struct past_moment *m, struct arena *a, struct err *e)
{
	struct err unread;

	if (is_path(m->typed))
		return read_file(m, a, e);
	if (is_hex(m->typed))
		return find_state(s, m, a, e);
	if (clock_parse(m->typed, &m->at_ms, &unread))
		return true;
	return err_set(e, ERR_USAGE,
		       "%s is no moment: neither a hash or its first %d digits, nor a time like "
		       "2026-08-22T14:03:00Z, nor a models_HASH.json",
		       err_quote(m->typed.at, m->typed.n), PREFIX_MIN);
}

/* ---- which providers ---- */

bool past_check_provider(struct store *s, struct str slug, struct arena *a, struct err *e)
{
	struct store_provider_stat *stats;
	struct str known = STR("");
	bool active;
	int64_t id;
	size_t n;

	if (!store_provider_find(s, slug, &id, &active, e))
		return false;
	if (id != 0)
		return true;
	if (!store_list_providers(s, a, &stats, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		known = arena_printf(a, "%.*s%s%.*s", STR_FMT(known), i ? ", " : "",
				     STR_FMT(stats[i].slug));
	return err_set(e, ERR_USAGE, "unknown provider \"%s\"; the database has %s",
		       err_quote(slug.at, slug.n), n ? known.at : "none");
}

static bool is_asked(const struct past_query *q, struct str slug)
{
	for (size_t i = 0; i < q->n_providers; i++)
		if (str_eq(q->providers[i], slug))
			return true;
	return q->n_providers == 0;
}

/* A hash or a file is of one provider: so is all that is compared with it. */
static bool agree(const struct past_query *q, const struct past_diff *d, struct err *e)
{
	const struct past_moment *of = str_is_none(d->before.provider) ? &d->after : &d->before;

	if (str_is_none(of->provider))
		return true;
	if (!str_is_none(d->after.provider) && !str_eq(of->provider, d->after.provider))
		return err_set(e, ERR_USAGE, "%s is a state of %.*s, %s is one of %.*s",
			       err_quote(of->typed.at, of->typed.n), STR_FMT(of->provider),
			       err_quote(d->after.typed.at, d->after.typed.n),
			       STR_FMT(d->after.provider));
	if (!is_asked(q, of->provider))
		return err_set(e, ERR_USAGE, "%s is a state of %.*s, which --provider leaves out",
			       err_quote(of->typed.at, of->typed.n), STR_FMT(of->provider));
	return true;
}

/* ---- catalogs of files ---- */

/* One walk over two sorted catalogs. */
static void compare_catalogs(const struct catalog *before, const struct catalog *after,
			     struct arena *a, struct past_diff *d)
{
	size_t i = 0;
	size_t k = 0;

	d->moves = arena_array(a, before->n + after->n, struct store_move);
	while (i < before->n || k < after->n) {
		struct store_move *m = &d->moves[d->n++];
		int c = i == before->n  ? 1
			: k == after->n ? -1
					: model_cmp(&before->models[i], &after->models[k]);

		m->provider = after->provider;
		m->before = c <= 0 ? &before->models[i++] : NULL;
		m->after = c >= 0 ? &after->models[k++] : NULL;
	}
}

/* The catalog of a moment of one provider, from the file or the database. */
static bool load_catalog(struct store *s, struct past_moment *m, struct str slug, struct arena *a,
			 struct err *e)
{
	struct store_past *past;
	size_t n;

	if (m->is_file)
		return true;
	if (!store_load_past(s, slug, m->at_ms, a, &past, &n, e))
		return false;
	m->catalog.provider = slug;
	if (n > 0) {
		m->catalog = past->catalog;
		return true;
	}
	m->without = arena_array(a, 1, struct str);
	m->without[m->n_without++] = slug;
	return true;
}

static bool compare_with_file(struct store *s, struct arena *a, struct past_diff *d, struct err *e)
{
	struct str slug = d->before.is_file ? d->before.provider : d->after.provider;

	if (!load_catalog(s, &d->before, slug, a, e) || !load_catalog(s, &d->after, slug, a, e))
		return false;
	compare_catalogs(&d->before.catalog, &d->after.catalog, a, d);
	return true;
}

/* ---- moments of the database ---- */

static bool has_state(const struct store_snapshot *all, size_t n, struct str slug)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].provider, slug))
			return true;
	return false;
}

/* Of providers that were asked for by name every one, else those that the other moment knows. */
static bool find_without(struct store *s, const struct past_query *q, struct past_moment *m,
			 const struct past_moment *other, struct arena *a, struct err *e)
{
	struct store_snapshot *has, *had;
	size_t n_has, n_had;
	size_t n;

	if (!list(s, (struct store_snapshot_query){ .at_ms = m->at_ms }, a, &has, &n_has, e) ||
	    !list(s, (struct store_snapshot_query){ .at_ms = other->at_ms }, a, &had, &n_had, e))
		return false;
	n = q->n_providers ? q->n_providers : n_had;
	m->nobody = n_has == 0;
	m->without = arena_array(a, n, struct str);
	for (size_t i = 0; i < n; i++) {
		struct str slug = q->n_providers ? q->providers[i] : had[i].provider;

		if (!has_state(has, n_has, slug))
			m->without[m->n_without++] = slug;
	}
	return true;
}

/* Forwards in time; then turned round if it was asked the other way. */
static bool load_moves(struct store *s, struct str slug, const struct past_diff *d, struct arena *a,
		       struct store_move **ret, size_t *ret_n, struct err *e)
{
	bool back = d->before.at_ms > d->after.at_ms;
	int64_t from_ms = back ? d->after.at_ms : d->before.at_ms;
	int64_t to_ms = back ? d->before.at_ms : d->after.at_ms;

	if (!store_load_moves(s, slug, from_ms, to_ms, a, ret, ret_n, e))
		return false;
	for (size_t i = 0; back && i < *ret_n; i++) {
		struct model *before = (*ret)[i].before;

		(*ret)[i].before = (*ret)[i].after;
		(*ret)[i].after = before;
	}
	return true;
}

static int move_order(const void *a, const void *b)
{
	const struct store_move *x = a;
	const struct store_move *y = b;
	int c = str_cmp(x->provider, y->provider);

	return c ? c
		 : str_cmp((x->before ? x->before : x->after)->id,
			   (y->before ? y->before : y->after)->id);
}

/* Provider by provider, where not all of them are asked for. */
static bool load_moves_of(struct store *s, const struct past_query *q, struct arena *a,
			  struct past_diff *d, struct err *e)
{
	struct store_move **of = arena_array(a, q->n_providers, struct store_move *);
	size_t *n = arena_array(a, q->n_providers, size_t);
	size_t total = 0;

	for (size_t i = 0; i < q->n_providers; i++) {
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice = twice || str_eq(q->providers[i], q->providers[k]);
		if (!twice && (!past_check_provider(s, q->providers[i], a, e) ||
			       !load_moves(s, q->providers[i], d, a, &of[i], &n[i], e)))
			return false;
		total += n[i];
	}
	d->moves = arena_array(a, total, struct store_move);
	for (size_t i = 0; i < q->n_providers; i++)
		for (size_t k = 0; k < n[i]; k++)
			d->moves[d->n++] = of[i][k];
	if (d->n > 1)
		qsort(d->moves, d->n, sizeof(*d->moves), move_order);
	return true;
}

static bool compare_instants(struct store *s, const struct past_query *q, struct arena *a,
			     struct past_diff *d, struct err *e)
{
	struct str slug = str_is_none(d->before.provider) ? d->after.provider : d->before.provider;
	struct past_query one = { .providers = &slug, .n_providers = 1 };

	if (!str_is_none(slug))
		q = &one;
	if (!find_without(s, q, &d->before, &d->after, a, e) ||
	    !find_without(s, q, &d->after, &d->before, a, e))
		return false;
	if (q->n_providers > 0)
		return load_moves_of(s, q, a, d, e);
	return load_moves(s, STR_NONE, d, a, &d->moves, &d->n, e);
}

bool past_compare(struct store *s, const struct past_query *q, struct arena *a,
		  struct past_diff *ret, struct err *e)
{
	struct past_diff d = { .before = { .typed = q->before }, .after = { .typed = q->after } };

	if (!resolve(s, &d.before, a, e) || !resolve(s, &d.after, a, e) || !agree(q, &d, e))
		return false;
	if (!(d.before.is_file || d.after.is_file ? compare_with_file(s, a, &d, e)
						  : compare_instants(s, q, a, &d, e)))
		return false;
	*ret = d;
	return true;
}

/* ---- the market ---- */

bool past_market(struct store *s, int64_t at_ms, struct arena *a, struct hash *ret, size_t *ret_n,
		 struct err *e)
{
	struct store_snapshot *all;
	struct market_state *states;
	size_t n;

	if (!list(s, (struct store_snapshot_query){ .at_ms = at_ms }, a, &all, &n, e))
		return false;
	states = arena_array(a, n, struct market_state);
	for (size_t i = 0; i < n; i++)
		states[i] = (struct market_state){ all[i].provider, all[i].hash };
	market_hash(states, n, ret);
	*ret_n = n;
	return true;
}
