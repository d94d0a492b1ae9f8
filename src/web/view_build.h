/*
 * view_build: one provider's segment of a view, made of its rows; and what is counted over segments.
 *
 * Part of web/view.h, for web/view.c.  Any thread.
 */
#pragma once
#include "web/view.h"

/* Words that models share, each with a number that it keeps.  Grows only; any thread. */
struct view_words;
struct view_words *view_words_create(void);
void view_words_destroy(struct view_words *w);
/* VIEW_NO_MODALITY for an absent word, and when there are too many. */
uint16_t view_words_number(struct view_words *w, struct str word);
/* All by now; the words stay as long as `w`, the list is the caller's to free(). */
struct str *view_words_list(struct view_words *w, size_t *ret_n);

/* Reads the provider's models. */
bool view_build(struct store *s, const struct store_shown_provider *p, struct view_words *words,
		struct view_segment **ret, struct err *e);
/* Many views share a segment: it has one owner when it is built. */
void view_segment_ref(const struct view_segment *g);
void view_segment_unref(const struct view_segment *g);

/* As /models/stats and /providers/stats have it. */
void view_count_models(struct buf *out, struct view_segment *const *segments, size_t n,
		       const struct str *modalities, size_t n_modalities);
void view_count_providers(struct buf *out, struct view_segment *const *segments, size_t n);
