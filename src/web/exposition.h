/*
 * exposition: metrics in families, bounded in number, and the two texts that Prometheus reads.
 *
 * A family is a row of a table: name, kind, unit, labels.  Its series are made as they are first written to.
 * A value is an integer of 10^-scale units (microseconds with scale 6 are printed as seconds), so that
 * sums are exact and nothing is formatted that need not be.
 *
 * Both texts have the same series under the same names; they differ in how counters and the family of
 * information are declared, in units and in the end (OpenMetrics 1.0 has `# EOF`).
 *
 * No lock: who shares families between threads copies them under his, and prints the copy.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

enum family_kind {
	FAMILY_COUNTER,
	FAMILY_GAUGE,
	FAMILY_HISTOGRAM,
	FAMILY_INFO, /* one series of value 1 whose labels say it */
};

enum { FAMILY_LABELS_MAX = 4, FAMILY_LABEL_VALUE_MAX = 128 };

struct family_info {
	const char *name; /* without _total, _info, _bucket */
	enum family_kind kind;
	const char *unit; /* the name ends in it; NULL: a count of something */
	const char *help; /* one line without quotes or backslashes */
	const char *labels[FAMILY_LABELS_MAX];
	unsigned scale;
	const int64_t *bounds; /* of buckets, ascending, in the values' scale; +Inf is understood */
	size_t n_bounds;
};

struct families;

/* The table must outlive it and its copies. */
struct families *families_create(const struct family_info *table, size_t n, size_t series_max);
void families_destroy(struct families *f); /* NULL is fine */

/*
 * `values`: as many as the family has labels, any bytes; they are cut, cleaned and escaped.  A new combination
 * that has no room has "other" for its first label, and, where even that has none, for all.
 * A counter only grows; histograms take no negative value (it counts as 0).
 */
void families_add(struct families *all, size_t family, const struct str *values, int64_t n);
void families_set(struct families *all, size_t family, const struct str *values, int64_t value);
void families_observe(struct families *all, size_t family, const struct str *values, int64_t value);
/* The same for who writes to a series again and again: its number, which it keeps. */
size_t families_find(struct families *all, size_t family, const struct str *values);
void families_add_at(struct families *all, size_t family, size_t series, int64_t n);
void families_observe_at(struct families *all, size_t family, size_t series, int64_t value);
/* No series any more: before gauges are told anew, or where there is nothing to tell. */
void families_clear(struct families *f, size_t family);

/* For printing alone; lives as long as both the arena and what it was copied from. */
const struct families *families_copy(const struct families *f, struct arena *a);
void families_print(const struct families *f, bool openmetrics, struct buf *out);
