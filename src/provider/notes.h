/*
 * notes: what a reading did not understand and left no row out for, counted by
 * place and reason, so that a list of twenty thousand rows makes a handful of
 * sentences.  What the provider's own words make different is bounded; what
 * only the descriptor's pointers do is bounded by the descriptor.
 */
#pragma once
#include "base/arena.h"

enum note_kind {
	NOTE_UNKNOWN_KEY,          /* `word` under `at` */
	NOTE_UNKNOWN_WORD,         /* `word` at `at` */
	NOTE_UNKNOWN_QUANTIZATION, /* `word` at `at` */
	NOTE_NO_SUCH_PRICE,        /* a price at `at` that rows of this kind do not have */
	NOTE_FACTOR_IS_ABSENT,     /* the price at `at` needs the factor at `word` */
	NOTE_NO_DATE,              /* what stands at `at` is none */
	NOTE_NO_PREFIX,    /* the text at `at` does not begin with `word`, the descriptor's */
	NOTE_NO_END,       /* the price at `at` ends at `word`, which is no date */
	NOTE_EMPTY_ANSWER, /* an answer of the list `at`, asked for some ids, names none */
	NOTE_NO_SHAPE,     /* the rows of list `at` have too many places to be watched */
};

struct note {
	enum note_kind kind;
	struct str at, word; /* word: absent, or bytes of the provider's */
	size_t rows;
};

enum { NOTES_FOREIGN_MAX = 32 };

struct notes {
	struct note *items;
	size_t n, room;
	size_t n_foreign; /* of them with a word of the provider's */
};

/* Counts; `at` and `word` must outlive the notes. */
void notes_add(struct notes *n, struct note note, struct arena *a);
/* All of `more`. */
void notes_gather(struct notes *n, const struct notes *more, struct arena *a);
/* One sentence. */
struct str note_text(const struct note *note, struct arena *a);
/* A sentence less its count of rows, so that it is known again. */
struct str note_key(struct str text, struct arena *a);
