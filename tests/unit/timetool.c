#include "base/zone.h"
#include "core/cadence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * One line in, one line out, for tests/flow/test_zone.py and test_cadence.py:
 *
 *	offset ZONE MS
 *	next ZONE MS HOUR MINUTE
 *	cadence VISITS CHANGED SPAN_MS MAX_AGE_MS CHEAP FAILURES MIN_MS MAX_MS
 */
enum { WORDS_MAX = 9, LINE_MAX_ = 4096 };

/* Kept from line to line: a question is asked of one zone many times. */
static struct arena arena;
static struct zone *zone;
static char zone_name[256];

static bool load(struct str name, struct err *e)
{
	if (zone && strcmp(zone_name, name.at) == 0)
		return true;
	zone = NULL;
	arena_release(&arena);
	if (!zone_load(name, &arena, &zone, e))
		return false;
	(void)snprintf(zone_name, sizeof(zone_name), "%s", name.at);
	return true;
}

static int64_t number(struct str word)
{
	int64_t n = 0;

	if (!str_to_i64(word, INT64_MIN, INT64_MAX, &n))
		abort();
	return n;
}

static bool op_offset(const struct str *word, struct err *e)
{
	return load(word[1], e) && printf("%d\n", zone_offset_s(zone, number(word[2]))) > 0;
}

static bool op_next(const struct str *word, struct err *e)
{
	return load(word[1], e) &&
	       printf("%" PRId64 "\n", zone_next(zone, number(word[2]), (int)number(word[3]),
						 (int)number(word[4]))) > 0;
}

static bool op_cadence(const struct str *word, struct err *e)
{
	const struct cadence_input in = {
		.visits = (uint64_t)number(word[1]),
		.changed = (uint64_t)number(word[2]),
		.span_ms = number(word[3]),
		.max_age_ms = number(word[4]),
		.cheap = number(word[5]) != 0,
		.failures = (uint64_t)number(word[6]),
		.min_ms = number(word[7]),
		.max_ms = number(word[8]),
	};
	struct cadence c;

	(void)e;
	cadence_of(&in, &c);
	return printf("%" PRId64 " %.17g %s\n", c.interval_ms, c.changes_per_day, c.reason) > 0;
}

static const struct op {
	const char *name;
	size_t words;
	bool (*run)(const struct str *word, struct err *e);
} ops[] = {
	{ "offset", 3, op_offset },
	{ "next", 5, op_next },
	{ "cadence", 9, op_cadence },
};

static bool answer(struct str *words, size_t n, struct err *e)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (n == ops[i].words && str_eq(words[0], str_of(ops[i].name)))
			return ops[i].run(words, e);
	return err_set(e, ERR_USAGE, "no such question");
}

int main(void)
{
	char line[LINE_MAX_];

	while (fgets(line, sizeof(line), stdin)) {
		struct str words[WORDS_MAX] = { { 0 } };
		char *rest = line;
		struct err e;
		size_t n = 0;

		for (char *word; n < WORDS_MAX && (word = strtok_r(rest, " \n", &rest)); n++)
			words[n] = str_of(word);
		if (!answer(words, n, &e))
			(void)printf("error %s: %s\n", err_kind_name(e.kind), e.text);
		(void)fflush(stdout);
	}
	arena_release(&arena);
	return 0;
}
