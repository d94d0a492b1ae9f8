/*
 * condition: when a price applies, as canonical text that is part of its key.
 *
 * A condition is zero or more terms, sorted bytewise as they stand without
 * brackets, each put in brackets and concatenated; no term means always:
 *
 *	[>200000]        input tokens strictly above
 *	[>=200000]       input tokens at or above
 *	[10:00-01:00Z]   hours in UTC, half-open, may cross midnight
 *	[batch] [priority] [flex] [fast] …   a service tag: [a-z][a-z0-9-]*
 *	[5m] [1h]        time to live of a cache write
 *
 * One meaning has one spelling: a threshold has no leading zeros, a window has
 * HH:MM (24:00 is written 00:00) and its ends differ, no term stands twice, and
 * there is at most one threshold and one window.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

/* A builder; terms may come in any order. */
enum { CONDITION_TERMS_MAX = 8 };

struct condition {
	struct str term[CONDITION_TERMS_MAX]; /* without brackets */
	size_t n;
};

bool condition_add_above(struct condition *c, struct arena *a, int64_t tokens, bool inclusive,
			 struct err *e);
/* Minutes after midnight UTC, 0..1440 each, not equal. */
bool condition_add_window(struct condition *c, struct arena *a, int from_minute, int to_minute,
			  struct err *e);
bool condition_add_tag(struct condition *c, struct arena *a, struct str tag, struct err *e);

/* The terms of a canonical text; a second threshold or window is refused. */
bool condition_add_text(struct condition *c, struct arena *a, struct str text, struct err *e);

/* The canonical text, "" for no terms; taken from the arena. */
struct str condition_text(const struct condition *c, struct arena *a);

/* A request, as far as conditions ask about it. */
struct condition_case {
	int64_t at_ms; /* CLOCK_NONE: at no certain time, when no window holds and no discount */
	uint64_t input_tokens;
	struct str service; /* the tag asked for, without brackets, or absent */
	struct str ttl;     /* of its cache writes ("5m"), or absent */
	bool any_ttl;       /* whatever that is: every one holds */
};

/* How special a condition is that holds: more terms first, then the higher threshold. */
struct condition_fit {
	unsigned terms;
	uint64_t from; /* fewest input tokens that its threshold holds for; 0: it has none */
};

/*
 * Do all its terms hold?  No term: always.  What is no term never does.  [discount]
 * needs no asking: its price says itself until when it is there.
 */
bool condition_holds(struct str text, const struct condition_case *c, struct condition_fit *ret);
/* < 0, 0, > 0: a is less special, as special, more special. */
int condition_fit_cmp(const struct condition_fit *a, const struct condition_fit *b);

/*
 * In words why it holds, which it does: "[>200000] for 250000 input tokens, [batch] as
 * asked".  Absent for no terms.
 */
struct str condition_why(struct str text, const struct condition_case *c, struct arena *a);

/* Is it in the canonical grammar, spelled the canonical way? */
bool condition_check(struct str text, struct err *e);
