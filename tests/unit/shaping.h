/*
 * shaping: rows given to provider/shape.h, and what it makes of them as text.
 */
#pragma once
#include "unit.h"

#include "provider/drift.h"

/* Rows from a JSON array, in slices of `slice` rows each, gathered; the values outlive the arena. */
struct shape *shape_of_slices(const char *rows, const char *each, size_t slice, struct arena *a);
struct shape *shape_of(const char *rows, struct arena *a);
/* "PATH TYPES ROWS/OF\n" for each place, sorted. */
struct str places_text(struct shape *s, struct arena *a);
/* n rows: `format` with the number of the row wherever it says %d, between brackets. */
struct str many(size_t n, const char *format, struct arena *a);
