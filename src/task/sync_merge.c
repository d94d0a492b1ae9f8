#include "task/sync_merge.h"

#include "core/plausible.h"
#include "net/decode.h"
#include "task/sync_pages.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SHRINK_ROWS = 5, SHRINK_PERCENT = 10, CONFIRM_PERCENT = 90 };

/* ---- the stored documents ---- */

bool sync_reread_document(struct store *s, struct sync_job *job, const struct list *l,
			  struct reader_list *ret, bool *ret_found, struct err *e)
{
	struct store_document d;
	struct document plain;
	bool ok;

	if (!store_load_document(s, job->provider_id, l->name, &job->arena, &d, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	if (!sync_unpack(&d, job->conf->body_max, &plain, e))
		return err_wrap(e, "a stored document");
	(void)json_mend_surrogates((char *)plain.at, plain.n);
	ok = sync_pages_reread((struct str){ (const char *)plain.at, plain.n }, &job->arena, ret,
			       e);
	free(plain.at);
	return ok;
}

/* ---- carrying over ---- */

static bool is_present(const struct store_row *row)
{
	return row->missing_since_ms == CLOCK_NONE;
}

/*
 * Rows present before that the catalog does not hold though the list may have:
 * their own row could not be read, some row has no readable id and might be
 * any of them, or a list that adds models did not come.
 */
static size_t rows_to_carry(const struct sync_merge *m, const struct reading *r, struct arena *a,
			    const struct store_row **ret)
{
	size_t n_ids;
	struct str *ids = reader_skipped_ids(r, a, &n_ids);
	size_t n = 0;
	size_t j = 0;

	if (r->n_skips == 0 && !reader_may_lack_any(r))
		return 0;
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct store_row *row = &m->rows[i];

		while (j < m->catalog.n &&
		       str_cmp(m->catalog.models[j].id, row->provider_model_id) < 0)
			j++;
		if (!is_present(row) ||
		    (j < m->catalog.n && str_eq(m->catalog.models[j].id, row->provider_model_id)))
			continue;
		if (reader_may_lack_any(r) ||
		    bsearch(&row->provider_model_id, ids, n_ids, sizeof(*ids), str_order))
			ret[n++] = row;
	}
	return n;
}

static bool load_rows_observed(struct store *s, const struct store_row *const *rows, size_t n,
			       struct arena *a, struct store_observed **ret, struct err *e)
{
	int64_t *ids = arena_array(a, n + 1, int64_t);

	*ret = arena_array(a, n + 1, struct store_observed);
	for (size_t i = 0; i < n; i++)
		ids[i] = rows[i]->id;
	return n == 0 || store_load_observed(s, ids, n, a, *ret, e);
}

static bool carry_rows(struct store *s, struct sync_merge *m, const struct store_row **rows,
		       size_t n, struct arena *a, struct err *e)
{
	struct model *all = arena_array(a, m->catalog.n + n + 1, struct model);
	struct store_observed *observed;

	if (!load_rows_observed(s, rows, n, a, &observed, e))
		return false;
	if (m->catalog.n)
		memcpy(all, m->catalog.models, m->catalog.n * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[m->catalog.n + i] = observed[i].model;
	m->catalog.models = all;
	m->catalog.n += n;
	return true;
}

static bool concerned(const struct reading *r, struct str id)
{
	for (size_t i = 0; i < r->n_gaps; i++)
		if (reader_gap_concerns(&r->gaps[i], id))
			return true;
	return false;
}

/* What optional lists could not say of each model known already. */
static bool carry_fields(struct store *s, struct sync_merge *m, const struct reading *r,
			 struct arena *a, struct err *e)
{
	const struct store_row **rows = arena_array(a, m->n_rows + 1, const struct store_row *);
	struct model **models = arena_array(a, m->n_rows + 1, struct model *);
	struct store_observed *observed;
	size_t n = 0;
	size_t j = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		while (j < m->catalog.n &&
		       str_cmp(m->catalog.models[j].id, m->rows[i].provider_model_id) < 0)
			j++;
		if (j == m->catalog.n ||
		    !str_eq(m->catalog.models[j].id, m->rows[i].provider_model_id) ||
		    !concerned(r, m->rows[i].provider_model_id))
			continue;
		rows[n] = &m->rows[i];
		models[n++] = &m->catalog.models[j];
	}
	if (!load_rows_observed(s, rows, n, a, &observed, e))
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r->n_gaps; k++)
			if (reader_gap_concerns(&r->gaps[k], models[i]->id))
				reader_carry(r->gaps[k].list, &observed[i].model, models[i], a);
	return true;
}

/* A model carried over keeps the hash of its row: nothing of it is to be written. */
static void keep_content(struct hash *content, const struct catalog *c,
			 const struct store_row *const *rows, size_t n)
{
	size_t j = 0;

	for (size_t i = 0; i < n; i++) {
		while (!str_eq(c->models[j].id, rows[i]->provider_model_id))
			j++;
		content[j] = rows[i]->content;
	}
}

static bool carry_over(struct store *s, struct sync_merge *m, const struct reading *r,
		       struct arena *a, struct err *e)
{
	const struct store_row **rows = arena_array(a, m->n_rows + 1, const struct store_row *);
	size_t n = rows_to_carry(m, r, a, rows);
	struct snapshot snapshot;

	if (n == 0 && r->n_gaps == 0)
		return true;
	if (!carry_rows(s, m, rows, n, a, e) || !carry_fields(s, m, r, a, e))
		return false;
	catalog_sort(&m->catalog);
	snapshot_take(&m->catalog, a, &snapshot);
	keep_content(snapshot.content, &m->catalog, rows, n);
	m->content = snapshot.content;
	m->hash = snapshot.hash;
	return true;
}

/* ---- what is to be written ---- */

static void grow_opens(struct sync_merge *m, struct arena *a)
{
	size_t room = m->price_opens_room ? m->price_opens_room * 2 : 64;
	struct store_price_open *opens = arena_alloc(a, room * sizeof(*opens));
	struct sync_move *moves = arena_alloc(a, room * sizeof(*moves));

	if (m->n_price_opens) {
		memcpy(opens, m->price_opens, m->n_price_opens * sizeof(*opens));
		memcpy(moves, m->moves, m->n_price_opens * sizeof(*moves));
	}
	m->price_opens = opens;
	m->moves = moves;
	m->price_opens_room = room;
}

static void open_price(struct sync_merge *m, const struct price *p, size_t write,
		       struct sync_move move, struct arena *a)
{
	if (m->n_price_opens == m->price_opens_room)
		grow_opens(m, a);
	m->moves[m->n_price_opens] = move;
	m->price_opens[m->n_price_opens++] =
		(struct store_price_open){ write, p, price_implausible(p) };
}

static void close_price(struct sync_merge *m, int64_t id, struct arena *a)
{
	if (m->n_price_closes == m->price_closes_room) {
		size_t room = m->price_closes_room ? m->price_closes_room * 2 : 64;
		int64_t *grown = arena_alloc(a, room * sizeof(*grown));

		if (m->n_price_closes)
			memcpy(grown, m->price_closes, m->n_price_closes * sizeof(*grown));
		m->price_closes = grown;
		m->price_closes_room = room;
	}
	m->price_closes[m->n_price_closes++] = id;
}

static size_t add_write(struct sync_merge *m, int64_t id, size_t i, bool new_version,
			struct arena *a)
{
	const struct model *model = &m->catalog.models[i];
	struct identity is = identity_of_model(m->identity, m->catalog.provider, model, a);

	m->writes[m->n_writes] = (struct store_model_write){
		.id = id,
		.model = model,
		.content = m->content[i],
		.new_version = new_version,
		.canonical_id = is.canonical,
		.canonical_evidence = is.evidence,
	};
	return m->n_writes++;
}

static void add_model(struct sync_merge *m, size_t i, bool announce, struct arena *a)
{
	const struct model *model = &m->catalog.models[i];
	size_t write = add_write(m, 0, i, true, a);

	for (size_t k = 0; k < model->n_prices; k++)
		open_price(m, &model->prices[k], write,
			   (struct sync_move){ .first_change = m->changes.n }, a);
	m->n_added++;
	if (announce)
		changes_add(&m->changes, a,
			    (struct change){ .kind = CHANGE_ADDED, .model = model->id });
}

/* Close what is gone or different, open what is new or different; both sorted by key. */
static void merge_prices(struct sync_merge *m, const struct store_observed *before,
			 const struct model *after, size_t write, size_t first_change,
			 struct arena *a)
{
	const struct model *b = &before->model;
	size_t i = 0;
	size_t j = 0;

	while (i < b->n_prices || j < after->n_prices) {
		int c = i == b->n_prices       ? 1
			: j == after->n_prices ? -1
					       : price_cmp(&b->prices[i], &after->prices[j]);

		if (c == 0 && price_same(&b->prices[i], &after->prices[j])) {
			i++;
			j++;
			continue;
		}
		if (c >= 0) {
			struct sync_move move = { .first_change = first_change };

			if (c == 0)
				move = (struct sync_move){ &b->prices[i], before->price_ids[i],
							   before->suspect[i], first_change };
			open_price(m, &after->prices[j++], write, move, a);
		}
		if (c <= 0)
			close_price(m, before->price_ids[i++], a);
	}
}

static void change_model(struct sync_merge *m, const struct store_observed *before, size_t i,
			 struct arena *a)
{
	const struct model *after = &m->catalog.models[i];
	size_t first = m->changes.n;
	bool new_version = false;
	size_t write;

	changes_between(&before->model, after, a, &m->changes);
	for (size_t k = first; k < m->changes.n; k++)
		new_version = new_version || m->changes.items[k].kind != CHANGE_PRICE;
	write = add_write(m, before->model_id, i, new_version, a);
	merge_prices(m, before, after, write, first, a);
	m->n_changed += m->changes.n > first;
}

/* ---- the comparison ---- */

/* Pairs whose stored row is not what it should be. */
struct pairs {
	const struct store_row **rows;
	size_t *models; /* index into the catalog */
	size_t n;
};

static void row_is_back(struct sync_merge *m, const struct store_row *row, struct arena *a)
{
	m->returned[m->n_returned++] = row->id;
	changes_add(&m->changes, a,
		    (struct change){ .kind = CHANGE_RETURNED, .model = row->provider_model_id });
}

static void row_is_gone(struct sync_merge *m, const struct store_row *row, struct str *lacking,
			struct arena *a)
{
	lacking[m->n_missing] = row->provider_model_id;
	m->missing[m->n_missing++] = row->id;
	changes_add(&m->changes, a,
		    (struct change){ .kind = CHANGE_MISSING, .model = row->provider_model_id });
}

/* One walk over both sorted lists.  `announce`: this is not the provider's first state. */
static void compare(struct sync_merge *m, bool announce, struct pairs *differing, struct arena *a)
{
	struct str *lacking = arena_array(a, m->n_rows + 1, struct str);
	size_t i = 0;
	size_t j = 0;

	m->lacking = lacking;
	while (i < m->n_rows || j < m->catalog.n) {
		const struct store_row *row = i < m->n_rows ? &m->rows[i] : NULL;
		int c = !row ? 1
			: j == m->catalog.n
				? -1
				: str_cmp(row->provider_model_id, m->catalog.models[j].id);

		if (c < 0 && is_present(row))
			row_is_gone(m, row, lacking, a);
		if (c == 0 && !is_present(row))
			row_is_back(m, row, a);
		if (c == 0 && !hash_eq(&row->content, &m->content[j])) {
			differing->rows[differing->n] = row;
			differing->models[differing->n++] = j;
		}
		if (c > 0)
			add_model(m, j, announce, a);
		i += c <= 0;
		j += c >= 0;
	}
}

static bool compare_and_load(struct store *s, struct sync_merge *m, bool announce, struct arena *a,
			     struct err *e)
{
	struct pairs differing = {
		.rows = arena_array(a, m->n_rows + 1, const struct store_row *),
		.models = arena_array(a, m->n_rows + 1, size_t),
	};
	struct store_observed *observed;

	m->writes = arena_array(a, m->catalog.n + 1, struct store_model_write);
	m->missing = arena_array(a, m->n_rows + 1, int64_t);
	m->returned = arena_array(a, m->n_rows + 1, int64_t);
	compare(m, announce, &differing, a);
	if (!load_rows_observed(s, differing.rows, differing.n, a, &observed, e))
		return false;
	for (size_t i = 0; i < differing.n; i++)
		change_model(m, &observed[i], differing.models[i], a);
	return true;
}

bool sync_merge_load(struct store *s, struct sync_job *job, const struct reading *r,
		     const struct snapshot *snapshot, struct sync_merge *ret, struct err *e)
{
	struct sync_merge m = { .catalog = r->catalog,
				.content = snapshot->content,
				.hash = snapshot->hash,
				.identity = job->conf->identity };
	struct arena *a = &job->arena;

	if (!store_load_rows(s, job->provider_id, a, &m.rows, &m.n_rows, e))
		return false;
	for (size_t i = 0; i < m.n_rows; i++)
		m.n_present += is_present(&m.rows[i]);
	if (!carry_over(s, &m, r, a, e) || !compare_and_load(s, &m, job->state.has_snapshot, a, e))
		return false;
	*ret = m;
	return true;
}

/* ---- a list that shrank ---- */

static size_t count_common(const struct str *sorted, size_t n, const struct str *ids, size_t n_ids)
{
	size_t common = 0;

	for (size_t i = 0; i < n_ids; i++)
		common += n && bsearch(&ids[i], sorted, n, sizeof(*sorted), str_order) != NULL;
	return common;
}

/* Ids that lack are what the next list is held against. */
static void suspect(const struct sync_merge *m, struct sync_job *job)
{
	job->suspect_missing = m->lacking;
	job->n_suspect_missing = m->n_missing;
}

bool sync_merge_check_shrink(struct sync_merge *m, struct sync_job *job, struct err *e)
{
	size_t limit = m->n_present * SHRINK_PERCENT / 100;
	size_t before = job->state.n_suspect_missing;
	size_t common;

	if (limit < SHRINK_ROWS)
		limit = SHRINK_ROWS;
	if (m->n_missing <= limit)
		return true;
	/* `lacking` is sorted: it was collected in the order of the rows. */
	common = count_common(m->lacking, m->n_missing, job->state.suspect_missing, before);
	/* What lacks besides what was suspected is judged as any loss is. */
	if (before > 0 && common * 100 >= before * CONFIRM_PERCENT &&
	    m->n_missing - common <= limit)
		return true;
	suspect(m, job);
	job->shrunk = true;
	return err_set(e, ERR_SUSPECT,
		       "%zu of %zu models are gone at once, more than %zu: nothing is taken over "
		       "until the next complete list confirms it",
		       m->n_missing, m->n_present, limit);
}

/* ---- another key ---- */

bool sync_merge_check_key(struct sync_merge *m, struct sync_job *job, struct err *e)
{
	const struct store_state *before = &job->state;

	if (!before->has_snapshot || m->changes.n == 0 || str_is_none(before->key) ||
	    str_is_none(job->key_print) || str_eq(job->key_print, before->key) ||
	    str_same(job->key_print, before->suspect_key))
		return true;
	suspect(m, job);
	return err_set(e, ERR_SUSPECT,
		       "the key is another than before and the list differs in %zu places: nothing "
		       "is taken over until the next complete list with this key confirms it",
		       m->changes.n);
}

/* ---- writing ---- */

void sync_merge_as_correction(struct sync_merge *m, struct sync_job *job)
{
	size_t n = m->changes.n;

	m->is_correction = true;
	/* An id that was misread is gone for good, and nobody is told of it as of a model. */
	m->removed = m->missing;
	m->n_removed = m->n_missing;
	m->changes = (struct changes){ 0 };
	if (n > 0)
		changes_add(&m->changes, &job->arena,
			    (struct change){ .kind = CHANGE_CORRECTED,
					     .field = STR("reader"),
					     .new_value = arena_printf(&job->arena, "%zu", n) });
}

bool sync_merge_apply(struct store *s, struct sync_job *job, const struct sync_merge *m,
		      int64_t at_ms, struct str key, struct err *e)
{
	struct store_batch b = {
		.provider_id = job->provider_id,
		.at_ms = at_ms,
		.writes = m->writes,
		.n_writes = m->n_writes,
		.price_closes = m->price_closes,
		.n_price_closes = m->n_price_closes,
		.price_opens = m->price_opens,
		.n_price_opens = m->n_price_opens,
		.missing = m->missing,
		.n_missing = m->n_missing,
		.returned = m->returned,
		.n_returned = m->n_returned,
		.missing_incidents = m->missing_incidents,
		.removed = m->removed,
		.n_removed = m->n_removed,
		.changes = m->changes.items,
		.n_changes = m->changes.n,
		.snapshot = m->hash,
		.snapshot_models = m->catalog.n,
		.key = key,
		.not_fetched = m->is_correction,
		.unheard = !m->is_correction && reader_may_lack_any(&job->reading),
	};

	for (size_t i = 0; i < m->catalog.n; i++)
		b.snapshot_prices += m->catalog.models[i].n_prices;
	return store_apply(s, &b, e);
}

void sync_merge_report(const struct sync_merge *m, struct sync_job *job)
{
	struct sync_report *r = &job->report;

	r->hash = m->hash;
	r->synced = job->reading.catalog.n;
	r->written = m->n_writes;
	r->prices_written = m->n_price_opens + m->n_price_closes;
	r->added = m->n_added;
	r->changed = m->n_changed;
	r->missing = m->n_missing;
	r->returned = m->n_returned;
	r->removed = m->n_removed;
	r->models = m->catalog.n;
	r->prices = 0;
	for (size_t i = 0; i < m->catalog.n; i++)
		r->prices += m->catalog.models[i].n_prices;
	r->changes = job->corrections;
	for (size_t i = 0; i < m->changes.n; i++)
		changes_add(&r->changes, &job->arena, m->changes.items[i]);
}
