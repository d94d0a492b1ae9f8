/*
 * view: what is on the market right now, ready to be sent.
 *
 * An immutable copy of tables `models` and `providers`, one *segment* a provider: each model's JSON object as
 * GET /models has it, formatted once, beside the few columns that filters ask for.  A
 * page is a list of pieces of it, without a copy and without the database.  After a commit the provider's
 * segment is made anew on the pool and the view is exchanged as a whole; whoever
 * still sends from the old one holds a reference.
 *
 *	commit (ours: view_refresh(); others': store_mark moved) ▶ pool: read, format ▶ exchange
 *
 * A segment that comes out the same keeps its name, so that a tag (ETag) stands for content, across restarts too.
 * Threads: view_get/view_put from any; all else on the loop.
 */
#pragma once
#include "base/hash.h"
#include "base/loop.h"
#include "core/health.h"
#include "store/view.h"

enum { VIEW_NO_MODALITY = UINT16_MAX };

struct view_model { /* what filters, statistics and exports ask; sorted by provider_model_id in a segment */
	int64_t id;
	uint32_t at, n;           /* of its object in segment.text; a comma stands behind it */
	uint32_t name_at, name_n; /* lower-case "id\0name\0" in segment.words, for searching */
	uint16_t modality;        /* index into view.modalities, or VIEW_NO_MODALITY */
	uint8_t health;           /* enum health */
	bool is_active;           /* the row and its provider */
	bool is_missing;
};

/* How many models of a segment are alike: what can be told without looking at each. */
struct view_group {
	uint32_t n;
	uint16_t modality;
	uint8_t health;
	bool is_active, is_missing;
};

struct view_segment { /* of one provider */
	int64_t provider_id;
	struct str slug, name_shown;
	struct str provider; /* the provider's object as /providers has it */
	struct str stats;    /* as /models/stats?provider_id= */
	bool is_active;
	enum health health;
	const char *text; /* of all objects, each with its comma: neighbours are one piece */
	const char *words;
	size_t text_n, words_n;
	const struct view_model *models;
	size_t n, n_active;
	const struct view_group *groups;
	size_t n_groups;
	struct hash name; /* of its content; last_seen_at of listed models is left out of it */
	/* private: references, memory */
	struct view_memory *memory;
};

struct view {
	struct view_segment *const *segments; /* sorted by slug */
	size_t n;
	const struct str
		*modalities; /* an index stands for the same word in every view of a keeper */
	size_t n_modalities;
	size_t models, active;
	struct str stats, providers_stats; /* as /models/stats and /providers/stats have them */
	struct hash name;                  /* of all segments: what ETags are made of */
	int64_t newest_change;             /* id; 0: none */
	int64_t loaded_at_ms;
	struct view_references *references; /* private; begins with this view */
};

struct view_keeper;

/* Nothing is read before view_refresh_all(). */
struct view_keeper *view_keeper_create(struct loop *l, const char *database_url);
void view_keeper_destroy(struct view_keeper *k); /* no refresh may be running: after loop_run() */
/* From any thread.  NULL until the first load. */
const struct view *view_get(struct view_keeper *k);
void view_put(const struct view *v);

/*
 * On the loop.  Asked again while one is running: once more when that has ended.  What could not be
 * read is read with the next one that is asked for.
 */
void view_refresh(struct view_keeper *k, struct str slug);
void view_refresh_all(struct view_keeper *k);
/* What could not be read when it was asked for is tried again. */
void view_retry(struct view_keeper *k);
enum { VIEW_LISTENERS_MAX = 4 };
/*
 * Called on the loop after each exchange (`moved` false: it came out the same), or with what went wrong
 * (`v` NULL).
 */
typedef void view_fn(void *arg, const struct view *v, bool moved, const struct err *e);
void view_on_exchange(struct view_keeper *k, view_fn *fn, void *arg);
/*
 * On the loop: `fn` once what was asked for until now has been exchanged, or could not be read; from inside when
 * there is nothing to wait for.
 */
void view_when_settled(struct view_keeper *k, loop_fn *fn, void *arg);

/* ---- looking into a view ---- */

/* NULL: there is none. */
const struct view_segment *view_find_slug(const struct view *v, struct str slug);
const struct view_segment *view_find_provider(const struct view *v, int64_t provider_id);
/* VIEW_NO_MODALITY: nobody has it. */
uint16_t view_find_modality(const struct view *v, struct str modality);
