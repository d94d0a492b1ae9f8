#include "web/view_build.h"

#include "base/utf8.h"

#include <pthread.h>
#include <stdlib.h>

struct view_words {
	pthread_mutex_t lock;
	struct arena a;
	struct str *list;
	size_t n, room;
};

struct view_words *view_words_create(void)
{
	struct view_words *w = calloc(1, sizeof(*w));

	if (!w || pthread_mutex_init(&w->lock, NULL) != 0)
		abort();
	return w;
}

void view_words_destroy(struct view_words *w)
{
	(void)pthread_mutex_destroy(&w->lock);
	arena_release(&w->a);
	free(w->list);
	free(w);
}

static uint16_t add(struct view_words *w, struct str word)
{
	if (w->n == VIEW_NO_MODALITY)
		return VIEW_NO_MODALITY;
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 16;
		w->list = reallocarray(w->list, w->room, sizeof(*w->list));
		if (!w->list)
			abort();
	}
	w->list[w->n] = arena_str(&w->a, word);
	return (uint16_t)w->n++;
}

/* There are a few dozen, and the first ones are asked for most. */
static uint16_t find_or_add(struct view_words *w, struct str word)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->list[i], word))
			return (uint16_t)i;
	return add(w, word);
}

uint16_t view_words_number(struct view_words *w, struct str word)
{
	ARENA_AUTO(a);
	uint16_t number;

	if (str_is_none(word))
		return VIEW_NO_MODALITY;
	word = utf8_clean(word, &a);
	(void)pthread_mutex_lock(&w->lock);
	number = find_or_add(w, word);
	(void)pthread_mutex_unlock(&w->lock);
	return number;
}

struct str *view_words_list(struct view_words *w, size_t *ret_n)
{
	struct str *list;

	(void)pthread_mutex_lock(&w->lock);
	list = reallocarray(NULL, w->n + 1, sizeof(*list));
	if (!list)
		abort();
	for (size_t i = 0; i < w->n; i++)
		list[i] = w->list[i];
	*ret_n = w->n;
	(void)pthread_mutex_unlock(&w->lock);
	return list;
}
