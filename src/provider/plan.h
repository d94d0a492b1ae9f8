/*
 * plan: many JSON Pointers (RFC 6901), read in one walk.
 *
 * A descriptor names some forty places in a row.  Looking each up on its own
 * would search the same objects again and again; the plan turns the pointers
 * into a tree and visits every member of a row once.  The walk also sees what
 * single look-ups cannot: a key that stands twice, a member of the wrong type on
 * the way down, and unknown keys under an object declared closed (prices).
 *
 * Besides what the RFC knows, a segment "[KEY=TEXT]" stands on an array: the element
 * that is an object whose member KEY is exactly the string TEXT ("~1" and "~0" in
 * both as ever).  It is absent where there is none.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

struct plan; /* lives in the arena it was built in */

enum { PLAN_SLOTS_MAX = 256 };

struct plan *plan_create(struct arena *a);
/* One whose pointers are named with `prefix` before them, in sentences and by plan_pointer(). */
struct plan *plan_create_under(struct arena *a, struct str prefix);

/*
 * The slot of a pointer, new or the one it already has.  "" is the row itself.
 * ERR_CONFIG for text that is not a JSON Pointer, or when the plan is full.
 */
bool plan_add(struct plan *p, struct str pointer, unsigned *ret_slot, struct err *e);

/* Unknown members under this pointer are told to plan_walk()'s caller. */
bool plan_close(struct plan *p, struct str pointer, struct err *e);
/* Under this pointer stands an array whose elements have names in member `by`; one that no
 * selector asks for is told as an unknown member is: `key` is then its name. */
bool plan_close_by(struct plan *p, struct str pointer, struct str by, struct err *e);
/* ... but not this one, which is known and not wanted. */
bool plan_ignore(struct plan *p, struct str pointer, struct err *e);

bool plan_selects(const struct plan *p); /* does a pointer hold a selector? */

unsigned plan_slots(const struct plan *p); /* how many */
struct str plan_pointer(const struct plan *p, unsigned slot);

/* Called for each unknown member under a closed object, and each unasked element's name. */
typedef void plan_unknown_fn(void *arg, struct str under, yyjson_val *key);

/*
 * Fill slots[plan_slots()] with the values found, NULL where there is none.
 * ERR_DATA when a mapped or ignored key stands twice, when two elements are what one selector
 * asks for, when an element of an array closed by name has none, or when something that is neither
 * an object nor null (an array, where a pointer holds an index or a selector; an empty array)
 * stands where members are expected.
 */
bool plan_walk(const struct plan *p, yyjson_val *row, yyjson_val **slots, plan_unknown_fn *unknown,
	       void *arg, struct err *e);
