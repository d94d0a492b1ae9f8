/*
 * reader: a provider's documents → its catalog, normalised.
 *
 * Pure: bytes in, nouns out; no network, database, clock or environment.  A row
 * that cannot be read whole is left out with a reason and never guessed at; a
 * price that is not there is unpublished, never zero.
 *
 * Raise READER_VERSION with every change that reads the same document
 * differently: old documents are then read again before anything is compared,
 * so that our own correction is not taken for a move of the market.
 */
#pragma once
#include "provider/descriptor.h"
#include "provider/shape.h"

enum { READER_VERSION = 4 };

/* The pages of one list, in the order of the descriptor's lists. */
struct reader_list {
	yyjson_doc **pages;
	size_t n_pages; /* 0: an optional list that could not be fetched */
};

/* A row left out. */
struct reader_skip {
	struct str id; /* clean text; absent when the row has no readable id */
	struct str reason;
	bool optional; /* of an optional list, and the model is there: see struct reader_gap */
};

/* An optional list that could not be read, or any further one that may not be whole. */
struct reader_gap {
	const struct list *list;
	struct catalog said; /* what could be read, sorted */
	struct str *unread;  /* ids of rows left out, sorted */
	size_t n_unread;
	bool any; /* a row without a readable id, all of them, or an answer to ids that is empty:
		   * of whichever model not in `said` */
};

struct reading {
	struct catalog catalog; /* sorted */
	size_t rows;            /* seen in the documents, duplicates included */
	struct reader_skip *skips;
	size_t n_skips;
	size_t n_nameless; /* skips without a readable id: which models they are is not known;
			    * those of optional lists not counted */
	size_t n_unheard;  /* optional lists that add models and could not be read: nor is it known
			   * which models they are */
	struct str *notes; /* what the reader did not understand but left no row out for */
	size_t n_notes;
	struct reader_gap *gaps;
	size_t n_gaps;
	struct shape **shapes; /* of each list's rows, NULL where it was not read or is too large */
};

/*
 * Strings of the result point into the documents' bytes and the arena, which
 * must both outlive it; the parsed values may go (documents read in place).
 * ERR_DATA: not the shape the descriptor says.  ERR_PARTIAL: the list is provably
 * not whole.  An empty first list is read as such, a further one is no list.
 */
bool reader_read(const struct descriptor *d, const struct reader_list *lists, struct arena *a,
		 struct reading *ret, struct err *e);

/* May a model that is not in the catalog be offered all the same, whichever it is? */
static inline bool reader_may_lack_any(const struct reading *r)
{
	return r->n_nameless + r->n_unheard > 0;
}

/* Ids of the models left out, sorted; those without one are not among them. */
struct str *reader_skipped_ids(const struct reading *r, struct arena *a, size_t *ret_n);

/* Does the list lack a row that may be of this model?  Then reader_carry(). */
bool reader_gap_concerns(const struct reader_gap *g, struct str id);

/*
 * What an optional list alone says of a model, and could not say this time, stays
 * as it was last observed.  Fills `m` from `observed`; prices get sorted again.
 */
void reader_carry(const struct list *l, const struct model *observed, struct model *m,
		  struct arena *a);
