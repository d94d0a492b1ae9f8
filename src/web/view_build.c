#include "web/view_build.h"

#include "base/fingerprint.h"
#include "base/utf8.h"
#include "web/region.h"
#include "web/row.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Bytes of one object; a description is bounded where it is read, and a page by web/models.c. */
enum { OBJECT_MAX = 16 << 20, SMALL_MAX = 1 << 20 };

struct view_memory {
	struct view_segment segment;
	atomic_uint references;
	struct region text, words, models;
	struct view_group *groups;
	struct buf provider, stats, slug, name; /* small texts */
};

void view_segment_ref(const struct view_segment *g)
{
	atomic_fetch_add_explicit(&g->memory->references, 1, memory_order_relaxed);
}

static void free_memory(struct view_memory *m)
{
	region_release(&m->text);
	region_release(&m->words);
	region_release(&m->models);
	free(m->groups);
	buf_release(&m->provider);
	buf_release(&m->stats);
	buf_release(&m->slug);
	buf_release(&m->name);
	free(m);
}

void view_segment_unref(const struct view_segment *g)
{
	if (atomic_fetch_sub_explicit(&g->memory->references, 1, memory_order_acq_rel) == 1)
		free_memory(g->memory);
}

/* ---- reading ---- */

struct building {
	struct view_memory *m;
	struct view_words *words;
	bool is_active; /* the provider */
	struct buf object, tail;
	struct region last_seen; /* of listed models: uint32_t, where in the text it stands */
	struct str seen;         /* what it is, for all of them */
	char seen_text[CLOCK_TEXT_MAX];
};

static void add_name(struct building *b, struct str name)
{
	ARENA_AUTO(a);
	struct str low = utf8_lower(name, &a);
	char *at = region_add(&b->m->words, low.n + 1);

	memcpy(at, low.at, low.n);
	at[low.n] = '\0';
}

static enum health health_of_row(struct str status)
{
	enum health health = HEALTH_UNKNOWN;

	(void)health_parse(status, &health);
	return health;
}

/*
 * Each fetch moves the last_seen_at of all that are listed, and says nothing new of them: it is put in when
 * the segment has got its name.
 */
static void leave_out(struct building *b, struct str last_seen_at, size_t at)
{
	static const char blank[] = "                        ";
	uint32_t where = (uint32_t)(b->m->text.n + at);

	if (at == 0 || last_seen_at.n != sizeof(blank) - 1)
		return;
	memcpy(b->object.at + at, blank, sizeof(blank) - 1);
	memcpy(b->seen_text, last_seen_at.at, last_seen_at.n);
	b->seen = (struct str){ b->seen_text, last_seen_at.n };
	memcpy(region_add(&b->last_seen, sizeof(where)), &where, sizeof(where));
}

static bool add_model(void *arg, const struct store_shown_model *row, struct err *e)
{
	struct building *b = arg;
	struct region *text = &b->m->text, *words = &b->m->words;
	struct view_model model = {
		.id = row->id,
		.at = (uint32_t)text->n,
		.name_at = (uint32_t)words->n,
		.modality = view_words_number(b->words, row->modality),
		.health = (uint8_t)health_of_row(row->health_status),
		.is_active = row->is_active && b->is_active,
		.is_missing = !str_is_none(row->missing_since),
	};
	size_t last_seen;

	buf_clear(&b->object);
	last_seen = row_model(&b->object, row, false);
	if (!model.is_missing)
		leave_out(b, row->last_seen_at, last_seen);
	buf_add_str(&b->object, buf_str(&b->tail));
	buf_add_char(&b->object, ',');
	add_name(b, row->provider_model_id);
	add_name(b, row->model_name);
	if (buf_overflowed(&b->object) || text->n + b->object.n > UINT32_MAX ||
	    words->n > UINT32_MAX)
		return err_set(e, ERR_DATA, "%.*s: %.*s: the rows are too large to be shown",
			       STR_FMT(row->provider), STR_FMT(row->provider_model_id));
	memcpy(region_add(text, b->object.n), b->object.at, b->object.n);
	model.n = (uint32_t)b->object.n - 1;
	model.name_n = (uint32_t)words->n - model.name_at;
	memcpy(region_add(&b->m->models, sizeof(model)), &model, sizeof(model));
	return true;
}

/* ---- the whole ---- */

static void give_name(struct view_memory *m, struct hash *ret)
{
	struct fingerprinter *f = fingerprinter_create();

	fingerprinter_add(f, m->provider.at, m->provider.n);
	fingerprinter_add(f, m->text.at, m->text.n);
	fingerprinter_end(f, ret);
	fingerprinter_destroy(f);
}

static void put_last_seen(struct building *b)
{
	for (size_t i = 0; i < b->last_seen.n / sizeof(uint32_t); i++) {
		uint32_t at;

		memcpy(&at, b->last_seen.at + i * sizeof(at), sizeof(at));
		memcpy(b->m->text.at + at, b->seen.at, b->seen.n);
	}
}

static bool is_of(const struct view_group *g, const struct view_model *m)
{
	return g->modality == m->modality && g->health == m->health &&
	       g->is_active == m->is_active && g->is_missing == m->is_missing;
}

static struct view_group *group_of(struct view_memory *m, const struct view_model *model)
{
	struct view_segment *g = &m->segment;

	for (size_t i = 0; i < g->n_groups; i++)
		if (is_of(&m->groups[i], model))
			return &m->groups[i];
	m->groups = reallocarray(m->groups, g->n_groups + 1, sizeof(*m->groups));
	if (!m->groups)
		abort();
	m->groups[g->n_groups] = (struct view_group){ .modality = model->modality,
						      .health = model->health,
						      .is_active = model->is_active,
						      .is_missing = model->is_missing };
	return &m->groups[g->n_groups++];
}

static void group(struct view_memory *m)
{
	struct view_segment *g = &m->segment;

	for (size_t i = 0; i < g->n; i++) {
		group_of(m, &g->models[i])->n++;
		g->n_active += g->models[i].is_active;
	}
	g->groups = m->groups;
}

static void finish(struct building *b, const struct store_shown_provider *p)
{
	struct view_memory *m = b->m;
	struct view_segment *g = &m->segment;

	buf_add_str(&m->slug, p->slug);
	buf_add_str(&m->name, p->name);
	row_provider(&m->provider, p);
	region_trim(&m->text);
	region_trim(&m->words);
	region_trim(&m->models);
	*g = (struct view_segment){
		.provider_id = p->id,
		.slug = buf_str(&m->slug),
		.name_shown = buf_str(&m->name),
		.provider = buf_str(&m->provider),
		.is_active = p->is_active,
		.health = health_of_row(p->health_status),
		.text = m->text.at ? m->text.at : "",
		.text_n = m->text.n,
		.words = m->words.at ? m->words.at : "",
		.words_n = m->words.n,
		.models = (const struct view_model *)(const void *)m->models.at,
		.n = m->models.n / sizeof(struct view_model),
		.memory = m,
	};
	group(m);
	give_name(m, &g->name);
	put_last_seen(b);
}

static void count_alone(struct view_memory *m, struct view_words *words)
{
	struct view_segment *g = &m->segment;
	size_t n;
	struct str *list = view_words_list(words, &n);

	view_count_models(&m->stats, &g, 1, list, n);
	g->stats = buf_str(&m->stats);
	free(list);
}

static struct view_memory *create_memory(void)
{
	struct view_memory *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	atomic_init(&m->references, 1);
	m->provider = m->stats = m->slug = m->name = BUF_INIT(SMALL_MAX);
	return m;
}

bool view_build(struct store *s, const struct store_shown_provider *p, struct view_words *words,
		struct view_segment **ret, struct err *e)
{
	struct building b = { .m = create_memory(),
			      .words = words,
			      .is_active = p->is_active,
			      .object = BUF_INIT(OBJECT_MAX),
			      .tail = BUF_INIT(SMALL_MAX) };
	bool ok;

	row_tail(&b.tail, p);
	ok = store_list_shown(s, p->id, 0, add_model, &b, e);
	if (ok) {
		finish(&b, p);
		count_alone(b.m, words);
		*ret = &b.m->segment;
	} else {
		free_memory(b.m);
	}
	buf_release(&b.object);
	buf_release(&b.tail);
	region_release(&b.last_seen);
	return ok;
}
