/*
 * rows: the pages of one list → a model a row, in the order of the document, and
 * what was left out.  Large lists are read in several threads.  Used by reader.c
 * and same_id.c alone.
 */
#pragma once
#include "provider/notes.h"
#include "provider/reader.h"

struct skips {
	struct reader_skip *items;
	size_t n, room;
};

void skips_add(struct skips *s, struct arena *a, struct str id, struct str reason);

/* What was read of one list so far. */
struct gathered {
	struct model *models; /* room for every row of every page */
	struct str
		*modes; /* the condition of each (provider/mode.h); NULL where the list has none */
	size_t n;
	size_t *ends; /* of each page, in `models` */
	struct skips skips;
	struct notes notes;
	struct shape *shape;
	size_t rows;
};

/* Into an empty `g`.  ERR_DATA: no list of models stands there, or too long a one. */
bool rows_read(const struct list *l, const struct reader_list *input, struct arena *a,
	       struct gathered *g, struct err *e);
