#include "task/sync_rules.h"

#include "core/fold.h"
#include "store/rules.h"

#include <inttypes.h>
#include <stdlib.h>

/* How long others that go may belong to the same outage. */
enum { JOIN_HOURS = 24 };
#define JOIN_MS ((int64_t)JOIN_HOURS * 3600 * 1000)

/* An incident that this sync has to do with. */
struct touched {
	struct store_incident_step step;
	bool is_open; /* and of kind missing */
	size_t left;  /* members that are neither back nor removed */
};

/* What one fetch says of who is there, and what comes of it. */
struct rules {
	struct store *s;
	struct sync_job *job;
	struct sync_merge *m; /* NULL: the same state once more */
	struct arena *a;
	struct changes *changes;
	struct store_absence *pending; /* sorted by id */
	bool *settled;                 /* [n_pending]: back, or removed */
	size_t n_pending;
	struct store_incident *incidents;
	size_t n_incidents;
	struct touched *touched;
	size_t n_touched;
	int64_t *missing_incidents; /* [m->n_missing] */
	int64_t *removed;
	size_t n_removed;
};

/* The same state once more: nobody went, and nobody came back. */
static size_t count_missing(const struct rules *r)
{
	return r->m ? r->m->n_missing : 0;
}

static size_t count_returned(const struct rules *r)
{
	return r->m ? r->m->n_returned : 0;
}

/* ---- incidents ---- */

static struct touched *touch(struct rules *r, int64_t incident_id)
{
	for (size_t i = 0; i < r->n_touched; i++)
		if (r->touched[i].step.id == incident_id)
			return &r->touched[i];
	r->touched[r->n_touched] = (struct touched){
		.step = { .id = incident_id, .closed_at_ms = CLOCK_NONE },
	};
	return &r->touched[r->n_touched++];
}

static struct str incident_tag(struct rules *r, int64_t incident_id)
{
	return arena_printf(r->a, "incident:%" PRId64, incident_id);
}

static const struct store_incident *find_suspect(const struct store_incident *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == INCIDENT_SUSPECT)
			return &list[i];
	return NULL;
}

/* One that may still be on its way down: nobody is back yet. */
static const struct store_incident *find_growing(const struct store_incident *list, size_t n,
						 int64_t at_ms)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == INCIDENT_MISSING && list[i].returned == 0 &&
		    at_ms - list[i].opened_at_ms <= JOIN_MS)
			return &list[i];
	return NULL;
}

static bool was_suspected(const struct sync_job *job, struct str id)
{
	return job->state.n_suspect_missing &&
	       bsearch(&id, job->state.suspect_missing, job->state.n_suspect_missing, sizeof(id),
		       str_order);
}

/* Which of the models that are gone went together: a suspect list lacked them, or they are many. */
static size_t choose_members(const struct rules *r, bool is_suspect, bool *members)
{
	bool many = removal_is_incident(r->m->n_missing, r->m->n_present);
	size_t n = 0;

	for (size_t i = 0; i < r->m->n_missing; i++) {
		members[i] = many || (is_suspect && was_suspected(r->job, r->m->lacking[i]));
		n += members[i];
	}
	return n;
}

/* The suspect incident becomes theirs, or one that still grows, or a new one. */
static bool find_incident(struct rules *r, const struct store_incident *suspect, size_t n,
			  int64_t *ret_id, struct err *e)
{
	int64_t at_ms = r->job->started_at_ms;
	const struct store_incident *growing = find_growing(r->incidents, r->n_incidents, at_ms);
	struct touched *t;

	if (!suspect && !growing)
		return store_open_incident(r->s, r->job->provider_id, INCIDENT_MISSING, at_ms, n,
					   ret_id, e);
	*ret_id = suspect ? suspect->id : growing->id;
	t = touch(r, *ret_id);
	t->step.adopt = suspect != NULL;
	t->step.members = (int64_t)n - (suspect ? (int64_t)suspect->members : 0);
	return true;
}

/* What was suspected did not come true. */
static void heal(struct rules *r, const struct store_incident *suspect)
{
	struct touched *t = touch(r, suspect->id);

	t->step.returned = suspect->members;
	t->step.closed_at_ms = r->job->started_at_ms;
}

static bool assign_incidents(struct rules *r, struct err *e)
{
	const struct store_incident *suspect = find_suspect(r->incidents, r->n_incidents);
	bool *members;
	struct touched *t;
	int64_t id;
	size_t n = 0;

	if (count_missing(r) > 0) {
		members = arena_array(r->a, r->m->n_missing, bool);
		n = choose_members(r, suspect != NULL, members);
	}
	if (n == 0) {
		if (suspect)
			heal(r, suspect);
		return true;
	}
	if (!find_incident(r, suspect, n, &id, e))
		return false;
	t = touch(r, id);
	t->is_open = true;
	t->left = n;
	for (size_t i = 0; i < r->m->n_missing; i++)
		r->missing_incidents[i] = members[i] ? id : 0;
	return true;
}

static bool steps_nothing(const struct store_incident_step *step)
{
	return !step->adopt && step->members == 0 && step->returned == 0 &&
	       step->closed_at_ms == CLOCK_NONE;
}

static bool save_incidents(struct rules *r, struct err *e)
{
	for (size_t i = 0; i < r->n_pending; i++)
		if (r->pending[i].incident_id && !r->settled[i])
			touch(r, r->pending[i].incident_id)->left++;
	for (size_t i = 0; i < r->n_touched; i++) {
		struct touched *t = &r->touched[i];

		if (t->is_open && t->left == 0)
			t->step.closed_at_ms = r->job->started_at_ms;
		if (!steps_nothing(&t->step) && !store_step_incident(r->s, &t->step, e))
			return false;
	}
	return true;
}

/* ---- who is there ---- */

/* Changes of that kind stand in the order of their models: each gets its incident as a tag. */
static void tag_incidents(struct rules *r, enum change_kind kind, const int64_t *incidents)
{
	size_t nth = 0;

	for (size_t i = 0; i < r->changes->n; i++) {
		struct change *c = &r->changes->items[i];

		if (c->kind != kind)
			continue;
		if (incidents[nth])
			change_add_tag(c, incident_tag(r, incidents[nth]), r->a);
		nth++;
	}
}

static int absence_order(const void *id, const void *absence)
{
	return str_cmp(*(const struct str *)id, ((const struct store_absence *)absence)->model);
}

static void settle(struct rules *r, struct str id)
{
	const struct store_absence *x =
		r->n_pending ? bsearch(&id, r->pending, r->n_pending, sizeof(*x), absence_order)
			     : NULL;

	if (x)
		r->settled[x - r->pending] = true;
}

static bool welcome_back(struct rules *r, struct err *e)
{
	size_t n = count_returned(r);
	struct store_absence *back = arena_array(r->a, n + 1, struct store_absence);
	int64_t *incidents = arena_array(r->a, n + 1, int64_t);

	if (n == 0)
		return true;
	if (!store_load_absences(r->s, r->m->returned, n, r->a, back, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		incidents[i] = back[i].incident_id;
		settle(r, back[i].model);
		if (incidents[i])
			touch(r, incidents[i])->step.returned++;
	}
	tag_incidents(r, CHANGE_RETURNED, incidents);
	return true;
}

/* ---- removals ---- */

static void confirm(struct rules *r, int64_t model_id, struct str model, int64_t incident_id,
		    const struct removal_case *c, enum removal how)
{
	struct change change = { .kind = CHANGE_REMOVED, .model = model };
	char since[CLOCK_TEXT_MAX];

	change_add_tag(&change, arena_printf(r->a, "since:%s", clock_text(c->gone_from_ms, since)),
		       r->a);
	change_add_tag(&change, arena_printf(r->a, "fetches:%" PRIu64, c->fetches), r->a);
	if (incident_id)
		change_add_tag(&change, incident_tag(r, incident_id), r->a);
	if (how == REMOVAL_ANNOUNCED)
		change_add_tag(&change, STR("lifecycle"), r->a);
	changes_add(r->changes, r->a, change);
	r->removed[r->n_removed++] = model_id;
}

static struct removal_case pending_case(const struct store_absence *x, uint64_t fetches)
{
	return (struct removal_case){
		.gone_from_ms = x->gone_from_ms,
		.fetches = fetches,
		.in_incident = x->incident_id != 0,
		.deprecated_at_ms = x->deprecated_at_ms,
	};
}

static enum removal judge(const struct rules *r, const struct removal_case *c)
{
	return removal_judge(&r->job->conf->removal, c, r->job->started_at_ms);
}

/* This fetch is one more, and not stored yet. */
static uint64_t count_fetches(const struct store_fetches *list, size_t n, int64_t since_ms)
{
	uint64_t fetches = 1;

	for (size_t i = 0; i < n && list[i].first_at_ms >= since_ms; i++)
		fetches += list[i].n;
	return fetches;
}

/* Fetches from the oldest absence on that has lasted long enough; *ret_any false: none has. */
static bool load_fetches(struct rules *r, struct store_fetches **ret, size_t *ret_n, bool *ret_any,
			 struct err *e)
{
	int64_t oldest = CLOCK_LAST;

	*ret_any = false;
	for (size_t i = 0; i < r->n_pending; i++) {
		struct removal_case c = pending_case(&r->pending[i], UINT64_MAX);

		if (r->settled[i] || judge(r, &c) == REMOVAL_PENDING)
			continue;
		*ret_any = true;
		oldest = c.gone_from_ms < oldest ? c.gone_from_ms : oldest;
	}
	return !*ret_any ||
	       store_load_fetches(r->s, r->job->provider_id, oldest, r->a, ret, ret_n, e);
}

/*
 * A row that could not be read may be that of a model which is missing: it is not back,
 * but its removal is not confirmed by such a list either.
 */
struct unread {
	bool any; /* might be whichever */
	struct str *ids;
	size_t n;
};

static bool find_unread(struct rules *r, struct unread *ret, struct err *e)
{
	const struct reading *reading = &r->job->reading;
	struct reading again = { 0 };

	*ret = (struct unread){ .any = true };
	if (!r->m) {
		bool found;

		/* What cannot be read again says nothing of what is in it. */
		if (!sync_reread(r->s, r->job, &again, &found, e))
			return e->kind != ERR_DB && e->kind != ERR_BUSY;
		if (!found)
			return true;
		reading = &again;
	}
	ret->any = reader_may_lack_any(reading);
	ret->ids = reader_skipped_ids(reading, r->a, &ret->n);
	return true;
}

static bool may_be_listed(const struct unread *u, struct str id)
{
	return u->any || (u->n && bsearch(&id, u->ids, u->n, sizeof(id), str_order));
}

/* Of those that have lasted long enough, the ones that enough fetches did not find. */
static bool confirm_pending(struct rules *r, struct err *e)
{
	struct store_fetches *fetches = NULL;
	struct unread unread = { 0 };
	bool known = false;
	size_t n = 0;
	bool any;

	if (!load_fetches(r, &fetches, &n, &any, e))
		return false;
	for (size_t i = 0; any && i < r->n_pending; i++) {
		const struct store_absence *x = &r->pending[i];
		struct removal_case c = pending_case(x, count_fetches(fetches, n, x->gone_from_ms));
		enum removal how = r->settled[i] ? REMOVAL_PENDING : judge(r, &c);

		if (how == REMOVAL_PENDING)
			continue;
		if (!known && !find_unread(r, &unread, e))
			return false;
		known = true;
		if (may_be_listed(&unread, x->model))
			continue;
		confirm(r, x->model_id, x->model, x->incident_id, &c, how);
		r->settled[i] = true;
	}
	return true;
}

static int64_t *load_ends(struct rules *r, struct err *e)
{
	size_t n = r->m->n_missing;
	struct store_observed *last = arena_array(r->a, n, struct store_observed);
	int64_t *ends = arena_array(r->a, n, int64_t);

	if (!store_load_observed(r->s, r->m->missing, n, r->a, last, e))
		return NULL;
	for (size_t i = 0; i < n; i++)
		ends[i] = last[i].model.deprecated_at_ms;
	return ends;
}

/* Where one fetch is enough, those that went with this one, too. */
static bool confirm_missing(struct rules *r, struct err *e)
{
	const int64_t *ends;

	if (count_missing(r) == 0 || r->job->conf->removal.fetches > 1)
		return true;
	ends = load_ends(r, e);
	if (!ends)
		return false;
	for (size_t i = 0; i < r->m->n_missing; i++) {
		int64_t incident_id = r->missing_incidents[i];
		struct removal_case c = {
			.gone_from_ms = r->job->started_at_ms,
			.fetches = 1,
			.in_incident = incident_id != 0,
			.deprecated_at_ms = ends[i],
		};
		enum removal how = judge(r, &c);

		if (how == REMOVAL_PENDING)
			continue;
		confirm(r, r->m->missing[i], r->m->lacking[i], incident_id, &c, how);
		if (incident_id)
			touch(r, incident_id)->left--;
	}
	return true;
}

/* ---- presence, as a whole ---- */

static bool load_known(struct rules *r, struct err *e)
{
	int64_t provider_id = r->job->provider_id;
	size_t n_missing = count_missing(r);
	size_t n_returned = count_returned(r);

	if (!store_load_pending(r->s, provider_id, r->a, &r->pending, &r->n_pending, e) ||
	    !store_load_incidents(r->s, provider_id, r->a, &r->incidents, &r->n_incidents, e))
		return false;
	r->settled = arena_array(r->a, r->n_pending + 1, bool);
	r->removed = arena_array(r->a, r->n_pending + n_missing + 1, int64_t);
	r->missing_incidents = arena_array(r->a, n_missing + 1, int64_t);
	r->touched =
		arena_array(r->a, r->n_incidents + r->n_pending + n_returned + 1, struct touched);
	for (size_t i = 0; i < r->n_incidents; i++)
		if (r->incidents[i].kind == INCIDENT_MISSING)
			touch(r, r->incidents[i].id)->is_open = true;
	return true;
}

static bool rule_presence(struct rules *r, struct err *e)
{
	if (!load_known(r, e) || !welcome_back(r, e) || !assign_incidents(r, e))
		return false;
	if (r->m)
		tag_incidents(r, CHANGE_MISSING, r->missing_incidents);
	return confirm_pending(r, e) && confirm_missing(r, e) && save_incidents(r, e);
}

/* ---- changes of the document ---- */

/* A key of many rows is one change; both lists are sorted by id. */
static void fold(struct rules *r)
{
	const struct sync_merge *m = r->m;
	const struct model **both = arena_array(r->a, m->catalog.n + 1, const struct model *);
	size_t n = 0;
	size_t j = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		while (j < m->catalog.n &&
		       str_cmp(m->catalog.models[j].id, m->rows[i].provider_model_id) < 0)
			j++;
		if (j < m->catalog.n && m->rows[i].missing_since_ms == CLOCK_NONE &&
		    str_eq(m->catalog.models[j].id, m->rows[i].provider_model_id))
			both[n++] = &m->catalog.models[j];
	}
	changes_fold(r->changes, both, n, r->a);
}

static struct str types(struct str text)
{
	return text.n ? text : STR_NONE;
}

/* What is back was not there just before, whatever it was of before it went. */
static struct str types_before(const struct store_drift *d)
{
	return str_eq(d->kind, STR("returned")) ? STR_NONE : types(d->before);
}

static void tell_drift(struct rules *r)
{
	const struct store_shape_batch *b = &r->job->drift;

	for (size_t i = 0; i < b->n_drift; i++)
		changes_add(r->changes, r->a,
			    (struct change){
				    .kind = CHANGE_SCHEMA,
				    .field = arena_printf(r->a, "%.*s#%.*s",
							  STR_FMT(b->drift[i].list),
							  STR_FMT(b->drift[i].path)),
				    .old_value = types_before(&b->drift[i]),
				    .new_value = types(b->drift[i].after),
			    });
}

/* ---- back to what it was ---- */

static bool has_past(const struct change *c)
{
	return !str_is_none(c->model) && !str_is_none(c->field);
}

static bool tag_reverted(struct rules *r, struct err *e)
{
	struct store_field *fields = arena_array(r->a, r->changes->n + 1, struct store_field);
	struct store_previous *previous =
		arena_array(r->a, r->changes->n + 1, struct store_previous);
	size_t n = 0;

	for (size_t i = 0; i < r->changes->n; i++)
		if (has_past(&r->changes->items[i]))
			fields[n++] = (struct store_field){ r->changes->items[i].model,
							    r->changes->items[i].field };
	if (n > 0 && !store_load_previous(r->s, r->job->provider_id, fields, n, r->a, previous, e))
		return false;
	n = 0;
	for (size_t i = 0; i < r->changes->n; i++) {
		struct change *c = &r->changes->items[i];

		if (!has_past(c))
			continue;
		if (previous[n].found && str_same(previous[n].old_value, c->new_value))
			change_add_tag(c, STR("reverted"), r->a);
		n++;
	}
	return true;
}

/* ---- what a sync calls ---- */

bool sync_rules_apply(struct store *s, struct sync_job *job, struct sync_merge *m, struct err *e)
{
	struct rules r = { .s = s, .job = job, .m = m, .a = &job->arena, .changes = &m->changes };

	/* The first state of a provider is its baseline. */
	if (!job->state.has_snapshot)
		return true;
	fold(&r);
	if (!tag_reverted(&r, e) || !rule_presence(&r, e))
		return false;
	tell_drift(&r);
	m->missing_incidents = r.missing_incidents;
	m->removed = r.removed;
	m->n_removed = r.n_removed;
	return true;
}

bool sync_rules_age(struct store *s, struct sync_job *job, struct store_batch *b, struct err *e)
{
	struct changes *changes = &job->report.changes;
	struct rules r = { .s = s, .job = job, .a = &job->arena, .changes = changes };

	if (!rule_presence(&r, e))
		return false;
	job->report.removed = r.n_removed;
	b->removed = r.removed;
	b->n_removed = r.n_removed;
	b->changes = changes->items;
	b->n_changes = changes->n;
	return true;
}

bool sync_rules_suspect(struct store *s, struct sync_job *job, struct err *e)
{
	struct store_incident *list;
	const struct store_incident *suspect;
	int64_t id;
	size_t n;

	if (!job->shrunk)
		return true;
	if (!store_load_incidents(s, job->provider_id, &job->arena, &list, &n, e))
		return false;
	suspect = find_suspect(list, n);
	if (suspect) {
		struct store_incident_step more = {
			.id = suspect->id,
			.members = (int64_t)job->n_suspect_missing - (int64_t)suspect->members,
			.closed_at_ms = CLOCK_NONE,
		};

		return store_step_incident(s, &more, e);
	}
	return find_growing(list, n, job->started_at_ms) ||
	       store_open_incident(s, job->provider_id, INCIDENT_SUSPECT, job->started_at_ms,
				   job->n_suspect_missing, &id, e);
}
