#include "web/view.h"

#include "base/fingerprint.h"
#include "base/parallel.h"
#include "web/view_build.h"

#include <assert.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	COUNTS_MAX = 1 << 20,
	ALONE_MODELS = 2000, /* fewer are not worth a second thread */
	BUSY_TRIES = 5,
	QUIET_MS = 1000,
};

struct listener {
	view_fn *fn;
	void *arg;
};

/* Who waits for so many refreshes to end. */
struct patient {
	struct patient *next;
	unsigned left;
	loop_fn *fn;
	void *arg;
};

/* Slugs that somebody asked for. */
struct wishes {
	bool all;
	struct str *slugs;
	size_t n, room;
	struct arena a; /* their texts */
};

struct view_keeper {
	struct loop *loop;
	char *url;
	struct view_words *words;
	struct wishes wanted;
	bool running;
	uv_timer_t *quiet; /* frees itself */
	struct listener listeners[VIEW_LISTENERS_MAX];
	size_t n_listeners;
	struct patient *patients;
	pthread_mutex_t lock; /* of `current`, which other threads take */
	const struct view *current;
};

/* ---- wishes ---- */

static void wishes_clear(struct wishes *w)
{
	arena_release(&w->a);
	free(w->slugs);
	*w = (struct wishes){ 0 };
}

static bool wishes_have(const struct wishes *w, struct str slug)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->slugs[i], slug))
			return true;
	return false;
}

static void wishes_add(struct wishes *w, struct str slug)
{
	if (w->all || wishes_have(w, slug))
		return;
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 8;
		w->slugs = reallocarray(w->slugs, w->room, sizeof(*w->slugs));
		if (!w->slugs)
			abort();
	}
	w->slugs[w->n++] = arena_str(&w->a, slug);
}

static void wishes_add_all(struct wishes *w, const struct wishes *from)
{
	w->all = w->all || from->all;
	for (size_t i = 0; i < from->n; i++)
		wishes_add(w, from->slugs[i]);
}

/* ---- views ---- */

struct view_references {
	struct view view; /* first */
	atomic_uint n;
	struct view_segment **segments;
	struct str *modalities;
	struct buf stats, providers_stats;
};

static void view_free(struct view_references *r)
{
	for (size_t i = 0; i < r->view.n; i++)
		view_segment_unref(r->view.segments[i]);
	free(r->segments);
	free(r->modalities);
	buf_release(&r->stats);
	buf_release(&r->providers_stats);
	free(r);
}

void view_put(const struct view *v)
{
	if (v && atomic_fetch_sub_explicit(&v->references->n, 1, memory_order_acq_rel) == 1)
		view_free(v->references);
}

const struct view *view_get(struct view_keeper *k)
{
	const struct view *v;

	(void)pthread_mutex_lock(&k->lock);
	v = k->current;
	if (v)
		atomic_fetch_add_explicit(&v->references->n, 1, memory_order_relaxed);
	(void)pthread_mutex_unlock(&k->lock);
	return v;
}

static void give_name(struct view *v)
{
	struct fingerprinter *f = fingerprinter_create();

	for (size_t i = 0; i < v->n; i++) {
		fingerprinter_add(f, v->segments[i]->slug.at, v->segments[i]->slug.n + 1);
		fingerprinter_add(f, v->segments[i]->name.bytes, HASH_BYTES);
	}
	fingerprinter_end(f, &v->name);
	fingerprinter_destroy(f);
}

static void count(struct view_references *r)
{
	struct view *v = &r->view;

	for (size_t i = 0; i < v->n; i++) {
		v->models += v->segments[i]->n;
		v->active += v->segments[i]->n_active;
	}
	view_count_models(&r->stats, v->segments, v->n, v->modalities, v->n_modalities);
	view_count_providers(&r->providers_stats, v->segments, v->n);
	v->stats = buf_str(&r->stats);
	v->providers_stats = buf_str(&r->providers_stats);
}

/* Takes the segments over, and the list of them. */
static struct view *view_create(struct view_keeper *k, struct view_segment **segments, size_t n,
				int64_t newest_change)
{
	struct view_references *r = calloc(1, sizeof(*r));
	struct view *v;

	if (!r)
		abort();
	v = &r->view;
	atomic_init(&r->n, 1);
	r->stats = r->providers_stats = BUF_INIT(COUNTS_MAX);
	v->references = r;
	v->segments = r->segments = segments;
	v->n = n;
	v->modalities = r->modalities = view_words_list(k->words, &v->n_modalities);
	v->newest_change = newest_change;
	v->loaded_at_ms = clock_now_ms();
	count(r);
	give_name(v);
	return v;
}

/* ---- reading, on the pool ---- */

struct refresh {
	struct view_keeper *keeper;
	struct wishes wanted;
	struct arena a;
	struct store_shown_provider *providers; /* largest first */
	struct view_segment **built;            /* beside them; NULL: not read */
	size_t n;
	atomic_size_t next;
	atomic_bool failed;
	int64_t newest_change;
	struct err e; /* the first one's */
	bool ok;
};

struct piece {
	struct refresh *r;
	struct store *store;
};

static bool fail(struct refresh *r, const struct err *e)
{
	if (!atomic_exchange(&r->failed, true))
		r->e = *e;
	return false;
}

/* A reader that found the database closed may read while somebody opens it: asked again. */
static bool build(struct refresh *r, struct store *s, size_t i)
{
	struct err e;

	for (int tries = 0; tries < BUSY_TRIES; tries++) {
		if (view_build(s, &r->providers[i], r->keeper->words, &r->built[i], &e))
			return true;
		if (e.kind != ERR_BUSY)
			break;
	}
	return fail(r, &e);
}

static void build_some(void *arg)
{
	struct piece *p = arg;
	struct refresh *r = p->r;
	struct store *own = NULL;
	size_t i;
	struct err e;

	if (!p->store && !store_open(&own, r->keeper->url, STORE_READ, &e)) {
		(void)fail(r, &e);
		return;
	}
	while ((i = atomic_fetch_add(&r->next, 1)) < r->n && !atomic_load(&r->failed))
		if (!build(r, p->store ? p->store : own, i))
			break;
	store_close(own);
}

static int larger_first(const void *a, const void *b)
{
	const struct store_shown_provider *x = a, *y = b;

	if (x->models != y->models)
		return x->models < y->models ? 1 : -1;
	return str_cmp(x->slug, y->slug);
}

static bool load_one(struct refresh *r, struct store *s, struct str slug, struct err *e)
{
	struct store_shown_provider *one;
	size_t n;

	if (!store_load_shown_providers(s, slug, &r->a, &one, &n, e))
		return false;
	if (n)
		r->providers[r->n++] = one[0];
	return true;
}

static bool load_providers(struct refresh *r, struct store *s, struct err *e)
{
	if (r->wanted.all)
		return store_load_shown_providers(s, STR_NONE, &r->a, &r->providers, &r->n, e);
	r->providers = arena_array(&r->a, r->wanted.n, struct store_shown_provider);
	for (size_t i = 0; i < r->wanted.n; i++)
		if (!load_one(r, s, r->wanted.slugs[i], e))
			return false;
	return true;
}

static size_t pieces_for(const struct refresh *r)
{
	uint64_t models = 0;

	for (size_t i = 0; i < r->n; i++)
		models += r->providers[i].models;
	return r->n > 1 && models >= ALONE_MODELS ? PARALLEL_MAX : 1;
}

static void read_all(struct refresh *r, struct store *s)
{
	struct piece pieces[PARALLEL_MAX] = { { .r = r, .store = s } };
	struct err e;

	if (!store_newest_change(s, &r->newest_change, &e) || !load_providers(r, s, &e)) {
		(void)fail(r, &e);
		return;
	}
	if (r->n) /* of an empty database there is no array */
		qsort(r->providers, r->n, sizeof(*r->providers), larger_first);
	r->built = arena_array(&r->a, r->n, struct view_segment *);
	for (size_t i = 1; i < PARALLEL_MAX; i++)
		pieces[i].r = r;
	parallel_run(build_some, pieces, sizeof(pieces[0]), pieces_for(r));
}

static void refresh_work(void *arg)
{
	struct refresh *r = arg;
	struct store *s = NULL;
	struct err e;

	if (store_open(&s, r->keeper->url, STORE_READ, &e))
		read_all(r, s);
	else
		(void)fail(r, &e);
	store_close(s);
}

/* ---- the exchange, on the loop ---- */

static int by_slug(const void *a, const void *b)
{
	return str_cmp((*(struct view_segment *const *)a)->slug,
		       (*(struct view_segment *const *)b)->slug);
}

static bool is_rebuilt(const struct refresh *r, struct str slug)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->providers[i].slug, slug))
			return true;
	return false;
}

/* What was read now and, of what was not asked for, what was there before. */
static struct view *merge(struct refresh *r, const struct view *old)
{
	size_t n_old = old && !r->wanted.all ? old->n : 0, n = 0;
	struct view_segment **list =
		reallocarray(NULL, n_old + r->n + 1, sizeof(struct view_segment *));

	if (!list)
		abort();
	for (size_t i = 0; i < r->n; i++)
		list[n++] = r->built[i];
	for (size_t i = 0; i < n_old; i++) {
		if (is_rebuilt(r, old->segments[i]->slug))
			continue;
		view_segment_ref(old->segments[i]);
		list[n++] = old->segments[i];
	}
	qsort((void *)list, n, sizeof(struct view_segment *), by_slug);
	return view_create(r->keeper, list, n, r->newest_change);
}

static void tell(struct view_keeper *k, const struct view *v, bool moved, const struct err *e)
{
	for (size_t i = 0; i < k->n_listeners; i++)
		k->listeners[i].fn(k->listeners[i].arg, v, moved, e);
}

static void exchange(struct refresh *r)
{
	struct view_keeper *k = r->keeper;
	const struct view *old = k->current;
	const struct view *new = merge(r, old);
	bool moved = !old || !hash_eq(&old->name, &new->name);

	(void)pthread_mutex_lock(&k->lock);
	k->current = new;
	(void)pthread_mutex_unlock(&k->lock);
	view_put(old);
	tell(k, new, moved, NULL);
}

static void give_up(struct refresh *r)
{
	struct view_keeper *k = r->keeper;

	for (size_t i = 0; r->built && i < r->n; i++)
		if (r->built[i])
			view_segment_unref(r->built[i]);
	wishes_add_all(&k->wanted, &r->wanted);
	tell(k, NULL, false, &r->e);
}

/* Those whose turn has come, in the order of asking. */
static void tell_patients(struct view_keeper *k)
{
	struct patient **at = &k->patients;
	struct patient *ready = NULL;
	struct patient **end = &ready;

	while (*at) {
		struct patient *p = *at;

		if (--p->left > 0) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		p->next = NULL;
		*end = p;
		end = &p->next;
	}
	while (ready) {
		struct patient *p = ready;

		ready = p->next;
		p->fn(p->arg);
		free(p);
	}
}

void view_when_settled(struct view_keeper *k, loop_fn *fn, void *arg)
{
	struct patient *p;
	struct patient **end = &k->patients;

	if (!k->running) {
		fn(arg);
		return;
	}
	p = malloc(sizeof(*p));
	if (!p)
		abort();
	/* What is asked for while one is running is read by the next one. */
	*p = (struct patient){ .left = k->wanted.all || k->wanted.n ? 2 : 1, .fn = fn, .arg = arg };
	while (*end)
		end = &(*end)->next;
	*end = p;
}

/* ---- giving memory back ---- */

static void trim(void *arg)
{
	(void)arg;
	(void)malloc_trim(0);
}

static void trimmed(void *arg)
{
	(void)arg;
}

/*
 * Syncs and refreshes leave holes behind, and a daemon at rest keeps its memory small.  Not after each of
 * many: allocations of other threads wait meanwhile.
 */
static void on_quiet(uv_timer_t *timer)
{
	struct view_keeper *k = timer->data;

	loop_work(k->loop, trim, trimmed, NULL);
}

static void start(struct view_keeper *k);

static void refresh_done(void *arg)
{
	struct refresh *r = arg;
	struct view_keeper *k = r->keeper;
	bool more = k->wanted.all || k->wanted.n;

	k->running = false;
	if (atomic_load(&r->failed))
		give_up(r);
	else
		exchange(r);
	wishes_clear(&r->wanted);
	arena_release(&r->a);
	free(r);
	loop_timer_start(k->quiet, on_quiet, QUIET_MS);
	if (more)
		start(k);
	tell_patients(k);
}

static void start(struct view_keeper *k)
{
	struct refresh *r;

	if (k->running)
		return;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->keeper = k;
	r->wanted = k->wanted;
	/* The first view is of everything. */
	r->wanted.all = r->wanted.all || !k->current;
	k->wanted = (struct wishes){ 0 };
	k->running = true;
	loop_work(k->loop, refresh_work, refresh_done, r);
}

void view_refresh(struct view_keeper *k, struct str slug)
{
	wishes_add(&k->wanted, slug);
	start(k);
}

void view_refresh_all(struct view_keeper *k)
{
	k->wanted.all = true;
	start(k);
}

void view_on_exchange(struct view_keeper *k, view_fn *fn, void *arg)
{
	assert(k->n_listeners < VIEW_LISTENERS_MAX);
	k->listeners[k->n_listeners++] = (struct listener){ fn, arg };
}

/* ---- the keeper ---- */

struct view_keeper *view_keeper_create(struct loop *l, const char *database_url)
{
	struct view_keeper *k = calloc(1, sizeof(*k));

	if (!k || !(k->url = strdup(database_url)) || pthread_mutex_init(&k->lock, NULL) != 0)
		abort();
	k->loop = l;
	k->words = view_words_create();
	k->quiet = malloc(sizeof(*k->quiet));
	if (!k->quiet || uv_timer_init(loop_uv(l), k->quiet) < 0)
		abort();
	k->quiet->data = k;
	uv_unref((uv_handle_t *)k->quiet);
	return k;
}

static void free_timer(uv_handle_t *timer)
{
	free(timer);
}

void view_keeper_destroy(struct view_keeper *k)
{
	if (!k)
		return;
	assert(!k->running);
	uv_close((uv_handle_t *)k->quiet, free_timer);
	view_put(k->current);
	wishes_clear(&k->wanted);
	view_words_destroy(k->words);
	(void)pthread_mutex_destroy(&k->lock);
	free(k->url);
	free(k);
}

/* ---- looking into a view ---- */

const struct view_segment *view_find_slug(const struct view *v, struct str slug)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = str_cmp(v->segments[middle]->slug, slug);

		if (c == 0)
			return v->segments[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct view_segment *view_find_provider(const struct view *v, int64_t provider_id)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->segments[i]->provider_id == provider_id)
			return v->segments[i];
	return NULL;
}

uint16_t view_find_modality(const struct view *v, struct str modality)
{
	for (size_t i = 0; i < v->n_modalities; i++)
		if (str_eq(v->modalities[i], modality))
			return (uint16_t)i;
	return VIEW_NO_MODALITY;
}

void view_retry(struct view_keeper *k)
{
	if (k->wanted.all || k->wanted.n)
		start(k);
}
