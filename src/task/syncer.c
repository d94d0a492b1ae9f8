#include "task/syncer.h"

#include <assert.h>
#include <stdlib.h>

struct flight;

struct syncer_ticket {
	struct syncer *of;
	struct flight *flight; /* NULL: it is being told */
	struct syncer_ticket *next;
	syncer_fn *done;
	void *arg;
	struct err err;
};

/* One sync, waited for by whoever wants it. */
struct flight {
	struct syncer *of;
	struct flight *next;
	struct str slug; /* malloc'd */
	bool dry;
	struct sync_conf conf;
	struct sync_job *job;          /* NULL: it waits for its turn */
	bool given_up;                 /* and nobody joins it any more */
	struct syncer_ticket *tickets; /* in the order of asking */
};

struct syncer {
	struct sync_conf conf;
	size_t concurrency, running;
	struct arena arena; /* of accesses */
	struct syncer_access *accesses;
	size_t n_accesses;
	struct flight *flights; /* in the order of asking */
	bool stopped;
};

static void *must_alloc(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		abort();
	return p;
}

struct syncer *syncer_create(const struct sync_conf *conf, size_t concurrency)
{
	struct syncer *s = must_alloc(sizeof(*s));

	assert(concurrency > 0);
	s->conf = *conf;
	s->concurrency = concurrency;
	return s;
}

/* ---- how providers are asked ---- */

static void wipe(struct str s)
{
	if (s.n)
		explicit_bzero((char *)(uintptr_t)s.at, s.n);
}

static void forget_accesses(struct syncer *s)
{
	for (size_t i = 0; i < s->n_accesses; i++)
		wipe(s->accesses[i].access.key);
	arena_release(&s->arena);
	s->accesses = NULL;
	s->n_accesses = 0;
}

void syncer_destroy(struct syncer *s)
{
	if (!s)
		return;
	assert(!s->flights);
	forget_accesses(s);
	free(s);
}

static struct sync_access copy_access(struct arena *a, const struct sync_access *x, size_t n)
{
	struct str *variables = arena_array(a, n + 1, struct str);

	for (size_t i = 0; i < n; i++)
		variables[i] = arena_str(a, x->variables[i]);
	return (struct sync_access){ .key = arena_str(a, x->key),
				     .key_variable = arena_str(a, x->key_variable),
				     .variables = variables };
}

void syncer_configure(struct syncer *s, const struct syncer_access *accesses, size_t n)
{
	forget_accesses(s);
	s->accesses = arena_array(&s->arena, n + 1, struct syncer_access);
	s->n_accesses = n;
	for (size_t i = 0; i < n; i++) {
		s->accesses[i] = accesses[i];
		s->accesses[i].access = copy_access(&s->arena, &accesses[i].access,
						    accesses[i].provider->n_variables);
		s->accesses[i].missing = arena_str(&s->arena, accesses[i].missing);
	}
}

void syncer_change(struct syncer *s, const struct sync_conf *conf)
{
	s->conf = *conf;
}

const struct syncer_access *syncer_find(const struct syncer *s, struct str slug)
{
	for (size_t i = 0; i < s->n_accesses; i++)
		if (str_eq(s->accesses[i].provider->slug, slug))
			return &s->accesses[i];
	return NULL;
}

/* ---- whoever waits ---- */

static void tell(struct syncer_ticket *t, const struct sync_report *r, const struct err *e)
{
	if (t->done)
		t->done(t->arg, r, e);
	free(t);
}

static void tell_failed(void *arg)
{
	struct syncer_ticket *t = arg;

	loop_release(t->of->conf.loop);
	tell(t, NULL, &t->err);
}

/* From the loop, never from inside: its flight, if it had one, has let it go. */
static void fail_later(struct syncer_ticket *t, const struct err *e)
{
	struct loop *l = t->of->conf.loop;

	t->flight = NULL;
	t->err = *e;
	loop_hold(l);
	loop_post(l, tell_failed, t);
}

static void add_ticket(struct flight *f, struct syncer_ticket *t)
{
	struct syncer_ticket **end = &f->tickets;

	while (*end)
		end = &(*end)->next;
	t->flight = f;
	*end = t;
}

static void remove_ticket(struct flight *f, struct syncer_ticket *t)
{
	struct syncer_ticket **at = &f->tickets;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->next = NULL;
}

static void fail_all(struct flight *f, const struct err *e)
{
	while (f->tickets) {
		struct syncer_ticket *t = f->tickets;

		remove_ticket(f, t);
		fail_later(t, e);
	}
}

/* ---- flights ---- */

static struct flight *add_flight(struct syncer *s, struct str slug, bool dry)
{
	struct flight *f = must_alloc(sizeof(*f));
	struct flight **end = &s->flights;
	char *copy = strndup(slug.at, slug.n);

	if (!copy)
		abort();
	*f = (struct flight){ .of = s, .slug = str_of(copy), .dry = dry, .conf = s->conf };
	while (*end)
		end = &(*end)->next;
	*end = f;
	return f;
}

static void unlink_flight(struct syncer *s, struct flight *f)
{
	struct flight **at = &s->flights;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
}

static void free_flight(struct flight *f)
{
	assert(!f->tickets);
	free((void *)(uintptr_t)f->slug.at);
	free(f);
}

static void land(struct flight *f, const struct sync_report *r)
{
	bool cancelled = r->outcome == SYNC_FAILED && r->err.kind == ERR_CANCELLED;

	for (struct syncer_ticket *t = f->tickets; t; t = t->next)
		t->flight = NULL; /* one that is told may cancel another */
	while (f->tickets) {
		struct syncer_ticket *t = f->tickets;

		f->tickets = t->next;
		tell(t, cancelled ? NULL : r, cancelled ? &r->err : NULL);
	}
}

static void begin_what_may(struct syncer *s);

static void on_report(void *arg, const struct sync_report *r)
{
	struct flight *f = arg;
	struct syncer *s = f->of;

	unlink_flight(s, f);
	s->running--;
	if (!f->dry && s->conf.report)
		s->conf.report(s->conf.arg, r);
	land(f, r);
	free_flight(f);
	begin_what_may(s);
}

static bool can_be_asked(const struct syncer_access *a, struct str slug, struct err *e)
{
	if (!a)
		return err_set(e, ERR_USAGE, "unknown provider \"%s\"", err_quote(slug.at, slug.n));
	if (str_is_none(a->missing))
		return true;
	return err_set(e, ERR_USAGE, "%s: set %.*s",
		       a->missing_is_key ? "API key not configured" : "not configured",
		       STR_FMT(a->missing));
}

static void begin(struct flight *f)
{
	struct syncer *s = f->of;
	const struct syncer_access *a = syncer_find(s, f->slug);
	struct err e;

	if (!can_be_asked(a, f->slug, &e)) {
		unlink_flight(s, f);
		fail_all(f, &e);
		free_flight(f);
		return;
	}
	f->conf.report = on_report;
	f->conf.arg = f;
	if (f->dry)
		f->conf.store = NULL;
	s->running++;
	f->job = sync_start(&f->conf, a->provider, &a->access);
}

/* The first that waits, and whose provider is not being synced. */
static struct flight *next_of(const struct syncer *s)
{
	for (struct flight *f = s->flights; f; f = f->next)
		if (!f->job && !syncer_is_running(s, f->slug))
			return f;
	return NULL;
}

static void begin_what_may(struct syncer *s)
{
	struct flight *f;

	while (s->running < s->concurrency && (f = next_of(s)) != NULL)
		begin(f);
}

/* ---- wishes ---- */

static struct flight *to_join(const struct syncer *s, const struct syncer_wish *w)
{
	for (struct flight *f = s->flights; f; f = f->next)
		if (str_eq(f->slug, w->slug) && f->dry == w->dry_run && !f->given_up &&
		    !(w->fresh && f->job))
			return f;
	return NULL;
}

static bool stops(struct err *e)
{
	return err_set(e, ERR_CANCELLED, "the service is stopping");
}

static bool may_begin(const struct syncer *s, struct str slug, struct err *e)
{
	return s->stopped ? stops(e) : can_be_asked(syncer_find(s, slug), slug, e);
}

struct syncer_ticket *syncer_start(struct syncer *s, const struct syncer_wish *w, syncer_fn *done,
				   void *arg)
{
	struct syncer_ticket *t = must_alloc(sizeof(*t));
	struct flight *f;
	struct err e;

	*t = (struct syncer_ticket){ .of = s, .done = done, .arg = arg };
	if (!may_begin(s, w->slug, &e)) {
		fail_later(t, &e);
		return t;
	}
	f = to_join(s, w);
	add_ticket(f ? f : add_flight(s, w->slug, w->dry_run), t);
	begin_what_may(s);
	return t;
}

/* It has not begun, so nobody but who waits for it will miss it. */
static void drop_unwanted(struct syncer *s, struct flight *f)
{
	if (f->tickets || f->job)
		return;
	unlink_flight(s, f);
	free_flight(f);
}

void syncer_cancel(struct syncer *s, struct syncer_ticket *t)
{
	struct flight *f = t->flight;
	struct err e;

	if (!f)
		return;
	if (f->job && f->tickets == t && !t->next) {
		f->given_up = true;
		sync_cancel(f->job);
		return;
	}
	(void)err_set(&e, ERR_CANCELLED, "cancelled");
	remove_ticket(f, t);
	fail_later(t, &e);
	drop_unwanted(s, f);
}

void syncer_stop(struct syncer *s)
{
	struct flight *next;
	struct err e;

	s->stopped = true;
	(void)stops(&e);
	for (struct flight *f = s->flights; f; f = next) {
		next = f->next;
		if (f->job)
			continue;
		fail_all(f, &e);
		drop_unwanted(s, f);
	}
}

void syncer_give_up(struct syncer *s)
{
	syncer_stop(s);
	for (struct flight *f = s->flights; f; f = f->next) {
		f->given_up = true;
		sync_cancel(f->job);
	}
}

/* ---- what is going on ---- */

bool syncer_is_running(const struct syncer *s, struct str slug)
{
	for (const struct flight *f = s->flights; f; f = f->next)
		if (f->job && str_eq(f->slug, slug))
			return true;
	return false;
}

bool syncer_has_begun(const struct syncer_ticket *t)
{
	return t->flight && t->flight->job;
}

bool syncer_is_stopped(const struct syncer *s)
{
	return s->stopped;
}

size_t syncer_running(const struct syncer *s)
{
	return s->running;
}
