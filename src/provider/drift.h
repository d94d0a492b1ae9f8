/*
 * drift: the shape of a list's rows against what is remembered of it.
 *
 * What is remembered only grows, so that the coming and going of single rows is
 * no news: a place is forgotten (*vanished*) when it was usual (below) and stands
 * in no row at all, never because the few rows that had it left.  Each of these is found
 * once, when it happens:
 *
 *	new       a place that was never there
 *	type      something stands there of a type that was never there, or not for long
 *	vanished  a usual place stands in no row
 *	returned  a vanished place is there again
 *
 * Only the outermost place is told: not what came, went or changed with it.  A
 * whole number is no new type where fractions stand, nor a number in a string
 * where words do; a fraction is one only where whole numbers are usual.
 */
#pragma once
#include "base/hash.h"
#include "provider/shape.h"

/* Places remembered of one list, vanished ones too; with more nothing is learnt any more. */
enum { DRIFT_KNOWN_MAX = 4 * SHAPE_PLACES_MAX };

struct shape_place {
	struct str path;
	unsigned types; /* SHAPE_BIT()s */
	unsigned usual; /* of them: each stands in many rows */
	uint64_t rows, of;
	bool vanished;
	struct shape_place *also; /* private */
};

/*
 * Usual is what stands in a fifth of the rows or more, and in three at least if it is not all
 * of them.
 */
bool drift_is_usual(uint64_t rows, uint64_t of);

enum drift_kind { DRIFT_NEW, DRIFT_TYPE, DRIFT_VANISHED, DRIFT_RETURNED };
extern const char *const drift_kind_names[4];

struct drift {
	enum drift_kind kind;
	struct str path;
	bool closed;            /* under an object whose every key must be known: a price, likely */
	unsigned before, after; /* types */
	uint64_t rows, of;      /* where it stands now; of a type: that type */
	struct str example; /* a number or string there, foreign bytes of any length; or absent */
};

struct drift_found {
	struct drift *items; /* closed ones first, then by path */
	size_t n;
	struct shape_place *places; /* that are not as they are remembered */
	size_t n_places;
	struct hash
		fingerprint; /* of all that is remembered now and has not vanished, by path and type */
	size_t n_live;
};

/*
 * `known` NULL: nothing is remembered of that list, and nothing is told.  Uses up
 * both.  False: too many places to go by.
 */
bool drift_find(struct shape *now, struct shape_place *known, size_t n_known,
		const struct str *closed, size_t n_closed, struct arena *a,
		struct drift_found *ret);

/* One sentence. */
struct str drift_text(const struct drift *d, struct arena *a);
