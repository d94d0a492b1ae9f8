#include "web/exposition.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* A key is the series' labels as they are printed: `name="value",` and each byte escaped. */
	LABELS_TEXT_MAX = FAMILY_LABELS_MAX * (2 * FAMILY_LABEL_VALUE_MAX + 64),
	SPARE_MAX = 32, /* combinations that are kept for "other" */
	SPARE_SHARE = 4,
	SERIES_FIRST = 8,
	HISTOGRAM_MORE = 3, /* series of a histogram besides its buckets: +Inf, sum, count */
	INT64_DIGITS = 20,
};

struct series {
	struct str labels; /* a="b",c="d", or empty */
	int64_t value;     /* of a histogram: the sum */
	bool present;
};

struct family {
	const struct family_info *info;
	struct series *series;
	uint64_t *counts; /* of a histogram: n_bounds + 1 a series, each bucket by itself */
	size_t n, room;
	size_t max;      /* combinations of labels */
	uint32_t *slots; /* index + 1 by hash of labels; 0: free */
	size_t n_slots;  /* power of 2, at least twice n */
};

struct families {
	struct family *items;
	size_t n;
	struct arena texts; /* of labels: never moved, never given back before the end */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static bool is_histogram(const struct family *f)
{
	return f->info->kind == FAMILY_HISTOGRAM;
}

static size_t buckets_of(const struct family *f)
{
	return f->info->n_bounds + 1;
}

/* ---- making and ending ---- */

static size_t combinations_max(const struct family_info *info, size_t series_max)
{
	size_t each = info->kind == FAMILY_HISTOGRAM ? info->n_bounds + HISTOGRAM_MORE : 1;
	size_t n = series_max / each;

	return n ? n : 1;
}

struct families *families_create(const struct family_info *table, size_t n, size_t series_max)
{
	struct families *f = must(calloc(1, sizeof(*f)));

	f->items = must(calloc(n, sizeof(*f->items)));
	f->n = n;
	for (size_t i = 0; i < n; i++) {
		f->items[i].info = &table[i];
		f->items[i].max = combinations_max(&table[i], series_max);
	}
	return f;
}

void families_destroy(struct families *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		free(f->items[i].series);
		free(f->items[i].counts);
		free(f->items[i].slots);
	}
	free(f->items);
	arena_release(&f->texts);
	free(f);
}

/* ---- labels ---- */

struct label_text {
	char at[LABELS_TEXT_MAX];
	size_t n;
};

static void put(struct label_text *t, const char *bytes, size_t n)
{
	memcpy(t->at + t->n, bytes, n);
	t->n += n;
}

/* Backslash, quote and line feed are all that both formats escape. */
static void put_value(struct label_text *t, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		switch (value.at[i]) {
		case '\\':
			put(t, "\\\\", 2);
			break;
		case '"':
			put(t, "\\\"", 2);
			break;
		case '\n':
			put(t, "\\n", 2);
			break;
		default:
			put(t, &value.at[i], 1);
		}
	}
}

static void put_clean(struct label_text *t, struct str value)
{
	ARENA_AUTO(a);

	if (value.n > FAMILY_LABEL_VALUE_MAX)
		value.n = FAMILY_LABEL_VALUE_MAX;
	value = utf8_whole(value);
	if (!utf8_is_clean(value)) {
		/* U+FFFD is longer than what it stands for. */
		value = utf8_clean(value, &a);
		if (value.n > FAMILY_LABEL_VALUE_MAX)
			value.n = FAMILY_LABEL_VALUE_MAX;
		value = utf8_whole(value);
	}
	put_value(t, value);
}

static void make_labels(const struct family_info *info, const struct str *values,
			struct label_text *t)
{
	t->n = 0;
	for (size_t i = 0; i < FAMILY_LABELS_MAX && info->labels[i]; i++) {
		if (i)
			put(t, ",", 1);
		put(t, info->labels[i], strlen(info->labels[i]));
		put(t, "=\"", 2);
		put_clean(t, values[i]);
		put(t, "\"", 1);
	}
}

/* ---- finding a series ---- */

/* FNV-1a: short texts, and a table whose size is bounded against whoever chooses them. */
static uint64_t hash_labels(struct str labels)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (size_t i = 0; i < labels.n; i++)
		h = (h ^ (unsigned char)labels.at[i]) * 0x100000001b3U;
	return h;
}

/* Where it is, or would be. */
static uint32_t *slot_of(const struct family *f, struct str labels)
{
	size_t i = hash_labels(labels) & (f->n_slots - 1);

	while (f->slots[i] && !str_eq(f->series[f->slots[i] - 1].labels, labels))
		i = (i + 1) & (f->n_slots - 1);
	return &f->slots[i];
}

static void grow(struct family *f)
{
	size_t room = f->room ? 2 * f->room : SERIES_FIRST;

	f->series = must(realloc(f->series, room * sizeof(*f->series)));
	if (is_histogram(f))
		f->counts = must(realloc(f->counts, room * buckets_of(f) * sizeof(*f->counts)));
	f->room = room;
	free(f->slots);
	f->n_slots = 2 * room;
	f->slots = must(calloc(f->n_slots, sizeof(*f->slots)));
	for (size_t i = 0; i < f->n; i++)
		*slot_of(f, f->series[i].labels) = (uint32_t)i + 1;
}

static struct series *find(const struct family *f, const struct label_text *t)
{
	uint32_t at = f->n ? *slot_of(f, (struct str){ t->at, t->n }) : 0;

	return at ? &f->series[at - 1] : NULL;
}

static struct series *make(struct families *all, struct family *f, const struct label_text *t)
{
	struct str labels = arena_str(&all->texts, (struct str){ t->at, t->n });

	if (f->n == f->room)
		grow(f);
	assert(f->series);
	if (is_histogram(f))
		memset(f->counts + f->n * buckets_of(f), 0, buckets_of(f) * sizeof(*f->counts));
	f->series[f->n] = (struct series){ .labels = labels };
	*slot_of(f, labels) = (uint32_t)f->n + 1;
	return &f->series[f->n++];
}

/* The series, made while there are fewer than `max`; else NULL. */
static struct series *find_or_make(struct families *all, struct family *f, const struct str *values,
				   size_t max)
{
	struct label_text t;
	struct series *s;

	make_labels(f->info, values, &t);
	s = find(f, &t);
	return s || f->n >= max ? s : make(all, f, &t);
}

static struct series *series_of(struct families *all, struct family *f, const struct str *values)
{
	size_t spare = f->max / SPARE_SHARE < SPARE_MAX ? f->max / SPARE_SHARE : SPARE_MAX;
	struct str other[FAMILY_LABELS_MAX] = { 0 };
	struct series *s;

	s = find_or_make(all, f, values, f->info->labels[0] ? f->max - spare - 1 : f->max);
	if (!s) {
		for (size_t i = 0; i < FAMILY_LABELS_MAX && f->info->labels[i]; i++)
			other[i] = i ? values[i] : STR("other");
		s = find_or_make(all, f, other, f->max - 1);
	}
	if (!s) {
		for (size_t i = 0; i < FAMILY_LABELS_MAX; i++)
			other[i] = STR("other");
		s = find_or_make(all, f, other, f->max);
	}
	s->present = true;
	return s;
}

/* ---- writing ---- */

size_t families_find(struct families *all, size_t family, const struct str *values)
{
	struct family *f = &all->items[family];

	return (size_t)(series_of(all, f, values) - f->series);
}

void families_add_at(struct families *all, size_t family, size_t series, int64_t n)
{
	all->items[family].series[series].value += n;
}

void families_add(struct families *all, size_t family, const struct str *values, int64_t n)
{
	families_add_at(all, family, families_find(all, family, values), n);
}

void families_set(struct families *all, size_t family, const struct str *values, int64_t value)
{
	series_of(all, &all->items[family], values)->value = value;
}

void families_observe_at(struct families *all, size_t family, size_t series, int64_t value)
{
	struct family *f = &all->items[family];
	size_t bucket = 0;

	if (value < 0)
		value = 0;
	while (bucket < f->info->n_bounds && value > f->info->bounds[bucket])
		bucket++;
	f->counts[series * buckets_of(f) + bucket]++;
	f->series[series].value += value;
}

void families_observe(struct families *all, size_t family, const struct str *values, int64_t value)
{
	families_observe_at(all, family, families_find(all, family, values), value);
}

void families_clear(struct families *f, size_t family)
{
	for (size_t i = 0; i < f->items[family].n; i++) {
		f->items[family].series[i].present = false;
		f->items[family].series[i].value = 0;
	}
}

static void copy_family(const struct family *from, struct family *to, struct arena *a)
{
	size_t counts = is_histogram(from) ? from->n * buckets_of(from) : 0;

	*to = (struct family){ .info = from->info, .n = from->n };
	if (!from->n)
		return;
	to->series = arena_alloc(a, from->n * sizeof(*to->series));
	memcpy(to->series, from->series, from->n * sizeof(*to->series));
	if (!counts)
		return;
	to->counts = arena_alloc(a, counts * sizeof(*to->counts));
	memcpy(to->counts, from->counts, counts * sizeof(*to->counts));
}

const struct families *families_copy(const struct families *f, struct arena *a)
{
	struct families *copy = arena_new(a, struct families);

	copy->n = f->n;
	copy->items = arena_alloc(a, f->n * sizeof(*copy->items));
	for (size_t i = 0; i < f->n; i++)
		copy_family(&f->items[i], &copy->items[i], a);
	return copy;
}

/* ---- printing ---- */

static void print_u64(struct buf *out, uint64_t value, unsigned digits_min)
{
	char text[INT64_DIGITS];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value || sizeof(text) - at < digits_min);
	buf_add(out, text + at, sizeof(text) - at);
}

static uint64_t power10(unsigned exponent)
{
	uint64_t p = 1;

	while (exponent--)
		p *= 10;
	return p;
}

/* value / 10^scale, exactly, without zeros at the end. */
static void print_scaled(struct buf *out, int64_t value, unsigned scale)
{
	uint64_t u = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t unit = power10(scale);
	uint64_t fraction = u % unit;

	if (value < 0)
		buf_add_char(out, '-');
	print_u64(out, u / unit, 1);
	if (!fraction)
		return;
	while (fraction % 10 == 0) {
		fraction /= 10;
		scale--;
	}
	buf_add_char(out, '.');
	print_u64(out, fraction, scale);
}

static void add(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

/* `name{labels} `, with nothing between where there are no labels. */
static void print_head(struct buf *out, const char *name, const char *suffix, struct str labels)
{
	add(out, name);
	add(out, suffix);
	if (labels.n) {
		buf_add_char(out, '{');
		buf_add_str(out, labels);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ' ');
}

/* OpenMetrics wants "1.0" and not "1"; the same text in both formats is the same series. */
static void print_bound(struct buf *out, const struct family_info *info, size_t i)
{
	if (i == info->n_bounds) {
		add(out, "+Inf");
		return;
	}
	print_scaled(out, info->bounds[i], info->scale);
	if (info->bounds[i] % (int64_t)power10(info->scale) == 0)
		add(out, ".0");
}

static void print_bucket(struct buf *out, const struct family_info *info, const struct series *s,
			 size_t i, uint64_t count)
{
	add(out, info->name);
	add(out, "_bucket{");
	if (s->labels.n) {
		buf_add_str(out, s->labels);
		buf_add_char(out, ',');
	}
	add(out, "le=\"");
	print_bound(out, info, i);
	add(out, "\"} ");
	print_u64(out, count, 1);
	buf_add_char(out, '\n');
}

static void print_histogram(struct buf *out, const struct family *f, const struct series *s)
{
	const uint64_t *counts = f->counts + (size_t)(s - f->series) * buckets_of(f);
	uint64_t total = 0;

	for (size_t i = 0; i < buckets_of(f); i++) {
		total += counts[i];
		print_bucket(out, f->info, s, i, total);
	}
	print_head(out, f->info->name, "_sum", s->labels);
	print_scaled(out, s->value, f->info->scale);
	buf_add_char(out, '\n');
	print_head(out, f->info->name, "_count", s->labels);
	print_u64(out, total, 1);
	buf_add_char(out, '\n');
}

static const struct {
	const char *type, *type_openmetrics;
	const char *suffix; /* of a sample's name; Prometheus has it in the family's name, too */
} kinds[] = {
	[FAMILY_COUNTER] = { "counter", "counter", "_total" },
	[FAMILY_GAUGE] = { "gauge", "gauge", "" },
	[FAMILY_HISTOGRAM] = { "histogram", "histogram", "" },
	[FAMILY_INFO] = { "gauge", "info", "_info" },
};

static void print_about(struct buf *out, const struct family_info *info, bool openmetrics)
{
	const char *suffix = openmetrics ? "" : kinds[info->kind].suffix;

	buf_printf(out, "# HELP %s%s %s\n", info->name, suffix, info->help);
	buf_printf(out, "# TYPE %s%s %s\n", info->name, suffix,
		   openmetrics ? kinds[info->kind].type_openmetrics : kinds[info->kind].type);
	if (openmetrics && info->unit)
		buf_printf(out, "# UNIT %s %s\n", info->name, info->unit);
}

static void print_series(struct buf *out, const struct family *f, const struct series *s)
{
	if (is_histogram(f)) {
		print_histogram(out, f, s);
		return;
	}
	print_head(out, f->info->name, kinds[f->info->kind].suffix, s->labels);
	print_scaled(out, s->value, f->info->scale);
	buf_add_char(out, '\n');
}

static bool has_series(const struct family *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->series[i].present)
			return true;
	return false;
}

void families_print(const struct families *f, bool openmetrics, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++) {
		if (!has_series(&f->items[i]))
			continue;
		print_about(out, f->items[i].info, openmetrics);
		for (size_t j = 0; j < f->items[i].n; j++)
			if (f->items[i].series[j].present)
				print_series(out, &f->items[i], &f->items[i].series[j]);
	}
	if (openmetrics)
		add(out, "# EOF\n");
}
