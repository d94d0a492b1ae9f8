/*
 * shape: what a list's rows look like: which places there are in them, and what
 * stands there.
 *
 * A place is a path like a JSON Pointer from the row down ("/pricing/prompt"), in
 * which the elements of an array have the name "*".  In a list whose rows stand
 * inside others (`each`) it begins at the row around.
 *
 * null says nothing, as everywhere: a member that is null is not there.
 *
 * How often a place stands in the rows is counted; neither the order of rows nor
 * that of members makes a difference.  Members of an object that has more names
 * than any object has that people name are data: they are one place, "*", and so
 * is a name that is too long or no clean text.
 *
 * Bounded: what is deeper than SHAPE_DEPTH_MAX is not looked into, and rows of more
 * than SHAPE_PLACES_MAX places have no shape.  Keys and examples point into the document.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"

enum {
	SHAPE_DEPTH_MAX = 8,
	SHAPE_PLACES_MAX = 1000,
	SHAPE_NAMES_MAX = 64, /* of one object's members, in all rows together */
	SHAPE_NAME_MAX = 64,  /* bytes of one: paths are keys of databases */
};

/* What may stand in a place; a set of them is one bit each. */
enum shape_type {
	SHAPE_BOOLEAN,
	SHAPE_INTEGER,
	SHAPE_NUMBER,         /* with a fraction or an exponent */
	SHAPE_NUMERIC_STRING, /* a string that is a number and nothing else */
	SHAPE_STRING,
	SHAPE_ARRAY,
	SHAPE_OBJECT,
	SHAPE_MAP, /* an object whose names are data */
	SHAPE_TYPES,
};
#define SHAPE_BIT(type) ((unsigned)1 << (type))

/* "integer, numeric string"; and back, leaving out words that this program does not know. */
struct str shape_types_text(unsigned types, struct arena *a);
unsigned shape_types_parse(struct str text);

struct shape_place; /* what is remembered of one (provider/drift.h) */

struct shape_node {
	struct str key; /* "*": any element, any member */
	struct shape_node *children, *next;
	struct shape_node
		*expected; /* the child that comes next if this row is like the last one */
	uint32_t rows;     /* in which something stands here */
	uint32_t last_row;
	unsigned char row_types; /* in that row */
	unsigned char types;     /* seen */
	bool is_map;
	bool begins_rows; /* it is a row of its own, and counted as one */
	unsigned n_children;
	uint32_t rows_as[SHAPE_TYPES];
	struct str examples[SHAPE_TYPES]; /* of numbers and strings, as they stand */
	struct shape_place *known;
};

struct shape {
	struct arena *arena;
	struct shape_node root; /* the row itself */
	uint32_t rows;          /* elements of the list's array */
	uint32_t inner_rows;    /* rows inside those */
	size_t n_nodes;
	bool overflowed;
};

/* `each`: the pointer to the rows proper inside each row, or absent. */
struct shape *shape_create(struct arena *a, struct str each);
void shape_add(struct shape *s, yyjson_val *row);

/* All that `from` has goes into `to`, which keeps nothing of its arena. */
void shape_gather(struct shape *to, const struct shape *from);
/* Rows of more places than are looked at: no shape to rely on. */
bool shape_is_too_large(const struct shape *s);

/* The node of a path, made when missing; NULL when there is no room. */
struct shape_node *shape_node_at(struct shape *s, struct str path);
/* From now on the names of its members are data. */
void shape_make_map(struct shape *s, struct shape_node *n);
/* "/pricing" + "a/b" = "/pricing/a~1b" */
struct str shape_path(struct str parent, struct str key, struct arena *a);
